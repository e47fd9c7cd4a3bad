"""Holding: the object that a cover has for itself while it runs, and what its member has at risk at one time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.errors import ExclusionViolation
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from coverage.domain.cover import Held, peak
from coverage.domain.faults import Conflict
from coverage.domain.money import Money
from coverage.domain.period import Period
from coverage.operations.house import Work
from coverage.rulebook.format import Edition
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.terms import Facts, at_risk
from coverage.storage import covers
from coverage.storage.covers import AmountHeld, Cover, ObjectHeld
from coverage.storage.identity import new_id


def hold_object(tx: Work, cover: Cover, rules: Edition, windows: Mapping[str, Period]) -> None:
    """The object's exclusive sections, each held for its window. The database refuses a second hold at the same time."""
    if rules.object is None or cover.object_key is None:
        return
    for section in rules.object.exclusive_for:
        if section in windows:
            period: Range[Any] = Range(windows[section].start, windows[section].end, bounds="[)")
            held = ObjectHeld(
                tenant_id=tx.tenant_id, id=new_id("hold"), cover_id=cover.id, section=section,
                object_key=cover.object_key, period=period, state=cover.state,
            )  # fmt: skip
            tx.session.add(held)
    try:
        tx.session.flush()
    except IntegrityError as error:
        if isinstance(error.orig, ExclusionViolation):
            raise Conflict(
                "object_covered", "the object is covered already for a part of that time, by a cover of yours"
            ) from None
        raise


def hold_amounts(
    tx: Work, cover: Cover, edition: LoadedEdition, facts: Facts, windows: Mapping[str, Period], held_already: Facts | None = None
) -> None:  # fmt: skip
    """What the member has at risk, counted against each cap. The member's row is locked, so binds count one by one.

    `held_already` are the facts whose amounts the cover holds in these windows before: only what is more is held now.
    """
    for rule in edition.rules.accumulate:
        if rule.section not in windows:
            continue
        period = windows[rule.section]
        amount = at_risk(edition, rule.section, facts)
        if held_already is not None:
            amount -= at_risk(edition, rule.section, held_already)
            if amount <= 0:
                continue
        cap = rule.cap.micros // 10_000
        running = covers.amounts_held(
            tx.session, cover.policyholder_id, rule.section, rule.across, period.start, period.end
        )
        held = [Held(Period(row.starts_at, row.ends_at), row.amount) for row in running]
        highest = peak([*held, Held(period, amount)], period)
        if highest > cap:
            free = Money(max(cap - peak(held, period), 0), cover.currency)
            raise Conflict(
                "cap_exceeded",
                f"the member would have {Money(highest, cover.currency)} at risk in {rule.section} at one time, over the cap of "
                f"{Money(cap, cover.currency)}; {free} are free in that window",
            )
        tx.session.add(
            AmountHeld(
                tenant_id=tx.tenant_id, id=new_id("hold"), cover_id=cover.id, member_id=cover.policyholder_id,
                product=cover.product, section=rule.section, amount=amount, currency=cover.currency,
                starts_at=period.start, ends_at=period.end, state=cover.state,
            )
        )  # fmt: skip
    tx.session.flush()
