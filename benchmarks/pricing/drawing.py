"""Risks drawn for an edition from a seed, and laid down for the sides to read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.pricing.edition import ON
from benchmarks.pricing.risks import CHOICES, COLUMNS, PRODUCT, RISKS
from coverage.rulebook.language.expressions import Kind
from coverage.rulebook.language.notation import MICRO, MICRO_PER_CENT
from coverage.rulebook.loaded import LoadedEdition

Column = npt.NDArray[np.int64]
DRAWN: Final = ("integer", "money", "yes_no", "choice")


@dataclass(frozen=True)
class Drawn:
    """A column for each name that may be rated on: whole numbers, micro-units, 0 and 1, or a choice's position."""

    edition: LoadedEdition
    seed: int
    columns: dict[str, Column]

    def kind(self, name: str) -> Kind:
        return self.edition.plan.kinds[name]

    def __len__(self) -> int:
        return len(self.columns["term_days"])

    def __str__(self) -> str:
        return f"{len(self):,} risks of {self.edition.identity}, seed {self.seed}"


def draw(edition: LoadedEdition, count: int, seed: int) -> Drawn:
    """Draws risks: a term of any length that is sold; what has a default mostly at it; the rest all over its range, a
    quarter of it at an end or, with money, a round sum, where rows begin and exact halves of a cent are met.
    """
    chance, plan, term = np.random.Generator(np.random.PCG64(seed)), edition.plan, edition.rules.term
    seconds = chance.integers(term.min, term.max, count, endpoint=True) - term.grace
    columns = {"term_hours": np.maximum(-(-seconds // 3600), 1), "term_days": np.maximum(-(-seconds // 86_400), 1)}
    for name, kind in plan.kinds.items():
        if name not in columns and name not in plan.formulas and kind.sort in DRAWN:
            columns[name] = _column(edition, name, kind, chance, count)
    return Drawn(edition, seed, columns)


def _column(edition: LoadedEdition, name: str, kind: Kind, chance: np.random.Generator, count: int) -> Column:
    if kind.options:
        column = chance.integers(0, len(kind.options), count)
    elif kind.sort == "money":
        column = chance.integers(kind.lowest // MICRO_PER_CENT, kind.highest // MICRO_PER_CENT, count, endpoint=True)
        column *= MICRO_PER_CENT
        column = np.where(
            chance.random(count) < 0.25, np.maximum(column // (500 * MICRO) * 500 * MICRO, kind.lowest), column
        )
    else:
        column = chance.integers(kind.lowest, kind.highest, count, endpoint=True)
        ends = np.where(chance.random(count) < 0.5, kind.lowest, kind.highest)
        column = np.where(chance.random(count) < 0.05, ends, column)
    default = _default(edition, name, kind)
    return column if default is None else np.where(chance.random(count) < 0.75, default, column)


def _default(edition: LoadedEdition, name: str, kind: Kind) -> int | None:
    given = edition.rules.inputs.get(name)
    value = None if given is None else given.default_value(ON)
    return kind.options.index(value) if isinstance(value, str) else None if value is None else int(value)  # type: ignore[arg-type]


def write_risks(drawn: Drawn, folder: Path) -> None:
    """One risk on a line: what the API is given, defaults left out, and what the term comes to."""
    with (folder / RISKS).open("w", encoding="utf-8") as file:
        for risk in _as_json(drawn):
            file.write(json.dumps(risk, separators=(",", ":")) + "\n")


def _as_json(drawn: Drawn) -> Iterator[tuple[dict[str, Any], dict[str, int]]]:
    inputs = drawn.edition.rules.inputs
    defaults = {name: _default(drawn.edition, name, drawn.kind(name)) for name in inputs if name in drawn.columns}
    names = list(drawn.columns)
    for row in zip(*(column.tolist() for column in drawn.columns.values()), strict=True):
        values = dict(zip(names, row, strict=True))
        given = {name: _carried(drawn.kind(name), values[name]) for name in defaults if values[name] != defaults[name]}
        yield given, {name: value for name, value in values.items() if name not in inputs}


def _carried(kind: Kind, value: int) -> object:
    """A drawn value as JSON carries it."""
    match kind.sort:
        case "money":
            return {"amount": value // MICRO_PER_CENT, "currency": kind.currency}
        case "choice":
            return kind.options[value]
    return bool(value) if kind.sort == "yes_no" else value


def write_columns(drawn: Drawn, folder: Path) -> None:
    """The columns as they are, the choices that positions stand for, and the product's name."""
    np.savez(folder / COLUMNS, **drawn.columns)  # type: ignore[arg-type]
    options = {name: drawn.kind(name).options for name in drawn.columns if drawn.kind(name).sort == "choice"}
    (folder / CHOICES).write_text(json.dumps(options), encoding="utf-8")
    (folder / PRODUCT).write_text(drawn.edition.product, encoding="utf-8")
