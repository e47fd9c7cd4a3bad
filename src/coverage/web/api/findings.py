"""Pydantic's findings in the API's own words: what was found, what would be right, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, get_args

from pydantic import BaseModel

from coverage.domain.faults import Detail
from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.language.inputs import json_word
from coverage.web.api.bodies import pointer
from coverage.web.api.shapes import PATTERNS

# Before the name of a union's variant in pydantic's paths. No body can hold this character, so none is taken for it.
VARIANT: Final = "\x00"
LONGEST_MESSAGE: Final = 300
LONGEST_NAME: Final = 80  # of a field, that something like it is looked for

_CODES: Final = {"missing": "missing_field", "extra_forbidden": "unknown_field"}


def detail(found: Mapping[str, Any], asked: object = None) -> Detail:
    """One of pydantic's errors as a detail, with a pointer into what was sent. `asked` is the type of the body: an
    unknown field is told the nearest that there is in its place.
    """
    place, *steps = found["loc"]
    steps = [step for step in steps if not str(step).startswith(VARIANT)]
    if len(steps) > 2 and steps[-1] == "[key]":
        del steps[-1]  # a mapping's key is at fault: it is its own place
    code = _CODES.get(found["type"], "invalid_value")
    where = pointer(steps) if place == "body" else _parameter(str(place), [str(step) for step in steps])
    message = _unknown(steps, asked) if code == "unknown_field" else _message(found)
    return Detail(where, message[:LONGEST_MESSAGE], code)


def _unknown(steps: Sequence[object], asked: object) -> str:
    types = [asked]
    for step in steps[:-1]:
        types = [inner for one in types for inner in _within(one, step)]
    known = sorted({name for one in types for name in _fields(one)})
    near = nearest(str(steps[-1])[:LONGEST_NAME], known) if known else ""
    if near.startswith("perhaps"):
        return f"nothing of this name is known here; expected {near}"
    or_ = f", or {near if len(known) > 1 else known[0]}" if known else ""
    return f"nothing of this name is known here; expected it left out{or_}"


def _within(asked: object, step: object) -> Iterator[object]:
    """The types of what stands at a step of a path into a value of a type."""
    if isinstance(asked, type) and issubclass(asked, BaseModel):
        for name, field in asked.model_fields.items():
            if step == (field.alias or name):
                yield field.annotation
        return
    for part in get_args(asked):
        # Into a list or a mapping the step leads to their values; what else is made of types is one of them.
        if _holds(asked):
            yield part
        else:
            yield from _within(part, step)


def _holds(asked: object) -> bool:
    return getattr(asked, "__origin__", None) in (list, dict)


def _fields(asked: object) -> Iterator[str]:
    if isinstance(asked, type) and issubclass(asked, BaseModel):
        yield from (field.alias or name for name, field in asked.model_fields.items())
    elif not _holds(asked):
        for part in get_args(asked):
            yield from _fields(part)


def _parameter(place: str, steps: list[str]) -> str:
    """A parameter by its name; the entry of a list that is wrong isn't told apart."""
    name = steps[0] if steps else ""
    return f"?{name}" if place == "query" else name


def _message(found: Mapping[str, Any]) -> str:
    kind: str = found["type"]
    if kind == "missing":
        return "missing; expected it here" if len(found["loc"]) > 1 else "missing; expected a JSON object"
    context: dict[str, Any] = found.get("ctx") or {}
    expected = _EXPECTED[kind](context) if kind in _EXPECTED else str(found["msg"])
    return f"{_what(kind, found['input'])}; {expected}{_meant(kind, found)}"


def _meant(kind: str, found: Mapping[str, Any]) -> str:
    """Which of some words was probably meant."""
    if kind != "literal_error" or not isinstance(found["input"], str):
        return ""
    near = nearest(found["input"][:LONGEST_NAME], re.findall("'([^']*)'", str(found["ctx"]["expected"])))
    return f"; {near}" if near.startswith("perhaps") else ""


def _what(kind: str, value: object) -> str:
    """What was found, shortly: by its size where that is what is wrong."""
    if kind in ("too_long", "too_short") and isinstance(value, list | dict):
        return f"{len(value)} entries"
    if kind in ("string_too_long", "string_too_short") and isinstance(value, str):
        return f"text of {len(value)} characters"
    return "empty text" if value == "" else json_word(value)


def _choices(context: dict[str, Any]) -> str:
    return "expected " + str(context["expected"]).replace("'", '"')


def _form(context: dict[str, Any]) -> str:
    return "expected " + PATTERNS.get(context["pattern"], f"text that matches {context['pattern']}")


def _plainly(words: str) -> Callable[[dict[str, Any]], str]:
    return lambda _: f"expected {words}"


_EXPECTED: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "string_type": _plainly("text"),
    "string_too_long": lambda context: f"expected at most {context['max_length']}",
    "string_too_short": lambda context: f"expected at least {context['min_length']}",
    "string_pattern_mismatch": _form,
    "int_type": _plainly("a whole number"),
    "int_parsing": _plainly("a whole number"),
    "int_from_float": _plainly("a whole number"),
    "int_parsing_size": _plainly("a whole number within 2^53"),
    "bool_type": _plainly("true or false"),
    "greater_than_equal": lambda context: f"expected {context['ge']} or more",
    "less_than_equal": lambda context: f"expected at most {context['le']}",
    "literal_error": _choices,
    "list_type": _plainly("an array"),
    "dict_type": _plainly("an object"),
    "model_type": _plainly("an object"),
    "model_attributes_type": _plainly("an object"),
    "too_long": lambda context: f"expected at most {context['max_length']}",
    "too_short": lambda context: f"expected at least {context['min_length']}",
}
