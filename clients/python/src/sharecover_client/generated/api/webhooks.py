from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...calling import Calls, plain
from ..models.delivery import Delivery
from ..models.delivery_in_full import DeliveryInFull
from ..models.delivery_list import DeliveryList
from ..models.endpoint_change import EndpointChange
from ..models.endpoint_request import EndpointRequest
from ..models.endpoint_step import EndpointStep
from ..models.list_webhook_deliveries_state import (
    ListWebhookDeliveriesState,
)
from ..models.secret_rotation import SecretRotation
from ..models.webhook_endpoint import WebhookEndpoint
from ..models.webhook_endpoint_deleted import WebhookEndpointDeleted
from ..models.webhook_endpoint_list import WebhookEndpointList
from ..models.webhook_endpoint_made import WebhookEndpointMade
from ..types import UNSET, Unset


class Webhooks(Calls):
    def list_webhook_endpoints(
        self,
        *,
        limit: int | Unset = 20,
        starting_after: str | Unset = UNSET,
        created_gte: datetime.datetime | Unset = UNSET,
        created_lte: datetime.datetime | Unset = UNSET,
    ) -> WebhookEndpointList:
        """List webhook endpoints

        Your endpoints of this mode, the newest first.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        params["limit"] = limit

        params["starting_after"] = starting_after

        json_created_gte: str | Unset = UNSET
        if not isinstance(created_gte, Unset):
            json_created_gte = created_gte.isoformat()
        params["created_gte"] = json_created_gte

        json_created_lte: str | Unset = UNSET
        if not isinstance(created_lte, Unset):
            json_created_lte = created_lte.isoformat()
        params["created_lte"] = json_created_lte

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/webhook_endpoints",
            params=params,
        )
        response_200 = WebhookEndpointList.from_dict(response.json())

        return response_200

    def create_webhook_endpoint(
        self,
        *,
        body: EndpointRequest | Mapping[str, Any],
    ) -> WebhookEndpointMade:
        """Make a webhook endpoint

        An address that is told what happens from now on. Its secret stands in this answer alone; no Idempotency-Key is used.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}

        response = self._ask(
            "POST",
            "/v1/webhook_endpoints",
            headers=headers,
            json=plain(body),
        )
        response_201 = WebhookEndpointMade.from_dict(response.json())

        return response_201

    def retrieve_webhook_endpoint(
        self,
        endpoint_id: str,
    ) -> WebhookEndpoint:
        """Read a webhook endpoint

        The endpoint, with whether it is told things, and if not, why.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/webhook_endpoints/{endpoint_id}".format(
                endpoint_id=quote(str(endpoint_id), safe=""),
            ),
        )
        response_200 = WebhookEndpoint.from_dict(response.json())

        return response_200

    def update_webhook_endpoint(
        self,
        endpoint_id: str,
        *,
        body: EndpointChange | Mapping[str, Any],
    ) -> WebhookEndpoint:
        """Change a webhook endpoint

        Changes what is named. Whoever changes an endpoint may read all that it is told.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}

        response = self._ask(
            "POST",
            "/v1/webhook_endpoints/{endpoint_id}".format(
                endpoint_id=quote(str(endpoint_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = WebhookEndpoint.from_dict(response.json())

        return response_200

    def delete_webhook_endpoint(
        self,
        endpoint_id: str,
    ) -> WebhookEndpointDeleted:
        """Delete a webhook endpoint

        Takes the endpoint away, with what waits for it and the log of what it was told.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "DELETE",
            "/v1/webhook_endpoints/{endpoint_id}".format(
                endpoint_id=quote(str(endpoint_id), safe=""),
            ),
        )
        response_200 = WebhookEndpointDeleted.from_dict(response.json())

        return response_200

    def enable_webhook_endpoint(
        self,
        endpoint_id: str,
        *,
        body: EndpointStep | Mapping[str, Any],
    ) -> WebhookEndpoint:
        """Enable a webhook endpoint

        Tells the endpoint things again. What waited for it when it was disabled is sent at once; what happened since stands
        in `/v1/events`.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}

        response = self._ask(
            "POST",
            "/v1/webhook_endpoints/{endpoint_id}/enable".format(
                endpoint_id=quote(str(endpoint_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = WebhookEndpoint.from_dict(response.json())

        return response_200

    def rotate_webhook_secret(
        self,
        endpoint_id: str,
        *,
        body: SecretRotation | Mapping[str, Any],
    ) -> WebhookEndpointMade:
        """Rotate a webhook endpoint's secret

        A new secret, shown this once. For `expires_in` every letter is signed with both.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}

        response = self._ask(
            "POST",
            "/v1/webhook_endpoints/{endpoint_id}/rotate_secret".format(
                endpoint_id=quote(str(endpoint_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_200 = WebhookEndpointMade.from_dict(response.json())

        return response_200

    def ping_webhook_endpoint(
        self,
        endpoint_id: str,
        *,
        body: EndpointStep | Mapping[str, Any],
    ) -> Delivery:
        """Try a webhook endpoint

        Sends the endpoint a `webhook_endpoint.ping`, within a second. What became of it, the delivery tells.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}

        response = self._ask(
            "POST",
            "/v1/webhook_endpoints/{endpoint_id}/ping".format(
                endpoint_id=quote(str(endpoint_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_202 = Delivery.from_dict(response.json())

        return response_202

    def list_webhook_deliveries(
        self,
        endpoint_id: str,
        *,
        state: ListWebhookDeliveriesState | Unset = UNSET,
        event: str | Unset = UNSET,
        limit: int | Unset = 20,
        starting_after: str | Unset = UNSET,
        created_gte: datetime.datetime | Unset = UNSET,
        created_lte: datetime.datetime | Unset = UNSET,
    ) -> DeliveryList:
        """List a webhook endpoint's deliveries

        What the endpoint was told in the last 30 days, and what it is to be told, the newest first.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        json_state: str | Unset = UNSET
        if not isinstance(state, Unset):
            json_state = state

        params["state"] = json_state

        params["event"] = event

        params["limit"] = limit

        params["starting_after"] = starting_after

        json_created_gte: str | Unset = UNSET
        if not isinstance(created_gte, Unset):
            json_created_gte = created_gte.isoformat()
        params["created_gte"] = json_created_gte

        json_created_lte: str | Unset = UNSET
        if not isinstance(created_lte, Unset):
            json_created_lte = created_lte.isoformat()
        params["created_lte"] = json_created_lte

        params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

        response = self._ask(
            "GET",
            "/v1/webhook_endpoints/{endpoint_id}/deliveries".format(
                endpoint_id=quote(str(endpoint_id), safe=""),
            ),
            params=params,
        )
        response_200 = DeliveryList.from_dict(response.json())

        return response_200

    def retrieve_webhook_delivery(
        self,
        endpoint_id: str,
        delivery_id: str,
    ) -> DeliveryInFull:
        """Read a delivery

        The delivery with every try: what was sent, and what was answered.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/webhook_endpoints/{endpoint_id}/deliveries/{delivery_id}".format(
                endpoint_id=quote(str(endpoint_id), safe=""),
                delivery_id=quote(str(delivery_id), safe=""),
            ),
        )
        response_200 = DeliveryInFull.from_dict(response.json())

        return response_200

    def resend_webhook_delivery(
        self,
        endpoint_id: str,
        delivery_id: str,
        *,
        body: EndpointStep | Mapping[str, Any],
    ) -> Delivery:
        """Send an event again

        Sends the event at once, whatever became of it before, under the same `webhook-id`.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """
        headers: dict[str, Any] = {}

        response = self._ask(
            "POST",
            "/v1/webhook_endpoints/{endpoint_id}/deliveries/{delivery_id}/resend".format(
                endpoint_id=quote(str(endpoint_id), safe=""),
                delivery_id=quote(str(delivery_id), safe=""),
            ),
            headers=headers,
            json=plain(body),
        )
        response_202 = Delivery.from_dict(response.json())

        return response_202
