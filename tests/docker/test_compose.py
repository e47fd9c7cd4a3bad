"""The image and the installation, as far as they can be held without an engine: `./dev image-check` builds and runs them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from coverage.settings import SECRETS, Settings
from tests.conftest import ROOT
from tests.processes import run_coverage

DOCKER: Final = ROOT / "docker"
DOCKERFILE: Final = (DOCKER / "Dockerfile").read_text()
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
OURS: Final = ("web1", "web2", "worker", "migrate", "backup")
PUBLISHED: Final = {"proxy": ["80:80", "443:443"], "prometheus": ["127.0.0.1:9090:9090"]}


class TestImage:
    def test_is_locked_by_hashes_and_compiles_nothing(self) -> None:
        (install,) = re.findall(r"pip install .*requirements\.lock", DOCKERFILE)
        assert "--require-hashes" in install
        assert "--only-binary :all:" in install
        (ours,) = re.findall(r"pip install .* \.$|pip install .* \. ", DOCKERFILE, re.MULTILINE)
        assert "--no-deps" in ours

    def test_runs_as_nobody_in_particular(self) -> None:
        last = DOCKERFILE.rpartition("\nFROM ")[2]
        assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
        assert re.search(r"^HEALTHCHECK ", last, re.MULTILINE)

    def test_holds_no_secret(self) -> None:
        assert not re.search(r"^(ARG|ENV)\b.*(PASSWORD|SECRET|KEY|TOKEN)", DOCKERFILE, re.MULTILINE)
        named = set(re.findall(r"\b[A-Z_]{4,}(?==)", DOCKERFILE))
        assert not named & set(SECRETS)

    def test_copies_only_what_the_build_may_see(self) -> None:
        seen = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        copied = {
            name
            for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
            for name in line.split()[:-1]
        }
        assert {name.removeprefix("./") for name in copied} == seen
        assert all((ROOT / name).exists() for name in seen)

    def test_names_settings_and_commands_that_there_are(self) -> None:
        guide = (ROOT / "docs" / "operator-guide.md").read_text()
        for name in re.findall(r"\b(SHARECOVER_[A-Z_]+)=", DOCKERFILE):
            assert f"`{name}`" in guide
        assert "--web-only" in run_coverage("serve", "--help", COLUMNS="200").stdout


class TestServices:
    def test_are_all_there(self) -> None:
        assert set(SERVICES) == {*OURS, "postgres", "redis", "proxy", "prometheus"}

    @pytest.mark.parametrize("name", sorted(SERVICES))
    def test_publish_the_proxy_alone(self, name: str) -> None:
        assert SERVICES[name].get("ports", []) == PUBLISHED.get(name, [])

    @pytest.mark.parametrize("name", sorted(SERVICES))
    def test_are_bounded_and_say_how_they_are(self, name: str) -> None:
        service = SERVICES[name]
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
        assert service.get("healthcheck") or name in ("web1", "web2", "prometheus"), "the image has one of its own"
        assert "no-new-privileges:true" in service["security_opt"]
        assert "logging" in service

    @pytest.mark.parametrize("name", sorted({*SERVICES} - {"postgres"}))
    def test_have_a_root_that_is_only_read(self, name: str) -> None:
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]

    @pytest.mark.parametrize("name", OURS)
    def test_of_ours_read_secrets_from_files(self, name: str) -> None:
        environment = SERVICES[name]["environment"]
        assert not set(environment) & (set(SECRETS) - {"SHARECOVER_REDIS_URL"})
        assert "@" not in environment.get("SHARECOVER_REDIS_URL", "")
        files = {path for key, path in environment.items() if key.endswith("_FILE")}
        assert files == {f"/run/secrets/{one}" for one in SERVICES[name]["secrets"]}
        assert all(key.removesuffix("_FILE") in SECRETS for key in environment if key.endswith("_FILE"))

    def test_know_the_owner_in_the_migration_alone(self) -> None:
        assert [name for name in SERVICES if "database_owner_url" in SERVICES[name].get("secrets", [])] == ["migrate"]

    def test_back_up_with_programs_that_take_the_server(self) -> None:
        """Debian 12, of which the image is, has those of PostgreSQL 15; they refuse a newer server."""
        assert "debian:bookworm-slim" in DOCKERFILE
        assert SERVICES["postgres"]["image"] == "postgres:15-bookworm"
        assert "postgresql-client" in DOCKERFILE

    def test_keep_the_database_from_the_outside(self) -> None:
        assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["inside"]
        assert COMPOSE["networks"]["inside"]["internal"] is True

    def test_name_every_secret_that_is_made(self, tmp_path: Path) -> None:
        subprocess.run([DOCKER / "make-secrets", tmp_path / "secrets"], check=True, capture_output=True)
        made = {path.name for path in (tmp_path / "secrets").iterdir()}
        assert made == set(COMPOSE["secrets"])
        assert {Path(one["file"]).name for one in COMPOSE["secrets"].values()} == made
        used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
        assert used == made

    @pytest.mark.parametrize("name", ["web1", "worker", "migrate"])
    def test_have_settings_that_are_taken(self, name: str, tmp_path: Path) -> None:
        secrets = tmp_path / "secrets"
        subprocess.run([DOCKER / "make-secrets", secrets], check=True, capture_output=True)
        environment = {
            key: str(value)
            .replace("/run/secrets", str(secrets))
            .replace("${SITE:?", "cover.example.org{")
            .partition("{")[0]
            for key, value in SERVICES[name]["environment"].items()
            if "OTEL" not in key
        }
        settings = Settings.read(environment)
        assert settings.database_url is not None
        assert "@postgres:5432/sharecover" in settings.database_url
        assert settings.logs == "json"

    def test_make_secrets_once(self, tmp_path: Path) -> None:
        folder = tmp_path / "secrets"

        def made() -> dict[str, bytes]:
            subprocess.run([DOCKER / "make-secrets", folder], check=True, capture_output=True)
            return {path.name: path.read_bytes() for path in folder.iterdir()}

        kept = made()
        assert made() == kept
        assert len(set(kept.values())) == len(kept)
        assert oct(folder.stat().st_mode)[-3:] == "700"

    def test_let_a_process_end_in_time(self) -> None:
        """Longer than what it may take to end: the web answers for 10 s more, a worker's job takes 90 s at most."""
        assert {name: SERVICES[name].get("stop_grace_period") for name in ("web1", "worker")} == {
            "web1": "30s", "worker": "100s",
        }  # fmt: skip

    def test_fit_into_the_databases_connections(self) -> None:
        command = SERVICES["postgres"]["command"]
        most = int(next(one for one in command if one.startswith("max_connections=")).partition("=")[2])
        size = int(SERVICES["web1"]["environment"]["SHARECOVER_POOL_SIZE"])
        webs, worker = 2 * (size + 2), size + 2 + 10
        assert webs + worker <= most - 20


class TestProxy:
    CADDYFILE: Final = (DOCKER / "Caddyfile").read_text()

    def test_asks_both_webs_whether_they_are_ready(self) -> None:
        assert re.search(r"reverse_proxy \{\$WEB_1:web1:8000\} \{\$WEB_2:web2:8000\}", self.CADDYFILE)
        assert "health_uri /readyz" in self.CADDYFILE

    def test_tells_no_path_in_its_log(self) -> None:
        assert {"request>uri delete", "request>headers delete"} <= {
            line.strip() for line in self.CADDYFILE.splitlines()
        }
        assert "admin off" in self.CADDYFILE

    def test_is_believed_alone(self) -> None:
        address = SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]
        assert SERVICES["web1"]["environment"]["SHARECOVER_PROXIES"] == address


class TestMetrics:
    def test_are_gathered_from_every_process(self) -> None:
        config = yaml.safe_load((DOCKER / "prometheus.yaml").read_text())
        targets = {one for job in config["scrape_configs"] for part in job["static_configs"] for one in part["targets"]}
        assert targets == {"web1:9464", "web2:9464", "worker:9464"}
        assert SERVICES["web1"]["environment"]["SHARECOVER_METRICS"].endswith(":9464")


class TestScripts:
    @pytest.mark.parametrize("path", ["make-secrets", "postgres/init.sh"])
    def test_are_run_by_a_plain_shell(self, path: str) -> None:
        assert os.access(DOCKER / path, os.X_OK)
        subprocess.run(["sh", "-n", DOCKER / path], check=True)
