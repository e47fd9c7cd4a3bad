"""Promise 1, paid by card: killed at any boundary, before or after any call of the processor, nobody pays twice or for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from coverage.gateways.stripe_stand_in import StripeStandIn
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from tests.builders import Platform, a_bind
from tests.operations.card import EVENTS, Till, a_till
from tests.paying import Processor, stand_in
from tests.promises.books import waiting
from tests.promises.killing import PROVOKED, WORKED, Doing, Killing
from tests.promises.nursery import Nursery, Typesetter, nursery
from tests.promises.trial import Trial, promise

BY_CARD = {"payment": {"method": "card"}}


@pytest.fixture(scope="module")
def processor_there() -> Iterator[tuple[Processor, StripeStandIn]]:
    with stand_in() as found:
        yield found


@pytest.fixture(scope="module")
def born(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, processor_there: tuple[Processor, StripeStandIn]
) -> Iterator[Nursery]:
    with nursery(database_url, tmp_path_factory.mktemp("born"), processor_there[0].url) as found:
        yield found


@pytest.fixture
def till(
    owner: Database, house: House, processor_there: tuple[Processor, StripeStandIn], database_url: str
) -> Iterator[Till]:
    with owner.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))  # other tests left jobs; ours are to be the only ones
    processor, there = processor_there
    paid_there = replace(house, documents=Typesetter(), signatures=None, payments={"test": processor.payments})
    queue = Database.connect(database_url, "sharecover_worker", pool_size=2)
    with a_till(owner, paid_there, processor, there, queue) as found:
        yield found
    queue.close()


def worked_off(till: Till, owner: Database) -> None:
    """What was caused until now is done."""
    till.work()
    assert waiting(owner, till.platform.tenant) == 0


class Members:
    """What is done for members who pay by card."""

    def __init__(self, till: Till, owner: Database) -> None:
        self.till, self.owner = till, owner

    def binding(self, platform: Platform) -> Doing:
        return Doing("/v1/covers", a_bind(platform.quote()) | BY_CARD)

    def asking(self, platform: Platform) -> Doing:
        """The job that asks for a payment, where nobody looked at the cover."""
        answer = platform.post("/v1/covers", a_bind(platform.quote()) | BY_CARD)
        assert answer.status_code == 201, answer.text
        return Doing(None, chore="job")

    def finding_paid(self, platform: Platform) -> Doing:
        """The same job, which comes when the member has paid already."""
        self.till.pay(self.till.held(platform.quote()))
        return Doing(None, chore="job")

    def hearing(self, platform: Platform) -> Doing:
        """The processor's event. Its signature holds for minutes only."""
        cover = self._held_and_asked_for(platform)

        def paying() -> Doing:
            webhooks = self.till.stand_in.webhooks
            intent_id = self.till.pay(cover)
            body = webhooks.told[-1]
            event: dict[str, Any] = json.loads(body)
            assert (event["type"], event["data"]["object"]["id"]) == ("payment_intent.succeeded", intent_id)
            return Doing(EVENTS, body.decode(), signed=lambda: webhooks.signature(body))

        return Doing(EVENTS, then=paying)

    def cancelling(self, platform: Platform) -> Doing:
        return Doing(f"/v1/covers/{self.till.issued(platform.quote())['id']}/cancel", {"preview": False})

    def refunding(self, platform: Platform) -> Doing:
        """The job that sends what goes back, before the one that sets the certificate anew."""
        cover = self.till.issued(platform.quote())
        worked_off(self.till, self.owner)
        answer = platform.post(f"/v1/covers/{cover['id']}/cancel", {"preview": False})
        assert answer.status_code == 200, answer.text
        with self.owner.engine.begin() as connection:
            earlier = "UPDATE outbox SET due_at = due_at - interval '1 minute' WHERE kind = 'send_refunds'"
            connection.execute(text(earlier))
        return Doing(None, chore="job")

    def _held_and_asked_for(self, platform: Platform) -> dict[str, Any]:
        cover = self.till.held(platform.quote())
        worked_off(self.till, self.owner)
        return cover


class TestKilledAtEveryBoundary:
    @promise(
        1, "a bind by card that is killed anywhere and repeated holds once, and is asked for once",
        unit="kills", small=3, full=220, provokes=(*PROVOKED, WORKED),
    )  # fmt: skip
    def test_a_bind_is_asked_for_once(self, till: Till, owner: Database, born: Nursery, trial: Trial) -> None:
        self._kill(Members(till, owner).binding, till, owner, born, trial)

    @promise(
        1, "a worker that is killed anywhere while it asks for a payment leaves one intent, whoever ends the job",
        unit="kills", small=4, full=120, provokes=("killed inside", "killed once kept", WORKED),
    )  # fmt: skip
    def test_a_payment_is_asked_for_once(self, till: Till, owner: Database, born: Nursery, trial: Trial) -> None:
        self._kill(Members(till, owner).asking, till, owner, born, trial)

    @promise(
        1, "a cover whose payment a worker finds is issued once, wherever that worker is killed",
        unit="kills", small=4, full=190, provokes=("killed inside", "killed once kept", WORKED),
    )  # fmt: skip
    def test_a_paid_cover_is_issued_once(self, till: Till, owner: Database, born: Nursery, trial: Trial) -> None:
        self._kill(Members(till, owner).finding_paid, till, owner, born, trial)

    @promise(
        1, "a payment that is told of by an event issues once, wherever who hears it is killed and however often it comes",
        unit="kills", small=4, full=140, provokes=(*PROVOKED, WORKED),
    )  # fmt: skip
    def test_an_event_issues_once(self, till: Till, owner: Database, born: Nursery, trial: Trial) -> None:
        self._kill(Members(till, owner).hearing, till, owner, born, trial)

    @promise(
        1, "a cancellation of what was paid by card, killed anywhere and repeated, gives back once",
        unit="kills", small=3, full=170, provokes=(*PROVOKED, WORKED),
    )  # fmt: skip
    def test_a_cancellation_gives_back_once(self, till: Till, owner: Database, born: Nursery, trial: Trial) -> None:
        self._kill(Members(till, owner).cancelling, till, owner, born, trial)

    @promise(
        1, "a refund is sent once, wherever the worker that sends it is killed",
        unit="kills", small=4, full=140, provokes=("killed inside", "killed once kept", WORKED),
    )  # fmt: skip
    def test_a_refund_is_sent_once(self, till: Till, owner: Database, born: Nursery, trial: Trial) -> None:
        self._kill(Members(till, owner).refunding, till, owner, born, trial)

    @staticmethod
    def _kill(make: Any, till: Till, owner: Database, born: Nursery, trial: Trial) -> None:
        """Kills, and holds what the processor has against what was sold."""
        killing = Killing.of(make, till.platform, owner, born, trial, till.stand_in)
        killing.kill_all()
        tenant = till.platform.tenant
        with till.stand_in.account() as account:
            charged = [one["amount"] for one in account.all_of("charge") if one["metadata"].get("tenant") == tenant.id]
            back = [one["amount"] for one in account.all_of("refund") if one["metadata"]["tenant"] == tenant.id]
        with owner.transaction(tenant) as session:
            query = text(
                "SELECT coalesce(sum(amount), 0), coalesce(sum(refunded), 0) FROM payments WHERE state = 'succeeded'"
            )
            assert (sum(charged), sum(back)) == tuple(session.execute(query).one())
