"""Branding: how a partner looks on the documents and pages of its members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from coverage.domain.certificate import Brand
from coverage.domain.faults import Missing
from coverage.storage.partners import Partner
from coverage.storage.tenancy import Database


@dataclass(frozen=True, slots=True)
class PartnerSeen:
    """A partner as an operator sees it."""

    id: str
    name: str
    status: str
    timezone: str
    colour: str | None
    logo_bytes: int
    created_at: datetime


def see_partners(owner: Database) -> list[PartnerSeen]:
    """All partners, the oldest first. `owner` is the database as its owner: others see their own alone."""
    with owner.engine.connect() as connection, Session(connection) as session:
        return [_seen(one) for one in session.scalars(select(Partner).order_by(Partner.created_at))]


def brand_partner(
    owner: Database, partner_id: str, *, colour: str | None = None, logo: bytes | None = None
) -> PartnerSeen:  # fmt: skip
    """Sets a partner's colour ("#17425c") or its logo (PNG), or both; b"" takes the logo away. Documents that are kept
    already stay as they are. Raises `Missing`, and ValueError for what is no colour or no logo.
    """
    with owner.engine.begin() as connection, Session(connection) as session:
        partner = session.get(Partner, partner_id, with_for_update=True)
        if partner is None:
            raise Missing("unknown_partner", f"there is no partner {partner_id}; `coverage partners list` names them")
        Brand(colour or Brand().colour, logo or b"")
        partner.colour = colour if colour is not None else partner.colour
        partner.logo = (logo or None) if logo is not None else partner.logo
        session.flush()
        return _seen(partner)


def brand_of(partner: Partner) -> Brand:
    """How the partner looks; as the house does where it hasn't said."""
    return Brand(partner.colour or Brand().colour, partner.logo or b"")


def _seen(partner: Partner) -> PartnerSeen:
    logo = len(partner.logo or b"")
    return PartnerSeen(
        partner.id, partner.name, partner.status, partner.timezone, partner.colour, logo, partner.created_at
    )  # fmt: skip
