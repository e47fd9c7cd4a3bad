"""B1: one risk priced, its inputs checked: 10 tables, 3 conditions, 2 taxes, cents exact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import Case, Contest, Side
from benchmarks.pricing.drawing import draw, write_risks
from benchmarks.pricing.edition import TARIFF, edition_of

SEED: Final = 20260207
COMPARED, ALL = 20_000, 1_000_000

OURS: Final = {
    "ours": Side("benchmarks.pricing.ours:priced"),
    "ours, kept": Side("benchmarks.pricing.ours:kept"),
    "ours, with facts": Side("benchmarks.pricing.ours:with_facts"),
    "ours, with amounts": Side("benchmarks.pricing.ours:with_amounts"),
    "ours, explained": Side("benchmarks.pricing.ours:explained"),
}
PEERS: Final = {
    "by hand": Side("benchmarks.pricing.by_hand:work"),
    "oracle": Side("benchmarks.pricing.ours:by_oracle"),
    "zen expression": Side("benchmarks.pricing.zen:expression", "peers"),
    "zen expression, unchecked": Side("benchmarks.pricing.zen:expression_unchecked", "peers"),
    "zen tables": Side("benchmarks.pricing.zen:tables", "peers"),
    "zen tables, traced": Side("benchmarks.pricing.zen:tables_traced", "peers"),
}
CONTESTS: Final = (
    Contest("hand-written Python", "ours", "by hand", 1.0),
    Contest("zen-engine, an expression", "ours", "zen expression", 9),
    Contest("zen-engine, inputs unchecked", "ours", "zen expression, unchecked"),
    Contest("zen-engine, decision tables", "ours", "zen tables", 22),
    Contest("Decimal oracle", "ours", "oracle"),
    # What an explanation is made of later, against a price without it: 10 % more time at most.
    Contest("explanation kept, as asked", "ours, kept", "ours", 1 / 1.1),
    Contest("explanation kept, as facts", "ours, with facts", "ours"),
    Contest("explanation kept, as amounts", "ours, with amounts", "ours"),
    Contest("explained: zen-engine, traced", "ours, explained", "zen tables, traced", 7),
)


def cases(*, full: bool) -> list[Case]:
    """The timed case; with `full` a million risks too, ours against the hand-written, where only answers count."""
    found = [Case("one risk priced", "risk", _writer(COMPARED), {**OURS, **PEERS}, _outcome, CONTESTS, computing=True)]
    if full:
        sides = {"by hand": PEERS["by hand"], "ours": OURS["ours"]}
        found.append(Case("the same cents", "risk", _writer(ALL), sides, _outcome))
    return found


def _writer(count: int) -> Callable[[Path], str]:
    def write(folder: Path) -> str:
        drawn = draw(edition_of(TARIFF), count, SEED)
        write_risks(drawn, folder)
        return str(drawn)

    return write


def _outcome(answer: Any) -> str:
    return str(answer[0])
