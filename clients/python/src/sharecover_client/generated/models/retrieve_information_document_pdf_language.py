from typing import Literal, cast

RetrieveInformationDocumentPdfLanguage = Literal["en", "fr"]


def check_retrieve_information_document_pdf_language(value: str) -> RetrieveInformationDocumentPdfLanguage:
    return cast(RetrieveInformationDocumentPdfLanguage, value)
