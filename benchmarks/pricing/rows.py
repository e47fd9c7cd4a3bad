"""Our side on columns: the scalar engine row by row, and the column engine a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.pricing.edition import ON, edition_of
from benchmarks.pricing.ours import BY, of_figures
from benchmarks.pricing.risks import choices, columns, product
from benchmarks.work import Work
from coverage.rulebook.running.columns import OUTCOMES, Batch, Columns
from coverage.rulebook.running.scalar import Facts, Scalar

LOOPED: Final = 100_000  # a loop's time grows with its rows alone, so a tenth of a million tells it


def one_by_one(folder: Path) -> Work:
    """The scalar engine in a loop over ready facts."""
    edition = edition_of(product(folder))
    scalar = edition.compiled(edition.taxes_on(ON))
    rate = scalar.figures
    sample = list(islice(_facts(folder, scalar), LOOPED))

    def once() -> None:
        for facts in sample:
            rate(facts)

    def answers() -> Iterator[object]:
        return (of_figures(scalar, rate(facts)) for facts in _facts(folder, scalar))

    return Work(BY, len(sample), once, answers)


def in_columns(folder: Path) -> Work:
    """The column engine over all rows."""
    edition = edition_of(product(folder))
    engine = Columns(edition.plan, edition.taxes_on(ON))
    found = columns(folder)
    flags = [name for name in found if edition.plan.kinds[name].sort == "yes_no"]
    ready = {**found, **{name: found[name].astype(bool) for name in flags}}

    def once() -> Batch:
        return engine.decide(ready)

    return Work(BY, len(ready["term_days"]), once, lambda: _of_batch(once()))


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


def _of_batch(batch: Batch) -> Iterator[object]:
    """Each risk's answer, as `of_figures` tells one."""
    reasons: dict[bytes, tuple[str, ...]] = {}
    rows = zip(batch.outcome.tolist(), batch.verdicts.T, batch.nets.T.tolist(), batch.taxes.T.tolist(),
               batch.gross.tolist(), strict=True)  # fmt: skip
    for risk, (outcome, verdicts, nets, taxes, gross) in enumerate(rows):
        met = verdicts.tobytes()
        if met not in reasons:
            reasons[met] = batch.reasons(risk)
        told = OUTCOMES[outcome], reasons[met]
        yield told if OUTCOMES[outcome] == "declined" else (*told, nets, taxes, gross)
