"""Writes what the promises came to as one table: `python -m tests.promises.telling FOLDER docs/promises.md`."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.promises.trial import Outcome, kept

HEAD = """# What the service promises, and what was found

Each promise is a test that can fail: `./dev test` tries it at a small size, `./dev promises` at its full one, which writes
this page. A trial that never met the fault that it is about fails too.

"""


def page(outcomes: list[Outcome]) -> str:
    """The page: when, where, and a row for each trial."""
    minutes = round(sum(outcome.seconds for outcome in outcomes) / 60)
    commits = ", ".join(sorted({f"`{outcome.commit}`" for outcome in outcomes}))
    rows = [
        f"| {outcome.number} | {outcome.words} | {outcome.tried} | {outcome.found} | {outcome.seconds} s | {outcome.verdict} |"
        for outcome in outcomes
    ]
    return (
        HEAD
        + f"Tried until {datetime.now(UTC):%Y-%m-%d} at {commits}, in {minutes} minutes, on {_machine()}; seed "
        + f"{outcomes[0].seed if outcomes else '–'}.\n\n"
        + "| | promise | tried | met | in | verdict |\n| ---: | --- | --- | --- | ---: | --- |\n"
        + "\n".join(rows)
        + "\n"
    )


def _machine() -> str:
    model = "a processor that doesn't say its name"
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = models[0] if models else model
    return f"{os.cpu_count()} cores of {model}, {platform.system()}, Python {platform.python_version()}"


def main(folder: str, target: str) -> int:
    """Writes the page and prints it; 1 where a promise didn't hold."""
    outcomes = kept(Path(folder))
    text = page(outcomes)
    Path(target).write_text(text)
    sys.stdout.write(text)
    return int(any(outcome.verdict != "held" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
