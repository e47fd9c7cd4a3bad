"""The documents beside the certificate: what the law wants of an information document, and what each must tell."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy
import pytest
from fontTools.ttLib import TTFont
from PIL import Image
from pypdf import PdfReader

import coverage
from coverage.domain.certificate import Brand
from coverage.domain.information import (
    AccountSeen,
    LineOfAccount,
    StatementSeen,
    TermsSeen,
)
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.messages import Words
from coverage.rulebook.loaded import LoadedEdition
from tests.certificates import LOGO, a_certificate, euros
from tests.gateways.test_documents import pages, squeezed, text_of
from tests.specimens import EDITIONS, a_receipt, a_statement, information

ROOT = Path(coverage.__file__).parents[2]
# Commission Implementing Regulation (EU) 2017/1469, annex.
QUESTIONS = [
    "What is this type of insurance?", "What is insured?", "What is not insured?", "Are there any restrictions on cover?",
    "Where am I covered?", "What are my obligations?", "When and how do I pay?", "When does the cover start and end?",
    "How do I cancel the contract?",
]  # fmt: skip
X_HEIGHT_MM = 1.2
GREEN, RED, ORANGE, BLUE = (0x17, 0x65, 0x3B), (0xB3, 0x26, 0x1E), (0xC7, 0x5A, 0x00), (0x1B, 0x5F, 0xA8)


@pytest.fixture(scope="module")
def documents() -> Iterator[WeasyPrintDocuments]:
    gateway = WeasyPrintDocuments(ROOT / "policy_templates")
    yield gateway
    gateway.close()


def rastered(pdf: bytes, folder: Path) -> list[Image.Image]:
    (folder / "it.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "150", "-png", str(folder / "it.pdf"), str(folder / "page")], check=True)
    return [Image.open(path).convert("RGB") for path in sorted(folder.glob("page*.png"))]


def marks(page: Image.Image, colour: tuple[int, int, int]) -> int:
    """How many signs of a colour stand on the page, one under another."""
    near = (abs(numpy.asarray(page).astype(int) - numpy.array(colour)) < 12).all(axis=2)
    rows = numpy.flatnonzero(near.any(axis=1))
    return int((numpy.diff(rows) > 6).sum()) + 1 if len(rows) else 0


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.product)
class TestInformationDocument:
    def test_asks_in_the_annexs_order_on_two_sides_at_most(
        self, documents: WeasyPrintDocuments, edition: LoadedEdition, language: str
    ) -> None:
        seen, words = information(edition, language), Words(language)
        pdf = documents.render("ipid.html", language, {"ipid": seen})
        assert pages(pdf) <= 2
        text = text_of(pdf)
        questions = [words.text(question) for question, _, _ in seen.answers()]
        if language == "en":
            assert questions == QUESTIONS
        places = [text.index(squeezed(question)) for question in questions]
        assert places == sorted(places)
        answers = [line for _, _, lines in seen.answers() for line in lines]
        assert [line for line in answers if squeezed(line) not in text] == []
        head = text[: places[0]]
        for told in (
            words.text("ipid.title"),
            seen.product_name,
            seen.insurer.name,
            seen.insurer.registration,
            words.text("ipid.elsewhere"),
        ):
            assert squeezed(told) in head
        (width, height) = PdfReader(io.BytesIO(pdf)).pages[0].mediabox[2:]
        assert (round(float(width) / 72 * 25.4), round(float(height) / 72 * 25.4)) == (210, 297)

    def test_its_smallest_x_is_high_enough(
        self, documents: WeasyPrintDocuments, edition: LoadedEdition, language: str
    ) -> None:
        pdf = documents.render("ipid.html", language, {"ipid": information(edition, language)})
        sizes: set[float] = set()

        def look(text: str, _: Any, matrix: Any, font: Any, size: float) -> None:
            if text.strip() and font:
                sizes.add(round(abs(size * matrix[3]), 2))

        for page in PdfReader(io.BytesIO(pdf)).pages:
            page.extract_text(visitor_text=look)
        # The foot of a page, with its number, is none of the document's text.
        smallest = min(size for size in sizes if size > 7.6)
        assert sizes - {7.5} == {size for size in sizes if size >= smallest}
        with TTFont(ROOT / "policy_templates/fonts/SharecoverSans-Regular.ttf") as font:
            ratio = font["OS/2"].sxHeight / font["head"].unitsPerEm
        assert smallest * ratio / 72 * 25.4 >= X_HEIGHT_MM

    def test_each_answer_has_its_sign_and_the_signs_differ_without_colour(
        self, documents: WeasyPrintDocuments, edition: LoadedEdition, language: str, tmp_path: Path
    ) -> None:
        seen = information(edition, language)
        drawn = rastered(documents.render("ipid.html", language, {"ipid": seen}), tmp_path)
        for colour, lines in (
            (GREEN, seen.insured),
            (RED, seen.not_insured),
            (ORANGE, seen.restrictions),
            (BLUE, seen.where),
        ):
            assert sum(marks(page, colour) for page in drawn) == len(lines)


class TestTerms:
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_tell_what_isnt_covered_in_bold(self, documents: WeasyPrintDocuments, language: str) -> None:
        (edition,) = [one for one in EDITIONS if one.product == "off_duty_vehicle"]
        certificate = a_certificate(language, brand=Brand("#ffc83d", LOGO))
        seen = TermsSeen(certificate, certificate.issued_at, "A need.", information(edition, language))
        pdf = documents.render("terms.html", language, {"terms": seen})
        text = text_of(pdf)
        told = [*seen.information.not_insured, *seen.information.restrictions, *seen.information.obligations]
        told += [section.name for section in certificate.sections] + [
            seen.information.cancellation,
            certificate.master_policy,
        ]
        assert [line for line in told if squeezed(line) not in text] == []
        bold: set[str] = set()

        def look(words: str, _: Any, __: Any, font: Any, ___: Any) -> None:
            if font and "Semi" in str(font["/BaseFont"]):
                bold.add(squeezed(words))

        for page in PdfReader(io.BytesIO(pdf)).pages:
            page.extract_text(visitor_text=look)
        together = "".join(bold)
        assert [line for line in seen.information.not_insured if squeezed(line)[:20] not in together] == []


class TestReceipt:
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_repeats_what_was_declared_on_a_page(self, documents: WeasyPrintDocuments, language: str) -> None:
        receipt, words = a_receipt(language), Words(language)
        pdf = documents.render("receipt.html", language, {"receipt": receipt})
        text = text_of(pdf)
        for told in (
            receipt.number, receipt.cover_number, receipt.description, words.text("cause.theft"), "Goods carried", "GH-482-KV",
            words.instant(receipt.loss_at, receipt.timezone), words.instant(receipt.reported_at, receipt.timezone),
            words.text("receipt.no_promise"), receipt.claims_contact.phone,
        ):  # fmt: skip
            assert squeezed(told) in text
        assert pages(pdf) == 1

    @pytest.mark.parametrize("cause", ["accident", "theft", "fire", "breakage", "water", "vandalism", "other"])
    def test_knows_every_cause(self, cause: str) -> None:
        assert {Words(language).text(f"cause.{cause}") for language in ("en", "fr")}

    def test_ten_thousand_words_flow_on_and_a_test_says_so(self, documents: WeasyPrintDocuments) -> None:
        long = " ".join(f"word{at}" for at in range(2_000))
        pdf = documents.render("receipt.html", "en", {"receipt": a_receipt("en", description=long, livemode=False)})
        assert pages(pdf) > 1
        assert "word1999" in text_of(pdf)
        assert "Nobodyisinsured" not in text_of(pdf)
        assert squeezed(Words("en").text("receipt.test_sentence")) in text_of(pdf)


class TestStatement:
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_adds_up_as_it_is_read(self, documents: WeasyPrintDocuments, language: str) -> None:
        words = Words(language)
        seen = a_statement(language)
        (account,) = seen.accounts
        pdf = documents.render("statement.html", language, {"statement": seen})
        text = text_of(pdf)
        for told in (
            words.day(seen.first_at, "Europe/Paris"),
            words.day(seen.last_at, "Europe/Paris"),
            words.money(account.closing),
            "SC-00028-ABCDE",
        ):
            assert squeezed(told) in text
        assert text.count(squeezed(words.money(account.closing))) == 3, (
            "what is owed, the last balance, the closing one"
        )
        assert date(2026, 11, 1).strftime("%Y") in text

    def test_money_in_their_favour_is_called_so(self, documents: WeasyPrintDocuments) -> None:
        credit = replace(euros("5.00"), amount=-500)
        account = AccountSeen(
            euros("0"), (LineOfAccount(datetime(2026, 11, 2, tzinfo=UTC), "Refund", credit, credit),), credit
        )
        seen = StatementSeen(
            "en", "Covanto", account.lines[0].at, account.lines[0].at, "Europe/Paris", (account,), False
        )
        text = text_of(documents.render("statement.html", "en", {"statement": seen}))
        assert "Inyourfavour€5.00" in text
        assert "Nothingisowed" in re.sub(r"\s", "", text)
