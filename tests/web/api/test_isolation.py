"""Two partners, and one partner's two modes: nobody reads or writes the other's, nor learns that it is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, text

from coverage.domain.tenant import Caller, Tenant
from coverage.operations.house import House
from coverage.operations.unlocking import new_key
from coverage.storage.identity import new_id
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform, a_bind, a_claim, a_quote, enrol_platform, soon

# What stands in a body where another's thing could be named, by operation.
OPERATIONS_WITH_IDS = {
    "retrieveQuote": "quote", "createCover": "quote", "retrieveCover": "cover", "cancelCover": "cover",
    "retrieveCertificate": "cover", "createClaim": "cover", "retrieveClaim": "claim",
}  # fmt: skip
# Where no id of a partner's own things can be named: what is on sale, the partner's own lists, its clock, the process.
WITHOUT_IDS = {
    "listProducts", "retrieveProduct", "retrieveInformationDocument", "createQuote", "listCovers", "listClaims",
    "retrieveTestClock", "advanceTestClock", "livez", "readyz",
}  # fmt: skip


def things(platform: Platform) -> dict[str, dict[str, Any]]:
    quote = platform.quote()
    cover = platform.cover()
    return {"quote": quote, "cover": cover, "claim": platform.claim(cover, loss_at=soon(seconds=-60))}


def ask(platform: Platform, operation: str, found: dict[str, dict[str, Any]], key: str) -> Any:
    quote, cover, claim = (found[noun]["id"] for noun in ("quote", "cover", "claim"))
    match operation:
        case "retrieveQuote":
            return platform.get(f"/v1/quotes/{quote}?expand[]=explanation")
        case "createCover":
            return platform.post("/v1/covers", a_bind(found["quote"]) | {"quote": quote}, key=key)
        case "retrieveCover":
            return platform.get(f"/v1/covers/{cover}")
        case "cancelCover":
            return platform.post(f"/v1/covers/{cover}/cancel", {"preview": True}, key=key)
        case "retrieveCertificate":
            return platform.get(f"/v1/covers/{cover}/certificate")
        case "createClaim":
            return platform.post(
                "/v1/claims", a_claim(found["cover"]) | {"cover": cover, "loss_at": soon(seconds=-60)}, key=key
            )
        case "retrieveClaim":
            return platform.get(f"/v1/claims/{claim}")
    raise AssertionError(operation)


def words(answer: Any) -> dict[str, Any]:
    """A problem without what may differ."""
    return {key: value for key, value in the_problem(answer).items() if key not in ("request_id", "instance")}


def headers(answer: Any) -> dict[str, str]:
    return {key: value for key, value in answer.headers.items() if key not in ("request-id", "date", "content-length")}


@pytest.fixture
def live_platform(owner: Database, house: House, platform: Platform) -> Platform:
    """The same partner in live mode."""
    tenant = Tenant(platform.tenant.partner_id, "live")
    with owner.transaction(tenant) as session:
        # The application's role may not make tenants.
        session.execute(text("RESET ROLE"))
        session.execute(
            text("INSERT INTO tenants (id, partner_id, mode, created_at) VALUES (:id, :partner, 'live', :at)"),
            {"id": tenant.id, "partner": tenant.partner_id, "at": house.wall()},
        )
    with house.transaction(Caller(tenant, "test")) as tx:
        key = new_key(tx)
    return replace(platform, tenant=tenant, key=key)


class TestEveryOperation:
    def test_is_in_one_of_the_two_lists(self, platform: Platform) -> None:
        document = platform.client.get("/openapi.json").json()
        found = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
        assert found == set(OPERATIONS_WITH_IDS) | WITHOUT_IDS

    @pytest.mark.parametrize("operation", sorted(OPERATIONS_WITH_IDS))
    def test_answers_for_anothers_thing_as_for_none(
        self, platform: Platform, another_platform: Platform, operation: str
    ) -> None:
        theirs = things(another_platform)
        noun = OPERATIONS_WITH_IDS[operation]
        unknown = theirs | {noun: theirs[noun] | {"id": new_id(noun)}}
        about_theirs, about_none = (
            ask(platform, operation, found, key) for found, key in ((theirs, "a"), (unknown, "b"))
        )
        assert about_theirs.status_code == about_none.status_code
        assert about_theirs.status_code in (404, 422)
        assert words(about_theirs) == words(about_none)
        assert headers(about_theirs) == headers(about_none)
        # And it is really there: its owner gets it.
        assert ask(another_platform, operation, theirs, "c").status_code < 300

    @pytest.mark.parametrize("operation", sorted(OPERATIONS_WITH_IDS))
    def test_answers_for_the_other_modes_thing_as_for_none(
        self, platform: Platform, live_platform: Platform, operation: str
    ) -> None:
        theirs = things(platform)
        noun = OPERATIONS_WITH_IDS[operation]
        unknown = theirs | {noun: theirs[noun] | {"id": new_id(noun)}}
        about_theirs, about_none = (
            ask(live_platform, operation, found, key) for found, key in ((theirs, "a"), (unknown, "b"))
        )
        assert words(about_theirs) == words(about_none)

    def test_leaves_anothers_cover_as_it_was(self, platform: Platform, another_platform: Platform) -> None:
        cover = another_platform.cover()
        the_problem(platform.post(f"/v1/covers/{cover['id']}/cancel", {}), 404, "unknown_cover")
        assert another_platform.get(f"/v1/covers/{cover['id']}").json()["state"] == "scheduled"


class TestLists:
    def test_show_nothing_of_anothers(self, platform: Platform, another_platform: Platform) -> None:
        mine, theirs = things(platform), things(another_platform)
        for path, noun in (("/v1/covers", "cover"), ("/v1/claims", "claim")):
            assert [one["id"] for one in platform.get(path).json()["data"]] == [mine[noun]["id"]]
            listed = platform.get(path, params={"starting_after": theirs[noun]["id"]}).json()["data"]
            assert {one["id"] for one in listed} <= {mine[noun]["id"]}
        assert platform.get("/v1/claims", params={"cover": theirs["cover"]["id"]}).json()["data"] == []
        reference = theirs["cover"]["parties"][0]["reference"]
        assert platform.get("/v1/covers", params={"policyholder": reference}).json()["data"] == []

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
    def test_of_two_modes_see_their_own(self, platform: Platform, live_platform: Platform) -> None:
        cover = platform.cover()
        assert cover["livemode"] is False
        assert live_platform.get("/v1/covers").json()["data"] == []
        quote = live_platform.post("/v1/quotes", a_quote()).json()
        assert quote["livemode"] is True
        the_problem(live_platform.post("/v1/test_clock/advance", {"to": quote["start"]}), 403, "not_in_live_mode")

    def test_do_what_their_scopes_allow(self, platform: Platform, house: House) -> None:
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            narrow = replace(platform, key=new_key(tx, ["quotes"]))
        quote = narrow.quote()
        the_problem(narrow.post("/v1/covers", a_bind(quote)), 403, "scope_missing")
        the_problem(narrow.get("/v1/covers"), 403, "scope_missing")
        the_problem(narrow.get("/v1/claims"), 403, "scope_missing")
        assert narrow.get("/v1/products").status_code == 200
        assert platform.cover(quote)["state"] == "scheduled"

    @pytest.mark.parametrize("end", ["revoked_at", "expires_at"])
    def test_that_are_over_open_nothing_at_once(
        self, platform: Platform, owner: Database, house: House, end: str
    ) -> None:
        assert platform.get("/v1/covers").status_code == 200
        with owner.engine.begin() as connection:
            connection.execute(
                text(f"UPDATE credentials SET {end} = :at WHERE tenant_id = :tenant AND kind = 'api_key'"),  # noqa: S608
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
