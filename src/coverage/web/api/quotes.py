"""`/v1/quotes`: a price for a risk."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from coverage.operations.house import Work
from coverage.operations.quoting import AskedFor, find_quote, make_quote
from coverage.web.api.access import Made, OptionalKey, TheCaller, TheHouse, TheLanguage, once, plainly
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.shapes import QuoteRequest, QuoteSeen
from coverage.web.api.telling import tell_quote

router = APIRouter(prefix="/v1/quotes", tags=["Quotes"], route_class=StrictRoute)


@router.post("", status_code=201, response_model=QuoteSeen, operation_id="createQuote", summary="Ask for a price")
def create_quote(
    house: TheHouse, caller: TheCaller, key: OptionalKey, language: TheLanguage, body: QuoteRequest
) -> Response:
    """Prices a risk by the rules in force. A declined or referred risk is answered too, with its reasons."""
    party = body.parties.policyholder if body.parties else None
    asked = AskedFor(
        product=body.product,
        country=body.country,
        start=None if isinstance(body.start, str) else body.start,
        end=body.end,
        duration=body.duration,
        risk=body.risk,
        language=body.language or language,
        policyholder=party.reference if party else None,
        metadata=body.metadata,
    )

    def work(tx: Work) -> Made:
        quote = make_quote(tx, house, asked)
        return Made(tell_quote(tx, quote), quote.sealed_for)

    return once(house, caller, key, work)


@router.get("/{quote}", response_model=QuoteSeen, operation_id="retrieveQuote", summary="Read a quote")
def retrieve_quote(
    house: TheHouse,
    caller: TheCaller,
    quote: Annotated[str, Path(description="The quote's id.")],
    expand: Annotated[list[str], Query(alias="expand[]", description="`explanation`: each step of the price.")] = [],  # noqa: B006
) -> Response:
    """The quote as it stands now. With `expand[]=explanation` each step of its price, replayed from what is kept."""
    with house.transaction(caller) as tx:
        found = find_quote(tx, quote)
        return plainly(tell_quote(tx, found, explained="explanation" in expand))
