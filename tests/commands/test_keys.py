"""`coverage keys`: what an operator does with partners' keys, without the API."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage.domain.faults import Rejected
from coverage.operations.house import House
from coverage.operations.unlocking import KEY_PATTERN, caller_by_key
from coverage.storage.tenancy import Database
from tests.builders import Platform
from tests.processes import run_coverage

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_coverage("keys", *arguments, DATABASE_URL=database_url, SHARECOVER_DATA=str(tmp_path))

    return run


class TestKeys:
    def test_are_made_listed_rotated_and_revoked(self, run: Run, platform: Platform, house: House) -> None:
        partner = platform.tenant.partner_id
        made = run("create", partner, "--name", "Back office", "--scope", "covers:read", "--scope", "keys")
        assert made.returncode == 0, made.stderr
        key = made.stdout.strip()
        assert re.fullmatch(KEY_PATTERN, key), "alone on stdout, to be piped into where secrets are kept"
        assert key not in made.stderr
        caller = caller_by_key(house, key, "")
        assert (caller.tenant, caller.scopes) == (platform.tenant, frozenset({"covers:read", "keys"}))

        rotated = run("rotate", caller.actor, "--expires-in", "PT1H")
        assert rotated.returncode == 0, rotated.stderr
        successor = caller_by_key(house, rotated.stdout.strip(), "")
        assert successor.scopes == caller.scopes
        again = run("rotate", caller.actor)
        assert (again.returncode, successor.actor in again.stderr) == (1, True)

        revoked = run("revoke", caller.actor)
        assert revoked.returncode == 0, revoked.stderr
        with pytest.raises(Rejected):
            caller_by_key(house, key, "")

        listed = {one["id"]: one for one in json.loads(run("list", partner, "--json").stdout)}
        assert (listed[caller.actor]["state"], listed[successor.actor]["state"]) == ("revoked", "active")
        assert listed[caller.actor]["replaced_by"] == successor.actor
        assert listed[caller.actor]["created_by"] == "operator"
        assert listed[successor.actor]["last_used_at"]
        assert len(listed) == 3
        table = run("list", partner).stdout
        assert caller.actor in table
        assert key not in table

    def test_are_of_the_mode_that_is_asked_for(self, run: Run, platform: Platform) -> None:
        told = run("create", platform.tenant.partner_id, "--name", "Live", "--live")
        assert (told.returncode, told.stdout) == (1, "")
        assert "live mode" in told.stderr

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("create", "PARTNER", "--name", "K", "--scope", "covers"), "no scope 'covers'"),
            (("create", "PARTNER", "--name", " "), "--name"),
            (("rotate", "KEY", "--expires-in", "1 day"), "PT0S"),
            (("rotate", "KEY", "--expires-in", "P31D"), "P30D"),
        ],
    )
    def test_tell_wrong_use(
        self, run: Run, platform: Platform, house: House, arguments: tuple[str, ...], words: str
    ) -> None:
        named = {"PARTNER": platform.tenant.partner_id, "KEY": caller_by_key(house, platform.key, "").actor}
        told = run(*(named.get(one, one) for one in arguments))
        assert (told.returncode, told.stdout) == (2, "")
        assert words in told.stderr

    def test_that_are_none_are_told(self, run: Run, owner: Database) -> None:
        assert "keys list" in run("revoke", "key_1").stderr
        assert "partners list" in run("list", "par_1").stderr
