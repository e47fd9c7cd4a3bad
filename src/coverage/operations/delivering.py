"""Delivering: what happened is told to those who want to be told, until each has taken it.

Each event goes on its way in the transaction that seals it (`fan_out`): it is told as soon as it stands among the events, and
none can be missed. Couriers take what is due under a lease and send it, a bounded number at once of each endpoint and tenant.
Whoever dies on the way lets the lease run out: another sends it again, under the same id.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy.orm import Session

from coverage.domain.chain import Link
from coverage.domain.facts import SCOPES
from coverage.domain.faults import Missing, Unavailable
from coverage.domain.tenant import Caller, Tenant
from coverage.domain.webhook import PING, Answered, Due, Letter, choose, next_try, wants
from coverage.operations.eventing import tell_events
from coverage.operations.hooking import SOON, disable, secrets_of
from coverage.operations.house import House, Work
from coverage.operations.showing import find_event
from coverage.storage import webhooks
from coverage.storage.identity import new_id
from coverage.storage.tenancy import Database
from coverage.storage.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from coverage.telemetry import metrics

log = logging.getLogger("coverage.delivering")

POLL_SECONDS: Final = 0.25
# Longer than a letter may take, with what is written down before and after.
LEASE: Final = timedelta(seconds=60)
AT_ONCE: Final = 48  # of a process
PER_ENDPOINT: Final = 4
PER_TENANT: Final = 12
# How long what was sent and answered can be looked at.
KEPT_FOR: Final = timedelta(days=30)
BATCH: Final = 1000
WORKER: Final = "worker"


# ------------------------------------------------------------------------------------------ on their way


def fan_out(
    session: Session, tenant_id: str, links: Sequence[Link], found: Sequence[WebhookEndpoint], wall: datetime
) -> None:
    """Has the endpoints of a tenant told what was just sealed, as far as each wants it and may. In the sealer's transaction."""
    told = []
    for link in links:
        content = link.content
        if content is None or content.kind == PING:
            continue
        scope = SCOPES.get(content.kind.partition(".")[0])
        told += [
            (endpoint.id, link.fact_id, content.kind)
            for endpoint in found
            # Of itself an endpoint is told nothing.
            if scope in endpoint.scopes and wants(endpoint.events, content.kind) and endpoint.id != content.subject
        ]
    if told:
        webhooks.await_delivery(session, tenant_id, told, wall, wall)


# ------------------------------------------------------------------------------------------ sending


class Courier:
    """Sends what is due, any number of them beside each other."""

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        per_endpoint: int = PER_ENDPOINT,
        per_tenant: int = PER_TENANT,
        lease: timedelta = LEASE,
    ) -> None:
        self._at_once, self._per_endpoint, self._per_tenant, self._lease = at_once, per_endpoint, per_tenant, lease
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="courier")
        self._lock = threading.Lock()
        self._in_hand = 0
        self._one_done = threading.Event()

    def once(self, house: House, queue: Database) -> bool:
        """Takes what is due and sends it off; whether it is worth to look again at once."""
        if house.posting is None:
            return False
        self._one_done.clear()
        # Whose it is, for people; and which taking, so that who was late isn't taken for who has it now.
        lease = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(8)}"
        taken = self._take(house, queue, lease)
        for one in taken:
            with self._lock:
                self._in_hand += 1
            self._threads.submit(self._send, house, one, lease)
        if taken:
            return True
        # Somebody's turn comes as soon as another is done.
        return self._in_hand > 0 and self._one_done.wait(POLL_SECONDS)

    @property
    def busy(self) -> bool:
        """Whether something is being sent."""
        return self._in_hand > 0

    def close(self) -> None:
        """Waits for what is being sent."""
        self._threads.shutdown()

    def _take(self, house: House, queue: Database, lease: str) -> list[Due]:
        free = self._at_once - self._in_hand
        if free <= 0:
            return []
        with queue.outside() as session:
            if not webhooks.become_chooser(session):
                return []
            wall = house.wall()
            due = webhooks.due(session, wall, self._per_endpoint)
            if not due:
                return []
            running = webhooks.running(session, wall)
            chosen = choose(due, running, free, per_endpoint=self._per_endpoint, per_tenant=self._per_tenant)
            taken = []
            for tenant_id, group in groupby(sorted(chosen, key=lambda one: one.tenant_id), lambda one: one.tenant_id):
                several = list(group)
                ids = webhooks.take(
                    session, tenant_id, [one.delivery_id for one in several], lease=lease, now=wall, until=wall + self._lease
                )  # fmt: skip
                taken += [one for one in several if one.delivery_id in ids]
            return taken

    def _send(self, house: House, one: Due, lease: str) -> None:
        try:
            deliver(house, one, lease)
        except Unavailable as fault:
            # Its lease runs out, and it is sent again.
            log.info("a webhook waits for its next turn: %s", fault.detail)
        except Exception:
            log.exception("the webhook %s broke", one.delivery_id)
        finally:
            with self._lock:
                self._in_hand -= 1
            self._one_done.set()


def deliver(house: House, one: Due, lease: str) -> None:
    """Sends one delivery that was taken under a lease, and notes what became of it."""
    caller = Caller(Tenant.of(one.tenant_id), WORKER, scopes=frozenset(SCOPES.values()))
    with house.transaction(caller) as tx:
        letter = _letter(tx, one, lease)
    if letter is None or house.posting is None:
        return
    answered = house.posting.post(letter)
    with house.transaction(caller) as tx:
        _note(tx, one, lease, letter, answered)
    metrics.webhook_sent("accepted" if answered.accepted else (answered.error or "refused").partition(":")[0])


def _letter(tx: Work, one: Due, lease: str) -> Letter | None:
    """What is to be sent; None where there is nothing to send any more, or nothing yet."""
    endpoint, delivery = _held(tx, one, lease)
    if endpoint is None or delivery is None:
        return None
    try:
        event = find_event(tx, delivery.event_id)
    except Missing:
        # A ping that isn't sealed yet.
        delivery.lease, delivery.due_at = None, tx.wall + SOON
        return None
    body = json.dumps(tell_events(tx, [event])[0], ensure_ascii=False, separators=(",", ":")).encode()
    return Letter(endpoint.url, secrets_of(tx, endpoint), event.id, tx.wall, body, tx.tenant.livemode)


def _note(tx: Work, one: Due, lease: str, letter: Letter, answered: Answered) -> None:
    """Writes down a try. Whoever lost the lease meanwhile leaves it to who has it."""
    endpoint, delivery = _held(tx, one, lease)
    if endpoint is None or delivery is None:
        return
    delivery.attempts += 1
    delivery.lease = None
    _keep(tx, delivery, letter, answered)
    if answered.accepted:
        delivery.state, delivery.settled_at, endpoint.failing_since = "delivered", tx.wall, None
        return
    delivery.failed += 1
    endpoint.failing_since = endpoint.failing_since or tx.wall
    again = next_try(delivery.failed, tx.wall)
    if again is not None and not answered.gone:
        delivery.due_at = again
        return
    delivery.state, delivery.settled_at = "failed", tx.wall
    # One event that an endpoint can't take, while it takes others, is no reason to tell it no more.
    all_fail = delivery.tried_since is not None and endpoint.failing_since <= delivery.tried_since + LEASE
    if endpoint.state == "enabled" and (answered.gone or all_fail):
        disable(tx, endpoint, "gone" if answered.gone else "failing")


def _held(tx: Work, one: Due, lease: str) -> tuple[WebhookEndpoint | None, WebhookDelivery | None]:
    """The endpoint and the delivery, locked in that order; nothing where the lease is another's, or they are gone."""
    endpoint = webhooks.endpoint(tx.session, tx.tenant_id, one.endpoint_id, lock=True)
    if endpoint is None:
        return None, None
    delivery = webhooks.delivery(tx.session, tx.tenant_id, one.endpoint_id, one.delivery_id, lock=True)
    return endpoint, delivery if delivery is not None and delivery.lease == lease else None


def _keep(tx: Work, delivery: WebhookDelivery, letter: Letter, answered: Answered) -> None:
    attempt_id = new_id("webhook_attempt")
    exchange: dict[str, Any] = {
        "request": {"url": letter.url, "headers": dict(answered.sent), "body": letter.body.decode()},
        "answer": None
        if answered.status is None
        else {
            "status": answered.status,
            "headers": dict(answered.headers),
            "body": answered.body.decode("utf-8", "replace").replace("\0", "\ufffd"),
        },
    }
    tx.session.add(
        WebhookAttempt(
            tenant_id=tx.tenant_id, id=attempt_id, delivery_id=delivery.id, number=delivery.attempts, at=letter.at,
            milliseconds=answered.milliseconds, status=answered.status, error=answered.error,
            sealed=tx.seal_json(delivery.endpoint_id, exchange, f"webhook_attempts/{attempt_id}"),
        )
    )  # fmt: skip
    tx.session.flush()


def prune_deliveries(queue: Database, wall: datetime) -> int:
    """Throws away what was to be delivered long enough ago; answers how many. Broken off anywhere, the next call goes on."""
    pruned, thrown = 0, BATCH
    while thrown == BATCH:
        with queue.outside() as session:
            thrown = webhooks.prune(session, wall - KEPT_FOR, BATCH)
        pruned += thrown
    return pruned
