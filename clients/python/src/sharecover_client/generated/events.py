from collections.abc import Callable, Mapping
from typing import Any

from .models import (
    ApiKeyCreatedEvent,
    ApiKeyRevokedEvent,
    ApiKeyRotatedEvent,
    ClaimClosedEvent,
    ClaimCreatedEvent,
    ClaimDecidedEvent,
    ClaimExposureAddedEvent,
    ClaimPayoutFailedEvent,
    ClaimPayoutOrderedEvent,
    ClaimPayoutPaidEvent,
    ClaimReopenedEvent,
    CoverAwaitingPaymentEvent,
    CoverCancelledEvent,
    CoverChangeAbandonedEvent,
    CoverChangedEvent,
    CoverDisputeClosedEvent,
    CoverEndedEvent,
    CoverIssuedEvent,
    CoverLapsedEvent,
    CoverPaymentDisputedEvent,
    CoverPaymentFailedEvent,
    CoverPaymentOverdueEvent,
    CoverPaymentReturnedEvent,
    CoverRefundedEvent,
    CoverRefundFailedEvent,
    CoverRefundTransferredEvent,
    CoverStartedEvent,
    InvoiceIssuedEvent,
    InvoicePaidEvent,
    OtherEvent,
    QuoteCreatedEvent,
    QuoteExpiredEvent,
    WebhookEndpointCreatedEvent,
    WebhookEndpointDeletedEvent,
    WebhookEndpointDisabledEvent,
    WebhookEndpointEnabledEvent,
    WebhookEndpointPingEvent,
    WebhookEndpointSecretRotatedEvent,
    WebhookEndpointUpdatedEvent,
)

Event = (
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
    | CoverRefundFailedEvent
    | CoverRefundTransferredEvent
    | CoverRefundedEvent
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
)

READ: Mapping[str, Callable[[Mapping[str, Any]], Event]] = {
    "quote.created": QuoteCreatedEvent.from_dict,
    "quote.expired": QuoteExpiredEvent.from_dict,
    "cover.issued": CoverIssuedEvent.from_dict,
    "cover.awaiting_payment": CoverAwaitingPaymentEvent.from_dict,
    "cover.payment_failed": CoverPaymentFailedEvent.from_dict,
    "cover.payment_returned": CoverPaymentReturnedEvent.from_dict,
    "cover.payment_overdue": CoverPaymentOverdueEvent.from_dict,
    "cover.lapsed": CoverLapsedEvent.from_dict,
    "cover.started": CoverStartedEvent.from_dict,
    "cover.ended": CoverEndedEvent.from_dict,
    "cover.changed": CoverChangedEvent.from_dict,
    "cover.change_abandoned": CoverChangeAbandonedEvent.from_dict,
    "cover.cancelled": CoverCancelledEvent.from_dict,
    "cover.refunded": CoverRefundedEvent.from_dict,
    "cover.refund_failed": CoverRefundFailedEvent.from_dict,
    "cover.refund_transferred": CoverRefundTransferredEvent.from_dict,
    "cover.payment_disputed": CoverPaymentDisputedEvent.from_dict,
    "cover.dispute_closed": CoverDisputeClosedEvent.from_dict,
    "claim.created": ClaimCreatedEvent.from_dict,
    "claim.exposure_added": ClaimExposureAddedEvent.from_dict,
    "claim.decided": ClaimDecidedEvent.from_dict,
    "claim.payout_ordered": ClaimPayoutOrderedEvent.from_dict,
    "claim.payout_paid": ClaimPayoutPaidEvent.from_dict,
    "claim.payout_failed": ClaimPayoutFailedEvent.from_dict,
    "claim.closed": ClaimClosedEvent.from_dict,
    "claim.reopened": ClaimReopenedEvent.from_dict,
    "invoice.issued": InvoiceIssuedEvent.from_dict,
    "invoice.paid": InvoicePaidEvent.from_dict,
    "api_key.created": ApiKeyCreatedEvent.from_dict,
    "api_key.rotated": ApiKeyRotatedEvent.from_dict,
    "api_key.revoked": ApiKeyRevokedEvent.from_dict,
    "webhook_endpoint.created": WebhookEndpointCreatedEvent.from_dict,
    "webhook_endpoint.updated": WebhookEndpointUpdatedEvent.from_dict,
    "webhook_endpoint.secret_rotated": WebhookEndpointSecretRotatedEvent.from_dict,
    "webhook_endpoint.enabled": WebhookEndpointEnabledEvent.from_dict,
    "webhook_endpoint.disabled": WebhookEndpointDisabledEvent.from_dict,
    "webhook_endpoint.deleted": WebhookEndpointDeletedEvent.from_dict,
    "webhook_endpoint.ping": WebhookEndpointPingEvent.from_dict,
}
