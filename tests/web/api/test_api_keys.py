"""`/v1/api_keys`: keys that give no more than they have, and that are rotated without a moment in which none is valid."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from coverage.domain.faults import Conflict
from coverage.domain.scopes import MEANINGS, UNRESTRICTED, beyond, reach, told
from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.operations.keying import rotate_key
from coverage.operations.unlocking import KEY_PATTERN, caller_by_key, looks_like_key, new_key
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import the_problem
from tests.builders import Platform, a_bind, enrol_platform
from tests.lending import Wall
from tests.logs import seal_all
from tests.serving import at_once
from tests.web.api.bodies import a_key


def make(platform: Platform, *scopes: str, **more: Any) -> dict[str, Any]:
    body = {"name": "Reporting"} | ({"scopes": list(scopes)} if scopes else {}) | more
    answer = platform.post("/v1/api_keys", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def with_key(platform: Platform, made: dict[str, Any]) -> Platform:
    return replace(platform, key=made["key"])


def status(platform: Platform) -> int:
    return platform.get("/v1/covers").status_code


class TestCreating:
    def test_shows_the_key_once(self, platform: Platform) -> None:
        made = make(platform, "covers:read")
        assert re.fullmatch(KEY_PATTERN, made["key"])
        assert looks_like_key(made["key"])
        seen = platform.get(f"/v1/api_keys/{made['id']}").json()
        assert seen == {name: value for name, value in made.items() if name != "key"}
        assert made["key"] not in platform.get("/v1/api_keys").text
        assert seen["hint"] == made["key"][-4:]
        assert (seen["state"], seen["livemode"], seen["last_used_at"]) == ("active", False, None)
        assert seen["created_by"].startswith("key_")

    def test_without_scopes_gives_what_a_platform_does(self, platform: Platform) -> None:
        made = make(platform)
        assert made["scopes"] == list(UNRESTRICTED)
        mine = with_key(platform, made)
        assert mine.cover()["object"] == "cover"
        problem = the_problem(mine.get("/v1/api_keys"), 403, "scope_missing")
        assert problem["scope"] == "keys"
        assert the_problem(mine.get("/v1/payouts"), 403, "scope_missing")["scope"] == "settling"

    def test_says_which_scope_is_missing(self, platform: Platform) -> None:
        quote = platform.quote()
        reader = with_key(platform, make(platform, "covers:read"))
        assert status(reader) == 200
        problem = the_problem(reader.post("/v1/covers", a_bind(quote)), 403, "scope_missing")
        assert problem["scope"] == "covers:write"
        assert "covers:write" in problem["detail"]
        assert the_problem(reader.get("/v1/claims"), 403)["scope"] == "claims:read"
        assert the_problem(reader.post("/v1/prices", {}), 403)["scope"] == "quotes:read"

    def test_gives_no_more_than_the_key_that_makes_it(self, platform: Platform) -> None:
        narrow = with_key(platform, make(platform, "keys", "covers:read"))
        for wanted in (["covers:write"], ["covers:read", "claims:read"], ["settling"], None):
            answer = narrow.post("/v1/api_keys", {"name": "More", "scopes": wanted})
            assert the_problem(answer, 403, "scope_missing")["scope"] not in ("covers:read", "keys")
        assert make(narrow, "covers:read")["scopes"] == ["covers:read"]
        wide = make(platform)
        the_problem(narrow.post(f"/v1/api_keys/{wide['id']}/rotate", {"expires_in": "PT0S"}), 403, "scope_missing")
        assert status(with_key(platform, wide)) == 200
        assert narrow.post(f"/v1/api_keys/{wide['id']}/revoke", {}).status_code == 200, "to end a key gives nothing"

    @pytest.mark.parametrize(
        ("scopes", "pointer"),
        [(["covers:read", "everything"], "/scopes/1"), ([], "/scopes"), (["covers"], "/scopes/0")],
    )
    def test_refuses_scopes_that_are_none(self, platform: Platform, scopes: list[str], pointer: str) -> None:
        problem = the_problem(platform.post("/v1/api_keys", {"name": "K", "scopes": scopes}), 422, "invalid_request")
        assert problem["errors"][0]["pointer"] == pointer

    def test_needs_a_scope_of_its_own(self, platform: Platform) -> None:
        everything_else = with_key(platform, make(platform, *(scope for scope in MEANINGS if scope != "keys")))
        for path in ("", "/key_x", "/key_x/rotate", "/key_x/revoke"):
            ways = [everything_else.get] if path in ("", "/key_x") else []
            answers = [ask(f"/v1/api_keys{path}") for ask in ways]
            answers += [everything_else.post(f"/v1/api_keys{path}", {})] if path != "/key_x" else []
            assert answers
            assert {the_problem(one, 403, "scope_missing")["scope"] for one in answers} == {"keys"}

    def test_is_told_among_the_events_to_keys_of_that_scope(
        self, platform: Platform, owner: Database, house: House
    ) -> None:
        made = make(platform)
        platform.post(f"/v1/api_keys/{made['id']}/revoke", {})
        seal_all(owner, house)
        told_of = platform.get("/v1/events", params={"subject": made["id"]}).json()["data"]
        assert [event["type"] for event in told_of] == ["api_key.created", "api_key.revoked"]
        other = with_key(platform, make(platform))
        assert other.get("/v1/events", params={"subject": made["id"]}).json()["data"] == []


class TestListing:
    def test_pages_from_the_newest(self, platform: Platform) -> None:
        made = [make(platform, "covers:read")["id"] for _ in range(4)]
        first = platform.get("/v1/api_keys", params={"limit": 3}).json()
        assert [key["id"] for key in first["data"]] == made[:0:-1]
        rest = platform.get("/v1/api_keys", params={"starting_after": made[1]}).json()
        assert (first["has_more"], rest["has_more"]) == (True, False)
        assert [key["id"] for key in rest["data"]][:-1] == made[:1], "and the platform's own at last"
        the_problem(platform.get("/v1/api_keys", params={"starting_after": "cov_1"}), 422, "invalid_list")

    def test_shows_the_other_modes_keys_and_another_partners_never(
        self, platform: Platform, another_platform: Platform
    ) -> None:
        theirs = a_key(another_platform)
        assert theirs not in platform.get("/v1/api_keys").text
        the_problem(platform.get(f"/v1/api_keys/{theirs}"), 404, "unknown_key")
        the_problem(platform.post(f"/v1/api_keys/{theirs}/revoke", {}), 404, "unknown_key")
        the_problem(platform.post(f"/v1/api_keys/{theirs}/rotate", {"expires_in": "PT0S"}), 404, "unknown_key")


class TestLastUse:
    def test_is_noted_at_most_once_a_minute(self, owner: Database, house_with: Callable[..., House]) -> None:
        wall = Wall()
        house = house_with(wall=wall)
        with TestClient(create_app(house)) as client:
            platform = enrol_platform(owner, house, client)
            key_id = caller_by_key(house, platform.key, "").actor

            def noted() -> datetime:
                with owner.engine.connect() as connection:
                    query = text("SELECT last_used_at, xmin FROM credentials WHERE id = :id")
                    return connection.execute(query, {"id": key_id}).one()[0]  # type: ignore[no-any-return]

            first = noted()
            assert first == wall.now
            wall.now += timedelta(seconds=59)
            assert status(platform) == 200
            assert noted() == first
            wall.now += timedelta(seconds=1)
            assert status(platform) == 200
            assert noted() == wall.now
            assert platform.get(f"/v1/api_keys/{key_id}").json()["last_used_at"] == wall.now.isoformat().replace(
                "+00:00", "Z"
            )

    def test_holds_nobody_up(self, platform: Platform, owner: Database, house: House) -> None:
        key_id = caller_by_key(house, platform.key, "").actor
        with owner.engine.begin() as connection:
            connection.execute(text("UPDATE credentials SET last_used_at = NULL WHERE id = :id"), {"id": key_id})
            # The row is held by this transaction: whoever waited for it would fail after the lock's time.
            assert status(platform) == 200


class TestRotating:
    def test_leaves_both_valid_for_the_chosen_time(self, owner: Database, house_with: Callable[..., House]) -> None:
        wall = Wall()
        house = house_with(wall=wall)
        with TestClient(create_app(house)) as client:
            platform = enrol_platform(owner, house, client)
            old = make(platform, "covers:read")
            new = platform.post(f"/v1/api_keys/{old['id']}/rotate", {"expires_in": "PT2H"}).json()
            assert (new["scopes"], new["name"]) == (old["scopes"], old["name"])
            seen = platform.get(f"/v1/api_keys/{old['id']}").json()
            assert (seen["state"], seen["replaced_by"]) == ("rotating", new["id"])
            wall.now += timedelta(hours=2, microseconds=-1)
            assert [status(with_key(platform, key)) for key in (old, new)] == [200, 200]
            wall.now += timedelta(microseconds=1)
            assert [status(with_key(platform, key)) for key in (old, new)] == [401, 200]
            assert platform.get(f"/v1/api_keys/{old['id']}").json()["state"] == "expired"

    def test_at_once_with_no_time_at_all(self, platform: Platform) -> None:
        old = make(platform, "covers:read")
        new = platform.post(f"/v1/api_keys/{old['id']}/rotate", {"expires_in": "PT0S"}).json()
        assert [status(with_key(platform, key)) for key in (old, new)] == [401, 200]

    def test_refuses_a_key_that_is_rotating(self, platform: Platform) -> None:
        old = make(platform, "covers:read")
        path = f"/v1/api_keys/{old['id']}/rotate"
        assert platform.post(path, {"expires_in": "P1D"}).status_code == 201
        the_problem(platform.post(path, {"expires_in": "PT0S"}), 409, "key_rotating")
        assert status(with_key(platform, old)) == 200
        platform.post(f"/v1/api_keys/{old['id']}/revoke", {})
        the_problem(platform.post(path, {"expires_in": "PT0S"}), 409, "key_ended")

    def test_once_where_many_do_at_once(self, platform: Platform, house: House) -> None:
        old = make(platform, "covers:read")["id"]
        caller = Caller(platform.tenant, "test", scopes=reach(MEANINGS))

        def rotate(_: int) -> bool:
            try:
                with house.transaction(caller) as tx:
                    rotate_key(tx, old, timedelta(days=1))
            except Conflict as conflict:
                refused.append(conflict.code)
                return False
            return True

        refused: list[str] = []
        before = len(platform.get("/v1/api_keys").json()["data"])
        assert sum(at_once(8, rotate)) == 1
        assert refused == ["key_rotating"] * 7
        assert len(platform.get("/v1/api_keys").json()["data"]) == before + 1, "nobody left a key behind that lost"

    @pytest.mark.parametrize("expires_in", ["P31D", "P30DT1S", "1 day", "", None, 3600])
    def test_refuses_a_time_that_is_none_or_too_long(self, platform: Platform, expires_in: Any) -> None:
        answer = platform.post(f"/v1/api_keys/{a_key(platform)}/rotate", {"expires_in": expires_in})
        assert the_problem(answer, 422, "invalid_request")["errors"][0]["pointer"] == "/expires_in"

    def test_rotates_the_key_that_asks(self, platform: Platform, house: House) -> None:
        mine = caller_by_key(house, platform.key, "").actor
        new = platform.post(f"/v1/api_keys/{mine}/rotate", {"expires_in": "PT0S"}).json()
        assert (status(platform), status(with_key(platform, new))) == (401, 200)
        assert set(new["scopes"]) == set(told(MEANINGS))


class TestEarlierKeys:
    def test_may_do_what_they_could(self, platform: Platform, house: House) -> None:
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            earlier = replace(platform, key=new_key(tx, ("quotes", "covers", "claims")))
        cover = earlier.cover(earlier.quote(start="at_issue", end=None, duration="PT1H"))
        assert earlier.claim(cover)["object"] == "claim"
        the_problem(earlier.get("/v1/api_keys"), 403, "scope_missing")


class TestScopes:
    def test_reach(self) -> None:
        assert reach(["covers:write", "keys"]) == {"covers:write", "covers:read", "keys"}
        assert reach(["covers"]) == reach(["covers:write"])
        assert told(["keys", "covers:read", "covers", "claims:read"]) == ["covers:write", "claims:read", "keys"]
        assert beyond(["covers:write"], ["covers:read"]) == ["covers:write"]
        assert beyond(["covers:read"], ["covers:write"]) == []
