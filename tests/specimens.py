"""One of each document that the service sets, for tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from coverage.domain.certificate import Brand, Proof, Signing
from coverage.domain.information import (
    AccountSeen,
    InformationSeen,
    LineOfAccount,
    ReceiptSeen,
    StatementSeen,
    TermsSeen,
)
from coverage.rulebook.editions import load
from coverage.rulebook.loaded import LoadedEdition
from tests.certificates import LOGO, a_certificate, euros
from tests.conftest import ROOT
from tests.invoices import an_invoice

EDITIONS = load(ROOT / "pricing_rules").editions
LANGUAGES = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Specimen:
    """A document: its template, and what the template is told under which name."""

    template: str
    name: str
    said: Any

    @property
    def said_in(self) -> str:
        """The document's language."""
        found: str = self.said.cover.language if self.name == "terms" else self.said.language
        return found

    @property
    def facts(self) -> Mapping[str, object]:
        return {self.name: self.said}


def information(edition: LoadedEdition, language: str, **changes: Any) -> InformationSeen:
    """What a product's information document says."""
    texts, said = edition.texts[language], edition.texts[language].ipid
    seen = InformationSeen(
        language, texts.product.name, a_certificate().insurer, "a" * 64, said.type_of_insurance, tuple(said.insured),
        tuple(said.not_insured), tuple(said.restrictions), tuple(said.where), tuple(said.obligations), said.payment,
        said.start_and_end, said.cancellation, edition.effective_at,
    )  # fmt: skip
    return replace(seen, **changes)


def a_receipt(language: str, **changes: Any) -> ReceiptSeen:
    """The receipt of a claim: two bicycles stolen out of a van."""
    said = a_certificate(language)
    receipt = ReceiptSeen(
        number="CL-7K4M9-2QXTB", language=language, cover_number=said.number, product_name=said.product_name,
        object_label=said.object_label, object_value=said.object_value, policyholder=said.policyholder,
        loss_at=datetime(2026, 12, 5, 15, 20, tzinfo=UTC), reported_at=datetime(2026, 12, 6, 9, tzinfo=UTC),
        timezone=said.timezone, cause="theft", description="Two bicycles.\nThe lock was cut.", sections=("Goods carried",),
        insurer=said.insurer, partner=said.partner, claims_contact=said.claims_contact, livemode=True, brand=Brand("#7a1f5c"),
    )  # fmt: skip
    return replace(receipt, **changes)


def a_statement(language: str, days: int = 28) -> StatementSeen:
    """A partner's account over November: €12.30 more is owed each day."""
    lines = tuple(
        LineOfAccount(
            datetime(2026, 11, 1, 9, tzinfo=UTC) + timedelta(days=day - 1),
            f"SC-{day:05}-ABCDE New Business",
            euros("12.30"),
            euros(f"{12.30 * day:.2f}"),
        )
        for day in range(1, days + 1)
    )
    return StatementSeen(
        language, "Covanto", datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC),
        "Europe/Paris", (AccountSeen(euros("0"), lines, lines[-1].balance),), True,
    )  # fmt: skip


def specimens(language: str) -> list[Specimen]:
    """One of each kind in a language; the information documents and terms of every product on sale."""
    proof = Proof("https://cover.example/verify/" + "x" * 22, "https://cover.example/verify", date(2026, 12, 5))
    certificate = a_certificate(
        language, proof=proof, signing=Signing("Mutuelle du Canal SA", False), brand=Brand("#ffc83d", LOGO)
    )
    told = [(edition, information(edition, language)) for edition in EDITIONS]
    return [
        Specimen("certificate.html", "certificate", certificate),
        *(Specimen("ipid.html", "ipid", said) for _, said in told),
        *(
            Specimen("terms.html", "terms", TermsSeen(certificate, certificate.issued_at, "A need.", said))
            for _, said in told
        ),
        Specimen("receipt.html", "receipt", a_receipt(language)),
        Specimen("invoice.html", "invoice", an_invoice(language, 40)),
        Specimen("statement.html", "statement", a_statement(language)),
    ]
