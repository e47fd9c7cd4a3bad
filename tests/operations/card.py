"""A partner whose members pay by card at a stand-in, and what members do there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete

from coverage.gateways.stripe_stand_in import StripeStandIn
from coverage.operations.house import House
from coverage.storage.outbox import Job
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from coverage.worker import Worker
from tests.builders import Platform, a_bind, enrol_platform
from tests.paying import Processor

EVENTS = "/card-events/test"


@dataclass(frozen=True, slots=True)
class Till:
    """The partner, its service, and the processor that its members pay at."""

    platform: Platform
    app: FastAPI
    house: House
    processor: Processor
    stand_in: StripeStandIn
    queue: Database

    def held(self, quote: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """A cover that waits for its payment, as it is read."""
        bind = a_bind(quote or self.platform.quote(), **changes) | {"payment": {"method": "card"}}
        answer = self.platform.post("/v1/covers", bind)
        assert answer.status_code == 201, answer.text
        return self.seen(answer.json())

    def seen(self, cover: dict[str, Any]) -> dict[str, Any]:
        """The cover as it is now."""
        answer = self.platform.get(f"/v1/covers/{cover['id']}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def pay(self, thing: dict[str, Any], card: str = "pm_card_visa") -> str:
        """What a member's browser does with the client secret; answers the intent's id."""
        intent_id = str(thing["payment"]["client_secret"]).partition("_secret_")[0]
        self.processor.post(f"payment_intents/{intent_id}/confirm", payment_method=card)
        return intent_id

    def issued(self, quote: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """A cover that was paid for."""
        cover = self.held(quote, **changes)
        self.pay(cover)
        paid = self.seen(cover)
        assert paid["state"] in ("scheduled", "on_risk"), paid
        return paid

    def work(self) -> None:
        """Lets a worker do all that is due now of this partner's; what other tests have left is nobody's any more."""
        with self.queue.outside() as session:
            session.execute(delete(Job).where(Job.tenant_id != self.platform.tenant.id))
        worker = Worker(self.house, self.queue)
        while worker.work_once():
            pass


@contextmanager
def a_till(
    owner: Database, house: House, processor: Processor, stand_in: StripeStandIn, queue: Database
) -> Iterator[Till]:
    """A new partner at a processor."""
    app = create_app(house)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Till(enrol_platform(owner, house, client), app, house, processor, stand_in, queue)
