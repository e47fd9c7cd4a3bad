from typing import Literal, cast

CoverDisputeClosedEventDataOutcome = Literal["lost", "won"]


def check_cover_dispute_closed_event_data_outcome(value: str) -> CoverDisputeClosedEventDataOutcome:
    return cast(CoverDisputeClosedEventDataOutcome, value)
