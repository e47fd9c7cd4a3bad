from typing import Literal, cast

RetrieveInformationDocumentLanguage = Literal["en", "fr"]


def check_retrieve_information_document_language(value: str) -> RetrieveInformationDocumentLanguage:
    return cast(RetrieveInformationDocumentLanguage, value)
