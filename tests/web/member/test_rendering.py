from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any, get_args

import pytest

from coverage.domain.certificate import ChangeSaid, Contact, CoverSaid, PriceSaid, TaxSeen
from coverage.messages import Words
from coverage.operations.paying import Back, CoverRead, Due, Heard
from coverage.web.member.rendering import (
    ASSETS,
    ASSETS_URL,
    CONTENT_SECURITY_POLICY,
    Addresses,
    LookAgain,
    Notice,
    State,
    policy_with_form,
    render_cover_page,
    render_gone_page,
    render_refused_page,
)
from tests.certificates import a_certificate, euros, facts

STATES: tuple[State, ...] = get_args(State)
LANGUAGE_URLS = {"fr": "/m?lang=fr", "en": "/m?lang=en"}
ADDRESSES = Addresses("/m/certificate?lang=en", LANGUAGE_URLS, {"terms": "/m/terms?lang=en"}, "/m/pay?lang=en")
# What the cover is stored as, and what was heard of its payment, where the page's state is neither.
BEHIND: dict[State, tuple[str, Heard]] = {
    "processing": ("awaiting_payment", "processing"),
    "checking": ("awaiting_payment", "unknown"),
    "paid_late": ("lapsed", "known"),
}
UNPAID = ("awaiting_payment", "processing", "checking", "lapsed", "paid_late", "not_taken_up")
LATE = Back(euros("30.24"), "pending", None, True)


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


def a_due(**changes: Any) -> Due:
    """30.24 EUR, to be paid until 09:15 in Paris."""
    usual = Due(euros("30.24"), datetime(2026, 12, 4, 8, 15, tzinfo=UTC), False, None, False, None)
    return replace(usual, **changes)


def a_change(**changes: Any) -> ChangeSaid:
    """Goods worth more, and two hours longer, for 4.36 EUR."""
    price = PriceSaid((("Goods carried", euros("4.00")),), (TaxSeen("Goods", "9", euros("0.36")),), (), euros("4.36"))
    usual = ChangeSaid("extend", datetime(2026, 12, 5, 21, tzinfo=UTC), (("Goods", "€12,000"),), price)
    return replace(usual, **changes)


def a_read(language: str = "en", state: State = "on_risk", **changes: Any) -> CoverRead:
    """A cover as its member reads it; the changes are of what is said of it, or of the reading."""
    said: CoverSaid = a_certificate(language, **{k: v for k, v in changes.items() if k not in OF_READING})
    if state in UNPAID:
        said = CoverSaid(**{each.name: getattr(said, each.name) for each in fields(CoverSaid)})
    phase, _ = BEHIND.get(state, (state, "known"))
    due = a_due() if phase == "awaiting_payment" else None
    read = CoverRead(phase, said, phase == "awaiting_payment", due, (LATE,) if state == "paid_late" else (), False)
    return replace(read, **{k: v for k, v in changes.items() if k in OF_READING})


OF_READING = {each.name for each in fields(CoverRead)}


def a_page(
    language: str = "en",
    state: State = "on_risk",
    notice: Notice | None = None,
    look_again: LookAgain | None = None,
    heard: Heard | None = None,
    **changes: Any,
) -> Page:
    heard = heard or BEHIND.get(state, ("", "known"))[1]
    read = a_read(language, state, **changes)
    return Page(
        render_cover_page(read, Words(language), ADDRESSES, heard=heard, notice=notice, look_again=look_again)
    )  # fmt: skip


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
        told = {"scheduled": "08:00", "cancelled": "07:00", "awaiting_payment": "09:15"}
        assert told.get(state, "20:00") in page.text or state in ("lapsed", "paid_late", "not_taken_up")

    def test_a_test_says_so(self) -> None:
        sentence = Words("en").text("member.test")
        assert sentence in a_page(livemode=False).text
        assert sentence not in a_page().text

    def test_calls_and_downloads_with_one_touch(self) -> None:
        links = [link["href"] for link in a_page().all("a")]
        assert "/m/certificate?lang=en" in links
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
        words = Words("en")
        pages = [a_page(), a_page(state="awaiting_payment"), a_page(state="checking", look_again=LookAgain(5, "/m"))]
        pages += [Page(render_gone_page(words)), Page(render_refused_page(words))]
        for tag, attributes in [tag for page in pages for tag in page.tags]:
            assert tag not in {"script", "style", "iframe", "img"}
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

    @pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{ 7*7 }}", '" autofocus onfocus="x'])
    @pytest.mark.parametrize("state", ["awaiting_payment", "lapsed", "checking"])
    def test_a_hostile_text_stays_text_where_nothing_is_paid_yet(self, text: str, state: State) -> None:
        def a_hostile(text: str) -> Page:
            due = a_due(change=a_change(facts=((text, text),)))
            return a_page(state=state, partner=text, product_name=text, object_value=text, due=due, change_unpaid=True)

        assert text in a_hostile(text).text
        assert a_hostile(text).tags == a_hostile("harmless").tags

    def test_an_unnamed_insured_is_the_policyholder(self) -> None:
        assert "Aïcha Benjelloun" in a_page(insured=()).text


class TestPaying:
    """What the page says of money, and the button that leads on."""

    @pytest.mark.parametrize(("language", "button"), [("en", "Pay €30.24 by card"), ("fr", "Payer 30,24 € par carte")])
    def test_asks_with_one_button_until_a_time_of_the_covers_zone(self, language: str, button: str) -> None:
        page, words = a_page(language, "awaiting_payment"), Words(language)
        (form,) = page.all("form")
        assert (form["method"], form["action"]) == ("post", "/m/pay?lang=en")
        assert button in page.text
        assert plain(words.text("member.held_until", time="09:15", zone="Paris, UTC+1")) in page.text
        certificate = a_certificate(language)
        assert all(plain(words.money(tax.amount)) in page.text for tax in certificate.taxes)
        assert plain(words.hours(certificate.starts_at, certificate.ends_at, certificate.timezone)) in page.text
        assert certificate.insurer.name in page.text

    @pytest.mark.parametrize("state", UNPAID)
    def test_offers_no_certificate_and_no_claim_before_it_is_paid(self, state: State) -> None:
        page = a_page(state=state)
        assert "/m/certificate?lang=en" not in [link["href"] for link in page.all("a")]
        assert Words("en").text("member.help") not in page.text

    @pytest.mark.parametrize("state", [state for state in STATES if state != "awaiting_payment"])
    def test_has_no_button_where_there_is_nothing_to_pay_or_it_is_on_its_way(self, state: State) -> None:
        assert list(a_page(state=state).all("form")) == []

    def test_has_no_button_once_the_time_is_over(self) -> None:
        page = a_page(state="awaiting_payment", due=a_due(over=True))
        assert list(page.all("form")) == []
        assert Words("en").text("member.checking") in page.text

    def test_a_cover_that_begins_when_it_is_paid_says_so(self) -> None:
        page = a_page(state="awaiting_payment", due=a_due(lasts_from_payment=True))
        assert page.text.count("From the moment you pay, for 12 hours") == 2
        assert "08:00 to 20:00" not in page.text

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("card_declined", "Your card was declined, and nothing was charged."),
            ("stolen_card", "Your card was declined, and nothing was charged."),
            ("<b>x", "Your card was declined, and nothing was charged."),
            ("insufficient_funds", "for lack of funds"),
            ("expired_card", "has expired"),
            ("incorrect_cvc", "security code"),
            ("payment_intent_authentication_failure", "confirmed with your bank"),
        ],
    )
    def test_a_declined_card_is_told_in_words_beside_another_try(self, code: str, said: str) -> None:
        page = a_page(state="awaiting_payment", due=a_due(declined=code))
        assert said in page.text
        assert code not in page.text
        assert [tag for tag, attributes in page.tags if attributes.get("role") == "alert"] == ["p"]
        assert len(list(page.all("form"))) == 1

    @pytest.mark.parametrize("state", ["processing", "checking"])
    def test_looks_again_by_itself_and_by_a_link(self, state: State) -> None:
        page = a_page(state=state, look_again=LookAgain(5, "/m?lang=en&paid=2"))
        assert [meta["content"] for meta in page.all("meta") if "http-equiv" in meta] == ["5;url=/m?lang=en&paid=2"]
        assert "/m?lang=en&paid=2" in [link["href"] for link in page.all("a")]

    def test_what_waits_for_nobody_never_looks_again(self) -> None:
        assert not [meta for meta in a_page(state="awaiting_payment").all("meta") if "http-equiv" in meta]

    def test_nothing_is_told_as_covered_when_the_time_is_over(self) -> None:
        page = a_page(state="lapsed")
        assert "Nothing was charged" in page.text
        assert "Ask Covanto for a new price" in page.text
        assert "€30.24" not in page.text
        assert "Liability" not in page.text

    def test_never_says_that_nothing_was_charged_of_what_came_late(self) -> None:
        page = a_page(state="paid_late")
        assert "othing was charged" not in page.text
        assert "€30.24 goes back" in page.text

    def test_a_disputed_payment_leaves_the_cover_and_its_certificate(self) -> None:
        page = a_page(state="payment_disputed")
        assert "your cover stands" in page.text
        assert "/m/certificate?lang=en" in [link["href"] for link in page.all("a")]

    @pytest.mark.parametrize(
        ("back", "said"),
        [
            (Back(euros("30.24"), "pending", None, False), "€30.24 goes back, and is about to be sent."),
            (
                Back(euros("12.00"), "succeeded", datetime(2026, 12, 4, 23, 30, tzinfo=UTC), False),
                "€12.00 was sent back on Saturday 5 December 2026.",
            ),
            (Back(euros("30.24"), "failed", None, False), "€30.24 couldn’t be sent back yet. Contact Covanto."),
        ],
    )
    def test_what_goes_back_is_told_with_whether_it_was_sent(self, back: Back, said: str) -> None:
        at = datetime(2026, 12, 4, 12, tzinfo=UTC)
        assert said in a_page(state="cancelled", cancelled_at=at, by_card=True, back=(back,)).text

    def test_says_that_nothing_goes_back_to_who_paid_by_card_alone(self) -> None:
        at, said = datetime(2026, 12, 4, 12, tzinfo=UTC), Words("en").text("member.back_nothing")
        assert said in a_page(state="cancelled", cancelled_at=at, by_card=True).text
        assert said not in a_page(state="cancelled", cancelled_at=at).text

    def test_a_change_is_told_with_its_own_price_and_button(self) -> None:
        page = a_page(due=a_due(amount=euros("4.36"), change=a_change()), by_card=True)
        assert "Your cover would last until Saturday 5 December 2026 at 22:00" in page.text
        assert "Goods€12,000" in page.text
        assert "Goods 9%€0.36" in page.text
        assert "Pay €4.36 by card" in page.text
        assert "/m/certificate?lang=en" in [link["href"] for link in page.all("a")]

    @pytest.mark.parametrize(
        ("heard", "key"), [("processing", "member.change_processing"), ("unknown", "member.change_checking")]
    )
    def test_a_change_on_its_way_leaves_the_cover_as_it_stands(self, heard: Heard, key: str) -> None:
        again = LookAgain(5, "/m?paid=2")
        page = a_page(due=a_due(change=a_change()), by_card=True, heard=heard, look_again=again)
        assert Words("en").text(key) in page.text
        assert Words("en").text("member.on_risk") in page.text
        assert list(page.all("form")) == []
        assert [link["href"] for link in page.all("a")].count("/m?paid=2") == 1

    def test_a_change_that_was_not_paid_is_told(self) -> None:
        assert Words("en").text("member.change_unpaid") in a_page(change_unpaid=True).text

    def test_names_the_certificate_that_this_one_replaces(self) -> None:
        before = datetime(2026, 12, 3, 9, tzinfo=UTC)
        said = "Certificate 2, replaces the one issued on Thursday 3 December 2026 at 10:00 (Paris, UTC+1)."
        assert said in a_page(version=2, replaces_issued_at=before).text
        assert "replaces" not in a_page().text

    def test_the_form_may_lead_to_the_processor_and_nowhere_else(self) -> None:
        policy = policy_with_form(["https://pay.example", "http://127.0.0.1:8420"])
        assert "form-action 'self' https://pay.example http://127.0.0.1:8420;" in policy
        usual = [one for one in CONTENT_SECURITY_POLICY.split("; ") if not one.startswith("form-action")]
        assert [one for one in policy.split("; ") if not one.startswith("form-action")] == usual


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
