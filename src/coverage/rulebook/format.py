"""The shape of the files that underwriters write: an edition, its taxes, its worked prices and its texts.

Shape only: whether names meet, tables close and figures fit is `checking`'s matter. Every fault of shape in a file
is found in one pass, and said with its place. A new key of the language is a field here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from coverage.rulebook.expressions import nearest
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
from coverage.rulebook.reading import MAX_FINDINGS, Document, Finding, Loc, Unreadable

Name = Annotated[str, Field(pattern=rf"^{NAME}$")]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
ExpressionText = Annotated[str, Field(min_length=1, max_length=400)]


def _local_instant(text: str) -> datetime:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", text, re.ASCII):
        raise Misread(quoted(text), "a moment in the product's time zone such as 2026-01-01T00:00")
    try:
        # The zone is the edition's own key `timezone`; it is joined to this in `Edition.effective_at`.
        return datetime.fromisoformat(text)
    except ValueError:
        raise Misread(f"{quoted(text)} is no moment of the calendar", "one such as 2026-01-01T00:00") from None


def instant(text: str) -> datetime:
    """An instant with its offset: `2026-12-05T08:00+01:00`; raises `Misread`."""
    expected = "an instant with its offset such as 2026-12-05T08:00+01:00"
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})", text, re.ASCII):
        raise Misread(quoted(text), expected)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Misread(f"{quoted(text)} is no moment of the calendar", expected) from None


def day(text: str) -> date:
    """`2026-01-01`; raises `Misread`."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Misread(quoted(text), "a day such as 2026-01-01")


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


InstantField = Annotated[datetime, Written(instant, "an instant with its offset such as 2026-12-05T08:00+01:00")]
DayField = Annotated[date, Written(day, "a day such as 2026-01-01")]
LimitField = Annotated[Amount | str, Written(_limit_value, "an amount, a money input's name, or unlimited")]


class Part(BaseModel):
    """A part of a rule file: unknown keys are refused, nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _keyed(*tags: str) -> Discriminator:
    """Tells forms apart by the key that only one of them has."""

    def tag(value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return None
        return next((f"@{name}" for name in tags if name in value), None)

    return Discriminator(
        tag,
        custom_error_type="form",
        custom_error_message=f"none of the forms known here; expected one of the keys {', '.join(tags)}",
    )


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
ROLES: Final = ("policyholder", "insured", "driver", "owner", "payer", "counterpart")


class Object(Part):
    input: Name = Field(description="The input that names the object.")
    kind: Literal["vehicle_registration", "serial_number", "address", "text"] = Field(
        description="How two spellings of one object are known to be one."
    )
    exclusive_for: list[Name] = Field(
        description="Sections that no second cover of the object may hold at the same time."
    )


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


class Table(Part):
    """A table over one key. Exactly one of `bands`, `values` and `from` holds its rows."""

    by: Name = Field(description="The input or derived value that chooses the row.")
    bands: dict[str, CellField] | None = Field(None, description="Whole numbers, both ends in: 18-20, 70+.")
    values: dict[str, CellField] | None = Field(None, description="A row for each choice.")
    from_: dict[str, CellField] | None = Field(
        None, alias="from", description="Each bound is the first value of its row."
    )
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
    __pydantic_extra__: dict[str, LimitField]
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
    _keyed("amount", "by", "share"),
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
    layer: Annotated[
        str, Field(pattern=rf"^(primary|excess_of {NAME}|difference_in_conditions|deductible_buyback)$")
    ] = "primary"
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


class RefundTier(Part):
    until: Literal["start"] | None = None
    after: Literal["start"] | None = None
    give: Annotated[int, Written(_given_back, "a share such as 100%, or none")]

    @model_validator(mode="after")
    def _one(self) -> RefundTier:
        if (self.until is None) == (self.after is None):
            raise PydanticCustomError("form", "a tier with both or neither; expected until: start or after: start")
        return self


class Withdrawal(Part):
    days: Annotated[int, Field(ge=0, le=60)]
    law: Text
    exempt_when: ExpressionText | None = None
    exemption: Text | None = None


class Edition(Part):
    """One dated version of a product's rules in a country: whole and self-contained."""

    product: Name
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = Field(description="ISO 3166-1 alpha-2.")
    effective: Annotated[
        datetime, Written(_local_instant, "a moment in the product's time zone such as 2026-01-01T00:00")
    ]
    applies_to: Literal["quotes", "starts"] = "quotes"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    timezone: str
    withdrawn: Text | None = Field(None, description="Why this edition no longer prices new quotes.")
    sale: Literal["open", "stopped"] = "open"
    term: Term
    quote: QuoteRule
    parties: dict[
        Literal["policyholder", "insured", "driver", "owner", "payer", "counterpart"], Standing | list[Standing]
    ]
    object: Object | None = None
    inputs: dict[Name, Annotated[InputField, _keyed(*(kind.key for kind in INPUT_KINDS))]] = Field(min_length=1)
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
    territory: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] = Field(min_length=1)


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

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,59}$")]
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
                "form", "a levy's rates stand on: a class, or its amounts stand per_contract:; expected one of the two"
            )
        return self


class TaxFile(Part):
    """A country's premium taxes and levies, dated, each with its source in law."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    source: Text
    base: Text | None = None
    situs: Text | None = None
    note: Text | None = None
    labels: dict[str, dict[str, Text]] = Field(default_factory=dict)
    premium_tax: dict[Name, list[TaxRow]]
    levies: list[Levy] = Field(default_factory=list)


# ----------------------------------------------------------------------------- worked prices and texts


class Example(Part):
    name: Text
    start: InstantField
    end: InstantField
    asked: InstantField | None = None
    given: dict[Name, str]
    expect: dict[Name, AmountField | list[ChoiceName]] = Field(min_length=1)


class ExampleFile(Part):
    """The worked prices beside an edition: a list at the file's top."""

    examples: list[Example] = Field(alias="@list", min_length=1)


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


# ------------------------------------------------------------------------------------------- typing it


PartT = TypeVar("PartT", bound=Part)


def typed(document: Document, model: type[PartT]) -> PartT:
    """`document` as a `model`; raises `Unreadable` with every fault of shape in it."""
    plain = document.plain()
    try:
        return model.model_validate({"@list": plain} if isinstance(plain, list) else plain)
    except ValidationError as error:
        findings = [_finding(document, model, details) for details in error.errors(include_url=False)[:MAX_FINDINGS]]
        raise Unreadable(findings) from None


def _finding(document: Document, model: type[BaseModel], error: ErrorDetails) -> Finding:
    loc = tuple(step for step in error["loc"] if not str(step).startswith("@"))
    return document.finding(loc, _words(model, error, loc), error["type"], key=error["type"] == "extra_forbidden")


def _words(model: type[BaseModel], error: ErrorDetails, loc: Loc) -> str:
    """A fault of shape, said to someone who knows insurance and no Python."""
    key, found, context = str(loc[-1]) if loc else "", error["input"], error.get("ctx", {})
    match error["type"]:
        case "notation":
            return str(context["words"])
        case "form":
            return error["msg"]
        case "missing":
            return f"{quoted(key)} is missing; expected it here"
        case "extra_forbidden":
            return f"{quoted(key)} means nothing here; expected {nearest(key, _keys_at(model, error['loc'][:-1]))}"
        case "literal_error":
            return f"{quoted(found)}; expected {context['expected']}"
        case "string_pattern_mismatch":
            return f"{quoted(found)}; expected text like {context['pattern']}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{quoted(found)}; expected `key: value` lines"
        case "list_type":
            return f"{quoted(found)}; expected a list"
        case "string_type":
            return f"{quoted(found)}; expected text"
        case "too_short" | "string_too_short":
            return "nothing stands here; expected something"
        case "too_long" | "string_too_long":
            return f"too long; expected at most {context['max_length']}"
    return f"{quoted(found)}; expected something else ({error['msg'].lower()})"


def _keys_at(model: Any, loc: Loc) -> list[str]:
    """The keys that the part at `loc` may have, read from the models themselves."""
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    reached = [schema]
    for step in loc:
        reached = [found for part in reached for found in _inside(part, str(step), definitions)]
    keys: list[str] = []
    for part in reached:
        for variant in _variants(part, definitions):
            keys.extend(key for key in variant.get("properties", {}) if key not in keys)
    return keys


def _variants(part: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in part:
        return _variants(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return [
        part,
        *(
            found
            for way in ("anyOf", "oneOf")
            for option in part.get(way, [])
            for found in _variants(option, definitions)
        ),
    ]


def _inside(part: dict[str, Any], step: str, definitions: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for variant in _variants(part, definitions):
        if step.startswith("@"):
            required = step[1:]
            if required in variant.get("properties", {}):
                found.append(variant)
        elif step in variant.get("properties", {}):
            found.append(variant["properties"][step])
        elif step.isdigit() and isinstance(variant.get("items"), dict):
            found.append(variant["items"])
        elif isinstance(variant.get("additionalProperties"), dict):
            found.append(variant["additionalProperties"])
        else:
            found.extend(variant.get("patternProperties", {}).values())
    return found
