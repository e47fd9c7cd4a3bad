from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from pypdf import PdfReader

import coverage
from coverage.domain.certificate import Brand, Certificate, plain
from coverage.domain.faults import Unavailable
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.messages import Words
from tests.certificates import LOGO, a_certificate, euros, facts

TEMPLATES = Path(coverage.__file__).parents[2] / "policy_templates"


@pytest.fixture(scope="module")
def documents() -> Iterator[WeasyPrintDocuments]:
    gateway = WeasyPrintDocuments(TEMPLATES)
    yield gateway
    gateway.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server on loopback that nobody may knock at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def was_called(listener: socket.socket) -> bool:
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        return False
    connection.close()
    return True


def certificate_pdf(documents: WeasyPrintDocuments, certificate: Certificate) -> bytes:
    return documents.render("certificate.html", certificate.language, {"certificate": certificate})


def text_of(pdf: bytes) -> str:
    """The text that a reader copies out, without the breaks of its lines."""
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def pages(pdf: bytes) -> int:
    return len(PdfReader(io.BytesIO(pdf)).pages)


def resources(pdf: bytes, kind: str) -> list[Any]:
    """The pages' fonts, or what they draw: images, and forms that hold more drawing."""
    return [
        it.get_object()
        for page in PdfReader(io.BytesIO(pdf)).pages
        for it in cast(Any, page["/Resources"]).get(kind, {}).values()
    ]


def images(pdf: bytes) -> int:
    # Pages may share one.
    return len({it.hash_value() for it in resources(pdf, "/XObject") if it["/Subtype"] == "/Image"})


def fonts_of(pdf: bytes) -> set[str]:
    """Families by their names' first word, without the subset's tag: "ABCDEF+Noto-Sans-Arabic"."""
    return {str(it["/BaseFont"]).split("+")[1].split("-")[0] for it in resources(pdf, "/Font")}


class TestCertificate:
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_states_every_fact_on_two_pages(self, documents: WeasyPrintDocuments, language: str) -> None:
        certificate = a_certificate(language)
        pdf = certificate_pdf(documents, certificate)
        words = Words(language)
        amounts = [
            certificate.net,
            certificate.gross,
            *(tax.amount for tax in certificate.taxes),
            *(section.premium for section in certificate.sections),
        ]
        wanted = [
            *facts(certificate),
            *(words.money(amount) for amount in amounts),
            *(words.percent(tax.rate_percent) for tax in certificate.taxes),
            *(words.limit(limit) for section in certificate.sections for limit in section.limits),
            *(words.deductible(section.deductible) for section in certificate.sections),
            *(words.time(at, "Europe/Paris") for at in (certificate.starts_at, certificate.ends_at)),
            words.day(certificate.starts_at, "Europe/Paris"),
            words.zone(certificate.starts_at, "Europe/Paris"),
            words.instant(certificate.issued_at, "Europe/Paris"),
            *(words.country(code) for code in certificate.territory),
        ]
        text = text_of(pdf)
        assert [fact for fact in wanted if squeezed(fact) not in text] == []
        assert pages(pdf) <= 2

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_the_first_page_answers_alone(self, documents: WeasyPrintDocuments, language: str) -> None:
        certificate = a_certificate(language)
        first = PdfReader(io.BytesIO(certificate_pdf(documents, certificate))).pages[0].extract_text()
        words = Words(language)
        for answer in (
            words.text("certificate.covered"),
            certificate.object_value,
            words.time(certificate.ends_at, "Europe/Paris"),
            words.money(certificate.gross),
            "+33 1 55 50 01 12",
            certificate.insurer.name,
            certificate.master_policy,
            *(section.name for section in certificate.sections),
        ):
            assert squeezed(answer) in squeezed(first)

    def test_carries_title_language_dates_and_tags(self, documents: WeasyPrintDocuments) -> None:
        pdf = certificate_pdf(documents, a_certificate("fr"))
        reader = PdfReader(io.BytesIO(pdf))
        about = reader.metadata
        assert about is not None
        assert about.title == "Attestation d’assurance SC-2026-7K4M-92QX"
        assert about.author == "Mutuelle du Canal SA"
        assert about.creation_date == about.modification_date == datetime(2026, 12, 4, 16, 42, 10, tzinfo=UTC)
        catalog = cast(Any, reader.trailer["/Root"])
        assert catalog["/Lang"] == "fr"
        assert catalog["/MarkInfo"]["/Marked"]
        assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
        metadata = catalog["/Metadata"].get_data()
        for mark in (b'pdfuaid:part="1"', b'pdfaid:part="3"', b'pdfaid:conformance="A"'):
            assert mark in metadata
        assert catalog["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"

    def test_numbers_its_pages(self, documents: WeasyPrintDocuments) -> None:
        reader = PdfReader(io.BytesIO(certificate_pdf(documents, a_certificate())))
        for at, page in enumerate(reader.pages, start=1):
            text = squeezed(page.extract_text())
            assert f"{at}/{len(reader.pages)}" in text
            assert "SC-2026-7K4M-92QX" in text

    def test_a_test_says_so_on_every_page_and_never_that_it_insures(self, documents: WeasyPrintDocuments) -> None:
        words = Words("en")
        reader = PdfReader(io.BytesIO(certificate_pdf(documents, a_certificate(livemode=False))))
        texts = [squeezed(page.extract_text()) for page in reader.pages]
        assert all("TEST" in text for text in texts)
        assert squeezed(words.text("certificate.test_sentence")) in texts[0]
        assert f"{words.text('certificate.covered')}Vanforaday" not in texts[0]

    def test_a_cancelled_one_says_since_when(self, documents: WeasyPrintDocuments) -> None:
        cancelled_at = datetime(2026, 12, 5, 6, tzinfo=UTC)
        text = text_of(certificate_pdf(documents, a_certificate(cancelled_at=cancelled_at)))
        assert "CANCELLEDSinceSaturday5December2026at07:00(Paris,UTC+1)" in text
        assert "InsuredVanforaday" not in text

    def test_eight_sections_and_long_names_stay_on_two_pages(self, documents: WeasyPrintDocuments) -> None:
        usual = a_certificate()
        certificate = replace(
            usual,
            sections=usual.sections * 2,
            policyholder="Wolfeschlegelsteinhausenbergerdorff " * 3 + "W" * 60,
            object_value="W" * 40,
            product_name="A product with quite a long name, " * 3,
        )
        pdf = certificate_pdf(documents, certificate)
        assert pages(pdf) <= 2
        assert "W" * 60 in text_of(pdf)

    def test_twenty_sections_flow_on_and_none_is_lost(self, documents: WeasyPrintDocuments) -> None:
        section = a_certificate().sections[0]
        many = tuple(replace(section, name=f"Section number {at}.") for at in range(20))
        pdf = certificate_pdf(documents, a_certificate(sections=many))
        text = text_of(pdf)
        assert [it.name for it in many if text.count(squeezed(it.name)) < 3] == []
        assert pages(pdf) <= 4

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_says_surcharges_and_when_a_section_covers_at_another_time(
        self, documents: WeasyPrintDocuments, language: str
    ) -> None:
        usual, words = a_certificate(language), Words(language)
        window = (datetime(2026, 12, 1, 9, 30, tzinfo=UTC), usual.starts_at)
        sections = (*usual.sections[:3], replace(usual.sections[3], window=window))
        surcharges = (("Natural catastrophes", euros("1.23")),)
        text = text_of(certificate_pdf(documents, replace(usual, sections=sections, surcharges=surcharges)))
        start, end = (words.instant(at, "Europe/Paris") for at in window)
        assert text.count(squeezed(words.text("section.window", start=start, end=end))) == 1
        assert squeezed(f"Natural catastrophes{words.money(euros('1.23'))}") in text

    def test_sets_exclusions_in_bold(self, documents: WeasyPrintDocuments) -> None:
        """They count only in very apparent characters (Code des assurances L112-4)."""
        page = PdfReader(io.BytesIO(certificate_pdf(documents, a_certificate()))).pages[0]
        set_in: dict[str, str] = {}

        def look(text: str, _: Any, __: Any, font: Any, ___: Any) -> None:
            set_in[squeezed(text)] = str(font["/BaseFont"]) if font else ""

        page.extract_text(visitor_text=look)
        excluded = {font for text, font in set_in.items() if "Racing" in text}
        plain = {font for text, font in set_in.items() if "Accident,theft" in text}
        assert {"Semi" in font for font in excluded} == {True}
        assert {"Semi" in font for font in plain} == {False}

    def test_an_empty_object_and_no_assistance_leave_no_gap(self, documents: WeasyPrintDocuments) -> None:
        bare = a_certificate(object_label="", object_value="", facts=(), assistance_contact=None)
        text = text_of(certificate_pdf(documents, bare))
        assert squeezed(Words("en").text("certificate.claims_in_short")) in text

    def test_a_logo_stands_for_the_partners_name(self, documents: WeasyPrintDocuments) -> None:
        pdf = certificate_pdf(documents, a_certificate(brand=Brand("#ffc83d", LOGO)))
        assert images(pdf) == 1
        assert images(certificate_pdf(documents, a_certificate())) == 0

    def test_names_of_many_scripts_are_drawn_in_our_own_fonts(self, documents: WeasyPrintDocuments) -> None:
        names = (
            "Łukasz Šťastný",
            "Nguyễn Thị Hậu",
            "Γιώργος Παππάς",
            "Олена Шевченко",
            "مريم حداد",
            "נועה לוי",
        )
        pdf = certificate_pdf(documents, a_certificate(insured=names))
        text = text_of(pdf)
        assert [name for name in names[:4] if squeezed(name) not in text] == []
        assert fonts_of(pdf) == {"Sharecover", "Noto"}

    def test_letters_that_no_font_of_ours_has_are_spelt_in_latin_ones(self, documents: WeasyPrintDocuments) -> None:
        text = text_of(certificate_pdf(documents, a_certificate(policyholder="王小明", insured=("김민준", "Ⅻ"))))
        for spelt in ("WangXiaoMing", "GimMinJun", "XII"):
            assert spelt in text

    def test_encloses_what_it_says_for_machines(self, documents: WeasyPrintDocuments) -> None:
        certificate = a_certificate("fr")
        said = json.dumps(plain(certificate)).encode()
        pdf = documents.render("certificate.html", "fr", {"certificate": certificate}, {"certificate.json": said})
        assert pdf == documents.render(
            "certificate.html", "fr", {"certificate": certificate}, {"certificate.json": said}
        )
        reader = PdfReader(io.BytesIO(pdf))
        (content,) = reader.attachments["certificate.json"]
        told = json.loads(content)
        assert told["gross"] == {"amount": 3024, "currency": "EUR"}
        assert (told["starts_at"], told["ends_at"]) == ("2026-12-05T07:00:00Z", "2026-12-05T19:00:00Z")
        assert "brand" not in told
        catalog = cast(Any, reader.trailer["/Root"])
        assert {one.get_object()["/AFRelationship"] for one in catalog["/AF"]} == {"/Data"}

    def test_letters_that_turn_the_direction_are_dropped(self, documents: WeasyPrintDocuments) -> None:
        certificate = a_certificate(policyholder="\u202egnihton\x00\x1b[2J", object_value="AB\u2066-12")
        text = text_of(certificate_pdf(documents, certificate))
        assert "gnihton" in text
        assert "AB-12" in text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", text)


class TestSameBytes:
    def test_two_cold_processes_agree(self) -> None:
        found = set()
        for _ in range(2):
            gateway = WeasyPrintDocuments(TEMPLATES)
            found.add(certificate_pdf(gateway, a_certificate()))
            gateway.close()
        assert len(found) == 1

    def test_what_was_set_before_leaves_no_trace(self, documents: WeasyPrintDocuments) -> None:
        first = certificate_pdf(documents, a_certificate())
        certificate_pdf(documents, a_certificate("fr", livemode=False, policyholder="Олена Шевченко"))
        assert certificate_pdf(documents, a_certificate()) == first


class TestBrand:
    @pytest.mark.parametrize("field", ["colour", "logo"])
    def test_a_brand_takes_nothing_but_a_colour_and_an_image(self, field: str) -> None:
        bad = {"colour": "red;background:url(x)"} if field == "colour" else {"logo": b"<svg onload=x/>"}
        with pytest.raises(ValueError):
            Brand(**bad)


# What a template would have to say for something to be fetched: the wall behind the wall.
MARKUP = [
    '<img src="{url}">',
    '<img src="file:///etc/passwd">',
    '<img src="{outside}">',
    '<img src="link.png">',
    '<img src="../outside.png">',
    '<img src="%2e%2e/outside.png">',
    '<img src="file://127.0.0.1{outside_path}">',
    '<img src="data:image/png;base64,AAAA">',
    '<img src="asset:unknown">',
    '<img src="ftp://127.0.0.1:{port}/x">',
    '<link rel="stylesheet" href="{url}">',
    '<link rel="attachment" href="{outside}">',
    '<style>@import "{url}";</style>',
    "<style>p {{ background: url({url}) }}</style><p>x</p>",
    "<style>@font-face {{ font-family: x; src: url({url}) }} p {{ font-family: x }}</style><p>x</p>",
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}" width="9" height="9"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><style>@import "{url}";</style></svg>',
    '<object data="{url}"></object>',
    '<embed src="{outside}">',
    '<base href="{url}"><img src="x.png">',
]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeasyPrintDocuments]:
    """A folder with images in it and beside it, and a template that says whatever it is told."""
    folder = tmp_path_factory.mktemp("fetching")
    (folder / "outside.png").write_bytes(LOGO)
    templates = folder / "templates"
    templates.mkdir()
    (templates / "fonts").symlink_to(TEMPLATES / "fonts")
    (templates / "link.png").symlink_to(folder / "outside.png")
    (templates / "stamp.png").write_bytes(LOGO)
    (templates / "page.html").write_text(
        "<!doctype html><html lang=en><title>x</title>{{ markup.format_map(addresses) | safe }}"
    )
    gateway = WeasyPrintDocuments(templates)
    yield gateway
    gateway.close()


class TestFetching:
    @pytest.mark.parametrize("markup", MARKUP)
    def test_nothing_is_fetched_but_our_own(
        self,
        gateway: WeasyPrintDocuments,
        listener: socket.socket,
        capfd: pytest.CaptureFixture[str],
        markup: str,
    ) -> None:
        port = listener.getsockname()[1]
        outside = gateway.templates.parent / "outside.png"
        addresses = {
            "url": f"http://127.0.0.1:{port}/x",
            "port": port,
            "outside": outside.as_uri(),
            "outside_path": outside,
        }
        said = "The document could not be set: Refused."
        # Most stop the document; an image inside an inline SVG is left out.
        try:
            pdf = gateway.render("page.html", "en", {"markup": markup, "addresses": addresses})
        except Unavailable as refusal:
            said = refusal.detail
        else:
            assert "<svg" in markup
            assert images(pdf) == 0
        assert said == "The document could not be set: Refused."
        assert gateway.process_id is not None, "the next document needs no other child"
        assert not was_called(listener)
        assert capfd.readouterr().err == "", "a trace would quote the document"

    def test_an_image_beside_the_template_is_ours(self, gateway: WeasyPrintDocuments) -> None:
        markup = "<img alt=stamp src=stamp.png>"
        assert images(gateway.render("page.html", "en", {"markup": markup, "addresses": {}})) == 1


def heavy_templates(folder: Path) -> Path:
    """A template that takes as many paragraphs as it is told, and one whose paragraphs are 100 kB each."""
    (folder / "fonts").symlink_to(TEMPLATES / "fonts")
    (folder / "page.html").write_text(
        "<html lang=en><title>x</title>{% for at in range(count) %}<p>a paragraph {{ at }}</p>{% endfor %}"
    )
    (folder / "wide.html").write_text(
        "<html lang=en><title>x</title>{% for at in range(count) %}<p title='{{ 'x' * 100_000 }}'>x</p>{% endfor %}"
    )
    return folder


class TestLimits:
    def test_a_document_that_takes_too_long_is_given_up_and_the_next_is_set(self, tmp_path: Path) -> None:
        gateway = WeasyPrintDocuments(heavy_templates(tmp_path), seconds=6)
        with pytest.raises(Unavailable) as refusal:
            gateway.render("page.html", "en", {"count": 100_000})
        assert refusal.value.code == "rendering_timed_out"
        assert gateway.process_id is None
        assert gateway.render("page.html", "en", {"count": 1}).startswith(b"%PDF-")
        gateway.close()

    def test_a_stopped_child_is_given_up_while_it_is_written_to(self, tmp_path: Path) -> None:
        """More than a socket's buffer holds: the parent would wait for ever to write."""
        gateway = WeasyPrintDocuments(heavy_templates(tmp_path), seconds=6)
        gateway.render("page.html", "en", {"count": 1})
        assert gateway.process_id
        os.kill(gateway.process_id, signal.SIGSTOP)
        with pytest.raises(Unavailable) as refusal:
            gateway.render("page.html", "en", {"count": 100_000})
        assert refusal.value.code == "rendering_timed_out"
        gateway.close()

    def test_a_document_that_takes_too_much_memory_is_given_up_and_the_next_is_set(self, tmp_path: Path) -> None:
        gateway = WeasyPrintDocuments(heavy_templates(tmp_path), seconds=30, memory_bytes=256 * 1024 * 1024)
        with pytest.raises(Unavailable) as refusal:
            gateway.render("wide.html", "en", {"count": 400})
        # At the edge of its memory an interpreter may spend its time collecting garbage instead, or a library
        # of its may end it outright.
        assert refusal.value.code in {"rendering_out_of_memory", "rendering_timed_out", "rendering_failed"}
        assert gateway.render("page.html", "en", {"count": 1}).startswith(b"%PDF-")
        gateway.close()

    def test_a_child_that_cannot_start_is_a_fault(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        gateway = WeasyPrintDocuments(heavy_templates(tmp_path), memory_bytes=1024 * 1024)
        with pytest.raises(Unavailable) as refusal:
            gateway.render("page.html", "en", {"count": 1})
        assert refusal.value.code == "rendering_failed"
        gateway.close()
        capfd.readouterr()  # what the dying interpreter said


class TestChild:
    def test_starts_with_the_first_document(self) -> None:
        gateway = WeasyPrintDocuments(TEMPLATES)
        assert gateway.process_id is None
        gateway.close()

    def test_one_that_was_killed_is_replaced(self) -> None:
        gateway = WeasyPrintDocuments(TEMPLATES)
        before = certificate_pdf(gateway, a_certificate())
        killed = gateway.process_id
        assert killed
        os.kill(killed, signal.SIGKILL)
        assert certificate_pdf(gateway, a_certificate()) == before
        assert gateway.process_id != killed
        gateway.close()

    def test_a_call_in_flight_is_tried_once_more_when_the_child_is_killed(self) -> None:
        gateway = WeasyPrintDocuments(TEMPLATES)
        before = certificate_pdf(gateway, a_certificate())
        assert gateway.process_id
        # Stopped, it takes the job and does nothing until it is killed.
        os.kill(gateway.process_id, signal.SIGSTOP)
        killer = threading.Timer(0.3, os.kill, (gateway.process_id, signal.SIGKILL))
        killer.start()
        assert certificate_pdf(gateway, a_certificate()) == before
        killer.join()
        gateway.close()

    def test_threads_take_turns(self, documents: WeasyPrintDocuments) -> None:
        certificates = [a_certificate(number=f"SC-{at}") for at in range(6)]
        with ThreadPoolExecutor(6) as pool:
            pdfs = list(pool.map(lambda it: certificate_pdf(documents, it), certificates))
        for certificate, pdf in zip(certificates, pdfs, strict=True):
            assert certificate.number in text_of(pdf)

    def test_leaves_nothing_behind(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        gateway = WeasyPrintDocuments(TEMPLATES)
        certificate_pdf(gateway, a_certificate())
        process = gateway.process_id
        gateway.close()
        assert list(tmp_path.iterdir()) == []
        assert not Path(f"/proc/{process}").exists()

    @pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads Linux's /proc")
    def test_sees_no_secret_of_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://canary")
        gateway = WeasyPrintDocuments(TEMPLATES)
        certificate_pdf(gateway, a_certificate())
        environment = Path(f"/proc/{gateway.process_id}/environ").read_bytes()
        gateway.close()
        assert b"canary" not in environment
