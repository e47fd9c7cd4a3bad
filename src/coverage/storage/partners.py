"""Who sells and who carries the risk: partners, their tenants, insurers and master policies; and what unlocks them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.storage.schema import Instant, Json, JsonList, Table, TenantRow


class Partner(Table):
    __tablename__ = "partners"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    status: Mapped[
        str
    ]  # how it distributes: registered_intermediary or exempt_ancillary (Directive (EU) 2016/97 art. 1(3))
    created_at: Mapped[Instant]
    timezone: Mapped[str] = mapped_column(server_default=text("'Europe/Paris'"))  # whose months its invoices have
    billing_email: Mapped[str | None]
    colour: Mapped[str | None]  # how it looks: "#17425c"
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)  # as PNG


class TenantRecord(Table):
    """A partner in one mode. A test tenant's clock may run ahead of the wall's."""

    __tablename__ = "tenants"
    id: Mapped[str] = mapped_column(primary_key=True)
    partner_id: Mapped[str]
    mode: Mapped[str]
    clock_ahead_seconds: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[Instant]


class Insurer(Table):
    """A risk carrier, with whom a member calls. Shared by all partners."""

    __tablename__ = "insurers"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    registration: Mapped[str]
    supervisor: Mapped[str]
    address: Mapped[str]
    claims_contact: Mapped[Json]
    assistance_contact: Mapped[Json | None]
    created_at: Mapped[Instant]


class MasterPolicy(TenantRow, Table):
    """The contract between insurer and partner under which each cover is a certificate."""

    __tablename__ = "master_policies"
    insurer_id: Mapped[str]
    number: Mapped[str]
    umr: Mapped[str]  # unique market reference
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]  # the first instant after its last day
    currency: Mapped[str]
    products: Mapped[JsonList]
    commission: Mapped[Json]  # by product and section, as a fraction in text
    created_at: Mapped[Instant]
    # Where it holds; wherever its products are sold, where it doesn't say.
    countries: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))


class Credential(Table):
    """What unlocks a tenant before it is known: an API key, a member's link or what proves a certificate, as a hash alone.

    Outside row-level security; the application reads it only through `find_credential`.
    """

    __tablename__ = "credentials"
    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # api_key or member_link; proof, typed or file
    tenant_id: Mapped[str]
    subject: Mapped[str]  # the partner, the cover that a link shows, or what a proof is of
    scopes: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    hint: Mapped[str]  # the last four characters, to tell keys apart
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]
    name: Mapped[str | None]  # a key's, for people
    created_by: Mapped[str | None]  # who made a key
    last_used_at: Mapped[Instant | None]  # of a key, to the minute
    replaced_by: Mapped[str | None]  # the key that it was rotated for


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What a credential opens."""

    credential_id: str
    kind: str
    tenant_id: str
    subject: str
    scopes: tuple[str, ...]


def unlock(session: Session, digest: bytes, at: datetime) -> Unlocked | None:
    """The live credential with that SHA-256; None where there is none, or it was revoked or has expired."""
    row = session.execute(
        text("SELECT id, kind, tenant_id, subject, scopes FROM find_credential(:digest, :at)"),
        {"digest": digest, "at": at},
    ).one_or_none()
    return Unlocked(row.id, row.kind, row.tenant_id, row.subject, tuple(row.scopes)) if row else None


def register(session: Session, credential: Credential) -> None:
    """Keeps a new credential, through the one door that the application's role has."""
    session.execute(
        text("SELECT register_credential(:hash, :id, :kind, :subject, :scopes, :hint, :created_at, :expires_at)"),
        {
            "hash": credential.hash, "id": credential.id, "kind": credential.kind, "subject": credential.subject,
            "scopes": credential.scopes, "hint": credential.hint, "created_at": credential.created_at,
            "expires_at": credential.expires_at,
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyFound:
    """What an API key opens."""

    id: str
    tenant_id: str
    scopes: tuple[str, ...]
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeySeen:
    """An API key of the transaction's tenant, as it is told of. The key itself is kept nowhere."""

    id: str
    name: str | None
    scopes: tuple[str, ...]
    hint: str
    created_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaced_by: str | None


def find_key(session: Session, digest: bytes, at: datetime) -> KeyFound | None:
    """The live API key with that SHA-256; None where there is none, or it was revoked or has expired."""
    query = text("SELECT id, tenant_id, scopes, last_used_at FROM find_key(:digest, :at)")
    row = session.execute(query, {"digest": digest, "at": at}).one_or_none()
    return KeyFound(row.id, row.tenant_id, tuple(row.scopes), row.last_used_at) if row else None


def note_key_used(session: Session, digest: bytes, at: datetime, unless_since: datetime) -> None:
    """Notes that a key is used, unless another does at this moment or has done so since."""
    query = text("SELECT note_key_used(:digest, :at, :unless_since)")
    session.execute(query, {"digest": digest, "at": at, "unless_since": unless_since})


def see_keys(
    session: Session,
    wanted: str | None,
    before: str | None,
    limit: int,
    made_from: datetime | None = None,
    made_to: datetime | None = None,
) -> list[KeySeen]:
    """The API keys of the transaction's tenant, the newest first: that of one id, or those made before another."""
    query = text("SELECT * FROM see_keys(:wanted, :before, :from, :to, :limit)")
    values = {"wanted": wanted, "before": before, "limit": limit, "from": made_from, "to": made_to}
    rows = session.execute(query, values).mappings()
    return [KeySeen(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]


def name_key(session: Session, credential_id: str, name: str, by: str) -> None:
    """Says how a key that was just made is called, and who made it."""
    session.execute(text("SELECT name_key(:id, :name, :by)"), {"id": credential_id, "name": name, "by": by})


def replace_key(session: Session, credential_id: str, successor: str, at: datetime, until: datetime) -> bool:
    """Lets a key expire at `until` in favour of another; whether it was live and had none yet."""
    query = text("SELECT replace_key(:id, :successor, :at, :until)")
    values = {"id": credential_id, "successor": successor, "at": at, "until": until}
    return bool(session.scalar(query, values))


def tenant_of_key(session: Session, credential_id: str) -> str | None:
    """Whose key it is, for the database's owner, who alone may look."""
    query = select(Credential.tenant_id).where(Credential.id == credential_id, Credential.kind == "api_key")
    return session.scalar(query)


def register_proof(session: Session, digest: bytes, credential_id: str, kind: str, subject: str, at: datetime) -> None:
    """Keeps what a certificate is known by, unless it is known by it already."""
    session.execute(
        text("SELECT register_proof(:digest, :id, :kind, :subject, :at)"),
        {"digest": digest, "id": credential_id, "kind": kind, "subject": subject, "at": at},
    )


def revoke(session: Session, credential_id: str, at: datetime) -> bool:
    """Ends an API key of the transaction's tenant; whether there is one of that id."""
    return bool(session.scalar(text("SELECT revoke_key(:id, :at)"), {"id": credential_id, "at": at}))


def master_policy_for(
    session: Session, product: str, country: str, currency: str, at: datetime
) -> MasterPolicy | None:  # fmt: skip
    """The master policy that covers `product` in a country and a currency at an instant: its start is in, its end isn't.

    There is one at most, as policies are added now; of older ones that overlap, the latest.
    """
    query = (
        select(MasterPolicy)
        .where(MasterPolicy.starts_at <= at, MasterPolicy.ends_at > at)
        .where(MasterPolicy.products.contains([product]), MasterPolicy.currency == currency)
        .where(or_(MasterPolicy.countries.is_(None), MasterPolicy.countries.contains([country])))
        .order_by(MasterPolicy.starts_at.desc(), MasterPolicy.created_at.desc(), MasterPolicy.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def master_policies(session: Session) -> list[MasterPolicy]:
    """All of the transaction's tenant, in the order of time."""
    query = select(MasterPolicy).order_by(MasterPolicy.starts_at, MasterPolicy.created_at, MasterPolicy.id)
    return list(session.scalars(query))


def insurers(session: Session) -> list[Insurer]:
    """Every risk carrier there is, the oldest first."""
    return list(session.scalars(select(Insurer).order_by(Insurer.created_at, Insurer.id)))


def tenant_ids(session: Session) -> list[str]:
    """Every tenant there is, to whom the worker's role alone may look; to others, the transaction's own."""
    return list(session.scalars(select(TenantRecord.id).order_by(TenantRecord.id)))


def clock_ahead(session: Session, tenant_id: str) -> int:
    """By how many seconds a test tenant's clock runs ahead."""
    return session.scalar(select(TenantRecord.clock_ahead_seconds).where(TenantRecord.id == tenant_id)) or 0


def put_clock_ahead(session: Session, seconds: int) -> int:
    """Lets the transaction's test tenant run at least that far ahead of the wall; answers how far it does."""
    return session.scalar(text("SELECT advance_clock(:seconds)"), {"seconds": seconds}) or 0


def partner_of(session: Session, partner_id: str) -> Partner:
    """The partner, who must be there."""
    return session.get_one(Partner, partner_id)


def insurer_of(session: Session, insurer_id: str) -> Insurer:
    """The insurer, who must be there."""
    return session.get_one(Insurer, insurer_id)
