"""A full body of every operation that takes one, with each optional field said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.builders import Platform, a_bind, a_claim, a_party, a_payout, a_quote, soon

JSON_VALUES: tuple[Any, ...] = (None, True, 7, -1, 2**53, 1.5, "", "x", "\u00e9" * 600, [], ["x"], {}, {"x": "y"})


@dataclass(frozen=True, slots=True)
class Posting:
    """An operation that takes a body: where it is posted, and what would be right."""

    operation: str
    path: str
    body: dict[str, Any]


def full_quote() -> dict[str, Any]:
    risk = {"claims_3y": 0, "excess": "standard"}
    quote = a_quote(country="FR", parties={"policyholder": {"reference": "emp-1"}}, metadata={"trip": "removal"})
    return quote | {"risk": quote["risk"] | risk}


def wanted(**changes: Any) -> dict[str, Any]:
    """One risk to be priced: a quote without what is the quote's own."""
    return {key: value for key, value in a_quote(**changes).items() if key != "language"}


def full_bind(quote: dict[str, Any]) -> dict[str, Any]:
    bind = a_bind(quote, metadata={"booking": "B-1"})
    bind["parties"]["insured"] = [a_party(), a_party()]
    return bind


def full_claim(cover: dict[str, Any]) -> dict[str, Any]:
    contact = {"name": "Camille Martin", "phone": "+33 6 12 34 56 78", "email": "camille@example.org"}
    claim = a_claim(cover, contact=contact, metadata={"ticket": "T-1"})
    claim["losses"][0]["claimant"] = "policyholder"
    return claim


def full_change() -> dict[str, Any]:
    """More cover. With it goes no new end; a longer term has that, and no risk."""
    return {
        "kind": "raise",
        "risk": {"goods_value": {"amount": 900_000, "currency": "EUR"}},
        "metadata": {"ticket": "T-2"},
    }


def a_change(platform: Platform) -> str:
    """The id of a change that can be confirmed."""
    answer = platform.post(f"/v1/covers/{platform.cover()['id']}/changes", full_change())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


EURO = {"amount": 100, "currency": "EUR"}


def an_exposure(platform: Platform, cover: dict[str, Any]) -> str:
    """The id of an exposure of a claim on the cover, on goods that were carried."""
    return str(platform.claim(cover)["exposures"][0]["id"])


def a_decision() -> dict[str, Any]:
    """Approved by the terms, with a little beside it."""
    part = {"amount": {"amount": 42_000, "currency": "EUR"}, "limit": "amount", "sublimit": "each_item"}
    return {
        "decision": "approved", "losses": [part], "amount": EURO, "goodwill": EURO, "because": "by the receipt", "preview": False,
    }  # fmt: skip


def decided(platform: Platform, cover: dict[str, Any]) -> str:
    """The id of an exposure on which 2 EUR were decided."""
    exposure = an_exposure(platform, cover)
    answer = platform.post(f"/v1/exposures/{exposure}/decision", a_decision())
    assert answer.status_code == 200, answer.text
    return exposure


def full_payout() -> dict[str, Any]:
    body = a_payout(200)
    return body | {"payee": body["payee"] | {"born": "1990-05-01"}}


def ordered(platform: Platform, cover: dict[str, Any]) -> str:
    """The id of a payout that waits."""
    answer = platform.post(f"/v1/exposures/{decided(platform, cover)}/payouts", full_payout())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def closed(platform: Platform, cover: dict[str, Any]) -> str:
    """The id of a claim that is closed."""
    claim = platform.claim(cover, losses=[])
    answer = platform.post(f"/v1/claims/{claim['id']}/close", {})
    assert answer.status_code == 200, answer.text
    return str(claim["id"])


def a_key(platform: Platform) -> str:
    """The id of a key of the platform's that it doesn't use."""
    answer = platform.post("/v1/api_keys", {"name": "Reporting", "scopes": ["covers:read"]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


LISTENER = "https://platform.example/webhooks"


def an_endpoint(platform: Platform) -> str:
    """The id of a webhook endpoint, which nothing is sent to: there is no courier here."""
    answer = platform.post("/v1/webhook_endpoints", {"url": LISTENER, "events": ["invoice.paid"]})
    if answer.status_code == 409:  # as many as there may be
        last = platform.get("/v1/webhook_endpoints").json()["data"][0]["id"]
        assert platform.call("DELETE", f"/v1/webhook_endpoints/{last}").status_code == 200
        return an_endpoint(platform)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def a_delivery(platform: Platform, endpoint: str) -> str:
    """The id of a delivery to it that waits."""
    answer = platform.post(f"/v1/webhook_endpoints/{endpoint}/ping", {})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def of_webhooks(platform: Platform) -> dict[str, Callable[[], Posting]]:
    """The operations on webhook endpoints that take a body."""
    at = "/v1/webhook_endpoints"

    def making() -> Posting:
        room = platform.call("DELETE", f"{at}/{an_endpoint(platform)}")
        assert room.status_code == 200, room.text
        return Posting("createWebhookEndpoint", at, endpoint)

    def resending() -> Posting:
        there = an_endpoint(platform)
        path = f"{at}/{there}/deliveries/{a_delivery(platform, there)}/resend"
        return Posting("resendWebhookDelivery", path, {})

    endpoint = {"url": LISTENER, "events": ["cover.*", "claim.created"], "description": "Bookings"}
    made = {
        "updateWebhookEndpoint": ("", endpoint),
        "enableWebhookEndpoint": ("/enable", {}),
        "rotateWebhookSecret": ("/rotate_secret", {"expires_in": "PT1H"}),
        "pingWebhookEndpoint": ("/ping", {}),
    }
    return {
        "createWebhookEndpoint": making,
        "resendWebhookDelivery": resending,
    } | {
        name: lambda name=name, tail=tail, body=body: Posting(name, f"{at}/{an_endpoint(platform)}{tail}", body)
        for name, (tail, body) in made.items()
    }


def postings(platform: Platform) -> dict[str, Callable[[], Posting]]:
    """Every operation with a body, each made anew when asked for, so that the one before may have used its things up."""
    running = platform.cover(platform.quote(start="at_issue", end=None, duration="PT12H"))
    return {
        "priceRisks": lambda: Posting("priceRisks", "/v1/prices", {"prices": [wanted(), wanted()], "language": "en"}),
        "createQuote": lambda: Posting("createQuote", "/v1/quotes", full_quote()),
        "createCover": lambda: Posting("createCover", "/v1/covers", full_bind(platform.quote())),
        "cancelCover": lambda: Posting(
            "cancelCover", f"/v1/covers/{platform.cover()['id']}/cancel", {"preview": False, "reason": "request"}
        ),
        "createChange": lambda: Posting("createChange", f"/v1/covers/{platform.cover()['id']}/changes", full_change()),
        "confirmChange": lambda: Posting(
            "confirmChange",
            f"/v1/changes/{a_change(platform)}/confirm",
            {"no_known_loss": True, "declared_at": soon(seconds=0)},
        ),
        "createClaim": lambda: Posting("createClaim", "/v1/claims", full_claim(running)),
        "createExposure": lambda: Posting(
            "createExposure",
            f"/v1/claims/{platform.claim(running, losses=[])['id']}/exposures",
            {"section": "goods_carried", "claimant": "policyholder", "estimate": EURO},
        ),
        "decideExposure": lambda: Posting(
            "decideExposure", f"/v1/exposures/{an_exposure(platform, running)}/decision", a_decision()
        ),
        "reserveExposure": lambda: Posting(
            "reserveExposure",
            f"/v1/exposures/{an_exposure(platform, running)}/reserve",
            {"indemnity": EURO, "fees": EURO, "because": "an expert looks at it"},
        ),
        "createPayout": lambda: Posting(
            "createPayout", f"/v1/exposures/{decided(platform, running)}/payouts", full_payout()
        ),
        "settlePayout": lambda: Posting(
            "settlePayout",
            f"/v1/payouts/{ordered(platform, running)}/settle",
            {"outcome": "paid", "bank_reference": "SCT-1"},
        ),
        "closeClaim": lambda: Posting("closeClaim", f"/v1/claims/{platform.claim(running, losses=[])['id']}/close", {}),
        "reopenClaim": lambda: Posting("reopenClaim", f"/v1/claims/{closed(platform, running)}/reopen", {}),
        **of_webhooks(platform),
        "createApiKey": lambda: Posting(
            "createApiKey", "/v1/api_keys", {"name": "Reporting", "scopes": ["covers:read", "claims:write"]}
        ),
        "rotateApiKey": lambda: Posting(
            "rotateApiKey", f"/v1/api_keys/{a_key(platform)}/rotate", {"expires_in": "PT1H"}
        ),
        "revokeApiKey": lambda: Posting("revokeApiKey", f"/v1/api_keys/{a_key(platform)}/revoke", {}),
        "advanceTestClock": lambda: Posting("advanceTestClock", "/v1/test_clock/advance", {"to": soon(seconds=30)}),
    }


def places(value: Any, steps: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value inside `value`."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*steps, key)
        yield from places(item, (*steps, key))


def put(document: Any, steps: tuple[str | int, ...], value: Any) -> Any:
    """A copy of `document` with another value there, or a new one."""
    if not steps:
        return value
    copy: Any = dict(document) if isinstance(document, dict) else list(document)
    copy[steps[0]] = put(copy[steps[0]], steps[1:], value) if steps[1:] else value
    return copy


def without(document: Any, steps: tuple[str | int, ...]) -> Any:
    """A copy of `document` without what stands there."""
    copy: Any = dict(document) if isinstance(document, dict) else list(document)
    if len(steps) == 1:
        del copy[steps[0]]
    else:
        copy[steps[0]] = without(copy[steps[0]], steps[1:])
    return copy
