"""An invoice as a document: everything on it, its table's head on every page, the same bytes each time."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from coverage.domain.invoice import InvoiceSeen
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.messages import LANGUAGES, Words
from tests.conftest import ROOT
from tests.invoices import a_line, amounts, an_invoice


@pytest.fixture(scope="module")
def documents() -> Iterator[WeasyPrintDocuments]:
    gateway = WeasyPrintDocuments(ROOT / "policy_templates", seconds=60)
    yield gateway
    gateway.close()


def render(documents: WeasyPrintDocuments, invoice: InvoiceSeen) -> bytes:
    return documents.render("invoice.html", invoice.language, {"invoice": invoice})


def pages(pdf: bytes, folder: Path) -> list[str]:
    (folder / "invoice.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", str(folder / "invoice.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\f")[:-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_repeats_its_head_over_many_pages(documents: WeasyPrintDocuments, language: str, tmp_path: Path) -> None:
    invoice, words = an_invoice(language, 120), Words(language)
    found = pages(render(documents, invoice), tmp_path)
    assert len(found) > 3
    heads = [words.text(key) for key in ("invoice.booked", "invoice.cover", "invoice.what", "invoice.col_taxes")]
    for number, page in enumerate(found, start=1):
        assert all(head in page for head in heads), number
        assert f"{number}/{len(found)}" in page.replace(" ", "")
    text = "".join(found)
    assert all(line.cover_number in text for line in invoice.lines)
    first = found[0].replace("\xa0", " ").replace("\u202f", " ")
    total = words.money(invoice.total.gross).replace("\xa0", " ").replace("\u202f", " ")
    assert first.count(total) >= 2, "above all else, and under the sums"
    assert words.day(invoice.due_at, invoice.timezone) in first
    assert words.text("certificate.test") not in text


def test_has_the_same_bytes_each_time(documents: WeasyPrintDocuments) -> None:
    assert render(documents, an_invoice()) == render(documents, an_invoice())


@pytest.mark.parametrize("language", LANGUAGES)
def test_calls_what_gives_back_a_credit_note(
    documents: WeasyPrintDocuments, language: str, tmp_path: Path
) -> None:  # fmt: skip
    invoice = an_invoice(language, lines=(a_line(7, language),))
    assert invoice.is_credit_note
    (page,) = pages(render(documents, invoice), tmp_path)
    words = Words(language)
    assert words.text("invoice.credit_title") in page
    assert words.text("invoice.title") not in page.split()
    assert words.text("invoice.due") not in page, "nobody has to pay it"


def test_takes_names_and_amounts_of_any_length(documents: WeasyPrintDocuments, tmp_path: Path) -> None:
    large = amounts(9_999_999_99, 1_800_000_00, surcharges=100_000_00, fees=1_000_00)
    line = a_line(1, "fr", policyholder="x" * 120, product="Échange de logements " * 5, amounts=large)
    invoice = an_invoice("fr", lines=(line,), partner="Coopérative d’autopartage " * 8, livemode=False)
    text = "".join(pages(render(documents, invoice), tmp_path))
    assert "".join(text.split()).count("x" * 120) <= 1
    assert text.count("x") >= 120
    assert "9 999 999,99" in text.replace("\xa0", " ").replace("\u202f", " ")
    assert Words("fr").text("invoice.test_sentence").replace("\u202f", " ")[:15] in text


def test_says_when_nothing_is_to_be_paid(documents: WeasyPrintDocuments, tmp_path: Path) -> None:
    there_and_back = (a_line(1, "en"), a_line(7, "en"))
    (page,) = pages(render(documents, an_invoice("en", lines=there_and_back)), tmp_path)
    assert "Nothing to pay" in page
