"""How often somebody may ask: a partner by its policy, and an address that comes with keys that open nothing.

Counting takes a thread and a trip to Redis. So whoever is known to have nothing left is turned away before that, and before
the door (see `coverage.web.capacity`): those refusals take no room from others, and cost next to nothing.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from coverage.domain.allowance import Allowance, TooOften, asker_at
from coverage.domain.faults import Rejected
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.house import House
from coverage.operations.unlocking import caller_by_key
from coverage.telemetry import requests
from coverage.web.api import problems
from coverage.web.capacity import ASKER, NEWCOMERS

MOST_KNOWN: Final = 10_000


def bearer_of(authorization: str) -> str | None:
    """The key in an Authorization header, whatever it is; None where the header isn't Bearer with one."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key else None


def address_of(scope: Scope) -> str:
    """Whose address a request comes from; behind a proxy that is trusted, the one that the proxy tells."""
    return asker_at(scope["client"][0]) if scope.get("client") else ""


class Turnstile:
    """Counts whoever comes with a key, and turns away who comes too often: within `caller`, or, where this process knows that
    nothing is left, as soon as the headers are there.

    A key that has opened something here is told from one that nobody has seen: of an address that comes with many that open
    nothing, the former are still looked at, so that nobody locks out a partner with whom he shares an address.
    """

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app = app
        self._house = house
        self._lock = threading.Lock()
        # The tenants of keys that opened something, by the key's digest; the one that was used longest ago first.
        self._known: OrderedDict[bytes, Tenant] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["turnstile"] = self
        key = bearer_of(Headers(scope=scope).get("authorization", ""))
        tenant = self._known.get(_digest(key)) if key is not None else None
        if key is not None:
            # In both modes it is one partner: what it tries takes its own room.
            state[ASKER] = tenant.partner_id if tenant is not None else NEWCOMERS
        fault = self._refused(scope, tenant) if key is not None else None
        if fault is None:
            await self.app(scope, receive, send)
            return
        answer = problems.fault_response(
            fault, instance=problems.instance_of(scope), request_id=state.get("request_id", "")
        )
        await answer(scope, receive, send)

    def caller(self, scope: Scope, key: str) -> Caller:
        """Who calls with the key, counted; raises `Rejected` for a key that opens nothing, and `TooOften`."""
        digest = _digest(key)
        known = self._known.get(digest)
        if known is not None:
            # Before the database is asked: what is too much isn't to keep it busy.
            self._count(scope, known)
        try:
            caller = caller_by_key(self._house, key, scope["state"]["request_id"])
        except Rejected:
            self._forget(digest)
            scope["state"].pop("allowance", None)
            refused = self._take("invalid_key", address_of(scope))
            if refused is not None and refused.refused:
                raise _too_many_keys(refused) from None
            raise
        self._remember(digest, caller.tenant)
        if known is None:
            self._count(scope, caller.tenant)
        return caller

    def _count(self, scope: Scope, tenant: Tenant) -> None:
        """Counts a request of the tenant; raises `TooOften`."""
        requests.note(tenant=tenant.id)
        allowance = scope["state"]["allowance"] = self._take(_requests(tenant), tenant.id)
        if allowance is not None and allowance.refused:
            raise _too_many_requests(allowance)

    def _remember(self, digest: bytes, tenant: Tenant) -> None:
        with self._lock:
            self._known[digest] = tenant
            self._known.move_to_end(digest)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)

    def _forget(self, digest: bytes) -> None:
        with self._lock:
            self._known.pop(digest, None)

    def _take(self, what: str, who: str) -> Allowance | None:
        return self._house.limits.take(what, who) if self._house.limits else None

    def _refused(self, scope: Scope, tenant: Tenant | None) -> TooOften | None:
        """Why whoever comes with a key isn't let in; the tenant where the key has opened something here."""
        limits = self._house.limits
        if limits is None:
            return None
        if tenant is None:
            refused = limits.refusal("invalid_key", address_of(scope))
            return _too_many_keys(refused) if refused else None
        allowance = limits.refusal(_requests(tenant), tenant.id)
        if allowance is None:
            return None
        requests.note(tenant=tenant.id)
        scope["state"]["allowance"] = allowance
        return _too_many_requests(allowance)


def _requests(tenant: Tenant) -> str:
    return f"requests_{tenant.mode}"


def _too_many_requests(allowance: Allowance) -> TooOften:
    policy, seconds = allowance.policy, allowance.more_in_seconds
    window = "a second" if policy.window_seconds == 1 else f"{policy.window_seconds} seconds"
    detail = f"more than {policy.quota} requests in {window} with this partner's keys; try again in {seconds} s"
    return TooOften(detail, seconds)


def _too_many_keys(allowance: Allowance) -> TooOften:
    seconds = allowance.more_in_seconds
    return TooOften(f"many keys that open nothing came from this address; try again in {seconds} s", seconds)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
