"""Sealing: one chain over all facts, whoever seals, whenever they die, and however late a fact is committed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from coverage.assembly import Premises, build_worker
from coverage.domain.chain import Anchor, Unreadable
from coverage.domain.facts import Fact
from coverage.domain.faults import Unavailable
from coverage.domain.tenant import Caller
from coverage.gateways.anchors import FileAnchors
from coverage.operations import verifying
from coverage.operations.sealing import Sealer, seal_batch
from coverage.storage import seals
from coverage.storage.tenancy import Database
from tests.logs import Log, a_log
from tests.processes import clean_environment, wait_for
from tests.serving import at_once


@pytest.fixture
def log(fresh_database_url: str, tmp_path: Path) -> Iterator[Log]:
    """An empty log of three tenants."""
    with a_log(fresh_database_url, tmp_path) as log:
        yield log


def order(log: Log) -> list[str]:
    """The subjects of all facts, in the order in which they were sealed."""
    found = []
    with log.queue.outside() as session:
        for link in seals.links(session, seals.FIRST, 10_000):
            assert link.content is not None
            found.append(link.content.subject)
    return found


class TestSealing:
    def test_gives_every_fact_its_place(self, log: Log) -> None:
        for number in range(20):
            log.record(log.tenants[number % 3])
        log.seal(limit=6)
        verdict, faults = log.verify()
        assert (faults, verdict.verified, verdict.head, verdict.waiting, verdict.anchored) == ([], 20, 20, 0, 20)

    def test_finds_nothing_to_do_in_an_empty_log(self, log: Log) -> None:
        assert not log.sealer().once(log.house, log.queue)
        verdict, faults = log.verify()
        assert (faults, verdict.verified, verdict.head, verdict.anchored) == ([], 0, 0, 0)

    def test_skips_no_fact_whose_transaction_commits_late(self, log: Log) -> None:
        caller = Caller(log.tenants[0], "test")
        with log.house.transaction(caller) as late:
            late.record(Fact("cover.started", "cov_late"))
            late.session.flush()
            with log.house.transaction(caller) as early:
                early.record(Fact("cover.started", "cov_early"))
            log.seal()
            assert order(log) == ["cov_early"]
            log.seal()
        log.seal()
        assert order(log) == ["cov_early", "cov_late"]
        assert log.verify()[1] == []

    def test_is_one_chain_however_many_seal_at_once(self, log: Log) -> None:
        log.record(log.tenants[0])
        log.seal()  # the anchor begins with the log
        for number in range(120):
            log.record(log.tenants[number % 3])

        def seal(_: int) -> int:
            sealed = 0
            for _round in range(200):
                batch = seal_batch(log.queue, log.house.wall(), limit=5)
                sealed += batch.sealed if batch else 0
                if batch is not None and not batch.after and not batch.sealed:
                    break
            return sealed

        assert sum(at_once(6, seal)) == 120
        log.seal()
        verdict, faults = log.verify()
        assert (faults, verdict.verified, verdict.waiting) == ([], 121, 0)

    def test_passes_by_what_waits_and_is_gone(self, log: Log) -> None:
        with log.owner.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO unsealed (tenant_id, fact_id) SELECT :tenant, 'evt_' || n FROM generate_series(1, 7) n"
                ),
                {"tenant": log.tenants[0].id},
            )
        log.record(log.tenants[1])
        log.seal(limit=2)
        verdict, faults = log.verify()
        assert (verdict.verified, verdict.waiting) == (1, 7)
        assert {(fault.kind, fault.fact_id) for fault in faults} == {("fact_missing", f"evt_{n}") for n in range(1, 8)}

    def test_seals_no_fact_twice_that_waits_again(self, log: Log) -> None:
        for _ in range(3):
            log.record(log.tenants[0])
        log.seal()
        with log.owner.engine.begin() as connection:
            connection.execute(
                text("SELECT set_config('sharecover.tenant', :tenant, true)"), {"tenant": log.tenants[0].id}
            )
            connection.execute(text("INSERT INTO unsealed (tenant_id, fact_id) SELECT tenant_id, id FROM facts"))
        log.seal()
        verdict, faults = log.verify()
        assert (faults, verdict.verified, verdict.waiting) == ([], 3, 0)

    @pytest.mark.parametrize(
        ("data", "other"), [({"count": 1}, '{"count": 1.0}'), ({"most": 2**60}, '{"most": 1152921504606846977}')]
    )
    def test_tells_numbers_apart_that_canonical_json_takes_for_one(
        self, log: Log, data: dict[str, int], other: str
    ) -> None:
        log.record(log.tenants[0], data)
        log.seal()
        assert log.verify()[1] == []
        with log.owner.engine.begin() as connection:
            connection.execute(text("ALTER TABLE facts DISABLE TRIGGER USER"))
            connection.execute(text("ALTER TABLE facts NO FORCE ROW LEVEL SECURITY"))
            connection.execute(text("UPDATE facts SET data = CAST(:data AS jsonb)"), {"data": other})
        assert [fault.kind for fault in log.verify()[1]] == ["content_changed"]


class TestVerifying:
    def test_gives_no_false_alarm_while_others_record_and_seal(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verifying, "PAGE", 20)

        def record_and_seal() -> None:
            sealer = log.sealer(limit=4)
            for _ in range(40):
                for tenant in log.tenants:
                    log.record(tenant)
                sealer.once(log.house, log.queue)

        busy = threading.Thread(target=record_and_seal)
        busy.start()
        found = []
        while busy.is_alive():
            found.append(log.verify(first_anchor_within=60))
        busy.join()
        assert [faults for _, faults in found if faults] == []
        assert len({verdict.verified for verdict, _ in found}) > 2, "it was verified meanwhile"


class TestFirstAnchor:
    """Between the very first seal and its anchor. Each moment is met by looking at it from within the verification."""

    def test_that_comes_between_two_looks_is_no_fault(self, log: Log) -> None:
        log.record(log.tenants[0])

        def read() -> Iterator[Anchor | Unreadable]:
            found = list(FileAnchors(log.anchor).read())
            log.seal()  # after the anchors were read, and before the seals are
            yield from found

        assert log.verify(read=read)[1] == []

    def test_that_is_still_being_written_is_waited_for(self, log: Log) -> None:
        log.record(log.tenants[0])
        seal_batch(log.queue, log.house.wall())
        looks = 0

        def read() -> Iterator[Anchor | Unreadable]:
            nonlocal looks
            found = list(FileAnchors(log.anchor).read())
            looks += 1
            if looks == 2:
                log.seal()
            yield from found

        verdict, faults = log.verify(read=read, first_anchor_within=60)
        assert (faults, verdict.verified, verdict.anchored, looks) == ([], 1, 1, 3)

    def test_that_never_comes_is_missed(self, log: Log) -> None:
        log.record(log.tenants[0])
        log.seal()
        log.anchor.unlink()
        began = time.monotonic()
        verdict, faults = log.verify(first_anchor_within=0.3)
        assert ([fault.kind for fault in faults], verdict.verified) == (["anchor_missing"], 1)
        assert time.monotonic() - began >= 0.3, "it was waited for"

    def test_begun_anew_meanwhile_for_an_old_log_is_no_first_one(self, log: Log) -> None:
        log.record(log.tenants[0])
        log.seal()
        log.anchor.unlink()
        log.house.wall.now += timedelta(minutes=1)  # type: ignore[attr-defined]

        def read() -> Iterator[Anchor | Unreadable]:
            found = list(FileAnchors(log.anchor).read())
            log.record(log.tenants[0])
            log.seal()
            yield from found

        assert [fault.kind for fault in log.verify(read=read, first_anchor_within=60)[1]] == ["anchor_begun_late"]


class TestWorker:
    def test_seals_and_anchors_what_is_recorded(self, log: Log, fresh_database_url: str) -> None:
        premises = Premises(
            log.house, log.owner, partial(Database.connect, fresh_database_url), FileAnchors(log.anchor)
        )
        worker = build_worker(premises)
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            log.record(log.tenants[0])
            wait_for("the first seal", lambda: log.anchor.exists() and log.verify()[0].anchored == 1)
            log.record(log.tenants[1])
            wait_for("the second seal", lambda: log.verify()[0].anchored == 2)
        finally:
            worker.stop()
            thread.join()
            worker.queue.close()
        assert log.verify()[1] == []


class TestAnchor:
    def test_that_a_crash_left_out_is_written_by_the_next_who_seals(self, log: Log) -> None:
        log.record(log.tenants[0])
        seal_batch(log.queue, log.house.wall())  # and then nothing, as after a crash
        assert [fault.kind for fault in log.verify()[1]] == ["anchor_missing"]
        assert not log.sealer().once(log.house, log.queue), "nothing waits"
        verdict, faults = log.verify()
        assert (faults, verdict.anchored) == ([], 1)

    def test_is_not_written_for_every_batch(self, log: Log) -> None:
        sealer = log.sealer(limit=1, anchor_seconds=3600)
        for _ in range(5):
            log.record(log.tenants[0])
        while sealer.once(log.house, log.queue):
            pass
        assert len(log.anchor.read_text().splitlines()) == 1

    def test_that_cannot_be_written_holds_nothing_up_and_is_told_once(
        self, log: Log, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Away:
            def begun(self) -> bool:
                return True

            def advance(self, anchor: Anchor) -> Anchor:
                raise Unavailable("anchor_unavailable", "the anchor's disk is full")

        sealer = Sealer(Away(), anchor_seconds=0)
        for _ in range(3):
            log.record(log.tenants[0])
            sealer.once(log.house, log.queue)
        assert len(order(log)) == 3
        assert len([record for record in caplog.records if "disk is full" in record.message]) == 3
        sealer.once(log.house, log.queue)
        assert len([record for record in caplog.records if "disk is full" in record.message]) == 3

    def test_begun_anew_for_a_longer_log_is_warned_of_once(self, log: Log, caplog: pytest.LogCaptureFixture) -> None:
        def warned() -> list[str]:
            return [record.message for record in caplog.records if "a new anchor begins" in record.message]

        sealer = log.sealer(limit=2)
        for _ in range(5):
            log.record(log.tenants[0])
        while sealer.once(log.house, log.queue):
            pass
        assert warned() == [], "nobody is alarmed at the first start"
        log.anchor.rename(log.anchor.with_name("aside"))
        for _ in range(2):
            log.record(log.tenants[0])
            sealer.once(log.house, log.queue)
        assert [record.levelname for record in caplog.records if "a new anchor" in record.message] == ["WARNING"]
        assert "at position 6, though the log held 5 before" in warned()[0]

    @pytest.mark.parametrize(("cut", "said"), [(2, "the log ends at 3"), (0, "isn't the one that was anchored")])
    def test_that_the_log_falls_behind_is_told_by_whoever_seals(
        self, log: Log, caplog: pytest.LogCaptureFixture, cut: int, said: str
    ) -> None:
        for _ in range(5):
            log.record(log.tenants[0])
        log.seal()
        with log.owner.engine.begin() as connection:
            connection.execute(text("ALTER TABLE seals DISABLE TRIGGER USER"))
            connection.execute(text("ALTER TABLE seals NO FORCE ROW LEVEL SECURITY"))
            if cut:
                connection.execute(text("DELETE FROM seals WHERE position > :last"), {"last": 5 - cut})
            else:
                connection.execute(text("UPDATE seals SET hash = sha256(hash) WHERE position = 5"))
        log.seal()
        assert any(said in record.message for record in caplog.records)


class TestCrash:
    def test_anywhere_leaves_a_chain_that_the_next_goes_on_with(self, log: Log, fresh_database_url: str) -> None:
        """Killed before each statement of a batch, before and after its commit, and within the anchoring."""
        for number in range(6):
            log.record(log.tenants[number % 3])
        told = subprocess.run(
            [sys.executable, "-P", "-c", KILLED_AT_EACH_STEP, fresh_database_url, str(log.anchor)],
            env=clean_environment(PYTHONPATH=os.pathsep.join(sys.path)),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
        steps = int(told.stdout)
        # Opening, the lock, what waits, the head, tenant, facts and seals thrice, those that wait no more, commit, anchor.
        assert steps >= 16
        verdict, faults = log.verify()
        assert faults == []
        assert verdict.verified == verdict.anchored == 6
        for tenant in log.tenants:
            log.record(tenant)
        log.seal()
        assert log.verify()[1] == []
        assert len(set(order(log))) == len(order(log)) == 9


# Forks before it connects; the child kills itself at the step, and the parent looks that it really came to that. The
# last child comes to its end.
KILLED_AT_EACH_STEP = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import event
from coverage.gateways.anchors import FileAnchors
from coverage.operations.sealing import Sealer
from coverage.storage.tenancy import Database

url, anchor = sys.argv[1:]

class House:
    wall = staticmethod(lambda: datetime.now(UTC))

def die_at(step):
    met = 0
    def count(*_):
        nonlocal met
        if met == step:
            os.kill(os.getpid(), signal.SIGKILL)
        met += 1
    queue = Database.connect(url, "sharecover_worker", pool_size=1)
    event.listen(queue.engine, "before_cursor_execute", count)
    event.listen(queue.engine, "commit", count)
    class Anchors(FileAnchors):
        def advance(self, anchor):
            count()
            last = super().advance(anchor)
            count()
            return last
    Sealer(Anchors(Path(anchor)), limit=1000, anchor_seconds=0).once(House, queue)

step = 0
while True:
    child = os.fork()
    if not child:
        die_at(step)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status):
        sys.exit(print(step) if os.WEXITSTATUS(status) == 0 else 1)
    assert os.WTERMSIG(status) == signal.SIGKILL
    step += 1
"""
