from typing import Literal, cast

RetrieveBordereauFormat = Literal["csv", "parquet", "xlsx"]


def check_retrieve_bordereau_format(value: str) -> RetrieveBordereauFormat:
    return cast(RetrieveBordereauFormat, value)
