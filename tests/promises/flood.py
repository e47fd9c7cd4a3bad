"""More requests than a service can take, sent by the clock and not by its answers; what came back is counted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Answers:
    """What came back: how many of each status, and how many seconds the refusals and the others took."""

    statuses: Counter[int | str] = field(default_factory=Counter)
    refused_after: list[float] = field(default_factory=list)
    served_after: list[float] = field(default_factory=list)
    without_advice: int = 0  # refusals that don't say when to come back
    seconds: float = 0.0

    def refused_within(self, share: float) -> float:
        """The seconds within which that share of the refusals came."""
        return _within(self.refused_after, share)

    def served_within(self, share: float) -> float:
        """The seconds within which that share of the other answers came."""
        return _within(self.served_after, share)


def _within(seconds: list[float], share: float) -> float:
    return sorted(seconds)[int(len(seconds) * share)] if seconds else 0.0


class _Caller:
    """Connections that are used again, as many as are needed at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def call(self, request: bytes) -> tuple[int, bytes]:
        """The status and the head of the answer."""
        while self._idle:
            try:
                return await self._exchange(*self._idle.pop(), request)
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                # The service ends what was idle for some seconds, perhaps at this very moment; it has read nothing then.
                if isinstance(error, asyncio.IncompleteReadError) and error.partial:
                    raise
        return await self._exchange(*await asyncio.open_connection("127.0.0.1", self._port), request)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> tuple[int, bytes]:
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
        except BaseException:
            writer.close()
            raise
        if b"connection: close" in head:
            writer.close()
        else:
            self._idle.append((reader, writer))
        return int(head.split(b" ")[1]), head

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


def flood(ports: Sequence[int], request: Callable[[int], bytes], count: int, rate: float) -> Answers:
    """Sends `count` requests, `rate` a second, to each port in its turn, and waits for their answers."""

    async def play() -> Answers:
        told, callers = Answers(), [_Caller(port) for port in ports]

        async def one(number: int) -> None:
            began = time.monotonic()
            try:
                status, head = await callers[number % len(callers)].call(request(number))
            except (OSError, EOFError) as error:
                told.statuses[type(error).__name__] += 1
                return
            told.statuses[status] += 1
            if status in (429, 503):
                told.refused_after.append(time.monotonic() - began)
                told.without_advice += b"retry-after:" not in head
            else:
                told.served_after.append(time.monotonic() - began)

        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                ahead = began + number / rate - time.monotonic()
                # Late, it only lets others run: what should have been sent is sent.
                await asyncio.sleep(max(0.0, ahead) if ahead > 0.002 or number % 20 == 0 else 0)
                tasks.create_task(one(number))
            told.seconds = time.monotonic() - began
        for caller in callers:
            caller.close()
        return told

    return asyncio.run(play())


def served_a_second(port: int, request: Callable[[int], bytes], seconds: float) -> float:
    """How many requests a second are served to a few who each wait for their answer."""

    async def play() -> float:
        caller, served, began = _Caller(port), 0, time.monotonic()

        async def one(number: int) -> None:
            nonlocal served
            while time.monotonic() - began < seconds:
                status, _ = await caller.call(request(number))
                assert status == 201
                served += 1

        await asyncio.gather(*(one(number) for number in range(4)))
        taken = time.monotonic() - began
        caller.close()
        return served / taken

    return asyncio.run(play())
