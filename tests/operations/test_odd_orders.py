"""What happens in an order that nobody meant: money, covers and changes agree all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from coverage.domain.faults import Rejected
from coverage.domain.ids import RANDOM_BYTES, encode
from coverage.domain.payment import LEAST_CHARGE
from coverage.domain.premium import FeeLine, Premium, SectionPremium, TaxLine
from coverage.domain.tenant import Caller
from coverage.operations import booking
from coverage.operations.collecting import open_checkout, settle_payment, settle_payments
from coverage.operations.house import House
from coverage.operations.showing import find_cover
from coverage.rulebook.editions import Library
from coverage.rulebook.terms import returned
from coverage.storage import covers
from coverage.storage.identity import new_id
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform, a_bind, a_risk, soon
from tests.lending import euros
from tests.operations.card import EVENTS, Till
from tests.operations.own_product import own_product, platform_on
from tests.operations.test_changing import a_declaration, asked, confirmed, later
from tests.operations.test_collecting import balances, facts, let_time_pass
from tests.rulebook.rule_files import FRANCE, real

URLS = {"paid_url": "http://127.0.0.1/a", "back_url": "http://127.0.0.1/b"}


def waiting(till: Till, cover: dict[str, Any]) -> dict[str, Any]:
    """A longer term of the cover, confirmed and read: it waits to be paid."""
    change = confirmed(till.platform, asked(till.platform, cover, "extend", end=later(cover["end"], days=1)))
    return read(till, change)


def read(till: Till, change: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = till.platform.get(f"/v1/changes/{change['id']}").json()
    return found


def due_at(owner: Database, till: Till, cover: dict[str, Any]) -> datetime:
    with owner.transaction(till.platform.tenant) as session:
        query = text("SELECT next_due_at FROM covers WHERE id = :id")
        found: datetime = session.scalars(query, {"id": cover["id"]}).one()
        return found


class TestChangeThatWaits:
    """Workers had nothing left to do when it was confirmed."""

    def test_is_abandoned_when_its_time_is_over(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        till.work()
        change = waiting(till, cover)
        let_time_pass(till, soon(minutes=11))
        assert read(till, change)["state"] == "abandoned"
        assert facts(owner, till, cover)[-2:] == ["cover.payment_overdue", "cover.change_abandoned"]
        assert due_at(owner, till, cover) == datetime.fromisoformat(cover["start"])
        assert till.platform.post(f"/v1/covers/{cover['id']}/cancel", {}).status_code == 200

    def test_comes_true_though_nobody_told_that_it_was_paid(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        till.work()
        change = waiting(till, cover)
        till.pay(change)
        let_time_pass(till, soon(minutes=11))
        assert read(till, change)["state"] == "confirmed"
        assert due_at(owner, till, cover) == datetime.fromisoformat(cover["start"])

    def test_and_was_paid_leaves_the_clock_to_the_cover(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        till.work()
        change = waiting(till, cover)
        till.pay(change)
        assert read(till, change)["state"] == "confirmed"
        let_time_pass(till, later(change["end"], seconds=1))
        assert facts(owner, till, cover)[-2:] == ["cover.started", "cover.ended"]
        assert "cover.payment_overdue" not in facts(owner, till, cover)

    @pytest.mark.parametrize("left", [timedelta(minutes=5), timedelta(minutes=30)])
    def test_while_its_cover_begins_and_ends_is_abandoned(self, till: Till, owner: Database, left: timedelta) -> None:
        start, end = soon(minutes=17), soon(minutes=17 + 6 * 60)
        cover = till.issued(till.platform.quote(start=start, end=end))
        let_time_pass(till, later(cover["end"], seconds=-left.total_seconds()))
        change = confirmed(
            till.platform,
            asked(till.platform, cover, "extend", end=later(cover["end"], days=1)),
            declared_at=till.platform.get("/v1/test_clock").json()["now"],
        )
        let_time_pass(till, later(cover["end"], seconds=1))
        assert read(till, change)["state"] == "abandoned"
        told = facts(owner, till, cover)
        assert "cover.ended" in told
        assert "cover.change_abandoned" in told

    def test_while_its_cover_begins_lets_it_begin_first(self, till: Till, owner: Database) -> None:
        cover = till.issued(till.platform.quote(start=soon(minutes=5), end=soon(hours=5)))
        till.work()
        change = waiting(till, cover)
        let_time_pass(till, soon(minutes=16))
        assert read(till, change)["state"] == "abandoned"
        assert facts(owner, till, cover)[-3:] == ["cover.started", "cover.payment_overdue", "cover.change_abandoned"]
        assert due_at(owner, till, cover) == datetime.fromisoformat(cover["end"])

    def test_is_void_once_a_loss_was_declared(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        change = waiting(till, cover)
        till.platform.claim(cover, loss_at=soon(seconds=-30))
        till.pay(change)
        assert read(till, change)["state"] == "abandoned"
        assert till.seen(cover)["end"] == cover["end"]
        till.work()
        assert balances(owner, till)["clearing/card"] == cover["price"]["gross"]["amount"]


class TestProcessorThatRefuses:
    @pytest.mark.parametrize("how", ["gone", "refuses"])
    def test_keeps_nobody_from_reading_what_waits(self, till: Till, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
        cover = till.held()
        paid = till.issued()
        change = waiting(till, paid)
        if how == "gone":
            till.app.state.house = replace(till.house, payments={})
        else:
            # As where the key was withdrawn.
            monkeypatch.setattr(till.house.payments["test"], "look", self._refuse)
        assert till.seen(cover)["payment"]["client_secret"] is None
        assert till.platform.get(f"/v1/changes/{change['id']}").json()["state"] == "awaiting_payment"

    def test_to_take_so_little_is_said_of_the_change(self, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
        cover = till.issued()
        change = asked(till.platform, cover, "extend", end=later(cover["end"], days=1))
        monkeypatch.setitem(LEAST_CHARGE, "EUR", 10_000_00)
        answer = till.platform.post(f"/v1/changes/{change['id']}/confirm", a_declaration())
        assert "errors" not in the_problem(answer, 422, "amount_too_small")

    @staticmethod
    def _refuse(_: str) -> Any:
        raise Rejected("payments_refused", "the card processor doesn't take the key for this")


class TestHeardOfLate:
    def test_begins_within_what_it_held(self, till: Till) -> None:
        risk = a_risk()
        cover = till.held(till.platform.quote(risk=risk, start="at_issue", end=None, duration="PT6H"))
        hold_until = cover["payment"]["hold_until"]
        free = later(hold_until, hours=6)
        next_one = till.platform.quote(risk=risk, start=free, end=later(free, hours=6))
        assert till.platform.post("/v1/covers", a_bind(next_one)).status_code == 201
        till.pay(cover)
        let_time_pass(till, later(hold_until, minutes=20))
        paid = till.seen(cover)
        assert (paid["state"], paid["start"]) == ("on_risk", hold_until)
        assert datetime.fromisoformat(paid["end"]) == datetime.fromisoformat(free)

    def test_begins_when_it_was_paid(self, till: Till) -> None:
        """And not when that was heard of, some minutes later."""
        cover = till.held(till.platform.quote(start="at_issue", end=None, duration="PT6H"))
        till.pay(cover)
        with till.stand_in.account() as account:
            (charge,) = [one for one in account.all_of("charge") if one["metadata"]["cover"] == cover["id"]]
        paid_at = datetime.fromtimestamp(charge["created"], UTC)
        begins = datetime.fromisoformat(till.seen(cover)["start"])
        assert begins == max(paid_at, datetime.fromisoformat(cover["created_at"]))


class TestDisputes:
    def test_lost_and_won_in_the_end_let_the_cover_be_issued_again(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        (number,) = self._disputed(till, self._intents(owner, till, cover))
        self._closed(till, number, "lost")
        assert till.seen(cover)["state"] == "payment_disputed"
        self._closed(till, number, "won")
        assert till.seen(cover)["state"] == "scheduled"

    def test_of_two_payments_are_both_won_before_anything_changes(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        change = waiting(till, cover)
        till.pay(change)
        assert read(till, change)["state"] == "confirmed"
        first, second = self._disputed(till, self._intents(owner, till, cover))
        self._closed(till, first, "won")
        assert till.seen(cover)["state"] == "payment_disputed"
        the_problem(till.platform.post(f"/v1/covers/{cover['id']}/cancel", {}), 409, "payment_disputed")
        self._closed(till, second, "won")
        assert till.seen(cover)["state"] == "scheduled"

    def test_of_what_bought_nothing_leave_the_cover_alone(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        with owner.transaction(till.platform.tenant) as session:
            payment_id = str(session.scalar(text("SELECT id FROM payments")))
        names = {"metadata[payment]": payment_id, "metadata[tenant]": till.platform.tenant.id}
        second = till.processor.an_intent(**{"amount": str(cover["price"]["gross"]["amount"]), **names})
        till.processor.post(f"payment_intents/{second.id}/confirm", payment_method="pm_card_visa")
        settle_payment(till.house, Caller(till.platform.tenant, "test"), payment_id, second.id)
        self._disputed(till, [second.id])
        assert till.seen(cover)["state"] == "scheduled"
        assert balances(owner, till)["receivable/disputed"] == cover["price"]["gross"]["amount"]

    def test_of_another_installation_are_heard_out(self, till: Till) -> None:
        cover = till.issued()
        names = {"metadata[payment]": new_id("payment"), "metadata[tenant]": till.platform.tenant.id}
        other = till.processor.an_intent(**{"amount": str(cover["price"]["gross"]["amount"]), **names})
        till.processor.post(f"payment_intents/{other.id}/confirm", payment_method="pm_card_visa")
        self._disputed(till, [other.id])

    def _disputed(self, till: Till, intents: list[str]) -> list[str]:
        before = len(till.stand_in.webhooks.told)
        with till.stand_in.account() as account:
            made = [str(account.dispute(one)["id"]) for one in intents]
        self._tell(till, before)
        return made

    def _closed(self, till: Till, dispute: str, outcome: str) -> None:
        before = len(till.stand_in.webhooks.told)
        with till.stand_in.account() as account:
            account.close_dispute(dispute, status=outcome)
        self._tell(till, before)

    @staticmethod
    def _intents(owner: Database, till: Till, cover: dict[str, Any]) -> list[str]:
        with owner.transaction(till.platform.tenant) as session:
            query = text("SELECT intent_id FROM payments WHERE cover_id = :id")
            return list(session.scalars(query, {"id": cover["id"]}))

    @staticmethod
    def _tell(till: Till, before: int) -> None:
        for body in till.stand_in.webhooks.told[before:]:
            headers = {"Stripe-Signature": till.stand_in.webhooks.signature(body)}
            assert till.platform.client.post(EVENTS, content=body, headers=headers).status_code == 204


class TestCheckout:
    def test_is_no_page_when_it_was_paid_while_the_page_was_made(
        self, till: Till, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cover = till.held()
        caller = Caller(till.platform.tenant, "member")
        processor = till.house.payments["test"]
        make = processor.open_checkout
        pages = []

        def paid_meanwhile(*order: Any, **how: Any) -> Any:
            pages.append(make(*order, **how))
            till.pay(cover)
            settle_payments(till.house, caller, cover["id"])
            return pages[-1]

        monkeypatch.setattr(processor, "open_checkout", paid_meanwhile)
        assert open_checkout(till.house, caller, cover["id"], **URLS) is None
        assert till.seen(cover)["state"] == "scheduled"
        assert not processor.look_at_checkout(pages[0].id).open


class TestTermsOfTheLastChange:
    def test_are_told_though_another_clock_named_its_transaction(
        self, platform: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cover = platform.cover(platform.quote(risk=a_risk(goods_value=euros(100_000))))
        first = cover["transactions"][0]["id"]
        change = asked(platform, cover, "raise", risk={"goods_value": euros(500_000)})
        # Of a host whose clock is behind.
        earlier = encode("transaction", 1_000, bytes(RANDOM_BYTES))
        assert earlier < first
        monkeypatch.setattr(booking, "new_id", lambda noun: earlier if noun == "transaction" else new_id(noun))
        confirmed(platform, change)
        sections = platform.get(f"/v1/covers/{cover['id']}").json()["price"]["sections"]
        goods = next(one for one in sections if one["name"] == "goods_carried")
        assert goods["limits"][0]["amount"] == euros(500_000)


class TestReturnEarly:
    def test_gives_taxes_back_at_the_rate_at_which_they_were_paid(
        self, tmp_path: Path, owner: Database, house_with: Callable[..., House]
    ) -> None:
        product = own_product(tmp_path)
        product.replace("return_early: {refund: none}", "return_early: {refund: unused}")
        rate = 'other: [{from: 2016-01-01, rate: "0.09"}'
        product.rules.replace(FRANCE, f"{rate}]", f'{rate}, {{from: 2027-03-20, rate: "0.08"}}]')
        there = house_with(rules=product.rules.load)
        with platform_on(owner, there, product) as shop:
            shop.advance("2027-03-19T08:00:00+01:00")
            asked_for = product.asked(start="2027-03-19T12:00:00+01:00", end="2027-03-20T12:00:00+01:00")
            cover = shop.cover(shop.quote(**asked_for))
            shop.advance("2027-03-20T00:00:00+01:00")
            change = asked(shop, cover, "return_early")
            done = confirmed(shop, change, declared_at="2027-03-20T00:00:00+01:00")
        # Half of 14.40 and of the 9 % on it, 1.30.
        assert {line["rate"] for line in change["price"]["taxes"]} == {"9"}
        assert (done["state"], change["due"]["amount"]) == ("confirmed", -(7_20 + 65))

    def test_never_gives_back_more_than_two_roundings_took(self) -> None:
        one = Premium.of("EUR", (SectionPremium("goods", 105),), (self._tax(105, 9),), ())
        both = one.plus(one)
        back = returned(real("goods_carried").rules, both, Fraction(999_999, 1_000_000), with_fees=False)
        # 9 % of 210 would be 19.
        assert (back.net, back.tax_total, both.minus(back).gross) == (210, 18, 0)

    def test_keeps_a_fees_tax_once_where_the_rate_has_changed(self, tariffs: Library) -> None:
        rules = next(one for one in tariffs.editions if one.product == "home_exchange").rules
        fee = FeeLine("exchange_file", 200)
        first = Premium.of("EUR", (SectionPremium("home_contents", 1_000),), (self._tax(1_200, 108),), (fee,))
        more = Premium.of("EUR", (SectionPremium("home_contents", 1_000),), (self._tax(1_000, 100, 100_000),), ())
        back = returned(rules, first.plus(more), Fraction(1))
        assert [(line.base, line.amount) for line in back.taxes] == [(1_000, 90), (1_000, 100)]

    @staticmethod
    def _tax(base: int, amount: int, rate: int = 90_000) -> TaxLine:
        return TaxLine("TSCA", "premium_tax", "other", rate, base, amount)


class TestLocks:
    def test_are_taken_by_a_change_in_the_order_of_a_bind(self, platform: Platform, house: House) -> None:
        cover = platform.cover()
        change = asked(platform, cover, "extend", end=later(cover["end"], hours=5))
        caller = Caller(platform.tenant, "test")
        answers: list[int] = []
        confirming = threading.Thread(
            target=lambda: answers.append(
                platform.post(f"/v1/changes/{change['id']}/confirm", a_declaration()).status_code
            )
        )
        with house.transaction(caller) as tx:
            row = find_cover(tx, cover["id"])
            covers.lock_member(tx.session, tx.tenant_id, row.policyholder_id)
            confirming.start()
            confirming.join(1.0)  # it waits for the member now
            assert row.object_key is not None
            covers.lock_object(tx.session, tx.tenant_id, row.object_key)
        confirming.join(10.0)
        assert answers == [200]
