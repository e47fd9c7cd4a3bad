"""A cover's documents over HTTP: for the partner by its key, for the member by the page."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient
from icalendar import Calendar
from pypdf import PdfReader

from coverage.gateways.google_wallet import LONGEST_ADDRESS, SAVE_ADDRESS, BadWallet, GoogleWallet
from coverage.messages import Words
from coverage.operations.house import House
from coverage.web.app import create_app
from tests.answers import the_problem
from tests.builders import Platform, a_claim
from tests.certificates import a_certificate


def read(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


class TestList:
    def test_names_every_document_and_each_can_be_had(self, platform: Platform) -> None:
        cover = platform.cover()
        told = platform.get(f"/v1/covers/{cover['id']}/documents").json()
        found = told["data"]
        assert [(one["kind"], one["language"]) for one in found] == [
            (kind, language) for kind in ("certificate", "terms", "ipid") for language in ("en", "fr")
        ]
        assert {one["sha256"] for one in found} == {None}
        for one in found:
            assert cover["number"] in read(platform.get(one["url"])) or one["kind"] == "ipid"
        again = platform.get(f"/v1/covers/{cover['id']}/documents").json()["data"]
        for one in again:
            assert one["sha256"] == hashlib.sha256(platform.get(one["url"]).content).hexdigest()
            assert one["created_at"] is not None

    def test_tells_no_documents_of_an_earlier_version_but_the_information_document(self, platform: Platform) -> None:
        cover = platform.cover()
        for kind in ("certificate", "terms", "ipid"):
            assert platform.get(f"/v1/covers/{cover['id']}/{kind}", params={"language": "en"}).status_code == 200
        platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        found = platform.get(f"/v1/covers/{cover['id']}/documents").json()["data"]
        assert [one["kind"] for one in found if one["sha256"]] == ["ipid"]

    def test_terms_and_information_say_the_same_each_time(self, platform: Platform) -> None:
        cover = platform.cover()
        for kind in ("terms", "ipid"):
            for language in ("en", "fr"):
                path = f"/v1/covers/{cover['id']}/{kind}"
                first, second = (platform.get(path, params={"language": language}) for _ in range(2))
                assert first.content == second.content
        french = read(platform.get(f"/v1/covers/{cover['id']}/ipid", params={"language": "fr"}))
        assert Words("fr").text("ipid.title") in french


class TestProductsInformation:
    def test_names_the_partners_insurer(self, platform: Platform) -> None:
        answer = platform.get("/v1/products/off_duty_vehicle/ipid/pdf", params={"language": "en"})
        text = read(answer)
        assert "What is not insured?" in text
        assert "Mutuelle Démo" in text
        version = platform.get("/v1/products/off_duty_vehicle/ipid", params={"language": "en"}).json()["sha256"]
        assert version[:12] in text

    def test_of_what_isnt_sold_there_is_none(self, platform: Platform) -> None:
        the_problem(platform.get("/v1/products/flying_carpet/ipid/pdf"), 404, "unknown_product")


class TestReceipt:
    def test_tells_what_was_declared_and_nothing_of_what_came_later(self, platform: Platform) -> None:
        cover = platform.cover()
        platform.advance(cover["end"])
        claim = platform.post("/v1/claims", a_claim(cover, description="The wardrobe fell over.")).json()
        path = f"/v1/claims/{claim['id']}/receipt"
        before = platform.get(path, params={"language": "en"})
        text = read(before)
        assert claim["number"] in text
        assert "The wardrobe fell over." in text
        more = {"section": "liability", "estimate": {"amount": 5000, "currency": "EUR"}}
        assert platform.post(f"/v1/claims/{claim['id']}/exposures", more).status_code == 201
        assert platform.get(path, params={"language": "en"}).content == before.content
        assert "Accusé de réception" in read(platform.get(path, params={"language": "fr"}))


class TestCalendar:
    def event(self, platform: Platform, cover: dict[str, Any], **params: str) -> Any:
        answer = platform.get(f"/v1/covers/{cover['id']}/calendar", params=params)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert answer.content.endswith(b"END:VCALENDAR\r\n")
        assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75, "RFC 5545, 3.1"
        calendar: Any = Calendar.from_ical(answer.content)
        (event,) = calendar.walk("VEVENT")
        return event

    def test_has_the_covers_hours_in_its_zone(self, platform: Platform) -> None:
        cover = platform.cover()
        event = self.event(platform, cover, language="fr")
        assert event["DTSTART"].dt == datetime.fromisoformat(cover["start"])
        assert event["DTEND"].dt == datetime.fromisoformat(cover["end"])
        assert str(event["DTSTART"].params["TZID"]) == "Europe/Paris"
        assert event["DTSTART"].dt.tzinfo == ZoneInfo("Europe/Paris")
        assert event["SUMMARY"].startswith("Assuré\u00a0: ")
        assert cover["number"] in event["DESCRIPTION"]
        (alarm,) = event.walk("VALARM")
        assert alarm["TRIGGER"].dt == timedelta(minutes=-30)

    def test_a_change_moves_it_and_a_cancellation_takes_it_off(self, platform: Platform) -> None:
        cover = platform.cover()
        first = self.event(platform, cover)
        platform.post(f"/v1/covers/{cover['id']}/cancel", {"preview": False})
        last = self.event(platform, cover)
        assert first["UID"] == last["UID"]
        assert (first["STATUS"], last["STATUS"]) == ("CONFIRMED", "CANCELLED")
        assert last["SEQUENCE"] > first["SEQUENCE"]


def a_service_account(folder: Path) -> tuple[Path, Any]:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    path = folder / "account.json"
    path.write_text(json.dumps({"client_email": "cards@project.iam.gserviceaccount.com", "private_key": pem}))
    return path, key.public_key()


class TestWallet:
    def test_a_card_has_what_is_shown_at_a_check(self, tmp_path: Path) -> None:
        path, public = a_service_account(tmp_path)
        wallet = GoogleWallet.open(path, "3388000000012345678")
        for language in ("en", "fr"):
            certificate = a_certificate(language, partner="A partner with a very long name indeed, " * 3)
            address = wallet.address_of(certificate)
            assert len(address) <= LONGEST_ADDRESS
            claims = jwt.decode(
                address.removeprefix(SAVE_ADDRESS),
                public,
                algorithms=["RS256"],
                audience="google",
                options={"verify_iat": False},
            )
            assert (claims["typ"], claims["iss"]) == ("savetowallet", "cards@project.iam.gserviceaccount.com")
            (card,) = claims["payload"]["genericObjects"]
            assert card["id"].startswith("3388000000012345678.")
            assert card["header"]["defaultValue"]["value"] == certificate.object_value
            assert card["validTimeInterval"]["end"]["date"] == "2026-12-05T19:00:00+00:00"
            assert certificate.policyholder not in json.dumps(claims), "no more about anybody than is needed"

    @pytest.mark.parametrize(
        ("content", "issuer", "words"),
        [("{}", "3388000000012345678", "no service account's key"), ("[", "3388000000012345678", "no service account's key"),
         ('{"client_email": "x", "private_key": "y"}', "3388000000012345678", "no service account's key"), ("{}", "me", "digits alone")],
    )  # fmt: skip
    def test_what_no_card_can_be_made_with_is_told(self, tmp_path: Path, content: str, issuer: str, words: str) -> None:
        (tmp_path / "account.json").write_text(content)
        with pytest.raises(BadWallet, match=words):
            GoogleWallet.open(tmp_path / "account.json", issuer)

    def test_one_that_isnt_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(BadWallet, match="can't be read"):
            GoogleWallet.open(tmp_path / "none.json", "3388000000012345678")


@pytest.fixture
def member(house: House, tmp_path: Path) -> Iterator[TestClient]:
    """A member's browser, on a service that makes cards."""
    path, _ = a_service_account(tmp_path)
    app = create_app(replace(house, wallet=GoogleWallet.open(path, "3388000000012345678")))
    with TestClient(app, raise_server_exceptions=False, headers={"Accept-Language": "en"}) as client:
        yield client


class TestMembersPage:
    def test_leads_to_every_document(self, platform: Platform, member: TestClient) -> None:
        cover = platform.cover()
        url = platform.get(f"/v1/covers/{cover['id']}").json()["member_url"].removeprefix("http://testserver")
        page = member.get(url).text
        for kind in ("terms", "ipid"):
            assert f'href="/m/{kind}?lang=en"' in page
            answer = member.get(f"/m/{kind}", params={"lang": "en"})
            assert read(answer)
            assert answer.headers["referrer-policy"] == "no-referrer"
        calendar = member.get("/m/calendar", params={"lang": "en"})
        assert calendar.headers["content-disposition"] == f'attachment; filename="{cover["number"]}.ics"'
        assert b"BEGIN:VEVENT" in calendar.content
        assert f'href="{SAVE_ADDRESS}' in page
        platform.advance(cover["end"])
        assert SAVE_ADDRESS not in member.get("/m").text, "nobody needs a card for a cover that is over"

    def test_without_a_link_there_is_nothing(self, member: TestClient) -> None:
        for path in ("/m/terms", "/m/ipid", "/m/calendar"):
            assert member.get(path).status_code == 404

    def test_of_a_cover_that_was_never_paid_a_sentence_says_why(self, platform: Platform, house: House) -> None:
        """Not that the link is unknown, as it once did."""
        from coverage.domain.faults import Conflict
        from coverage.web.member.pages import fault_page

        request: Any = type("Request", (), {"query_params": {"lang": "en"}, "headers": {}})()
        page = fault_page(request, Conflict("cover_not_issued", "…"), 409)
        assert b"has no certificate" in bytes(page.body)
        assert page.status_code == 409
