from typing import Literal, cast

RetrieveReceiptLanguage = Literal["en", "fr"]


def check_retrieve_receipt_language(value: str) -> RetrieveReceiptLanguage:
    return cast(RetrieveReceiptLanguage, value)
