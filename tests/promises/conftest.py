"""Gives each promise's test its trial: small within `./dev test`, at full size and kept where SHARECOVER_PROMISES says."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.promises.trial import Outcome, Promise, Trial, kept

ROOT = Path(__file__).parents[2]
KEPT = os.environ.get("SHARECOVER_PROMISES")  # a folder for outcomes; set by `./dev promises`
_OUTCOME = pytest.StashKey[str]()


def _commit() -> str:
    """The commit that is tried, marked where files differ from it."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", "src", "tests"], capture_output=True, text=True, check=False
    )
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "") if head.returncode == 0 else "unknown"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """At full size: promises alone, and of these what isn't known yet for this commit."""
    if KEPT is None:
        return
    commit = _commit()
    held = {outcome.test for outcome in kept(Path(KEPT)) if outcome.commit == commit and outcome.verdict == "held"}
    chosen = [item for item in items if item.get_closest_marker("promise") and item.nodeid not in held]
    chosen.sort(key=lambda item: item.get_closest_marker("promise").args[0].number)  # type: ignore[union-attr]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]
        item.stash[_OUTCOME] = report.outcome  # type: ignore[attr-defined]
    return report


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> Iterator[Trial]:
    """How much of the promise to try; what was met is checked and kept when the test is over."""
    marker = request.node.get_closest_marker("promise")
    about: Promise = marker.args[0]
    found = Trial(about, about.full if KEPT else about.small)
    began = time.monotonic()
    yield found
    passed = request.node.stash.get(_OUTCOME, "failed") == "passed"
    verdict = ("held" if not found.unmet else "not provoked") if passed else "broken"
    if KEPT:
        Outcome.of(request.node.nodeid, found, time.monotonic() - began, verdict, _commit()).keep(Path(KEPT))
    if passed:
        assert not found.unmet, f"never met: {', '.join(found.unmet)}; seed {found.seed}"
        assert found.tried >= found.size, f"only {found.tried} of {found.size} {about.unit} were tried"
