"""Enrolling: a partner with its tenants, its insurer and its master policy; and the demo's, for a first look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from coverage.domain.scopes import UNRESTRICTED
from coverage.domain.tenant import Caller, Mode, Tenant
from coverage.operations.house import House
from coverage.operations.unlocking import new_key
from coverage.storage.identity import new_code, new_id
from coverage.storage.partners import Insurer, MasterPolicy, Partner, TenantRecord
from coverage.storage.tenancy import Database


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Who is enrolled: a partner's name and status, its insurer, the products of its master policy, and what it earns on
    them: by product and section a rate from "0" to "1", known to the millionth. Raises ValueError for another one.
    """

    partner: str
    status: str
    insurer: dict[str, Any]
    products: Sequence[str]
    currency: str = "EUR"
    commission: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for product, rates in self.commission.items():
            if product not in self.products:
                raise ValueError(f"commission for {product}, which isn't among the products {', '.join(self.products)}")
            for section, rate in rates.items():
                if not RATE.fullmatch(rate) or Decimal(rate) > 1:
                    words = "expected a fraction from 0 to 1 of at most six decimals, such as 0.15"
                    raise ValueError(f"commission for {product}/{section} is {rate[:40]!r}; {words}")


RATE: Final = re.compile(r"[0-9](\.[0-9]{1,6})?", re.ASCII)


DEMO_INSURER = {
    "name": "Mutuelle Démo",
    # Said so that it reads in both languages.
    "registration": "Assureur fictif – fictitious insurer, 000 000 000",
    "supervisor": "– (démonstration, demonstration)",
    "address": "1 rue de l'Exemple, 75000 Paris, France",
    "claims_contact": {
        "name": "Mutuelle Démo, sinistres – claims",
        "phone": "+33 1 99 00 12 34",
        "email": "claims@example.org",
    },
    "assistance_contact": {
        "name": "Mutuelle Démo, assistance 24 h/24",
        "phone": "+33 1 99 00 56 78",
        "email": "help@example.org",
    },
}


def enrol(
    owner: Database, house: House, enrolment: Enrolment, mode: Mode, scopes: Iterable[str] = UNRESTRICTED
) -> tuple[Tenant, str]:
    """Makes a partner in one mode with its insurer and master policy; answers its tenant and its first API key.

    `owner` is the database as its owner: the application's role may not make partners.
    """
    wall = house.wall()
    tenant = Tenant(new_id("partner"), mode)
    with owner.engine.begin() as connection, Session(connection) as session:
        session.execute(text("SELECT set_config('sharecover.tenant', :tenant, true)"), {"tenant": tenant.id})
        session.add(Partner(id=tenant.partner_id, name=enrolment.partner, status=enrolment.status, created_at=wall))
        session.flush()
        session.add(
            TenantRecord(id=tenant.id, partner_id=tenant.partner_id, mode=mode, clock_ahead_seconds=0, created_at=wall)
        )
        insurer = Insurer(id=new_id("insurer"), created_at=wall, **enrolment.insurer)
        session.add(insurer)
        session.flush()
        session.add(_master_policy(tenant, insurer, enrolment, wall))
        session.flush()
    with house.transaction(Caller(tenant, "enrolment")) as tx:
        return tenant, new_key(tx, scopes)


def _master_policy(tenant: Tenant, insurer: Insurer, enrolment: Enrolment, wall: datetime) -> MasterPolicy:
    number = new_code(8)
    return MasterPolicy(
        tenant_id=tenant.id,
        id=new_id("master_policy"),
        insurer_id=insurer.id,
        number=f"MP-{number}",
        umr=f"B0000{number}",  # unique market reference: B, the broker's four digits, the contract's own part
        starts_at=datetime(wall.year, 1, 1, tzinfo=UTC),
        ends_at=wall + timedelta(days=10 * 366),
        currency=enrolment.currency,
        products=list(enrolment.products),
        commission={product: dict(rates) for product, rates in enrolment.commission.items()},
        created_at=wall,
    )
