"""Reporting: tax, premium earned and unearned, commission and bordereaux, each held against the journal to the cent.

A tenant's rows and its journal are read in one still transaction, so that what is booked meanwhile is in both or neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Final

from coverage.domain import bordereau, earning, reporting
from coverage.domain.earning import Step
from coverage.domain.faults import Conflict, Missing, Unavailable
from coverage.domain.journal import (
    CLAIMS_DUE,
    COMMISSION,
    CostKind,
    incurred_account,
    outstanding_account,
    premium_account,
    surcharge_account,
)
from coverage.domain.reporting import (
    FIRST_INSTANT,
    Booked,
    Column,
    CommissionLines,
    Policy,
    PremiumLines,
    Row,
    Span,
    Sums,
    TaxLines,
    in_batches,
)
from coverage.domain.tenant import Caller, Mode, Tenant
from coverage.operations.attaching import days_of
from coverage.operations.booking import commission_of, difference_of, sign_of
from coverage.operations.house import House, Work
from coverage.operations.quoting import edition_of
from coverage.operations.settling import KINDS
from coverage.rulebook.terms import tax_shares
from coverage.storage import claims, covers, partners, reports, settlements
from coverage.storage.claims import Claim, Exposure
from coverage.storage.covers import Cover, Transaction, TransactionTerms
from coverage.storage.members import Member
from coverage.storage.partners import MasterPolicy
from coverage.storage.reports import Zoned
from coverage.storage.settlements import Payout, ReserveChange
from coverage.storage.tenancy import Database

ACTOR: Final = "reports"
# So many rows are in memory at once.
BATCH: Final = 1000
# What a section's own premium is called beside the surcharges on it, none of whose names has a space.
NET: Final = "net premium"


@dataclass
class Report:
    """A report's rows, batch by batch; and on which accounts it differs from the journal, once all have been read."""

    name: str
    columns: Sequence[Column]
    batches: Iterator[list[Row]]
    differences: list[str] = field(default_factory=list)


def write_report(house: House, report: Report, format: str, into: IO[bytes]) -> None:
    """Writes a report as a file; raises `Conflict` where it doesn't agree with the journal: nobody is to have it then."""
    if house.tables is None:
        raise Unavailable("reports_unavailable", "reports can't be written here")
    house.tables.write(into, format, report.columns, report.batches)
    if report.differences:
        raise Conflict("report_differs", f"the report isn't what the journal says: {'; '.join(report.differences)}")


def tenants_of(queue: Database, partner_id: str | None, mode: Mode) -> list[Tenant]:
    """All tenants in a mode, or the partner's; raises `Missing`. `queue` is the database in the worker's role."""
    with queue.outside() as session:
        found = [Tenant.of(tenant_id) for tenant_id in partners.tenant_ids(session)]
    those = [one for one in found if one.mode == mode and partner_id in (None, one.partner_id)]
    if partner_id is not None and not those:
        raise Missing("unknown_partner", f"there is no partner {partner_id} in {mode} mode")
    return those


# --------------------------------------------------------------------------------------- the reports


def tax_report(house: House, tenants: Sequence[Tenant], span: Span) -> Report:
    """What is due to each authority for a span, by insurer, country, class, name and rate."""
    lines = TaxLines()
    return _summed(
        house, "tax", reporting.TAX_COLUMNS, tenants, span, lines.take, ("tax", "surcharge"), lambda: lines.rows(span)
    )


def commission_report(house: House, tenants: Sequence[Tenant], span: Span) -> Report:
    """What each partner earned in a span under its master policy, by product and section."""
    lines = CommissionLines()
    kinds = ("commission", COMMISSION)
    return _summed(
        house, "commission", reporting.COMMISSION_COLUMNS, tenants, span, lines.take, kinds, lambda: lines.rows(span)
    )


def premium_report(house: House, tenants: Sequence[Tenant], span: Span) -> Report:
    """Premium written and earned in a span, and the reserve for what is unearned before and after it."""
    report = Report("premium", reporting.PREMIUM_COLUMNS, iter(()))
    lines = PremiumLines(4)

    def rows() -> Iterator[Row]:
        for tenant in tenants:
            with _reading(house, tenant, span) as desk:
                sums = Sums()
                for cover, key, account, steps in desk.steps():
                    since, until = desk.within(cover.timezone)
                    came = earning.written(steps, until) - earning.written(steps, since)
                    earned = earning.earned(steps, until) - earning.earned(steps, since)
                    lines.add(
                        key, (earning.unearned(steps, since), came, earned, earning.unearned(steps, until))
                    )  # fmt: skip
                    sums.add(account, cover.currency, came)
                report.differences += desk.differences(sums, ("premium", "surcharge"))
        yield from lines.rows(span.first, span.last)

    report.batches = in_batches(rows(), BATCH)
    return report


def unearned_report(house: House, tenants: Sequence[Tenant], at: datetime | Span) -> Report:
    """The reserve for unearned premium at an instant, or at the end of a span's last day."""
    report = Report("unearned", reporting.UNEARNED_COLUMNS, iter(()))
    lines = PremiumLines(3)

    def rows() -> Iterator[Row]:
        for tenant in tenants:
            with _reading(house, tenant, at, to_date=True) as desk:
                sums = Sums()
                for cover, key, account, steps in desk.steps():
                    _, until = desk.within(cover.timezone)
                    written, earned = earning.written(steps, until), earning.earned(steps, until)
                    lines.add(key, (written, earned, written - earned))
                    sums.add(account, cover.currency, written)
                report.differences += desk.differences(sums, ("premium", "surcharge"))
        yield from lines.rows(f"end of {at.last}" if isinstance(at, Span) else at.isoformat())

    report.batches = in_batches(rows(), BATCH)
    return report


def premium_bordereau(house: House, tenants: Sequence[Tenant], span: Span) -> Report:
    """Lloyd's premium bordereau: a row for each section of each transaction that was booked in a span."""
    report = Report("bordereau premium", bordereau.PREMIUM_COLUMNS, iter(()))
    kinds = ("premium", "surcharge", "tax", "fee", "commission", COMMISSION)

    def rows() -> Iterator[Row]:
        for tenant in tenants:
            with _reading(house, tenant, span) as desk:
                sums = Sums()
                for booked in desk.booked(classes=True):
                    yield from bordereau.premium_rows(booked, span, sums)
                report.differences += desk.differences(sums, kinds)

    report.batches = in_batches(rows(), BATCH)
    return report


def claims_bordereau(house: House, tenants: Sequence[Tenant], span: Span) -> Report:
    """Lloyd's claims bordereau: a row for each exposure of a claim that was reported before a span's end.

    What it costs by then is held against what the journal says was incurred; what is transferred, against what of it is
    still owed to those who claimed.
    """
    report = Report("bordereau claims", bordereau.CLAIM_COLUMNS, iter(()))
    kinds = ("claims_incurred", "claims_fees_incurred", "claims_outstanding", "claims_fees_outstanding", CLAIMS_DUE)

    def rows() -> Iterator[Row]:
        for tenant in tenants:
            with _reading(house, tenant, span, to_date=True) as desk:
                sums = Sums()
                for claim, waiting in desk.declared(span):
                    _count_claim(sums, claim, waiting)
                    yield bordereau.claim_row(claim)
                report.differences += desk.differences(sums, kinds)

    report.batches = in_batches(rows(), BATCH)
    return report


def _count_claim(sums: Sums, claim: bordereau.Declared, waiting: Mapping[CostKind, int]) -> None:
    """`waiting` is what is on its way to who claimed, by kind: no reserve any more, and not paid yet."""
    costs: dict[CostKind, bordereau.Costs] = {"indemnity": claim.indemnity, "fees": claim.fees}
    for kind, cost in costs.items():
        sums.add(incurred_account(claim.product, claim.section, kind), claim.currency, -cost.incurred)
        outstanding = outstanding_account(claim.product, claim.section, kind)
        sums.add(outstanding, claim.currency, cost.reserve - waiting[kind])
        sums.add(CLAIMS_DUE, claim.currency, waiting[kind])


def _summed(
    house: House, name: str, columns: Sequence[Column], tenants: Sequence[Tenant], span: Span,
    take: Callable[[Booked, Sums], None], kinds: Sequence[str], lines: Callable[[], Iterator[Row]],
) -> Report:  # fmt: skip
    """A report of what all transactions of a span come to. What was paid out of an account since is no part of it."""
    report = Report(name, columns, iter(()))

    def rows() -> Iterator[Row]:
        for tenant in tenants:
            with _reading(house, tenant, span) as desk:
                sums = Sums()
                for booked in desk.booked():
                    take(booked, sums)
                report.differences += desk.differences(sums, kinds)
        yield from lines()

    report.batches = in_batches(rows(), BATCH)
    return report


# ------------------------------------------------------------------------------------------- reading


@dataclass
class _Desk:
    """A tenant's still transaction, with the span in each time zone that its covers have."""

    tx: Work
    spans: list[Zoned]
    own_zone: str
    _policies: dict[str, Policy] = field(default_factory=dict)

    def within(self, timezone: str) -> tuple[datetime, datetime]:
        span = next(span for span in self.spans if span.zone == timezone)
        return span.since, span.until

    def posted(self, kinds: Sequence[str], *, causes: bool = True) -> dict[tuple[str, str], int]:
        return reports.posted(self.tx.session, self.spans, self.own_zone, kinds, causes=causes)

    def differences(self, sums: Sums, kinds: Sequence[str]) -> list[str]:
        """Where the rows don't come to what was posted. What the partner has earned, it may have been paid since: of that
        account only what transactions posted counts.
        """
        posted = self.posted([kind for kind in kinds if kind != COMMISSION])
        if COMMISSION in kinds:
            posted |= self.posted((COMMISSION,), causes=False)
        return [str(one) for one in sums.against(self.tx.tenant_id, posted)]

    def booked(self, *, classes: bool = False) -> Iterator[Booked]:
        """What was booked in the span, in that order; `classes` too, which are looked up in the editions."""
        for page in reports.transactions(self.tx.session, self.spans, BATCH):
            undone = [str(one.price["returns"]) for one, _ in page if one.price.get("returns")]
            others = reports.named(self.tx.session, Transaction, undone)
            of_page = {cover.id: cover for _, cover in page}
            ends = self._ends(list(of_page))
            shares = self._shares(list(of_page.values())) if classes else {}
            for transaction, cover in page:
                yield Booked(
                    id=transaction.id, policy=self.policy(cover), product=cover.product, country=cover.country,
                    timezone=cover.timezone, certificate=cover.number, risk_type=transaction.risk_type,
                    premium_type=transaction.premium_type, booked_at=transaction.booked_at,
                    effective_at=transaction.effective_at, starts_at=cover.starts_at,
                    ends_at=ends.get(transaction.id, transaction.effective_at), sign=sign_of(transaction),
                    premium=difference_of(transaction, others), commission=commission_of(transaction),
                    classes=shares.get(cover.id, {}),
                )  # fmt: skip

    def steps(self) -> Iterator[tuple[Cover, tuple[str, str, str, str], str, list[Step]]]:
        """What each cover's transactions did, by section and line: the cover, the line's key, its account, its steps."""
        for page in reports.covers_earning(self.tx.session, self.spans, BATCH):
            ids = [cover.id for cover in page]
            of_cover: dict[str, list[Transaction]] = defaultdict(list)
            for transaction in covers.transactions_of(self.tx.session, ids):
                of_cover[transaction.cover_id].append(transaction)
            windows = {(one.transaction_id, one.section): one for one in covers.terms_of(self.tx.session, ids)}
            for cover in page:
                for (section, name), steps in _steps(of_cover[cover.id], windows).items():
                    is_premium = name == NET
                    account = (premium_account if is_premium else surcharge_account)(
                        cover.product, section if is_premium else name
                    )
                    yield cover, (cover.product, section, name, cover.currency), account, steps

    def declared(self, span: Span) -> Iterator[tuple[bordereau.Declared, dict[CostKind, int]]]:
        """The exposures of what was reported before the span's end, and what is on its way by then, by kind."""
        own = span.instants(self.own_zone)
        for page in reports.claims_reported(self.tx.session, own[1], BATCH):
            of_cover = reports.named(self.tx.session, Cover, [claim.cover_id for claim in page])
            members = reports.named(self.tx.session, Member, [claim.member_id for claim in page])
            by_id = {claim.id: claim for claim in page}
            self.tx.open_keys({claim.member_id for claim in page})
            exposures = claims.exposures_of(self.tx.session, list(by_id))
            costing = _Costing(
                settlements.changes_of(self.tx.session, [one.id for one in exposures]),
                settlements.payouts_of(self.tx.session, list(by_id)),
                own,
            )
            for exposure in sorted(exposures, key=lambda one: (one.claim_id, one.position)):
                claim = by_id[exposure.claim_id]
                if exposure.opened_at is not None and exposure.opened_at >= own[1]:
                    continue
                member = members[claim.member_id]
                yield (
                    self._declared(claim, exposure, of_cover[claim.cover_id], member, costing),
                    {kind: costing.waiting(exposure, kind) for kind in KINDS},
                )
            self.tx.close_keys()

    def policy(self, cover: Cover) -> Policy:
        """The master policy that the cover stands under."""
        if cover.master_policy_id not in self._policies:
            session = self.tx.session
            kept = session.get_one(MasterPolicy, (self.tx.tenant_id, cover.master_policy_id))
            self._policies[cover.master_policy_id] = Policy(
                partners.partner_of(session, self.tx.tenant.partner_id).name,
                partners.insurer_of(session, kept.insurer_id).name, kept.number, kept.umr,
                *days_of(kept, self.own_zone),
            )  # fmt: skip
        return self._policies[cover.master_policy_id]

    def _ends(self, cover_ids: Sequence[str]) -> dict[str, datetime]:
        """When the covers end from each transaction on; a cancellation has no terms, and ends them itself."""
        ends: dict[str, datetime] = {}
        for one in covers.terms_of(self.tx.session, cover_ids):
            ends[one.transaction_id] = max(one.ends_at, ends.get(one.transaction_id, one.ends_at))
        return ends

    def _shares(self, page: Sequence[Cover]) -> dict[str, dict[str, dict[str, int]]]:
        quotes = reports.quotes_of(self.tx.session, page)
        return {
            cover.id: tax_shares(edition_of(self.tx, quotes[cover.quote_id]), quotes[cover.quote_id].facts)
            for cover in page
        }

    def _declared(
        self, claim: Claim, exposure: Exposure, cover: Cover, member: Member, costing: _Costing
    ) -> bordereau.Declared:  # fmt: skip
        told = self.tx.unseal_json(claim.member_id, claim.sealed, f"claims/{claim.id}")
        person = self.tx.unseal_json(member.id, member.sealed, f"members/{member.id}")
        return bordereau.Declared(
            policy=self.policy(cover), product=cover.product, section=exposure.section, country=cover.country,
            timezone=cover.timezone, certificate=cover.number, number=claim.number, state=claim.state, cause=claim.cause,
            claimant=exposure.claimant, insured=person.get("name") or "", description=told.get("description") or "",
            reported_at=claim.reported_at, loss_at=claim.loss_at, currency=exposure.currency,
            indemnity=costing.costs(exposure, "indemnity"), fees=costing.costs(exposure, "fees"),
            reserved_at=exposure.opened_at or claim.reported_at if exposure.estimate else costing.first_reserved(exposure),
        )  # fmt: skip


@dataclass
class _Costing:
    """What exposures cost by the end of a span: by the partner's own days, as the journal books what is no transaction."""

    changes: Sequence[ReserveChange]
    payouts: Sequence[Payout]
    span: tuple[datetime, datetime]

    def costs(self, exposure: Exposure, kind: CostKind) -> bordereau.Costs:
        since, until = self.span
        incurred = (exposure.estimate or 0 if kind == "indemnity" else 0) + sum(
            one.change for one in self._changes(exposure, kind)
        )
        before = sum(_transferred(one, since) for one in self._payouts(exposure, kind))
        in_all = sum(_transferred(one, until) for one in self._payouts(exposure, kind))
        return bordereau.Costs(before, in_all - before, incurred - in_all)

    def waiting(self, exposure: Exposure, kind: CostKind) -> int:
        """What was ordered, and neither transferred nor given up."""
        until = self.span[1]
        return sum(
            one.amount
            for one in self._payouts(exposure, kind)
            if one.ordered_at < until and not _before(one.paid_at, until) and not _before(one.failed_at, until)
        )

    def first_reserved(self, exposure: Exposure) -> datetime | None:
        until = self.span[1]
        return next(
            (one.changed_at for one in self.changes if one.exposure_id == exposure.id and one.changed_at < until), None
        )

    def _changes(self, exposure: Exposure, kind: CostKind) -> Iterator[ReserveChange]:
        until = self.span[1]
        return (
            one
            for one in self.changes
            if one.exposure_id == exposure.id and one.kind == kind and one.changed_at < until
        )

    def _payouts(self, exposure: Exposure, kind: CostKind) -> Iterator[Payout]:
        return (one for one in self.payouts if one.exposure_id == exposure.id and one.kind == kind)


def _transferred(payout: Payout, until: datetime) -> int:
    """What of a payout is with who claimed at an instant: what came back isn't."""
    return payout.amount if _before(payout.paid_at, until) and not _before(payout.failed_at, until) else 0


def _before(at: datetime | None, until: datetime) -> bool:
    return at is not None and at < until


@contextmanager
def _reading(house: House, tenant: Tenant, at: Span | datetime, *, to_date: bool = False) -> Iterator[_Desk]:
    """The tenant's desk for a span; `to_date` for all that was before its end."""
    with house.transaction(Caller(tenant, ACTOR), still=True) as tx:
        own_zone = partners.partner_of(tx.session, tenant.partner_id).timezone
        spans = []
        for zone in sorted({own_zone, *reports.zones(tx.session)}):
            since, until = at.instants(zone) if isinstance(at, Span) else (at, at)
            spans.append(Zoned(zone, FIRST_INSTANT if to_date else since, until))
        yield _Desk(tx, spans, own_zone)


def _steps(
    transactions: Sequence[Transaction], windows: Mapping[tuple[str, str], TransactionTerms]
) -> dict[tuple[str, str], list[Step]]:  # fmt: skip
    """By section and line, what each transaction did to it, from the first that has it on."""
    by_id = {one.id: one for one in transactions}
    amounts: list[dict[tuple[str, str], int]] = []
    for one in transactions:
        premium, sign = difference_of(one, by_id), sign_of(one)
        of_line = {(line.name, NET): sign * line.net for line in premium.sections}
        for surcharge in premium.surcharges:
            key = (surcharge.section, surcharge.name)
            of_line[key] = of_line.get(key, 0) + sign * surcharge.amount
        amounts.append(of_line)
    found: dict[tuple[str, str], list[Step]] = {key: [] for of_line in amounts for key in of_line}
    for key, steps in found.items():
        for one, of_line in zip(transactions, amounts, strict=True):
            terms = windows.get((one.id, key[0]))
            amount = of_line.get(key, 0)
            if not steps and terms is None and not amount:
                continue
            window = (terms.starts_at, terms.ends_at) if terms else None
            ends = one.risk_type == "Cancellation"
            steps.append(Step(one.booked_at, one.effective_at, amount, window, ends))
    return found
