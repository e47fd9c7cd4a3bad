"""What tests stand on: one PostgreSQL for the run, a migrated database for each process, a house on it, partners at will.

TEST_DATABASE_URL names another PostgreSQL (its owner, allowed to create databases and roles).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from coverage.gateways.blobs import FileBlobs
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.gateways.keyring import MasterKeyring
from coverage.gateways.limiting import STRANGERS, CountedLimits
from coverage.gateways.outgoing import FolderOutgoing
from coverage.gateways.private_postgres import PrivatePostgres
from coverage.gateways.signing import PadesSignatures
from coverage.gateways.tables import FileTables
from coverage.gateways.webhook_posting import WebhookPost
from coverage.operations.house import House
from coverage.operations.publishing import Publisher
from coverage.rulebook.editions import Library, load
from coverage.storage import migrations
from coverage.storage.identity import new_code
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import note_events, note_faults
from tests.builders import Platform, enrol_platform
from tests.lending import Wall, selling
from tests.listening import nowhere
from tests.processes import NO_TLS, folder_for_databases
from tests.serving import serving

ROOT = Path(__file__).parents[1]
RULES = ROOT / "pricing_rules"
TEMPLATE = "sharecover_template"
_cluster: PrivatePostgres | None = None


def pytest_configure(config: pytest.Config) -> None:
    """The first process starts PostgreSQL and migrates a template; the others find its address in the environment."""
    global _cluster
    note_faults()
    # Whoever starts this behind a script's `&` lets it take no notice of interrupts, nor whatever it starts; tests send some.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput") or "TEST_DATABASE_URL" in os.environ:
        return
    _cluster = PrivatePostgres(folder_for_databases("sharecover-test-"), durable=False)
    _cluster.start()
    _cluster.create_database(TEMPLATE)
    engine = create_engine(_cluster.url(TEMPLATE))
    migrations.upgrade(engine)
    engine.dispose()
    os.environ["TEST_DATABASE_URL"] = _cluster.url(TEMPLATE)
    os.environ["TEST_DATABASE_TEMPLATE"] = TEMPLATE


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """While what the test stood on is there."""
    note_events()


def pytest_unconfigure(config: pytest.Config) -> None:
    global _cluster
    if _cluster is not None:
        _cluster.remove()
        _cluster = None
        del os.environ["TEST_DATABASE_URL"], os.environ["TEST_DATABASE_TEMPLATE"]


@contextmanager
def a_database() -> Iterator[str]:
    """A migrated database of the block's own, as its owner."""
    server = make_url(os.environ["TEST_DATABASE_URL"])
    name = f"test_{new_code(8).lower()}"
    admin = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    template = os.environ.get("TEST_DATABASE_TEMPLATE")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else "")))
    url = server.set(database=name)
    if template is None:
        engine = create_engine(url)
        migrations.upgrade(engine)
        engine.dispose()
    yield url.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A migrated database of this process's own, as its owner."""
    with a_database() as url:
        yield url


@pytest.fixture
def empty_url(database_url: str) -> Iterator[str]:
    """A database with nothing in it."""
    url = make_url(database_url)
    name = f"test_{new_code(8).lower()}"
    admin = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def fresh_database_url() -> Iterator[str]:
    """A migrated database that nobody else uses, for what a test does to all of it."""
    with a_database() as url:
        yield url


@pytest.fixture(scope="session")
def owner(database_url: str) -> Iterator[Database]:
    """The database as its owner, who may make partners."""
    database = Database.connect(database_url, pool_size=2)
    yield database
    database.close()


@pytest.fixture(scope="session")
def house(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The real house: this process's database, the project's rules and templates, files for blobs."""
    database = Database.connect(database_url, pool_size=20)
    rules = Publisher(database, RULES)
    documents = WeasyPrintDocuments(ROOT / "policy_templates")
    blobs = FileBlobs(tmp_path_factory.mktemp("blobs"))
    outgoing = FolderOutgoing(tmp_path_factory.mktemp("outgoing"))
    signatures = PadesSignatures.open(tmp_path_factory.mktemp("signing"))
    yield House(
        database,
        rules.current,
        MasterKeyring(bytes(range(32))),
        documents,
        blobs,
        tables=FileTables(),
        outgoing=outgoing,
        signatures=signatures,
        # Without an end to how often: all tests ask from one address.
        limits=CountedLimits(dict.fromkeys(STRANGERS)),
        public_url="http://testserver",
        posting=WebhookPost(loopback=True, resolver=nowhere),
    )
    signatures.close()
    documents.close()
    database.close()


@pytest.fixture(scope="session")
def app(house: House) -> FastAPI:
    """The web application on the house."""
    return create_app(house)


@pytest.fixture
def platform(owner: Database, house: House, app: FastAPI) -> Iterator[Platform]:
    """A partner in test mode that nobody else knows, with a client that bears its key."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield enrol_platform(owner, house, client)


@pytest.fixture
def another_platform(owner: Database, house: House, platform: Platform) -> Platform:
    """A second partner on the same service."""
    return enrol_platform(owner, house, platform.client)


@pytest.fixture(scope="session")
def served(app: FastAPI) -> Iterator[str]:
    """The service on a real socket, for what only shows there: its address."""
    with serving(app) as address:
        yield address


@pytest.fixture
def served_platform(owner: Database, house: House, served: str) -> Iterator[Platform]:
    """A partner who calls over a real socket, from as many threads as it likes."""
    limits = httpx2.Limits(max_connections=100)
    with httpx2.Client(base_url=served, timeout=60, limits=limits, trust_env=False, verify=NO_TLS) as client:
        yield enrol_platform(owner, house, client)


@pytest.fixture(scope="session")
def tariffs() -> Library:
    """The tariffs that stretch the rule language; nobody sells them but in tests."""
    library = load(ROOT / "tests" / "tariffs")
    assert not library.faults
    return library


@pytest.fixture
def wall() -> Wall:
    """A wall clock that stands still until a test moves it."""
    return Wall()


@pytest.fixture
def lender(owner: Database, house: House, tariffs: Library, wall: Wall) -> Iterator[Platform]:
    """A partner that sells those tariffs, on the day of `wall`."""
    with selling(owner, house, tariffs, wall) as platform:
        yield platform


@pytest.fixture
def house_with(house: House) -> Callable[..., House]:
    """The house with some of its parts replaced: `house_with(wall=…)`."""
    # What stands in for the typesetter makes nothing that can be signed.
    return lambda **parts: replace(house, **({"signatures": None} if "documents" in parts else {}) | parts)
