"""Lists of things as inputs: the objects that are lent, each with its own fields; and with them, all kinds of input."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from coverage.rulebook.language.expressions import Kind, nearest
from coverage.rulebook.language.inputs import (
    Canonical,
    ChoiceName,
    DateIn,
    DecimalIn,
    Input,
    IntegerIn,
    Item,
    MoneyIn,
    OneOf,
    TextIn,
    YesNo,
    json_word,
)
from coverage.rulebook.language.notation import Misread, WholeField, quoted
from coverage.rulebook.language.shape import keyed

MAX_ITEMS: Final = 200


class MisreadItem(Misread):
    """What isn't right in the `field` of one thing of a list, the first being number 0."""

    def __init__(self, number: int, field: str, found: str, expected: str) -> None:
        super().__init__(found, expected)
        self.number, self.field = number, field

    def __str__(self) -> str:
        return f"thing {self.number + 1}{f', {self.field}' if self.field else ''}: {super().__str__()}"


ITEM_SORTS: Final = ("integer", "decimal", "money")  # what is summed over a list
AGGREGATES: Final[dict[str, Callable[[list[int]], int]]] = {"sum": sum, "highest": max, "lowest": min}


class ListOf(Input):
    """Several things of one shape, such as the objects that are lent."""

    key = "list"
    list_: dict[ChoiceName, ItemField] = Field(alias="list", min_length=1, description="What is asked of each thing.")
    max: WholeField = Field(description="How many things there may be.")
    min: WholeField = Field(1, description="How many there must be.")

    @model_validator(mode="after")
    def _bounded(self) -> ListOf:
        if not self.min <= self.max or not 0 < self.max <= MAX_ITEMS:
            raise PydanticCustomError(
                "form", f"no such number of things; expected min: up to max:, and max: up to {MAX_ITEMS}"
            )
        return self

    @property
    def kind(self) -> Kind:
        return Kind("list")

    def totals(self, name: str) -> dict[str, Kind]:
        """The facts that may be rated on, by the text that names each: `count(items)`, `sum(items.value)`."""
        # A list that may be left out is rated as one of nothing.
        fewest = 0 if self.optional and self.default is None else self.min
        kinds = {f"count({name})": Kind("integer", fewest, self.max)}
        for field, given in self.list_.items():
            kind = given.kind
            if kind.sort not in ITEM_SORTS or given.personal or (not given.required and given.default is None):
                continue
            low, high = (min(kind.lowest, 0), max(kind.highest, 0)) if fewest == 0 else (kind.lowest, kind.highest)
            sums = fewest * kind.lowest, self.max * kind.highest
            if kind.lowest < 0:
                sums = self.max * kind.lowest, max(self.max * kind.highest, fewest * kind.highest)
            kinds[f"sum({name}.{field})"] = replace(kind, lowest=sums[0], highest=sums[1])
            kinds[f"highest({name}.{field})"] = replace(kind, lowest=low, highest=high)
            kinds[f"lowest({name}.{field})"] = replace(kind, lowest=low, highest=high)
        return kinds

    def total_values(self, name: str, items: Sequence[Item]) -> dict[str, int]:
        """The facts themselves; the highest and lowest of nothing are nothing."""
        values = {f"count({name})": len(items)}
        for text in self.totals(name):
            if text not in values:
                field = text.partition(".")[2].rstrip(")")
                found = [int(item[field]) for item in items]  # type: ignore[arg-type]  # numbers, by `totals`
                values[text] = AGGREGATES[text.partition("(")[0]](found) if found else 0
        return values

    def from_written(self, value: object, today: dt.date) -> list[Item]:
        if isinstance(value, str):
            return self.from_text(value, today)
        return self._items(value, lambda given, found: given.from_written(found, today), today)

    def from_json(self, value: object, today: dt.date) -> list[Item]:
        return self._items(value, lambda given, found: given.from_json(found, today), today)

    def from_text(self, text: str, today: dt.date) -> list[Item]:
        """`category=phone value="800 EUR"; category=drill value="90 EUR"`: the things parted by semicolons."""
        try:
            lexer = shlex.shlex(text, posix=True, punctuation_chars=";")
            lexer.whitespace_split = True
            words = list(lexer)
        except ValueError:
            raise Misread(quoted(text), "each quote closed") from None
        things: list[dict[str, str]] = [{}]
        for word in words:
            field, equals, value = word.partition("=")
            if set(word) == {";"}:
                things.append({})
            elif not equals or field in things[-1]:
                raise Misread(quoted(word), 'things such as category=phone value="800 EUR", parted by semicolons')
            else:
                things[-1][field] = value
        return self.from_written([thing for thing in things if thing], today)

    def _items(self, value: object, read: Callable[[Input, object], Canonical], today: dt.date) -> list[Item]:
        if not isinstance(value, list) or not self.min <= len(value) <= self.max:
            found = f"{len(value)} things" if isinstance(value, list) else json_word(value)
            raise Misread(found, f"a list of {self.min} to {self.max} things")
        return [self._item(number, thing, read, today) for number, thing in enumerate(value)]

    def _item(self, number: int, thing: object, read: Callable[[Input, object], Canonical], today: dt.date) -> Item:
        if not isinstance(thing, Mapping):
            raise MisreadItem(number, "", json_word(thing), f"an object with {', '.join(self.list_)}")
        for field in thing:
            if field not in self.list_:
                raise MisreadItem(
                    number, str(field), f"{quoted(field)} is nothing asked for", nearest(str(field), self.list_)
                )
        item: Item = {}
        for field, given in self.list_.items():
            if field not in thing:
                default = given.default_value(today)
                if default is not None:
                    item[field] = _plain(default)
                elif given.required:
                    raise MisreadItem(number, field, f"{quoted(field)} is missing", "it here")
                continue
            try:
                item[field] = _plain(read(given, thing[field]))
            except Misread as error:
                raise MisreadItem(number, field, error.found, error.expected) from None
        return item

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "minItems": self.min,
            "maxItems": self.max,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": [field for field, given in self.list_.items() if given.required],
                "properties": {field: given.json_schema() for field, given in self.list_.items()},
            },
        }

    def to_text(self, value: Canonical) -> str:
        if not isinstance(value, list):
            raise TypeError("a list holds things")
        return "; ".join(
            " ".join(f"{field}={shlex.quote(self.list_[field].to_text(found))}" for field, found in item.items())
            for item in value
        )


def _plain(value: Canonical) -> str | bool | int | dt.date:
    if isinstance(value, list):
        raise TypeError("a list holds no lists")
    return value


ItemField = Annotated[
    Annotated[OneOf, Tag("@one_of")]
    | Annotated[YesNo, Tag("@yes_no")]
    | Annotated[IntegerIn, Tag("@integer")]
    | Annotated[DecimalIn, Tag("@decimal")]
    | Annotated[MoneyIn, Tag("@money")]
    | Annotated[DateIn, Tag("@date")]
    | Annotated[TextIn, Tag("@text")],
    keyed(*(kind.key for kind in (OneOf, YesNo, IntegerIn, DecimalIn, MoneyIn, DateIn, TextIn))),
]
ListOf.model_rebuild()

INPUT_KINDS: Final[tuple[type[Input], ...]] = (OneOf, YesNo, IntegerIn, DecimalIn, MoneyIn, DateIn, TextIn, ListOf)
InputField = (
    Annotated[OneOf, Tag("@one_of")]
    | Annotated[YesNo, Tag("@yes_no")]
    | Annotated[IntegerIn, Tag("@integer")]
    | Annotated[DecimalIn, Tag("@decimal")]
    | Annotated[MoneyIn, Tag("@money")]
    | Annotated[DateIn, Tag("@date")]
    | Annotated[TextIn, Tag("@text")]
    | Annotated[ListOf, Tag("@list")]
)
