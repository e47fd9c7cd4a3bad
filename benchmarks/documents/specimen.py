"""The certificate that is set, and where its page and its templates are."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from benchmarks.measuring import ROOT

if TYPE_CHECKING:
    from coverage.domain.certificate import Certificate

TEMPLATES: Final = ROOT / "policy_templates"
PAGE: Final = "certificate.html"


def a_certificate() -> Certificate:
    """A day's rent of a van: four sections, five taxes, a code to check it by."""
    from coverage.domain.certificate import (
        Certificate,
        Contact,
        DeductibleSeen,
        InsurerSeen,
        LimitSeen,
        Proof,
        SectionSeen,
        TaxSeen,
    )
    from coverage.domain.money import Money

    def euros(cents: int) -> Money:
        return Money(cents, "EUR")

    sections = (
        SectionSeen("Liability", "Damage to other people.", (LimitSeen("Bodily injury", None, "event"),), None, euros(1130)),
        SectionSeen(
            "Damage to the van", "Accident, theft and fire.", (LimitSeen("", euros(5_000_000), "event"),),
            DeductibleSeen(amount=euros(100_000)), euros(749), exclusions=("Racing", "Wear and defects"),
        ),
        SectionSeen(
            "Goods carried", "What you load.", (LimitSeen("", euros(800_000), "cover"),),
            DeductibleSeen(share_percent="10", minimum=euros(15_000)), euros(630),
        ),
        SectionSeen("Legal protection", "A lawyer after an accident.", (LimitSeen("", euros(1_000_000), "event"),), None, euros(70)),
    )  # fmt: skip
    taxes = tuple(
        TaxSeen(name, rate, euros(cents))
        for name, rate, cents in (
            ("Motor, compulsory", "33", 186), ("Guarantee fund", "1.2", 7), ("Motor, other", "18", 135), ("Goods", "9", 108),
            ("Legal protection", "13.4", 9),
        )
    )  # fmt: skip
    return Certificate(
        number="SC-2026-7K4M-92QX", language="en", product_name="Van for a day",
        product_summary="A shared van and what it carries.", policyholder="Aïcha Benjelloun",
        insured=("Aïcha Benjelloun", "Tomasz Wiśniewski"), object_label="Registration", object_value="GH-482-KV",
        facts=(("Vehicle", "Van up to 3.5 t"),), starts_at=datetime(2026, 12, 5, 7, tzinfo=UTC),
        ends_at=datetime(2026, 12, 5, 19, tzinfo=UTC), timezone="Europe/Paris", territory=("FR", "BE", "DE"),
        sections=sections, net=euros(2579), taxes=taxes, fees=(), gross=euros(3024),
        insurer=InsurerSeen("Mutuelle du Canal SA", "RCS Paris 000 000 000", "ACPR, Paris", "18 quai de Valmy, Paris"),
        master_policy="MC-FLT-2026-0117", partner="Covanto",
        claims_contact=Contact("Covanto Sinistres", "+33 1 55 50 01 99", "claims@covanto.example"),
        assistance_contact=Contact("Canal Assistance", "+33 1 55 50 01 12", ""), cancelled_at=None, livemode=True,
        issued_at=datetime(2026, 12, 4, 16, 42, 10, tzinfo=UTC),
        proof=Proof("https://cover.example/verify/" + "x" * 22, "https://cover.example/verify", date(2026, 12, 5)),
    )  # fmt: skip


def pages_of(pdf: bytes) -> list[str]:
    """What each page says, without the breaks of its lines."""
    from pypdf import PdfReader

    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]
