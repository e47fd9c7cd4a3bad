"""Our side on columns: the scalar engine row by row, and the column engine a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.pricing.edition import ON, edition_of
from benchmarks.pricing.ours import BY, of_decision
from benchmarks.pricing.risks import choices, columns, product
from benchmarks.work import NotHere, Work
from coverage.rulebook.scalar import Facts, Scalar

LOOPED: Final = 100_000  # a loop's time grows with its rows alone, so a tenth of a million tells it


def one_by_one(folder: Path) -> Work:
    """The scalar engine in a loop over ready facts."""
    scalar = _scalar(folder)
    sample = list(islice(_facts(folder, scalar), LOOPED))

    def once() -> None:
        for facts in sample:
            scalar.decide(facts)

    def answers() -> Iterator[object]:
        return (of_decision(scalar.plan, scalar.taxes, scalar.decide(facts)) for facts in _facts(folder, scalar))

    return Work(f"{BY}, a loop", len(sample), once, answers)


def in_columns(folder: Path) -> Work:
    """The column engine over all rows."""
    if find_spec("coverage.rulebook.columns") is None:
        raise NotHere("there are no columns yet")
    raise NotImplementedError(folder)


def _scalar(folder: Path) -> Scalar:
    edition = edition_of(product(folder))
    return edition.compiled(edition.taxes_on(ON))


def _facts(folder: Path, scalar: Scalar) -> Iterator[Facts]:
    found, options = columns(folder), choices(folder)
    kinds = scalar.plan.kinds
    names = list(found)
    for row in zip(*(column.tolist() for column in found.values()), strict=True):
        facts: dict[str, Any] = dict(zip(names, row, strict=True))
        for name in names:
            if name in options:
                facts[name] = options[name][facts[name]]
            elif kinds[name].sort == "yes_no":
                facts[name] = bool(facts[name])
        yield facts
