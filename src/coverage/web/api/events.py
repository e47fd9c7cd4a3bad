"""`/v1/events`: what happened, in one order that never changes, for partners to follow."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from coverage.domain.facts import SCOPES
from coverage.domain.faults import Rejected
from coverage.operations.eventing import tell_events
from coverage.operations.showing import find_event, list_events
from coverage.web.api.access import TheCaller, TheHouse, ThePage, plainly
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.shapes import EVENT_TYPES, InstantSeen, Shape


class EventSeen(Shape):
    """Something that happened. It carries ids only; read what it is about by its own address."""

    id: str
    object: Literal["event"] = "event"
    livemode: bool
    type: str = Field(description="What happened, such as `cover.issued`. Pass over those that you don't know.")
    subject: str = Field(description="The id of the quote, cover, claim, invoice, key or endpoint that it is about.")
    sequence: int = Field(
        description="Its place among the events about that subject, from 1 on: a cover's are told apart by it."
    )
    actor: str = Field(
        description="Who did it: the id of an API key, `clock` for what time alone did, or the part of the service that saw "
        "to it: `worker`, `card_processor`, `operator`."
    )
    data: dict[str, Any] = Field(description="What belongs to it, by the type: ids of other things, states, flags.")
    happened_at: InstantSeen = Field(description="When it happened, on your clock: in test mode, the one you move.")
    created_at: InstantSeen = Field(description="When it was recorded, by the wall's clock in either mode.")


class EventList(Shape):
    object: Literal["list"] = "list"
    data: list[EventSeen]
    has_more: bool


async def may_read_some(caller: TheCaller) -> None:
    """Refuses keys that may read nothing that an event could be about."""
    if not caller.scopes & set(SCOPES.values()):
        scopes = list(dict.fromkeys(SCOPES.values()))
        words = f"this API key has none of the scopes {', '.join(scopes)}, each of which lets it read some events"
        raise Rejected("scope_missing", words, scope=scopes[0])


router = APIRouter(prefix="/v1/events", tags=["Events"], route_class=StrictRoute, dependencies=[Depends(may_read_some)])


@router.get("", response_model=EventList, operation_id="listEvents", summary="List events")
def list_all(
    house: TheHouse,
    caller: TheCaller,
    page: ThePage,
    type: Annotated[
        str | None,
        Query(max_length=60, pattern=EVENT_TYPES, description="Of this type alone, or of all of a thing's: `cover.*`."),
    ] = None,
    subject: Annotated[
        str | None, Query(max_length=80, description="About this quote, cover, claim or invoice alone.")
    ] = None,
) -> Response:
    """Your events, the oldest first: unlike other lists, so that you can follow them.

    Keep the last id that you have worked off and ask for what comes `starting_after` it; when there is nothing, ask again
    later with the same id. Nothing is ever put in before an event that you have seen. A key sees events about what its
    scopes let it read.
    """
    with house.transaction(caller) as tx:
        found, more = list_events(tx, page, type, subject)
        return plainly(EventList(data=[EventSeen(**event) for event in tell_events(tx, found)], has_more=more))


@router.get("/{event_id}", response_model=EventSeen, operation_id="retrieveEvent", summary="Read an event")
def retrieve_event(
    house: TheHouse, caller: TheCaller, event_id: Annotated[str, Path(description="The event's id.")]
) -> Response:
    """The event, which never changes."""
    with house.transaction(caller) as tx:
        return plainly(EventSeen(**tell_events(tx, [find_event(tx, event_id)])[0]))
