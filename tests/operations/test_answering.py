"""Requests sent twice, one after the other and at once."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text

from coverage.domain.tenant import Caller
from coverage.operations import answering
from coverage.operations.answering import KEPT_FOR, prune_answers
from coverage.operations.house import House
from coverage.storage.idempotency import Answered
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from coverage.worker import ROUNDS
from tests.answers import pointers, the_problem
from tests.builders import Platform, a_bind, a_claim, a_quote, a_risk, enrol_platform
from tests.serving import at_once
from tests.web.api.bodies import postings

REPLAYED = "Idempotent-Replayed"


def _texts(value: Any) -> Iterator[str]:
    """Every text in an answer, names of fields among them."""
    match value:
        case dict():
            for key, inner in value.items():
                yield key
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case str():
            yield value


def kept(owner: Database, platform: Platform) -> int:
    with owner.transaction(platform.tenant) as session:
        return int(session.scalar(text("SELECT count(*) FROM idempotency_keys")) or 0)


class TestRepeats:
    def test_get_the_first_answer_byte_for_byte(self, platform: Platform) -> None:
        cover = platform.cover()
        running = platform.cover(platform.quote(start="at_issue", end=None, duration="PT1H"))
        quote = platform.quote()
        requests: list[tuple[str, Any]] = [
            ("/v1/quotes", a_quote()),
            ("/v1/covers", a_bind(quote)),
            (f"/v1/covers/{cover['id']}/cancel", {"preview": True}),
            (f"/v1/covers/{cover['id']}/cancel", {}),
            ("/v1/claims", a_claim(running)),
        ]
        for number, (path, body) in enumerate(requests):
            first = platform.post(path, body, key=f"once-{number}")
            assert first.status_code in (200, 201), first.text
            assert REPLAYED not in first.headers
            for _ in range(2):
                again = platform.post(path, body, key=f"once-{number}")
                assert again.headers[REPLAYED] == "true"
                assert again.content == first.content
                assert again.status_code == first.status_code
                own = {"date", "request-id", REPLAYED.lower()}
                assert {name: value for name, value in again.headers.items() if name not in own} == {
                    name: value for name, value in first.headers.items() if name not in own
                }

    def test_are_the_same_however_they_are_spelt(self, platform: Platform) -> None:
        body = a_quote()
        first = platform.post("/v1/quotes", body, key="spelt")
        headers = {
            "Authorization": f"Bearer {platform.key}",
            "Idempotency-Key": "spelt",
            "Content-Type": "application/json",
        }
        spelt = json.dumps(dict(reversed(body.items())), indent=4).encode()
        assert platform.client.post("/v1/quotes", content=spelt, headers=headers).content == first.content

    def test_of_a_quote_are_answered_after_it_was_bound(self, platform: Platform) -> None:
        body = a_quote()
        first = platform.post("/v1/quotes", body, key="bound-since")
        platform.cover(first.json())
        again = platform.post("/v1/quotes", body, key="bound-since")
        assert again.headers[REPLAYED] == "true"
        assert again.content == first.content

    def test_with_another_body_or_path_are_refused(self, platform: Platform) -> None:
        cover, other = platform.cover(), platform.cover()
        assert platform.post(f"/v1/covers/{cover['id']}/cancel", {"preview": True}, key="k").status_code == 200
        for path, body in (
            (f"/v1/covers/{cover['id']}/cancel", {"preview": False}),
            (f"/v1/covers/{cover['id']}/cancel", {}),
            (f"/v1/covers/{other['id']}/cancel", {"preview": True}),
            ("/v1/quotes", a_quote()),
        ):
            the_problem(platform.post(path, body, key="k"), 422, "idempotency_key_reused")
        assert platform.get(f"/v1/covers/{other['id']}").json()["state"] == "scheduled"

    def test_need_a_key_where_something_is_bound_changed_or_claimed(self, platform: Platform) -> None:
        cover = platform.cover()
        headers = {"Authorization": f"Bearer {platform.key}"}
        for path, body in (
            ("/v1/covers", a_bind(platform.quote())),
            (f"/v1/covers/{cover['id']}/cancel", {}),
            ("/v1/claims", a_claim(cover)),
        ):
            answer = platform.client.post(path, json=body, headers=headers)
            the_problem(answer, 400, "missing_idempotency_key")
            assert pointers(answer) == ["Idempotency-Key"]
        assert platform.client.post("/v1/quotes", json=a_quote(), headers=headers).status_code == 201

    def test_of_a_refused_request_are_decided_anew(self, platform: Platform, owner: Database) -> None:
        registration = "ZZ-100-ZZ"
        first = platform.cover(platform.quote(risk=a_risk(registration=registration)))
        bind = a_bind(platform.quote(risk=a_risk(registration=registration)))
        before = kept(owner, platform)
        the_problem(platform.post("/v1/covers", bind, key="anew"), 409, "object_covered")
        assert kept(owner, platform) == before
        platform.post(f"/v1/covers/{first['id']}/cancel", {})
        answer = platform.post("/v1/covers", bind, key="anew")
        assert answer.status_code == 201
        assert REPLAYED not in answer.headers

    def test_of_two_partners_do_not_meet(self, platform: Platform, another_platform: Platform) -> None:
        body = a_quote()
        first = platform.post("/v1/quotes", body, key="shared")
        second = another_platform.post("/v1/quotes", body, key="shared")
        assert second.status_code == 201
        assert REPLAYED not in second.headers
        assert first.json()["id"] != second.json()["id"]

    def test_do_not_show_the_members_link(self, platform: Platform) -> None:
        bind = a_bind(platform.quote())
        first = platform.post("/v1/covers", bind, key="link")
        assert first.json()["member_url"] is None
        assert platform.get(f"/v1/covers/{first.json()['id']}").json()["member_url"]
        assert platform.post("/v1/covers", bind, key="link").content == first.content

    def test_after_the_quote_expired_still_get_the_cover(
        self, owner: Database, house: House, house_with: Callable[..., House]
    ) -> None:
        late = {"by": timedelta()}
        moved = house_with(wall=lambda: house.wall() + late["by"])
        with TestClient(create_app(moved), raise_server_exceptions=False) as client:
            platform = enrol_platform(owner, moved, client, "live")
            bind = a_bind(platform.quote())
            first = platform.post("/v1/covers", bind, key="late")
            late["by"] = timedelta(days=400)
            assert platform.post("/v1/covers", bind, key="late").content == first.content

    def test_about_a_person_who_was_erased_since_are_gone(self, platform: Platform, house: House) -> None:
        bind, running = a_bind(platform.quote()), platform.quote(start="at_issue", end=None, duration="PT1H")
        cover = platform.post("/v1/covers", bind, key="bind").json()
        claim = a_claim(platform.cover(running, parties=bind["parties"]))
        asked: list[tuple[str, str, Any]] = [
            ("bind", "/v1/covers", bind),
            ("claim", "/v1/claims", claim),
            ("cancel", f"/v1/covers/{cover['id']}/cancel", {}),
        ]
        for key, path, body in asked[1:]:
            assert platform.post(path, body, key=key).status_code < 300
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            policyholder = tx.session.scalar(
                text("SELECT policyholder_id FROM covers WHERE id = :id"), {"id": cover["id"]}
            )
            tx.forget(str(policyholder))
        for key, path, body in asked:
            the_problem(platform.post(path, body, key=key), 410, "erased")
        # Of another request under an erased answer's key nothing more is told either.
        the_problem(platform.post("/v1/covers", a_bind(platform.quote()), key="bind"), 422, "idempotency_key_reused")

    def test_after_the_commit_failed_are_done_then(
        self, platform: Platform, house: House, owner: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bind, state = a_bind(platform.quote()), {"kept": False, "ended": False}

        def keep(**row: Any) -> Answered:
            state["kept"] = True
            return Answered(**row)

        def end_connection(connection: Any) -> None:
            if state["kept"] and not state["ended"]:
                state["ended"] = True
                mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                with owner.engine.connect() as killer:
                    killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})

        asking = partial(platform.post, "/v1/covers", bind, key="lost")
        before = kept(owner, platform)
        monkeypatch.setattr(answering, "Answered", keep)
        event.listen(house.database.engine, "commit", end_connection)
        try:
            the_problem(asking(), 503, "database_unavailable")
        finally:
            event.remove(house.database.engine, "commit", end_connection)
        assert state["ended"]
        assert kept(owner, platform) == before
        again = asking()
        assert (again.status_code, again.headers.get(REPLAYED)) == (201, None)
        assert asking().content == again.content


class TestSimultaneousRequests:
    def test_with_keys_of_their_own_bind_one_cover(self, served_platform: Platform) -> None:
        quote = served_platform.quote()
        answers = at_once(20, lambda _: served_platform.post("/v1/covers", a_bind(quote)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
        cover = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
        for answer in answers:
            if answer.status_code == 409:
                assert the_problem(answer, 409, "quote_bound")["cover"] == cover

    def test_are_a_partners_first_ones_too(self, served_platform: Platform) -> None:
        # None of them finds the key that is to seal their answers.
        answers = at_once(20, lambda _: served_platform.post("/v1/quotes", a_quote()))
        assert {answer.status_code for answer in answers} == {201}
        again = served_platform.post("/v1/quotes", a_quote(), key="k")
        assert again.status_code == 201


class TestStoredAnswers:
    def test_hold_no_secret(self, platform: Platform, owner: Database, house: House) -> None:
        document = platform.client.get("/openapi.json").json()
        keyed = {
            operation["operationId"]
            for path in document["paths"].values()
            for operation in path.values()
            if "idempotency-key" in {parameter["name"].lower() for parameter in operation.get("parameters", [])}
        }
        makers = postings(platform)
        for number, operation in enumerate(sorted(keyed)):
            posting = makers[operation]()
            answer = platform.post(posting.path, posting.body, key=f"{operation}-{number}")
            assert answer.status_code < 300, answer.text
            for cover in platform.get("/v1/covers").json()["data"]:
                platform.get(f"/v1/covers/{cover['id']}")  # its link is told here, and opens its page
        with owner.engine.connect() as connection:
            digests = set(connection.scalars(text("SELECT hash FROM credentials")))
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            answers = [
                json.loads(tx.unseal(row.sealed_for, row.sealed, f"idempotency_keys/{row.key}"))
                for row in tx.session.query(Answered)
            ]
        told = [value for answer in answers for value in _texts(answer)]
        assert len(answers) >= len(keyed) > 3
        assert len(told) > 100
        for value in told:
            assert not re.search("sk_(test|live)_|whsec_", value), value
            for word in re.findall(r"[\w-]{16,}", value):
                assert hashlib.sha256(word.encode()).digest() not in digests, "it opens something"

    def test_are_there_for_each_success_alone(self, platform: Platform, owner: Database) -> None:
        platform.post("/v1/quotes", a_quote(), key="one")
        platform.post("/v1/quotes", a_quote(product="nothing"), key="two")
        platform.post("/v1/quotes", {"nonsense": 1}, key="three")
        assert kept(owner, platform) == 1


@pytest.fixture
def queue(database_url: str) -> Iterator[Database]:
    """The database as workers have it."""
    database = Database.connect(database_url, "sharecover_worker", pool_size=2)
    yield database
    database.close()


class TestPruning:
    def test_throws_away_what_was_kept_for_thirty_days(
        self, owner: Database, queue: Database, house: House, house_with: Callable[..., House], platform: Platform
    ) -> None:
        began, late = house.wall(), {"by": timedelta()}
        moved = house_with(wall=lambda: began + late["by"])
        with TestClient(create_app(moved), raise_server_exceptions=False) as client:
            partners = [enrol_platform(owner, moved, client, mode) for mode in ("test", "live")]
            body, bind = a_quote(), a_bind(partners[0].quote())
            first = [partner.post("/v1/quotes", body, key="old").json()["id"] for partner in partners]
            cover = partners[0].post("/v1/covers", bind, key="bind").json()["id"]
            late["by"] = timedelta(days=1)
            young = partners[0].post("/v1/quotes", body, key="young")
            prune_answers(queue, began + KEPT_FOR)
            assert [partner.post("/v1/quotes", body, key="old").json()["id"] for partner in partners] == first
            assert prune_answers(queue, began + KEPT_FOR + timedelta(microseconds=1)) >= 3
            assert partners[0].post("/v1/quotes", body, key="young").content == young.content
            # What comes later is a new request, whatever it asks.
            for partner, quote in zip(partners, first, strict=True):
                again = partner.post("/v1/quotes", body, key="old")
                assert REPLAYED not in again.headers
                assert again.json()["id"] != quote
            assert the_problem(partners[0].post("/v1/covers", bind, key="bind"), 409, "quote_bound")["cover"] == cover
            assert partners[0].post("/v1/quotes", a_quote(), key="bind").status_code == 201

    def test_goes_on_until_nothing_old_is_left(
        self, owner: Database, queue: Database, house: House, platform: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prune_answers(queue, house.wall() + KEPT_FOR)
        for number in range(5):
            platform.post("/v1/quotes", a_quote(), key=f"k-{number}")
        monkeypatch.setattr(answering, "BATCH", 2)
        assert prune_answers(queue, house.wall() + KEPT_FOR) == 5
        assert kept(owner, platform) == 0

    def test_by_two_at_once_throws_each_away_once(
        self, owner: Database, queue: Database, house: House, platform: Platform
    ) -> None:
        prune_answers(queue, house.wall() + KEPT_FOR)
        for number in range(20):
            platform.post("/v1/quotes", a_quote(), key=f"k-{number}")
        wall = house.wall() + KEPT_FOR
        assert sum(at_once(2, lambda _: prune_answers(queue, wall))) == 20
        assert kept(owner, platform) == 0

    def test_is_a_round_of_the_worker_about_hourly(
        self, owner: Database, queue: Database, house: House, house_with: Callable[..., House], platform: Platform
    ) -> None:
        platform.post("/v1/quotes", a_quote(), key="one")
        (pruning,) = [one for one in ROUNDS if one.name == "prune"]
        assert pruning.every_seconds == 3600
        pruning.once(house, queue)
        assert kept(owner, platform) == 1
        pruning.once(house_with(wall=lambda: house.wall() + KEPT_FOR), queue)
        assert kept(owner, platform) == 0
