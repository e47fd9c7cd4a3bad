"""The plan of an edition: names resolved, expressions typed, tables laid out, steps in their order.

Each way to run a price reads this plan (the Decimal oracle alone reads the typed edition itself, so that it can't
share the plan's mistakes). Building it reports everything that doesn't meet, with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from coverage.rulebook.expressions import Expression, Invalid, Kind, nearest, parse
from coverage.rulebook.format import Edition, Section, Step, Table, TaxTable, YearsFrom
from coverage.rulebook.inputs import Input, OneOf
from coverage.rulebook.notation import (
    FACTOR_ONE,
    Amount,
    Band,
    Cell,
    Factor,
    Flat,
    Misread,
    Named,
    Outcome,
    PerTerm,
    Quantity,
    RateOf,
    ShareOf,
    amount,
    band,
    quoted,
)
from coverage.rulebook.reading import Document, Finding, Loc, Place

HOUR: Final = 3600
DAY: Final = 86_400


def always_there(edition: Edition) -> dict[str, Kind]:
    """The names that every edition has, with their bounds."""
    hours, days = -(-edition.term.max // HOUR), -(-edition.term.max // DAY)
    return {
        "term_hours": Kind("integer", 1, hours),
        "term_days": Kind("integer", 1, days),
        "start_hour": Kind("integer", 0, 23),
        "start_weekday": Kind("integer", 1, 7),
        "lead_hours": Kind("integer", 0, -(-edition.term.book_ahead // HOUR)),
    }


def unrated(given: Input) -> str | None:
    """Why nothing may be rated on an input; None when it may be."""
    if given.personal:
        return "personal"
    if given.kind.sort in ("text", "date"):
        return "free text" if given.kind.sort == "text" else "a date"
    return "optional without a default" if given.optional and given.default is None else None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its label as written, its cell, where it stands, and what it covers."""

    label: str
    cell: Cell
    place: Place
    lowest: int = 0
    highest: int | None = None
    outcome: int = -1  # index into the plan's outcomes, where the cell doesn't price


@dataclass(frozen=True, slots=True)
class Lookup:
    """A table laid out. `sort` says what its cells are: factor or amount."""

    name: str
    key: str
    form: str
    sort: str
    rows: tuple[Row, ...]
    otherwise: Row | None
    place: Place

    def row_of(self, value: object) -> Row | None:
        """The row that `value` falls in."""
        for row in self.rows:
            if self.form == "values":
                written = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
                if row.label == written:
                    return row
            elif isinstance(value, int) and row.lowest <= value and (row.highest is None or value <= row.highest):
                return row
        return self.otherwise

    def weight(self, row: Row) -> int:
        """A row's figure: its factor × 10⁴ or micro-units. A cell that refers or declines counts as one, or nothing."""
        if isinstance(row.cell, Outcome):
            return FACTOR_ONE if self.sort == "factor" else 0
        return row.cell.micros if isinstance(row.cell, Amount) else row.cell

    @property
    def heaviest(self) -> int:
        return max(self.weight(row) for row in (*self.rows, *([self.otherwise] if self.otherwise else [])))


Charge = Flat | PerTerm | RateOf | ShareOf | Factor | Lookup


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """An operation on a section's running amount, in micro-units."""

    op: str
    charge: Charge
    when: Expression | None
    place: Place


@dataclass(frozen=True, slots=True)
class PlannedSection:
    name: str
    when: Expression | None
    steps: tuple[PlannedStep, ...]
    tax_key: str | None  # the choice that decides the class; None when there is one class
    tax_classes: dict[str, str]  # by choice; {"": class} when there is one
    place: Place


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decline or refer that a risk can meet, in the file's order."""

    decision: str
    code: str
    place: Place


@dataclass(frozen=True, slots=True)
class Check:
    """An eligibility rule."""

    condition: Expression
    outcome: int
    place: Place


@dataclass(frozen=True, slots=True)
class PlannedMinimum:
    """The least that some sections cost together, spread over them."""

    cents: int
    over: tuple[int, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class PlannedFee:
    name: str
    cents: int
    tax_class: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edition comes to."""

    product: str
    currency: str
    kinds: dict[str, Kind]  # every name that may be rated on
    verdicts: tuple[Verdict, ...]
    checks: tuple[Check, ...]
    sections: tuple[PlannedSection, ...]
    minimums: tuple[PlannedMinimum, ...]
    fees: tuple[PlannedFee, ...]
    tables: dict[str, Lookup]
    formulas: dict[str, Expression]  # derived values that are expressions
    used: frozenset[str] = field(default_factory=frozenset)  # names that something reads

    @property
    def tax_classes(self) -> tuple[str, ...]:
        """Every class that a section or fee can fall in, in the file's order."""
        found = [name for section in self.sections for name in section.tax_classes.values()]
        return tuple(dict.fromkeys(found + [fee.tax_class for fee in self.fees if fee.tax_class]))


Report = Callable[[Finding], None]


def build(document: Document, edition: Edition, report: Report) -> Plan:
    """The plan of `edition`. Whatever doesn't meet goes to `report`; with any fault, the plan is not to be run."""
    return _Builder(document, edition, report).plan()


class _Builder:
    def __init__(self, document: Document, edition: Edition, report: Report) -> None:
        self.document, self.edition, self.report_finding = document, edition, report
        self.kinds: dict[str, Kind] = dict(always_there(edition))
        self.used: set[str] = set()
        self.verdicts: list[Verdict] = []
        self.formulas: dict[str, Expression] = {}
        self.tables: dict[str, Lookup] = {}

    def report(self, loc: Loc, message: str, code: str, *, key: bool = False) -> None:
        self.report_finding(self.document.finding(loc, message, code, key=key))

    def plan(self) -> Plan:
        self._names()
        checks = tuple(self._checks())
        for name, table in self.edition.tables.items():
            lookup = self._lookup(("tables", name), name, table)
            if lookup:
                self.tables[name] = lookup
        names = list(self.edition.sections)
        sections = tuple(self._section(index, name) for index, name in enumerate(names))
        minimums = tuple(
            PlannedMinimum(
                self._cents(("contract", index, "at_least", "net"), step.at_least.net),
                tuple(
                    self._section_index(("contract", index, "at_least", "over", i), n)
                    for i, n in enumerate(step.at_least.over)
                ),
                self.document.place(("contract", index)),
            )
            for index, step in enumerate(self.edition.contract)
        )
        fees = tuple(
            PlannedFee(fee.name, self._cents(("fees", index, "amount"), fee.amount), fee.taxed_as)
            for index, fee in enumerate(self.edition.fees)
        )
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

    # ------------------------------------------------------------------------------------------ names

    def _names(self) -> None:
        edition = self.edition
        for name, given in edition.inputs.items():
            if name in self.kinds:
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
            # A personal fact is rated on only through a derived value: age, never the date of birth.
            if unrated(given) is None:
                self.kinds[name] = given.kind
        for name, rule in edition.derived.items():
            if name in self.kinds or name in edition.inputs:
                self.report(
                    ("derived", name),
                    f"{quoted(name)} is the name of an input already; expected another",
                    "reserved",
                    key=True,
                )
            elif isinstance(rule, YearsFrom):
                self._years(name, rule)
            else:
                formula = self._expression(("derived", name), rule)
                if formula:
                    self.formulas[name], self.kinds[name] = formula, formula.kind

    def _years(self, name: str, rule: YearsFrom) -> None:
        dates = {
            key: given for key, given in self.edition.inputs.items() if given.kind.sort == "date" and given.required
        }
        for key, value in (("years_from", rule.years_from), ("to", rule.to)):
            if value not in dates and not (key == "to" and value == "start"):
                self.report(
                    ("derived", name, key),
                    f"{quoted(value)} is no date input that is always given; expected {nearest(value, dates)}",
                    "unknown_name",
                )
            self.used.add(value)
        self.kinds[name] = Kind("integer", 0, 130)

    def _expression(self, loc: Loc, text: str | None) -> Expression | None:
        if text is None:
            return None
        try:
            expression = parse(text, self.kinds)
        except Invalid as error:
            place = self.document.place(loc)
            name = next((n for n in self.edition.inputs if quoted(n) in error.found and n not in self.kinds), None)
            message = str(error)
            if name:
                message = f"{quoted(name)} is {unrated(self.edition.inputs[name])}, so nothing may be rated on it; expected a derived value, such as an age"
            self.report_finding(
                Finding(Place(place.file, place.line, place.column + error.offset), message, "expression")
            )
            return None
        self.used |= expression.names()
        return expression

    def _condition(self, loc: Loc, text: str | None) -> Expression | None:
        expression = self._expression(loc, text)
        if expression and expression.kind.sort != "yes_no":
            self.report(
                loc, f"{quoted(text)} is {expression.kind}; expected a condition, such as a comparison", "condition"
            )
            return None
        return expression

    def _verdict(self, decision: str, code: str, place: Place) -> int:
        self.verdicts.append(Verdict(decision, code, place))
        return len(self.verdicts) - 1

    def _checks(self) -> Iterator[Check]:
        for index, rule in enumerate(self.edition.eligibility):
            loc = ("eligibility", index, rule.decision)
            condition = self._condition(loc, rule.condition)
            if condition:
                place = self.document.place(loc)
                yield Check(condition, self._verdict(rule.decision, rule.code, place), place)

    # ----------------------------------------------------------------------------------------- tables

    def _lookup(self, loc: Loc, name: str, table: Table) -> Lookup | None:
        self.used.add(table.by)
        kind = self._key_kind((*loc, "by"), table.by)
        if kind is None:
            return None
        rows_loc = (*loc, table.form)
        wanted = {"bands": "integer", "from": "money", "values": "choice"}[table.form]
        if kind.sort != wanted and not (table.form == "values" and kind.sort == "yes_no"):
            form = {"integer": "bands:", "money": "from:", "choice": "values:", "yes_no": "values:"}.get(
                kind.sort, "another key"
            )
            self.report(
                rows_loc, f"{table.form}: over {quoted(table.by)}, which is {kind}; expected {form}", "table", key=True
            )
            return None
        sort = self._cell_sort(rows_loc, table)
        lay_out = {"bands": self._bands, "from": self._bounds, "values": self._values}[table.form]
        rows = lay_out(rows_loc, table, kind)
        if sort is None or rows is None:
            return None
        otherwise = None
        if table.otherwise is not None:
            place = self.document.place((*loc, "otherwise"))
            otherwise = Row("otherwise", table.otherwise, place, outcome=self._cell_verdict(table.otherwise, place))
        elif table.form == "bands" and (
            rows[0].lowest > kind.lowest or rows[-1].highest is not None or self._has_gap(rows)
        ):
            # An age has no declared range, so a table need not cover all of it: what lies outside isn't covered.
            declined = Outcome("decline", f"{table.by}_not_covered")
            place = self.document.place(loc)
            otherwise = Row("otherwise", declined, place, outcome=self._cell_verdict(declined, place))
        return Lookup(name, table.by, table.form, sort, tuple(rows), otherwise, self.document.place(loc))

    @staticmethod
    def _has_gap(rows: list[Row]) -> bool:
        return any(before.highest is not None and row.lowest > before.highest + 1 for before, row in pairwise(rows))

    def _key_kind(self, loc: Loc, key: str) -> Kind | None:
        if key in self.kinds:
            return self.kinds[key]
        given = self.edition.inputs.get(key)
        if given is not None:
            self.report(
                loc,
                f"{quoted(key)} is {unrated(given)}, so nothing may be rated on it; expected a derived value, such as an age",
                "personal",
            )
        else:
            self.report(
                loc,
                f"{quoted(key)} is no input and no derived value; expected {nearest(key, self.kinds)}",
                "unknown_name",
            )
        return None

    def _cell_sort(self, loc: Loc, table: Table) -> str | None:
        cells = [*table.rows.values(), *([table.otherwise] if table.otherwise is not None else [])]
        sorts = {"amount" if isinstance(c, Amount) else "factor" for c in cells if not isinstance(c, Outcome)}
        if len(sorts) > 1:
            self.report(loc, "a table of factors and amounts; expected one of them", "table", key=True)
            return None
        for key, found in table.rows.items():
            if isinstance(found, Amount) and found.currency != self.edition.currency:
                self._wrong_currency((*loc, key), found)
        return sorts.pop() if sorts else "factor"

    def _cell_verdict(self, found: Cell, place: Place) -> int:
        return self._verdict(found.decision, found.code, place) if isinstance(found, Outcome) else -1

    def _row(self, loc: Loc, label: str, found: Cell, low: int = 0, high: int | None = None) -> Row:
        place = self.document.place((*loc, label))
        return Row(label, found, place, low, high, self._cell_verdict(found, place))

    def _values(self, loc: Loc, table: Table, kind: Kind) -> list[Row]:
        options = kind.options or ("yes", "no")
        for label in table.rows:
            if label not in options:
                self.report(
                    (*loc, label),
                    f"{quoted(label)} is no choice of {table.by}; expected {nearest(label, options)}",
                    "no_match",
                    key=True,
                )
        missing = [option for option in options if option not in table.rows]
        if missing and table.otherwise is None:
            self.report(
                loc,
                f"no row for {', '.join(missing)}; expected a row for each choice of {table.by}, or otherwise:",
                "gap",
                key=True,
            )
        if not missing and table.otherwise is not None:
            self.report(
                (*loc[:-1], "otherwise"),
                "otherwise: can't match, since every choice has its row; expected one of the two",
                "no_match",
            )
        return [self._row(loc, label, found) for label, found in table.rows.items()]

    def _bands(self, loc: Loc, table: Table, kind: Kind) -> list[Row] | None:
        spans: list[tuple[Band, str]] = []
        for label in table.rows:
            try:
                spans.append((band(label), label))
            except Misread as error:
                self.report((*loc, label), str(error), "band", key=True)
        if len(spans) < len(table.rows):
            return None
        spans.sort(key=lambda pair: pair[0].lowest)
        previous: Band | None = None
        for span, label in spans:
            if previous is not None:
                self._meets(loc, label, previous, span, table)
            if span.lowest > kind.highest or (span.highest is not None and span.highest < kind.lowest):
                self.report(
                    (*loc, label),
                    f"{label} can't match: {table.by} goes from {kind.lowest} to {kind.highest}",
                    "no_match",
                    key=True,
                )
            previous = span
        self._covers_kind(loc, table, kind, spans)
        return [self._row(loc, label, table.rows[label], span.lowest, span.highest) for span, label in spans]

    def _covers_kind(self, loc: Loc, table: Table, kind: Kind, spans: list[tuple[Band, str]]) -> None:
        """A declared range must be covered whole; an age, which has no declared range, declines outside its bands."""
        if table.otherwise is not None or (
            table.by in self.edition.derived and isinstance(self.edition.derived[table.by], YearsFrom)
        ):
            return
        first, last = spans[0][0], spans[-1][0]
        if first.lowest > kind.lowest:
            self.report(
                (*loc, spans[0][1]),
                f"nothing covers {kind.lowest} to {first.lowest - 1} of {table.by}; expected a row, or otherwise:",
                "gap",
                key=True,
            )
        if last.highest is not None and last.highest < kind.highest:
            self.report(
                (*loc, spans[-1][1]),
                f"nothing covers {last.highest + 1} to {kind.highest} of {table.by}; expected a row, or otherwise:",
                "gap",
                key=True,
            )

    def _meets(self, loc: Loc, label: str, before: Band, span: Band, table: Table) -> None:
        if before.highest is None or span.lowest <= before.highest:
            self.report(
                (*loc, label),
                f"{label} overlaps {before}; expected bands that begin where the one before ended",
                "overlap",
                key=True,
            )
        elif span.lowest > before.highest + 1 and table.otherwise is None:
            gap = Band(before.highest + 1, span.lowest - 1)
            self.report(
                (*loc, label),
                f"nothing covers {gap} between {before} and {span}; expected a row for it, or otherwise:",
                "gap",
                key=True,
            )

    def _bounds(self, loc: Loc, table: Table, kind: Kind) -> list[Row] | None:
        bounds: list[tuple[int, str]] = []
        for label in table.rows:
            try:
                found = amount(label)
            except Misread as error:
                self.report((*loc, label), str(error), "bound", key=True)
                continue
            if found.currency != kind.currency:
                self._wrong_currency((*loc, label), found, key=True)
            if found.micros > kind.highest:
                self.report((*loc, label), f"{label} can't match: {table.by} never reaches it", "no_match", key=True)
            bounds.append((found.micros, label))
        if len(bounds) < len(table.rows):
            return None
        if bounds != sorted(bounds) or len({low for low, _ in bounds}) < len(bounds):
            self.report(loc, "the bounds are out of order; expected each higher than the one before", "order", key=True)
            return None
        if bounds[0][0] > kind.lowest and table.otherwise is None:
            self.report(
                (*loc, bounds[0][1]),
                f"nothing covers {table.by} under {bounds[0][1]}; expected a first bound at its lowest value",
                "gap",
                key=True,
            )
        ends = [low - 1 for low, _ in bounds[1:]] + [None]
        return [
            self._row(loc, label, table.rows[label], low, high) for (low, label), high in zip(bounds, ends, strict=True)
        ]

    # --------------------------------------------------------------------------------------- sections

    def _section(self, index: int, name: str) -> PlannedSection:
        section, loc = self.edition.sections[name], ("sections", name)
        steps = [self._step((*loc, "premium", i), i, step, index) for i, step in enumerate(section.premium)]
        tax_key, classes = self._tax_classes(loc, section)
        return PlannedSection(
            name, self._condition((*loc, "when"), section.when), tuple(step for step in steps if step),
            tax_key, classes, self.document.place(loc),
        )  # fmt: skip

    def _tax_classes(self, loc: Loc, section: Section) -> tuple[str | None, dict[str, str]]:
        if not isinstance(section.tax, TaxTable):
            return None, {"": section.tax}
        self.used.add(section.tax.by)
        kind = self._key_kind((*loc, "tax", "by"), section.tax.by)
        self.choices((*loc, "tax", "values"), section.tax.by, kind, section.tax.values)
        return section.tax.by, dict(section.tax.values)

    def choices(self, loc: Loc, by: str, kind: Kind | None, rows: dict[str, object] | dict[str, str]) -> None:
        """Reports choices without a row, and rows without a choice."""
        if kind is None:
            return
        if kind.sort not in ("choice", "yes_no"):
            self.report(loc, f"{quoted(by)} is {kind}; expected an input of choices", "table", key=True)
            return
        options = kind.options or ("yes", "no")
        for label in rows:
            if label not in options:
                self.report(
                    (*loc, label),
                    f"{quoted(label)} is no choice of {by}; expected {nearest(label, options)}",
                    "no_match",
                    key=True,
                )
        missing = [option for option in options if option not in rows]
        if missing:
            self.report(
                loc, f"no row for {', '.join(missing)}; expected a row for each choice of {by}", "gap", key=True
            )

    def _step(self, loc: Loc, index: int, step: Step, section: int) -> PlannedStep | None:
        op_loc = (*loc, step.op)
        if (step.op == "base") != (index == 0):
            self.report(op_loc, f"{step.op}: stands here; expected base: first, and only first", "order", key=True)
        charge = self._charge(op_loc, step.quantity, section)
        when = self._condition((*loc, "when"), step.when)
        if charge is None:
            return None
        factor_like = isinstance(charge, Factor) or (isinstance(charge, Lookup) and charge.sort == "factor")
        if (step.op == "times") != factor_like:
            wanted = "a factor or a table of factors" if step.op == "times" else "an amount, or a table of amounts"
            self.report(op_loc, f"{quoted(self.document_text(op_loc))}; expected {wanted}", "operand")
            return None
        return PlannedStep(step.op, charge, when, self.document.place(op_loc))

    def document_text(self, loc: Loc) -> str:
        """What is written at `loc`, for a message."""
        found = self.document.plain()
        for step in loc:
            found = found[step] if isinstance(step, int) else found[str(step)]
        return str(found)

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
                kind = self._key_kind(loc, name)
                self.used.add(name)
                if kind is not None and kind.sort != "money":
                    self.report(loc, f"{quoted(name)} is {kind}; expected a money input", "operand")
                    return None
                return quantity if kind is not None else None
            case ShareOf(sections=names):
                for name in names:
                    if self._section_index(loc, name) >= section:
                        self.report(
                            loc,
                            f"{quoted(name)} doesn't come before; expected sections that stand above this one",
                            "forward_share",
                        )
            case Flat(found) | PerTerm(amount=found):
                if found.currency != self.edition.currency:
                    self._wrong_currency(loc, found)
        return quantity

    def _section_index(self, loc: Loc, name: str) -> int:
        names = list(self.edition.sections)
        if name in names:
            return names.index(name)
        self.report(loc, f"{quoted(name)} is no section; expected {nearest(name, names)}", "unknown_name")
        return 0

    def _wrong_currency(self, loc: Loc, found: Amount, *, key: bool = False) -> None:
        self.report(loc, f"{found}; expected {self.edition.currency}, the edition's currency", "currency", key=key)

    def _cents(self, loc: Loc, found: Amount) -> int:
        if found.currency != self.edition.currency:
            self._wrong_currency(loc, found)
        if found.micros % 10_000:
            self.report(loc, f"{found}; expected whole cents", "cents")
        return found.micros // 10_000
