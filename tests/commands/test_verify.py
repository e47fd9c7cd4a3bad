"""`coverage verify events`: what it says, and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import text

from coverage.operations.sealing import seal_batch
from tests.logs import Log, Ticking, a_log
from tests.processes import free_port, run_coverage

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def log(fresh_database_url: str, tmp_path: Path) -> Iterator[Log]:
    """Five facts that are sealed and anchored in the data folder, one that is sealed since, and one that waits."""
    with a_log(fresh_database_url, tmp_path) as log:
        for number in range(5):
            log.record(log.tenants[number % 3])
        log.seal()
        log.record(log.tenants[0])
        seal_batch(log.queue, log.house.wall())
        log.record(log.tenants[1])
        yield log


class TestVerifyEvents:
    def test_says_what_holds_and_how_far_the_anchor_reaches(
        self, log: Log, tmp_path: Path, fresh_database_url: str
    ) -> None:
        done = run_coverage("verify", "events", "--data", str(tmp_path), DATABASE_URL=fresh_database_url)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("6 events verified in ")
        assert "; 1 waits for its seal." in done.stdout
        assert "The log ends at position 6, hash " in done.stdout
        assert "The anchor reaches position 5 (2026-11-21T09:30:0" in done.stdout
        assert "Z), 1 behind." in done.stdout
        assert done.stdout.endswith("All is as it was sealed.\n")

    def test_names_each_place_and_exits_1(self, log: Log, tmp_path: Path, fresh_database_url: str) -> None:
        with log.owner.engine.begin() as connection:
            connection.execute(text("ALTER TABLE facts DISABLE TRIGGER USER"))
            connection.execute(text("ALTER TABLE seals DISABLE TRIGGER USER"))
            for tenant in log.tenants:
                connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": tenant.id})
                connection.execute(
                    text("UPDATE facts SET actor = 'nobody' FROM seals WHERE fact_id = id AND position = 2")
                )
                connection.execute(text("DELETE FROM seals WHERE position > 4"))
        copy = tmp_path / "elsewhere.anchor"
        shutil.move(log.anchor, copy)
        arguments = ("verify", "events", "--data", str(tmp_path), "--anchor", str(copy))
        done = run_coverage(*arguments, DATABASE_URL=fresh_database_url)
        assert done.returncode == 1
        assert f", tenant {log.tenants[0].id}: content changed: " in done.stderr
        assert "position 2, fact evt_" in done.stderr
        assert "position 5: tail cut off: " in done.stderr
        assert done.stdout.endswith("4 faults found.\n"), "also the two facts whose seals are gone"
        done = run_coverage(*arguments, "--json", DATABASE_URL=fresh_database_url)
        assert done.returncode == 1
        told = json.loads(done.stdout)
        assert (told["verified"], told["head"]["position"], told["anchor"]["position"]) == (3, 4, 5)
        assert told["faults_found"] == len(told["faults"]) == 4
        found = [(fault["kind"], fault["position"]) for fault in told["faults"][:2]]
        assert found == [("content_changed", 2), ("cut_off", 5)]
        assert {fault["kind"] for fault in told["faults"][2:]} == {"not_sealed"}

    def test_takes_a_missing_anchor_for_a_fault(self, log: Log, tmp_path: Path, fresh_database_url: str) -> None:
        log.anchor.unlink()
        arguments = ("verify", "events", "--data", str(tmp_path))
        done = run_coverage(*arguments, DATABASE_URL=fresh_database_url)
        assert (done.returncode, "anchor missing" in done.stderr) == (1, True)
        assert done.stdout.endswith("\n1 fault found.\n")
        assert "" not in done.stderr.splitlines(), "nor an empty line where nobody watches the progress"
        done = run_coverage(*arguments, "--anchor", str(log.anchor), DATABASE_URL=fresh_database_url)
        assert (done.returncode, "there is no file" in done.stderr) == (2, True)


class TestAnchorBegunAnew:
    """An earlier one isn't there any more, as after its file was moved away."""

    @pytest.fixture
    def aside(self, log: Log) -> Path:
        """The anchor of the first five, put aside an hour before the others were anchored."""
        aside = log.anchor.rename(log.anchor.with_name("aside"))
        cast("Ticking", log.house.wall).now += timedelta(hours=1)
        log.seal()
        log.record(log.tenants[2])
        log.seal()
        return aside

    @pytest.fixture
    def run(self, log: Log, aside: Path, tmp_path: Path, fresh_database_url: str) -> Run:
        return lambda *arguments: run_coverage(
            "verify", "events", "--data", str(tmp_path), *arguments, DATABASE_URL=fresh_database_url
        )

    def test_is_a_fault_and_what_is_and_is_not_proven_is_said(self, run: Run) -> None:
        done = run()
        assert done.returncode == 1
        assert done.stderr.startswith("positions 1 to 6: anchor begun late: it vouches that they are as they were when")
        assert "The anchor reaches from position 7 (2026-11-21T10:30:0" in done.stdout
        assert "Z) to position 8 (2026-11-21T10:30:0" in done.stdout
        assert "say --anchor-from 7.\n1 fault found.\n" in done.stdout

    def test_is_a_warning_when_it_was_on_purpose(self, run: Run) -> None:
        done = run("--anchor-from", "7")
        assert (done.returncode, done.stderr) == (0, "")
        assert "\nWarning: positions 1 to 6: anchor begun late: " in done.stdout
        assert done.stdout.endswith("\nAll is as it was sealed, so far as the anchor vouches.\n")
        told = json.loads(run("--anchor-from", "7", "--json").stdout)
        assert (told["anchor"]["from"]["position"], told["anchor"]["position"], told["faults"]) == (7, 8, [])
        warning = told["warnings"][0]
        assert (warning["kind"], warning["position"], warning["until"]) == ("anchor_begun_late", 1, 6)

    def test_is_a_fault_again_when_it_begins_later_than_was_said(self, run: Run) -> None:
        done = run("--anchor-from", "6", "--json")
        told = json.loads(done.stdout)
        assert (done.returncode, [fault["kind"] for fault in told["faults"]]) == (1, ["anchor_begun_late"])
        assert told["warnings"] == []

    def test_vouches_for_all_together_with_the_one_put_aside(self, run: Run, log: Log, aside: Path) -> None:
        done = run("--anchor", str(log.anchor), "--anchor", str(aside))
        assert (done.returncode, done.stderr) == (0, "")
        assert "The anchor reaches from position 5 (2026-11-21T09:30:0" in done.stdout
        assert done.stdout.endswith("0 behind.\nAll is as it was sealed.\n")


class TestWhatCantBeVerified:
    """Ends with 2: 1 would say that an event isn't as it was sealed."""

    def test_is_a_folder_without_a_database_and_none_is_made(self, tmp_path: Path) -> None:
        done = run_coverage("verify", "events", "--data", str(tmp_path / "mistyped"))
        assert (done.returncode, done.stdout, "there is no database in" in done.stderr) == (2, "", True)
        assert not (tmp_path / "mistyped").exists()

    def test_is_a_database_that_is_away_and_no_folder_is_made(self, tmp_path: Path) -> None:
        away = f"postgresql://127.0.0.1:{free_port()}/away"
        done = run_coverage("verify", "events", "--data", str(tmp_path / "unused"), DATABASE_URL=away)
        assert (done.returncode, done.stdout, "the database can't be used" in done.stderr) == (2, "", True)
        assert not (tmp_path / "unused").exists()

    def test_is_a_schema_of_another_revision(self, log: Log, tmp_path: Path, fresh_database_url: str) -> None:
        with log.owner.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'other'"))
        done = run_coverage("verify", "events", "--data", str(tmp_path), DATABASE_URL=fresh_database_url)
        assert (done.returncode, done.stdout, "the database's schema is at" in done.stderr) == (2, "", True)

    def test_is_an_anchor_that_cannot_be_read(self, log: Log, tmp_path: Path, fresh_database_url: str) -> None:
        log.anchor.unlink()
        log.anchor.mkdir()
        done = run_coverage("verify", "events", "--data", str(tmp_path), DATABASE_URL=fresh_database_url)
        assert (done.returncode, done.stdout, "can't be read" in done.stderr) == (2, "", True)

    def test_is_a_log_that_the_database_cannot_show(self, log: Log, tmp_path: Path, fresh_database_url: str) -> None:
        with log.owner.engine.begin() as connection:
            connection.execute(text("DROP TABLE unsealed CASCADE"))
        done = run_coverage("verify", "events", "--data", str(tmp_path), DATABASE_URL=fresh_database_url)
        assert (done.returncode, done.stdout, "unsealed" in done.stderr) == (2, "", True)
