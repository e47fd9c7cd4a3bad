"""Paying on the member's page, at a stand-in of the processor's over HTTP: nothing is charged twice, told too soon or
begun by another site.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from coverage.domain.faults import Unavailable
from coverage.domain.tenant import Caller
from coverage.gateways.stripe_payments import StripePayments
from coverage.gateways.stripe_stand_in import DEMO_KEY, Refusal, StripeStandIn
from coverage.messages import Words
from coverage.operations.collecting import send_refunds
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from coverage.web.member.rendering import CONTENT_SECURITY_POLICY, policy_with_form
from tests.builders import Platform, a_bind, enrol_named, enrol_platform
from tests.serving import at_once, serving

EN = Words("en")


@dataclass(frozen=True, slots=True)
class Counter:
    """A partner whose members pay by card, the processor that they pay at, and a member's browser."""

    platform: Platform
    house: House
    app: FastAPI
    stand_in: StripeStandIn
    origin: str
    browser: TestClient  # follows no redirect by itself

    def cover(self, **changes: Any) -> dict[str, Any]:
        """A cover that waits for its payment; the browser has opened its link."""
        bind = a_bind(self.platform.quote(**changes), payment={"method": "card"})
        answer = self.platform.post("/v1/covers", bind)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        assert made["state"] == "awaiting_payment"
        self.open(made)
        return made

    def open(self, cover: dict[str, Any]) -> None:
        """Opens the cover's link."""
        link = str(self.seen(cover)["member_url"]).rpartition("/")[2]
        assert self.browser.get(f"/m/{link}").status_code == 303

    def seen(self, cover: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.platform.get(f"/v1/covers/{cover['id']}").json()
        return found

    def page(self, query: str = "") -> str:
        """What the member reads, its spaces and marks as they are seen."""
        answer = self.browser.get(f"/m?lang=en{query}")
        assert answer.status_code == 200
        return seen_in(answer.text)

    def checkout(self) -> str:
        """Presses the button; answers the number of the processor's page that it leads to."""
        answer = self.browser.post("/m/pay?lang=en")
        assert answer.status_code == 303, answer.text
        address = answer.headers["location"]
        assert address.startswith(f"{self.origin}/pay/"), address
        return str(address.rpartition("/")[2])

    def pay(self, checkout: str, card: str = "pm_card_visa") -> str:
        """Pays on the processor's page; answers the intent's number."""
        with self.stand_in.account() as account:
            try:
                account.pay_on(checkout, card)
            except Refusal:
                assert "Declined" in card
            return str(account.page(checkout)["payment_intent"])

    def sessions(self, cover: dict[str, Any]) -> list[dict[str, Any]]:
        with self.stand_in.account() as account:
            found = account.all_of("checkout.session")
        return [one for one in found if one["metadata"]["cover"] == cover["id"]]

    def wait_out(self, cover: dict[str, Any]) -> None:
        """Moves the partner's clock to where the time to pay is over."""
        self.platform.advance(cover["payment"]["hold_until"])


def seen_in(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.fixture(scope="module")
def processor() -> Iterator[tuple[StripeStandIn, str]]:
    there = StripeStandIn()
    try:
        with serving(there) as origin:
            yield there, origin
    finally:
        there.close()


@pytest.fixture
def counter(owner: Database, house: House, processor: tuple[StripeStandIn, str]) -> Iterator[Counter]:
    there, origin = processor
    with at_counter(house, there, origin, lambda house, client: enrol_platform(owner, house, client)) as found:
        yield found


@contextmanager
def at_counter(
    house: House, there: StripeStandIn, origin: str, enrolled: Callable[[House, TestClient], Platform]
) -> Iterator[Counter]:
    payments = StripePayments(DEMO_KEY, "whsec_of_the_tests", api_base=origin, timeout_seconds=5, retries=0)
    house = replace(house, payments={"test": payments})
    app = create_app(house, checkout_origins=(origin,))
    with (
        TestClient(app, raise_server_exceptions=False) as client,
        TestClient(app, raise_server_exceptions=False, follow_redirects=False) as browser,
    ):
        yield Counter(enrolled(house, client), house, app, there, origin, browser)


class TestWaitingCover:
    def test_says_what_is_to_be_paid_until_when_and_for_what(self, counter: Counter) -> None:
        cover = counter.cover()
        page = counter.page()
        gross = f"€{cover['price']['gross']['amount'] / 100:.2f}"
        for said in (
            EN.text("member.awaiting_payment"),
            f"Pay {gross} by card",
            "What will be covered",
            "Platform Test",
        ):
            assert said in page
        for tax in cover["price"]["taxes"]:
            assert f"€{tax['amount']['amount'] / 100:.2f}" in page
        until = datetime.fromisoformat(counter.seen(cover)["payment"]["hold_until"])
        assert f"until {EN.time(until, cover['timezone'])} (Paris" in page
        assert counter.browser.get("/m/certificate").status_code == 409

    def test_may_lead_to_the_processor_alone(self, counter: Counter) -> None:
        counter.cover()
        policy = counter.browser.get("/m").headers["content-security-policy"]
        assert policy == policy_with_form([counter.origin])
        counter.pay(counter.checkout())
        assert counter.browser.get("/m?paid=1").headers["content-security-policy"] == CONTENT_SECURITY_POLICY

    def test_that_begins_at_issue_says_that_it_does_when_paid(self, counter: Counter) -> None:
        counter.cover(start="at_issue", end=None, duration="PT4H")
        assert "From the moment you pay, for 4 hours" in counter.page()
        counter.pay(counter.checkout())
        assert EN.text("member.on_risk") in counter.page("&paid=1")
        assert "From the moment you pay" not in counter.page()

    def test_asks_the_processor_nothing_while_it_is_only_looked_at(self, counter: Counter) -> None:
        counter.cover()
        before = list(counter.stand_in.calls)
        counter.page()
        assert list(counter.stand_in.calls) == before

    def test_says_a_hostile_partners_name_and_runs_nothing(
        self, owner: Database, house: House, processor: tuple[StripeStandIn, str]
    ) -> None:
        hostile = "<script>alert(1)</script>\"'&{{7*7}}"

        def enrolled(house: House, client: TestClient) -> Platform:
            made = enrol_named(owner, house, hostile)
            return Platform(made.tenant, made.key, client)

        with at_counter(house, *processor, enrolled) as counter:
            cover = counter.cover()
            waiting = counter.browser.get("/m?lang=en").text
            counter.wait_out(cover)
            over = counter.browser.get("/m?lang=en").text
        for page in (waiting, over):
            assert "<script" not in page
            assert hostile in unescape(page)


class TestPaying:
    def test_leads_to_the_processors_page_and_back_to_the_issued_cover(self, counter: Counter) -> None:
        cover = counter.cover()
        checkout = counter.checkout()
        (session,) = counter.sessions(cover)
        assert session["amount_total"] == cover["price"]["gross"]["amount"]
        assert session["success_url"] == "http://testserver/m?lang=en&paid=1"
        assert session["cancel_url"] == "http://testserver/m?lang=en&paid=0"
        counter.pay(checkout)
        page = counter.page("&paid=1")
        assert EN.text("member.notice_paid") in page
        assert EN.text("member.scheduled") in page
        assert EN.text("member.download") in page
        assert counter.seen(cover)["state"] == "scheduled"
        assert counter.browser.get("/m/certificate").status_code == 200

    def test_twice_is_one_page_and_one_charge(self, counter: Counter) -> None:
        cover = counter.cover()
        first = counter.checkout()
        assert [counter.checkout(), counter.checkout()] == [first, first]
        assert [one["id"] for one in counter.sessions(cover)] == [first]
        french = counter.browser.post("/m/pay?lang=fr").headers["location"]
        assert french.endswith(first)
        counter.pay(first)
        again = counter.browser.post("/m/pay?lang=en")
        assert (again.status_code, again.headers["location"]) == (303, "/m?lang=en&paid=1")
        with counter.stand_in.account() as account:
            charges = [one for one in account.all_of("charge") if one["metadata"].get("cover") == cover["id"]]
        assert len(charges) == 1

    def test_at_once_is_one_page(self, counter: Counter) -> None:
        cover = counter.cover()
        cookies = dict(counter.browser.cookies)

        def press(_: int) -> str:
            with TestClient(counter.app, follow_redirects=False, cookies=cookies) as browser:
                return str(browser.post("/m/pay?lang=en").headers["location"])

        assert len(set(at_once(4, press))) == 1
        assert len(counter.sessions(cover)) == 1

    def test_gives_up_what_the_partners_app_had_asked_for(self, counter: Counter) -> None:
        cover = counter.cover()
        secret = counter.seen(cover)["payment"]["client_secret"]
        counter.pay(counter.checkout())
        counter.page("&paid=1")
        with counter.stand_in.account() as account:
            assert account.find("payment_intent", secret.partition("_secret_")[0])["status"] == "canceled"
        assert counter.seen(cover)["state"] == "scheduled"

    @pytest.mark.parametrize(
        ("card", "said"),
        [
            ("pm_card_chargeDeclined", "member.declined"),
            ("pm_card_chargeDeclinedInsufficientFunds", "member.declined_funds"),
        ],
    )
    def test_with_a_card_that_is_declined_tells_so_and_tries_again(
        self, counter: Counter, card: str, said: str
    ) -> None:
        cover = counter.cover()
        checkout = counter.checkout()
        counter.pay(checkout, card)
        assert EN.text(said) in counter.page("&paid=0")
        assert counter.checkout() == checkout
        counter.pay(checkout)
        assert EN.text(said) not in counter.page("&paid=1")
        assert counter.seen(cover)["state"] == "scheduled"

    def test_that_was_broken_off_leaves_the_button(self, counter: Counter) -> None:
        counter.cover()
        counter.checkout()
        page = counter.page("&paid=0")
        assert EN.text("member.awaiting_payment") in page
        assert "by card" in page

    @pytest.mark.parametrize("query", ["paid=", "paid=-1", "paid=x", "paid=%00", "paid=" + "9" * 5000, "paid=٣"])
    def test_takes_whatever_stands_in_the_address(self, counter: Counter, query: str) -> None:
        counter.cover()
        assert EN.text("member.awaiting_payment") in counter.page(f"&{query}")

    def test_of_an_invoiced_cover_asks_nothing_of_anybody(self, counter: Counter) -> None:
        counter.open(counter.platform.cover())
        before = list(counter.stand_in.calls)
        answer = counter.browser.post("/m/pay?lang=en")
        assert (answer.status_code, answer.headers["location"]) == (303, "/m?lang=en&paid=1")
        page = counter.page("&paid=1")
        assert EN.text("member.scheduled") in page
        assert EN.text("member.notice_paid") not in page
        assert list(counter.stand_in.calls) == before

    def test_brings_the_secret_of_the_link_into_no_address_and_no_log(
        self, counter: Counter, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            cover = counter.cover()
            secret = str(counter.seen(cover)["member_url"]).rpartition("/")[2]
            counter.pay(counter.checkout())
            counter.page("&paid=1")
        assert secret not in str(counter.sessions(cover))
        logged = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
        assert secret not in "\n".join(logged)


class TestBank:
    """A bank takes its time. Until it is known what it says, nothing is told as covered, nor as uncharged."""

    def test_that_takes_its_time_is_waited_for(self, counter: Counter) -> None:
        cover = counter.cover()
        intent = counter.pay(counter.checkout(), "pm_usBankAccount_processing")
        raw = counter.browser.get("/m?lang=en&paid=1").text
        assert '<meta http-equiv="refresh" content="10;url=/m?lang=en&amp;paid=2">' in raw
        assert EN.text("member.processing") in seen_in(raw)
        assert "<form" not in raw
        again = counter.browser.post("/m/pay?lang=en")
        assert (again.status_code, again.headers["location"]) == (303, "/m?lang=en&paid=1")
        with counter.stand_in.account() as account:
            account.settle(intent, paid=True)
        assert EN.text("member.scheduled") in counter.page("&paid=2")
        assert counter.seen(cover)["state"] == "scheduled"

    def test_is_asked_less_and_less_often(self, counter: Counter) -> None:
        counter.cover()
        counter.pay(counter.checkout(), "pm_usBankAccount_processing")
        for looks, told in ((3, "20;url=/m?lang=en&amp;paid=4"), (998, "60;url=/m?lang=en&amp;paid=999")):
            assert f'content="{told}"' in counter.browser.get(f"/m?lang=en&paid={looks}").text

    @pytest.mark.parametrize(("paid", "state"), [(True, "scheduled"), (False, "lapsed")])
    def test_that_answers_after_the_hold_decides_then(self, counter: Counter, paid: bool, state: str) -> None:
        cover = counter.cover()
        intent = counter.pay(counter.checkout(), "pm_usBankAccount_processing")
        counter.wait_out(cover)
        page = counter.page()
        assert EN.text("member.processing") in page
        assert "othing was charged" not in page
        with counter.stand_in.account() as account:
            account.settle(intent, paid=paid)
        assert EN.text(f"member.{state}") in counter.page()
        assert counter.seen(cover)["state"] == state

    def test_asks_for_a_confirmation_that_is_refused(self, counter: Counter) -> None:
        counter.cover()
        checkout = counter.checkout()
        counter.pay(checkout, "pm_card_authenticationRequired")
        with counter.stand_in.account() as account:
            account.approve_on(checkout, approved=False)
        assert EN.text("member.declined_unconfirmed") in counter.page("&paid=0")


class TestHoldOver:
    def test_between_the_page_and_the_button_charges_nothing(self, counter: Counter) -> None:
        cover = counter.cover()
        counter.page()
        counter.wait_out(cover)
        answer = counter.browser.post("/m/pay?lang=en")
        assert (answer.status_code, answer.headers["location"]) == (303, "/m?lang=en&paid=1")
        page = counter.page("&paid=1")
        assert EN.text("member.lapsed_sentence", partner="Platform Test") in page
        assert "What will be covered" not in page
        assert counter.seen(cover)["state"] == "lapsed"
        assert counter.sessions(cover) == []

    def test_on_the_processors_page_closes_it(self, counter: Counter) -> None:
        cover = counter.cover()
        checkout = counter.checkout()
        counter.wait_out(cover)
        assert EN.text("member.lapsed") in counter.page()
        with counter.stand_in.account() as account:
            assert account.page(checkout)["status"] == "expired"

    def test_just_after_paying_is_a_cover_all_the_same(self, counter: Counter) -> None:
        cover = counter.cover()
        counter.pay(counter.checkout())
        counter.wait_out(cover)
        assert EN.text("member.scheduled") in counter.page()

    def test_is_not_told_while_the_processor_is_away(self, counter: Counter) -> None:
        cover = counter.cover()
        counter.pay(counter.checkout())
        counter.wait_out(cover)
        counter.stand_in.faults.next("refused")
        page = counter.page()
        assert EN.text("member.checking_sentence") in page
        assert "othing was charged" not in page
        assert EN.text("member.scheduled") in counter.page()


class TestProcessorAway:
    @pytest.mark.parametrize("fault", ["refused", "rate_limited", "done_lost", "no_json"])
    def test_is_said_in_a_sentence_with_another_try(self, counter: Counter, fault: Any) -> None:
        cover = counter.cover()
        counter.stand_in.faults.next(fault, at="POST /v1/checkout/sessions")
        answer = counter.browser.post("/m/pay?lang=en")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["content-security-policy"] == policy_with_form([counter.origin])
        page = seen_in(answer.text)
        assert EN.text("member.notice_unreachable") in page
        assert "by card" in page
        counter.pay(counter.checkout())
        assert EN.text("member.scheduled") in counter.page("&paid=1")
        assert len(counter.sessions(cover)) == 1

    def test_on_the_way_back_says_that_nothing_is_known_yet_and_looks_again(self, counter: Counter) -> None:
        counter.cover()
        counter.pay(counter.checkout())
        counter.stand_in.faults.next("refused")
        raw = counter.browser.get("/m?lang=en&paid=1").text
        assert EN.text("member.checking") in seen_in(raw)
        assert 'http-equiv="refresh"' in raw
        assert "<form" not in raw
        assert EN.text("member.scheduled") in counter.page("&paid=2")

    def test_for_good_is_said_too(self, counter: Counter) -> None:
        counter.cover()
        there = create_app(replace(counter.house, payments={}))
        with TestClient(there, follow_redirects=False, cookies=dict(counter.browser.cookies)) as browser:
            answer = browser.post("/m/pay?lang=en")
        assert answer.status_code == 503
        assert EN.text("member.notice_unreachable") in seen_in(answer.text)


class TestOtherSites:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://elsewhere.example"},
            {"Origin": "http://testserver.elsewhere.example"},
            {"Origin": "http://[testserver"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        ],
    )
    def test_begin_no_payment(self, counter: Counter, headers: dict[str, str]) -> None:
        cover = counter.cover()
        before = list(counter.stand_in.calls)
        answer = counter.browser.post("/m/pay?lang=en", headers=headers)
        assert answer.status_code == 403
        assert EN.text("member.refused_sentence") in seen_in(answer.text)
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert (list(counter.stand_in.calls), counter.sessions(cover)) == (before, [])

    @pytest.mark.parametrize(
        "headers",
        [{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": "null"}, {"Origin": "http://testserver"}],
    )
    def test_are_told_from_our_own_page(self, counter: Counter, headers: dict[str, str]) -> None:
        counter.cover()
        assert counter.browser.post("/m/pay", headers=headers).status_code == 303

    @pytest.mark.parametrize("cookie", [None, "", "0" * 28, "x" * 4000])
    def test_without_a_members_cookie_get_the_page_of_nothing(self, counter: Counter, cookie: str | None) -> None:
        cover = counter.cover()
        headers = {"Cookie": f"sharecover_member={cookie}"} if cookie is not None else {}
        with TestClient(counter.app, follow_redirects=False) as stranger:
            answer = stranger.post("/m/pay", headers=headers)
            assert stranger.get("/m/pay").status_code == 404
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert counter.sessions(cover) == []

    def test_of_another_member_pays_that_members_cover(self, counter: Counter) -> None:
        cover, other = counter.cover(), counter.cover()
        counter.checkout()
        assert (len(counter.sessions(cover)), len(counter.sessions(other))) == (0, 1)


class TestAfterwards:
    def test_what_goes_back_is_told_and_then_that_it_was_sent(self, counter: Counter) -> None:
        cover = counter.cover()
        counter.pay(counter.checkout())
        counter.page("&paid=1")
        cancelled = counter.platform.post(f"/v1/covers/{cover['id']}/cancel", {}).json()
        amount = f"€{cancelled['refund']['amount'] / 100:.2f}"
        page = counter.page()
        assert EN.text("member.cancelled") in page
        assert f"{amount} {EN.text('member.back_waits')}" in page
        send_refunds(counter.house, Caller(counter.platform.tenant, "test"), cover["id"])
        assert f"{amount} was sent back on" in counter.page()

    def test_a_disputed_payment_leaves_the_cover(self, counter: Counter, owner: Database) -> None:
        cover = counter.cover()
        counter.pay(counter.checkout())
        counter.page("&paid=1")
        with owner.transaction(counter.platform.tenant) as session:
            session.execute(text("UPDATE covers SET state = 'payment_disputed' WHERE id = :id"), {"id": cover["id"]})
        page = counter.page()
        assert EN.text("member.payment_disputed") in page
        assert EN.text("member.download") in page
        assert counter.browser.get("/m/certificate").status_code == 200

    def test_a_change_is_paid_on_the_page_and_makes_a_new_certificate(self, counter: Counter) -> None:
        cover = counter.cover()
        counter.pay(counter.checkout())
        counter.page("&paid=1")
        change = self.confirmed(counter, cover)
        page = counter.page()
        due = f"€{change['due']['amount'] / 100:.2f}"
        assert f"Pay {due} by card" in page
        assert "Your cover would last until" in page
        assert EN.text("member.scheduled") in page
        counter.pay(counter.checkout())
        page = counter.page("&paid=1")
        gross = cover["price"]["gross"]["amount"] + change["due"]["amount"]
        assert EN.text("member.notice_paid") in page
        assert "Certificate 2, replaces the one issued on" in page
        assert f"€{gross / 100:.2f}" in page
        assert EN.text("member.pay_change") not in page
        assert counter.seen(cover)["end"] == change["end"]

    def test_a_change_that_is_not_paid_in_time_leaves_the_cover_as_it_was(self, counter: Counter) -> None:
        cover = counter.cover()
        counter.pay(counter.checkout())
        counter.page("&paid=1")
        change = self.confirmed(counter, cover)
        counter.platform.advance(change["payment"]["hold_until"])
        page = counter.page()
        assert EN.text("member.change_unpaid") in page
        assert EN.text("member.scheduled") in page
        assert "by card" not in page
        assert counter.seen(cover)["end"] == cover["end"]

    @staticmethod
    def confirmed(counter: Counter, cover: dict[str, Any]) -> dict[str, Any]:
        """Two days more, confirmed and not paid yet."""
        end = datetime.fromisoformat(cover["end"]) + timedelta(days=2)
        asked = counter.platform.post(
            f"/v1/covers/{cover['id']}/changes", {"kind": "extend", "end": end.isoformat()}
        ).json()
        body = {"no_known_loss": True, "declared_at": asked["created_at"]}
        confirmed = counter.platform.post(f"/v1/changes/{asked['id']}/confirm", body)
        assert confirmed.status_code == 200, confirmed.text
        found: dict[str, Any] = confirmed.json()
        assert found["state"] == "awaiting_payment"
        return found


class TestDatabaseAway:
    def test_is_told_to_the_member_in_a_sentence(self, counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: object, **__: object) -> None:
            raise Unavailable("database_unavailable", "the database can't be reached")

        monkeypatch.setattr("coverage.web.member.pages.caller_by_link", away)
        answer = counter.browser.get("/m/abc", headers={"Accept-Language": "fr"})
        assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert "Nous revenons dans un instant" in answer.text
        assert answer.headers["Retry-After"]
