"""Requests sent twice, one after the other and at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import pointers, the_problem
from tests.builders import Platform, a_bind, a_claim, a_quote, a_risk, enrol_platform, soon
from tests.dumping import dump
from tests.serving import at_once

REPLAYED = "Idempotent-Replayed"


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
                assert (again.status_code, again.headers["content-type"]) == (
                    first.status_code, first.headers["content-type"],
                )  # fmt: skip

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


class TestSimultaneousRequests:
    @staticmethod
    def bind(platform: Platform, body: dict[str, Any], key: str, _: int) -> httpx2.Response:
        return platform.post("/v1/covers", body, key=key)

    def test_with_one_key_bind_one_cover(self, served_platform: Platform, owner: Database) -> None:
        met: Counter[int] = Counter()
        for number in range(5):
            bind = a_bind(served_platform.quote())
            answers = at_once(20, partial(self.bind, served_platform, bind, f"race-{number}"))
            made = [answer for answer in answers if answer.status_code == 201]
            assert made
            assert len({answer.content for answer in made}) == 1
            assert sum(REPLAYED not in answer.headers for answer in made) == 1
            for answer in answers:
                met[answer.status_code] += 1
                if answer.status_code != 201:
                    the_problem(answer, 409, "idempotency_key_in_use")
        assert met[409], "no two requests ever met"
        assert len(served_platform.get("/v1/covers").json()["data"]) == 5

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
    def test_are_not_kept_in_clear(self, platform: Platform, database_url: str) -> None:
        canary = "QXCANARYQX"
        bind = a_bind(platform.quote(risk=a_risk(registration="QXCA-NARY")))
        bind["parties"]["policyholder"] |= {"name": f"{canary} name", "email": f"{canary}@example.org"}
        cover = platform.post("/v1/covers", bind).json()
        claim = a_claim(cover, description=f"{canary} description", loss_at=soon(seconds=-5), contact={"phone": canary})
        made = platform.post("/v1/claims", claim)
        assert canary in made.json()["description"]
        link = platform.get(f"/v1/covers/{cover['id']}").json()["member_url"].rpartition("/")[2]
        found = dump(database_url)
        for table in ("covers", "members", "quotes", "claims", "idempotency_keys", "facts"):
            assert f"{table} ({platform.tenant.id}," in found, "the dump holds what was written"
        for secret in (canary, "QXCA-NARY", "QXCANARY", "1990-05-01", link, platform.key, platform.key[8:]):
            assert secret not in found
            assert secret.encode().hex() not in found

    @pytest.mark.parametrize("table", ["idempotency_keys"])
    def test_are_there_for_each_success_alone(self, platform: Platform, owner: Database, table: str) -> None:
        platform.post("/v1/quotes", a_quote(), key="one")
        platform.post("/v1/quotes", a_quote(product="nothing"), key="two")
        platform.post("/v1/quotes", {"nonsense": 1}, key="three")
        assert kept(owner, platform) == 1
