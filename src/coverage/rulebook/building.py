"""From a typed edition to its plan. Building it reports everything that doesn't meet, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from coverage.rulebook.drafting import Draft, Report
from coverage.rulebook.expressions import Expression, Kind, nearest
from coverage.rulebook.format import Edition, Section, Step, TaxTable, YearsFrom
from coverage.rulebook.inputs import OneOf
from coverage.rulebook.notation import Factor, Flat, Misread, Named, PerTerm, Quantity, RateOf, ShareOf, quoted
from coverage.rulebook.plan import (
    Charge,
    Check,
    Lookup,
    Plan,
    PlannedFee,
    PlannedMinimum,
    PlannedSection,
    PlannedStep,
    Row,
    Verdict,
    unrated,
)
from coverage.rulebook.reading import Document, Loc
from coverage.rulebook.tables import lay_out

START: Final = "start"  # in `years_from … to`: the cover's first day


def build(document: Document, edition: Edition, report: Report) -> Plan:
    """The plan of `edition`. Whatever doesn't meet goes to `report`; with any fault, the plan is not to be run."""
    return _Builder(document, edition, report).plan()


class _Builder(Draft):
    def __init__(self, document: Document, edition: Edition, report: Report) -> None:
        super().__init__(document, edition, report)
        self.formulas: dict[str, Expression] = {}
        self.tables: dict[str, Lookup] = {}

    def plan(self) -> Plan:
        self._names()
        checks = tuple(self._checks())
        for name, table in self.edition.tables.items():
            lookup = lay_out(self, ("tables", name), name, table)
            if lookup:
                self.tables[name] = lookup
        names = list(self.edition.sections)
        sections = tuple(self._section(index, name) for index, name in enumerate(names))
        minimums = tuple(
            PlannedMinimum(
                self.cents(("contract", index, "at_least", "net"), step.at_least.net),
                tuple(self._section_indexes(("contract", index, "at_least", "over"), step.at_least.over)),
                self.document.place(("contract", index)),
            )
            for index, step in enumerate(self.edition.contract)
        )
        fees = tuple(
            PlannedFee(fee.name, self.cents(("fees", index, "amount"), fee.amount), fee.taxed_as)
            for index, fee in enumerate(self.edition.fees)
        )
        if self.edition.withdrawal is not None:
            self.condition(("withdrawal", "exempt_when"), self.edition.withdrawal.exempt_when)
        return Plan(
            self.edition.product, self.edition.currency, self.kinds, *self._sorted(checks, sections), minimums, fees,
            self.tables, self.formulas, frozenset(self.used),
        )  # fmt: skip

    def _sorted(
        self, checks: tuple[Check, ...], sections: tuple[PlannedSection, ...]
    ) -> tuple[tuple[Verdict, ...], tuple[Check, ...], tuple[PlannedSection, ...]]:
        # Verdicts were noted rules first, then tables; codes are told in the file's order.
        if [v.place for v in self.verdicts] == sorted(v.place for v in self.verdicts):
            return tuple(self.verdicts), checks, sections
        order = sorted(range(len(self.verdicts)), key=lambda index: self.verdicts[index].place)
        rank = {old: new for new, old in enumerate(order)}

        def ranked(row: Row | None) -> Row | None:
            if row is None or row.outcome < 0:
                return row
            return Row(row.label, row.cell, row.place, row.lowest, row.highest, rank[row.outcome])

        def relaid(table: Lookup) -> Lookup:
            rows = tuple(row for row in map(ranked, table.rows) if row)
            return Lookup(table.name, table.key, table.form, table.sort, rows, ranked(table.otherwise), table.place)

        self.tables = {name: relaid(table) for name, table in self.tables.items()}

        def restep(step: PlannedStep) -> PlannedStep:
            charge = self.tables[step.charge.name] if isinstance(step.charge, Lookup) else step.charge
            return PlannedStep(step.op, charge, step.when, step.place)

        sections = tuple(
            PlannedSection(s.name, s.when, tuple(map(restep, s.steps)), s.tax_key, s.tax_classes, s.place)
            for s in sections
        )
        checks = tuple(Check(check.condition, rank[check.outcome], check.place) for check in checks)
        return tuple(self.verdicts[index] for index in order), checks, sections

    def _names(self) -> None:
        edition = self.edition
        for name, given in edition.inputs.items():
            if name in self.kinds or name == START:
                self.report(
                    ("inputs", name),
                    f"{quoted(name)} is there in every edition; expected another name",
                    "reserved",
                    key=True,
                )
            if given.default is not None:
                try:
                    given.from_text(given.default, edition.effective.date())
                except Misread as error:
                    self.report(("inputs", name, "default"), str(error), "default")
            if isinstance(given, OneOf) and len(set(given.one_of)) < len(given.one_of):
                self.report(("inputs", name, "one_of"), "a choice stands twice; expected each once", "duplicate")
            if given.kind.currency not in (None, edition.currency):
                message = f"money in {given.kind.currency}; expected {edition.currency}, the edition's currency"
                self.report(("inputs", name, given.key), message, "currency")
            # A personal fact is rated on only through a derived value: age, never the date of birth.
            if unrated(given) is None:
                self.kinds[name] = given.kind
        for name, rule in edition.derived.items():
            if name in self.kinds or name in edition.inputs or name == START:
                self.report(
                    ("derived", name),
                    f"{quoted(name)} is a name in use already; expected another",
                    "reserved",
                    key=True,
                )
            elif isinstance(rule, YearsFrom):
                self._years(name, rule)
            else:
                formula = self.expression(("derived", name), rule)
                if formula:
                    self.formulas[name], self.kinds[name] = formula, formula.kind
                else:
                    self.broken.add(name)

    def _years(self, name: str, rule: YearsFrom) -> None:
        dates = {
            key: given for key, given in self.edition.inputs.items() if given.kind.sort == "date" and given.required
        }
        for key, value in (("years_from", rule.years_from), ("to", rule.to)):
            if value not in dates and not (key == "to" and value == START):
                self.report(
                    ("derived", name, key),
                    f"{quoted(value)} is no date input that is always given; expected {nearest(value, dates)}",
                    "unknown_name",
                )
            self.used.add(value)
        self.kinds[name] = Kind("integer", 0, 130)

    def _checks(self) -> Iterator[Check]:
        for index, rule in enumerate(self.edition.eligibility):
            loc = ("eligibility", index, rule.decision)
            condition = self.condition(loc, rule.condition)
            if condition:
                place = self.document.place(loc)
                yield Check(condition, self.verdict(rule.decision, rule.code, place), place)

    def _section(self, index: int, name: str) -> PlannedSection:
        section, loc = self.edition.sections[name], ("sections", name)
        steps = [self._step((*loc, "premium", i), i, step, index) for i, step in enumerate(section.premium)]
        tax_key, classes = self._tax_classes(loc, section)
        return PlannedSection(
            name, self.condition((*loc, "when"), section.when), tuple(step for step in steps if step),
            tax_key, classes, self.document.place(loc, key=True),
        )  # fmt: skip

    def _tax_classes(self, loc: Loc, section: Section) -> tuple[str | None, dict[str, str]]:
        if not isinstance(section.tax, TaxTable):
            return None, {"": section.tax}
        self.used.add(section.tax.by)
        kind = self.key_kind((*loc, "tax", "by"), section.tax.by)
        self.choices((*loc, "tax", "values"), section.tax.by, kind, section.tax.values)
        return section.tax.by, dict(section.tax.values)

    def _step(self, loc: Loc, index: int, step: Step, section: int) -> PlannedStep | None:
        op_loc = (*loc, step.op)
        if (step.op == "base") != (index == 0):
            self.report(op_loc, f"{step.op}: stands here; expected base: first, and only first", "order", key=True)
        charge = self._charge(op_loc, step.quantity, section)
        when = self.condition((*loc, "when"), step.when)
        if charge is None:
            return None
        factor_like = isinstance(charge, Factor) or (isinstance(charge, Lookup) and charge.sort == "factor")
        if (step.op == "times") != factor_like:
            wanted = "a factor or a table of factors" if step.op == "times" else "an amount, or a table of amounts"
            self.report(op_loc, f"{quoted(self.document_text(op_loc))}; expected {wanted}", "operand")
            return None
        return PlannedStep(step.op, charge, when, self.document.place(op_loc))

    def _charge(self, loc: Loc, quantity: Quantity, section: int) -> Charge | None:
        match quantity:
            case Named(name):
                if name not in self.edition.tables:
                    self.report(
                        loc,
                        f"{quoted(name)} is no table; expected {nearest(name, self.edition.tables)}",
                        "unknown_name",
                    )
                return self.tables.get(name)
            case RateOf(name=name):
                kind = self.key_kind(loc, name)
                self.used.add(name)
                if kind is not None and kind.sort != "money":
                    self.report(loc, f"{quoted(name)} is {kind}; expected a money input", "operand")
                    return None
                if kind is not None and kind.lowest < 0:
                    message = f"{quoted(name)} can be under zero; expected money that can't, such as max(0 EUR, …)"
                    self.report(loc, message.replace("EUR", self.edition.currency), "negative")
                return quantity if kind is not None else None
            case ShareOf(sections=names):
                for index in self._section_indexes(loc, names):
                    if index >= section:
                        name = list(self.edition.sections)[index]
                        self.report(
                            loc,
                            f"{quoted(name)} doesn't come before; expected sections that stand above this one",
                            "forward_share",
                        )
            case Flat(found) | PerTerm(amount=found):
                if found.currency != self.edition.currency:
                    self.wrong_currency(loc, found)
        return quantity

    def _section_indexes(self, loc: Loc, wanted: Sequence[str]) -> Iterator[int]:
        """Where the sections stand that are `wanted`; reports those that there aren't, and those named twice."""
        names = list(self.edition.sections)
        for number, name in enumerate(wanted):
            where = (*loc, number)  # in a text, where there is no such entry, the text's own place
            if name not in names:
                self.report(where, f"{quoted(name)} is no section; expected {nearest(name, names)}", "unknown_name")
            elif name in wanted[:number]:
                self.report(where, f"{quoted(name)} stands twice; expected each section once", "duplicate")
            else:
                yield names.index(name)
