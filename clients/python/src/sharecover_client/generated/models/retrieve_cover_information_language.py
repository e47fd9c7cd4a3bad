from typing import Literal, cast

RetrieveCoverInformationLanguage = Literal["en", "fr"]


def check_retrieve_cover_information_language(value: str) -> RetrieveCoverInformationLanguage:
    return cast(RetrieveCoverInformationLanguage, value)
