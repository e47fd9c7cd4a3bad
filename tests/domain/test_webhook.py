"""Webhooks, purely: when a try follows, what a filter lets through, and whose turn it is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.domain.webhook import RETRIES, Answered, Due, choose, next_try, wants

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
TENANTS, ENDPOINTS = st.sampled_from("abc"), st.sampled_from("xyz")


class TestTries:
    def test_come_as_the_standard_has_them(self) -> None:
        waits = []
        for failed in range(1, len(RETRIES)):
            at = next_try(failed, NOON)
            assert at is not None
            waits.append(at - NOON)
        assert waits == [
            timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30),
            *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
        ]  # fmt: skip
        assert next_try(len(RETRIES), NOON) is None


class TestFilters:
    @pytest.mark.parametrize(
        ("filters", "kind", "passes"),
        [(["*"], "cover.issued", True), (["cover.*"], "cover.issued", True), (["cover.issued"], "cover.issued", True),
         (["cover.issued"], "cover.cancelled", False), (["claim.*"], "cover.issued", False), ([], "cover.issued", False),
         (["quote.*", "cover.ended"], "cover.ended", True)],
    )  # fmt: skip
    def test_let_through_what_they_name(self, filters: list[str], kind: str, passes: bool) -> None:
        assert wants(filters, kind) is passes


class TestAnswered:
    def test_counts_when_it_came_whole(self) -> None:
        assert Answered({}, 1, 204).accepted
        assert not Answered({}, 1, 204, error="timed_out: late").accepted
        assert not Answered({}, 1, 410, error="timed_out: late").gone
        assert not Answered({}, 1).accepted


class TestTurns:
    @given(
        due=st.lists(st.tuples(TENANTS, ENDPOINTS), max_size=60),
        running=st.lists(st.tuples(TENANTS, ENDPOINTS), max_size=20),
        failing=st.sets(st.tuples(TENANTS, ENDPOINTS)),
        free=st.integers(0, 30),
    )
    def test_give_nobody_more_than_its_share_and_leave_nothing_free(
        self, due: list[tuple[str, str]], running: list[tuple[str, str]], failing: set[tuple[str, str]], free: int
    ) -> None:
        waiting = [
            Due(tenant, endpoint, str(n), (tenant, endpoint) in failing) for n, (tenant, endpoint) in enumerate(due)
        ]
        chosen = choose(waiting, running, free, per_endpoint=3, per_tenant=5)
        assert len(chosen) <= free
        assert [one for one in waiting if one in chosen] == chosen, "in the order in which they waited"
        before, after = Counter(running), Counter(running)
        after.update((one.tenant_id, one.endpoint_id) for one in chosen)
        for place, count in after.items():
            assert count <= max(before[place], 1 if place in failing else 3)
        of_tenant = Counter(tenant for tenant, _ in after.elements())
        for tenant, count in of_tenant.items():
            assert count <= max(sum(n for (whose, _), n in before.items() if whose == tenant), 5)
        for left in (one for one in waiting if one not in chosen):
            place = left.tenant_id, left.endpoint_id
            full = after[place] >= (1 if left.failing else 3) or of_tenant[left.tenant_id] >= 5
            assert full or len(chosen) == free, "whoever waits waits for somebody"
