"""The shapes of a list of prices: what is asked, and the answer to each."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, SkipValidation

from coverage.web.api.answers import PriceSeen, Reason, UnavailableSeen
from coverage.web.api.problems import ErrorSeen
from coverage.web.api.shapes import InstantSeen, Language, PriceRequest, Shape

MOST_PRICES: Final = 1000  # of one call


class PricesRequest(Shape):
    """Up to 1,000 risks to be priced, each on its own."""

    # Each is read by itself later: one that is wrong mustn't spoil the others.
    prices: list[SkipValidation[PriceRequest]] = Field(min_length=1, max_length=MOST_PRICES)
    language: Language | None = Field(None, description="Of texts in answers; else by Accept-Language, else French.")


class PricedSeen(Shape):
    """A risk that was rated: the price as a quote made now would have it. It is no offer; a quote is."""

    status: Literal["priced", "referred", "declined"]
    product: str
    country: str
    edition: str
    start: InstantSeen | Literal["at_issue"]
    end: InstantSeen | None = Field(description="Null for a start at issue: then `duration` runs from the bind.")
    duration: str
    timezone: str
    reasons: list[Reason]
    price: PriceSeen | None = Field(description="Null when declined.")
    unavailable: list[UnavailableSeen] = Field(description="What was wanted and can't be had; the price is without it.")


class UnpricedSeen(Shape):
    """What can't be priced as it was sent: the problem that a quote would be refused with."""

    status: Literal["invalid"] = "invalid"
    code: str
    detail: str
    errors: list[ErrorSeen]


class PriceList(Shape):
    """An answer for each risk, in the order that they were sent."""

    object: Literal["list"] = "list"
    livemode: bool
    data: list[PricedSeen | UnpricedSeen]
