"""A page for each problem, where its `type` leads: what happened, what to do, and an example of the answer. In the same dress
one of the API's versions, and the service's front page.
"""

from __future__ import annotations

import hashlib
import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from coverage.domain.faults import Missing
from coverage.web.api import versions
from coverage.web.api.meanings import MEANINGS
from coverage.web.api.problems import PROBLEMS, problem_type
from coverage.web.api.recording import RECORDED

ASSETS: Final = Path(__file__).with_name("assets")
ASSETS_URL: Final = "/docs/pages"
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_ID: Final = "00d23pnynjph9myp31nhs7atceg8y2t5p0mv"
_COVER: Final = f"/v1/covers/cov_{_ID}"

# Problems that recordings needn't meet, as they would be answered: the status, where, and the detail.
UNRECORDED: Final[dict[str, tuple[int, str, str]]] = {
    "checking_busy": (503, "/verify/file", "too many files wait to be looked at"),
    "country_needed": (422, "/v1/quotes", "goods_carried is sold in BE, FR; say which country"),
    "headers_too_large": (431, "/", "path, query and headers come to more than 32 kB"),
    "idempotency_key_in_use": (409, "/v1/covers", "a request with this Idempotency-Key is still running; try again shortly"),
    "no_master_policy": (409, "/v1/covers", "no master policy of yours covers goods_carried now"),
    "no_tax_rate": (503, "/v1/quotes", "no rate of other is known in FR on 2015-06-01"),
    "no_withdrawal": (409, f"{_COVER}/cancel", "there is no right to withdraw from this cover of goods_carried; cancel it"),
    "not_a_raise": (422, f"{_COVER}/changes", "the limit of goods_carried would be less than it is; expected more cover, or as much"),
    "not_extendable": (422, f"{_COVER}/changes", "the product's covers can't be extended"),
    "not_returnable": (422, f"{_COVER}/changes", "the product's covers can't be ended early"),
    "nothing_changes": (422, f"{_COVER}/changes", "the facts are those of the cover already"),
    "payment_processing": (503, f"{_COVER}/cancel", "the processor doesn't know yet whether it was paid"),
    "rate_limited": (429, "/v1/quotes", "more than 100 requests in a second with this partner's keys; try again in 1 s"),
    "refund_pending": (503, f"{_COVER}/cancel", f"the processor says of rfd_{_ID} that it is pending"),
    "rendering_busy": (503, f"{_COVER}/certificate", "Too many documents wait to be set."),
    "rendering_failed": (503, f"{_COVER}/certificate", "The document could not be set: Refused."),
    "rendering_out_of_memory": (503, f"{_COVER}/certificate", "The document could not be set within its memory."),
    "rendering_timed_out": (503, f"{_COVER}/certificate", "The document could not be set within 20 seconds."),
    "signing_unavailable": (503, f"{_COVER}/certificate", "the document can't be signed now (TimeoutError)"),
    "withdrawal_over": (409, f"{_COVER}/cancel", "the right to withdraw ended with 2026-12-11; cancel the cover instead"),
}  # fmt: skip
EXEMPLIFIED: Final = frozenset(PROBLEMS) & (set(RECORDED["problems"]) | set(UNRECORDED))


def add_to(app: FastAPI) -> None:
    """Adds `/problems` with a page for each of them, `/docs/versions`, and `/`, which leads to all that is for everybody."""

    @app.get("/", include_in_schema=False)
    def front() -> HTMLResponse:
        return _page("front.html")

    @app.get("/problems", include_in_schema=False)
    def problems() -> HTMLResponse:
        return _page("problems.html", groups=_groups())

    @app.get("/problems/{code}", include_in_schema=False)
    def problem(code: str) -> HTMLResponse:
        return _page("problem.html", **_told(code))

    @app.get(versions.PAGE, include_in_schema=False)
    def all_versions() -> HTMLResponse:
        return _page("versions.html", versions=versions.VERSIONS[::-1])

    app.mount(ASSETS_URL, StaticFiles(directory=ASSETS))


def problem_example(code: str) -> dict[str, Any]:
    """A problem of that code as it is answered: one that was, or else one that is written down here."""
    recorded: dict[str, Any] | None = RECORDED["problems"].get(code)
    if recorded is not None:
        return {**recorded, "title": PROBLEMS[code].title}
    status, instance, detail = UNRECORDED[code]
    return {
        "type": problem_type(code),
        "title": PROBLEMS[code].title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "request_id": "req_4f1c9a70d2b84e6a93be2c5d8071f6a4",
    }


def _told(code: str) -> dict[str, Any]:
    found = PROBLEMS.get(code)
    if found is None:
        raise Missing("not_found", "there is no problem of that name")
    example = problem_example(code)
    return {
        "code": code,
        "title": found.title,
        "meaning": MEANINGS[code],
        "advice": found.advice,
        "status": example["status"],
        "request_id": example["request_id"],
        "example": json.dumps(example, ensure_ascii=False, indent=2),
    }


def _groups() -> list[tuple[int, str, list[tuple[str, str]]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for code in sorted(EXEMPLIFIED):
        found.setdefault(problem_example(code)["status"], []).append((code, PROBLEMS[code].title))
    return [(status, HTTPStatus(status).phrase, codes) for status, codes in sorted(found.items())]


def _code(text: str) -> Markup:
    """Text whose words between backticks are shown as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["code"] = _code
_environment.globals["icon"] = "/docs/assets/favicon.png"
# The style sheet's address changes with its content, so that it may be cached for ever.
_environment.globals["stylesheet"] = (
    f"{ASSETS_URL}/pages.css?v={hashlib.sha256((ASSETS / 'pages.css').read_bytes()).hexdigest()[:12]}"
)


def _page(template: str, **values: object) -> HTMLResponse:
    page = _environment.get_template(template).render(values)
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})
