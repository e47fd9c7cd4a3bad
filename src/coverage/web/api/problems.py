"""Problems (RFC 9457): the only table of HTTP statuses. A fault's kind gives the status, unless its code stands here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from fastapi import Response
from pydantic import BaseModel, Field
from starlette.types import Scope

from coverage.domain.allowance import TooOften
from coverage.domain.faults import Conflict, Detail, Fault, Missing, Rejected, Unavailable
from coverage.telemetry import metrics, requests

MEDIA_TYPE: Final = "application/problem+json"

# What a fault of each kind is over HTTP.
KINDS: Final[dict[type[Fault], int]] = {Rejected: 422, Missing: 404, Conflict: 409, Unavailable: 503}


@dataclass(frozen=True, slots=True)
class Problem:
    """What a code means: its title, what to do about it, and a status where it isn't its kind's."""

    title: str
    advice: str
    status: int | None = None


PROBLEMS: Final[dict[str, Problem]] = {
    "invalid_json": Problem("The body is no JSON", "Send one JSON object, without NaN, Infinity or repeated keys.", 400),
    "unsupported_media_type": Problem("The body isn't sent as JSON", "Send Content-Type: application/json.", 415),
    "body_too_large": Problem("The body is too large", "Send at most 256 kB; to /v1/prices, with an API key, 2 MB.", 413),
    "headers_too_large": Problem("The headers are too large", "Send at most 32 kB of path, query and headers.", 431),
    "invalid_request": Problem("The request isn't as documented", "Mend what `errors` points at and send it again."),
    "invalid_header": Problem("A header isn't as documented", "Mend the header that `errors` names.", 400),
    "unknown_version": Problem("There is no such API version", "Send a Coverage-Version that the docs list, or none.", 400),
    "missing_key": Problem("There is no API key", "Send Authorization: Bearer sk_test_… or sk_live_….", 401),
    "invalid_key": Problem("The API key opens nothing", "Check that the whole key was sent, and that it wasn't revoked or rotated out.", 401),
    "scope_missing": Problem("The API key may not do this", "Use a key that has the scope that `scope` names.", 403),
    "unknown_key": Problem("There is no such API key", "Check the id; another partner's key can't be found."),
    "key_rotating": Problem("The key is being rotated already", "Wait until it has expired, or revoke it."),
    "key_ended": Problem("The key opens nothing any more", "Make a new one with POST /v1/api_keys."),
    "unknown_endpoint": Problem("There is no such webhook endpoint", "Check the id, and that the key's mode is the endpoint's."),
    "unknown_delivery": Problem("There is no such delivery", "Check both ids; a delivery can be read for 30 days."),
    "too_many_endpoints": Problem("There are as many webhook endpoints as there may be", "Delete one that isn't needed any more."),
    "secret_rotating": Problem("The secret is being rotated already", "Wait until `earlier_secret_until`, or send `PT0S`."),
    "delivery_running": Problem("It is being sent at this moment", "Wait for what becomes of it: 15 seconds at most."),
    "endpoint_disabled": Problem("The webhook endpoint is disabled", "Enable it first."),
    "webhooks_unavailable": Problem("Webhooks can't be set up here", "Nothing on your side: an operator has to look.", 503),
    "missing_idempotency_key": Problem("There is no Idempotency-Key", "Send a fresh unique one with each new request of this kind, and the same one when you repeat it.", 400),
    "idempotency_key_in_use": Problem("The first request is still running", "Wait a moment and repeat the request with the same key."),
    "idempotency_key_reused": Problem("The key came with another request", "Use a new key for a new request."),
    "erased": Problem("The person has been erased", "Nothing more can be told about them.", 410),
    "not_found": Problem("There is nothing here", "Check the path and the id.", 404),
    "method_not_allowed": Problem("The method isn't for this path", "Use a method that the Allow header lists.", 405),
    "unknown_product": Problem("There is no such product", "List products with GET /v1/products."),
    "unknown_quote": Problem("There is no such quote", "Check the id, and that the key's mode is the quote's."),
    "unknown_cover": Problem("There is no such cover", "Check the id, and that the key's mode is the cover's."),
    "unknown_claim": Problem("There is no such claim", "Check the id, and that the key's mode is the claim's."),
    "unknown_invoice": Problem("There is no such invoice", "Check the id, and that the key's mode is the invoice's."),
    "unknown_event": Problem("There is no such event", "Check the id, and that the key's mode is the event's; an event is told within a second of what it tells."),
    "country_needed": Problem("The product is sold in several countries", "Say which one in `country`."),
    "not_on_sale": Problem("The product isn't on sale then", "Ask for another time, or another product."),
    "invalid_quote": Problem("The quote can't be made as asked for", "Mend what `errors` points at; the product's `risk_schema` says what it takes."),
    "invalid_term": Problem("The cover can't have this time", "Give a start to come and an end after it, within the product's term."),
    "no_tax_rate": Problem("A tax rate is missing for that day", "Tell us: the rules have a hole.", 503),
    "edition_frozen": Problem("The rules changed under a used name", "Nothing on your side: an operator has to publish a new edition.", 503),
    "invalid_list": Problem("The list can't be read so", "Mend the parameter that `errors` names."),
    "invalid_parties": Problem("The parties aren't as the product has them", "Name the roles that the product has, each with its people."),
    "invalid_disclosures": Problem("The disclosures don't go with the quote", "Show the information document that the quote links, then cite its hash and language."),
    "quote_bound": Problem("The quote is bound already", "Read the cover that `cover` names, or ask for a new quote."),
    "quote_expired": Problem("The quote has expired", "Ask for a new quote."),
    "quote_not_open": Problem("The quote can't be bound", "A referred quote waits for an underwriter; a declined one can't be bound."),
    "referred": Problem("A person has to look at this first", "Nothing on your side: the same request may pass once somebody has looked."),
    "start_passed": Problem("The start has passed", "Ask for a new quote: no cover begins in the past."),
    "empty_window": Problem("A section would cover no time", "Ask for a quote that begins later: the section covers from the booking until the start."),
    "no_master_policy": Problem("No master policy covers this now", "Tell us: your contract with the insurer doesn't have the product at this time."),
    "object_covered": Problem("The object is covered already", "Choose a time that doesn't overlap, or cancel the other cover before it begins."),
    "cap_exceeded": Problem("Too much would be at risk at one time", "Lower the value, or choose another time."),
    "cover_cancelled": Problem("The cover is cancelled already", "Nothing needs doing."),
    "cover_started": Problem("The cover has begun", "It gives nothing back any more, and runs to its end."),
    "cover_claimed": Problem("A loss has been declared on the cover", "Write to us with the cover's id: a person looks at it."),
    "cover_changed": Problem("The cover has changed since", "Ask for the change anew."),
    "unknown_change": Problem("No such change", "Check the id."),
    "change_not_open": Problem("The change can't be confirmed", "Ask for it anew; a referred one waits for an underwriter."),
    "change_pending": Problem("A change waits for its payment", "Wait until it is paid, or abandoned some minutes later."),
    "loss_known": Problem("No declaration that no loss is known", "Ask the member, and send `no_known_loss: true` with when it was declared."),
    "no_withdrawal": Problem("There is no right to withdraw", "Cancel the cover with `reason: request`."),
    "withdrawal_over": Problem("The right to withdraw is over", "Cancel the cover with `reason: request`."),
    "card_unavailable": Problem("Cards can't be charged here", "Bind with `invoice`, or ask us for card payments."),
    "amount_too_small": Problem("The amount is too small for a card", "Bind with `invoice`."),
    "no_time_to_pay": Problem("No time is left to pay by card", "Ask for a quote that begins later, or `at_issue`."),
    "payment_disputed": Problem("The payment is disputed", "Wait until the bank has decided."),
    "payments_unavailable": Problem("The card processor can't be reached now", "Repeat the request, with the same Idempotency-Key, after Retry-After."),
    "payments_refused": Problem("The card processor refused it", "Tell us the request_id."),
    "bad_signature": Problem("The signature doesn't hold", "Sign with the secret of this account's endpoint.", 400),
    "unknown_account": Problem("No such account", "Events go to /card-events/test or /card-events/live."),
    "unknown_payment": Problem("No such payment", "Check the id."),
    "cover_not_issued": Problem("The cover isn't issued", "Wait until it is, or bind a new quote."),
    "cover_ended": Problem("The cover is over", "Nothing of it can be changed any more; bind a new quote."),
    "cover_not_started": Problem("The cover hasn't begun", "Cancel it instead."),
    "invalid_change": Problem("The change isn't as the product takes it", "Mend what `errors` points at."),
    "not_extendable": Problem("The product's covers can't be extended", "Bind a new quote that begins when the cover ends."),
    "not_a_raise": Problem("The change takes something away", "Raise what is insured, or leave it as it is."),
    "nothing_changes": Problem("Nothing would change", "Send what is to be different."),
    "not_returnable": Problem("The product's covers can't be ended early", "The cover runs to its end."),
    "invoice_not_open": Problem("The invoice isn't open", "It has been paid or withdrawn already."),
    "month_not_over": Problem("The month isn't over", "Wait until it is, by the partner's own days."),
    "wrong_amount": Problem("The amount isn't the invoice's", "Give the whole total: a part of it isn't taken."),
    "payment_processing": Problem("The processor doesn't know yet whether it was paid", "Read the cover again after Retry-After."),
    "unknown_refund": Problem("No such refund", "Check the id."),
    "refund_not_failed": Problem("The refund hasn't failed", "See its state: it is on its way, was sent, or was transferred."),
    "refund_pending": Problem("The processor hasn't sent the refund yet", "Nothing needs doing: it is asked again."),
    "invalid_claim": Problem("The claim can't be declared as sent", "Mend what `errors` points at."),
    "unknown_exposure": Problem("No such exposure", "Check the id."),
    "exposure_exists": Problem("The claim has that exposure already", "Settle the one that is there: there is one for each section and claimant."),
    "invalid_decision": Problem("The loss can't be settled as sent", "Mend what `errors` points at."),
    "invalid_reserve": Problem("The reserve can't be set so", "Mend what `errors` points at."),
    "invalid_payout": Problem("The payout can't be ordered so", "Mend what `errors` points at."),
    "not_covered_then": Problem("The section covered nothing at the loss", "Repudiate it, or give something as goodwill."),
    "not_decided": Problem("Nothing has been decided yet", "Decide on the exposure that `detail` names."),
    "not_paid": Problem("What was decided isn't all paid", "Pay out what is left, or decide anew; then settle the payouts that wait."),
    "paid_out_already": Problem("More has been paid out already", "Decide what was paid at least."),
    "claim_closed": Problem("The claim is closed", "Reopen it first."),
    "claim_not_closed": Problem("The claim isn't closed", "There is nothing to reopen."),
    "unknown_payout": Problem("No such payout", "Check the id."),
    "payout_settled": Problem("It is known already what became of the payout", "One that failed is ordered anew."),
    "invalid_clock": Problem("The clock can't be moved so", "Move it forward, by at most a year at a time."),
    "not_in_live_mode": Problem("Live time can't be moved", "Use a test key.", 403),
    "report_differs": Problem("The report isn't what the books say", "Tell us: nothing that doesn't agree is handed out."),
    "reports_unavailable": Problem("The report can't be made here", "Nothing on your side: an operator has to set up where reports are written."),
    "outgoing_unavailable": Problem("Files can't be handed on now", "Nothing on your side: an operator has to look after the folder of what goes out."),
    "unknown_partner": Problem("There is no such partner", "Check the id, and the mode."),
    "database_unavailable": Problem("The service can't answer now", "Repeat the request, with the same Idempotency-Key, after Retry-After."),
    "rate_limited": Problem("Too many requests", "Repeat the request, with the same Idempotency-Key, after Retry-After; the RateLimit header says beforehand how much is left.", 429),
    "overloaded": Problem("The service is busy", "Repeat the request, with the same Idempotency-Key, after Retry-After."),
    "rendering_busy": Problem("The document can't be made now", "Repeat the request after Retry-After."),
    "rendering_timed_out": Problem("The document took too long", "Repeat the request after Retry-After; tell us if it stays."),
    "rendering_out_of_memory": Problem("The document is too big to make", "Tell us: it should not be."),
    "rendering_failed": Problem("The document can't be made", "Repeat the request after Retry-After; tell us if it stays."),
    "signing_unavailable": Problem("The document can't be signed now", "Repeat the request after Retry-After; tell us if it stays."),
    "checking_busy": Problem("Many files are being checked", "Repeat the request after Retry-After."),
    "blobs_unavailable": Problem("The document can't be read now", "Repeat the request after Retry-After."),
    "wrong_master_key": Problem("The service can't open what it keeps", "Nothing on your side: an operator has to restore the master key."),
    "internal": Problem("Something broke on our side", "Repeat the request with the same Idempotency-Key; tell us the request_id if it stays.", 500),
}  # fmt: skip


class ErrorSeen(BaseModel):
    """One thing wrong with what was sent."""

    pointer: str = Field(description="A JSON pointer into the body, `?name` of a parameter, or a header's name.")
    detail: str = Field(description="What was found and what was expected, for people.")
    code: str = Field(description="What kind of thing it is, for machines.")


class ProblemSeen(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(description="The problem's own page, relative to the service.")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str
    code: str = Field(description="Stable, for machines.")
    request_id: str
    errors: list[ErrorSeen] = Field(default_factory=list, description="Each thing to mend, with its place.")
    cover: str | None = Field(None, description="Of a quote that is bound: what it became.")
    scope: str | None = Field(None, description="Of a key that may not do this: the scope that it would need.")


def instance_of(scope: Scope) -> str:
    """The path that was asked for as it was sent, percent-encoded: an `instance` is a URI reference."""
    raw = scope.get("raw_path") or quote(scope["path"]).encode()
    return bytes(raw).partition(b"?")[0].decode("ascii", "replace")


def problem_type(code: str) -> str:
    """The problem's own page, relative to the service."""
    return f"/problems/{code}"


def status_of(fault: Fault) -> int:
    """The status that a fault is answered with: its code's own, or its kind's."""
    problem = PROBLEMS.get(fault.code)
    if problem is not None and problem.status is not None:
        return problem.status
    return next(status for kind, status in KINDS.items() if isinstance(fault, kind))


def fault_response(fault: Fault, *, instance: str, request_id: str) -> Response:
    """A fault as a problem document."""
    status = status_of(fault)
    headers = {"Retry-After": "2"} if status == 503 else {}
    if isinstance(fault, TooOften):
        headers["Retry-After"] = str(fault.seconds)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="sharecover"'
    return response(
        fault.code, status, fault.detail, instance=instance, request_id=request_id, errors=fault.errors,
        extra=fault.extra, headers=headers,
    )  # fmt: skip


def response(
    code: str,
    status: int,
    detail: str,
    *,
    instance: str,
    request_id: str,
    errors: tuple[Detail, ...] = (),
    extra: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem document as an answer (RFC 9457)."""
    problem = PROBLEMS.get(code)
    requests.note(code=code)
    metrics.problem_told(code)
    body: dict[str, Any] = {
        "type": problem_type(code),
        "title": problem.title if problem else code.replace("_", " "),
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "request_id": request_id,
    }
    if errors:
        body["errors"] = [{"pointer": e.pointer, "detail": e.message, "code": e.code} for e in errors]
    body |= {key: value for key, value in (extra or {}).items() if value is not None}
    return Response(json.dumps(body, ensure_ascii=False).encode(), status, headers=headers, media_type=MEDIA_TYPE)
