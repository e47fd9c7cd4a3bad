"""Quotes: what was asked, what the rules said, and all that is needed to say it again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.storage.schema import Instant, Json, JsonList, Minor, Table, TenantRow, in_turn


class Quote(TenantRow, Table):
    __tablename__ = "quotes"
    product: Mapped[str]
    country: Mapped[str]
    edition: Mapped[str]
    edition_hash: Mapped[str]
    tax_hash: Mapped[str]
    texts_hash: Mapped[str]
    state: Mapped[str]  # open, bound, referred or declined; whether an open one has expired follows from the clock
    language: Mapped[str]
    timezone: Mapped[str]
    asked_at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
    floats_until: Mapped[Instant | None]  # until when a start "at issue" may begin at this price
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    currency: Mapped[str]
    net: Mapped[Minor | None]
    surcharges: Mapped[Minor | None]
    tax: Mapped[Minor | None]
    fees: Mapped[Minor | None]
    gross: Mapped[Minor | None]
    price: Mapped[Json | None]  # every price line
    reasons: Mapped[JsonList]
    facts: Mapped[Json]  # what was rated, in clear; nothing personal
    given: Mapped[Json]  # the inputs that aren't personal, as they were read
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # the personal ones
    sealed_for: Mapped[str]  # the subject whose key opens them
    object_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    member_id: Mapped[str | None]
    cover_id: Mapped[str | None]
    metadata_: Mapped[Json] = mapped_column("metadata")
    created_at: Mapped[Instant]
    next_due_at: Mapped[Instant | None]  # when its tenant's clock next changes it


class EditionKept(Table):
    """The text of an edition that priced something. Frozen: a changed text under a used name is refused."""

    __tablename__ = "editions"
    hash: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str]
    country: Mapped[str]
    name: Mapped[str]
    text: Mapped[str]
    kept_at: Mapped[Instant]


class TaxesKept(Table):
    """The tax rows that a price was made with."""

    __tablename__ = "tax_rows"
    hash: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[Json]
    kept_at: Mapped[Instant]


class TextsKept(Table):
    """A product's words as they stood when it was quoted."""

    __tablename__ = "product_texts"
    hash: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[Json]
    kept_at: Mapped[Instant]


def find(session: Session, tenant_id: str, quote_id: str) -> Quote | None:
    """The tenant's quote of that id."""
    return session.get(Quote, (tenant_id, quote_id))


def lock(session: Session, tenant_id: str, quote_id: str) -> Quote | None:
    """The quote, locked to the end of the transaction: two binds must not buy two covers."""
    return session.get(Quote, (tenant_id, quote_id), with_for_update=True, populate_existing=True)


def several(session: Session, quote_ids: Sequence[str]) -> list[Quote]:
    """The quotes of those ids, in any order."""
    return [quote for ids in in_turn(quote_ids) for quote in session.scalars(select(Quote).where(Quote.id.in_(ids)))]


def edition_named(session: Session, product: str, country: str, name: str) -> EditionKept | None:
    """The edition of that name as it was kept when it first priced."""
    query = select(EditionKept).where(
        EditionKept.product == product, EditionKept.country == country, EditionKept.name == name
    )
    return session.scalars(query).one_or_none()
