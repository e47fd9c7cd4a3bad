from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import quote

from ...calling import Calls
from ..models.api_key_created_event import ApiKeyCreatedEvent
from ..models.api_key_revoked_event import ApiKeyRevokedEvent
from ..models.api_key_rotated_event import ApiKeyRotatedEvent
from ..models.claim_closed_event import ClaimClosedEvent
from ..models.claim_created_event import ClaimCreatedEvent
from ..models.claim_decided_event import ClaimDecidedEvent
from ..models.claim_exposure_added_event import ClaimExposureAddedEvent
from ..models.claim_payout_failed_event import ClaimPayoutFailedEvent
from ..models.claim_payout_ordered_event import ClaimPayoutOrderedEvent
from ..models.claim_payout_paid_event import ClaimPayoutPaidEvent
from ..models.claim_reopened_event import ClaimReopenedEvent
from ..models.cover_awaiting_payment_event import CoverAwaitingPaymentEvent
from ..models.cover_cancelled_event import CoverCancelledEvent
from ..models.cover_change_abandoned_event import CoverChangeAbandonedEvent
from ..models.cover_changed_event import CoverChangedEvent
from ..models.cover_dispute_closed_event import CoverDisputeClosedEvent
from ..models.cover_ended_event import CoverEndedEvent
from ..models.cover_issued_event import CoverIssuedEvent
from ..models.cover_lapsed_event import CoverLapsedEvent
from ..models.cover_payment_disputed_event import CoverPaymentDisputedEvent
from ..models.cover_payment_failed_event import CoverPaymentFailedEvent
from ..models.cover_payment_overdue_event import CoverPaymentOverdueEvent
from ..models.cover_payment_returned_event import CoverPaymentReturnedEvent
from ..models.cover_refund_failed_event import CoverRefundFailedEvent
from ..models.cover_refund_transferred_event import CoverRefundTransferredEvent
from ..models.cover_refunded_event import CoverRefundedEvent
from ..models.cover_started_event import CoverStartedEvent
from ..models.event_list import EventList
from ..models.invoice_issued_event import InvoiceIssuedEvent
from ..models.invoice_paid_event import InvoicePaidEvent
from ..models.other_event import OtherEvent
from ..models.quote_created_event import QuoteCreatedEvent
from ..models.quote_expired_event import QuoteExpiredEvent
from ..models.webhook_endpoint_created_event import WebhookEndpointCreatedEvent
from ..models.webhook_endpoint_deleted_event import WebhookEndpointDeletedEvent
from ..models.webhook_endpoint_disabled_event import WebhookEndpointDisabledEvent
from ..models.webhook_endpoint_enabled_event import WebhookEndpointEnabledEvent
from ..models.webhook_endpoint_ping_event import WebhookEndpointPingEvent
from ..models.webhook_endpoint_secret_rotated_event import (
    WebhookEndpointSecretRotatedEvent,
)
from ..models.webhook_endpoint_updated_event import WebhookEndpointUpdatedEvent
from ..types import UNSET, Unset


class Events(Calls):
    def list_events(
        self,
        *,
        type_: str | Unset = UNSET,
        subject: str | Unset = UNSET,
        limit: int | Unset = 20,
        starting_after: str | Unset = UNSET,
        created_gte: datetime.datetime | Unset = UNSET,
        created_lte: datetime.datetime | Unset = UNSET,
    ) -> EventList:
        """List events

        Your events, the oldest first: unlike other lists, so that you can follow them.

        Keep the last id that you have worked off and ask for what comes `starting_after` it; when there is nothing, ask again
        later with the same id. Nothing is ever put in before an event that you have seen. A key sees events about what its
        scopes let it read.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        params: dict[str, Any] = {}

        params["type"] = type_

        params["subject"] = subject

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
            "/v1/events",
            params=params,
        )
        response_200 = EventList.from_dict(response.json())

        return response_200

    def retrieve_event(
        self,
        event_id: str,
    ) -> (
        ApiKeyCreatedEvent
        | ApiKeyRevokedEvent
        | ApiKeyRotatedEvent
        | ClaimClosedEvent
        | ClaimCreatedEvent
        | ClaimDecidedEvent
        | ClaimExposureAddedEvent
        | ClaimPayoutFailedEvent
        | ClaimPayoutOrderedEvent
        | ClaimPayoutPaidEvent
        | ClaimReopenedEvent
        | CoverAwaitingPaymentEvent
        | CoverCancelledEvent
        | CoverChangeAbandonedEvent
        | CoverChangedEvent
        | CoverDisputeClosedEvent
        | CoverEndedEvent
        | CoverIssuedEvent
        | CoverLapsedEvent
        | CoverPaymentDisputedEvent
        | CoverPaymentFailedEvent
        | CoverPaymentOverdueEvent
        | CoverPaymentReturnedEvent
        | CoverRefundedEvent
        | CoverRefundFailedEvent
        | CoverRefundTransferredEvent
        | CoverStartedEvent
        | InvoiceIssuedEvent
        | InvoicePaidEvent
        | OtherEvent
        | QuoteCreatedEvent
        | QuoteExpiredEvent
        | WebhookEndpointCreatedEvent
        | WebhookEndpointDeletedEvent
        | WebhookEndpointDisabledEvent
        | WebhookEndpointEnabledEvent
        | WebhookEndpointPingEvent
        | WebhookEndpointSecretRotatedEvent
        | WebhookEndpointUpdatedEvent
    ):
        """Read an event

        The event, which never changes.

        Raises:
            ProblemError: The service refused it, or couldn't answer.
            Unreachable: No answer came.
        """

        response = self._ask(
            "GET",
            "/v1/events/{event_id}".format(
                event_id=quote(str(event_id), safe=""),
            ),
        )

        def _parse_response_200(
            data: object,
        ) -> (
            ApiKeyCreatedEvent
            | ApiKeyRevokedEvent
            | ApiKeyRotatedEvent
            | ClaimClosedEvent
            | ClaimCreatedEvent
            | ClaimDecidedEvent
            | ClaimExposureAddedEvent
            | ClaimPayoutFailedEvent
            | ClaimPayoutOrderedEvent
            | ClaimPayoutPaidEvent
            | ClaimReopenedEvent
            | CoverAwaitingPaymentEvent
            | CoverCancelledEvent
            | CoverChangeAbandonedEvent
            | CoverChangedEvent
            | CoverDisputeClosedEvent
            | CoverEndedEvent
            | CoverIssuedEvent
            | CoverLapsedEvent
            | CoverPaymentDisputedEvent
            | CoverPaymentFailedEvent
            | CoverPaymentOverdueEvent
            | CoverPaymentReturnedEvent
            | CoverRefundedEvent
            | CoverRefundFailedEvent
            | CoverRefundTransferredEvent
            | CoverStartedEvent
            | InvoiceIssuedEvent
            | InvoicePaidEvent
            | OtherEvent
            | QuoteCreatedEvent
            | QuoteExpiredEvent
            | WebhookEndpointCreatedEvent
            | WebhookEndpointDeletedEvent
            | WebhookEndpointDisabledEvent
            | WebhookEndpointEnabledEvent
            | WebhookEndpointPingEvent
            | WebhookEndpointSecretRotatedEvent
            | WebhookEndpointUpdatedEvent
        ):
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_0 = QuoteCreatedEvent.from_dict(data)

                return componentsschemas_event_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_1 = QuoteExpiredEvent.from_dict(data)

                return componentsschemas_event_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_2 = CoverIssuedEvent.from_dict(data)

                return componentsschemas_event_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_3 = CoverAwaitingPaymentEvent.from_dict(data)

                return componentsschemas_event_type_3
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_4 = CoverPaymentFailedEvent.from_dict(data)

                return componentsschemas_event_type_4
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_5 = CoverPaymentReturnedEvent.from_dict(data)

                return componentsschemas_event_type_5
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_6 = CoverPaymentOverdueEvent.from_dict(data)

                return componentsschemas_event_type_6
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_7 = CoverLapsedEvent.from_dict(data)

                return componentsschemas_event_type_7
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_8 = CoverStartedEvent.from_dict(data)

                return componentsschemas_event_type_8
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_9 = CoverEndedEvent.from_dict(data)

                return componentsschemas_event_type_9
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_10 = CoverChangedEvent.from_dict(data)

                return componentsschemas_event_type_10
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_11 = CoverChangeAbandonedEvent.from_dict(data)

                return componentsschemas_event_type_11
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_12 = CoverCancelledEvent.from_dict(data)

                return componentsschemas_event_type_12
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_13 = CoverRefundedEvent.from_dict(data)

                return componentsschemas_event_type_13
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_14 = CoverRefundFailedEvent.from_dict(data)

                return componentsschemas_event_type_14
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_15 = CoverRefundTransferredEvent.from_dict(data)

                return componentsschemas_event_type_15
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_16 = CoverPaymentDisputedEvent.from_dict(data)

                return componentsschemas_event_type_16
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_17 = CoverDisputeClosedEvent.from_dict(data)

                return componentsschemas_event_type_17
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_18 = ClaimCreatedEvent.from_dict(data)

                return componentsschemas_event_type_18
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_19 = ClaimExposureAddedEvent.from_dict(data)

                return componentsschemas_event_type_19
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_20 = ClaimDecidedEvent.from_dict(data)

                return componentsschemas_event_type_20
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_21 = ClaimPayoutOrderedEvent.from_dict(data)

                return componentsschemas_event_type_21
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_22 = ClaimPayoutPaidEvent.from_dict(data)

                return componentsschemas_event_type_22
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_23 = ClaimPayoutFailedEvent.from_dict(data)

                return componentsschemas_event_type_23
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_24 = ClaimClosedEvent.from_dict(data)

                return componentsschemas_event_type_24
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_25 = ClaimReopenedEvent.from_dict(data)

                return componentsschemas_event_type_25
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_26 = InvoiceIssuedEvent.from_dict(data)

                return componentsschemas_event_type_26
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_27 = InvoicePaidEvent.from_dict(data)

                return componentsschemas_event_type_27
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_28 = ApiKeyCreatedEvent.from_dict(data)

                return componentsschemas_event_type_28
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_29 = ApiKeyRotatedEvent.from_dict(data)

                return componentsschemas_event_type_29
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_30 = ApiKeyRevokedEvent.from_dict(data)

                return componentsschemas_event_type_30
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_31 = WebhookEndpointCreatedEvent.from_dict(data)

                return componentsschemas_event_type_31
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_32 = WebhookEndpointUpdatedEvent.from_dict(data)

                return componentsschemas_event_type_32
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_33 = WebhookEndpointSecretRotatedEvent.from_dict(data)

                return componentsschemas_event_type_33
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_34 = WebhookEndpointEnabledEvent.from_dict(data)

                return componentsschemas_event_type_34
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_35 = WebhookEndpointDisabledEvent.from_dict(data)

                return componentsschemas_event_type_35
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_36 = WebhookEndpointDeletedEvent.from_dict(data)

                return componentsschemas_event_type_36
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_37 = WebhookEndpointPingEvent.from_dict(data)

                return componentsschemas_event_type_37
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_event_type_38 = OtherEvent.from_dict(data)

            return componentsschemas_event_type_38

        response_200 = _parse_response_200(response.json())

        return response_200
