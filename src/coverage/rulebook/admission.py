"""From what was given to what is rated: every input checked, defaults filled in, derived values worked out.

What is rated is kept in clear and holds no personal fact: an age, never a date of birth. A price replays from it alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from coverage.domain.faults import Detail, Rejected
from coverage.domain.period import Period, local_day, term_facts, whole_years
from coverage.rulebook.expressions import nearest
from coverage.rulebook.format import Edition, YearsFrom
from coverage.rulebook.inputs import Canonical, Input
from coverage.rulebook.notation import Misread, quoted
from coverage.rulebook.plan import unrated
from coverage.rulebook.scalar import Fact


@dataclass(frozen=True, slots=True)
class Admitted:
    """A risk that was read. `facts` are rated; `given` is all inputs, in the rule files' notation."""

    facts: dict[str, Fact]
    given: dict[str, str]
    object_value: str | None  # the object's name, spelt in the one way that its kind has


Reader = Callable[[Input, object, date], Canonical]


def read_json(given: Input, value: object, today: date) -> Canonical:
    """Reads a value as the API carries it."""
    return given.from_json(value, today)


def read_written(given: Input, value: object, today: date) -> Canonical:
    """Reads a value as rule files and the command line write it."""
    return given.from_text(str(value), today)


def admit(edition: Edition, given: Mapping[str, object], period: Period, asked_at: datetime, read: Reader) -> Admitted:
    """`given` as facts; raises `Rejected` ("invalid_risk") with every fault, each at its own pointer."""
    today = local_day(asked_at, edition.timezone)
    errors = [
        Detail(
            f"/risk/{escaped(name)}",
            f"{quoted(name)} is no input of {edition.product}; expected {nearest(name, edition.inputs)}",
            "unknown_field",
        )
        for name in given
        if name not in edition.inputs
    ]
    values: dict[str, Canonical] = {}
    for name, rule in edition.inputs.items():
        if name not in given:
            default = rule.default_value(today)
            if default is not None:
                values[name] = default
            elif rule.required:
                errors.append(Detail(f"/risk/{name}", f"{quoted(name)} is missing; expected it here", "missing_field"))
            continue
        try:
            values[name] = read(rule, given[name], today)
        except Misread as error:
            errors.append(Detail(f"/risk/{name}", str(error), "invalid_value"))
    if errors:
        raise Rejected("invalid_risk", "the risk isn't as the product asks for it", errors=tuple(errors))
    facts: dict[str, Fact] = dict(term_facts(period, asked_at, edition.timezone, edition.term.grace))
    facts |= {
        name: value
        for name, value in values.items()
        if unrated(edition.inputs[name]) is None and not isinstance(value, date)
    }
    written = {name: edition.inputs[name].to_text(value) for name, value in values.items()}
    object_value = _object_value(edition, written)
    if edition.object is not None and object_value == "":
        name = edition.object.input
        message = f"{quoted(written[name])}; expected letters or digits that name the object"
        raise Rejected(
            "invalid_risk",
            "the risk isn't as the product asks for it",
            errors=(Detail(f"/risk/{escaped(name)}", message, "invalid_value"),),
        )
    starts_on = local_day(period.start, edition.timezone)
    for name, derived in edition.derived.items():
        if isinstance(derived, YearsFrom):
            facts[name] = min(
                whole_years(
                    _day(values, derived.years_from), starts_on if derived.to == "start" else _day(values, derived.to)
                ),
                130,
            )
    return Admitted(facts, written, object_value)


def check_term(edition: Edition, period: Period, asked_at: datetime) -> None:
    """Raises `Rejected` where the term is too short, too long, or starts too far ahead."""
    term, seconds = edition.term, period.seconds
    errors = []
    if seconds < term.min or seconds > term.max:
        message = f"a cover of {words(seconds)}; expected one from {words(term.min)} to {words(term.max)}"
        errors.append(Detail("/end", message, "term_out_of_range"))
    if period.start - asked_at > timedelta(seconds=term.book_ahead):
        errors.append(
            Detail(
                "/start", f"a start more than {words(term.book_ahead)} ahead; expected a nearer one", "too_far_ahead"
            )
        )
    if errors:
        raise Rejected("invalid_term", "the product isn't sold for this term", errors=tuple(errors))


def words(seconds: int) -> str:
    """Seconds as the rule files write durations: "7d", "12h", "90m"; the whole unit that fits."""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def escaped(name: str) -> str:
    """A key as a token of a JSON pointer (RFC 6901), cut to what is worth reading."""
    return name[:80].replace("~", "~0").replace("/", "~1")


def _day(values: Mapping[str, Canonical], name: str) -> date:
    value = values[name]
    if not isinstance(value, date):
        raise TypeError(f"{name} is no date")
    return value


# How two spellings of one object are known to be one, by the object's kind.
_SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "vehicle_registration": lambda text: re.sub(r"[^A-Z0-9]", "", text.upper()),
    "serial_number": lambda text: re.sub(r"[^A-Z0-9]", "", text.upper()),
    "address": lambda text: " ".join(text.casefold().split()),
    "text": lambda text: " ".join(text.casefold().split()),
}


def _object_value(edition: Edition, written: Mapping[str, str]) -> str | None:
    if edition.object is None or edition.object.input not in written:
        return None
    return _SPELLINGS[edition.object.kind](written[edition.object.input])
