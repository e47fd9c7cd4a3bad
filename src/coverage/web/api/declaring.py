"""What the OpenAPI document says of every operation alike: where it is, what bounds hold, what it answers besides what was
asked for, with which headers, and an example of each.

Examples are answers that were given (`recording`). A bound that an answer's own shape doesn't state is one that it never
comes to: whoever reads it may rely on it to make room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from http import HTTPStatus
from typing import Any, Final

from coverage.web.api import letters
from coverage.web.api.problem_pages import EXEMPLIFIED, problem_example
from coverage.web.api.problems import MEDIA_TYPE, PROBLEMS
from coverage.web.api.recording import RECORDED

# Where the document that is committed says the service is: each installation says its own.
SOMEWHERE: Final = "https://api.sharecover.example"
INFO: Final = {
    "contact": {"name": "Sharecover for developers", "email": "developers@sharecover.example"},
    "license": {"name": "Terms of the partner agreement", "identifier": "LicenseRef-Sharecover"},
    "termsOfService": f"{SOMEWHERE}/docs",
}
TAGS: Final = {
    "Products": "What is on sale, what each product asks for, and the texts that people read of it.",
    "Prices": "Prices for lists, of which nothing is kept.",
    "Quotes": "A firm price for a risk, to be bound while it is open.",
    "Covers": "What was bought: its documents, its state by the clock, its end.",
    "Changes": "A cover made longer or larger, or returned early: first priced, then confirmed.",
    "Claims": "Losses, declared by whoever had them.",
    "Settling": "What becomes of a claim: decisions, reserves and payouts, by a key of their own.",
    "Invoices": "What you owe for a month, line by line.",
    "Bordereaux": "What the insurer is told of a month: premiums and claims.",
    "Events": "All that happened, in one order.",
    "Webhooks": "Where events are sent as they happen, and what became of each delivery.",
    "API keys": "The keys that open this API: made, rotated and revoked.",
    "Test clock": "Time in test mode, moved forward at will.",
}

# What any operation may answer, and what it may answer by what it takes or gives.
ALWAYS: Final = (
    "unknown_version", "invalid_header", "headers_too_large", "missing_key", "invalid_key", "scope_missing", "not_found", "invalid_request",
    "internal", "database_unavailable", "overloaded", *(code for code, one in PROBLEMS.items() if one.status == 429),
)  # fmt: skip
WITH_BODY: Final = ("invalid_json", "body_too_large", "unsupported_media_type")
WITH_KEY: Final = ("idempotency_key_in_use", "idempotency_key_reused", "erased")
WITH_PDF: Final = (
    "erased", "rendering_busy", "rendering_failed", "rendering_out_of_memory", "rendering_timed_out",
    "signing_unavailable", "blobs_unavailable",
)  # fmt: skip
WORDS: Final = {
    400: "The request can't be read: no JSON, a header that is missing or wrong.",
    401: "There is no live API key.",
    403: "The API key may not do this: a scope is missing, or it is a live key where a test key is needed.",
    404: "There is nothing of that name that you may see.",
    409: "The state of things forbids it.",
    410: "The person has been erased.",
    413: "The body is too large.",
    415: "The body isn't sent as JSON.",
    422: "Something in the request has to be mended: `errors` says what.",
    429: "More was asked than the policy allows, which RateLimit-Policy names, or more at once than one partner may; try again after Retry-After.",
    431: "Path, query and headers are too large together.",
    500: "Something broke on our side; nothing was half-done.",
    503: "The service can't answer now; try again after Retry-After.",
}

HEADERS: Final[dict[str, dict[str, Any]]] = {
    "Request-Id": {
        "description": "The request's own id. Tell it when you write to us.",
        "required": True,
        "schema": {"type": "string", "pattern": "^req_[0-9a-f]{32}$", "maxLength": 36},
        "example": "req_4f1c9a70d2b84e6a93be2c5d8071f6a4",
    },
    "Coverage-Version": {
        "description": "The dated version of the API that the answer is told in.",
        "required": True,
        "schema": {"type": "string", "format": "date", "maxLength": 10},
        "example": "2026-11-27",
    },
    "RateLimit": {
        "description": "What is left of each limit, and the seconds until there is more (draft-ietf-httpapi-ratelimit-headers-10).",
        "schema": {"type": "string", "maxLength": 500},
        "example": '"default";r=98;t=1',
    },
    "RateLimit-Policy": {
        "description": "The limits that hold: how many in how many seconds.",
        "schema": {"type": "string", "maxLength": 500},
        "example": '"default";q=100;w=1',
    },
    "Access-Control-Allow-Origin": {
        "description": "The service's own origin alone: keys are no browser's to hold.",
        "required": True,
        "schema": {"type": "string", "format": "uri", "maxLength": 200},
        "example": SOMEWHERE,
    },
    "Deprecation": {
        "description": "Since when the version that was asked for is deprecated (RFC 9745); absent while it isn't.",
        "schema": {"type": "string", "pattern": "^@[0-9]+$", "maxLength": 20},
        "example": "@1795737600",
    },
    "Sunset": {
        "description": "When the version that was asked for ends (RFC 8594); absent until that is decided.",
        "schema": {"type": "string", "maxLength": 40},
        "example": "Mon, 31 May 2027 00:00:00 GMT",
    },
    "Link": {
        "description": "Where a deprecated version's page is.",
        "schema": {"type": "string", "maxLength": 500},
        "example": '</docs/versions>; rel="deprecation"; type="text/html"',
    },
    "Idempotent-Replayed": {
        "description": "`true` where this is the first answer to the same request, told again.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    "Retry-After": {
        "description": "Seconds to wait before the request is sent again.",
        "required": True,
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 2_678_400},
        "example": 2,
    },
    "WWW-Authenticate": {
        "description": "How to say who asks (RFC 6750).",
        "required": True,
        "schema": {"type": "string", "maxLength": 200},
        "example": 'Bearer realm="sharecover"',
    },
}
EVERYWHERE: Final = (
    "Request-Id", "Coverage-Version", "RateLimit", "RateLimit-Policy", "Access-Control-Allow-Origin", "Deprecation",
    "Sunset", "Link",
)  # fmt: skip

# The most signs of text by its format or pattern; then of any text, entries of any list, and the bounds of any number.
LONGEST: Final = {"date-time": 40, "date": 10, "duration": 40, "binary": 2**26}
LONGEST_PATTERN: Final = {"^[A-Z]{2}$": 2, "^[A-Z][A-Z][A-Z]$": 3, "^[0-9a-f]{64}$": 64, "^[0-9]{4}-[0-9]{2}$": 7}
LONGEST_TEXT, LONGEST_LIST, LARGEST = 20_000, 10_000, 2**53
LONGEST_PATH: Final = 80
SHARED: Final = (401, 403, 404, 422, 429, 431, 500, 503)  # answers that most operations have alike


def declare(document: dict[str, Any], public_url: str) -> None:
    """Completes the document with what holds for every operation."""
    document["info"] |= INFO
    document["servers"] = [
        {"url": public_url, "description": "Production and tests, told apart by the key.", "x-internal": False}
    ]
    used = {tag for _, operation in operations(document) for tag in operation["tags"]}
    document["tags"] = [{"name": tag, "description": TAGS.get(tag, tag)} for tag in sorted(used)]
    components = document["components"]
    components["headers"] = deepcopy(HEADERS)
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "sk_test_… or sk_live_… (RFC 6750)."}
    }
    codes: set[str] = set()
    for _, operation in operations(document):
        operation["security"] = [{"key": []}]
        for parameter in operation.get("parameters", []):
            _bound_parameter(parameter)
        codes |= _answers(operation)
    components["examples"] = {
        code: {"summary": PROBLEMS[code].title, "value": problem_example(code)} for code in sorted(codes)
    }
    components["responses"] = {_shared_name(status): _refusal(status, _among(ALWAYS, status)) for status in SHARED}
    letters.announce(document)
    _drop_unused(document)
    bound(components["schemas"])
    bound(document["paths"])


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation with its path."""
    for path, item in document["paths"].items():
        for operation in item.values():
            yield path, operation


def codes_of(operation: dict[str, Any]) -> list[str]:
    """The codes of the problems that an operation may answer."""
    keys = [one for one in operation.get("parameters", []) if one["name"] == "idempotency-key"]
    media = {kind for answer in operation["responses"].values() for kind in answer.get("content", {})}
    found = {
        *ALWAYS,
        *(WITH_BODY if "requestBody" in operation else ()),
        *(WITH_KEY if keys else ()),
        *(("missing_idempotency_key",) if any(key.get("required") for key in keys) else ()),
        *(WITH_PDF if "application/pdf" in media else ()),
        *RECORDED["raised"].get(operation["operationId"], ()),
    }
    return sorted(found & EXEMPLIFIED)


def _answers(operation: dict[str, Any]) -> set[str]:
    """Declares what an operation answers, with headers and examples; answers the codes that it may answer."""
    answers, name = operation["responses"], operation["operationId"]
    answers.pop("422", None)  # the framework's own
    keyed = any(one["name"] == "idempotency-key" for one in operation.get("parameters", []))
    for status, answer in answers.items():
        answer["headers"] = _headers(*EVERYWHERE, *(("Idempotent-Replayed",) if keyed else ()))
        for media, example in RECORDED["answers"].get(name, {}).get(status, {}).items():
            if media in answer.get("content", {}):
                answer["content"][media]["example"] = example
    codes = codes_of(operation)
    statuses = {status: _among(codes, status) for status in {429, *(_status(code) for code in codes)}}
    for status, raised in sorted(statuses.items()):
        if status in SHARED and raised == _among(ALWAYS, status):
            answers[str(status)] = {"$ref": f"#/components/responses/{_shared_name(status)}"}
        else:
            answers[str(status)] = _refusal(status, raised)
    operation["responses"] = dict(sorted(answers.items()))
    return set(codes)


def _status(code: str) -> int:
    status: int = problem_example(code)["status"]
    return status


def _among(codes: Iterable[str], status: int) -> list[str]:
    """Those of the codes that are answered with a status."""
    return sorted(code for code in codes if code in EXEMPLIFIED and _status(code) == status)


def _shared_name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "")


def _refusal(status: int, raised: list[str]) -> dict[str, Any]:
    """How an answer with a problem is declared."""
    more = ("Retry-After",) if status in (429, 503) else ("WWW-Authenticate",) if status == 401 else ()
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if raised:
        content["examples"] = {code: {"$ref": f"#/components/examples/{code}"} for code in raised}
    return {
        "description": WORDS.get(status, HTTPStatus(status).phrase),
        "headers": _headers(*EVERYWHERE, *more),
        "content": {MEDIA_TYPE: content},
    }


def _drop_unused(document: dict[str, Any]) -> None:
    """Drops the schemas that nothing refers to."""
    schemas = document["components"]["schemas"]
    while unused := set(schemas) - {found.rpartition("/")[2] for found in _references(document)}:
        for name in unused:
            del schemas[name]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _references(item)


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _bound_parameter(parameter: dict[str, Any]) -> None:
    """A parameter is there or it isn't: nobody sends null. Ids in paths are short."""
    schema = parameter["schema"]
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del schema["anyOf"]
        parameter["schema"] = schema = {**choices[0], **schema}
    if parameter["in"] == "path" and schema.get("type") == "string":
        schema.setdefault("maxLength", LONGEST_PATH)
    if parameter["name"] == "idempotency-key":
        schema |= {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}


def bound(node: Any) -> None:
    """States the bounds of every schema in a part of the document, where none is stated."""
    if isinstance(node, list):
        for item in node:
            bound(item)
    if not isinstance(node, dict):
        return
    match node.get("type"):
        case "string" if not {"maxLength", "enum", "const"} & set(node):
            longest = LONGEST.get(node.get("format", ""), LONGEST_TEXT)
            node["maxLength"] = LONGEST_PATTERN.get(node.get("pattern", ""), longest)
        case "array":
            node.setdefault("maxItems", LONGEST_LIST)
        case "integer":
            node.setdefault("minimum", -LARGEST)
            node.setdefault("maximum", LARGEST)
            node.setdefault("format", "int32" if node["maximum"] < 2**31 <= node["minimum"] + 2**32 else "int64")
    for key, item in node.items():
        if key == "properties":
            bound(list(item.values()))  # whatever they are named
        elif key not in ("example", "examples", "default", "enum", "const"):
            bound(item)
