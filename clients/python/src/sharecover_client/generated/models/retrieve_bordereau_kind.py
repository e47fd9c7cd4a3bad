from typing import Literal, cast

RetrieveBordereauKind = Literal["claims", "premium"]


def check_retrieve_bordereau_kind(value: str) -> RetrieveBordereauKind:
    return cast(RetrieveBordereauKind, value)
