"""Cancelling before the start: once, wholly, and never after."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform
from tests.lending import Wall, a_loan, a_shared_car, an_exchange
from tests.operations.test_issuing import counts, journal_of
from tests.serving import at_once


class TestCancelCover:
    def test_gives_everything_back(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover()
        assert any(journal_of(owner, platform, cover).values())
        done = platform.post(f"/v1/covers/{cover['id']}/cancel", {}).json()
        assert done["refund"] == cover["price"]["gross"]
        assert done["preview"] is False
        seen = done["cover"]
        assert seen["state"] == "cancelled"
        assert datetime.fromisoformat(seen["cancelled_at"]) >= datetime.fromisoformat(seen["created_at"])
        assert [(t["risk_type"], t["premium_type"]) for t in seen["transactions"]] == [
            ("New Business", "Original Premium"), ("Cancellation", "Return Premium"),
        ]  # fmt: skip
        first, last = seen["transactions"]
        for part in ("net", "surcharges", "tax", "fees", "gross"):
            assert first[part]["amount"] == -last[part]["amount"]
        assert set(journal_of(owner, platform, cover).values()) == {0}

    def test_only_tells_with_preview(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover()
        before = counts(owner, platform)
        told = platform.post(f"/v1/covers/{cover['id']}/cancel", {"preview": True}).json()
        assert (told["refund"], told["preview"]) == (cover["price"]["gross"], True)
        assert told["cover"] | {"member_url": None} == cover
        after = counts(owner, platform)
        assert after == before | {"idempotency_keys": before["idempotency_keys"] + 1}

    def test_happens_once(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover()
        assert platform.post(f"/v1/covers/{cover['id']}/cancel", {}).status_code == 200
        for body in ({}, {"preview": True}):
            the_problem(platform.post(f"/v1/covers/{cover['id']}/cancel", body), 409, "cover_cancelled")
        assert set(journal_of(owner, platform, cover).values()) == {0}

    def test_happens_once_for_twenty_who_ask_at_once(self, served_platform: Platform, owner: Database) -> None:
        cover = served_platform.cover()
        answers = at_once(20, lambda _: served_platform.post(f"/v1/covers/{cover['id']}/cancel", {}))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
        assert set(journal_of(owner, served_platform, cover).values()) == {0}

    def test_is_over_at_the_start(self, platform: Platform) -> None:
        cover = platform.cover()
        platform.advance(cover["start"])
        for body in ({}, {"preview": True}):
            the_problem(platform.post(f"/v1/covers/{cover['id']}/cancel", body), 409, "cover_started")
        assert platform.get(f"/v1/covers/{cover['id']}").json()["state"] == "on_risk"

    def test_records_the_fact_and_its_work(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover()
        platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        with owner.transaction(platform.tenant) as session:
            kinds = session.scalars(text("SELECT kind FROM facts WHERE subject = :id ORDER BY id"), {"id": cover["id"]})
            assert list(kinds) == ["cover.issued", "cover.cancelled"]
            jobs = session.scalars(text("SELECT kind FROM outbox WHERE subject = :id"), {"id": cover["id"]})
            assert list(jobs) == ["render_certificate", "render_certificate"]


class TestRefundTiers:
    """A shared car: everything back until 24 hours before the start, half until the start."""

    @pytest.mark.parametrize(("before", "gives"), [(timedelta(hours=24, seconds=1), None), (timedelta(hours=24), "50%"), (timedelta(seconds=1), "50%")])  # fmt: skip
    def test_decide_by_the_time_before_the_start(
        self, lender: Platform, owner: Database, wall: Wall, before: timedelta, gives: str | None
    ) -> None:
        cover = lender.cover(lender.quote(**a_shared_car()))
        wall.now = datetime.fromisoformat(cover["start"]) - before
        answer = lender.post(f"/v1/covers/{cover['id']}/cancel", {})
        if gives is None:
            assert answer.json()["refund"] == cover["price"]["gross"]
            assert set(journal_of(owner, lender, cover).values()) == {0}
        else:
            problem = the_problem(answer, 409, "not_refundable")
            assert f"peer_car_sharing gives {gives} back at this time" in problem["detail"]
            assert lender.get(f"/v1/covers/{cover['id']}").json()["state"] == "scheduled"

    def test_that_keep_a_fee_need_a_person(self, lender: Platform) -> None:
        for body, fee in ((an_exchange(), "exchange_file"), (a_loan(), "label")):
            cover = lender.cover(lender.quote(**body))
            answer = lender.post(f"/v1/covers/{cover['id']}/cancel", {"preview": True})
            assert f"keeps its fee {fee} " in the_problem(answer, 409, "not_refundable")["detail"]
