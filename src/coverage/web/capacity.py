"""How much the service takes on at once. What is more waits, in a short queue and not for long, or is refused at once.

Without a bound each request that comes is held until it is served: those who ask again make the queue longer, and in the
end every answer comes too late for whoever asked. A refusal in time costs next to nothing, and says when to come back.

No partner has more than its share of the places, however much it asks and however slow that is: what is left is others'.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from anyio import Event, move_on_after
from anyio.lowlevel import RunVar
from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp, Receive, Scope, Send

from coverage.domain.allowance import TooOften
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

    @property
    def share(self) -> int:
        """How many requests of one asker are worked on at once: half of all, and one at least."""
        return (self.at_once + 1) // 2

    @property
    def waiting_share(self) -> int:
        """How many more of one asker's may wait."""
        return (self.waiting + 1) // 2


# Whose request it is, by who has found out: a partner's, with all of its keys; or that of somebody with a key that this process
# hasn't seen yet, or with none. Of the latter two all together are one asker: they can't crowd out partners.
ASKER: Final = "asker"
NEWCOMERS, STRANGERS = "newcomers", "strangers"
COME_BACK_SECONDS: Final = 2


@dataclass(slots=True, eq=False)
class _Waiter:
    asker: str
    called: Event = field(default_factory=Event)
    let_in: bool = False


class _Hall:
    """Who is in and who waits before it. It is one event loop's, so that whatever doesn't await is done in one piece.

    Whenever somebody leaves, the first who may is let in. So whoever finds room has passed nobody who could have gone first.
    """

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._inside: Counter[str] = Counter()
        self._waiting: list[_Waiter] = []

    def enter(self, asker: str) -> bool:
        """Whether there was room, which is the asker's now."""
        if self._inside.total() >= self._capacity.at_once or self.has_its_share(asker):
            return False
        self._inside[asker] += 1
        return True

    def leave(self, asker: str) -> None:
        """Gives a place back, and calls in who waits for it."""
        self._inside[asker] -= 1
        if not self._inside[asker]:
            del self._inside[asker]
        for waiter in [*self._waiting]:
            if self._inside.total() >= self._capacity.at_once:
                break
            if self.enter(waiter.asker):
                self._waiting.remove(waiter)
                waiter.let_in = True
                waiter.called.set()

    def has_its_share(self, asker: str) -> bool:
        """Whether as much of the asker's is being worked on as may be of one."""
        return self._inside[asker] >= self._capacity.share

    async def wait(self, asker: str) -> bool:
        """Whether a place came in time. At once False where as many wait as may."""
        of_asker = sum(one.asker == asker for one in self._waiting)
        if len(self._waiting) >= self._capacity.waiting or of_asker >= self._capacity.waiting_share:
            return False
        waiter = _Waiter(asker)
        self._waiting.append(waiter)
        try:
            with move_on_after(self._capacity.wait_seconds):
                await waiter.called.wait()
        except BaseException:
            # Whoever gave up in the very moment in which they were called gives the place to the next.
            if waiter.let_in:
                self.leave(asker)
            raise
        finally:
            if not waiter.let_in:
                self._waiting.remove(waiter)
        return waiter.let_in


class Door:
    """Lets as many requests in as there is room for; the others wait before it, or are told to come back.

    It stands behind what reads a body: a sender who takes its time takes no room. And behind the turnstile, which turns away
    who is known to have nothing left, and says whose the others are: what one partner asks too much is told 429, and isn't
    what others are told 503 for. What is refused here hasn't been counted there.
    """

    def __init__(self, app: ASGIApp, capacity: Capacity) -> None:
        self.app = app
        self.capacity = capacity
        self._halls: RunVar[_Hall] = RunVar("halls")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ALWAYS_OPEN:
            await self.app(scope, receive, send)
            return
        hall, asker = self._hall(), scope.get("state", {}).get(ASKER, STRANGERS)
        if not await self._let_in(hall, asker):
            answer = problems.fault_response(
                self._refusal(hall, asker),
                instance=problems.instance_of(scope),
                request_id=scope.get("state", {}).get("request_id", ""),
            )
            await answer(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            hall.leave(asker)

    async def _let_in(self, hall: _Hall, asker: str) -> bool:
        return hall.enter(asker) or await hall.wait(asker)

    def _refusal(self, hall: _Hall, asker: str) -> Unavailable:
        """What a partner does by itself it is told as its own; a stranger is nobody to whom that would say anything."""
        if asker in (NEWCOMERS, STRANGERS) or not hall.has_its_share(asker):
            return Unavailable("overloaded", "the service is busy now; try again shortly")
        detail = (
            f"{self.capacity.share} requests with this partner's keys are being worked on, as many as may be at once;"
            f" try again in {COME_BACK_SECONDS} s"
        )
        return TooOften(detail, COME_BACK_SECONDS)

    def _hall(self) -> _Hall:
        """The hall of the event loop that runs; an application may run in several of them."""
        hall = self._halls.get(None)
        if hall is None:
            hall = _Hall(self.capacity)
            self._halls.set(hall)
            # A thread for each who is let in: nobody who got in waits for one, and there are no more than that.
            current_default_thread_limiter().total_tokens = self.capacity.at_once
        return hall
