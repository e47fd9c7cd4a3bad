from typing import Literal, cast

RetrieveCalendarLanguage = Literal["en", "fr"]


def check_retrieve_calendar_language(value: str) -> RetrieveCalendarLanguage:
    return cast(RetrieveCalendarLanguage, value)
