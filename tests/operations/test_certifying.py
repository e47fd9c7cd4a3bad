"""Certificates: made when first asked for, the same ever after, and an honest answer where they can't be had."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlalchemy import text

from coverage.domain.tenant import Caller
from coverage.gateways.blobs import FileBlobs
from coverage.gateways.keyring import MasterKeyring
from coverage.messages import Words
from coverage.operations.certifying import certificate_facts, certificate_of
from coverage.operations.house import House
from coverage.operations.showing import find_cover
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import the_problem
from tests.builders import Platform, a_bind, a_claim, a_quote
from tests.lending import a_loan, an_exchange, euros
from tests.serving import at_once


@contextmanager
def behind(house: House, platform: Platform) -> Iterator[Platform]:
    """The same partner, on another house over the same database."""
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        yield replace(platform, client=client)


def certificate(platform: Platform, cover: dict[str, Any], **params: str) -> Any:
    return platform.get(f"/v1/covers/{cover['id']}/certificate", params=params)


def words(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def documents(owner: Database, platform: Platform, cover: dict[str, Any]) -> int:
    with owner.transaction(platform.tenant) as session:
        query = text("SELECT count(*) FROM documents WHERE cover_id = :cover")
        return int(session.scalar(query, {"cover": cover["id"]}) or 0)


def erase(house: House, platform: Platform, subject: str) -> None:
    with house.transaction(Caller(platform.tenant, "test")) as tx:
        tx.forget(subject)


def member_of(owner: Database, platform: Platform, cover: dict[str, Any]) -> str:
    with owner.transaction(platform.tenant) as session:
        return str(session.scalar(text("SELECT policyholder_id FROM covers WHERE id = :id"), {"id": cover["id"]}))


class TestCertificate:
    def test_is_the_same_bytes_ever_after(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover()
        assert documents(owner, platform, cover) == 0
        first = certificate(platform, cover)
        assert first.status_code == 200
        assert first.headers["content-type"] == "application/pdf"
        assert cover["number"] in first.headers["content-disposition"]
        assert first.headers["cache-control"] == "private, no-store"
        assert certificate(platform, cover).content == first.content
        assert documents(owner, platform, cover) == 1

    def test_is_one_for_all_who_ask_first_at_once(self, served_platform: Platform, owner: Database) -> None:
        cover = served_platform.cover()
        answers = at_once(4, lambda _: certificate(served_platform, cover))
        assert [answer.status_code for answer in answers] == [200] * 4
        assert len({answer.content for answer in answers}) == 1
        assert documents(owner, served_platform, cover) == 1

    def test_speaks_the_language_that_was_asked_for_or_the_policyholders(self, platform: Platform) -> None:
        cover = platform.cover()
        own, english, french = (
            certificate(platform, cover, **asked) for asked in ({}, {"language": "en"}, {"language": "fr"})
        )
        assert own.content == english.content
        assert french.content != english.content
        assert "Certificate" in words(english.content)
        assert "Certificate" not in words(french.content)
        the_problem(certificate(platform, cover, language="de"), 422, "invalid_request")

    def test_of_a_cancelled_cover_says_so(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover()
        before = certificate(platform, cover)
        assert "cancelled" not in words(before.content).lower()
        platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        after = certificate(platform, cover)
        assert "cancelled" in words(after.content).lower()
        assert certificate(platform, cover).content == after.content
        assert documents(owner, platform, cover) == 2

    @pytest.mark.parametrize(
        ("language", "replaces"),
        [("en", "Certificate 2, replaces the one issued on"), ("fr", "n° 2, remplace celle émise")],
    )
    def test_of_a_changed_cover_says_which_it_is_and_what_it_replaces(
        self, platform: Platform, house: House, language: str, replaces: str
    ) -> None:
        cover = platform.cover()
        before = certificate(platform, cover, language=language)
        assert squeezed(replaces) not in squeezed(words(before.content))
        end = (datetime.fromisoformat(cover["end"]) + timedelta(days=2)).isoformat()
        change = platform.post(f"/v1/covers/{cover['id']}/changes", {"kind": "extend", "end": end}).json()
        declared = {"no_known_loss": True, "declared_at": change["created_at"]}
        assert platform.post(f"/v1/changes/{change['id']}/confirm", declared).json()["state"] == "confirmed"
        after = squeezed(words(certificate(platform, cover, language=language).content))
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            facts = certificate_facts(tx, find_cover(tx, cover["id"]), language)
        assert facts.replaces_issued_at is not None
        first = Words(language).instant(facts.replaces_issued_at, facts.timezone)
        assert squeezed(replaces) in after
        assert squeezed(first) in after
        assert facts.ends_at == datetime.fromisoformat(end)
        assert squeezed(Words(language).money(facts.gross)) in after
        assert facts.gross.amount == cover["price"]["gross"]["amount"] + change["due"]["amount"]

    def test_is_kept_sealed(self, platform: Platform, owner: Database, house: House) -> None:
        cover = platform.cover()
        pdf = certificate(platform, cover).content
        with owner.transaction(platform.tenant) as session:
            blob = str(session.scalar(text("SELECT blob FROM documents WHERE cover_id = :id"), {"id": cover["id"]}))
        kept = house.blobs.get(blob)
        assert b"%PDF" not in kept
        assert pdf[:200] not in kept


# What the certificate of an exchanged home says in each language.
EXCHANGE = {
    "en": [
        "Not covered: Wear, defects and damage that were there before the cover began · Cash and jewellery",
        "10% of the loss, at least €100, at most €600, taken off after the limit",
        "Covers from Sunday 1 March 2026 at 12:00 (Paris, UTC+1) to Friday 10 April 2026 at 16:00 (Paris, UTC+2).",
        "Natural catastrophe surcharge€1.59",
        "Insurance tax, household contents, 16.15%€1.18",
        "€12,000 in all",
        "Total, taxes included€68.54",
    ],
    "fr": [
        "Exclu : L’usure, les défauts et les dommages antérieurs à la garantie · L’argent liquide et les bijoux",
        "10 % du dommage, 100 € au moins, 600 € au plus, déduite après le plafond",
        "Couvre du dimanche 1er mars 2026 à 12:00 (Paris, UTC+1) au vendredi 10 avril 2026 à 16:00 (Paris, UTC+2).",
        "Surprime pour les catastrophes naturelles1,59 €",
        "Taxe allemande sur les assurances, mobilier, 16,15 %1,18 €",
        "12 000 € en tout",
        "Total, taxes comprises68,54 €",
    ],
}


class TestPromises:
    """What is promised of an exchanged home and of things lent, as the member reads it."""

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_are_said_with_what_they_leave_out(self, lender: Platform, language: str) -> None:
        cover = lender.cover(lender.quote(**an_exchange()))
        text = squeezed(words(certificate(lender, cover, language=language).content))
        assert [said for said in EXCHANGE[language] if squeezed(said) not in text] == []

    def test_name_each_thing_on_a_line_of_its_own(self, lender: Platform, house: House) -> None:
        things = [
            {"category": "camera", "description": "A tripod", "value": euros(20_050), "years": 1, "weight": 3.5},
            {"category": "tool", "value": euros(10_000), "weight": "0.05"},
        ]
        cover = lender.cover(lender.quote(**a_loan(items=things, spares=[{"value": euros(777)}])))
        with house.transaction(Caller(lender.tenant, "test")) as tx:
            row = find_cover(tx, cover["id"])
            english, french = (dict(certificate_facts(tx, row, language).facts) for language in ("en", "fr"))
        assert english["What do you borrow?"].split("\n") == [
            "A camera, or what goes with one, A tripod, €200.50 · How old is it, in years? 1 · What does it weigh, in kilograms? 3.5",
            "A tool, €100 · How old is it, in years? 0 · What does it weigh, in kilograms? 0.05",
        ]
        assert "0,05" in french["Qu’empruntez-vous ?"]
        assert (english["Which spare parts go with it?"], english["Your stars with lenders"]) == ("€7.77", "3.5")

    def test_keep_the_editions_order(self, lender: Platform) -> None:
        quote = lender.quote(**a_loan())
        cover = lender.cover(quote)
        limits = [limit["name"] for limit in cover["price"]["sections"][0]["limits"]]
        assert limits == ["amount", "each_item", "glass"]
        assert cover["price"] == quote["price"]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


class TestErasedMember:
    def test_has_no_certificate_any_more_whether_it_was_kept_or_not(
        self, platform: Platform, owner: Database, house: House
    ) -> None:
        for asked_before in (True, False):
            cover = platform.cover()
            if asked_before:
                assert certificate(platform, cover).status_code == 200
            erase(house, platform, member_of(owner, platform, cover))
            the_problem(certificate(platform, cover), 410, "erased")

    def test_gets_no_repeated_answer_and_no_new_cover(self, platform: Platform, owner: Database, house: House) -> None:
        bind = a_bind(platform.quote())
        cover = platform.post("/v1/covers", bind, key="erased").json()
        erase(house, platform, member_of(owner, platform, cover))
        the_problem(platform.post("/v1/covers", bind, key="erased"), 410, "erased")
        again = a_bind(platform.quote(), parties=bind["parties"])
        the_problem(platform.post("/v1/covers", again), 410, "erased")
        the_problem(platform.post("/v1/claims", a_claim(cover, loss_at="2026-01-01T00:00:00Z")), 410, "erased")

    def test_is_still_in_the_lists_without_a_word_of_the_claim(
        self, platform: Platform, owner: Database, house: House
    ) -> None:
        cover = platform.cover(platform.quote(start="at_issue", end=None, duration="PT1H"))
        claim = platform.claim(cover)
        erase(house, platform, member_of(owner, platform, cover))
        assert [one["id"] for one in platform.get("/v1/covers").json()["data"]] == [cover["id"]]
        assert platform.get(f"/v1/claims/{claim['id']}").json()["description"] is None
        assert [one["description"] for one in platform.get("/v1/claims").json()["data"]] == [None]

    def test_whose_quote_is_open_binds_nothing(self, platform: Platform, owner: Database, house: House) -> None:
        cover = platform.cover()
        reference = cover["parties"][0]["reference"]
        quote = platform.quote(parties={"policyholder": {"reference": reference}})
        erase(house, platform, member_of(owner, platform, cover))
        person = {"reference": reference, "name": "Camille Martin", "locale": "en"}
        the_problem(platform.post("/v1/covers", a_bind(quote, parties={"policyholder": person})), 410, "erased")


class TestBrokenSurroundings:
    def test_another_master_key_is_503(self, platform: Platform, house_with: Callable[..., House]) -> None:
        cover = platform.cover()
        assert certificate(platform, cover).status_code == 200
        bind = a_bind(platform.quote(), parties={"policyholder": {"reference": "emp-1", "name": "C", "locale": "en"}})
        assert platform.post("/v1/covers", bind, key="k").status_code == 201
        again = a_bind(platform.quote(), parties=bind["parties"])
        with behind(house_with(keyring=MasterKeyring(bytes(32))), platform) as there:
            the_problem(certificate(there, cover), 503, "wrong_master_key")
            the_problem(certificate(there, cover, language="fr"), 503, "wrong_master_key")
            the_problem(there.post("/v1/covers", bind, key="k"), 503, "wrong_master_key")
            the_problem(there.post("/v1/covers", again), 503, "wrong_master_key")
            the_problem(there.post("/v1/quotes", a_quote()), 503, "wrong_master_key")

    @pytest.mark.parametrize("where", ["", "documents"])
    def test_a_folder_that_cannot_be_written_is_503(
        self, platform: Platform, house_with: Callable[..., House], tmp_path: Path, where: str, owner: Database
    ) -> None:
        folder = tmp_path / "blobs"
        (folder / where).parent.mkdir(parents=True, exist_ok=True)
        (folder / where if where else folder).write_text("no folder")
        cover = platform.cover()
        with behind(house_with(blobs=FileBlobs(folder)), platform) as there:
            the_problem(certificate(there, cover), 503, "blobs_unavailable")
        assert documents(owner, platform, cover) == 0
        assert certificate(platform, cover).status_code == 200

    def test_a_blob_that_is_gone_is_503(
        self, platform: Platform, house_with: Callable[..., House], tmp_path: Path
    ) -> None:
        cover = platform.cover()
        assert certificate(platform, cover).status_code == 200
        with behind(house_with(blobs=FileBlobs(tmp_path)), platform) as there:
            the_problem(certificate(there, cover), 503, "blobs_unavailable")

    def test_a_blob_that_was_changed_is_never_given_out(
        self, platform: Platform, house: House, house_with: Callable[..., House], tmp_path: Path
    ) -> None:
        cover = platform.cover()
        with behind(house_with(blobs=FileBlobs(tmp_path)), platform) as there:
            assert certificate(there, cover).status_code == 200
            (blob,) = (tmp_path / "documents").iterdir()
            sealed = bytearray(blob.read_bytes())
            sealed[-1] ^= 1
            blob.write_bytes(sealed)
            the_problem(certificate(there, cover), 500, "internal")

    def test_rendering_holds_no_connection(
        self, platform: Platform, database_url: str, house: House, house_with: Callable[..., House]
    ) -> None:
        cover = platform.cover()
        database = Database.connect(database_url, pool_size=1)

        class Looking:
            """Documents that look, while they render, whether the database is free."""

            def render(self, template: str, language: str, values: Any, enclosed: Any = None) -> bytes:
                assert database.answers()
                return house.documents.render(template, language, values)

        try:
            there = house_with(database=database, documents=Looking())
            pdf, number = certificate_of(there, Caller(platform.tenant, "test"), cover["id"], None)
            assert pdf.startswith(b"%PDF")
            assert number == cover["number"]
        finally:
            database.close()
