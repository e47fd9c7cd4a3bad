"""Cancelling before the start: once, wholly, and never after."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform
from tests.lending import Wall, a_loan, a_shared_car, an_exchange, euros
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
            assert list(jobs) == ["render_certificate", "render_terms", "report_vehicle"] * 2


class TestRefundTiers:
    """A shared car: everything back until 24 hours before the start, half until the start."""

    @pytest.mark.parametrize(
        ("before", "net", "surcharges", "tax"),
        [
            # All of 59.91 + 1.91 + 16.08, or half of each section, surcharge and tax, each half up.
            (timedelta(hours=24, seconds=1), 5991, 191, 1608),
            (timedelta(hours=24), 2997, 96, 806),
            (timedelta(seconds=1), 2997, 96, 806),
        ],
    )
    def test_decide_by_the_time_before_the_start(
        self, lender: Platform, owner: Database, wall: Wall, before: timedelta, net: int, surcharges: int, tax: int
    ) -> None:
        cover = lender.cover(lender.quote(**a_shared_car()))
        wall.now = datetime.fromisoformat(cover["start"]) - before
        previewed = lender.post(f"/v1/covers/{cover['id']}/cancel", {"preview": True}).json()
        done = lender.post(f"/v1/covers/{cover['id']}/cancel", {}).json()
        back = done["cover"]["transactions"][-1]
        assert [-back[part]["amount"] for part in ("net", "surcharges", "tax")] == [net, surcharges, tax]
        assert previewed["refund"] == done["refund"] == euros(net + surcharges + tax)
        left = cover["price"]["gross"]["amount"] - done["refund"]["amount"]
        assert journal_of(owner, lender, cover)["receivable/partner", "EUR"] == left

    def test_keep_a_fee_that_is_not_refundable_with_the_tax_on_it(self, lender: Platform, owner: Database) -> None:
        # A file's fee of €2.00 and a label of €0.25, both taxed at 9 %: 0.18 and 0.02.
        for body, fee, kept, tax in ((an_exchange(), "exchange_file", 200, 18), (a_loan(), "label", 25, 2)):
            cover = lender.cover(lender.quote(**body))
            back = lender.post(f"/v1/covers/{cover['id']}/cancel", {}).json()["cover"]["transactions"][-1]
            left = {account: amount for (account, _), amount in journal_of(owner, lender, cover).items() if amount}
            assert left == {"receivable/partner": kept + tax, f"fee/{fee}": -kept, "tax/FR/other/other": -tax}
            assert back["net"]["amount"] == -cover["price"]["net"]["amount"]
