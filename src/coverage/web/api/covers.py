"""`/v1/covers`: a quote bound, its certificate, its end."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from coverage.domain.cover import Phase
from coverage.operations.cancelling import cancel_cover
from coverage.operations.certifying import certificate_of
from coverage.operations.collecting import client_secret_of_cover, processor_of
from coverage.operations.house import Work
from coverage.operations.issuing import Bind, Disclosed, PartyNamed, issue_cover
from coverage.operations.screening import Person, screen
from coverage.operations.showing import find_cover, list_covers, see_cover, see_covers
from coverage.operations.unlocking import link_address
from coverage.web.api.access import Made, RequiredKey, TheCaller, TheHouse, ThePage, needs, once, plainly
from coverage.web.api.answers import CancellationSeen, CoverList, CoverSeen
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.documents import Language, pdf, pdf_answer
from coverage.web.api.shapes import CancelRequest, CoverRequest, Money, Parties, Party
from coverage.web.api.telling import tell_cover

router = APIRouter(prefix="/v1/covers", tags=["Covers"], route_class=StrictRoute, dependencies=[needs("covers")])

CoverId = Annotated[str, Path(description="The cover's id.")]


@router.post("", status_code=201, response_model=CoverSeen, operation_id="createCover", summary="Bind a quote")
def create_cover(house: TheHouse, caller: TheCaller, key: RequiredKey, body: CoverRequest) -> Response:
    """Issues a cover at the quote's price, and invoices it to you. With `card` the cover is `awaiting_payment` for up to
    15 minutes; read it to get the `client_secret` with which its member pays. It is issued once that is paid.
    """
    if body.payment.method == "card":
        processor_of(house, caller.tenant)
    bind = Bind(
        quote_id=body.quote,
        parties=_parties(body.parties),
        disclosed=Disclosed(body.disclosures.ipid_sha256, body.disclosures.language, body.disclosures.given_at),
        payment_method=body.payment.method,
        metadata=body.metadata,
    )

    # Not within the work: what is found is kept, also though nothing is bound.
    named = {party for people in bind.parties.values() for party in people}
    screen(
        house, caller, (Person(party.reference, party.name, party.born, party.locale) for party in named), "bind", key
    )

    def work(tx: Work) -> Made:
        cover = issue_cover(tx, bind)
        return Made(tell_cover(tx, see_cover(tx, cover)), cover.policyholder_id)

    return once(house, caller, key, work)


@router.get("", response_model=CoverList, operation_id="listCovers", summary="List covers")
def list_all(
    house: TheHouse,
    caller: TheCaller,
    page: ThePage,
    state: Annotated[Phase | None, Query(description="What the cover is now.")] = None,
    policyholder: Annotated[str | None, Query(max_length=120, description="Your reference of the person.")] = None,
) -> Response:
    """Your covers, the newest first."""
    with house.transaction(caller) as tx:
        found, more = list_covers(tx, page, state, policyholder)
        return plainly(CoverList(data=[tell_cover(tx, seen) for seen in see_covers(tx, found)], has_more=more))


@router.get("/{cover_id}", response_model=CoverSeen, operation_id="retrieveCover", summary="Read a cover")
def retrieve_cover(house: TheHouse, caller: TheCaller, cover_id: CoverId) -> Response:
    """The cover as it stands now, with `member_url`: the address of its page, to hand to the member alone. While it waits
    for its card payment, with the `client_secret` too.
    """
    secret = client_secret_of_cover(house, caller, cover_id)
    with house.transaction(caller) as tx:
        found = find_cover(tx, cover_id)
        return plainly(
            tell_cover(tx, see_cover(tx, found), member_url=link_address(house, tx, found.id), client_secret=secret)
        )


@router.post(
    "/{cover_id}/cancel",
    response_model=CancellationSeen,
    operation_id="cancelCover",
    summary="Cancel a cover",
)
def cancel(house: TheHouse, caller: TheCaller, key: RequiredKey, cover_id: CoverId, body: CancelRequest) -> Response:
    """Gives back what the product's refund rule says, or with `withdrawal` what the law does. `preview` only tells how
    much that would be.
    """

    def work(tx: Work) -> Made:
        done = cancel_cover(tx, cover_id, preview=body.preview, reason=body.reason)
        refund = Money(amount=done.refund.amount, currency=done.refund.currency)
        seen = CancellationSeen(cover=tell_cover(tx, see_cover(tx, done.cover)), refund=refund, preview=body.preview)
        return Made(seen, done.cover.policyholder_id, status=200)

    return once(house, caller, key, work)


@router.get(
    "/{cover_id}/certificate",
    operation_id="retrieveCertificate",
    summary="Download the certificate",
    response_class=Response,
    responses=pdf("The certificate."),
)
def certificate(
    house: TheHouse,
    caller: TheCaller,
    cover_id: CoverId,
    language: Language = None,
) -> Response:
    """The certificate as PDF. It is made when first asked for, and the same ever after."""
    return pdf_answer(*certificate_of(house, caller, cover_id, language))


def _parties(parties: Parties) -> dict[str, tuple[PartyNamed, ...]]:
    named: dict[str, tuple[PartyNamed, ...]] = {}
    for role in type(parties).model_fields:
        people: Any = getattr(parties, role)
        if people is not None:
            pointer = f"/parties/{role}"
            if isinstance(people, list):
                named[role] = tuple(_party(person, f"{pointer}/{index}") for index, person in enumerate(people))
            else:
                named[role] = (_party(people, pointer),)
    return named


def _party(party: Party, pointer: str) -> PartyNamed:
    born = date.fromisoformat(party.born) if party.born else None
    return PartyNamed(party.reference, party.name, party.email, party.locale, born, pointer)
