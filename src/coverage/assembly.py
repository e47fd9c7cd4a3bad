"""The composition root: the only place that reads settings and plugs the gateways in."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from coverage import commands
from coverage.domain.faults import Fault, Rejected
from coverage.domain.tenant import Caller
from coverage.gateways.blobs import FileBlobs
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.gateways.keyring import MasterKeyring
from coverage.gateways.private_postgres import PostgresMissing, PostgresRefused, PrivatePostgres
from coverage.operations.demonstrating import PRODUCT, Standing, stand_ready
from coverage.operations.enrolling import DEMO_INSURER, Enrolment, enrol
from coverage.operations.house import House
from coverage.operations.publishing import publish
from coverage.operations.unlocking import caller_by_key
from coverage.settings import BadSetting, Settings
from coverage.storage import migrations
from coverage.storage.identity import new_code
from coverage.storage.tenancy import Database
from coverage.web.api.docs import Examples, quote_example
from coverage.web.app import create_app
from coverage.worker import Worker

DATABASE = "sharecover"


@dataclass(frozen=True, slots=True)
class Premises:
    """A house with its database as its owner, and the address by which a child process reaches it."""

    house: House
    owner: Database
    url: str


@contextmanager
def open_premises(settings: Settings, *, migrate: bool) -> Iterator[Premises]:
    """Everything that a process needs, closed again at the end. Starts the private PostgreSQL where no other is named."""
    settings.data.mkdir(parents=True, exist_ok=True)
    cluster = None if settings.database_url else PrivatePostgres(settings.data)
    try:
        if cluster is not None:
            cluster.start()
            cluster.create_database(DATABASE)
        url = settings.database_url or (cluster.url(DATABASE) if cluster else "")
        owner = Database.connect(settings.owner_url or url, pool_size=2)
        if migrate:
            migrations.upgrade(owner.engine)
        house = build_house(settings, Database.connect(url, pool_size=settings.pool_size))
        try:
            yield Premises(house, owner, url)
        finally:
            house.database.close()
            owner.close()
            close = getattr(house.documents, "close", None)
            if close:
                close()
    finally:
        if cluster is not None:
            cluster.stop()


def build_house(settings: Settings, database: Database) -> House:
    """The house on a database that is migrated."""
    library = publish(database, settings.rules)
    return House(
        database=database,
        rules=lambda: library,
        keyring=_keyring(settings),
        documents=WeasyPrintDocuments(settings.templates),
        blobs=FileBlobs(settings.data / "blobs"),
    )


def _keyring(settings: Settings) -> MasterKeyring:
    if settings.master_key is not None:
        return MasterKeyring.from_text(settings.master_key)
    return MasterKeyring.from_file(settings.data / "master.key")


def build_worker(premises: Premises) -> Worker:
    """A worker on the same house, whose queue it reads in its own role."""
    return Worker(premises.house, Database.connect(premises.url, "sharecover_worker", pool_size=2))


def build_app(premises: Premises, demo: Demo | None) -> FastAPI:
    return create_app(premises.house, examples=demo.examples if demo else None)


class Demo:
    """The demo's partners and what stands ready under the first. The second's clock is moved by `coverage demo`."""

    def __init__(self, premises: Premises, data: Path) -> None:
        self.house = premises.house
        keys = self._keys(premises.owner, data / "demo.json")
        self.key, self.playing_key = keys["key"], keys["playing_key"]
        self._caller = Caller(caller_by_key(self.house, self.key, "").tenant, "demo")
        self._standing: Standing | None = None
        self._lock = threading.Lock()

    def stand(self) -> Standing:
        """What stands ready now."""
        with self._lock:
            self._standing = stand_ready(self.house, self._caller, self._standing)
            return self._standing

    def examples(self) -> Examples:
        """The documentation's examples, each of which works as it stands."""
        standing = self.stand()
        return Examples(
            now=self.house.wall(),
            quote=standing.quote_id,
            cover=standing.cover_id,
            claim=standing.claim_id,
            cancellable=standing.cancellable_id,
            ipid_sha256=standing.ipid_sha256,
            registration=f"{new_code(2)}-{new_code(3)}-{new_code(2)}",
            idempotency_key=secrets.token_hex(8),
            loss_at=standing.loss_at,
        )

    def quote_body(self) -> str:
        """A body that quotes, as JSON in one line."""
        return quote_example(self.examples())

    def _keys(self, owner: Database, path: Path) -> dict[str, str]:
        """The demo's keys, from the data folder or made anew. Test keys alone; a live key is never written down."""
        if path.exists():
            found: dict[str, str] = json.loads(path.read_text())
            if all(self._opens(key) for key in found.values()):
                return found
        products = self.house.rules().products() or (PRODUCT,)
        made = {}
        for field, name in (("key", "Demo Platform"), ("playing_key", "Saturday Demo")):
            enrolment = Enrolment(name, "exempt_ancillary", DEMO_INSURER, products)
            made[field] = enrol(owner, self.house, enrolment, "test")[1]
        path.touch(mode=0o600)
        path.write_text(json.dumps(made, indent=2) + "\n")
        return made

    def _opens(self, key: str) -> bool:
        try:
            caller_by_key(self.house, key, "")
        except Rejected:
            return False
        return True


def wiring() -> commands.Wiring:
    """What the commands work with."""
    return commands.Wiring(
        read_settings=Settings.read,
        open_premises=open_premises,
        build_worker=build_worker,
        build_app=build_app,
        build_demo=Demo,
        wrong_use=(BadSetting,),
        stopped=(Fault, PostgresMissing, PostgresRefused),
    )
