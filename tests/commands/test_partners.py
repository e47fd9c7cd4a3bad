"""`coverage partners`: who sells, under which contract, and how it looks on its members' documents from then on."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from coverage.domain.certificate import Brand
from coverage.domain.faults import Missing
from coverage.operations.branding import brand_partner
from coverage.operations.house import House
from coverage.operations.unlocking import KEY_PATTERN, caller_by_key
from coverage.storage.identity import new_code
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.builders import Platform, enrol_platform
from tests.conftest import RULES
from tests.gateways.test_pictures import a_picture
from tests.processes import run_coverage

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(fresh_database_url: str, tmp_path: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        settings = {
            "DATABASE_URL": fresh_database_url, "SHARECOVER_DATA": str(tmp_path), "SHARECOVER_RULES": str(RULES),
        }  # fmt: skip
        return run_coverage("partners", *arguments, **settings)

    return run


def images(pdf: bytes) -> int:
    resources = cast(Any, PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]).get("/XObject", {})
    return sum(it.get_object()["/Subtype"] == "/Image" for it in resources.values())


class TestBrand:
    def test_shows_on_the_next_certificate_and_on_none_before(self, platform: Platform, owner: Database) -> None:
        before, after = platform.cover(), platform.cover()
        kept = platform.get(f"/v1/covers/{before['id']}/certificate").content
        done = brand_partner(owner, platform.tenant.partner_id, colour="#ffc83d", logo=a_picture(300, 100))
        assert (done.colour, done.logo_bytes > 0) == ("#ffc83d", True)
        pdf = platform.get(f"/v1/covers/{after['id']}/certificate").content
        assert (images(kept), images(pdf)) == (0, 1)
        assert platform.get(f"/v1/covers/{before['id']}/certificate").content == kept
        assert brand_partner(owner, platform.tenant.partner_id, logo=b"").logo_bytes == 0

    @pytest.mark.parametrize("wrong", [{"colour": "red"}, {"colour": "#FFF"}, {"logo": b"GIF89a"}])
    def test_refuses_what_no_document_can_wear(
        self, platform: Platform, owner: Database, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(ValueError, match=r"is written|is a PNG"):
            brand_partner(owner, platform.tenant.partner_id, **wrong)

    def test_an_unknown_partner_is_told(self, owner: Database) -> None:
        with pytest.raises(Missing, match="partners list"):
            brand_partner(owner, "par_nobody", colour="#17425c")

    def test_the_houses_own_is_legible(self) -> None:
        assert Brand().ink == "#ffffff"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to start from, as it is printed."""
    path = tmp_path / "shed.yaml"
    printed = run_coverage("partners", "enrol", "--example", SHARECOVER_RULES=str(RULES))
    assert (printed.returncode, printed.stderr) == (0, "")
    path.write_text(printed.stdout)
    return path


class TestEnrol:
    def test_tells_the_key_alone_on_stdout(
        self, run: Run, file: Path, fresh_database_url: str, house_with: Callable[..., House]
    ) -> None:
        tried = run("enrol", str(file), "--dry-run")
        assert tried.returncode == 0, tried.stderr
        assert "Nothing was made" in tried.stdout
        assert "sk_" not in tried.stdout
        assert "par_" not in tried.stdout, "no id of what isn't there"
        assert json.loads(run("list", "--json").stdout) == []

        made = run("enrol", str(file))
        assert made.returncode == 0, made.stderr
        key = made.stdout.strip()
        assert re.fullmatch(KEY_PATTERN, key)
        assert key not in made.stderr
        database = Database.connect(fresh_database_url, pool_size=2)
        caller = caller_by_key(house_with(database=database), key, "")
        database.close()
        partner = caller.tenant.partner_id
        for told in (partner, caller.actor, "ins_", "mpo_", "is illustrative"):
            assert told in made.stderr

        again = run("enrol", str(file))
        assert (again.returncode, again.stdout) == (1, "")
        assert f"{partner} is called The Shared Shed already, in test mode" in again.stderr
        live = run("enrol", str(file), "--live", "--partner", partner)
        assert live.stdout.startswith("sk_live_"), live.stderr
        shown = json.loads(run("show", partner, "--json").stdout)
        assert (shown["id"], shown["billing_email"]) == (partner, "accounts@shed.example")
        assert list(shown["modes"]) == ["test", "live"]
        (policy,) = shown["modes"]["live"]["master_policies"]
        assert policy["commission"]["goods_carried"] == {"goods_carried": "0.15", "theft_from_vehicle": "0.15"}
        assert (policy["insurer"], policy["countries"]) == ("Example Mutual", ["FR"])
        assert "commission goods_carried 15%, theft_from_vehicle 15%" in run("show", partner).stdout

    def test_tells_each_fault_with_its_place(self, run: Run, file: Path) -> None:
        text = file.read_text().replace("Europe/Paris", "Europe/Pris").replace("exempt_ancillary", '"\u202eexempt"')
        file.write_text(text)
        told = run("enrol", str(file))
        assert (told.returncode, told.stdout) == (1, "")
        lines = told.stderr.splitlines()
        assert f'{file}:5:13: "Europe/Pris"; expected perhaps "Europe/Paris"' in lines
        assert "\u202e" not in told.stderr, "it turns a terminal's line around"
        assert "\\u202eexempt" in told.stderr

    def test_refuses_what_it_can_t_use(self, run: Run, file: Path, tmp_path: Path) -> None:
        binary = tmp_path / "binary.yaml"
        binary.write_bytes(b"partner: \xff\n")
        for arguments, status, words in (
            ((), 2, "--example` prints one to start from"),
            ((str(tmp_path / "none.yaml"),), 2, "can't be read"),
            ((str(tmp_path),), 2, "can't be read"),
            ((str(binary),), 1, "no UTF-8 text"),
            ((str(file), "--partner", "par_nobody"), 1, "there is no partner par_nobody"),
        ):
            told = run("enrol", *arguments)
            assert told.returncode == status, told.stderr
            assert words in " ".join(told.stderr.split())
            assert told.stdout == ""
        assert json.loads(run("list", "--json").stdout) == []

    def test_needs_something_on_sale(self, run: Run, file: Path, tmp_path: Path, fresh_database_url: str) -> None:
        empty = tmp_path / "rules"
        (empty / "products").mkdir(parents=True)
        told = run_coverage(
            "partners", "enrol", str(file), DATABASE_URL=fresh_database_url, SHARECOVER_DATA=str(tmp_path),
            SHARECOVER_RULES=str(empty),
        )  # fmt: skip
        assert told.returncode == 2
        assert "nothing is on sale by the rules in" in told.stderr

    def test_is_the_owners_to_do(self, file: Path, tmp_path: Path, fresh_database_url: str) -> None:
        """A service's login owns nothing, as in the containers: whoever it is there is told who has to be asked."""
        login, password = f"serve_{new_code(8).lower()}", new_code(20)
        owner = make_url(fresh_database_url)
        admin = create_engine(owner, isolation_level="AUTOCOMMIT")
        settings = {"SHARECOVER_DATA": str(tmp_path), "SHARECOVER_RULES": str(RULES)}
        settings["DATABASE_URL"] = owner.set(username=login, password=password).render_as_string(hide_password=False)
        with admin.connect() as connection:
            connection.execute(text(f"CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '{password}'"))
            try:
                connection.execute(text(f"GRANT sharecover_app, sharecover_worker TO {login}"))
                for arguments in (("enrol", str(file)), ("show", "par_nobody")):
                    told = run_coverage("partners", *arguments, **settings)
                    assert (told.returncode, told.stdout) == (1, "")
                    assert "name the owner in DATABASE_OWNER_URL" in told.stderr
                asked = run_coverage("partners", "enrol", str(file), **settings, DATABASE_OWNER_URL=fresh_database_url)
                assert asked.stdout.startswith("sk_test_"), asked.stderr
            finally:
                connection.execute(text(f"DROP ROLE {login}"))
        admin.dispose()


class TestPolicy:
    def test_follows_and_ends_the_former(self, run: Run, file: Path, tmp_path: Path) -> None:
        assert run("enrol", str(file), "--live").returncode == 0
        partner = json.loads(run("list", "--json").stdout)[0]["id"]
        (first,) = json.loads(run("show", partner, "--json").stdout)["modes"]["live"]["master_policies"]
        last = date.fromisoformat(first["last_on"])
        text = file.read_text()
        text = text[text.index("policy:") :].replace(first["number"], "MP-NEXT").replace("15%", "12.5%")
        begins = last - timedelta(days=30)
        following = tmp_path / "next.yaml"
        following.write_text(text.replace(first["first_on"], str(begins)))

        beside = run("policy", partner, str(following), "--live")
        assert (beside.returncode, beside.stdout) == (1, "")
        assert f"{first['number']} ({first['id']}) holds for goods_carried, off_duty_vehicle from" in beside.stderr
        tried = run("policy", partner, str(following), "--live", "--end-former", "--dry-run")
        assert "Nothing was made" in tried.stdout
        done = run("policy", partner, str(following), "--live", "--end-former")
        assert done.returncode == 0, done.stderr
        assert f"{first['number']} ({first['id']}) ends on {begins - timedelta(days=1)}" in done.stdout
        before, after = json.loads(run("show", partner, "--json").stdout)["modes"]["live"]["master_policies"]
        assert (before["last_on"], after["first_on"]) == (str(begins - timedelta(days=1)), str(begins))
        assert after["commission"]["off_duty_vehicle"]["liability"] == "0.125"

        again = run("policy", partner, str(following), "--live", "--end-former")
        assert again.returncode == 1
        assert "MP-NEXT is a policy of this partner already" in again.stderr
        other = run("policy", partner, str(following))
        assert other.returncode == 1
        assert f"there is no partner {partner} in test mode" in other.stderr
        nobody = run("show", "par_nobody")
        assert (nobody.returncode, "there is no partner par_nobody" in nobody.stderr) == (1, True)


class TestCommands:
    def test_list_and_brand(
        self, run: Callable[..., Any], fresh_database_url: str, house_with: Callable[..., House], tmp_path: Path
    ) -> None:
        database = Database.connect(fresh_database_url, pool_size=5)
        house = house_with(database=database)
        with TestClient(create_app(house)) as client:
            partner = enrol_platform(database, house, client).tenant.partner_id
        database.close()
        (told,) = json.loads(run("list", "--json").stdout)
        assert (told["id"], told["colour"], told["logo_bytes"]) == (partner, None, 0)
        logo = tmp_path / "logo.jpg"
        logo.write_bytes(a_picture(300, 100, "JPEG", "RGB"))
        done = run("brand", partner, "--colour", "#FFC83D", "--logo", str(logo))
        assert done.returncode == 0, done.stderr
        assert "#ffc83d, a logo" in done.stdout
        assert "#ffc83d" in run("list").stdout
        assert run("brand", partner, "--no-logo").stdout.endswith("its name in letters.\n")

        for arguments, words in (
            ((partner,), "nothing to set"),
            ((partner, "--logo", str(logo), "--no-logo"), "say opposite things"),
            ((partner, "--logo", str(tmp_path / "none.png")), "can't be read"),
            ((partner, "--logo", __file__), "no picture that can be read"),
            ((partner, "--colour", "red"), 'a colour is written "#17425c"'),
        ):
            told = run("brand", *arguments)
            assert told.returncode == 2
            assert words in " ".join(told.stderr.split())
        told = run("brand", "par_nobody", "--colour", "#17425c")
        assert told.returncode == 1
        assert "there is no partner par_nobody" in told.stderr
