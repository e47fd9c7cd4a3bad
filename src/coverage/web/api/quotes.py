"""`/v1/quotes`: a price for a risk."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from coverage.operations.house import Work
from coverage.operations.quoting import AskedFor, find_quote, make_quote
from coverage.web.api.access import Made, OptionalKey, TheCaller, TheHouse, TheLanguage, needs, once, plainly
from coverage.web.api.answers import QuoteSeen
from coverage.web.api.asking import wanted_of
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.shapes import QuoteRequest
from coverage.web.api.telling import tell_quote

router = APIRouter(prefix="/v1/quotes", tags=["Quotes"], route_class=StrictRoute, dependencies=[needs("quotes")])


@router.post("", status_code=201, response_model=QuoteSeen, operation_id="createQuote", summary="Ask for a price")
def create_quote(
    house: TheHouse, caller: TheCaller, key: OptionalKey, language: TheLanguage, body: QuoteRequest
) -> Response:
    """Prices a risk by the rules in force. A declined or referred risk is answered too, with its reasons."""
    party = body.parties.policyholder if body.parties else None
    asked = AskedFor(
        wanted=wanted_of(body),
        language=body.language or language,
        policyholder=party.reference if party else None,
        metadata=body.metadata,
    )

    def work(tx: Work) -> Made:
        quote = make_quote(tx, house, asked)
        # Nothing personal is told of a quote, so the partner's own key seals it: it outlives the quote's, which ends
        # when the quote is bound.
        return Made(tell_quote(tx, quote), tx.tenant_id)

    return once(house, caller, key, work)


@router.get("/{quote_id}", response_model=QuoteSeen, operation_id="retrieveQuote", summary="Read a quote")
def retrieve_quote(
    house: TheHouse,
    caller: TheCaller,
    quote_id: Annotated[str, Path(description="The quote's id.")],
    expand: Annotated[
        list[Literal["explanation"]],
        Query(alias="expand[]", max_length=10, description="`explanation`: each step of the price."),
    ] = [],  # noqa: B006
) -> Response:
    """The quote as it stands now. With `expand[]=explanation` each step of its price, replayed from what is kept."""
    with house.transaction(caller) as tx:
        found = find_quote(tx, quote_id)
        return plainly(tell_quote(tx, found, explained=bool(expand)))
