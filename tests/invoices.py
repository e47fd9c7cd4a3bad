"""An invoice as it comes from a month of covers, for the tests of documents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from coverage.domain.certificate import InsurerSeen, TaxSeen
from coverage.domain.invoice import Amounts, InvoiceSeen, LineSeen
from coverage.domain.money import Money

BEGAN = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # 00:30 on 1 December in Paris


def cents(amount: int) -> Money:
    return Money(amount, "EUR")


def amounts(net: int, taxes: int, *, surcharges: int = 0, fees: int = 0) -> Amounts:
    parts = (net, surcharges, taxes, fees)
    return Amounts(*(cents(part) for part in (*parts, sum(parts))))


def a_line(position: int, language: str, **changes: Any) -> LineSeen:
    """2,579 cents net and 445 of tax, one transaction each hour; each seventh gives as much back."""
    back = position % 7 == 0
    line = LineSeen(
        position=position,
        booked_at=BEGAN + timedelta(hours=position),
        cover_number=f"SC-2026-{position:04}-92QX",
        product="Utilitaire à la journée" if language == "fr" else "Van for a day",
        policyholder=f"emp-{1000 + position}",
        kind="returned" if back else "new",
        amounts=amounts(-2579, -445) if back else amounts(2579, 445),
    )
    return replace(line, **changes)


def an_invoice(language: str = "en", count: int = 3, **changes: Any) -> InvoiceSeen:
    """December 2026 in Paris, issued on 1 January 2027 and due in thirty days."""
    lines = changes.pop("lines", tuple(a_line(position, language) for position in range(1, count + 1)))
    total = sum((line.amounts for line in lines), amounts(0, 0))
    name = "Automobile, autres" if language == "fr" else "Motor, other"
    invoice = InvoiceSeen(
        number="F7K4M-2027-000001",
        language=language,
        month=date(2026, 12, 1),
        partner="Voisinage",
        insurers=(
            InsurerSeen(
                "Mutuelle des Routes", "RCS Nanterre 000 000 000", "ACPR, 4 place de Budapest, 75009 Paris",
                "1 rue de l’Exemple, 92000 Nanterre, France",
            ),
        ),
        master_policies=("MP-7K4M92QX",),
        lines=lines,
        total=total,
        taxes=(TaxSeen(name, "18", total.taxes),) if total.taxes.amount else (),
        issued_at=datetime(2026, 12, 31, 23, 0, 4, tzinfo=UTC),
        due_at=datetime(2027, 1, 31, 22, 59, 59, tzinfo=UTC),
        timezone="Europe/Paris",
        livemode=True,
    )  # fmt: skip
    return replace(invoice, **changes)
