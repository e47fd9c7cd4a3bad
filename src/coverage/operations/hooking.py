"""Hooking: a partner says where it wants to be told what happens, tries it out, and sees how it went."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from coverage.domain import facts
from coverage.domain.facts import SCOPES
from coverage.domain.faults import Conflict, Detail, Missing, Rejected, Unavailable
from coverage.domain.ids import names
from coverage.domain.kinds import KINDS
from coverage.domain.scopes import beyond
from coverage.domain.webhook import EVERYTHING, PING, SECRET_PREFIX, Because
from coverage.operations.house import Erased, House, Work
from coverage.rulebook.language.expressions import nearest
from coverage.storage import webhooks
from coverage.storage.identity import new_id
from coverage.storage.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

MOST_ENDPOINTS: Final = 16
SECRET_BYTES: Final = 32
# So long at most are a secret and its successor both valid.
LONGEST_ROTATION: Final = timedelta(days=30)
# How soon what has just been recorded is tried: by then it is sealed, and stands among the events.
SOON: Final = timedelta(milliseconds=400)


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint and its secret, which is shown this once."""

    endpoint: WebhookEndpoint
    secret: str


def create_endpoint(
    tx: Work, house: House, url: str, events: Sequence[str], description: str | None
) -> NewEndpoint:  # fmt: skip
    """A new endpoint, which is told no more than the key may read that makes it.

    Raises `Rejected` for an address or events that can't be had, and `Conflict` ("too_many_endpoints").
    """
    _check_address(tx, house, url)
    _check_events(tx, events)
    webhooks.one_at_a_time(tx.session, tx.tenant_id)
    if len(webhooks.endpoints(tx.session)) >= MOST_ENDPOINTS:
        raise Conflict("too_many_endpoints", f"there are {MOST_ENDPOINTS} endpoints already; delete one first")
    endpoint_id, secret = new_id("webhook_endpoint"), _new_secret()
    endpoint = WebhookEndpoint(
        tenant_id=tx.tenant_id, id=endpoint_id, url=url, description=description, events=list(dict.fromkeys(events)),
        scopes=[scope for scope in dict.fromkeys(SCOPES.values()) if scope in tx.caller.scopes], state="enabled",
        secret=_sealed(tx, endpoint_id, secret), created_by=tx.caller.actor, created_at=tx.wall,
    )  # fmt: skip
    tx.session.add(endpoint)
    tx.record(facts.endpoint_made(endpoint_id))
    tx.session.flush()
    return NewEndpoint(endpoint, secret)


def find_endpoint(tx: Work, endpoint_id: str, *, lock: bool = False) -> WebhookEndpoint:
    """The endpoint of that id; raises `Missing` in the same words for another tenant's as for one that never was."""
    found = None
    if names("webhook_endpoint", endpoint_id):
        found = webhooks.endpoint(tx.session, tx.tenant_id, endpoint_id, lock=lock)
    if found is None:
        raise Missing("unknown_endpoint", "there is no webhook endpoint of that id")
    return found


def change_endpoint(tx: Work, house: House, endpoint_id: str, changes: dict[str, Any]) -> WebhookEndpoint:
    """Changes what is named: url, events, description."""
    endpoint = _to_change(tx, endpoint_id)
    if "url" in changes:
        _check_address(tx, house, changes["url"])
    if "events" in changes:
        _check_events(tx, changes["events"])
        changes["events"] = list(dict.fromkeys(changes["events"]))
    for name, value in changes.items():
        setattr(endpoint, name, value)
    tx.record(facts.endpoint_changed(endpoint.id, "updated"))
    return endpoint


def rotate_secret(tx: Work, endpoint_id: str, expires_in: timedelta) -> NewEndpoint:
    """A new secret. For `expires_in` every letter is signed with both, the new one first.

    Raises `Conflict` ("secret_rotating") while there are two already.
    """
    if not timedelta(0) <= expires_in <= LONGEST_ROTATION:
        detail = Detail("/expires_in", f"expected PT0S to P{LONGEST_ROTATION.days}D", "invalid_value")
        raise Rejected("invalid_request", "the secret can't stay valid for so long", errors=(detail,))
    endpoint = _to_change(tx, endpoint_id)
    if endpoint.earlier_until is not None and endpoint.earlier_until > tx.wall and expires_in:
        raise Conflict("secret_rotating", "two secrets are valid already; wait, or send PT0S to end them both")
    secret = _new_secret()
    both = expires_in > timedelta(0)
    endpoint.earlier_secret = endpoint.secret if both else None
    endpoint.earlier_until = tx.wall + expires_in if both else None
    endpoint.secret = _sealed(tx, endpoint.id, secret)
    tx.record(facts.endpoint_changed(endpoint.id, "secret_rotated"))
    return NewEndpoint(endpoint, secret)


def enable_endpoint(tx: Work, endpoint_id: str) -> WebhookEndpoint:
    """Lets an endpoint be told things again, first what waits for it yet. Nothing is done for one that is."""
    endpoint = _to_change(tx, endpoint_id)
    if endpoint.state != "enabled":
        endpoint.state, endpoint.disabled_because, endpoint.disabled_at, endpoint.failing_since = (
            "enabled", None, None, None,
        )  # fmt: skip
        webhooks.begin_anew(tx.session, endpoint, tx.wall)
        tx.record(facts.endpoint_changed(endpoint.id, "enabled"))
    return endpoint


def disable(tx: Work, endpoint: WebhookEndpoint, because: Because) -> None:
    """Tells an endpoint nothing any more, and the partner so. What waits for it waits on."""
    endpoint.state, endpoint.disabled_because, endpoint.disabled_at = "disabled", because, tx.wall
    tx.record(facts.endpoint_disabled(endpoint.id, because))


def delete_endpoint(tx: Work, endpoint_id: str) -> WebhookEndpoint:
    """Takes an endpoint away, with its secret and with what it was told."""
    endpoint = find_endpoint(tx, endpoint_id, lock=True)
    webhooks.remove(tx.session, endpoint)
    tx.forget(endpoint.id)
    tx.record(facts.endpoint_changed(endpoint.id, "deleted"))
    return endpoint


# ------------------------------------------------------------------------------------------ trying, and what was tried


def ping(tx: Work, endpoint_id: str) -> WebhookDelivery:
    """Sends the endpoint an event of no weight, to see that it takes it; raises `Conflict` for one that is disabled."""
    endpoint = _to_change(tx, endpoint_id)
    _require_enabled(endpoint)
    event_id = tx.record(facts.endpoint_pinged(endpoint.id))
    tx.session.flush()
    webhooks.await_delivery(tx.session, tx.tenant_id, [(endpoint.id, event_id, PING)], tx.wall, tx.wall + SOON)
    return webhooks.delivery_of(tx.session, tx.tenant_id, endpoint.id, event_id)


def resend(tx: Work, endpoint_id: str, delivery_id: str) -> WebhookDelivery:
    """Sends an event again that was delivered, failed or waits: at once, and as if for the first time.

    Raises `Conflict` while it is being sent ("delivery_running"), and for an endpoint that is disabled.
    """
    endpoint = _to_change(tx, endpoint_id)
    _require_enabled(endpoint)
    found = find_delivery(tx, endpoint_id, delivery_id, lock=True)
    if found.lease is not None and found.due_at > tx.wall:
        raise Conflict("delivery_running", "it is being sent at this moment")
    found.state, found.settled_at, found.lease = "waiting", None, None
    found.failed, found.due_at, found.tried_since = 0, tx.wall, None
    return found


def find_delivery(tx: Work, endpoint_id: str, delivery_id: str, *, lock: bool = False) -> WebhookDelivery:
    """The delivery of that id to that endpoint; raises `Missing`."""
    found = None
    if names("webhook_endpoint", endpoint_id) and names("webhook_delivery", delivery_id):
        found = webhooks.delivery(tx.session, tx.tenant_id, endpoint_id, delivery_id, lock=lock)
    if found is None:
        raise Missing("unknown_delivery", "there is no delivery of that id to that endpoint")
    return found


@dataclass(frozen=True, slots=True)
class AttemptSeen:
    """A try, with what was sent and what came back."""

    attempt: WebhookAttempt
    exchange: dict[str, Any]


def see_attempts(tx: Work, delivery: WebhookDelivery) -> list[AttemptSeen]:
    """Every try of a delivery, in their order; raises `Rejected` where the caller may not read what was sent."""
    reach_of(tx, find_endpoint(tx, delivery.endpoint_id))
    return [
        AttemptSeen(one, tx.unseal_json(delivery.endpoint_id, one.sealed, f"webhook_attempts/{one.id}"))
        for one in webhooks.attempts_of(tx.session, tx.tenant_id, [delivery.id])
    ]


# ------------------------------------------------------------------------------------------ inside


def reach_of(tx: Work, endpoint: WebhookEndpoint) -> None:
    """Refuses whoever may read less than the endpoint is told: it could have it sent where it likes, or read it in the log."""
    if missing := beyond(endpoint.scopes, tx.caller.scopes):
        words = f"the endpoint is told what takes {', '.join(missing)} to read, and this API key hasn't that"
        raise Rejected("scope_missing", words, scope=missing[0])


def _to_change(tx: Work, endpoint_id: str) -> WebhookEndpoint:
    endpoint = find_endpoint(tx, endpoint_id, lock=True)
    reach_of(tx, endpoint)
    return endpoint


def _require_enabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.state != "enabled":
        raise Conflict("endpoint_disabled", "the endpoint is disabled; enable it first")


def _check_address(tx: Work, house: House, url: str) -> None:
    if house.posting is None:
        raise Unavailable("webhooks_unavailable", "this process sends no webhooks")
    house.posting.check(url, livemode=tx.tenant.livemode)


def _check_events(tx: Work, events: Sequence[str]) -> None:
    """Refuses what no event would ever pass, and what the caller may not read."""
    known = [EVERYTHING, *(f"{noun}.*" for noun in SCOPES), *(kind for kind in KINDS if kind != PING)]
    wrong = []
    for number, one in enumerate(events):
        if one not in known:
            words = f"expected {EVERYTHING}, cover.* for all of a cover's, or {nearest(one, known)}"
            wrong.append(Detail(f"/events/{number}", words, "invalid_value"))
    if wrong:
        raise Rejected("invalid_request", "there are no such events", errors=tuple(wrong))
    for one in events:
        scope = SCOPES.get(one.partition(".")[0])
        if scope is not None and scope not in tx.caller.scopes:
            words = f"an endpoint is told no more than its key may read: for {one} this one lacks {scope}"
            raise Rejected("scope_missing", words, scope=scope)


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _sealed(tx: Work, endpoint_id: str, secret: str) -> bytes:
    return tx.seal(endpoint_id, secret.encode(), f"webhook_endpoints/{endpoint_id}")


def secrets_of(tx: Work, endpoint: WebhookEndpoint) -> tuple[str, ...]:
    """The secrets that are valid, the newest first; none of an endpoint that was deleted."""
    kept = [endpoint.secret]
    if endpoint.earlier_secret is not None and endpoint.earlier_until is not None and endpoint.earlier_until > tx.wall:
        kept.append(endpoint.earlier_secret)
    try:
        return tuple(tx.unseal(endpoint.id, one, f"webhook_endpoints/{endpoint.id}").decode() for one in kept)
    except Erased:
        return ()
