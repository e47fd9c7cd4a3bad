"""Webhooks, verified by Standard Webhooks 1.0 before anything in them is believed."""

from __future__ import annotations

from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError

from sharecover_client.generated.events import READ, Event
from sharecover_client.generated.models.other_event import OtherEvent
from sharecover_client.problems import SharecoverError


class BadSignature(SharecoverError):
    """It wasn't signed with the endpoint's secret, or too long ago. Answer it 400, and do nothing."""


def verified(secret: str, body: bytes, headers: Mapping[str, str]) -> Event:
    """The event that a webhook tells, as its kind has it, once its signature holds; raises `BadSignature`.

    `secret` is the endpoint's, `whsec_…`; `body` the bytes as they came, not JSON written anew; `headers` the request's.
    A webhook may come twice, with the same `id`, and before one of an earlier `sequence`. A kind that is younger than this
    client comes as `OtherEvent`: pass over it. So does, as in lists, one that doesn't hold what its kind says.
    """
    try:
        told = Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
    except WebhookVerificationError as error:
        raise BadSignature(str(error)) from None
    try:
        return READ[told["type"]](told)
    except (KeyError, TypeError, ValueError, AttributeError):
        return OtherEvent.from_dict(told)
