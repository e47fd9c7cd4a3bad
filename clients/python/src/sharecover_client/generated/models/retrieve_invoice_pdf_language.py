from typing import Literal, cast

RetrieveInvoicePdfLanguage = Literal["en", "fr"]


def check_retrieve_invoice_pdf_language(value: str) -> RetrieveInvoicePdfLanguage:
    return cast(RetrieveInvoicePdfLanguage, value)
