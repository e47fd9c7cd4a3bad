"""Limits, counted in one process and in a Redis that several share, which may be away."""

from __future__ import annotations

import logging
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from coverage.domain.allowance import Policy
from coverage.gateways.limiting import ANSWER_SECONDS, AWAY_SECONDS, CountedLimits
from tests.counting import SharedCounts, shared_counts
from tests.processes import wait_for
from tests.serving import at_once

POLICIES = {"a": Policy(5, 60), "b": Policy(5, 60), "soon": Policy(5, 1), "many": Policy(50, 3_600), "free": None}


@pytest.fixture(scope="module")
def counts() -> Iterator[SharedCounts]:
    with shared_counts() as running:
        yield running


@pytest.fixture(params=["alone", "shared"])
def limits(request: pytest.FixtureRequest, counts: SharedCounts) -> CountedLimits:
    """Limits of a process, in its memory or in Redis."""
    return CountedLimits(POLICIES, counts.url if request.param == "shared" else None)


class Ticks:
    """A clock that stands still until a test moves it."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def who() -> str:
    """Somebody who asked nothing yet."""
    return f"somebody {time.monotonic_ns()}"


def let_in(limits: CountedLimits, what: str, one: str) -> bool:
    taken = limits.take(what, one)
    assert taken is not None
    return not taken.refused


class TestCountedLimits:
    def test_let_in_as_many_as_the_policy_says(self, limits: CountedLimits) -> None:
        one = who()
        taken = [limits.take("a", one) for _ in range(7)]
        assert [(each.remaining, each.refused) for each in taken if each] == [
            (4, False), (3, False), (2, False), (1, False), (0, False), (0, True), (0, True),
        ]  # fmt: skip
        assert all(each is not None and 1 <= each.more_in_seconds <= 60 for each in taken)

    def test_count_each_asker_and_each_thing_alone(self, limits: CountedLimits) -> None:
        one, other = who(), who()
        assert [let_in(limits, "a", one) for _ in range(6)].count(True) == 5
        assert let_in(limits, "a", other)
        assert let_in(limits, "b", one)

    def test_have_no_end_where_there_is_no_policy(self, limits: CountedLimits) -> None:
        assert limits.take("free", "somebody") is None
        assert limits.take("what nobody limits", "somebody") is None

    def test_let_in_again_after_the_seconds_that_they_say(self, limits: CountedLimits) -> None:
        one = who()
        while (taken := limits.take("soon", one)) is not None and not taken.refused:
            pass
        assert taken is not None
        assert taken.more_in_seconds == 1
        time.sleep(1)
        assert let_in(limits, "soon", one)

    def test_remember_who_was_refused_until_more_is_left(self, limits: CountedLimits) -> None:
        one = who()
        assert limits.refusal("soon", one) is None
        while (taken := limits.take("soon", one)) is not None and not taken.refused:
            assert limits.refusal("soon", one) is None
        refusal = limits.refusal("soon", one)
        assert refusal is not None
        assert (refusal.refused, refusal.remaining, refusal.more_in_seconds) == (True, 0, 1)
        assert limits.refusal("soon", who()) is None
        wait_for("more to be left", lambda: limits.refusal("soon", one) is None, 2)
        assert let_in(limits, "soon", one)

    def test_let_in_no_more_where_many_ask_at_once(self, limits: CountedLimits) -> None:
        one = who()
        assert sum(at_once(20, lambda _: sum(let_in(limits, "many", one) for _ in range(10)))) == 50


class TestShared:
    def test_processes_count_together(self, counts: SharedCounts) -> None:
        processes, one = [CountedLimits(POLICIES, counts.url) for _ in range(4)], who()
        assert sum(let_in(processes[index % 4], "many", one) for index in range(200)) == 50

    def test_processes_that_teach_it_at_once_count_nothing_twice(self, counts: SharedCounts) -> None:
        processes = [CountedLimits(POLICIES, counts.url) for _ in range(8)]
        for _ in range(30):
            with Redis.from_url(counts.url) as client:
                client.script_flush()
            one = who()
            assert all(at_once(8, lambda number: let_in(processes[number], "many", one)))  # noqa: B023
            last = processes[0].take("many", one)
            assert last is not None
            assert last.remaining == 50 - 9

    def test_a_redis_that_began_anew_is_taught_its_scripts_again(self, counts: SharedCounts) -> None:
        limits, one = CountedLimits(POLICIES, counts.url), who()
        assert let_in(limits, "a", one)
        counts.stop()
        counts.start()
        assert [let_in(limits, "a", one) for _ in range(6)] == [True] * 5 + [False]


class TestAway:
    def test_counts_alone_says_so_once_and_comes_back_by_itself(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.WARNING, "coverage.limiting")
        clock = Ticks()
        with shared_counts() as counts:
            alone = Counter[str]()
            first, second = (
                CountedLimits(POLICIES, counts.url, clock, lambda: alone.update(["counted"])) for _ in range(2)
            )
            assert [let_in(first, "a", "somebody") for _ in range(5)] == [True] * 5
            assert not let_in(second, "a", "somebody")
            assert not alone
            counts.stop()
            for limits in (first, second):
                assert [let_in(limits, "a", "somebody") for _ in range(6)] == [True] * 5 + [False], "each for itself"
            assert alone["counted"] == 12
            assert [record.message.partition(" (")[0] for record in caplog.records] == ["Redis doesn't answer"] * 2
            counts.start()
            assert not let_in(first, "a", "somebody"), "it is left alone for a while"
            clock.now += AWAY_SECONDS
            assert let_in(first, "a", "somebody")
            assert [record.message for record in caplog.records][2:] == [
                "Redis answers again; limits are counted for all processes together"
            ]

    def test_only_one_waits_for_a_redis_that_is_silent(self, tmp_path: Path) -> None:
        clock, silent = Ticks(), socket.socket(socket.AF_UNIX)
        silent.bind(str(tmp_path / "socket"))
        silent.listen(64)  # they connect, and are never answered
        with silent:
            limits = CountedLimits({"a": Policy(1_000, 60)}, f"unix://{tmp_path}/socket", clock)
            began = time.monotonic()
            assert let_in(limits, "a", "somebody")
            assert time.monotonic() - began < 4 * ANSWER_SECONDS
            clock.now += AWAY_SECONDS

            def timed(_: int) -> float:
                began = time.monotonic()
                assert let_in(limits, "a", "somebody")
                return time.monotonic() - began

            taken = at_once(20, timed)
            assert sum(seconds >= ANSWER_SECONDS for seconds in taken) == 1

    def test_never_tells_a_password(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.WARNING, "coverage.limiting")
        limits = CountedLimits(POLICIES, "redis://:hidden-word@127.0.0.1:1/0")
        assert let_in(limits, "a", "somebody")
        assert "Redis doesn't answer" in caplog.text
        assert "hidden-word" not in caplog.text
