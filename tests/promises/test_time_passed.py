"""Promise 10: no cover begins in the past, and an expired quote never binds, not even with its old key."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from random import Random

import pytest
from fastapi.testclient import TestClient

from coverage.operations.falling_due import fire_due
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import pointers, the_problem
from tests.builders import Platform, a_bind, a_quote, enrol_platform
from tests.lending import NOON, Wall
from tests.promises.trial import Trial, promise

TICK = timedelta(microseconds=1)


@pytest.fixture
def house_there(house_with: Callable[..., House], wall: Wall) -> House:
    """A house whose wall clock stands still until the test moves it."""
    return house_with(wall=wall)


@pytest.fixture
def still(owner: Database, house_there: House) -> Iterator[Platform]:
    """A live partner there: the wall's time is theirs."""
    with TestClient(create_app(house_there), raise_server_exceptions=False) as client:
        yield enrol_platform(owner, house_there, client, "live")


@pytest.fixture
def ahead(owner: Database, house_there: House, still: Platform) -> Platform:
    """A test partner there, whose clock runs forty days ahead of the wall's."""
    platform = enrol_platform(owner, house_there, still.client)
    platform.advance((NOON + timedelta(days=40)).isoformat())
    return platform


def long_or_short(chance: Random, longest: timedelta) -> timedelta:
    """A tick to `longest`: as often microseconds as seconds, hours or years."""
    return max(TICK, timedelta(microseconds=round(longest / TICK * 10 ** chance.uniform(-16, 0))))


class TestStart:
    @promise(
        10, "a start before the partner's clock is refused, and one at its very instant isn't",
        unit="starts", small=60, full=4_000,
        provokes=("a microsecond early", "years early", "early by its offset alone", "on a clock moved ahead", "just now"),
    )  # fmt: skip
    def test_in_the_past_is_refused(self, trial: Trial, still: Platform, ahead: Platform) -> None:
        for number in trial.each():
            platform, now = trial.random.choice(((still, NOON), (ahead, NOON + timedelta(days=40))))
            zone = timezone(timedelta(minutes=trial.random.randrange(-14 * 60, 14 * 60 + 1, 15)))
            early = long_or_short(trial.random, timedelta(days=9000))
            trial.met("a microsecond early", early == TICK)
            trial.met("years early", early > timedelta(days=730))
            trial.met("on a clock moved ahead", platform is ahead)
            if number % 20 == 0:
                self._taken(platform, now.astimezone(zone))
                trial.met("just now")
                continue
            start = (now - early).astimezone(zone)
            # Its digits alone, without the offset, would be to come.
            trial.met("early by its offset alone", start.replace(tzinfo=now.tzinfo) > now)
            self._refused(platform, start)

    @staticmethod
    def _refused(platform: Platform, start: datetime) -> None:
        body = a_quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat())
        answer = platform.post("/v1/quotes", body)
        assert the_problem(answer, 422, "invalid_term")["errors"][0]["code"] == "start_passed", start
        assert pointers(answer) == ["/start"]

    @staticmethod
    def _taken(platform: Platform, start: datetime) -> None:
        quote = platform.quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat())
        assert datetime.fromisoformat(quote["start"]) == start


class TestExpiredQuote:
    @promise(
        10, "an expired quote never binds, not even with its old key",
        unit="quotes", small=12, full=1000,
        provokes=("at its very instant", "told as expired", "begins at issue", "by a key refused before", "bound in time"),
    )  # fmt: skip
    def test_never_binds(self, trial: Trial, still: Platform, house_there: House, wall: Wall) -> None:
        for number in trial.each():
            wall.now = NOON
            at_issue = number % 3 == 0
            term = {"start": "at_issue", "end": None, "duration": "PT2H"} if at_issue else {}
            starts = {"start": wall.text(days=7), "end": wall.text(days=7, hours=12)}
            quote = still.quote(**(starts | term))
            trial.met("begins at issue", at_issue)
            bind, key = a_bind(quote), secrets.token_hex(8)
            if trial.random.random() < 0.7:
                wrong = bind | {"disclosures": bind["disclosures"] | {"ipid_sha256": "0" * 64}}
                the_problem(still.post("/v1/covers", wrong, key=key), 422, "invalid_disclosures")
                trial.met("by a key refused before")
            expires_at = datetime.fromisoformat(quote["expires_at"])
            if number % 4 == 1:
                wall.now = expires_at - TICK
                assert still.post("/v1/covers", bind, key=key).status_code == 201
                trial.met("bound in time")
                continue
            # Each fourth at the very instant, and untold: whether the clock alone keeps it from being bound.
            at_instant = number % 4 == 2
            trial.met("at its very instant", at_instant and not at_issue)
            wall.now = expires_at + (timedelta(0) if at_instant else long_or_short(trial.random, timedelta(days=300)))
            if not at_instant and trial.random.random() < 0.5:
                while fire_due(house_there, still.tenant):
                    trial.met("told as expired")
            for again in (key, key, secrets.token_hex(8)):
                the_problem(still.post("/v1/covers", bind, key=again), 409, "quote_expired")
