"""Limits on how often somebody may ask, counted by the `limits` library in memory or in a Redis that processes share."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from limits.storage import MemoryStorage

from coverage.domain.allowance import Allowance, Policy, Window

if TYPE_CHECKING:
    from limits.storage import RedisStorage

log = logging.getLogger("coverage.limiting")

# How often a stranger may do a thing, from one address: check a certificate, or come with a key that opens nothing.
STRANGERS: Final[Mapping[str, Policy]] = {
    "verify_typed": Policy(10, 60),
    "verify_file": Policy(20, 60),
    "invalid_key": Policy(60, 60),
}
# A Redis that is well answers within a millisecond, on a machine that is overloaded in some hundred. Nobody is to wait long for
# one that isn't.
ANSWER_SECONDS: Final = 0.5
# How long it is left alone after it didn't answer. Then one request tries it again.
AWAY_SECONDS: Final = 1.0
MOST_REMEMBERED: Final = 10_000


class CountedLimits:
    """Counts in the Redis at `shared` for all processes together; without one, and while it doesn't answer, in this process
    alone. `policies` says how often each thing may be done; a thing with None, or that isn't there, has no limit.
    `counted_alone` is told of each count that Redis should have had.

    The window slides. One that begins anew at fixed times would let twice as much in around such a time, and all of it
    at once.
    """

    def __init__(
        self,
        policies: Mapping[str, Policy | None] = STRANGERS,
        shared: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        counted_alone: Callable[[], None] = lambda: None,
    ) -> None:
        self._policies = policies
        self._clock = clock
        self._counted_alone = counted_alone
        self._alone = MemoryStorage()
        self._shared = _SharedWindows(shared) if shared else None
        self._lock = threading.Lock()
        self._away_until: float | None = None  # by the clock; None while Redis answers
        # Who was refused, and until when by the clock; whoever was refused longest ago first.
        self._refusals: OrderedDict[tuple[str, str], tuple[float, Allowance]] = OrderedDict()

    def take(self, what: str, who: str) -> Allowance | None:
        """Counts one more, unless nothing is left for it; None where there is no limit."""
        policy = self._policies.get(what)
        if policy is None:
            return None
        taken, window = self._count(f"{what}/{who}", policy)
        allowance = Allowance.of(policy, window, refused=not taken)
        if not taken:
            self._remember((what, who), self._clock() + window.more_in(policy), allowance)
        return allowance

    def refusal(self, what: str, who: str) -> Allowance | None:
        """How they were refused last, while that must hold still. This process alone is asked: it costs next to nothing."""
        until, allowance = self._refusals.get((what, who), (0.0, None))
        left = until - self._clock()
        return replace(allowance, more_in_seconds=math.ceil(left)) if allowance is not None and left > 0 else None

    def _remember(self, whom: tuple[str, str], until: float, allowance: Allowance) -> None:
        with self._lock:
            self._refusals[whom] = (until, allowance)
            self._refusals.move_to_end(whom)
            if len(self._refusals) > MOST_REMEMBERED:
                self._refusals.popitem(last=False)

    def _count(self, key: str, policy: Policy) -> tuple[bool, Window]:
        """Whether there was room for one more, and what is counted now."""
        if self._shared is not None and self._may_ask():
            try:
                counted = self._shared.count(key, policy)
            except self._shared.failures as error:
                self._is_away(error)
            else:
                self._is_there()
                return counted
        if self._shared is not None:
            self._counted_alone()
        taken = self._alone.acquire_sliding_window_entry(key, policy.quota, policy.window_seconds)
        return taken, _window(policy, *self._alone.get_sliding_window(key, policy.window_seconds))

    def _may_ask(self) -> bool:
        """Whether Redis is to be asked. After it was away, by one alone: the others don't wait to see what comes of it."""
        with self._lock:
            if self._away_until is None:
                return True
            if self._clock() < self._away_until:
                return False
            self._away_until = float("inf")
            return True

    def _is_away(self, error: Exception) -> None:
        with self._lock:
            known, self._away_until = self._away_until is not None, self._clock() + AWAY_SECONDS
        if not known:
            log.warning("Redis doesn't answer (%s); limits are counted in each process alone", _first_line(error))

    def _is_there(self) -> None:
        with self._lock:
            was_away, self._away_until = self._away_until is not None, None
        if was_away:
            log.warning("Redis answers again; limits are counted for all processes together")


class _SharedWindows:
    """Windows in Redis, counted by the library's scripts; both in one trip, which takes half the time of two."""

    def __init__(self, address: str) -> None:
        # Loaded where it is used.
        from limits.storage import RedisStorage
        from redis.backoff import NoBackoff
        from redis.exceptions import ConnectionError, NoScriptError, RedisError
        from redis.retry import Retry

        self.failures: tuple[type[Exception], ...] = (RedisError, OSError)
        self._unknown_script = NoScriptError
        # At once again over a new connection, for one that was ended while it was idle; else whoever asks waits no more.
        again = Retry(NoBackoff(), 1, supported_errors=(ConnectionError,))
        self._windows: RedisStorage = RedisStorage(
            address.replace("unix://", "redis+unix://", 1), key_prefix="sharecover",
            socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS,
            retry=again,  # type: ignore[arg-type]
        )  # fmt: skip

    def count(self, key: str, policy: Policy) -> tuple[bool, Window]:
        """Whether there was room for one more, and what is counted then; raises one of `failures`."""
        try:
            return self._ask(key, policy)
        except self._unknown_script:
            # The one that takes comes last. Were it known before the other, somebody's trip would break off between the two, and
            # be made again: counted twice.
            for script in (self._windows.SCRIPT_SLIDING_WINDOW, self._windows.SCRIPT_ACQUIRE_SLIDING_WINDOW):
                self._windows.storage.script_load(script)
            return self._ask(key, policy)

    def _ask(self, key: str, policy: Policy) -> tuple[bool, Window]:
        # In braces: both windows of one asker lie on one node of a cluster.
        current = self._windows.prefixed_key(f"{{{key}}}")
        keys = (f"{current}/-1", current)
        trip = self._windows.storage.pipeline(transaction=False)
        take, look = self._windows.lua_acquire_sliding_window, self._windows.lua_sliding_window
        trip.evalsha(take.sha, 2, *keys, policy.quota, policy.window_seconds, 1)
        trip.evalsha(look.sha, 2, *keys, policy.window_seconds)
        taken, (previous, previous_ttl, running, running_ttl) = trip.execute()
        seconds = [max(0, milliseconds) / 1000 for milliseconds in (previous_ttl, running_ttl)]
        return bool(taken), _window(policy, int(previous or 0), seconds[0], int(running or 0), seconds[1])


def _window(policy: Policy, previous: int, previous_ttl: float, current: int, current_ttl: float) -> Window:
    """The library keeps each count for two windows: while it is the one that runs, and while it is the one before."""
    return Window(previous, previous_ttl, current, max(0.0, current_ttl - policy.window_seconds))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
