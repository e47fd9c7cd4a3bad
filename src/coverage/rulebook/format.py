"""The shape of the files that underwriters write: an edition, its taxes, its worked prices and its texts.

Shape only: whether names meet, tables close and figures fit is `checking`'s matter. Every fault of shape in a file
is found in one pass, and said with its place. A new key of the language is a field here.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from coverage.domain.money import MINOR_DIGITS
from coverage.rulebook.inputs import INPUT_KINDS, ChoiceName, InputField
from coverage.rulebook.notation import (
    NAME,
    Amount,
    AmountField,
    CellField,
    DurationField,
    FlagField,
    FractionField,
    Misread,
    QuantityField,
    Written,
    amount,
    quoted,
)
from coverage.rulebook.shape import (
    COUNTRY,
    LAYER,
    LEVY,
    LIST,
    DayField,
    ExpressionText,
    InstantField,
    Name,
    Part,
    Text,
    keyed,
    local_instant,
)


def _limit_value(text: str) -> Amount | str:
    if text == "unlimited" or re.fullmatch(NAME, text):
        return text
    try:
        return amount(text)
    except Misread as error:
        raise Misread(error.found, "an amount such as 10000 EUR, a money input's name, or unlimited") from None


def _loss_share(text: str) -> int:
    match = re.fullmatch(r"(\d{1,3})% of loss", text, re.ASCII)
    if not match or not 0 < int(match[1]) <= 100:
        raise Misread(quoted(text), "a whole share such as 10% of loss")
    return int(match[1])


LimitField = Annotated[Amount | str, Written(_limit_value, "an amount, a money input's name, or unlimited")]


# ------------------------------------------------------------------------------------------- edition


class Term(Part):
    min: DurationField = Field(description="The shortest cover.")
    max: DurationField = Field(description="The longest cover.")
    book_ahead: DurationField = Field(description="How long before its start a cover may be asked for.")
    day: Literal["24h"] = Field("24h", description="What a day is: 24 hours from the start.")
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


class YearsFrom(Part):
    years_from: Name = Field(description="A date input.")
    to: Name = Field(description="`start`, or another date input.")


DerivedField = Annotated[
    Annotated[YearsFrom, Tag("@years_from")] | Annotated[ExpressionText, Tag("@expression")],
    Discriminator(lambda value: "@expression" if isinstance(value, str) else "@years_from"),
]


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


RowsField = Annotated[dict[str, CellField], Field(min_length=1)]


class Table(Part):
    """A table over one key. Exactly one of `bands`, `values` and `from` holds its rows."""

    by: Name = Field(description="The input or derived value that chooses the row.")
    bands: RowsField | None = Field(None, description="Whole numbers, both ends in: 18-20, 70+.")
    values: RowsField | None = Field(None, description="A row for each choice.")
    from_: RowsField | None = Field(None, alias="from", description="Each bound is the first value of its row.")
    otherwise: CellField | None = Field(None, description="For whatever no row names.")

    FORMS: ClassVar = ("bands", "values", "from")

    @model_validator(mode="after")
    def _one(self) -> Table:
        if sum(rows is not None for rows in (self.bands, self.values, self.from_)) != 1:
            raise PydanticCustomError(
                "form", "a table with none or several kinds of rows; expected one of bands:, values:, from:"
            )
        return self

    @property
    def form(self) -> str:
        return "bands" if self.bands is not None else "values" if self.values is not None else "from"

    @property
    def rows(self) -> dict[str, Any]:
        """The rows as they are written, in their order."""
        rows = self.bands if self.bands is not None else self.values if self.values is not None else self.from_
        return rows or {}


class TaxTable(Part):
    by: Name
    values: dict[str, Name] = Field(description="A tax class for each choice.")


TaxField = Annotated[
    Annotated[Name, Tag("@class")] | Annotated[TaxTable, Tag("@table")],
    Discriminator(lambda value: "@class" if isinstance(value, str) else "@table"),
]


class Limit(Part):
    """What a section pays at most: one `amount`, or several by name, each per event, cover, person or item."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[Name, LimitField]
    per: Literal["event", "cover", "person", "item"]

    @property
    def amounts(self) -> dict[str, Amount | str]:
        return dict(self.__pydantic_extra__)


class FixedDeductible(Part):
    amount: AmountField
    owed_by: Literal["insured", "policyholder", "partner"] = "insured"


class DeductibleTable(Part):
    by: Name
    values: dict[str, AmountField]
    owed_by: Literal["insured", "policyholder", "partner"] = "insured"


class ShareDeductible(Part):
    share: Annotated[int, Written(_loss_share, "a whole share such as 10% of loss")]
    min: AmountField | None = None
    max: AmountField | None = None
    owed_by: Literal["insured", "policyholder", "partner"] = "insured"


DeductibleField = Annotated[
    Annotated[FixedDeductible, Tag("@amount")]
    | Annotated[DeductibleTable, Tag("@by")]
    | Annotated[ShareDeductible, Tag("@share")],
    keyed("amount", "by", "share"),
]

STEP_OPS: Final = ("base", "times", "plus", "minus", "at_least", "at_most")


class Step(Part):
    """One premium step: exactly one of the operations, and when it applies."""

    base: QuantityField | None = None
    times: QuantityField | None = None
    plus: QuantityField | None = None
    minus: QuantityField | None = None
    at_least: QuantityField | None = None
    at_most: QuantityField | None = None
    when: ExpressionText | None = None

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


class Section(Part):
    when: ExpressionText | None = Field(None, description="The section is covered when this holds.")
    layer: Annotated[str, Field(pattern=LAYER)] = "primary"
    tax: TaxField
    limit: Limit
    sublimits: dict[Name, AmountField] = Field(default_factory=dict)
    deductible: DeductibleField | None = None
    average: Literal["waived", "applies"] = "applies"
    premium: list[Step] = Field(min_length=1)


class NetMinimum(Part):
    net: AmountField
    over: list[Name] = Field(min_length=1)
    spread: Literal["pro_rata"] = "pro_rata"


class ContractStep(Part):
    at_least: NetMinimum


class Fee(Part):
    name: Name
    amount: AmountField
    owed_to: Literal["insurer", "partner", "operator"] = "operator"
    taxed_as: Name | None = Field(None, description="The tax class it is taxed in; untaxed when left out.")
    refundable: FlagField = False


class Accumulation(Part):
    key: Literal["policyholder"]
    section: Name
    cap: AmountField
    across: list[Name] = Field(min_length=1, description="The products whose covers count together.")


class Extend(Part):
    rate: Literal["whole_term"]
    never_below: Literal["paid"] = "paid"


class Raise(Part):
    inputs: list[Name] = Field(min_length=1)
    from_: Literal["confirmation"] = Field("confirmation", alias="from")
    rate: Literal["remaining_term"] = "remaining_term"


class ReturnEarly(Part):
    refund: Literal["none"] = "none"


class Changes(Part):
    extend: Extend | None = None
    raise_: Raise | None = Field(None, alias="raise")
    return_early: ReturnEarly | None = None


def _given_back(text: str) -> int:
    if text == "none":
        return 0
    match = re.fullmatch(r"(\d{1,3})%", text, re.ASCII)
    if not match or int(match[1]) > 100:
        raise Misread(quoted(text), "a share such as 100%, or none")
    return int(match[1])


def _currency(text: str) -> str:
    if text not in MINOR_DIGITS:
        raise Misread(f"{quoted(text)} is no currency sold in", f"one of {', '.join(sorted(MINOR_DIGITS))}")
    return text


class RefundTier(Part):
    """What share is given back, until the start or after it."""

    until: Literal["start"] | None = None
    after: Literal["start"] | None = None
    give: Annotated[int, Written(_given_back, "a share such as 100%, or none")]

    @model_validator(mode="after")
    def _one(self) -> RefundTier:
        if (self.until is None) == (self.after is None):
            raise PydanticCustomError("form", "a tier with both or neither; expected until: start or after: start")
        return self


def _withdrawal_days(text: str) -> int:
    if not re.fullmatch(r"\d{1,2}", text, re.ASCII) or int(text) > 60:
        raise Misread(quoted(text), "whole days from 0 to 60, such as 14")
    return int(text)


class Withdrawal(Part):
    days: Annotated[int, Written(_withdrawal_days, "whole days from 0 to 60, such as 14")]
    law: Text
    exempt_when: ExpressionText | None = None
    exemption: Text | None = None


class Edition(Part):
    """One dated version of a product's rules in a country: whole and self-contained."""

    product: Name
    country: Annotated[str, Field(pattern=COUNTRY)] = Field(description="ISO 3166-1 alpha-2.")
    effective: Annotated[
        datetime, Written(local_instant, "a moment in the product's time zone such as 2026-01-01T00:00")
    ]
    applies_to: Literal["quotes", "starts"] = "quotes"
    currency: Annotated[str, Written(_currency, "a currency's three capital letters, such as EUR")]
    timezone: Text
    withdrawn: Text | None = Field(None, description="Why this edition no longer prices new quotes.")
    sale: Literal["open", "stopped"] = "open"
    term: Term
    quote: QuoteRule
    parties: dict[Literal["policyholder", "insured", "driver", "owner", "payer", "counterpart"], StandingField]
    object: Object | None = None
    inputs: dict[Name, Annotated[InputField, keyed(*(kind.key for kind in INPUT_KINDS))]] = Field(min_length=1)
    derived: dict[Name, DerivedField] = Field(default_factory=dict)
    eligibility: list[Rule] = Field(default_factory=list)
    tables: dict[Name, Table] = Field(default_factory=dict)
    sections: dict[Name, Section] = Field(min_length=1)
    contract: list[ContractStep] = Field(default_factory=list)
    fees: list[Fee] = Field(default_factory=list)
    accumulate: list[Accumulation] = Field(default_factory=list)
    changes: Changes = Field(default_factory=lambda: Changes.model_validate({}))
    refund: list[RefundTier] = Field(default_factory=list)
    withdrawal: Withdrawal | None = None
    territory: list[Annotated[str, Field(pattern=COUNTRY)]] = Field(min_length=1)


# --------------------------------------------------------------------------------------------- taxes


class TaxRow(Part):
    from_: DayField = Field(alias="from")
    rate: FractionField
    on_share: FractionField = 1_000_000
    verified: FlagField = True


class FlatRow(Part):
    from_: DayField = Field(alias="from")
    amount: AmountField
    verified: FlagField = True


class Levy(Part):
    """A levy on a tax class's premium (`rates`), or flat on each contract (`per_contract`)."""

    name: Annotated[str, Field(pattern=LEVY)]
    source: Text
    on: Name | None = None
    rates: list[TaxRow] = Field(default_factory=list)
    per_contract: list[FlatRow] = Field(default_factory=list)
    once_per: Literal["cover", "master_policy"] = "cover"
    note: Text | None = None

    @model_validator(mode="after")
    def _one(self) -> Levy:
        if bool(self.rates) == bool(self.per_contract) or bool(self.rates) != (self.on is not None):
            raise PydanticCustomError(
                "form",
                "a levy that has neither, or a mixture; expected rates: with on: (their tax class), or per_contract: amounts",
            )
        return self


class TaxFile(Part):
    """A country's premium taxes and levies, dated, each with its source in law."""

    country: Annotated[str, Field(pattern=COUNTRY)]
    source: Text
    base: Text | None = None
    situs: Text | None = None
    note: Text | None = None
    labels: dict[str, dict[str, Text]] = Field(default_factory=dict)
    premium_tax: dict[Name, list[TaxRow]]
    levies: list[Levy] = Field(default_factory=list)


# ----------------------------------------------------------------------------- worked prices and texts


EXPECTED: Final = "an amount such as 12.50 EUR, none, or for declined: and referred: a list of codes"


def _expected(text: str) -> Amount | None:
    """What a section should cost; None where it should not be covered."""
    try:
        return None if text == "none" else amount(text)
    except Misread as error:
        raise Misread(error.found, EXPECTED) from None


ExpectedField = Annotated[
    Annotated[Amount | None, Written(_expected, EXPECTED), Tag("@amount")]
    | Annotated[list[ChoiceName], Field(min_length=1), Tag("@codes")],
    Discriminator(lambda value: "@codes" if isinstance(value, list) else "@amount"),
]


class Example(Part):
    name: Text
    start: InstantField
    end: InstantField
    asked: InstantField | None = None
    given: dict[Name, str]
    expect: dict[Name, ExpectedField] = Field(min_length=1)


class ExampleFile(Part):
    """The worked prices beside an edition: a list at the file's top."""

    examples: list[Example] = Field(alias=LIST, min_length=1)


class ProductTexts(Part):
    name: Text
    summary: Text
    need: Text
    target_market: Text


class InputTexts(Part):
    label: Text
    choices: dict[str, Text] = Field(default_factory=dict)


class SectionTexts(Part):
    name: Text
    summary: Text


class Ipid(Part):
    """The product information document's answers, in the order of Regulation (EU) 2017/1469, annex."""

    type_of_insurance: Text
    insured: list[Text] = Field(min_length=1)
    not_insured: list[Text] = Field(min_length=1)
    restrictions: list[Text] = Field(min_length=1)
    where: list[Text] = Field(min_length=1)
    obligations: list[Text] = Field(min_length=1)
    payment: Text
    start_and_end: Text
    cancellation: Text


class Texts(Part):
    """What people read of a product, in one language."""

    product: ProductTexts
    object: Text | None = None
    inputs: dict[Name, InputTexts] = Field(default_factory=dict)
    sections: dict[Name, SectionTexts] = Field(default_factory=dict)
    limits: dict[Name, Text] = Field(default_factory=dict)
    codes: dict[Name, Text] = Field(default_factory=dict)
    ipid: Ipid
