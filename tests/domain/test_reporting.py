"""Rows of reports: months, taxes, commission and bordereaux, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from coverage.domain.bordereau import CLAIM_COLUMNS, PREMIUM_COLUMNS, Costs, Declared, claim_row, premium_rows
from coverage.domain.journal import CommissionLine, balances, commission_on, transfers_for_charge
from coverage.domain.premium import FeeLine, Premium, SectionPremium, SurchargeLine, TaxLine
from coverage.domain.reporting import Booked, CommissionLines, Policy, Row, Span, Sums, TaxLines

NOVEMBER = Span.of_month("2026-11")
POLICY = Policy("Platform", "Insurer", "MP-1", "B0000MP1", date(2026, 1, 1), date(2036, 1, 1))
BOOKED_AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_premium(**changes: Any) -> Premium:
    parts: dict[str, Any] = {"sections": (SectionPremium("all", 261_00),), "taxes": (), "fees": (), "surcharges": ()}
    return Premium.of("EUR", **(parts | changes))


def booked(premium: Premium, rates: dict[str, int] | None = None, **changes: Any) -> Booked:
    nets = {section.name: section.net for section in premium.sections}
    found = Booked(
        id="txn_1", policy=POLICY, product="goods", country="FR", timezone="Europe/Paris", certificate="SC-1",
        risk_type="New Business", premium_type="Original Premium", booked_at=BOOKED_AT, effective_at=BOOKED_AT,
        starts_at=BOOKED_AT, ends_at=BOOKED_AT + timedelta(days=12), sign=1, premium=premium,
        commission=commission_on(nets, rates or {}),
    )  # fmt: skip
    return replace(found, **changes)


def by_code(row: Row) -> dict[str, Any]:
    return {column.code: cell for column, cell in zip(PREMIUM_COLUMNS, row, strict=True)}


class TestSpan:
    def test_of_a_month_is_whole_local_days(self) -> None:
        assert NOVEMBER.instants("Europe/Paris") == (
            datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC),
        )  # fmt: skip
        assert Span.of_month("2026-12").instants("UTC")[1] == datetime(2027, 1, 1, tzinfo=UTC)

    def test_is_longer_or_shorter_where_clocks_leap(self) -> None:
        lengths = []
        for month in ("2026-03", "2026-10"):
            since, until = Span.of_month(month).instants("Europe/Paris")
            lengths.append(until - since - timedelta(days=31))
        assert lengths == [timedelta(hours=-1), timedelta(hours=1)]

    @pytest.mark.parametrize(
        "text", ["2026-13", "2026-00", "26-11", "2026-11-01", "\u0662\u0660\u0662\u0666-11", "0001-01", "9999-12", ""]
    )
    def test_is_refused_when_it_names_no_month(self, text: str) -> None:
        with pytest.raises(ValueError, match="expected one such as 2026-11"):
            Span.of_month(text)

    def test_of_days_meet_without_a_gap(self) -> None:
        days = [Span.of_day(date(2026, 10, 24) + timedelta(days=n)).instants("Europe/Paris") for n in range(3)]
        assert days[0][1] == days[1][0]
        assert days[1][1] - days[1][0] == timedelta(hours=25)
        assert days[1][1] == days[2][0]


class TestPremiumBordereau:
    """Lloyd's Coverholder Reporting Standards v5.2, with the rows that a third-party test suite works: tax and fee stand
    in columns of their own, neither in the gross premium nor in what is net to London.
    """

    def test_says_the_first_worked_row(self) -> None:
        premium = a_premium(taxes=(TaxLine("tax", "premium_tax", "other", 0, 0, 2_00),), fees=(FeeLine("fee", 9_00),))
        (row,) = premium_rows(booked(premium, {"all": 300_000}), NOVEMBER, Sums())
        told = by_code(row)
        assert told["CR0021"] == told["CR0059"] == Decimal("261.00")
        assert (told["CR0061"], told["CR0062"]) == (Decimal("0.30"), Decimal("78.30"))
        assert (told["CR0064"], told["CR0925"]) == (Decimal("2.00"), Decimal("9.00"))
        assert told["CR0065"] == told["CR0068"] == Decimal("182.70")
        assert (told["CR0020"], told["CR0066"], told["CR0067"]) == ("EUR", "EUR", 1)
        assert (told["CR0288"], told["CR0289"]) == (1, 1)
        assert (told["CR0030"], told["CR0031"], told["CR0057"]) == (
            date(2026, 11, 21), date(2026, 12, 3), date(2026, 11, 21),
        )  # fmt: skip
        assert (told["CR0013"], told["CR0005"], told["CR0006"], told["CR0010"]) == (
            "Platform", "B0000MP1", "MP-1", 2026,
        )  # fmt: skip

    def test_says_the_second_worked_row_an_adjustment(self) -> None:
        one = booked(
            a_premium(sections=(SectionPremium("all", 40_00),)), {"all": 300_000}, risk_type="Adjustment",
            premium_type="Additional Premium",
        )  # fmt: skip
        told = by_code(next(premium_rows(one, NOVEMBER, Sums())))
        assert (told["CR0021"], told["CR0062"], told["CR0065"]) == (
            Decimal("40.00"), Decimal("12.00"), Decimal("28.00"),
        )  # fmt: skip
        assert (told["CR0022"], told["CR0056"]) == ("Adjustment", "Additional Premium")

    def test_says_what_was_given_back_negative(self) -> None:
        one = booked(a_premium(), {"all": 300_000}, sign=-1, risk_type="Cancellation", premium_type="Return Premium")
        told = by_code(next(premium_rows(one, NOVEMBER, Sums())))
        assert (told["CR0059"], told["CR0062"], told["CR0065"]) == (
            Decimal("-261.00"), Decimal("-78.30"), Decimal("-182.70"),
        )  # fmt: skip

    def test_has_a_row_for_each_section_and_adds_up_to_the_cent(self) -> None:
        premium = a_premium(
            sections=(SectionPremium("one", 10_01), SectionPremium("two", 20_00), SectionPremium("none", 0)),
            # 9 % of 30.01 is 2.70, of which 10.01/30.01 are 0.90 and the rest 1.80.
            taxes=(TaxLine("other", "premium_tax", "other", 90_000, 30_01, 2_70), TaxLine("flat", "levy", "", 0, 0, 6_50)),
            fees=(FeeLine("file", 3_00),),
            surcharges=(SurchargeLine("cat", "two", 120_000, 20_00, 2_40),),
        )  # fmt: skip
        one = booked(
            premium, {"one": 150_000, "two": 100_000}, classes={"one": {"other": 10**6}, "two": {"other": 10**6}}
        )
        told = [by_code(row) for row in premium_rows(one, NOVEMBER, Sums())]
        assert [row["CR0017"] for row in told] == ["goods/one", "goods/two"]
        assert [row["CR0021"] for row in told] == [Decimal("10.01"), Decimal("22.40")]
        # Commission is on the net premium alone: 20.00 × 10 %.
        assert [row["CR0062"] for row in told] == [Decimal("1.50"), Decimal("2.00")]
        # By gross: 270 × 1001/3241 = 83.39, 270 × 2240/3241 = 186.61; the flat levy is the contract's, so the first's.
        assert [row["CR0064"] for row in told] == [Decimal("7.33"), Decimal("1.87")]
        assert [row["CR0925"] for row in told] == [Decimal("3.00"), Decimal("0.00")]

    def test_tells_a_cancellation_that_gives_nothing_back_too(self) -> None:
        empty = a_premium(sections=(SectionPremium("one", 0), SectionPremium("two", 0)))
        rows = list(premium_rows(booked(empty, sign=-1, risk_type="Cancellation"), NOVEMBER, Sums()))
        assert [by_code(row)["CR0022"] for row in rows] == ["Cancellation"]

    def test_comes_to_what_is_posted(self) -> None:
        premium = a_premium(
            taxes=(TaxLine("other", "premium_tax", "DE:other", 90_000, 261_00, 23_49),), fees=(FeeLine("file", 3_00),)
        )
        one, sums = booked(premium, {"all": 300_000}), Sums()
        list(premium_rows(one, NOVEMBER, sums))
        moved = balances(transfers_for_charge(premium, "goods", "FR", "receivable/partner", one.commission))
        posted = {key: -amount for key, amount in moved.items() if key[0] != "receivable/partner"}
        assert not list(sums.against("t", posted))
        (difference,) = sums.against("t", posted | {("tax/DE/other/other", "EUR"): 23_48})
        assert str(difference) == "t: tax/DE/other/other: the report comes to 23.49 EUR, the journal to 23.48 EUR"


class TestTaxLines:
    def test_keep_two_rates_of_one_tax_apart_and_add_up_to_its_account(self) -> None:
        lines, sums = TaxLines(), Sums()
        for rate, amount in ((90_000, 9_00), (100_000, 10_00)):
            lines.take(booked(a_premium(taxes=(TaxLine("other", "premium_tax", "other", rate, 100_00, amount),))), sums)
        back = a_premium(taxes=(TaxLine("other", "premium_tax", "other", 90_000, 50_00, 4_50),))
        lines.take(booked(back, sign=-1), sums)
        told = [(row[3], row[4], row[8], row[9], row[10]) for row in lines.rows(NOVEMBER)]
        assert told == [
            ("FR", "other", Decimal("50.00"), Decimal("0.090000"), Decimal("4.50")),
            ("FR", "other", Decimal("100.00"), Decimal("0.100000"), Decimal("10.00")),
        ]
        assert not list(sums.against("t", {("tax/FR/other/other", "EUR"): 14_50}))

    def test_tell_a_tax_abroad_a_flat_levy_and_a_surcharge(self) -> None:
        premium = a_premium(
            taxes=(TaxLine("household", "premium_tax", "DE:household", 190_000, 1_00, 19), TaxLine("FGTI", "levy", "", 0, 0, 6_50)),
            surcharges=(SurchargeLine("cat", "all", 120_000, 10_00, 1_20),),
        )  # fmt: skip
        lines = TaxLines()
        lines.take(booked(premium), Sums())
        assert [row[3:7] + row[9:] for row in lines.rows(NOVEMBER)] == [
            ("DE", "household", "premium_tax", "household", Decimal("0.190000"), Decimal("0.19")),
            ("FR", "contract", "levy", "FGTI", None, Decimal("6.50")),
            ("FR", "goods", "surcharge", "cat", Decimal("0.120000"), Decimal("1.20")),
        ]


class TestCommissionLines:
    def test_lose_what_is_lost_with_what_goes_back(self) -> None:
        lines, sums = CommissionLines(), Sums()
        lines.take(booked(a_premium(), {"all": 150_000}), sums)
        half = a_premium(sections=(SectionPremium("all", 130_50),))
        lines.take(booked(half, sign=-1, commission=(CommissionLine("all", 150_000, 19_58),)), sums)
        ((*_, net, rate, amount),) = lines.rows(NOVEMBER)
        assert (net, rate, amount) == (Decimal("130.50"), Decimal("0.150000"), Decimal("19.57"))
        posted = {("commission/goods/all", "EUR"): -19_57, ("payable/commission", "EUR"): 19_57}
        assert not list(sums.against("t", posted))


class TestClaimsBordereau:
    def test_totals_are_indemnity_and_fees(self) -> None:
        claim = Declared(
            policy=POLICY, product="goods", section="all", country="FR", timezone="Europe/Paris", certificate="SC-1",
            number="CL-1", state="open", cause="accident", claimant="third_party", insured="Camille", description="",
            reported_at=BOOKED_AT, loss_at=BOOKED_AT, currency="EUR", indemnity=Costs(30_00, 50_00, 420_00),
            fees=Costs(2_00, 1_00, 5_00), reserved_at=BOOKED_AT,
        )  # fmt: skip
        row = claim_row(claim)
        told: dict[str, Any] = {
            column.code: cell for column, cell in zip(CLAIM_COLUMNS, row, strict=True) if column.code
        }
        assert told == {"CR0134": Decimal("500.00"), "CR0135": Decimal("8.00"), "CR0155": Decimal("508.00")}
        assert told["CR0155"] == told["CR0134"] + told["CR0135"]
        assert len(CLAIM_COLUMNS) == 32
        assert len(PREMIUM_COLUMNS) == 31
