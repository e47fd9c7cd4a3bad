"""Answers that were recorded of the running service, for the documentation's examples (`./dev record`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

PATH: Final = Path(__file__).with_name("recorded.json")

# `answers`: by operation, status and media type; `events`: by kind; `problems`: by code; `raised`: the codes
# that each operation was seen to answer.
RECORDED: Final[dict[str, dict[str, Any]]] = json.loads(PATH.read_text(encoding="utf-8"))
