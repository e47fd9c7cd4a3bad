from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from typing import get_args

import pytest

from coverage.domain.certificate import Contact
from coverage.messages import Words
from coverage.web.member.rendering import (
    ASSETS,
    ASSETS_URL,
    State,
    render_cover_page,
    render_gone_page,
)
from tests.certificates import a_certificate, euros, facts

STATES: tuple[State, ...] = get_args(State)
LANGUAGE_URLS = {"fr": "/c/token?language=fr", "en": "/c/token?language=en"}


class Page(HTMLParser):
    """What a reader sees, and every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.text = re.sub(r"\s+", " ", self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.tags if name == tag)


def a_page(language: str = "en", state: State = "on_risk", **changes: object) -> Page:
    certificate = a_certificate(language, **changes)
    return Page(render_cover_page(certificate, state, Words(language), "/c/token/pdf", LANGUAGE_URLS))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


class TestCoverPage:
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_says_every_fact_and_price_line(self, language: str) -> None:
        page, certificate, words = a_page(language), a_certificate(language), Words(language)
        wanted = [
            *facts(certificate),
            words.hours(certificate.starts_at, certificate.ends_at, certificate.timezone),
            words.money(certificate.gross),
            *(words.money(tax.amount) for tax in certificate.taxes),
            *(words.money(section.premium) for section in certificate.sections),
            *(words.limit(limit) for section in certificate.sections for limit in section.limits),
            *(words.deductible(section.deductible) for section in certificate.sections),
        ]
        assert [fact for fact in wanted if plain(fact) not in page.text] == []

    def test_says_surcharges_and_when_a_section_covers_at_another_time(self) -> None:
        usual, words = a_certificate(), Words("en")
        window = (datetime(2026, 12, 1, 9, 30, tzinfo=UTC), usual.starts_at)
        page = a_page(
            sections=(replace(usual.sections[0], window=window),), surcharges=(("Catastrophes", euros("1.23")),)
        )
        start, end = (words.instant(at, usual.timezone) for at in window)
        assert plain(words.text("section.window", start=start, end=end)) in page.text
        assert "Catastrophes€1.23" in page.text

    @pytest.mark.parametrize("state", STATES)
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_each_state_is_said_in_words(self, language: str, state: State) -> None:
        page = a_page(language, state, cancelled_at=datetime(2026, 12, 5, 6, tzinfo=UTC))
        own = Words(language).text(f"member.{state}")
        assert own in page.text
        assert not [it for it in STATES if it != state and Words(language).text(f"member.{it}") in page.text]
        assert {"scheduled": "08:00", "on_risk": "20:00", "ended": "20:00", "cancelled": "07:00"}[state] in page.text

    def test_a_test_says_so(self) -> None:
        sentence = Words("en").text("member.test")
        assert sentence in a_page(livemode=False).text
        assert sentence not in a_page().text

    def test_calls_and_downloads_with_one_touch(self) -> None:
        links = [link["href"] for link in a_page().all("a")]
        assert "/c/token/pdf" in links
        assert {"tel:+33155500112", "tel:+33155500199"} <= set(links)

    def test_offers_the_other_language_and_marks_this_one(self) -> None:
        offered = {link["hreflang"]: link for link in a_page("fr").all("a") if "hreflang" in link}
        assert {code: link["href"] for code, link in offered.items()} == LANGUAGE_URLS
        assert offered["fr"]["aria-current"] == "page"
        assert "aria-current" not in offered["en"]

    def test_has_landmarks_one_title_and_headings_in_order(self) -> None:
        page = a_page("fr")
        tags = [tag for tag, _ in page.tags]
        assert next(page.all("html"))["lang"] == "fr"
        assert {"header", "main", "nav"} <= set(tags)
        levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert all(cell.get("scope") for cell in page.all("th"))
        names = {attributes.get("id") for _, attributes in page.tags}
        assert {
            attributes["aria-labelledby"] for _, attributes in page.tags if "aria-labelledby" in attributes
        } <= names

    def test_keeps_to_a_strict_content_security_policy(self) -> None:
        for tag, attributes in a_page().tags + Page(render_gone_page(Words("en"))).tags:
            assert tag not in {"script", "style", "iframe", "img", "form"}
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            address = attributes.get("href") or attributes.get("src") or ""
            assert address.startswith(("/", "#", "tel:", "mailto:")) or not address
            assert not address.startswith("//")

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=y>',
            "</title>",
            "javascript:alert(1)",
            "{{ 7*7 }}",
        ],
    )
    def test_a_hostile_text_stays_text(self, text: str) -> None:
        usual = {tag for tag, _ in a_page().tags}
        page = a_page(
            product_name=text,
            policyholder=text,
            insured=(text,),
            object_value=text,
            partner=text,
            facts=((text, text),),
            claims_contact=Contact(text, text, text),
        )
        assert page.text.count(text) >= 8
        assert {tag for tag, _ in page.tags} == usual
        assert all((link["href"] or "").startswith(("/", "#", "tel:", "mailto:")) for link in page.all("a"))

    def test_an_unnamed_insured_is_the_policyholder(self) -> None:
        assert "Aïcha Benjelloun" in a_page(insured=()).text


class TestGonePage:
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_says_what_to_do_and_not_why(self, language: str) -> None:
        page = Page(render_gone_page(Words(language)))
        assert plain(Words(language).text("member.gone_sentence")) in page.text
        assert next(page.all("html"))["lang"] == language


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class TestStyle:
    def test_every_asset_that_the_style_names_is_there_and_ours(self) -> None:
        urls = re.findall(r'url\("?([^")]+)', (ASSETS / "member.css").read_text())
        assert urls
        assert [url for url in urls if not (ASSETS / url).is_file()] == []

    def test_the_page_names_the_style_by_its_content(self) -> None:
        (style,) = a_page().all("link")
        assert re.fullmatch(re.escape(ASSETS_URL) + r"/member\.css\?v=[0-9a-f]{12}", str(style["href"]))

    @pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
    @pytest.mark.parametrize(
        ("text", "ground"),
        [
            ("ink", "ground"),
            ("ink", "sheet"),
            ("soft", "ground"),
            ("soft", "sheet"),
            ("action", "sheet"),
            ("action", "ground"),
            ("action-ink", "action"),
            ("state-ink", "good"),
            ("state-ink", "wait"),
            ("state-ink", "over"),
            ("state-ink", "bad"),
        ],
    )
    def test_text_is_legible(self, scheme: int, text: str, ground: str) -> None:
        roots = re.findall(r":root \{(.*?)\}", (ASSETS / "member.css").read_text(), re.DOTALL)
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", roots[scheme]))
        lighter, darker = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5
