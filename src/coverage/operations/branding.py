"""Branding: how a partner looks on the documents and pages of its members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from coverage.domain.certificate import Brand
from coverage.domain.faults import Missing
from coverage.domain.tenant import Tenant
from coverage.storage import partners
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


def see_partners(queue: Database, owner: Database) -> list[PartnerSeen]:
    """All partners, the oldest first. `queue` is the database in the worker's role, which knows them all."""
    with queue.outside() as session:
        ids = dict.fromkeys(tenant.partition(":")[0] for tenant in partners.tenant_ids(session))
    found = []
    for partner_id in ids:
        with owner.as_owner(Tenant(partner_id, "test").id) as session:
            found.append(_seen(session.get_one(Partner, partner_id)))
    return sorted(found, key=lambda one: (one.created_at, one.id))


def brand_partner(
    owner: Database, partner_id: str, *, colour: str | None = None, logo: bytes | None = None
) -> PartnerSeen:  # fmt: skip
    """Sets a partner's colour ("#17425c") or its logo (PNG), or both; b"" takes the logo away. Documents that are kept
    already stay as they are. `owner` is the database as its owner: nobody else may change a partner.

    Raises `Missing`, and ValueError for what is no colour or no logo.
    """
    Brand(colour or Brand().colour, logo or b"")
    with owner.as_owner(Tenant(partner_id, "test").id) as session:
        partner = session.get(Partner, partner_id, with_for_update=True)
        if partner is None:
            raise Missing("unknown_partner", f"there is no partner {partner_id}; `coverage partners list` names them")
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
