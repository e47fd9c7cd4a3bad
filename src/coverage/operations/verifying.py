"""Verifying: that every fact is as it was sealed, that none is missing, and that the log reaches what was anchored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy.orm import Session

from coverage.domain.chain import FIRST_ANCHOR_WITHIN, Anchor, Fault, Unreadable, Walk
from coverage.storage import seals

PAGE = 5000  # so many that what is asked for each tenant is asked seldom

LOOK_AGAIN_SECONDS = 0.1  # for a first anchor

Open = Callable[[], AbstractContextManager[Session]]  # a transaction in the worker's role, with no tenant
Read = Callable[[], Iterable[Anchor | Unreadable]]  # the anchors as they are now


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: how many seals hold, the last of them, from where to where the anchor reaches, how many facts wait.

    `begun_late` names what was sealed long before the anchor began. It is counted among the faults, unless it was begun
    anew on purpose.
    """

    verified: int
    head: int
    hash: bytes
    anchored_from: Anchor | None
    anchored: int
    anchored_at: datetime | None
    begun_late: Fault | None
    on_purpose: bool
    waiting: int
    faults: int

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What is no fault, and is to be known all the same."""
        return (self.begun_late,) if self.begun_late and self.on_purpose else ()


def verify_events(
    opened: Open,
    read: Read,
    tell: Callable[[Fault], None],
    progress: Callable[[int, int], None],
    *,
    begun_anew_at: int = 0,
    first_anchor_within: float = FIRST_ANCHOR_WITHIN.total_seconds(),
) -> Verdict:
    """Walks along the chain, then over every tenant's facts, a page at a time; tells each fault as it is certain.

    It may run while others record and seal: what is sealed doesn't change, and whether a fact is sealed or waits is asked
    in one statement. An anchor that begins late is a fault, unless it begins at the position `begun_anew_at` or before, which
    is known to be on purpose. A log's very first anchor comes right after its first seals: where there is none yet, it is waited
    for so many seconds before it is missed. `progress` is told how many of how many seals and facts were looked at.
    """
    # Before the anchors: what has no seal now may well be sealed, and its anchor be under way, when the seals are read.
    with opened() as session:
        sealed, waiting = seals.count(session)
    anchors = _begun(read, first_anchor_within if sealed else 0)
    walk, faults = Walk(anchors), 0
    of, done = 2 * sealed + waiting, 0

    def found(several: Iterable[Fault]) -> None:
        nonlocal faults
        for fault in several:
            faults += 1
            tell(fault)

    after: int | None = seals.FIRST
    while after is not None:
        with opened() as session:
            page = seals.links(session, after, PAGE)
        for link in page:
            found(walk.take(link))
        after = page[-1].position if len(page) == PAGE else None
        done += len(page)
        progress(done, of)
    found(walk.finish())
    if sealed and walk.anchored is None:
        found([Fault("anchor_missing")])
    first = walk.first_anchor
    on_purpose = first is not None and first.position <= begun_anew_at
    if walk.begun_late and not on_purpose:
        found([walk.begun_late])
    with opened() as session:
        tenants = seals.tenant_ids(session)
    for tenant_id in tenants:
        for checked, missed in _tenant(opened, tenant_id):
            found(missed)
            done += checked
            progress(done, of)
    with opened() as session:
        _, waiting = seals.count(session)
    reached, at = (walk.anchored.position, walk.anchored.at) if walk.anchored else (0, None)
    return Verdict(
        walk.verified, walk.position, walk.hash, first, reached, at, walk.begun_late, on_purpose, waiting, faults
    )


def _begun(read: Read, within: float) -> Iterable[Anchor | Unreadable]:
    """The anchors, once there are any, or after so many seconds."""
    until = time.monotonic() + within
    while True:
        anchors = iter(read())
        first = next(anchors, None)
        if first is not None:
            return chain([first], anchors)
        if time.monotonic() >= until:
            return ()
        time.sleep(LOOK_AGAIN_SECONDS)


def _tenant(opened: Open, tenant_id: str) -> Iterable[tuple[int, list[Fault]]]:
    """Page by page, how many facts were looked at, and those that are neither sealed nor wait."""
    after: str | None = ""
    while after is not None:
        with opened() as session:
            page = seals.facts_page(session, tenant_id, after, PAGE)
        missed = [Fault("not_sealed", tenant_id=tenant_id, fact_id=fact_id) for fact_id, known in page if not known]
        yield len(page), missed
        after = page[-1][0] if len(page) == PAGE else None
    with opened() as session:
        gone = seals.waiting_for_nothing(session, tenant_id, PAGE)
    yield 0, [Fault("fact_missing", tenant_id=tenant_id, fact_id=fact_id) for fact_id in gone]
