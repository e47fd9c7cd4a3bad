"""Who sells and who carries the risk: partners, their tenants, insurers and master policies; and what unlocks them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
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
    ends_at: Mapped[Instant]
    currency: Mapped[str]
    products: Mapped[JsonList]
    commission: Mapped[Json]  # by product and section, as a fraction in text
    created_at: Mapped[Instant]


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


def register_proof(session: Session, digest: bytes, credential_id: str, kind: str, subject: str, at: datetime) -> None:
    """Keeps what a certificate is known by, unless it is known by it already."""
    session.execute(
        text("SELECT register_proof(:digest, :id, :kind, :subject, :at)"),
        {"digest": digest, "id": credential_id, "kind": kind, "subject": subject, "at": at},
    )


def revoke(session: Session, credential_id: str, at: datetime) -> bool:
    """Ends an API key of the transaction's tenant; whether there is one of that id."""
    return bool(session.scalar(text("SELECT revoke_key(:id, :at)"), {"id": credential_id, "at": at}))


def master_policy_for(session: Session, product: str, at: datetime) -> MasterPolicy | None:
    """The master policy that covers `product` at an instant; the latest where there are several."""
    query = (
        select(MasterPolicy)
        .where(MasterPolicy.starts_at <= at, MasterPolicy.ends_at > at)
        .where(MasterPolicy.products.contains([product]))
        .order_by(MasterPolicy.starts_at.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


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
