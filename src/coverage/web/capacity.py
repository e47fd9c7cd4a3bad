"""How much the service takes on at once. What is more waits, in a short queue and not for long, or is refused at once.

Without a bound each request that comes is held until it is served: those who ask again make the queue longer, and in the
end every answer comes too late for whoever asked. A refusal in time costs next to nothing, and says when to come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from anyio import CapacityLimiter, WouldBlock, move_on_after
from anyio.lowlevel import RunVar
from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp, Receive, Scope, Send

from coverage.domain.faults import Unavailable
from coverage.web.api import problems

# Whoever watches over the service is answered while it is full.
ALWAYS_OPEN: Final = {"/livez", "/readyz"}


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many requests are worked on at once, how many more may wait for it, and for how many seconds.

    Each that is worked on needs a thread and a connection to the database, at one time one of each at most.
    """

    at_once: int
    waiting: int
    wait_seconds: float


class Door:
    """Lets as many requests in as there is room for; the others wait before it, or are told to come back.

    It stands behind what reads a body: a sender who takes its time takes no room. And behind the turnstile, which turns away
    who is known to have nothing left: what one partner asks too much is told 429, and isn't what others are told 503 for.
    What is refused here hasn't been counted there.
    """

    def __init__(self, app: ASGIApp, capacity: Capacity) -> None:
        self.app = app
        self.capacity = capacity
        self._rooms: RunVar[CapacityLimiter] = RunVar("rooms")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ALWAYS_OPEN:
            await self.app(scope, receive, send)
            return
        room, visitor = self._room(), object()
        if not await self._let_in(room, visitor):
            fault = Unavailable("overloaded", "the service is busy now; try again shortly")
            answer = problems.fault_response(
                fault,
                instance=problems.instance_of(scope),
                request_id=scope.get("state", {}).get("request_id", ""),
            )
            await answer(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            room.release_on_behalf_of(visitor)

    async def _let_in(self, room: CapacityLimiter, visitor: object) -> bool:
        try:
            room.acquire_on_behalf_of_nowait(visitor)
        except WouldBlock:
            if room.statistics().tasks_waiting >= self.capacity.waiting:
                return False
            with move_on_after(self.capacity.wait_seconds) as waiting:
                await room.acquire_on_behalf_of(visitor)
            return not waiting.cancelled_caught
        return True

    def _room(self) -> CapacityLimiter:
        """The room of the event loop that runs; an application may run in several of them."""
        room = self._rooms.get(None)
        if room is None:
            room = CapacityLimiter(self.capacity.at_once)
            self._rooms.set(room)
            # A thread for each who is let in: nobody who got in waits for one, and there are no more than that.
            current_default_thread_limiter().total_tokens = self.capacity.at_once
        return room
