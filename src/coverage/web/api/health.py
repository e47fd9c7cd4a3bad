"""`/livez` and `/readyz`: whether the process lives, and whether it can do its work."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from coverage.web.api.access import TheHouse

router = APIRouter(tags=["Health"])


@router.get("/livez", operation_id="livez", summary="Whether the process lives", response_model=dict[str, str])
async def livez() -> dict[str, str]:
    """200 while the process answers, whatever becomes of the database."""
    # Async, so that it never queues behind the threads that wait for the database.
    return {"status": "alive"}


@router.get("/readyz", operation_id="readyz", summary="Whether the service can work", response_model=dict[str, Any])
def readyz(house: TheHouse) -> JSONResponse:
    """200 when the database answers and an edition is on sale, else 503. Broken rule files are named either way.

    What they said before they broke may still be on sale: each process goes on with what it could read last.
    """
    library = house.rules()
    database = house.database.answers()
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
