"""The chain of seals: a fact's place in one sequence, with a hash over the fact and all before it; and how it is judged.

A hash is SHA-256 over canonical JSON (RFC 8785) of a list of texts: the hash before it in hexadecimal, the position, when
it was sealed, then the fact's tenant, id, kind, subject, actor, when it happened and when it was recorded; and its data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, Literal, NoReturn

import rfc8785

GENESIS: Final = bytes(32)  # what stands before the first seal
# How many ways a stretch of broken seals is read at once. Whoever changed more in a row is told of in the plainest way.
READINGS: Final = 8
# How long after a seal the first anchor may come. The sealer needs a second; where it was longer, nothing vouched meanwhile.
FIRST_ANCHOR_WITHIN: Final = timedelta(seconds=10)

Kind = Literal[
    "content_changed",
    "seal_changed",
    "changed",
    "not_proven",
    "seal_missing",
    "misplaced",
    "fact_missing",
    "not_sealed",
    "cut_off",
    "anchor_disagrees",
    "anchor_missing",
    "anchor_begun_late",
    "anchor_unreadable",
]

# What each kind of fault means, for whoever has to act on it.
MEANINGS: Final[dict[Kind, str]] = {
    "content_changed": "content changed: the fact, or its seal's time, isn't what was sealed",
    "seal_changed": "seal changed: the fact is what was sealed, and the hash that is kept isn't its hash",
    "changed": "content or seal changed: the fact and the seal don't belong together any more",
    "not_proven": "not proven: it hangs on the seal before it, whose true hash isn't known",
    "seal_missing": "seal missing",
    "misplaced": "seal misplaced: the log begins at position 1",
    "fact_missing": "fact missing: it was recorded, and isn't there any more",
    "not_sealed": "fact never sealed, nor waiting to be",
    "cut_off": "tail cut off: the anchor knows of these positions, and the log doesn't reach them",
    "anchor_disagrees": "anchor disagrees: this position, or one before it, was sealed anew",
    "anchor_missing": "anchor missing: there are seals, and nothing outside the database that vouches for them",
    "anchor_begun_late": (
        "anchor begun late: it vouches that they are as they were when it began, and nothing outside the database that "
        "they were so before; an earlier anchor may be lost"
    ),
    "anchor_unreadable": "anchor unreadable: a line that is no anchor, or out of order",
}


@dataclass(frozen=True, slots=True)
class Content:
    """A fact with all its columns as text: instants in UTC without needless zeros, `data` as JSON."""

    tenant_id: str
    fact_id: str
    kind: str
    subject: str
    actor: str
    happened_at: str
    recorded_at: str
    data: str


@dataclass(frozen=True, slots=True)
class Link:
    """A seal as it is kept, with its fact as that is kept; None where the fact isn't there."""

    position: int
    tenant_id: str
    fact_id: str
    hash: bytes
    sealed_at: str
    content: Content | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """What is known outside the database: the hash at a position, and when that was noted."""

    position: int
    hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line where an anchor should stand."""

    line: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that isn't as it was sealed, and where: a position, or several up to `until`, and the fact that is meant."""

    kind: Kind
    position: int | None = None
    until: int | None = None
    tenant_id: str | None = None
    fact_id: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        places = []
        if self.position is not None:
            several = self.until is not None and self.until != self.position
            places.append(f"positions {self.position} to {self.until}" if several else f"position {self.position}")
        places += [f"fact {self.fact_id}"] if self.fact_id else []
        places += [f"tenant {self.tenant_id}"] if self.tenant_id else []
        places += [f"line {self.line} of the anchor"] if self.line else []
        return ": ".join([*([", ".join(places)] if places else []), MEANINGS[self.kind]])


def instant_text(instant: datetime) -> str:
    """An instant as it is hashed: RFC 3339 in UTC, to the microsecond, without needless zeros."""
    text = instant.astimezone(UTC).isoformat().removesuffix("+00:00")
    return f"{text.rstrip('0') if '.' in text else text}Z"


def hash_of(previous: bytes, position: int, sealed_at: str, content: Content) -> bytes:
    """The hash that seals a fact at a position, after the hash before it."""
    texts = [
        previous.hex(), str(position), sealed_at, content.tenant_id, content.fact_id, content.kind, content.subject,
        content.actor, content.happened_at, content.recorded_at,
    ]  # fmt: skip
    try:
        canonical = rfc8785.dumps([*texts, json.loads(content.data, parse_float=_not_exact)])
    except (ValueError, RecursionError):
        # Canonical JSON rounds a number that a double can't hold, and takes 1.0 for 1. Such data is hashed as its text,
        # one place further, so that neither can be taken for the other.
        canonical = rfc8785.dumps([*texts, None, content.data])
    return hashlib.sha256(canonical).digest()


def _not_exact(number: str) -> NoReturn:
    raise ValueError(number)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read what was met: the hash that stands at the last position, and what is wrong if it does."""

    hash: bytes | None  # None: nobody knows
    faults: tuple[Fault, ...] = ()


class Walk:
    """Goes along the chain, a link at a time in the order of positions, beside the anchors in theirs.

    A seal that doesn't fit is read in several ways: its content was changed, or its hash was. The link after it shows which.
    """

    def __init__(self, anchors: Iterable[Anchor | Unreadable]) -> None:
        self.position, self.hash = 0, GENESIS
        self.verified = 0  # seals that are proven to hold
        self.anchored: Anchor | None = None  # the last anchor
        self._readings = [_Reading(GENESIS)]
        self._early: list[Fault] = []
        self._anchors = self._ascending(anchors)
        # Looked for before any seal: what an anchor knows of is in the database by then.
        self._next = next(self._anchors, None)
        self.first_anchor = self._next
        self.begun_late: Fault | None = None  # what was sealed long before the first anchor, once that is met

    def take(self, link: Link) -> list[Fault]:
        """What the link makes certain; what it leaves open comes with a later one, or at the end."""
        if link.position <= self.position:  # below one, since links come in order
            return [Fault("misplaced", link.position, tenant_id=link.tenant_id, fact_id=link.fact_id)]
        self._compare_with_first_anchor(link)
        found, self._early = self._early, []
        if link.position > self.position + 1:
            found += self._skip_to(link.position)
        anchor = self._anchor_at(link.position)
        where = Fault("changed", link.position, tenant_id=link.tenant_id, fact_id=link.fact_id)
        self.position, self.hash = link.position, link.hash
        proving = next((one for one in self._readings if _fits(one, link)), None)
        if proving is not None:
            found += _certain(proving)
            self.verified += 1
            self._readings = [_Reading(link.hash)]
            if anchor is not None and anchor.hash != link.hash:
                found.append(replace(where, kind="anchor_disagrees"))
            return found
        self._readings = self._read_on(link, where, anchor)
        likeliest = self._readings[0]
        if len(likeliest.faults) > READINGS:
            found += _certain(likeliest)[:-1]
            self._readings = [replace(likeliest, faults=likeliest.faults[-1:])]
        return found

    def finish(self) -> list[Fault]:
        """What was left open, and what the anchors know of beyond the last link."""
        found, self._early = [*self._early, *_certain(self._readings[0])], []
        # Nothing comes after that would show whether it is the fact or the seal.
        if len(self._readings) > 1 and found and found[-1].kind == "content_changed":
            found[-1] = replace(found[-1], kind="changed")
        self._readings = [_Reading(self.hash)]
        end = self.position
        while self._next is not None:
            self._anchor_at(self._next.position)
        if self.anchored is not None and self.anchored.position > end:
            found.append(Fault("cut_off", end + 1, self.anchored.position))
        return [*found, *self._early]

    def _compare_with_first_anchor(self, link: Link) -> None:
        """An anchor covers all before it too, but says nothing about the time before it was noted.

        The first is noted right after the first seals. Where those were made long before, an earlier one was lost, or none
        could be written. The link at the anchor itself is among those that come too late only if it is that old too.
        """
        first = self.first_anchor
        if first is None or link.position > first.position:
            return
        try:
            late = first.at - datetime.fromisoformat(link.sealed_at) > FIRST_ANCHOR_WITHIN
        except (ValueError, TypeError, OverflowError):
            return  # no time that a seal was ever given: its hash tells of it
        if late:
            self.begun_late = Fault("anchor_begun_late", 1, max(link.position, first.position - 1))

    def _skip_to(self, position: int) -> list[Fault]:
        """Positions that nobody stands at. An anchor at the last of them tells the hash that the next link hangs on."""
        found = [*_certain(self._readings[0]), Fault("seal_missing", self.position + 1, position - 1)]
        known = self._anchor_at(position - 1)
        self._readings = [_Reading(known.hash if known else None)]
        return found

    def _read_on(self, link: Link, where: Fault, anchor: Anchor | None) -> list[_Reading]:
        """The ways to read a link that fits none of the hashes that may stand before it."""
        first = self._readings[0]
        if link.content is None:
            kind: Kind = "fact_missing"
        elif first.hash is None or first.faults:
            kind = "not_proven"  # it may be as it was, behind a hash that isn't
        else:
            kind = "content_changed"
        readings = [_Reading(link.hash, (*first.faults, replace(where, kind=kind)))]
        for one in self._readings:
            if one.hash is not None and link.content is not None:
                own = hash_of(one.hash, link.position, link.sealed_at, link.content)
                readings.append(_Reading(own, (*one.faults, replace(where, kind="seal_changed"))))
        if anchor is not None:
            # Whoever changed the database can't have changed the anchor too.
            agreeing = [one for one in readings if one.hash == anchor.hash]
            readings = agreeing or [_Reading(anchor.hash, (*first.faults, where))]
        return readings[:READINGS]

    def _anchor_at(self, position: int) -> Anchor | None:
        """The anchor at a position, when there is one; those before it are behind us."""
        found = None
        while self._next is not None and self._next.position <= position:
            found = self.anchored = self._next
            self._next = next(self._anchors, None)
        return found if found is not None and found.position == position else None

    def _ascending(self, anchors: Iterable[Anchor | Unreadable]) -> Iterator[Anchor]:
        last = 0
        for anchor in anchors:
            if isinstance(anchor, Unreadable):
                self._early.append(Fault("anchor_unreadable", line=anchor.line))
            elif anchor.position <= last:
                self._early.append(Fault("anchor_unreadable", anchor.position))
            else:
                last = anchor.position
                yield anchor


def _fits(reading: _Reading, link: Link) -> bool:
    if reading.hash is None or link.content is None:
        return False
    return hash_of(reading.hash, link.position, link.sealed_at, link.content) == link.hash


def _certain(reading: _Reading) -> list[Fault]:
    """A reading's faults. One behind which the next isn't proven was more than a fact changed: its own hash isn't known."""
    found = list(reading.faults)
    for index, (one, after) in enumerate(pairwise(found)):
        if one.kind == "content_changed" and after.kind == "not_proven":
            found[index] = replace(one, kind="changed")
    return found
