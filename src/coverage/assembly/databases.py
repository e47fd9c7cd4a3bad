"""How the database is reached: which one, in which role, with which limits, and what is said when it can't be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from coverage.assembly.folder import Say
from coverage.domain.faults import Unavailable
from coverage.gateways.private_postgres import SUPERUSER, PrivatePostgres
from coverage.gateways.sharing_postgres import shared
from coverage.settings import BadSetting, Settings
from coverage.storage import migrations
from coverage.storage.tenancy import Database, Limits, Role

DATABASE = "sharecover"


@contextmanager
def database_address(settings: Settings, say: Say) -> Iterator[str]:
    """Where the database is: the one that is named, or else a private one in the data folder."""
    if settings.database_url:
        yield settings.database_url
        return
    cluster = PrivatePostgres(settings.data)
    if cluster.process_id is None:
        say(f"Starting PostgreSQL in {settings.data}")
    with shared(cluster, settings.data, DATABASE):
        yield cluster.url(DATABASE)


def connected(settings: Settings, url: str, role: Role = "sharecover_app", *, pool_size: int) -> Database:
    """A database with the limits that are set; closed by whoever asked for it."""
    limits = Limits(settings.statement_timeout_ms, settings.lock_timeout_ms)
    return Database.connect(
        url, role, pool_size=pool_size, pool_wait=settings.pool_wait_ms / 1000, limits=limits,
        behind_pooler=settings.behind_pooler and url == settings.database_url,
    )  # fmt: skip


def owner_address(settings: Settings, url: str) -> str:
    """Where to migrate: past any pooler, since those who migrate wait for each other by a lock of their sessions."""
    if settings.behind_pooler and settings.database_url and not settings.owner_url:
        words = "migrations can't run through a pooler"
        raise BadSetting(f"{words}: name the server itself, as the schema's owner, in DATABASE_OWNER_URL")
    return settings.owner_url or url


def refuse_unknown_pooler(database: Database) -> None:
    """Raises `BadSetting` where a pooler stands between that the settings don't know of."""
    if not database.behind_pooler and database.passes_through_pooler():
        raise BadSetting("a pooler stands between here and the database; say so with SHARECOVER_POOLER=transaction")


def bring_up_to_date(owner_url: str, say: Say) -> str:
    """The newest revision, which the schema at `owner_url` is at now; raises `Unavailable`."""
    say("Bringing the database's schema up to date")
    # Connections of its own, without the service's limits on time: an index may take long, another migration too.
    engine = create_engine(owner_url, connect_args={"connect_timeout": 3})
    try:
        if (current := migrations.current(engine)) not in (None, *migrations.revisions()):
            words = f"the database's schema is at revision {current}, which is newer than this"
            raise Unavailable("schema_outdated", f"{words}: bring the newer service")
        return migrations.upgrade(engine)
    except DBAPIError as error:
        raise refused_by_database(error) from error
    finally:
        engine.dispose()


def require_schema(database: Database) -> None:
    """Raises `Unavailable` where the schema isn't at the newest revision, or can't be read."""
    try:
        with database.engine.begin() as connection:
            current = None
            if connection.scalar(text("SELECT to_regclass('alembic_version')")) is not None:
                # As the service does: the login itself may have no right to anything.
                connection.execute(text(f"SET LOCAL ROLE {database.role}"))
                current = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError as error:
        raise refused_by_database(error) from error
    if current != migrations.newest():
        found = f"at revision {current}" if current else "not there yet"
        words = f"the database's schema is {found}; expected {migrations.newest()}: run `coverage migrate` first"
        raise Unavailable("schema_outdated", words)


def require_database(settings: Settings) -> None:
    """Refuses a folder without a database: whoever mistypes it wants to be told, and not to be given an empty one."""
    if settings.database_url is None and not PrivatePostgres(settings.data).is_made:
        raise BadSetting(f"there is no database in {settings.data}; name its folder with --data, or set DATABASE_URL")


def superuser(settings: Settings) -> str:
    """The address of the private PostgreSQL, as who may do everything there."""
    return PrivatePostgres(settings.data).url(DATABASE, SUPERUSER)


@contextmanager
def database_refusals() -> Iterator[None]:
    """What the database refuses, or breaks off half-way, as a fault that is said in a line."""
    try:
        yield
    except DBAPIError as error:
        raise refused_by_database(error) from error


def refused_by_database(error: DBAPIError) -> Unavailable:
    """In the server's own words, of which the first line says it. They hold no password."""
    first_line = str(error.orig).strip().partition("\n")[0]
    return Unavailable("database_unavailable", f"the database can't be used: {first_line}")
