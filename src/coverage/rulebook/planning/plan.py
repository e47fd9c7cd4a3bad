"""The plan of an edition: names resolved, expressions typed, tables laid out, steps in their order.

Each way to run a price reads this plan (the Decimal oracle alone reads the typed edition itself, so that it can't
share the plan's mistakes). `building` makes it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Final, cast

from coverage.rulebook.format import Edition
from coverage.rulebook.language.expressions import Expression, Kind
from coverage.rulebook.language.inputs import Input
from coverage.rulebook.language.notation import (
    FACTOR_ONE,
    Amount,
    Cell,
    Factor,
    Flat,
    Outcome,
    PerTerm,
    RateOf,
    ShareOf,
)
from coverage.rulebook.language.reading import Place

HOUR: Final = 3600
DAY: Final = 86_400


def always_there(edition: Edition) -> dict[str, Kind]:
    """The names that every edition has, with their bounds."""
    term = edition.term
    hours, days = -(-term.max // HOUR), -(-term.max // DAY)
    # A term touches one day of the calendar more than it is long; a day of a clock change makes it one more.
    days += 2 if term.day == "calendar" else 0
    return {
        "term_hours": Kind("integer", 1, max(hours, 1)),
        "term_days": Kind("integer", 1, max(days, 1)),
        "start_hour": Kind("integer", 0, 23),
        "start_weekday": Kind("integer", 1, 7),
        "lead_hours": Kind("integer", 0, -(-term.book_ahead // HOUR)),
    }


# Of a calendar day's cap: how many charged hours begin on the first day of the term, and on its last.
FIRST_DAY_HOURS: Final = "first_day_hours"
LAST_DAY_HOURS: Final = "last_day_hours"

UNRATED_SORTS: Final = {"text": "free text", "date": "a date", "list": "a list of things"}


def unrated(given: Input) -> str | None:
    """Why nothing may be rated on an input; None when it may be."""
    if given.personal:
        return "personal"
    if given.kind.sort in UNRATED_SORTS:
        return UNRATED_SORTS[given.kind.sort]
    return "optional without a default" if given.optional and given.default is None else None


def days_in(name: str, season: str) -> str:
    """The fact that counts the term's days in a season: `season.high`."""
    return f"{name}.{season}"


# --------------------------------------------------------------------------------------------------- tables


@dataclass(frozen=True, slots=True)
class Match:
    """What a row covers of one key: a choice, or a stretch of numbers with both ends in (None: without end)."""

    label: str
    lowest: int = 0
    highest: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: what it covers of each key, its cell, and where it stands."""

    matches: tuple[Match, ...]
    cell: Cell
    place: Place
    outcome: int = -1  # index into the plan's verdicts, where the cell doesn't price

    @property
    def label(self) -> str:
        return " / ".join(match.label for match in self.matches) or "otherwise"


@dataclass(frozen=True)
class Axis:
    """A key of a table, cut into the stretches within which no row begins or ends.

    `options` are the choices of a key that has choices; `starts` the first value of each stretch of a number.
    A choice that no option names (a prefix may be anything) falls in the last stretch, which then is there for it.
    """

    key: str
    sort: str  # of the key's kind: integer, money, decimal, choice, yes_no, prefix or season_days
    options: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        return len(self.starts) if self.starts else len(self.options) + (self.sort == "prefix")

    @cached_property
    def positions(self) -> dict[str | bool, int]:
        """Where each choice stands; a yes/no is asked for by truth value."""
        if self.sort == "yes_no":
            return {option == "yes": position for position, option in enumerate(self.options)}
        return {option: position for position, option in enumerate(self.options)}

    def position(self, value: object) -> int:
        """In which stretch `value` falls."""
        if self.starts:
            return max(bisect_right(self.starts, cast(int, value)) - 1, 0)
        return self.positions.get(cast("str | bool", value), len(self.options))

    def covered(self, match: Match) -> Iterable[int]:
        """The stretches that a row's part covers."""
        if not self.starts:
            return (self.options.index(match.label),)
        first = bisect_right(self.starts, match.lowest) - 1
        last = len(self.starts) - 1 if match.highest is None else bisect_right(self.starts, match.highest) - 1
        # A row may begin before all values that there can be.
        return range(max(first, 0), last + 1)


@dataclass(frozen=True)
class Lookup:
    """A table laid out: its axes, and for each meeting of their stretches the row that holds there.

    `sort` says what its cells are: factor or amount. A `marginal` table's amount is the sum over the units 1 to the
    key's value; a table `by_day` counts each day of the term in its own season.
    """

    name: str
    axes: tuple[Axis, ...]
    form: str
    sort: str
    rows: tuple[Row, ...]
    otherwise: Row | None
    place: Place

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(axis.key for axis in self.axes)

    @property
    def key(self) -> str:
        """The key of a table that has one."""
        return self.axes[0].key

    @property
    def marginal(self) -> bool:
        return self.form == "marginal"

    @property
    def by_day(self) -> bool:
        return self.axes[0].sort == "season_days"

    @cached_property
    def grid(self) -> tuple[Row | None, ...]:
        """The row at each meeting of stretches, the last axis running fastest; None where none holds."""
        grid: list[Row | None] = [self.otherwise] * self.cells
        width = self.axes[-1].size
        for row in self.rows:
            covered = [axis.covered(match) for axis, match in zip(self.axes, row.matches, strict=True)]
            for positions in product(*covered):
                grid[positions[0] if len(positions) == 1 else positions[0] * width + positions[1]] = row
        return tuple(grid)

    @property
    def cells(self) -> int:
        size = 1
        for axis in self.axes:
            size *= axis.size
        return size

    def row_of(self, *values: object) -> Row | None:
        """The row that holds for a value of each key. In a `by_day` table the value is the season."""
        position = 0
        for axis, value in zip(self.axes, values, strict=True):
            position = position * axis.size + axis.position(value)
        return self.grid[position]

    def row_for(self, facts: Mapping[str, object]) -> Row | None:
        """The row that holds for `facts`; not of a table `by_day`, of which several may."""
        return self.row_of(*(facts[key] for key in self.keys))

    def weight(self, row: Row) -> int:
        """A row's figure: its factor × 10⁴ or micro-units. A cell that refers or declines counts as one, or nothing."""
        if isinstance(row.cell, Outcome):
            return FACTOR_ONE if self.sort == "factor" else 0
        return row.cell.micros if isinstance(row.cell, Amount) else row.cell

    @property
    def all_rows(self) -> tuple[Row, ...]:
        return (*self.rows, *([self.otherwise] if self.otherwise else []))

    @cached_property
    def heaviest(self) -> int:
        return max(self.weight(row) for row in self.all_rows)


Charge = Flat | PerTerm | RateOf | ShareOf | Factor | Lookup


# --------------------------------------------------------------------------------------------------- sections


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """An operation on a section's running amount, in micro-units."""

    op: str
    charge: Charge
    when: Expression | None
    place: Place


@dataclass(frozen=True, slots=True)
class Taxed:
    """How a section's premium is taxed: its classes, each with its share (× 10⁶, together one), and the surcharges on
    it by name and kind of premium. A class or kind of another country begins with it: "DE:household_contents".
    """

    classes: tuple[tuple[str, int], ...]
    surcharges: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedTax:
    """How a section is taxed, by the choices that decide it: `keys` in order, `ways` by what each is ({(): …} where
    nothing is asked). A choice is the fact itself: text, or a truth value.
    """

    keys: tuple[str, ...]
    ways: dict[tuple[str | bool, ...], Taxed]

    def of(self, facts: Mapping[str, object]) -> Taxed:
        return self.ways[tuple(cast("str | bool", facts[key]) for key in self.keys)]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for way in self.ways.values() for name, _ in way.classes))

    @property
    def surcharges(self) -> tuple[tuple[str, str], ...]:
        return tuple(dict.fromkeys(found for way in self.ways.values() for found in way.surcharges))


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """A section: when it is covered, its premium step by step, and how it is taxed."""

    name: str
    when: Expression | None
    unavailable: tuple[Expression, int] | None  # when it can't be had, and the verdict that tells it
    steps: tuple[PlannedStep, ...]
    tax: PlannedTax
    place: Place

    @property
    def conditional(self) -> bool:
        """Whether there are risks for which it isn't covered."""
        return self.when is not None or self.unavailable is not None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a risk can meet besides a price, in the file's order: `decline`, `refer`, or of a section `unavailable`."""

    decision: str
    code: str
    place: Place
    section: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """An eligibility rule."""

    condition: Expression
    outcome: int
    place: Place


@dataclass(frozen=True, slots=True)
class ContractMove:
    """A step on all that is covered together, on whole cents, after the sections.

    `times`: a factor on each section of `over`. `minus` and `at_least`: a figure in cents, spread over them pro rata.
    `round_gross`: the multiple in cents to which the gross is raised, on `over` all sections.
    """

    op: str
    charge: Factor | Flat | Lookup | int
    over: tuple[int, ...]
    when: Expression | None
    place: Place


@dataclass(frozen=True, slots=True)
class PlannedFee:
    """A fee of each cover, in cents."""

    name: str
    cents: int
    tax_class: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edition comes to."""

    product: str
    country: str
    currency: str
    day: str  # what a day is: 24h or calendar
    kinds: dict[str, Kind]  # every name that may be rated on
    verdicts: tuple[Verdict, ...]
    checks: tuple[Check, ...]
    sections: tuple[PlannedSection, ...]
    moves: tuple[ContractMove, ...]
    fees: tuple[PlannedFee, ...]
    tables: dict[str, Lookup]
    formulas: dict[str, Expression]  # derived values that are expressions
    exempt: str = ""  # the laws that exempt its exempt sections
    used: frozenset[str] = field(default_factory=frozenset)  # names that something reads

    @property
    def tax_classes(self) -> tuple[str, ...]:
        """Every class that a section or fee can fall in, in the file's order."""
        found = [name for section in self.sections for name in section.tax.classes]
        return tuple(dict.fromkeys(found + [fee.tax_class for fee in self.fees if fee.tax_class]))

    @property
    def surcharges(self) -> tuple[tuple[str, str], ...]:
        """Every surcharge that a section can bear: its name and kind of premium."""
        return tuple(dict.fromkeys(found for section in self.sections for found in section.tax.surcharges))

    @property
    def rounds_gross(self) -> int:
        """The multiple in cents that the gross is raised to; 0 where it isn't."""
        return next(
            (int(move.charge) for move in self.moves if isinstance(move.charge, int) and move.op == "round_gross"), 0
        )
