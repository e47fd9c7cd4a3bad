"""`/livez` and `/readyz`: whether the process lives, and whether it can do its work."""

from __future__ import annotations

from typing import Any, Final

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from fastapi import APIRouter
from fastapi.responses import JSONResponse

from coverage.web.api.access import TheHouse

router = APIRouter(tags=["Health"], include_in_schema=False)

LOOKOUTS: Final = 2
_lookouts: RunVar[CapacityLimiter] = RunVar("lookouts")


@router.get("/livez", operation_id="livez", summary="Whether the process lives", response_model=dict[str, str])
async def livez() -> dict[str, str]:
    """200 while the process answers, whatever becomes of the database."""
    # Async, so that it never queues behind the threads that wait for the database.
    return {"status": "alive"}


@router.get("/readyz", operation_id="readyz", summary="Whether the service can work", response_model=dict[str, Any])
async def readyz(house: TheHouse) -> JSONResponse:
    """200 when the database answers and an edition is on sale, else 503. Broken rule files are named either way.

    What they said before they broke may still be on sale: each process goes on with what it could read last.
    """
    library = house.rules()
    # Threads of their own: however many ask, no request waits for one behind them.
    if (lookouts := _lookouts.get(None)) is None:
        _lookouts.set(lookouts := CapacityLimiter(LOOKOUTS))
    database = await run_sync(house.database.answers, limiter=lookouts)
    ready = database and bool(library.editions)
    rules = {
        "editions": [edition.identity for edition in library.editions],
        "broken": [
            {"file": file, "faults": [str(f) for f in library.faults if f.place.file == file]}
            for file in library.broken_files
        ],
    }
    body = {"status": "ready" if ready else "not ready", "database": "up" if database else "down", "rules": rules}
    return JSONResponse(body, 200 if ready else 503)
