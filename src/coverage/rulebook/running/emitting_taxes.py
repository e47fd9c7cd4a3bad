"""The end of a plan written down: surcharges, what falls in each tax class, taxes, and what the function answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coverage.rulebook.language.notation import RATE_ONE
from coverage.rulebook.planning.plan import Plan, PlannedSection, Taxed
from coverage.rulebook.planning.taxes import TaxesInForce, TaxRate
from coverage.rulebook.running.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Borne:
    """A surcharge that a section can bear, and in which of its ways to be taxed it does."""

    section: int
    rate: TaxRate
    ways: tuple[int, ...]


def ways_of(section: PlannedSection) -> tuple[Taxed, ...]:
    """The ways in which a section can be taxed, each once."""
    return tuple(dict.fromkeys(section.tax.ways.values()))


def surcharges_of(plan: Plan, taxes: TaxesInForce) -> tuple[Borne, ...]:
    """Every surcharge of every section, in the order of the answers."""
    rates = {(rate.name, rate.tax_class): rate for rate in taxes.rates if rate.kind == "surcharge"}
    return tuple(
        Borne(index, rates[found], tuple(n for n, way in enumerate(ways_of(section)) if found in way.surcharges))
        for index, section in enumerate(plan.sections)
        for found in section.tax.surcharges
    )


def taxes_of(taxes: TaxesInForce) -> tuple[TaxRate, ...]:
    """Every tax and levy, in the order of the answers."""
    return tuple(rate for rate in taxes.rates if rate.kind != "surcharge")


class TaxEmitter:
    """Writes what comes after the sections' whole cents."""

    def __init__(self, plan: Plan, taxes: TaxesInForce, write: Dialect) -> None:
        self.plan, self.write = plan, write
        self.classes, self.rates = taxes.classes, taxes_of(taxes)
        self.borne = surcharges_of(plan, taxes)

    def covered(self, index: int) -> str:
        """That a section is covered; empty where it always is."""
        return f"in{index}" if self.plan.sections[index].conditional else ""

    def ways(self) -> None:
        """In which way each section is taxed, where there are several: `w0_1` that section 0 is in its way 1."""
        for index, section in enumerate(self.plan.sections):
            ways = ways_of(section)
            if len(ways) > 1:
                numbers = {choices: ways.index(way) for choices, way in section.tax.ways.items()}
                self.write.hold(f"w{index}", self.write.by_choices(f"W_{index}", section.tax.keys, numbers))
                for way in range(len(ways)):
                    self.write.hold(f"w{index}_{way}", f"w{index} == {way}")

    @property
    def decided_by(self) -> tuple[str, ...]:
        """The variables that the taxes depend on beside the sections' cents."""
        found = [self.covered(index) for index in range(len(self.plan.sections)) if self.covered(index)]
        for index, section in enumerate(self.plan.sections):
            count = len(ways_of(section))
            found += [f"w{index}_{way}" for way in range(count) if count > 1]
        return tuple(found)

    def amounts(self) -> str:
        """Writes the surcharges, the classes' bases and the taxes; says what they and the premium come to."""
        for number, borne in enumerate(self.borne):
            charged = _share_of(f"s{borne.section}", borne.rate)
            taken = self._in_ways(borne.section, borne.ways)
            self.write.let(f"u{number}", self.write.either(taken, charged, "0") if taken else charged)
        for number, tax_class in enumerate(self.classes):
            parts = [part for index in range(len(self.plan.sections)) for part, _ in self._parts(index, tax_class)]
            fees = sum(fee.cents for fee in self.plan.fees if fee.tax_class == tax_class)
            self.write.let(f"n{number}", " + ".join([*parts, *([str(fees)] if fees or not parts else [])]))
        total = [f"s{index}" for index in range(len(self.plan.sections))]
        total += [f"u{number}" for number in range(len(self.borne))]
        owed = sum(fee.cents for fee in self.plan.fees)
        for number, rate in enumerate(self.rates):
            owed += rate.flat_cents
            if rate.tax_class and rate.numerator:
                base = f"n{self.classes.index(rate.tax_class)}"
                self.write.let(f"t{number}", _share_of(base, rate))
                total.append(f"t{number}")
        return " + ".join([*total, *([str(owed)] if owed else [])])

    def answer(self, gross: str) -> str:
        """What the function answers: the sections' cents, the surcharges, what each tax was taken on, the taxes, the
        gross premium; −1 where there is no such line.
        """
        nets = [self.write.there(self.covered(index), f"s{index}") for index in range(len(self.plan.sections))]
        surcharges = [
            self.write.there(self.write.both(self.covered(found.section), self._in_ways(found.section, found.ways)), f"u{number}")
            for number, found in enumerate(self.borne)
        ]  # fmt: skip
        bases, taxes = [], []
        for number, rate in enumerate(self.rates):
            if not rate.tax_class:
                bases.append("0")
                taxes.append(str(rate.flat_cents))
                continue
            bases.append(f"n{self.classes.index(rate.tax_class)}")
            taxes.append(self.write.there(self._met(rate.tax_class), f"t{number}" if rate.numerator else "0"))
        return ", ".join([*map(_tuple, (nets, surcharges, bases, taxes)), gross])

    def _in_ways(self, index: int, ways: tuple[int, ...]) -> str:
        """That a section is taxed in one of some ways."""
        if len(ways) == len(ways_of(self.plan.sections[index])):
            return ""
        return self.write.any_of([f"w{index}_{way}" for way in ways])

    def _met(self, tax_class: str) -> str:
        """That something falls in a class."""
        if any(fee.tax_class == tax_class for fee in self.plan.fees):
            return ""
        return self.write.any_of(
            [
                self.write.both(self.covered(index), condition)
                for index in range(len(self.plan.sections))
                for _, condition in self._parts(index, tax_class)
            ]
        )

    def _parts(self, index: int, tax_class: str) -> Iterator[tuple[str, str]]:
        """What of a section and its surcharges falls in a class, and in which of its ways it does."""
        shares: dict[tuple[int, int], list[int]] = {}
        for number, way in enumerate(ways_of(self.plan.sections[index])):
            before = 0
            for name, share in way.classes:
                if name == tax_class:
                    shares.setdefault((before, before + share), []).append(number)
                before += share
        for (before, until), ways in shares.items():
            condition = self._in_ways(index, tuple(ways))
            amounts = [f"s{index}"]
            amounts += [
                f"u{n}" for n, found in enumerate(self.borne) if found.section == index and set(found.ways) & set(ways)
            ]
            part = " + ".join(_part(amount, before, until) for amount in amounts)
            yield (self.write.either(condition, part, "0") if condition else part), condition


def part_of(amount: int, before: int, until: int) -> int:
    """What shares from `before` to `until` (× 10⁶) have of an amount, so that all the parts together are the whole."""
    low, high = ((amount * share + RATE_ONE // 2) // RATE_ONE for share in (before, until))
    return high - low


def _share_of(base: str, rate: TaxRate) -> str:
    return f"({base} * {rate.numerator} + {rate.denominator // 2}) // {rate.denominator}"


def _part(amount: str, before: int, until: int) -> str:
    """`part_of` written down."""
    low, high = (f"({amount} * {share} + {RATE_ONE // 2}) // {RATE_ONE}" for share in (before, until))
    upper = amount if until == RATE_ONE else high
    return f"({upper} - {low})" if before else upper


def _tuple(values: list[str]) -> str:
    return f"({', '.join(values)},)" if values else "()"
