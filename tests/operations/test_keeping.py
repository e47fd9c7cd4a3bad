"""What a cover was sold with: set once, kept, and shown as it was whatever becomes of templates, brands and people."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from coverage.domain.tenant import Caller
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.operations import documenting
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.worker import HANDLERS
from tests.builders import Platform, a_party, a_risk
from tests.conftest import ROOT
from tests.operations.test_certifying import behind, erase, member_of
from tests.serving import at_once

SOLD_WITH = ("terms", "ipid")
REDRAWN = "Redrawn a year later"


@pytest.fixture(scope="module")
def redrawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeasyPrintDocuments]:
    """Documents set by templates that have changed since."""
    folder = tmp_path_factory.mktemp("templates") / "policy_templates"
    shutil.copytree(ROOT / "policy_templates", folder)
    for name in ("terms.html", "ipid.html", "certificate.html"):
        page = (folder / name).read_text("utf-8")
        assert "</body>" in page
        (folder / name).write_text(page.replace("</body>", f"<p>{REDRAWN}</p></body>"), "utf-8")
    documents = WeasyPrintDocuments(folder)
    yield documents
    documents.close()


@pytest.fixture
def a_year_later(house: House, redrawn: WeasyPrintDocuments, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house on the changed templates; a process that was started anew remembers nothing."""
    remembered = type(documenting._remembered)()
    monkeypatch.setattr(documenting, "_remembered", remembered)
    return replace(house, documents=redrawn)


def of(platform: Platform, cover: dict[str, Any], kind: str, language: str = "en") -> bytes:
    answer = platform.get(f"/v1/covers/{cover['id']}/{kind}", params={"language": language})
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


def of_member(platform: Platform, cover: dict[str, Any], kind: str) -> bytes:
    """What the member's page leads to."""
    address = platform.get(f"/v1/covers/{cover['id']}").json()["member_url"].partition("//")[2].partition("/")[2]
    platform.client.get(f"/{address}")
    return bytes(platform.client.get(f"/m/{kind}", params={"lang": "en"}).content)


def words(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def kept(owner: Database, platform: Platform, cover: dict[str, Any]) -> list[tuple[str, str]]:
    """The kind and the language of each document of a cover that is kept."""
    with owner.transaction(platform.tenant) as session:
        query = text("SELECT kind, language FROM documents WHERE cover_id = :cover ORDER BY kind, language")
        return [(row[0], row[1]) for row in session.execute(query, {"cover": cover["id"]})]


class TestKeptDocument:
    @pytest.mark.parametrize("kind", SOLD_WITH)
    def test_stays_as_it_was_sold_when_the_template_changes(
        self, platform: Platform, a_year_later: House, kind: str
    ) -> None:
        before, never_asked_for = platform.cover(), platform.cover()
        pdf = of(platform, before, kind)
        documenting._remembered.clear()
        with behind(a_year_later, platform) as later:
            assert of(later, before, kind) == pdf == of_member(later, before, kind)
            assert REDRAWN in words(of(later, never_asked_for, kind)), "the template has changed"

    @pytest.mark.parametrize("kind", SOLD_WITH)
    def test_is_one_for_all_who_ask_first_at_once(
        self, served_platform: Platform, owner: Database, kind: str
    ) -> None:  # fmt: skip
        cover = served_platform.cover()
        answers = at_once(4, lambda _: of(served_platform, cover, kind))
        assert len(set(answers)) == 1
        assert kept(owner, served_platform, cover) == [(kind, "en")]

    def test_outlasts_whoever_is_forgotten_and_names_nobody(
        self, platform: Platform, owner: Database, house: House
    ) -> None:
        quote = platform.quote(risk=a_risk(registration="QX-482-KV"))
        cover = platform.cover(quote, parties={"policyholder": a_party(name="Quixotica Termson")})
        before = {
            (kind, language): of(platform, cover, kind, language) for kind in SOLD_WITH for language in ("en", "fr")
        }
        certificate = words(of(platform, cover, "certificate"))
        for canary in ("Quixotica", "QX-482-KV"):
            assert canary in certificate
            assert not [where for where, pdf in before.items() if canary in words(pdf)]
        erase(house, platform, member_of(owner, platform, cover))
        for (kind, language), pdf in before.items():
            assert of(platform, cover, kind, language) == pdf

    def test_is_another_once_the_cover_changed_but_for_what_it_was_sold_by(
        self, platform: Platform, owner: Database
    ) -> None:
        cover = platform.cover()
        terms, information = (of(platform, cover, kind) for kind in SOLD_WITH)
        end = (datetime.fromisoformat(cover["end"]) + timedelta(days=2)).isoformat()
        change = platform.post(f"/v1/covers/{cover['id']}/changes", {"kind": "extend", "end": end}).json()
        declared = {"no_known_loss": True, "declared_at": change["created_at"]}
        assert platform.post(f"/v1/changes/{change['id']}/confirm", declared).json()["state"] == "confirmed"
        assert of(platform, cover, "terms") != terms
        assert of(platform, cover, "ipid") == information
        assert kept(owner, platform, cover) == [("ipid", "en"), ("terms", "en"), ("terms", "en")]

    def test_lies_once_where_it_is_for_everybody_and_is_sealed_where_it_is_not(
        self, platform: Platform, owner: Database, house: House
    ) -> None:
        found: list[dict[str, str]] = []
        for cover in (platform.cover(), platform.cover()):
            for kind in SOLD_WITH:
                of(platform, cover, kind)
            with owner.transaction(platform.tenant) as session:
                query = text("SELECT kind, blob FROM documents WHERE cover_id = :cover")
                found.append({row[0]: row[1] for row in session.execute(query, {"cover": cover["id"]})})
        first, second = found
        assert first["ipid"] == second["ipid"]
        assert first["terms"] != second["terms"]
        assert house.blobs.get(first["ipid"]).startswith(b"%PDF")
        assert b"%PDF" not in house.blobs.get(first["terms"])


class TestWorkersJobs:
    def test_keep_all_that_a_cover_was_sold_with(self, platform: Platform, owner: Database, house: House) -> None:
        cover = platform.cover()
        for _ in range(2):  # they may be done again
            HANDLERS["render_certificate"](house, Caller(platform.tenant, "worker"), cover["id"])
            HANDLERS["render_terms"](house, Caller(platform.tenant, "worker"), cover["id"])
            assert kept(owner, platform, cover) == [("certificate", "en"), ("ipid", "en"), ("terms", "en")]
