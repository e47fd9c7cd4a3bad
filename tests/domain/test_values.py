"""The domain's values: what they refuse to be, and what they add up to."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.domain import ids
from coverage.domain.claim import flags, working_days
from coverage.domain.cover import Held, check_in_force, peak, phase
from coverage.domain.faults import Conflict
from coverage.domain.journal import RECEIVABLE, Transfer, balances, reversed_transfers, transfers_for_charge
from coverage.domain.money import Money, total
from coverage.domain.period import Period, charged, whole_years
from coverage.domain.premium import FeeLine, Premium, SectionPremium, SurchargeLine, TaxLine, spread_pro_rata
from coverage.domain.tenant import Tenant

START = datetime(2026, 11, 28, 7, tzinfo=UTC)
END = START + timedelta(hours=12)
TICK = timedelta(microseconds=1)
WINDOW = Period(START, END)


class TestMoney:
    @pytest.mark.parametrize("amount", [1.0, True, "1", None])
    def test_counts_whole_units_alone(self, amount: object) -> None:
        with pytest.raises(TypeError):
            Money(amount, "EUR")  # type: ignore[arg-type]

    def test_never_mixes_currencies(self) -> None:
        with pytest.raises(ValueError, match="convert"):
            Money(1, "EUR") + Money(1, "USD")
        with pytest.raises(ValueError, match="convert"):
            Money(1, "EUR") - Money(1, "USD")

    def test_reads_in_major_units(self) -> None:
        assert str(Money(3024, "EUR")) == "30.24 EUR"
        assert total([Money(1, "EUR"), Money(-3, "EUR")], "EUR") == Money(-2, "EUR")
        assert total([], "EUR") == Money(0, "EUR")


class TestPeriod:
    def test_is_told_in_utc_and_ends_after_it_starts(self) -> None:
        for start, end in (
            (START, START), (END, START), (START.replace(tzinfo=None), END), (START.astimezone(timezone(timedelta(hours=1))), END),
        ):  # fmt: skip
            with pytest.raises(ValueError):
                Period(start, end)

    def test_holds_its_start_and_not_its_end(self) -> None:
        assert [WINDOW.contains(at) for at in (START - TICK, START, END - TICK, END)] == [False, True, True, False]

    @pytest.mark.parametrize(
        ("seconds", "unit", "grace", "units"),
        [(1, 3600, 0, 1), (3600, 3600, 0, 1), (3601, 3600, 0, 2), (5400, 3600, 1800, 1), (5401, 3600, 1800, 2), (1, 3600, 1800, 1)],
    )  # fmt: skip
    def test_charges_started_units_but_for_the_grace(self, seconds: int, unit: int, grace: int, units: int) -> None:
        assert charged(seconds, unit, grace) == units

    def test_a_year_is_whole_on_the_birthday(self) -> None:
        born = date(2004, 2, 29)
        assert [whole_years(born, on) for on in (date(2026, 2, 28), date(2026, 3, 1), date(2000, 1, 1))] == [21, 22, 0]


class TestPhase:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [(START - TICK, "scheduled"), (START, "on_risk"), (END - TICK, "on_risk"), (END, "ended")],
    )
    def test_of_an_issued_cover_follows_the_clock(self, at: datetime, expected: str) -> None:
        assert phase("issued", WINDOW, at) == expected
        assert phase("cancelled", WINDOW, at) == "cancelled"

    @pytest.mark.parametrize(
        ("state", "at", "code"),
        [
            ("cancelled", START - TICK, "cover_cancelled"), ("issued", END, "cover_ended"),
            ("lapsed", START - TICK, "cover_not_issued"), ("awaiting_payment", START - TICK, "cover_not_issued"),
            ("payment_disputed", START, "payment_disputed"),
        ],
    )  # fmt: skip
    def test_decides_what_can_be_changed_or_cancelled(self, state: str, at: datetime, code: str) -> None:
        check_in_force("issued", WINDOW, START - TICK)
        check_in_force("issued", WINDOW, END - TICK)
        with pytest.raises(Conflict) as caught:
            check_in_force(state, WINDOW, at)
        assert caught.value.code == code


hours = st.integers(0, 48)
holds = st.tuples(hours, hours, st.integers(0, 10**6)).filter(lambda one: one[0] < one[1])


class TestPeak:
    @given(st.lists(holds, max_size=8))
    def test_is_the_most_of_any_hour(self, found: list[tuple[int, int, int]]) -> None:
        within = Period(START + timedelta(hours=12), START + timedelta(hours=36))
        held = [
            Held(Period(START + timedelta(hours=first), START + timedelta(hours=last)), amount)
            for first, last, amount in found
        ]
        by_hour = [sum(amount for first, last, amount in found if first <= hour < last) for hour in range(12, 36)]
        assert peak(held, within) == max(by_hour)


class TestPremium:
    def test_adds_up_from_birth(self) -> None:
        sections = (SectionPremium("a", 100),)
        taxes = (TaxLine("t", "premium_tax", "other", 90_000, 100, 9),)
        fees = (FeeLine("f", 5),)
        assert Premium.of("EUR", sections, taxes, fees).gross == 114
        for net, gross in ((99, 114), (100, 113), (100, 115)):
            with pytest.raises(ValueError, match="add up"):
                Premium("EUR", sections, taxes, fees, net, gross)
        with pytest.raises(ValueError, match="negative"):
            Premium.of("EUR", sections, taxes, (FeeLine("f", -1),))

    def test_has_its_surcharges_beside_the_net(self) -> None:
        sections = (SectionPremium("a", 100), SectionPremium("b", 50))
        surcharges = (
            SurchargeLine("nat", "a", 200_000, 100, 20), SurchargeLine("nat", "b", 90_000, 50, 5),
            SurchargeLine("war", "b", 10_000, 50, 1),
        )  # fmt: skip
        # 9 % of 150 + 26: 15.84.
        taxes = (TaxLine("t", "premium_tax", "other", 90_000, 176, 16),)
        premium = Premium.of("EUR", sections, taxes, (FeeLine("f", 5),), surcharges)
        assert (premium.net, premium.surcharge_total, premium.tax_total, premium.gross) == (150, 26, 16, 197)
        assert (premium.surcharged("nat"), premium.surcharged("war"), premium.surcharged("flood")) == (25, 1, 0)
        with pytest.raises(ValueError, match="surcharges"):
            Premium("EUR", sections, taxes, (FeeLine("f", 5),), 150, 171, surcharges)
        with pytest.raises(ValueError, match="negative"):
            Premium.of("EUR", sections, (), (), (SurchargeLine("nat", "a", 0, 0, -1),))

    @given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
    def test_is_spread_to_the_last_cent(self, amount: int, shares: list[int]) -> None:
        parts = spread_pro_rata(amount, tuple(shares))
        assert sum(parts) == amount
        weights = shares if any(shares) else [1] * len(shares)
        assert all(
            abs(part * sum(weights) - amount * weight) < sum(weights)
            for part, weight in zip(parts, weights, strict=True)
        )


class TestJournal:
    @given(
        st.lists(st.integers(0, 10**6), min_size=1, max_size=4),
        st.lists(st.integers(0, 10**5), max_size=3),
        st.lists(st.integers(0, 500), max_size=2),
        st.lists(st.integers(0, 10**5), max_size=3),
    )
    def test_of_an_issue_and_its_return_is_nothing(
        self, nets: list[int], taxes: list[int], fees: list[int], surcharges: list[int]
    ) -> None:
        premium = Premium.of(
            "EUR",
            tuple(SectionPremium(f"s{index}", net) for index, net in enumerate(nets)),
            tuple(TaxLine(f"t{index}", "levy", "", 0, 0, tax) for index, tax in enumerate(taxes)),
            tuple(FeeLine(f"f{index}", fee) for index, fee in enumerate(fees)),
            tuple(SurchargeLine(f"u{index % 2}", f"s{index}", 0, 0, amount) for index, amount in enumerate(surcharges)),
        )
        issued = transfers_for_charge(premium, "product", "FR", RECEIVABLE["invoice"])
        assert sum(transfer.amount for transfer in issued) == premium.gross
        assert sum(balances(issued).values()) == 0
        assert balances(issued).get(("receivable/partner", "EUR"), 0) == premium.gross
        assert set(balances([*issued, *reversed_transfers(issued)]).values()) <= {0}

    def test_has_an_account_for_each_surcharge_and_each_countrys_taxes(self) -> None:
        premium = Premium.of(
            "EUR",
            (SectionPremium("a", 100), SectionPremium("b", 50)),
            (
                TaxLine("other", "premium_tax", "other", 90_000, 120, 11),
                TaxLine("general", "premium_tax", "DE:general", 190_000, 55, 10),
                TaxLine("Terror", "levy", "", 0, 0, 65),
            ),
            (),
            (SurchargeLine("nat", "a", 200_000, 100, 20), SurchargeLine("nat", "b", 90_000, 50, 5)),
        )
        posted = {
            (transfer.debit, transfer.credit): transfer.amount
            for transfer in transfers_for_charge(premium, "product", "FR", RECEIVABLE["invoice"])
        }
        assert {credit: amount for (_, credit), amount in posted.items()} == {
            "premium/product/a": 100, "premium/product/b": 50, "surcharge/product/nat": 25, "tax/FR/other/other": 11,
            "tax/DE/general/general": 10, "tax/FR/contract/Terror": 65,
        }  # fmt: skip
        assert {debit for debit, _ in posted} == {"receivable/partner"}

    @pytest.mark.parametrize(("debit", "credit", "amount"), [("a", "b", 0), ("a", "b", -1), ("a", "a", 1)])
    def test_refuses_a_transfer_that_moves_nothing(self, debit: str, credit: str, amount: int) -> None:
        with pytest.raises(ValueError):
            Transfer(debit, credit, amount, "EUR")


class TestIds:
    @given(st.lists(st.tuples(st.integers(0, 2**48 - 1), st.binary(min_size=16, max_size=16)), min_size=2))
    def test_sort_by_when_they_were_made(self, made: list[tuple[int, bytes]]) -> None:
        found = sorted((ids.encode("cover", at, chance), at) for at, chance in made)
        assert all(one[1] <= other[1] for one, other in itertools.pairwise(found))
        assert all(ids.names("cover", one) and not ids.names("quote", one) for one, _ in found)

    @pytest.mark.parametrize(
        "text", ["", "cov_", "cov_" + "0" * 35, "cov_" + "0" * 36 + "\n", "cov_" + "u" * 36, "COV_" + "0" * 36]
    )
    def test_refuse_what_only_looks_like_one(self, text: str) -> None:
        assert not ids.names("cover", text)

    def test_take_randomness_enough(self) -> None:
        with pytest.raises(ValueError):
            ids.encode("cover", 0, b"short")
        with pytest.raises(ValueError):
            ids.code(b"\x00", 2)


class TestTenant:
    @pytest.mark.parametrize("text", ["", "par_1", "par_1:", "par_1:TEST", "par_1:test:live"])
    def test_is_named_by_partner_and_mode_alone(self, text: str) -> None:
        with pytest.raises(ValueError, match="names no tenant"):
            Tenant.of(text)
        assert Tenant.of("par_1:live") == Tenant("par_1", "live")


class TestClaimFlags:
    def test_count_days_from_monday_to_friday(self) -> None:
        monday = date(2026, 11, 23)
        assert [working_days(monday, monday + timedelta(days=days)) for days in (-3, 0, 1, 4, 6, 7, 8)] == [
            0,
            0,
            1,
            4,
            4,
            5,
            6,
        ]
        assert working_days(date(1900, 1, 1), date(2199, 1, 1)) > 200

    @pytest.mark.parametrize("state", ["awaiting_payment", "cancelled", "lapsed", "not_taken_up"])
    def test_note_a_cover_that_is_not_in_force(self, state: str) -> None:
        today = START.date()
        assert flags(START, today, today, "fire", [WINDOW], state) == ("cover_not_in_force",)
        assert flags(END, today, today, "fire", [WINDOW], state) == ("outside_window", "cover_not_in_force")
        assert flags(START, today, today, "fire", [WINDOW], "payment_disputed") == ()
