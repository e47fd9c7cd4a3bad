from typing import Literal, cast

QuoteState = Literal["bound", "declined", "expired", "open", "referred"]


def check_quote_state(value: str) -> QuoteState:
    return cast(QuoteState, value)
