"""The door before the service: who is let in, who waits, who is told to come back; and that it opens again by itself."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection
from starlette.types import Message, Receive, Scope, Send

from coverage.operations.house import House
from coverage.storage.tenancy import Database, Limits
from coverage.web.app import create_app
from coverage.web.capacity import ASKER, NEWCOMERS, STRANGERS, Capacity, Door
from tests.answers import the_problem
from tests.builders import Platform, a_bind, enrol_platform
from tests.processes import NO_TLS, wait_for
from tests.serving import at_once, serving


class Within:
    """An application whose requests stay until they are let go, and a caller of it."""

    def __init__(self, capacity: Capacity) -> None:
        self.door = Door(self._work, capacity)
        self.inside = self.most = self.called = 0
        self.let_go = asyncio.Event()

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.let_go.wait()
            if scope["path"] == "/breaks":
                raise RuntimeError("broke")
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.inside -= 1

    async def call(self, path: str = "/v1/quotes", asker: str | None = None) -> int:
        """The status that a request is answered with, of an asker that asks nothing else where none is named."""
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request"}

        self.called += 1
        state = {ASKER: asker or f"partner {self.called}"} if asker != STRANGERS else {}
        scope = {"type": "http", "path": path, "raw_path": path.encode(), "headers": [], "state": state}
        await self.door(scope, receive, send)
        status = int(sent[0]["status"])
        if status in (429, 503):
            assert dict(sent[0]["headers"])[b"retry-after"] == b"2"
            assert json.loads(sent[1]["body"])["code"] == ("overloaded" if status == 503 else "rate_limited")
        return status

    async def calls(self, count: int, asker: str | None = None) -> list[asyncio.Task[int]]:
        """So many requests, each as far as it gets by itself."""
        tasks = [asyncio.create_task(self.call(asker=asker)) for _ in range(count)]
        for _ in range(10):
            await asyncio.sleep(0)
        return tasks


class TestDoor:
    def test_lets_some_in_and_some_wait_and_refuses_the_rest_at_once(self) -> None:
        async def play() -> None:
            service = Within(Capacity(2, 3, 60))
            tasks = await service.calls(9)
            assert service.inside == 2
            assert [task.result() for task in tasks if task.done()] == [503] * 4
            service.let_go.set()
            assert sorted(await asyncio.gather(*tasks)) == [200] * 5 + [503] * 4
            assert service.most == 2

        asyncio.run(play())

    def test_refuses_who_has_waited_long_enough(self) -> None:
        async def play() -> None:
            service = Within(Capacity(1, 5, 0.05))
            tasks = await service.calls(3)
            assert await asyncio.gather(*tasks[1:]) == [503, 503]
            assert service.inside == 1
            later = await service.calls(1)
            service.let_go.set()
            assert await asyncio.gather(tasks[0], *later) == [200, 200]

        asyncio.run(play())

    def test_gives_room_again_whatever_became_of_a_request(self) -> None:
        async def play() -> None:
            service = Within(Capacity(1, 1, 60))
            service.let_go.set()
            for _ in range(3):
                with pytest.raises(RuntimeError):
                    await service.call("/breaks")
            service.let_go.clear()
            inside, waiting = await service.calls(2)
            waiting.cancel()
            inside.cancel()
            await asyncio.gather(inside, waiting, return_exceptions=True)
            service.let_go.set()
            assert await service.call() == 200

        asyncio.run(play())

    def test_is_open_to_who_watches(self) -> None:
        async def play() -> None:
            service = Within(Capacity(1, 0, 60))
            await service.calls(1)
            watching = [asyncio.create_task(service.call(path)) for path in ("/livez", "/readyz")]
            refused = await service.call()
            service.let_go.set()
            assert (refused, *await asyncio.gather(*watching)) == (503, 200, 200)

        asyncio.run(play())


class TestShare:
    def test_of_one_partner_leaves_room_for_another(self) -> None:
        async def play() -> None:
            service = Within(Capacity(5, 4, 60))
            flood = await service.calls(300, "flooding")
            assert service.inside == 3
            assert [task.result() for task in flood if task.done()] == [429] * 295
            other = await service.calls(2, "other")
            assert service.inside == 5, "nobody of the flood is before them"
            late = await service.calls(1, "late")
            service.let_go.set()
            assert await asyncio.gather(*other, *late) == [200] * 3
            assert sorted(await asyncio.gather(*flood))[:5] == [200] * 5
            assert service.most == 5

        asyncio.run(play())

    @pytest.mark.parametrize("crowd", [STRANGERS, NEWCOMERS])
    def test_of_all_who_are_not_known_leaves_room_for_partners(self, crowd: str) -> None:
        async def play() -> None:
            service = Within(Capacity(4, 6, 60))
            flood = await service.calls(300, crowd)
            assert (service.inside, {task.result() for task in flood if task.done()}) == (2, {503})
            partners = await service.calls(2)
            assert service.inside == 4
            service.let_go.set()
            assert await asyncio.gather(*partners) == [200, 200]
            await asyncio.gather(*flood)

        asyncio.run(play())

    def test_is_one_place_where_there_are_few(self) -> None:
        assert [Capacity(places, 0, 1).share for places in (1, 2, 3, 19)] == [1, 1, 2, 10]

    def test_is_had_again_by_who_waits_longest_and_may(self) -> None:
        async def play() -> None:
            service = Within(Capacity(2, 10, 60))
            first = await service.calls(1, "a")
            waiting = await service.calls(1, "a")
            second = await service.calls(1, "b")
            behind = await service.calls(1, "c")
            assert service.inside == 2
            first[0].cancel()
            await asyncio.gather(*first, return_exceptions=True)
            assert (service.inside, service.called) == (2, 4)
            waiting[0].cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            await service.calls(0)
            assert service.inside == 2, "the place of one who gave up is the next one's"
            service.let_go.set()
            assert await asyncio.gather(*second, *behind) == [200, 200]
            assert await service.call(asker="a") == 200

        asyncio.run(play())

    def test_that_nobody_gives_back_in_time_is_told_as_ones_own(self) -> None:
        async def play() -> None:
            service = Within(Capacity(4, 8, 0.05))
            tasks = await service.calls(5, "flooding")
            assert await asyncio.gather(*tasks[2:]) == [429] * 3
            service.let_go.set()
            assert await asyncio.gather(*tasks[:2]) == [200, 200]

        asyncio.run(play())


def waiting_for_locks(looking: Connection) -> int:
    looking.rollback()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return int(looking.exec_driver_sql(waiting).scalar() or 0)


MINUTES = (
    120_000  # so long is waited for a lock: until it is let go, and far longer than the client waits for its answer
)


# The other's answers take milliseconds; the flood's requests stay until they are let go.
PROMPTLY_SECONDS = 10


class TestService:
    def test_refuses_a_partner_what_is_too_much_and_serves_others(
        self, platform: Platform, house_with: Callable[..., House], database_url: str, owner: Database
    ) -> None:
        quote = platform.quote()
        database = Database.connect(database_url, pool_size=5, limits=Limits(MINUTES, MINUTES))
        with ExitStack() as stack:
            stack.callback(database.close)
            app = create_app(house_with(database=database), capacity=Capacity(4, 0, 1))
            client = httpx2.Client(
                base_url=stack.enter_context(serving(app)), timeout=30, trust_env=False, verify=NO_TLS
            )
            stack.enter_context(client)
            there = Platform(platform.tenant, platform.key, client)
            other = replace(enrol_platform(owner, app.state.house, platform.client), client=client)
            # This process has seen both keys before.
            assert [one.get("/v1/products").status_code for one in (there, other)] == [200, 200]
            holder = stack.enter_context(owner.engine.connect())
            holder.exec_driver_sql("SELECT set_config('sharecover.tenant', %s, true)", (platform.tenant.id,))
            assert holder.exec_driver_sql("SELECT 1 FROM quotes WHERE id = %s FOR UPDATE", (quote["id"],)).all()

            def call(index: int) -> Any:
                if index < 2:
                    return there.post("/v1/covers", a_bind(quote)).status_code
                with owner.engine.connect() as looking:
                    wait_for("both binds", lambda: waiting_for_locks(looking) == 2)
                refused = the_problem(there.get("/v1/covers"), 429, "rate_limited")
                assert "2 requests with this partner's keys are being worked on" in refused["detail"]
                began = time.monotonic()
                assert other.get("/v1/covers").status_code == 200
                assert client.get("/m/" + "0" * 28).status_code == 404
                assert time.monotonic() - began < PROMPTLY_SECONDS
                watched = [client.get(path).status_code for path in ("/livez", "/readyz")]
                holder.rollback()
                return watched

            *binds, watched = at_once(3, call)
            assert watched == [200, 200]
            assert 201 in binds
            assert there.get("/v1/covers").status_code == 200
