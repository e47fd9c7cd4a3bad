"""Vouching: each certificate says what became of it, to whoever holds it and to nobody else."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from coverage.domain.tenant import Caller
from coverage.domain.vouching import initials_of, masked, standing_of
from coverage.operations.house import House
from coverage.operations.vouching import vouch_by_file, vouch_by_link, vouch_by_number
from coverage.storage.tenancy import Database
from tests.builders import Platform, a_bind, a_quote, a_risk


def pdf_of(platform: Platform, cover: dict[str, Any], language: str = "en") -> bytes:
    answer = platform.get(f"/v1/covers/{cover['id']}/certificate", params={"language": language})
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


def enclosed(pdf: bytes) -> dict[str, Any]:
    (content,) = PdfReader(io.BytesIO(pdf)).attachments["certificate.json"]
    found: dict[str, Any] = json.loads(content)
    return found


def token_of(pdf: bytes) -> str:
    return str(enclosed(pdf)["proof"]["url"]).rpartition("/")[2]


def first_day(cover: dict[str, Any]) -> date:
    return datetime.fromisoformat(cover["start"]).astimezone(ZoneInfo("Europe/Paris")).date()


def erase(house: House, platform: Platform, owner: Database, cover: dict[str, Any]) -> None:
    with owner.transaction(platform.tenant) as session:
        member = session.scalar(text("SELECT policyholder_id FROM covers WHERE id = :id"), {"id": cover["id"]})
    with house.transaction(Caller(platform.tenant, "test")) as tx:
        tx.forget(str(member))


class TestStanding:
    START, END = datetime(2026, 12, 5, 7, tzinfo=UTC), datetime(2026, 12, 5, 19, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("hour", "became", "expected"),
        [
            (6, {}, "not_yet"), (7, {}, "valid"), (18, {}, "valid"), (19, {}, "ended"), (20, {}, "ended"),
            (6, {"cancelled": True}, "cancelled"), (20, {"cancelled": True, "replaced": True}, "cancelled"),
            (10, {"replaced": True}, "replaced"), (20, {"replaced": True}, "replaced"),
            (10, {"disputed": True}, "payment_disputed"), (20, {"disputed": True}, "ended"),
            (10, {"disputed": True, "replaced": True}, "replaced"),
        ],
    )  # fmt: skip
    def test_what_ended_it_for_good_comes_first(self, hour: int, became: dict[str, bool], expected: str) -> None:
        at = datetime(2026, 12, 5, hour, tzinfo=UTC)
        told = {"cancelled": False, "replaced": False} | became
        assert standing_of(at, self.START, self.END, **told) == expected


class TestHiding:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [("Camille Dubois", "C. D."), ("jean-luc  picard", "J. L. P."), ("Ångström", "Å."), ("", ""), (" ", "")],
    )
    def test_a_name_keeps_its_initials(self, name: str, expected: str) -> None:
        assert initials_of(name) == expected

    @pytest.mark.parametrize(
        ("value", "expected"),
        [("GH-482-KV", "GH•••••KV"), ("AB1234", "A••••4"), ("ABC", "A•C"), ("AB", "••"), ("", "")],
    )
    def test_an_identifier_keeps_its_ends(self, value: str, expected: str) -> None:
        assert masked(value) == expected


class TestByLink:
    def test_a_certificate_goes_from_not_yet_to_ended(self, platform: Platform, house: House) -> None:
        cover = platform.cover()
        token = token_of(pdf_of(platform, cover))
        found = vouch_by_link(house, token, "fr")
        assert found is not None
        assert (found.standing, found.number, found.livemode) == ("not_yet", cover["number"], False)
        assert found.product_name == "Véhicule hors service"
        platform.advance(cover["start"])
        assert (found := vouch_by_link(house, token, "en")) is not None
        assert found.standing == "valid"
        platform.advance(cover["end"])
        assert (found := vouch_by_link(house, token, "en")) is not None
        assert found.standing == "ended"

    def test_tells_little_of_anybody(self, platform: Platform, house: House) -> None:
        quote = platform.post("/v1/quotes", a_quote(risk=a_risk(registration="AB-123-CD"))).json()
        cover = platform.post("/v1/covers", a_bind(quote)).json()
        found = vouch_by_link(house, token_of(pdf_of(platform, cover)), "en")
        assert found is not None
        assert (found.object_label, found.object_masked) == ("Registration number", "AB•••••CD")
        assert "Martin" not in repr(found)
        assert found.initials == "C. M."

    def test_a_cancelled_one_says_so(self, platform: Platform, house: House) -> None:
        cover = platform.cover()
        token = token_of(pdf_of(platform, cover))
        assert platform.post(f"/v1/covers/{cover['id']}/cancel", {"preview": False}).status_code == 200
        after = token_of(pdf_of(platform, cover))
        for one in (token, after):
            found = vouch_by_link(house, one, "en")
            assert found is not None
            assert found.standing == "cancelled"
            assert found.cancelled_at is not None
        assert token != after

    def test_one_that_a_change_replaced_says_so_and_the_new_one_counts(
        self, platform: Platform, house: House
    ) -> None:  # fmt: skip
        cover = platform.cover()
        before = pdf_of(platform, cover)
        end = (datetime.fromisoformat(cover["end"]) + timedelta(hours=2)).isoformat()
        asked = platform.post(f"/v1/covers/{cover['id']}/changes", {"kind": "extend", "end": end})
        assert asked.status_code == 201, asked.text
        confirmed = platform.post(
            f"/v1/changes/{asked.json()['id']}/confirm",
            {"no_known_loss": True, "declared_at": datetime.now(UTC).isoformat()},
        )
        assert confirmed.status_code == 200, confirmed.text
        after = pdf_of(platform, cover)
        old, new = (vouch_by_link(house, token_of(one), "en") for one in (before, after))
        assert old is not None
        assert new is not None
        assert (old.standing, new.standing) == ("replaced", "not_yet")
        assert old.replaced_at is not None
        assert new.replaced_at is None
        # The file of the one that was replaced is genuine, and still doesn't count.
        told = vouch_by_file(house, before, "en")
        assert told.found == "genuine"
        assert told.certificate is not None
        assert told.certificate.standing == "replaced"

    @pytest.mark.parametrize("token", ["", "x", "0" * 26, "O" * 26, "0" * 28, "../../etc/passwd", "é" * 26])
    def test_an_unknown_one_leads_nowhere(self, house: House, token: str) -> None:
        assert vouch_by_link(house, token, "en") is None

    def test_languages_share_it(self, platform: Platform) -> None:
        cover = platform.cover()
        assert token_of(pdf_of(platform, cover, "en")) == token_of(pdf_of(platform, cover, "fr"))

    def test_opens_no_door_of_another_kind(self, platform: Platform, house: House) -> None:
        cover = platform.cover()
        token = token_of(pdf_of(platform, cover))
        assert platform.client.get(f"/m/{token}").status_code == 404
        member = platform.get(f"/v1/covers/{cover['id']}").json()["member_url"].rpartition("/")[2]
        assert vouch_by_link(house, member, "en") is None

    def test_of_somebody_who_was_erased_tells_what_is_left(
        self, platform: Platform, house: House, owner: Database
    ) -> None:  # fmt: skip
        cover = platform.cover()
        pdf = pdf_of(platform, cover)
        erase(house, platform, owner, cover)
        found = vouch_by_link(house, token_of(pdf), "en")
        assert found is not None
        assert (found.number, found.initials) == (cover["number"], "")


class TestByNumber:
    def test_takes_it_however_it_is_typed(self, platform: Platform, house: House) -> None:
        cover = platform.cover()
        pdf_of(platform, cover)
        number, day = cover["number"], first_day(cover)
        bare = number.removeprefix("SC-").replace("-", "")
        for typed in (
            number,
            number.lower(),
            bare,
            f" sc {bare[:5]} {bare[5:]} ",
            number.replace("0", "O"),
            number.replace("1", "l"),
        ):
            found = vouch_by_number(house, typed, day, "en")
            assert found is not None, typed
            assert found.number == number

    def test_the_day_must_be_the_first_where_it_is_lived(self, platform: Platform, house: House) -> None:
        # In UTC still the day before it is in Paris.
        start = (datetime.now(UTC) + timedelta(days=5)).replace(hour=23, minute=30, second=0, microsecond=0)
        asked = a_quote(start=start.isoformat(), end=(start + timedelta(hours=4)).isoformat())
        quote = platform.post("/v1/quotes", asked).json()
        cover = platform.post("/v1/covers", a_bind(quote)).json()
        pdf_of(platform, cover)
        day = first_day(cover)
        assert vouch_by_number(house, cover["number"], day, "en") is not None
        for other in (day - timedelta(days=1), day + timedelta(days=1)):
            assert vouch_by_number(house, cover["number"], other, "en") is None

    @pytest.mark.parametrize("number", ["", "SC", "SC-00000-00000", "SC-00000-0000", "U" * 10, "🙂" * 10, "SC-" * 50])
    def test_an_unknown_one_is_none(self, house: House, number: str) -> None:
        assert vouch_by_number(house, number, date(2026, 12, 5), "en") is None

    def test_one_without_a_certificate_is_none_yet(self, platform: Platform, house: House) -> None:
        cover = platform.cover()
        assert vouch_by_number(house, cover["number"], first_day(cover), "en") is None

    def test_a_number_that_begins_with_sc_itself_is_taken_whole(self, house: House) -> None:
        from coverage.operations.unlocking import digest_of_number

        day = date(2026, 12, 5)
        both = [digest_of_number(house.keyring, typed, day) for typed in ("SC-SC345-67890", "SC34567890")]
        assert both[0] == both[1] is not None


class TestByFile:
    def test_every_byte_counts(self, platform: Platform, house: House) -> None:
        pdf = pdf_of(platform, platform.cover())
        assert vouch_by_file(house, pdf, "en").found == "genuine"
        appended = vouch_by_file(house, pdf + b" ", "en")
        assert appended.found == "changed"
        assert appended.certificate is not None, "what was signed is told by the signature still"
        rewritten = pdf.replace(b"%PDF-1.7", b"%PDF-1.6")
        assert vouch_by_file(house, rewritten, "en").certificate is None
        assert vouch_by_file(house, rewritten, "en").found == "changed"

    def test_what_was_only_signed_is_ours_and_unknown(self, house: House) -> None:
        """A document whose blob was restored and whose row was lost, say."""
        from tests.certificates import a_certificate

        assert house.signatures is not None
        pdf = house.documents.render("certificate.html", "en", {"certificate": a_certificate()})
        told = vouch_by_file(house, house.signatures.sign(pdf), "en")
        assert (told.found, told.certificate) == ("genuine", None)
        assert vouch_by_file(house, pdf, "en").found == "unknown"

    def test_both_languages_are_known(self, platform: Platform, house: House) -> None:
        cover = platform.cover()
        for language in ("en", "fr"):
            assert vouch_by_file(house, pdf_of(platform, cover, language), "en").found == "genuine"


class TestWhatIsKept:
    def test_no_secret_of_it_can_be_read_back(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover()
        pdf = pdf_of(platform, cover)
        with owner.engine.connect() as connection:
            rows = connection.execute(
                text("SELECT * FROM credentials WHERE tenant_id = :tenant AND kind IN ('proof', 'typed', 'file')"),
                {"tenant": platform.tenant.id},
            ).mappings()
            found = {row["kind"]: row for row in rows}
        assert set(found) == {"proof", "typed", "file"}
        assert found["file"]["hash"] == hashlib.sha256(pdf).digest()
        everything = repr([dict(row) for row in found.values()])
        for secret in (token_of(pdf), cover["number"], cover["number"].replace("-", "")):
            assert secret not in everything
        bare = cover["number"].removeprefix("SC-").replace("-", "")
        guesses = {f"{bare}/{first_day(cover).isoformat()}", bare, cover["number"]}
        assert found["typed"]["hash"] not in {hashlib.sha256(guess.encode()).digest() for guess in guesses}

    def test_a_proof_can_be_registered_for_ones_own_tenant_alone_and_opens_nothing_else(
        self, platform: Platform, house: House
    ) -> None:
        call = text("SELECT register_proof(:hash, :id, :kind, 'x', now())")
        with (
            house.transaction(Caller(platform.tenant, "test")) as tx,
            pytest.raises(Exception, match="belongs to a tenant"),
        ):
            tx.session.execute(call, {"hash": b"1", "id": "key_1", "kind": "api_key"})
        with house.database.outside() as session, pytest.raises(Exception, match="belongs to a tenant"):
            session.execute(call, {"hash": b"1", "id": "key_1", "kind": "proof"})
