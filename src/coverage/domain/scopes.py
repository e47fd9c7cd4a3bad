"""Scopes: what an API key may do. Each noun is read or written; to write is to read too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# What each scope lets a key do, in words for those who make one.
MEANINGS: Final = {
    "quotes:read": "read products and quotes, and price risks",
    "quotes:write": "make quotes, too",
    "covers:read": "read covers, their documents, invoices and bordereaux",
    "covers:write": "bind, change and cancel covers, too",
    "claims:read": "read claims",
    "claims:write": "declare claims, too",
    "webhooks:read": "read webhook endpoints",
    "webhooks:write": "make, change and try webhook endpoints, too",
    "settling": "decide claims, reserve and pay them out",
    "keys": "see, make, rotate and revoke API keys",
}
# What a key has that was made without a word on it: all that a platform does. Whoever settles its claims, and whoever hands
# out its keys, has a key for that: neither is given unasked.
UNRESTRICTED: Final = ("quotes:write", "covers:write", "claims:write", "webhooks:write")
SETTLING: Final = "settling"
KEYS: Final = "keys"

# What keys were given before reading and writing were told apart.
_EARLIER: Final = {"quotes": "quotes:write", "covers": "covers:write", "claims": "claims:write"}


def reach(scopes: Iterable[str]) -> frozenset[str]:
    """All that keys with these scopes may do: with writing goes reading."""
    found = {_EARLIER.get(scope, scope) for scope in scopes}
    return frozenset(found | {f"{scope.removesuffix(':write')}:read" for scope in found if scope.endswith(":write")})


def told(scopes: Iterable[str]) -> list[str]:
    """Scopes as they are told: in their order, without those that follow from others."""
    reached = reach(scopes)
    return [
        scope
        for scope in MEANINGS
        if scope in reached and not (scope.endswith(":read") and f"{scope.removesuffix(':read')}:write" in reached)
    ]


def beyond(wanted: Iterable[str], held: Iterable[str]) -> list[str]:
    """What of `wanted` reaches farther than `held`."""
    return sorted(reach(wanted) - reach(held))
