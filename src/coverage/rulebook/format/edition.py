"""The shape of an edition: one dated version of a product's rules in a country, whole and self-contained.

A new key of the language is a field here or in a part beside it. Whether names meet, tables close and figures fit is
`checking`'s matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from coverage.domain.money import MINOR_DIGITS
from coverage.rulebook.format.derived import DerivedField, Table
from coverage.rulebook.format.sections import Section
from coverage.rulebook.language.lists import INPUT_KINDS, InputField
from coverage.rulebook.language.notation import (
    Amount,
    AmountField,
    DurationField,
    FlagField,
    Misread,
    QuantityField,
    Written,
    amount,
    duration,
    quoted,
)
from coverage.rulebook.language.shape import COUNTRY, ExpressionText, Name, Part, Text, keyed, local_instant


class Term(Part):
    min: DurationField = Field(description="The shortest cover.")
    max: DurationField = Field(description="The longest cover.")
    book_ahead: DurationField = Field(description="How long before its start a cover may be asked for.")
    day: Literal["24h", "calendar"] = Field(
        "24h", description="What a day is: 24 hours from the start, or a day of the calendar, local time."
    )
    grace: DurationField = Field(0, description="How much of a started hour or day goes uncharged.")


class QuoteRule(Part):
    valid_for: DurationField = Field(description="How long a quote binds at its price.")
    floats: DurationField = Field(0, description="How long after the quote `start: at_issue` may begin, at its price.")


Standing = Literal["member", "partner"]
StandingField = Annotated[
    Annotated[Standing, Tag("@one")] | Annotated[list[Standing], Tag("@several")],
    Discriminator(lambda value: "@several" if isinstance(value, list) else "@one"),
]
ROLES: Final = ("policyholder", "insured", "driver", "owner", "payer", "counterpart")


class Object(Part):
    input: Name = Field(description="The input that names the object.")
    kind: Literal["vehicle_registration", "serial_number", "address", "text"] = Field(description="How it is spelt.")
    exclusive_for: list[Name] = Field(description="Sections that no second cover of the object may hold at a time.")


class Rule(Part):
    """An eligibility rule: declines or refers when its condition holds."""

    decline: ExpressionText | None = Field(None, description="No cover when this holds.")
    refer: ExpressionText | None = Field(None, description="An underwriter decides when this holds.")
    code: Name = Field(description="Its stable code; its words stand in the texts.")

    @model_validator(mode="after")
    def _one(self) -> Rule:
        if (self.decline is None) == (self.refer is None):
            raise PydanticCustomError(
                "form", "a rule with both or neither; expected decline: or refer: with its condition"
            )
        return self

    @property
    def decision(self) -> str:
        return "refer" if self.decline is None else "decline"

    @property
    def condition(self) -> str:
        return self.decline or self.refer or ""


# ------------------------------------------------------------------------------------------- the contract's steps


class NetMinimum(Part):
    net: AmountField = Field(description="The least that the sections cost together, before taxes.")
    over: list[Name] = Field(min_length=1, description="The sections that count.")
    spread: Literal["pro_rata"] = Field("pro_rata", description="How what lacks is spread over them.")


@dataclass(frozen=True, slots=True)
class GrossRounding:
    """To what multiple the gross premium is raised."""

    step: Amount


def _gross_rounding(text: str) -> GrossRounding:
    expected = "an amount and the way, such as 0.10 EUR up"
    head, _, way = text.strip().rpartition(" ")
    if way != "up":
        raise Misread(quoted(text), expected)
    step = amount(head)
    if step.micros == 0:
        raise Misread(quoted(text), "more than nothing")
    return GrossRounding(step)


CONTRACT_OPS: Final = ("times", "minus", "at_least", "round_gross")


class ContractStep(Part):
    """A step on all that is covered together, after the sections: exactly one of the operations."""

    times: QuantityField | None = Field(None, description="A factor or a table of factors, as for a group.")
    minus: QuantityField | None = Field(None, description="What is taken off, spread over the sections pro rata.")
    at_least: NetMinimum | None = Field(
        None, description="The least that some sections cost together: `net`, `over` and `spread`, below."
    )
    round_gross: (
        Annotated[GrossRounding, Written(_gross_rounding, "an amount and the way, such as 0.10 EUR up")] | None
    ) = Field(
        None, description="Raises the dearest section until the gross premium is a multiple of this: 0.10 EUR up."
    )
    over: list[Name] | None = Field(
        None, min_length=1, description="The sections that `times` or `minus` is taken on; all when left out."
    )
    when: ExpressionText | None = Field(None, description="The step is taken when this holds.")

    @model_validator(mode="after")
    def _one(self) -> ContractStep:
        if sum(getattr(self, op) is not None for op in CONTRACT_OPS) != 1:
            raise PydanticCustomError(
                "form", f"a step with none or several operations; expected one of {', '.join(CONTRACT_OPS)}"
            )
        if self.over is not None and self.op in ("at_least", "round_gross"):
            raise PydanticCustomError("form", "over: stands inside of at_least:, and round_gross: has none")
        return self

    @property
    def op(self) -> str:
        return next(op for op in CONTRACT_OPS if getattr(self, op) is not None)


class Fee(Part):
    name: Name = Field(description="Its name.")
    amount: AmountField = Field(description="What each cover costs besides its premium.")
    owed_to: Literal["insurer", "partner", "operator"] = Field("operator", description="Who earns it.")
    taxed_as: Name | None = Field(None, description="The tax class it is taxed in; untaxed when left out.")
    refundable: FlagField = Field(False, description="Whether it is given back with the premium.")


class Accumulation(Part):
    key: Literal["policyholder"] = Field(description="Whose covers count together.")
    section: Name = Field(description="The section whose limits count.")
    cap: AmountField = Field(description="What may be at risk at one time.")
    across: list[Name] = Field(min_length=1, description="The products whose covers count together.")


# ------------------------------------------------------------------------------------------- changes and refunds


@dataclass(frozen=True, slots=True)
class Refund:
    """What is given back: `percent` of the whole, or of the part of the term that hasn't run."""

    percent: int
    of_unused: bool = False

    def __str__(self) -> str:
        if not self.percent:
            return "none"
        return f"{self.percent}% of unused" if self.of_unused else f"{self.percent}%"


REFUNDS: Final = "a share such as 100%, unused, 80% of unused, or none"


def _given_back(text: str) -> Refund:
    if text == "none":
        return Refund(0)
    if text == "unused":
        return Refund(100, of_unused=True)
    match = re.fullmatch(r"(\d{1,3})%( of unused)?", text, re.ASCII)
    if not match or int(match[1]) > 100:
        raise Misread(quoted(text), REFUNDS)
    return Refund(int(match[1]), of_unused=match[2] is not None and int(match[1]) > 0)


RefundField = Annotated[Refund, Written(_given_back, REFUNDS)]


class Extend(Part):
    rate: Literal["whole_term"] = Field(description="The whole new term is rated, and the difference charged.")
    never_below: Literal["paid"] = Field("paid", description="An extension never lowers what was paid.")


class Raise(Part):
    inputs: list[Name] = Field(min_length=1, description="The inputs that a running cover may raise.")
    from_: Literal["confirmation"] = Field("confirmation", alias="from", description="From when it counts.")
    rate: Literal["remaining_term"] = Field("remaining_term", description="The part of the term that it is rated on.")


class ReturnEarly(Part):
    refund: RefundField = Field(Refund(0), description=f"What is given back: {REFUNDS}.", validate_default=False)


class Changes(Part):
    extend: Extend | None = Field(None, description="A longer term.")
    raise_: Raise | None = Field(None, alias="raise", description="More cover, from its confirmation on.")
    return_early: ReturnEarly | None = Field(None, description="A shorter term.")


def _until(text: str) -> int:
    """How many seconds before the start a tier ends."""
    if text == "start":
        return 0
    head, _, tail = text.partition(" ")
    if tail != "before start":
        raise Misread(quoted(text), "start, or a time before it such as 24h before start")
    return duration(head)


class RefundTier(Part):
    """What is given back of a cover that is cancelled until some time before its start, or after it."""

    until: Annotated[int, Written(_until, "start, or a time before it such as 24h before start")] | None = Field(
        None, description="Until when the tier holds: start, or 24h before start."
    )
    after: Literal["start"] | None = Field(None, description="Holds once the cover has begun.")
    give: RefundField = Field(description=f"What is given back: {REFUNDS}.")

    @model_validator(mode="after")
    def _one(self) -> RefundTier:
        if (self.until is None) == (self.after is None):
            raise PydanticCustomError("form", "a tier with both or neither; expected until: start or after: start")
        if self.until is not None and self.give.of_unused:
            raise PydanticCustomError("form", "a share of unused time before the start; expected a share such as 100%")
        return self


def _withdrawal_days(text: str) -> int:
    if not re.fullmatch(r"\d{1,2}", text, re.ASCII) or int(text) > 60:
        raise Misread(quoted(text), "whole days from 0 to 60, such as 14")
    return int(text)


class Withdrawal(Part):
    days: Annotated[int, Written(_withdrawal_days, "whole days from 0 to 60, such as 14")] = Field(
        description="How many days after the contract the member may withdraw."
    )
    law: Text = Field(description="The article that gives the right.")
    exempt_when: ExpressionText | None = Field(None, description="There is no such right when this holds.")
    exemption: Text | None = Field(None, description="The law that exempts, cited.")


# ------------------------------------------------------------------------------------------- the edition


def _currency(text: str) -> str:
    if text not in MINOR_DIGITS:
        raise Misread(f"{quoted(text)} is no currency sold in", f"one of {', '.join(sorted(MINOR_DIGITS))}")
    return text


LOCAL_MOMENT: Final = "a moment in the product's time zone such as 2026-01-01T00:00"
LocalMoment = Annotated[datetime, Written(local_instant, LOCAL_MOMENT)]


class Edition(Part):
    """One dated version of a product's rules in a country: whole and self-contained."""

    product: Name = Field(description="The product, as its folder is called.")
    country: Annotated[str, Field(pattern=COUNTRY)] = Field(description="ISO 3166-1 alpha-2, as its folder is called.")
    effective: LocalMoment = Field(description="From when it prices, in the product's time zone.")
    published: LocalMoment | None = Field(
        None, description="When it was made known. Running offers of the edition before it end before it takes effect."
    )
    applies_to: Literal["quotes", "starts"] = Field(
        "quotes", description="Whether it prices quotes made from then on, or covers that begin from then on."
    )
    currency: Annotated[str, Written(_currency, "a currency's three capital letters, such as EUR")] = Field(
        description="The currency of every amount in it (ISO 4217)."
    )
    timezone: Text = Field(description="The time zone of its days and hours, such as Europe/Paris.")
    withdrawn: Text | None = Field(None, description="Why this edition no longer prices new quotes.")
    sale: Literal["open", "stopped"] = Field("open", description="`stopped` ends new quotes of the product.")
    term: Term = Field(description="How long a cover may be, and how its time is counted.")
    quote: QuoteRule = Field(description="How long an offer stands.")
    parties: dict[Literal["policyholder", "insured", "driver", "owner", "payer", "counterpart"], StandingField] = Field(
        description="Who stands where: the member, or the partner."
    )
    object: Object | None = Field(None, description="The thing that is covered, where no two covers may overlap.")
    inputs: dict[Name, Annotated[InputField, keyed(*(kind.key for kind in INPUT_KINDS))]] = Field(
        min_length=1, description="What is asked of the risk."
    )
    derived: dict[Name, DerivedField] = Field(default_factory=dict, description="What is worked out from the inputs.")
    eligibility: list[Rule] = Field(default_factory=list, description="Who is declined or referred.")
    tables: dict[Name, Table] = Field(default_factory=dict, description="Factors or amounts by key.")
    sections: dict[Name, Section] = Field(min_length=1, description="What is covered, in the order of the certificate.")
    contract: list[ContractStep] = Field(default_factory=list, description="Steps on all sections together.")
    fees: list[Fee] = Field(default_factory=list, description="What is owed besides the premium.")
    accumulate: list[Accumulation] = Field(default_factory=list, description="Caps over a member's covers at one time.")
    changes: Changes = Field(
        default_factory=lambda: Changes.model_validate({}), description="How a running cover may change."
    )
    refund: list[RefundTier] = Field(
        default_factory=list, description="What a cancellation gives back: the first tier that holds."
    )
    withdrawal: Withdrawal | None = Field(None, description="The right of withdrawal from a distance contract.")
    territory: list[Annotated[str, Field(pattern=COUNTRY)]] = Field(min_length=1, description="Where cover holds.")
