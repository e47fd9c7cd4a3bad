"""The plan of an edition: names resolved, expressions typed, tables laid out, steps in their order.

Each way to run a price reads this plan (the Decimal oracle alone reads the typed edition itself, so that it can't
share the plan's mistakes). `building` makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from coverage.rulebook.expressions import Expression, Kind
from coverage.rulebook.format import Edition
from coverage.rulebook.inputs import Input
from coverage.rulebook.notation import FACTOR_ONE, Amount, Cell, Factor, Flat, Outcome, PerTerm, RateOf, ShareOf
from coverage.rulebook.reading import Place

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


UNRATED_SORTS: Final = {"text": "free text", "date": "a date"}


def unrated(given: Input) -> str | None:
    """Why nothing may be rated on an input; None when it may be."""
    if given.personal:
        return "personal"
    if given.kind.sort in UNRATED_SORTS:
        return UNRATED_SORTS[given.kind.sort]
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
