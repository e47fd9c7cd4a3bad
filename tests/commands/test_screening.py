"""`coverage screening`: what an operator types, and what is answered."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import the_problem
from tests.builders import Platform, a_bind, a_party, enrol_platform
from tests.processes import run_coverage

Run = Callable[..., subprocess.CompletedProcess[str]]
LISTS = Path(__file__).parents[1] / "sanctions"
KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def run(fresh_database_url: str, tmp_path: Path) -> Run:
    def run(*arguments: str, key: str = KEY) -> subprocess.CompletedProcess[str]:
        settings = {"DATABASE_URL": fresh_database_url, "SHARECOVER_DATA": str(tmp_path)}
        return run_coverage("screening", *arguments, **settings, **({"SHARECOVER_MASTER_KEY": key} if key else {}))

    return run


@pytest.fixture
def partner(fresh_database_url: str, house_with: Callable[..., House]) -> Iterator[Platform]:
    """A partner on the database that the commands work on."""
    database = Database.connect(fresh_database_url, pool_size=5)
    house = house_with(database=database)
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        yield enrol_platform(database, house, client)
    database.close()


class TestLoad:
    def test_puts_a_list_in_force_and_says_which_was_before(self, run: Run) -> None:
        assert "No list is loaded: nobody is screened" in run("status").stdout
        told = run("load", str(LISTS / "made_up.csv"))
        assert told.returncode == 0, told.stderr
        assert told.stdout.startswith("In force: csv, 3 entries, loaded ")
        told = run("load", str(LISTS / "made_up_fsf.xml"), "--source", "EU", "--json")
        answer = json.loads(told.stdout)
        assert (answer["in_force"]["source"], answer["before"]["source"]) == ("EU", "csv")
        status = json.loads(run("status", "--json").stdout)
        assert status == {"in_force": answer["in_force"], "counts": {"open": 0, "cleared": 0, "confirmed": 0}}

    def test_leaves_the_list_before_where_the_file_is_broken(self, run: Run, tmp_path: Path) -> None:
        run("load", str(LISTS / "made_up.csv"))
        before = run("status").stdout
        broken = tmp_path / "broken.csv"
        broken.write_text((LISTS / "made_up.csv").read_text() + "MU-1,Twice,,,,\n")
        told = run("load", str(broken))
        assert told.returncode == 1
        assert "broken.csv:5: MU-1 stands twice" in told.stderr
        assert run("status").stdout == before

    def test_says_which_file_it_looked_for_in_vain(self, run: Run, tmp_path: Path) -> None:
        told = run("load", str(tmp_path / "nowhere.xml"))
        assert told.returncode == 2
        assert "nowhere.xml can't be read (No such file or directory)" in told.stderr

    def test_needs_a_database(self, tmp_path: Path) -> None:
        told = run_coverage("screening", "status", SHARECOVER_DATA=str(tmp_path))
        assert told.returncode == 2
        assert f"there is no database in {tmp_path}" in told.stderr


class TestDeciding:
    def test_goes_from_the_hit_to_the_bind(self, run: Run, partner: Platform) -> None:
        run("load", str(LISTS / "made_up_fsf.xml"))
        bind = a_bind(partner.quote(), parties={"policyholder": a_party(name="Quimbledonn, Zoltar")})
        the_problem(partner.post("/v1/covers", bind), 409, "referred")

        told = run("list")
        assert told.returncode == 0, told.stderr
        assert "EU.MU.1 (98)" in told.stdout
        assert "1 open, 0 cleared, 0 confirmed" in told.stdout
        assert "Quimbledon" not in told.stdout
        (one,) = json.loads(run("list", "--json").stdout)["screenings"]
        assert "name" not in one

        shown = run("show", one["id"]).stdout
        assert "Quimbledonn, Zoltar, born not told" in shown
        assert "Zoltar Quimbledon; Золтар Квимбледон" in shown
        assert json.loads(run("show", one["id"], "--json").stdout)["name"] == "Quimbledonn, Zoltar"
        assert "sealed; the master key isn't here" in run("show", one["id"], key="").stdout

        told = run("confirm", one["id"], "--by", "Alex", "--because", "same passport")
        assert (told.returncode, told.stdout) == (0, f"{one['id']} is confirmed.\n")
        the_problem(partner.post("/v1/covers", bind), 409, "referred")
        told = run("clear", one["id"], "--by", "Kim", "--because", "the passport was another's", "--json")
        assert json.loads(told.stdout)["state"] == "cleared"
        assert partner.post("/v1/covers", bind).status_code == 201
        shown = run("show", one["id"]).stdout
        assert shown.index("confirmed by Alex") < shown.index("cleared by Kim")
        assert "0 open, 1 cleared, 0 confirmed" in run("list", "--state", "cleared").stdout

        told = run("clear", one["id"], "--by", "Kim", "--because", "again")
        assert told.returncode == 1
        assert "is cleared already, by Kim" in told.stderr

    def test_says_what_is_wrong(self, run: Run) -> None:
        told = run("clear", "scr_x", "--by", "Kim", "--because", "no reason")
        assert (told.returncode, told.stderr.strip()) == (1, "there is no screening scr_x")
        assert run("clear", "scr_x", "--by", " ", "--because", "x").returncode == 2
        assert run("clear", "scr_x", "--by", "Kim").returncode == 2
        told = run("list", "--state", "lost")
        assert told.returncode == 2
        assert "'lost'; expected one of open, cleared, confirmed" in told.stderr
