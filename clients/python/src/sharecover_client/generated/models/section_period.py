from typing import Literal, cast

SectionPeriod = Literal["booking_to_start", "term"]


def check_section_period(value: str) -> SectionPeriod:
    return cast(SectionPeriod, value)
