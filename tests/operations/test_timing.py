"""What time it is, and what may no longer be done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import pointers, the_problem
from tests.builders import Platform, a_bind, a_goods_risk, a_party, a_quote, enrol_platform, soon
from tests.serving import at_once

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@dataclass
class Wall:
    """A wall clock that stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def text(self, **later: float) -> str:
        return (self.now + timedelta(**later)).isoformat()


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def still(owner: Database, house_with: Callable[..., House], wall: Wall) -> Iterator[Platform]:
    """A live partner in a house whose wall clock stands still."""
    house = house_with(wall=wall)
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        yield enrol_platform(owner, house, client, "live")


class TestStart:
    def test_in_the_past_is_refused(self, still: Platform, wall: Wall) -> None:
        @settings(
            max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=9000)))
        def refuse(earlier: timedelta) -> None:
            start = wall.now - earlier
            body = a_quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat())
            answer = still.post("/v1/quotes", body)
            assert pointers(answer) == ["/start"]
            assert the_problem(answer, 422, "invalid_term")["errors"][0]["code"] == "start_passed"

        refuse()

    def test_at_this_instant_is_taken(self, still: Platform, wall: Wall) -> None:
        quote = still.quote(start=wall.text(), end=wall.text(hours=1))
        assert still.cover(quote)["state"] == "on_risk"

    def test_that_passed_since_the_quote_is_refused(self, still: Platform, wall: Wall) -> None:
        quote = still.quote(start=wall.text(hours=1), end=wall.text(hours=2))
        wall.now += timedelta(hours=1, microseconds=1)
        the_problem(still.post("/v1/covers", a_bind(quote)), 409, "start_passed")
        wall.now -= timedelta(microseconds=1)
        assert still.cover(quote)["start"] == quote["start"]

    def test_at_issue_is_the_instant_of_binding(self, still: Platform, wall: Wall) -> None:
        quote = still.quote(start="at_issue", end=None, duration="PT90M")
        assert (quote["start"], quote["end"], quote["duration"]) == ("at_issue", None, "PT1H30M")
        assert quote["expires_at"] == (NOON + timedelta(minutes=15)).isoformat().replace("+00:00", "Z")
        wall.now += timedelta(minutes=15, microseconds=-1)
        cover = still.cover(quote)
        assert datetime.fromisoformat(cover["start"]) == wall.now
        assert datetime.fromisoformat(cover["end"]) == wall.now + timedelta(minutes=90)

    def test_at_issue_is_over_when_the_price_stops_floating(self, still: Platform, wall: Wall) -> None:
        quote = still.quote(start="at_issue", end=None, duration="PT90M")
        wall.now += timedelta(minutes=15)
        assert still.get(f"/v1/quotes/{quote['id']}").json()["state"] == "expired"
        the_problem(still.post("/v1/covers", a_bind(quote)), 409, "quote_expired")


class TestExpiry:
    def test_ends_a_quote_at_its_instant(self, still: Platform, wall: Wall) -> None:
        quote = still.quote(start=wall.text(days=7), end=wall.text(days=8))
        expires_at = datetime.fromisoformat(quote["expires_at"])
        wall.now = expires_at - timedelta(microseconds=1)
        assert still.get(f"/v1/quotes/{quote['id']}").json()["state"] == "open"
        wall.now = expires_at
        assert still.get(f"/v1/quotes/{quote['id']}").json()["state"] == "expired"
        for key in ("old", "old", "new"):
            the_problem(still.post("/v1/covers", a_bind(quote), key=key), 409, "quote_expired")

    def test_is_not_outlived_by_a_key_that_was_refused_before(self, still: Platform, wall: Wall) -> None:
        quote = still.quote(start=wall.text(days=7), end=wall.text(days=8))
        bind = a_bind(quote)
        wrong = bind | {"disclosures": bind["disclosures"] | {"ipid_sha256": "0" * 64}}
        the_problem(still.post("/v1/covers", wrong, key="old"), 422, "invalid_disclosures")
        wall.now += timedelta(days=2)
        the_problem(still.post("/v1/covers", bind, key="old"), 409, "quote_expired")


class TestClockWhileWaiting:
    @pytest.mark.parametrize("waited_for", ["the quote", "the member"])
    def test_is_read_again_after_a_lock_was_waited_for(
        self, owner: Database, still: Platform, wall: Wall, waited_for: str
    ) -> None:
        person = still.cover(still.quote(start=wall.text(hours=5), end=wall.text(hours=6)))["parties"][0]
        # A risk without an object: nothing but the member is waited for after the quote.
        times = {"start": wall.text(seconds=10), "end": wall.text(hours=2)}
        quote = still.quote(product="goods_carried", risk=a_goods_risk(), **times)
        bind = a_bind(quote, parties={"policyholder": a_party(reference=person["reference"])})
        with owner.engine.connect() as holder:
            holder.exec_driver_sql("SELECT set_config('sharecover.tenant', %s, true)", (still.tenant.id,))
            locked = {
                "the quote": ("SELECT 1 FROM quotes WHERE id = %s FOR UPDATE", quote["id"]),
                "the member": ("SELECT 1 FROM members WHERE reference = %s FOR UPDATE", person["reference"]),
            }
            statement, named = locked[waited_for]
            assert holder.exec_driver_sql(statement, (named,)).all()

            def bind_or_let_go(index: int) -> int:
                if index == 0:
                    return still.post("/v1/covers", bind).status_code
                with owner.engine.connect() as watcher:
                    waiting = (
                        "SELECT count(*) FROM pg_stat_activity"
                        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
                    )
                    deadline = time.monotonic() + 4  # the bind gives up after five seconds
                    while not watcher.exec_driver_sql(waiting).scalar():
                        assert time.monotonic() < deadline, "the bind never waited"
                        watcher.rollback()
                wall.now += timedelta(seconds=11)
                holder.rollback()
                return 0

            assert at_once(2, bind_or_let_go) == [409, 0]


class TestPhases:
    def test_agree_between_a_single_cover_and_the_lists(self, still: Platform, wall: Wall) -> None:
        cover = still.cover(still.quote(start=wall.text(hours=1), end=wall.text(hours=3)))
        gone = still.cover(still.quote(start=wall.text(hours=1), end=wall.text(hours=3)))
        still.post(f"/v1/covers/{gone['id']}/cancel", {})
        start, end = (datetime.fromisoformat(cover[edge]) for edge in ("start", "end"))
        tick = timedelta(microseconds=1)
        for instant, phase in (
            (start - tick, "scheduled"), (start, "on_risk"), (end - tick, "on_risk"), (end, "ended"),
        ):  # fmt: skip
            wall.now = instant
            assert still.get(f"/v1/covers/{cover['id']}").json()["state"] == phase
            for asked in ("scheduled", "on_risk", "ended", "cancelled", "lapsed"):
                listed = still.get("/v1/covers", params={"state": asked}).json()["data"]
                assert all(one["state"] == asked for one in listed)
                expected = {phase: [cover["id"]], "cancelled": [gone["id"]]}.get(asked, [])
                assert [one["id"] for one in listed] == expected


class TestTestClock:
    def test_moves_to_the_instant_and_on(self, platform: Platform) -> None:
        to = soon(days=30)
        now = datetime.fromisoformat(platform.post("/v1/test_clock/advance", {"to": to}).json()["now"])
        assert timedelta() <= now - datetime.fromisoformat(to) < timedelta(seconds=1)
        later = datetime.fromisoformat(platform.get("/v1/test_clock").json()["now"])
        assert now <= later < now + timedelta(seconds=10)

    def test_never_moves_back(self, platform: Platform) -> None:
        platform.advance(soon(days=30))
        answer = platform.post("/v1/test_clock/advance", {"to": soon(days=29)})
        the_problem(answer, 422, "invalid_clock")
        assert pointers(answer) == ["/to"]

    def test_moves_a_year_at_a_time_and_not_without_end(self, platform: Platform) -> None:
        the_problem(platform.post("/v1/test_clock/advance", {"to": soon(days=367)}), 422, "invalid_clock")
        for years in range(1, 21):
            platform.advance(soon(days=365 * years))  # a day less than the farthest: time passes here too
        answer = platform.post("/v1/test_clock/advance", {"to": soon(days=366 * 20 + 10)})
        the_problem(answer, 422, "invalid_clock")
        assert platform.post("/v1/quotes", a_quote()).status_code == 422

    def test_is_moved_once_by_two_who_ask_for_the_same(self, served_platform: Platform) -> None:
        to = soon(days=3)
        answers = at_once(8, lambda _: served_platform.post("/v1/test_clock/advance", {"to": to}))
        moved = [answer for answer in answers if answer.status_code == 200]
        assert moved
        latest = datetime.fromisoformat(served_platform.get("/v1/test_clock").json()["now"])
        assert latest - datetime.fromisoformat(to) < timedelta(seconds=30)

    def test_is_not_there_in_live_mode(self, still: Platform, wall: Wall) -> None:
        the_problem(still.post("/v1/test_clock/advance", {"to": wall.text(days=1)}), 403, "not_in_live_mode")
        assert datetime.fromisoformat(still.get("/v1/test_clock").json()["now"]) == wall.now

    def test_stamps_what_is_made_on_it(self, platform: Platform) -> None:
        before = platform.cover()
        platform.advance(soon(days=30))
        after = platform.cover(platform.quote(start=soon(days=31), end=soon(days=31, hours=1)))
        listed = platform.get("/v1/covers", params={"created[gte]": soon(days=29)}).json()["data"]
        assert [cover["id"] for cover in listed] == [after["id"]]
        listed = platform.get("/v1/covers", params={"created[lte]": soon(days=29)}).json()["data"]
        assert [cover["id"] for cover in listed] == [before["id"]]
