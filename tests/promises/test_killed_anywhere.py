"""Promise 1: killed at any boundary of a bind, a change, a cancellation, a claim, a payout or a job, nothing is lost, doubled or half done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from coverage.domain.chain import Fault
from coverage.gateways.anchors import FileAnchors
from coverage.operations.verifying import verify_events
from coverage.storage import seals
from coverage.storage.tenancy import Database
from tests.builders import Platform, a_bind, a_claim, a_payout, a_risk, soon
from tests.operations.test_changing import a_declaration, asked, later
from tests.promises.killing import PROVOKED, WORKED, Doing, Killing
from tests.promises.nursery import ANCHOR, Nursery, nursery
from tests.promises.trial import Trial, promise


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("born")


@pytest.fixture(scope="module")
def born(database_url: str, folder: Path) -> Iterator[Nursery]:
    with nursery(database_url, folder) as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_else_to_do(owner: Database) -> None:
    """Other tests left jobs; ours are to be the only ones."""
    with owner.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))


def binding(platform: Platform) -> Doing:
    return Doing("/v1/covers", a_bind(platform.quote()))


def cancelling(platform: Platform) -> Doing:
    return Doing(f"/v1/covers/{platform.cover()['id']}/cancel", {"preview": False})


def claiming(platform: Platform) -> Doing:
    return Doing("/v1/claims", a_claim(platform.cover(), loss_at=soon(seconds=-60)))


def paying_out(platform: Platform) -> Doing:
    """A part of what was decided on a claim is ordered to be paid."""
    exposure = platform.claim(platform.cover(), loss_at=soon(seconds=-60))["exposures"][0]["id"]
    goodwill = {"decision": "goodwill", "goodwill": {"amount": 20_000, "currency": "EUR"}, "because": "a trial"}
    decided = platform.post(f"/v1/exposures/{exposure}/decision", goodwill)
    assert decided.status_code == 200, decided.text
    return Doing(f"/v1/exposures/{exposure}/payouts", a_payout())


def transferring(platform: Platform) -> Doing:
    """A payout has been transferred."""
    ordering = paying_out(platform)
    ordered = platform.post(str(ordering.path), ordering.body)
    assert ordered.status_code == 201, ordered.text
    return Doing(f"/v1/payouts/{ordered.json()['id']}/settle", {"outcome": "paid", "bank_reference": "SCT-1"})


def changing(platform: Platform) -> Doing:
    """A cover for longer. It is offered for a quarter of an hour only."""
    cover = platform.cover()

    def confirming() -> Doing:
        change = asked(platform, cover, "extend", end=later(cover["end"], days=1))
        return Doing(f"/v1/changes/{change['id']}/confirm", a_declaration())

    return Doing("/v1/changes", then=confirming)


def a_job(owner: Database, kind: str) -> Callable[[Platform], Doing]:
    """A cover was issued, and of the jobs that there are one is left: its own of that kind."""

    def make(platform: Platform) -> Doing:
        platform.cover(platform.quote(risk=a_risk(vehicle_class="cargo_bike")))
        with owner.engine.begin() as connection:
            others = (
                "UPDATE outbox SET done_at = now() WHERE done_at IS NULL AND NOT (tenant_id = :id AND kind = :kind)"
            )
            connection.execute(text(others), {"id": platform.tenant.id, "kind": kind})
        return Doing(None)

    return make


def falling_due(platform: Platform) -> Doing:
    """A cover ends, and the price of a start at issue has floated for long enough, when the clock is moved."""
    now = datetime.fromisoformat(platform.get("/v1/test_clock").json()["now"])
    at_issue = {"start": "at_issue", "end": None, "duration": "PT1H"}
    platform.cover(platform.quote(**at_issue))
    platform.quote(**at_issue)
    platform.advance((now + timedelta(hours=2)).isoformat())
    return Doing(None, chore="due")


def sealing(platform: Platform) -> Doing:
    platform.quote()
    return Doing(None, chore="seal")


class TestKilledAtEveryBoundary:
    @promise(
        1, "a bind that is killed anywhere and repeated makes one cover, charged once",
        unit="kills", small=4, full=230, provokes=(*PROVOKED, WORKED),
    )  # fmt: skip
    def test_a_bind_makes_one_cover(self, platform: Platform, owner: Database, born: Nursery, trial: Trial) -> None:
        Killing.of(binding, platform, owner, born, trial).kill_all()

    @promise(
        1, "a cancellation that is killed anywhere and repeated gives back once",
        unit="kills", small=3, full=160, provokes=(*PROVOKED, WORKED),
    )  # fmt: skip
    def test_a_cancellation_gives_back_once(
        self, platform: Platform, owner: Database, born: Nursery, trial: Trial
    ) -> None:
        Killing.of(cancelling, platform, owner, born, trial).kill_all()

    @promise(
        1, "a change that is killed anywhere and repeated comes true once",
        unit="kills", small=3, full=220, provokes=(*PROVOKED, WORKED),
    )  # fmt: skip
    def test_a_change_comes_true_once(self, platform: Platform, owner: Database, born: Nursery, trial: Trial) -> None:
        Killing.of(changing, platform, owner, born, trial).kill_all()

    @promise(
        1, "a claim that is killed anywhere and repeated is declared once",
        unit="kills", small=3, full=90, provokes=PROVOKED,
    )  # fmt: skip
    def test_a_claim_is_declared_once(self, platform: Platform, owner: Database, born: Nursery, trial: Trial) -> None:
        Killing.of(claiming, platform, owner, born, trial).kill_all()

    @promise(
        1, "a payout that is killed anywhere and repeated is ordered once",
        unit="kills", small=3, full=180, provokes=PROVOKED,
    )  # fmt: skip
    def test_a_payout_is_ordered_once(self, platform: Platform, owner: Database, born: Nursery, trial: Trial) -> None:
        Killing.of(paying_out, platform, owner, born, trial).kill_all()

    @promise(
        1, "a payout's transfer that is killed anywhere and repeated is noted once",
        unit="kills", small=2, full=130, provokes=PROVOKED,
    )  # fmt: skip
    def test_a_transfer_is_noted_once(self, platform: Platform, owner: Database, born: Nursery, trial: Trial) -> None:
        Killing.of(transferring, platform, owner, born, trial).kill_all()

    @promise(
        1, "a worker that is killed anywhere while it makes a certificate leaves that to the next, who ends it",
        unit="kills", small=3, full=200, provokes=("killed inside", WORKED),
    )  # fmt: skip
    def test_a_certificate_is_made_by_the_next_worker(
        self, platform: Platform, owner: Database, born: Nursery, trial: Trial
    ) -> None:
        Killing.of(a_job(owner, "render_certificate"), platform, owner, born, trial).kill_all()

    @promise(
        1, "a worker that is killed anywhere while it keeps terms leaves that to the next, who ends it",
        unit="kills", small=3, full=240, provokes=("killed inside", WORKED),
    )  # fmt: skip
    def test_terms_are_kept_by_the_next_worker(
        self, platform: Platform, owner: Database, born: Nursery, trial: Trial
    ) -> None:
        Killing.of(a_job(owner, "render_terms"), platform, owner, born, trial).kill_all()

    @promise(
        1, "what is due is fired once and in whole, wherever the worker that fires it is killed",
        unit="kills", small=3, full=70, provokes=("killed inside", "killed once kept", WORKED),
    )  # fmt: skip
    def test_what_is_due_is_fired_once(self, platform: Platform, owner: Database, born: Nursery, trial: Trial) -> None:
        Killing.of(falling_due, platform, owner, born, trial).kill_all()

    @promise(
        1, "every fact is sealed once and anchored, wherever the worker that seals is killed",
        unit="kills", small=3, full=50, provokes=("killed inside", "killed once kept", WORKED),
    )  # fmt: skip
    def test_every_fact_is_sealed_once(
        self, platform: Platform, owner: Database, born: Nursery, folder: Path, trial: Trial, database_url: str
    ) -> None:
        queue = Database.connect(database_url, "sharecover_worker", pool_size=1)
        with queue.outside() as session:
            sealed_before, _ = seals.count(session)
        Killing.of(sealing, platform, owner, born, trial).kill_all()
        faults: list[Fault] = []
        # What other tests sealed before has another anchor.
        verdict = verify_events(
            queue.outside, FileAnchors(folder / ANCHOR).read, faults.append, lambda *_: None,
            begun_anew_at=sys.maxsize if sealed_before else 0,
        )  # fmt: skip
        queue.close()
        assert faults == []
        assert (verdict.anchored, verdict.waiting) == (verdict.head, 0)
        assert verdict.verified >= trial.size
