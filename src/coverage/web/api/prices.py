"""`/v1/prices`: many prices at once, for lists. Nothing is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore, Lock
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import TypeAdapter, ValidationError

from coverage.domain.faults import Rejected, Unavailable
from coverage.operations.pricing import on_sale_now, price
from coverage.rulebook.editions import Library
from coverage.web.api import findings, versions
from coverage.web.api.access import TheCaller, TheHouse, TheLanguage, needs
from coverage.web.api.asking import wanted_of
from coverage.web.api.bodies import MAX_ERRORS, StrictRoute
from coverage.web.api.pricelists import PricedSeen, PriceList, PricesRequest, UnpricedSeen
from coverage.web.api.problems import ErrorSeen
from coverage.web.api.shapes import PriceRequest
from coverage.web.api.telling import tell_priced
from coverage.web.capacity import Capacity

router = APIRouter(prefix="/v1/prices", tags=["Prices"], route_class=StrictRoute, dependencies=[needs("quotes:read")])

PATH: Final = router.prefix
# A risk with every input and some things in a list is under 1 kB; twice that, a thousand times.
MAX_BYTES: Final = 2 * 1024 * 1024

# Pricing a list works the interpreter, which is one for all requests of the process. So there is one list at a time;
# after each risk it lets whoever waits go first; and those that wait for their turn hold few of the places, for a while.
MOST_WAITING: Final = 4
CEDED_SECONDS: Final = 0.0001

_REQUEST: Final = TypeAdapter(PriceRequest)


class Turns:
    """One long work at a time, such as a list, and a few that wait for their turn as long as one waits at the door."""

    def __init__(self, capacity: Capacity, what: str = "lists of prices") -> None:
        self._what = what
        # A quarter of the places and at least one, as long as there is a place beside for whatever is no list.
        at_once = capacity.at_once
        self.waiting = min(MOST_WAITING, max(1, at_once // 4), max(0, at_once - 2))
        self._wait_seconds = capacity.wait_seconds
        self._turn, self._room = Lock(), BoundedSemaphore(1 + self.waiting)

    @contextmanager
    def take(self) -> Iterator[None]:
        """Waits for the turn and holds it; raises `Unavailable` when too many wait already, or it doesn't come in time."""
        if not self._room.acquire(blocking=False):
            raise Unavailable("overloaded", f"other {self._what} wait already; try again shortly")
        try:
            if not self._turn.acquire(timeout=self._wait_seconds):
                raise Unavailable("overloaded", f"other {self._what} take their time; try again shortly")
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._room.release()


async def turns_of(request: Request) -> Turns:
    """The turns that the application's lists take."""
    turns: Turns = request.app.state.turns
    return turns


TheTurns = Annotated[Turns, Depends(turns_of)]


@router.post("", response_model=PriceList, operation_id="priceRisks", summary="Price many risks")
def price_risks(
    house: TheHouse, caller: TheCaller, language: TheLanguage, turns: TheTurns, body: PricesRequest
) -> Response:
    """Prices up to 1,000 risks by the rules in force, each on its own: one that is declined or can't be read doesn't
    spoil the others. Nothing is kept, so there is nothing to bind: ask for a quote of the one that is chosen.
    """
    library, now = on_sale_now(house, caller)
    said = body.language or language
    answers = []
    with turns.take():
        for number, asked in enumerate(body.prices):
            answers.append(versions.tell(_answer(number, asked, library, now, said)).decode())
            time.sleep(CEDED_SECONDS)
    # Written down risk by risk, and not in one go at the end: that would be a while in which the others wait, too.
    empty = PriceList(livemode=caller.tenant.livemode, data=[]).model_dump_json()
    return Response(f"{empty.removesuffix(']}')}{','.join(answers)}]}}", media_type="application/json")


def _answer(number: int, asked: object, library: Library, now: datetime, language: str) -> PricedSeen | UnpricedSeen:
    try:
        body = _read(asked)
        found = price(library, wanted_of(body), now)
    except Rejected as fault:
        errors = [
            ErrorSeen(pointer=f"/prices/{number}{error.pointer}", detail=error.message, code=error.code)
            for error in fault.errors[:MAX_ERRORS]
        ]
        return UnpricedSeen(code=fault.code, detail=fault.detail, errors=errors)
    return tell_priced(found, at_issue=body.start == "at_issue", language=language)


def _read(asked: object) -> PriceRequest:
    try:
        return _REQUEST.validate_python(asked)
    except ValidationError as error:
        found = error.errors(include_url=False)[:MAX_ERRORS]
        details = tuple(findings.detail({**one, "loc": ("body", *one["loc"])}, PriceRequest) for one in found)
        raise Rejected("invalid_request", "the request isn't as documented", errors=details) from None
