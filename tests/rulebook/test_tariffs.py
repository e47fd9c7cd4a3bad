"""Four tariffs that stretch the rule language to its ends: nothing wrong with them, and every price worked by hand.

Their prices were worked out on paper before there was an engine for them. Here each way to run a price is held to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from coverage.domain.cover import SectionTerms
from coverage.domain.period import Period, local_day
from coverage.rulebook.authoring.examples import Tried, try_all, untouched_by
from coverage.rulebook.editions import Library, load
from coverage.rulebook.format import Example, Refund
from coverage.rulebook.language.notation import Amount
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.oracle.pricing import Oracle
from coverage.rulebook.planning.taxes import TaxesInForce
from coverage.rulebook.running.columns import OUTCOMES, Columns
from coverage.rulebook.running.scalar import Facts
from coverage.rulebook.terms import at_risk, refund_due, section_terms, window_of
from tests.rulebook.agreement import Agreement

TARIFFS = Path(__file__).parents[1] / "tariffs"
PRODUCTS = ("home_exchange", "object_lending", "peer_car_sharing", "temporary_motor")
# What is doubtful by itself: rates and laws whose source wasn't read, and steps between rows that are meant.
DOUBTS = {"unverified", "jump"}


@pytest.fixture(scope="module")
def library() -> Library:
    return load(TARIFFS, "tariffs")


@pytest.fixture(params=PRODUCTS)
def tariff(library: Library, request: pytest.FixtureRequest) -> LoadedEdition:
    (edition,) = library.of(request.param)
    return edition


def named(library: Library, product: str, name: str) -> tuple[LoadedEdition, Tried, Example]:
    """A worked price by its name, tried."""
    (edition,) = library.of(product)
    found = [(tried, e) for tried, (_, e) in zip(try_all(edition), edition.examples, strict=True) if e.name == name]
    ((tried, example),) = found
    return edition, tried, example


def priced(tariff: LoadedEdition) -> Iterator[tuple[Example, Facts, TaxesInForce]]:
    """Each worked price with its facts and the taxes in force when it was asked for."""
    for tried, (_, example) in zip(try_all(tariff), tariff.examples, strict=True):
        asked_at = (example.asked or example.start - timedelta(days=1)).astimezone(UTC)
        assert tried.facts is not None
        yield example, tried.facts, tariff.taxes_on(local_day(asked_at, tariff.rules.timezone))


def expected_amounts(example: Example) -> dict[str, Decimal]:
    """The amounts that a worked price expects, in units of the currency."""
    return {
        name: Decimal(found.micros) / 1_000_000 for name, found in example.expect.items() if isinstance(found, Amount)
    }


class TestTariffs:
    def test_have_no_faults(self, library: Library) -> None:
        assert library.faults == ()
        assert library.products() == PRODUCTS

    def test_leave_no_doubts_but_those_that_stand_in_them(self, library: Library) -> None:
        assert {finding.code for finding in library.findings} <= DOUBTS

    def test_cost_what_was_worked_by_hand(self, tariff: LoadedEdition) -> None:
        tried = list(try_all(tariff))
        assert [(one.name, one.differences) for one in tried if not one.passed] == []
        assert len(tried) >= 15

    def test_have_no_row_choice_or_condition_that_no_worked_price_touches(self, tariff: LoadedEdition) -> None:
        assert untouched_by(tariff, try_all(tariff)) == []

    def test_cost_the_same_by_the_oracle(self, tariff: LoadedEdition) -> None:
        for example, facts, taxes in priced(tariff):
            told = Oracle(tariff.rules, taxes, tariff.files).tell(facts)
            codes = {name: codes for name, codes in example.expect.items() if name in ("declined", "referred")}
            assert codes == ({told.outcome: list(told.reasons)} if told.reasons else {}), example.name
            taxed, surcharged = sum(told.taxes.values(), Decimal(0)), sum(told.surcharges.values(), Decimal(0))
            net = sum(told.sections.values(), Decimal(0))
            figures = {"net": net, "surcharges": surcharged, "taxes": taxed, "fees": told.fees, "gross": told.gross}
            figures |= told.sections
            expected = expected_amounts(example)
            assert {name: figures[name] for name in expected} == expected, example.name
            absent = [name for name, found in example.expect.items() if found is None]
            assert not set(absent) & set(told.sections), example.name

    def test_cost_the_same_in_columns(self, tariff: LoadedEdition) -> None:
        for example, facts, taxes in priced(tariff):
            columns = Columns(tariff.plan, taxes)
            batch = columns.decide(columns.encode([facts]))
            outcome = next((name for name in ("declined", "referred") if name in example.expect), "quoted")
            assert OUTCOMES[batch.outcome[0]] == outcome, example.name
            assert list(batch.reasons(0)) == example.expect.get(outcome, []), example.name
            gross = expected_amounts(example).get("gross", Decimal("-0.01"))  # a declined risk has none, which is −1
            assert Decimal(int(batch.gross[0])) / 100 == gross, example.name

    def test_cost_the_same_three_ways_whatever_the_risk(self, tariff: LoadedEdition) -> None:
        compared = Agreement(tariff, tariff.taxes_on(date(2026, 1, 1)), "tariffs").compare(4_000, by_oracle=800)
        assert compared.risks == 4_000
        assert compared.by_oracle == 800
        assert compared.on_edge > 1_000
        assert min(compared.outcomes[outcome] for outcome in OUTCOMES) > 100
        assert compared.ties.total() > 50


class TestTemporaryMotor:
    def test_rises_with_each_day_from_the_published_prices_on(self, library: Library) -> None:
        edition, tried, _ = named(library, "temporary_motor", "one day, as at retail")
        assert tried.facts is not None
        rating = edition.compiled(edition.taxes_on(date(2026, 2, 6)))
        premiums = [rating.decide({**tried.facts, "term_days": days}).premium for days in range(1, 91)]
        gross = [premium.gross for premium in premiums if premium is not None]
        assert [gross[days - 1] for days in (1, 2, 3, 7)] == [48_99, 63_99, 66_99, 81_99]
        assert gross == sorted(set(gross))
        assert len(gross) == 90


class TestPromises:
    """What the sections pay, read off the editions by hand: in cents."""

    def terms(self, library: Library, product: str, price: str, section: str) -> SectionTerms:
        edition, tried, example = named(library, product, price)
        assert tried.facts is not None
        booked_at = (example.asked or example.start - timedelta(days=1)).astimezone(UTC)
        term = Period(example.start.astimezone(UTC), example.end.astimezone(UTC))
        window = window_of(edition.rules.sections[section], term, booked_at)
        assert window is not None
        return section_terms(edition, section, tried.facts, window, 0)

    @pytest.mark.parametrize(
        ("price", "each_item", "whole"),
        [
            ("few things for a week, a cent too many", 2_500_00, 12_000_01),
            ("ten things at every limit, and over none", 2_000_00, 12_000_00),
        ],
    )
    def test_a_limit_may_be_what_a_list_comes_to(
        self, library: Library, price: str, each_item: int, whole: int
    ) -> None:
        terms = self.terms(library, "object_lending", price, "damage")
        assert (terms.limits, terms.per) == ({"amount": whole}, "cover")
        assert terms.sublimits == {"each_item": each_item, "glass": 300_00}
        assert terms.deductible is not None
        assert {key: terms.deductible[key] for key in ("share_percent", "min", "max")} == {
            "share_percent": 10, "min": 20_00, "max": 300_00,
        }  # fmt: skip
        assert terms.average == "applies"
        assert terms.exclusions == ("wear", "defects_before", "under_water")

    def test_a_limit_may_be_that_of_the_dearest_thing(self, library: Library) -> None:
        price = "cameras outdoors for seven days, a member of a year that day"
        terms = self.terms(library, "object_lending", price, "theft")
        assert (terms.limits, terms.per) == ({"amount": 1_499_99}, "item")

    def test_a_section_may_stand_above_another(self, library: Library) -> None:
        terms = self.terms(
            library, "object_lending", "eight days at home over the change of the clocks, new for old", "replacement"
        )
        assert terms.layer == "excess_of damage"

    @pytest.mark.parametrize(
        ("price", "limit", "valuables"),
        [
            ("a Paris flat for a week, exchanged with one in Germany", 12_000_00, 2_000_00),
            (
                "a house on the coast over the night when the clocks go forward, which jumps a day",
                15_000_00,
                4_000_00,
            ),
            ("from the first day of summer", 10_000_00, 4_000_00),
        ],
    )
    def test_a_limit_goes_by_the_choice(self, library: Library, price: str, limit: int, valuables: int) -> None:
        second = self.terms(library, "home_exchange", price, "second_home_contents")
        assert second.limits == {"amount": limit}
        assert second.layer == "difference_in_conditions"
        assert second.deductible is not None
        assert second.deductible["applied"] == "after_limit"
        first = self.terms(library, "home_exchange", price, "home_contents")
        assert first.sublimits == {"each_item": 3_000_00, "valuables": valuables}
        assert first.deductible is not None
        assert (first.deductible["amount"], first.deductible["owed_by"]) == (200_00, "policyholder")

    def test_a_journey_is_covered_from_its_booking_until_it_begins(self, library: Library) -> None:
        price = "eight days, booked a week ahead to the hour, a journey without a most"
        terms = self.terms(library, "home_exchange", price, "cancellation")
        assert terms.period == Period(datetime(2026, 5, 13, 8, tzinfo=UTC), datetime(2026, 5, 20, 8, tzinfo=UTC))
        assert terms.limits == {"amount": 8_000_00}

    @pytest.mark.parametrize(
        ("price", "excess", "bought_back"),
        [
            ("eleven days from June into July, everything taken, for a club", 600_00, 400_00),
            ("over Christmas and New Year, a season that passes the year's end", 1_200_00, 1_000_00),
        ],
    )
    def test_an_excess_is_bought_back_down_to_what_stays(
        self, library: Library, price: str, excess: int, bought_back: int
    ) -> None:
        damage = self.terms(library, "peer_car_sharing", price, "own_damage")
        back = self.terms(library, "peer_car_sharing", price, "excess_buy_back")
        assert damage.deductible is not None
        assert damage.deductible["amount"] == excess
        assert (back.layer, back.limits) == ("deductible_buyback", {"amount": bought_back})

    def test_liability_is_without_a_limit_for_people(self, library: Library) -> None:
        terms = self.terms(library, "peer_car_sharing", "a city car for four hours of a Tuesday", "liability")
        assert terms.limits == {"bodily": None, "property": 100_000_000_00}

    def test_what_is_at_risk_counts_under_a_cap(self, library: Library) -> None:
        edition, tried, _ = named(library, "home_exchange", "from the last day of summer")
        assert tried.facts is not None
        assert at_risk(edition, "home_contents", tried.facts) == 50_000_00

    @pytest.mark.parametrize(
        ("product", "before_start", "given_back"),
        [
            ("home_exchange", timedelta(days=30, seconds=1), Refund(100)),
            ("home_exchange", timedelta(days=30), Refund(50)),
            ("home_exchange", timedelta(seconds=1), Refund(50)),
            ("home_exchange", timedelta(0), Refund(0)),
            ("object_lending", timedelta(hours=2, seconds=1), Refund(100)),
            ("object_lending", timedelta(hours=2), Refund(80)),
            ("object_lending", timedelta(0), Refund(0)),
            ("peer_car_sharing", timedelta(hours=24, seconds=1), Refund(100)),
            ("peer_car_sharing", timedelta(hours=24), Refund(50)),
            ("peer_car_sharing", timedelta(0), Refund(80, of_unused=True)),
            ("temporary_motor", timedelta(seconds=1), Refund(100)),
            ("temporary_motor", timedelta(0), Refund(0)),
        ],
    )
    def test_gives_back_by_the_first_tier_that_holds(
        self, library: Library, product: str, before_start: timedelta, given_back: Refund
    ) -> None:
        (edition,) = library.of(product)
        start = datetime(2026, 6, 1, 12, tzinfo=UTC)
        assert refund_due(edition.rules, start, start - before_start) == given_back


class TestUnavailable:
    @pytest.mark.parametrize(
        ("product", "price", "told"),
        [
            (
                "peer_car_sharing",
                "the day of twenty-five hours, and two covers that can't be had",
                [("excess_buy_back", "nothing_to_buy_back"), ("assistance", "vehicle_too_old_for_assistance")],
            ),
            (
                "home_exchange",
                "a house in Corsica over the night when the clocks go back, booked too late for the journey",
                [("cancellation", "too_late_for_cancellation")],
            ),
            ("object_lending", "a cent too dear for theft outdoors", [("theft", "no_theft_outdoors")]),
            ("object_lending", "a cent under €3,000, a year too old to be had new", [("replacement", "too_old_for_new")]),
            ("object_lending", "ten things at every limit, and over none", []),
        ],
    )  # fmt: skip
    def test_what_was_wanted_and_cant_be_had_is_told(
        self, library: Library, product: str, price: str, told: list[tuple[str, str]]
    ) -> None:
        edition, tried, _ = named(library, product, price)
        assert tried.facts is not None
        decision = edition.compiled(edition.taxes_on(date(2026, 1, 1))).decide(tried.facts)
        assert [(found.section, found.code) for found in decision.unavailable] == told
