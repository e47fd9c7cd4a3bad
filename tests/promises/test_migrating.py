"""Promise 25: migrating under a service that works answers nobody with an error.

What works while a database is migrated is the service that was written for the schema as it was: it comes from the
project's own history, for every revision that a service was ever written for. A revision that came together with the next
one never had a service of its own; it is crossed on the way. The newest service refuses an older schema, so it can't be
the one. Nothing was ever installed at the first revision, whose service couldn't write what the second wants.
"""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ProgrammingError

from coverage.storage import migrations
from coverage.storage.identity import new_code
from tests.builders import Platform, a_bind, a_quote, soon
from tests.conftest import ROOT
from tests.processes import NO_TLS, Service, serving, wait_for
from tests.promises.trial import Trial, promise

VERSIONS = "src/coverage/storage/migrations/versions"
WHAT_A_SERVICE_NEEDS = ("src", "pricing_rules", "policy_templates")
NEVER_INSTALLED = "0001"
MASTER_KEY = base64.b64encode(bytes(range(32))).decode()
CALLERS = 3

# Facts and answers as a partner with a history has them: enough that a table isn't changed in no time.
HISTORY = (
    """INSERT INTO facts
    SELECT tenant_id, id || '_' || n, kind, subject, actor, happened_at, recorded_at, data
    FROM facts, generate_series(1, {times}) n WHERE tenant_id = :tenant""",
    """INSERT INTO idempotency_keys
    SELECT tenant_id, key || '_' || n, fingerprint, status, content_type, sealed, sealed_for, created_at
    FROM idempotency_keys, generate_series(1, {times}) n WHERE tenant_id = :tenant""",
)


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def services() -> dict[str, str]:
    """The newest revision that each earlier service knew, and the last commit that had it; the oldest first."""
    found = {}
    for path in sorted((ROOT / VERSIONS).glob("0*.py"))[1:]:
        added = _git("log", "--diff-filter=A", "--format=%H", "--", str(path.relative_to(ROOT)))
        before = f"{added.splitlines()[-1]}^" if added else "HEAD"
        known = [Path(name).name for name in _git("ls-tree", "--name-only", before, f"{VERSIONS}/").splitlines()]
        found[max(name for name in known if name.startswith("0"))[:4]] = before
    return {revision: commit for revision, commit in found.items() if revision != NEVER_INSTALLED}


@contextmanager
def earlier_service(commit: str, database_url: str, folder: Path) -> Iterator[Service]:
    """The service as it was, on an empty database."""
    source = folder / "source"
    source.mkdir()
    archive = subprocess.Popen(
        ["git", "-C", str(ROOT), "archive", commit, *WHAT_A_SERVICE_NEEDS], stdout=subprocess.PIPE
    )
    subprocess.run(["tar", "-x", "-C", source], stdin=archive.stdout, check=True)
    assert archive.stdout is not None
    archive.stdout.close()
    assert archive.wait() == 0
    environment = {"DATABASE_URL": database_url, "SHARECOVER_MASTER_KEY": MASTER_KEY, "PYTHONPATH": str(source / "src")}
    with serving(folder / "data", "--demo", environment=environment) as service:
        yield service


class Load:
    """Partners who quote, bind, cancel and list, until they are told to end."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._ended = threading.Event()
        self.statuses: Counter[int] = Counter()
        self.first_bad = ""

    def go_on(self, _: int) -> None:
        """Works until the end."""
        key = self._service.printed("Test key")
        with httpx2.Client(base_url=self._service.url, timeout=60, trust_env=False, verify=NO_TLS) as client:
            there = Platform(None, key, client)  # type: ignore[arg-type]
            there.claim(there.cover(), loss_at=soon(seconds=-60))
            while not self._ended.is_set():
                quote = self._count(there.post("/v1/quotes", a_quote()))
                if quote.status_code == 201:
                    cover = self._count(there.post("/v1/covers", a_bind(quote.json())))
                    if cover.status_code == 201:
                        self._count(there.get(f"/v1/covers/{cover.json()['id']}"))
                        self._count(there.post(f"/v1/covers/{cover.json()['id']}/cancel", {}))
                self._count(there.get("/v1/covers"))

    def _count(self, answer: httpx2.Response) -> httpx2.Response:
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            self.first_bad = self.first_bad or answer.text
        return answer

    def end(self) -> None:
        self._ended.set()


def make_history(engine: Engine, times: int) -> None:
    """Multiplies what the partners have done."""
    with engine.begin() as connection:
        tenants = list(connection.scalars(text("SELECT DISTINCT tenant_id FROM credentials")))
        for tenant in tenants:
            connection.execute(text("SELECT set_config('sharecover.tenant', :tenant, true)"), {"tenant": tenant})
            for statement in HISTORY:
                connection.execute(text(statement.format(times=times)), {"tenant": tenant})


def reserves(engine: Engine) -> tuple[int, int]:
    """How many losses with an estimate were declared, and how many first reserves were posted for them."""
    declared = posted = 0
    with engine.begin() as connection:
        for tenant in list(connection.scalars(text("SELECT DISTINCT tenant_id FROM credentials"))):
            connection.execute(text("SELECT set_config('sharecover.tenant', :tenant, true)"), {"tenant": tenant})
            declared += connection.scalar(text("SELECT count(*) FROM exposures WHERE estimate = 42000")) or 0
            posted += (
                connection.scalar(text("SELECT count(*) FROM transfers WHERE cause LIKE 'exp_%' AND amount = 42000"))
                or 0
            )
    return declared, posted


class TestMigrating:
    @promise(
        25, "migrating under load from each earlier revision: no answer of 5xx",
        unit="answers", small=100, full=3_000, provokes=("migrated", "answered while migrating"),
        alone=True,
    )  # fmt: skip
    def test_holds_nobody_up(self, trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> None:
        if _git("rev-parse", "--is-shallow-repository") == "true":
            pytest.skip("the project's history isn't here")
        known = services()
        small = trial.size == trial.promise.small
        # The oldest crosses the most; the others come at full size.
        chosen = list(known)[:1] if small else list(known)
        for revision in chosen:
            folder = tmp_path_factory.mktemp("earlier")
            share = trial.size // len(chosen) + 1
            self._migrate_from(revision, known[revision], trial, folder, share, 300 if small else 500)

    def _migrate_from(self, revision: str, commit: str, trial: Trial, folder: Path, share: int, times: int) -> None:
        with an_empty_database() as url, earlier_service(commit, url, folder) as service:
            engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
            assert migrations.current(engine) == revision
            load = Load(service)
            with ThreadPoolExecutor(CALLERS) as threads:
                callers = threads.map(load.go_on, range(CALLERS))
                try:
                    wait_for("covers", lambda: load.statuses.total() > 50)
                    make_history(engine, times)
                    began = load.statuses.total()
                    migrations.upgrade(engine)
                    trial.met("answered while migrating", load.statuses.total() - began)
                    trial.met("migrated")
                    ended = load.statuses.total()
                    wait_for("answers", lambda: load.statuses.total() > max(ended + 30, share), 600)
                finally:
                    load.end()
            assert list(callers) == [None] * CALLERS
            assert migrations.current(engine) == migrations.newest()
            declared, posted = reserves(engine)
            engine.dispose()
            assert declared == posted >= CALLERS
            trial.done(load.statuses.total())
            assert set(load.statuses) <= {200, 201}, (load.statuses, load.first_bad)
            assert "Traceback" not in service.output


@contextmanager
def an_empty_database() -> Iterator[str]:
    """A database with nothing in it, at the address as people write it."""
    server = make_url(os.environ["TEST_DATABASE_URL"])
    name = f"earlier_{new_code(8).lower()}"
    admin = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

        def dropped() -> bool:
            try:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            except ProgrammingError:  # a vacuum at work there, whom only a superuser may end
                return False
            return True

        wait_for("the end of the database", dropped)
    admin.dispose()
