"""`/v1/claims`: a loss declared."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from coverage.operations.claiming import Declaration, Loss, declare_claim, find_claim
from coverage.operations.documenting import receipt_of
from coverage.operations.house import Work
from coverage.operations.showing import list_claims, see_claim, see_claims
from coverage.web.api.access import Made, RequiredKey, TheCaller, TheHouse, ThePage, needs, once, plainly
from coverage.web.api.answers import ClaimList, ClaimSeen
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.documents import Language, pdf, pdf_answer
from coverage.web.api.shapes import ClaimRequest
from coverage.web.api.telling import tell_claim

router = APIRouter(prefix="/v1/claims", tags=["Claims"], route_class=StrictRoute, dependencies=[needs("claims")])


@router.post("", status_code=201, response_model=ClaimSeen, operation_id="createClaim", summary="Declare a claim")
def create_claim(house: TheHouse, caller: TheCaller, key: RequiredKey, body: ClaimRequest) -> Response:
    """Opens a claim. A late notice, or a loss outside the cover's window, is flagged for a person and never refused."""
    losses = tuple(
        Loss(
            loss.section, loss.claimant, loss.estimate.amount if loss.estimate else None,
            loss.estimate.currency if loss.estimate else None,
        )
        for loss in body.losses
    )  # fmt: skip
    declaration = Declaration(
        cover_id=body.cover,
        loss_at=body.loss_at,
        cause=body.cause,
        description=body.description,
        losses=losses,
        contact=body.contact.model_dump(exclude_none=True),
        metadata=body.metadata,
    )

    def work(tx: Work) -> Made:
        claim = declare_claim(tx, declaration)
        return Made(tell_claim(tx, see_claim(tx, claim)), claim.member_id)

    return once(house, caller, key, work)


@router.get("", response_model=ClaimList, operation_id="listClaims", summary="List claims")
def list_all(
    house: TheHouse,
    caller: TheCaller,
    page: ThePage,
    state: Annotated[Literal["open", "in_review", "closed"] | None, Query()] = None,
    cover: Annotated[str | None, Query(max_length=80, description="Claims of this cover alone.")] = None,
) -> Response:
    """Your claims, the newest first."""
    with house.transaction(caller) as tx:
        found, more = list_claims(tx, page, state, cover)
        return plainly(ClaimList(data=[tell_claim(tx, seen) for seen in see_claims(tx, found)], has_more=more))


@router.get("/{claim_id}", response_model=ClaimSeen, operation_id="retrieveClaim", summary="Read a claim")
def retrieve_claim(
    house: TheHouse, caller: TheCaller, claim_id: Annotated[str, Path(description="The claim's id.")]
) -> Response:
    """The claim as it stands now."""
    with house.transaction(caller) as tx:
        return plainly(tell_claim(tx, see_claim(tx, find_claim(tx, claim_id))))


@router.get(
    "/{claim_id}/receipt",
    operation_id="retrieveReceipt",
    summary="Download a claim's receipt",
    response_class=Response,
    responses=pdf("The receipt."),
)
def receipt(
    house: TheHouse,
    caller: TheCaller,
    claim_id: Annotated[str, Path(description="The claim's id.")],
    language: Language = None,
) -> Response:
    """That the claim arrived, what was declared, and what happens now. Nothing of what became of it since."""
    return pdf_answer(*receipt_of(house, caller, claim_id, language))
