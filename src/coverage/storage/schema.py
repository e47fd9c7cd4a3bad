"""What every table shares: the registry, how instants and money are kept, and that a row belongs to a tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Minor = Annotated[int, mapped_column(BigInteger)]  # money in minor units, its currency in a column beside it
Count = Annotated[int, mapped_column(BigInteger)]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]
JsonList = Annotated[list[Any], mapped_column(JSONB)]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {str: Text()}  # noqa: RUF012 — SQLAlchemy's own way to say it


# PostgreSQL takes 65,535 parameters in a statement; as many ids as this are asked for at once.
AT_ONCE = 10_000


def in_turn(ids: Iterable[str]) -> Iterator[list[str]]:
    """Ids a statement's worth at a time."""
    given = iter(ids)
    while chunk := list(islice(given, AT_ONCE)):
        yield chunk


class TenantRow:
    """A row of one tenant. The tenant stands in the primary key, so that a reference can't reach another's rows."""

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
