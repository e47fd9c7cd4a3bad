"""Promise 7: whoever is killed while sending webhooks, every event reaches its endpoint, and one that comes twice is told by
its id.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from standardwebhooks import Webhook

from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.storage.webhooks import WebhookDelivery
from coverage.web.app import create_app
from tests.builders import Platform, enrol_platform
from tests.listening import Heard, listening
from tests.processes import wait_for
from tests.promises.doomed_workers import a_nursery, house_on, name_of
from tests.promises.trial import Trial, promise

AT_ONCE = 3


@pytest.fixture
def queue(fresh_database_url: str) -> Iterator[Database]:
    with closing(Database.connect(fresh_database_url, "sharecover_worker", pool_size=2)) as database:
        yield database


@pytest.fixture
def partner(house: House, fresh_database_url: str, tmp_path: Path) -> Iterator[Platform]:
    there = replace(house_on(fresh_database_url, tmp_path), rules=house.rules)
    with (
        closing(there.database),
        closing(Database.connect(fresh_database_url, pool_size=2)) as owner,
        TestClient(create_app(there), raise_server_exceptions=False) as client,
    ):
        yield enrol_platform(owner, there, client)


def held_by(queue: Database, worker: int) -> int:
    """How many letters a worker has in hand."""
    with queue.outside() as session:
        mine = WebhookDelivery.lease.startswith(f"{name_of(worker)}/", autoescape=True)
        return session.query(WebhookDelivery).filter(mine, WebhookDelivery.state == "waiting").count()


def left(queue: Database) -> dict[str, int]:
    with queue.outside() as session:
        return {
            "facts to seal": session.execute(text("SELECT count(*) FROM unsealed")).scalar_one(),
            "letters": session.query(WebhookDelivery).filter(WebhookDelivery.state != "delivered").count(),
        }


MOST_MORE = 30


def twice(heard: list[Heard]) -> int:
    """How many letters came that had come before."""
    return len(heard) - len({one.headers["webhook-id"] for one in list(heard)})


class TestSendersKilled:
    @promise(
        7, "senders of webhooks killed while they send lose no event, and what comes twice comes under one id",
        unit="kills", small=6, full=250, provokes=("with a letter in hand", "came again"),
    )  # fmt: skip
    def test_lose_nothing(
        self, trial: Trial, partner: Platform, queue: Database, fresh_database_url: str, tmp_path: Path
    ) -> None:
        quotes: list[str] = []
        secret = ""

        def slowly(one: Heard) -> tuple[int, dict[str, str], bytes]:
            time.sleep(0.15)  # so that many are killed between what was heard and what is noted
            event = Webhook(secret).verify(one.body, dict(one.headers))
            return (204 if event["id"] == one.headers["webhook-id"] else 400), {}, b""

        with listening() as listener, a_nursery(fresh_database_url, tmp_path) as nursery:
            listener.answer = slowly
            made = partner.post("/v1/webhook_endpoints", {"url": listener.url, "events": ["quote.*"]}).json()
            secret = made["secret"]
            workers = [nursery.worker() for _ in range(AT_ONCE)]

            def kill_one() -> None:
                quotes.extend(partner.quote()["id"] for _ in range(trial.random.randint(2, 4)))
                doomed = workers.pop(trial.random.randrange(AT_ONCE))
                deadline = time.monotonic() + 0.5
                while not held_by(queue, doomed) and time.monotonic() < deadline:
                    time.sleep(0.002)
                time.sleep(trial.random.uniform(0, 0.06))
                nursery.kill(doomed)
                trial.met("with a letter in hand", bool(held_by(queue, doomed)))
                workers.append(nursery.worker())

            for _ in trial.each():
                kill_one()
            # Few kills may all come at other moments, on a machine that is busy.
            more = MOST_MORE
            while more and not twice(listener.heard):
                kill_one()
                more -= 1
            wait_for(lambda: f"the end of {left(queue)}", lambda: not any(left(queue).values()), 60)
        self.check(listener.heard, quotes, trial)

    @staticmethod
    def check(heard: list[Heard], quotes: list[str], trial: Trial) -> None:
        bodies: dict[str, set[bytes]] = {}
        for one in heard:
            bodies.setdefault(one.headers["webhook-id"], set()).add(one.body)
        told = Counter(json.loads(body)["subject"] for same in bodies.values() for body in same)
        assert told == Counter(quotes), "each once, by its id"
        trial.met("came again", len(heard) - len(bodies))
