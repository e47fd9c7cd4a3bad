"""What a policy says, what is left of it, and who counts as one asker."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.domain.allowance import MOST, Allowance, Policy, Window, asker_at


class TestPolicy:
    @pytest.mark.parametrize(
        ("text", "quota", "window"), [("100/second", 100, 1), ("1/minute", 1, 60), ("1000000/day", MOST, 86_400)]
    )
    def test_is_read_as_people_say_it(self, text: str, quota: int, window: int) -> None:
        assert Policy.read(text) == Policy(quota, window)

    def test_may_be_none(self) -> None:
        assert Policy.read("off") is None

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "100",
            "0/second",
            "-1/second",
            "1.5/second",
            "100/seconds",
            "100 / second",
            "1000001/day",
            "٣/second",
            "OFF",
        ],
    )
    def test_is_refused_with_what_would_be_right(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"expected a number up to 1,000,000 .* such as 100/second; or `off`"):
            Policy.read(text)

    @pytest.mark.parametrize(("quota", "window"), [(0, 1), (MOST + 1, 1), (1, 0)])
    def test_allows_something_in_some_time(self, quota: int, window: int) -> None:
        with pytest.raises(ValueError, match="is no policy"):
            Policy(quota, window)


# Windows as they come to be: no more in each than the quota, and no more in both than it either.
@st.composite
def states(draw: st.DrawFn) -> tuple[Policy, Window]:
    policy = Policy(draw(st.integers(1, 200)), draw(st.sampled_from([1, 60, 3_600])))
    # To the millisecond, as they are kept; the one before ends as the one that runs becomes it.
    ends_in = draw(st.integers(1, policy.window_seconds * 1000)) / 1000
    before = draw(st.integers(0, policy.quota))
    weight = before * ends_in / policy.window_seconds
    window = Window(before, ends_in, draw(st.integers(0, policy.quota - int(weight))), ends_in)
    return policy, window


def later(window: Window, policy: Policy, seconds: float) -> Window:
    """The windows after some seconds in which nothing was counted."""
    ends_in = window.current_ends_in - seconds
    if ends_in > 0:
        return Window(window.previous, ends_in, window.current, ends_in)
    ends_in += policy.window_seconds
    return Window(window.current, ends_in, 0, ends_in)


class TestWindow:
    def test_lets_what_was_before_slide_out_of_sight(self) -> None:
        policy = Policy(100, 60)
        assert Window(0, 0.0, 0, 0.0).used(policy) == 0
        assert Window(0, 0.0, 7, 12.0).used(policy) == 7
        assert Window(100, 60.0, 0, 60.0).used(policy) == 100
        assert Window(100, 15.0, 40, 15.0).used(policy) == 65

    @given(states())
    def test_has_more_left_exactly_when_it_says(self, state: tuple[Policy, Window]) -> None:
        policy, window = state
        used, seconds = window.used(policy), window.more_in(policy)
        if used == 0:
            assert seconds == 0
            return
        assert 0 <= seconds <= policy.window_seconds
        assert later(window, policy, seconds + 0.002).used(policy) < used
        if seconds > 0.002:
            assert later(window, policy, seconds - 0.002).used(policy) >= used


class TestAllowance:
    def test_is_told_as_the_draft_has_it(self) -> None:
        allowance = Allowance.of(Policy(100, 60), Window(0, 0.0, 50, 29.2), refused=False)
        assert allowance.policy_header == '"default";q=100;w=60'
        assert allowance.header == '"default";r=50;t=30'

    def test_leaves_nothing_to_whoever_was_refused(self) -> None:
        # Another request may have been refused where a bit is left again by now.
        allowance = Allowance.of(Policy(10, 1), Window(10, 0.95, 0, 0.95), refused=True)
        assert (allowance.remaining, allowance.more_in_seconds) == (0, 1)

    @given(states(), st.booleans())
    def test_is_made_of_whole_numbers_that_are_not_negative(self, state: tuple[Policy, Window], refused: bool) -> None:
        policy, window = state
        allowance = Allowance.of(policy, window, refused=refused)
        assert re.fullmatch(r'"default";r=\d+;t=[1-9]\d*', allowance.header)
        assert allowance.remaining <= policy.quota
        assert allowance.more_in_seconds <= policy.window_seconds


class TestAsker:
    @pytest.mark.parametrize(
        ("address", "asker"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("testclient", "testclient"),
            ("", ""),
        ],
    )
    def test_is_an_address_or_a_network_of_ipv6(self, address: str, asker: str) -> None:
        assert asker_at(address) == asker
