"""The books: that they agree after a whole life, that whatever doesn't is named, and that the processor's balance is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, cast

import pytest

from coverage.domain.faults import Missing, Rejected
from coverage.domain.tenant import Tenant
from coverage.gateways.stripe_stand_in.bills import end_invoice
from coverage.operations.balancing import accounts_of, books_of_cover, statement, trial_balance
from coverage.operations.house import House
from coverage.operations.invoicing import look_at_sent
from coverage.operations.ports import Payments
from coverage.operations.reconciling import reconcile
from coverage.storage import books
from tests.conftest import a_database
from tests.operations.billing import Billing
from tests.operations.lived_in import LivedIn, an_empty_book, live


@pytest.fixture(scope="module")
def book(house: House) -> Iterator[LivedIn]:
    """Lived in once for all tests here, each of which adds what is its own."""
    with a_database() as url, an_empty_book(url, house) as found:
        live(found)
        yield found


@pytest.fixture
def own_book(fresh_database_url: str, house: House) -> Iterator[LivedIn]:
    with an_empty_book(fresh_database_url, house) as found:
        yield found


class TestSound:
    """Runs first: what comes after seeds faults into the same book."""

    def test_books_agree_after_a_whole_life(self, book: LivedIn) -> None:
        checked, faults = book.check()
        assert faults == []
        assert (checked.tenants, checked.transactions) == (1, 9)
        assert checked.transfers > checked.transactions

    def test_a_trial_balance_is_even(self, book: LivedIn) -> None:
        accounts = trial_balance(book.till.queue, "test", None, None)
        assert sum(one.debit for one in accounts) == sum(one.credit for one in accounts) > 0
        by_name = {one.account: one.debit - one.credit for one in accounts}
        assert by_name["receivable/card"] == by_name["payable/refunds"] == 0
        assert by_name["receivable/disputed"] == book.covers["disputed"]["price"]["gross"]["amount"]
        assert trial_balance(book.till.queue, "test", book.platform.tenant.partner_id, None) == accounts
        assert trial_balance(book.till.queue, "test", None, date(2020, 1, 1)) == []
        assert trial_balance(book.till.queue, "live", None, None) == []

    def test_a_statement_runs_from_the_opening_to_the_closing(self, book: LivedIn) -> None:
        partner_id = book.platform.tenant.partner_id
        name, (whole,) = statement(book.till.queue, "test", partner_id, None, None)
        assert (name, whole.opening) == ("Platform Test", 0)
        balance = 0
        for line in whole.lines:
            balance += line.amount
            assert line.balance == balance
        owed = [
            one["total"]["amount"] for one in book.platform.get("/v1/invoices").json()["data"] if one["state"] == "open"
        ]
        assert whole.closing == balance == sum(owed)
        assert any(line.amount < 0 and line.text.startswith("T") for line in whole.lines), "an invoice was paid"
        day = whole.lines[0].at.date() + timedelta(days=2)
        _, (later,) = statement(book.till.queue, "test", partner_id, day, None)
        assert (later.opening, later.lines, later.closing) == (whole.closing, (), whole.closing)
        with pytest.raises(Missing):
            statement(book.till.queue, "live", partner_id, None, None)

    def test_the_journal_of_a_cover_is_even_account_by_account(self, book: LivedIn) -> None:
        cover = book.covers["cancelled"]
        number, accounts = books_of_cover(book.till.queue, cover["number"])
        assert number == cover["number"]
        assert books_of_cover(book.till.queue, cover["id"])[1] == accounts
        gross = cover["price"]["gross"]["amount"]
        sides = {one.name: (one.debit_total, one.credit_total) for one in accounts}
        assert sides["clearing/card"] == (gross, gross)
        assert sides["payable/refunds"] == (gross, gross)
        assert sides["receivable/card"] == (2 * gross, 2 * gross)
        causes = {entry.cause[:3] for one in accounts for entry in (*one.debits, *one.credits)}
        assert causes == {"txn", "pay", "ref"}
        _, disputed = books_of_cover(book.till.queue, book.covers["disputed"]["id"])
        assert "receivable/disputed" in {one.name for one in disputed}
        with pytest.raises(Missing):
            books_of_cover(book.till.queue, "SC-0")

    def test_nothing_stands_in_no_accounts(self) -> None:
        assert accounts_of([]) == []


SOME = "tenant_id, id, transaction_id, cause, debit, credit, amount, currency, posted_at, booked_at"

# What somebody does to the books behind the service's back, and what must be told of it: the check, and the subject.
FAULTS: dict[str, tuple[str, str, str]] = {
    "a premium is posted a cent too high": (
        ("UPDATE transfers SET amount = amount + 1 WHERE id = (SELECT min(f.id) FROM transfers f JOIN transactions t"
        " ON t.id = f.transaction_id WHERE t.cover_id = :invoiced AND f.credit LIKE 'premium/%')"),
        "transaction_differs", "SELECT id FROM transactions WHERE cover_id = :invoiced",
    ),
    "a premium is posted to another section": (
        ("UPDATE transfers SET credit = credit || '_of_another' WHERE id = (SELECT min(f.id) FROM transfers f JOIN transactions t"
        " ON t.id = f.transaction_id WHERE t.cover_id = :paid AND f.credit LIKE 'premium/%')"),
        "line_differs", "SELECT id FROM transactions WHERE cover_id = :paid",
    ),
    "a tax is never posted": (
        "DELETE FROM transfers WHERE credit LIKE 'tax/%' AND transaction_id = (SELECT id FROM transactions WHERE cover_id = :paid)",
        "transaction_differs", "SELECT id FROM transactions WHERE cover_id = :paid",
    ),
    "the wrong one owes": (
        ("UPDATE transfers SET debit = 'receivable/partner' WHERE debit = 'receivable/card'"
        " AND transaction_id = (SELECT id FROM transactions WHERE cover_id = :disputed)"),
        "transaction_differs", "SELECT id FROM transactions WHERE cover_id = :disputed",
    ),
    "a transaction moves between accounts that aren't its own": (
        ("INSERT INTO transfers (COLUMNS) SELECT tenant_id, 'tfr_a', transaction_id, NULL, 'bank', 'clearing/card', 1,"
        " currency, posted_at, booked_at FROM transfers WHERE transaction_id ="
        " (SELECT max(id) FROM transactions WHERE cover_id = :cancelled) LIMIT 1"),
        "transaction_differs", "SELECT max(id) FROM transactions WHERE cover_id = :cancelled",
    ),
    "a cover's sum is raised": (
        "UPDATE covers SET gross = gross + 1, net = net + 1 WHERE id = :invoiced", "cover_differs", "SELECT :invoiced",
    ),
    "a cover that was paid waits": (
        "UPDATE covers SET state = 'lapsed' WHERE id = :paid", "cover_differs", "SELECT :paid",
    ),
    "a payment is posted twice": (
        ("INSERT INTO transfers (COLUMNS) SELECT tenant_id, 'tfr_b', NULL, cause, credit, debit, amount, currency, posted_at,"
        " booked_at FROM transfers WHERE cause = (SELECT id FROM payments WHERE cover_id = :paid)"),
        "posting_differs", "SELECT id FROM payments WHERE cover_id = :paid",
    ),
    "a payment that nobody made is paid": (
        "UPDATE payments SET amount = amount + 5 WHERE cover_id = :disputed", "receivable_open", "SELECT :disputed",
    ),
    "a refund was never sent": (
        "UPDATE refunds SET state = 'pending', settled_at = NULL", "posting_differs", "SELECT max(id) FROM refunds",
    ),
    "a payment says that less went back": (
        "UPDATE payments SET refunded = refunded - 1 WHERE cover_id = :cancelled",
        "receivable_open", "SELECT id FROM payments WHERE cover_id = :cancelled",
    ),
    "a dispute was won": (
        "UPDATE disputes SET state = 'won'", "posting_differs", "SELECT max(id) FROM disputes",
    ),
    "an invoice was paid that wasn't": (
        "UPDATE invoices SET state = 'paid', paid_at = created_at, paid_by = 'x' WHERE state = 'open'",
        "posting_differs", "SELECT max(id) FROM invoices",
    ),
    "more may be paid of a claim than was decided": (
        "UPDATE exposures SET payable = payable + 1", "claim_differs", "SELECT id FROM exposures",
    ),
    "a payout was transferred that wasn't": (
        "UPDATE payouts SET state = 'paid', paid_at = ordered_at, bank_reference = 'x' WHERE state = 'pending'",
        "posting_differs", "SELECT max(id) FROM payouts",
    ),
    "an invoice's total is lowered": (
        "UPDATE invoices SET total = total - 1 WHERE id = (SELECT min(id) FROM invoices)",
        "invoice_differs", "SELECT min(id) FROM invoices",
    ),
    "a line is taken off an invoice": (
        ("DELETE FROM invoice_lines WHERE id = (SELECT l.id FROM invoice_lines l JOIN transactions t ON t.id = l.transaction_id"
        " WHERE t.cover_id = :invoiced)"),
        "invoice_differs", "SELECT id FROM transactions WHERE cover_id = :invoiced",
    ),
    "an invoice's number is passed over": (
        ("UPDATE invoices SET number = split_part(number, '-', 1) || '-' || split_part(number, '-', 2) || '-000009'"
        " WHERE id = (SELECT max(id) FROM invoices)"),
        "invoice_differs", "SELECT max(id) FROM invoices",
    ),
    "money comes from nowhere": (
        ("INSERT INTO transfers (COLUMNS) SELECT tenant_id, 'tfr_c', NULL, 'xxx_1', 'clearing/card', 'bank', 77, 'EUR',"
        " posted_at, booked_at FROM transfers LIMIT 1"),
        "account_differs", "SELECT 'clearing/card'",
    ),
    "money comes from a payment that there isn't": (
        ("INSERT INTO transfers (COLUMNS) SELECT tenant_id, 'tfr_d', NULL, 'pay_x', 'clearing/card', 'receivable/card', 77,"
        " 'EUR', posted_at, booked_at FROM transfers LIMIT 1"),
        "posting_differs", "SELECT 'pay_x'",
    ),
}  # fmt: skip


class TestFaults:
    @pytest.mark.parametrize("name", FAULTS)
    def test_each_is_named(self, book: LivedIn, name: str) -> None:
        sql, kind, subject = FAULTS[name]
        ids = {key: cover["id"] for key, cover in book.covers.items()}

        def of(query: str) -> dict[str, Any]:
            return {key: value for key, value in ids.items() if f":{key}" in query}

        wanted = str(book.asked(subject, **of(subject)))
        before = set(book.check()[1])
        book.seed(sql.replace("COLUMNS", SOME), **of(sql))
        new = [fault for fault in book.check()[1] if fault not in before]
        assert (kind, wanted) in {(fault.kind, fault.subject) for fault in new}, new
        assert all(fault.tenant_id == book.platform.tenant.id and fault.subject in str(fault) for fault in new)

    def test_every_check_has_one(self) -> None:
        assert {kind for _, kind, _ in FAULTS.values()} == set(books.CHECKS)


class TestReconcile:
    def test_finds_both_the_same_and_posts_what_was_taken_and_paid_out(self, own_book: LivedIn) -> None:
        live(own_book)
        done, differences = own_book.reconcile()
        assert differences == []
        assert done.kept == done.read > 0
        with own_book.till.stand_in.account() as account:
            account.pay_out(500, "eur")
        done, differences = own_book.reconcile()
        assert (done.kept, differences) == (1, [])
        assert own_book.reconcile()[0].kept == 0
        accounts = {one.account: one for one in trial_balance(own_book.till.queue, "test", None, None)}
        fees = own_book.asked("SELECT sum(fee) FROM balance_entries")
        assert accounts["cost/card"].debit == fees > 0
        assert (
            own_book.asked("SELECT sum(amount) FROM transfers WHERE debit = 'bank' AND credit = 'clearing/card'") == 500
        )
        assert own_book.check()[1] == []

    def test_finds_the_invoice_that_was_paid_there(self, own_book: LivedIn) -> None:
        live(own_book)
        invoice = own_book.platform.get("/v1/invoices").json()["data"][0]
        sent = own_book.asked("SELECT processor_id FROM invoices WHERE id = :id", id=invoice["id"])

        def paid(account: Any) -> None:
            end_invoice(account, sent, status="paid")
            # The stand-in moves nothing for an invoice. Stripe's charge for one bears none of our names.
            account._move("charge", "ch_of_invoice", invoice["total"]["amount"], 40, "eur")

        own_book.told_by_processor(paid)
        look_at_sent(own_book.till.house, own_book.till.queue)
        assert own_book.platform.get(f"/v1/invoices/{invoice['id']}").json()["state"] == "paid"
        done, differences = own_book.reconcile()
        assert [str(one) for one in differences] == []
        assert own_book.reconcile()[1] == []
        assert done.read == done.kept

    @pytest.mark.parametrize(
        ("sql", "kind"),
        [
            ("UPDATE payments SET amount = amount - 1 WHERE cover_id = :paid", "amount_differs"),
            ("UPDATE payments SET charge_id = 'ch_x' WHERE cover_id = :paid", "not_at_processor"),
            ("UPDATE payments SET charge_id = 'ch_x' WHERE cover_id = :paid", "not_in_journal"),
            (
                (
                    "INSERT INTO transfers (COLUMNS) SELECT tenant_id, 'tfr_e', NULL, 'xxx_2', 'clearing/card', 'bank', 77,"
                    " 'EUR', posted_at, booked_at FROM transfers WHERE cause = (SELECT id FROM payments WHERE cover_id = :paid)"
                ),
                "balance_differs",
            ),
        ],
    )
    def test_names_each_difference(self, own_book: LivedIn, sql: str, kind: str) -> None:
        own_book.covers = {"paid": own_book.till.issued()}
        own_book.till.work()
        assert own_book.reconcile()[1] == []
        own_book.seed(sql.replace("COLUMNS", SOME), paid=own_book.covers["paid"]["id"])
        assert kind in {one.kind for one in own_book.reconcile()[1]}

    def test_names_what_is_nobodys(self, own_book: LivedIn) -> None:
        own_book.till.issued()
        with own_book.till.stand_in.account() as account:
            account._move("topup", "", 25, 0, "eur")
        (difference,) = own_book.reconcile()[1]
        assert (difference.kind, difference.processor) == ("unknown_movement", "0.25 EUR")

    def test_posts_the_accounts_own_fees_to_whoever_has_something_there(self, own_book: LivedIn) -> None:
        own_book.till.issued()
        with own_book.till.stand_in.account() as account:
            account._move("stripe_fee", "", -25, 0, "eur")
        costs = "SELECT coalesce(sum(amount), 0) FROM transfers WHERE debit = 'cost/card' AND amount = 25"
        for _ in range(2):
            assert own_book.reconcile()[1] == []
            assert own_book.asked(costs) == 25
        assert own_book.check()[1] == []

    def test_takes_what_is_paid_meanwhile_for_no_difference(self, own_book: LivedIn) -> None:
        """The processor is asked, and only then does a member pay."""
        house = own_book.till.house
        billing = Billing(before_balance=lambda: own_book.till.issued())
        apart = replace(house, payments={"test": cast("Payments", billing)})
        done, differences = own_book.reconcile(apart)
        assert (done.read, differences) == (0, [])
        assert [one.kind for one in own_book.reconcile(apart)[1]][:1] == ["not_at_processor"]

    def test_is_refused_without_a_processor(self, own_book: LivedIn) -> None:
        with pytest.raises(Rejected, match="no card processor"):
            reconcile(replace(own_book.till.house, payments={}), own_book.till.queue, "live", None, lambda _: None)

    def test_goes_on_with_a_payout_that_was_half_spread(
        self, own_book: LivedIn, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from coverage.operations import reconciling
        from tests.builders import enrol_platform

        other = replace(
            own_book.till, platform=enrol_platform(own_book.owner, own_book.till.house, own_book.platform.client)
        )
        total = 0
        for till in (own_book.till, other):
            total += till.issued()["price"]["gross"]["amount"]
        own_book.reconcile()
        with own_book.till.stand_in.account() as account:
            account.pay_out(total // 2, "eur")
        right, kept = reconciling._keep, list[Tenant]()

        def dies(there: House, tenant: Tenant, found: Any) -> int:
            if any(entry.kind == "payout" for entry in found):
                if kept:
                    raise RuntimeError("killed")
                kept.append(tenant)
            return right(there, tenant, found)

        with monkeypatch.context() as patched:
            patched.setattr(reconciling, "_keep", dies)
            with pytest.raises(RuntimeError, match="killed"):
                own_book.reconcile()
        for _ in range(2):
            assert own_book.reconcile()[1] == []
        banked = [one for one in trial_balance(own_book.till.queue, "test", None, None) if one.account == "bank"]
        assert [one.debit for one in banked] == [total // 2]


def test_days_are_days_of_the_partner(book: LivedIn) -> None:
    booked = min(
        line.at for line in statement(book.till.queue, "test", book.platform.tenant.partner_id, None, None)[1][0].lines
    )
    assert isinstance(booked, datetime)
    assert trial_balance(book.till.queue, "test", None, booked.date() + timedelta(days=1)) != []
