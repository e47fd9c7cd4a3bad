"""`coverage partners`: who sells, and how it looks on its members' documents from then on."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from coverage.domain.certificate import Brand
from coverage.domain.faults import Missing
from coverage.operations.branding import brand_partner
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.builders import Platform, enrol_platform
from tests.gateways.test_pictures import a_picture
from tests.processes import run_coverage


@pytest.fixture
def run(fresh_database_url: str, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        settings = {"DATABASE_URL": fresh_database_url, "SHARECOVER_DATA": str(tmp_path)}
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
