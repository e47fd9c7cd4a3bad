"""Figures and conditions as people write them elsewhere, said again as a rule file writes them: `1,25`, `€2 000`,
`status = young`.

Nothing is ever taken to mean what it doesn't say: what comes of it is told beside what was refused, where it would be
right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from coverage.domain.money import MINOR_DIGITS

_SIGNS: Final = {"€": "EUR", "£": "GBP", "$": "USD", "euro": "EUR", "euros": "EUR"}
_CURRENCY: Final = rf"(?:[€£$]|(?<![A-Za-z])(?:euros?|{'|'.join(MINOR_DIGITS)})\b)"
_FIGURE: Final = re.compile(r"(?<![\w,])(?<![^.]\.)(?:\d{1,3}(?:[ '.,]\d{3})+(?:[.,]\d+)?|\d+[.,]\d+)(?![.,']?\d)")
_PLAIN: Final = r"\d+(?:\.\d+)?"
_WIDE: Final = re.compile("[\u00a0\u2007\u2009\u202f]")  # spaces that aren't the plain one
_QUOTES: Final = str.maketrans({"“": '"', "”": '"', "„": '"', "‟": '"', "‘": "'", "’": "'", "−": "-"})
# What stands in place of what, once figures are plain.
_FORMS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), form)
    for pattern, form in (
        (r"\s*/\s*(?:h|hour)\b", " per hour"),
        (r"\s*/\s*(?:d|day)\b", " per day"),
        (r"\b(?:an?|each|every) (hour|day)\b", r"per \1"),
        (r"(?<=hour|.day) at most\b", ", at most"),
    )
)


def respelt(text: str, notation: Callable[[str], object]) -> str:
    """How `text` would stand in a notation, in one way or in two (`1250 EUR or 1.250 EUR`); empty where in none."""
    return " or ".join(way for way in _ways(text) if _taken(way, notation))


def figures_respelt(text: str) -> str:
    """How the figures in `text` are written, in one way or in two; `text` itself where nothing is wrong with it."""
    return " or ".join(dict.fromkeys(_plain(text))) or text


def only_spaces(text: str) -> bool:
    """Whether `text` has spaces that look like the plain one, and nothing else that isn't as it should be."""
    return _WIDE.search(text) is not None and _FIGURE.search(_WIDE.sub(" ", text)) is None


def _taken(text: str, notation: Callable[[str], object]) -> bool:
    try:
        notation(text)
    except ValueError:
        return False
    return True


def _ways(text: str) -> Iterator[str]:
    """What `text` might be, each way once."""
    found: dict[str, None] = {}
    for plain in _plain(text):
        found[plain] = None
        found[re.sub(r"\s*(?:\.{2,3}|…|–|—|(?<=[\dA-Z])\s*-\s*(?=\d))\s*", "..", plain)] = None
        found[re.sub(r"\s*[-–—]\s*", "-", plain)] = None
        share = re.fullmatch(rf"([+-]?)({_PLAIN}) ?%", plain)
        if share:
            part = Decimal(share[2]) / 100
            found[f"{ {'+': 1 + part, '-': 1 - part}.get(share[1], part):.4f}"] = None
    return (way for way in found if way != text)


def _plain(text: str) -> Iterator[str]:
    """`text` with plain quotes and spaces, figures with a point, and the currency behind each."""
    text = re.sub(r"«\s*|\s*»", '"', _WIDE.sub(" ", text)).translate(_QUOTES)
    for grouped in (True, False):
        way = _FIGURE.sub(lambda match, grouped=grouped: _figure(match[0], grouped=grouped), text)  # type: ignore[misc]
        way = re.sub(rf"(?<!\d)(?<!\d )({_CURRENCY}) ?({_PLAIN})", _amount, way, flags=re.IGNORECASE)
        way = re.sub(rf"({_PLAIN}) ?(?=[€£$A-Za-z])({_CURRENCY})", _behind, way, flags=re.IGNORECASE)
        for pattern, form in _FORMS:
            way = pattern.sub(form, way)
        yield way


def _figure(figure: str, *, grouped: bool) -> str:
    """A figure with a point and nothing between its thousands; one sign before three digits may mean either."""
    bare = re.sub(r"[ ']", "", figure)
    signs = re.findall(r"[.,]", bare)
    if len(set(signs)) == 2:
        group, point = (".", ",") if bare.rindex(",") > bare.rindex(".") else (",", ".")
        return bare.replace(group, "").replace(point, ".")
    if len(signs) > 1 or (signs and grouped and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", bare) and bare == figure):
        return re.sub(r"[.,]", "", bare)
    return bare.replace(",", ".")


def _code(sign: str) -> str:
    return _SIGNS.get(sign.lower(), sign.upper())


def _amount(match: re.Match[str]) -> str:
    return f"{match[2]} {_code(match[1])}"


def _behind(match: re.Match[str]) -> str:
    return f"{match[1]} {_code(match[2])}"


# ------------------------------------------------------------------------------------------- conditions

_SPELLINGS: Final = (
    ("=>", ">="), ("=<", "<="), ("<>", "!="), ("≥", ">="), ("≤", "<="), ("≠", "!="), ("×", "*"), ("&&", " and "), ("||", " or "),
)  # fmt: skip
_WORDS: Final = re.compile(r"\b(AND|OR|NOT|IN|And|Or|Not)\b")


def condition_respelt(text: str, choices: Mapping[str, bool], known: Callable[[str], bool]) -> str:
    """How a condition would be written: `size = small` is `size == "small"`.

    `choices` are the names whose values are choices (`True`) or yes and no (`False`); `known` says what is a name.
    """
    way = next(iter(_plain(text)))
    parts = re.split(r"""("[^"]*"|'[^']*')""", way)
    for index in range(0, len(parts), 2):
        part = parts[index]
        for wrong, right in _SPELLINGS:
            part = part.replace(wrong, right)
        part = re.sub(r"(?<![=<>!])=(?!=)", "==", part)
        part = re.sub(r"\bis not\b", "!=", re.sub(r"\bis\b(?! not)", "==", part))
        part = _WORDS.sub(lambda match: match[0].lower(), part)
        for name, words in choices.items():
            part = _in_quotes(part, name, known) if words else _by_itself(part, name)
        parts[index] = re.sub(r" {2,}", " ", part)
    return "".join(parts)


def _in_quotes(part: str, name: str, known: Callable[[str], bool]) -> str:
    """The choices that a name is compared with, in quotes."""

    def quote(match: re.Match[str]) -> str:
        return match[0] if known(match[0]) else f'"{match[0]}"'

    def compared(match: re.Match[str]) -> str:
        return match[1] + re.sub(r"[A-Za-z]\w*", quote, match[2])

    return re.sub(rf"(\b{re.escape(name)}\s*(?:==|!=|(?:not )?in)\s*)(\[[^\]]*\]|[A-Za-z]\w*)", compared, part)


def _by_itself(part: str, name: str) -> str:
    """A name that is yes or no, without the comparison."""

    def told(match: re.Match[str]) -> str:
        return name if (match[1] == "==") == (match[2].lower() in ("yes", "true")) else f"not {name}"

    return re.sub(rf"\b{re.escape(name)}\s*(==|!=)\s*(yes|no|true|false)\b", told, part, flags=re.IGNORECASE)


def first_difference(before: str, after: str) -> int:
    """The offset in `before` where it stops being as `after` is."""
    return next(
        (at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
