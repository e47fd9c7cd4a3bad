"""Vouching: what is told to whoever holds a certificate in their hands, by its link, by what is typed, or by the file itself.

They are strangers to the cover, so they are told as little as shows that the certificate is about what stands before them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from coverage.domain.vouching import Standing, initials_of, masked, standing_of
from coverage.operations.certifying import cover_said
from coverage.operations.house import House, Work
from coverage.operations.showing import see_cover
from coverage.operations.unlocking import digest_of_number, digest_of_proof, opened_by_proof
from coverage.storage import covers
from coverage.storage.covers import Cover, Transaction
from coverage.storage.members import Member


@dataclass(frozen=True, slots=True)
class Vouched:
    """A certificate as a stranger is told of it. Instants are UTC; `timezone` is where they are read."""

    standing: Standing
    number: str
    livemode: bool
    product_name: str
    insurer: str
    partner: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    territory: tuple[str, ...]
    sections: tuple[str, ...]
    object_label: str
    object_masked: str  # "" where the product covers no single object
    initials: str  # the policyholder's; "" of one who was erased
    cancelled_at: datetime | None
    replaced_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileVouched:
    """A file: whether it is a document of ours to the last byte, was changed after we made it, or isn't ours at all; and
    the certificate that it is or was, where that is known.
    """

    found: Literal["genuine", "changed", "unknown"]
    certificate: Vouched | None = None


def vouch_by_link(house: House, token: str, language: str) -> Vouched | None:
    """The certificate that the link stands on; None for one that is unknown."""
    return _vouch(house, digest_of_proof(token), "proof", language)


def vouch_by_number(house: House, number: str, starts_on: date, language: str) -> Vouched | None:
    """The cover's certificate as it is now; None where no certificate has both that number and that start."""
    return _vouch(house, digest_of_number(house.keyring, number, starts_on), "typed", language)


def vouch_by_file(house: House, pdf: bytes, language: str) -> FileVouched:
    """What the file is, to the last byte; and where it isn't ours any more, what our signature on it still tells."""
    exact = _vouch(house, hashlib.sha256(pdf).digest(), "file", language)
    if exact is not None:
        return FileVouched("genuine", exact)
    signature = house.signatures.look(pdf) if house.signatures else None
    if signature is None or signature.whose not in ("ours", "changed"):
        return FileVouched("unknown")
    was = _vouch(house, bytes.fromhex(signature.signed_sha256), "file", language) if signature.signed_sha256 else None
    # Signed by us to the last byte, and not among what is kept: that was lost, so nothing is known of the cover.
    return FileVouched("genuine" if signature.whose == "ours" else "changed", was)


def _vouch(house: House, digest: bytes | None, kind: str, language: str) -> Vouched | None:
    found = opened_by_proof(house, digest, kind) if digest else None
    if found is None:
        return None
    caller, subject = found
    with house.transaction(caller) as tx:
        if kind == "typed":
            transaction = covers.transactions_of(tx.session, [subject])[-1]
        else:
            transaction = tx.session.get_one(Transaction, (tx.tenant_id, subject))
        return _vouched(tx, transaction, language)


def _vouched(tx: Work, transaction: Transaction, language: str) -> Vouched:
    seen = see_cover(tx, tx.session.get_one(Cover, (tx.tenant_id, transaction.cover_id)))
    cover = seen.cover
    said = cover_said(tx, seen, language)
    later = [
        one for one in seen.transactions if one.sequence > transaction.sequence and one.risk_type != "Cancellation"
    ]
    standing = standing_of(
        tx.now, cover.starts_at, cover.ends_at, cancelled=cover.state == "cancelled", replaced=bool(later),
        disputed=cover.state == "payment_disputed",
    )  # fmt: skip
    member = tx.session.get_one(Member, (tx.tenant_id, cover.policyholder_id))
    named = tx.unseal_json(member.id, member.sealed, f"members/{member.id}").get("name")
    return Vouched(
        standing, cover.number, tx.tenant.livemode, said.product_name, said.insurer.name, said.partner,
        cover.starts_at, cover.ends_at, cover.timezone, said.territory, tuple(one.name for one in said.sections),
        said.object_label, masked(said.object_value), initials_of(str(named)) if named else "", cover.cancelled_at,
        later[0].booked_at if later else None,
    )  # fmt: skip
