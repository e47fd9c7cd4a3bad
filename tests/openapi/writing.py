"""Writes the OpenAPI document as it is committed: `python -m tests.openapi.writing`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from coverage.operations.house import House
from coverage.rulebook.editions import load
from coverage.web.api.declaring import SOMEWHERE
from coverage.web.api.docs import Examples, describe
from coverage.web.app import create_app

ROOT: Final = Path(__file__).parents[2]
DOCUMENT: Final = ROOT / "docs" / "openapi.json"
# The day of which the committed document tells: what is on sale then is in it.
WRITTEN_ON: Final = datetime(2026, 11, 27, 9, tzinfo=UTC)


def document() -> dict[str, Any]:
    """What the service says of itself, on that day."""
    library = load(ROOT / "pricing_rules")
    house = cast("House", SimpleNamespace(rules=lambda: library, wall=lambda: WRITTEN_ON, public_url=SOMEWHERE))
    return describe(create_app(house), Examples())


def text_of(told: dict[str, Any]) -> str:
    """The document as it stands in its file."""
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(text_of(document()), encoding="utf-8")
