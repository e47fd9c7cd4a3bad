"""What the tests of `coverage rules` ask with: the command's runner, the Saturday's van."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from coverage.commands.rules import app
from tests.rulebook.rule_files import RULES

TERM = ["--start", "2026-02-07T08:00+01:00", "--end", "2026-02-07T20:00+01:00"]
VAN = [
    "vehicle_class=van", "registration=AB-123-CD", "driver_born=1990-05-01", "licence_since=2010-06-01",
    "goods_value=8000 EUR",
]  # fmt: skip


def run(*arguments: object, rules: Path = RULES, width: int = 80, language: str = "C") -> Result:
    """`coverage rules …` in a terminal of a width and a language."""
    environment = {"COLUMNS": str(width), "LC_ALL": language}
    return CliRunner().invoke(app, [*map(str, arguments), "--rules", str(rules)], env=environment)


def answered(*arguments: object, rules: Path = RULES, code: int = 0) -> dict[str, Any]:
    """The answer as JSON, which must be an object and exit as expected."""
    result = run(*arguments, "--json", rules=rules)
    assert result.exit_code == code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def without(name: str) -> list[str]:
    """The van without one of its answers."""
    return [pair for pair in VAN if not pair.startswith(f"{name}=")]
