"""`/v1/bordereaux`: what was booked in a month, or claimed until its end, row by row, as a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from coverage.domain.faults import Detail, Rejected
from coverage.domain.reporting import Span
from coverage.operations.reporting import claims_bordereau, premium_bordereau, write_report
from coverage.web.api.access import TheCaller, TheHouse, lacking
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.prices import Turns

MEDIA_TYPES: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
# So much of a file is held in memory; what is longer lies on disk until it is sent.
IN_MEMORY: Final = 1_000_000
CHUNK: Final = 64 * 1024

Kind = Annotated[
    Literal["premium", "claims"],
    Query(description="What was booked in the month, or what was claimed until its end. The second needs the scope `claims:read`."),
]  # fmt: skip


def may_read(caller: TheCaller, kind: Kind) -> None:
    """Refuses keys that may not read what the rows are about."""
    needed = "claims:read" if kind == "claims" else "covers:read"
    if needed not in caller.scopes:
        raise lacking(needed)


router = APIRouter(
    prefix="/v1/bordereaux", tags=["Bordereaux"], route_class=StrictRoute, dependencies=[Depends(may_read)]
)


@router.get(
    "",
    operation_id="retrieveBordereau",
    summary="Download a bordereau",
    response_class=Response,
    responses={
        200: {
            "description": "The file.",
            "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA_TYPES.values()},
        }
    },
)
def retrieve(
    request: Request,
    house: TheHouse,
    caller: TheCaller,
    kind: Kind,
    month: Annotated[
        str, Query(pattern=r"^[0-9]{4}-[0-9]{2}$", description="A month of each product's own days: 2026-11.")
    ],
    format: Annotated[Literal["csv", "xlsx", "parquet"], Query(description="How the file is written.")] = "csv",
) -> Response:
    """Your rows by Lloyd's Coverholder Reporting Standards v5.2. They are what the journal says, or there is no file."""
    try:
        span = Span.of_month(month)
    except ValueError as error:
        raise Rejected(
            "invalid_request", "the bordereau can't be asked for so", errors=(Detail("?month", str(error), "invalid_value"),)
        ) from None  # fmt: skip
    turns: Turns = request.app.state.report_turns
    report = (premium_bordereau if kind == "premium" else claims_bordereau)(house, [caller.tenant], span)
    # Written out before the answer begins: what doesn't agree with the journal is refused with a status of its own.
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115, closed when it is sent
    try:
        # Whole months are gone through: one at a time, so that there is room for whatever is short.
        with turns.take():
            write_report(house, report, format, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)

    def content() -> Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    headers = {
        "Content-Disposition": f'attachment; filename="{kind}-{month}.{format}"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(content(), media_type=MEDIA_TYPES[format], headers=headers)
