"""The shapes of what is covered: sections with their limits, deductibles, taxes and premium steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from coverage.rulebook.language.notation import (
    NAME,
    RATE_ONE,
    Amount,
    AmountField,
    FlagField,
    Misread,
    PercentField,
    QuantityField,
    Written,
    amount,
    quoted,
)
from coverage.rulebook.language.shape import COUNTRY, LAYER, ExpressionText, Name, Part, Text, keyed

LIMIT_FORMS: Final = "an amount such as 10000 EUR, a money input's name, or unlimited"


def _limit_value(text: str) -> Amount | str:
    if text == "unlimited" or re.fullmatch(NAME, text):
        return text
    try:
        return amount(text)
    except Misread as error:
        raise Misread(error.found, LIMIT_FORMS) from None


def _loss_share(text: str) -> int:
    match = re.fullmatch(r"(\d{1,3})% of loss", text, re.ASCII)
    if not match or not 0 < int(match[1]) <= 100:
        raise Misread(quoted(text), "a whole share such as 10% of loss")
    return int(match[1])


LimitValueField = Annotated[Amount | str, Written(_limit_value, LIMIT_FORMS)]


class LimitTable(Part):
    """A limit for each choice."""

    by: Name = Field(description="The input of choices.")
    values: dict[str, LimitValueField] = Field(min_length=1, description="What is paid at most, for each choice.")


LimitField = Annotated[
    Annotated[LimitValueField, Tag("@value")] | Annotated[LimitTable, Tag("@table")],
    Discriminator(lambda value: "@table" if isinstance(value, Mapping) else "@value"),
]


class Limit(Part):
    """What a section pays at most: one `amount`, or several by name, each per event, cover, person or item."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[Name, LimitField]
    per: Literal["event", "cover", "person", "item"] = Field(description="What the limit holds for.")

    @property
    def amounts(self) -> dict[str, Amount | str | LimitTable]:
        return dict(self.__pydantic_extra__)


# ------------------------------------------------------------------------------------------- deductibles


class _Deductible(Part):
    owed_by: Literal["insured", "policyholder", "partner"] = Field("insured", description="Who bears it.")
    applied: Literal["before_limit", "after_limit"] = Field(
        "before_limit", description="Whether it comes off the loss, or off what the limit leaves of it."
    )
    against_third_parties: FlagField = Field(
        False,
        description="Whether a third party's claim is cut by it. Never in compulsory motor liability "
        "(Code des assurances R211-13): there the insurer pays, then recovers it from who owes it.",
    )


class FixedDeductible(_Deductible):
    amount: AmountField = Field(description="What the insured bears of each loss.")


class DeductibleTable(_Deductible):
    by: Name = Field(description="The input of choices.")
    values: dict[str, AmountField] = Field(min_length=1, description="The amount for each choice.")


class ShareDeductible(_Deductible):
    share: Annotated[int, Written(_loss_share, "a whole share such as 10% of loss")] = Field(
        description="The part of the loss that the insured bears: 10% of loss."
    )
    min: AmountField | None = Field(None, description="The least that is borne.")
    max: AmountField | None = Field(None, description="The most that is borne.")


DeductibleField = Annotated[
    Annotated[FixedDeductible, Tag("@amount")]
    | Annotated[DeductibleTable, Tag("@by")]
    | Annotated[ShareDeductible, Tag("@share")],
    keyed("amount", "by", "share"),
]


# ------------------------------------------------------------------------------------------- taxes


class TaxTable(Part):
    """A tax class for each choice."""

    by: Name = Field(description="The input of choices.")
    values: dict[str, Name] = Field(min_length=1, description="A tax class for each choice.")


class TaxSplit(Part):
    """A premium that falls in several tax classes, each with its share."""

    split: dict[Name, PercentField] = Field(min_length=2, description="Each tax class with its share: 60%.")

    @model_validator(mode="after")
    def _whole(self) -> TaxSplit:
        if sum(self.split.values()) != RATE_ONE or not all(self.split.values()):
            raise PydanticCustomError("form", "shares that don't make up the whole; expected them to add up to 100%")
        return self


class TaxExempt(Part):
    """No premium tax is due."""

    exempt: Text = Field(description="The law that exempts it, cited.")


TaxField = Annotated[
    Annotated[Name, Tag("@class")]
    | Annotated[TaxTable, Tag("@by")]
    | Annotated[TaxSplit, Tag("@split")]
    | Annotated[TaxExempt, Tag("@exempt")],
    keyed("by", "split", "exempt", text="@class"),
]
CountryField = Annotated[str, Field(pattern=COUNTRY)]


class SitusTable(Part):
    """The country that taxes a section, for each choice."""

    by: Name = Field(description="The input of choices.")
    values: dict[str, CountryField] = Field(min_length=1, description="A country for each choice.")


SitusField = Annotated[
    Annotated[CountryField, Tag("@country")] | Annotated[SitusTable, Tag("@by")],
    keyed("by", text="@country"),
]


# ------------------------------------------------------------------------------------------- premium

STEP_OPS: Final = ("base", "times", "plus", "minus", "at_least", "at_most")


class Step(Part):
    """One premium step: exactly one of the operations, and when it applies."""

    base: QuantityField | None = Field(None, description="What the premium begins with.")
    times: QuantityField | None = Field(None, description="A factor, or a table of factors.")
    plus: QuantityField | None = Field(None, description="What is added.")
    minus: QuantityField | None = Field(None, description="What is taken off, never under nothing.")
    at_least: QuantityField | None = Field(None, description="The least that the premium is here.")
    at_most: QuantityField | None = Field(None, description="The most that the premium is here.")
    when: ExpressionText | None = Field(None, description="The step is taken when this holds.")

    @model_validator(mode="after")
    def _one(self) -> Step:
        if sum(getattr(self, op) is not None for op in STEP_OPS) != 1:
            raise PydanticCustomError(
                "form", f"a step with none or several operations; expected one of {', '.join(STEP_OPS)}"
            )
        return self

    @property
    def op(self) -> str:
        return next(op for op in STEP_OPS if getattr(self, op) is not None)

    @property
    def quantity(self) -> Any:
        return getattr(self, self.op)


class Unavailable(Part):
    """When a section that was wanted can't be had: it is told, never left out in silence."""

    when: ExpressionText = Field(description="The section can't be had when this holds.")
    code: Name = Field(description="Its stable code; its words stand in the texts.")


class Section(Part):
    when: ExpressionText | None = Field(None, description="The section is covered when this holds.")
    unavailable: Unavailable | None = Field(None, description="When it can't be had, though it was wanted.")
    layer: Annotated[str, Field(pattern=LAYER)] = Field(
        "primary",
        description="How it stands to other cover: primary, excess_of another section, difference_in_conditions, "
        "or deductible_buyback.",
    )
    tax: TaxField = Field(
        description="Its tax class, a table of them, a split over several, or exempt with its source."
    )
    situs: SitusField | None = Field(None, description="Whose country taxes it; the edition's own when left out.")
    surcharge: dict[Name, Name] = Field(
        default_factory=dict,
        description="Compulsory surcharges of the country's tax file, each with the kind of premium it is taken on: "
        "natural_catastrophe: property.",
    )
    limit: Limit = Field(description="What it pays at most.")
    sublimits: dict[Name, LimitField] = Field(default_factory=dict, description="Lower limits for parts of a loss.")
    deductible: DeductibleField | None = Field(None, description="What the insured bears of a loss.")
    period: Literal["term", "booking_to_start"] = Field(
        "term", description="When it covers: the term, or from the booking until the term begins."
    )
    average: Literal["waived", "applies"] = Field(
        "applies", description="Whether an under-insured loss is paid in proportion (Code des assurances L121-5)."
    )
    exclusions: list[Name] = Field(
        default_factory=list, description="What it doesn't cover; the words are in the texts."
    )
    allow_fall: Text | None = Field(
        None, description="Why its price may fall when the term or a value rises; refused without a reason."
    )
    premium: list[Step] = Field(min_length=1, description="How its premium is worked out, step by step.")
