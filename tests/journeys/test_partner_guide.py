"""The partner guide, followed to the letter: every command in it, against a running service."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient
from standardwebhooks import Webhook

from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.builders import enrol_platform
from tests.logs import seal_all

GUIDE = Path(__file__).parents[2] / "docs" / "partner-guide.md"


UNTIL_AN_EVENT = """
until curl -s $API/v1/events -H "Authorization: Bearer $KEY" | grep -q '"id"'; do sleep 0.1; done
"""


@pytest.fixture
def _sealed_meanwhile(owner: Database, house: House) -> Iterator[None]:
    """Does a worker's part in it."""
    over = threading.Event()

    def seal() -> None:
        while not over.wait(0.1):
            seal_all(owner, house)

    sealing = threading.Thread(target=seal)
    sealing.start()
    yield
    over.set()
    sealing.join()


@pytest.fixture
def address(house: House) -> Iterator[str]:
    """A service on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    found = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_app(replace(house, public_url=found))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    serving.start()
    yield found
    server.should_exit = True
    serving.join(20)
    listener.close()


@pytest.mark.usefixtures("_sealed_meanwhile")
def test_every_command_of_the_guide_works(address: str, owner: Database, house: House, tmp_path: Path) -> None:
    commands = re.findall(r"^```bash\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(commands) == 8
    script = "".join(commands)
    assert "API=http://localhost:8000\n" in script
    script = script.replace("API=http://localhost:8000\n", f"API={address}\n")
    assert "sleep 1\n" in script
    script = script.replace("sleep 1\n", UNTIL_AN_EVENT)  # however slow this machine is
    key = enrol_platform(owner, house, TestClient(create_app(house))).key

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={"KEY": key, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    cover = json.loads((tmp_path / "cover.json").read_text())
    assert cover["state"] == "scheduled"
    assert (tmp_path / "certificate.pdf").read_bytes().startswith(b"%PDF-")
    events = json.loads((tmp_path / "events.json").read_text())["data"]
    assert events[0]["type"] == "quote.created"
    prices = json.loads((tmp_path / "prices.json").read_text())["data"]
    assert [price["status"] for price in prices] == ["priced", "invalid"]
    assert prices[1]["errors"][0]["pointer"] == "/prices/1/risk/distance_km"
    answers = [json.loads(text) for text in done.stdout.replace("}{", "}\n{").splitlines()]
    assert [answer["object"] for answer in answers] == [
        "cover", "test_clock", "claim", "list", "webhook_delivery", "list",
    ]  # fmt: skip
    assert [one["type"] for one in answers[5]["data"]] == ["webhook_endpoint.ping"]
    assert answers[0]["member_url"].startswith(f"{address}/m/")
    assert answers[2]["flags"] == []


def test_verifies_a_webhook_as_the_guide_says() -> None:
    (snippet,) = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    secret, seen, done = "whsec_" + "QQ" * 16, set[str](), []

    def seen_before(event_id: str) -> bool:
        known = event_id in seen
        seen.add(event_id)
        return known

    given = {"SECRET": secret, "seen_before": seen_before, "work_off": lambda *about: done.append(about)}
    exec(snippet, given)  # noqa: S102, the guide's own words
    received: Any = given["received"]
    body, at = json.dumps({"type": "cover.issued", "subject": "cov_1"}), datetime.now(UTC)
    headers = {
        "webhook-id": "evt_1", "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", at, body),
    }  # fmt: skip
    assert [received(body.encode(), headers) for _ in range(2)] == [204, 204]
    assert received(body.encode() + b" ", headers) == 400
    assert done == [("cover.issued", "cov_1")], "and once, though it came twice"
