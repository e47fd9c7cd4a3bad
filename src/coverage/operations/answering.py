"""Requests that may be sent twice: the answer to the first is the answer to all.

The key's row is written in the work's own transaction, so there is never an answer without its work. Only successes
are kept: a refusal is decided anew, since what it refused may have changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from coverage.domain.faults import Conflict, Rejected
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.house import House, Work
from coverage.storage import idempotency, partners, sealed
from coverage.storage.idempotency import Answered
from coverage.storage.tenancy import Database

# How long an answer is kept, by the wall's clock: a repeat that comes later is a new request.
KEPT_FOR: Final = timedelta(days=30)
BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked under an idempotency key: the key, and a fingerprint of method, path and body."""

    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, key: str, method: str, path: str, body: bytes) -> Request:
        return cls(key, hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).digest())


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as bytes. `subject` is whose key seals it while it is kept (a member, or the tenant itself)."""

    status: int
    content_type: str
    body: bytes
    subject: str
    replayed: bool = False


def answer_once(house: House, caller: Caller, request: Request | None, work: Callable[[Work], Answer]) -> Answer:
    """Does `work` in a transaction of its own and keeps its answer; a repeated request gets the kept bytes.

    Raises `Conflict` ("idempotency_key_in_use") while the first is still running, `Rejected`
    ("idempotency_key_reused") where the key came with another request before, and `Erased` where the kept answer told of
    a person who has been erased since.
    """
    with house.transaction(caller) as tx:
        if request is None:
            return work(tx)
        if not idempotency.hold(tx.session, tx.tenant_id, request.key):
            raise Conflict(
                "idempotency_key_in_use", "a request with this Idempotency-Key is still running; try again shortly"
            )
        place = f"idempotency_keys/{request.key}"
        kept = idempotency.find(tx.session, tx.tenant_id, request.key)
        if kept is not None:
            if kept.fingerprint != request.fingerprint:
                raise Rejected(
                    "idempotency_key_reused",
                    "this Idempotency-Key came with another request before; expected a new key",
                )
            try:
                body = tx.unseal(kept.sealed_for, kept.sealed, place)
            except sealed.Unsealable as error:
                raise RuntimeError("a kept answer doesn't open") from error
            return Answer(kept.status, kept.content_type, body, kept.sealed_for, replayed=True)
        answer = work(tx)
        tx.session.add(
            Answered(
                tenant_id=tx.tenant_id, key=request.key, fingerprint=request.fingerprint, status=answer.status,
                content_type=answer.content_type, sealed=tx.seal(answer.subject, answer.body, place),
                sealed_for=answer.subject, created_at=tx.wall,
            )
        )  # fmt: skip
        return answer


def prune_answers(queue: Database, wall: datetime) -> int:
    """Throws away the answers that were kept for long enough, of all tenants; how many it were.

    `queue` is the database in the worker's role, the only one that may. Each batch is a transaction of its own, so that
    no request waits long for one; broken off anywhere, the next call goes on.
    """
    with queue.outside() as session:
        tenants = partners.tenant_ids(session)
    pruned = 0
    for tenant_id in tenants:
        thrown = BATCH
        while thrown == BATCH:
            with queue.transaction(Tenant.of(tenant_id)) as session:
                thrown = idempotency.prune(session, wall - KEPT_FOR, BATCH)
            pruned += thrown
    return pruned
