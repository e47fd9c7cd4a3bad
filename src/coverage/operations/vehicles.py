"""Insured vehicles: each cover with compulsory motor liability is told to the file of insured vehicles, and each change.

Law: Code des assurances L451-1-1 and its decree ask for insurer, contract number, registration, country and the dates of
liability within 72 hours. A cover for hours is over by then, so a row goes out within a minute. How the authority (in
France the AGIRA, for the FVA) wants the file isn't public: the layout is ours, and unverified.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final

from coverage.domain.faults import Unavailable
from coverage.domain.reporting import FIRST_INSTANT, Column, Row, in_batches
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.house import House, Work
from coverage.operations.quoting import edition_of
from coverage.operations.reporting import ACTOR, BATCH, Report
from coverage.rulebook.terms import insures_vehicle, liability_sections
from coverage.storage import covers, reports, vehicles
from coverage.storage.covers import Cover, Transaction, TransactionTerms
from coverage.storage.identity import new_id
from coverage.storage.partners import Insurer, MasterPolicy
from coverage.storage.quotes import Quote
from coverage.storage.vehicles import VehicleRow

COLUMNS: Final = (
    Column("row"), Column("corrects"), Column("kind"), Column("insurer"), Column("master_policy"),
    Column("contract_number"), Column("registration"), Column("country"), Column("starts_at", "instant"),
    Column("ends_at", "instant"), Column("recorded_at", "instant"), Column("note"),
)  # fmt: skip

# So long a row may take to be made once its cover is issued; what takes longer is missing.
WITHIN: Final = timedelta(minutes=1)
ERASED: Final = "erased: the person's data were erased, and the registration with them"


def report_vehicle(house: House, caller: Caller, cover_id: str) -> None:
    """Tells what was booked of a cover and hasn't been told: notes a row for each, then lays each out as a file of its own.

    A row is noted once, and its file is always the same: whoever lays it out again, after a crash or beside another, changes
    nothing of it.
    """
    if house.outgoing is None or house.tables is None:
        raise Unavailable("outgoing_unavailable", "there is nowhere to lay out what goes to others")
    with house.transaction(caller) as tx:
        # Lock the cover: of two who note it at once, the second finds nothing to note.
        cover = covers.lock(tx.session, tx.tenant_id, cover_id)
        if cover is None:
            return
        waiting = [row for row in _noted(tx, cover) if row.told_at is None]
        rows = list(_rows(tx, waiting))
    if not waiting:
        return
    for noted, told in zip(waiting, rows, strict=True):
        content = BytesIO()
        house.tables.write(content, "csv", COLUMNS, [[told]])
        house.outgoing.put(f"vehicles/{caller.tenant.mode}/{noted.id}.csv", content.getvalue())
    with house.transaction(caller) as tx:
        for row in vehicles.rows_of(tx.session, [cover_id]):
            if row.id in {one.id for one in waiting} and row.told_at is None:
                row.told_at = tx.wall


def vehicles_report(house: House, tenants: Sequence[Tenant], since: datetime | None = None) -> Report:
    """All rows that were noted since an instant; and as differences the transactions that have none though they should."""
    report = Report("vehicles", COLUMNS, iter(()))

    def rows() -> Iterator[Row]:
        for tenant in tenants:
            with house.transaction(Caller(tenant, ACTOR), still=True) as tx:
                after: tuple[datetime, str] | None = None
                while page := vehicles.page(tx.session, since or FIRST_INSTANT, after, BATCH):
                    yield from _rows(tx, page)
                    after = (page[-1].recorded_at, page[-1].id)
                    tx.session.expunge_all()
                    tx.close_keys()
                report.differences += _missing(tx, since or FIRST_INSTANT)

    report.batches = in_batches(rows(), BATCH)
    return report


def _noted(tx: Work, cover: Cover) -> list[VehicleRow]:
    """All rows of the cover, those that were missing made: one for each of its transactions, in their order."""
    quote = tx.session.get_one(Quote, (tx.tenant_id, cover.quote_id))
    edition = edition_of(tx, quote)
    if not insures_vehicle(edition, quote.facts):
        return []
    section = liability_sections(edition, quote.facts)[0]
    terms = {one.transaction_id: one for one in covers.terms_of(tx.session, [cover.id]) if one.section == section}
    told = {row.transaction_id: row for row in vehicles.rows_of(tx.session, [cover.id])}
    # In the transactions' order: rows of one instant have none of their own, and each corrects the one before it.
    rows: list[VehicleRow] = []
    for transaction in covers.transactions_of(tx.session, [cover.id]):
        row = told.get(transaction.id)
        if row is None:
            row = _new_row(tx, transaction, terms.get(transaction.id), rows[-1] if rows else None)
            tx.session.add(row)
            tx.session.flush()
        rows.append(row)
    return rows


def _new_row(
    tx: Work, transaction: Transaction, terms: TransactionTerms | None, before: VehicleRow | None
) -> VehicleRow:  # fmt: skip
    if terms is not None:
        starts_at, ends_at = terms.starts_at, terms.ends_at
    elif before is not None:
        # A cancellation has no terms: it is the end, also of what never began.
        starts_at, ends_at = before.starts_at, max(transaction.effective_at, before.starts_at)
    else:
        raise AssertionError(f"{transaction.id} is a vehicle's first, and has no terms")
    kind = "cancelled" if transaction.risk_type == "Cancellation" else "changed" if before else "issued"
    return VehicleRow(
        tenant_id=tx.tenant_id, id=new_id("vehicle_row"), cover_id=transaction.cover_id, transaction_id=transaction.id,
        kind=kind, corrects=before.id if before else None, starts_at=starts_at, ends_at=ends_at, recorded_at=tx.wall,
        told_at=None,
    )  # fmt: skip


def _rows(tx: Work, page: Sequence[VehicleRow]) -> Iterator[Row]:
    """The rows as they are told, their registrations opened."""
    found = reports.named(tx.session, Cover, [row.cover_id for row in page])
    quotes = reports.quotes_of(tx.session, list(found.values()))
    tx.open_keys({cover.policyholder_id for cover in found.values()})
    for row in page:
        cover = found[row.cover_id]
        policy = tx.session.get_one(MasterPolicy, (tx.tenant_id, cover.master_policy_id))
        insurer = tx.session.get_one(Insurer, policy.insurer_id)
        registration = _registration(tx, cover, quotes[cover.quote_id])
        yield (
            row.id, row.corrects, row.kind, insurer.name, policy.number, cover.number, registration, cover.country,
            row.starts_at, row.ends_at, row.recorded_at, None if registration else ERASED,
        )  # fmt: skip


def _registration(tx: Work, cover: Cover, quote: Quote) -> str | None:
    named = edition_of(tx, quote).rules.object
    given = quote.given | tx.unseal_json(cover.policyholder_id, cover.sealed, f"covers/{cover.id}")
    return str(given[named.input]) if named is not None and given.get(named.input) else None


def _missing(tx: Work, since: datetime) -> list[str]:
    """What was booked of vehicles and has no row, but for what was booked just now."""
    missing = []
    for page in reports.covers_booked_since(tx.session, since, tx.now - WITHIN, BATCH):
        quotes = reports.quotes_of(tx.session, page)
        ids = [
            cover.id
            for cover in page
            if insures_vehicle(edition_of(tx, quotes[cover.quote_id]), quotes[cover.quote_id].facts)
        ]
        told = {row.transaction_id for row in vehicles.rows_of(tx.session, ids) if row.told_at is not None}
        numbers = {cover.id: cover.number for cover in page}
        for transaction in covers.transactions_of(tx.session, ids):
            if transaction.id not in told and transaction.booked_at < tx.now - WITHIN:
                what = f"transaction {transaction.sequence} of {numbers[transaction.cover_id]}"
                missing.append(f"{tx.tenant_id}: {what} insures a vehicle, and was told to nobody")
    return missing
