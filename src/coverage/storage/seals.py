"""Seals: each fact's place in one sequence, with a hash over it and all before it; and the facts that wait for theirs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Identity, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from coverage.storage.schema import Instant, Table


class Seal(Table):
    """A fact's seal. Append-only; a tenant sees its own, the sealer all."""

    __tablename__ = "seals"
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tenant_id: Mapped[str]
    fact_id: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[Instant]


class Unsealed(Table):
    """A fact that waits for its seal: put here by the database when it is recorded, taken away when it is sealed."""

    __tablename__ = "unsealed"
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[str]
    fact_id: Mapped[str]
