"""Premiums that are no whole price: a difference, or what is given back, with the surcharges and taxes that go with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from coverage.domain.premium import Premium, SectionPremium, SurchargeLine, TaxLine
from coverage.rulebook.language.notation import RATE_ONE
from coverage.rulebook.planning.plan import Plan
from coverage.rulebook.planning.taxes import TaxesInForce, TaxRate


def charge(plan: Plan, taxes: TaxesInForce, facts: Mapping[str, object], nets: Mapping[str, int]) -> Premium:
    """The premium of `nets` (minor units by section) with its surcharges and taxes, rounded once per class.

    Flat levies and fees are left out: they are owed once for a contract, and its first price has them.
    """
    surcharges: list[SurchargeLine] = []
    bases: dict[str, int] = {}
    for section in plan.sections:
        if section.name not in nets:
            continue
        taxed, net = section.tax.of(facts), nets[section.name]
        borne = list(_surcharges(section.name, taxed.surcharges, taxes, net))
        surcharges += borne
        for amount in (net, *(line.amount for line in borne)):
            for tax_class, part in _split(taxed.classes, amount):
                bases[tax_class] = bases.get(tax_class, 0) + part
    lines = tuple(
        TaxLine(
            rate.name,
            rate.kind,
            rate.tax_class,
            rate.charged,
            bases[rate.tax_class],
            _share(rate, bases[rate.tax_class]),
        )
        for rate in taxes.rates
        if rate.kind != "surcharge" and rate.tax_class in bases
    )
    sections = tuple(
        SectionPremium(section.name, nets[section.name]) for section in plan.sections if section.name in nets
    )
    return Premium.of(plan.currency, sections, lines, (), tuple(surcharges))


def _surcharges(
    section: str, borne: tuple[tuple[str, str], ...], taxes: TaxesInForce, net: int
) -> Iterator[SurchargeLine]:
    rates = {(rate.name, rate.tax_class): rate for rate in taxes.rates if rate.kind == "surcharge"}
    for name, kind in borne:
        rate = rates[name, kind]
        yield SurchargeLine(name, section, rate.charged, net, _share(rate, net))


def _share(rate: TaxRate, base: int) -> int:
    return (base * rate.numerator + rate.denominator // 2) // rate.denominator


def _split(classes: tuple[tuple[str, int], ...], amount: int) -> Iterator[tuple[str, int]]:
    """Each class's part: the shares so far, rounded half up, less the parts before; so the parts add up."""
    whole = shared = 0
    for tax_class, share in classes:
        whole += share
        until = (amount * whole + RATE_ONE // 2) // RATE_ONE
        yield tax_class, until - shared
        shared = until
