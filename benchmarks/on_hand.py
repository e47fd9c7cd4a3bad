"""How soon after the issue a certificate is there, where covers are issued at a steady rate.

`python -m benchmarks.on_hand --rate 5 --workers 2`: a service with its private PostgreSQL, as `./dev serve` starts it, and as
many workers as are asked for. Covers are issued over HTTP; when each certificate was kept is what the service itself says.
Terms, for which nobody waits, are told beside.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from os import environ
from statistics import quantiles
from typing import Any, Final

import httpx2

COVERAGE: Final = [sys.executable, "-P", "-m", "coverage"]
GOAL_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 300


def main() -> int:
    """Exit 0 when all certificates were there within the goal, 1 when one wasn't."""
    asked = _arguments()
    with _service(asked.workers) as client:
        # Before the clock runs rules and fonts have been read, by each worker that there is.
        _when_kept(client, [_issue(client)[0] for _ in range(4 * asked.workers)])
        covers = _issue_steadily(client, asked.rate, asked.seconds)
        kept = _when_kept(client, list(covers))
    for kind in ("certificate", "terms"):
        waited = sorted((kept[cover][kind] - at).total_seconds() for cover, at in covers.items())
        cuts = quantiles(waited, n=100)
        sys.stdout.write(
            f"{kind}: {len(waited)} at {asked.rate:g} a second, workers: {asked.workers};"
            f" p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, last {waited[-1]:.2f} s\n"
        )
        if kind == "certificate":
            met = waited[-1] <= GOAL_SECONDS
    sys.stdout.write(f"within {GOAL_SECONDS:g} s: {'met' if met else 'not met'}\n")
    return 0 if met else 1


@contextmanager
def _service(workers: int) -> Iterator[httpx2.Client]:
    """A service that knows a partner without a limit on how often it asks: `serve` brings one worker, others join it."""
    with tempfile.TemporaryDirectory(prefix="on-hand-") as data, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        outfit = {**environ, "SHARECOVER_RATE_TEST": "off"}
        served = subprocess.Popen(
            [*COVERAGE, "serve", "--demo", "--port", str(port), "--data", data],
            env=outfit, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        joined: list[subprocess.Popen[str]] = []
        try:
            assert served.stdout is not None
            key = next(found[0] for line in served.stdout if (found := re.search(r"sk_test_\w+", line)))
            # What it says further is nobody's, but must go somewhere.
            threading.Thread(target=served.stdout.read, daemon=True).start()
            joined.extend(_join(data, outfit) for _ in range(workers - 1))
            headers = {"Authorization": f"Bearer {key}"}
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:
                _wait_until_ready(client)
                yield client
        finally:
            for process in (*joined, served):
                process.send_signal(signal.SIGINT)
            for process in (*joined, served):
                process.wait()


def _join(data: str, outfit: dict[str, str]) -> subprocess.Popen[str]:
    """One more worker, once it works."""
    worker = subprocess.Popen(
        [*COVERAGE, "work", "--data", data], env=outfit, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert worker.stderr is not None
    next(line for line in worker.stderr if line.startswith("Working"))
    threading.Thread(target=worker.stderr.read, daemon=True).start()
    return worker


def _wait_until_ready(client: httpx2.Client) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("the service doesn't get ready")


def _issue_steadily(client: httpx2.Client, rate: float, seconds: float) -> dict[str, datetime]:
    """The covers, each with the instant at which its issue was answered."""
    began = time.monotonic()
    with ThreadPoolExecutor(32) as pool:
        coming = []
        for number in range(round(rate * seconds)):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            coming.append(pool.submit(_issue, client))
        return dict(one.result() for one in coming)


def _issue(client: httpx2.Client) -> tuple[str, datetime]:
    week = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
    quote = _posted(
        client, "/v1/quotes",
        {
            "product": "off_duty_vehicle", "start": week.isoformat(), "end": (week + timedelta(hours=12)).isoformat(),
            "risk": {
                "vehicle_class": "van", "registration": f"{_letters()}-{random.randint(100, 999)}-{_letters()}",
                "driver_born": "1990-05-01", "licence_since": "2010-06-01",
                "goods_value": {"amount": 800_000, "currency": "EUR"},
            },
            "language": "fr",
        },
    )  # fmt: skip
    cover = _posted(
        client, "/v1/covers",
        {
            "quote": quote["id"],
            "parties": {"policyholder": {"reference": f"emp-{random.getrandbits(64):x}", "name": "Camille Martin", "locale": "fr"}},
            "disclosures": {
                "ipid_sha256": quote["ipid"]["sha256"], "language": quote["ipid"]["language"],
                "given_at": quote["created_at"],
            },
            "payment": {"method": "invoice"},
        },
    )  # fmt: skip
    return str(cover["id"]), datetime.now(UTC)


def _posted(client: httpx2.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body, headers={"Idempotency-Key": f"{random.getrandbits(128):x}"})
    if answer.status_code != 201:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:500]}")
    made: dict[str, Any] = answer.json()
    return made


def _letters() -> str:
    return "".join(random.choices("ABCDEFGHJKLMNPQRSTVWXYZ", k=2))


def _when_kept(client: httpx2.Client, covers: list[str]) -> dict[str, dict[str, datetime]]:
    """When each cover's documents were kept, by their kind. Asking for the list of them sets none."""
    kept: dict[str, dict[str, datetime]] = {}
    deadline = time.monotonic() + PATIENCE_SECONDS
    for cover in covers:
        while True:
            told = client.get(f"/v1/covers/{cover}/documents").json()["data"]
            kept[cover] = {
                one["kind"]: datetime.fromisoformat(one["created_at"]) for one in told if one["created_at"] is not None
            }
            if {"certificate", "terms"} <= set(kept[cover]):
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"{cover}'s documents don't come")
            time.sleep(0.5)
    return kept


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.on_hand", description=__doc__)
    parser.add_argument("--rate", type=float, default=5.0, help="issues a second (5)")
    parser.add_argument("--seconds", type=float, default=30.0, help="for how long (30)")
    parser.add_argument("--workers", type=int, default=2, choices=range(1, 9), help="how many workers (2)")
    asked = parser.parse_args()
    if not 0 < asked.rate <= 100 or not 1 <= asked.seconds <= 3600:
        parser.error("expected a rate up to 100 a second, and 1 to 3600 seconds")
    return asked


if __name__ == "__main__":
    sys.exit(main())
