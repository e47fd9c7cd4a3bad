"""Where the card processor tells of what happened. Not a part of the partners' API."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from coverage.domain.faults import Missing
from coverage.domain.tenant import Mode
from coverage.operations.collecting import hear
from coverage.operations.house import House

router = APIRouter(include_in_schema=False)


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("/card-events/{mode}")
async def receive(
    request: Request,
    mode: str,
    body: Annotated[bytes, Depends(_body)],
    stripe_signature: Annotated[str, Header()] = "",
) -> Response:
    """An event of the mode's account, signed. 204 once what it tells of is noted; anything else lets it come again."""
    if mode not in ("test", "live"):
        raise Missing("unknown_account", "there is no such mode; expected test or live")
    house = cast(House, request.app.state.house)
    await run_in_threadpool(hear, house, cast(Mode, mode), body, stripe_signature)
    return Response(status_code=204)
