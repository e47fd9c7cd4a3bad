"""What was told of insured vehicles: one row for each transaction of a cover with compulsory motor liability.

The registration isn't here: it is opened when a row is told, and can't be any more once its person was erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session

from coverage.storage.schema import Instant, Table, TenantRow


class VehicleRow(TenantRow, Table):
    """A row of the insured vehicles' file. `corrects` names the row of the same cover that it takes the place of."""

    __tablename__ = "vehicle_rows"
    cover_id: Mapped[str]
    transaction_id: Mapped[str]
    kind: Mapped[str]  # issued, changed or cancelled
    corrects: Mapped[str | None]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]  # the same as the start where the cover was cancelled before it began
    recorded_at: Mapped[Instant]  # on the wall
    told_at: Mapped[Instant | None]  # on the wall: when it lay in the folder of what goes out


def rows_of(session: Session, cover_ids: Sequence[str]) -> list[VehicleRow]:
    """The rows of covers, the first first."""
    query = select(VehicleRow).where(VehicleRow.cover_id.in_(cover_ids))
    return list(session.scalars(query.order_by(VehicleRow.recorded_at, VehicleRow.id)))


def page(session: Session, since: datetime, after: tuple[datetime, str] | None, limit: int) -> list[VehicleRow]:
    """The rows recorded from an instant on, in that order, behind the one named by its instant and id."""
    query = select(VehicleRow).where(VehicleRow.recorded_at >= since)
    if after is not None:
        at, row_id = after
        query = query.where((VehicleRow.recorded_at > at) | ((VehicleRow.recorded_at == at) & (VehicleRow.id > row_id)))
    return list(session.scalars(query.order_by(VehicleRow.recorded_at, VehicleRow.id).limit(limit)))
