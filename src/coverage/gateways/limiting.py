"""Limits on how often somebody may ask, counted by the `limits` library in memory or in a Redis that processes share."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

# How often a stranger may do a thing, from one address.
STRANGERS: Final[Mapping[str, str]] = {"verify_typed": "10/minute", "verify_file": "20/minute"}


class CountedLimits:
    """Counts at `storage` ("memory://" for this process alone, "redis://…" for all that share it)."""

    def __init__(self, storage: str = "memory://", limits: Mapping[str, str] = STRANGERS) -> None:
        self._windows = MovingWindowRateLimiter(storage_from_string(storage))
        self._limits: dict[str, RateLimitItem] = {what: parse(text) for what, text in limits.items()}

    def seconds_to_wait(self, what: str, who: str) -> int | None:
        limit = self._limits[what]
        if self._windows.hit(limit, what, who):
            return None
        return max(1, math.ceil(self._windows.get_window_stats(limit, what, who).reset_time - time.time()))
