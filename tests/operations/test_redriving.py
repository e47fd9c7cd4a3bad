"""What an operator sees of the outbox, and another chance for what was set aside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from coverage.operations import redriving
from coverage.operations.redriving import KEPT_FOR, count_jobs, prune_jobs, retry_jobs, see_jobs
from coverage.storage import outbox
from coverage.storage.outbox import STATES, Job, State
from coverage.storage.tenancy import Database
from tests.serving import at_once

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def queue(database_url: str) -> Iterator[Database]:
    database = Database.connect(database_url, "sharecover_worker", pool_size=4)
    with database.outside() as session:
        session.execute(text("DELETE FROM outbox"))
    yield database
    with database.outside() as session:
        session.execute(text("DELETE FROM outbox"))
    database.close()


def a_job(queue: Database, **values: Any) -> int:
    """A job that waits since an hour ago, or as `values` say."""
    row = {
        "tenant_id": "prt_x:test", "kind": "render_certificate", "subject": "cov_x", "fact_id": "fct_x",
        "due_at": NOW - timedelta(hours=1), "attempts": 0,
    } | values  # fmt: skip
    with queue.outside() as session:
        return session.execute(insert(Job).values(**row).returning(Job.id)).scalar_one()


def in_each_state(queue: Database) -> dict[int, State]:
    """A job in each state there is, and some on the edge between two."""
    soon, past = NOW + timedelta(seconds=60), NOW - timedelta(seconds=60)
    return {
        a_job(queue): "waiting",
        a_job(queue, due_at=soon, attempts=2, last_error="blobs_unavailable: full"): "waiting",
        a_job(queue, due_at=NOW, taken_by="host/1", attempts=1): "waiting",  # its lease is over
        a_job(queue, due_at=soon, taken_by="host/1", attempts=1): "running",
        a_job(queue, set_aside_at=past, attempts=24): "set_aside",
        a_job(queue, done_at=past, attempts=1): "done",
    }


class TestClaimJobs:
    def test_take_what_is_due_first_and_last_of_all_what_nobody_waits_for(self, queue: Database) -> None:
        long_ago, just_now = NOW - timedelta(hours=2), NOW - timedelta(seconds=1)
        patient = [a_job(queue, kind="render_terms", due_at=long_ago), a_job(queue, kind="render_terms")]
        others = [a_job(queue), a_job(queue, kind="send_refunds", due_at=just_now), a_job(queue, due_at=NOW)]
        taken = []
        for _ in range(len(patient) + len(others) + 1):
            with queue.outside() as session:
                taken += [job.id for job in outbox.claim_jobs(session, NOW, timedelta(seconds=20), 1, "host/1")]
        assert taken == [*others, *patient]


class TestSeeJobs:
    def test_tells_each_job_in_its_state(self, queue: Database) -> None:
        expected = in_each_state(queue)
        assert {job.id: job.state for job in see_jobs(queue, NOW, STATES, 100)} == expected

    @pytest.mark.parametrize("state", STATES)
    def test_asked_for_one_state_tells_those_alone(self, queue: Database, state: State) -> None:
        expected = [job for job, found in in_each_state(queue).items() if found == state]
        assert [job.id for job in see_jobs(queue, NOW, [state], 100)] == expected
        assert count_jobs(queue, NOW)[state] == len(expected)

    def test_tells_so_many_at_most(self, queue: Database) -> None:
        first, *_ = in_each_state(queue)
        assert [job.id for job in see_jobs(queue, NOW, STATES, 1)] == [first]


class TestRetryJobs:
    def test_lets_all_that_is_set_aside_begin_anew(self, queue: Database) -> None:
        states = in_each_state(queue)
        (aside,) = (job for job, state in states.items() if state == "set_aside")
        assert retry_jobs(queue, NOW, None).again == (aside,)
        (job,) = (job for job in see_jobs(queue, NOW, STATES, 100) if job.id == aside)
        assert (job.state, job.due_at.astimezone(UTC), job.attempts, job.set_aside_at) == ("waiting", NOW, 0, None)

    def test_takes_what_waits_sooner_and_refuses_the_rest(self, queue: Database) -> None:
        states = in_each_state(queue)
        retried = retry_jobs(queue, NOW, [*states, 99_999_999])
        assert retried.again == tuple(job for job, state in states.items() if state in ("waiting", "set_aside"))
        refused = {
            job: {"running": "host/1 is at it", "done": "it is done"}.get(state) for job, state in states.items()
        }
        assert retried.refused == {job: why for job, why in refused.items() if why} | {
            99_999_999: "there is no such job"
        }

    def test_gives_no_late_worker_the_place_of_who_takes_the_job_next(self, queue: Database) -> None:
        lease = timedelta(seconds=60)
        job = a_job(queue)
        with queue.outside() as session:
            (late,) = outbox.claim_jobs(session, NOW - lease, lease, 1, "host/1")
        assert retry_jobs(queue, NOW, [job]).again == (job,)
        with queue.outside() as session:
            (taken,) = outbox.claim_jobs(session, NOW, lease, 1, "host/2")
        assert taken.attempts != late.attempts, "whose a failure is, is told by the count"


class TestPruneJobs:
    def test_throws_away_what_was_done_for_long_and_nothing_else(
        self, queue: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(redriving, "BATCH", 2)
        kept = set(in_each_state(queue)) | {
            a_job(queue, done_at=NOW - KEPT_FOR), a_job(queue, set_aside_at=NOW - 2 * KEPT_FOR)
        }  # fmt: skip
        for _ in range(5):
            a_job(queue, done_at=NOW - KEPT_FOR - timedelta(microseconds=1))
        assert sum(at_once(2, lambda _: prune_jobs(queue, NOW))) == 5
        assert {job.id for job in see_jobs(queue, NOW, STATES, 100)} == kept
