from typing import Literal, cast

QuoteCreatedEventDataState = Literal["declined", "open", "referred"]


def check_quote_created_event_data_state(value: str) -> QuoteCreatedEventDataState:
    return cast(QuoteCreatedEventDataState, value)
