"""An edition ready to price, with all that its prices hang on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from coverage.domain.period import local_day
from coverage.rulebook.format import Edition, Example, TaxFile, Texts
from coverage.rulebook.language.reading import Document, Place, canonical_json
from coverage.rulebook.planning.plan import Plan
from coverage.rulebook.planning.taxes import TaxesInForce, in_force, next_change
from coverage.rulebook.running.scalar import Scalar

DAYS_KEPT: Final = 100  # of taxes that were looked up: most quotes are made today


@dataclass(frozen=True, slots=True)
class LoadedEdition:
    """An edition ready to price: its typed rules, its plan, its country's taxes, its texts by language."""

    name: str
    document: Document
    rules: Edition
    plan: Plan
    taxes: TaxFile
    texts: dict[str, Texts]
    examples: tuple[tuple[Place, Example], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)  # its tables' files, by name
    abroad: Mapping[str, TaxFile] = field(
        default_factory=dict
    )  # the taxes of every country that there are, its own too
    _compiled: dict[str, Scalar] = field(default_factory=dict, init=False, repr=False, compare=False)
    _taxes: dict[date, TaxesInForce] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def product(self) -> str:
        return self.rules.product

    @property
    def country(self) -> str:
        return self.rules.country

    @property
    def identity(self) -> str:
        """How an edition is called in answers: `off_duty_vehicle/FR/2026-01-01`."""
        return f"{self.product}/{self.country}/{self.name}"

    @property
    def hash(self) -> str:
        """SHA-256 of the edition's text, with its tables' files."""
        return hashlib.sha256(self.kept_text.encode()).hexdigest()

    @property
    def kept_text(self) -> str:
        """All that is needed to price with it again: the edition's text, and with it the files of its tables.

        `revive` reads it. An edition has no key `edition`, so the two ways to write it can't be mistaken.
        """
        return (
            canonical_json({"edition": self.document.text, "files": dict(self.files)})
            if self.files
            else self.document.text
        )

    @property
    def effective_at(self) -> datetime:
        return self.rules.effective.replace(tzinfo=ZoneInfo(self.rules.timezone)).astimezone(UTC)

    def taxed_by(self, taxes: Mapping[str, TaxFile]) -> LoadedEdition:
        """This edition among the taxes of the countries as they are now: a kept text has none of its own."""
        return replace(self, taxes=taxes.get(self.country, self.taxes), abroad=taxes)

    def taxes_on(self, on: date) -> TaxesInForce:
        """The taxes that it meets on a day; raises `NoTaxRate`."""
        if on not in self._taxes:
            if len(self._taxes) >= DAYS_KEPT:
                self._taxes.clear()
            self._taxes[on] = in_force({**self.abroad, self.country: self.taxes}, self.plan, on)
        return self._taxes[on]

    def compiled(self, taxes: TaxesInForce) -> Scalar:
        """The edition compiled with those taxes; compiled once for each set of rates."""
        if taxes.hash not in self._compiled:
            self._compiled[taxes.hash] = Scalar(self.plan, taxes)
        return self._compiled[taxes.hash]

    def binds_until(self, asked_at: datetime) -> datetime:
        """When a quote made at `asked_at` stops binding: its validity, cut short by the next known tax change.

        A priced quote is a firm offer (Code civil 1116), and must not outlive the taxes that it was priced with.
        """
        expires_at = asked_at + timedelta(seconds=self.rules.quote.valid_for)
        changes_on = next_change(
            {**self.abroad, self.country: self.taxes}, self.plan, local_day(asked_at, self.rules.timezone)
        )
        if changes_on is None:
            return expires_at
        midnight = datetime.combine(changes_on, time(0), ZoneInfo(self.rules.timezone)).astimezone(UTC)
        return min(expires_at, midnight)

    def texts_in(self, language: str) -> Texts | None:
        """What people read, in `language` or else in any language there is."""
        return self.texts.get(language) or next(iter(self.texts.values()), None)
