"""The plan emitted over NumPy's columns: a portfolio priced in blocks, each step of the plan taken once for a block.

A column holds a fact of every risk: whole numbers (money and decimals in micro-units), truth values, or the position of
what was chosen. A cell, a figure and a verdict are what they are in `scalar`, to the cent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from coverage.rulebook.language.expressions import Expression, Kind
from coverage.rulebook.planning.plan import Axis, Plan
from coverage.rulebook.planning.taxes import TaxesInForce
from coverage.rulebook.running.dialect import Dialect, Look, local
from coverage.rulebook.running.emitting import Emitter
from coverage.rulebook.running.scalar import Facts, Unavailable
from coverage.rulebook.running.spreading import lowered, raised, rounded

BLOCK: Final = 16_000  # rows: what is worked on stays in the processor's cache
FEW_STRETCHES: Final = 12  # so many are found sooner by comparing with each than by a search

Column = npt.NDArray[np.int64] | npt.NDArray[np.bool_]
Cents = npt.NDArray[np.int64]
OUTCOMES: Final = ("quoted", "referred", "declined")


@dataclass(frozen=True)
class Batch:
    """What the rules say of many risks. Amounts are cents, a row for each section, surcharge or tax in the order of
    `Scalar`'s figures and a column for each risk; −1 where there is none, as of all that a declined risk has.
    """

    plan: Plan
    outcome: npt.NDArray[np.uint8]  # index into OUTCOMES
    verdicts: npt.NDArray[np.bool_]  # whether each was met
    nets: Cents
    surcharges: Cents
    taxes: Cents
    gross: Cents

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def fees(self) -> int:
        """What each contract owes in fees."""
        return sum(fee.cents for fee in self.plan.fees)

    def reasons(self, risk: int) -> tuple[str, ...]:
        """Why a risk is declined or referred: codes in the file's order."""
        told = {"declined": "decline", "referred": "refer"}.get(OUTCOMES[self.outcome[risk]])
        met = (self.plan.verdicts[number] for number in self._met_by(risk))
        return tuple(dict.fromkeys(verdict.code for verdict in met if verdict.decision == told))

    def unavailable(self, risk: int) -> tuple[Unavailable, ...]:
        """The sections that a risk wanted and can't have."""
        met = (self.plan.verdicts[number] for number in self._met_by(risk))
        return tuple(Unavailable(v.section, v.code) for v in met if v.decision == "unavailable")

    def _met_by(self, risk: int) -> list[int]:
        return [int(number) for number in self.verdicts[:, risk].nonzero()[0]]


class Columns:
    """An edition's plan compiled for columns, with the taxes in force on a day."""

    def __init__(self, plan: Plan, taxes: TaxesInForce) -> None:
        self.plan, self.taxes = plan, taxes
        write = Numpy(plan)
        emitter = Emitter(plan, taxes, write)
        body = emitter.body()
        # The names of the columns that are asked for; one at least, since they tell how many risks there are.
        self.facts = emitter.facts or ["term_days"]
        opening = [f"    {local(name)} = columns[{name!r}]" for name in self.facts]
        self._rate = write.function("rate", ["columns", "met", "every"], opening + body)
        self._texts = write.texts

    def encode(self, rows: Sequence[Facts]) -> dict[str, Column]:
        """Facts as columns: a choice as its option's position, the beginning of a text as a number of its own."""
        texts = dict(self._texts)
        return {name: self._column(name, rows, texts) for name in self.facts}

    def _column(self, name: str, rows: Sequence[Facts], texts: dict[str, int]) -> Column:
        kind = self.plan.kinds.get(name, Kind("integer"))
        if kind.sort == "yes_no":
            return np.fromiter((row[name] for row in rows), np.bool_, len(rows))
        if kind.sort == "choice":
            positions = {option: position for position, option in enumerate(kind.options)}
            return np.fromiter((positions[row[name]] for row in rows), np.int64, len(rows))  # type: ignore[index]
        if kind.sort == "prefix":
            # Those that the plan doesn't name get numbers too, so that two of a risk can be compared.
            return np.fromiter((texts.setdefault(str(row[name]), len(texts)) for row in rows), np.int64, len(rows))
        return np.fromiter((row[name] for row in rows), np.int64, len(rows))

    def decide(self, columns: Mapping[str, npt.NDArray[Any]]) -> Batch:
        """Prices every risk of `columns`, which hold a column for each name of `facts` (see `encode`)."""
        plan, count = self.plan, len(next(iter(columns.values())))
        sorts = {name: np.bool_ if self._is_yes_no(name) else np.int64 for name in self.facts}
        outcome, verdicts = np.zeros(count, np.uint8), np.zeros((len(plan.verdicts), count), np.bool_)
        declines, refers = (self._verdicts(decision) for decision in ("decline", "refer"))
        amounts: list[Cents] = []
        for start in range(0, count, BLOCK):
            rows = slice(start, min(start + BLOCK, count))
            block: dict[str, Any] = {name: columns[name][rows].astype(sort, copy=False) for name, sort in sorts.items()}
            met = verdicts[:, rows]
            nets, surcharges, _, taxes, gross = self._rate(block, met, np.ones(met.shape[1], np.bool_))
            found = (nets, surcharges, taxes, (gross,))
            amounts = amounts or [np.empty((len(lines), count), np.int64) for lines in found]
            declined = np.flatnonzero(met[declines].any(axis=0))
            outcome[rows] = met[refers].any(axis=0)
            outcome[rows][declined] = OUTCOMES.index("declined")
            for kept, lines in zip(amounts, found, strict=True):
                for line, amount in zip(kept[:, rows], lines, strict=True):
                    line[:] = amount
                    line[declined] = -1
        nets, surcharges, taxes, gross = amounts
        return Batch(plan, outcome, verdicts, nets, surcharges, taxes, gross[0])

    def _is_yes_no(self, name: str) -> bool:
        return name in self.plan.kinds and self.plan.kinds[name].sort == "yes_no"

    def _verdicts(self, decision: str) -> list[int]:
        return [number for number, verdict in enumerate(self.plan.verdicts) if verdict.decision == decision]


class Numpy(Dialect):
    """Many risks: a column for each value. A statement that holds for some rows only is a choice between two columns."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.texts: dict[str, int] = {}  # every choice and beginning of a text that is compared, by its number
        self.covered = ""  # which rows the section at hand covers
        self.rows: list[str] = []  # which rows the statements at hand are for, the innermost last
        self.conditions = 0
        self.constants |= {
            "max": np.maximum, "min": np.minimum, "either": either, "logical_not": np.logical_not, "full": np.full,
            "stretch_of": stretch_of, "lowered": lowered, "raised": raised, "rounded": rounded,
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------ conditions

    def expression(self, expression: Expression) -> str:
        source = self._source(expression)
        return source if expression.names() else f"full(every.shape, {source})"

    def _source(self, expression: Expression) -> str:
        op, arguments = expression.op, expression.arguments
        if op == "name":
            return self.read(expression.name)
        if op == "value":
            return repr(expression.value)
        if arguments[0].kind.sort in ("choice", "prefix"):
            return self._chosen(op, *arguments)
        parts = [self._source(argument) for argument in arguments]
        match op:
            case "not":
                return self.negated(parts[0])
            case "and":
                return self.both(*parts)
            case "or":
                return f"({' | '.join(parts)})"
            case "min" | "max":
                nested = parts[0]
                for part in parts[1:]:
                    nested = f"{op}({nested}, {part})"
                return nested
        return f"({f' {op} '.join(parts)})"

    def _chosen(self, op: str, left: Expression, right: Expression) -> str:
        """A comparison of choices with each other, or with those in quotes."""
        if left.op == "value":
            left, right = right, left
        texts = right.value if isinstance(right.value, tuple) else (right.value,)
        if right.op != "value":
            found = f"{self._text(left)} == {self._text(right)}"
        elif left.op == "name" and left.kind.sort == "choice":
            positions = [left.kind.options.index(str(text)) for text in texts]
            found = self.any_of([f"{self.read(left.name)} == {position}" for position in positions])
        else:
            found = self.any_of([f"{self._text(left)} == {self._number(str(text))}" for text in texts])
        return f"({found})" if op in ("==", "in") else self.negated(found)

    def _text(self, side: Expression) -> str:
        """A choice by the number of its text."""
        if side.op == "value":
            return str(self._number(str(side.value)))
        if side.kind.sort == "prefix":
            return self.read(side.name)
        return self.pick(f"X_{side.name}", [self._number(option) for option in side.kind.options], self.read(side.name))

    def _number(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def both(self, *conditions: str) -> str:
        return self._joined(" & ", [condition for condition in conditions if condition])

    def any_of(self, conditions: Sequence[str]) -> str:
        return self._joined(" | ", conditions) or "False" if all(conditions) else ""

    @staticmethod
    def _joined(sign: str, conditions: Sequence[str]) -> str:
        parts = [f"({condition})" for condition in conditions]
        return f"({sign.join(parts)})" if len(parts) > 1 else "".join(conditions)

    def negated(self, condition: str) -> str:
        return f"logical_not({condition})"

    # Reckoned, not chosen: a choice between two columns takes the processor several times as long, since it guesses
    # which it will be and is wrong at every second row.
    def either(self, condition: str, then: str, otherwise: str) -> str:
        if otherwise == "0":
            return f"(({then}) * ({condition}))"
        return f"either({condition}, {then}, {otherwise})"

    def there(self, condition: str, value: str) -> str:
        return f"({value} - logical_not({condition}))" if condition else value

    # ------------------------------------------------------------------------------------------ statements

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        if not condition:
            yield
            return
        self.conditions += 1
        self.rows.append(f"m{self.conditions}")
        self.emit(f"m{self.conditions} = {self.both(*self.rows[-2:-1] or ['every'], condition)}")
        yield
        self.rows.pop()

    @contextmanager
    def section(self, index: int, covered: str) -> Iterator[None]:
        self.covered = covered
        yield
        self.covered = ""
        if covered:
            self.emit(f"s{index} = s{index} * {covered}")

    def let(self, target: str, value: str) -> None:
        self.emit(f"{target} = {self.either(self.rows[-1], value, target) if self.rows else value}")

    def answer(self, values: str) -> None:
        self.emit(f"return {values}")

    def respread(self, function: str, over: Sequence[int], *arguments: str) -> None:
        nets = "".join(f"s{index}, " for index in over)
        rows = self.rows[-1] if self.rows else "every"
        self.emit(f"{nets}= {function}(({nets}), {rows}, {', '.join(arguments)})")

    def _here(self) -> str:
        """The rows for which what is said now counts."""
        return self.both(self.covered, *self.rows[-1:])

    def meet(self, verdict: int) -> None:
        self.emit(f"met[{verdict}] |= {self._here() or 'True'}")

    def spoken(self, name: str, cells: Sequence[int], look: Look) -> None:
        verdicts = [~cell if cell < 0 else -1 for cell in cells]
        self.hold("v", look(f"V_{name}", verdicts))
        for verdict in sorted(set(verdicts) - {-1}):
            self.emit(f"met[{verdict}] |= {self.both(self._here(), f'v == {verdict}')}")

    def settled(self, name: str, cells: Sequence[int], weight: int, look: Look) -> str:
        self.spoken(name, cells, look)
        return look(f"T_{name}", [weight if cell < 0 else cell for cell in cells])

    def keep(self, slot: str, value: str) -> None:
        """Columns have no explanation: a risk of them is explained by itself."""

    # ------------------------------------------------------------------------------------------ figures

    def pick(self, name: str, figures: Sequence[int], index: str) -> str:
        self.constants[name] = np.array(figures, np.int64)
        return f"{name}.take({index})"

    def stretch(self, name: str, starts: Sequence[int], value: str) -> str:
        self.constants[f"F{name}"] = np.array(starts, np.int64)
        return f"stretch_of(F{name}, {value})"

    def by_choice(self, name: str, axis: Axis, figures: Sequence[int]) -> str:
        key = self.read(axis.key)
        if axis.sort != "prefix":
            return self.pick(name, [figures[axis.positions[choice]] for choice in self._choices(axis.key)], key)
        known = {self._number(option): figures[position] for position, option in enumerate(axis.options)}
        others = max(known) + 1
        return self.pick(
            name, [known.get(number, figures[-1]) for number in range(others + 1)], f"min({key}, {others})"
        )

    def by_choices(self, name: str, keys: Sequence[str], figures: Mapping[tuple[str | bool, ...], int]) -> str:
        index = ""
        ordered: list[tuple[str | bool, ...]] = [()]
        for key in keys:
            choices = self._choices(key)
            index = f"({index}) * {len(choices)} + {self.read(key)}" if index else self.read(key)
            ordered = [(*before, choice) for before in ordered for choice in choices]
        return self.pick(name, [figures[choices] for choices in ordered], index)

    def _choices(self, key: str) -> tuple[str | bool, ...]:
        """What a key can be, in the order of its column's figures."""
        return self.plan.kinds[key].options or (False, True)


def either(condition: Any, then: Any, otherwise: Any) -> Any:
    """One column where the condition holds, else the other."""
    return otherwise + (then - otherwise) * condition


def stretch_of(starts: Any, values: Any) -> Any:
    """Into which stretch each value falls; `starts` are the first values of all but the first."""
    if len(starts) > FEW_STRETCHES:
        return np.searchsorted(starts, values, side="right")
    found = np.zeros(len(values), np.int8)
    for start in starts:
        found += values >= start
    return found
