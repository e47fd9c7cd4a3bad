"""The stand-in as an ASGI app: keys, idempotency keys, faults on demand, and the page that a member pays on.

It is no Stripe, takes no real cards, and moves no money.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from coverage.gateways.stripe_stand_in import bills
from coverage.gateways.stripe_stand_in.account import Account, Form, Refusal, Thing
from coverage.gateways.stripe_stand_in.forms import listed, parsed, shown
from coverage.gateways.stripe_stand_in.page import page_of, what_this_is
from coverage.gateways.stripe_stand_in.webhooks import Webhooks

DEMO_KEY: Final = "sk_test_stand_in"
_TEST_KEY: Final = re.compile(r"(?:sk|rk)_test_[A-Za-z0-9_]+")
_LONGEST_BODY: Final = 1 << 20
_LONGEST_KEY: Final = 255
_KEPT_SECONDS: Final = 24 * 3600
_LONGEST_SLOW_SECONDS: Final = 5
_SAYS: Final = {"X-Stand-In": "This is no Stripe. It takes no real cards and moves no money."}

Fault = Literal[
    "rate_limited", "refused", "failed", "done_failed", "slow", "silent", "done_silent", "done_lost", "no_json", "live"
]


class Faults:
    """What goes wrong with the next calls, one each:

    `rate_limited` is answered 429 and `refused` 500, nothing being done or kept; `failed` is answered 500, nothing being
    done, and is kept under the idempotency key, as Stripe keeps it; `done_failed` is the same, but done; `slow` is done once
    another call under its idempotency key has come and was turned away; `silent` is never answered, nothing being done, and
    `done_silent` is never answered though it is done; `done_lost` is done, and the connection closed within the answer;
    `no_json` is done and answered with something else; `live` is done and answered as of the other mode.
    """

    def __init__(self) -> None:
        self._next: deque[tuple[Fault, str]] = deque(maxlen=1_000)
        self._lock = threading.Lock()

    def next(self, *faults: Fault, at: str = "") -> None:
        """These happen to the next calls, one after the other; with `at`, to those whose "METHOD /path" begins with it, in
        which * stands for anything.
        """
        with self._lock:
            self._next.extend((fault, at) for fault in faults)

    def take(self, call: str) -> Fault | None:
        """What goes wrong with this call."""
        with self._lock:
            for place, (fault, at) in enumerate(self._next):
                if fnmatchcase(call, f"{at}*"):
                    del self._next[place]
                    return fault
        return None


@dataclass(slots=True)
class _Kept:
    """What was answered under an idempotency key; `answer` is None while it is worked on."""

    sent: str
    since: float
    answer: tuple[int, Thing] | None = None
    met: asyncio.Event = field(default_factory=asyncio.Event)  # another call under the key was turned away meanwhile


class StripeStandIn:
    """Serves an account for each of `keys`. See the package: it is no Stripe.

    Close it to end what sends its events.
    """

    def __init__(
        self,
        keys: Iterable[str] = (DEMO_KEY,),
        *,
        webhook_url: str | None = None,
        webhook_secret: str = "whsec_stand_in",  # noqa: S107 - not one: nothing but this stand-in signs with it
        clock: Callable[[], float] = time.time,
        most: int = 10_000,
    ) -> None:
        self.webhooks = Webhooks(webhook_url, webhook_secret, clock)
        self.faults = Faults()
        self.calls: deque[str] = deque(maxlen=1_000)  # "METHOD /path" of the last calls
        self._clock, self._most = clock, most
        self._lock = threading.RLock()
        self._accounts: dict[str, Account] = {}
        self._kept: dict[str, OrderedDict[str, _Kept]] = {}
        for key in keys:
            if not _TEST_KEY.fullmatch(key):
                raise ValueError("a stand-in takes test keys alone, which begin with sk_test_ or rk_test_")
            self._accounts[key] = Account(self.webhooks.tell, clock, most)
            self._kept[key] = OrderedDict()

    @contextmanager
    def account(self, key: str = DEMO_KEY) -> Iterator[Account]:
        """The account of a key, for what members, banks and card holders do; nothing else happens to it meanwhile."""
        with self._lock:
            yield self._accounts[key]

    def close(self) -> None:
        """Ends the thread that sends events."""
        self.webhooks.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: HTTP alone."""
        if scope["type"] != "http":
            raise RuntimeError(f"the stand-in speaks HTTP, not {scope['type']}")
        request = Request(scope, receive)
        response = (
            await self._page(request) if not request.url.path.startswith("/v1/") else await self._api(request, send)
        )
        if response is not None:
            response.headers.update(_SAYS)
            await response(scope, receive, send)

    # ---------------------------------------------------------------------------------------- the API

    async def _api(self, request: Request, send: Send) -> Response | None:
        call = f"{request.method} {request.url.path}"
        self.calls.append(call)
        try:
            key = self._key(request)
            sent = request.url.query if request.method == "GET" else await _body(request)
            fault = self.faults.take(call)
            if fault == "rate_limited":
                raise Refusal(429, "Too many requests hit the API too quickly.", code="rate_limit")
            if fault == "refused":
                raise Refusal(500, "Something went wrong.", kind="api_error")
            if fault == "silent":
                await _silence(request)
                return None
            name = request.headers.get("Idempotency-Key") if request.method == "POST" else None
            with self._lock:
                kept = self._reserve(key, name, f"{call}?{sent}")
            if kept is not None and kept.answer is not None:
                return _answer(*kept.answer, replayed=True)
            try:
                if kept is not None and fault == "slow":
                    with suppress(TimeoutError):
                        await asyncio.wait_for(kept.met.wait(), _LONGEST_SLOW_SECONDS)
                with self._lock:
                    answer = self._done(key, request, sent, kept, fault)
            finally:
                with self._lock:
                    if kept is not None and kept.answer is None and name is not None:
                        self._kept[key].pop(name, None)
        except Refusal as refusal:
            return _answer(refusal.status, refusal.body)
        if fault == "done_silent":
            await _silence(request)
            return None
        if fault == "done_lost":
            # More is announced than comes: the server closes the connection then.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            return None
        return Response("<html>Bad gateway</html>", 200) if fault == "no_json" else _answer(*answer)

    def _key(self, request: Request) -> str:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if re.match(r"(?:sk|rk)_live_", key):
            words = "This is a stand-in and no Stripe: it takes no live key. Change the one that was sent here."
            raise Refusal(401, words)
        if scheme != "Bearer" or key not in self._accounts:
            raise Refusal(401, "Invalid API Key provided.")
        return key

    def _reserve(self, key: str, name: str | None, sent: str) -> _Kept | None:
        """What is kept under an idempotency key, or its place. https://docs.stripe.com/api/idempotent_requests"""
        if name is None:
            return None
        if not 0 < len(name) <= _LONGEST_KEY:
            raise Refusal(400, "An idempotency key has 1 to 255 signs.", kind="idempotency_error")
        all_kept, now = self._kept[key], self._clock()
        kept = all_kept.get(name)
        if kept is not None and now - kept.since <= _KEPT_SECONDS:
            if kept.answer is None:
                kept.met.set()
                words = "There is currently another in-progress request using this Idempotent Key."
                raise Refusal(409, words, kind="idempotency_error", code="idempotency_key_in_use")
            if kept.sent != sent:
                words = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                raise Refusal(400, words, kind="idempotency_error")
            return kept
        kept = all_kept[name] = _Kept(sent, now)
        while len(all_kept) > self._most:
            all_kept.popitem(last=False)
        return kept

    def _done(
        self, key: str, request: Request, sent: str, kept: _Kept | None, fault: Fault | None
    ) -> tuple[int, Thing]:
        """Does what is asked. What began to be done is kept, be it a refusal; what was refused before isn't."""
        account = self._accounts[key]
        form = parsed(sent)
        paths = form.pop("expand", [])
        try:
            if fault == "failed":
                raise Refusal(500, "Something went wrong.", kind="api_error", kept=True)
            answer = shown(account, self._found(account, request, form), paths if isinstance(paths, list) else [])
            if fault == "done_failed":
                raise Refusal(500, "Something went wrong.", kind="api_error", kept=True)
        except Refusal as refusal:
            if kept is not None and refusal.kept:
                kept.answer = (refusal.status, refusal.body)
            return refusal.status, refusal.body
        if kept is not None:
            kept.answer = (200, answer)
        return 200, _as_live(answer) if fault == "live" else answer

    def _found(self, account: Account, request: Request, form: Form) -> Thing:
        for route in _ROUTES:
            match = route.path.fullmatch(request.url.path)
            if match is not None and route.method == request.method:
                unknown = sorted(form.keys() - route.known)
                if unknown:
                    words = f"Received unknown parameter: {unknown[0][:80]}"
                    raise Refusal(400, words, code="parameter_unknown", param=unknown[0][:80])
                number = match.groupdict().get("id", "")
                # Where this is served, for who opens its page.
                address = f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"
                return route.call(account, number, {**form, "_address": address, "_url": request.url.path})
        raise Refusal(404, f"Unrecognized request URL ({request.method}: {request.url.path[:200]}).")

    # --------------------------------------------------------------------------------------- the page

    async def _page(self, request: Request) -> Response:
        found = re.fullmatch(r"/pay/(cs_test_[0-9a-f]+)", request.url.path)
        account = self._whose(found[1]) if found else None
        if found is None or account is None:
            return what_this_is(404 if request.url.path != "/" else 200)
        try:
            form = parsed(await _body(request)) if request.method == "POST" else {}
            with self._lock:
                page = account.page(found[1])
                if "bank" in form:
                    page = account.approve_on(found[1], approved=form["bank"] == "approve")
                elif "card" in form:
                    page = account.pay_on(found[1], str(form["card"]))
                intent = account.referred(page["payment_intent"])
                if page["status"] == "complete":
                    paid_url = page["success_url"].replace("{CHECKOUT_SESSION_ID}", page["id"])
                    return RedirectResponse(paid_url, status_code=303)
                return page_of(page, intent)
        except Refusal as refusal:
            with self._lock:
                page = account.page(found[1])
                return page_of(page, account.referred(page["payment_intent"]), said=str(refusal), status=refusal.status)

    def _whose(self, number: str) -> Account | None:
        with self._lock:
            return next((one for one in self._accounts.values() if one.referred(number) is not None), None)


Call = Callable[[Account, str, Form], Thing]


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    path: re.Pattern[str]
    known: frozenset[str]
    call: Call


def _route(method: str, path: str, known: str, call: Call) -> _Route:
    pattern = re.compile("/v1/" + path.replace("{id}", "(?P<id>[A-Za-z0-9_]+)"))
    return _Route(method, pattern, frozenset(known.split()), call)


def _list(kind: str) -> Call:
    return lambda account, _, form: listed(account, kind, form, form["_url"])


def _search(kind: str) -> Call:
    def search(account: Account, _: str, form: Form) -> Thing:
        found = account.search(kind, form)[: int(form.get("limit", "10"))]
        return {"object": "search_result", "url": form["_url"], "has_more": False, "next_page": None, "data": found}

    return search


def _retrieve(kind: str) -> Call:
    return lambda account, number, _: account.find(kind, number)


_PAGING: Final = "limit starting_after ending_before created"
_INTENT: Final = (
    "amount currency metadata description automatic_payment_methods allowed_payment_method_types receipt_email "
    "payment_method confirm"
)
_PAGE: Final = (
    "mode allowed_payment_method_types client_reference_id metadata payment_intent_data line_items "
    "success_url cancel_url expires_at customer_email"
)
_INVOICE: Final = "customer collection_method days_until_due currency auto_advance pending_invoice_items_behavior custom_fields metadata"
_ROUTES: Final = (
    _route("POST", "payment_intents", _INTENT, lambda account, _, form: account.create_intent(form)),
    _route("GET", "payment_intents/search", "query limit", _search("payment_intent")),
    _route("GET", "payment_intents/{id}", "", _retrieve("payment_intent")),
    _route("POST", "payment_intents/{id}/confirm", "payment_method", Account.confirm),
    _route("POST", "payment_intents/{id}/cancel", "cancellation_reason", Account.cancel),
    _route("POST", "payment_intents/{id}/_authenticate", "client_secret success", Account.authenticate),
    _route("GET", "charges/{id}", "", _retrieve("charge")),
    _route("POST", "checkout/sessions", _PAGE, lambda account, _, form: account.create_page(form, form["_address"])),
    _route("GET", "checkout/sessions", f"payment_intent {_PAGING}", _list("checkout.session")),
    _route("GET", "checkout/sessions/{id}", "", lambda account, number, _: account.page(number)),
    _route("POST", "checkout/sessions/{id}/expire", "", Account.expire_page),
    _route("POST", "refunds", "payment_intent amount metadata", lambda account, _, form: account.create_refund(form)),
    _route("GET", "refunds", f"payment_intent charge {_PAGING}", _list("refund")),
    _route("GET", "refunds/{id}", "", _retrieve("refund")),
    _route("GET", "disputes/{id}", "", _retrieve("dispute")),
    _route("GET", "balance_transactions", _PAGING, _list("balance_transaction")),
    _route("POST", "customers", "name email metadata", lambda account, _, form: bills.create_customer(account, form)),
    _route("GET", "customers/search", "query limit", _search("customer")),
    _route("POST", "customers/{id}", "name email", bills.update_customer),
    _route("POST", "invoices", _INVOICE, lambda account, _, form: bills.create_invoice(account, form)),
    _route("GET", "invoices", f"customer {_PAGING}", _list("invoice")),
    _route("GET", "invoices/{id}", "", _retrieve("invoice")),
    _route("POST", "invoices/{id}", "metadata", bills.update_invoice),
    _route(
        "POST",
        "invoices/{id}/finalize",
        "auto_advance",
        lambda account, number, _: bills.finalise_invoice(account, number),
    ),
    _route("POST", "invoices/{id}/send", "", lambda account, number, _: bills.send_invoice(account, number)),
    _route(
        "POST",
        "invoiceitems",
        "customer invoice amount currency description metadata",
        lambda account, _, form: bills.create_invoice_item(account, form),
    ),
    _route("GET", "invoiceitems", f"invoice customer {_PAGING}", _list("invoiceitem")),
)


def _answer(status: int, body: Mapping[str, Any], *, replayed: bool = False) -> Response:
    headers = {"Request-Id": f"req_{secrets.token_hex(7)}"}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(dict(body), status, headers)


def _as_live(answer: Thing) -> Thing:
    things = answer["data"] if answer.get("object") in ("list", "search_result") else [answer]
    for thing in things:
        thing["livemode"] = True
    return answer


async def _body(request: Request) -> str:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_BODY:
            raise Refusal(413, "Request body is too large.")
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise Refusal(400, "What was sent is no form.") from None


async def _silence(request: Request) -> None:
    """Until who asked has had enough, and closes the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
