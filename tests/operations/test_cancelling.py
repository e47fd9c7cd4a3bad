"""Cancelling before the start: once, wholly, and never after."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import text

from coverage.domain.journal import Transfer, balances
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform
from tests.operations.test_issuing import counts
from tests.serving import at_once


def journal_of(owner: Database, platform: Platform, cover: dict[str, Any]) -> dict[tuple[str, str], int]:
    query = text(
        "SELECT f.debit, f.credit, f.amount, f.currency FROM transfers f JOIN transactions t ON t.id = f.transaction_id"
        " WHERE t.cover_id = :cover"
    )
    with owner.transaction(platform.tenant) as session:
        return balances(Transfer(*row) for row in session.execute(query, {"cover": cover["id"]}).all())


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
        for part in ("net", "tax", "fees", "gross"):
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
