"""What a price is asked for: from the shape that was sent to what the operations take."""

from __future__ import annotations

from coverage.domain.faults import Detail, Rejected
from coverage.operations.pricing import Wanted
from coverage.web.api.shapes import PriceRequest


def wanted_of(body: PriceRequest) -> Wanted:
    """What is to be priced; raises `Rejected` where its end isn't said in one way."""
    _check_end(body)
    return Wanted(
        product=body.product,
        country=body.country,
        start=None if isinstance(body.start, str) else body.start,
        end=body.end,
        duration=body.duration,
        risk=body.risk,
    )


def _check_end(body: PriceRequest) -> None:
    """A cover ends at an instant or lasts a while: one of the two, and with a start at issue only the latter."""
    wrong = None
    if body.end is not None and body.duration is not None:
        wrong = Detail("/duration", "both end and duration; expected one of them", "invalid_value")
    elif body.duration is None and body.start == "at_issue":
        found = "an end; expected a duration" if body.end is not None else "missing; expected a duration"
        pointer, code = ("/end", "invalid_value") if body.end is not None else ("/duration", "missing_field")
        wrong = Detail(pointer, f'{found} beside start "at_issue"', code)
    elif body.end is None and body.duration is None:
        wrong = Detail("/end", "missing; expected an end, or a duration", "missing_field")
    if wrong is not None:
        raise Rejected("invalid_request", "the request isn't as documented", errors=(wrong,))
