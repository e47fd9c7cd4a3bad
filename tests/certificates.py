"""A certificate as it comes from a day's rent of a van, for the tests of documents and pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from coverage.domain.certificate import (
    Certificate,
    Contact,
    DeductibleSeen,
    InsurerSeen,
    LimitSeen,
    SectionSeen,
    TaxSeen,
)
from coverage.domain.money import Money

# A logo of 2 × 1 pixels, as PNG.
LOGO = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000010802000000"
    "7b40e8dd0000000f49444154789c6360606060f8ff1f0003020200e3d3bd1c0000000049454e44ae426082"
)


def euros(text: str) -> Money:
    whole, _, cents = text.partition(".")
    return Money(int(whole) * 100 + int(cents or 0), "EUR")


def a_certificate(language: str = "en", **changes: Any) -> Certificate:
    """Saturday 5 December 2026, 08:00 to 20:00 in Paris: four sections, five taxes, €30.24."""

    def words(english: str, french: str) -> str:
        return french if language == "fr" else english

    certificate = Certificate(
        number="SC-2026-7K4M-92QX",
        language=language,
        product_name=words("Van for a day", "Utilitaire à la journée"),
        product_summary=words("A shared van and what it carries.", "Un utilitaire partagé et ce qu’il porte."),
        policyholder="Aïcha Benjelloun",
        insured=("Aïcha Benjelloun", "Tomasz Wiśniewski"),
        object_label=words("Registration", "Immatriculation"),
        object_value="GH-482-KV",
        facts=((words("Vehicle", "Véhicule"), words("Van up to 3.5 t", "Utilitaire jusqu’à 3,5 t")),),
        starts_at=datetime(2026, 12, 5, 7, tzinfo=UTC),
        ends_at=datetime(2026, 12, 5, 19, tzinfo=UTC),
        timezone="Europe/Paris",
        territory=("FR", "BE", "DE"),
        sections=_sections(words),
        net=euros("25.79"),
        taxes=(
            TaxSeen(words("Motor, compulsory", "Automobile, obligatoire"), "33", euros("1.86")),
            TaxSeen(words("Guarantee fund", "Fonds de garantie"), "1.2", euros("0.07")),
            TaxSeen(words("Motor, other", "Automobile, autres"), "18", euros("1.35")),
            TaxSeen(words("Goods", "Biens"), "9", euros("1.08")),
            TaxSeen(words("Legal protection", "Protection juridique"), "13.4", euros("0.09")),
        ),
        fees=(),
        gross=euros("30.24"),
        insurer=InsurerSeen("Mutuelle du Canal SA", "RCS Paris 000 000 000", "ACPR, Paris", "18 quai de Valmy, Paris"),
        master_policy="MC-FLT-2026-0117",
        partner="Covanto",
        claims_contact=Contact("Covanto Sinistres", "+33 1 55 50 01 99", "claims@covanto.example"),
        assistance_contact=Contact("Canal Assistance", "+33 1 55 50 01 12", ""),
        issued_at=datetime(2026, 12, 4, 16, 42, 10, tzinfo=UTC),
        cancelled_at=None,
        livemode=True,
    )
    return replace(certificate, **changes)


def _sections(words: Any) -> tuple[SectionSeen, ...]:
    return (
        SectionSeen(
            words("Liability", "Responsabilité civile"),
            words("Damage to other people.", "Les dommages causés à autrui."),
            (
                LimitSeen(words("Bodily injury", "Dommages corporels"), None, "event"),
                LimitSeen(words("Property", "Dommages matériels"), euros("100000000"), "event"),
            ),
            None,
            euros("11.30"),
        ),
        SectionSeen(
            words("Damage to the van", "Dommages à l’utilitaire"),
            words("Accident, theft and fire.", "Accident, vol et incendie."),
            (LimitSeen("", euros("50000"), "event"),),
            DeductibleSeen(euros("1000"), after_limit=True),
            euros("7.49"),
            (words("Racing", "Les courses"), words("Wear and defects", "L’usure et les défauts")),
        ),
        SectionSeen(
            words("Goods carried", "Biens transportés"),
            words("What you load.", "Ce que vous chargez."),
            (LimitSeen("", euros("8000"), "cover"), LimitSeen("", euros("2500"), "item")),
            DeductibleSeen(share_percent="10", minimum=euros("150")),
            euros("6.30"),
        ),
        SectionSeen(
            words("Legal protection", "Protection juridique"),
            words("A lawyer after an accident.", "Un avocat après un accident."),
            (LimitSeen("", euros("10000"), "event"),),
            None,
            euros("0.70"),
        ),
    )


def facts(certificate: Certificate) -> list[str]:
    """Everything that a page about this certificate must say and that needs no words of the service."""
    contacts = [certificate.claims_contact] + [it for it in [certificate.assistance_contact] if it]
    insurer = certificate.insurer
    return [
        certificate.number,
        certificate.product_name,
        certificate.product_summary,
        *certificate.insured,
        certificate.object_label,
        certificate.object_value,
        *(part for fact in certificate.facts for part in fact),
        *(part for section in certificate.sections for part in (section.name, section.summary)),
        *(limit.label for section in certificate.sections for limit in section.limits),
        *(code for section in certificate.sections for code in section.exclusions),
        *(tax.name for tax in certificate.taxes),
        *(name for name, _ in certificate.surcharges),
        *(name for name, _ in certificate.fees),
        *(insurer.name, insurer.registration, insurer.supervisor, insurer.address),
        certificate.master_policy,
        certificate.partner,
        *(part for contact in contacts for part in (contact.name, contact.phone, contact.email)),
    ]
