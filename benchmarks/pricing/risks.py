"""Risks as they lie in a workload's folder, for either side: one by one as JSON, or whole columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

RISKS: Final = "risks.jsonl"
COLUMNS: Final = "columns.npz"
CHOICES: Final = "choices.json"
PRODUCT: Final = "product"
TIMED: Final = 2_000  # so many different risks are gone through against the clock, again and again

Risk = tuple[dict[str, Any], dict[str, int]]  # what the API was given, and what the term comes to


def risks(folder: Path) -> Iterator[Risk]:
    """Each risk of the folder in its order."""
    with (folder / RISKS).open(encoding="utf-8") as file:
        for line in file:
            given, term = json.loads(line)
            yield given, term


def columns(folder: Path) -> dict[str, Any]:
    """Each name's column of whole numbers: money in micro-units, yes as 1, a choice as its position in `choices`."""
    import numpy as np  # not every peer has it

    with np.load(folder / COLUMNS) as found:
        return dict(found)


def choices(folder: Path) -> dict[str, list[str]]:
    """The choices of each name that has some, in their order."""
    found: dict[str, list[str]] = json.loads((folder / CHOICES).read_text(encoding="utf-8"))
    return found


def product(folder: Path) -> str:
    """The product that the columns are risks of."""
    return (folder / PRODUCT).read_text(encoding="utf-8")
