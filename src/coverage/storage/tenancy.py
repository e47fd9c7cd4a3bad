"""The only way to open a transaction. It takes the application's role and sets the tenant and the limits on time, all for
this transaction alone: neither our pool nor one between us and the server carries one tenant's view into another's work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Engine, ExceptionContext, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from coverage.domain.faults import Unavailable
from coverage.domain.tenant import Tenant
from coverage.telemetry import metrics

Role = Literal["sharecover_app", "sharecover_worker"]

# Tables that no tenant owns, and why each may stand outside row-level security.
OUTSIDE = {
    "alembic_version": "which migrations ran",
    "credentials": "read before the tenant is known, through find_credential and find_key alone",
    "editions": "rule files, the same for all",
    "insurers": "risk carriers, shared by partners",
    "outbox": "ids only; each job sets its tenant before it reads anything",
    "product_texts": "rule files, the same for all",
    "sanctions_entries": "a list that authorities publish, the same for all",
    "sanctions_lists": "which list was in force when",
    "tax_rows": "rule files, the same for all",
    "unsealed": "ids only; which facts wait for their seal",
}

# Tables of tenants whose rows the worker's role reads across all of them, and why it may. It writes to none so.
READ_BY_WORKER = {
    "tenants": "ids and a clock: whose work is due",
    "seals": "ids and a hash: what the next seal goes on from",
    "webhook_endpoints": "who wants to be told what: what is sent next",
    "webhook_deliveries": "ids and instants: what is sent next",
    "screenings": "ids, scores and a list's own words: what waits for a person to decide",
}


# No work of ours is silent for so long inside a transaction: whoever is has hung, and holds locks that others wait for.
LONGEST_SILENCE_MS: Final = 60_000

# A machine that vanished without a word is missed after 25 s, and its connection given up.
KEEP_ALIVE: Final = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}

# One statement opens a transaction. The parts that hold for it alone are told to the server and to no pooler's session.
OPENING: Final = text(
    "SELECT set_config('role', :role, true), set_config('sharecover.tenant', :tenant, true),"
    " set_config('statement_timeout', :statement, true), set_config('lock_timeout', :lock, true),"
    " set_config('idle_in_transaction_session_timeout', :silence, true), set_config('timezone', 'UTC', true)"
)

# What PostgreSQL says when it answers and is too busy: a lock that wasn't let go, a statement that took too long, two who
# waited for each other, too many connections. Nothing of the transaction stays, and it may be tried again.
BUSY: Final = {"55P03", "57014", "40P01", "40001", "53300"}
# Whoever is logged in may not do so.
NO_PRIVILEGE: Final = "42501"
# A server that takes no writes: one that was the first until another took over.
READ_ONLY: Final = "25006"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a transaction's statements may take, in milliseconds: each in all, and each in waiting for a lock."""

    statement_ms: int = 15_000
    lock_ms: int = 5_000


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL, and the role that transactions on it take.

    `behind_pooler`: a pooler in transaction mode stands before it, so that each transaction may run on another
    connection of the server. Whatever belongs to a session (LISTEN, a session's lock, a prepared statement) isn't to be had.
    """

    engine: Engine
    role: Role = "sharecover_app"
    limits: Limits = Limits()
    behind_pooler: bool = False

    @classmethod
    def connect(
        cls,
        url: str,
        role: Role = "sharecover_app",
        *,
        pool_size: int = 10,
        pool_wait: float = 5,
        limits: Limits = Limits(),
        behind_pooler: bool = False,
    ) -> Database:
        """Connects lazily to `url` (`postgresql+psycopg://…`). `pool_wait` is how many seconds a transaction waits for one
        of `pool_size` connections. Nothing is set when a connection begins: a pooler would refuse it, or mix it up.
        """
        connect_args: dict[str, Any] = {"connect_timeout": 3, **KEEP_ALIVE}
        if behind_pooler:
            connect_args["prepare_threshold"] = None
        engine = create_engine(
            # What a statement carries is personal or secret more often than not, and errors are logged.
            url, hide_parameters=True, pool_size=pool_size, max_overflow=0, pool_timeout=pool_wait, pool_pre_ping=True,
            connect_args=connect_args,
        )  # fmt: skip
        event.listen(engine, "handle_error", _give_up_read_only)
        return cls(engine, role, limits, behind_pooler)

    @contextmanager
    def transaction(self, tenant: Tenant, *, still: bool = False) -> Iterator[Session]:
        """A transaction that sees and writes the tenant's rows alone. Commits at the end, or rolls back what was raised.

        A `still` one writes nothing, and sees to its end what was committed when it began: what it adds up agrees.
        Raises `Unavailable`: "database_unavailable" when the database can't be reached, "overloaded" when it is too busy.
        """
        with self._session(tenant.id, still=still) as session:
            yield session

    @contextmanager
    def outside(self) -> Iterator[Session]:
        """A transaction with no tenant: it sees the tables outside and no tenant's row."""
        with self._session("") as session:
            yield session

    @contextmanager
    def as_owner(self, tenant_id: str) -> Iterator[Session]:
        """A transaction as whoever logs in: the schema's owner, who alone makes and changes partners. Row-level security
        holds for the owner too, so it sees one tenant, and with it that tenant's partner.

        Raises `Unavailable` ("owner_needed") where somebody else is logged in.
        """
        with _reached(), _owning(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            turn_to(session, tenant_id)
            yield session

    @contextmanager
    def _session(self, tenant_id: str, *, still: bool = False) -> Iterator[Session]:
        engine = self.engine
        if still:
            # Of one transaction, not of the connection: it is as before when it goes back to the pool.
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with _reached(), Session(engine, expire_on_commit=False) as session, session.begin():
            session.execute(
                OPENING,
                {
                    "role": self.role, "tenant": tenant_id, "statement": str(self.limits.statement_ms),
                    "lock": str(self.limits.lock_ms), "silence": str(LONGEST_SILENCE_MS),
                },
            )  # fmt: skip
            yield session

    def answers(self) -> bool:
        """Whether the database can be reached now."""
        try:
            with self.engine.connect() as connection:
                return bool(connection.scalar(text("SELECT 1")))
        except (DBAPIError, PoolTimeout):
            return False

    def passes_through_pooler(self) -> bool:
        """Whether something stands between us and the server: whom we connected to isn't who answers."""
        with _reached(), self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            return driver is not None and connection.scalar(text("SELECT pg_backend_pid()")) != driver.info.backend_pid

    def close(self) -> None:
        self.engine.dispose()


def turn_to(session: Session, tenant_id: str) -> None:
    """Lets the open transaction see and write another tenant's rows from here on: for a worker that goes over all."""
    session.execute(text("SELECT set_config('sharecover.tenant', :tenant, true)"), {"tenant": tenant_id})


def _give_up_read_only(context: ExceptionContext) -> None:
    """Throws the pool's connections away, this one and all: who answers under the same name now may be another server."""
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True


@contextmanager
def _owning() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != NO_PRIVILEGE:
            raise
        words = "the schema's owner alone may do this, and somebody else is logged in to the database"
        raise Unavailable("owner_needed", f"{words}; name the owner in DATABASE_OWNER_URL") from error


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        metrics.database_refused("pool")
        raise Unavailable("overloaded", "the service is busy now; try again shortly") from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state in BUSY:
            metrics.database_refused("busy")
            raise Unavailable("overloaded", "the database is busy now; try again shortly") from error
        if isinstance(error, OperationalError) or error.connection_invalidated:
            metrics.database_refused("unavailable")
            raise Unavailable("database_unavailable", "the database doesn't answer now; try again shortly") from error
        raise
