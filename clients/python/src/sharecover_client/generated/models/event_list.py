from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
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


T = TypeVar("T", bound="EventList")


@_attrs_define
class EventList:
    """
    Attributes:
        data (list[ApiKeyCreatedEvent | ApiKeyRevokedEvent | ApiKeyRotatedEvent | ClaimClosedEvent | ClaimCreatedEvent |
            ClaimDecidedEvent | ClaimExposureAddedEvent | ClaimPayoutFailedEvent | ClaimPayoutOrderedEvent |
            ClaimPayoutPaidEvent | ClaimReopenedEvent | CoverAwaitingPaymentEvent | CoverCancelledEvent |
            CoverChangeAbandonedEvent | CoverChangedEvent | CoverDisputeClosedEvent | CoverEndedEvent | CoverIssuedEvent |
            CoverLapsedEvent | CoverPaymentDisputedEvent | CoverPaymentFailedEvent | CoverPaymentOverdueEvent |
            CoverPaymentReturnedEvent | CoverRefundedEvent | CoverRefundFailedEvent | CoverRefundTransferredEvent |
            CoverStartedEvent | InvoiceIssuedEvent | InvoicePaidEvent | OtherEvent | QuoteCreatedEvent | QuoteExpiredEvent |
            WebhookEndpointCreatedEvent | WebhookEndpointDeletedEvent | WebhookEndpointDisabledEvent |
            WebhookEndpointEnabledEvent | WebhookEndpointPingEvent | WebhookEndpointSecretRotatedEvent |
            WebhookEndpointUpdatedEvent]):
        has_more (bool):
        object_ (Literal['list'] | Unset):  Default: 'list'.
    """

    data: list[
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
    ]
    has_more: bool
    object_: Literal["list"] | Unset = "list"

    def to_dict(self) -> dict[str, Any]:
        from ..models.api_key_created_event import ApiKeyCreatedEvent  # noqa: PLC0415
        from ..models.api_key_revoked_event import ApiKeyRevokedEvent  # noqa: PLC0415
        from ..models.api_key_rotated_event import ApiKeyRotatedEvent  # noqa: PLC0415
        from ..models.claim_closed_event import ClaimClosedEvent  # noqa: PLC0415
        from ..models.claim_created_event import ClaimCreatedEvent  # noqa: PLC0415
        from ..models.claim_decided_event import ClaimDecidedEvent  # noqa: PLC0415
        from ..models.claim_exposure_added_event import ClaimExposureAddedEvent  # noqa: PLC0415
        from ..models.claim_payout_failed_event import ClaimPayoutFailedEvent  # noqa: PLC0415
        from ..models.claim_payout_ordered_event import ClaimPayoutOrderedEvent  # noqa: PLC0415
        from ..models.claim_payout_paid_event import ClaimPayoutPaidEvent  # noqa: PLC0415
        from ..models.claim_reopened_event import ClaimReopenedEvent  # noqa: PLC0415
        from ..models.cover_awaiting_payment_event import CoverAwaitingPaymentEvent  # noqa: PLC0415
        from ..models.cover_cancelled_event import CoverCancelledEvent  # noqa: PLC0415
        from ..models.cover_change_abandoned_event import CoverChangeAbandonedEvent  # noqa: PLC0415
        from ..models.cover_changed_event import CoverChangedEvent  # noqa: PLC0415
        from ..models.cover_dispute_closed_event import CoverDisputeClosedEvent  # noqa: PLC0415
        from ..models.cover_ended_event import CoverEndedEvent  # noqa: PLC0415
        from ..models.cover_issued_event import CoverIssuedEvent  # noqa: PLC0415
        from ..models.cover_lapsed_event import CoverLapsedEvent  # noqa: PLC0415
        from ..models.cover_payment_disputed_event import CoverPaymentDisputedEvent  # noqa: PLC0415
        from ..models.cover_payment_failed_event import CoverPaymentFailedEvent  # noqa: PLC0415
        from ..models.cover_payment_overdue_event import CoverPaymentOverdueEvent  # noqa: PLC0415
        from ..models.cover_payment_returned_event import CoverPaymentReturnedEvent  # noqa: PLC0415
        from ..models.cover_refund_failed_event import CoverRefundFailedEvent  # noqa: PLC0415
        from ..models.cover_refund_transferred_event import CoverRefundTransferredEvent  # noqa: PLC0415
        from ..models.cover_refunded_event import CoverRefundedEvent  # noqa: PLC0415
        from ..models.cover_started_event import CoverStartedEvent  # noqa: PLC0415
        from ..models.invoice_issued_event import InvoiceIssuedEvent  # noqa: PLC0415
        from ..models.invoice_paid_event import InvoicePaidEvent  # noqa: PLC0415
        from ..models.quote_created_event import QuoteCreatedEvent  # noqa: PLC0415
        from ..models.quote_expired_event import QuoteExpiredEvent  # noqa: PLC0415
        from ..models.webhook_endpoint_created_event import WebhookEndpointCreatedEvent  # noqa: PLC0415
        from ..models.webhook_endpoint_deleted_event import WebhookEndpointDeletedEvent  # noqa: PLC0415
        from ..models.webhook_endpoint_disabled_event import (
            WebhookEndpointDisabledEvent,  # noqa: PLC0415
        )
        from ..models.webhook_endpoint_enabled_event import WebhookEndpointEnabledEvent  # noqa: PLC0415
        from ..models.webhook_endpoint_ping_event import WebhookEndpointPingEvent  # noqa: PLC0415
        from ..models.webhook_endpoint_secret_rotated_event import (
            WebhookEndpointSecretRotatedEvent,  # noqa: PLC0415
        )
        from ..models.webhook_endpoint_updated_event import WebhookEndpointUpdatedEvent  # noqa: PLC0415

        data = []
        for data_item_data in self.data:
            data_item: dict[str, Any]
            if isinstance(data_item_data, QuoteCreatedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, QuoteExpiredEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverIssuedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverAwaitingPaymentEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverPaymentFailedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverPaymentReturnedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverPaymentOverdueEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverLapsedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverStartedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverEndedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverChangedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverChangeAbandonedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverCancelledEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverRefundedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverRefundFailedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverRefundTransferredEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverPaymentDisputedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CoverDisputeClosedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ClaimCreatedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ClaimExposureAddedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ClaimDecidedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ClaimPayoutOrderedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ClaimPayoutPaidEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ClaimPayoutFailedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ClaimClosedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ClaimReopenedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, InvoiceIssuedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, InvoicePaidEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ApiKeyCreatedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ApiKeyRotatedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ApiKeyRevokedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, WebhookEndpointCreatedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, WebhookEndpointUpdatedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, WebhookEndpointSecretRotatedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, WebhookEndpointEnabledEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, WebhookEndpointDisabledEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, WebhookEndpointDeletedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, WebhookEndpointPingEvent):
                data_item = data_item_data.to_dict()
            else:
                data_item = data_item_data.to_dict()

            data.append(data_item)

        has_more = self.has_more

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "data": data,
                "has_more": has_more,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.api_key_created_event import ApiKeyCreatedEvent  # noqa: PLC0415
        from ..models.api_key_revoked_event import ApiKeyRevokedEvent  # noqa: PLC0415
        from ..models.api_key_rotated_event import ApiKeyRotatedEvent  # noqa: PLC0415
        from ..models.claim_closed_event import ClaimClosedEvent  # noqa: PLC0415
        from ..models.claim_created_event import ClaimCreatedEvent  # noqa: PLC0415
        from ..models.claim_decided_event import ClaimDecidedEvent  # noqa: PLC0415
        from ..models.claim_exposure_added_event import ClaimExposureAddedEvent  # noqa: PLC0415
        from ..models.claim_payout_failed_event import ClaimPayoutFailedEvent  # noqa: PLC0415
        from ..models.claim_payout_ordered_event import ClaimPayoutOrderedEvent  # noqa: PLC0415
        from ..models.claim_payout_paid_event import ClaimPayoutPaidEvent  # noqa: PLC0415
        from ..models.claim_reopened_event import ClaimReopenedEvent  # noqa: PLC0415
        from ..models.cover_awaiting_payment_event import CoverAwaitingPaymentEvent  # noqa: PLC0415
        from ..models.cover_cancelled_event import CoverCancelledEvent  # noqa: PLC0415
        from ..models.cover_change_abandoned_event import CoverChangeAbandonedEvent  # noqa: PLC0415
        from ..models.cover_changed_event import CoverChangedEvent  # noqa: PLC0415
        from ..models.cover_dispute_closed_event import CoverDisputeClosedEvent  # noqa: PLC0415
        from ..models.cover_ended_event import CoverEndedEvent  # noqa: PLC0415
        from ..models.cover_issued_event import CoverIssuedEvent  # noqa: PLC0415
        from ..models.cover_lapsed_event import CoverLapsedEvent  # noqa: PLC0415
        from ..models.cover_payment_disputed_event import CoverPaymentDisputedEvent  # noqa: PLC0415
        from ..models.cover_payment_failed_event import CoverPaymentFailedEvent  # noqa: PLC0415
        from ..models.cover_payment_overdue_event import CoverPaymentOverdueEvent  # noqa: PLC0415
        from ..models.cover_payment_returned_event import CoverPaymentReturnedEvent  # noqa: PLC0415
        from ..models.cover_refund_failed_event import CoverRefundFailedEvent  # noqa: PLC0415
        from ..models.cover_refund_transferred_event import CoverRefundTransferredEvent  # noqa: PLC0415
        from ..models.cover_refunded_event import CoverRefundedEvent  # noqa: PLC0415
        from ..models.cover_started_event import CoverStartedEvent  # noqa: PLC0415
        from ..models.invoice_issued_event import InvoiceIssuedEvent  # noqa: PLC0415
        from ..models.invoice_paid_event import InvoicePaidEvent  # noqa: PLC0415
        from ..models.other_event import OtherEvent  # noqa: PLC0415
        from ..models.quote_created_event import QuoteCreatedEvent  # noqa: PLC0415
        from ..models.quote_expired_event import QuoteExpiredEvent  # noqa: PLC0415
        from ..models.webhook_endpoint_created_event import WebhookEndpointCreatedEvent  # noqa: PLC0415
        from ..models.webhook_endpoint_deleted_event import WebhookEndpointDeletedEvent  # noqa: PLC0415
        from ..models.webhook_endpoint_disabled_event import (
            WebhookEndpointDisabledEvent,  # noqa: PLC0415
        )
        from ..models.webhook_endpoint_enabled_event import WebhookEndpointEnabledEvent  # noqa: PLC0415
        from ..models.webhook_endpoint_ping_event import WebhookEndpointPingEvent  # noqa: PLC0415
        from ..models.webhook_endpoint_secret_rotated_event import (
            WebhookEndpointSecretRotatedEvent,  # noqa: PLC0415
        )
        from ..models.webhook_endpoint_updated_event import WebhookEndpointUpdatedEvent  # noqa: PLC0415

        d = dict(src_dict)
        data = []
        _data = d.pop("data")
        for data_item_data in _data:

            def _parse_data_item(
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

            data_item = _parse_data_item(data_item_data)

            data.append(data_item)

        has_more = d.pop("has_more")

        object_ = cast(Literal["list"] | Unset, d.pop("object", UNSET))
        if object_ != "list" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'list', got '{object_}'")

        event_list = cls(
            data=data,
            has_more=has_more,
            object_=object_,
        )

        return event_list
