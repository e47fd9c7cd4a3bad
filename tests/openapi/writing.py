"""Writes the OpenAPI document as it is committed, of now and of its newest dated version: `./dev openapi`.

A dated version is what partners wrote their programs for: nothing is written over it that would break them.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from coverage.operations.house import House
from coverage.rulebook.editions import load
from coverage.web.api.declaring import SOMEWHERE
from coverage.web.api.docs import Examples, describe
from coverage.web.api.versions import NEWEST
from coverage.web.app import create_app
from tests.openapi.comparing import breaks

ROOT: Final = Path(__file__).parents[2]
DOCUMENT: Final = ROOT / "docs" / "openapi.json"
DATED: Final = ROOT / "docs" / "versions"
# The day of which the committed document tells: what is on sale then is in it.
WRITTEN_ON: Final = datetime(2026, 11, 27, 9, tzinfo=UTC)


def document() -> dict[str, Any]:
    """What the service says of itself, on that day."""
    library = load(ROOT / "pricing_rules")
    house = SimpleNamespace(rules=lambda: library, wall=lambda: WRITTEN_ON, public_url=SOMEWHERE)
    return describe(create_app(cast("House", house)), Examples())


def dated(date: str = NEWEST) -> Path:
    """Where a dated version's document is kept."""
    return DATED / f"{date}.json"


def broken(told: dict[str, Any]) -> list[str]:
    """What of the newest dated version that is committed no longer holds."""
    kept = dated()
    return breaks(json.loads(kept.read_text(encoding="utf-8")), told) if kept.exists() else []


def write() -> None:
    """Writes both, unless a promise would be broken by it."""
    told = document()
    if found := broken(told):
        lines = "\n  ".join(found)
        sys.exit(
            f"This breaks who was written for {NEWEST}:\n  {lines}\n"
            "Give it a new date, and say in web/api/versions.py how an answer is told in the one before."
        )
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    DATED.mkdir(exist_ok=True)
    for path in (DOCUMENT, dated()):
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
