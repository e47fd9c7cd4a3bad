"""Bordereaux: what a coverholder tells Lloyd's or another insurer month by month, row by row.

The columns are those of Lloyd's Coverholder Reporting Standards v5.2: of the premium as a third-party test suite marks them
mandatory, of the claims as an implementer's page lists them. The official guide's own table was not readable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from coverage.domain.journal import (
    COMMISSION,
    commission_account,
    fee_account,
    premium_account,
    surcharge_account,
    tax_account,
)
from coverage.domain.period import local_day
from coverage.domain.premium import half_up, spread_pro_rata
from coverage.domain.reporting import Booked, Column, Kind, Policy, Row, Span, Sums, major, rate_text

_PREMIUM: Final[tuple[tuple[str, str, Kind], ...]] = (
    ("CR0001", "Reporting period start", "day"),
    ("CR0002", "Reporting period end", "day"),
    ("CR0013", "Coverholder name", "text"),
    ("CR0014", "Coverholder PIN", "text"),
    ("CR0005", "Unique market reference (UMR)", "text"),
    ("CR0006", "Agreement number", "text"),
    ("CR0010", "Year of account", "count"),
    ("CR0016", "Lloyd's risk code", "text"),
    ("CR0017", "Class of business", "text"),
    ("CR0019", "Type of insurance", "text"),
    ("CR0020", "Original currency", "text"),
    ("CR0021", "Total gross written premium", "money"),
    ("CR0022", "Risk transaction type", "text"),
    ("CR0026", "Policy or group reference", "text"),
    ("CR0029", "Certificate reference", "text"),
    ("CR0030", "Risk inception date", "day"),
    ("CR0031", "Risk expiry date", "day"),
    ("CR0056", "Premium transaction type", "text"),
    ("CR0057", "Effective date of transaction", "day"),
    ("CR0059", "Gross premium paid this time", "money"),
    ("CR0061", "Commission percentage", "rate"),
    ("CR0062", "Commission amount", "money"),
    ("CR0064", "Total taxes and levies", "money"),
    ("CR0925", "Fees", "money"),
    ("CR0065", "Net premium to London in original currency", "money"),
    ("CR0066", "Settlement currency", "text"),
    ("CR0067", "Rate of exchange", "rate"),
    ("CR0068", "Net premium to London in settlement currency", "money"),
    ("CR0288", "Instalment number", "count"),
    ("CR0289", "Number of instalments", "count"),
    ("CR1297", "Platform", "text"),
)
PREMIUM_COLUMNS: Final = tuple(Column(name, kind, code) for code, name, kind in _PREMIUM)

_CLAIMS: Final[tuple[tuple[str, Kind, str], ...]] = (
    ("Coverholder name", "text", ""),
    ("Agreement number", "text", ""),
    ("UMR", "text", ""),
    ("Agreement inception", "day", ""),
    ("Agreement expiry", "day", ""),
    ("Class of business", "text", ""),
    ("Original currency", "text", ""),
    ("Settlement currency", "text", ""),
    ("Product", "text", ""),
    ("Certificate reference", "text", ""),
    ("Claim reference", "text", ""),
    ("Insured name", "text", ""),
    ("Insured country", "text", ""),
    ("Loss description", "text", ""),
    ("Date claim first advised", "day", ""),
    ("Claim status", "text", ""),
    ("Claimant name", "text", ""),
    ("Loss type", "text", ""),
    ("Loss address", "text", ""),
    ("Date claim opened", "day", ""),
    ("Date claim acknowledged", "day", ""),
    ("Date reserve first set", "day", ""),
    ("Date of loss", "day", ""),
    ("Indemnity paid this month", "money", ""),
    ("Indemnity previously paid", "money", ""),
    ("Indemnity reserve", "money", ""),
    ("Indemnity total incurred", "money", "CR0134"),
    ("Fees paid this month", "money", ""),
    ("Fees previously paid", "money", ""),
    ("Fees reserve", "money", ""),
    ("Fees total incurred", "money", "CR0135"),
    ("Total incurred", "money", "CR0155"),
)
CLAIM_COLUMNS: Final = tuple(Column(name, kind, code) for name, kind, code in _CLAIMS)

DIRECT: Final = "Direct"  # each certificate insures its holder, and no insurer


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a transaction falls to one section, in minor units, all positive."""

    section: str
    gross: int
    rate: int
    commission: int
    tax: int
    fees: int


def premium_rows(booked: Booked, span: Span, sums: Sums) -> Iterator[Row]:
    """A row for each section that a transaction charges or gives back, one at least; adds to `sums` what they come to.

    By section, because each has a class of business and a commission of its own. Gross is premium before tax and fees,
    compulsory surcharges with it; net to London is gross less commission; tax and fees stand beside, in neither.
    """
    policy, currency = booked.policy, booked.premium.currency
    for index, part in enumerate(_parts(booked)):
        if index and not (part.gross or part.tax or part.fees):
            continue
        gross, commission = booked.sign * part.gross, booked.sign * part.commission
        net = major(gross - commission, currency)
        yield (
            span.first, span.last, policy.partner, None, policy.umr, policy.number, policy.starts_on.year, None,
            f"{booked.product}/{part.section}", DIRECT, currency, major(gross, currency), booked.risk_type, policy.number,
            booked.certificate, _day(booked.starts_at, booked), _day(booked.ends_at, booked), booked.premium_type,
            _day(booked.effective_at, booked), major(gross, currency), rate_text(part.rate), major(commission, currency),
            major(booked.sign * part.tax, currency), major(booked.sign * part.fees, currency), net, currency, Decimal(1),
            net, 1, 1, None,
        )  # fmt: skip
    _count(booked, sums)


def _day(at: datetime, booked: Booked) -> date:
    return local_day(at, booked.timezone)


def _parts(booked: Booked) -> list[_Part]:
    """The transaction by section. A tax falls to the sections in its class, in proportion to their premium; what belongs
    to the contract as a whole (fees, the tax on them, flat levies) falls to the first.
    """
    premium = booked.premium
    names = [section.name for section in premium.sections]
    gross = {section.name: section.net for section in premium.sections}
    for surcharge in premium.surcharges:
        gross[surcharge.section] += surcharge.amount
    taxes = dict.fromkeys(names, 0)
    for tax in premium.taxes:
        shares = {name: gross[name] * booked.classes.get(name, {}).get(tax.tax_class, 0) for name in names}
        shares = {name: share for name, share in shares.items() if share} or dict.fromkeys(names[:1], 1)
        for name, part in zip(shares, spread_pro_rata(tax.amount, tuple(shares.values())), strict=True):
            taxes[name] += part
    parts = []
    for index, name in enumerate(names):
        # What is given back may have been earned at two rates.
        earned = [line for line in booked.commission if line.section == name]
        amount = sum(line.amount for line in earned)
        rates = {line.rate for line in earned}
        net = next(section.net for section in premium.sections if section.name == name)
        rate = rates.pop() if len(rates) == 1 else half_up(Fraction(amount * 1_000_000, net)) if rates and net else 0
        parts.append(_Part(name, gross[name], rate, amount, taxes[name], 0 if index else premium.fee_total))
    return parts


def _count(booked: Booked, sums: Sums) -> None:
    premium, sign = booked.premium, booked.sign
    for section in premium.sections:
        sums.add(premium_account(booked.product, section.name), premium.currency, sign * section.net)
    for surcharge in premium.surcharges:
        sums.add(surcharge_account(booked.product, surcharge.name), premium.currency, sign * surcharge.amount)
    for tax in premium.taxes:
        sums.add(tax_account(booked.country, tax), premium.currency, sign * tax.amount)
    for fee in premium.fees:
        sums.add(fee_account(fee.name), premium.currency, sign * fee.amount)
    for line in booked.commission:
        sums.add(commission_account(booked.product, line.section), premium.currency, -sign * line.amount)
        sums.add(COMMISSION, premium.currency, sign * line.amount)


@dataclass(frozen=True, slots=True)
class Costs:
    """What an exposure has cost by the end of a span, in minor units: what was transferred in the span and before it, and
    what is thought to come, whether it is on its way or only set aside.
    """

    paid_before: int
    paid_now: int
    reserve: int

    @property
    def incurred(self) -> int:
        return self.paid_before + self.paid_now + self.reserve


@dataclass(frozen=True, slots=True)
class Declared:
    """An exposure of a claim, as far as it is known. Amounts are minor units; an erased person's words are empty."""

    policy: Policy
    product: str
    section: str
    country: str
    timezone: str
    certificate: str
    number: str
    state: str
    cause: str
    claimant: str
    insured: str
    description: str
    reported_at: datetime
    loss_at: datetime
    currency: str
    indemnity: Costs
    fees: Costs
    reserved_at: datetime | None  # when something was first set aside


def claim_row(claim: Declared) -> Row:
    """The row of an exposure. Total incurred (CR0155) is its indemnity (CR0134) and its fees (CR0135)."""
    policy, currency = claim.policy, claim.currency
    reported = local_day(claim.reported_at, claim.timezone)
    amounts = (
        claim.indemnity.paid_now, claim.indemnity.paid_before, claim.indemnity.reserve, claim.indemnity.incurred,
        claim.fees.paid_now, claim.fees.paid_before, claim.fees.reserve, claim.fees.incurred,
        claim.indemnity.incurred + claim.fees.incurred,
    )  # fmt: skip
    return (
        policy.partner, policy.number, policy.umr, policy.starts_on, policy.ends_on, f"{claim.product}/{claim.section}",
        currency, currency, claim.product, claim.certificate, claim.number, claim.insured, claim.country,
        claim.description, reported, claim.state,
        claim.insured if claim.claimant == "policyholder" else claim.claimant.replace("_", " "), claim.cause, None,
        # The answer to a declaration opens the claim and acknowledges it in one.
        reported, reported, local_day(claim.reserved_at, claim.timezone) if claim.reserved_at else None,
        local_day(claim.loss_at, claim.timezone),
        *(major(amount, currency) for amount in amounts),
    )  # fmt: skip
