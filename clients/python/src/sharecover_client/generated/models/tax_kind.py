from typing import Literal, cast

TaxKind = Literal["levy", "premium_tax"]


def check_tax_kind(value: str) -> TaxKind:
    return cast(TaxKind, value)
