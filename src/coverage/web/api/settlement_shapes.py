"""What those who settle claims send and are told: decisions, reserves and payouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from stdnum import iban as iban_numbers
from stdnum.exceptions import ValidationError

from coverage.operations.house import Work
from coverage.operations.settling import Decided, ExposureFile
from coverage.storage.settlements import Payout
from coverage.web.api.shapes import (
    BANK_REFERENCE,
    SAYS_SOMETHING,
    Amount,
    Born,
    InstantSeen,
    Money,
    Reference,
    Shape,
    instant_text,
)


def _iban(text: str) -> str:
    try:
        return str(iban_numbers.validate(text))
    except ValidationError:
        raise PydanticCustomError(
            "iban", "this is no IBAN, or a digit of it is wrong; expected one such as FR76…"
        ) from None


Iban = Annotated[
    str, Field(max_length=50), AfterValidator(_iban),
    WithJsonSchema({"type": "string", "description": "The account as ISO 13616 writes it; spaces are left out.", "maxLength": 50}),
]  # fmt: skip
Because = Annotated[str, Field(min_length=1, max_length=4000, pattern=SAYS_SOMETHING, description="Why, for the file.")]


class LossPart(Shape):
    """A part of a loss: what falls under one limit."""

    amount: Amount = Field(description="What was lost, as it was assessed.")
    limit: str | None = Field(
        None, max_length=60, description="The limit it falls under, where the section has several."
    )
    sublimit: str | None = Field(None, max_length=60, description="A lower limit that holds for this part of a loss.")
    sound_value: Amount | None = Field(
        None,
        description="What the thing insured was worth before. Where that is more than was insured, the average rule holds.",
    )


class DecisionRequest(Shape):
    """What is decided. An approved loss is assessed, and paid by the section's terms; the rest is for goodwill."""

    decision: Literal["approved", "repudiated", "goodwill"]
    losses: list[LossPart] = Field(
        default_factory=list,
        max_length=50,
        description="The loss as it was assessed, part by part: what falls under one limit is one. Needed where it is approved.",
    )
    premium_due: Amount | None = Field(
        None, description="The section's net premium had all been declared rightly, where it wasn't, in good faith."
    )
    amount: Amount | None = Field(None, description="What is approved; all that is owed where it is left out.")
    goodwill: Amount | None = Field(None, description="What is given beside it, outside the limit.")
    because: Because
    preview: bool = Field(False, strict=True, description="Only tells what it would come to.")


class ReserveRequest(Shape):
    """What is set aside and not paid yet; what is left out stays."""

    indemnity: Amount | None = None
    fees: Amount | None = Field(None, description="For experts and lawyers.")
    because: Because


class PayeeRequest(Shape):
    reference: Reference
    name: str = Field(min_length=1, max_length=200, pattern=SAYS_SOMETHING)
    born: Born | None = None
    iban: Iban


class PayoutRequest(Shape):
    kind: Literal["indemnity", "fees"] = "indemnity"
    amount: Amount
    payee: PayeeRequest


class PayoutOutcome(Shape):
    outcome: Literal["paid", "failed"]
    bank_reference: str | None = Field(
        None,
        min_length=1,
        max_length=35,
        pattern=BANK_REFERENCE,
        description="How the bank names the transfer, without a person's name. Needed where it was paid.",
    )


class ClaimStep(Shape):
    """An empty object: nothing has to be said, and nothing that is would be heard."""


class StepSeen(Shape):
    kind: Literal["loss", "average", "deductible", "limit", "sublimit", "premium_reduction"]
    amount: Money = Field(description="Negative for what comes off.")


class PartSeen(Shape):
    """What is owed of a part of the loss at most, and how that was worked out, step by step from the loss."""

    limit: str
    sublimit: str | None
    owed: Money
    steps: list[StepSeen]


class DecisionSeen(Shape):
    decision: Literal["approved", "repudiated", "goodwill"]
    losses: list[PartSeen]
    owed: Money = Field(description="What the section owes at most.")
    approved: Money
    goodwill: Money
    because: str | None = Field(description="Null once the member has been erased.")
    decided_by: str
    decided_at: InstantSeen


class TermSeen(Shape):
    name: str
    amount: Money | None = Field(description="Null is unlimited.")


class TermsSeen(Shape):
    """The section's terms as they held at the loss."""

    starts_at: InstantSeen
    ends_at: InstantSeen
    covered: bool = Field(description="Whether the section covered at the loss.")
    layer: str
    per: str
    limits: list[TermSeen]
    sublimits: list[TermSeen]
    deductible: dict[str, Any] | None = Field(description="In minor units, as it stands in the product.")
    average: Literal["applies", "waived"]


class ReservesSeen(Shape):
    indemnity: Money
    fees: Money


class PayoutSeen(Shape):
    """An amount that goes to somebody by bank transfer."""

    id: str
    object: Literal["payout"] = "payout"
    livemode: bool
    claim: str
    exposure: str
    kind: Literal["indemnity", "fees"]
    amount: Money
    state: Literal["pending", "paid", "failed"]
    payee: dict[str, str] = Field(description="Reference, name and IBAN; empty once the member has been erased.")
    bank_reference: str | None
    ordered_by: str
    ordered_at: InstantSeen
    paid_at: InstantSeen | None
    failed_at: InstantSeen | None
    created_at: InstantSeen


class ExposureFileSeen(Shape):
    """An exposure with its file: one section and one claimant of a claim."""

    id: str
    object: Literal["exposure"] = "exposure"
    livemode: bool
    claim: str
    cover: str
    section: str
    claimant: Literal["policyholder", "third_party"]
    decision: Literal["pending", "approved", "repudiated", "goodwill"]
    estimate: Money | None
    payable: Money = Field(description="What the last decision lets be paid, in all.")
    paid_out: Money = Field(description="Of which this is paid or on its way.")
    reserves: ReservesSeen
    terms: TermsSeen
    decisions: list[DecisionSeen]
    payouts: list[PayoutSeen]


class DecisionAnswer(Shape):
    exposure: ExposureFileSeen
    owed: Money = Field(description="What the section owes at most.")
    losses: list[PartSeen]
    approved: Money
    goodwill: Money
    preview: bool


class PayoutList(Shape):
    object: Literal["list"] = "list"
    data: list[PayoutSeen]
    has_more: bool


# ------------------------------------------------------------------------------------------- telling


def tell_decision(tx: Work, file: ExposureFile, decided: Decided, preview: bool) -> DecisionAnswer:
    """What was decided, with its working."""

    def money(amount: int) -> Money:
        return Money(amount=amount, currency=file.cover.currency)

    parts = [asdict(part) for part in decided.owed.parts] if decided.owed else []
    return DecisionAnswer(
        exposure=tell_exposure(tx, file), owed=money(decided.owed.amount if decided.owed else 0),
        losses=[_part(part, money) for part in parts], approved=money(decided.approved),
        goodwill=money(decided.goodwill), preview=preview,
    )  # fmt: skip


def tell_exposure(tx: Work, file: ExposureFile) -> ExposureFileSeen:
    """The exposure as a handler sees it."""
    exposure, terms = file.exposure, file.terms

    def money(amount: int) -> Money:
        return Money(amount=amount, currency=file.cover.currency)

    def listed(amounts: dict[str, int | None]) -> list[TermSeen]:
        return [TermSeen(name=name, amount=None if most is None else money(most)) for name, most in amounts.items()]

    return ExposureFileSeen(
        id=exposure.id, livemode=tx.tenant.livemode, claim=file.claim.id, cover=file.cover.id, section=exposure.section,
        claimant=exposure.claimant, decision=exposure.decision,  # type: ignore[arg-type]
        estimate=None if exposure.estimate is None else money(exposure.estimate), payable=money(exposure.payable),
        paid_out=money(exposure.paid_out),
        reserves=ReservesSeen(indemnity=money(file.reserves["indemnity"]), fees=money(file.reserves["fees"])),
        terms=TermsSeen(
            starts_at=instant_text(terms.period.start), ends_at=instant_text(terms.period.end), covered=file.covered_then,
            layer=terms.layer, per=terms.per, limits=listed(terms.limits), sublimits=listed(terms.sublimits),
            deductible=terms.deductible, average=terms.average,  # type: ignore[arg-type]
        ),
        decisions=[
            DecisionSeen(
                decision=one.decision,  # type: ignore[arg-type]
                losses=[_part(part, money) for part in one.parts],
                owed=money(one.indemnity), approved=money(one.approved), goodwill=money(one.goodwill),
                because=because or None, decided_by=one.decided_by, decided_at=instant_text(one.decided_at),
            )
            for one, because in file.decisions
        ],
        payouts=[tell_payout(tx, one, payee) for one, payee in file.payouts],
    )  # fmt: skip


def tell_payout(tx: Work, payout: Payout, payee: dict[str, Any]) -> PayoutSeen:
    """A payout with whom it goes to."""
    return PayoutSeen(
        id=payout.id, livemode=tx.tenant.livemode, claim=payout.claim_id, exposure=payout.exposure_id,
        kind=payout.kind, amount=Money(amount=payout.amount, currency=payout.currency), state=payout.state,  # type: ignore[arg-type]
        payee=payee, bank_reference=payout.bank_reference, ordered_by=payout.ordered_by,
        ordered_at=instant_text(payout.ordered_at), paid_at=instant_text(payout.paid_at) if payout.paid_at else None,
        failed_at=instant_text(payout.failed_at) if payout.failed_at else None, created_at=instant_text(payout.created_at),
    )  # fmt: skip


def _part(part: dict[str, Any], money: Callable[[int], Money]) -> PartSeen:
    return PartSeen(
        limit=part["limit"], sublimit=part["sublimit"], owed=money(part["amount"]),
        steps=[StepSeen(kind=step["kind"], amount=money(step["amount"])) for step in part["steps"]],
    )  # fmt: skip
