"""Keying: a partner's API keys are made, seen, rotated and revoked, by its own keys or by an operator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, cast, get_args

from sqlalchemy.orm import Session

from coverage.domain import facts
from coverage.domain.faults import Conflict, Detail, Missing, Rejected
from coverage.domain.ids import names
from coverage.domain.scopes import MEANINGS, UNRESTRICTED, beyond, told
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.house import Work, work_in
from coverage.operations.ports import Keyring
from coverage.operations.showing import Page
from coverage.operations.unlocking import register_key
from coverage.storage import partners
from coverage.storage.partners import KeySeen, Partner
from coverage.storage.tenancy import Database

KeyState = Literal["active", "rotating", "expired", "revoked"]
KEY_STATES: Final[tuple[KeyState, ...]] = get_args(KeyState)

# So long at most are a key and its successor both valid.
LONGEST_ROTATION: Final = timedelta(days=30)
# What an operator's commands may give: whatever there is.
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: the only time that it is shown."""

    secret: str
    seen: KeySeen


def state_of(key: KeySeen, wall: datetime) -> KeyState:
    """Whether the key opens anything, and for how long."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is not None and key.expires_at <= wall:
        return "expired"
    return "rotating" if key.replaced_by is not None else "active"


def create_key(tx: Work, name: str, scopes: Iterable[str] | None) -> NewKey:
    """A new key of the transaction's tenant; without a word on its scopes, with all that a platform does.

    Raises `Rejected` for scopes that aren't there ("invalid_request"), or that the caller hasn't ("scope_missing").
    """
    wanted = list(UNRESTRICTED) if scopes is None else list(scopes)
    unknown = [(number, scope) for number, scope in enumerate(wanted) if scope not in MEANINGS]
    if unknown:
        words = f"expected one of {', '.join(MEANINGS)}"
        details = tuple(Detail(f"/scopes/{number}", words, "invalid_value") for number, _ in unknown)
        raise Rejected("invalid_request", "there are no such scopes", errors=details)
    if not wanted:
        detail = Detail(
            "/scopes", "expected one at least, or no `scopes` for all that a platform does", "invalid_value"
        )
        raise Rejected("invalid_request", "a key without a scope opens nothing", errors=(detail,))
    _give_no_more(tx, wanted)
    made = _made(tx, name, wanted)
    tx.record(facts.key_made(made.seen.id))
    return made


def list_keys(tx: Work, page: Page) -> tuple[list[KeySeen], bool]:
    """The tenant's keys, the newest first, and whether there are more."""
    if page.starting_after is not None and not names("credential", page.starting_after):
        detail = Detail("?starting_after", "this is no key's id", "invalid_value")
        raise Rejected("invalid_list", "the list can't be read from there", errors=(detail,))
    found = partners.see_keys(tx.session, None, page.starting_after, page.limit + 1, page.created_from, page.created_to)
    return found[: page.limit], len(found) > page.limit


def find_key(tx: Work, key_id: str) -> KeySeen:
    """The key of that id; raises `Missing` in the same words for another tenant's as for one that never was."""
    found = partners.see_keys(tx.session, key_id, None, 1) if names("credential", key_id) else []
    if not found:
        raise Missing("unknown_key", "there is no API key of that id")
    return found[0]


def rotate_key(tx: Work, key_id: str, expires_in: timedelta) -> NewKey:
    """A successor with the same name and scopes; the key itself opens things for `expires_in` yet.

    Raises `Conflict` ("key_rotating", "key_ended"), and `Rejected` where the key may do more than the caller.
    """
    if not timedelta(0) <= expires_in <= LONGEST_ROTATION:
        detail = Detail("/expires_in", f"expected PT0S to P{LONGEST_ROTATION.days}D", "invalid_value")
        raise Rejected("invalid_request", "the key can't stay valid for so long", errors=(detail,))
    found = find_key(tx, key_id)
    _give_no_more(tx, found.scopes)
    successor = _made(tx, found.name or "", told(found.scopes))
    if not partners.replace_key(tx.session, found.id, successor.seen.id, tx.wall, tx.wall + expires_in):
        # Its row was locked by whoever came first.
        now = find_key(tx, key_id)
        if now.replaced_by is not None and state_of(now, tx.wall) == "rotating":
            raise Conflict("key_rotating", f"{now.replaced_by} has taken its place already; revoke this one, or wait")
        raise Conflict("key_ended", "the key opens nothing any more; make a new one")
    tx.record(facts.key_rotated(found.id, successor.seen.id))
    return successor


def revoke_key(tx: Work, key_id: str) -> KeySeen:
    """Ends an API key of the transaction's tenant: once this is committed it opens nothing on any process.

    Raises `Missing` in the same words for another tenant's key as for one that never was. One that is revoked already
    stays so since when it was.
    """
    found = find_key(tx, key_id)
    if found.revoked_at is None:
        partners.revoke(tx.session, found.id, tx.wall)
        tx.record(facts.key_revoked(found.id))
    return find_key(tx, key_id)


def _made(tx: Work, name: str, scopes: list[str]) -> NewKey:
    key_id, secret = register_key(tx, scopes)
    partners.name_key(tx.session, key_id, name, tx.caller.actor)
    return NewKey(secret, find_key(tx, key_id))


def _give_no_more(tx: Work, scopes: Iterable[str]) -> None:
    """Whoever holds a key gets no farther by another that it made."""
    if tx.caller.actor != OPERATOR and (missing := beyond(scopes, tx.caller.scopes)):
        words = f"a key gives no more than it has: this one hasn't {', '.join(missing)}"
        raise Rejected("scope_missing", words, scope=missing[0])


# ------------------------------------------------------------------------------------------ for operators


def require_partner(session: Session, tenant: Tenant) -> Partner:
    """The tenant's partner; raises `Missing` where there is no such tenant."""
    partner = session.get(Partner, tenant.partner_id)
    if partner is None or tenant.id not in partners.tenant_ids(session):
        words = f"there is no partner {tenant.partner_id} in {tenant.mode} mode; `coverage partners list` names them"
        raise Missing("unknown_partner", words)
    return partner


@contextmanager
def at_desk(owner: Database, tenant: Tenant) -> Iterator[Work]:
    """A transaction of an operator for a tenant, without a keyring; raises `Missing` where there is no such tenant."""
    with owner.transaction(tenant) as session:
        require_partner(session, tenant)
        caller = Caller(tenant, OPERATOR, scopes=frozenset(MEANINGS))
        yield work_in(session, caller, lambda: datetime.now(UTC), cast(Keyring, None))


def tenant_of_key(owner: Database, key_id: str) -> Tenant:
    """Whose key it is; raises `Missing`."""
    with owner.engine.connect() as connection, Session(connection) as session:
        found = partners.tenant_of_key(session, key_id)
    if found is None:
        raise Missing("unknown_key", f"there is no API key {key_id}; `coverage keys list` names them")
    return Tenant.of(found)
