"""The editions that are measured, loaded and checked as the service loads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from benchmarks.measuring import ROOT
from coverage.rulebook.editions import load
from coverage.rulebook.loaded import LoadedEdition

ON: Final = date(2026, 2, 7)  # the day whose taxes are charged
TARIFF: Final = "measured_vehicle"
MEASURED: Final = Path(__file__).with_name("rules")
SOLD: Final = ROOT / "pricing_rules"


def edition_of(product: str) -> LoadedEdition:
    """The latest edition of a product: the measured tariff's, or one that is sold."""
    library = load(MEASURED if product == TARIFF else SOLD)
    if library.faults:
        raise ValueError("\n".join(str(fault) for fault in library.faults))
    return library.of(product)[0]


def products_sold() -> tuple[str, ...]:
    """The products of pricing_rules/."""
    return load(SOLD).products()
