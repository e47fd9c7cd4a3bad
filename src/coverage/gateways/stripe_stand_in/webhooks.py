"""The stand-in's events: signed as Stripe signs them, and sent by a thread of their own.

Stripe promises no order, and may send an event twice (https://docs.stripe.com/webhooks#event-delivery-behaviors). So a
test holds events back, and lets them go late, in another order, or twice.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from typing import Any, Final

import httpx2
import stripe

_MOST_WAITING: Final = 1_000
_TRIES: Final = 5
_FIRST_PAUSE_SECONDS: Final = 0.1


class Webhooks:
    """Sends events to `url`, signed with `secret`; without a url, events are told to nobody and kept for who looks."""

    def __init__(self, url: str | None, secret: str, clock: Callable[[], float]) -> None:
        self.secret, self._url, self._clock = secret, url, clock
        # Those who fall out at the far end are lost, as a flood's are.
        self._waiting: deque[bytes] = deque(maxlen=_MOST_WAITING)
        self._told: deque[bytes] = deque(maxlen=_MOST_WAITING)
        self._changed = threading.Condition()
        self._held = self._closed = self._sending = False
        self._thread: threading.Thread | None = None

    @property
    def told(self) -> list[bytes]:
        """The bodies of all events so far, the oldest first."""
        with self._changed:
            return list(self._told)

    def tell(self, name: str, thing: dict[str, Any]) -> None:
        """Something has happened to a thing: it is told as it is now."""
        shown = {key: deepcopy(value) for key, value in thing.items() if not key.startswith("_")}
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "object": "event",
            "api_version": stripe.api_version,
            "created": int(self._clock()),
            "livemode": False,
            "type": name,
            "data": {"object": shown},
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
        }
        body = json.dumps(event).encode()
        with self._changed:
            self._told.append(body)
            if self._url is not None:
                self._put([body])

    def hold(self) -> None:
        """Holds back what is told from now on."""
        with self._changed:
            self._held = True

    def let_go(self, order: Callable[[list[bytes]], list[bytes]] = list, *, times: int = 1) -> None:
        """Sends what was held back, in an order, so many times each."""
        with self._changed:
            waiting = order(list(self._waiting))
            self._waiting.clear()
            self._held = False
            self._put([body for body in waiting for _ in range(times)])

    def signature(self, body: bytes, *, at: float | None = None) -> str:
        """The header that goes with a body, at an instant; now, where none is given."""
        instant = int(self._clock() if at is None else at)
        return str(stripe.WebhookSignature.generate_signature_header(body.decode(), self.secret, instant))

    def wait_until_sent(self, timeout_seconds: float = 10.0) -> bool:
        """Waits until nothing is to be sent any more; whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._sending, timeout_seconds)

    def close(self) -> None:
        """Sends nothing any more, and ends the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=20)

    def _put(self, bodies: list[bytes]) -> None:
        self._waiting.extend(bodies)
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._send_all, name="stand-in-webhooks", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _send_all(self) -> None:
        with httpx2.Client(timeout=10) as client:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._closed or (bool(self._waiting) and not self._held))
                    if self._closed:
                        return
                    body, self._sending = self._waiting.popleft(), True
                try:
                    self._send(client, body)
                finally:
                    with self._changed:
                        self._sending = False
                        self._changed.notify_all()

    def _send(self, client: httpx2.Client, body: bytes) -> None:
        """Sends until it is taken, a few times. Stripe goes on for three days."""
        pause = _FIRST_PAUSE_SECONDS
        for _ in range(_TRIES):
            headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": self.signature(body)}
            with suppress(httpx2.TransportError, httpx2.InvalidURL):
                if client.post(str(self._url), content=body, headers=headers).is_success:
                    return
            with self._changed:
                if self._changed.wait_for(lambda: self._closed, pause):
                    return
            pause *= 2
