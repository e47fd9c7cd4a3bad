"""Attaching: which master policy a cover stands under, and of which days a policy is.

A cover attaches when it is bound, and keeps its policy whatever becomes of either: a change, a cancellation or a claim is
booked under the policy that it was bound under.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from coverage.domain.faults import Conflict
from coverage.domain.period import day_begins, local_day
from coverage.operations.house import Work
from coverage.storage import partners
from coverage.storage.partners import MasterPolicy


def master_policy_now(tx: Work, product: str, country: str, currency: str) -> MasterPolicy:
    """The master policy under which a cover that is bound now stands; raises `Conflict` where there is none."""
    policy = partners.master_policy_for(tx.session, product, country, currency, tx.now)
    if policy is None:
        raise Conflict("no_master_policy", f"no master policy of yours covers {product} now")
    return policy


def instants_of(first_on: date, last_on: date, timezone: str) -> tuple[datetime, datetime]:
    """From when until when a policy of those days holds, the last one whole; the end itself isn't in it."""
    zone = ZoneInfo(timezone)
    return day_begins(first_on, zone), day_begins(last_on + timedelta(days=1), zone)


def days_of(policy: MasterPolicy, timezone: str) -> tuple[date, date]:
    """A policy's first and last day, both in it."""
    return local_day(policy.starts_at, timezone), local_day(policy.ends_at - timedelta(microseconds=1), timezone)
