"""Changes of covers as they are asked for, confirmed and answered."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from coverage.web.api.answers import PaymentSeen, PriceSeen, Reason
from coverage.web.api.shapes import Instant, InstantSeen, Metadata, Money, Shape


class ChangeRequest(Shape):
    """A change of a cover that is in force, to be priced."""

    kind: Literal["extend", "raise", "return_early"] = Field(
        description="`extend`: a later `end`. `raise`: more cover, from the confirmation on. `return_early`: ends at the confirmation."
    )
    end: Instant | None = Field(None, description="With `extend`: the new end.")
    risk: dict[str, Any] = Field(default_factory=dict, description="With `raise`: what is to be higher.")
    metadata: Metadata = Field(default_factory=dict)


class ConfirmRequest(Shape):
    """Lets a change come true. The past is never insured afterwards: the member declares that no loss is known."""

    no_known_loss: bool = Field(strict=True, description="The member's declaration; must be true.")
    declared_at: Instant = Field(description="When the member declared it.")


class ChangeSeen(Shape):
    """A change of a cover at its price, to be confirmed until `expires_at`."""

    id: str
    object: Literal["change"] = "change"
    livemode: bool
    cover: str
    kind: Literal["extend", "raise", "return_early"]
    state: Literal["open", "referred", "declined", "awaiting_payment", "confirmed", "abandoned", "expired"]
    start: InstantSeen = Field(description="From when what is new counts; of a raise, from its confirmation.")
    end: InstantSeen = Field(description="The cover's end once it is confirmed; of an early return, its confirmation.")
    expires_at: InstantSeen | None
    reasons: list[Reason]
    price: PriceSeen | None = Field(description="The difference, line by line; null when declined.")
    due: Money = Field(description="What is charged for it; with a minus, what goes back.")
    payment: PaymentSeen
    transaction: str | None
    metadata: dict[str, str]
    created_at: InstantSeen
