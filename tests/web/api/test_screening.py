"""A person who may be on the list, at the front door: referred, and told nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from coverage.domain.screening import Entry
from coverage.operations.house import House
from coverage.operations.screening import decide_screening, load_list, see_screenings
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform, a_bind, a_party
from tests.logs import seal_all
from tests.serving import at_once

Load = Callable[..., None]
NAME = "Zoltar Quimbledon"


@pytest.fixture
def load(owner: Database, house: House) -> Iterator[Load]:
    """Puts a list of such names in force; at the end nobody is on it whom another test may name."""

    def load(*names: str) -> None:
        entries = [Entry(f"MU-{name}", (name,), (), "person", "MADE-UP") for name in names]
        load_list(owner, entries, "made up", "0" * 64, house.wall())

    yield load
    load("Nobody Quimble")


def decide(owner: Database, house: House, platform: Platform, state: Any) -> None:
    queue = Database(owner.engine, "sharecover_worker")
    for one in see_screenings(queue, ["open"], 1000):
        if one.tenant == platform.tenant.id:
            decide_screening(queue, one.id, state, "Alex", "looked at the passport", house.wall())


def his_bind(platform: Platform) -> dict[str, Any]:
    return a_bind(platform.quote(), parties={"policyholder": a_party(name=NAME)})


class TestBind:
    def test_of_one_whom_the_list_may_mean_is_referred_and_told_nothing_more(
        self, platform: Platform, owner: Database, house: House, load: Load
    ) -> None:
        load(NAME)
        bind = his_bind(platform)
        answer = platform.post("/v1/covers", bind)
        problem = the_problem(answer, 409, "referred")
        assert set(problem) == {"type", "title", "status", "detail", "instance", "code", "request_id"}
        for word in ("sanction", "list", "frozen", "screen", "match", "Quimbledon", "MU-"):
            assert word.lower() not in answer.text.lower()
        assert platform.get(f"/v1/quotes/{bind['quote']}").json()["state"] == "open"
        assert platform.get("/v1/covers").json()["data"] == []
        seal_all(owner, house)
        events = platform.get("/v1/events").json()["data"]
        assert {event["type"] for event in events} == {"quote.created"}

    def test_of_one_who_was_cleared_passes(self, platform: Platform, owner: Database, house: House, load: Load) -> None:
        load(NAME)
        bind = his_bind(platform)
        the_problem(platform.post("/v1/covers", bind, key="once"), 409, "referred")
        decide(owner, house, platform, "cleared")
        assert platform.post("/v1/covers", bind, key="once").status_code == 201

    def test_of_one_who_was_confirmed_is_refused_in_the_same_words(
        self, platform: Platform, owner: Database, house: House, load: Load
    ) -> None:
        load(NAME)
        bind = his_bind(platform)
        before, after = platform.post("/v1/covers", bind), None
        decide(owner, house, platform, "confirmed")
        after = platform.post("/v1/covers", bind)
        told = [{name: value for name, value in one.json().items() if name != "request_id"} for one in (before, after)]
        assert told[0] == told[1]
        assert set(before.headers) == set(after.headers)

    def test_that_was_answered_before_the_list_came_is_replayed(self, platform: Platform, load: Load) -> None:
        load("Nobody Quimble")
        bind = his_bind(platform)
        first = platform.post("/v1/covers", bind, key="before")
        assert first.status_code == 201
        load(NAME)
        again = platform.post("/v1/covers", bind, key="before")
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["idempotent-replayed"] == "true"
        the_problem(platform.post("/v1/covers", his_bind(platform), key="before"), 422, "idempotency_key_reused")
        # Another request of the same person isn't a repeat.
        other = a_bind(platform.quote(), parties=bind["parties"])
        the_problem(platform.post("/v1/covers", other), 409, "referred")

    def test_looks_at_everybody_who_is_named(self, platform: Platform, load: Load) -> None:
        load(NAME)
        parties = {"policyholder": a_party(), "driver": a_party(name=NAME)}
        the_problem(platform.post("/v1/covers", a_bind(platform.quote(), parties=parties)), 409, "referred")

    def test_follows_a_list_that_comes_while_it_serves(self, platform: Platform, load: Load) -> None:
        load("Nobody Quimble")
        assert platform.post("/v1/covers", his_bind(platform)).status_code == 201
        load(NAME)
        the_problem(platform.post("/v1/covers", his_bind(platform)), 409, "referred")
        load("Nobody Quimble")
        assert platform.post("/v1/covers", his_bind(platform)).status_code == 201
        assert platform.client.get("/readyz").status_code == 200

    def test_twice_at_once_makes_one_screening(self, served_platform: Platform, owner: Database, load: Load) -> None:
        load(NAME)
        bind = his_bind(served_platform)
        answers = at_once(2, lambda number: served_platform.post("/v1/covers", bind, key=f"at-once-{number}"))
        assert [answer.status_code for answer in answers] == [409, 409]
        found = see_screenings(Database(owner.engine, "sharecover_worker"), ["open"], 1000)
        assert len([one for one in found if one.tenant == served_platform.tenant.id]) == 1
