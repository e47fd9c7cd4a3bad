"""The house that operations work in, and the transactions that they open."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from coverage.domain.facts import Fact
from coverage.domain.faults import Missing
from coverage.domain.tenant import Caller, Mode, Tenant
from coverage.operations.ports import (
    Blobs,
    Documents,
    Keyring,
    Limits,
    Outgoing,
    Payments,
    Posting,
    Signatures,
    Tables,
    Wallet,
)
from coverage.rulebook.editions import Library
from coverage.storage import members, outbox, partners, sealed
from coverage.storage.tenancy import Database
from coverage.telemetry import metrics


class Erased(Missing):
    """What was sealed for a person who has been erased since."""

    def __init__(self) -> None:
        super().__init__("erased", "the person that this was about has been erased")


@dataclass(slots=True)
class Work:
    """An open transaction for a caller. `now` is the tenant's clock, `wall` the wall's."""

    session: Session
    caller: Caller
    now: datetime
    wall: datetime
    keyring: Keyring
    clock: Callable[[], tuple[datetime, datetime]]  # the tenant's time and the wall's
    _keys: dict[str, bytes] = field(default_factory=dict)
    _once_true: list[Callable[[], None]] = field(default_factory=list)

    @property
    def tenant(self) -> Tenant:
        return self.caller.tenant

    @property
    def tenant_id(self) -> str:
        return self.caller.tenant.id

    def look_at_clock(self) -> None:
        """Reads the clocks again: waiting for a lock takes time, in which a start may pass or a quote expire."""
        self.now, self.wall = self.clock()

    def record(self, fact: Fact, *, at: datetime | None = None) -> str:
        """Keeps a fact and the jobs that it causes, in this transaction; answers its id. It happened now, or at `at`."""
        self.once_true(partial(metrics.fact_recorded, fact.kind))
        return outbox.record(self.session, self.tenant_id, self.caller.actor, fact, now=at or self.now, wall=self.wall)

    def once_true(self, count: Callable[[], None]) -> None:
        """Has something counted once the transaction is committed. For metrics alone: a process may die in between."""
        self._once_true.append(count)

    def seal(self, subject: str, plain: bytes, place: str) -> bytes:
        """`plain` under the subject's key, which is made when it is the first."""
        return sealed.seal(self._key(subject, make=True), plain, f"{self.tenant_id}/{place}")

    def unseal(self, subject: str, text: bytes, place: str) -> bytes:
        """What was sealed; raises `Erased` when the subject's key is gone."""
        return sealed.unseal(self._key(subject, make=False), text, f"{self.tenant_id}/{place}")

    def seal_json(self, subject: str, value: Any, place: str) -> bytes:
        return self.seal(subject, json.dumps(value, ensure_ascii=False).encode(), place)

    def unseal_json(self, subject: str, text: bytes | None, place: str) -> Any:
        """The value that was sealed; an empty mapping for nothing, or for a person who was erased."""
        if text is None:
            return {}
        try:
            return json.loads(self.unseal(subject, text, place))
        except Erased:
            return {}

    def open_keys(self, subjects: Iterable[str]) -> None:
        """Gets the keys of several subjects at once, for what is about to be unsealed."""
        for row in members.data_keys(self.session, [subject for subject in subjects if subject not in self._keys]):
            if row.wrapped is not None:
                self._keys[row.subject] = self.keyring.unwrap(row.wrapped, f"{self.tenant_id}/{row.subject}")

    def close_keys(self) -> None:
        """Lets go of the keys that were opened, for whoever goes over many subjects."""
        self._keys.clear()

    def forget(self, subject: str) -> None:
        """Throws the subject's key away: whatever it sealed can't be read again."""
        row = members.data_key(self.session, self.tenant_id, subject)
        if row is not None:
            row.wrapped, row.erased_at = None, self.wall
        self._keys.pop(subject, None)

    def _key(self, subject: str, *, make: bool) -> bytes:
        if subject in self._keys:
            return self._keys[subject]
        place = f"{self.tenant_id}/{subject}"
        row = members.data_key(self.session, self.tenant_id, subject)
        if row is None and make:
            wrapped = self.keyring.wrap(sealed.new_key(), place)
            row = members.keep_data_key(self.session, self.tenant_id, subject, wrapped, self.wall)
        if row is None or row.wrapped is None:
            raise Erased
        self._keys[subject] = self.keyring.unwrap(row.wrapped, place)
        return self._keys[subject]


@dataclass(frozen=True, slots=True)
class House:
    """Everything that operations work with. Built once by `assembly`."""

    database: Database
    rules: Callable[[], Library]  # what is on sale now; taken once for what must agree
    keyring: Keyring
    documents: Documents
    blobs: Blobs
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    payments: Mapping[Mode, Payments] = field(default_factory=dict)  # the card processor's account of each mode
    tables: Tables | None = None  # where reports are written as files
    outgoing: Outgoing | None = None  # where files lie that go out to others
    signatures: Signatures | None = None  # what documents are signed with
    limits: Limits | None = None  # how often partners and strangers may ask
    wallet: Wallet | None = None
    posting: Posting | None = None  # what sends webhooks
    public_url: str = "http://localhost:8000"  # where the world finds the service

    @contextmanager
    def transaction(self, caller: Caller, *, still: bool = False) -> Iterator[Work]:
        """A transaction for the caller's tenant. Committed when the block ends, undone when it raises.

        A `still` one only reads, and sees to its end what was there when it began.
        """
        with self.database.transaction(caller.tenant, still=still) as session:
            work = work_in(session, caller, self.wall, self.keyring)
            yield work
        for count in work._once_true:
            count()


def work_in(session: Session, caller: Caller, wall: Callable[[], datetime], keyring: Keyring) -> Work:
    """What an open transaction of the caller's tenant works with."""
    ahead = 0 if caller.tenant.livemode else partners.clock_ahead(session, caller.tenant.id)

    def clock() -> tuple[datetime, datetime]:
        at = wall()
        return at + timedelta(seconds=ahead), at

    return Work(session, caller, *clock(), keyring, clock)
