"""`coverage outbox`: what an operator types, and what is answered."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from coverage.storage.outbox import STATES, Job
from coverage.storage.tenancy import Database
from tests.builders import Platform, a_risk
from tests.processes import run_coverage

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def aside(platform: Platform, owner: Database) -> Job:
    """The only job: it was set aside."""
    with owner.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))
    platform.cover(platform.quote(risk=a_risk(vehicle_class="cargo_bike")))
    with owner.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE kind <> 'render_certificate'"))
        error = "rendering_failed: The document could not be set: \\[bold]ValueError"
        connection.execute(
            text("UPDATE outbox SET set_aside_at = due_at, attempts = 24, last_error = :e"), {"e": error}
        )
    with Database(owner.engine, "sharecover_worker").outside() as session:
        return session.query(Job).one()


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_coverage("outbox", *arguments, DATABASE_URL=database_url, SHARECOVER_DATA=str(tmp_path))

    return run


class TestList:
    def test_tells_what_was_set_aside_and_why_and_nothing_of_a_person(self, run: Run, aside: Job) -> None:
        told = run("list")
        assert told.returncode == 0, told.stderr
        (line,) = (line for line in told.stdout.splitlines() if aside.subject in line)
        assert line.split()[0] == str(aside.id)
        assert "set aside" in line
        assert " \\[bold]ValueError" in line, "as it was said, not as a table's own mark"
        assert "0 waiting, 0 running, 1 set aside, 0 done" in told.stdout
        assert "Camille" not in told.stdout

    def test_answers_programs_with_json(self, run: Run, aside: Job) -> None:
        answer = json.loads(run("list", "--state", "set_aside", "--json").stdout)
        assert answer["counts"] == {"waiting": 0, "running": 0, "set_aside": 1, "done": 0}
        assert set(answer["counts"]) == set(STATES)
        (job,) = answer["jobs"]
        assert (job["id"], job["state"], job["subject"]) == (aside.id, "set_aside", aside.subject)
        assert json.loads(run("list", "--state", "done", "--json").stdout)["jobs"] == []

    def test_refuses_a_state_that_there_is_not(self, run: Run) -> None:
        told = run("list", "--state", "asleep")
        assert told.returncode == 2
        assert "'asleep'; expected one of waiting, running, set_aside, done" in told.stderr

    def test_names_each_state_whole_on_a_narrow_terminal(self, run: Run) -> None:
        told = run_coverage("outbox", "list", "--help", COLUMNS="80").stdout
        assert ", ".join(STATES) in re.sub(r"[\s│]+", " ", told)

    def test_says_where_it_looked_in_vain_for_a_database(self, tmp_path: Path) -> None:
        told = run_coverage("outbox", "list", SHARECOVER_DATA=str(tmp_path))
        assert told.returncode == 2
        assert f"there is no database in {tmp_path}" in told.stderr


class TestRetry:
    def test_gives_another_chance_once(self, run: Run, aside: Job) -> None:
        told = run("retry", "--all")
        assert (told.returncode, told.stdout) == (0, "1 job is tried again.\n")
        assert run("retry", "--all").stdout == "0 jobs are tried again.\n"
        assert json.loads(run("list", "--json").stdout)["jobs"][0]["state"] == "waiting"

    def test_tells_which_can_not_be_tried_again(self, run: Run, aside: Job) -> None:
        told = run("retry", str(aside.id), "99999999")
        assert (told.returncode, told.stdout) == (1, "1 job is tried again.\n")
        assert "job 99999999 can't be tried again: there is no such job" in told.stderr

    @pytest.mark.parametrize("arguments", [(), ("--all", "7"), ("seven",), ("9" * 19,), ("0",)])
    def test_refuses_what_says_too_little_or_too_much(self, run: Run, arguments: tuple[str, ...]) -> None:
        assert run("retry", *arguments).returncode == 2
