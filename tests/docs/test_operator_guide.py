"""The operator guide's way from nothing to a first live cover, followed to the letter: its file, and every command."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from coverage.operations.contracting import example
from coverage.operations.house import House
from coverage.rulebook.editions import load
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.conftest import ROOT, RULES
from tests.processes import COVERAGE, clean_environment
from tests.serving import serving

GUIDE: Final = (ROOT / "docs" / "operator-guide.md").read_text(encoding="utf-8")
SECTION: Final = GUIDE.partition("## Enrol a partner\n")[2].partition("\n## ")[0]
PARTNER: Final = "PARTNER=par_…\n"


def undated(text: str) -> str:
    """An example without the days that it is made on."""
    return re.sub(r"20\d\d(-\d\d-\d\d)?", "…", text)


def test_the_file_is_the_one_that_is_printed() -> None:
    (file,) = re.findall(r"^```yaml\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
    assert undated(file) == undated(example(load(RULES), datetime.now(UTC).date()))


def test_every_command_leads_to_a_first_live_cover(
    fresh_database_url: str, house_with: Callable[..., House], tmp_path: Path
) -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    script = "".join(blocks)
    assert PARTNER in script
    # Whoever reads it copies the id from the line before.
    told = "PARTNER=$(coverage partners list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0][\"id\"])')\n"
    # As the containers' commands do, piped in.
    piped = "sed 's/The Shared Shed/Another/; s/B0000SHED/B0000ANOTHER/' shed.yaml | coverage partners enrol - --dry-run >piped.txt\n"
    script = script.replace(PARTNER, told) + piped
    (tmp_path / "shed.yaml").write_text(example(load(RULES), datetime.now(UTC).date()))
    program = tmp_path / "bin" / "coverage"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {" ".join(COVERAGE)} "$@"\n')
    program.chmod(0o755)
    database = Database.connect(fresh_database_url, pool_size=5)
    with serving(create_app(house_with(database=database))) as address:
        assert "API=http://localhost:8000\n" in script
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("API=http://localhost:8000\n", f"API={address}\n")],
            cwd=tmp_path,
            env=clean_environment(
                PATH=f"{program.parent}:{os.environ['PATH']}", DATABASE_URL=fresh_database_url,
                SHARECOVER_DATA=str(tmp_path / "data"), SHARECOVER_RULES=str(RULES),
            ),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    database.close()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "test.key").read_text().startswith("sk_test_")
    assert (tmp_path / "live.key").read_text().startswith("sk_live_")
    cover = json.loads((tmp_path / "cover.json").read_text())
    assert (cover["state"], cover["livemode"]) == ("scheduled", True)
    assert "partner Another, new: in test mode" in (tmp_path / "piped.txt").read_text()
    assert "live mode\nmaster policy mpo_" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["cover"]["state"] == "cancelled"
