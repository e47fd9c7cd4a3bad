"""`/v1/covers/{id}/changes` and `/v1/changes`: a longer term, more cover, an early return."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from coverage.operations.changing import (
    Confirmation,
    Wish,
    confirm_change,
    find_change,
    people_insured,
    propose_change,
)
from coverage.operations.collecting import client_secret_of_change
from coverage.operations.house import Work
from coverage.operations.screening import screen
from coverage.operations.showing import find_cover
from coverage.storage import payments
from coverage.web.api.access import Made, RequiredKey, TheCaller, TheHouse, needs, once, plainly
from coverage.web.api.amendments import ChangeRequest, ChangeSeen, ConfirmRequest
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.telling import tell_change

router = APIRouter(prefix="/v1", tags=["Changes"], route_class=StrictRoute, dependencies=[needs("covers")])

CoverId = Annotated[str, Path(description="The cover's id.")]
ChangeId = Annotated[str, Path(description="The change's id.")]


@router.post(
    "/covers/{cover_id}/changes",
    status_code=201,
    response_model=ChangeSeen,
    operation_id="createChange",
    summary="Ask what a change costs",
)
def create_change(
    house: TheHouse, caller: TheCaller, key: RequiredKey, cover_id: CoverId, body: ChangeRequest
) -> Response:
    """Prices a change of a cover in force. It comes true once you confirm it, within a quarter of an hour."""
    wish = Wish(body.kind, body.end, body.risk, body.metadata)

    def work(tx: Work) -> Made:
        change = propose_change(tx, house.rules(), cover_id, wish)
        cover = find_cover(tx, cover_id)
        return Made(tell_change(tx, change, cover, None), cover.policyholder_id)

    return once(house, caller, key, work)


@router.get("/changes/{change_id}", response_model=ChangeSeen, operation_id="retrieveChange", summary="Read a change")
def retrieve_change(house: TheHouse, caller: TheCaller, change_id: ChangeId) -> Response:
    """The change as it stands now. While it waits for its card payment, with the `client_secret`."""
    secret = client_secret_of_change(house, caller, change_id)
    with house.transaction(caller) as tx:
        change = find_change(tx, change_id)
        payment = payments.of_change(tx.session, change.id)
        return plainly(tell_change(tx, change, find_cover(tx, change.cover_id), payment, secret))


@router.post(
    "/changes/{change_id}/confirm",
    response_model=ChangeSeen,
    operation_id="confirmChange",
    summary="Confirm a change",
)
def confirm(
    house: TheHouse, caller: TheCaller, key: RequiredKey, change_id: ChangeId, body: ConfirmRequest
) -> Response:
    """Lets the change come true at its price: at once, or where the cover was paid by card once the difference is paid too.
    A new certificate replaces the one before.
    """
    # Not within the work: what is found is kept, also though nothing comes true.
    screen(house, caller, people_insured(house, caller, change_id), "bind", key)

    def work(tx: Work) -> Made:
        change, cover = confirm_change(tx, change_id, Confirmation(body.no_known_loss, body.declared_at))
        payment = payments.of_change(tx.session, change.id)
        return Made(tell_change(tx, change, cover, payment), cover.policyholder_id, status=200)

    return once(house, caller, key, work)
