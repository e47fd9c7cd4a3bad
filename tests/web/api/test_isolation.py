"""Lists, keys and names, each partner's own. That nobody meets another's things is tried in tests/promises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import event, text

from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.operations.unlocking import new_key
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform, a_bind, enrol_platform


class TestLists:
    def test_page_through_everything_once(self, platform: Platform) -> None:
        made = [platform.cover()["id"] for _ in range(7)]
        found: list[str] = []
        page: dict[str, Any] = {"has_more": True}
        while page["has_more"]:
            after = {"starting_after": found[-1]} if found else {}
            page = platform.get("/v1/covers", params={"limit": 3, **after}).json()
            assert len(page["data"]) <= 3
            found += [cover["id"] for cover in page["data"]]
        assert sorted(found) == sorted(made)
        assert len(found) == 7

    def test_ask_the_database_no_more_for_many_than_for_one(self, platform: Platform, house: House) -> None:
        statements: list[str] = []
        event.listen(house.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

        def asked(path: str) -> int:
            statements.clear()
            assert platform.get(path).status_code == 200
            return len(statements)

        for _ in range(2):
            platform.claim(platform.cover(platform.quote(start="at_issue", end=None, duration="PT1H")))
        few = [asked(path) for path in ("/v1/covers", "/v1/claims")]
        for _ in range(8):
            platform.claim(platform.cover(platform.quote(start="at_issue", end=None, duration="PT1H")))
        assert [asked(path) for path in ("/v1/covers", "/v1/claims")] == few
        assert max(few) <= 14


class TestKeys:
    def test_do_what_their_scopes_allow(self, platform: Platform, house: House) -> None:
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            narrow = replace(platform, key=new_key(tx, ["quotes"]))
        quote = narrow.quote()
        the_problem(narrow.post("/v1/covers", a_bind(quote)), 403, "scope_missing")
        the_problem(narrow.get("/v1/covers"), 403, "scope_missing")
        the_problem(narrow.get("/v1/claims"), 403, "scope_missing")
        assert narrow.get("/v1/products").status_code == 200
        assert platform.cover(quote)["state"] == "scheduled"

    def test_that_are_over_open_nothing_at_once(self, platform: Platform, owner: Database, house: House) -> None:
        assert platform.get("/v1/covers").status_code == 200
        with owner.engine.begin() as connection:
            connection.execute(
                text("UPDATE credentials SET expires_at = :at WHERE tenant_id = :tenant AND kind = 'api_key'"),
                {"at": house.wall(), "tenant": platform.tenant.id},
            )
        the_problem(platform.get("/v1/covers"), 401, "invalid_key")

    def test_are_no_links_and_links_no_keys(self, platform: Platform) -> None:
        link = platform.get(f"/v1/covers/{platform.cover()['id']}").json()["member_url"].rpartition("/")[2]
        the_problem(replace(platform, key=link).get("/v1/covers"), 401, "invalid_key")
        assert platform.client.get(f"/m/{platform.key}", follow_redirects=False).status_code == 404


class TestNames:
    def test_of_two_partners_may_be_one(self, platform: Platform, owner: Database, house: House) -> None:
        platform.cover()
        twin = enrol_platform(owner, house, platform.client)
        assert twin.tenant.id != platform.tenant.id
        assert twin.get("/v1/covers").json()["data"] == []
