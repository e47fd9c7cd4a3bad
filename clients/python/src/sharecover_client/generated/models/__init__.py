"""Contains all the data models used in inputs/outputs"""

from .amount import Amount
from .answer import Answer
from .answer_headers import AnswerHeaders
from .api_key import ApiKey
from .api_key_created_event import ApiKeyCreatedEvent
from .api_key_list import ApiKeyList
from .api_key_made import ApiKeyMade
from .api_key_made_state import ApiKeyMadeState
from .api_key_revoked_event import ApiKeyRevokedEvent
from .api_key_rotated_event import ApiKeyRotatedEvent
from .api_key_rotated_event_data import ApiKeyRotatedEventData
from .api_key_state import ApiKeyState
from .attempt_told import AttemptTold
from .cancel_request import CancelRequest
from .cancel_request_reason import CancelRequestReason
from .cancellation import Cancellation
from .change import Change
from .change_kind import ChangeKind
from .change_metadata import ChangeMetadata
from .change_request import ChangeRequest
from .change_request_kind import ChangeRequestKind
from .change_request_metadata import ChangeRequestMetadata
from .change_request_risk import ChangeRequestRisk
from .change_state import ChangeState
from .claim import Claim
from .claim_closed_event import ClaimClosedEvent
from .claim_contact import ClaimContact
from .claim_created_event import ClaimCreatedEvent
from .claim_created_event_data import ClaimCreatedEventData
from .claim_decided_event import ClaimDecidedEvent
from .claim_decided_event_data import ClaimDecidedEventData
from .claim_decided_event_data_decision import ClaimDecidedEventDataDecision
from .claim_exposure_added_event import ClaimExposureAddedEvent
from .claim_exposure_added_event_data import ClaimExposureAddedEventData
from .claim_list import ClaimList
from .claim_metadata import ClaimMetadata
from .claim_payout_failed_event import ClaimPayoutFailedEvent
from .claim_payout_failed_event_data import ClaimPayoutFailedEventData
from .claim_payout_ordered_event import ClaimPayoutOrderedEvent
from .claim_payout_ordered_event_data import ClaimPayoutOrderedEventData
from .claim_payout_paid_event import ClaimPayoutPaidEvent
from .claim_payout_paid_event_data import ClaimPayoutPaidEventData
from .claim_reopened_event import ClaimReopenedEvent
from .claim_request import ClaimRequest
from .claim_request_cause import ClaimRequestCause
from .claim_request_metadata import ClaimRequestMetadata
from .claim_state import ClaimState
from .claim_step import ClaimStep
from .clock import Clock
from .clock_request import ClockRequest
from .clock_status import ClockStatus
from .confirm_request import ConfirmRequest
from .cover import Cover
from .cover_awaiting_payment_event import CoverAwaitingPaymentEvent
from .cover_awaiting_payment_event_data import CoverAwaitingPaymentEventData
from .cover_cancelled_event import CoverCancelledEvent
from .cover_cancelled_event_data import CoverCancelledEventData
from .cover_change_abandoned_event import CoverChangeAbandonedEvent
from .cover_change_abandoned_event_data import CoverChangeAbandonedEventData
from .cover_changed_event import CoverChangedEvent
from .cover_changed_event_data import CoverChangedEventData
from .cover_dispute_closed_event import CoverDisputeClosedEvent
from .cover_dispute_closed_event_data import CoverDisputeClosedEventData
from .cover_dispute_closed_event_data_outcome import CoverDisputeClosedEventDataOutcome
from .cover_ended_event import CoverEndedEvent
from .cover_issued_event import CoverIssuedEvent
from .cover_issued_event_data import CoverIssuedEventData
from .cover_lapsed_event import CoverLapsedEvent
from .cover_list import CoverList
from .cover_metadata import CoverMetadata
from .cover_payment_disputed_event import CoverPaymentDisputedEvent
from .cover_payment_disputed_event_data import CoverPaymentDisputedEventData
from .cover_payment_failed_event import CoverPaymentFailedEvent
from .cover_payment_failed_event_data import CoverPaymentFailedEventData
from .cover_payment_overdue_event import CoverPaymentOverdueEvent
from .cover_payment_overdue_event_data import CoverPaymentOverdueEventData
from .cover_payment_returned_event import CoverPaymentReturnedEvent
from .cover_payment_returned_event_data import CoverPaymentReturnedEventData
from .cover_refund_failed_event import CoverRefundFailedEvent
from .cover_refund_failed_event_data import CoverRefundFailedEventData
from .cover_refund_transferred_event import CoverRefundTransferredEvent
from .cover_refund_transferred_event_data import CoverRefundTransferredEventData
from .cover_refunded_event import CoverRefundedEvent
from .cover_refunded_event_data import CoverRefundedEventData
from .cover_request import CoverRequest
from .cover_request_metadata import CoverRequestMetadata
from .cover_started_event import CoverStartedEvent
from .cover_state import CoverState
from .decision_answer import DecisionAnswer
from .decision_request import DecisionRequest
from .decision_request_decision import DecisionRequestDecision
from .decision_seen import DecisionSeen
from .decision_seen_decision import DecisionSeenDecision
from .deductible import Deductible
from .deductible_applied import DeductibleApplied
from .delivery import Delivery
from .delivery_in_full import DeliveryInFull
from .delivery_in_full_state import DeliveryInFullState
from .delivery_list import DeliveryList
from .delivery_state import DeliveryState
from .disclosures import Disclosures
from .document import Document
from .document_kind import DocumentKind
from .document_list import DocumentList
from .endpoint_change import EndpointChange
from .endpoint_request import EndpointRequest
from .endpoint_step import EndpointStep
from .error import Error
from .event_list import EventList
from .exclusion import Exclusion
from .exposure import Exposure
from .exposure_decision import ExposureDecision
from .exposure_file import ExposureFile
from .exposure_file_claimant import ExposureFileClaimant
from .exposure_file_decision import ExposureFileDecision
from .fee import Fee
from .invoice import Invoice
from .invoice_issued_event import InvoiceIssuedEvent
from .invoice_issued_event_data import InvoiceIssuedEventData
from .invoice_list import InvoiceList
from .invoice_paid_event import InvoicePaidEvent
from .invoice_state import InvoiceState
from .ipid import Ipid
from .key_request import KeyRequest
from .key_rotation import KeyRotation
from .key_step import KeyStep
from .limit import Limit
from .limit_per import LimitPer
from .list_claims_state import ListClaimsState
from .list_covers_state import ListCoversState
from .list_invoices_state import ListInvoicesState
from .list_payouts_state import ListPayoutsState
from .list_webhook_deliveries_state import ListWebhookDeliveriesState
from .loss_part import LossPart
from .loss_request import LossRequest
from .loss_request_claimant import LossRequestClaimant
from .money import Money
from .no_data import NoData
from .other_event import OtherEvent
from .other_event_data import OtherEventData
from .part import Part
from .parties import Parties
from .party import Party
from .party_reference import PartyReference
from .party_seen import PartySeen
from .payee_request import PayeeRequest
from .payment import Payment
from .payment_method import PaymentMethod
from .payment_seen import PaymentSeen
from .payment_seen_method import PaymentSeenMethod
from .payment_seen_state_type_0 import PaymentSeenStateType0
from .payout import Payout
from .payout_kind import PayoutKind
from .payout_list import PayoutList
from .payout_outcome import PayoutOutcome
from .payout_outcome_outcome import PayoutOutcomeOutcome
from .payout_payee import PayoutPayee
from .payout_request import PayoutRequest
from .payout_request_kind import PayoutRequestKind
from .payout_state import PayoutState
from .price import Price
from .price_list import PriceList
from .price_request import PriceRequest
from .priced import Priced
from .priced_status import PricedStatus
from .prices_request import PricesRequest
from .problem import Problem
from .product import Product
from .product_ipid import ProductIpid
from .product_list import ProductList
from .product_name import ProductName
from .product_parties import ProductParties
from .product_risk_schema import ProductRiskSchema
from .product_sections_item import ProductSectionsItem
from .product_summary import ProductSummary
from .product_term import ProductTerm
from .product_texts import ProductTexts
from .product_texts_additional_property import ProductTextsAdditionalProperty
from .quote import Quote
from .quote_created_event import QuoteCreatedEvent
from .quote_created_event_data import QuoteCreatedEventData
from .quote_created_event_data_state import QuoteCreatedEventDataState
from .quote_expired_event import QuoteExpiredEvent
from .quote_explanation_type_0_item import QuoteExplanationType0Item
from .quote_metadata import QuoteMetadata
from .quote_parties import QuoteParties
from .quote_request import QuoteRequest
from .quote_request_metadata import QuoteRequestMetadata
from .quote_risk import QuoteRisk
from .quote_state import QuoteState
from .reason import Reason
from .reason_decision import ReasonDecision
from .request_sent import RequestSent
from .request_sent_headers import RequestSentHeaders
from .reserve_request import ReserveRequest
from .reserves import Reserves
from .retrieve_bordereau_format import RetrieveBordereauFormat
from .retrieve_bordereau_kind import RetrieveBordereauKind
from .retrieve_calendar_language import RetrieveCalendarLanguage
from .retrieve_certificate_language import RetrieveCertificateLanguage
from .retrieve_cover_information_language import RetrieveCoverInformationLanguage
from .retrieve_information_document_language import RetrieveInformationDocumentLanguage
from .retrieve_information_document_pdf_language import (
    RetrieveInformationDocumentPdfLanguage,
)
from .retrieve_information_document_response_200 import (
    RetrieveInformationDocumentResponse200,
)
from .retrieve_invoice_pdf_language import RetrieveInvoicePdfLanguage
from .retrieve_receipt_language import RetrieveReceiptLanguage
from .retrieve_terms_language import RetrieveTermsLanguage
from .risk_goods_carried_fr import RiskGoodsCarriedFR
from .risk_goods_carried_fr_carried_by import RiskGoodsCarriedFRCarriedBy
from .risk_goods_carried_fr_category import RiskGoodsCarriedFRCategory
from .risk_goods_carried_fr_goods_value import RiskGoodsCarriedFRGoodsValue
from .risk_goods_carried_fr_transport import RiskGoodsCarriedFRTransport
from .risk_off_duty_vehicle_fr import RiskOffDutyVehicleFR
from .risk_off_duty_vehicle_fr_excess import RiskOffDutyVehicleFRExcess
from .risk_off_duty_vehicle_fr_goods_value import RiskOffDutyVehicleFRGoodsValue
from .risk_off_duty_vehicle_fr_vehicle_class import RiskOffDutyVehicleFRVehicleClass
from .secret_rotation import SecretRotation
from .section import Section
from .section_period import SectionPeriod
from .step import Step
from .step_kind import StepKind
from .surcharge import Surcharge
from .tax import Tax
from .tax_kind import TaxKind
from .term import Term
from .terms import Terms
from .terms_average import TermsAverage
from .terms_deductible_type_0 import TermsDeductibleType0
from .transaction import Transaction
from .transaction_premium_type import TransactionPremiumType
from .transaction_risk_type import TransactionRiskType
from .unavailable import Unavailable
from .unpriced import Unpriced
from .webhook_endpoint import WebhookEndpoint
from .webhook_endpoint_created_event import WebhookEndpointCreatedEvent
from .webhook_endpoint_deleted import WebhookEndpointDeleted
from .webhook_endpoint_deleted_event import WebhookEndpointDeletedEvent
from .webhook_endpoint_disabled_because_type_0 import (
    WebhookEndpointDisabledBecauseType0,
)
from .webhook_endpoint_disabled_event import WebhookEndpointDisabledEvent
from .webhook_endpoint_disabled_event_data import WebhookEndpointDisabledEventData
from .webhook_endpoint_disabled_event_data_because import (
    WebhookEndpointDisabledEventDataBecause,
)
from .webhook_endpoint_enabled_event import WebhookEndpointEnabledEvent
from .webhook_endpoint_list import WebhookEndpointList
from .webhook_endpoint_made import WebhookEndpointMade
from .webhook_endpoint_made_disabled_because_type_0 import (
    WebhookEndpointMadeDisabledBecauseType0,
)
from .webhook_endpoint_made_state import WebhookEndpointMadeState
from .webhook_endpoint_ping_event import WebhookEndpointPingEvent
from .webhook_endpoint_secret_rotated_event import WebhookEndpointSecretRotatedEvent
from .webhook_endpoint_state import WebhookEndpointState
from .webhook_endpoint_updated_event import WebhookEndpointUpdatedEvent

__all__ = (
    "Amount",
    "Answer",
    "AnswerHeaders",
    "ApiKey",
    "ApiKeyCreatedEvent",
    "ApiKeyList",
    "ApiKeyMade",
    "ApiKeyMadeState",
    "ApiKeyRevokedEvent",
    "ApiKeyRotatedEvent",
    "ApiKeyRotatedEventData",
    "ApiKeyState",
    "AttemptTold",
    "Cancellation",
    "CancelRequest",
    "CancelRequestReason",
    "Change",
    "ChangeKind",
    "ChangeMetadata",
    "ChangeRequest",
    "ChangeRequestKind",
    "ChangeRequestMetadata",
    "ChangeRequestRisk",
    "ChangeState",
    "Claim",
    "ClaimClosedEvent",
    "ClaimContact",
    "ClaimCreatedEvent",
    "ClaimCreatedEventData",
    "ClaimDecidedEvent",
    "ClaimDecidedEventData",
    "ClaimDecidedEventDataDecision",
    "ClaimExposureAddedEvent",
    "ClaimExposureAddedEventData",
    "ClaimList",
    "ClaimMetadata",
    "ClaimPayoutFailedEvent",
    "ClaimPayoutFailedEventData",
    "ClaimPayoutOrderedEvent",
    "ClaimPayoutOrderedEventData",
    "ClaimPayoutPaidEvent",
    "ClaimPayoutPaidEventData",
    "ClaimReopenedEvent",
    "ClaimRequest",
    "ClaimRequestCause",
    "ClaimRequestMetadata",
    "ClaimState",
    "ClaimStep",
    "Clock",
    "ClockRequest",
    "ClockStatus",
    "ConfirmRequest",
    "Cover",
    "CoverAwaitingPaymentEvent",
    "CoverAwaitingPaymentEventData",
    "CoverCancelledEvent",
    "CoverCancelledEventData",
    "CoverChangeAbandonedEvent",
    "CoverChangeAbandonedEventData",
    "CoverChangedEvent",
    "CoverChangedEventData",
    "CoverDisputeClosedEvent",
    "CoverDisputeClosedEventData",
    "CoverDisputeClosedEventDataOutcome",
    "CoverEndedEvent",
    "CoverIssuedEvent",
    "CoverIssuedEventData",
    "CoverLapsedEvent",
    "CoverList",
    "CoverMetadata",
    "CoverPaymentDisputedEvent",
    "CoverPaymentDisputedEventData",
    "CoverPaymentFailedEvent",
    "CoverPaymentFailedEventData",
    "CoverPaymentOverdueEvent",
    "CoverPaymentOverdueEventData",
    "CoverPaymentReturnedEvent",
    "CoverPaymentReturnedEventData",
    "CoverRefundedEvent",
    "CoverRefundedEventData",
    "CoverRefundFailedEvent",
    "CoverRefundFailedEventData",
    "CoverRefundTransferredEvent",
    "CoverRefundTransferredEventData",
    "CoverRequest",
    "CoverRequestMetadata",
    "CoverStartedEvent",
    "CoverState",
    "DecisionAnswer",
    "DecisionRequest",
    "DecisionRequestDecision",
    "DecisionSeen",
    "DecisionSeenDecision",
    "Deductible",
    "DeductibleApplied",
    "Delivery",
    "DeliveryInFull",
    "DeliveryInFullState",
    "DeliveryList",
    "DeliveryState",
    "Disclosures",
    "Document",
    "DocumentKind",
    "DocumentList",
    "EndpointChange",
    "EndpointRequest",
    "EndpointStep",
    "Error",
    "EventList",
    "Exclusion",
    "Exposure",
    "ExposureDecision",
    "ExposureFile",
    "ExposureFileClaimant",
    "ExposureFileDecision",
    "Fee",
    "Invoice",
    "InvoiceIssuedEvent",
    "InvoiceIssuedEventData",
    "InvoiceList",
    "InvoicePaidEvent",
    "InvoiceState",
    "Ipid",
    "KeyRequest",
    "KeyRotation",
    "KeyStep",
    "Limit",
    "LimitPer",
    "ListClaimsState",
    "ListCoversState",
    "ListInvoicesState",
    "ListPayoutsState",
    "ListWebhookDeliveriesState",
    "LossPart",
    "LossRequest",
    "LossRequestClaimant",
    "Money",
    "NoData",
    "OtherEvent",
    "OtherEventData",
    "Part",
    "Parties",
    "Party",
    "PartyReference",
    "PartySeen",
    "PayeeRequest",
    "Payment",
    "PaymentMethod",
    "PaymentSeen",
    "PaymentSeenMethod",
    "PaymentSeenStateType0",
    "Payout",
    "PayoutKind",
    "PayoutList",
    "PayoutOutcome",
    "PayoutOutcomeOutcome",
    "PayoutPayee",
    "PayoutRequest",
    "PayoutRequestKind",
    "PayoutState",
    "Price",
    "Priced",
    "PricedStatus",
    "PriceList",
    "PriceRequest",
    "PricesRequest",
    "Problem",
    "Product",
    "ProductIpid",
    "ProductList",
    "ProductName",
    "ProductParties",
    "ProductRiskSchema",
    "ProductSectionsItem",
    "ProductSummary",
    "ProductTerm",
    "ProductTexts",
    "ProductTextsAdditionalProperty",
    "Quote",
    "QuoteCreatedEvent",
    "QuoteCreatedEventData",
    "QuoteCreatedEventDataState",
    "QuoteExpiredEvent",
    "QuoteExplanationType0Item",
    "QuoteMetadata",
    "QuoteParties",
    "QuoteRequest",
    "QuoteRequestMetadata",
    "QuoteRisk",
    "QuoteState",
    "Reason",
    "ReasonDecision",
    "RequestSent",
    "RequestSentHeaders",
    "ReserveRequest",
    "Reserves",
    "RetrieveBordereauFormat",
    "RetrieveBordereauKind",
    "RetrieveCalendarLanguage",
    "RetrieveCertificateLanguage",
    "RetrieveCoverInformationLanguage",
    "RetrieveInformationDocumentLanguage",
    "RetrieveInformationDocumentPdfLanguage",
    "RetrieveInformationDocumentResponse200",
    "RetrieveInvoicePdfLanguage",
    "RetrieveReceiptLanguage",
    "RetrieveTermsLanguage",
    "RiskGoodsCarriedFR",
    "RiskGoodsCarriedFRCarriedBy",
    "RiskGoodsCarriedFRCategory",
    "RiskGoodsCarriedFRGoodsValue",
    "RiskGoodsCarriedFRTransport",
    "RiskOffDutyVehicleFR",
    "RiskOffDutyVehicleFRExcess",
    "RiskOffDutyVehicleFRGoodsValue",
    "RiskOffDutyVehicleFRVehicleClass",
    "SecretRotation",
    "Section",
    "SectionPeriod",
    "Step",
    "StepKind",
    "Surcharge",
    "Tax",
    "TaxKind",
    "Term",
    "Terms",
    "TermsAverage",
    "TermsDeductibleType0",
    "Transaction",
    "TransactionPremiumType",
    "TransactionRiskType",
    "Unavailable",
    "Unpriced",
    "WebhookEndpoint",
    "WebhookEndpointCreatedEvent",
    "WebhookEndpointDeleted",
    "WebhookEndpointDeletedEvent",
    "WebhookEndpointDisabledBecauseType0",
    "WebhookEndpointDisabledEvent",
    "WebhookEndpointDisabledEventData",
    "WebhookEndpointDisabledEventDataBecause",
    "WebhookEndpointEnabledEvent",
    "WebhookEndpointList",
    "WebhookEndpointMade",
    "WebhookEndpointMadeDisabledBecauseType0",
    "WebhookEndpointMadeState",
    "WebhookEndpointPingEvent",
    "WebhookEndpointSecretRotatedEvent",
    "WebhookEndpointState",
    "WebhookEndpointUpdatedEvent",
)
