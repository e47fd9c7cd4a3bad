"""Contains all the data models used in inputs/outputs"""

from .amount import Amount
from .answer import Answer
from .answer_headers import AnswerHeaders
from .api_key import ApiKey
from .api_key_list import ApiKeyList
from .api_key_made import ApiKeyMade
from .api_key_made_state import ApiKeyMadeState
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
from .claim_contact import ClaimContact
from .claim_list import ClaimList
from .claim_metadata import ClaimMetadata
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
from .cover_list import CoverList
from .cover_metadata import CoverMetadata
from .cover_request import CoverRequest
from .cover_request_metadata import CoverRequestMetadata
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
from .event import Event
from .event_data import EventData
from .event_list import EventList
from .exclusion import Exclusion
from .exposure import Exposure
from .exposure_decision import ExposureDecision
from .exposure_file import ExposureFile
from .exposure_file_claimant import ExposureFileClaimant
from .exposure_file_decision import ExposureFileDecision
from .fee import Fee
from .invoice import Invoice
from .invoice_list import InvoiceList
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
from .webhook_endpoint_deleted import WebhookEndpointDeleted
from .webhook_endpoint_disabled_because_type_0 import (
    WebhookEndpointDisabledBecauseType0,
)
from .webhook_endpoint_list import WebhookEndpointList
from .webhook_endpoint_made import WebhookEndpointMade
from .webhook_endpoint_made_disabled_because_type_0 import (
    WebhookEndpointMadeDisabledBecauseType0,
)
from .webhook_endpoint_made_state import WebhookEndpointMadeState
from .webhook_endpoint_state import WebhookEndpointState

__all__ = (
    "Amount",
    "Answer",
    "AnswerHeaders",
    "ApiKey",
    "ApiKeyList",
    "ApiKeyMade",
    "ApiKeyMadeState",
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
    "ClaimContact",
    "ClaimList",
    "ClaimMetadata",
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
    "CoverList",
    "CoverMetadata",
    "CoverRequest",
    "CoverRequestMetadata",
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
    "Event",
    "EventData",
    "EventList",
    "Exclusion",
    "Exposure",
    "ExposureDecision",
    "ExposureFile",
    "ExposureFileClaimant",
    "ExposureFileDecision",
    "Fee",
    "Invoice",
    "InvoiceList",
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
    "WebhookEndpointDeleted",
    "WebhookEndpointDisabledBecauseType0",
    "WebhookEndpointList",
    "WebhookEndpointMade",
    "WebhookEndpointMadeDisabledBecauseType0",
    "WebhookEndpointMadeState",
    "WebhookEndpointState",
)
