"""Sealing: every fact gets its place in one sequence, and what was sealed is anchored outside the database."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from coverage.domain.chain import GENESIS, Anchor, Link, hash_of, instant_text
from coverage.domain.faults import Unavailable
from coverage.operations.delivering import fan_out
from coverage.operations.house import House
from coverage.operations.ports import Anchors
from coverage.storage import seals, webhooks
from coverage.storage.tenancy import Database

log = logging.getLogger("coverage.sealing")

BATCH: Final = 5000  # so many that what is asked for each tenant is asked seldom
POLL_SECONDS: Final = 0.25
ANCHOR_SECONDS: Final = 1.0  # no more anchors than that: each is a line that is kept for good


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch came to: how many were sealed, how far the log is sealed now, and from where the next goes on."""

    sealed: int
    head: tuple[int, bytes] | None
    after: int  # zero once all that waited were looked at


def seal_batch(queue: Database, wall: datetime, *, after: int = 0, limit: int = BATCH) -> Batch | None:
    """Seals facts that wait, in one transaction; None while another seals.

    A fact whose transaction commits late waits from then on, and is sealed late: what waits is never passed over, for no
    place in the sequence was kept for it. A fact that isn't there any more goes on waiting, for `verify` to tell of.
    """
    with queue.outside() as session:
        if not seals.become_sealer(session):
            return None
        waiting = seals.waiting(session, after, limit)
        head = seals.head(session)
        position, last = head or (0, GENESIS)
        at, done = instant_text(wall), [one.number for one in waiting if one.sealed]
        sealed = 0
        listening = webhooks.listening(session, list({one.tenant_id for one in waiting if not one.sealed}))
        for tenant_id, several in seals.by_tenant(one for one in waiting if not one.sealed):
            contents = seals.contents(session, tenant_id, [one.fact_id for one in several])
            links = []
            for one in several:
                if (content := contents.get(one.fact_id)) is not None:
                    position, last = position + 1, hash_of(last, position + 1, at, content)
                    links.append(Link(position, tenant_id, one.fact_id, last, at, content))
                    done.append(one.number)
            seals.keep(session, links, wall)
            if tenant_id in listening:
                fan_out(session, tenant_id, links, listening[tenant_id], wall)
            sealed += len(links)
        if done:
            seals.wait_no_more(session, done)
        following = waiting[-1].number if len(waiting) == limit else 0
        return Batch(sealed, (position, last) if position else None, following)


class Sealer:
    """Seals batch after batch, beside any number of others, and anchors what is sealed.

    Anchoring comes after the commit. Whoever dies between the two leaves it to the next who seals, since each looks at how
    far the log is sealed and not at what it has sealed itself.
    """

    def __init__(self, anchors: Anchors, *, limit: int = BATCH, anchor_seconds: float = ANCHOR_SECONDS) -> None:
        self._anchors, self._limit, self._anchor_seconds = anchors, limit, anchor_seconds
        self._after = 0
        self._anchored = 0  # up to which position
        self._anchored_at = float("-inf")
        self._told = ""

    def once(self, house: House, queue: Database) -> bool:
        """One batch, and the anchor when it is time for it; whether more may wait."""
        batch = seal_batch(queue, house.wall(), after=self._after, limit=self._limit)
        if batch is None:
            return False
        self._after = batch.after
        due = time.monotonic() - self._anchored_at >= self._anchor_seconds
        if due and batch.head is not None and batch.head[0] != self._anchored:
            self._anchor(queue, Anchor(*batch.head, house.wall()), sealed_before=batch.head[0] - batch.sealed)
        return batch.after > 0

    def _anchor(self, queue: Database, anchor: Anchor, sealed_before: int) -> None:
        self._anchored_at = time.monotonic()
        try:
            anew = not self._anchors.begun() and sealed_before > 0
            last = self._anchors.advance(anchor)
        except Unavailable as fault:
            self._tell(f"sealed up to {anchor.position}, and that can't be anchored: {fault.detail}")
            return
        self._anchored = anchor.position
        if anew:
            # A first anchor comes with the first batch, unless it couldn't be written, or its worker died in between.
            log.warning(
                "a new anchor begins at position %s, though the log held %s before: if there was an earlier one, find it and"
                " keep it; run `coverage verify events`",
                anchor.position, sealed_before,
            )  # fmt: skip
        if last.position > anchor.position:
            # Another may have anchored what was sealed since.
            with queue.outside() as session:
                head = seals.head(session)
            if head is None or head[0] < last.position:
                self._tell(f"the log ends at {head[0] if head else 0}, and its anchor knows of {last.position}")
        elif last.hash != anchor.hash:
            self._tell(f"the seal at {last.position} isn't the one that was anchored")
        else:
            self._told = ""

    def _tell(self, words: str) -> None:
        """Once, however often it is met."""
        if words != self._told:
            log.error("%s; run `coverage verify events`", words)
        self._told = words
