"""`coverage reports …`: what it says and writes, and how it ends."""

from __future__ import annotations

import base64
import csv
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.operations.vehicles import report_vehicle
from coverage.storage.tenancy import Database
from tests.builders import Platform
from tests.processes import free_port, run_coverage
from tests.reporting import forge

KEY = base64.b64encode(bytes(range(32))).decode()
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(platform: Platform, database_url: str, tmp_path: Path) -> Run:
    """A report of what the platform did in test mode."""

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        who = ("--partner", platform.tenant.partner_id, "--test", "--data", str(tmp_path))
        return run_coverage("reports", *arguments, *who, DATABASE_URL=database_url, SHARECOVER_MASTER_KEY=KEY)

    return command


@pytest.fixture
def month(platform: Platform, house: House) -> str:
    """This month in Paris, in which a cover was bought and reported."""
    cover = platform.cover()
    report_vehicle(house, Caller(platform.tenant, "worker"), cover["id"])
    with house.transaction(Caller(platform.tenant, "test")) as tx:
        return f"{tx.now.astimezone(ZoneInfo('Europe/Paris')):%Y-%m}"


class TestReports:
    def test_show_a_table_and_end_well(self, run: Run, month: str) -> None:
        done = run("tax", "--month", month)
        assert (done.returncode, done.stderr.strip().splitlines()[-1:]) == (0, []), done.stderr
        assert "motor_compulsory" in done.stdout
        assert "5 rows." in done.stdout

    def test_write_a_file_that_its_owner_alone_reads(
        self, run: Run, month: str, platform: Platform, tmp_path: Path
    ) -> None:
        for name in ("premium.csv", "premium.parquet", "premium.xlsx"):
            out = tmp_path / name
            assert run("bordereau", "premium", "--month", month, "--out", str(out)).returncode == 0
            assert stat.S_IMODE(out.stat().st_mode) == 0o600
        rows = list(csv.DictReader((tmp_path / "premium.csv").read_text().splitlines()))
        assert [row["CR0017 Class of business"].partition("/")[2] for row in rows] == [
            "liability", "own_damage", "goods_carried", "legal_protection",
        ]  # fmt: skip
        assert pl.read_parquet(tmp_path / "premium.parquet").height == len(rows)
        assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []

    def test_tell_every_kind(self, run: Run, month: str) -> None:
        for kind in (("premium",), ("commission",), ("unearned",), ("bordereau", "claims")):
            done = run(*kind, "--month", month)
            assert (done.returncode, done.stderr) == (0, ""), kind
        vehicles = run("vehicles")
        assert (vehicles.returncode, vehicles.stdout.count("issued")) == (0, 1)
        assert run("unearned", "--at", "2020-01-01T00:00+01:00").stdout == "0 rows.\n"
        assert run("vehicles", "--since", "2100-01-01T00:00Z").stdout == "0 rows.\n"


class TestAReportThatDiffers:
    def test_names_each_difference_exits_1_and_writes_no_file(
        self, run: Run, month: str, platform: Platform, owner: Database, tmp_path: Path
    ) -> None:
        forge(owner, platform, "receivable/partner", "tax/FR/other/other", 1_00)
        out = tmp_path / "tax.csv"
        out.write_text("the one before")
        done = run("tax", "--month", month, "--out", str(out))
        assert done.returncode == 1
        assert done.stderr == (
            f"{platform.tenant.id}: tax/FR/other/other: the report comes to 1.08 EUR, the journal to 2.08 EUR\n"
        )
        assert out.read_text() == "the one before"
        assert run("tax", "--month", month).returncode == 1


class TestWrongUse:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("tax",), "expected either --month or --day"),
            (("tax", "--month", "2026-11", "--day", "2026-11-01"), "expected either --month or --day"),
            (("tax", "--month", "2026-13"), "'2026-13' is no month"),
            (("tax", "--day", "yesterday"), "--day is 'yesterday'"),
            (("tax", "--month", "2026-11", "--format", "csv"), "--format goes with --out"),
            (("tax", "--month", "2026-11", "--out", "x.ods"), "there is no format 'ods'"),
            (("tax", "--month", "2026-11", "--out", "nowhere/x.csv"), "there is no folder"),
            (("unearned", "--at", "2026-11-30T12:00"), "with its offset"),
            (("unearned", "--at", "2026-11-30T12:00Z", "--month", "2026-11"), "expected one of"),
            (("vehicles", "--since", "monday"), "--since is 'monday'"),
            (("tax", "--month", "2026-11", "--partner", "par_nobody"), "there is no partner par_nobody"),
        ],
    )  # fmt: skip
    def test_is_said_and_exits_2(
        self, arguments: tuple[str, ...], words: str, database_url: str, tmp_path: Path
    ) -> None:
        done = run_coverage(
            "reports", *arguments, "--data", str(tmp_path), DATABASE_URL=database_url, SHARECOVER_MASTER_KEY=KEY
        )
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr

    def test_is_a_database_that_is_away_too(self, tmp_path: Path) -> None:
        away = f"postgresql://127.0.0.1:{free_port()}/away"
        done = run_coverage(
            "reports",
            "tax",
            "--month",
            "2026-11",
            "--data",
            str(tmp_path),
            DATABASE_URL=away,
            SHARECOVER_MASTER_KEY=KEY,
        )
        assert (done.returncode, "the database can't be used" in done.stderr) == (2, True), done.stderr

    def test_is_a_master_key_that_is_nowhere(self, tmp_path: Path, database_url: str) -> None:
        done = run_coverage("reports", "tax", "--month", "2026-11", "--data", str(tmp_path), DATABASE_URL=database_url)
        assert (done.returncode, "there is no master.key" in done.stderr) == (2, True), done.stderr
