"""Reports as tests read them: all rows as mappings, and what differs from the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from coverage.domain.tenant import Caller
from coverage.operations.changing import Confirmation, Wish, confirm_change, propose_change
from coverage.operations.house import House
from coverage.operations.reporting import Report
from coverage.storage.tenancy import Database
from tests.builders import Platform


def read(report: Report) -> list[dict[str, Any]]:
    """All rows, each cell by its column's code or else its name."""
    names = [column.code or column.name for column in report.columns]
    return [dict(zip(names, row, strict=True)) for batch in report.batches for row in batch]


def agreed(report: Report) -> list[dict[str, Any]]:
    """All rows of a report that is what the journal says."""
    rows = read(report)
    assert report.differences == []
    return rows


def change(house: House, platform: Platform, cover: dict[str, Any], kind: Any, **wish: Any) -> None:
    """A change of a cover that comes true at once."""
    end = datetime.fromisoformat(wish.pop("end")).astimezone(UTC) if "end" in wish else None
    with house.transaction(Caller(platform.tenant, "test")) as tx:
        proposed = propose_change(tx, house.rules(), cover["id"], Wish(kind, end, wish.pop("risk", {}), {}))
        assert proposed.state == "open", proposed.reasons
        confirm_change(tx, proposed.id, Confirmation(no_known_loss=True, declared_at=tx.now))


def forge(owner: Database, platform: Platform, debit: str, credit: str, amount: int) -> None:
    """A transfer that nobody booked, put in by whoever rules the database, at the instant of the tenant's last one."""
    with owner.engine.begin() as connection:
        connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": platform.tenant.id})
        connection.execute(
            text(
                "INSERT INTO transfers (tenant_id, id, transaction_id, debit, credit, amount, currency, posted_at, booked_at)"
                " SELECT tenant_id, 'tfr_forged', transaction_id, :debit, :credit, :amount, currency, posted_at, booked_at"
                " FROM transfers WHERE tenant_id = :id AND transaction_id IS NOT NULL ORDER BY id DESC LIMIT 1"
            ),
            {"id": platform.tenant.id, "debit": debit, "credit": credit, "amount": amount},
        )
