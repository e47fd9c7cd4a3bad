"""`/v1/events`: all that happened, once, in an order that never changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from coverage.domain.facts import SCOPES, Fact
from coverage.domain.kinds import KINDS
from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.operations.unlocking import new_key
from coverage.storage.identity import new_id
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform, soon
from tests.conftest import ROOT
from tests.happenings import one_of_every_kind
from tests.logs import seal_all


def events(platform: Platform, **query: Any) -> list[dict[str, Any]]:
    answer = platform.get("/v1/events", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


class TestEvents:
    def test_tell_what_happened_in_its_order(self, platform: Platform, owner: Database, house: House) -> None:
        quote = platform.quote(start="at_issue", end=None, duration="PT1H")
        cover = platform.cover(quote)
        claim = platform.claim(cover)
        seal_all(owner, house)
        told = events(platform)
        assert [(event["type"], event["subject"]) for event in told] == [
            ("quote.created", quote["id"]),
            ("cover.issued", cover["id"]),
            ("claim.created", claim["id"]),
        ]
        for event in told:
            assert event["object"] == "event"
            assert event["livemode"] is False
            assert event["actor"].startswith("key_")
            assert platform.get(f"/v1/events/{event['id']}").json() == event
        assert told[1]["data"] == {"quote": quote["id"], "transaction": cover["transactions"][0]["id"]}

    def test_are_there_once_they_are_sealed(self, platform: Platform, owner: Database, house: House) -> None:
        seal_all(owner, house)
        platform.quote()
        assert events(platform) == []
        seal_all(owner, house)
        assert len(events(platform)) == 1

    def test_tell_both_clocks(self, platform: Platform, owner: Database, house: House) -> None:
        before = house.wall()
        platform.advance(soon(days=30))
        platform.quote(start=soon(days=40), end=soon(days=40, hours=3))
        seal_all(owner, house)
        event = events(platform, type="quote.created")[0]
        assert datetime.fromisoformat(event["happened_at"]) >= before + timedelta(days=30) - timedelta(seconds=2)
        assert before <= datetime.fromisoformat(event["created_at"]) <= house.wall()

    def test_are_followed_without_missing_or_repeating_one(
        self, platform: Platform, owner: Database, house: House
    ) -> None:
        made = 0
        found: list[str] = []
        last: dict[str, str] = {}
        caller = Caller(platform.tenant, "test")
        for number in range(6):
            with house.transaction(caller) as late:
                late.record(Fact("cover.started", new_id("cover")))
                late.session.flush()
                for _ in range(4):
                    with house.transaction(caller) as tx:
                        tx.record(Fact("cover.started", new_id("cover")))
                seal_all(owner, house)
            made += 5
            seal_all(owner, house)
            more = bool(number % 2)
            while more:
                page = platform.get("/v1/events", params={"limit": 3, **last}).json()
                found += [event["id"] for event in page["data"]]
                last = {"starting_after": found[-1]}
                more = page["has_more"]
        seal_all(owner, house)
        found += [event["id"] for event in events(platform, **last)]
        assert len(found) == len(set(found)) == made
        assert events(platform, starting_after=found[-1]) == [], "and asked again later, with the same id"

    def test_are_narrowed_by_type_subject_and_time(self, platform: Platform, owner: Database, house: House) -> None:
        covers = [platform.cover()["id"] for _ in range(2)]
        platform.post(f"/v1/covers/{covers[0]}/cancel", {})
        seal_all(owner, house)

        def types(**query: Any) -> list[str]:
            return [event["type"] for event in events(platform, **query)]

        assert types(type="cover.issued") == ["cover.issued"] * 2
        assert types(type="cover.*") == ["cover.issued"] * 2 + ["cover.cancelled"]
        assert types(type="cover_.*") == []
        assert types(subject=covers[0]) == ["cover.issued", "cover.cancelled"]
        assert types(subject=covers[1], type="quote.*") == []
        last = events(platform)[-1]["created_at"]
        assert types(**{"created[gte]": last}) == ["cover.cancelled"]
        assert len(types(**{"created[lte]": last})) == 5
        assert types(**{"created[gte]": soon(hours=1)}) == []

    @pytest.mark.parametrize("wanted", ["cover", "*", "cover.%", "Cover.issued", "cover.issued.*"])
    def test_refuse_a_type_that_is_none(self, platform: Platform, wanted: str) -> None:
        the_problem(platform.get("/v1/events", params={"type": wanted}), 422, "invalid_request")

    @pytest.mark.parametrize("noun", ["fact", "cover"])
    def test_refuse_to_start_after_what_is_none(self, platform: Platform, noun: str) -> None:
        problem = the_problem(platform.get("/v1/events", params={"starting_after": new_id(noun)}), 422, "invalid_list")
        assert problem["errors"][0]["pointer"] == "?starting_after"
        the_problem(platform.get(f"/v1/events/{new_id(noun)}"), 404, "unknown_event")

    def test_are_told_as_far_as_a_keys_scopes_reach(self, platform: Platform, owner: Database, house: House) -> None:
        platform.cover()
        seal_all(owner, house)
        whole = events(platform)
        assert {event["type"] for event in whole} == {"quote.created", "cover.issued"}

        def with_scopes(*scopes: str) -> Platform:
            with house.transaction(Caller(platform.tenant, "test")) as tx:
                return replace(platform, key=new_key(tx, scopes))

        narrow = with_scopes("covers")
        assert events(narrow) == [event for event in whole if event["type"] == "cover.issued"]
        hidden = next(event["id"] for event in whole if event["type"] == "quote.created")
        the_problem(narrow.get(f"/v1/events/{hidden}"), 404, "unknown_event")
        assert events(narrow, type="quote.*") == []
        problem = the_problem(with_scopes().get("/v1/events"), 403, "scope_missing")
        assert problem["scope"] == "quotes:read"

    def test_ask_the_database_no_more_for_many_than_for_one(
        self, platform: Platform, owner: Database, house: House
    ) -> None:
        from sqlalchemy import event

        statements: list[str] = []
        event.listen(house.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        platform.quote()
        seal_all(owner, house)
        events(platform)
        statements.clear()
        events(platform)
        few = len(statements)
        for _ in range(8):
            platform.quote()
        seal_all(owner, house)
        statements.clear()
        assert len(events(platform)) == 9
        assert len(statements) == few


class TestKinds:
    def test_have_each_a_scope(self) -> None:
        made = {fact.kind for fact in one_of_every_kind()}
        assert made == set(KINDS), "and each is made by somebody"
        assert {kind.partition(".")[0] for kind in made} == set(SCOPES)

    def test_are_all_in_the_partners_guide(self) -> None:
        guide = (ROOT / "docs" / "partner-guide.md").read_text(encoding="utf-8")
        for kind, told in KINDS.items():
            holds = ", ".join(f"`{name}`" for name in told.data)
            assert f"| `{kind}` | {told.words} | {holds} |\n" in guide
