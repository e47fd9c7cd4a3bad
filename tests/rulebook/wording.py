"""Texts of a given pattern, begun as one likes: what people type where a product asks for words."""

from __future__ import annotations

import importlib
import random
import re
from collections.abc import Iterator
from typing import Any, Final

# Python's own reading of a pattern; what its parts are called hasn't changed for decades, its address has.
_reading: Any = importlib.import_module("re._parser")
SIGNS: Final = (*(chr(code) for code in range(32, 127)), "é", "ß")
SOME_MORE: Final = 4  # how many repetitions beyond the least are worth trying
TRIES: Final = 200


def text_like(pattern: str, chance: random.Random, begins: str = "") -> str:
    """A text that matches the whole `pattern`; spaces and hyphens taken out, in capitals, it begins with `begins`."""
    tree = _reading.parse(pattern)
    for _ in range(TRIES):
        wanted = list(reversed(begins))
        text = "".join(_signs(tree, chance, wanted))
        if re.fullmatch(pattern, text) and squeezed(text).startswith(begins):
            return text
    raise ValueError(f"no text of {pattern} that begins with {begins!r} was found")


def squeezed(text: str) -> str:
    """A text as prefixes are taken of it: without spaces and hyphens, in capitals."""
    return re.sub("[ -]", "", text).upper()


def _signs(tree: Any, chance: random.Random, wanted: list[str]) -> Iterator[str]:
    """Signs for each part of the pattern; where a wanted one fits, it is taken."""
    for part, argument in tree:
        match str(part):
            case "MAX_REPEAT" | "MIN_REPEAT":
                least, most, inside = argument
                for _ in range(chance.randint(least, min(int(most), least + SOME_MORE + len(wanted)))):
                    yield from _signs(inside, chance, wanted)
            case "SUBPATTERN":
                yield from _signs(argument[-1], chance, wanted)
            case "BRANCH":
                yield from _signs(chance.choice(argument[1]), chance, wanted)
            case "LITERAL" | "NOT_LITERAL" | "IN" | "ANY":
                yield _sign([sign for sign in SIGNS if _fits(str(part), argument, sign)], chance, wanted)
            case "AT":
                continue
            case other:
                raise NotImplementedError(f"texts for {other}")


def _sign(fitting: list[str], chance: random.Random, wanted: list[str]) -> str:
    found = [sign for sign in fitting if wanted and sign.upper() == wanted[-1]]
    sign = chance.choice(found or fitting)
    if wanted and squeezed(sign) == wanted[-1]:
        wanted.pop()
    return sign


def _fits(part: str, argument: Any, sign: str) -> bool:
    code = ord(sign)
    match part:
        case "LITERAL":
            return bool(code == argument)
        case "NOT_LITERAL":
            return bool(code != argument)
        case "ANY":
            return True
        case "RANGE":
            return bool(argument[0] <= code <= argument[1])
        case "CATEGORY":
            classes = {"DIGIT": r"\d", "WORD": r"\w", "SPACE": r"\s"}
            name = str(argument).removeprefix("CATEGORY_")
            found = re.match(classes[name.removeprefix("NOT_")], sign) is not None
            return found is not name.startswith("NOT_")
    negated = [str(inner) for inner, _ in argument].count("NEGATE") > 0
    inside = any(_fits(str(inner), found, sign) for inner, found in argument if str(inner) != "NEGATE")
    return inside is not negated
