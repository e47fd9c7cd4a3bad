"""Refunds that fail, also after they were sent: what the books say, and how what is owed comes to the member all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from coverage.domain.faults import Conflict, Missing
from coverage.domain.payment import Refunded, RefundOrder
from coverage.domain.tenant import Caller
from coverage.operations.collecting import send_refunds
from coverage.operations.house import House
from coverage.operations.reconciling import reconcile
from coverage.operations.refunding import look_at_refund, see_refunds, tenant_of_refund, transfer_refund
from coverage.operations.unlocking import link_of
from coverage.storage import books
from coverage.storage.tenancy import turn_to
from tests.conftest import a_database
from tests.operations.card import EVENTS, Till
from tests.operations.lived_in import LivedIn, an_empty_book


@pytest.fixture(scope="module")
def book(house: House) -> Iterator[LivedIn]:
    with a_database() as url, an_empty_book(url, house) as found:
        yield found


@pytest.fixture
def till(book: LivedIn) -> Till:
    return book.till


def cancelled(till: Till) -> tuple[dict[str, Any], str]:
    """A cover that was paid by card and cancelled, its refund sent; the cover, and the refund's id."""
    cover = till.issued()
    assert till.platform.post(f"/v1/covers/{cover['id']}/cancel", {}).status_code == 200
    till.work()
    (refund,) = [one.id for one in see_refunds(till.queue, ["succeeded"]) if one.cover == cover["id"]]
    return cover, refund


def failing(book: LivedIn, refund: str, *, told: bool = True) -> None:
    """The bank can't take it in: the money comes back to the processor, which tells of it or not."""
    number = book.asked("SELECT processor_id FROM refunds WHERE id = :id", id=refund)
    if told:
        book.told_by_processor(lambda account: account.fail_refund(number))
        return
    with book.till.stand_in.account() as account:
        account.fail_refund(number)


def wrong(till: Till) -> list[books.Found]:
    with till.queue.outside() as session:
        turn_to(session, till.platform.tenant.id)
        return [found for check in books.CHECKS for found in books.faults(session, check)]


def balance(book: LivedIn, account: str) -> int:
    """Debits less credits, in cents."""
    side = "coalesce(sum(CASE WHEN debit = :a THEN amount WHEN credit = :a THEN -amount END), 0)::bigint"
    return int(book.asked(f"SELECT {side} FROM transfers", a=account))  # noqa: S608


class TestFailed:
    def test_later_is_owed_again_and_transferred(self, book: LivedIn, till: Till) -> None:
        cover, refund = cancelled(till)
        amount = cover["price"]["gross"]["amount"]
        owed, bank = balance(book, "payable/refunds"), balance(book, "bank")
        failing(book, refund)
        (seen,) = [one for one in see_refunds(till.queue, ["failed"]) if one.id == refund]
        assert (seen.amount.amount, seen.cover, seen.state) == (amount, cover["id"], "failed")
        assert balance(book, "payable/refunds") == owed - amount
        assert till.seen(cover)["payment"]["refunded"] == {"amount": 0, "currency": "EUR"}
        assert wrong(till) == []
        page = self._page(till, cover)
        assert "couldn" in page or "n’a pas encore pu" in page
        caller = Caller(till.platform.tenant, "operator")
        for _ in range(2):  # noted twice, it is transferred once
            with till.house.transaction(caller) as tx:
                assert transfer_refund(tx, refund, "SCT 7").state == "transferred"
        assert (balance(book, "payable/refunds"), balance(book, "bank")) == (owed, bank - amount)
        with pytest.raises(Conflict, match="transferred as SCT 7"), till.house.transaction(caller) as tx:
            transfer_refund(tx, refund, "SCT 8")
        assert wrong(till) == []
        kinds = book.asked("SELECT string_agg(kind, ' ' ORDER BY id) FROM facts WHERE subject = :id", id=cover["id"])
        assert kinds.endswith("cover.cancelled cover.refunded cover.refund_failed cover.refund_transferred")
        assert "was sent by bank transfer" in self._page(till, cover)
        # A look that comes late changes nothing.
        assert look_at_refund(till.house, caller, refund).state == "transferred"

    def test_is_told_twice_and_noted_once(self, book: LivedIn, till: Till) -> None:
        _, refund = cancelled(till)
        failing(book, refund)
        before = book.asked("SELECT count(*) FROM transfers")
        for body in till.stand_in.webhooks.told[-3:]:
            headers = {"Stripe-Signature": till.stand_in.webhooks.signature(body)}
            assert till.platform.client.post(EVENTS, content=body, headers=headers).status_code == 204
        assert book.asked("SELECT count(*) FROM transfers") == before

    def test_is_found_by_looking_where_the_event_was_lost(self, book: LivedIn, till: Till) -> None:
        _, refund = cancelled(till)
        failing(book, refund, told=False)
        assert tenant_of_refund(till.queue, refund) == till.platform.tenant
        found: list[Any] = []
        reconcile(till.house, till.queue, "test", None, found.append)
        assert {one.kind for one in found} == {"not_in_journal", "balance_differs"}
        assert look_at_refund(till.house, Caller(till.platform.tenant, "operator"), refund).state == "failed"
        assert wrong(till) == []
        found.clear()
        reconcile(till.house, till.queue, "test", None, found.append)
        assert found == []

    def test_at_once_is_no_job_to_be_tried_again(self, book: LivedIn, till: Till) -> None:
        cover = till.issued()
        till.platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        payments = till.house.payments["test"]

        class Failing:
            """The processor, at which every refund fails as it is asked for."""

            def __getattr__(self, name: str) -> Any:
                return getattr(payments, name)

            def refund(self, order: RefundOrder) -> Refunded:
                return replace(payments.refund(order), state="failed")

        house = replace(till.house, payments={"test": Failing()})
        send_refunds(house, Caller(till.platform.tenant, "worker"), cover["id"])
        (refund,) = [one for one in see_refunds(till.queue, ["failed"]) if one.cover == cover["id"]]
        assert refund.failed_at is not None
        assert wrong(till) == []

    def test_what_has_not_failed_is_not_transferred(self, till: Till) -> None:
        _, refund = cancelled(till)
        caller = Caller(till.platform.tenant, "operator")
        with pytest.raises(Conflict, match="it is succeeded"), till.house.transaction(caller) as tx:
            transfer_refund(tx, refund, "SCT 9")
        with pytest.raises(Missing), till.house.transaction(caller) as tx:
            transfer_refund(tx, refund[:-1] + ("x" if refund[-1] != "x" else "y"), "SCT 9")
        with pytest.raises(Missing):
            tenant_of_refund(till.queue, "ref_1")

    @staticmethod
    def _page(till: Till, cover: dict[str, Any]) -> str:
        with till.house.transaction(Caller(till.platform.tenant, "test")) as tx:
            link = link_of(tx, cover["id"])
        return till.platform.client.get(f"/m/{link}", headers={"Accept-Language": "en"}).text
