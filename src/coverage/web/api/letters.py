"""What the OpenAPI document says of events, kind by kind: as they are listed, and as webhooks send them.

All of it is written from `domain/kinds`, to which facts are made: nothing is said of an event beside what makes it so.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from coverage.domain.kinds import KINDS, Holds, Kind
from coverage.domain.webhook import PING, RETRIES
from coverage.web.api.recording import RECORDED

EVENT, OTHER, NO_DATA = "EventSeen", "OtherEvent", "NoData"

# Standard Webhooks 1.0.
HEADERS: Final[dict[str, dict[str, Any]]] = {
    "webhook-id": {
        "description": "The event's id, the same for every try: by it you know what you have worked off already.",
        "schema": {"type": "string", "pattern": "^evt_[0-9a-z]+$", "maxLength": 40},
        "example": "evt_00d23pnynjph9myp31nhs7atceg8y2t5p0mv",
    },
    "webhook-timestamp": {
        "description": "When this try was made, in seconds since 1970. Refuse what is older than five minutes.",
        "schema": {"type": "string", "pattern": "^[0-9]+$", "maxLength": 20},
        "example": "1795770000",
    },
    "webhook-signature": {
        "description": "`v1,` and the base64 of HMAC-SHA256, by the endpoint's secret, over `webhook-id.webhook-timestamp.body`; "
        "two of them, with a space between, while a secret is rotated. Verify it over the bytes as they came, before you "
        "read them.",
        "schema": {"type": "string", "pattern": "^v1,[A-Za-z0-9+/]+=*( v1,[A-Za-z0-9+/]+=*)*$", "maxLength": 500},
        "example": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    },
}
ANSWERS: Final[dict[str, tuple[str, str]]] = {
    "2XX": ("Taken", "Taken. Answer within 15 seconds, before you work it off."),
    "410": ("NotWanted", "Wanted no more: the endpoint is disabled at once, and `webhook_endpoint.disabled` says so elsewhere."),
    "default": (
        "NotTaken",
        f"Not taken, as is no answer in time: tried {len(RETRIES)} times in all over three days, a redirect followed nowhere.",
    ),
}  # fmt: skip


def schema_of(kind: str) -> str:
    """The name of the schema of events of a kind: `cover.issued` is `CoverIssuedEvent`."""
    return "".join(word.capitalize() for word in kind.replace(".", "_").split("_")) + "Event"


def tell_apart(document: dict[str, Any]) -> None:
    """Gives each kind of event a schema of its own, and says that an event is one of them, or of a kind that is to come."""
    schemas = document["components"]["schemas"]
    plain = schemas[EVENT]
    for kind, found in KINDS.items():
        schemas[schema_of(kind)] = _event(plain, kind, found)
    schemas[NO_DATA] = {"title": NO_DATA, **_data(Kind("Nothing."))}
    schemas[OTHER] = other = deepcopy(plain)
    other |= {"title": OTHER, "description": "An event of a kind that is younger than what you read. Pass over it."}
    other["properties"]["type"]["not"] = {"enum": list(KINDS)}
    # Each kind's `type` is a constant, which tells them apart. A `discriminator` would have to list all that may ever come.
    schemas[EVENT] = {
        "title": EVENT,
        "description": f"{plain['description']} By its `type` you know what its `data` holds.",
        "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in (*map(schema_of, KINDS), OTHER)],
    }


def announce(document: dict[str, Any]) -> None:
    """Adds the webhooks: what is sent to an endpoint that wants it, for each kind of event."""
    components = document["components"]
    components["parameters"] = {
        name: {"in": "header", "name": name, "required": True, **deepcopy(told)} for name, told in HEADERS.items()
    }
    components.setdefault("responses", {}).update({name: {"description": words} for name, words in ANSWERS.values()})
    document["webhooks"] = {kind: {"post": _letter(kind, found)} for kind, found in KINDS.items()}


def _event(plain: dict[str, Any], kind: str, found: Kind) -> dict[str, Any]:
    event = deepcopy(plain)
    event |= {"title": schema_of(kind), "description": found.words}
    fields = event["properties"]
    fields["type"] = {"type": "string", "const": kind, "title": "Type"}
    fields["data"] = _data(found) if found.data else {"$ref": f"#/components/schemas/{NO_DATA}"}
    return event


def _data(found: Kind) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "What belongs to it." if found.data else "Nothing more belongs to an event of this kind.",
        "properties": {name: _field(holds) for name, holds in found.data.items()},
        "required": [name for name, holds in found.data.items() if holds.always],
        "additionalProperties": False,
    }


def _field(holds: Holds) -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string", **({"enum": list(holds.among)} if holds.among else {})}
    return {**({"type": "array", "items": text} if holds.many else text), "description": holds.words}


def _letter(kind: str, found: Kind) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{schema_of(kind)}"}}
    if kind in RECORDED["events"]:
        content["example"] = RECORDED["events"][kind]
    to = (
        "the endpoint that is tried, whatever it wants" if kind == PING else f"every other endpoint that wants `{kind}`"
        if kind.startswith("webhook_endpoint.") else f"every endpoint that wants `{kind}`"
    )  # fmt: skip
    return {
        "operationId": f"on{schema_of(kind).removesuffix('Event')}",
        "summary": kind,
        "description": f"{found.words} Sent to {to}, at least once and in no promised order; "
        "the body is the event as `GET /v1/events/{event_id}` has it.",
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in HEADERS],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {status: {"$ref": f"#/components/responses/{name}"} for status, (name, _) in ANSWERS.items()},
    }
