"""The kinds of input. Each row of this table of classes knows its key in YAML, its JSON Schema, how a value is
read from JSON and from text, and its bounds; a new kind of input is one more class.

A value that was read is canonical: text, a truth value, a whole number, money or a decimal × 10⁶, a date, or a list
of things (`lists`).
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from coverage.domain.money import MINOR_DIGITS
from coverage.rulebook.language.expressions import YES_NO, Kind, nearest
from coverage.rulebook.language.notation import (
    MICRO,
    MICRO_PER_CENT,
    NAME,
    AmountsField,
    DecimalsField,
    FlagField,
    IntegersField,
    Meant,
    Misread,
    Written,
    amount,
    decimal,
    decimal_text,
    quoted,
    read,
    yes_or_no,
)

MAX_TEXT: Final = 200
MOST_WAYS: Final = 10**7
EARLIEST, LATEST = dt.date(1890, 1, 1), dt.date(2200, 12, 31)  # what a day can be

Item = dict[str, str | bool | int | dt.date]  # one thing of a list: its fields
Canonical = str | bool | int | dt.date | list[Item]
ChoiceName = Annotated[str, Field(pattern=rf"^{NAME}$")]


def _regex(text: str) -> str:
    if len(text) > 200:
        raise Meant(f"a pattern of {len(text)} characters", "at most 200")
    try:
        with warnings.catch_warnings():
            # What Python may read differently one day is doubtful today.
            warnings.simplefilter("error")
            re.compile(text)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise Meant(f"{quoted(text)} is no pattern ({error})", "one such as [A-Z]{2}-[0-9]{3}") from None
    if _ways(text) > MOST_WAYS:
        raise Meant(f"{quoted(text)} could take forever to match", "fewer repetitions, and none of a group")
    return text


# The items of a pattern: an escaped sign, a set, how often what stands before comes, any other sign.
_ITEMS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[*+?]|\{(\d*)(,(\d*)|(?<=\d))\}|.", re.DOTALL)


def _ways(pattern: str) -> int:
    """In how many ways, at the most, a pattern's repetitions can share out a text of `MAX_TEXT` signs between them."""
    ways, before = 1, ""
    for item in _ITEMS.finditer(pattern):
        low, high = {"*": (0, MAX_TEXT), "+": (1, MAX_TEXT), "?": (0, 1)}.get(item[0], (0, 0))
        if item[2] is not None:  # {2}, {2,}, {,4} or {2,4}
            low = min(int(item[1] or 0), MAX_TEXT)
            high = min(int(item[3] or MAX_TEXT), MAX_TEXT) if item[2] else low
        if high and before == ")" and high > 1:
            return MOST_WAYS + 1  # each time in as many ways as the group itself
        # A sign behind a repetition only says which of them to try first.
        ways *= 1 if before in ("*", "+", "?", "}") else max(high - low + 1, 1)
        before = "}" if item[2] is not None else item[0]
    return ways


class Input(BaseModel, ABC):
    """What every input may say beside its kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: ClassVar[str]

    personal: FlagField = Field(
        False, description="A fact about a person: kept under the member's own key, never rated on directly."
    )
    optional: FlagField = Field(False, description="May be left out, and is then nothing.")
    default: str | None = Field(None, description="What holds when it is left out.")

    @property
    def required(self) -> bool:
        return self.default is None and not self.optional

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """What its values are to an expression, with their bounds."""

    @abstractmethod
    def from_text(self, text: str, today: dt.date) -> Canonical:
        """The value that `text` writes, as on the command line and in worked prices; raises `Misread`."""

    def from_json(self, value: object, today: dt.date) -> Canonical:
        """The value that JSON carries; raises `Misread`. `today` is the day of asking in the product's zone."""
        if not isinstance(value, str):
            raise Misread(json_word(value), "a string")
        return self.from_text(value, today)

    def from_written(self, value: object, today: dt.date) -> Canonical:
        """The value as a worked price holds it; raises `Misread`."""
        if not isinstance(value, str):
            raise Misread(quoted(value), "one value")
        return self.from_text(value, today)

    @abstractmethod
    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of the value in the API."""

    def to_text(self, value: Canonical) -> str:
        """The value as it is written in rule files."""
        return str(value)

    def default_value(self, today: dt.date) -> Canonical | None:
        return None if self.default is None else self.from_text(self.default, today)


class OneOf(Input):
    """One of some choices."""

    key = "one_of"
    one_of: list[ChoiceName] = Field(min_length=1, max_length=200, description="The choices.")

    @property
    def kind(self) -> Kind:
        return Kind("choice", options=tuple(self.one_of))

    def from_text(self, text: str, today: dt.date) -> str:
        if text not in self.one_of:
            raise Misread(quoted(text), nearest(text, self.one_of))
        return text

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.one_of)}


class YesNo(Input):
    """Yes or no."""

    key = "yes_no"
    yes_no: Annotated[str | None, WithJsonSchema({"type": "null"})] = Field(
        description="Nothing stands here: `yes_no:`."
    )

    @property
    def kind(self) -> Kind:
        return YES_NO

    def from_text(self, text: str, today: dt.date) -> bool:
        return yes_or_no(text)

    def from_json(self, value: object, today: dt.date) -> bool:
        if not isinstance(value, bool):
            raise Misread(json_word(value), "true or false")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def to_text(self, value: Canonical) -> str:
        return "yes" if value else "no"


class IntegerIn(Input):
    """A whole number in a range."""

    key = "integer"
    integer: IntegersField = Field(description="The range, both ends in: 0..20.")

    @property
    def kind(self) -> Kind:
        return Kind("integer", self.integer.lowest, self.integer.highest)

    def from_text(self, text: str, today: dt.date) -> int:
        if not re.fullmatch(r"-?\d{1,13}", text, re.ASCII):
            raise Misread(quoted(text), self._expected)
        return self._within(int(text))

    def from_json(self, value: object, today: dt.date) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Misread(json_word(value), self._expected)
        return self._within(value)

    @property
    def _expected(self) -> str:
        return f"a whole number from {self.integer.lowest} to {self.integer.highest}"

    def _within(self, value: int) -> int:
        if not self.integer.lowest <= value <= self.integer.highest:
            raise Misread(str(value), self._expected)
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.integer.lowest, "maximum": self.integer.highest}


class MoneyIn(Input):
    """An amount in a range, in the product's currency."""

    key = "money"
    money: AmountsField = Field(description="The range, both ends in: 0 EUR..10000 EUR.")

    @property
    def kind(self) -> Kind:
        return Kind("money", self.money.lowest, self.money.highest, currency=self.money.currency)

    def from_text(self, text: str, today: dt.date) -> int:
        if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
            raise Misread(f"{quoted(text)} has no currency", f"one beside it, such as {text} {self.money.currency}")
        value = read(text, amount)
        if value.currency != self.money.currency:
            raise Misread(quoted(text), f"an amount in {self.money.currency}")
        if value.micros % MICRO_PER_CENT:
            raise Misread(quoted(text), "an amount in whole cents")
        return self._within(value.micros)

    def from_json(self, value: object, today: dt.date) -> int:
        expected = f'money as {{"amount": 800000, "currency": "{self.money.currency}"}}, the amount in minor units'
        if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
            raise Misread(json_word(value), expected)
        if isinstance(value["amount"], bool) or not isinstance(value["amount"], int):
            raise Misread(f"an amount that is {json_word(value['amount'])}", expected)
        if value["currency"] != self.money.currency:
            raise Misread(f"the currency {json_word(value['currency'])}", expected)
        return self._within(value["amount"] * MICRO_PER_CENT)

    def _within(self, micros: int) -> int:
        if not self.money.lowest <= micros <= self.money.highest:
            low, high = self.to_text(self.money.lowest), self.to_text(self.money.highest)
            raise Misread(self.to_text(micros), f"an amount from {low} to {high}")
        return micros

    def json_schema(self) -> dict[str, Any]:
        low, high = self.money.lowest // MICRO_PER_CENT, self.money.highest // MICRO_PER_CENT
        return {
            "type": "object",
            "additionalProperties": False,
            "required": ["amount", "currency"],
            "properties": {
                "amount": {
                    "type": "integer",
                    "minimum": low,
                    "maximum": high,
                    "description": "In minor units (cents).",
                },
                "currency": {"type": "string", "const": self.money.currency},
            },
        }

    def to_text(self, value: Canonical) -> str:
        if not isinstance(value, int):
            raise TypeError("money is micro-units here")
        places = MINOR_DIGITS[self.money.currency or "EUR"]
        return f"{decimal_text(value, 6, least=places if value % MICRO else 0)} {self.money.currency}"


class DecimalIn(Input):
    """A decimal in a range, such as a bonus-malus coefficient. Its values are kept × 10⁶."""

    key = "decimal"
    decimal: DecimalsField = Field(description="The range, both ends in: 0.5..3.5.")

    @property
    def kind(self) -> Kind:
        return Kind("decimal", self.decimal.lowest, self.decimal.highest)

    def from_text(self, text: str, today: dt.date) -> int:
        try:
            value = decimal(text)
        except Misread as error:
            raise Misread(error.found, self._expected) from None
        if not self.decimal.lowest <= value <= self.decimal.highest:
            raise Misread(text, self._expected)
        return value

    def from_json(self, value: object, today: dt.date) -> int:
        # A number's shortest text is the one that was meant; what has more places than that is refused.
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = format(Decimal(repr(value)), "f")
        if not isinstance(value, str):
            raise Misread(json_word(value), self._expected)
        return self.from_text(value, today)

    @property
    def _expected(self) -> str:
        low, high = decimal_text(self.decimal.lowest, 6), decimal_text(self.decimal.highest, 6)
        return f"a decimal from {low} to {high}, with up to four places"

    def json_schema(self) -> dict[str, Any]:
        low, high = self.decimal.lowest / MICRO, self.decimal.highest / MICRO
        # No `multipleOf`: validators reckon it in binary, and then 0.0999 is no multiple of 0.0001.
        number = {"type": "number", "minimum": low, "maximum": high}
        text = {"type": "string", "pattern": r"^-?\d+(\.\d{1,4})?$"}
        return {"anyOf": [text, number], "description": "With up to four decimal places, as text or as a number."}

    def to_text(self, value: Canonical) -> str:
        if not isinstance(value, int):
            raise TypeError("a decimal is kept as a whole number")
        return decimal_text(value, 6)


class DateIn(Input):
    """A day."""

    key = "date"
    date: Literal["past", "future", "any"] = Field(
        description="Whether the day lies before the day of asking, after it, or anywhere."
    )

    @property
    def kind(self) -> Kind:
        return Kind("date")

    def from_text(self, text: str, today: dt.date) -> dt.date:
        expected = {"past": "a day in the past", "future": "a day to come", "any": "a day"}[
            self.date
        ] + " as YYYY-MM-DD"
        try:
            day = dt.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
        except ValueError:
            day = None
        if day is None or not EARLIEST <= day <= LATEST:
            raise Misread(quoted(text), expected)
        if (self.date == "past" and day > today) or (self.date == "future" and day < today):
            raise Misread(quoted(text), expected)
        return day

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


class TextIn(Input):
    """A text of a given shape."""

    key = "text"
    text: Annotated[str, Written(_regex, "a regular expression such as [A-Za-z0-9 -]{4,12}")] = Field(
        description="The pattern that the whole text must match."
    )

    @property
    def kind(self) -> Kind:
        return Kind("text")

    def from_text(self, text: str, today: dt.date) -> str:
        if len(text) > MAX_TEXT or not re.fullmatch(self.text, text):
            raise Misread(quoted(text), f"text of at most {MAX_TEXT} characters that matches {self.text}")
        return text

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^(?:{self.text})$", "maxLength": MAX_TEXT}


def json_word(value: object) -> str:
    """What a JSON value is, said shortly."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {str(value)[:24]}"
        case str():
            return quoted(value)
        case list():
            return "an array"
    return "an object"
