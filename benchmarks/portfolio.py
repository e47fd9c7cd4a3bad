"""B2: a million risks priced in columns, on one core: the measured tariff, and each product that is sold."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import Case, Contest, Side
from benchmarks.pricing.drawing import draw, write_columns
from benchmarks.pricing.edition import TARIFF, edition_of, products_sold

SEED: Final = 20260208
RISKS: Final = 1_000_000

OURS: Final = {
    "a loop": Side("benchmarks.pricing.rows:one_by_one"),
    "columns": Side("benchmarks.pricing.rows:in_columns"),
}
PEERS: Final = {
    "OpenFisca": Side("benchmarks.pricing.openfisca:by_indexing", "peers"),
    "OpenFisca, select": Side("benchmarks.pricing.openfisca:by_select", "peers"),
}
LOOP: Final = Contest("our own scalar loop", "columns", "a loop", 20)
OPENFISCA: Final = (
    Contest("OpenFisca-Core, as documented", "columns", "OpenFisca", 25),
    Contest("OpenFisca-Core, by select", "columns", "OpenFisca, select"),
)


def cases(*, full: bool) -> list[Case]:  # noqa: ARG001 — a million is what it is about
    """The measured tariff against all peers, then each product against the loop."""
    found = [_case(TARIFF, {**OURS, **PEERS}, (LOOP, *OPENFISCA))]
    return found + [_case(product, OURS, (LOOP,)) for product in products_sold()]


def _case(product: str, sides: dict[str, Side], contests: tuple[Contest, ...]) -> Case:
    def write(folder: Path) -> str:
        drawn = draw(edition_of(product), RISKS, SEED)
        write_columns(drawn, folder)
        return str(drawn)

    return Case(
        f"a million risks in columns, {product}",
        "million risks",
        write,
        sides,
        _outcome,
        contests,
        RISKS,
        computing=True,
    )


def _outcome(answer: Any) -> str:
    return str(answer[0])
