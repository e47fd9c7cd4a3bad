"""Keys, links and proofs: kept as a hash alone, and turned back into who is calling, or what is asked about."""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from coverage.domain.certificate import Proof
from coverage.domain.faults import Rejected
from coverage.domain.ids import ALPHABET, code
from coverage.domain.period import local_day
from coverage.domain.scopes import UNRESTRICTED, reach
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.house import House, Work
from coverage.operations.ports import Keyring
from coverage.storage import partners
from coverage.storage.covers import Cover, Document
from coverage.storage.identity import new_id
from coverage.storage.partners import Credential

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_BITS: Final = 160
SECRET_CHARACTERS: Final = 27  # of base 62, for 160 bits
CHECK_CHARACTERS: Final = 6
LINK_CHARACTERS: Final = 28  # of base 32: 140 bits
PROOF_CHARACTERS: Final = 26  # of base 32: 130 bits
NUMBER_PREFIX: Final = "SC"
NUMBER_CHARACTERS: Final = 10  # of a certificate's number, behind that

NOTED_EVERY: Final = timedelta(minutes=1)  # so often at most is it written down that a key is used


# How a key looks, for those who scan for secrets; whether one is real, its checksum tells.
KEY_PATTERN: Final = rf"sk_(?:test|live)_[0-9A-Za-z]{{{SECRET_CHARACTERS + CHECK_CHARACTERS}}}"


def new_key(tx: Work, scopes: Iterable[str] = UNRESTRICTED) -> str:
    """A new API key for the transaction's tenant: prefix, 160 random bits, checksum. It can't be shown again."""
    return register_key(tx, scopes)[1]


def register_key(tx: Work, scopes: Iterable[str]) -> tuple[str, str]:
    """A new API key for the transaction's tenant, behind its id."""
    secret = _base62(secrets.randbits(SECRET_BITS), SECRET_CHARACTERS)
    head = f"sk_{tx.tenant.mode}_{secret}"
    key = head + _checksum(head)
    return _register(tx, key, "api_key", tx.tenant.partner_id, scopes), key


def link_of(tx: Work, cover_id: str) -> str:
    """The secret that opens a cover's page for its member: 140 bits that the keyring can always work out again.

    So it need not be kept anywhere, not even in an answer that is kept for repeats.
    """
    digest = tx.keyring.fingerprint("member_link", f"{tx.tenant_id}/{cover_id}")
    return code(digest, LINK_CHARACTERS).lower()


def link_address(house: House, tx: Work, cover_id: str) -> str:
    """The address of a cover's page, to hand to its member alone."""
    return f"{house.public_url}/m/{link_of(tx, cover_id)}"


def register_link(tx: Work, cover_id: str) -> None:
    """Lets the cover's link open its page from now on."""
    _register(tx, link_of(tx, cover_id), "member_link", cover_id, ["member"])


def caller_by_key(house: House, key: str, request_id: str) -> Caller:
    """Whose key it is; raises `Rejected` ("invalid_key") in the same words whatever is wrong with it."""
    if not looks_like_key(key):
        raise Rejected("invalid_key", "this is no API key; expected sk_test_… or sk_live_…")
    digest, wall = _digest(key), house.wall()
    with house.database.outside() as session:
        found = partners.find_key(session, digest, wall)
        if found is not None and (found.last_used_at is None or found.last_used_at <= wall - NOTED_EVERY):
            partners.note_key_used(session, digest, wall, wall - NOTED_EVERY)
    if found is None:
        raise Rejected("invalid_key", "this API key is unknown, has expired or was revoked")
    return Caller(Tenant.of(found.tenant_id), found.id, request_id, reach(found.scopes))


def caller_by_link(house: House, link: str) -> tuple[Caller, str] | None:
    """Whose link it is and the cover that it shows; None for one that is unknown, revoked or over."""
    if len(link) != LINK_CHARACTERS or set(link) - set(ALPHABET):
        return None
    with house.database.outside() as session:
        found = partners.unlock(session, _digest(link), house.wall())
    if found is None or found.kind != "member_link":
        return None
    return Caller(Tenant.of(found.tenant_id), found.credential_id), found.subject


# ------------------------------------------------------------------------------------------ proofs


def proof_of(house: House, tx: Work, cover: Cover, transaction_id: str) -> Proof:
    """What stands on the certificate of a transaction, so that anybody who holds it can check it."""
    page = f"{house.public_url}/verify"
    return Proof(f"{page}/{_proof_token(tx, transaction_id)}", page, local_day(cover.starts_at, cover.timezone))


def register_proofs(tx: Work, cover: Cover, document: Document) -> None:
    """Lets the document be found from now on: by its link, by its number with the day of its start, and as a file."""
    starts_on = local_day(cover.starts_at, cover.timezone)
    proofs = (
        ("proof", _digest(_proof_token(tx, document.transaction_id)), document.transaction_id),
        ("typed", digest_of_number(tx.keyring, cover.number, starts_on), cover.id),
        ("file", bytes.fromhex(document.sha256), document.transaction_id),
    )
    for kind, digest, subject in proofs:
        if digest is None:
            raise AssertionError(f"{cover.number} is no number of ours")
        partners.register_proof(tx.session, digest, new_id("credential"), kind, subject, tx.wall)


def digest_of_proof(token: str) -> bytes | None:
    """What a certificate's link is kept as; None for what can't be one."""
    return _digest(token) if len(token) == PROOF_CHARACTERS and not set(token) - set(ALPHABET) else None


def digest_of_number(keyring: Keyring, number: str, starts_on: date) -> bytes | None:
    """What a certificate's number and the day of its start are kept as, however the number was typed: "sc 7k4m9-2qxtb",
    or with a letter for the digit that it looks like. None for what can't be one.
    """
    typed = re.sub(r"[\s.\-–_/]", "", number).upper()
    if len(typed) == len(NUMBER_PREFIX) + NUMBER_CHARACTERS:
        typed = typed.removeprefix(NUMBER_PREFIX)
    typed = typed.translate(_LOOK_ALIKES)
    if len(typed) != NUMBER_CHARACTERS or set(typed.lower()) - set(ALPHABET):
        return None
    # Under the pepper: so few characters could be guessed back from a hash alone.
    return keyring.fingerprint("typed", f"{typed}/{starts_on.isoformat()}")


_LOOK_ALIKES: Final = str.maketrans("OIL", "011")


def opened_by_proof(house: House, digest: bytes, kind: str) -> tuple[Caller, str] | None:
    """Whose certificate it is, and what it is of: its transaction, or its cover for one that was typed."""
    with house.database.outside() as session:
        found = partners.unlock(session, digest, house.wall())
    if found is None or found.kind != kind:
        return None
    return Caller(Tenant.of(found.tenant_id), found.credential_id), found.subject


def _proof_token(tx: Work, transaction_id: str) -> str:
    """130 bits that the keyring can always work out again, so that they need not be kept."""
    return code(tx.keyring.fingerprint("proof", f"{tx.tenant_id}/{transaction_id}"), PROOF_CHARACTERS).lower()


# ------------------------------------------------------------------------------------------ shapes


def looks_like_key(key: str) -> bool:
    """Whether the text has a key's shape and its checksum holds. What hasn't never reaches the database."""
    for mode in ("test", "live"):
        prefix = f"sk_{mode}_"
        if key.startswith(prefix) and len(key) == len(prefix) + SECRET_CHARACTERS + CHECK_CHARACTERS and key.isascii():
            head, check = key[:-CHECK_CHARACTERS], key[-CHECK_CHARACTERS:]
            return secrets.compare_digest(_checksum(head), check)
    return False


def _register(tx: Work, secret: str, kind: str, subject: str, scopes: Iterable[str]) -> str:
    credential = Credential(
        hash=_digest(secret), id=new_id("credential"), kind=kind, subject=subject, scopes=list(scopes), hint=secret[-4:],
        created_at=tx.wall, expires_at=None,
    )  # fmt: skip
    partners.register(tx.session, credential)
    return credential.id


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
