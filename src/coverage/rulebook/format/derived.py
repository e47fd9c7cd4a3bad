"""The shapes of what is worked out from the inputs, and of the tables over it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from coverage.rulebook.language.notation import CellField, Misread, WholeField, Written, quoted
from coverage.rulebook.language.shape import FILE_NAME, ExpressionText, Name, Part, several

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# ------------------------------------------------------------------------------------------- notations


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A stretch of each day in minutes from midnight: the first in, the second out; it may pass midnight."""

    begins: int
    ends: int


def _time_of_day(text: str) -> TimeOfDay:
    expected = "a time of day such as 22:00-06:00, or weekdays such as [sat, sun]"
    match = re.fullmatch(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})", text, re.ASCII)
    if not match:
        raise Misread(quoted(text), expected)
    first, second = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4]))
    if max(int(match[2]), int(match[4])) > 59 or first >= 1440 or second > 1440:
        raise Misread(quoted(text), "times from 00:00 to 24:00")
    if first == second % 1440:
        raise Misread(quoted(text), "two times that differ")
    return TimeOfDay(first, second)


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days of any year, `(month, day)` to `(month, day)`, both in; it may pass the year's end."""

    first: tuple[int, int]
    last: tuple[int, int]

    def days(self) -> frozenset[tuple[int, int]]:
        """Every day in it, of the 366 that a year can have."""
        inside = self.first <= self.last
        return frozenset(
            day
            for day in ALL_DAYS
            if (self.first <= day <= self.last if inside else day >= self.first or day <= self.last)
        )


ALL_DAYS: Final = tuple(
    (day.month, day.day) for day in (date.fromordinal(date(2024, 1, 1).toordinal() + n) for n in range(366))
)


def _day_range(text: str) -> DayRange:
    expected = "days of the year such as 07-01..08-31, month first"
    match = re.fullmatch(r"(\d{2})-(\d{2})\.\.(\d{2})-(\d{2})", text, re.ASCII)
    if not match:
        raise Misread(quoted(text), expected)
    first, last = (int(match[1]), int(match[2])), (int(match[3]), int(match[4]))
    for day in (first, last):
        if day not in ALL_DAYS:
            raise Misread(f"{quoted(text)} has no such day", expected)
    return DayRange(first, last)


DayRangeField = Annotated[DayRange, Written(_day_range, "days of the year such as 07-01..08-31")]


def _once(days: list[str]) -> list[str]:
    if len(set(days)) < len(days):
        raise PydanticCustomError("form", "a weekday stands twice; expected each once")
    return days


WeekdayField = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


# ------------------------------------------------------------------------------------------- derived values


class YearsFrom(Part):
    """Completed years between two days: an age, or how long a licence is held."""

    years_from: Name = Field(description="A date input.")
    to: Name = Field(description="`start`, or another date input.")
    otherwise: WholeField | None = Field(None, description="The years where an optional date isn't given.")


class HoursIn(Part):
    """How many of the charged hours of the term begin inside of some weekdays, or of a time of day."""

    hours_in: Annotated[
        Annotated[TimeOfDay, Written(_time_of_day, "a time of day such as 22:00-06:00"), Tag("@time")]
        | Annotated[list[WeekdayField], Field(min_length=1, max_length=7), AfterValidator(_once), Tag("@days")],
        Discriminator(lambda value: "@days" if isinstance(value, list) else "@time"),
    ] = Field(description="Weekdays such as [sat, sun], or a time of day such as 22:00-06:00, in local time.")


class SeasonRule(Part):
    """The seasons of a year by their days."""

    dates: dict[Name, Annotated[list[DayRangeField], several()]] = Field(
        min_length=1, description="Each season's days: 07-01..08-31, or several such ranges in a list."
    )
    otherwise: Name | None = Field(None, description="The season of every day that no other has.")
    by: Literal["start", "each_day"] = Field(
        description="`start`: the season of the first day; `each_day`: every day of the term in its own."
    )

    @model_validator(mode="after")
    def _whole_year(self) -> SeasonRule:
        taken: dict[tuple[int, int], str] = {}
        for name, ranges in self.dates.items():
            for index, found in enumerate(ranges):
                for day in sorted(found.days(), key=lambda day, found=found: (day < found.first, day)):  # type: ignore[misc]
                    if day in taken:
                        also = "stands in it twice" if taken[day] == name else f"is in {taken[day]} as well"
                        words = f"{name}: {day[0]:02}-{day[1]:02} {also}; expected each day once"
                        raise PydanticCustomError("form", "{words}", {"words": words, "at": ("dates", name, index)})
                    taken[day] = name
        left = next((day for day in ALL_DAYS if day not in taken), None)
        if left is not None and self.otherwise is None:
            words = f"no season has {left[0]:02}-{left[1]:02}; expected otherwise: with the season of all other days"
            raise PydanticCustomError("form", words)
        if self.otherwise is not None and (left is None or self.otherwise in self.dates):
            why = "no day is left for it" if left is None else f"{self.otherwise} has days of its own"
            raise PydanticCustomError("form", f"otherwise: {self.otherwise}, but {why}; expected another, or none")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The seasons in the file's order."""
        return (*self.dates, *([self.otherwise] if self.otherwise is not None else []))

    def season_of(self, day: date) -> str:
        """The season that a day lies in."""
        for name, ranges in self.dates.items():
            if any(_inside(found, (day.month, day.day)) for found in ranges):
                return name
        if self.otherwise is None:
            raise ValueError(f"no season has {day}")
        return self.otherwise


def _inside(found: DayRange, day: tuple[int, int]) -> bool:
    if found.first <= found.last:
        return found.first <= day <= found.last
    return day >= found.first or day <= found.last


class Season(Part):
    """The season of the term's first day, or of each of its days."""

    season: SeasonRule = Field(description="The seasons, and whether the first day's counts or each day's.")


class Prefix(Part):
    """The first signs of a text: spaces and hyphens taken out, in capitals."""

    prefix: Name = Field(description="A text input, such as a postcode.")
    length: WholeField = Field(description="How many of its first signs.")


DERIVED_KEYS: Final = ("years_from", "hours_in", "season", "prefix")


def _derived_form(value: object) -> str | None:
    if isinstance(value, str):
        return "@expression"
    return next((f"@{key}" for key in DERIVED_KEYS if isinstance(value, Mapping) and key in value), None)


DerivedField = Annotated[
    Annotated[YearsFrom, Tag("@years_from")]
    | Annotated[HoursIn, Tag("@hours_in")]
    | Annotated[Season, Tag("@season")]
    | Annotated[Prefix, Tag("@prefix")]
    | Annotated[ExpressionText, Tag("@expression")],
    Discriminator(
        _derived_form,
        custom_error_type="keyed",
        custom_error_message=", ".join(DERIVED_KEYS),
    ),
]


# ------------------------------------------------------------------------------------------- tables

RowField = Annotated[
    Annotated[CellField, Tag("@cell")] | Annotated[dict[str, CellField], Field(min_length=1), Tag("@rows")],
    Discriminator(lambda value: "@rows" if isinstance(value, Mapping) else "@cell"),
]
RowsField = Annotated[dict[str, RowField], Field(min_length=1)]


class Table(Part):
    """A table over one key or two. Exactly one of the forms holds its rows."""

    by: Annotated[list[Name], several(), Field(min_length=1, max_length=2)] = Field(
        description="The input or derived value that chooses the row; two of them in a list."
    )
    bands: RowsField | None = Field(None, description="Whole numbers, both ends in: 18-20, 70+.")
    values: RowsField | None = Field(None, description="A row for each choice.")
    from_: RowsField | None = Field(None, alias="from", description="Each bound is the first value of its row.")
    marginal: RowsField | None = Field(
        None, description="Each hour or day of the term at its own amount: 1: 40 EUR, 2-7: 9 EUR, 8+: 2 EUR."
    )
    file: Annotated[str, Field(pattern=FILE_NAME)] | None = Field(
        None, description="A CSV file beside the edition: a column for each key, then `cell`."
    )
    otherwise: CellField | None = Field(None, description="For whatever no row names.")

    FORMS: ClassVar = ("bands", "values", "from", "marginal", "file")

    @model_validator(mode="after")
    def _one(self) -> Table:
        if sum(form is not None for form in self._forms.values()) != 1:
            raise PydanticCustomError(
                "form",
                f"a table with none or several kinds of rows; expected one of {', '.join(f'{f}:' for f in self.FORMS)}",
            )
        return self

    @property
    def _forms(self) -> dict[str, Any]:
        return {
            "bands": self.bands, "values": self.values, "from": self.from_, "marginal": self.marginal, "file": self.file
        }  # fmt: skip

    @property
    def form(self) -> str:
        return next(name for name, form in self._forms.items() if form is not None)

    @property
    def rows(self) -> dict[str, Any]:
        """The rows as they are written, in their order: cells, or rows of the second key. Nothing for a file."""
        found = self._forms[self.form]
        return found if isinstance(found, dict) else {}
