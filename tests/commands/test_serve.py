"""The service as people run it: real processes on a private PostgreSQL, ended in every way that processes end."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url

from coverage.gateways.private_postgres import PrivatePostgres
from coverage.storage import migrations
from coverage.storage.identity import new_code
from coverage.storage.outbox import Job
from coverage.storage.tenancy import Database
from tests.builders import a_bind, a_quote
from tests.conftest import RULES
from tests.processes import (
    COVERAGE,
    NO_TLS,
    Service,
    clean_environment,
    data_folder,
    free_port,
    mentioning,
    run_coverage,
    running,
    serving,
    starting,
    wait_for,
)

MASTER_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def used_data() -> Iterator[Path]:
    """A data folder that services follow each other on, so that only the first makes a database."""
    with data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """One that only answers."""
    with data_folder() as folder, serving(folder, "--demo") as running:
        yield running


@pytest.fixture
def external_database() -> Iterator[str]:
    """The address of an empty database that isn't private."""
    server = make_url(os.environ["TEST_DATABASE_URL"])
    name = f"serve_{new_code(8).lower()}"
    admin = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        # As people write it: without our driver in it.
        yield server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def a_cover(service: Service) -> str:
    """The id of a cover, issued through the API."""
    quote = service.post("/v1/quotes", a_quote())
    assert quote.status_code == 201, quote.text
    cover = service.post("/v1/covers", a_bind(quote.json()))
    assert cover.status_code == 201, cover.text
    identity: str = cover.json()["id"]
    return identity


def wait_until_kept(url: str, cover: str) -> None:
    """Waits until a worker has kept a cover's certificate."""
    queue = Database.connect(url, "sharecover_worker", pool_size=1)

    def kept() -> bool:
        with queue.outside() as session:
            job = session.scalars(select(Job).where(Job.subject == cover, Job.kind == "render_certificate")).one()
            return job.done_at is not None

    try:
        wait_for("the certificate", kept)
    finally:
        queue.close()


def wait_until_ended(processes: set[int]) -> None:
    wait_for(lambda: f"the end of {running(processes)}", lambda: not running(processes))


class TestServe:
    def test_prints_a_line_that_quotes(self, service: Service, tmp_path: Path) -> None:
        line = next(line for line in service.output.splitlines() if line.startswith("curl "))
        (tmp_path / ".curlrc").write_text('silent\nwrite-out = "\\n%{http_code}"\n')
        told = subprocess.run(
            ["bash", "-c", line], env=clean_environment(CURL_HOME=str(tmp_path)), capture_output=True, text=True, check=True
        )  # fmt: skip
        assert told.stdout.splitlines()[-1] == "201", told.stdout

    def test_prints_the_address_of_documentation_that_opens(self, service: Service) -> None:
        answer = httpx2.get(service.printed("API docs"))
        assert answer.status_code == 200
        assert "swagger" in answer.text

    def test_prints_a_member_link_that_opens(self, service: Service) -> None:
        with httpx2.Client(follow_redirects=True) as browser:
            page = browser.get(service.printed("Member page"))
        assert page.status_code == 200
        assert "Camille Martin" in page.text

    def test_says_how_to_play_the_saturday_here(self, service: Service) -> None:
        assert f"./dev run demo --url {service.url} --data {service.data}" in service.output

    def test_has_the_certificate_made_before_anyone_asks(self, service: Service) -> None:
        wait_until_kept(PrivatePostgres(service.data).url(), a_cover(service))

    def test_keeps_its_secrets_for_itself(self, service: Service) -> None:
        for name in ("master.key", "demo.json"):
            assert (service.data / name).stat().st_mode & 0o077 == 0

    def test_takes_an_address_from_a_proxy_and_what_that_was_told_for_nothing(self, service: Service) -> None:
        assert [looked_up(service, "203.0.113.1") for _ in range(11)] == [404] * 10 + [429]
        assert looked_up(service, "198.51.100.9, 203.0.113.1") == 429, "the last one is whom the proxy saw"
        assert looked_up(service, "203.0.113.2") == 404

    def test_replaces_a_worker_that_dies(self, service: Service) -> None:
        dead = service.worker()
        os.kill(dead, signal.SIGKILL)
        wait_until_ended({dead})
        assert service.worker() != dead
        wait_until_kept(PrivatePostgres(service.data).url(), a_cover(service))

    def test_starts_a_database_again_that_dies(self, service: Service) -> None:
        dead = PrivatePostgres(service.data).process_id
        assert dead is not None
        os.kill(dead, signal.SIGKILL)
        assert service.get("/livez").status_code == 200
        wait_for("another server", lambda: PrivatePostgres(service.data).process_id not in (None, dead))
        wait_for("the database", lambda: service.get("/readyz").status_code == 200)
        assert a_cover(service)

    def test_lets_others_use_its_database_and_go(self, service: Service) -> None:
        server = PrivatePostgres(service.data).process_id
        migrated = run_coverage("migrate", "--data", str(service.data))
        assert migrated.returncode == 0, migrated.stderr
        assert PrivatePostgres(service.data).process_id == server
        assert service.get("/readyz").status_code == 200


@pytest.fixture
def hearing_hang_ups() -> Iterator[None]:
    """Under nohup whatever is started takes no notice of a hang-up; here it does."""
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, former)


class TestEnding:
    @pytest.mark.usefixtures("hearing_hang_ups")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_ends_everything_that_was_started(self, used_data: Path, number: signal.Signals) -> None:
        with serving(used_data, "--demo") as service:
            assert service.get(f"/v1/covers/{a_cover(service)}/certificate").status_code == 200
            service.worker()
            family = service.family()
            assert len(family) >= 4, "the service, its typesetter, its worker, PostgreSQL"
            before = service.output
            assert service.end(number) == 0
            wait_until_ended(family)
            assert service.output == before, "there is nothing to say"

    def test_is_not_broken_off_by_who_asks_again_and_again(self, used_data: Path) -> None:
        with serving(used_data) as service:
            service.worker()
            family = service.family()

            def ended() -> bool:
                if service.process.poll() is None:
                    os.killpg(service.process.pid, signal.SIGINT)
                return service.process.poll() is not None

            wait_for("the end", ended)
            assert service.process.returncode == 0
            assert "Traceback" not in service.output
            wait_until_ended(family)

    def test_leaves_nothing_running_when_it_is_killed(self, used_data: Path) -> None:
        with serving(used_data, "--demo") as service:
            cover, key = a_cover(service), service.printed("Test key")
            service.worker()
            family = service.family()
            os.kill(service.process.pid, signal.SIGKILL)
            wait_until_ended(family)
        began = time.monotonic()
        with serving(used_data, "--demo") as service:
            assert time.monotonic() - began < 15, "a second start is quick"
            assert service.printed("Test key") == key
            assert service.get(f"/v1/covers/{cover}").json()["id"] == cover
            wait_until_kept(PrivatePostgres(used_data).url(), cover)

    def test_starts_again_beside_the_remains_of_one_that_was_killed(self, used_data: Path) -> None:
        with serving(used_data, "--demo") as service:
            os.kill(service.process.pid, signal.SIGKILL)
            service.process.wait()
            with serving(used_data, "--demo", port=service.port) as second:
                assert second.get("/readyz").status_code == 200
                assert a_cover(second)

    def test_leaves_the_database_to_a_second_service(self, used_data: Path) -> None:
        with serving(used_data) as first, serving(used_data, "--demo") as second:
            assert first.end() == 0
            assert second.get("/readyz").status_code == 200
            assert a_cover(second)

    def test_leaves_the_database_to_those_who_verify_meanwhile(self, used_data: Path) -> None:
        with serving(used_data) as service:
            assert "Starting PostgreSQL" in service.output
            done = run_coverage("verify", "events", "--data", str(used_data))
            assert (done.returncode, done.stderr) == (0, ""), "it starts nothing that runs already, and doesn't say so"
            assert service.get("/readyz").status_code == 200

    @pytest.mark.parametrize("progress", ["Starting PostgreSQL", "Bringing the database", "Preparing"])
    def test_leaves_nothing_half_made_when_interrupted_while_it_starts(self, data: Path, progress: str) -> None:
        with starting(data, "--demo") as service:
            wait_for(progress, lambda: progress in service.output)
            assert service.end() == 0
            assert "Traceback" not in service.output
        wait_for("the end of all", lambda: not mentioning(str(data)))
        with serving(data, "--demo") as service:
            assert a_cover(service)


class TestWrongUse:
    @pytest.mark.parametrize(
        ("environment", "named"),
        [
            ({"PORT": "eight"}, "PORT"),
            ({"PORT": "9" * 5000}, "PORT"),
            ({"DATABASE_URL": "mysql://localhost/sharecover"}, "DATABASE_URL"),
            ({"DATABASE_URL": "postgresql://localhost:port/sharecover"}, "DATABASE_URL"),
            ({"DATABASE_OWNER_URL": "sharecover"}, "DATABASE_OWNER_URL"),
            ({"SHARECOVER_MASTER_KEY": "not base64"}, "SHARECOVER_MASTER_KEY"),
            ({"SHARECOVER_MASTER_KEY": base64.b64encode(bytes(16)).decode()}, "SHARECOVER_MASTER_KEY"),
            ({"SHARECOVER_RULES": "/nowhere"}, "SHARECOVER_RULES"),
            ({"SHARECOVER_DATA": f"{__file__}/data"}, "SHARECOVER_DATA"),
        ],
    )
    def test_is_told_in_a_line(self, tmp_path: Path, environment: dict[str, str], named: str) -> None:
        port = {} if "PORT" in environment else {"PORT": str(free_port())}
        told = run_coverage("serve", **{"SHARECOVER_DATA": str(tmp_path), **port, **environment})
        assert told.returncode == 2
        assert len(told.stderr.splitlines()) == 1
        assert named in told.stderr
        assert told.stdout == ""
        assert environment.get("SHARECOVER_MASTER_KEY", "no key") not in told.stderr

    @pytest.mark.parametrize("listening", [True, False])
    def test_is_told_that_the_port_is_taken(self, tmp_path: Path, listening: bool) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            if listening:
                taken.listen()
            port = taken.getsockname()[1]
            told = run_coverage("serve", "--port", str(port), "--data", str(tmp_path / "data"))
        assert told.returncode == 2
        assert len(told.stderr.splitlines()) == 1
        assert f"port {port}" in told.stderr
        assert not (tmp_path / "data").exists()

    def test_is_told_that_the_key_in_the_folder_is_broken(self, tmp_path: Path) -> None:
        (tmp_path / "master.key").write_text("")
        told = run_coverage("serve", "--port", str(free_port()), "--data", str(tmp_path))
        assert (told.returncode, told.stderr.count("\n")) == (2, 1)
        assert f"{tmp_path / 'master.key'}: the master key has 0 bytes; expected 32, as base64" in told.stderr

    def test_is_told_that_the_key_is_lost(self, used_data: Path) -> None:
        with serving(used_data, "--demo") as service:
            cover = a_cover(service)
        kept = (used_data / "master.key").rename(used_data / "kept.key")
        told = run_coverage("serve", "--port", str(free_port()), "--data", str(used_data))
        assert told.returncode == 2
        assert "SHARECOVER_MASTER_KEY" in told.stderr.splitlines()[-1]
        assert "Traceback" not in told.stderr
        assert not (used_data / "master.key").exists(), "another key would open nothing"
        kept.rename(used_data / "master.key")
        with serving(used_data, "--demo") as service:
            assert service.get(f"/v1/covers/{cover}").json()["id"] == cover

    def test_is_told_that_the_database_does_not_answer(self, tmp_path: Path) -> None:
        address = f"postgresql://someone:secret@localhost:{free_port()}/sharecover"
        for command in (["serve", "--port", str(free_port())], ["work"], ["migrate"]):
            told = run_coverage(*command, "--data", str(tmp_path), DATABASE_URL=address)
            assert told.returncode == 1
            assert "the database can't be used" in told.stderr.splitlines()[-1]
            assert "Traceback" not in told.stderr
            assert "secret" not in told.stderr

    def test_is_told_to_migrate_before_a_worker_works(self, external_database: str, tmp_path: Path) -> None:
        told = run_coverage("work", "--data", str(tmp_path), DATABASE_URL=external_database)
        assert told.returncode == 1
        assert told.stderr.splitlines()[-1].endswith("run `coverage migrate` first")

    @pytest.mark.parametrize("arguments", [["serve", "--prot", "8000"], ["serve", "--port", "0"], ["dance"]])
    def test_exits_with_two(self, arguments: list[str]) -> None:
        assert run_coverage(*arguments).returncode == 2


class TestHelp:
    def test_names_the_commands_and_the_environment(self) -> None:
        told = run_coverage("--help", COLUMNS="200")
        assert told.returncode == 0
        for word in ("serve", "work", "migrate", "demo", "rules", "DATABASE_URL", "SHARECOVER_MASTER_KEY", "PORT"):
            assert word in told.stdout

    @pytest.mark.parametrize(
        ("command", "defaults"),
        [
            ("serve", ["$PORT or 8000", "$SHARECOVER_DATA or .data", "$SHARECOVER_RULES", "127.0.0.1"]),
            ("work", ["$SHARECOVER_DATA or .data", "$SHARECOVER_RULES"]),
            ("migrate", ["$SHARECOVER_DATA or .data"]),
            ("demo", ["http://localhost:8000", "$SHARECOVER_DATA or .data", "demo-output", "the demo's own"]),
        ],
    )
    def test_shows_what_holds_when_nothing_is_said(self, command: str, defaults: list[str]) -> None:
        told = run_coverage(command, "--help", COLUMNS="200")
        assert told.returncode == 0
        for default in defaults:
            assert default in told.stdout


class TestBrokenRules:
    def test_are_named_while_the_rest_is_served(self, used_data: Path, tmp_path: Path) -> None:
        broken = _break_edition(tmp_path / "rules", "goods_carried")
        with serving(used_data, "--demo", "--rules", str(tmp_path / "rules")) as service:
            assert str(broken.relative_to(tmp_path)) in service.output
            ready = service.get("/readyz")
            assert ready.status_code == 200
            assert [Path(one["file"]).name for one in ready.json()["rules"]["broken"]] == [broken.name]
            assert [name.split("/")[0] for name in ready.json()["rules"]["editions"]] == ["off_duty_vehicle"]
            assert a_cover(service)

    def test_of_the_demos_own_product_leave_it_without_examples(self, used_data: Path, tmp_path: Path) -> None:
        broken = _break_edition(tmp_path / "rules", "off_duty_vehicle")
        with serving(used_data, "--demo", "--rules", str(tmp_path / "rules")) as service:
            assert str(broken.relative_to(tmp_path)) in service.output
            assert "The demo has nothing to show" in service.output
            assert service.get("/readyz").status_code == 200
            assert service.get("/openapi.json").status_code == 200


def _break_edition(rules: Path, product: str) -> Path:
    """A copy of the rules in which a product's edition doesn't read."""
    shutil.copytree(RULES, rules)
    edition = rules / "products" / product / "FR" / "2026-01-01.yaml"
    edition.write_text(edition.read_text().replace("product:", "prodcut:", 1))
    return edition


class TestExternalDatabase:
    def test_is_migrated_by_many_at_once(self, external_database: str, tmp_path: Path) -> None:
        environment = clean_environment(DATABASE_URL=external_database)
        commands = [[*COVERAGE, "migrate", "--data", str(tmp_path / str(number))] for number in range(3)]
        migrating = [
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for command in commands
        ]
        told = [process.communicate(timeout=60)[0] for process in migrating]
        assert [process.returncode for process in migrating] == [0, 0, 0]
        assert set(told) == {f"The schema is at its newest revision, {migrations.newest()}.\n"}

    def test_of_a_newer_service_is_left_as_it_is(self, external_database: str, tmp_path: Path) -> None:
        environment = {"DATABASE_URL": external_database}
        assert run_coverage("migrate", "--data", str(tmp_path), **environment).returncode == 0
        engine = create_engine(external_database.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        engine.dispose()
        told = run_coverage("migrate", "--data", str(tmp_path), **environment)
        assert told.returncode == 1
        assert "is at revision 9999, which is newer than this: bring the newer service" in told.stderr
        assert "Traceback" not in told.stderr

    def test_is_waited_for_while_another_migrates_it(self, external_database: str, tmp_path: Path) -> None:
        engine = create_engine(external_database.replace("postgresql://", "postgresql+psycopg://"))
        looks = (
            "SELECT query_start FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        )
        looks += "AND query LIKE '%pg_try_advisory_lock%'"
        seen = set()
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": migrations.MIGRATION_LOCK})
            connection.commit()
            migrating = subprocess.Popen(
                [*COVERAGE, "migrate", "--data", str(tmp_path)],
                env=clean_environment(DATABASE_URL=external_database),
            )

            def looks_again() -> bool:
                assert migrating.poll() is None, "it gave up"
                seen.add(connection.scalar(text(looks)))
                connection.rollback()
                return len(seen - {None}) > 3

            wait_for("a migration that waits", looks_again)
            assert migrations.current(engine) is None
        engine.dispose()
        assert migrating.wait(60) == 0

    def test_serves_two_services(self, external_database: str, tmp_path: Path) -> None:
        environment = {"DATABASE_URL": external_database, "SHARECOVER_MASTER_KEY": MASTER_KEY}
        with (
            starting(tmp_path / "one", "--demo", environment=environment) as first,
            starting(tmp_path / "two", "--demo", environment=environment) as second,
        ):
            first.wait_until_it_serves()
            second.wait_until_it_serves()
            cover = a_cover(first)
            seen = httpx2.get(
                f"{second.url}/v1/covers/{cover}", headers={"Authorization": f"Bearer {first.printed('Test key')}"}
            )
            assert seen.json()["id"] == cover
            wait_until_kept(external_database.replace("postgresql://", "postgresql+psycopg://"), cover)
        assert not (tmp_path / "one" / "cluster").exists()
        assert not (tmp_path / "one" / "master.key").exists()

    def test_is_served_by_a_login_that_owns_nothing(self, external_database: str, tmp_path: Path) -> None:
        assert run_coverage("migrate", "--data", str(tmp_path), DATABASE_URL=external_database).returncode == 0
        login, password = f"serve_{new_code(8).lower()}", new_code(20)
        owner = make_url(external_database).set(drivername="postgresql+psycopg")
        admin = create_engine(owner, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '{password}'"))
            try:
                connection.execute(text(f"GRANT sharecover_app, sharecover_worker TO {login}"))
                address = owner.set(username=login, password=password).render_as_string(hide_password=False)
                environment = {"DATABASE_URL": address, "SHARECOVER_MASTER_KEY": MASTER_KEY}
                environment["DATABASE_OWNER_URL"] = external_database
                with serving(tmp_path / "data", "--demo", environment=environment) as service:
                    wait_until_kept(address, a_cover(service))
                    # A worker elsewhere isn't told who owns the database.
                    del environment["DATABASE_OWNER_URL"]
                    with subprocess.Popen(
                        [*COVERAGE, "work", "--data", str(tmp_path / "data")],
                        env=clean_environment(**environment),
                        stderr=subprocess.PIPE,
                    ) as working:
                        assert working.stderr is not None
                        lines = iter(working.stderr.readline, b"")
                        assert any(line.startswith(b"Working") for line in lines)
                        working.send_signal(signal.SIGTERM)
                        assert working.wait(60) == 0
            finally:
                connection.execute(text(f"DROP ROLE {login}"))
        admin.dispose()

    def test_may_go_away_and_come_back(self, external_database: str, tmp_path: Path) -> None:
        url = make_url(external_database).set(drivername="postgresql+psycopg")
        admin = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        environment = {"DATABASE_URL": external_database, "SHARECOVER_MASTER_KEY": MASTER_KEY}
        with serving(tmp_path / "data", "--demo", environment=environment) as service, admin.connect() as connection:
            address = url.render_as_string(hide_password=False)
            wait_until_kept(address, a_cover(service))  # so the worker is at work
            worker = service.worker()
            connection.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(ended), {"name": url.database})
            assert service.get("/readyz").status_code == 503
            assert service.get("/livez").status_code == 200
            assert service.post("/v1/quotes", a_quote()).status_code == 503
            wait_for("the worker's word", lambda: "the worker waits" in service.output)
            connection.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true"))
            wait_for("the database", lambda: service.get("/readyz").status_code == 200)
            wait_until_kept(address, a_cover(service))
            assert service.worker() == worker, "it waited, and didn't die"
        admin.dispose()


class TestProxies:
    def test_that_are_not_there_are_not_believed(self, used_data: Path) -> None:
        with serving(used_data, environment={"SHARECOVER_PROXIES": "none"}) as service:
            statuses = [looked_up(service, f"203.0.113.{number}") for number in range(11)]
            assert statuses == [404] * 10 + [429], "they all are the one who connects"


def looked_up(service: Service, forwarded_for: str) -> int:
    """The status for somebody who types a certificate that isn't there."""
    with httpx2.Client(verify=NO_TLS, trust_env=False, timeout=60) as client:
        typed = {"number": "SC-0000000000", "start": "2026-01-01"}
        answer = client.post(f"{service.url}/verify", data=typed, headers={"X-Forwarded-For": forwarded_for})
    return int(answer.status_code)
