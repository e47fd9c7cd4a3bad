"""Holds columns, scalar and oracle to each other on a million risks of each product: `python -m tests.rulebook.million`.

Prints how many risks, outcomes, codes, edges, exact halves and steps of the contract were met, and how long it took.
The first risk on which they differ ends the run, and is printed with the seed that makes it again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from coverage.rulebook.editions import load
from coverage.rulebook.loaded import LoadedEdition
from tests.rulebook.agreement import Agreement, Compared, parts_of
from tests.rulebook.made_editions import MADE, made_edition

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = (ROOT / "pricing_rules", ROOT / "tests" / "tariffs")
ON: Final = date(2026, 2, 1)
MILLION: Final = 1_000_000
PART: Final = 25_000  # risks that one process compares at a time


@cache
def products() -> dict[str, LoadedEdition]:
    """Every edition on sale or in the tests' tariffs, by product; where there are several, the latest."""
    editions = [edition for folder in FOLDERS for edition in load(folder, folder.name).editions]
    return {edition.product: edition for edition in sorted(editions, key=lambda edition: edition.effective_at)}


def edition_of(name: str) -> LoadedEdition:
    """A product's edition, or one of those that are made for the tests."""
    return made_edition(name) if name in MADE else products()[name]


def compare_part(name: str, seed: str, count: int, by_oracle: int) -> Compared:
    """Compares `count` risks of `seed`, `by_oracle` of them by the oracle too."""
    edition = edition_of(name)
    return Agreement(edition, edition.taxes_on(ON), seed).compare(count, by_oracle)


def compare(workers: ProcessPoolExecutor, name: str, seed: str, count: int, by_oracle: int) -> Compared:
    """Compares in parts, on every processor; each part's seed is the seed and its number."""
    parts = [
        workers.submit(compare_part, name, f"{seed} {number}", size, size * by_oracle // count)
        for number, size in enumerate(parts_of(count, PART))
    ]
    compared = Compared()
    for part in parts:
        compared.add(part.result())
    return compared


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rulebook.million", description=__doc__)
    parser.add_argument("products", nargs="*", metavar="PRODUCT", help=f"all of them, or such as {', '.join(MADE)}")
    parser.add_argument("--count", type=int, default=MILLION, help="risks of each product (default: %(default)s)")
    parser.add_argument("--oracle", type=int, help="how many of them the oracle is asked for (default: all)")
    parser.add_argument("--seed", default="2026-02-07", help="the same seed makes the same risks")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.products if name not in {*products(), *MADE}]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join([*products(), *MADE])}")
    by_oracle = asked.count if asked.oracle is None else min(asked.oracle, asked.count)
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        for name in asked.products or products():
            began = time.monotonic()
            compared = compare(workers, name, asked.seed, asked.count, by_oracle)
            seconds = time.monotonic() - began
            sys.stdout.write(f"{name}, seed {asked.seed}, {seconds:.0f} s: {compared}\n\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
