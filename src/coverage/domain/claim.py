"""A claim as it is declared. The machine notes what a person should look at; it refuses nothing for lateness."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from coverage.domain.period import Period

# Code des assurances L113-2: the product's period of notice is never under 5 working days, 2 for theft. A late notice
# is recorded and flagged; forfeiture needs the contract's clause and proven prejudice, which a person judges.
NOTICE_WORKING_DAYS: Final = 5
NOTICE_WORKING_DAYS_THEFT: Final = 2


def flags(
    loss_at: datetime, reported_on: date, loss_on: date, cause: str, windows: Iterable[Period], cover_state: str
) -> tuple[str, ...]:
    """What a handler should look at first: `outside_window`, `late_notice`, `cover_not_in_force`."""
    found = []
    if not any(window.contains(loss_at) for window in windows):
        found.append("outside_window")
    if working_days(loss_on, reported_on) > (NOTICE_WORKING_DAYS_THEFT if cause == "theft" else NOTICE_WORKING_DAYS):
        found.append("late_notice")
    if cover_state not in ("issued", "payment_disputed"):
        found.append("cover_not_in_force")
    return tuple(found)


def working_days(after: date, until: date) -> int:
    """Days from Monday to Friday after one day up to another. Public holidays count too, so a notice is rather
    flagged once too often; a person decides.
    """
    days = range(1, (until - after).days + 1) if (until - after).days < 400 else range(1, 400)
    return sum((after + timedelta(days=day)).weekday() < 5 for day in days)
