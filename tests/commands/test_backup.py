"""`coverage backup` and `coverage restore`, run as people run them: beside a service, and into an empty installation."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from coverage.gateways.private_postgres import SUPERUSER, PrivatePostgres
from coverage.storage import migrations
from tests.builders import Platform, a_bind, a_party, a_quote
from tests.operations.test_backing_up import a_backup
from tests.processes import Service, data_folder, free_port, run_coverage, serving, wait_for
from tests.promises.test_database_gone import Buying

MASTER_KEY = base64.b64encode(bytes(range(32))).decode()
DOCUMENTS = ("certificate", "terms", "ipid")
CANARY = "Quixotica Backupson"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as folder, serving(folder, "--demo") as running:
        yield running


@pytest.fixture(scope="module")
def backup(service: Service, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A backup that was made under load, and the covers that were acknowledged before it began."""
    file = tmp_path_factory.mktemp("backups") / "sharecover.backup"
    buying = Buying(service)
    with buying.client() as client:
        there = Platform(None, service.printed("Test key"), client)  # type: ignore[arg-type]
        cover = there.cover(parties={"policyholder": a_party(name=CANARY)})
        for kind in DOCUMENTS:
            assert there.get(f"/v1/covers/{cover['id']}/{kind}").status_code == 200
    # What somebody left there is no document, and no reason not to restore.
    (service.data / "blobs" / "documents" / "Left here.txt").write_text("by somebody")
    load = threading.Thread(target=buying.go_on, args=(0,))
    load.start()
    try:
        wait_for("covers", lambda: len(buying.covers) >= 20)
        before = dict(buying.covers) | {cover["id"]: b""}
        told = run_coverage("backup", str(file), "--data", str(service.data))
        assert told.returncode == 0, told.stderr
        wait_for("covers beside the backup", lambda: len(buying.covers) > len(before))
    finally:
        buying.end()
        load.join()
    assert set(buying.statuses) == {201}
    assert f"The master key isn't in it; it stands in {service.data / 'master.key'}." in told.stdout
    return file, before


class TestBackup:
    def test_holds_every_cover_that_was_acknowledged_before(
        self, service: Service, backup: tuple[Path, dict[str, bytes]]
    ) -> None:
        file, covers = backup
        key = (service.data / "master.key").read_text().strip()
        with data_folder() as folder:
            told = run_coverage("restore", str(file), "--data", str(folder), SHARECOVER_MASTER_KEY=key)
            assert told.returncode == 0, told.stderr
            assert "events verified" in told.stdout
            assert re.search(r", as they were at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.\n", told.stdout)
            with serving(folder, environment={"SHARECOVER_MASTER_KEY": key}) as restored:
                restored.log.write_text(f"{restored.output}\nTest key {service.printed('Test key')}\n")
                for identity, answered in covers.items():
                    found = restored.get(f"/v1/covers/{identity}")
                    assert found.status_code == 200, "an acknowledged cover is lost"
                    if answered:
                        assert found.json()["number"] in answered.decode()
                    else:
                        for kind in DOCUMENTS:
                            path = f"/v1/covers/{identity}/{kind}"
                            assert restored.get(path).content == service.get(path).content
                        told = restored.get(f"/v1/covers/{identity}/documents").json()["data"]
                        assert {one["kind"] for one in told if one["sha256"]} == set(DOCUMENTS), "it was set anew"
                assert restored.post("/v1/covers", a_bind(_a_quote(restored))).status_code == 201
                self._keeps_tenants_apart(restored)
                wait_for(
                    "all seals", lambda: " 0 wait" in run_coverage("verify", "events", "--data", str(folder)).stdout
                )

    def _keeps_tenants_apart(self, restored: Service) -> None:
        with psycopg.connect(PrivatePostgres(restored.data).url().replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT count(*) FROM covers").fetchone() == (0,)

    def test_tells_nobody_a_name_or_the_key(self, service: Service, backup: tuple[Path, dict[str, bytes]]) -> None:
        file, _ = backup
        assert file.stat().st_mode & 0o077 == 0
        content = file.read_bytes()
        with tarfile.open(file) as archive:
            dump = archive.extractfile("database.dump")
            assert dump is not None
            plain = subprocess.run(
                ["pg_restore", "--file=-"], input=dump.read(), capture_output=True, check=True
            ).stdout
        assert b"demo" in plain.lower(), "the dump can be read"
        for secret in (CANARY, "Quixotica", (service.data / "master.key").read_text().strip()):
            assert secret.encode() not in content
            assert secret.encode() not in plain

    def test_is_not_written_over(self, service: Service, backup: tuple[Path, dict[str, bytes]]) -> None:
        told = run_coverage("backup", str(backup[0]), "--data", str(service.data))
        assert (told.returncode, len(told.stderr.splitlines())) == (2, 1)
        assert "is there already" in told.stderr

    def test_needs_a_login_that_sees_all_tenants(self, service: Service, tmp_path: Path) -> None:
        owner = PrivatePostgres(service.data).url()
        target, data = tmp_path / "backup", tmp_path / "data"
        told = run_coverage("backup", str(target), "--data", str(data), DATABASE_URL=owner)
        assert told.returncode == 2
        assert "DATABASE_BACKUP_URL" in told.stderr
        assert not target.exists()
        superuser = PrivatePostgres(service.data).url(role=SUPERUSER)
        environment = {"DATABASE_URL": owner, "DATABASE_BACKUP_URL": superuser}
        assert run_coverage("backup", str(target), "--data", str(data), **environment).returncode == 0


class TestRestore:
    def test_refuses_a_database_that_holds_anything(
        self, service: Service, backup: tuple[Path, dict[str, bytes]]
    ) -> None:
        told = run_coverage("restore", str(backup[0]), "--data", str(service.data))
        assert told.returncode == 1
        assert "restore into an empty one" in told.stderr
        assert service.get("/readyz").status_code == 200

    @pytest.mark.parametrize("harm", ["cut", "changed", "last part", "no backup"])
    def test_refuses_a_backup_that_is_damaged(
        self, backup: tuple[Path, dict[str, bytes]], tmp_path: Path, harm: str
    ) -> None:
        content = bytearray(backup[0].read_bytes())
        match harm:
            case "cut":
                content = content[: len(content) // 2]
            case "changed":
                content[len(content) // 3] ^= 1
            case "last part":
                content = content[: content.rindex(b"manifest.json")]
            case _:
                content = bytearray(os.urandom(5_000))
        (tmp_path / "harmed").write_bytes(content)
        told = run_coverage("restore", str(tmp_path / "harmed"), "--data", str(tmp_path / "data"))
        assert told.returncode == 1, told.stderr
        assert "the backup is damaged" in told.stderr
        assert "Traceback" not in told.stderr
        assert not (tmp_path / "data").exists(), "something was changed"

    @pytest.mark.parametrize("what", ["rows", "guards"])
    def test_leaves_no_database_to_the_service_that_differs(
        self, backup: tuple[Path, dict[str, bytes]], tmp_path: Path, what: str
    ) -> None:
        harmed = tmp_path / "harmed"
        _expect_otherwise(backup[0], harmed, what)
        with data_folder() as folder:
            told = run_coverage("restore", str(harmed), "--data", str(folder))
            assert told.returncode == 1
            assert f"the {what} of" in told.stderr
            key = {"SHARECOVER_MASTER_KEY": MASTER_KEY}
            assert run_coverage("work", "--data", str(folder), **key).returncode == 1
            served = run_coverage("serve", "--data", str(folder), "--port", str(free_port()), **key)
            assert (served.returncode, "the database can't be used" in served.stderr) == (1, True)

    def test_says_in_a_line_what_can_not_be_written(self, empty_url: str, tmp_path: Path) -> None:
        file = a_backup(tmp_path, {"database.dump": b"", "events.anchor": b"anchor"}, migrations.newest())
        (tmp_path / "file").touch()
        environment = {"DATABASE_URL": empty_url, "SHARECOVER_ANCHOR": str(tmp_path / "file" / "events.anchor")}
        told = run_coverage("restore", str(file), "--data", str(tmp_path / "data"), **environment)
        assert told.returncode == 2
        assert "the backup can't be restored" in told.stderr
        assert "Traceback" not in told.stderr


def _expect_otherwise(source: Path, target: Path, what: str) -> None:
    """A copy of a backup, whole in itself, whose manifest says something else of what was in the database."""
    with tarfile.open(source) as archive, tarfile.open(target, "w") as changed:
        for part in archive:
            content = archive.extractfile(part)
            assert content is not None
            if part.name == "manifest.json":
                manifest = json.loads(content.read())
                if what == "rows":
                    manifest["rows"]["covers"] += 1
                else:
                    manifest["guards"] = "0" * 64
                told = json.dumps(manifest).encode()
                part.size, content = len(told), io.BytesIO(told)
            changed.addfile(part, content)


def _a_quote(service: Service) -> dict[str, str]:
    answer = service.post("/v1/quotes", a_quote())
    assert answer.status_code == 201, answer.text
    quote: dict[str, str] = answer.json()
    return quote
