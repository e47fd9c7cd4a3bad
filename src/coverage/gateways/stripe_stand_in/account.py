"""One account of the stand-in's: what it holds, and what becomes of what is asked, as Stripe's documentation tells.

Its fees are its own: 1.5 % and 25 minor units for a charge, 1,500 minor units for a dispute.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final

Form = Mapping[str, Any]  # what was sent: text, and texts by name or in a row, as deep as it goes
Thing = dict[str, Any]  # an object of the API, as it is answered
Tell = Callable[[str, Thing], None]  # an event's type, and what it is about

# Stripe's test payment methods that are known here (https://docs.stripe.com/testing), and what comes of each.
CARDS: Final = {
    "pm_card_visa": "paid",
    "pm_card_mastercard": "paid",
    "pm_card_chargeDeclined": "generic_decline",
    "pm_card_visa_chargeDeclined": "generic_decline",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_authenticationRequired": "asks",
    "pm_card_threeDSecure2Required": "asks",
    "pm_usBankAccount_processing": "processing",
}
_MOST: Final = 99_999_999  # eight digits: https://docs.stripe.com/api/payment_intents/create, `amount`
_LEAST: Final = 30
_DISPUTE_FEE: Final = 1_500
_CLAUSE: Final = re.compile(r"metadata\['(\w+)'\]:'((?:[^'\\]|\\.)*)'")


class Refusal(Exception):
    """An answer that says no. One that is `kept` is repeated under its idempotency key."""

    def __init__(
        self, status: int, message: str, *, kind: str = "invalid_request_error", kept: bool = False, **more: object
    ) -> None:
        super().__init__(message)
        self.status, self.kept = status, kept
        self.body = {"error": {"type": kind, "message": message, **more}}


class Account:
    """What one key sees. No more than `most` things of a kind are held: the oldest go first."""

    def __init__(self, tell: Tell, clock: Callable[[], float], most: int) -> None:
        self.tell, self._clock, self._most = tell, clock, most
        self._held: dict[str, OrderedDict[str, Thing]] = {}
        self.search_lag_seconds = 0.0  # how long what is made isn't found by a search

    def now(self) -> float:
        """The time here, in seconds since 1970."""
        return self._clock()

    # -------------------------------------------------------------------------------- what is held

    def find(self, kind: str, number: str) -> Thing:
        """A thing by its id. Raises `Refusal`."""
        found = self._held[kind].get(number) if kind in self._held else None
        if found is None:
            raise Refusal(404, f"No such {kind}: '{number}'", code="resource_missing", param="id")
        return found

    def all_of(self, kind: str) -> list[Thing]:
        """The things of a kind, the newest first."""
        return list(reversed(self._held.get(kind, {}).values()))

    def referred(self, number: object) -> Thing | None:
        """What an id refers to, of whatever kind."""
        if not isinstance(number, str):
            return None
        return next((things[number] for things in self._held.values() if number in things), None)

    def search(self, kind: str, form: Form) -> list[Thing]:
        """What a search by metadata finds. Raises `Refusal` for any other search: no more is understood here."""
        clauses = str(form.get("query", "")).split(" AND ")
        wanted = [_CLAUSE.fullmatch(clause) for clause in clauses]
        if not all(wanted):
            raise Refusal(400, "We were unable to parse your search query.", param="query")
        pairs = [(one[1], re.sub(r"\\(.)", r"\1", one[2])) for one in wanted if one]
        until = self._clock() - self.search_lag_seconds
        return [
            one
            for one in self.all_of(kind)
            if one["created"] <= until and all(one["metadata"].get(name) == value for name, value in pairs)
        ]

    def add(self, kind: str, prefix: str, **fields: Any) -> Thing:
        """A new thing. Refunds and movements of the balance don't say which mode they are of."""
        thing = {"id": f"{prefix}_{secrets.token_hex(12)}", "object": kind, "created": int(self._clock()), **fields}
        if kind not in ("refund", "balance_transaction"):
            thing["livemode"] = False
        things = self._held.setdefault(kind, OrderedDict())
        things[thing["id"]] = thing
        while len(things) > self._most:
            things.popitem(last=False)
        return thing

    # ------------------------------------------------------------------------------------ payments

    def create_intent(self, form: Form) -> Thing:
        """POST /v1/payment_intents"""
        amount, currency = _amount(form), currency_of(form)
        method = form.get("payment_method")
        _card(method)
        intent = self._intent(amount, currency, form)
        intent["payment_method"] = method
        intent["status"] = "requires_confirmation" if method else "requires_payment_method"
        self.tell("payment_intent.created", intent)
        return self.confirm(intent["id"], {}) if form.get("confirm") == "true" else intent

    def _intent(self, amount: int, currency: str, form: Form) -> Thing:
        intent = self.add(
            "payment_intent",
            "pi",
            amount=amount,
            amount_received=0,
            currency=currency,
            metadata=metadata_of(form),
            description=form.get("description"),
            receipt_email=form.get("receipt_email"),
            status="requires_payment_method",
            payment_method=None,
            next_action=None,
            latest_charge=None,
            last_payment_error=None,
            canceled_at=None,
        )
        intent["client_secret"] = f"{intent['id']}_secret_{secrets.token_hex(12)}"
        return intent

    def confirm(self, number: str, form: Form) -> Thing:
        """POST /v1/payment_intents/{id}/confirm"""
        intent = self.find("payment_intent", number)
        if intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
            raise _unexpected(intent, "confirm")
        method = form.get("payment_method", intent["payment_method"])
        if method is None:
            raise Refusal(400, "You cannot confirm this PaymentIntent: it's missing a payment method.")
        outcome = _card(method)
        intent["payment_method"], intent["next_action"], intent["last_payment_error"] = method, None, None
        if outcome == "asks":
            intent["status"] = "requires_action"
            intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
            self.tell("payment_intent.requires_action", intent)
        elif outcome == "processing":
            intent["status"] = "processing"
            self.tell("payment_intent.processing", intent)
        elif outcome == "paid":
            self._paid(intent)
        else:
            raise self._declined(intent, "card_declined", str(outcome))
        return intent

    def authenticate(self, number: str, form: Form) -> Thing:
        """POST /v1/payment_intents/{id}/_authenticate: what the bank's page of 3-D Secure ends with. Not Stripe's: it
        goes by the name that localstripe gives it.
        """
        intent = self.find("payment_intent", number)
        if intent["status"] != "requires_action":
            raise _unexpected(intent, "authenticate")
        if form.get("client_secret") != intent["client_secret"]:
            raise Refusal(401, "The client secret isn't this PaymentIntent's.")
        intent["next_action"] = None
        if form.get("success") == "true":
            self._paid(intent)
        else:
            self._failed(intent, {"code": "payment_intent_authentication_failure"})
        return intent

    def settle(self, number: str, *, paid: bool) -> None:
        """Ends what was processing, as days later where a bank was slow."""
        intent = self.find("payment_intent", number)
        if intent["status"] != "processing":
            raise _unexpected(intent, "settle")
        if paid:
            self._paid(intent)
        else:
            self._failed(intent, {"code": "payment_intent_payment_attempt_failed"})

    def cancel(self, number: str, form: Form) -> Thing:
        """POST /v1/payment_intents/{id}/cancel"""
        intent = self.find("payment_intent", number)
        if intent["status"] in ("succeeded", "canceled", "processing"):
            raise _unexpected(intent, "cancel")
        if any(page["payment_intent"] == number for page in self.all_of("checkout.session")):
            words = (
                "You cannot cancel this PaymentIntent because it was created by Checkout: expire its session instead."
            )
            raise Refusal(400, words, kept=True)
        self._cancelled(intent)
        return intent

    def _cancelled(self, intent: Thing) -> None:
        intent["status"], intent["canceled_at"], intent["next_action"] = "canceled", int(self._clock()), None
        self.tell("payment_intent.canceled", intent)

    def _charge(self, intent: Thing, **fields: Any) -> Thing:
        charge = self.add(
            "charge",
            "ch",
            amount=intent["amount"],
            currency=intent["currency"],
            payment_intent=intent["id"],
            metadata=dict(intent["metadata"]),
            amount_refunded=0,
            refunded=False,
            disputed=False,
            balance_transaction=None,
            **fields,
        )
        intent["latest_charge"] = charge["id"]
        return charge

    def _paid(self, intent: Thing) -> None:
        charge = self._charge(intent, status="succeeded", paid=True)
        fee = (intent["amount"] * 15 + 500) // 1_000 + 25
        charge["balance_transaction"] = self._move("charge", charge["id"], intent["amount"], fee, intent["currency"])
        intent["status"], intent["amount_received"] = "succeeded", intent["amount"]
        self.tell("charge.succeeded", charge)
        self.tell("payment_intent.succeeded", intent)

    def _declined(self, intent: Thing, code: str, decline_code: str) -> Refusal:
        charge = self._charge(intent, status="failed", paid=False, failure_code=code)
        self._failed(intent, {"code": code, "decline_code": decline_code, "charge": charge["id"]})
        error = {name: value for name, value in intent["last_payment_error"].items() if name not in ("type", "message")}
        words = "Your card was declined."
        return Refusal(402, words, kind="card_error", kept=True, payment_intent=deepcopy(intent), **error)

    def _failed(self, intent: Thing, error: Thing) -> None:
        intent["status"], intent["payment_method"] = "requires_payment_method", None
        intent["last_payment_error"] = {"type": "card_error", "message": "Your card was declined.", **error}
        self.tell("payment_intent.payment_failed", intent)

    # --------------------------------------------------------------------------------------- pages

    def create_page(self, form: Form, address: str) -> Thing:
        """POST /v1/checkout/sessions"""
        lines, now = form.get("line_items", []), int(self._clock())
        until = number_of(form, "expires_at") if "expires_at" in form else now + 86_400
        if not now + 1_800 <= until <= now + 86_400:
            raise Refusal(400, "`expires_at` must be between 30 minutes and 24 hours from now.", param="expires_at")
        if form.get("mode") != "payment" or not isinstance(lines, list) or not lines:
            raise Refusal(400, "Only `mode: payment` with `line_items` is known here.", param="mode")
        for name in ("success_url", "cancel_url"):
            if not re.match(r"https?://", str(form.get(name, ""))):
                raise Refusal(400, "Not a valid URL", code="url_invalid", param=name)
        prices = [line["price_data"] for line in lines if _is_priced(line)]
        if len(prices) != len(lines):
            raise Refusal(400, "Only lines with `price_data` are known here.", param="line_items")
        page = self.add(
            "checkout.session",
            "cs_test",
            mode="payment",
            status="open",
            payment_status="unpaid",
            payment_intent=None,
            client_reference_id=form.get("client_reference_id"),
            customer_email=form.get("customer_email"),
            metadata=metadata_of(form),
            amount_total=sum(_amount(price, "unit_amount") for price in prices),
            currency=currency_of(prices[0]),
            success_url=form["success_url"],
            cancel_url=form["cancel_url"],
            expires_at=until,
        )
        page["url"] = f"{address}/pay/{page['id']}"
        # What begins with _ is kept for later, and never answered.
        page["_intent"] = form.get("payment_intent_data", {})
        page["_named"] = str(prices[0].get("product_data", {}).get("name", "A payment"))
        return page

    def page(self, number: str) -> Thing:
        """A page as it is now: one whose time is over has expired."""
        page = self.find("checkout.session", number)
        if page["status"] == "open" and page["expires_at"] <= self._clock():
            self._expired(page)
        return page

    def expire_page(self, number: str, form: Form) -> Thing:
        """POST /v1/checkout/sessions/{id}/expire"""
        page = self.page(number)
        if page["status"] != "open":
            raise Refusal(400, "Only Checkout Sessions with a status in [open] can be expired.", kept=True)
        self._expired(page)
        return page

    def _expired(self, page: Thing) -> None:
        page["status"], page["url"] = "expired", None
        intent = self.referred(page["payment_intent"])
        if intent is not None and intent["status"] != "succeeded":
            self._cancelled(intent)
        self.tell("checkout.session.expired", page)

    def pay_on(self, number: str, method: str) -> Thing:
        """What a member does on a page: pays with a card. Raises `Refusal`, as where it is declined."""
        page = self.page(number)
        if page["status"] != "open":
            raise Refusal(400, "This page isn't open any more.")
        intent = self.referred(page["payment_intent"])
        if intent is None:
            intent = self._intent(page["amount_total"], page["currency"], page["_intent"])
            page["payment_intent"] = intent["id"]
            self.tell("payment_intent.created", intent)
        self.confirm(intent["id"], {"payment_method": method})
        return self._completed(page, intent)

    def approve_on(self, number: str, *, approved: bool) -> Thing:
        """What a member's bank says on a page, where it was asked."""
        page = self.page(number)
        intent = self.referred(page["payment_intent"])
        if intent is None:
            raise Refusal(400, "Nothing was paid on this page yet.")
        success = "true" if approved else "false"
        self.authenticate(intent["id"], {"client_secret": intent["client_secret"], "success": success})
        return self._completed(page, intent)

    def _completed(self, page: Thing, intent: Thing) -> Thing:
        if intent["status"] in ("succeeded", "processing"):
            page["status"], page["url"] = "complete", None
            page["payment_status"] = "paid" if intent["status"] == "succeeded" else "unpaid"
            self.tell("checkout.session.completed", page)
        return page

    # ------------------------------------------------------------------- refunds, disputes and payouts

    def create_refund(self, form: Form) -> Thing:
        """POST /v1/refunds"""
        intent = self.find("payment_intent", str(form.get("payment_intent")))
        charge = self.referred(intent["latest_charge"])
        if intent["status"] != "succeeded" or charge is None:
            raise Refusal(400, "This PaymentIntent does not have a successful charge to refund.", kept=True)
        left = charge["amount"] - charge["amount_refunded"]
        if charge["disputed"]:
            raise Refusal(400, "The charge has been charged back.", kept=True, code="charge_disputed")
        if left == 0:
            raise Refusal(400, "The charge has already been refunded.", kept=True, code="charge_already_refunded")
        amount = _amount(form, least=1) if "amount" in form else left
        if amount > left:
            raise Refusal(400, "Refund amount is greater than unrefunded amount on charge.", kept=True, param="amount")
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        refund = self.add(
            "refund",
            "re",
            amount=amount,
            currency=charge["currency"],
            charge=charge["id"],
            payment_intent=intent["id"],
            metadata=metadata_of(form),
            status="succeeded",
        )
        refund["balance_transaction"] = self._move("refund", refund["id"], -amount, 0, charge["currency"])
        self.tell("refund.created", refund)
        self.tell("charge.refunded", charge)
        return refund

    def fail_refund(self, number: str) -> None:
        """What a bank does that can't take a refund in: the money comes back."""
        refund = self.find("refund", number)
        refund["status"], refund["failure_reason"] = "failed", "lost_or_stolen_card"
        self._move("refund_failure", number, refund["amount"], 0, refund["currency"])
        self.tell("refund.failed", refund)

    def dispute(self, intent_id: str) -> Thing:
        """What a card's holder does: disputes what was paid. The money is gone until the dispute is won."""
        intent = self.find("payment_intent", intent_id)
        charge = self.referred(intent["latest_charge"])
        if intent["status"] != "succeeded" or charge is None:
            raise _unexpected(intent, "dispute")
        charge["disputed"] = True
        dispute = self.add(
            "dispute",
            "du",
            amount=charge["amount"],
            currency=charge["currency"],
            charge=charge["id"],
            payment_intent=intent_id,
            status="needs_response",
            reason="fraudulent",
            metadata={},
        )
        self._move("adjustment", dispute["id"], -charge["amount"], _DISPUTE_FEE, charge["currency"])
        self.tell("charge.dispute.created", dispute)
        return dispute

    def close_dispute(self, number: str, *, status: str) -> None:
        """How a dispute ends: `won`, `lost` or `warning_closed`; or where it stands on its way, `under_review`."""
        dispute = self.find("dispute", number)
        dispute["status"] = status
        if status == "won":
            self._move("adjustment", number, dispute["amount"], 0, dispute["currency"])
        ended = status in ("won", "lost", "warning_closed")
        self.tell("charge.dispute.closed" if ended else "charge.dispute.updated", dispute)

    def pay_out(self, amount: int, currency: str) -> str:
        """Pays out of the balance to the account's owner. The id of its movement."""
        payout = self.add("payout", "po", amount=amount, currency=currency, metadata={}, status="paid")
        return self._move("payout", payout["id"], -amount, 0, currency)

    def _move(self, kind: str, source: str, amount: int, fee: int, currency: str) -> str:
        moved = self.add(
            "balance_transaction",
            "txn",
            type=kind,
            source=source,
            amount=amount,
            fee=fee,
            net=amount - fee,
            currency=currency,
        )
        return str(moved["id"])


def _unexpected(intent: Thing, what: str) -> Refusal:
    words = f"You cannot {what} this PaymentIntent because it has a status of {intent['status']}."
    code = "payment_intent_unexpected_state"
    return Refusal(400, words, kept=True, code=code, payment_intent=deepcopy(intent))


def _is_priced(line: object) -> bool:
    price = line.get("price_data") if isinstance(line, Mapping) else None
    return isinstance(price, Mapping) and isinstance(price.get("product_data", {}), Mapping)


def _card(method: object) -> str | None:
    if method is None:
        return None
    outcome = CARDS.get(str(method))
    if outcome is None:
        raise Refusal(400, f"No such PaymentMethod: '{method}'", code="resource_missing", param="payment_method")
    return outcome


def number_of(form: Form, name: str) -> int:
    """A whole number of what was sent. Raises `Refusal`."""
    text = form.get(name)
    if not isinstance(text, str) or not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise Refusal(400, f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
    return int(text)


def _amount(form: Form, name: str = "amount", least: int = _LEAST) -> int:
    amount = number_of(form, name)
    if amount > _MOST:
        raise Refusal(400, "Amount must be no more than 999,999.99", code="amount_too_large", param=name)
    if amount < least:
        raise Refusal(400, "Amount is below the least that can be charged.", code="amount_too_small", param=name)
    return amount


def currency_of(form: Form) -> str:
    """The currency of what was sent. Raises `Refusal`."""
    currency = form.get("currency")
    if not isinstance(currency, str) or not re.fullmatch("[a-z]{3}", currency):
        raise Refusal(400, f"Invalid currency: {currency}", param="currency")
    return currency


def metadata_of(form: Form) -> dict[str, str]:
    """The metadata of what was sent: at most 50 keys of 40 signs, and 500 signs each: https://docs.stripe.com/api/metadata."""
    metadata = form.get("metadata", {})
    if not isinstance(metadata, Mapping) or len(metadata) > 50:
        raise Refusal(400, "Metadata is a set of at most 50 keys.", param="metadata")
    for name, value in metadata.items():
        if not isinstance(value, str) or len(name) > 40 or len(value) > 500:
            raise Refusal(400, "Metadata values can have up to 500 characters.", param=f"metadata[{name}]")
    return dict(metadata)
