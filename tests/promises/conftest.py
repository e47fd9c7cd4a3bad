"""Gives each promise's test its trial: small within `./dev test`, at full size and kept where SHARECOVER_PROMISES says."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.promises.trial import Outcome, Promise, Trial, Turn, kept, to_try

ROOT = Path(__file__).parents[2]
KEPT = os.environ.get("SHARECOVER_PROMISES")  # a folder for outcomes; set by `./dev promises`
TURN = cast(
    "Turn | None", os.environ.get("SHARECOVER_PROMISES_TURN")
)  # those that bear others beside them, or the rest
_TOLD = "promise"  # the property of a report that says what a trial came to
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
    promises = {item.nodeid: item for item in items if item.get_closest_marker("promise")}
    marked = [(name, item.get_closest_marker("promise").args[0]) for name, item in promises.items()]  # type: ignore[union-attr]
    chosen = [promises[name] for name in to_try(marked, held, TURN)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


class Telling:
    """Says what each trial came to as soon as it is over, also where several processes try."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = dict(report.user_properties).get(_TOLD)
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.when == "teardown" and said is not None and terminal is not None:
            terminal.ensure_newline()
            terminal.write_line(str(said))


def pytest_configure(config: pytest.Config) -> None:
    if KEPT is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Telling(config))


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
        outcome = Outcome.of(request.node.nodeid, found, time.monotonic() - began, verdict, _commit())
        outcome.keep(Path(KEPT))
        request.node.user_properties.append((_TOLD, outcome.line))
    if passed:
        assert not found.unmet, f"never met: {', '.join(found.unmet)}; seed {found.seed}"
        assert found.tried >= found.size, f"only {found.tried} of {found.size} {about.unit} were tried"
