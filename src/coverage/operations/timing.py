"""A test tenant's clock, which it may move forward."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from coverage.domain.faults import Detail, Rejected
from coverage.operations.house import Work

FARTHEST: Final = timedelta(days=366)


def advance_clock(tx: Work, to: datetime) -> datetime:
    """Moves the tenant's clock to `to`, on a whole second or just after; answers the time that it is then.

    Raises `Rejected` in live mode, for a time that has passed, or for one more than a year ahead.
    """
    if tx.tenant.livemode:
        raise Rejected("not_in_live_mode", "live time is the wall's")
    if not tx.now <= to <= tx.now + FARTHEST:
        detail = Detail("/to", "expected an instant from now on, at most a year ahead", "invalid_value")
        raise Rejected("invalid_clock", "the clock can't be moved there", errors=(detail,))
    seconds = math.ceil((to - tx.now).total_seconds())
    tx.session.execute(text("SELECT advance_clock(:seconds)"), {"seconds": seconds})
    tx.now += timedelta(seconds=seconds)
    return tx.now
