from typing import Literal, cast

RetrieveTermsLanguage = Literal["en", "fr"]


def check_retrieve_terms_language(value: str) -> RetrieveTermsLanguage:
    return cast(RetrieveTermsLanguage, value)
