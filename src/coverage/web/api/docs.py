"""The interactive documentation: OpenAPI 3.1 with the risk of each product on sale, and examples that work as they stand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from coverage.operations.house import House
from coverage.web.api import declaring, letters, problem_pages, versions
from coverage.web.api.problems import ProblemSeen
from coverage.web.api.products import on_sale, risk_schema
from coverage.web.api.shapes import instant_text

ASSETS: Final = Path(fastapi_offline.__file__).parent / "static"
ASSETS_URL: Final = "/docs/assets"

DESCRIPTION: Final = """Cover for shared things, for hours or days: quote a risk, bind the quote, hand over the certificate, declare a claim.

* **Keys.** `Authorization: Bearer sk_test_…` or `sk_live_…`. Test and live data never meet.
* **Idempotency.** `Idempotency-Key` is required wherever something is bound, changed, cancelled or claimed. A repeat gets the first answer, byte for byte, with `Idempotent-Replayed: true`. Nothing is made by `/v1/prices`: there it isn't used.
* **Errors.** `application/problem+json` (RFC 9457) with a stable `code` and, in `errors`, a JSON pointer to each thing to mend.
* **Money** is minor units beside its currency; **time** is RFC 3339 with an offset.
* **Limits.** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) say how often you may ask and what is left.
* **Lists** take `limit` and `starting_after` and say `has_more`.
* **Settling** claims takes a key of its own, with the scope `settling`: whoever declares them doesn't decide on them.
* **Invoices** come by the month of your own days, each transaction on one of them.
* **Scopes** say what a key may do: `covers:read`, `covers:write` (which reads, too) and so on. `scope_missing` names the one that a request needs.
* **Events** tell all that happened, in one order, the oldest first: follow them with `starting_after`. Webhooks send them to you as they happen: below is what each kind holds.
"""

PLACEHOLDER: Final = "0" * 36


@dataclass(frozen=True, slots=True)
class Examples:
    """What the examples speak of. The defaults are placeholders; a demo's are things that are there."""

    now: datetime = datetime(2026, 11, 27, 9, tzinfo=UTC)
    quote: str = f"quo_{PLACEHOLDER}"
    cover: str = f"cov_{PLACEHOLDER}"
    claim: str = f"clm_{PLACEHOLDER}"
    event: str = f"evt_{PLACEHOLDER}"
    key: str = f"key_{PLACEHOLDER}"
    endpoint: str = f"whe_{PLACEHOLDER}"
    deletable: str = f"whe_{PLACEHOLDER}"
    delivery: str = f"whd_{PLACEHOLDER}"
    invoice: str = f"inv_{PLACEHOLDER}"
    declared: str = f"clm_{PLACEHOLDER}"
    closable: str = f"clm_{PLACEHOLDER}"
    closed: str = f"clm_{PLACEHOLDER}"
    exposure: str = f"exp_{PLACEHOLDER}"
    decided: str = f"exp_{PLACEHOLDER}"
    payout: str = f"pyo_{PLACEHOLDER}"
    cancellable: str = f"cov_{PLACEHOLDER}"
    changeable: str = f"cov_{PLACEHOLDER}"
    change: str = f"chg_{PLACEHOLDER}"
    change_end: datetime = datetime(2026, 12, 27, 23, tzinfo=UTC)
    ipid_sha256: str = "0" * 64
    registration: str = "AB-123-CD"
    idempotency_key: str = "8e03978e-40d5-43e8-bc93-6894a57f9324"
    loss_at: datetime = field(default=datetime(2026, 11, 27, 8, tzinfo=UTC))


def add_to(app: FastAPI, examples: Callable[[], Examples]) -> None:
    """Adds `/openapi.json`, `/docs`, `/redoc` and the pages of problems."""

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> JSONResponse:
        return JSONResponse(describe(app, examples()))

    @app.get("/docs", include_in_schema=False)
    def interactive() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json", title="Sharecover API", swagger_js_url=f"{ASSETS_URL}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS_URL}/swagger-ui.css", swagger_favicon_url=f"{ASSETS_URL}/favicon.png",
            swagger_ui_parameters={"persistAuthorization": True, "tryItOutEnabled": True, "defaultModelsExpandDepth": 0},
        )  # fmt: skip

    @app.get("/redoc", include_in_schema=False)
    def reference() -> HTMLResponse:
        return get_redoc_html(
            openapi_url="/openapi.json", title="Sharecover API", redoc_js_url=f"{ASSETS_URL}/redoc.standalone.js",
            redoc_favicon_url=f"{ASSETS_URL}/favicon.png", with_google_fonts=False,
        )  # fmt: skip

    app.mount(ASSETS_URL, StaticFiles(directory=ASSETS))
    problem_pages.add_to(app)


def describe(app: FastAPI, examples: Examples) -> dict[str, Any]:
    """The OpenAPI document."""
    house: House = app.state.house
    document = get_openapi(
        title="Sharecover", version=app.version, openapi_version="3.1.0", summary="Cover for shared things",
        description=DESCRIPTION, routes=app.routes,
    )  # fmt: skip
    schemas = document["components"]["schemas"]
    problem = ProblemSeen.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs") | {"Problem": problem}
    risks = {f"Risk_{e.product}_{e.country}": risk_schema(e.rules, e) for e in on_sale(house)}
    for schema in risks.values():
        schema.pop("$schema")
    schemas |= risks
    # Its items are read one by one later, for which their shape was written out in it.
    schemas["PricesRequest"]["properties"]["prices"]["items"] = {"$ref": "#/components/schemas/PriceRequest"}
    if risks:
        for request in ("QuoteRequest", "PriceRequest"):
            asked = schemas[request]["properties"]
            asked["risk"] = {
                "description": asked["risk"]["description"],
                "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in risks],
            }
    for _, operation in declaring.operations(document):
        _exemplify(operation, examples)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    letters.tell_apart(document)
    declaring.declare(document, house.public_url)
    return document


def _exemplify(operation: dict[str, Any], examples: Examples) -> None:
    """Examples of what an operation takes, that speak of things that are there."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        body["example"] = _bodies(examples)[operation["operationId"]]
    for parameter in operation.get("parameters", []):
        parameter["example"] = _parameter(operation["operationId"], parameter["name"], examples)
        if parameter["example"] is None:
            del parameter["example"]
        if parameter["name"] == "idempotency-key" and "Required." in parameter.get("description", ""):
            parameter["required"] = True


def _parameter(operation: str, name: str, examples: Examples) -> Any:
    return {
        "quote_id": examples.quote,
        "cover_id": {"cancelCover": examples.cancellable, "createChange": examples.changeable}.get(
            operation, examples.cover
        ),
        "change_id": examples.change,
        "cover": examples.cover,
        "claim_id": {
            "createExposure": examples.declared,
            "closeClaim": examples.closable,
            "reopenClaim": examples.closed,
        }.get(operation, examples.claim),
        "claim": examples.claim,
        "exposure_id": examples.decided if operation == "createPayout" else examples.exposure,
        "payout_id": examples.payout,
        "event_id": examples.event,
        "key_id": examples.key,
        "endpoint_id": examples.deletable if operation == "deleteWebhookEndpoint" else examples.endpoint,
        "delivery_id": examples.delivery,
        "event": examples.event,
        "invoice_id": examples.invoice,
        "kind": "premium",
        "month": f"{examples.now:%Y-%m}",
        "format": "csv",
        "type": "cover.*",
        "subject": examples.cover,
        "product": "off_duty_vehicle",
        "country": "FR",
        "language": "en",
        "expand[]": ["explanation"],
        "limit": 10,
        "idempotency-key": f"{examples.idempotency_key}-{operation}",
        "coverage-version": versions.NEWEST,
        "accept-language": "en",
    }.get(name)


# What stands alone, whatever the examples speak of.
_ALONE: Final[dict[str, dict[str, Any]]] = {
    "createApiKey": {"name": "Reporting", "scopes": ["covers:read", "claims:read"]},
    "rotateApiKey": {"expires_in": "P1D"},
    "revokeApiKey": {},
    "closeClaim": {},
    "reopenClaim": {},
    "createWebhookEndpoint": {"url": "https://platform.example/webhooks", "events": ["cover.*", "claim.created"]},
    "updateWebhookEndpoint": {"events": ["cover.*"], "description": "Bookings"},
    "rotateWebhookSecret": {"expires_in": "P1D"},
    "enableWebhookEndpoint": {},
    "pingWebhookEndpoint": {},
    "resendWebhookDelivery": {},
}


def _bodies(examples: Examples) -> dict[str, dict[str, Any]]:
    saturday = next_saturday(examples.now)
    given = instant_text(examples.now)
    wanted = {
        "product": "off_duty_vehicle",
        "start": saturday.isoformat(),
        "end": (saturday + timedelta(hours=12)).isoformat(),
        "risk": {
            "vehicle_class": "van",
            "registration": examples.registration,
            "driver_born": "1990-05-01",
            "licence_since": "2010-06-01",
            "goods_value": {"amount": 800000, "currency": "EUR"},
        },
    }
    carried = {
        "carried_by": "neighbour", "transport": "car", "category": "household", "distance_km": 40,
        "goods_value": {"amount": 50000, "currency": "EUR"},
    }  # fmt: skip
    at_issue = {"product": "goods_carried", "start": "at_issue", "duration": "PT4H", "risk": carried}
    return {
        "priceRisks": {"prices": [wanted, at_issue], "language": "en"},
        "createQuote": wanted | {"language": "en", "metadata": {"trip": "removal"}},
        "createCover": {
            "quote": examples.quote,
            "parties": {
                "policyholder": {
                    "reference": "emp-1024",
                    "name": "Camille Martin",
                    "email": "camille@example.org",
                    "locale": "en",
                }
            },
            "disclosures": {"ipid_sha256": examples.ipid_sha256, "language": "en", "given_at": given},
            "payment": {"method": "invoice"},
            "metadata": {"booking": "B-7731"},
        },
        "cancelCover": {"preview": True},
        "createChange": {"kind": "extend", "end": instant_text(examples.change_end)},
        "confirmChange": {"no_known_loss": True, "declared_at": given},
        "createClaim": {
            "cover": examples.cover,
            "loss_at": instant_text(examples.loss_at),
            "cause": "accident",
            "description": "The wardrobe fell over when the van braked; its mirror is broken.",
            "losses": [{"section": "goods_carried", "estimate": {"amount": 42000, "currency": "EUR"}}],
            "contact": {"phone": "+33 6 12 34 56 78"},
        },
        "createExposure": {"section": "goods_carried", "estimate": {"amount": 42000, "currency": "EUR"}},
        "decideExposure": {
            "decision": "approved",
            "losses": [{"amount": {"amount": 145000, "currency": "EUR"}}],
            "because": "Repair at the dealer's, by the expert's report of 2 December.",
            "preview": True,
        },
        "reserveExposure": {
            "indemnity": {"amount": 60000, "currency": "EUR"},
            "fees": {"amount": 18000, "currency": "EUR"},
            "because": "The first estimate of the repair is in; an expert looks at the frame.",
        },
        "createPayout": {
            "kind": "indemnity",
            "amount": {"amount": 1000, "currency": "EUR"},
            "payee": {"reference": "emp-1024", "name": "Camille Martin", "iban": "FR14 2004 1010 0505 0001 3M02 606"},
        },
        "settlePayout": {"outcome": "paid", "bank_reference": "SCT-2026-12-07-0031"},
        **_ALONE,
        "advanceTestClock": {"to": instant_text(examples.now + timedelta(minutes=5))},
    }


def quote_example(examples: Examples) -> str:
    """The body of the quote's example, for a command line."""
    return json.dumps(_bodies(examples)["createQuote"], ensure_ascii=False)


def next_saturday(now: datetime) -> datetime:
    """The next Saturday, 08:00 in Paris, at least a day ahead."""
    local = (now + timedelta(days=1)).astimezone(ZoneInfo("Europe/Paris"))
    days = (5 - local.weekday()) % 7 or (7 if local.hour >= 8 else 0)
    return (local + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
