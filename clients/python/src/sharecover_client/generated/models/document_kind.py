from typing import Literal, cast

DocumentKind = Literal["certificate", "ipid", "terms"]


def check_document_kind(value: str) -> DocumentKind:
    return cast(DocumentKind, value)
