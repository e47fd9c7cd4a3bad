"""The Python client against a service on a socket, also where answers are lost on the way."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from standardwebhooks import Webhook

import sharecover_client
from coverage.domain.kinds import KINDS
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.api.letters import schema_of
from coverage.web.api.recording import RECORDED
from sharecover_client import (
    BadAnswer,
    BadSignature,
    Conflict,
    Event,
    Invalid,
    NotAllowed,
    NotThere,
    ProblemError,
    ServiceTrouble,
    Sharecover,
    Unreachable,
    every,
    verified,
)
from sharecover_client.generated.models.cover import Cover
from sharecover_client.generated.models.cover_issued_event import CoverIssuedEvent
from sharecover_client.generated.models.cover_request import CoverRequest
from sharecover_client.generated.models.disclosures import Disclosures
from sharecover_client.generated.models.other_event import OtherEvent
from sharecover_client.generated.models.parties import Parties
from sharecover_client.generated.models.party import Party
from sharecover_client.generated.models.payment import Payment
from sharecover_client.generated.models.priced import Priced
from sharecover_client.generated.models.quote import Quote
from sharecover_client.generated.models.quote_request import QuoteRequest
from tests.builders import Platform, a_bind, a_goods_risk, a_quote, a_risk
from tests.conftest import ROOT
from tests.logs import seal_all

FOLDER = ROOT / "clients" / "python"
NOBODY = "sk_test_" + "0" * 40


class Wire(httpx.BaseTransport):
    """What lies between: it hands requests on, unless a test put something in the way of the next ones."""

    def __init__(self) -> None:
        self._through = httpx.HTTPTransport(trust_env=False)
        self.faults: list[Callable[[], httpx.Response]] = []
        self.lost = 0  # answers to lose after the service gave them
        self.sent: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if self.faults:
            return self.faults.pop(0)()
        answer = self._through.handle_request(request)
        if self.lost:
            self.lost -= 1
            answer.read()
            answer.close()
            raise httpx.ReadError("the connection was lost")
        return answer

    def keys(self) -> list[str]:
        return [request.headers["idempotency-key"] for request in self.sent]

    def close(self) -> None:
        self._through.close()


def a_problem(status: int, code: str, **headers: str) -> Callable[[], httpx.Response]:
    document = {
        "type": f"/problems/{code}",
        "title": "",
        "status": status,
        "detail": "as a test wants it",
        "code": code,
    }
    headers["content-type"] = "application/problem+json"
    return lambda: httpx.Response(status, headers=headers, content=json.dumps(document).encode())


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def sharecover(served: str, served_platform: Platform, wire: Wire) -> Iterator[Sharecover]:
    with Sharecover(served_platform.key, base_url=served, transport=wire) as client:
        yield client


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it waited before each try after the first; nobody waits here."""
    found: list[float] = []
    monkeypatch.setattr("httpx_retries.retry.time", SimpleNamespace(sleep=found.append))
    return found


def a_bound(sharecover: Sharecover, key: str | None = None) -> Cover:
    quote = sharecover.create_quote(body=a_quote())
    return sharecover.create_cover(body=a_bind(quote.to_dict()), idempotency_key=key)


class TestJourney:
    def test_goes_from_a_quote_to_the_certificate_with_typed_things(self, sharecover: Sharecover) -> None:
        start = datetime.now(UTC) + timedelta(days=7)
        quote = sharecover.create_quote(
            body=QuoteRequest(
                product="off_duty_vehicle", start=start, end=start + timedelta(hours=12), risk=a_risk(), language="en"
            )
        )
        assert isinstance(quote, Quote)
        assert quote.state == "open"
        assert quote.price is not None
        assert quote.price.gross.currency == "EUR"
        assert quote.ipid is not None

        cover = sharecover.create_cover(
            body=CoverRequest(
                quote=quote.id,
                parties=Parties(policyholder=Party(reference="emp-1", name="Camille Martin", locale="en")),
                disclosures=Disclosures(quote.ipid.sha256, quote.ipid.language, datetime.now(UTC)),
                payment=Payment("invoice"),
            ),
            idempotency_key="booking-1-bind",
        )
        assert cover.state == "scheduled"
        assert cover.price == quote.price
        assert sharecover.retrieve_certificate(cover.id).startswith(b"%PDF-")
        assert b"BEGIN:VEVENT" in sharecover.retrieve_calendar(cover.id)
        assert sharecover.retrieve_cover(cover.id).member_url

        returned = sharecover.cancel_cover(cover.id, body={"preview": True})
        assert returned.preview

    def test_prices_lists(self, sharecover: Sharecover) -> None:
        wanted = {"product": "goods_carried", "start": "at_issue", "duration": "PT4H", "risk": a_goods_risk()}
        prices = sharecover.price_risks(body={"prices": [wanted, wanted]})
        assert all(isinstance(price, Priced) for price in prices.data)

    def test_walks_over_the_pages_of_a_list(self, sharecover: Sharecover, wire: Wire) -> None:
        bound = [a_bound(sharecover).id for _ in range(3)]
        asked = len(wire.sent)
        listed: list[Cover] = list(every(sharecover.list_covers, limit=2, created_gte=datetime(2026, 1, 1, tzinfo=UTC)))
        assert [cover.id for cover in listed] == bound[::-1]
        assert len(wire.sent) == asked + 2


class TestProblems:
    def test_point_at_what_to_mend(self, sharecover: Sharecover) -> None:
        with pytest.raises(Invalid) as caught:
            sharecover.create_quote(body=a_quote(risk=a_risk(vehicle_class="spaceship")))
        assert caught.value.status == 422
        assert caught.value.mistakes[0].pointer == "/risk/vehicle_class"
        assert caught.value.request_id.startswith("req_")
        assert caught.value.type.endswith(f"/problems/{caught.value.code}")
        assert "/risk/vehicle_class" in str(caught.value)

    def test_say_that_a_key_opens_nothing(self, served: str, wire: Wire) -> None:
        with Sharecover(NOBODY, base_url=served, transport=wire) as nobody, pytest.raises(NotAllowed) as caught:
            nobody.list_products()
        assert caught.value.code == "invalid_key"
        assert NOBODY not in str(caught.value)

    def test_say_that_there_is_no_such_thing(self, sharecover: Sharecover) -> None:
        with pytest.raises(NotThere) as caught:
            sharecover.retrieve_cover("cov_" + "0" * 36)
        assert caught.value.code == "unknown_cover"

    def test_say_that_the_state_of_things_forbids_it(self, sharecover: Sharecover, wire: Wire) -> None:
        cover = a_bound(sharecover)
        quote = sharecover.retrieve_quote(cover.quote)
        asked = len(wire.sent)
        with pytest.raises(Conflict) as caught:
            sharecover.create_cover(body=a_bind(quote.to_dict()))
        assert caught.value.code == "quote_bound"
        assert caught.value.document["cover"] == cover.id
        assert len(wire.sent) == asked + 1, "trying again wouldn't help"

    def test_are_no_guesswork_where_a_proxy_answers(self, sharecover: Sharecover, wire: Wire) -> None:
        wire.faults = [lambda: httpx.Response(403, html="<h1>Forbidden</h1>")]
        with pytest.raises(BadAnswer) as caught:
            sharecover.list_products()
        assert caught.value.status == 403

    @pytest.mark.parametrize("key", ["", "whsec_0", "pk_live_0"])
    def test_name_no_secret_that_was_taken_for_a_key(self, key: str) -> None:
        with pytest.raises(ValueError, match="sk_test_") as caught:
            Sharecover(key, base_url="https://api.example.org")
        assert not key or key not in str(caught.value)

    def test_ask_for_an_address(self) -> None:
        with pytest.raises(ValueError, match="https://"):
            Sharecover(NOBODY, base_url="api.example.org")


class TestTryingAgain:
    def test_binds_once_when_the_answer_is_lost(self, sharecover: Sharecover, wire: Wire, waited: list[float]) -> None:
        quote = sharecover.create_quote(body=a_quote())
        wire.lost, wire.sent = 2, []
        cover = sharecover.create_cover(body=a_bind(quote.to_dict()))
        assert len(set(wire.keys())) == 1
        assert len(wire.keys()) == 3
        assert [one.id for one in every(sharecover.list_covers)] == [cover.id]
        assert len(waited) == 2
        assert all(0.25 <= wait <= 1 for wait in waited)

    def test_keeps_the_key_that_it_was_given(self, sharecover: Sharecover, wire: Wire, waited: list[float]) -> None:
        wire.lost = 1
        sharecover.create_quote(body=a_quote(), idempotency_key="booking-7-quote")
        assert wire.keys() == ["booking-7-quote"] * 2

    def test_makes_a_key_for_each_call(self, sharecover: Sharecover, wire: Wire) -> None:
        sharecover.create_quote(body=a_quote())
        sharecover.create_quote(body=a_quote())
        assert len(set(wire.keys())) == 2

    def test_waits_as_long_as_it_is_told(self, sharecover: Sharecover, wire: Wire, waited: list[float]) -> None:
        slow = {"retry-after": "7"}
        wire.faults = [a_problem(429, "rate_limited", **slow), a_problem(503, "overloaded", **slow)]
        assert sharecover.list_products().data
        assert waited == [7, 7]

    def test_waits_until_the_first_request_is_over(
        self, sharecover: Sharecover, wire: Wire, waited: list[float]
    ) -> None:
        wire.faults = [a_problem(409, "idempotency_key_in_use")] * 2
        sharecover.create_quote(body=a_quote())
        assert len(set(wire.keys())) == 1
        assert len(waited) == 2

    def test_gives_up_with_what_was_said_last(self, sharecover: Sharecover, wire: Wire, waited: list[float]) -> None:
        wire.faults = [a_problem(503, "overloaded")] * 5 + [a_problem(409, "idempotency_key_in_use")] * 5
        with pytest.raises(ServiceTrouble):
            sharecover.create_quote(body=a_quote())
        with pytest.raises(Conflict) as caught:
            sharecover.create_quote(body=a_quote())
        assert caught.value.code == "idempotency_key_in_use"
        assert len(wire.sent) == 10

    def test_leaves_what_may_have_been_done_to_the_caller(
        self, sharecover: Sharecover, wire: Wire, waited: list[float]
    ) -> None:
        wire.lost = 1
        later = datetime.now(UTC) + timedelta(hours=1)
        with pytest.raises(Unreachable, match="connection was lost"):
            sharecover.advance_test_clock(body={"to": later.isoformat()})
        assert len(wire.sent) == 1
        assert sharecover.retrieve_test_clock().now >= later

    def test_tries_a_list_of_prices_again_which_makes_nothing(
        self, sharecover: Sharecover, wire: Wire, waited: list[float]
    ) -> None:
        wire.lost = 1
        wanted = {"product": "goods_carried", "start": "at_issue", "duration": "PT4H", "risk": a_goods_risk()}
        assert sharecover.price_risks(body={"prices": [wanted]}).data

    def test_never_tries_what_was_refused(self, sharecover: Sharecover, wire: Wire) -> None:
        with pytest.raises(ProblemError):
            sharecover.create_quote(body=a_quote(product="nothing"))
        assert len(wire.sent) == 1

    def test_says_that_nobody_is_there(self, wire: Wire, waited: list[float]) -> None:
        with Sharecover(NOBODY, base_url="http://127.0.0.1:1", retries=2) as nowhere, pytest.raises(Unreachable):
            nowhere.list_products()
        assert len(waited) == 2

    def test_names_the_version_that_it_was_made_for(self, sharecover: Sharecover, wire: Wire) -> None:
        sharecover.list_products()
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", wire.sent[0].headers["coverage-version"])


class TestWebhooks:
    SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    BODY = json.dumps(
        {
            "id": "evt_1", "object": "event", "livemode": False, "type": "cover.issued", "subject": "cov_1", "sequence": 1,
            "actor": "key_1", "data": {"quote": "quo_1", "transaction": "txn_1", "added_later": 1}, "happened_at": "2026-11-27T12:00:00Z",
            "created_at": "2026-11-27T12:00:00Z", "added_later": 1,
        }
    ).encode()  # fmt: skip

    def signed(self, at: datetime, body: bytes = BODY) -> dict[str, str]:
        signature = Webhook(self.SECRET).sign("msg_1", at, body.decode())
        return {
            "Webhook-Id": "msg_1",
            "Webhook-Timestamp": str(int(at.timestamp())),
            "Webhook-Signature": f"v1,{'A' * 43}= {signature}",
        }

    def test_tell_what_was_signed(self) -> None:
        told = verified(self.SECRET, self.BODY, self.signed(datetime.now(UTC)))
        assert isinstance(told, CoverIssuedEvent)
        assert (told.type_, told.subject, told.data.quote) == ("cover.issued", "cov_1", "quo_1")

    @pytest.mark.parametrize(
        ("was", "told_as"), [(b"cover.issued", b"cover.painted"), (b'"transaction"', b'"something_else"')]
    )
    def test_of_a_kind_that_is_to_come_are_told_all_the_same(self, was: bytes, told_as: bytes) -> None:
        body = self.BODY.replace(was, told_as)
        told = verified(self.SECRET, body, self.signed(datetime.now(UTC), body))
        assert isinstance(told, OtherEvent)
        assert (told.subject, told.data["quote"]) == ("cov_1", "quo_1")

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_of_every_kind_are_told_as_the_documents_example_has_them(self, kind: str) -> None:
        body = json.dumps(RECORDED["events"][kind]).encode()
        told = verified(self.SECRET, body, self.signed(datetime.now(UTC), body))
        assert type(told).__name__ == schema_of(kind)
        assert told.to_dict() | {"happened_at": "", "created_at": ""} == json.loads(body) | {
            "happened_at": "",
            "created_at": "",
        }

    def test_and_the_list_of_events_tell_the_same(self, sharecover: Sharecover, owner: Database, house: House) -> None:
        cover = a_bound(sharecover)
        seal_all(owner, house)
        listed: list[Event] = list(every(sharecover.list_events, subject=cover.id))
        assert [type(one) for one in listed] == [CoverIssuedEvent]
        assert listed[0] == sharecover.retrieve_event(listed[0].id)
        assert isinstance(listed[0], CoverIssuedEvent)
        assert listed[0].data.quote == cover.quote

    def test_are_refused_when_a_byte_differs(self) -> None:
        with pytest.raises(BadSignature):
            verified(self.SECRET, self.BODY.replace(b"cov_1", b"cov_2"), self.signed(datetime.now(UTC)))

    def test_are_refused_when_they_are_old(self) -> None:
        with pytest.raises(BadSignature, match="old"):
            verified(self.SECRET, self.BODY, self.signed(datetime.now(UTC) - timedelta(minutes=6)))

    def test_are_refused_when_they_were_never_signed(self) -> None:
        with pytest.raises(BadSignature):
            verified(self.SECRET, self.BODY, {})


class TestPackage:
    def test_is_the_one_of_this_project(self) -> None:
        assert Path(sharecover_client.__file__).is_relative_to(FOLDER)

    def test_is_built_whole_and_runs_where_it_is_installed(self, tmp_path: Path) -> None:
        source = tmp_path / "source"
        kept = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "clients/python"],
            capture_output=True, text=True, check=True,
        ).stdout.split("\0")  # fmt: skip
        for name in filter(None, kept):
            target = source / Path(name).relative_to("clients/python")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "-q"]
        build = [*pip, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", str(tmp_path), str(source)]
        subprocess.run(build, check=True, capture_output=True, timeout=120)
        (wheel,) = tmp_path.glob("sharecover_client-*.whl")
        with zipfile.ZipFile(wheel) as packed:
            names = set(packed.namelist())
            packed.extractall(tmp_path / "installed")
        modules = {str(path.relative_to(FOLDER / "src")) for path in (FOLDER / "src").rglob("*.py")}
        assert modules <= names
        assert "sharecover_client/py.typed" in names
        told = subprocess.run(
            [sys.executable, "-P", "-c", "import sharecover_client as one; print(one.__file__, one.Sharecover.create_cover)"],
            cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "installed")}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert str(tmp_path / "installed") in told.stdout
