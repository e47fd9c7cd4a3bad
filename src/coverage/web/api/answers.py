"""What the API answers, field by field."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from coverage.domain.cover import Phase
from coverage.web.api.shapes import InstantSeen, Money, Shape


class Reason(Shape):
    code: str
    decision: Literal["decline", "refer"]
    message: str = Field(description="For the member, in the quote's language.")


class UnavailableSeen(Shape):
    """A section that was wanted and can't be had for this risk."""

    section: str
    code: str
    message: str = Field(description="For the member, in the quote's language.")


class Deductible(Shape):
    """What the insured bears of a loss: an amount, or a share with a least and a most."""

    amount: Money | None = None
    share_percent: int | None = None
    min: Money | None = None
    max: Money | None = None
    owed_by: str
    applied: Literal["before_limit", "after_limit"] = Field(
        description="Whether it comes off the loss, or off what the limit leaves of it."
    )
    against_third_parties: bool = Field(description="Whether a third party's claim is cut by it.")


class LimitSeen(Shape):
    name: str
    label: str
    amount: Money | None = Field(description="Null is unlimited.")
    per: Literal["event", "cover", "person", "item"]


class ExclusionSeen(Shape):
    code: str
    label: str


class SectionSeen(Shape):
    name: str
    label: str
    net: Money
    limits: list[LimitSeen]
    deductible: Deductible | None
    exclusions: list[ExclusionSeen]
    period: Literal["term", "booking_to_start"] = Field(
        description="When it covers: the cover's term, or from the booking until the term begins."
    )


class SurchargeSeen(Shape):
    """A compulsory surcharge on a section: itself premium, and taxed with it."""

    name: str
    label: str
    section: str
    amount: Money


class TaxSeen(Shape):
    name: str
    label: str
    kind: Literal["premium_tax", "levy"]
    tax_class: str
    rate: str | None = Field(description="In percent; null for a flat levy.")
    on: Money
    amount: Money


class FeeSeen(Shape):
    name: str
    amount: Money


class IpidSeen(Shape):
    """The information document to give before binding: cite `sha256` and `language` in `disclosures`."""

    sha256: str
    language: str
    url: str


class PartySeen(Shape):
    role: str
    reference: str | None = Field(description="Null where you, the partner, stand there.")


class PriceSeen(Shape):
    """A price line by line: net + surcharges + taxes + fees = gross."""

    sections: list[SectionSeen]
    net: Money = Field(description="Of all sections.")
    surcharges: list[SurchargeSeen]
    taxes: list[TaxSeen]
    fees: list[FeeSeen]
    gross: Money


class QuoteSeen(Shape):
    """A quote: a firm price until `expires_at`."""

    id: str
    object: Literal["quote"] = "quote"
    livemode: bool
    state: Literal["open", "bound", "referred", "declined", "expired"]
    product: str
    country: str
    edition: str
    language: str
    start: InstantSeen | Literal["at_issue"]
    end: InstantSeen | None = Field(description="Null for a start at issue: then `duration` runs from the bind.")
    duration: str
    timezone: str
    expires_at: InstantSeen | None
    reasons: list[Reason]
    price: PriceSeen | None = Field(description="Null when declined.")
    unavailable: list[UnavailableSeen] = Field(description="What was wanted and can't be had; the price is without it.")
    risk: dict[str, Any] = Field(description="What was rated, without personal facts.")
    need: str | None = Field(description="The demands and needs that it answers (Directive (EU) 2016/97 art. 20(1)).")
    ipid: IpidSeen | None
    cover: str | None
    explanation: list[dict[str, Any]] | None = Field(None, description="With `expand[]=explanation`.")
    metadata: dict[str, str]
    created_at: InstantSeen


class TransactionSeen(Shape):
    id: str
    risk_type: Literal["New Business", "Renewal", "Adjustment", "Cancellation"]
    premium_type: Literal["Original Premium", "Additional Premium", "Return Premium"]
    effective_at: InstantSeen
    net: Money
    surcharges: Money
    tax: Money
    fees: Money
    gross: Money


class PaymentSeen(Shape):
    """How a cover, or a change of one, is paid for. By card: what is still to be paid, and until when."""

    method: Literal["invoice", "card"]
    id: str | None = Field(None, description="Of a card payment.")
    state: Literal["pending", "succeeded", "cancelled"] | None = None
    amount: Money | None = None
    refunded: Money | None = Field(None, description="What goes back, or has gone back.")
    hold_until: InstantSeen | None = Field(None, description="Until when it is waited for.")
    declined: str | None = Field(None, description="Why the last card was refused, in the processor's code.")
    client_secret: str | None = Field(
        None,
        description="For Stripe's Payment Element in your app, to hand to the member alone. Told when the one cover or change "
        "is read while it waits, null elsewhere.",
    )


class CoverSeen(Shape):
    """A cover. `state` follows the clock: scheduled, on_risk, ended; or where it was stopped."""

    id: str
    object: Literal["cover"] = "cover"
    livemode: bool
    number: str = Field(description="The certificate's number.")
    state: Phase
    quote: str
    product: str
    country: str
    master_policy: str
    start: InstantSeen
    end: InstantSeen
    timezone: str
    parties: list[PartySeen]
    price: PriceSeen
    transactions: list[TransactionSeen]
    payment: PaymentSeen
    certificate_url: str
    member_url: str | None = Field(
        None,
        description="Opens the member's page, to hand to the member alone. Told when the one cover is read, null elsewhere.",
    )
    cancelled_at: InstantSeen | None
    metadata: dict[str, str]
    created_at: InstantSeen


class CancellationSeen(Shape):
    object: Literal["cancellation"] = "cancellation"
    cover: CoverSeen
    refund: Money
    preview: bool


class ExposureSeen(Shape):
    id: str
    section: str
    claimant: str
    decision: Literal["pending", "approved", "repudiated", "goodwill"]
    estimate: Money | None = Field(description="As it was declared.")
    granted: Money | None = Field(description="What was decided, goodwill with it; null while that is pending.")
    paid: Money = Field(description="What was transferred of it.")


class ClaimSeen(Shape):
    """A claim. `flags` are for the handler: outside_window, late_notice, cover_not_in_force."""

    id: str
    object: Literal["claim"] = "claim"
    livemode: bool
    number: str
    state: Literal["open", "in_review", "closed"]
    cover: str
    cause: str
    loss_at: InstantSeen
    reported_at: InstantSeen
    flags: list[str]
    description: str | None = Field(description="Null once the member has been erased.")
    exposures: list[ExposureSeen]
    metadata: dict[str, str]
    created_at: InstantSeen


class ProductSeen(Shape):
    """A product on sale: what it asks for and what people read of it."""

    object: Literal["product"] = "product"
    id: str
    country: str
    edition: str
    currency: str
    timezone: str
    name: dict[str, str]
    summary: dict[str, str]
    term: dict[str, str] = Field(description="Shortest and longest cover, and how far ahead, as ISO 8601 durations.")
    starts_at_issue: bool
    parties: dict[str, str]
    territory: list[str]
    risk_schema: dict[str, Any] = Field(description="JSON Schema 2020-12 of `risk`.")
    sections: list[dict[str, Any]]
    texts: dict[str, dict[str, Any]]
    ipid: dict[str, IpidSeen]


class CoverList(Shape):
    object: Literal["list"] = "list"
    data: list[CoverSeen]
    has_more: bool


class ClaimList(Shape):
    object: Literal["list"] = "list"
    data: list[ClaimSeen]
    has_more: bool


class ProductList(Shape):
    object: Literal["list"] = "list"
    data: list[ProductSeen]
    has_more: bool
