"""`/v1/webhook_endpoints`: where a partner wants to be told what happens, and how telling it went."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from coverage.operations.hooking import (
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    enable_endpoint,
    find_delivery,
    find_endpoint,
    ping,
    resend,
    rotate_secret,
    see_attempts,
)
from coverage.operations.house import Work
from coverage.operations.showing import list_deliveries, list_endpoints
from coverage.storage.webhooks import WebhookDelivery, WebhookEndpoint
from coverage.web.api.access import TheCaller, TheHouse, ThePage, needs, plainly
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.shapes import Duration, InstantSeen, Shape, instant_text

Url = Annotated[
    str,
    Field(
        min_length=1, max_length=2000, description="`https://…` at a public place, on port 443 or above 1023.",
        json_schema_extra={"format": "uri"},
    ),
]  # fmt: skip
Filters = Annotated[
    list[Annotated[str, Field(max_length=60)]],
    Field(
        min_length=1, max_length=50,
        description="Types such as `cover.issued`, `cover.*` for all of a cover's, or `*` for all that the key may read.",
    ),
]  # fmt: skip
Description = Annotated[str | None, Field(max_length=200, description="For people.")]


class EndpointRequest(Shape):
    """Where to be told. It is told no more than the key may read that makes it."""

    url: Url
    events: Filters = Field(default_factory=lambda: ["*"])
    description: Description = None


class EndpointChange(Shape):
    """What is to be different; what isn't named stays."""

    url: Url | None = None
    events: Filters | None = None
    description: Description = None


class SecretRotation(Shape):
    expires_in: Duration = Field(
        description="For how long letters are signed with the old secret, too: PT0S to P30D, such as P1D."
    )


class EndpointStep(Shape):
    """Nothing more to say."""


class WebhookEndpointSeen(Shape):
    """An address that is told what happens."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    livemode: bool
    url: str
    events: list[str]
    description: str | None
    state: Literal["enabled", "disabled"]
    disabled_because: Literal["failing", "gone"] | None = Field(
        description="`failing`: every try of an event failed, for three days. `gone`: the endpoint answered 410."
    )
    disabled_at: InstantSeen | None
    failing_since: InstantSeen | None = Field(description="Since when it has taken nothing; null while it does.")
    earlier_secret_until: InstantSeen | None = Field(
        description="Until when letters are signed with the secret before, too."
    )
    created_by: str = Field(description="The key that made it.")
    created_at: InstantSeen


class WebhookEndpointMade(WebhookEndpointSeen):
    """An endpoint with its secret, which is shown this once."""

    secret: str = Field(description="`whsec_…`: what its letters are signed with (Standard Webhooks 1.0).")


class WebhookEndpointDeleted(Shape):
    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    deleted: Literal[True] = True


class WebhookEndpointList(Shape):
    object: Literal["list"] = "list"
    data: list[WebhookEndpointSeen]
    has_more: bool


class DeliverySeen(Shape):
    """An event on its way to an endpoint."""

    id: str
    object: Literal["webhook_delivery"] = "webhook_delivery"
    livemode: bool
    endpoint: str
    event: str = Field(description="The event's id, which every try bears as `webhook-id`.")
    type: str
    state: Literal["waiting", "delivered", "failed"]
    attempts: int = Field(description="How often it was tried.")
    next_attempt_at: InstantSeen | None = Field(description="Null once it is delivered or has failed.")
    created_at: InstantSeen


class RequestSent(Shape):
    url: str
    headers: dict[str, str]
    body: str


class AnswerSeen(Shape):
    status: int
    headers: dict[str, str]
    body: str = Field(description="Its first 4096 bytes, as text.")


class AttemptTold(Shape):
    """A try: what was sent, and what came back."""

    number: int
    at: InstantSeen
    milliseconds: int
    status: int | None
    error: str | None = Field(description="Why no answer came, behind a code: `timed_out: …`.")
    request: RequestSent | None
    answer: AnswerSeen | None


class DeliveryInFull(DeliverySeen):
    tries: list[AttemptTold]


class DeliveryList(Shape):
    object: Literal["list"] = "list"
    data: list[DeliverySeen]
    has_more: bool


router = APIRouter(
    prefix="/v1/webhook_endpoints", tags=["Webhooks"], route_class=StrictRoute, dependencies=[needs("webhooks")]
)

EndpointId = Annotated[str, Path(description="The endpoint's id.")]
DeliveryId = Annotated[str, Path(description="The delivery's id.")]


@router.post(
    "",
    response_model=WebhookEndpointMade,
    status_code=201,
    operation_id="createWebhookEndpoint",
    summary="Make a webhook endpoint",
)
def create(house: TheHouse, caller: TheCaller, body: EndpointRequest) -> Response:
    """An address that is told what happens from now on. Its secret stands in this answer alone; no Idempotency-Key is used."""
    with house.transaction(caller) as tx:
        made = create_endpoint(tx, house, body.url, body.events, body.description)
        shape = WebhookEndpointMade(**_told(tx, made.endpoint), secret=made.secret)
    return plainly(shape, 201)


@router.get(
    "", response_model=WebhookEndpointList, operation_id="listWebhookEndpoints", summary="List webhook endpoints"
)
def list_all(house: TheHouse, caller: TheCaller, page: ThePage) -> Response:
    """Your endpoints of this mode, the newest first."""
    with house.transaction(caller) as tx:
        found, more = list_endpoints(tx, page)
        data = [WebhookEndpointSeen(**_told(tx, one)) for one in found]
        return plainly(WebhookEndpointList(data=data, has_more=more))


@router.get(
    "/{endpoint_id}",
    response_model=WebhookEndpointSeen,
    operation_id="retrieveWebhookEndpoint",
    summary="Read a webhook endpoint",
)
def retrieve(house: TheHouse, caller: TheCaller, endpoint_id: EndpointId) -> Response:
    """The endpoint, with whether it is told things, and if not, why."""
    with house.transaction(caller) as tx:
        return plainly(WebhookEndpointSeen(**_told(tx, find_endpoint(tx, endpoint_id))))


@router.post(
    "/{endpoint_id}",
    response_model=WebhookEndpointSeen,
    operation_id="updateWebhookEndpoint",
    summary="Change a webhook endpoint",
)
def update(house: TheHouse, caller: TheCaller, endpoint_id: EndpointId, body: EndpointChange) -> Response:
    """Changes what is named. Whoever changes an endpoint may read all that it is told."""
    named = {name: getattr(body, name) for name in body.model_fields_set}
    changes = {name: value for name, value in named.items() if value is not None or name == "description"}
    with house.transaction(caller) as tx:
        shape = WebhookEndpointSeen(**_told(tx, change_endpoint(tx, house, endpoint_id, changes)))
    return plainly(shape)


@router.delete(
    "/{endpoint_id}",
    response_model=WebhookEndpointDeleted,
    operation_id="deleteWebhookEndpoint",
    summary="Delete a webhook endpoint",
)
def delete(house: TheHouse, caller: TheCaller, endpoint_id: EndpointId) -> Response:
    """Takes the endpoint away, with what waits for it and the log of what it was told."""
    with house.transaction(caller) as tx:
        shape = WebhookEndpointDeleted(id=delete_endpoint(tx, endpoint_id).id)
    return plainly(shape)


@router.post(
    "/{endpoint_id}/enable",
    response_model=WebhookEndpointSeen,
    operation_id="enableWebhookEndpoint",
    summary="Enable a webhook endpoint",
)
def enable(house: TheHouse, caller: TheCaller, endpoint_id: EndpointId, body: EndpointStep) -> Response:  # noqa: ARG001
    """Tells the endpoint things again. What waited for it when it was disabled is sent at once; what happened since stands
    in `/v1/events`.
    """
    with house.transaction(caller) as tx:
        shape = WebhookEndpointSeen(**_told(tx, enable_endpoint(tx, endpoint_id)))
    return plainly(shape)


@router.post(
    "/{endpoint_id}/rotate_secret",
    response_model=WebhookEndpointMade,
    operation_id="rotateWebhookSecret",
    summary="Rotate a webhook endpoint's secret",
)
def rotate(house: TheHouse, caller: TheCaller, endpoint_id: EndpointId, body: SecretRotation) -> Response:
    """A new secret, shown this once. For `expires_in` every letter is signed with both."""
    with house.transaction(caller) as tx:
        made = rotate_secret(tx, endpoint_id, body.expires_in)
        shape = WebhookEndpointMade(**_told(tx, made.endpoint), secret=made.secret)
    return plainly(shape)


@router.post(
    "/{endpoint_id}/ping",
    response_model=DeliverySeen,
    status_code=202,
    operation_id="pingWebhookEndpoint",
    summary="Try a webhook endpoint",
)
def try_out(house: TheHouse, caller: TheCaller, endpoint_id: EndpointId, body: EndpointStep) -> Response:  # noqa: ARG001
    """Sends the endpoint a `webhook_endpoint.ping`, within a second. What became of it, the delivery tells."""
    with house.transaction(caller) as tx:
        shape = DeliverySeen(**_delivery(tx, ping(tx, endpoint_id)))
    return plainly(shape, 202)


@router.get(
    "/{endpoint_id}/deliveries",
    response_model=DeliveryList,
    operation_id="listWebhookDeliveries",
    summary="List a webhook endpoint's deliveries",
)
def deliveries(
    house: TheHouse,
    caller: TheCaller,
    page: ThePage,
    endpoint_id: EndpointId,
    state: Annotated[Literal["waiting", "delivered", "failed"] | None, Query()] = None,
    event: Annotated[str | None, Query(max_length=80, description="Of this event alone.")] = None,
) -> Response:
    """What the endpoint was told in the last 30 days, and what it is to be told, the newest first."""
    with house.transaction(caller) as tx:
        found, more = list_deliveries(tx, page, find_endpoint(tx, endpoint_id).id, state, event)
        return plainly(DeliveryList(data=[DeliverySeen(**_delivery(tx, one)) for one in found], has_more=more))


@router.get(
    "/{endpoint_id}/deliveries/{delivery_id}",
    response_model=DeliveryInFull,
    operation_id="retrieveWebhookDelivery",
    summary="Read a delivery",
)
def delivery(house: TheHouse, caller: TheCaller, endpoint_id: EndpointId, delivery_id: DeliveryId) -> Response:
    """The delivery with every try: what was sent, and what was answered."""
    with house.transaction(caller) as tx:
        found = find_delivery(tx, endpoint_id, delivery_id)
        tries = [
            AttemptTold(
                number=one.attempt.number, at=instant_text(one.attempt.at), milliseconds=one.attempt.milliseconds,
                status=one.attempt.status, error=one.attempt.error, request=one.exchange.get("request"),
                answer=one.exchange.get("answer"),
            )
            for one in see_attempts(tx, found)
        ]  # fmt: skip
        return plainly(DeliveryInFull(**_delivery(tx, found), tries=tries))


@router.post(
    "/{endpoint_id}/deliveries/{delivery_id}/resend",
    response_model=DeliverySeen,
    status_code=202,
    operation_id="resendWebhookDelivery",
    summary="Send an event again",
)
def send_again(
    house: TheHouse, caller: TheCaller, endpoint_id: EndpointId, delivery_id: DeliveryId, body: EndpointStep  # noqa: ARG001
) -> Response:  # fmt: skip
    """Sends the event at once, whatever became of it before, under the same `webhook-id`."""
    with house.transaction(caller) as tx:
        shape = DeliverySeen(**_delivery(tx, resend(tx, endpoint_id, delivery_id)))
    return plainly(shape, 202)


def _told(tx: Work, endpoint: WebhookEndpoint) -> dict[str, Any]:
    both = endpoint.earlier_until is not None and endpoint.earlier_until > tx.wall
    instants = {
        "disabled_at": endpoint.disabled_at, "failing_since": endpoint.failing_since,
        "earlier_secret_until": endpoint.earlier_until if both else None, "created_at": endpoint.created_at,
    }  # fmt: skip
    return {
        "id": endpoint.id, "livemode": tx.tenant.livemode, "url": endpoint.url, "events": endpoint.events,
        "description": endpoint.description, "state": endpoint.state, "disabled_because": endpoint.disabled_because,
        "created_by": endpoint.created_by,
    } | {name: instant_text(at) if at else None for name, at in instants.items()}  # fmt: skip


def _delivery(tx: Work, found: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": found.id, "livemode": tx.tenant.livemode, "endpoint": found.endpoint_id, "event": found.event_id,
        "type": found.kind, "state": found.state, "attempts": found.attempts,
        "next_attempt_at": instant_text(found.due_at) if found.state == "waiting" else None,
        "created_at": instant_text(found.created_at),
    }  # fmt: skip
