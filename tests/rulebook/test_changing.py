"""A cover that changes in time: worked by hand, and what must hold of every extension, raise and return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.domain.faults import Conflict, Rejected
from coverage.domain.period import Period, local_day
from coverage.domain.premium import Premium
from coverage.rulebook.admission import admit, read_written
from coverage.rulebook.changing import (
    Change,
    History,
    Segment,
    extend,
    given_back,
    raise_cover,
    reassess,
    refund_at,
    return_early,
)
from coverage.rulebook.format import Refund, TaxFile
from coverage.rulebook.language.notation import MICRO
from coverage.rulebook.loaded import LoadedEdition
from tests.rulebook.rule_files import edition_of, real

SATURDAY = datetime(2026, 2, 7, 7, tzinfo=UTC)  # 08:00 in Paris
ASKED = SATURDAY - timedelta(hours=14)
VAN = {
    "vehicle_class": "van", "registration": "AB-123-CD", "driver_born": "1990-05-01", "licence_since": "2010-06-01",
    "goods_value": "8000 EUR",
}  # fmt: skip


@pytest.fixture(scope="module")
def vehicle() -> LoadedEdition:
    return real("off_duty_vehicle")


def bought(edition: LoadedEdition, risk: Mapping[str, str], hours: float = 12) -> History:
    """A cover as it stands once it is issued at its price."""
    period = Period(SATURDAY, SATURDAY + timedelta(hours=hours))
    facts = admit(edition.rules, risk, period, ASKED, read_written).facts
    decision = edition.compiled(edition.taxes_on(local_day(ASKED, edition.rules.timezone))).decide(facts)
    assert decision.premium is not None
    return History((Segment(period, facts),), ASKED, {line.name: line.net for line in decision.premium.sections})


def told(change: Change) -> tuple[dict[str, int], dict[str, int], int]:
    """The difference's nets by section, its taxes by name, and its gross."""
    premium = change.difference
    assert isinstance(premium, Premium)
    return {s.name: s.net for s in premium.sections}, {t.name: t.amount for t in premium.taxes}, premium.gross


class TestExtend:
    def test_charges_what_the_whole_new_term_costs_more_than_was_paid(self, vehicle: LoadedEdition) -> None:
        # The van's Saturday (5.63 + 7.50 + 12.00 + 0.66) until Sunday 14:00: 30 h - 30 min -> 30 hours, 2 days.
        # L  (4.50 + 6 x 0.45) x 1.25 = 9.00   O  (6.00 + 6 x 0.60) x 1.25 = 12.00   G  12.00 x 2 = 24.00
        # P  5 % x 21.00 = 1.05. Differences: 3.37, 4.50, 12.00, 0.39, together 20.26.
        # MC 3.37 x 0.33 = 1.1121 -> 1.11   FGAO 0.04044 -> 0.04   MO 0.81   OT 1.08   LP 0.05226 -> 0.05: 3.09
        change = extend(vehicle, bought(vehicle, VAN), SATURDAY + timedelta(hours=30), SATURDAY + timedelta(hours=3))
        nets, taxes, gross = told(change)
        assert nets == {"liability": 337, "own_damage": 450, "goods_carried": 1200, "legal_protection": 39}
        assert taxes == {"motor_compulsory": 111, "FGAO": 4, "motor_other": 81, "other": 108, "legal_protection": 5}
        assert gross == 2335
        assert change.outcome == "quoted"
        assert change.history.period.end == SATURDAY + timedelta(hours=30)
        assert change.history.paid["goods_carried"] == 2400

    def test_charges_nothing_within_the_cap_of_a_day_that_was_paid(self, vehicle: LoadedEdition) -> None:
        # 12 hours of liability are at the day's cap already; goods are charged by the day.
        change = extend(vehicle, bought(vehicle, VAN), SATURDAY + timedelta(hours=24), SATURDAY)
        assert told(change) == ({"liability": 0, "own_damage": 0, "goods_carried": 0, "legal_protection": 0}, {
            "motor_compulsory": 0, "FGAO": 0, "motor_other": 0, "other": 0, "legal_protection": 0}, 0)  # fmt: skip

    def test_looks_at_eligibility_again(self, vehicle: LoadedEdition) -> None:
        history = bought(vehicle, VAN)
        first = history.segments[0]
        doubtful = History((Segment(first.period, {**first.facts, "claims_3y": 3}),), ASKED, history.paid)
        change = extend(vehicle, doubtful, SATURDAY + timedelta(hours=30), SATURDAY)
        assert (change.outcome, change.reasons) == ("referred", ("claims_history",))
        barred = History((Segment(first.period, {**first.facts, "licence_years": 1}),), ASKED, history.paid)
        change = extend(vehicle, barred, SATURDAY + timedelta(hours=30), SATURDAY)
        assert (change.outcome, change.reasons, change.difference) == ("declined", ("licence_too_recent",), None)

    def test_taxes_the_difference_at_the_rates_of_its_own_day(self) -> None:
        text = real("off_duty_vehicle").document.text
        assert "changes:" in text
        edition = real("off_duty_vehicle")
        later = {**edition.taxes.premium_tax, "other": [*edition.taxes.premium_tax["other"]]}
        row = later["other"][-1].model_copy(update={"from_": (SATURDAY + timedelta(days=1)).date(), "rate": 500_000})
        taxes = edition.taxes.model_copy(update={"premium_tax": {**later, "other": [*later["other"], row]}})
        changed = edition_with(edition, taxes)
        cover = bought(changed, VAN, hours=48)
        _, before, _ = told(extend(changed, cover, SATURDAY + timedelta(hours=72), SATURDAY + timedelta(hours=1)))
        _, after, _ = told(extend(changed, cover, SATURDAY + timedelta(hours=72), SATURDAY + timedelta(hours=25)))
        assert (before["other"], after["other"]) == (108, 600)  # 12.00 x 9 %, and x 50 %

    @pytest.mark.parametrize(
        ("hours", "at", "code"),
        [(12, 1, "invalid_change"), (11, 1, "invalid_change"), (169, 1, "invalid_term"), (30, 12, "cover_ended")],
    )
    def test_refuses_what_is_no_extension(self, vehicle: LoadedEdition, hours: int, at: int, code: str) -> None:
        with pytest.raises((Rejected, Conflict)) as refused:
            extend(vehicle, bought(vehicle, VAN), SATURDAY + timedelta(hours=hours), SATURDAY + timedelta(hours=at))
        assert refused.value.code == code

    def test_refuses_where_the_product_has_no_extension(self) -> None:
        text = real("off_duty_vehicle").document.text
        edition = real("off_duty_vehicle")
        without = edition_with(
            edition, edition.taxes, text.replace("  extend:       {rate: whole_term, never_below: paid}\n", "")
        )
        with pytest.raises(Rejected, match="can't be extended"):
            extend(without, bought(without, VAN), SATURDAY + timedelta(hours=30), SATURDAY)

    @settings(max_examples=20, deadline=None)
    @given(data=st.data())
    def test_never_lowers_what_was_paid_and_two_steps_never_pay_less_than_one(self, data: st.DataObject) -> None:
        edition = data.draw(st.sampled_from([real_once("off_duty_vehicle"), real_once("goods_carried")]))
        risk = VAN if edition.product == "off_duty_vehicle" else GOODS
        most = edition.rules.term.max // 60
        first, second, third = sorted(data.draw(st.lists(st.integers(60, most), min_size=3, max_size=3, unique=True)))
        history = bought(edition, risk, first / 60)
        at = SATURDAY + timedelta(minutes=data.draw(st.integers(0, first - 1)))
        half = extend(edition, history, SATURDAY + timedelta(minutes=second), at).history
        twice = extend(edition, half, SATURDAY + timedelta(minutes=third), at).history
        once = extend(edition, history, SATURDAY + timedelta(minutes=third), at).history
        for section, paid in history.paid.items():
            assert paid <= half.paid[section] <= twice.paid[section]
            assert twice.paid[section] >= once.paid[section]
        # No minute is rated twice: what two steps cost is what the longest term costs at once, where prices only rise.
        at_once = bought(edition, risk, third / 60).paid
        assert all(twice.paid[name] == max(net, history.paid[name], half.paid[name]) for name, net in at_once.items())


class TestRaise:
    def test_rates_what_is_left_of_the_term_on_the_new_value_and_on_the_old(self, vehicle: LoadedEdition) -> None:
        # From 14:00, 6 hours are left: one day of goods. 10,000 x 0.15 % = 15.00, less 8,000 x 0.15 % = 12.00: 3.00,
        # taxed 9 %: 0.27. Nothing else costs more.
        at = SATURDAY + timedelta(hours=6)
        change = raise_cover(vehicle, bought(vehicle, VAN), {"goods_value": 10_000 * MICRO}, at)
        nets, taxes, gross = told(change)
        assert {name: net for name, net in nets.items() if net} == {"goods_carried": 300}
        assert {name: tax for name, tax in taxes.items() if tax} == {"other": 27}
        assert gross == 327
        before, after = change.history.segments
        assert (before.period.end, after.period.start) == (at, at)
        assert change.history.at(at - timedelta(seconds=1)) is before
        assert change.history.at(at) is after
        assert after.facts["goods_value"] == 10_000 * MICRO
        assert before.facts["goods_value"] == 8_000 * MICRO

    def test_before_the_start_the_whole_term_is_raised(self, vehicle: LoadedEdition) -> None:
        change = raise_cover(
            vehicle, bought(vehicle, VAN, 48), {"goods_value": 9_000 * MICRO}, SATURDAY - timedelta(hours=1)
        )
        assert len(change.history.segments) == 1
        assert told(change)[0]["goods_carried"] == 300  # 2 days x (13.50 - 12.00)

    def test_a_section_that_wasn_t_there_is_charged_for_what_is_left(self, vehicle: LoadedEdition) -> None:
        plain = {**VAN, "goods_value": "0 EUR"}
        at = SATURDAY + timedelta(hours=25)  # of 72 hours 47 are left: 2 days
        change = raise_cover(vehicle, bought(vehicle, plain, 72), {"goods_value": 1_000 * MICRO}, at)
        assert told(change)[0]["goods_carried"] == 300  # 1,000 x 0.15 % x 2

    def test_an_extension_after_a_raise_rates_each_stretch_on_what_it_was_insured_for(
        self, vehicle: LoadedEdition
    ) -> None:
        # Until Sunday 14:00 on 8,000: goods 24.00; the raise from Saturday 14:00 is 24 hours, a day: 15.00 - 12.00.
        # Due 27.00, paid 12.00 + 3.00: 12.00 more. On 10,000 from the start it would have been 30.00.
        raised = raise_cover(
            vehicle, bought(vehicle, VAN), {"goods_value": 10_000 * MICRO}, SATURDAY + timedelta(hours=6)
        ).history
        change = extend(vehicle, raised, SATURDAY + timedelta(hours=30), SATURDAY + timedelta(hours=7))
        assert told(change)[0]["goods_carried"] == 1200
        assert change.history.paid["goods_carried"] == 2700

    @pytest.mark.parametrize(
        ("raised", "code"),
        [
            ({"goods_value": 7_000 * MICRO}, "not_a_raise"),
            ({"goods_value": 8_000 * MICRO}, "nothing_changes"),
            ({"vehicle_class": "car"}, "invalid_change"),
        ],
    )
    def test_refuses_what_is_no_raise(self, vehicle: LoadedEdition, raised: dict[str, int | str], code: str) -> None:
        with pytest.raises(Rejected) as refused:
            raise_cover(vehicle, bought(vehicle, VAN), raised, SATURDAY)
        assert refused.value.code == code

    def test_refuses_once_the_cover_is_over(self, vehicle: LoadedEdition) -> None:
        with pytest.raises(Conflict):
            raise_cover(vehicle, bought(vehicle, VAN), {"goods_value": 9_000 * MICRO}, SATURDAY + timedelta(hours=12))

    @settings(max_examples=30, deadline=None)
    @given(data=st.data())
    def test_never_charges_for_the_past_nor_gives_anything_back(self, data: st.DataObject) -> None:
        edition = real_once("off_duty_vehicle")
        minutes = data.draw(st.integers(60, 7 * 1440))
        value, more = sorted(data.draw(st.lists(st.integers(0, 10_000), min_size=2, max_size=2, unique=True)))
        history = bought(edition, {**VAN, "goods_value": f"{value} EUR"}, minutes / 60)
        at = SATURDAY + timedelta(minutes=data.draw(st.integers(0, minutes - 1)))
        change = raise_cover(edition, history, {"goods_value": more * MICRO}, at)
        nets, _, _ = told(change)
        rest = bought_over(edition, {**VAN, "goods_value": f"{more} EUR"}, Period(at, history.period.end))
        assert all(0 <= net <= rest.get(name, 0) for name, net in nets.items())


class TestReturnEarly:
    def test_gives_back_what_the_product_says(self, vehicle: LoadedEdition) -> None:
        change = return_early(vehicle, bought(vehicle, VAN), SATURDAY + timedelta(hours=6))
        assert told(change)[2] == 0  # this product gives nothing back
        assert change.history.period.end == SATURDAY + timedelta(hours=6)

    def test_gives_back_the_unused_part_with_its_taxes(self) -> None:
        edition = real("off_duty_vehicle")
        text = edition.document.text.replace("return_early: {refund: none}", "return_early: {refund: 80% of unused}")
        unused = edition_with(edition, edition.taxes, text)
        # After 3 of 12 hours 9 are left: 75 % x 80 % = 60 % of 5.63, 7.50, 12.00 and 0.66.
        # 3.378 -> 3.38   4.50   7.20   0.396 -> 0.40; taxes 1.1154 -> 1.12, 0.04056 -> 0.04, 0.81, 0.648 -> 0.65, 0.0536 -> 0.05
        nets, taxes, gross = told(return_early(unused, bought(unused, VAN), SATURDAY + timedelta(hours=3)))
        assert nets == {"liability": 338, "own_damage": 450, "goods_carried": 720, "legal_protection": 40}
        assert taxes == {"motor_compulsory": 112, "FGAO": 4, "motor_other": 81, "other": 65, "legal_protection": 5}
        assert gross == 1548 + 267

    @pytest.mark.parametrize("hours", [0, -1, 12])
    def test_refuses_unless_the_cover_runs(self, vehicle: LoadedEdition, hours: int) -> None:
        with pytest.raises(Conflict):
            return_early(vehicle, bought(vehicle, VAN), SATURDAY + timedelta(hours=hours))


class TestRefund:
    def test_the_first_tier_that_holds_says_what_is_given_back(self) -> None:
        edition = real("off_duty_vehicle")
        tiers = (
            "- {until: 24h before start, give: 100%}\n  - {until: start, give: 50%}\n  - {after: start, give: unused}"
        )
        text = edition.document.text.replace("- {until: start, give: 100%}\n  - {after: start, give: none}", tiers)
        assert text != edition.document.text
        tiered = edition_with(edition, edition.taxes, text)
        history = bought(tiered, VAN)
        for hours, liability in ((-25, 563), (-24, 282), (-1, 282), (0, 563), (6, 282), (12, 0)):
            assert refund_at(tiered, history, SATURDAY + timedelta(hours=hours))["liability"] == liability, hours

    def test_is_never_more_than_was_paid_nor_less_than_nothing(self, vehicle: LoadedEdition) -> None:
        history = bought(vehicle, VAN)
        for percent in (0, 33, 100):
            for hours in (-5, 0, 1, 11.999, 12, 400):
                back = given_back(Refund(percent, of_unused=True), history, SATURDAY + timedelta(hours=hours))
                assert all(0 <= back[name] <= paid for name, paid in history.paid.items())


class TestReassess:
    def test_tells_what_was_due_and_the_part_that_was_paid(self, vehicle: LoadedEdition) -> None:
        # The driver was 22, not 35: liability 4.50 x 1.6 x 1.25 = 9.00; legal 5 % x 16.50 = 0.825 -> 0.83.
        # Due 9.00 + 7.50 + 12.00 + 0.83 = 29.33, paid 25.79.
        told_ = reassess(vehicle, bought(vehicle, VAN), {"driver_age": 22})
        assert told_.outcome == "quoted"
        assert sum(told_.due.values()) == 2933
        assert told_.ratio == Fraction(2579, 2933)

    def test_a_ratio_is_never_over_one(self, vehicle: LoadedEdition) -> None:
        assert reassess(vehicle, bought(vehicle, VAN), {"goods_value": 100 * MICRO}).ratio == 1

    def test_says_that_the_rules_would_not_have_taken_the_risk(self, vehicle: LoadedEdition) -> None:
        told_ = reassess(vehicle, bought(vehicle, VAN), {"driver_age": 19})
        assert (told_.outcome, told_.reasons, told_.ratio) == ("declined", ("driver_too_young",), None)


class TestHistory:
    def test_has_no_gap(self) -> None:
        first = Segment(Period(SATURDAY, SATURDAY + timedelta(hours=1)), {})
        late = Segment(Period(SATURDAY + timedelta(hours=2), SATURDAY + timedelta(hours=3)), {})
        for segments in ((), (first, late), (late, first)):
            with pytest.raises(ValueError, match="without a gap"):
                History(segments, ASKED, {})


GOODS = {
    "carried_by": "traveller", "transport": "train", "category": "electronics", "distance_km": "300",
    "goods_value": "900 EUR", "fragile": "yes",
}  # fmt: skip
_REAL: dict[str, LoadedEdition] = {}


def real_once(product: str) -> LoadedEdition:
    return _REAL.setdefault(product, real(product))


def bought_over(edition: LoadedEdition, risk: Mapping[str, str], period: Period) -> dict[str, int]:
    facts = admit(edition.rules, risk, period, ASKED, read_written).facts
    premium = edition.compiled(edition.taxes_on(local_day(ASKED, edition.rules.timezone))).decide(facts).premium
    return {line.name: line.net for line in premium.sections} if premium else {}


def edition_with(edition: LoadedEdition, taxes: TaxFile, text: str | None = None) -> LoadedEdition:
    """The edition with other taxes, or another text."""
    made = edition if text is None else edition_of(text)
    return replace(made, taxes=taxes, abroad={})
