"""Premium earned pro rata: by hand, and whatever happens to a cover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.domain.earning import Step, earned, unearned, written

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(**later: float) -> datetime:
    return NOON + timedelta(**later)


def a_step(amount: int, booked: datetime = NOON, end: datetime | None = None, **changes: datetime) -> Step:
    start = changes.get("start", at(days=1))
    return Step(booked, max(booked, start), amount, (start, end or at(days=11)))


def a_cancellation(amount: int, booked: datetime) -> Step:
    return Step(booked, max(booked, at(days=1)), amount, None, ends=True)


class TestOnePremium:
    """100.00 for ten days that begin a day after it is bought."""

    STEPS = (a_step(100_00),)

    @pytest.mark.parametrize(
        ("when", "expected"),
        [
            ({"days": 0.5}, 0), ({"days": 1}, 0), ({"days": 2}, 10_00), ({"days": 6}, 50_00), ({"days": 11}, 100_00),
            ({"days": 400}, 100_00),
            # 1 s of 864,000 s: 0.0115741 cents. 43.2 s earn half a cent, which is rounded up.
            ({"days": 1, "seconds": 1}, 0), ({"days": 1, "seconds": 43.2}, 1), ({"days": 1, "seconds": 43.1}, 0),
        ],
    )  # fmt: skip
    def test_is_earned_evenly_from_its_start_to_its_end(self, when: dict[str, float], expected: int) -> None:
        assert earned(self.STEPS, at(**when)) == expected

    def test_is_written_when_it_is_booked_and_unearned_until_it_begins(self) -> None:
        assert (written(self.STEPS, NOON), written(self.STEPS, at(seconds=1))) == (0, 100_00)
        assert (unearned(self.STEPS, NOON), unearned(self.STEPS, at(hours=3))) == (0, 100_00)

    def test_that_came_after_its_start_has_earned_what_has_run(self) -> None:
        late = (a_step(100_00, booked=at(days=2)),)
        assert (earned(late, at(days=2)), earned(late, at(days=2, microseconds=1))) == (0, 10_00)

    def test_of_a_section_before_the_start_is_earned_by_the_start(self) -> None:
        before = (Step(NOON, at(days=10), 10_00, (NOON, at(days=10))),)
        assert [earned(before, at(days=days)) for days in (1, 5, 10)] == [1_00, 5_00, 10_00]


class TestChanges:
    def test_an_extension_spreads_what_is_left_over_the_longer_window(self) -> None:
        # By hand: 50.00 of 100.00 are earned after 5 of 10 days. 30.00 more for 3 days more: 80.00 over 8 days, 10.00 a day.
        steps = (a_step(100_00), a_step(30_00, booked=at(days=6), end=at(days=14)))
        assert [earned(steps, at(days=days)) for days in (6, 7, 11, 14, 20)] == [50_00, 60_00, 100_00, 130_00, 130_00]

    def test_an_extension_before_the_start_earns_nothing_before_it(self) -> None:
        steps = (a_step(100_00), a_step(20_00, booked=at(hours=2), end=at(days=13)))
        assert [earned(steps, at(days=days)) for days in (0.5, 1, 7, 13)] == [0, 0, 60_00, 120_00]

    def test_an_end_earns_what_was_kept_at_once(self) -> None:
        # 30.00 earned, 60.00 given back: 40.00 are kept, and nothing is left to earn.
        steps = (a_step(100_00), a_cancellation(-60_00, at(days=4)))
        assert [earned(steps, at(days=days)) for days in (4, 4.1, 30)] == [30_00, 40_00, 40_00]
        assert unearned(steps, at(days=4.1)) == 0

    def test_an_end_before_the_start_leaves_nothing_unearned(self) -> None:
        for kept in (0, 50_00):
            steps = (a_step(100_00), a_cancellation(kept - 100_00, at(hours=6)))
            assert (earned(steps, at(hours=7)), unearned(steps, at(hours=7))) == (kept, 0)

    def test_more_given_back_than_was_unearned_is_lost_at_once(self) -> None:
        steps = (a_step(100_00), a_step(-80_00, booked=at(days=6)))
        assert [earned(steps, at(days=days)) for days in (6, 6.1, 8)] == [50_00, 20_00, 20_00]

    def test_an_early_return_ends_it_there(self) -> None:
        steps = (a_step(100_00), a_step(-20_00, booked=at(days=6), end=at(days=6)))
        assert [earned(steps, at(days=days)) for days in (6, 6.1, 11)] == [50_00, 80_00, 80_00]

    def test_a_section_whose_window_was_over_keeps_it(self) -> None:
        steps = (
            Step(NOON, at(days=1), 10_00, (NOON, at(days=1))),
            Step(at(days=2), at(days=2), 0, None),
        )
        assert [earned(steps, at(days=days)) for days in (0.5, 1, 3)] == [5_00, 10_00, 10_00]


class TestClocks:
    def test_that_leap_make_a_day_no_longer(self) -> None:
        # Paris, 29 March 2026: from 00:00 to 24:00 are 23 hours. Noon is 11 of them on: 23.00 × 11/23.
        paris = ZoneInfo("Europe/Paris")
        midnight, noon, next_midnight = (
            datetime(2026, 3, 29, tzinfo=paris).astimezone(UTC),
            datetime(2026, 3, 29, 12, tzinfo=paris).astimezone(UTC),
            datetime(2026, 3, 30, tzinfo=paris).astimezone(UTC),
        )
        steps = (Step(NOON - timedelta(days=300), midnight, 23_00, (midnight, next_midnight)),)
        assert earned(steps, noon) == 11_00


amounts = st.integers(0, 10**9)
hours = st.integers(0, 24 * 30)


@st.composite
def lives(draw: st.DrawFn) -> list[Step]:
    """A cover that is extended, raised or shortened a few times, and perhaps cancelled."""
    start = at(hours=draw(hours))
    end = start + timedelta(seconds=draw(st.integers(1, 10**6)))
    steps = [a_step(draw(amounts), start=start, end=end)]
    total = steps[0].amount
    booked = NOON
    for _ in range(draw(st.integers(0, 4))):
        booked += timedelta(seconds=draw(st.integers(0, 10**6)))
        end = max(booked, start) + timedelta(seconds=draw(st.integers(0, 10**6)))
        amount = draw(st.integers(-total, 10**9))
        total += amount
        steps.append(a_step(amount, booked=booked, start=start, end=max(end, start)))
    if draw(st.booleans()):
        booked += timedelta(seconds=draw(st.integers(1, 10**6)))
        steps.append(Step(booked, max(booked, start), -draw(st.integers(0, total)), None, ends=True))
    return steps


class TestWhateverHappens:
    @settings(derandomize=True, database=None)
    @given(lives())
    def test_all_that_was_written_is_earned_in_the_end(self, steps: list[Step]) -> None:
        assert earned(steps, at(days=4000)) == written(steps, at(days=4000)) == sum(step.amount for step in steps)

    @settings(derandomize=True, database=None)
    @given(lives(), st.lists(st.integers(0, 5 * 10**6), min_size=2, max_size=8))
    def test_written_is_earned_and_what_the_reserve_changed_by(self, steps: list[Step], seconds: list[int]) -> None:
        instants = sorted(at(seconds=second) for second in seconds)
        for before, after in pairwise(instants):
            came = written(steps, after) - written(steps, before)
            change = unearned(steps, after) - unearned(steps, before)
            assert came == earned(steps, after) - earned(steps, before) + change
        parts = sum(earned(steps, after) - earned(steps, before) for before, after in pairwise(instants))
        assert parts == earned(steps, instants[-1]) - earned(steps, instants[0])

    @settings(derandomize=True, database=None)
    @given(lives(), st.lists(st.integers(0, 5 * 10**6), min_size=2, max_size=12))
    def test_it_never_falls_between_two_bookings_and_stays_within_what_was_written(
        self, steps: list[Step], seconds: list[int]
    ) -> None:
        assert earned(steps, NOON) == 0
        for before, after in pairwise(sorted(at(seconds=second) for second in seconds)):
            assert 0 <= earned(steps, after) <= written(steps, after)
            if not any(before <= step.booked_at < after for step in steps):
                assert earned(steps, before) <= earned(steps, after)
