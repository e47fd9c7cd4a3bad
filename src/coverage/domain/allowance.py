"""How often somebody may ask: what a policy allows, how much of it is left, and how both are told.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10: lists of strings with parameters (RFC 9651).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from coverage.domain.faults import Unavailable

WINDOWS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
MOST: Final = 1_000_000  # that a policy may allow in its window
# Of IPv6 one household or machine has a network of this many bits, and every address in it.
NETWORK_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `quota` requests in each `window_seconds`, wherever those begin."""

    quota: int
    window_seconds: int

    def __post_init__(self) -> None:
        if not (0 < self.quota <= MOST and self.window_seconds > 0):
            raise ValueError(f"{self.quota} in {self.window_seconds} s is no policy")

    @classmethod
    def read(cls, text: str) -> Policy | None:
        """What "100/second" says; None for "off". Raises ValueError with what would be right."""
        if text == "off":
            return None
        found = re.fullmatch(r"([1-9][0-9]{0,6})/(\w+)", text, re.ASCII)
        if found is None or found[2] not in WINDOWS or int(found[1]) > MOST:
            raise ValueError(
                f"expected a number up to {MOST:,} in a {', '.join(WINDOWS)}, such as 100/second; or `off`"
            )
        return cls(int(found[1]), WINDOWS[found[2]])


@dataclass(frozen=True, slots=True)
class Window:
    """What was counted in a window that slides: in the whole one that runs, and in the one before it. Of that one as great a
    share counts still as of it lies within `window_seconds` of now.
    """

    previous: int
    previous_ends_in: float  # seconds until nothing of the one before counts any more
    current: int
    current_ends_in: float  # seconds until the one that runs is the one before

    def used(self, policy: Policy) -> int:
        """How much of the quota is used now."""
        return math.floor(self.previous * self.previous_ends_in / policy.window_seconds) + self.current

    def more_in(self, policy: Policy) -> float:
        """Seconds until more of the quota is left than now."""
        used = self.used(policy)
        if used == 0:
            return 0.0
        if self.previous and used > self.current:
            return self.previous_ends_in - (used - self.current) * policy.window_seconds / self.previous
        # From then on the one that runs slides out of sight in its turn.
        return self.current_ends_in


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody has left of a policy after a request, which was `refused` where nothing was left for it."""

    policy: Policy
    remaining: int
    more_in_seconds: int  # after which more is left: at least 1
    refused: bool = False

    @classmethod
    def of(cls, policy: Policy, window: Window, *, refused: bool) -> Allowance:
        """What is left in a window."""
        remaining = 0 if refused else max(0, policy.quota - window.used(policy))
        return cls(policy, remaining, max(1, math.ceil(window.more_in(policy))), refused)

    @property
    def policy_header(self) -> str:
        """What RateLimit-Policy says: the quota, and the window in seconds."""
        return f'"default";q={self.policy.quota};w={self.policy.window_seconds}'

    @property
    def header(self) -> str:
        """What RateLimit says: what remains, and in how many seconds it is more."""
        return f'"default";r={self.remaining};t={self.more_in_seconds}'


class TooOften(Unavailable):
    """Somebody has used up what they may ask, and has it again after `seconds`."""

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__("rate_limited", detail)
        self.seconds = seconds


def asker_at(address: str) -> str:
    """Who asks from a network address: of IPv6 the network, of which one asker has all addresses.

    An IPv4 address is itself, also where it is written as IPv6. What is no address stays what it is.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ip_network((found, NETWORK_BITS), strict=False)) if found.version == 6 else str(found)
