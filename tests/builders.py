"""Builders: bodies and things that are right as they stand, of which a test changes what it is about."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from coverage.domain.scopes import MEANINGS, UNRESTRICTED
from coverage.domain.tenant import Mode, Tenant
from coverage.operations.demonstrating import demo_enrolment
from coverage.operations.enrolling import Enrolled, enrol
from coverage.operations.house import House
from coverage.storage.identity import new_code
from coverage.storage.tenancy import Database
from tests.answers import enrolled, noted

PRODUCTS = ("off_duty_vehicle", "goods_carried")


def soon(**later: float) -> str:
    """An instant to come, as RFC 3339: in a day, or `soon(days=2, hours=3)`."""
    return (datetime.now(UTC) + timedelta(**(later or {"days": 1}))).isoformat(timespec="seconds")


def a_registration() -> str:
    return f"{new_code(2)}-{new_code(3)}-{new_code(2)}"


def a_risk(**changes: Any) -> dict[str, Any]:
    """An employee of 36 with a van and goods worth 8,000 EUR. A change to None leaves the input out."""
    risk: dict[str, Any] = {
        "vehicle_class": "van",
        "registration": a_registration(),
        "driver_born": "1990-05-01",
        "licence_since": "2010-06-01",
        "goods_value": {"amount": 800_000, "currency": "EUR"},
    }
    return {key: value for key, value in (risk | changes).items() if value is not None}


def a_quote(**changes: Any) -> dict[str, Any]:
    """The body of a quote for twelve hours, a week from now. A change to None leaves the field out."""
    body: dict[str, Any] = {
        "product": "off_duty_vehicle",
        "start": soon(days=7),
        "end": soon(days=7, hours=12),
        "risk": a_risk(),
        "language": "en",
    }
    return {key: value for key, value in (body | changes).items() if value is not None}


def a_bind(quote: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body that binds a quote as it was answered, for a member of its own."""
    body: dict[str, Any] = {
        "quote": quote["id"],
        "parties": {
            "policyholder": {
                "reference": f"emp-{new_code(10)}",
                "name": "Camille Martin",
                "email": "camille@example.org",
                "locale": "en",
            }
        },
        "disclosures": {
            "ipid_sha256": quote["ipid"]["sha256"],
            "language": quote["ipid"]["language"],
            "given_at": quote["created_at"],
        },
        "payment": {"method": "invoice"},
    }
    return {key: value for key, value in (body | changes).items() if value is not None}


def a_claim(cover: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body that declares a loss at the cover's start."""
    body: dict[str, Any] = {
        "cover": cover["id"],
        "loss_at": cover["start"],
        "cause": "accident",
        "description": "The wardrobe fell over when the van braked.",
        "losses": [{"section": "goods_carried", "estimate": {"amount": 42_000, "currency": "EUR"}}],
    }
    return {key: value for key, value in (body | changes).items() if value is not None}


def a_payout(amount: int = 10_000, **changes: Any) -> dict[str, Any]:
    """The body that orders a payout to the cover's member."""
    payee = {"reference": "emp-1024", "name": "Camille Martin", "iban": "FR14 2004 1010 0505 0001 3M02 606"}
    return {"kind": "indemnity", "amount": {"amount": amount, "currency": "EUR"}, "payee": payee} | changes


def a_goods_risk(**changes: Any) -> dict[str, Any]:
    """A neighbour carries goods worth 8,000 EUR in a car. A change to None leaves the input out."""
    risk: dict[str, Any] = {
        "carried_by": "neighbour",
        "transport": "car",
        "category": "household",
        "distance_km": 40,
        "goods_value": {"amount": 800_000, "currency": "EUR"},
    }
    return {key: value for key, value in (risk | changes).items() if value is not None}


def a_party(**changes: Any) -> dict[str, Any]:
    """A person whom the partner knows by a reference of their own."""
    party = {
        "reference": f"emp-{new_code(10)}",
        "name": "Camille Martin",
        "email": "camille@example.org",
        "locale": "en",
    }
    return party | changes


@dataclass(frozen=True, slots=True)
class Platform:
    """A partner as a test drives it: its tenant, its key, and calls with that key."""

    tenant: Tenant
    key: str
    client: httpx2.Client

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> httpx2.Response:
        """Posts with a fresh Idempotency-Key, or with `key`."""
        headers = {"Idempotency-Key": key or secrets.token_hex(12), **options.pop("headers", {})}
        return self.call("POST", path, json=body, headers=headers, **options)

    def quote(self, **changes: Any) -> dict[str, Any]:
        """A quote that was made."""
        return self._made(self.post("/v1/quotes", a_quote(**changes)))

    def cover(self, quote: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """A cover that was issued, of a quote or of a fresh one."""
        return self._made(self.post("/v1/covers", a_bind(quote or self.quote(), **changes)))

    def claim(self, cover: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A claim that was declared."""
        return self._made(self.post("/v1/claims", a_claim(cover, **changes)))

    def advance(self, to: str) -> None:
        """Moves this partner's clock."""
        answer = self.post("/v1/test_clock/advance", {"to": to})
        assert answer.status_code == 200, answer.text

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Calls with this partner's key."""
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        return noted(self.client.request(method, path, headers=headers, **options))

    @staticmethod
    def _made(answer: httpx2.Response) -> dict[str, Any]:
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


def enrol_platform(owner: Database, house: House, client: httpx2.Client, mode: Mode = "test") -> Platform:
    """A new partner, with a key that may do all that any key may."""
    made = enrol_named(owner, house, mode=mode, scopes=MEANINGS)
    enrolled(owner, house, made.tenant)
    return Platform(made.tenant, made.key, client)


def enrol_named(
    owner: Database, house: House, name: str = "Platform Test", products: Sequence[str] = PRODUCTS,
    *, mode: Mode = "test", scopes: Iterable[str] = UNRESTRICTED, commission: Mapping[str, Mapping[str, str]] | None = None,
) -> Enrolled:  # fmt: skip
    """A new partner of that name, with a master policy for those products."""
    wall = house.wall()
    return enrol(owner, demo_enrolment(name, products, wall.date(), commission), mode, wall, scopes)
