"""The input checks emitted too: from a risk as JSON carries it straight to its facts, or to its price.

This is the quick way in. What it reads it reads as `admission` does, to the same facts; of what it doesn't read it says
nothing, and `admission` then tells all that is wrong. A kind of input that isn't known here is left to `admission`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

from coverage.domain.period import whole_years
from coverage.rulebook.admission import LONGEST_YEARS, SPELLINGS, prefix_of
from coverage.rulebook.format import Edition, Prefix, YearsFrom
from coverage.rulebook.language.inputs import (
    EARLIEST,
    LATEST,
    MAX_TEXT,
    DateIn,
    DecimalIn,
    Input,
    IntegerIn,
    MoneyIn,
    OneOf,
    TextIn,
    YesNo,
)
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import MICRO, MICRO_PER_CENT, decimal
from coverage.rulebook.planning.building import START
from coverage.rulebook.planning.plan import unrated
from coverage.rulebook.running.dialect import local
from coverage.rulebook.running.emitting import Emitter
from coverage.rulebook.running.scalar import Fact, Figures, Python, Scalar

ARGUMENTS: Final = ("given", "term", "starts_on", "today")
COUNTS: Final = {"given": "known", "thing": "fields"}  # of what holds fields, the local that counts them
PICKS: Final = {"sum": "sum({})", "highest": "max({}, default=0)", "lowest": "min({}, default=0)"}
EXACT: Final = 10**14  # a float of so many ten-thousandths at most is told apart from its neighbours


class Intake:
    """An edition's input checks compiled, alone and before its rating with some taxes.

    `read` answers the facts that a risk is rated on, `price` the figures that it comes to, and either None for what
    isn't as the product asks for it. They are given the risk as JSON carries it, the facts of its term
    (`calendar.calendar_facts`), and the local days on which it starts and on which it was asked for. To explain a price
    later it is enough to keep those.
    """

    def __init__(self, rules: Edition, compiled: Scalar) -> None:
        self.read: Callable[[Mapping[str, Any], Mapping[str, Fact], date, date], dict[str, Fact] | None]
        self.price: Callable[[Mapping[str, Any], Mapping[str, Fact], date, date], Figures | None]
        self.read = _Checks(rules, compiled).facts()
        self.price = _Checks(rules, compiled).figures()


class _Checks:
    """Writes the checks down. What was read stands in the locals that the rating takes its facts from."""

    def __init__(self, rules: Edition, compiled: Scalar) -> None:
        self.rules, self.compiled = rules, compiled
        self.write = Python(compiled.plan)
        self.emit, self.constants = self.write.emit, self.write.constants
        self.constants |= {
            "whole_years": whole_years,
            "prefix_of": prefix_of,
            "day_of": day_of,
            "decimal_of": decimal_of,
        }
        self.constants |= {"EARLIEST": EARLIEST, "LATEST": LATEST}
        self.looked_up: set[str] = set()  # the choices that need no check of their own

    def facts(self) -> Callable[..., Any]:
        """The function that answers the facts."""
        names = self._names()
        lines = self.write.apart(lambda: self._all(names))
        pairs = "".join(f", {name!r}: {local(name)}" for name in names)
        return self.write.function("read", ARGUMENTS, [*lines, f"    return {{**term{pairs}}}"])

    def figures(self) -> Callable[..., Any]:
        """The function that answers the figures."""
        # A choice that can't be looked up is none: one look says both that it is one, and what it costs.
        self.write.ready = {name: {} for name, rule in self.rules.inputs.items() if isinstance(rule, OneOf)}
        emitter = Emitter(self.compiled.plan, self.compiled.taxes, self.write)
        body, asked, names = emitter.body(), emitter.facts, self._names()
        self.looked_up = {local(name) for name, found in self.write.ready.items() if found}
        lines = self.write.apart(lambda: self._all([name for name in names if name in asked]))
        term = [f"    {local(name)} = term[{name!r}]" for name in asked if name not in names]
        return self.write.function("price", ARGUMENTS, [*lines, *term, *self.write.opening(), *body])

    def _names(self) -> list[str]:
        """The facts that come from what was given, and not from the term."""
        names = [name for name, rule in self.rules.derived.items() if isinstance(rule, YearsFrom | Prefix)]
        for name, rule in self.rules.inputs.items():
            if isinstance(rule, ListOf):
                names += [] if rule.personal else rule.totals(name)
            elif unrated(rule) is None:
                names.append(name)
        return names

    def _all(self, wanted: Collection[str]) -> None:
        """Every check, and the facts that are wanted."""
        with self._block("try:"):
            with self._no_others("given", self.rules.inputs):
                for name, rule in self.rules.inputs.items():
                    self._input(name, rule, wanted)
            for name, derived in self.rules.derived.items():
                if name in wanted and isinstance(derived, YearsFrom):
                    self.emit(f"{local(name)} = {self._years(derived)}")
                elif name in wanted and isinstance(derived, Prefix):
                    self.emit(f"{local(name)} = prefix_of({local(derived.prefix)}, {derived.length})")
        # Whatever another thing of JSON's does here, being no dict, no text or no number.
        with self._block("except (KeyError, TypeError, ValueError, OverflowError):"):
            self.emit("return None")

    @contextmanager
    def _block(self, opening: str) -> Iterator[None]:
        self.emit(opening)
        self.write.depth += 1
        yield
        self.write.depth -= 1

    @contextmanager
    def _no_others(self, holder: str, asked: Mapping[str, Input]) -> Iterator[None]:
        """Refuses a field that isn't asked for: those that are, and are there, are counted in between."""
        count = COUNTS[holder]
        self.emit(f"{count} = {sum(rule.required for rule in asked.values())}")
        yield
        self._refuse(f"len({holder}) != {count}")

    @contextmanager
    def _there(self, holder: str, name: str) -> Iterator[None]:
        """What is said of a field that may be left out, where it is there."""
        with self._block(f"if {name!r} in {holder}:"):
            self.emit(f"{COUNTS[holder]} += 1")
            yield

    def _refuse(self, condition: str) -> None:
        self.emit(f"if {condition}: return None")

    # ------------------------------------------------------------------------------------------ inputs

    def _input(self, name: str, rule: Input, wanted: Collection[str]) -> None:
        target = local(name)
        if isinstance(rule, ListOf):
            self._list(name, rule, [total for total in rule.totals(name) if total in wanted])
            return
        self._field("given", name, target, rule)
        for figure, source in self.write.ready.get(name, {}).items():
            self.emit(f"{figure} = {source}")
        if self.rules.object is not None and self.rules.object.input == name and isinstance(rule, TextIn):
            self.constants["spelt"] = SPELLINGS[self.rules.object.kind]
            self._refuse(f"{target} is not None and not spelt({target})")

    def _field(self, holder: str, name: str, target: str, rule: Input) -> None:
        """Reads one value out of what holds it, or takes what holds where it isn't there."""
        if rule.required:
            self.emit(f"{target} = {holder}[{name!r}]")
            self._check(target, rule)
            return
        with self._there(holder, name):
            self.emit(f"{target} = {holder}[{name!r}]")
            self._check(target, rule)
        with self._block("else:"):
            if rule.default is not None and isinstance(rule, DateIn):
                self.emit(f"{target} = {rule.default!r}")  # whether it still lies in the past is asked each time
                self._check(target, rule)
            else:
                default = None if rule.default is None else rule.from_text(rule.default, date.min)
                self.emit(f"{target} = {default!r}")

    def _check(self, target: str, rule: Input) -> None:
        """Refuses what isn't as it should be; leaves the value in its canonical form."""
        number = len(self.constants)
        match rule:
            case OneOf() if target in self.looked_up:
                pass
            case OneOf(one_of=choices):
                self.constants[f"O_{number}"] = frozenset(choices)
                self._refuse(f"{target} not in O_{number}")
            case YesNo():
                self._refuse(f"{target} is not True and {target} is not False")
            case IntegerIn(integer=span):
                self._refuse(f"type({target}) is not int or not {span.lowest} <= {target} <= {span.highest}")
            case MoneyIn(money=span):
                # Nothing of JSON's but an object has a currency.
                self._refuse(f"len({target}) != 2 or {target}['currency'] != {span.currency!r}")
                self.emit(f"{target} = {target}['amount']")
                low, high = span.lowest // MICRO_PER_CENT, span.highest // MICRO_PER_CENT
                self._refuse(f"type({target}) is not int or not {low} <= {target} <= {high}")
                self.emit(f"{target} *= {MICRO_PER_CENT}")
            case DecimalIn(decimal=span):
                self.emit(f"{target} = decimal_of({target})")
                self._refuse(f"not {span.lowest} <= {target} <= {span.highest}")
            case DateIn(date=lies):
                self.emit(f"{target} = day_of({target})")
                in_time = {"past": f" or {target} > today", "future": f" or {target} < today", "any": ""}[lies]
                self._refuse(f"not EARLIEST <= {target} <= LATEST{in_time}")
            case TextIn(text=pattern):
                self.constants[f"P_{number}"] = re.compile(pattern).fullmatch
                self._refuse(f"type({target}) is not str or len({target}) > {MAX_TEXT} or not P_{number}({target})")
            case _:
                self.emit("return None")  # it is for `admission` alone

    def _list(self, name: str, rule: ListOf, totals: Collection[str]) -> None:
        """Reads a list of things, and its totals."""
        target = local(name)
        if rule.required:
            self.emit(f"{target} = given[{name!r}]")
            self._things(name, rule, totals)
            return
        with self._there("given", name):
            self.emit(f"{target} = given[{name!r}]")
            self._things(name, rule, totals)
        with self._block("else:"):
            absent = [] if rule.default is None else rule.from_text(rule.default, date.min)
            values = rule.total_values(name, absent)
            for total in totals:
                self.emit(f"{local(total)} = {values[total]}")
            self.emit("pass")

    def _things(self, name: str, rule: ListOf, totals: Collection[str]) -> None:
        target = local(name)
        fields = {total: total.partition(".")[2].rstrip(")") for total in totals if "." in total}
        self._refuse(f"type({target}) is not list or not {rule.min} <= len({target}) <= {rule.max}")
        for field in sorted(set(fields.values())):
            self.emit(f"l_{field} = []")
        with self._block(f"for thing in {target}:"):
            self._refuse("type(thing) is not dict")
            with self._no_others("thing", rule.list_):
                for field, asked in rule.list_.items():
                    self._field("thing", field, f"i_{field}", asked)
                    if field in fields.values():
                        self.emit(f"l_{field}.append(i_{field})")
        for total in totals:
            found = PICKS[total.partition("(")[0]].format(f"l_{fields[total]}") if total in fields else f"len({target})"
            self.emit(f"{local(total)} = {found}")

    def _years(self, rule: YearsFrom) -> str:
        since, until = local(rule.years_from), "starts_on" if rule.to == START else local(rule.to)
        years = f"min(whole_years({since}, {until}), {LONGEST_YEARS})"
        return (
            years if rule.otherwise is None else f"{rule.otherwise} if {since} is None or {until} is None else {years}"
        )


def day_of(value: str) -> date:
    """A day as YYYY-MM-DD; raises ValueError for any other way to write one."""
    if len(value) != 10 or value[4] != "-" or value[7] != "-":
        raise ValueError(value)
    return date.fromisoformat(value)


def decimal_of(value: object) -> int:
    """A decimal of up to four places × 10⁶, from text or a number; raises ValueError."""
    if type(value) is str:
        return decimal(value)
    if type(value) is int:
        return value * MICRO
    if type(value) is float:
        scaled = round(value * 10_000)
        if abs(scaled) < EXACT and scaled / 10_000 == value:
            return scaled * 100
    raise ValueError(value)
