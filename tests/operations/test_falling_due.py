"""What time alone changes: told in order, at its instant, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from coverage.domain.tenant import Caller
from coverage.operations.falling_due import fire_all_due, fire_due
from coverage.operations.house import House
from coverage.storage import due, quotes
from coverage.storage.identity import new_code, new_id
from coverage.storage.tenancy import Database, Limits
from tests.answers import the_problem
from tests.builders import Platform, a_bind, soon
from tests.processes import clean_environment, wait_for
from tests.serving import at_once

HouseWith = Callable[..., House]
Told = tuple[str, str, datetime]  # the kind, the subject, when it happened


@pytest.fixture
def queue(database_url: str) -> Iterator[Database]:
    database = Database.connect(database_url, "sharecover_worker", pool_size=4)
    yield database
    database.close()


def told(platform: Platform, house: House) -> list[Told]:
    """What the clock told of the partner's quotes and covers, in the order in which it was recorded."""
    with house.database.transaction(platform.tenant) as session:
        rows = session.execute(text("SELECT id, kind, subject, happened_at FROM facts WHERE actor = 'clock'")).all()
    with Database(house.database.engine, "sharecover_worker").outside() as session:
        order = {row.fact_id: row.number for row in session.execute(text("SELECT fact_id, number FROM unsealed"))}
    rows = sorted(rows, key=lambda row: order[row.id])
    return [(row.kind, row.subject, row.happened_at.astimezone(UTC)) for row in rows]


def instant(seen: dict[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(seen[name]).astimezone(UTC)


def a_month(platform: Platform) -> list[Told]:
    """Quotes and covers of a month; what is to be told of them when it is over, in order."""
    expected: list[Told] = []
    for days in (9, 3, 20):
        quote = platform.quote(start=soon(days=days + 5), end=soon(days=days + 6))
        expected.append(("quote.expired", quote["id"], instant(quote, "expires_at")))
    # Each begins while another runs, and none in the order in which they were bought.
    for days, length in ((12, 6), (2, 25), (5, 1), (14, 2)):
        cover = platform.cover(platform.quote(start=soon(days=days), end=soon(days=days, hours=length)))
        expected.append(("cover.started", cover["id"], instant(cover, "start")))
        expected.append(("cover.ended", cover["id"], instant(cover, "end")))
    return sorted(expected, key=lambda one: one[2])


def fire_all(house: House, platform: Platform, batch: int) -> None:
    while fire_due(house, platform.tenant, batch):
        pass


class TestFireDue:
    @pytest.mark.parametrize("batch", [1, 2, 3, 200])
    def test_tells_all_of_a_month_in_order_each_at_its_instant(
        self, platform: Platform, house: House, batch: int
    ) -> None:
        expected = a_month(platform)
        platform.advance(soon(days=30))
        fire_all(house, platform, batch)
        assert told(platform, house) == expected

    def test_tells_nothing_before_its_instant(self, platform: Platform, house_with: HouseWith) -> None:
        cover = platform.cover()
        start = instant(cover, "start")
        early = house_with(wall=lambda: start - timedelta(microseconds=1))
        assert fire_due(early, platform.tenant) == 0
        assert fire_due(house_with(wall=lambda: start), platform.tenant) == 1
        assert told(platform, early) == [("cover.started", cover["id"], start)]

    def test_tells_each_once_beside_others(self, platform: Platform, house: House) -> None:
        expected = a_month(platform)
        platform.advance(soon(days=30))

        def fire(_: int) -> int:
            fired = 0
            while platform.get("/v1/test_clock").json()["status"] == "advancing":
                fired += fire_due(house, platform.tenant, 2)
            return fired

        assert sum(at_once(4, fire)) == len(expected)
        assert told(platform, house) == expected

    def test_leaves_a_tenant_to_whoever_has_its_turn(self, platform: Platform, house: House) -> None:
        platform.cover()
        platform.advance(soon(days=30))
        with house.database.transaction(platform.tenant) as session:
            assert due.take_turn(session, platform.tenant.id)
            assert fire_due(house, platform.tenant) == 0
        assert fire_due(house, platform.tenant) == 2

    def test_goes_on_where_it_was_killed(self, platform: Platform, house: House, database_url: str) -> None:
        expected = a_month(platform)
        platform.advance(soon(days=30))
        # It dies in a batch that isn't committed yet, after at least one that is.
        doomed = subprocess.run(
            [sys.executable, "-P", "-c", DYING, database_url, platform.tenant.id, "5"],
            env=clean_environment(PYTHONPATH=os.pathsep.join(sys.path)), check=False, timeout=60,
        )  # fmt: skip
        assert doomed.returncode == -signal.SIGKILL
        before = told(platform, house)
        assert 0 < len(before) < 5
        assert before == expected[: len(before)]
        fire_all(house, platform, 2)
        assert told(platform, house) == expected

    def test_starts_and_ends_no_cover_that_was_cancelled(self, platform: Platform, house: House) -> None:
        cover = platform.cover()
        assert platform.post(f"/v1/covers/{cover['id']}/cancel", {}).status_code == 200
        platform.advance(soon(days=30))
        assert fire_due(house, platform.tenant) == 0

    def test_expires_no_quote_that_was_bound(self, platform: Platform, house: House) -> None:
        platform.cover()
        platform.advance(soon(days=30))
        fire_all(house, platform, 200)
        assert {kind for kind, _, _ in told(platform, house)} == {"cover.started", "cover.ended"}

    def test_expires_no_quote_that_is_being_bound(self, platform: Platform, house: House) -> None:
        quote = platform.quote()
        platform.advance(soon(days=30))
        fired: list[int] = []
        firing = threading.Thread(target=lambda: fired.append(fire_due(house, platform.tenant)))
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            bound = quotes.lock(tx.session, tx.tenant_id, quote["id"])
            assert bound is not None
            firing.start()
            wait_for("the firing to wait for the bind", lambda: self.waiting(house))
            bound.next_due_at = None
        firing.join()
        assert fired == [0]

    def test_passes_over_nothing_when_a_row_that_it_waits_for_comes_later(
        self, platform: Platform, house: House
    ) -> None:
        made = [platform.quote(start=soon(days=days + 5), end=soon(days=days + 6)) for days in (3, 5, 7, 9)]
        first, moved, third, last = made
        platform.advance(soon(days=30))
        after_all = instant(last, "expires_at") + timedelta(hours=1)
        firing = threading.Thread(target=fire_due, args=(house, platform.tenant, 2))
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            held = quotes.lock(tx.session, tx.tenant_id, moved["id"])
            assert held is not None
            firing.start()
            wait_for("the firing to wait for the quote", lambda: self.waiting(house))
            held.next_due_at = after_all
        firing.join()
        fire_all(house, platform, 2)
        expected = [(one["id"], instant(one, "expires_at")) for one in (first, third, last)]
        assert [(subject, at) for _, subject, at in told(platform, house)] == [*expected, (moved["id"], after_all)]

    @staticmethod
    def waiting(house: House) -> bool:
        with house.database.engine.connect() as watcher:
            return bool(
                watcher.exec_driver_sql(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                ).scalar()
            )

    def test_expires_a_quote_that_begins_at_issue_when_its_price_stops_floating(
        self, platform: Platform, house: House
    ) -> None:
        quote = platform.quote(start="at_issue", end=None, duration="PT2H")
        platform.advance(soon(hours=1))
        fire_all(house, platform, 200)
        expired = ("quote.expired", quote["id"], instant(quote, "expires_at"))
        assert told(platform, house) == [expired]
        assert platform.get(f"/v1/quotes/{quote['id']}").json()["state"] == "expired"

    def test_starts_a_cover_that_began_at_issue(self, platform: Platform, house: House) -> None:
        cover = platform.cover(platform.quote(start="at_issue", end=None, duration="PT2H"))
        fire_all(house, platform, 200)
        assert told(platform, house) == [("cover.started", cover["id"], instant(cover, "start"))]

    def test_tells_that_a_payment_is_overdue_and_leaves_the_rest_to_the_processor(
        self, platform: Platform, house: House, owner: Database
    ) -> None:
        cover = platform.cover()
        held_until = datetime.now(UTC) + timedelta(days=1)
        with owner.transaction(platform.tenant) as session:
            # As a cover stands that waits for a card's payment.
            values = {"id": cover["id"], "at": held_until}
            session.execute(
                text("UPDATE covers SET state = 'awaiting_payment', next_due_at = :at WHERE id = :id"), values
            )
        platform.advance(soon(days=1, seconds=2))
        fire_all(house, platform, 200)
        assert ("cover.payment_overdue", cover["id"], held_until) in told(platform, house)
        assert platform.get(f"/v1/covers/{cover['id']}").json()["state"] == "awaiting_payment"
        with owner.transaction(platform.tenant) as session:
            jobs = session.scalars(text("SELECT kind FROM outbox WHERE subject = :id ORDER BY id"), values)
            assert list(jobs) == ["render_certificate", "render_terms", "report_vehicle", "settle_payments"]


# A row as one is written by a service that was made before anything fell due.
AS_BEFORE = """
    INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object('next_due_at', NULL, 'id', '{id}') || '{more}')).*
    FROM {table} one WHERE id = '{copied}'
"""


class TestAnEarlierService:
    """It may go on beside a newer schema: what it leaves behind falls due like the rest."""

    def test_makes_quotes_and_covers_that_fall_due(self, platform: Platform, house: House) -> None:
        quote = platform.quote()
        cover = platform.cover(platform.quote())
        theirs = {"quotes": new_id("quote"), "covers": new_id("cover")}
        with house.database.transaction(platform.tenant) as session:
            named = json.dumps({"number": new_code(8), "quote_id": theirs["quotes"]})
            for table, copied, more in (("quotes", quote["id"], "{}"), ("covers", cover["id"], named)):
                statement = AS_BEFORE.format(table=table, id=theirs[table], copied=copied, more=more)
                session.connection().exec_driver_sql(statement)
        assert platform.get(f"/v1/quotes/{theirs['quotes']}").json()["state"] == "open"
        platform.advance(soon(days=30))
        fire_all(house, platform, 200)
        told_of = [(kind, subject) for kind, subject, _ in told(platform, house) if subject in theirs.values()]
        assert sorted(told_of) == [
            ("cover.ended", theirs["covers"]), ("cover.started", theirs["covers"]), ("quote.expired", theirs["quotes"]),
        ]  # fmt: skip

    def test_ends_quotes_and_covers_that_no_clock_changes_then(self, platform: Platform, house: House) -> None:
        cover = platform.cover()
        with house.database.transaction(platform.tenant) as session:
            values = {"id": cover["id"], "at": instant(cover, "start")}
            session.execute(text("UPDATE quotes SET state = state, next_due_at = :at"), values)
            session.execute(text("UPDATE covers SET state = 'cancelled' WHERE id = :id"), values)
        platform.advance(soon(days=30))
        assert fire_due(house, platform.tenant) == 0


class TestWhatWasTold:
    """A worker's clock may be a moment ahead of the service's; what it told has happened all the same."""

    def test_keeps_a_quote_expired(self, platform: Platform, house_with: HouseWith) -> None:
        quote = platform.quote()
        ahead = house_with(wall=lambda: instant(quote, "expires_at"))
        assert fire_due(ahead, platform.tenant) == 1
        the_problem(platform.post("/v1/covers", a_bind(quote)), 409, "quote_expired")
        assert platform.get(f"/v1/quotes/{quote['id']}").json()["state"] == "expired"

    def test_keeps_a_cover_begun(self, platform: Platform, house_with: HouseWith) -> None:
        cover = platform.cover()
        assert fire_due(house_with(wall=lambda: instant(cover, "start")), platform.tenant) == 1
        the_problem(platform.post(f"/v1/covers/{cover['id']}/cancel", {}), 409, "cover_started")


class TestClockStatus:
    def test_is_ready_once_all_that_was_due_has_happened(self, platform: Platform, house: House) -> None:
        platform.cover()
        answer = platform.post("/v1/test_clock/advance", {"to": soon(days=30)})
        assert answer.json()["status"] == "advancing"
        assert platform.get("/v1/test_clock").json()["status"] == "advancing"
        fire_all(house, platform, 200)
        assert platform.get("/v1/test_clock").json()["status"] == "ready"
        assert platform.post("/v1/test_clock/advance", {"to": soon(days=31)}).json()["status"] == "ready"


class TestFireAllDue:
    def test_fires_for_each_tenant_by_its_own_clock(
        self, platform: Platform, another_platform: Platform, house: House, queue: Database
    ) -> None:
        covers = [one.cover() for one in (platform, another_platform)]
        platform.advance(soon(days=30))
        while fire_all_due(house, queue):
            pass
        assert {subject for _, subject, _ in told(platform, house)} == {covers[0]["id"]}
        assert told(another_platform, house) == []

    def test_goes_on_beside_a_tenant_that_fails(
        self, platform: Platform, another_platform: Platform, house: House, queue: Database, owner: Database
    ) -> None:
        broken, fine = sorted((platform, another_platform), key=lambda one: one.tenant.id)
        for one in (broken, fine):
            one.cover()
            one.advance(soon(days=30))
        with owner.transaction(broken.tenant) as session:
            session.execute(text("UPDATE covers SET state = 'not_taken_up'"))
            session.execute(text("UPDATE covers SET next_due_at = starts_at"))
        try:
            while fire_all_due(house, queue):
                pass
            assert len(told(fine, house)) == 2
            assert told(broken, house) == []
        finally:
            with owner.transaction(broken.tenant) as session:
                session.execute(text("UPDATE covers SET next_due_at = NULL"))

    def test_goes_on_beside_a_tenant_one_of_whose_rows_somebody_holds(
        self, platform: Platform, another_platform: Platform, house: House, queue: Database
    ) -> None:
        held, free = sorted((platform, another_platform), key=lambda one: one.tenant.id)
        for one in (held, free):
            one.cover()
            one.advance(soon(days=30))
        impatient = replace(house, database=replace(house.database, limits=Limits(lock_ms=50)))
        with house.database.transaction(held.tenant) as session:
            session.execute(text("SELECT FROM covers FOR UPDATE"))
            while fire_all_due(impatient, queue):
                pass
        assert len(told(free, house)) == 2
        assert told(held, house) == []
        while fire_all_due(impatient, queue):
            pass
        assert len(told(held, house)) == 2

    def test_asks_once_however_many_tenants_there_are(self, house: House, queue: Database, owner: Database) -> None:
        with owner.engine.begin() as connection:
            connection.exec_driver_sql(MANY.format(name=new_code(8)))
        while fire_all_due(house, queue):
            pass
        asked: list[str] = []

        def note(connection: object, cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        for engine in (house.database.engine, queue.engine):
            event.listen(engine, "before_cursor_execute", note)
        try:
            assert fire_all_due(house, queue) == 0
        finally:
            for engine in (house.database.engine, queue.engine):
                event.remove(engine, "before_cursor_execute", note)
        assert len(asked) == 2, asked  # who asks, and the one question


MANY = """
DO $$ BEGIN
    FOR number IN 1..300 LOOP
        PERFORM set_config('sharecover.tenant', '{name}' || number || ':test', true);
        INSERT INTO partners VALUES ('{name}' || number, 'Many', 'exempt_ancillary', '2026-01-01Z');
        INSERT INTO tenants (id, partner_id, mode, created_at)
            VALUES ('{name}' || number || ':test', '{name}' || number, 'test', '2026-01-01Z');
    END LOOP;
END $$
"""

DYING = """
import os, signal, sys
from coverage.domain.tenant import Tenant
from coverage.operations.falling_due import fire_due
from coverage.operations.house import House, Work
from coverage.storage.tenancy import Database

url, tenant, doomed = sys.argv[1:]
left, record = int(doomed), Work.record

def dying(*args, **options):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    record(*args, **options)

Work.record = dying
house = House(Database.connect(url), None, None, None, None)
while fire_due(house, Tenant.of(tenant), 2):
    pass
"""
