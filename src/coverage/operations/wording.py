"""The words that go with a price: the product's texts and the names of taxes, as they are on sale or as a quote keeps
them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coverage.domain.premium import SurchargeLine, TaxLine
from coverage.messages import Words
from coverage.rulebook.format import Texts
from coverage.rulebook.language.reading import canonical_json
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.taxing import EXEMPT


@dataclass(frozen=True, slots=True)
class Wording:
    """A product's words: texts by language, and names of taxes by language."""

    texts: Mapping[str, Texts]
    taxes: Mapping[str, Mapping[str, str]]

    @classmethod
    def on_sale(cls, edition: LoadedEdition) -> Wording:
        """The words of an edition as they are now."""
        return cls(edition.texts, edition.taxes.labels | _labels_abroad(edition))

    @classmethod
    def kept(cls, content: Mapping[str, Any]) -> Wording:
        """The words of a `content` that was kept."""
        texts = {language: Texts.model_validate(words) for language, words in content["texts"].items()}
        return cls(texts, content["taxes"])

    @property
    def content(self) -> dict[str, Any]:
        """The words as JSON, to keep."""
        texts = {language: texts.model_dump() for language, texts in self.texts.items()}
        return {"texts": texts, "taxes": self.taxes}

    def texts_in(self, language: str) -> Texts | None:
        """What people read, in `language` or else in any that there is."""
        return self.texts.get(language) or next(iter(self.texts.values()), None)

    def tax_label(self, line: TaxLine | SurchargeLine, language: str) -> str:
        """What people read for a tax, levy or surcharge."""
        country = line.tax_class.rpartition(":")[0] if isinstance(line, TaxLine) else ""
        named = [self.taxes.get(f"{country}:{line.name}" if country else line.name, {})]
        if isinstance(line, SurchargeLine):
            # A section's situs may be abroad, and its surcharge that country's.
            named += [words for name, words in self.taxes.items() if name.endswith(f":{line.name}")]
        elif line.tax_class == EXEMPT:
            named.append({language: Words(language).text("tax.exempt")})
        return next((words[language] for words in named if language in words), line.name.replace("_", " "))


def hash_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a wording's content as canonical JSON."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def _labels_abroad(edition: LoadedEdition) -> dict[str, dict[str, str]]:
    """What other countries call the taxes that sections owe them, by name as in "DE:household_contents"."""
    met = [*edition.plan.tax_classes, *(kind for _, kind in edition.plan.surcharges)]
    countries = dict.fromkeys(name.partition(":")[0] for name in met if ":" in name)
    files = {country: edition.abroad[country] for country in countries if country in edition.abroad}
    return {f"{country}:{name}": words for country, file in files.items() for name, words in file.labels.items()}
