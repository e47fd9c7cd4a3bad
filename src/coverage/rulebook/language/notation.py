"""How figures are written in a rule file: money, factors, rates, durations, ranges, cells and amounts to charge.

Inside a rating everything is a whole number: money in micro-units (10⁻⁶ of a unit), factors times 10⁴, rates
times 10⁶. A figure with more places than that can't be held exactly, and is refused rather than rounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from coverage.domain.money import MINOR_DIGITS
from coverage.rulebook.language.respelling import only_spaces, respelt

MICRO: Final = 1_000_000
FACTOR_ONE: Final = 10_000
RATE_ONE: Final = 1_000_000
MICRO_PER_CENT: Final = 10_000

NAME: Final = r"[a-z][a-z0-9_]{0,59}"


class Misread(ValueError):
    """A scalar that isn't in its notation: what was found and what would be right."""

    def __init__(self, found: str, expected: str) -> None:
        self.found, self.expected = found, expected
        super().__init__(f"{found}; expected {expected}")


class Meant(Misread):
    """A scalar of which it is told already what was meant by it."""


def quoted(value: object) -> str:
    """What was found, in quotes and short enough to read."""
    if not value:
        return "nothing"
    if not isinstance(value, str):
        return "a list" if isinstance(value, list) else "`key: value` lines"
    return f'"{value[:57]}…"' if len(value) > 60 else f'"{value}"'


ReadT = TypeVar("ReadT")


def read(text: str, notation: Callable[[str], ReadT]) -> ReadT:
    """`text` in a notation; raises `Misread`, which says how it would be right where people write it otherwise."""
    try:
        return notation(text)
    except Meant:
        raise
    except Misread:
        right = respelt(text, notation)
        if not right:
            raise
        found = f"{quoted(text)} has a space that isn't the plain one" if only_spaces(text) else quoted(text)
        raise Misread(found, right) from None


# ------------------------------------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in micro-units of a currency: `Amount(450_000, "EUR")` is €0.45."""

    micros: int
    currency: str

    def __str__(self) -> str:
        return f"{decimal_text(self.micros, 6, least=2)} {self.currency}"


def decimal_text(whole: int, places: int, *, least: int = 0) -> str:
    """`whole` × 10⁻ᵖˡᵃᶜᵉˢ as text without needless zeros: `decimal_text(12500, 4)` is "1.25"."""
    sign, figure = ("-", -whole) if whole < 0 else ("", whole)
    head, tail = divmod(figure, 10**places)
    digits = f"{tail:0{places}d}".rstrip("0").ljust(least, "0")
    return f"{sign}{head}.{digits}" if digits else f"{sign}{head}"


def _scaled(text: str, places: int, found: str, expected: str) -> int:
    """The figure `text` times 10ᵖˡᵃᶜᵉˢ; raises `Misread` where it is none or can't be held exactly."""
    if not re.fullmatch(r"\d{1,13}(\.\d{1,12})?", text, re.ASCII):
        raise Misread(found, expected)
    scaled = Decimal(text).scaleb(places)
    if scaled != scaled.to_integral_value():
        raise Misread(f"{found} has more than {places} decimal places", expected)
    return int(scaled)


def amount(text: str) -> Amount:
    """`8000 EUR` or `0.4500 EUR`."""
    expected = "an amount such as 12.50 EUR"
    figure, _, currency = text.strip().partition(" ")
    if re.fullmatch(r"\d+(\.\d+)?", text.strip(), re.ASCII):
        raise Misread(f"{quoted(text)} has no currency", f"one beside it, such as {figure} EUR")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Misread(quoted(text), expected)
    if currency not in MINOR_DIGITS:
        raise Misread(f"{quoted(currency)} is no currency sold in", f"one of {', '.join(sorted(MINOR_DIGITS))}")
    return Amount(_scaled(figure, 6, quoted(text), expected), currency)


def factor(text: str) -> int:
    """`1.2500`, times 10⁴."""
    value = _scaled(text, 4, quoted(text), "a factor such as 1.2500, with a point and up to four places")
    if value > 1_000 * FACTOR_ONE:
        raise Misread(f"the factor {text}", "one up to 1000")
    return value


def percent(text: str) -> int:
    """`0.1500%`, as a fraction times 10⁶."""
    expected = "a percentage such as 5% or 0.1500%, with up to four places"
    if not text.endswith("%"):
        raise Misread(quoted(text), expected)
    value = _scaled(text[:-1].strip(), 4, quoted(text), expected)
    if value > 10 * RATE_ONE:
        raise Misread(quoted(text), "a percentage up to 1000%")
    return value


def fraction(text: str) -> int:
    """`0.33`, a tax rate as the law's fraction, or `33%`; times 10⁶."""
    expected = 'a rate such as "0.33" or 33%'
    value = percent(text) if text.endswith("%") else _scaled(text, 6, quoted(text), expected)
    if value > RATE_ONE:
        raise Misread(quoted(text), "a rate up to 1 (100 %)")
    return value


def decimal(text: str) -> int:
    """`1.25`, times 10⁶; a figure of up to four places, under zero too."""
    expected = "a decimal such as 1.25, with a point and up to four places"
    return (-1 if text.startswith("-") else 1) * 100 * _scaled(text.removeprefix("-"), 4, quoted(text), expected)


def small_whole(text: str) -> int:
    """`14`: a count of things."""
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII):
        raise Misread(quoted(text), "a whole number such as 2")
    return int(text)


_UNITS: Final = {"m": 60, "h": 3600, "d": 86_400}


def duration(text: str) -> int:
    """`30m`, `24h` or `7d`, in seconds."""
    match = re.fullmatch(r"(\d{1,5})(m|h|d)", text, re.ASCII)
    if not match:
        raise Misread(quoted(text), "a duration such as 30m, 24h or 7d")
    return int(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True, slots=True)
class Span:
    """A range with both ends in. Whole numbers, or micro-units when `currency` is set."""

    lowest: int
    highest: int
    currency: str | None = None


def integers(text: str) -> Span:
    """`0..20`."""
    match = re.fullmatch(r"(-?\d{1,12})\.\.(-?\d{1,12})", text, re.ASCII)
    if not match or int(match[1]) > int(match[2]):
        raise Misread(quoted(text), "a range of whole numbers such as 0..20, the lower one first")
    return Span(int(match[1]), int(match[2]))


def decimals(text: str) -> Span:
    """`0..3.5`, times 10⁶."""
    low_text, dots, high_text = text.partition("..")
    expected = "a range of decimals such as 0.5..3.5, the lower one first"
    if not dots:
        raise Misread(quoted(text), expected)
    low, high = decimal(low_text), decimal(high_text)
    if low > high:
        raise Misread(quoted(text), expected)
    return Span(low, high)


def amounts(text: str) -> Span:
    """`0 EUR..10000 EUR`."""
    low_text, dots, high_text = text.partition("..")
    expected = "a range of money such as 0 EUR..10000 EUR, the lower one first"
    if not dots:
        raise Misread(quoted(text), expected)
    low, high = amount(low_text), amount(high_text)
    if low.currency != high.currency:
        raise Misread(quoted(text), "both ends in one currency")
    if low.micros > high.micros:
        raise Misread(quoted(text), expected)
    if low.micros % MICRO_PER_CENT or high.micros % MICRO_PER_CENT:
        raise Misread(quoted(text), "a range in whole cents")
    return Span(low.micros, high.micros, low.currency)


# --------------------------------------------------------------------------------------------- cells


@dataclass(frozen=True, slots=True)
class Outcome:
    """A cell or a rule that doesn't price: `decline(code)` or `refer(code)`."""

    decision: str
    code: str


Cell = int | Amount | Outcome  # a factor times 10⁴, an amount, or an outcome


def cell(text: str) -> Cell:
    """`1.2500`, `12.50 EUR`, `decline(code)` or `refer(code)`."""
    match = re.fullmatch(rf"(decline|refer)\(({NAME})\)", text)
    if match:
        return Outcome(match[1], match[2])
    expected = "a factor such as 1.2500, an amount such as 12.50 EUR, decline(code) or refer(code)"
    try:
        return amount(text) if re.search(r"[A-Z]{3}$", text) else factor(text)
    except Misread as error:
        if re.fullmatch(r"[\d.,]+", text):
            raise
        raise Misread(error.found, expected) from None


@dataclass(frozen=True, slots=True)
class Band:
    """Whole numbers from `lowest` to `highest`, both in; `highest` None is without end."""

    lowest: int
    highest: int | None

    def __str__(self) -> str:
        if self.highest is None:
            return f"{self.lowest}+"
        return str(self.lowest) if self.highest == self.lowest else f"{self.lowest}-{self.highest}"


def band(text: str) -> Band:
    """`18-20`, `70+` or `7`."""
    match = re.fullmatch(r"(\d{1,12})(?:-(\d{1,12})|(\+))?", text, re.ASCII)
    if not match or (match[2] and int(match[2]) < int(match[1])):
        raise Misread(quoted(text), "a band such as 18-20, 70+ or 7, the lower end first")
    if match[3]:
        return Band(int(match[1]), None)
    return Band(int(match[1]), int(match[2] or match[1]))


# ------------------------------------------------------------------------------------ amounts to charge


@dataclass(frozen=True, slots=True)
class Flat:
    """An amount for the whole term: `12.50 EUR`."""

    amount: Amount


@dataclass(frozen=True, slots=True)
class PerTerm:
    """An amount for each charged hour or day: `0.45 EUR per hour, at most 4.50 EUR per day`."""

    amount: Amount
    unit: str
    day_cap: Amount | None


@dataclass(frozen=True, slots=True)
class RateOf:
    """A share of a money input, once or for each day: `0.1500% of goods_value per day`."""

    rate: int
    name: str
    per_day: bool


@dataclass(frozen=True, slots=True)
class ShareOf:
    """A share of sections that come before: `5% of [liability, own_damage]`."""

    rate: int
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Factor:
    """A plain factor times 10⁴: `1.2500`."""

    value: int


@dataclass(frozen=True, slots=True)
class Named:
    """A table by its name."""

    name: str


Quantity = Flat | PerTerm | RateOf | ShareOf | Factor | Named

QUANTITY_FORMS: Final = (
    "an amount (12.50 EUR), an amount per hour or per day (0.45 EUR per hour, at most 4.50 EUR per day), "
    "a share of an input (0.15% of goods_value per day), a share of sections (5% of [liability, own_damage]), "
    "a factor (1.2500) or a table's name"
)


def _flat(match: re.Match[str]) -> Quantity:
    return Flat(amount(match["amount"]))


def _per_term(match: re.Match[str]) -> Quantity:
    cap = match["cap"]
    return PerTerm(amount(match["amount"]), match["unit"], amount(cap) if cap else None)


def _rate_of(match: re.Match[str]) -> Quantity:
    return RateOf(percent(match["rate"]), match["name"], match["day"] is not None)


def _share_of(match: re.Match[str]) -> Quantity:
    return ShareOf(percent(match["rate"]), tuple(name.strip() for name in match["names"].split(",")))


_AMOUNT: Final = r"[\d.,-]+ [A-Z]{3}"
_QUANTITIES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Quantity]], ...]] = (
    (re.compile(rf"(?P<amount>{_AMOUNT})"), _flat),
    (re.compile(rf"(?P<amount>{_AMOUNT}) per (?P<unit>hour|day)(, at most (?P<cap>{_AMOUNT}) per day)?"), _per_term),
    (re.compile(rf"(?P<rate>[\d.,]+ ?%) of (?P<name>{NAME})(?P<day> per day)?"), _rate_of),
    (re.compile(rf"(?P<rate>[\d.,]+ ?%) of \[(?P<names> ?{NAME}( ?, ?{NAME})* ?)\]"), _share_of),
    (re.compile(rf"(?P<name>{NAME})"), lambda match: Named(match["name"])),
    (re.compile(r"(?P<figure>\d[\d.,]*)"), lambda match: Factor(factor(match["figure"]))),
)


def quantity(text: str) -> Quantity:
    """What a premium step charges or multiplies by, in any of its forms."""
    for pattern, build in _QUANTITIES:
        match = pattern.fullmatch(text.strip())
        if match:
            return build(match)
    if share := re.fullmatch(r"\d+(?:\.\d{1,2})? ?%", text, re.ASCII):
        words = f"{decimal_text(percent(share[0]), 6, least=4)} to multiply by, or {share[0]} of a money input or of sections"
        raise Meant(f"{quoted(text)} is a share of nothing", words)
    raise Misread(quoted(text), QUANTITY_FORMS)


def yes_or_no(text: str) -> bool:
    """`yes`/`no`, `true`/`false`."""
    try:
        return {"yes": True, "true": True, "no": False, "false": False}[text]
    except KeyError:
        raise Misread(quoted(text), "yes or no") from None


# ----------------------------------------------------------------------------- notations as pydantic types


@dataclass(frozen=True, slots=True)
class Written:
    """Marks a field as text in a notation: `Annotated[Amount, Written(amount, "12.50 EUR")]`."""

    notation: Callable[[str], object]
    title: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._read, json_schema_input_schema=core_schema.str_schema()
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "description": self.title}

    def _read(self, value: object) -> object:
        if not isinstance(value, str):
            raise PydanticCustomError("notation", "{words}", {"words": f"{quoted(value)}; expected {self.title}"})
        try:
            return read(value, self.notation)
        except Misread as error:
            raise PydanticCustomError("notation", "{words}", {"words": str(error)}) from None


AmountField = Annotated[Amount, Written(amount, "an amount such as 12.50 EUR")]
PercentField = Annotated[int, Written(percent, "a percentage such as 5%")]
FractionField = Annotated[int, Written(fraction, 'a rate such as "0.33" or 33%')]
DurationField = Annotated[int, Written(duration, "a duration such as 30m, 24h or 7d")]
DecimalsField = Annotated[Span, Written(decimals, "a range of decimals such as 0.5..3.5")]
IntegersField = Annotated[Span, Written(integers, "a range of whole numbers such as 0..20")]
AmountsField = Annotated[Span, Written(amounts, "a range of money such as 0 EUR..10000 EUR")]
CellField = Annotated[Cell, Written(cell, "a factor, an amount, decline(code) or refer(code)")]
QuantityField = Annotated[Quantity, Written(quantity, QUANTITY_FORMS)]
WholeField = Annotated[int, Written(small_whole, "a whole number such as 2")]
FlagField = Annotated[bool, Written(yes_or_no, "yes or no")]
