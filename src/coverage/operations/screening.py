"""Screening: people are looked up in the list of those whose assets are frozen before a cover is bound or money paid out
(Code monétaire et financier L562-1 and following). A hit refers the person to one of the operator's, who decides.

Nobody outside is told why: no fact is recorded, since partners read the facts, and the refusal says the same whatever was
found or decided. The screening's own row is the record.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from coverage.domain.faults import Conflict, Missing
from coverage.domain.screening import Entry, Match, Purpose, Screen, words_of
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.answering import Request
from coverage.operations.house import House, Work
from coverage.operations.ports import Keyring
from coverage.storage import idempotency, members
from coverage.storage import screening as storage
from coverage.storage.identity import new_id
from coverage.storage.members import Member
from coverage.storage.screening import ListLoaded, Screening, State
from coverage.storage.tenancy import Database

# The same for every hit, and for one that was confirmed.
WORDS: Final = "a person has to look at this before it can go on; there is nothing that you have to do"


@dataclass(frozen=True, slots=True, order=True)
class Person:
    """Somebody to look up, by the partner's stable reference."""

    reference: str
    name: str
    born: date | None = None
    locale: str = "fr"


class Screens:
    """The list in force, ready to be asked. One for the process: making it takes seconds, asking for its id hardly any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tuple[str, Screen] | None = None

    def current(self, session: Session) -> tuple[str, Screen] | None:
        """The list's id and what answers for it; None before a list was loaded."""
        newest = storage.id_in_force(session)
        if newest is None:
            return None
        made = self._made
        if made is not None and made[0] == newest:
            return made
        with self._lock:
            if self._made is None or self._made[0] != newest:
                found, entries = storage.entries_in_force(session)
                self._made = (found, Screen(entries))
            return self._made


_SCREENS: Final = Screens()


def screen(
    house: House, caller: Caller, people: Iterable[Person], purpose: Purpose, request: Request | None = None
) -> None:
    """Looks people up, in a transaction of its own: what is found is kept, also though nothing goes on after it.

    Raises `Conflict` ("referred") where a person has to look first, or has confirmed that it is who the list means. A
    `request` that was answered before is let through: its answer is the first one's. Without a list nobody is looked up.
    """
    with house.transaction(caller) as tx:
        listed = _SCREENS.current(tx.session)
        if listed is None or (request and idempotency.find(tx.session, tx.tenant_id, request.key)):
            return
        # One order for all, as binds lock: no two of these wait for each other.
        named = sorted(set(people), key=lambda one: (one.reference, one.name, str(one.born), one.locale))
        known = storage.of_references(tx.session, {person.reference for person in named})
        referred = [_refers(tx, listed, person, purpose, known.get(person.reference, [])) for person in named]
    if any(referred):
        raise Conflict("referred", WORDS)


def person_of(tx: Work, member_id: str) -> Person | None:
    """A member as they are looked up; None for one who has been erased, or was never named."""
    member = members.find(tx.session, tx.tenant_id, member_id)
    told = tx.unseal_json(member_id, member.sealed, f"members/{member_id}") if member else {}
    if member is None or not told.get("name"):
        return None
    born = date.fromisoformat(told["born"]) if told.get("born") else None
    return Person(member.reference, told["name"], born, member.locale)


def _refers(tx: Work, listed: tuple[str, Screen], person: Person, purpose: Purpose, known: Sequence[Screening]) -> bool:
    """Whether the person can't pass now; keeps what hasn't been asked about them before."""
    list_id, at_hand = listed
    matches = at_hand.find(person.name, person.born)
    if matches:
        mark = _mark(tx.keyring, person)
        if _fresh(matches, mark, known):
            _keep(tx, list_id, person, purpose, matches, mark)
            return True
    # Another name doesn't undo what is open or confirmed, as long as the list has that entry.
    undecided = (one for one in known if one.state != "cleared")
    return any(match["reference"] in at_hand.references for one in undecided for match in one.matches)


def _mark(keyring: Keyring, person: Person) -> bytes:
    """For whom a decision holds: this name and birth date. Under another name it is asked anew."""
    born = person.born.isoformat() if person.born else None
    return keyring.fingerprint("screening", json.dumps([words_of(person.name), born]))


def _fresh(matches: Sequence[Match], mark: bytes, known: Iterable[Screening]) -> list[Match]:
    """The matches that nobody was asked about yet."""
    asked = {match["digest"] for one in known if one.person == mark for match in one.matches}
    return [match for match in matches if match.entry.digest not in asked]


def _keep(tx: Work, list_id: str, person: Person, purpose: Purpose, matches: Sequence[Match], mark: bytes) -> None:
    fresh_member = Member(
        tenant_id=tx.tenant_id, id=new_id("member"), reference=person.reference, locale=person.locale, created_at=tx.wall
    )  # fmt: skip
    # Locks the member: of two binds at once, the second finds what the first one kept.
    member = members.find_or_add(tx.session, fresh_member)
    known = storage.of_references(tx.session, {person.reference}).get(person.reference, [])
    fresh = _fresh(matches, mark, known)
    if not fresh:
        return
    screening_id = new_id("screening")
    told = {"name": person.name, "born": person.born.isoformat() if person.born else None}
    digests = "\n".join(sorted(match.entry.digest for match in fresh))
    storage.add_once(
        tx.session,
        {
            "tenant_id": tx.tenant_id, "id": screening_id, "member_id": member.id, "purpose": purpose, "list_id": list_id,
            "person": mark, "entries": hashlib.sha256(digests.encode()).digest(), "matches": [_kept(one) for one in fresh],
            "sealed": tx.seal_json(member.id, told, f"screenings/{screening_id}"), "state": "open", "earlier": [],
            "created_at": tx.wall,
        },
    )  # fmt: skip


def _kept(match: Match) -> dict[str, Any]:
    """A match as it is kept: the list's own words, which may be gone from the list when somebody looks."""
    entry = match.entry
    return {
        "reference": entry.reference, "digest": entry.digest, "score": match.score, "reasons": list(match.reasons),
        "names": list(entry.names), "born": [[span.first.isoformat(), span.last.isoformat()] for span in entry.born],
        "kind": entry.kind, "programme": entry.programme,
    }  # fmt: skip


# ------------------------------------------------------------------------------------------ for operators


@dataclass(frozen=True, slots=True)
class ScreeningSeen:
    """A screening as an operator sees it. `name` and `born` are the member's; None where they aren't opened or are erased."""

    id: str
    state: str
    tenant: str
    member: str
    purpose: str
    list_id: str
    matches: list[dict[str, Any]]
    created_at: datetime
    decided_by: str | None
    because: str | None
    decided_at: datetime | None
    earlier: list[dict[str, Any]]
    name: str | None = None
    born: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The list in force, if there is one, and how many screenings there are in each state."""

    in_force: ListLoaded | None
    counts: dict[State, int]


def load_list(
    owner: Database, entries: Sequence[Entry], source: str, sha256: str, wall: datetime
) -> tuple[ListLoaded, ListLoaded | None]:
    """Puts a list in force, whole or not at all; answers it and the one before. `owner` is the schema's owner."""
    loaded = ListLoaded(new_id("sanctions_list"), source, sha256, len(entries), wall)
    with owner.engine.begin() as connection, Session(connection) as session:
        before = storage.list_in_force(session)
        storage.replace_list(session, loaded, entries)
        session.flush()
    return loaded, before


def see_status(queue: Database) -> Status:
    """What is in force and what waits. `queue` is the database in the worker's role, here and below."""
    with queue.outside() as session:
        return Status(storage.list_in_force(session), storage.count(session))


def see_screenings(queue: Database, states: Sequence[State], limit: int) -> list[ScreeningSeen]:
    """Screenings of all partners, the oldest first, and nothing of a person in them."""
    with queue.outside() as session:
        return [_seen(one) for one in storage.several(session, states, limit)]


def see_screening(queue: Database, keyring: Keyring | None, screening_id: str) -> ScreeningSeen:
    """One screening, with whom it is about where there is the master key; raises `Missing`."""
    found = _find(queue, screening_id)
    if keyring is None:
        return _seen(found)
    with queue.transaction(Tenant.of(found.tenant_id)) as session:
        tx = _work(session, keyring, found)
        told = tx.unseal_json(found.member_id, found.sealed, f"screenings/{found.id}")
    return _seen(found, told.get("name"), told.get("born"))


def decide_screening(
    queue: Database, screening_id: str, state: Literal["cleared", "confirmed"], by: str, because: str, wall: datetime
) -> ScreeningSeen:
    """Keeps what a person decided: cleared lets the next bind pass, confirmed goes on refusing. One decision may revise
    another, which is kept beside it. Raises `Missing`, and `Conflict` where it is decided so already.
    """
    tenant_id = _find(queue, screening_id).tenant_id
    with queue.transaction(Tenant.of(tenant_id)) as session:
        found = storage.find(session, screening_id, lock=True)
        if found is None:
            raise AssertionError("a screening is never removed")
        if found.state == state:
            raise Conflict("decided_already", f"{screening_id} is {state} already, by {found.decided_by}")
        if found.decided_at is not None:
            before = {
                "state": found.state, "by": found.decided_by, "because": found.because, "at": found.decided_at.isoformat(),
            }  # fmt: skip
            found.earlier = [*found.earlier, before]
        found.state, found.decided_by, found.because, found.decided_at = state, by, because, wall
        session.flush()
        return _seen(found)


def plain(seen: ScreeningSeen) -> dict[str, Any]:
    """A screening as JSON has it."""
    told = asdict(seen)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


def _find(queue: Database, screening_id: str) -> Screening:
    with queue.outside() as session:
        found = storage.find(session, screening_id)
    if found is None:
        raise Missing("unknown_screening", f"there is no screening {screening_id}")
    return found


def _work(session: Session, keyring: Keyring, found: Screening) -> Work:
    at = found.created_at
    return Work(session, Caller(Tenant.of(found.tenant_id), "operator"), at, at, keyring, lambda: (at, at))


def _seen(found: Screening, name: str | None = None, born: str | None = None) -> ScreeningSeen:
    return ScreeningSeen(
        found.id, found.state, found.tenant_id, found.member_id, found.purpose, found.list_id, list(found.matches),
        found.created_at, found.decided_by, found.because, found.decided_at, list(found.earlier), name, born,
    )  # fmt: skip
