"""A house that sells the tariffs of `tests/tariffs`, whose prices were worked by hand: homes exchanged, things lent, cars
shared. Its wall clock stands still, at noon of 1 March 2026 in Paris, until a test moves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient

from coverage.operations.house import House
from coverage.rulebook.editions import Library
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.builders import Platform, enrol_named

NOON = datetime(2026, 3, 1, 11, tzinfo=UTC)


@dataclass
class Wall:
    """A wall clock that stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def text(self, **later: float) -> str:
        return (self.now + timedelta(**later)).isoformat()


@contextmanager
def selling(owner: Database, house: House, library: Library, wall: Wall) -> Iterator[Platform]:
    """A test partner with a master policy for all products of `library`."""
    there = replace(house, rules=lambda: library, wall=wall)
    with TestClient(create_app(there), raise_server_exceptions=False) as client:
        made = enrol_named(owner, there, products=library.products())
        yield Platform(made.tenant, made.key, client)


def euros(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


def an_exchange(**changes: Any) -> dict[str, Any]:
    """A quote for a Paris flat, exchanged for a week with one in Germany: 68.54 EUR. Changes are of the risk."""
    risk = {
        "home_address": "12 rue des Lilas",
        "home_postcode": "75 011",
        "dwelling": "flat",
        "second_country": "germany",
        "guests": 2,
        "contents_value": euros(2_000_000),
        "journey_cost": euros(120_000),
    }
    return {
        "product": "home_exchange",
        "start": "2026-04-10T16:00:00+02:00",
        "end": "2026-04-17T16:00:00+02:00",
        "risk": {key: value for key, value in (risk | changes).items() if value is not None},
        "language": "en",
    }


def a_loan(**changes: Any) -> dict[str, Any]:
    """A quote for two instruments, lent for eight days at home with theft and new for old: 60.18 EUR."""
    risk = {
        "items": [
            {"category": "instrument", "value": euros(150_000), "years": 5, "weight": "20.4"},
            {"category": "instrument", "value": euros(2_000), "weight": 0.0999},
        ],
        "spares": [],
        "use": "home",
        "stars": 3.5,
        "theft_cover": True,
        "new_for_old": True,
        "member_since": "2021-03-29",
    }
    return {
        "product": "object_lending",
        "start": "2026-03-28T20:00:00+01:00",
        "end": "2026-04-05T23:00:00+02:00",
        "risk": {key: value for key, value in (risk | changes).items() if value is not None},
        "language": "en",
    }


def a_shared_car(**changes: Any) -> dict[str, Any]:
    """A quote for a van over the weekend when the clocks go forward, with assistance: 77.90 EUR."""
    risk = {
        "vehicle_class": "van",
        "registration": "AB-123-CD",
        "vehicle_value": euros(2_000_000),
        "vehicle_years": 3,
        "driver_born": "1990-05-01",
        "licence_since": "2010-06-01",
        "bonus_malus": "0.95",
        "assistance": True,
    }
    return {
        "product": "peer_car_sharing",
        "start": "2026-03-28T12:00:00+01:00",
        "end": "2026-03-30T06:30:00+02:00",
        "risk": {key: value for key, value in (risk | changes).items() if value is not None},
        "language": "en",
    }
