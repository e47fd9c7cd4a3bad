"""How a rule file is held against its shape: text in, typed parts out, and every fault of shape said with its place.

What the shapes are stands in `format`; here is what they have in common, and the words for what doesn't fit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, ValidationError
from pydantic_core import ErrorDetails

from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.language.notation import NAME, Misread, Written, quoted
from coverage.rulebook.language.reading import MAX_FINDINGS, Document, Finding, Loc, Unreadable

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200

# The one key under which a file that is a list at its top is handed to its model; no YAML word looks like it.
LIST: Final = "@list"

COUNTRY: Final = r"^[A-Z]{2}$"
LAYER: Final = rf"^(primary|excess_of {NAME}|difference_in_conditions|deductible_buyback)$"
LEVY: Final = r"^[A-Za-z][A-Za-z0-9_]{0,59}$"
FILE_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}\.csv$"

# Each pattern of the shapes in words; a pattern is for machines.
PATTERNS: Final = {
    rf"^{NAME}$": "small letters, digits and _, a letter first, such as driver_age",
    COUNTRY: "a country's two capital letters, such as FR",
    LAYER: "primary, excess_of with a name, difference_in_conditions or deductible_buyback",
    LEVY: "letters, digits and _, a letter first, such as FGAO",
    FILE_NAME: "the name of a file beside the edition, such as zones.csv",
}

Name = Annotated[str, Field(pattern=rf"^{NAME}$")]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
ExpressionText = Annotated[str, Field(min_length=1, max_length=400)]


DateT = TypeVar("DateT", bound=date)


def _in_our_time(day: DateT) -> DateT:
    # Far from the calendar's ends: a day is added, a zone is joined, and nothing overflows.
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError("no year of our time")
    return day


def local_instant(text: str) -> datetime:
    """A moment in the product's time zone, without an offset: `2026-01-01T00:00`; raises `Misread`."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", text, re.ASCII):
        raise Misread(quoted(text), "a moment in the product's time zone such as 2026-01-01T00:00")
    try:
        # The zone is the edition's own key `timezone`; it is joined to this in `LoadedEdition.effective_at`.
        return _in_our_time(datetime.fromisoformat(text))
    except ValueError:
        raise Misread(f"{quoted(text)} is no moment of the calendar", "one such as 2026-01-01T00:00") from None


def instant(text: str) -> datetime:
    """An instant with its offset: `2026-12-05T08:00+01:00`; raises `Misread`."""
    expected = "an instant with its offset such as 2026-12-05T08:00+01:00"
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})", text, re.ASCII):
        raise Misread(quoted(text), expected)
    try:
        return _in_our_time(datetime.fromisoformat(text))
    except ValueError:
        raise Misread(f"{quoted(text)} is no moment of the calendar", expected) from None


def day(text: str) -> date:
    """`2026-01-01`; raises `Misread`."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return _in_our_time(date.fromisoformat(text))
    except ValueError:
        pass
    raise Misread(quoted(text), "a day such as 2026-01-01")


InstantField = Annotated[datetime, Written(instant, "an instant with its offset such as 2026-12-05T08:00+01:00")]
DayField = Annotated[date, Written(day, "a day such as 2026-01-01")]


class Part(BaseModel):
    """A part of a rule file: unknown keys are refused, nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def keyed(*tags: str, text: str | None = None) -> Discriminator:
    """Tells forms apart by the key that only one of them has; `text` is the form that is plain text."""

    def tag(value: Any) -> str | None:
        if isinstance(value, str):
            return text
        if not isinstance(value, Mapping):
            return None
        return next((f"@{name}" for name in tags if name in value), None)

    return Discriminator(
        tag,
        custom_error_type="keyed",
        custom_error_message=", ".join(tags),  # the words are made in `_no_form`, which knows what was found
    )


def several() -> BeforeValidator:
    """One text or a list of them, taken as a list: `by: age`, or `by: [class, age]`."""
    return BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value,
        json_schema_input_type=str | list[str],
    )


PartT = TypeVar("PartT", bound=Part)


def typed(document: Document, model: type[PartT]) -> PartT:
    """`document` as a `model`; raises `Unreadable` with every fault of shape in it."""
    plain = document.plain()
    if isinstance(plain, list) != (LIST in _schema(model)["properties"]):
        wanted = "`key: value` lines" if isinstance(plain, list) else "a list, each entry with a dash"
        raise Unreadable([document.finding((), f"{quoted(plain)}; expected {wanted}", "form")])
    try:
        return model.model_validate({LIST: plain} if isinstance(plain, list) else plain)
    except ValidationError as error:
        findings = [_finding(document, model, details) for details in error.errors(include_url=False)[:MAX_FINDINGS]]
        raise Unreadable(findings) from None


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _finding(document: Document, model: type[BaseModel], error: ErrorDetails) -> Finding:
    loc = tuple(step for step in error["loc"] if not str(step).startswith("@"))
    of_key = loc[-1:] == ("[key]",)
    if of_key:
        loc = loc[:-1]
    loc += tuple(error.get("ctx", {}).get("at", ()))  # a fault of one of several parts that are held together
    words = _words(model, error, str(loc[-1]) if loc else "")
    if error["type"] == "string_pattern_mismatch" and ("tax" in loc or loc[-1:] == ("taxed_as",)) and loc[-1] != "by":
        words = f"{quoted(error['input'])}; expected a class of the country's tax file, where its rates stand: small letters"
    return document.finding(loc, words, error["type"], key=of_key or error["type"] == "extra_forbidden")


def _words(model: type[BaseModel], error: ErrorDetails, key: str) -> str:
    """A fault of shape, said to someone who knows insurance and no Python."""
    found, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "notation" if found == "":
            # A comma in a figure parts it in two, inside of braces: the second half then has nothing behind it.
            return f"{quoted(key)} has nothing behind it; {str(context['words']).partition('; ')[2]}"
        case "notation":
            return str(context["words"])
        case "form":
            return error["msg"]
        case "keyed":
            return _no_form(found, error["msg"].split(", "))
        case "missing":
            return f"{quoted(key)} is missing; expected it here"
        case "extra_forbidden":
            return f"{quoted(key)} means nothing here; expected {nearest(key, _keys_at(model, error['loc'][:-1]))}"
        case "literal_error":
            return f"{quoted(found)}; expected {str(context['expected']).replace(chr(39), '')}"
        case "string_pattern_mismatch":
            return f"{quoted(found)}; expected {PATTERNS[context['pattern']]}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{quoted(found)}; expected `key: value` lines"
        case "list_type":
            return f"{quoted(found)}; expected a list{'' if found else ', which is [] where there is nothing'}"
        case "string_type":
            return f"{quoted(found)}; expected text"
        case "too_short" | "string_too_short":
            return "nothing stands here; expected something"
        case "too_long":
            return f"too many; expected at most {context['max_length']}"
        case "string_too_long":
            return f"too long; expected at most {context['max_length']} characters"
    return f"{quoted(found)} doesn't fit here; expected it as the guide shows"


def _no_form(found: object, keys: list[str]) -> str:
    if not isinstance(found, Mapping) or not found:
        return f"{quoted(found)}; expected one of the keys {', '.join(keys)}"
    written = next((key for key in found if nearest(key, keys).startswith("perhaps")), next(iter(found)))
    return f"{quoted(written)} doesn't say what this is; expected {nearest(written, keys)}"


def _keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys that the part at `loc` may have, read from the models themselves."""
    schema = _schema(model)
    definitions = schema.get("$defs", {})
    reached = [schema]
    for step in loc:
        reached = [found for part in reached for found in _inside(part, str(step), definitions)]
    keys: list[str] = []
    for part in reached:
        for variant in _variants(part, definitions):
            keys.extend(key for key in variant.get("properties", {}) if key not in keys)
    return keys


def _variants(part: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in part:
        return _variants(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return [
        part,
        *(
            found
            for way in ("anyOf", "oneOf")
            for option in part.get(way, [])
            for found in _variants(option, definitions)
        ),
    ]


def _inside(part: dict[str, Any], step: str, definitions: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for variant in _variants(part, definitions):
        if step.startswith("@") and step != LIST:
            required = step[1:]
            if required in variant.get("properties", {}):
                found.append(variant)
        elif step in variant.get("properties", {}):
            found.append(variant["properties"][step])
        elif step.isdigit() and isinstance(variant.get("items"), dict):
            found.append(variant["items"])
        elif isinstance(variant.get("additionalProperties"), dict):
            found.append(variant["additionalProperties"])
        else:
            found.extend(variant.get("patternProperties", {}).values())
    return found
