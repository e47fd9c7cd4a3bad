"""`./dev bench`: runs benchmarks, prints a table for each and writes what was measured as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks import certificates, one_risk, portfolio
from benchmarks.measuring import ROOT, Case, run
from benchmarks.reporting import machine, plain, shown

BENCHMARKS: Final[dict[str, Callable[..., list[Case]]]] = {
    "B1": one_risk.cases,
    "B2": portfolio.cases,
    "B4": certificates.cases,
}

WIDTH: Final = 100  # of a table that goes to a file


def main() -> int:
    """Exit 0 when each side gave the same answers, 1 when one didn't, whether or not the goals are met."""
    asked = _arguments()
    pythons = {"ours": Path(sys.executable), "peers": asked.peers / "bin" / "python"}
    found, same = [], True
    screen = Console(width=None if sys.stdout.isatty() else WIDTH)
    for name in asked.benchmark or BENCHMARKS:
        for case in BENCHMARKS[name](full=asked.full):
            outcome = run(case, pythons, asked.rounds)
            screen.print(shown(name, outcome))
            found.append(plain(name, outcome))
            same = same and outcome.same
    to: Path = asked.json or ROOT / ".data" / "benchmarks" / f"{datetime.now():%Y-%m-%dT%H%M%S}.json"  # noqa: DTZ005
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps({**machine(), "benchmarks": found}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    screen.print(f"written to {to}")
    return 0 if same else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measure against peers, both in one run.")
    parser.add_argument("benchmark", nargs="*", help=f"which: {', '.join(BENCHMARKS)}; all where none is named")
    parser.add_argument("--rounds", type=int, default=7, help="how many turns each side has (7; at least 5)")
    parser.add_argument("--full", action="store_true", help="compare a million answers, where that takes a while")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write what was measured")
    parser.add_argument("--peers", type=Path, default=ROOT / ".data" / "bench-peers", help="the peers' environment")
    asked = parser.parse_args()
    unknown = [name for name in asked.benchmark if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    if asked.rounds < 5:
        parser.error("fewer than 5 rounds say nothing")
    return asked


if __name__ == "__main__":
    sys.exit(main())
