"""The guide of the first five minutes, followed as it stands: each of its commands, against what `./dev serve` starts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.processes import data_folder, free_port, serving

GUIDE = ROOT / "docs" / "first-cover.md"


def put(script: str, written: str, here: str) -> str:
    """The script with what is another's machine's replaced by what is so here."""
    assert written in script
    return script.replace(written, here)


def test_leads_from_nothing_to_a_certificate_and_a_verified_webhook(tmp_path: Path) -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    with data_folder() as data, serving(data, "--demo") as service:
        script = put("".join(blocks), "http://localhost:8000", service.url)
        script = put(script, "9000", str(free_port()))
        script = put(script, ".venv/bin/python", sys.executable)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env={"KEY": service.printed("Test key"), "PATH": "/usr/local/bin:/usr/bin:/bin"},
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.splitlines()
    assert told[0].startswith("('open', {'amount': 164, 'currency': 'EUR'}, ")
    cover = json.loads((tmp_path / "cover.json").read_text())
    assert told[1] == f"('{cover['number']}', 'on_risk')"
    assert f"verified: cover.changed {cover['id']}" in told
    for document in ("information.pdf", "certificate.pdf"):
        assert (tmp_path / document).read_bytes().startswith(b"%PDF-")
