"""Promise 26: the database ends without a word and stays away; the service lives, says so, loses nothing and goes on."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2

from coverage.gateways.private_postgres import PrivatePostgres
from tests.builders import a_bind, a_quote
from tests.processes import NO_TLS, Service, data_folder, folder_for_databases, serving, wait_for
from tests.promises.trial import Trial, promise

MASTER_KEY = base64.b64encode(bytes(range(32))).decode()
PARTNERS_AT_WORK = 4
BACK_WITHIN_SECONDS = 5.0


@contextmanager
def database_apart() -> Iterator[PrivatePostgres]:
    """A PostgreSQL that nobody starts again but the test."""
    folder = folder_for_databases("sharecover-apart-")
    cluster = PrivatePostgres(folder / "cluster")
    try:
        cluster.start()
        cluster.create_database("sharecover")
        yield cluster
    finally:
        cluster.remove()
        shutil.rmtree(folder)


class Buying:
    """Partners who go on binding, whatever they are told: what was acknowledged, and what was left open."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._headers = {"Authorization": f"Bearer {service.printed('Test key')}"}
        self._ended = threading.Event()
        self.covers: dict[str, bytes] = {}  # acknowledged, as they were answered
        self.open: list[tuple[str, dict[str, Any]]] = []  # key and body of what wasn't answered with a cover
        self.statuses: Counter[int] = Counter()

    def client(self) -> httpx2.Client:
        return httpx2.Client(
            base_url=self._service.url, headers=self._headers, timeout=60, trust_env=False, verify=NO_TLS
        )

    def post(self, client: httpx2.Client, path: str, body: dict[str, Any], key: str) -> httpx2.Response:
        """Posts, and counts what came of it."""
        answer = client.post(path, json=body, headers={"Idempotency-Key": key})
        self.statuses[answer.status_code] += 1
        return answer

    def go_on(self, _: int) -> None:
        """Buys until it is ended."""
        with self.client() as client:
            while not self._ended.is_set():
                quote = self.post(client, "/v1/quotes", a_quote(), os.urandom(12).hex())
                if quote.status_code != 201:
                    self._ended.wait(0.05)
                    continue
                key, body = os.urandom(12).hex(), a_bind(quote.json())
                cover = self.post(client, "/v1/covers", body, key)
                if cover.status_code == 201:
                    self.covers[cover.json()["id"]] = cover.content
                else:
                    self.open.append((key, body))

    def end(self) -> None:
        self._ended.set()


class TestDatabaseGone:
    @promise(
        26, "the database gone: /livez 200, /readyz 503, no acknowledged write lost, back within 5 s",
        unit="seconds away", small=3, full=30, provokes=("refused", "acknowledged before", "acknowledged after"),
        alone=True,
    )  # fmt: skip
    def test_is_outlived(self, trial: Trial) -> None:
        with database_apart() as cluster, data_folder() as folder:
            environment = {"DATABASE_URL": cluster.url(), "SHARECOVER_MASTER_KEY": MASTER_KEY}
            with serving(folder, "--demo", environment=environment) as service:
                buying = Buying(service)
                with ThreadPoolExecutor(PARTNERS_AT_WORK) as threads:
                    partners = threads.map(buying.go_on, range(PARTNERS_AT_WORK))
                    try:
                        self._take_away(trial, cluster, service, buying)
                    finally:
                        buying.end()
                assert list(partners) == [None] * PARTNERS_AT_WORK
                self._compare(trial, buying)

    def _take_away(self, trial: Trial, cluster: PrivatePostgres, service: Service, buying: Buying) -> None:
        wait_for("covers", lambda: len(buying.covers) >= 20)
        assert cluster.process_id is not None
        os.kill(cluster.process_id, signal.SIGQUIT)  # it ends at once, and leaves what it was at
        gone = time.monotonic()
        trial.met("acknowledged before", len(buying.covers))
        wait_for("the server's end", lambda: cluster.process_id is None)
        while time.monotonic() - gone < trial.size:
            assert service.get("/livez").status_code == 200
            assert service.get("/readyz").status_code == 503
            time.sleep(0.1)
        before = len(buying.covers)
        cluster.start()
        back = time.monotonic()
        wait_for("a cover", lambda: len(buying.covers) > before, BACK_WITHIN_SECONDS)
        trial.met("ms until the first cover", round((time.monotonic() - back) * 1000))
        assert service.get("/readyz").status_code == 200
        wait_for("covers", lambda: len(buying.covers) >= before + 20)
        trial.met("acknowledged after", len(buying.covers) - before)
        trial.done(trial.size)

    def _compare(self, trial: Trial, buying: Buying) -> None:
        assert set(buying.statuses) <= {201, 503}, buying.statuses
        trial.met("refused", buying.statuses[503])
        trial.met("repeated", len(buying.open))
        with buying.client() as client:
            for identity in buying.covers:
                assert client.get(f"/v1/covers/{identity}").status_code == 200, "an acknowledged cover is lost"
            for key, body in buying.open:
                # What wasn't answered may be done or not; who asks again under the same key gets its one cover.
                found = buying.post(client, "/v1/covers", body, key)
                assert found.status_code == 201, found.text
                assert client.get(f"/v1/quotes/{body['quote']}").json()["cover"] == found.json()["id"]
