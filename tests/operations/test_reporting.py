"""Reports of what was really booked: worked by hand, held against the journal, and red when that was tampered with."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from coverage.domain.faults import Conflict, Missing, Unavailable
from coverage.domain.reporting import Span
from coverage.domain.scopes import MEANINGS
from coverage.domain.tenant import Caller
from coverage.operations import reporting
from coverage.operations.house import House
from coverage.operations.reporting import (
    BATCH,
    claims_bordereau,
    commission_report,
    premium_bordereau,
    premium_report,
    tax_report,
    tenants_of,
    unearned_report,
    write_report,
)
from coverage.rulebook.editions import Library
from coverage.storage.covers import Transaction
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.builders import Platform, a_payout, enrol_named
from tests.lending import Wall, a_shared_car
from tests.reporting import agreed, change, forge, read

MARCH, APRIL, MAY = (Span.of_month(month) for month in ("2026-03", "2026-04", "2026-05"))
RATES = {"peer_car_sharing": {"liability": "0.15", "own_damage": "0.2"}}
OF_SPAN = (tax_report, premium_report, commission_report, premium_bordereau, claims_bordereau, unearned_report)

# The second transaction with its transfers, so many times more.
TRANSACTIONS_AGAIN = """
INSERT INTO transactions (tenant_id, id, cover_id, sequence, risk_type, premium_type, effective_at, booked_at, currency,
    net, surcharges, tax, fees, gross, price)
SELECT tenant_id, 'txn_' || n, cover_id, n, risk_type, premium_type, effective_at, booked_at, currency,
    net, surcharges, tax, fees, gross, price
FROM transactions, generate_series(CAST(:first AS int), :last) n WHERE tenant_id = :tenant AND sequence = 2
"""
TRANSFERS_AGAIN = """
INSERT INTO transfers (tenant_id, id, transaction_id, debit, credit, amount, currency, posted_at, booked_at)
SELECT f.tenant_id, f.id || '_' || n, 'txn_' || n, debit, credit, amount, f.currency, posted_at, f.booked_at
FROM transfers f JOIN transactions t ON t.tenant_id = f.tenant_id AND t.id = f.transaction_id,
    generate_series(CAST(:first AS int), :last) n
WHERE f.tenant_id = :tenant AND t.sequence = 2
"""


@pytest.fixture
def there(house_with: Callable[..., House], tariffs: Library, wall: Wall) -> House:
    """The house that sells the tariffs, on the day of `wall`."""
    return house_with(rules=lambda: tariffs, wall=wall)


@pytest.fixture
def shop(owner: Database, there: House) -> Iterator[Platform]:
    """A partner that earns 15 % on liability and 20 % on own damage."""
    with TestClient(create_app(there), raise_server_exceptions=False) as client:
        made = enrol_named(owner, there, products=there.rules().products(), scopes=MEANINGS, commission=RATES)
        yield Platform(made.tenant, made.key, client)


@pytest.fixture
def extended(shop: Platform, there: House, wall: Wall) -> dict[str, Any]:
    """Three days from 30 March in Paris, bought on 1 March; on 1 April at 12:00 a fourth day is bought.

    At first: liability 36.45, own damage 24.75 with 2.23 for natural catastrophes, assistance 5.40. The fourth day: 10.51,
    9.08 with 0.82, 1.80.
    """
    dates = {"start": "2026-03-30T00:00:00+02:00", "end": "2026-04-02T00:00:00+02:00"}
    cover = shop.cover(shop.quote(**a_shared_car() | dates))
    wall.now = datetime(2026, 4, 1, 10, tzinfo=UTC)
    change(there, shop, cover, "extend", end="2026-04-03T00:00:00+02:00")
    return cover


@pytest.fixture
def cancelled(shop: Platform, wall: Wall) -> dict[str, Any]:
    """Three days from 10 April, bought on 1 March and cancelled in the last day before: half of it goes back."""
    dates = {"start": "2026-04-10T00:00:00+02:00", "end": "2026-04-13T00:00:00+02:00"}
    cover = shop.cover(shop.quote(**a_shared_car() | dates))
    wall.now = datetime(2026, 4, 9, 10, tzinfo=UTC)
    answer = shop.post(f"/v1/covers/{cover['id']}/cancel", {})
    assert answer.status_code == 200, answer.text
    return cover


def lines(rows: list[dict[str, Any]], *names: str) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(row["section"], row["line"]): tuple(str(row[name]) for name in names) for row in rows}


class TestPremium:
    AMOUNTS = ("unearned_before", "written", "earned", "unearned_after")

    def test_of_a_cover_over_a_month_s_end_is_earned_in_both(
        self, shop: Platform, there: House, extended: dict[str, Any]
    ) -> None:
        # By hand: two of three days in March. 36.45, 24.75, 2.23, 5.40 × 2/3; 1.4867 is rounded.
        assert lines(agreed(premium_report(there, [shop.tenant], MARCH)), *self.AMOUNTS) == {
            ("liability", "net premium"): ("0.00", "36.45", "24.30", "12.15"),
            ("own_damage", "net premium"): ("0.00", "24.75", "16.50", "8.25"),
            ("own_damage", "natural_catastrophe"): ("0.00", "2.23", "1.49", "0.74"),
            ("assistance", "net premium"): ("0.00", "5.40", "3.60", "1.80"),
        }
        # What was left, and the fourth day, are all earned by its end.
        assert lines(agreed(premium_report(there, [shop.tenant], APRIL)), *self.AMOUNTS) == {
            ("liability", "net premium"): ("12.15", "10.51", "22.66", "0.00"),
            ("own_damage", "net premium"): ("8.25", "9.08", "17.33", "0.00"),
            ("own_damage", "natural_catastrophe"): ("0.74", "0.82", "1.56", "0.00"),
            ("assistance", "net premium"): ("1.80", "1.80", "3.60", "0.00"),
        }
        assert agreed(premium_report(there, [shop.tenant], MAY)) == []

    def test_that_was_kept_of_a_cancelled_cover_is_earned_when_it_is(
        self, shop: Platform, there: House, cancelled: dict[str, Any]
    ) -> None:
        march = lines(agreed(premium_report(there, [shop.tenant], MARCH)), *self.AMOUNTS)
        assert march["liability", "net premium"] == ("0.00", "39.99", "0.00", "39.99")
        april = lines(agreed(premium_report(there, [shop.tenant], APRIL)), *self.AMOUNTS)
        # Half of 39.99 is 19.995: 20.00 go back, 19.99 are kept.
        assert april["liability", "net premium"] == ("39.99", "-20.00", "19.99", "0.00")

    def test_of_days_adds_up_to_that_of_their_month(
        self, shop: Platform, there: House, extended: dict[str, Any], cancelled: dict[str, Any]
    ) -> None:
        whole: dict[str, Decimal] = {"written": Decimal(), "earned": Decimal()}
        for day in range(1, 31):
            for row in agreed(premium_report(there, [shop.tenant], Span.of_day(date(2026, 4, day)))):
                for name in whole:
                    whole[name] += row[name]
        month = agreed(premium_report(there, [shop.tenant], APRIL))
        assert whole == {name: sum(row[name] for row in month) for name in whole}


class TestUnearned:
    def test_at_an_instant_after_an_extension_is_what_hasn_t_run_of_the_longer_window(
        self, shop: Platform, there: House, extended: dict[str, Any]
    ) -> None:
        # Liability: 60 of 72 hours had run: 30.375, so 30.38 of 36.45. The other 16.58 are for 36 hours; 24 have run.
        rows = agreed(unearned_report(there, [shop.tenant], datetime(2026, 4, 2, 10, tzinfo=UTC)))
        told = lines(rows, "written_to_date", "earned_to_date", "unearned")
        assert told["liability", "net premium"] == ("46.96", "41.43", "5.53")
        assert rows[0]["at"] == "2026-04-02T10:00:00+00:00"

    def test_at_a_day_s_end_is_the_month_s_reserve(
        self, shop: Platform, there: House, extended: dict[str, Any]
    ) -> None:
        by_day = agreed(unearned_report(there, [shop.tenant], Span.of_day(date(2026, 3, 31))))
        by_month = agreed(premium_report(there, [shop.tenant], MARCH))
        assert lines(by_day, "unearned") == lines(by_month, "unearned_after")
        assert agreed(unearned_report(there, [shop.tenant], Span.of_day(date(2026, 2, 28)))) == []


class TestTax:
    def test_is_told_where_it_was_booked_and_returns_negative(
        self, shop: Platform, there: House, cancelled: dict[str, Any]
    ) -> None:
        def told(span: Span) -> dict[tuple[str, str, str], tuple[str, str, str]]:
            return {
                (row["tax_class"], row["kind"], row["name"]): (
                    str(row["taxable_base"]), f"{row['rate']:.4f}", str(row["amount"]),
                )
                for row in agreed(tax_report(there, [shop.tenant], span))
            }  # fmt: skip

        march, april = told(MARCH), told(APRIL)
        # 39.99 × 33 % = 13.1967; × 1.2 % = 0.4799; natural catastrophes 27.23 × 9 % = 2.4507.
        assert march["motor_compulsory", "premium_tax", "motor_compulsory"] == ("39.99", "0.3300", "13.20")
        assert march["motor_compulsory", "levy", "FGAO"] == ("39.99", "0.0120", "0.48")
        assert march["peer_car_sharing", "surcharge", "natural_catastrophe"] == ("27.23", "0.0900", "2.45")
        # Half of each, half up: 19.995, 6.60; 0.24; 13.615, 1.225.
        assert april["motor_compulsory", "premium_tax", "motor_compulsory"] == ("-20.00", "0.3300", "-6.60")
        assert april["motor_compulsory", "levy", "FGAO"] == ("-20.00", "0.0120", "-0.24")
        assert april["peer_car_sharing", "surcharge", "natural_catastrophe"] == ("-13.62", "0.0900", "-1.23")

    def test_of_the_last_instant_of_a_local_month_is_that_month_s(
        self, shop: Platform, there: House, wall: Wall
    ) -> None:
        for instant in (datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC)):
            wall.now = instant
            day = instant.hour % 10
            dates = {"start": f"2026-05-0{day}T00:00:00+02:00", "end": f"2026-05-0{day + 1}T00:00:00+02:00"}
            shop.cover(shop.quote(**a_shared_car() | dates))
        counted = [
            sum(1 for row in agreed(premium_bordereau(there, [shop.tenant], span)) if row["CR0017"].endswith("/liability"))
            for span in (MARCH, APRIL)
        ]  # fmt: skip
        assert counted == [1, 1]


class TestCommission:
    def test_is_earned_on_net_premium_and_lost_with_it(
        self, shop: Platform, there: House, cancelled: dict[str, Any]
    ) -> None:
        march, april = (
            {row["section"]: (str(row["net_premium"]), str(row["commission"])) for row in rows}
            for rows in (agreed(commission_report(there, [shop.tenant], span)) for span in (MARCH, APRIL))
        )
        # 39.99 × 15 % = 5.9985; 27.23 × 20 % = 5.446; nothing on assistance.
        assert march == {
            "liability": ("39.99", "6.00"),
            "own_damage": ("27.23", "5.45"),
            "assistance": ("5.40", "0.00"),
        }
        # In proportion: 6.00 × 20.00 / 39.99 = 3.0008; 5.45 × 13.62 / 27.23 = 2.726.
        assert april["liability"] == ("-20.00", "-3.00")
        assert april["own_damage"] == ("-13.62", "-2.73")

    def test_leaves_out_what_was_paid_out_of_the_account(
        self, shop: Platform, there: House, owner: Database, extended: dict[str, Any]
    ) -> None:
        with owner.transaction(shop.tenant) as session:
            session.execute(
                text(
                    "INSERT INTO transfers (tenant_id, id, cause, debit, credit, amount, currency, posted_at, booked_at) VALUES"
                    " (:id, 'tfr_paid', 'inv_paid', 'payable/commission', 'bank', 500, 'EUR', :at, :at)"
                ),
                {"id": shop.tenant.id, "at": datetime(2026, 3, 20, tzinfo=UTC)},
            )
        agreed(commission_report(there, [shop.tenant], MARCH))


class TestPremiumBordereau:
    def test_tells_each_transaction_by_section(self, shop: Platform, there: House, extended: dict[str, Any]) -> None:
        rows = agreed(premium_bordereau(there, [shop.tenant], MARCH))
        assert [row["CR0017"].partition("/")[2] for row in rows] == ["liability", "own_damage", "assistance"]
        first = rows[0]
        assert (first["CR0029"], first["CR0022"], first["CR0056"]) == (
            extended["number"], "New Business", "Original Premium",
        )  # fmt: skip
        # 12.03 and 0.44 of tax; net to London 36.45 − 5.47.
        assert [str(first[code]) for code in ("CR0059", "CR0062", "CR0064", "CR0065")] == [
            "36.45", "5.47", "12.47", "30.98",
        ]  # fmt: skip
        assert sum(row["CR0064"] for row in rows) == Decimal("17.77")
        (later, *_) = agreed(premium_bordereau(there, [shop.tenant], APRIL))
        assert (later["CR0022"], later["CR0056"]) == ("Adjustment", "Additional Premium")
        assert (later["CR0030"], later["CR0031"], later["CR0057"]) == (
            date(2026, 3, 30), date(2026, 4, 3), date(2026, 4, 1),
        )  # fmt: skip

    def test_ends_a_cancelled_cover_where_it_ended(
        self, shop: Platform, there: House, cancelled: dict[str, Any]
    ) -> None:
        rows = agreed(premium_bordereau(there, [shop.tenant], APRIL))
        assert {(row["CR0022"], row["CR0056"]) for row in rows} == {("Cancellation", "Return Premium")}
        assert {row["CR0031"] for row in rows} == {date(2026, 4, 10)}


class TestClaimsBordereau:
    def test_tells_each_exposure_with_its_estimate_as_reserve(
        self, shop: Platform, there: House, wall: Wall, extended: dict[str, Any], owner: Database
    ) -> None:
        loss = {"section": "own_damage", "estimate": {"amount": 420_00, "currency": "EUR"}}
        body = {
            "cover": extended["id"], "loss_at": "2026-03-31T10:00:00+02:00", "cause": "accident",
            "description": "=HYPERLINK", "losses": [loss],
        }  # fmt: skip
        assert shop.post("/v1/claims", body).status_code == 201
        assert agreed(claims_bordereau(there, [shop.tenant], MARCH)) == []
        (row,) = agreed(claims_bordereau(there, [shop.tenant], APRIL))
        assert row["Indemnity reserve"] == row["CR0134"] == row["CR0155"] == Decimal("420.00")
        assert row["CR0155"] == row["CR0134"] + row["CR0135"]
        assert (row["Insured name"], row["Claimant name"], row["Loss description"]) == (
            "Camille Martin", "Camille Martin", "=HYPERLINK",
        )  # fmt: skip
        assert (row["Date of loss"], row["Date claim opened"]) == (date(2026, 3, 31), date(2026, 4, 1))
        with there.transaction(Caller(shop.tenant, "test")) as tx:
            member = tx.session.scalar(text("SELECT member_id FROM claims"))
            tx.forget(str(member))
        (row,) = agreed(claims_bordereau(there, [shop.tenant], APRIL))
        assert (row["Insured name"], row["Loss description"], row["CR0155"]) == ("", "", Decimal("420.00"))
        forge(owner, shop, "claims_incurred/peer_car_sharing/own_damage", "claims_outstanding/peer_car_sharing/own_damage", 400_00)  # fmt: skip
        red = claims_bordereau(there, [shop.tenant], APRIL)
        read(red)
        assert red.differences == [
            f"{shop.tenant.id}: claims_incurred/peer_car_sharing/own_damage: the report comes to -420.00 EUR, the journal to -820.00 EUR",
            f"{shop.tenant.id}: claims_outstanding/peer_car_sharing/own_damage: the report comes to 420.00 EUR, the journal to 820.00 EUR",
        ]

    def test_tells_month_by_month_what_was_paid_and_what_is_set_aside(
        self, shop: Platform, there: House, wall: Wall, extended: dict[str, Any]
    ) -> None:
        loss = {"section": "own_damage", "estimate": {"amount": 420_00, "currency": "EUR"}}
        body = {
            "cover": extended["id"], "loss_at": "2026-03-31T10:00:00+02:00", "cause": "accident", "description": "A dent.",
            "losses": [loss],
        }  # fmt: skip
        exposure = shop.post("/v1/claims", body).json()["exposures"][0]["id"]

        def done(path: str, **told: Any) -> dict[str, Any]:
            answer = shop.post(path, told)
            assert answer.is_success, answer.text
            found: dict[str, Any] = answer.json()
            return found

        def euros(amount: int) -> dict[str, Any]:
            return {"amount": amount * 100, "currency": "EUR"}

        def ordered(amount: int, kind: str = "indemnity") -> str:
            return str(done(f"/v1/exposures/{exposure}/payouts", **a_payout(amount * 100, kind=kind))["id"])

        def money(span: Span) -> list[int]:
            """Of indemnity and of fees: paid in the month, before it, set aside, in all; and both together."""
            (row,) = agreed(claims_bordereau(there, [shop.tenant], span))
            columns = [
                f"{kind} {what}" for kind in ("Indemnity", "Fees") for what in ("paid this month", "previously paid", "reserve")
            ]  # fmt: skip
            found = [int(row[name]) for name in (*columns, "CR0134", "CR0135", "CR0155")]
            assert row["CR0155"] == row["CR0134"] + row["CR0135"]
            assert row["Date reserve first set"] == date(2026, 4, 1)
            return found

        done(f"/v1/exposures/{exposure}/decision", decision="goodwill", goodwill=euros(1_000), because="x")
        first, second = ordered(300), ordered(200)
        expert = ordered(50, "fees")
        done(f"/v1/payouts/{first}/settle", outcome="paid", bank_reference="SCT-1")
        done(f"/v1/payouts/{expert}/settle", outcome="paid", bank_reference="SCT-1")
        # The second is on its way: it is thought to come still.
        assert money(APRIL) == [300, 0, 700, 50, 0, 0, 1_000, 50, 1_050]
        wall.now += timedelta(days=31)
        done(f"/v1/payouts/{second}/settle", outcome="paid", bank_reference="SCT-1")
        done(f"/v1/payouts/{first}/settle", outcome="failed")
        done(f"/v1/exposures/{exposure}/reserve", fees=euros(20), because="x")
        # What came back is negative in the month in which it did.
        assert money(MAY) == [-100, 300, 800, 0, 50, 20, 1_000, 70, 1_070]
        assert money(APRIL) == [300, 0, 700, 50, 0, 0, 1_000, 50, 1_050], "a month that is over stays as it was"
        assert agreed(claims_bordereau(there, [shop.tenant], MARCH)) == []


class TestForgery:
    """A transfer that nobody booked is a difference of every report that tells of its account, and named."""

    TAX, PREMIUM, SURCHARGE = "tax/FR/other/other", "premium/peer_car_sharing/liability", "surcharge/peer_car_sharing/natural_catastrophe"  # fmt: skip
    EARNED = "commission/peer_car_sharing/liability"

    @pytest.mark.parametrize(
        ("debit", "credit", "red"),
        [
            ("receivable/partner", TAX, {"tax", "bordereau premium"}),
            (TAX, "receivable/partner", {"tax", "bordereau premium"}),
            ("receivable/partner", "tax/XX/new/new", {"tax", "bordereau premium"}),
            ("receivable/partner", PREMIUM, {"premium", "unearned", "bordereau premium"}),
            ("receivable/partner", SURCHARGE, {"tax", "premium", "unearned", "bordereau premium"}),
            (EARNED, "payable/commission", {"commission", "bordereau premium"}),
            ("receivable/partner", "payable/commission", {"commission", "bordereau premium"}),
            ("receivable/partner", "fee/made_up", {"bordereau premium"}),
        ],
    )
    def test_is_named_by_each_report_of_the_account(
        self, shop: Platform, there: House, owner: Database, extended: dict[str, Any], debit: str, credit: str, red: set[str]
    ) -> None:  # fmt: skip
        forge(owner, shop, debit, credit, 1)
        found = {}
        for make in OF_SPAN:
            report = make(there, [shop.tenant], APRIL)
            read(report)
            if report.differences:
                found[report.name] = report.differences
        assert set(found) == red
        for differences in found.values():
            assert all(words.startswith(f"{shop.tenant.id}: ") for words in differences)
            named = {words.split(": ")[1] for words in differences}
            assert named <= {debit, credit}

    def test_keeps_the_file_from_being_written(
        self, shop: Platform, there: House, owner: Database, extended: dict[str, Any]
    ) -> None:
        write_report(there, tax_report(there, [shop.tenant], APRIL), "csv", io.BytesIO())
        forge(owner, shop, "receivable/partner", self.TAX, 1)
        with pytest.raises(
            Conflict, match=r"tax/FR/other/other: the report comes to 0\.17 EUR, the journal to 0\.18 EUR"
        ):
            write_report(there, tax_report(there, [shop.tenant], APRIL), "csv", io.BytesIO())

    def test_of_a_transaction_without_transfers_is_a_difference_too(
        self, shop: Platform, there: House, owner: Database, extended: dict[str, Any]
    ) -> None:
        with owner.engine.begin() as connection:
            connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": shop.tenant.id})
            connection.execute(text("ALTER TABLE transfers DISABLE TRIGGER append_only"))
            connection.execute(text("DELETE FROM transfers WHERE credit = :account"), {"account": self.PREMIUM})
            connection.execute(text("ALTER TABLE transfers ENABLE TRIGGER append_only"))
        report = premium_report(there, [shop.tenant], MARCH)
        read(report)
        assert report.differences == [
            f"{shop.tenant.id}: {self.PREMIUM}: the report comes to 36.45 EUR, the journal to 0.00 EUR"
        ]


class TestMonths:
    @pytest.mark.parametrize("make", OF_SPAN)
    def test_in_which_nothing_was_booked_are_empty_and_agree(
        self, shop: Platform, there: House, make: Callable[..., reporting.Report]
    ) -> None:
        assert agreed(make(there, [shop.tenant], MAY)) == []
        assert agreed(make(there, [], MAY)) == []

    def test_of_several_partners_are_one_report(
        self, shop: Platform, lender: Platform, there: House, extended: dict[str, Any]
    ) -> None:
        dates = {"start": "2026-04-10T00:00:00+02:00", "end": "2026-04-13T00:00:00+02:00"}
        lender.cover(lender.quote(**a_shared_car() | dates))
        alone, both = (
            sum(row["CR0059"] for row in agreed(premium_bordereau(there, tenants, APRIL)))
            for tenants in ([lender.tenant], [shop.tenant, lender.tenant])
        )
        # Net premium and surcharges: 39.99 + 27.23 + 2.45 + 5.40; and the fourth day of the other's: 21.39 + 0.82.
        assert (alone, both) == (Decimal("75.07"), Decimal("75.07") + Decimal("22.21"))


class TestTenants:
    def test_are_those_of_a_mode_or_one_partner_s(self, shop: Platform, database_url: str) -> None:
        queue = Database.connect(database_url, "sharecover_worker", pool_size=1)
        try:
            assert tenants_of(queue, shop.tenant.partner_id, "test") == [shop.tenant]
            assert shop.tenant in tenants_of(queue, None, "test")
            assert shop.tenant not in tenants_of(queue, None, "live")
            with pytest.raises(Missing, match="in live mode"):
                tenants_of(queue, shop.tenant.partner_id, "live")
        finally:
            queue.close()

    def test_write_nothing_where_no_tables_are(self, there: House, house_with: Callable[..., House]) -> None:
        with pytest.raises(Unavailable):
            write_report(house_with(tables=None), tax_report(there, [], MAY), "csv", io.BytesIO())


class TestStillTransactions:
    def test_see_nothing_that_is_booked_meanwhile_and_write_nothing(self, shop: Platform, there: House) -> None:
        caller = Caller(shop.tenant, "reports")
        with there.transaction(caller, still=True) as tx:
            before = tx.session.scalar(text("SELECT count(*) FROM transactions"))
            shop.cover(shop.quote(**a_shared_car()))
            assert tx.session.scalar(text("SELECT count(*) FROM transactions")) == before == 0
            assert tx.session.scalar(text("SELECT current_setting('transaction_read_only')")) == "on"
        with there.transaction(caller) as tx:
            assert tx.session.scalar(text("SELECT count(*) FROM transactions")) == 1
            assert tx.session.scalar(text("SELECT current_setting('transaction_read_only')")) == "off"


class TestManyRows:
    def test_are_never_in_memory_at_once(
        self, shop: Platform, there: House, owner: Database, extended: dict[str, Any]
    ) -> None:
        many = 5 * BATCH
        self._book(owner, shop, 3, many + 1)
        report = premium_bordereau(there, [shop.tenant], APRIL)
        count = most = 0
        for number, batch in enumerate(report.batches):
            count += len(batch)
            if number % 2 == 0:
                most = max(most, sum(isinstance(one, Transaction) for one in gc.get_objects()))
        assert (count, report.differences) == (3 * many, [])
        assert BATCH <= most <= 2 * BATCH

    @staticmethod
    def _book(owner: Database, shop: Platform, first: int, last: int) -> None:
        """The extension, booked so many times more, with its transfers."""
        names = {"tenant": shop.tenant.id, "first": first, "last": last}
        with owner.engine.begin() as connection:
            connection.execute(text("SELECT set_config('sharecover.tenant', :tenant, true)"), names)
            connection.execute(text(TRANSACTIONS_AGAIN), names)
            # Else a plan of this connection's for the foreign keys, made when there were few, is kept.
            connection.execute(text("ANALYZE transactions"))
            connection.execute(text(TRANSFERS_AGAIN), names)
