from typing import Literal, cast

RetrieveCertificateLanguage = Literal["en", "fr"]


def check_retrieve_certificate_language(value: str) -> RetrieveCertificateLanguage:
    return cast(RetrieveCertificateLanguage, value)
