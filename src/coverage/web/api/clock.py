"""`/v1/test_clock`: in test mode, time that a partner moves forward."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from coverage.operations.timing import advance_clock, clock_status
from coverage.web.api.access import TheCaller, TheHouse, plainly
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.shapes import Instant, InstantSeen, Shape, instant_text


class ClockRequest(Shape):
    to: Instant


class ClockSeen(Shape):
    object: Literal["test_clock"] = "test_clock"
    now: InstantSeen
    status: Annotated[
        Literal["advancing", "ready"],
        Field(description="`advancing` while something that was due by `now` hasn't happened yet."),
    ]


router = APIRouter(prefix="/v1/test_clock", tags=["Test clock"], route_class=StrictRoute)


@router.get("", response_model=ClockSeen, operation_id="retrieveTestClock", summary="Read the clock")
def read_clock(house: TheHouse, caller: TheCaller) -> Response:
    """What time it is for you: the wall's in live mode. `status` says whether all that was due by then has happened."""
    with house.transaction(caller) as tx:
        return plainly(ClockSeen(now=instant_text(tx.now), status=clock_status(tx)))


@router.post("/advance", response_model=ClockSeen, operation_id="advanceTestClock", summary="Move the clock forward")
def advance(house: TheHouse, caller: TheCaller, body: ClockRequest) -> Response:
    """Moves your test clock to an instant to come, to see covers begin and end. It never moves back.

    The answer doesn't wait for what falls due: events follow in the order of your clock, and `status` says when all are there.
    """
    with house.transaction(caller) as tx:
        now = advance_clock(tx, body.to)
        return plainly(ClockSeen(now=instant_text(now), status=clock_status(tx)))
