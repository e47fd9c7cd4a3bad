"""The list that people are screened against, the same for all partners; and the screenings, each partner's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import BigInteger, Identity, LargeBinary, delete, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as insert_or_meet
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.domain.screening import Born, Entry
from coverage.storage.members import Member
from coverage.storage.schema import Instant, JsonList, Table, TenantRow

State = Literal["open", "cleared", "confirmed"]
STATES: Final[tuple[State, ...]] = get_args(State)

# One number for all who load: which list is the newest must not depend on who commits last.
LOADING_LOCK: Final = 7_301_544_120
ROWS_AT_ONCE: Final = 1000


class SanctionsList(Table):
    """A list that was loaded. The newest is in force; the row of an earlier one stays, to tell what was known when."""

    __tablename__ = "sanctions_lists"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    source: Mapped[str]
    sha256: Mapped[str]  # of the file
    entries: Mapped[int] = mapped_column(BigInteger)
    loaded_at: Mapped[Instant]


class SanctionsEntry(Table):
    """Somebody on the list in force."""

    __tablename__ = "sanctions_entries"
    list_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    reference: Mapped[str]
    names: Mapped[JsonList]
    born: Mapped[JsonList]  # pairs of days
    kind: Mapped[str]
    programme: Mapped[str]


class Screening(TenantRow, Table):
    """A member who may be somebody on the list, and what a person decided about it.

    `person` and `entries` say for which name and birth date and for which entries that holds: a keyed hash, and digests.
    """

    __tablename__ = "screenings"
    member_id: Mapped[str]
    purpose: Mapped[str]
    list_id: Mapped[str]
    person: Mapped[bytes] = mapped_column(LargeBinary)
    entries: Mapped[bytes] = mapped_column(LargeBinary)
    matches: Mapped[
        JsonList
    ]  # of the list's own words alone: reference, digest, score, reasons, names, born, programme
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # name and birth date as screened, as JSON
    state: Mapped[str]
    decided_by: Mapped[str | None]
    because: Mapped[str | None]
    decided_at: Mapped[Instant | None]
    earlier: Mapped[list[Any]] = mapped_column(JSONB)  # decisions that were revised since
    created_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class ListLoaded:
    """What is known of a list without its entries."""

    id: str
    source: str
    sha256: str
    entries: int
    loaded_at: datetime


# --------------------------------------------------------------------------------------------- the list


def list_in_force(session: Session) -> ListLoaded | None:
    """The newest list; None before the first was loaded."""
    row = session.scalars(select(SanctionsList).order_by(SanctionsList.number.desc()).limit(1)).one_or_none()
    return ListLoaded(row.id, row.source, row.sha256, row.entries, row.loaded_at) if row else None


def id_in_force(session: Session) -> str | None:
    """The newest list's id."""
    return session.scalar(select(SanctionsList.id).order_by(SanctionsList.number.desc()).limit(1))


def entries_in_force(session: Session) -> tuple[str, list[Entry]]:
    """The newest list's id and entries, all of one moment: the list may be replaced while it is read."""
    newest = select(SanctionsList.id).order_by(SanctionsList.number.desc()).limit(1).scalar_subquery()
    query = select(SanctionsEntry).where(SanctionsEntry.list_id == newest).order_by(SanctionsEntry.position)
    rows = list(session.scalars(query))
    return rows[0].list_id if rows else "", [_entry(row) for row in rows]


def _entry(row: SanctionsEntry) -> Entry:
    born = tuple(Born(date.fromisoformat(first), date.fromisoformat(last)) for first, last in row.born)
    return Entry(row.reference, tuple(row.names), born, "person" if row.kind == "person" else "entity", row.programme)


def replace_list(session: Session, loaded: ListLoaded, entries: Sequence[Entry]) -> None:
    """Puts a list in force instead of the one before, as the schema's owner, in one transaction."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOADING_LOCK})
    session.execute(delete(SanctionsEntry))
    session.add(
        SanctionsList(
            id=loaded.id, source=loaded.source, sha256=loaded.sha256, entries=loaded.entries, loaded_at=loaded.loaded_at
        )
    )  # fmt: skip
    session.flush()
    for start in range(0, len(entries), ROWS_AT_ONCE):
        rows = [
            {
                "list_id": loaded.id, "position": start + place, "reference": entry.reference, "names": list(entry.names),
                "born": [[span.first.isoformat(), span.last.isoformat()] for span in entry.born],
                "kind": entry.kind, "programme": entry.programme,
            }
            for place, entry in enumerate(entries[start : start + ROWS_AT_ONCE])
        ]  # fmt: skip
        session.execute(insert(SanctionsEntry), rows)


# ------------------------------------------------------------------------------------- the screenings


def of_references(session: Session, references: Iterable[str]) -> dict[str, list[Screening]]:
    """All screenings of members, by the partner's references of them."""
    query = (
        select(Member.reference, Screening)
        .join(Member, (Member.tenant_id == Screening.tenant_id) & (Member.id == Screening.member_id))
        .where(Member.reference.in_(sorted(references)))
        .order_by(Screening.id)
    )
    found: dict[str, list[Screening]] = {}
    for reference, screening in session.execute(query.execution_options(populate_existing=True)):
        found.setdefault(reference, []).append(screening)
    return found


def add_once(session: Session, values: dict[str, Any]) -> None:
    """A screening, unless the same one of the same member is there."""
    unique = ["tenant_id", "member_id", "person", "entries"]
    session.execute(insert_or_meet(Screening).values(**values).on_conflict_do_nothing(index_elements=unique))


def several(session: Session, states: Sequence[str], limit: int) -> list[Screening]:
    """Screenings in those states, the oldest first: of all partners in the worker's role."""
    query = select(Screening).where(Screening.state.in_(states)).order_by(Screening.created_at, Screening.id)
    return list(session.scalars(query.limit(limit)))


def count(session: Session) -> dict[State, int]:
    """How many screenings there are in each state: of all partners in the worker's role."""
    rows = session.execute(text("SELECT state, count(*) FROM screenings GROUP BY state"))
    counts = {row[0]: row[1] for row in rows}
    return {state: counts.get(state, 0) for state in STATES}


def find(session: Session, screening_id: str, *, lock: bool = False) -> Screening | None:
    """The screening of that id, locked to the end of the transaction if asked for."""
    query = select(Screening).where(Screening.id == screening_id)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()
