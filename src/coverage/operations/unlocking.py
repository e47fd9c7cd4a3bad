"""Keys and links: made once, shown once, kept as their SHA-256, and turned back into who is calling."""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Iterable
from typing import Final

from coverage.domain.faults import Missing, Rejected
from coverage.domain.ids import ALPHABET, code
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.house import House, Work
from coverage.storage import partners
from coverage.storage.identity import new_id
from coverage.storage.partners import Credential

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_BITS: Final = 160
SECRET_CHARACTERS: Final = 27  # of base 62, for 160 bits
CHECK_CHARACTERS: Final = 6
LINK_CHARACTERS: Final = 28  # of base 32: 140 bits

# What a platform's key may do. Whoever settles its claims has a key of their own, with SETTLING.
SCOPES: Final = ("quotes", "covers", "claims")
SETTLING: Final = "settling"


def new_key(tx: Work, scopes: Iterable[str] = SCOPES) -> str:
    """A new API key for the transaction's tenant: prefix, 160 random bits, checksum. It can't be shown again."""
    secret = _base62(secrets.randbits(SECRET_BITS), SECRET_CHARACTERS)
    head = f"sk_{tx.tenant.mode}_{secret}"
    key = head + _checksum(head)
    _register(tx, key, "api_key", tx.tenant.partner_id, scopes)
    return key


def revoke_key(tx: Work, credential_id: str) -> None:
    """Ends an API key of the transaction's tenant: once this is committed it opens nothing on any process.

    Raises `Missing` in the same words for another tenant's key as for one that never was. One that is revoked already
    stays so since when it was.
    """
    if not partners.revoke(tx.session, credential_id, tx.wall):
        raise Missing("unknown_key", "there is no API key of that id")


def link_of(tx: Work, cover_id: str) -> str:
    """The secret that opens a cover's page for its member: 140 bits that the keyring can always work out again.

    So it need not be kept anywhere, not even in an answer that is kept for repeats.
    """
    digest = tx.keyring.fingerprint("member_link", f"{tx.tenant_id}/{cover_id}")
    return code(digest, LINK_CHARACTERS).lower()


def register_link(tx: Work, cover_id: str) -> None:
    """Lets the cover's link open its page from now on."""
    _register(tx, link_of(tx, cover_id), "member_link", cover_id, ["member"])


def caller_by_key(house: House, key: str, request_id: str) -> Caller:
    """Whose key it is; raises `Rejected` ("invalid_key") in the same words whatever is wrong with it."""
    if not looks_like_key(key):
        raise Rejected("invalid_key", "this is no API key; expected sk_test_… or sk_live_…")
    with house.database.outside() as session:
        found = partners.unlock(session, _digest(key), house.wall())
    if found is None or found.kind != "api_key":
        raise Rejected("invalid_key", "this API key is unknown or has been revoked")
    return Caller(Tenant.of(found.tenant_id), found.credential_id, request_id, frozenset(found.scopes))


def caller_by_link(house: House, link: str) -> tuple[Caller, str] | None:
    """Whose link it is and the cover that it shows; None for one that is unknown, revoked or over."""
    if len(link) != LINK_CHARACTERS or set(link) - set(ALPHABET):
        return None
    with house.database.outside() as session:
        found = partners.unlock(session, _digest(link), house.wall())
    if found is None or found.kind != "member_link":
        return None
    return Caller(Tenant.of(found.tenant_id), found.credential_id), found.subject


def looks_like_key(key: str) -> bool:
    """Whether the text has a key's shape and its checksum holds. What hasn't never reaches the database."""
    for mode in ("test", "live"):
        prefix = f"sk_{mode}_"
        if key.startswith(prefix) and len(key) == len(prefix) + SECRET_CHARACTERS + CHECK_CHARACTERS and key.isascii():
            head, check = key[:-CHECK_CHARACTERS], key[-CHECK_CHARACTERS:]
            return secrets.compare_digest(_checksum(head), check)
    return False


def _register(tx: Work, secret: str, kind: str, subject: str, scopes: Iterable[str]) -> None:
    credential = Credential(
        hash=_digest(secret), id=new_id("credential"), kind=kind, subject=subject, scopes=list(scopes), hint=secret[-4:],
        created_at=tx.wall, expires_at=None,
    )  # fmt: skip
    partners.register(tx.session, credential)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _base62(number: int, characters: int) -> str:
    digits = []
    for _ in range(characters):
        number, digit = divmod(number, 62)
        digits.append(BASE62[digit])
    return "".join(reversed(digits))


def _checksum(head: str) -> str:
    """CRC-32 in base 62, so that a scanner tells a key from a string that looks like one."""
    return _base62(zlib.crc32(head.encode()), CHECK_CHARACTERS)
