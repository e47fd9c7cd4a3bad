"""From what was given to what is rated: every input checked, defaults filled in, derived values worked out.

What is rated is kept in clear and holds no personal fact: an age, never a date of birth. A price replays from it alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from coverage.domain.faults import Detail, Rejected
from coverage.domain.period import Period, local_day, whole_years
from coverage.rulebook.calendar import calendar_facts
from coverage.rulebook.format import Edition, Prefix, YearsFrom
from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.language.inputs import Canonical, Input
from coverage.rulebook.language.lists import ListOf, MisreadItem
from coverage.rulebook.language.notation import Misread, quoted
from coverage.rulebook.planning.building import START
from coverage.rulebook.planning.plan import unrated
from coverage.rulebook.running.scalar import Fact

LONGEST_YEARS: Final = 130
MOST_UNKNOWN: Final = 50  # names that are told of one risk: to find what each was meant to be takes a while


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
    """Reads a value as worked prices and the command line write it."""
    return given.from_written(value, today)


def is_personal(given: Input) -> bool:
    """Whether an input's value is kept under the member's own key: a list is, as soon as one of its fields is."""
    return given.personal or (isinstance(given, ListOf) and any(field.personal for field in given.list_.values()))


def admit(edition: Edition, given: Mapping[str, object], period: Period, asked_at: datetime, read: Reader) -> Admitted:
    """`given` as facts; raises `Rejected` ("invalid_risk") with every fault, each at its own pointer."""
    values = _values(edition, given, local_day(asked_at, edition.timezone), read)
    written = {name: edition.inputs[name].to_text(value) for name, value in values.items()}
    object_value = _object_value(edition, written)
    if edition.object is not None and object_value == "":
        name = edition.object.input
        message = f"{quoted(written[name])}; expected letters or digits that name the object"
        raise _invalid([Detail(f"/risk/{escaped(name)}", message, "invalid_value")])
    facts = calendar_facts(edition, period, asked_at)
    for name, rule in edition.inputs.items():
        value = values.get(name)
        if isinstance(rule, ListOf):
            # One that was left out is rated as one of nothing.
            facts |= {} if rule.personal else rule.total_values(name, value if isinstance(value, list) else [])
        elif unrated(rule) is None and not isinstance(value, date | list | None):
            facts[name] = value
    return Admitted(facts | _derived(edition, values, period), written, object_value)


def raised_facts(
    edition: Edition, given: Mapping[str, object], asked_at: datetime
) -> tuple[dict[str, Fact], dict[str, str]]:
    """The facts of some inputs alone, as the API carries them, and the inputs as the rule files write them.

    Raises `Rejected` ("invalid_risk") with every fault; for no input at all too.
    """
    if not given:
        raise _invalid([Detail("/risk", "nothing stands here; expected what is to be raised", "missing_field")])
    chosen = edition.model_copy(
        update={"inputs": {name: rule for name, rule in edition.inputs.items() if name in given}}
    )
    values = _values(chosen, given, local_day(asked_at, edition.timezone), read_json)
    facts: dict[str, Fact] = {}
    for name, value in values.items():
        rule = edition.inputs[name]
        if isinstance(rule, ListOf):
            facts |= rule.total_values(name, value if isinstance(value, list) else [])
        elif unrated(rule) is None and not isinstance(value, date | list):
            facts[name] = value
    return facts, {name: edition.inputs[name].to_text(value) for name, value in values.items()}


def _invalid(errors: Sequence[Detail]) -> Rejected:
    return Rejected("invalid_risk", "the risk isn't as the product asks for it", errors=tuple(errors))


def _values(edition: Edition, given: Mapping[str, object], today: date, read: Reader) -> dict[str, Canonical]:
    """Every input that was given or has a default, checked."""
    errors = [
        Detail(
            f"/risk/{escaped(name)}",
            f"{quoted(name)} is no input of {edition.product}; expected {nearest(name, edition.inputs)}",
            "unknown_field",
        )
        for name in islice((name for name in given if name not in edition.inputs), MOST_UNKNOWN)
    ]
    values: dict[str, Canonical] = {}
    for name, rule in edition.inputs.items():
        if name in given:
            try:
                values[name] = read(rule, given[name], today)
            except MisreadItem as error:
                errors += _wrong_things(name, rule, given[name], today, read, error)
            except Misread as error:
                errors.append(Detail(f"/risk/{name}", str(error), "invalid_value"))
            continue
        default = rule.default_value(today)
        if default is not None:
            values[name] = default
        elif rule.required:
            errors.append(Detail(f"/risk/{name}", f"{quoted(name)} is missing; expected it here", "missing_field"))
    if errors:
        raise _invalid(errors)
    return values


def _wrong_things(
    name: str, rule: Input, given: object, today: date, read: Reader, first: MisreadItem
) -> Iterator[Detail]:
    """What isn't right in a list: one fault of each thing that has any."""
    things: Sequence[object] = given if isinstance(given, list) else ()
    yield _wrong_thing(name, rule, things, first)
    alone = rule.model_copy(update={"min": 0})
    for number in range(first.number + 1, len(things)):
        try:
            read(alone, [things[number]], today)
        except MisreadItem as error:
            error.number = number
            yield _wrong_thing(name, rule, things, error)


def _wrong_thing(name: str, rule: Input, things: Sequence[object], error: MisreadItem) -> Detail:
    pointer, code = f"/risk/{name}/{error.number}", "invalid_value"
    if error.field:
        pointer += f"/{escaped(error.field)}"
        thing = things[error.number] if things else None
        if isinstance(rule, ListOf) and error.field not in rule.list_:
            code = "unknown_field"
        elif isinstance(thing, Mapping) and error.field not in thing:
            code = "missing_field"
    # The pointer says which thing it is.
    return Detail(pointer, f"{error.found}; expected {error.expected}", code)


def _derived(edition: Edition, values: Mapping[str, Canonical], period: Period) -> dict[str, Fact]:
    """What is worked out from the values; expressions aren't, since each way to price does that itself."""
    facts: dict[str, Fact] = {}
    for name, rule in edition.derived.items():
        if isinstance(rule, YearsFrom):
            since, until = _day(values, rule.years_from), _day(values, rule.to)
            facts[name] = _years(rule, since, local_day(period.start, edition.timezone) if rule.to == START else until)
        elif isinstance(rule, Prefix):
            facts[name] = prefix_of(str(values.get(rule.prefix, "")), rule.length)
    return facts


def _years(rule: YearsFrom, since: date | None, until: date | None) -> int:
    if since is None or until is None:
        if rule.otherwise is None:
            raise AssertionError(f"{rule.years_from} to {rule.to} may be left out, and nothing holds then")
        return rule.otherwise
    return min(whole_years(since, until), LONGEST_YEARS)


def prefix_of(text: str, length: int) -> str:
    """The first signs of a text as they are compared: "75 011", "75-011" and "75011" begin alike."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", text).upper()[:length]


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


def _day(values: Mapping[str, Canonical], name: str) -> date | None:
    """The day that was given for `name`; None where none was."""
    value = values.get(name)
    if value is not None and not isinstance(value, date):
        raise TypeError(f"{name} is no date")
    return value


# How two spellings of one object are known to be one, by the object's kind.
SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "vehicle_registration": lambda text: re.sub(r"[^A-Z0-9]", "", text.upper()),
    "serial_number": lambda text: re.sub(r"[^A-Z0-9]", "", text.upper()),
    "address": lambda text: " ".join(text.casefold().split()),
    "text": lambda text: " ".join(text.casefold().split()),
}


def _object_value(edition: Edition, written: Mapping[str, str]) -> str | None:
    if edition.object is None or edition.object.input not in written:
        return None
    return SPELLINGS[edition.object.kind](written[edition.object.input])
