"""Promise 1: a service that is killed at any instant, under load, has sold what it said that it had, and nothing else."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from coverage.storage.tenancy import Database
from tests.builders import Platform, a_bind
from tests.processes import NO_TLS, Service, data_folder, starting, wait_for
from tests.promises.books import examined, waiting
from tests.promises.trial import Trial, promise

CLIENTS = 4
# A kill comes at any instant after some of the binds were answered, or none: as fast as the machine may be, it meets some
# that are answered and some that aren't.
LATEST_KILL_SECONDS = 0.05
WORKED_OFF_SECONDS = 60
# So often what was left is waited for: it is each kill's own that has to be done in time, and not how many documents the
# machine can set beside services that start anew again and again.
KILLS_WORKED_OFF = 5


@dataclass(slots=True)
class Bind:
    """One bind that a client sent under a key of its own, and the cover that it was told of, if it was."""

    body: dict[str, Any]
    key: str
    cover: str | None = None


class Services:
    """Real services, each a process with a worker of its own, on one database and one folder."""

    def __init__(self, data: Path, database_url: str) -> None:
        self._data = data
        self._environment = {
            "DATABASE_URL": database_url,
            "SHARECOVER_MASTER_KEY": base64.b64encode(bytes(range(32))).decode(),
        }
        self._open = ExitStack()
        self.running: list[Service] = []

    def start(self) -> None:
        """Starts another one, which needn't answer yet."""
        self.running.append(self._open.enter_context(starting(self._data, environment=self._environment)))

    def kill(self, service: Service) -> None:
        """Ends one as nobody can refuse."""
        os.kill(service.process.pid, signal.SIGKILL)
        service.process.wait()
        self.running.remove(service)

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def services(database_url: str, owner: Database) -> Iterator[Services]:
    with owner.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))  # other tests left jobs; ours are to be the only ones
    with data_folder() as data:
        found = Services(data, database_url)
        found.start()
        found.start()
        yield found
        found.close()


def send(platform: Platform, service: Service, bind: Bind) -> httpx2.Response | None:
    """The bind, sent to one service; None where no answer came."""
    headers = {"Authorization": f"Bearer {platform.key}", "Idempotency-Key": bind.key}
    try:
        answer = httpx2.post(
            f"http://127.0.0.1:{service.port}/v1/covers",
            json=bind.body,
            headers=headers,
            timeout=30,
            trust_env=False,
            verify=NO_TLS,
        )
    except httpx2.TransportError:
        return None
    if answer.status_code == 201:
        bind.cover = answer.json()["id"]
    return answer


def sold(owner: Database, platform: Platform, bind: Bind) -> str | None:
    """The cover of a bind's quote, if there is one."""
    with owner.transaction(platform.tenant) as session:
        query = text("SELECT id FROM covers WHERE quote_id = :quote")
        return session.scalars(query, {"quote": bind.body["quote"]}).one_or_none()


class TestKilledUnderLoad:
    @promise(
        1, "a service that is killed at any instant under load has sold what it said, each once, and nothing by halves",
        unit="kills", small=3, full=80, provokes=("killed inside", "acknowledged", "repeated", "finished by the worker"),
    )  # fmt: skip
    def test_has_sold_what_it_said_and_nothing_by_halves(
        self, platform: Platform, owner: Database, services: Services, trial: Trial
    ) -> None:
        with ThreadPoolExecutor(CLIENTS) as clients:
            for number in trial.each():
                doomed = services.running[0].wait_until_it_serves()
                binds = [Bind(a_bind(platform.quote()), secrets.token_hex(12)) for _ in range(CLIENTS)]
                sent = [clients.submit(send, platform, doomed, bind) for bind in binds]
                answered = trial.random.randrange(CLIENTS)
                wait_for("answers", lambda sent=sent, least=answered: sum(one.done() for one in sent) >= least)  # type: ignore[misc]
                time.sleep(trial.random.uniform(0, LATEST_KILL_SECONDS))
                services.kill(doomed)
                services.start()
                answers = [one.result(60) for one in sent]
                trial.met("killed inside", sum(answer is None for answer in answers))
                trial.met("acknowledged", sum(bind.cover is not None for bind in binds))
                # Nothing by halves, before anybody mends it by asking again.
                assert examined(owner, platform.tenant).wrong == []
                self._repeat(platform, owner, services.running[0].wait_until_it_serves(), binds, trial)
                if number % KILLS_WORKED_OFF == KILLS_WORKED_OFF - 1:
                    self._worked_off(platform, owner)
        assert examined(owner, platform.tenant).wrong == []
        assert examined(owner, platform.tenant).covers == CLIENTS * trial.tried
        self._worked_off(platform, owner)
        trial.met("finished by the worker", CLIENTS * trial.tried)

    @staticmethod
    def _worked_off(platform: Platform, owner: Database) -> None:
        """What kills have left to be done is, within a minute."""
        wait_for(
            lambda: f"{waiting(owner, platform.tenant)} jobs that a worker hasn't done",
            lambda: waiting(owner, platform.tenant) == 0,
            WORKED_OFF_SECONDS,
        )

    @staticmethod
    def _repeat(platform: Platform, owner: Database, service: Service, binds: list[Bind], trial: Trial) -> None:
        """Each with its own key, to another service: what was told stays, and what wasn't is sold now."""
        for bind in binds:
            told, before = bind.cover, sold(owner, platform, bind)
            assert told in (None, before), "a cover that was acknowledged is lost"

            def answered(bind: Bind = bind) -> httpx2.Response | None:
                answer = send(platform, service, bind)
                # The server may still be about to notice that the first one's process is gone.
                running = answer is not None and answer.status_code == 409
                return None if running else answer

            answer = wait_for("an answer", answered)
            assert answer is not None
            assert answer.status_code == 201, answer.text
            assert bind.cover == sold(owner, platform, bind)
            assert before in (None, bind.cover), "a second cover"
            assert ("Idempotent-Replayed" in answer.headers) == (before is not None)
            trial.met("repeated")
            trial.met("sold, and not told", told is None and before is not None)
