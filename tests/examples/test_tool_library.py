"""The example platform, driven as a member does: in a browser, on a phone and on a desk, against a running service."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from standardwebhooks import Webhook

from coverage.operations.house import House
from coverage.rulebook.editions import Library, load
from coverage.storage.tenancy import Database
from coverage.web.app import create_app as create_service
from examples.tool_library.app import create_app
from examples.tool_library.lending import HERE, SHELF
from sharecover_client import Sharecover
from tests.builders import enrol_named
from tests.conftest import ROOT
from tests.serving import at_once, serving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BROWSER = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE, DESK = (390, 844), (1280, 800)


@dataclass(frozen=True, slots=True)
class Shed:
    """The platform as it runs: its address, and its own view of the service."""

    url: str
    sharecover: Sharecover


@pytest.fixture(scope="session")
def rules() -> Library:
    library = load(ROOT / "examples" / "tool_library" / "rules")
    assert not library.faults
    return library


@pytest.fixture
def shed(owner: Database, house: House, rules: Library) -> Iterator[Shed]:
    """The platform and a service that sells its product."""
    selling = replace(house, rules=lambda: rules)
    key = enrol_named(owner, selling, "The Shared Shed", rules.products()).key
    with (
        serving(create_service(selling)) as service,
        Sharecover(key, base_url=service) as sharecover,
        serving(create_app(sharecover, SECRET)) as url,
    ):
        yield Shed(url, sharecover)


# Ended with these tests: while it runs, nothing else in this thread may run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "the pages are driven in Chromium: ./dev test installs it where it can"
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=path, args=BROWSER)
        yield chromium
        chromium.close()


def is_fault(said: ConsoleMessage) -> bool:
    """Whether the browser complains; not of a form that is given back to be mended."""
    return said.type == "error" and "status of 422" not in said.text


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(request: pytest.FixtureRequest, browser: Browser, shed: Shed) -> Iterator[Page]:
    """A page that fails its test when a script of it breaks, or its policy refuses something, or something isn't there."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, base_url=shed.url)
    found = context.new_page()
    broken: list[str] = []
    found.on("pageerror", lambda error: broken.append(str(error)))
    found.on("console", lambda said: broken.append(said.text) if is_fault(said) else None)
    yield found
    context.close()
    assert broken == []


def posted(shed: Shed, cover: str, kind: str, number: str = "evt_1", secret: str = SECRET) -> httpx.Response:
    """The answer to a webhook about a cover."""
    at = datetime.now(UTC)
    body = json.dumps(
        {
            "id": number, "object": "event", "livemode": False, "type": kind, "subject": cover, "sequence": 1, "actor": "key",
            "data": {"quote": "quo_1", "transaction": "txn_1"}, "happened_at": at.isoformat(), "created_at": at.isoformat(),
        }
    )  # fmt: skip
    headers = {
        "webhook-id": number, "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(number, at, body),
    }  # fmt: skip
    return httpx.post(f"{shed.url}/webhooks", content=body, headers=headers, trust_env=False)


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways, and all that is pressed is large enough for a finger."""
    return bool(
        page.evaluate("""() => document.documentElement.scrollWidth <= innerWidth &&
            [...document.querySelectorAll('main a.button, main button, .choices label, .tick')]
                .every((one) => one.getBoundingClientRect().height >= 44)""")
    )


class TestMember:
    def test_borrows_a_tool_with_its_cover(self, shed: Shed, page: Page) -> None:
        page.goto("/")
        expect(page.get_by_role("heading", level=1)).to_have_text("What are you building?")
        expect(page.get_by_text("cover from")).to_have_count(len(SHELF))
        assert fits(page)
        page.get_by_role("link", name="Floor sander").click()

        page.get_by_label("2 days").check()
        assert fits(page)
        page.get_by_role("button", name="See what cover costs").click()

        # Worth 1,200 EUR, for two days: 6.00 + 1.50, and 9 % of tax.
        expect(page.get_by_text("€8.18").first).to_be_visible()
        expect(page.get_by_text("Insurance premium tax, other cover")).to_be_visible()
        assert fits(page)
        with page.expect_response("**/information.pdf") as told:
            page.evaluate("fetch(document.querySelector('a[href$=\"information.pdf\"]').href)")
        assert told.value.header_value("content-type") == "application/pdf"
        page.get_by_label("I have read the information document").check()
        page.get_by_role("button", name="Borrow it").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("It's yours, and covered")
        assert fits(page)
        (cover,) = shed.sharecover.list_covers().data
        assert (cover.state, cover.price.gross.amount, cover.payment.method) == ("scheduled", 818, "invoice")
        expect(page.get_by_text(cover.number)).to_be_visible()
        link = page.get_by_role("link", name="Open the certificate").get_attribute("href")
        assert page.request.get(str(link)).body().startswith(b"%PDF-")

        expect(page.get_by_role("status")).to_contain_text("Nothing yet")
        assert posted(shed, cover.id, "cover.issued").status_code == 204
        expect(page.get_by_role("status")).to_contain_text("The insurer has issued your cover")

        page.goto("/")
        expect(page.get_by_role("list").first.get_by_role("link")).to_contain_text("covered")

    def test_is_told_why_not_at_once(self, shed: Shed, page: Page) -> None:
        page.goto("/tools/ladder")
        page.get_by_label("10 days").check()
        page.get_by_role("button", name="See what cover costs").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Not at once")
        expect(page.get_by_text("an underwriter will look at")).to_be_visible()
        assert shed.sharecover.list_covers().data == []

    def test_sees_no_tool_that_somebody_has(self, page: Page) -> None:
        for _ in range(2):
            page.goto("/tools/chipper")
            page.get_by_role("button", name="See what cover costs").click()
            if page.get_by_role("alert").count() == 0:
                page.get_by_label("I have read").check()
                page.get_by_role("button", name="Borrow it").click()
        expect(page.get_by_role("alert")).to_contain_text("Somebody has it then")

    def test_goes_through_it_with_the_keyboard_alone(self, shed: Shed, page: Page) -> None:
        page.goto("/tools/chisels")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.get_by_label("When do you pick it up?").focus()
        page.get_by_label("1 day").focus()
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_label("8 hours")).to_be_checked()
        page.get_by_role("button", name="See what cover costs").focus()
        page.keyboard.press("Enter")
        page.get_by_label("I have read").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("It's yours, and covered")


class TestPlatform:
    @pytest.fixture
    def visitor(self, shed: Shed) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=shed.url, trust_env=False) as client:
            yield client

    def test_says_what_of_the_time_is_wrong(self, visitor: httpx.Client) -> None:
        yesterday = (datetime.now(HERE) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        answer = visitor.post("/tools/ladder/loans", data={"start": yesterday, "hours": "4", "key": "1"})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        answer = visitor.post("/tools/ladder/loans", data={"start": "soon", "hours": "4", "key": "2"})
        assert "Choose a day, an hour and how long." in answer.text

    def test_believes_no_webhook_that_isnt_signed(self, shed: Shed) -> None:
        assert posted(shed, "cov_1", "cover.issued", secret="whsec_" + "A" * 32).status_code == 400
        assert httpx.post(f"{shed.url}/webhooks", content=b"{}", trust_env=False).status_code == 400

    def test_takes_a_webhook_twice_and_tells_it_once(self, shed: Shed, visitor: httpx.Client) -> None:
        start = (datetime.now(HERE) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        asked = visitor.post("/tools/ladder/loans", data={"start": start, "hours": "4", "key": "3"})
        loan = asked.headers["location"]
        assert visitor.post(f"{loan}/cover", data={"read": "yes"}).status_code == 303
        (cover,) = shed.sharecover.list_covers().data
        for _ in range(2):
            assert posted(shed, cover.id, "cover.issued", "evt_7").status_code == 204
        assert visitor.get(f"{loan}/told").text.count("The insurer has issued your cover") == 1

    def test_buys_one_cover_with_two_clicks_at_once(self, shed: Shed, visitor: httpx.Client) -> None:
        start = (datetime.now(HERE) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        loan = visitor.post("/tools/ladder/loans", data={"start": start, "hours": "4", "key": "6"}).headers["location"]
        answers = at_once(4, lambda _: httpx.post(f"{shed.url}{loan}/cover", data={"read": "yes"}, trust_env=False))
        assert [answer.status_code for answer in answers] == [303] * 4
        assert len(shed.sharecover.list_covers().data) == 1

    def test_covers_nothing_before_the_document_was_read(self, shed: Shed, visitor: httpx.Client) -> None:
        start = (datetime.now(HERE) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        loan = visitor.post("/tools/ladder/loans", data={"start": start, "hours": "4", "key": "4"}).headers["location"]
        visitor.post(f"{loan}/cover")
        assert shed.sharecover.list_covers().data == []

    def test_shows_its_shelf_while_the_insurer_is_away(self) -> None:
        with Sharecover("sk_test_0", base_url="http://127.0.0.1:1", retries=0) as nowhere:
            visitor = TestClient(create_app(nowhere), raise_server_exceptions=False)
            shelf = visitor.get("/")
            assert shelf.status_code == 200
            assert "Hammer drill" in shelf.text
            assert "cover from" not in shelf.text
            start = (datetime.now(HERE) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
            asked = visitor.post("/tools/ladder/loans", data={"start": start, "hours": "4", "key": "5"})
            assert asked.status_code == 503
            assert "Nothing was taken or charged" in asked.text

    def test_has_no_page_for_what_isnt_there(self, visitor: httpx.Client) -> None:
        assert visitor.get("/tools/anvil").status_code == 404
        assert visitor.get("/loans/0").status_code == 404


class TestRules:
    def test_sell_what_is_sold_elsewhere_and_the_platforms_own(self, rules: Library) -> None:
        assert set(rules.products()) == {"goods_carried", "off_duty_vehicle", "tool_lending"}
        assert {path.name for path in Path(ROOT / "examples" / "tool_library" / "rules" / "taxes").iterdir()} >= {
            "FR.yaml"
        }
