"""The composition root: the only place that reads settings and plugs the gateways in.

Each process loads what it works with: a worker no web, and nobody a card processor's library without an account there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from coverage import commands
from coverage.assembly.databases import (
    bring_up_to_date,
    connected,
    database_address,
    database_refusals,
    owner_address,
    refuse_unknown_pooler,
    require_database,
    require_schema,
)
from coverage.assembly.folder import MASTER_KEY, Say, first_keyring, kept_keyring, make_data_folder
from coverage.assembly.safekeeping import make_backup, migrate, restore_backup, verify
from coverage.domain.faults import Fault
from coverage.domain.tenant import Mode
from coverage.gateways.anchors import FileAnchors
from coverage.gateways.blobs import FileBlobs
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.gateways.dumps import DumpFailed
from coverage.gateways.keyring import MasterKeyring
from coverage.gateways.limiting import STRANGERS, CountedLimits
from coverage.gateways.outgoing import FolderOutgoing
from coverage.gateways.pictures import logo_from
from coverage.gateways.private_postgres import PostgresMissing, PostgresRefused
from coverage.gateways.sanctions import read_list
from coverage.gateways.signing import BadSigning, PadesSignatures, signing_folder
from coverage.gateways.tables import FileTables
from coverage.gateways.webhook_posting import WebhookPost
from coverage.operations import delivering, gauging
from coverage.operations.house import House
from coverage.operations.ports import Payments, Wallet
from coverage.operations.publishing import Publisher
from coverage.operations.sealing import POLL_SECONDS, Sealer
from coverage.rulebook.editions import Library
from coverage.settings import BadSetting, Settings
from coverage.storage.tenancy import Database
from coverage.telemetry import metrics, traces
from coverage.worker import ROUNDS, Round, Worker

if TYPE_CHECKING:
    from fastapi import FastAPI

    from coverage.web.demo import Demo

CARD_STAND_IN = "card-stand-in.json"
REPORT_STATEMENT_MS = 600_000


@dataclass(frozen=True, slots=True)
class Premises:
    """A house, its database as its owner, how to connect to it in another role, and how much it takes on at once."""

    house: House
    owner: Database
    connect: Callable[..., Database]  # in a role, with so many connections
    anchors: FileAnchors
    capacity: tuple[int, int, float] | None = None  # see `coverage.web.capacity`
    pages: tuple[str, ...] = ()  # where members may be sent to pay
    gauged: bool = False  # whether somebody asks for metrics


@contextmanager
def open_premises(settings: Settings, say: Say, *, migrate: bool) -> Iterator[Premises]:
    """Everything that a process needs, closed again at the end. Without `migrate` the schema must be there already."""
    make_data_folder(settings)
    keyring = kept_keyring(settings)  # before anything is started for a key that can't be used
    with ExitStack() as closed_at_the_end:
        url = closed_at_the_end.enter_context(database_address(settings, say))
        connect = partial(connected, settings, url)
        if migrate:
            bring_up_to_date(owner_address(settings, url), say)
        owner = closed_at_the_end.enter_context(closing(connected(settings, settings.owner_url or url, pool_size=2)))
        database = closed_at_the_end.enter_context(closing(connect(pool_size=settings.pool_size)))
        documents = closed_at_the_end.enter_context(closing(WeasyPrintDocuments(settings.templates)))
        if not migrate:
            require_schema(database)
        refuse_unknown_pooler(database)
        keyring = keyring or first_keyring(settings, database)
        signatures = closed_at_the_end.enter_context(closing(_signatures(settings)))
        metrics.watch_pool("app", database.engine.pool)
        metrics.signing_expires(signatures.expires_at.timestamp())
        say("Reading the rules")
        publisher = Publisher(database, settings.rules)
        closed_at_the_end.enter_context(publisher.following())
        house = House(
            database, publisher.current, keyring, traces.port("documents", documents),
            traces.port("blobs", FileBlobs(settings.data / "blobs")),
            payments={mode: traces.port("payments", one) for mode, one in _card_accounts(settings).items()},
            tables=FileTables(), outgoing=FolderOutgoing(settings.reports),
            signatures=traces.port("signatures", signatures),
            limits=_limits(settings), public_url=settings.public_url, wallet=_wallet(settings),
            posting=traces.port("webhooks", WebhookPost(loopback=settings.webhooks_to_loopback)),
        )  # fmt: skip
        capacity = (settings.concurrency, settings.queue, settings.queue_wait_ms / 1000)
        yield Premises(
            house,
            owner,
            connect,
            FileAnchors(settings.anchor),
            capacity,
            settings.checkout_origins,
            settings.metrics is not None,
        )


def _limits(settings: Settings) -> CountedLimits:
    requests = {f"requests_{mode}": rate for mode, rate in settings.rates.items()}
    policies = {**STRANGERS, **requests}
    return CountedLimits(policies, settings.redis_url, counted_alone=metrics.limit_counted_alone)


def _signatures(settings: Settings) -> PadesSignatures:
    """What documents are signed with; raises `BadSetting` where that can't be used."""
    folder = signing_folder(settings.data)
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
        make_data_folder(settings)
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
    require_database(settings)
    # Whole books are looked through in one statement, and nobody waits at a counter for it.
    patient = replace(settings, statement_timeout_ms=REPORT_STATEMENT_MS)
    with (
        database_address(settings, say) as url,
        closing(connected(patient, url, "sharecover_worker", pool_size=2)) as queue,
    ):
        require_schema(queue)
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
    require_database(settings)
    with ExitStack() as closed_at_the_end, database_refusals():
        url = closed_at_the_end.enter_context(database_address(settings, say))
        queue = closed_at_the_end.enter_context(closing(connected(settings, url, "sharecover_worker", pool_size=1)))
        owner = closed_at_the_end.enter_context(closing(connected(settings, settings.owner_url or url, pool_size=1)))
        require_schema(queue)
        yield Desk(queue, owner, kept_keyring(settings))


@contextmanager
def open_reports(settings: Settings, say: Say) -> Iterator[tuple[House, Database]]:
    """A house to read from beside the service, and the database in the worker's role, which knows all tenants."""
    require_database(settings)
    keyring = kept_keyring(settings)
    if keyring is None:
        raise BadSetting(f"there is no {MASTER_KEY} in {settings.data}; put it there, or set SHARECOVER_MASTER_KEY")
    # A month's transfers are added up in one statement, and nobody waits at a counter for it.
    patient = replace(settings, statement_timeout_ms=REPORT_STATEMENT_MS)
    with (
        database_refusals(),
        database_address(settings, say) as url,
        closing(connected(patient, url, pool_size=1)) as database,
        closing(connected(patient, url, "sharecover_worker", pool_size=1)) as queue,
        closing(WeasyPrintDocuments(settings.templates)) as documents,
    ):
        require_schema(queue)
        # What was sold is read as it is kept; no rules are on sale here.
        house = House(
            database, lambda: Library((), ()), keyring, documents, FileBlobs(settings.data / "blobs"), tables=FileTables(),
            outgoing=FolderOutgoing(settings.reports),
        )  # fmt: skip
        yield house, queue


def build_worker(premises: Premises) -> Worker:
    """A worker on the same house, whose queue it reads in its own role, and which seals what is recorded."""
    rounds: tuple[Round, ...] = (
        *ROUNDS,
        Round("seal", POLL_SECONDS, Sealer(premises.anchors).once),
        Round("webhooks", delivering.POLL_SECONDS, delivering.Courier().once),
    )
    if premises.gauged:
        rounds += (Round("gauge", gauging.EVERY_SECONDS, gauging.gauge),)
    # A connection for the jobs, one for each round, and one on its way to listen.
    queue = premises.connect("sharecover_worker", pool_size=2 + len(rounds))
    metrics.watch_pool("worker", queue.engine.pool)
    return Worker(premises.house, queue, rounds=rounds)


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
