from typing import Literal, cast

TermsAverage = Literal["applies", "waived"]


def check_terms_average(value: str) -> TermsAverage:
    return cast(TermsAverage, value)
