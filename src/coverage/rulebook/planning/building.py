"""From a typed edition to its plan. Building it reports everything that doesn't meet, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from coverage.rulebook.format import (
    ContractStep,
    Edition,
    HoursIn,
    NetMinimum,
    Prefix,
    Season,
    Step,
    YearsFrom,
)
from coverage.rulebook.format.edition import GrossRounding
from coverage.rulebook.language.expressions import Expression, Kind, nearest
from coverage.rulebook.language.inputs import OneOf
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import (
    MICRO_PER_CENT,
    Amount,
    Factor,
    Flat,
    Misread,
    Named,
    PerTerm,
    Quantity,
    RateOf,
    ShareOf,
    quoted,
)
from coverage.rulebook.language.reading import Document, Loc
from coverage.rulebook.planning.drafting import Draft, Report
from coverage.rulebook.planning.plan import (
    Charge,
    Check,
    ContractMove,
    Lookup,
    Plan,
    PlannedFee,
    PlannedSection,
    PlannedStep,
    Row,
    unrated,
)
from coverage.rulebook.planning.tables import lay_out
from coverage.rulebook.planning.taxing import exemptions, planned_tax

START: Final = "start"  # in `years_from … to`: the cover's first day
NOTHING: Final[Mapping[str, str]] = {}


def build(document: Document, edition: Edition, report: Report, files: Mapping[str, str] = NOTHING) -> Plan:
    """The plan of `edition` with the tables' `files` by name. Whatever doesn't meet goes to `report`; with any fault,
    the plan is not to be run.
    """
    return _Builder(document, edition, report, files).plan()


class _Builder(Draft):
    def __init__(self, document: Document, edition: Edition, report: Report, files: Mapping[str, str]) -> None:
        super().__init__(document, edition, report, files)
        self.formulas: dict[str, Expression] = {}
        self.tables: dict[str, Lookup] = {}

    def plan(self) -> Plan:
        self._names()
        checks = tuple(self._checks())
        for name, table in self.edition.tables.items():
            lookup = lay_out(self, ("tables", name), name, table)
            if lookup:
                self.tables[name] = lookup
        unavailable = {name: found for name in self.edition.sections if (found := self._unavailable(name))}
        ranks = self._in_file_order()
        checks = tuple(replace(check, outcome=ranks[check.outcome]) for check in checks)
        self.tables = {name: _ranked_table(table, ranks) for name, table in self.tables.items()}
        sections = tuple(
            self._section(index, name, (found[0], ranks[found[1]]) if (found := unavailable.get(name)) else None)
            for index, name in enumerate(self.edition.sections)
        )
        moves = tuple(move for index, step in enumerate(self.edition.contract) if (move := self._move(index, step)))
        fees = tuple(
            PlannedFee(fee.name, self.cents(("fees", index, "amount"), fee.amount), fee.taxed_as)
            for index, fee in enumerate(self.edition.fees)
        )
        if self.edition.withdrawal is not None:
            self.condition(("withdrawal", "exempt_when"), self.edition.withdrawal.exempt_when)
        edition = self.edition
        return Plan(
            edition.product, edition.country, edition.currency, edition.term.day, self.kinds, tuple(self.verdicts),
            checks, sections, moves, fees, self.tables, self.formulas, exemptions(edition), frozenset(self.used),
        )  # fmt: skip

    def _in_file_order(self) -> list[int]:
        """Each verdict's number for good: codes are told in the file's order, and rules were noted before tables."""
        order = sorted(range(len(self.verdicts)), key=lambda index: (self.orders[index], self.verdicts[index].place))
        self.verdicts = [self.verdicts[index] for index in order]
        ranks = [0] * len(order)
        for new, old in enumerate(order):
            ranks[old] = new
        return ranks

    # ------------------------------------------------------------------------------------------------ names

    def _names(self) -> None:
        edition = self.edition
        for name, given in edition.inputs.items():
            if name in self.kinds or name == START:
                words = f"{quoted(name)} is there in every edition; expected another name"
                self.report(("inputs", name), words, "reserved", key=True)
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
            if isinstance(given, ListOf):
                self._things(name, given)
            elif unrated(given) is None:
                self.kinds[name] = given.kind
        for name, rule in edition.derived.items():
            if name in self.kinds or name in edition.inputs or name == START:
                words = f"{quoted(name)} is a name in use already; expected another"
                self.report(("derived", name), words, "reserved", key=True)
                continue
            match rule:
                case YearsFrom():
                    self._years(name, rule)
                case HoursIn():
                    self.kinds[name] = Kind("integer", 0, self.kinds["term_hours"].highest)
                case Season():
                    sort = "choice" if rule.season.by == "start" else "season_days"
                    self.kinds[name] = Kind(sort, options=rule.season.names)
                case Prefix():
                    self._prefix(name, rule)
                case _:
                    self._formula(name, rule)

    def _things(self, name: str, given: ListOf) -> None:
        for field, asked in given.list_.items():
            if asked.kind.currency not in (None, self.edition.currency):
                message = f"money in {asked.kind.currency}; expected {self.edition.currency}, the edition's currency"
                self.report(("inputs", name, "list", field, asked.key), message, "currency")
            if asked.default is not None:
                try:
                    asked.from_text(asked.default, self.edition.effective.date())
                except Misread as error:
                    self.report(("inputs", name, "list", field, "default"), str(error), "default")
        if not given.personal:
            self.kinds |= given.totals(name)

    def _formula(self, name: str, rule: str) -> None:
        formula = self.expression(("derived", name), rule)
        if formula and formula.kind.sort in ("integer", "money", "decimal", "yes_no"):
            self.formulas[name], self.kinds[name] = formula, formula.kind
            return
        if formula:
            words = f"{quoted(rule)} is {formula.kind}; expected a number, money, or a condition"
            self.report(("derived", name), words, "expression")
        self.broken.add(name)

    def _years(self, name: str, rule: YearsFrom) -> None:
        dates = {key: given for key, given in self.edition.inputs.items() if given.kind.sort == "date"}
        optional = False
        for key, value in (("years_from", rule.years_from), ("to", rule.to)):
            if value in dates:
                optional = optional or not (dates[value].required or dates[value].default is not None)
            elif not (key == "to" and value == START):
                words = f"{quoted(value)} is no date input; expected {nearest(value, dates)}"
                self.report(("derived", name, key), words, "unknown_name")
            self.used.add(value)
        if optional and rule.otherwise is None:
            words = "a date that may be left out; expected otherwise: with the years that hold then"
            self.report(("derived", name), words, "optional", key=True)
        if not optional and rule.otherwise is not None:
            words = "otherwise: can't hold, since the dates are always given; expected one of the two"
            self.report(("derived", name, "otherwise"), words, "no_match")
        self.kinds[name] = Kind("integer", 0, 130)

    def _prefix(self, name: str, rule: Prefix) -> None:
        texts = {
            key: given for key, given in self.edition.inputs.items() if given.kind.sort == "text" and given.required
        }
        if rule.prefix not in texts:
            words = (
                f"{quoted(rule.prefix)} is no text input that is always given; expected {nearest(rule.prefix, texts)}"
            )
            self.report(("derived", name, "prefix"), words, "unknown_name")
        if not 1 <= rule.length <= 20:
            self.report(("derived", name, "length"), f"{rule.length} signs; expected 1 to 20", "length")
            self.broken.add(name)
            return
        self.used.add(rule.prefix)
        self.kinds[name] = Kind("prefix")

    # ------------------------------------------------------------------------------------------------ rules

    def _checks(self) -> Iterator[Check]:
        for index, rule in enumerate(self.edition.eligibility):
            loc = ("eligibility", index, rule.decision)
            condition = self.condition(loc, rule.condition)
            if condition:
                place = self.document.place(loc)
                yield Check(condition, self.verdict(rule.decision, rule.code, place, place), place)

    def _unavailable(self, name: str) -> tuple[Expression, int] | None:
        rule = self.edition.sections[name].unavailable
        if rule is None:
            return None
        condition = self.condition(("sections", name, "unavailable", "when"), rule.when)
        if condition is None:
            return None
        place = self.document.place(("sections", name, "unavailable", "code"))
        return condition, self.verdict("unavailable", rule.code, place, place, section=name)

    def _section(self, index: int, name: str, unavailable: tuple[Expression, int] | None) -> PlannedSection:
        section, loc = self.edition.sections[name], ("sections", name)
        steps = [self._step((*loc, "premium", i), i, step, index) for i, step in enumerate(section.premium)]
        return PlannedSection(
            name, self.condition((*loc, "when"), section.when), unavailable, tuple(step for step in steps if step),
            planned_tax(self, loc, section), self.document.place(loc, key=True),
        )  # fmt: skip

    def _step(self, loc: Loc, index: int, step: Step, section: int) -> PlannedStep | None:
        op_loc = (*loc, step.op)
        if (step.op == "base") != (index == 0):
            self.report(op_loc, f"{step.op}: stands here; expected base: first, and only first", "order", key=True)
        charge = self._charge(op_loc, step.quantity, section)
        when = self.condition((*loc, "when"), step.when)
        if charge is None or not self._operand(op_loc, step.op, charge):
            return None
        return PlannedStep(step.op, charge, when, self.document.place(op_loc))

    def _operand(self, loc: Loc, op: str, charge: Charge) -> bool:
        factor_like = isinstance(charge, Factor) or (isinstance(charge, Lookup) and charge.sort == "factor")
        if (op == "times") == factor_like:
            return True
        wanted = "a factor or a table of factors" if op == "times" else "an amount, or a table of amounts"
        self.report(loc, f"{quoted(self.document_text(loc))}; expected {wanted}", "operand")
        return False

    def _charge(self, loc: Loc, quantity: Quantity, section: int) -> Charge | None:
        match quantity:
            case Named(name):
                if name not in self.edition.tables:
                    words = f"{quoted(name)} is no table; expected {nearest(name, self.edition.tables)}"
                    self.report(loc, words, "unknown_name")
                return self.tables.get(name)
            case RateOf(name=name):
                return self._rate(loc, quantity, name)
            case ShareOf(sections=names):
                for index in self._section_indexes(loc, names):
                    if index >= section:
                        name = list(self.edition.sections)[index]
                        words = f"{quoted(name)} doesn't come before; expected sections that stand above this one"
                        self.report(loc, words, "forward_share")
            case Flat(found) | PerTerm(amount=found):
                cap = quantity.day_cap if isinstance(quantity, PerTerm) else None
                for figure in (found, *([cap] if cap else [])):
                    if figure.currency != self.edition.currency:
                        self.wrong_currency(loc, figure)
        return quantity

    def _rate(self, loc: Loc, quantity: RateOf, name: str) -> Charge | None:
        if name not in self.kinds and name in self.edition.sections:
            share = self.document_text(loc)
            self.report(loc, f"{quoted(name)} is a section; expected {share.replace(name, f'[{name}]')}", "operand")
            return None
        kind = self.key_kind(loc, name)
        self.used.add(name)
        if kind is None:
            return None
        if kind.sort != "money":
            self.report(loc, f"{quoted(name)} is {kind}; expected money", "operand")
            return None
        if kind.lowest < 0:
            message = f"{quoted(name)} can be under zero; expected money that can't, such as max(0 EUR, …)"
            self.report(loc, message.replace("EUR", self.edition.currency), "negative")
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

    # ------------------------------------------------------------------------------------------- the contract

    def _move(self, index: int, step: ContractStep) -> ContractMove | None:
        loc = ("contract", index)
        everything = tuple(range(len(self.edition.sections)))
        over = tuple(self._section_indexes((*loc, "over"), step.over)) if step.over is not None else everything
        when = self.condition((*loc, "when"), step.when)
        place = self.document.place(loc)
        match getattr(step, step.op):
            case NetMinimum(net=net, over=names):
                over = tuple(self._section_indexes((*loc, "at_least", "over"), names))
                return ContractMove("at_least", self.cents((*loc, "at_least", "net"), net), over, when, place)
            case GrossRounding(step=multiple):
                if index < len(self.edition.contract) - 1:
                    self.report((*loc, "round_gross"), "round_gross: stands here; expected it last", "order", key=True)
                return ContractMove("round_gross", self.cents((*loc, "round_gross"), multiple), over, when, place)
            case quantity:
                return self._contract_charge((*loc, step.op), step.op, quantity, over, when)

    def _contract_charge(
        self, loc: Loc, op: str, quantity: Quantity, over: tuple[int, ...], when: Expression | None
    ) -> ContractMove | None:
        if not isinstance(quantity, Named | Factor | Flat):
            words = f"{quoted(self.document_text(loc))}; expected a factor, an amount, or a table's name"
            self.report(loc, words, "operand")
            return None
        charge = self._charge(loc, quantity, 0)
        if charge is None or not self._operand(loc, op, charge):
            return None
        if isinstance(charge, Flat):
            self.cents(loc, charge.amount)
        if isinstance(charge, Lookup) and charge.sort == "amount":
            for row in charge.all_rows:
                if isinstance(row.cell, Amount) and row.cell.micros % MICRO_PER_CENT:
                    self.report_at(row.place, f"{row.cell}; expected whole cents in the contract's steps", "cents")
        if not isinstance(charge, Factor | Flat | Lookup):
            return None
        return ContractMove(op, charge, over, when, self.document.place(loc))


def _ranked_table(table: Lookup, ranks: Sequence[int]) -> Lookup:
    def ranked(row: Row) -> Row:
        return replace(row, outcome=ranks[row.outcome]) if row.outcome >= 0 else row

    otherwise = ranked(table.otherwise) if table.otherwise else None
    return replace(table, rows=tuple(map(ranked, table.rows)), otherwise=otherwise)
