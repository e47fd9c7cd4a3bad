"""The runbook: a section for each alarm, and nothing in it that isn't there: commands, metrics, settings."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from itertools import takewhile
from typing import Any, Final

import pytest
import yaml

from coverage.telemetry.metrics import REGISTRY
from tests.conftest import ROOT
from tests.processes import run_coverage

RUNBOOK: Final = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
GUIDE: Final = (ROOT / "docs" / "operator-guide.md").read_text(encoding="utf-8")
RULES: Final[list[dict[str, Any]]] = [
    rule for group in yaml.safe_load((ROOT / "docker" / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
ALARMS: Final = [rule["alert"] for rule in RULES]
SECTIONS: Final = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))
PARTS: Final = ("**It means**", "**Look**", "**A way out**", "**It is over when**")


def metrics_in(text: str) -> set[str]:
    """The metrics of ours that a text names, without what the format puts behind a histogram's name. PostgreSQL's roles
    are none.
    """
    found = re.findall(r"\bsharecover_(?!(?:app|worker)\b)[a-z_]+", text)
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in found}


def metrics_there() -> set[str]:
    return {
        family.name + ("_total" if family.type == "counter" else "")
        for family in REGISTRY.collect()
        if family.name.startswith("sharecover_")
    }


def commands_in(text: str) -> list[list[str]]:
    """The commands of ours that a text names, each as its words: `coverage outbox retry ID` is ["outbox", "retry"]."""
    quoted = re.findall(r"`coverage ([a-z][^`]*)`", text)
    return [list(takewhile(lambda word: re.fullmatch(r"[a-z][a-z-]+", word), one.split())) for one in quoted]


@cache
def help_of(words: tuple[str, ...]) -> str | None:
    """What `coverage … --help` says; None where there is no such command."""
    told = run_coverage(*words, "--help", COLUMNS="200")
    return told.stdout if told.returncode == 0 else None


class TestSections:
    def test_are_those_of_the_alarms(self) -> None:
        assert list(SECTIONS) == ALARMS

    @pytest.mark.parametrize("alarm", ALARMS)
    def test_say_all_four_things(self, alarm: str) -> None:
        places = [SECTIONS[alarm].find(part) for part in PARTS]
        assert -1 not in places
        assert places == sorted(places)

    @pytest.mark.parametrize("rule", RULES, ids=ALARMS)
    def test_are_where_their_alarm_says(self, rule: dict[str, Any]) -> None:
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]

    def test_lead_to_sections_that_are_there(self) -> None:
        named = set(re.findall(r"\]\(#([a-z]+)\)", RUNBOOK))
        assert named
        assert named <= {alarm.lower() for alarm in ALARMS}


class TestNames:
    @pytest.mark.parametrize("rule", RULES, ids=ALARMS)
    def test_of_metrics_in_an_alarm_are_there(self, rule: dict[str, Any]) -> None:
        assert metrics_in(rule["expr"])
        assert metrics_in(rule["expr"]) <= metrics_there()

    def test_of_metrics_in_the_runbook_are_there(self) -> None:
        assert metrics_in(RUNBOOK) <= metrics_there()

    def test_of_metrics_in_the_guide_are_all_that_there_are(self) -> None:
        table = GUIDE.partition("| `sharecover_…` |")[2].partition("\n\n")[0]
        told = {
            f"sharecover_{name}"
            for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
            for name in re.findall(r"`(\w+)`", row)
        }
        assert told == metrics_there()

    def test_of_settings_are_in_the_guide(self) -> None:
        named = set(re.findall(r"\bSHARECOVER_[A-Z_]+", RUNBOOK))
        assert named
        assert {name for name in named if f"`{name}`" not in GUIDE} == set()

    @pytest.mark.parametrize("words", sorted({tuple(one) for one in commands_in(RUNBOOK)}), ids=" ".join)
    def test_of_commands_are_there(self, words: tuple[str, ...]) -> None:
        told = help_of(words)
        assert told is not None
        for one in re.findall(rf"`coverage {' '.join(words)}[^`]*?(--[a-z-]+)", RUNBOOK):
            assert one in told

    def test_of_files_are_there(self) -> None:
        for name in set(re.findall(r"\b(?:docker|docs)/[\w.-]+\.(?:yaml|md)", RUNBOOK)):
            assert (ROOT / name).is_file(), name


class TestChecks:
    """That each can fail."""

    def test_find_a_command_that_is_not_there(self) -> None:
        assert commands_in("`coverage outbox retry ID`, `coverage outbox list --state set_aside`") == [
            ["outbox", "retry"], ["outbox", "list"],
        ]  # fmt: skip
        assert help_of(("outbox", "list")) is not None
        assert help_of(("outbox", "empty")) is None

    def test_find_metrics(self) -> None:
        assert metrics_in('sum(rate(sharecover_request_seconds_bucket{a="b"}[5m]))') == {"sharecover_request_seconds"}
        assert "sharecover_made_up" not in metrics_there()


def test_rules_are_taken_by_prometheus() -> None:
    """Where its own checker is installed."""
    try:
        told = subprocess.run(
            ["promtool", "check", "rules", "docker/alerts.yaml"], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("promtool isn't installed")
    assert told.returncode == 0, told.stdout + told.stderr
