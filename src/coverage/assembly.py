"""The composition root: the only place that reads settings and plugs the gateways in.

Each process loads what it works with: a worker no web, and nobody a card processor's library without an account there.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from coverage import commands
from coverage.domain.chain import Fault as BrokenLink
from coverage.domain.faults import Fault, Rejected, Unavailable
from coverage.domain.tenant import Mode
from coverage.gateways.anchors import FileAnchors, read_beside
from coverage.gateways.blobs import FileBlobs
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.gateways.dumps import DumpFailed, read_dump, write_dump
from coverage.gateways.keyring import MasterKeyring
from coverage.gateways.limiting import CountedLimits
from coverage.gateways.outgoing import FolderOutgoing
from coverage.gateways.pictures import logo_from
from coverage.gateways.private_postgres import SUPERUSER, PostgresMissing, PostgresRefused, PrivatePostgres
from coverage.gateways.sanctions import read_list
from coverage.gateways.sharing_postgres import shared
from coverage.gateways.signing import BadSigning, PadesSignatures
from coverage.gateways.tables import FileTables
from coverage.operations import backing_up
from coverage.operations.backing_up import Manifest
from coverage.operations.house import House
from coverage.operations.ports import Payments, Wallet
from coverage.operations.publishing import Publisher
from coverage.operations.sealing import POLL_SECONDS, Sealer
from coverage.operations.verifying import Verdict, verify_events
from coverage.rulebook.editions import Library
from coverage.settings import BadSetting, Settings
from coverage.storage import migrations, whole
from coverage.storage.quotes import EditionKept
from coverage.storage.tenancy import Database, Limits, Role
from coverage.worker import ROUNDS, Round, Worker

if TYPE_CHECKING:
    from fastapi import FastAPI

    from coverage.web.demo import Demo

DATABASE = "sharecover"
MASTER_KEY = "master.key"
CARD_STAND_IN = "card-stand-in.json"
REPORT_STATEMENT_MS = 600_000

Say = Callable[[str], None]  # tells whoever waits what is being done


@dataclass(frozen=True, slots=True)
class Premises:
    """A house, its database as its owner, how to connect to it in another role, and how much it takes on at once."""

    house: House
    owner: Database
    connect: Callable[..., Database]  # in a role, with so many connections
    anchors: FileAnchors
    capacity: tuple[int, int, float] | None = None  # see `coverage.web.capacity`
    pages: tuple[str, ...] = ()  # where members may be sent to pay


@contextmanager
def open_premises(settings: Settings, say: Say, *, migrate: bool) -> Iterator[Premises]:
    """Everything that a process needs, closed again at the end. Without `migrate` the schema must be there already."""
    _make_data_folder(settings)
    keyring = _kept_keyring(settings)  # before anything is started for a key that can't be used
    with ExitStack() as closed_at_the_end:
        url = closed_at_the_end.enter_context(_database_address(settings, say))
        connect = partial(_connect, settings, url)
        if migrate:
            bring_up_to_date(_owner_address(settings, url), say)
        owner = closed_at_the_end.enter_context(closing(_connect(settings, settings.owner_url or url, pool_size=2)))
        database = closed_at_the_end.enter_context(closing(connect(pool_size=settings.pool_size)))
        documents = closed_at_the_end.enter_context(closing(WeasyPrintDocuments(settings.templates)))
        if not migrate:
            _require_schema(database)
        _refuse_unknown_pooler(database)
        keyring = keyring or _first_keyring(settings, database)
        signatures = closed_at_the_end.enter_context(closing(_signatures(settings)))
        say("Reading the rules")
        publisher = Publisher(database, settings.rules)
        closed_at_the_end.enter_context(publisher.following())
        house = House(
            database, publisher.current, keyring, documents, FileBlobs(settings.data / "blobs"),
            payments=_card_accounts(settings),
            tables=FileTables(), outgoing=FolderOutgoing(settings.reports), signatures=signatures,
            limits=CountedLimits(), public_url=settings.public_url, wallet=_wallet(settings),
        )  # fmt: skip
        capacity = (settings.concurrency, settings.queue, settings.queue_wait_ms / 1000)
        yield Premises(house, owner, connect, FileAnchors(settings.anchor), capacity, settings.checkout_origins)


def _signatures(settings: Settings) -> PadesSignatures:
    """What documents are signed with; raises `BadSetting` where that can't be used."""
    folder = settings.data / "signing"
    try:
        return PadesSignatures.open(
            folder, key=settings.signing_key, certificate=settings.signing_certificate, pin=settings.signing_pin,
            timestamps=settings.timestamps,
        )  # fmt: skip
    except BadSigning as error:
        raise BadSetting(f"documents can't be signed: {error}") from None
    except OSError as error:
        raise BadSetting(f"the folder {folder} can't be written to ({error.strerror})") from error


def _wallet(settings: Settings) -> Wallet | None:
    if settings.wallet_key is None or settings.wallet_issuer is None:
        return None
    from coverage.gateways.google_wallet import BadWallet, GoogleWallet

    try:
        return GoogleWallet.open(settings.wallet_key, settings.wallet_issuer)
    except BadWallet as error:
        raise BadSetting(str(error)) from None


def _card_accounts(settings: Settings) -> dict[Mode, Payments]:
    """The card processor's account of each mode that has a key."""
    if not settings.card_keys:
        return {}
    # With it, the library writes whole answers, client secrets among them, past every logger.
    os.environ.pop("STRIPE_LOG", None)
    from coverage.gateways.stripe_payments import StripePayments

    return {
        mode: StripePayments(key, settings.card_event_secrets.get(mode), api_base=settings.card_api)
        for mode, key in settings.card_keys.items()
    }


@contextmanager
def card_stand_in(settings: Settings, address: str) -> Iterator[Settings]:
    """The settings with a stand-in for the card processor that runs beside the service at `address`, for a demo.

    Where a processor is set already, that one is taken. Where the stand-in is, a file in the data folder says.
    """
    if settings.card_keys:
        yield settings
        return
    # Loaded by the demo alone.
    from coverage.gateways.stripe_stand_in.running import running

    with running(f"{address}/card-events/test") as there:
        _make_data_folder(settings)
        (settings.data / CARD_STAND_IN).write_text(json.dumps({"address": there.address, "key": there.key}) + "\n")
        yield replace(
            settings,
            card_keys={"test": there.key},
            card_event_secrets={"test": there.event_secret},
            card_api=there.address,
        )


@contextmanager
def open_queue(settings: Settings, say: Say) -> Iterator[Database]:
    """The database in the worker's role, for those who look after its work. Its schema must be there already."""
    _require_database(settings)
    # Whole books are looked through in one statement, and nobody waits at a counter for it.
    patient = replace(settings, statement_timeout_ms=REPORT_STATEMENT_MS)
    with (
        _database_address(settings, say) as url,
        closing(_connect(patient, url, "sharecover_worker", pool_size=2)) as queue,
    ):
        _require_schema(queue)
        yield queue


@dataclass(frozen=True, slots=True)
class Desk:
    """What an operator who screens works with: the database in the worker's role and as its owner, and the master key."""

    queue: Database
    owner: Database
    keyring: MasterKeyring | None


@contextmanager
def open_desk(settings: Settings, say: Say) -> Iterator[Desk]:
    """The desk, closed again at the end. The database's schema must be there already."""
    _require_database(settings)
    with ExitStack() as closed_at_the_end, _database_refusals():
        url = closed_at_the_end.enter_context(_database_address(settings, say))
        queue = closed_at_the_end.enter_context(closing(_connect(settings, url, "sharecover_worker", pool_size=1)))
        owner = closed_at_the_end.enter_context(closing(_connect(settings, settings.owner_url or url, pool_size=1)))
        _require_schema(queue)
        yield Desk(queue, owner, _kept_keyring(settings))


@contextmanager
def open_reports(settings: Settings, say: Say) -> Iterator[tuple[House, Database]]:
    """A house to read from beside the service, and the database in the worker's role, which knows all tenants."""
    _require_database(settings)
    keyring = _kept_keyring(settings)
    if keyring is None:
        raise BadSetting(f"there is no {MASTER_KEY} in {settings.data}; put it there, or set SHARECOVER_MASTER_KEY")
    # A month's transfers are added up in one statement, and nobody waits at a counter for it.
    patient = replace(settings, statement_timeout_ms=REPORT_STATEMENT_MS)
    with (
        _database_refusals(),
        _database_address(settings, say) as url,
        closing(_connect(patient, url, pool_size=1)) as database,
        closing(_connect(patient, url, "sharecover_worker", pool_size=1)) as queue,
        closing(WeasyPrintDocuments(settings.templates)) as documents,
    ):
        _require_schema(queue)
        # What was sold is read as it is kept; no rules are on sale here.
        house = House(
            database, lambda: Library((), ()), keyring, documents, FileBlobs(settings.data / "blobs"), tables=FileTables(),
            outgoing=FolderOutgoing(settings.reports),
        )  # fmt: skip
        yield house, queue


def migrate(settings: Settings, say: Say) -> str:
    """Brings the schema to the newest revision, and answers it."""
    _make_data_folder(settings)
    with _database_address(settings, say) as url:
        return bring_up_to_date(_owner_address(settings, url), say)


def verify(
    settings: Settings,
    anchors: Sequence[Path],
    say: Say,
    tell: Callable[[BrokenLink], None],
    progress: Callable[[int, int], None],
    *,
    begun_anew_at: int = 0,
) -> Verdict:
    """Verifies the log of events against the anchor that is set, or others; raises `Fault` where it can't be looked at."""
    _require_database(settings)
    if settings.database_url is None:
        _make_data_folder(settings)  # which is there: this says so where it can't be written to
    with ExitStack() as closed_at_the_end, _database_refusals():
        url = closed_at_the_end.enter_context(_database_address(settings, say))
        # In the worker's role, which sees all seals; of the facts it sees those of the tenant that is set.
        database = closed_at_the_end.enter_context(closing(_connect(settings, url, "sharecover_worker", pool_size=1)))
        _require_schema(database)
        read = read_beside(anchors or [settings.anchor])
        return verify_events(database.outside, read, tell, progress, begun_anew_at=begun_anew_at)


def make_backup(settings: Settings, target: Path, say: Say) -> Manifest:
    """Writes a backup to a new file while the service runs; raises `Fault`, `DumpFailed` or `BadSetting`."""
    _require_database(settings)
    with _database_address(settings, say) as url:
        as_who = settings.backup_url or (settings.owner_url or url if settings.database_url else _superuser(settings))
        engine = create_engine(as_who, isolation_level="REPEATABLE READ", connect_args={"connect_timeout": 3})
        try:
            with engine.connect() as connection:
                if not whole.sees_all(connection):
                    words = "a backup needs a login that passes row-level security by (a superuser, or BYPASSRLS with"
                    raise BadSetting(f"{words} pg_read_all_data): name it in DATABASE_BACKUP_URL")
            say("Backing up")
            dump = partial(write_dump, as_who)
            return backing_up.make_backup(engine, dump, settings.data / "blobs", settings.anchor, target)
        except DBAPIError as error:
            raise _refused_by_database(error) from error
        except OSError as error:
            raise BadSetting(f"the backup can't be written to {target} ({error.strerror})") from error
        finally:
            engine.dispose()


def restore_backup(settings: Settings, source: Path, say: Say) -> tuple[Manifest, str]:
    """Reads a backup into an empty installation; what it held, and what the verification of its events came to."""
    say("Checking the backup")
    try:
        manifest = backing_up.check_backup(source)
    except OSError as error:
        raise BadSetting(f"the backup {source} can't be read ({error.strerror})") from error
    if manifest.revision not in migrations.revisions():
        raise BadSetting(
            f"the backup is at revision {manifest.revision}, which is newer than this: bring the newer service"
        )
    _make_data_folder(settings)
    with _database_address(settings, say) as url:
        owner_url = _owner_address(settings, url)
        engine = create_engine(owner_url, connect_args={"connect_timeout": 3})
        try:
            say("Restoring")
            backing_up.restore_backup(
                engine, lambda path, rows: read_dump(owner_url, path, rows=rows), FileBlobs(settings.data / "blobs"),
                settings.anchor, source, manifest,
            )  # fmt: skip
        except DBAPIError as error:
            raise _refused_by_database(error) from error
        except OSError as error:
            # A full disk, or a folder that can't be written to: which one stands in the error.
            raise BadSetting(f"the backup can't be restored ({error})") from error
        finally:
            engine.dispose()
        if manifest.revision != migrations.newest():
            return (
                manifest,
                "Run `coverage migrate`, then `coverage verify events`: the backup is of an earlier revision.",
            )
        # An anchor that began late did so before the backup: it says nothing against what was restored.
        verdict = verify(
            settings, [], say, lambda fault: say(str(fault)), lambda _, __: None, begun_anew_at=sys.maxsize
        )
    if verdict.faults:
        faults = "1 fault" if verdict.faults == 1 else f"{verdict.faults:,} faults"
        raise Rejected("restore_differs", f"{faults} in the log of events: `coverage verify events` names each")
    events = "1 event" if verdict.verified == 1 else f"{verdict.verified:,} events"
    told = [f"{events} verified against the seals and the anchor.", *(f"Warning: {one}." for one in verdict.warnings)]
    return manifest, "\n".join(told)


def _require_database(settings: Settings) -> None:
    """Refuses a folder without a database: whoever mistypes it wants to be told, and not to be given an empty one."""
    if settings.database_url is None and not PrivatePostgres(settings.data).is_made:
        raise BadSetting(f"there is no database in {settings.data}; name its folder with --data, or set DATABASE_URL")


@contextmanager
def _database_refusals() -> Iterator[None]:
    """What the database refuses, or breaks off half-way, as a fault that is said in a line."""
    try:
        yield
    except DBAPIError as error:
        raise _refused_by_database(error) from error


def _superuser(settings: Settings) -> str:
    return PrivatePostgres(settings.data).url(DATABASE, SUPERUSER)


def _connect(settings: Settings, url: str, role: Role = "sharecover_app", *, pool_size: int) -> Database:
    """A database with the limits that are set; closed by whoever asked for it."""
    limits = Limits(settings.statement_timeout_ms, settings.lock_timeout_ms)
    return Database.connect(
        url, role, pool_size=pool_size, pool_wait=settings.pool_wait_ms / 1000, limits=limits,
        behind_pooler=settings.behind_pooler and url == settings.database_url,
    )  # fmt: skip


def _owner_address(settings: Settings, url: str) -> str:
    """Where to migrate: past any pooler, since those who migrate wait for each other by a lock of their sessions."""
    if settings.behind_pooler and settings.database_url and not settings.owner_url:
        words = "migrations can't run through a pooler"
        raise BadSetting(f"{words}: name the server itself, as the schema's owner, in DATABASE_OWNER_URL")
    return settings.owner_url or url


def _refuse_unknown_pooler(database: Database) -> None:
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
        raise _refused_by_database(error) from error
    finally:
        engine.dispose()


def _require_schema(database: Database) -> None:
    try:
        with database.engine.begin() as connection:
            current = None
            if connection.scalar(text("SELECT to_regclass('alembic_version')")) is not None:
                # As the service does: the login itself may have no right to anything.
                connection.execute(text(f"SET LOCAL ROLE {database.role}"))
                current = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError as error:
        raise _refused_by_database(error) from error
    if current != migrations.newest():
        found = f"at revision {current}" if current else "not there yet"
        words = f"the database's schema is {found}; expected {migrations.newest()}: run `coverage migrate` first"
        raise Unavailable("schema_outdated", words)


def _refused_by_database(error: DBAPIError) -> Unavailable:
    """In the server's own words, of which the first line says it. They hold no password."""
    first_line = str(error.orig).strip().partition("\n")[0]
    return Unavailable("database_unavailable", f"the database can't be used: {first_line}")


def _make_data_folder(settings: Settings) -> None:
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        if not os.access(settings.data, os.W_OK | os.X_OK):
            raise PermissionError(0, "it can't be written to")
    except OSError as error:
        words = f"the data folder {settings.data} can't be used ({error.strerror})"
        raise BadSetting(f"{words}; choose another with --data or SHARECOVER_DATA") from None


def _kept_keyring(settings: Settings) -> MasterKeyring | None:
    """The keyring of the key that is set or kept, if there is one."""
    path = settings.data / MASTER_KEY
    try:
        if settings.master_key is not None:
            return MasterKeyring.from_text(settings.master_key)
        return MasterKeyring.from_file(path) if path.exists() else None
    except (ValueError, OSError) as error:
        raise BadSetting(f"{'SHARECOVER_MASTER_KEY' if settings.master_key else path}: {error}") from None


def _first_keyring(settings: Settings, database: Database) -> MasterKeyring:
    """A keyring with a new key, unless the database shows that there was one: a second key would open nothing."""
    path = settings.data / MASTER_KEY
    with database.outside() as session:
        used = session.scalar(select(EditionKept.hash).limit(1)) is not None
    if used:
        words = f"the database was used with a master key that isn't in {path}; put it back there"
        raise BadSetting(f"{words}, or set SHARECOVER_MASTER_KEY")
    return MasterKeyring.from_file(path)


# ------------------------------------------------------------------------------------------ the private PostgreSQL


@contextmanager
def _database_address(settings: Settings, say: Say) -> Iterator[str]:
    """Where the database is: the one that is named, or else a private one in the data folder."""
    if settings.database_url:
        yield settings.database_url
        return
    cluster = PrivatePostgres(settings.data)
    if cluster.process_id is None:
        say(f"Starting PostgreSQL in {settings.data}")
    with shared(cluster, settings.data, DATABASE):
        yield cluster.url(DATABASE)


# ------------------------------------------------------------------------------------------ what runs on the premises


def build_worker(premises: Premises) -> Worker:
    """A worker on the same house, whose queue it reads in its own role, and which seals what is recorded."""
    rounds = (*ROUNDS, Round("seal", POLL_SECONDS, Sealer(premises.anchors).once))
    # A connection for the jobs, one for each round, and one on its way to listen.
    return Worker(premises.house, premises.connect("sharecover_worker", pool_size=2 + len(rounds)), rounds=rounds)


def build_app(premises: Premises, demo: Demo | None) -> FastAPI:
    """The web application; with a demo, its documentation speaks of things that are there."""
    from coverage.web.app import create_app
    from coverage.web.capacity import Capacity

    capacity = Capacity(*premises.capacity) if premises.capacity else None
    examples = demo.examples if demo else None
    return create_app(premises.house, examples=examples, capacity=capacity, checkout_origins=premises.pages)


def build_demo(premises: Premises, data: Path) -> Demo:
    """The demo's partners; a live key is never among what they are given."""
    from coverage.web.demo import Demo

    return Demo(premises.house, premises.owner, data)


def wiring() -> commands.Wiring:
    """What the commands work with."""
    return commands.Wiring(
        read_settings=Settings.read,
        migrate=migrate,
        verify_events=verify,
        make_backup=make_backup,
        restore_backup=restore_backup,
        open_premises=open_premises,
        card_stand_in=card_stand_in,
        open_queue=open_queue,
        open_desk=open_desk,
        read_sanctions=read_list,
        read_logo=lambda path: logo_from(path.read_bytes()),
        open_reports=open_reports,
        build_worker=build_worker,
        build_app=build_app,
        build_demo=build_demo,
        wrong_use=(BadSetting,),
        stopped=(Fault, PostgresMissing, PostgresRefused, DumpFailed),
    )
