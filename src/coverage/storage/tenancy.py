"""The only way to open a transaction. It takes the application's role and sets the tenant, both for this transaction
alone, so that a pooled connection can't carry one tenant's view into another's request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from coverage.domain.faults import Unavailable
from coverage.domain.tenant import Tenant

Role = Literal["sharecover_app", "sharecover_worker"]

# Tables that no tenant owns, and why each may stand outside row-level security.
OUTSIDE = {
    "alembic_version": "which migrations ran",
    "credentials": "read before the tenant is known, through find_credential alone",
    "editions": "rule files, the same for all",
    "insurers": "risk carriers, shared by partners",
    "outbox": "ids only; each job sets its tenant before it reads anything",
    "product_texts": "rule files, the same for all",
    "tax_rows": "rule files, the same for all",
    "unsealed": "ids only; which facts wait for their seal",
}

# Tables of tenants whose rows the worker's role reads across all of them, and why it may. It writes to none so.
READ_BY_WORKER = {
    "tenants": "ids and a clock: whose work is due",
    "seals": "ids and a hash: what the next seal goes on from",
}


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL, and the role that transactions on it take."""

    engine: Engine
    role: Role = "sharecover_app"

    @classmethod
    def connect(cls, url: str, role: Role = "sharecover_app", *, pool_size: int = 10, **options: Any) -> Database:
        """Connects lazily to `url` (`postgresql+psycopg://…`)."""
        return cls(
            create_engine(
                # What a statement carries is personal or secret more often than not, and errors are logged.
                url, hide_parameters=True, pool_size=pool_size, max_overflow=0, pool_timeout=5, pool_pre_ping=True,
                connect_args={"connect_timeout": 3, "options": "-c timezone=UTC -c statement_timeout=15000 -c lock_timeout=5000"},
                **options,
            ),
            role,
        )  # fmt: skip

    @contextmanager
    def transaction(self, tenant: Tenant) -> Iterator[Session]:
        """A transaction that sees and writes the tenant's rows alone. Commits at the end, or rolls back what was raised.

        Raises `Unavailable` when the database can't be reached.
        """
        with self._session(tenant.id) as session:
            yield session

    @contextmanager
    def outside(self) -> Iterator[Session]:
        """A transaction with no tenant: it sees the tables outside and no tenant's row."""
        with self._session("") as session:
            yield session

    @contextmanager
    def _session(self, tenant_id: str) -> Iterator[Session]:
        with _reached(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.execute(
                text("SELECT set_config('role', :role, true), set_config('sharecover.tenant', :tenant, true)"),
                {"role": self.role, "tenant": tenant_id},
            )
            yield session

    def answers(self) -> bool:
        """Whether the database can be reached now."""
        try:
            with self.engine.connect() as connection:
                return bool(connection.scalar(text("SELECT 1")))
        except (DBAPIError, PoolTimeout):
            return False

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("overloaded", "the service is busy now; try again shortly") from error
    except DBAPIError as error:
        if isinstance(error, OperationalError) or error.connection_invalidated:
            raise Unavailable("database_unavailable", "the database doesn't answer now; try again shortly") from error
        raise
