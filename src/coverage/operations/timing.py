"""A test tenant's clock, which it may move forward."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final, Literal

from coverage.domain.faults import Detail, Rejected
from coverage.operations.house import Work
from coverage.storage import due, partners

FARTHEST: Final = timedelta(days=366)
FARTHEST_AHEAD: Final = timedelta(days=20 * 366)


def advance_clock(tx: Work, to: datetime) -> datetime:
    """Moves the tenant's clock to `to`, on a whole second or just after; answers the time that it is then.

    Raises `Rejected` in live mode, for a time that has passed, or for one that is too far ahead: more than a year of
    the clock as it stands, or twenty of the wall's.
    """
    if tx.tenant.livemode:
        raise Rejected("not_in_live_mode", "live time is the wall's")
    latest = min(tx.now + FARTHEST, tx.wall + FARTHEST_AHEAD)
    if not tx.now <= to <= latest:
        expected = f"an instant from {tx.now:%Y-%m-%dT%H:%M:%SZ} to {latest:%Y-%m-%dT%H:%M:%SZ}"
        detail = Detail("/to", f"{to:%Y-%m-%dT%H:%M:%SZ}; expected {expected}", "invalid_value")
        raise Rejected("invalid_clock", "the clock can't be moved there", errors=(detail,))
    ahead = partners.put_clock_ahead(tx.session, math.ceil((to - tx.wall).total_seconds()))
    tx.now = tx.wall + timedelta(seconds=ahead)
    return tx.now


def clock_status(tx: Work) -> Literal["advancing", "ready"]:
    """Whether all that was due by the tenant's clock has happened."""
    return "advancing" if due.is_something_due(tx.session, tx.now) else "ready"
