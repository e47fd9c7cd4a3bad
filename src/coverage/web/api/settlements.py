"""`/v1/exposures` and `/v1/payouts`: what those who settle claims decide, set aside and pay out.

It takes a key of their own, with the scope `settling`: a platform that declares claims doesn't decide on them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from coverage.domain.faults import Detail, Rejected
from coverage.domain.indemnity import Part
from coverage.domain.scopes import SETTLING
from coverage.operations.claiming import Loss, find_claim
from coverage.operations.house import Work
from coverage.operations.screening import screen
from coverage.operations.settling import (
    Payee,
    PayoutOrder,
    Verdict,
    add_exposure,
    close_claim,
    decide,
    find_exposure,
    find_payout,
    pay_out,
    payee_of,
    people_paid,
    reopen_claim,
    see_exposure,
    set_reserves,
    settle_payout,
)
from coverage.operations.showing import list_payouts, see_claim
from coverage.web.api.access import Made, RequiredKey, TheCaller, TheHouse, ThePage, needs, once, plainly
from coverage.web.api.answers import ClaimSeen
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.settlement_shapes import (
    ClaimStep,
    DecisionAnswer,
    DecisionRequest,
    ExposureFileSeen,
    PayoutList,
    PayoutOutcome,
    PayoutRequest,
    PayoutSeen,
    ReserveRequest,
    tell_decision,
    tell_exposure,
    tell_payout,
)
from coverage.web.api.shapes import Amount, LossRequest
from coverage.web.api.telling import tell_claim

router = APIRouter(prefix="/v1", tags=["Settling"], route_class=StrictRoute, dependencies=[needs(SETTLING)])

ExposureId = Annotated[str, Path(description="The exposure's id.")]
ClaimId = Annotated[str, Path(description="The claim's id.")]
PayoutId = Annotated[str, Path(description="The payout's id.")]


@router.post(
    "/claims/{claim_id}/exposures",
    status_code=201,
    response_model=ExposureFileSeen,
    operation_id="createExposure",
    summary="Add an exposure",
)
def create_exposure(
    house: TheHouse, caller: TheCaller, key: RequiredKey, claim_id: ClaimId, body: LossRequest
) -> Response:
    """Adds a section and claimant that the claim wasn't declared with."""
    estimate = body.estimate
    loss = Loss(
        body.section, body.claimant, estimate.amount if estimate else None, estimate.currency if estimate else None
    )

    def work(tx: Work) -> Made:
        file = see_exposure(tx, add_exposure(tx, claim_id, loss))
        return Made(tell_exposure(tx, file), file.claim.member_id)

    return once(house, caller, key, work)


@router.get(
    "/exposures/{exposure_id}",
    response_model=ExposureFileSeen,
    operation_id="retrieveExposure",
    summary="Read an exposure's file",
)
def retrieve_exposure(house: TheHouse, caller: TheCaller, exposure_id: ExposureId) -> Response:
    """The exposure with the terms at the loss, what was decided, set aside and paid out."""
    with house.transaction(caller) as tx:
        return plainly(tell_exposure(tx, see_exposure(tx, find_exposure(tx, exposure_id))))


@router.post(
    "/exposures/{exposure_id}/decision",
    response_model=DecisionAnswer,
    operation_id="decideExposure",
    summary="Decide on an exposure",
)
def decide_exposure(
    house: TheHouse, caller: TheCaller, key: RequiredKey, exposure_id: ExposureId, body: DecisionRequest
) -> Response:
    """Approves, repudiates or gives as goodwill. What is owed at most is worked out by the terms at the loss; `preview` only
    tells it. A later decision replaces an earlier one.
    """

    def work(tx: Work) -> Made:
        verdict = _verdict(body, find_exposure(tx, exposure_id).currency)
        file, decided = decide(tx, exposure_id, verdict, preview=body.preview)
        return Made(tell_decision(tx, file, decided, body.preview), file.claim.member_id, status=200)

    return once(house, caller, key, work)


@router.post(
    "/exposures/{exposure_id}/reserve",
    response_model=ExposureFileSeen,
    operation_id="reserveExposure",
    summary="Set an exposure's reserves",
)
def reserve_exposure(
    house: TheHouse, caller: TheCaller, key: RequiredKey, exposure_id: ExposureId, body: ReserveRequest
) -> Response:
    """Sets what the exposure is thought to cost still. A decision sets it to what was decided."""

    def work(tx: Work) -> Made:
        currency = find_exposure(tx, exposure_id).currency
        indemnity, fees = _minor(body.indemnity, currency, "/indemnity"), _minor(body.fees, currency, "/fees")
        if indemnity is None and fees is None:
            raise _refused("/indemnity", "expected indemnity or fees", "missing_field")
        file = set_reserves(
            tx,
            exposure_id,
            {
                **({"indemnity": indemnity} if indemnity is not None else {}),
                **({"fees": fees} if fees is not None else {}),
            },
            body.because,
        )
        return Made(tell_exposure(tx, file), file.claim.member_id, status=200)

    return once(house, caller, key, work)


@router.post(
    "/exposures/{exposure_id}/payouts",
    status_code=201,
    response_model=PayoutSeen,
    operation_id="createPayout",
    summary="Order a payout",
)
def create_payout(
    house: TheHouse, caller: TheCaller, key: RequiredKey, exposure_id: ExposureId, body: PayoutRequest
) -> Response:
    """Orders an amount to be transferred: of what was decided, or what experts and lawyers cost. Who is paid, and whose cover
    it is, are looked up first.
    """
    born = date.fromisoformat(body.payee.born) if body.payee.born else None
    payee = Payee(body.payee.reference, body.payee.name, body.payee.iban, born)
    # Not within the work: what is found is kept, also though nothing is paid.
    screen(house, caller, people_paid(house, caller, exposure_id, payee), "payout", key)

    def work(tx: Work) -> Made:
        amount = _minor(body.amount, find_exposure(tx, exposure_id).currency, "/amount")
        if not amount:
            raise _refused("/amount/amount", "expected more than nothing", "invalid_value")
        payout = pay_out(tx, exposure_id, PayoutOrder(body.kind, amount, payee))
        return Made(tell_payout(tx, payout, payee_of(tx, payout)), find_claim(tx, payout.claim_id).member_id)

    return once(house, caller, key, work)


@router.get("/payouts", response_model=PayoutList, operation_id="listPayouts", summary="List payouts")
def list_all(
    house: TheHouse,
    caller: TheCaller,
    page: ThePage,
    state: Annotated[Literal["pending", "paid", "failed"] | None, Query()] = None,
    claim: Annotated[str | None, Query(max_length=80, description="Payouts of this claim alone.")] = None,
) -> Response:
    """All payouts, the newest first. Those that are `pending` are to be transferred."""
    with house.transaction(caller) as tx:
        found, more = list_payouts(tx, page, state, claim)
        return plainly(PayoutList(data=[tell_payout(tx, one, payee_of(tx, one)) for one in found], has_more=more))


@router.get("/payouts/{payout_id}", response_model=PayoutSeen, operation_id="retrievePayout", summary="Read a payout")
def retrieve_payout(house: TheHouse, caller: TheCaller, payout_id: PayoutId) -> Response:
    """The payout, with the account that it goes to."""
    with house.transaction(caller) as tx:
        payout = find_payout(tx, payout_id)
        return plainly(tell_payout(tx, payout, payee_of(tx, payout)))


@router.post(
    "/payouts/{payout_id}/settle",
    response_model=PayoutSeen,
    operation_id="settlePayout",
    summary="Say what became of a payout",
)
def settle(
    house: TheHouse, caller: TheCaller, key: RequiredKey, payout_id: PayoutId, body: PayoutOutcome
) -> Response:  # fmt: skip
    """Says that the amount was transferred, or that it couldn't be or came back: then it can be ordered anew."""

    def work(tx: Work) -> Made:
        payout = settle_payout(tx, payout_id, body.outcome, body.bank_reference)
        return Made(
            tell_payout(tx, payout, payee_of(tx, payout)), find_claim(tx, payout.claim_id).member_id, status=200
        )

    return once(house, caller, key, work)


@router.post("/claims/{claim_id}/close", response_model=ClaimSeen, operation_id="closeClaim", summary="Close a claim")
def close(house: TheHouse, caller: TheCaller, key: RequiredKey, claim_id: ClaimId, body: ClaimStep) -> Response:  # noqa: ARG001
    """Closes a claim of which all is decided and paid. What is still set aside for it is released."""

    def work(tx: Work) -> Made:
        claim = close_claim(tx, claim_id)
        return Made(tell_claim(tx, see_claim(tx, claim)), claim.member_id, status=200)

    return once(house, caller, key, work)


@router.post(
    "/claims/{claim_id}/reopen", response_model=ClaimSeen, operation_id="reopenClaim", summary="Reopen a claim"
)
def reopen(house: TheHouse, caller: TheCaller, key: RequiredKey, claim_id: ClaimId, body: ClaimStep) -> Response:  # noqa: ARG001
    """Opens a claim again that was closed, to decide anew."""

    def work(tx: Work) -> Made:
        claim = reopen_claim(tx, claim_id)
        return Made(tell_claim(tx, see_claim(tx, claim)), claim.member_id, status=200)

    return once(house, caller, key, work)


# ------------------------------------------------------------------------------------------- inside


def _refused(pointer: str, words: str, code: str) -> Rejected:
    return Rejected("invalid_request", "the request isn't as documented", errors=(Detail(pointer, words, code),))


def _minor(given: Amount | None, currency: str, pointer: str) -> int | None:
    if given is not None and given.currency != currency:
        raise _refused(f"{pointer}/currency", f"expected {currency}, the cover's currency", "invalid_value")
    return given.amount if given else None


def _verdict(body: DecisionRequest, currency: str) -> Verdict:
    """What is decided, without what doesn't go together."""
    minor = {name: _minor(getattr(body, name), currency, f"/{name}") for name in ("premium_due", "amount", "goodwill")}
    allowed = {"approved": {*minor, "losses"}, "goodwill": {"goodwill"}, "repudiated": set[str]()}[body.decision]
    for name in ("losses", *minor):
        if getattr(body, name) and name not in allowed:
            raise _refused(f"/{name}", f"a loss that is {body.decision} takes no {name}", "invalid_value")
    if body.decision == "goodwill" and not minor["goodwill"]:
        raise _refused("/goodwill", "expected what is given", "missing_field")
    if body.decision == "approved" and not body.losses:
        raise _refused("/losses", "expected the loss as it was assessed", "missing_field")
    losses = []
    for number, part in enumerate(body.losses):
        pointer = f"/losses/{number}"
        loss = _minor(part.amount, currency, f"{pointer}/amount") or 0
        sound_value = _minor(part.sound_value, currency, f"{pointer}/sound_value")
        losses.append(Part(loss, part.limit, part.sublimit, sound_value))
    return Verdict(
        body.decision, body.because, tuple(losses), minor["premium_due"], minor["amount"], minor["goodwill"] or 0
    )
