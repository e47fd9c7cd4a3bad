"""Card processors that tests pay at: the stand-in and localstripe, both over HTTP on this machine alone."""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx2
from starlette.types import Receive, Scope, Send

from coverage.domain.payment import Intent, Order
from coverage.gateways.stripe_payments import StripePayments
from coverage.gateways.stripe_stand_in import DEMO_KEY, StripeStandIn
from tests.serving import serving

SECRET = "whsec_of_the_tests"
ORDER = Order(
    tenant_id="tn_1",
    payment_id="pay_1",
    cover_id="cov_1",
    cover_number="SC-2026-000001",
    amount=3_024,
    currency="EUR",
    email="member@platform.example",
)

# localstripe listens where it is told, keeps nothing on the disk, and ends with who started it.
_LOCALSTRIPE = """
import os, socket, sys, threading
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda self: None
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
web.run_app(server.app, sock=socket.socket(fileno=int(sys.argv[1])), print=None, access_log=None)
"""


def order(payment_id: str = "pay_1", **changes: Any) -> Order:
    """An order to be paid by card."""
    return replace(ORDER, payment_id=payment_id, **changes)


class Postbox:
    """An address to which events are sent: ASGI, and what came in. `answers` are given first, then 200."""

    def __init__(self, *answers: int) -> None:
        self.events: queue.Queue[tuple[bytes, str]] = queue.Queue()
        self._answers = list(answers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = dict(scope["headers"])
        self.events.put((body, headers.get(b"stripe-signature", b"").decode()))
        status = self._answers.pop(0) if self._answers else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@dataclass
class Processor:
    """A processor on a port of this machine, the gateway to it, and what members do there without the gateway."""

    url: str
    payments: StripePayments
    http: httpx2.Client
    knows_asking_card: bool = True

    def asking_card(self) -> str:
        """A card whose bank asks its holder, by 3-D Secure: https://docs.stripe.com/testing#authentication-and-setup."""
        if self.knows_asking_card:
            return "pm_card_authenticationRequired"
        card = {"number": "4000002500003155", "exp_month": "12", "exp_year": "2040", "cvc": "123"}
        form = {f"card[{name}]": value for name, value in card.items()}
        return str(self.post("payment_methods", type="card", **form).json()["id"])

    def post(self, path: str, **form: str) -> httpx2.Response:
        """A call as a member's browser makes it, or somebody by hand."""
        return self.http.post(f"{self.url}/v1/{path}", data=form)

    def an_intent(self, card: str = "pm_card_visa", **changes: str) -> Intent:
        """An intent to which a card was given, and that nobody confirmed yet."""
        form = {"amount": "3024", "currency": "eur", "payment_method": card, "metadata[payment]": "pay_1"}
        made = self.post("payment_intents", **{**form, "metadata[tenant]": "tn_1", **changes})
        assert made.status_code == 200, made.text
        return self.payments.look(made.json()["id"])

    def paid(self, card: str = "pm_card_visa") -> Intent:
        """An intent that was paid."""
        intent = self.an_intent(card)
        assert self.post(f"payment_intents/{intent.id}/confirm").status_code == 200
        return self.payments.look(intent.id)

    def authenticate(self, intent: Intent, *, success: bool) -> None:
        """What the page of a member's bank ends with."""
        form = {"client_secret": intent.client_secret, "success": str(success).lower()}
        answer = self.post(f"payment_intents/{intent.id}/_authenticate", **form)
        assert answer.status_code == 200, answer.text


@contextmanager
def _processor(url: str, key: str) -> Iterator[Processor]:
    payments = StripePayments(key, SECRET, api_base=url, timeout_seconds=5, retries=0)
    with httpx2.Client(headers={"Authorization": f"Bearer {key}"}) as http:
        yield Processor(url, payments, http)


@contextmanager
def stand_in(**settings: Any) -> Iterator[tuple[Processor, StripeStandIn]]:
    """The stand-in, until the block ends."""
    app = StripeStandIn(webhook_secret=SECRET, **settings)
    try:
        with serving(app) as url, _processor(url, DEMO_KEY) as processor:
            yield processor, app
    finally:
        app.close()


@contextmanager
def localstripe() -> Iterator[Processor]:
    """localstripe (https://github.com/adrienverge/localstripe), until the block ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        port = listener.getsockname()[1]
        command = [sys.executable, "-c", _LOCALSTRIPE, str(listener.fileno())]
        program = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[listener.fileno()])
    try:
        with _processor(f"http://127.0.0.1:{port}", "sk_test_12345") as processor:
            processor.knows_asking_card = False
            yield processor
    finally:
        program.terminate()
        program.communicate(timeout=20)
