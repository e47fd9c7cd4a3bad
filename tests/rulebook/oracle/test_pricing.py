"""The oracle itself, held to figures worked by hand: each form of the rule language once, its sum beside it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from coverage.rulebook.format import Edition
from coverage.rulebook.language.reading import read_text
from coverage.rulebook.language.shape import typed
from coverage.rulebook.oracle.pricing import Oracle, Told
from coverage.rulebook.planning.taxes import TaxesInForce, TaxRate
from tests.rulebook.made_editions import HEAD

EUR = 1_000_000
DAY = {"term_hours": 24, "term_days": 1, "start_hour": 9, "start_weekday": 1, "lead_hours": 0}
FULL = (("premium_tax", "full", "full", "0.20"),)


def section(premium: str, *, name: str = "cover", tax: str = "full", more: str = "") -> str:
    """A section as an edition has it; `premium` holds its steps, `more` its other lines."""
    lines = [f"tax: {tax}", "limit: {amount: 1 EUR, per: event}", *more.splitlines(), "premium:"]
    steps = [f"  - {step}" for step in premium.splitlines()]
    return "\n".join([f"  {name}:", *(f"    {line}" for line in [*lines, *steps])]) + "\n"


def told(
    text: str,
    facts: Mapping[str, Any],
    *,
    taxes: tuple[tuple[str, str, str, str], ...] = FULL,
    files: dict[str, str] | None = None,
    head: str = HEAD,
) -> Told:
    """What the oracle tells; `taxes` are kind, name, class and rate."""
    rates = tuple(
        TaxRate(name, kind, tax_class, int(Decimal(rate) * EUR), EUR, 0, "2020-01-01", "a law", True)
        for kind, name, tax_class, rate in taxes
    )
    edition = typed(read_text(head + text, "made"), Edition)
    return Oracle(edition, TaxesInForce("FR", rates), files).tell({**DAY, **facts})


def net(text: str, facts: Mapping[str, Any], name: str = "cover", **more: Any) -> str:
    """The net premium of one section, as text."""
    return str(told(text, facts, **more).sections[name])


class TestInputs:
    def test_decimals_are_compared_and_banded_as_they_are_written(self) -> None:
        text = (
            "inputs: {bonus: {decimal: 0.5..3.5}}\n"
            "eligibility: [{decline: bonus > 2.5, code: too_bad}, {refer: bonus * 2 >= 4, code: bad}]\n"
            "tables: {malus: {by: bonus, from: {0.5: 0.8000, 1: 1.0000, 1.25: 1.5000}}}\n"
            "sections:\n" + section("base: 10 EUR\ntimes: malus")
        )
        assert net(text, {"bonus": 999_900}) == "8.00"
        assert net(text, {"bonus": 1_000_000}) == "10.00"
        assert net(text, {"bonus": 1_250_000}) == "15.00"
        assert told(text, {"bonus": 1_999_900}).reasons == ()
        assert told(text, {"bonus": 2_500_000}).reasons == ("bad",)
        assert told(text, {"bonus": 2_500_100}).reasons == ("too_bad",)

    def test_totals_of_a_list_are_numbers_like_others(self) -> None:
        text = (
            "inputs: {items: {list: {value: {money: 1 EUR..900 EUR}}, max: 5}}\n"
            "derived: {worth: sum(items.value), mean: sum(items.value) // count(items)}\n"
            "eligibility: [{refer: highest(items.value) > 800 EUR, code: dear}]\n"
            "tables: {mean: {by: mean, from: {0 EUR: 1.0000, 33.333333 EUR: 2.0000}}}\n"
            "sections:\n" + section("base: 1.5% of worth\ntimes: mean")
        )
        # 3 things worth 100 EUR: 1.5 % are 1.50; the mean, 33.333333, reaches the second row.
        facts = {"count(items)": 3, "sum(items.value)": 100 * EUR, "highest(items.value)": 800 * EUR}
        assert net(text, facts) == "3.00"
        assert told(text, facts).outcome == "quoted"
        assert told(text, {**facts, "highest(items.value)": 800 * EUR + 10_000}).reasons == ("dear",)
        # A cent less, and it doesn't: 99.99 / 3 = 33.33.
        assert net(text, {**facts, "sum(items.value)": 99_990_000}) == "1.50"

    def test_a_prefix_is_a_choice_that_nobody_listed(self) -> None:
        text = (
            'inputs: {postcode: {text: "[0-9]{5}"}}\n'
            "derived: {dept: {prefix: postcode, length: 2}}\n"
            "eligibility: [{refer: \"dept in ['20', '97']\", code: island}]\n"
            'tables: {zone: {by: dept, values: {"75": 1.5000, "92": 1.2000}, otherwise: 1.0000}}\n'
            "sections:\n" + section("base: 10 EUR\ntimes: zone")
        )
        assert [net(text, {"dept": dept}) for dept in ("75", "92", "01")] == ["15.00", "12.00", "10.00"]
        assert told(text, {"dept": "97"}).reasons == ("island",)


class TestSeasons:
    SEASONS = "derived: {{season: {{season: {{dates: {{high: 07-01..08-31, mid: 04-01..06-30}}, otherwise: low, by: {}}}}}}}\n"

    def text(self, by: str, table: str, premium: str) -> str:
        inputs = "inputs: {kind: {one_of: [a]}}\n"
        return inputs + self.SEASONS.format(by) + f"tables: {table}\nsections:\n" + section(premium)

    def test_the_season_of_the_start_is_a_choice(self) -> None:
        text = self.text(
            "start", "{s: {by: season, values: {high: 1.5000, mid: 1.2500, low: 0.8000}}}", "base: 10 EUR\ntimes: s"
        )
        assert [net(text, {"season": found}) for found in ("high", "mid", "low")] == ["15.00", "12.50", "8.00"]

    def test_factors_weigh_by_the_days_of_each_season_and_are_rounded_once(self) -> None:
        text = self.text(
            "each_day",
            "{s: {by: season, values: {high: 1.5000, mid: 1.2500, low: 0.8000}}}",
            "base: 10 EUR\ntimes: s\ntimes: 3.0000",
        )
        facts = {"term_days": 3, "term_hours": 72, "season.high": 2, "season.mid": 1, "season.low": 0}
        # (2 × 1.5 + 1.25) / 3 = 4.25 / 3; 10 × 4.25 / 3 = 14.166667 to the millionth, times 3 is 42.500001.
        assert told(text, facts).steps == (Decimal(10), Decimal("14.166667"), Decimal("42.500001"))

    def test_amounts_count_each_day(self) -> None:
        text = self.text(
            "each_day", "{s: {by: season, values: {high: 3.10 EUR, mid: 2 EUR}, otherwise: 0.505 EUR}}", "base: s"
        )
        facts = {"term_days": 6, "term_hours": 144, "season.high": 2, "season.mid": 1, "season.low": 3}
        assert told(text, facts).steps == (Decimal("9.715"),)  # 6.20 + 2 + 1.515

    def test_a_season_declines_when_a_day_lies_in_it(self) -> None:
        text = self.text(
            "each_day",
            "{s: {by: season, values: {high: decline(full_up), mid: refer(ask), low: 2.0000}}}",
            "base: 10 EUR\ntimes: s",
        )
        none = {"term_days": 4, "season.high": 0, "season.mid": 0, "season.low": 4}
        assert told(text, none).outcome == "quoted"
        assert told(text, {**none, "season.high": 1, "season.low": 3}).reasons == ("full_up",)
        # A day that refers weighs one: (1 × 1 + 3 × 2) / 4 = 1.75.
        referred = told(text, {**none, "season.mid": 1, "season.low": 3})
        assert (referred.reasons, str(referred.sections["cover"])) == (("ask",), "17.50")


class TestTables:
    def test_two_keys_find_their_cell_and_otherwise_is_for_every_pair_not_named(self) -> None:
        text = (
            "inputs: {kind: {one_of: [car, van, bike]}, value: {money: 0 EUR..90 EUR}}\n"
            "tables: {pairs: {by: [kind, value], values: {car: {0 EUR: 1.0000, 50 EUR: 2.0000}, "
            "van: {10 EUR: 3.0000}}, otherwise: 4.0000}}\n"
            "sections:\n" + section("base: 1 EUR\ntimes: pairs")
        )
        found = [
            net(text, {"kind": kind, "value": value * EUR})
            for kind, value in (("car", 0), ("car", 49), ("car", 50), ("van", 9), ("van", 10), ("bike", 0))
        ]
        assert found == ["1.00", "1.00", "2.00", "4.00", "3.00", "4.00"]

    def test_an_age_in_no_row_is_not_covered_whichever_key_it_is(self) -> None:
        text = (
            "inputs: {kind: {one_of: [car, van]}, born: {date: past, personal: true}}\n"
            "derived: {age: {years_from: born, to: start}}\n"
            "tables: {first: {by: [age, kind], bands: {18-24: {car: 2.0000, van: refer(young)}, 25+: {car: 1.0000, "
            "van: 1.5000}}}, second: {by: [kind, age], values: {car: {17+: 1.0000}, van: {20-60: 1.1000, "
            "61+: decline(old)}}}}\n"
            "sections:\n" + section("base: 1 EUR\ntimes: first\ntimes: second")
        )
        assert net(text, {"kind": "car", "age": 24}) == "2.00"
        assert told(text, {"kind": "car", "age": 17}).reasons == ("age_not_covered",)
        assert told(text, {"kind": "van", "age": 20}).reasons == ("young",)
        assert told(text, {"kind": "van", "age": 19}).reasons == ("age_not_covered",)
        assert net(text, {"kind": "van", "age": 25}) == "1.65"
        assert told(text, {"kind": "van", "age": 61}).reasons == ("old",)

    def test_each_unit_has_its_own_amount_in_a_marginal_table(self) -> None:
        text = (
            "inputs: {kind: {one_of: [a]}}\n"
            "derived: {night: {hours_in: 22:00-06:00}}\n"
            "tables: {days: {by: term_days, marginal: {1: 48.99 EUR, 2: 15 EUR, 3-7: 3 EUR, 8-20: 1.50 EUR, "
            "21+: decline(too_long)}}, nights: {by: night, marginal: {1-2: 0.10 EUR, 3+: 0.01 EUR}}}\n"
            "sections:\n" + section("base: days\nplus: nights")
        )
        # 48.99 + 15 + 5 × 3 + 3 × 1.50 = 83.49; of nights 0.10 + 0.10 + 0.01.
        assert net(text, {"term_days": 10, "night": 3}) == "83.70"
        assert net(text, {"term_days": 1, "night": 0}) == "48.99"
        assert net(text, {"term_days": 2, "night": 1}) == "64.09"
        assert told(text, {"term_days": 20, "night": 0}).outcome == "quoted"
        assert told(text, {"term_days": 21, "night": 0}).reasons == ("too_long",)

    @pytest.mark.parametrize(
        "file",
        [
            "dept,term_days,cell\n75,1-3,1.2500\n75,4+,1.5000\n2A,1+,refer(island)\n",
            "\ufeffdept;term_days;cell\r\n2A;1+;refer(island)\r\n\r\n75;4+;1.5000\r\n75;1-3;1.2500\r\n",
        ],
    )
    def test_a_file_holds_rows_as_a_table_does(self, file: str) -> None:
        text = (
            'inputs: {postcode: {text: "[0-9A-Z]{5}"}}\n'
            "derived: {dept: {prefix: postcode, length: 2}}\n"
            "tables: {zones: {by: [dept, term_days], file: zones.csv, otherwise: 1.0000}}\n"
            "sections:\n" + section("base: 10 EUR\ntimes: zones")
        )
        files = {"zones.csv": file}
        found = [net(text, {"dept": d, "term_days": n}, files=files) for d, n in (("75", 3), ("75", 4), ("01", 1))]
        assert found == ["12.50", "15.00", "10.00"]
        assert told(text, {"dept": "2A", "term_days": 9}, files=files).reasons == ("island",)

    def test_bounds_of_a_file_may_stand_in_any_order(self) -> None:
        text = (
            "inputs: {bonus: {decimal: 0.5..3.5}}\n"
            "tables: {malus: {by: bonus, file: malus.csv}}\n"
            "sections:\n" + section("base: malus")
        )
        files = {"malus.csv": "bonus,cell\n1,4.00 EUR\n0.5,3.00 EUR\n"}
        assert [net(text, {"bonus": found}, files=files) for found in (999_900, 1_000_000)] == ["3.00", "4.00"]


class TestTerm:
    @pytest.mark.parametrize(
        ("days", "hours", "first", "last", "expected"),
        [
            # 1 EUR an hour, 10 EUR a day at most.
            (1, 3, 3, 0, "3.00"),
            (1, 24, 24, 0, "10.00"),
            (2, 8, 3, 5, "8.00"),
            (2, 15, 3, 12, "13.00"),
            (4, 56, 3, 5, "28.00"),  # 3 + 10 + 10 + 5
        ],
    )
    def test_each_day_of_the_calendar_has_its_own_cap(
        self, days: int, hours: int, first: int, last: int, expected: str
    ) -> None:
        text = "inputs: {kind: {one_of: [a]}}\nsections:\n" + section("base: 1 EUR per hour, at most 10 EUR per day")
        head = HEAD.replace("grace: 10m", "grace: 10m, day: calendar")
        facts = {"term_days": days, "term_hours": hours, "first_day_hours": first, "last_day_hours": last}
        assert net(text, facts, head=head) == expected

    def test_blocks_of_24_hours_have_theirs(self) -> None:
        text = "inputs: {kind: {one_of: [a]}}\nsections:\n" + section("base: 1 EUR per hour, at most 10 EUR per day")
        assert net(text, {"term_hours": 51, "term_days": 3}) == "23.00"  # 10 + 10 + 3


class TestContract:
    TWO = (
        "inputs: {group: {integer: 0..9}, gift: {yes_no: }}\n"
        "tables: {group: {by: group, bands: {0-4: 1.0000, 5+: 0.8500}}, gift: {by: gift, values: {yes: 5 EUR, no: 0 EUR}}}\n"
        "sections:\n" + section("base: 1.50 EUR", name="one") + section("base: 2.51 EUR", name="two")
    )

    def nets(self, contract: str, **facts: Any) -> list[str]:
        found = told(self.TWO + f"contract:\n  - {contract}\n", {"group": 0, "gift": False, **facts})
        return [str(amount) for amount in found.sections.values()]

    def test_a_factor_is_taken_on_each_section_and_rounded_to_its_cents(self) -> None:
        assert self.nets("times: 0.9500") == ["1.43", "2.38"]  # 1.425 and 2.3845
        assert self.nets("{times: 0.9500, over: [two]}") == ["1.50", "2.38"]
        assert self.nets("times: group", group=5) == ["1.28", "2.13"]  # 1.275 and 2.1335
        assert self.nets("{times: group, when: gift}", group=5) == ["1.50", "2.51"]

    def test_what_is_taken_off_is_spread_in_proportion(self) -> None:
        # 4.01 − 2 = 2.01: 2.01 × 150 / 401 = 75.19 cents, 2.01 × 251 / 401 = 125.81; the larger remainder gets the cent.
        assert self.nets("minus: 2 EUR") == ["0.75", "1.26"]
        assert self.nets("{minus: 2 EUR, over: [one]}") == ["0.00", "2.51"]
        assert self.nets("minus: gift", gift=True) == ["0.00", "0.00"]
        assert self.nets("minus: gift") == ["1.50", "2.51"]

    def test_a_minimum_is_spread_in_proportion_when_it_applies(self) -> None:
        # 6 × 150 / 401 = 224.44 cents, 6 × 251 / 401 = 375.56.
        assert self.nets("at_least: {net: 6 EUR, over: [one, two]}") == ["2.24", "3.76"]
        assert self.nets("{at_least: {net: 6 EUR, over: [one, two]}, when: gift}") == ["1.50", "2.51"]
        assert self.nets("at_least: {net: 4.01 EUR, over: [one, two]}") == ["1.50", "2.51"]

    def test_equal_remainders_go_to_the_first_however_long_their_fractions_are(self) -> None:
        text = "inputs: {kind: {one_of: [a]}}\nsections:\n" + "".join(
            section(f"base: {price} EUR", name=name) for name, price in (("x", "1"), ("y", "10"), ("z", "1"))
        )
        found = told(text + "contract: [{at_least: {net: 12.10 EUR, over: [x, y, z]}}]\n", {}).sections
        # 1210 cents over 1:10:1 are 100.83, 1008.33 and 100.83 cents; two are left over, for the first and the last.
        assert [str(amount) for amount in found.values()] == ["1.01", "10.08", "1.01"]

    def test_the_gross_premium_is_raised_to_a_multiple_by_the_dearest_section(self) -> None:
        found = told(self.TWO + "contract: [{round_gross: 0.10 EUR up}]\n", {"group": 0, "gift": False})
        # 4.01 and 20 % (0.80) are 4.81; 4.08 and 0.82 are 4.90, and nothing between does it.
        assert (str(found.sections["one"]), str(found.sections["two"]), str(found.gross)) == ("1.50", "2.58", "4.90")

    def test_the_first_of_equals_is_raised_and_a_multiple_stays(self) -> None:
        text = "inputs: {kind: {one_of: [a]}}\nsections:\n"
        text += "".join(section("base: 0.99 EUR", name=name) for name in ("x", "y"))
        found = told(text + "contract: [{round_gross: 0.50 EUR up}]\n", {})
        # 1.98 + 0.40 = 2.38; 2.08 + 0.42 = 2.50.
        assert [str(amount) for amount in found.sections.values()] == ["1.09", "0.99"]
        assert told(text + "contract: [{round_gross: 0.02 EUR up}]\n", {}).sections["x"] == Decimal("0.99")

    def test_nothing_is_raised_where_no_multiple_is_in_reach(self) -> None:
        # The gross is twice the net and the odd cent of the stamp: never even.
        text = "inputs: {kind: {one_of: [a]}}\nsections:\n" + section("base: 1 EUR")
        text += "contract: [{round_gross: 0.02 EUR up}]\nfees: [{name: stamp, amount: 0.01 EUR}]\n"
        found = told(text, {}, taxes=(("premium_tax", "full", "full", "1"),))
        assert (str(found.sections["cover"]), str(found.gross)) == ("1.00", "2.01")

    def test_the_gross_is_looked_for_within_twenty_steps(self) -> None:
        # At 99 % the gross is even up to a net of 0.50 and odd from 0.51 on; a stamp of a cent turns that around.
        text = (
            "inputs: {value: {money: 0 EUR..9 EUR}}\nsections:\n"
            + section("base: 100% of value")
            + "contract: [{round_gross: 0.02 EUR up}]\nfees: [{name: stamp, amount: 0.01 EUR}]\n"
        )
        for net_before, net_after, gross in (("0.11", "0.51", "1.02"), ("0.10", "0.10", "0.21")):
            found = told(
                text, {"value": int(Decimal(net_before) * EUR)}, taxes=(("premium_tax", "full", "full", "0.99"),)
            )
            assert (str(found.sections["cover"]), str(found.gross)) == (net_after, gross)


class TestTaxes:
    def test_a_split_premium_falls_in_its_classes_to_the_cent(self) -> None:
        split = "{split: {full: 33.3%, half: 33.3%, none: 33.4%}}"
        text = "inputs: {kind: {one_of: [a]}}\nsections:\n" + section("base: 0.50 EUR", tax=split)
        rates = (("premium_tax", "full", "full", "1"), ("levy", "x", "half", "1"), ("premium_tax", "none", "none", "1"))
        # 16.65 up is 17; 33.3 down is 33, 16 more; 50, 17 more.
        assert list(told(text, {}, taxes=rates).taxes.values()) == [Decimal(f"0.{n}") for n in (17, 16, 17)]

    def test_an_exempt_premium_and_one_of_another_country_have_their_own_classes(self) -> None:
        text = (
            "inputs: {where: {one_of: [here, abroad]}}\nsections:\n"
            + section("base: 1 EUR", name="free", tax='{exempt: "an article"}')
            + section(
                "base: 10 EUR", name="home", tax="contents", more="situs: {by: where, values: {here: FR, abroad: DE}}"
            )
        )
        rates = (
            ("premium_tax", "exempt", "exempt", "0"), ("premium_tax", "contents", "contents", "0.09"),
            ("premium_tax", "contents", "DE:contents", "0.1615"),
        )  # fmt: skip
        assert told(text, {"where": "here"}, taxes=rates).taxes == {
            ("exempt", "exempt"): Decimal("0.00"), ("contents", "contents"): Decimal("0.90"),
        }  # fmt: skip
        abroad = told(text, {"where": "abroad"}, taxes=rates)
        assert abroad.taxes == {("exempt", "exempt"): Decimal(0), ("contents", "DE:contents"): Decimal("1.62")}
        assert abroad.gross == Decimal("12.62")

    def test_a_surcharge_is_premium_and_taxed_in_the_classes_of_its_section(self) -> None:
        text = "inputs: {kind: {one_of: [a]}}\nsections:\n" + section(
            "base: 10.13 EUR", tax="{split: {full: 50%, half: 50%}}", more="surcharge: {disaster: property}"
        )
        rates = (
            ("surcharge", "disaster", "property", "0.20"),
            ("premium_tax", "full", "full", "0.20"), ("premium_tax", "half", "half", "0.05"),
        )  # fmt: skip
        found = told(text, {}, taxes=rates)
        # 20 % of 10.13 are 2.026, 2.03. Half of 10.13 up is 5.07, of 2.03 1.02: 6.09 and 6.07 to tax.
        assert found.surcharges == {("disaster", "cover"): Decimal("2.03")}
        assert found.taxes == {("full", "full"): Decimal("1.22"), ("half", "half"): Decimal("0.30")}
        assert found.gross == Decimal("13.68")

    def test_a_surcharge_abroad_is_that_countrys_and_comes_after_the_contract(self) -> None:
        text = (
            "inputs: {kind: {one_of: [a]}}\nsections:\n"
            + section("base: 10 EUR", more="surcharge: {disaster: property}\nsitus: DE")
            + "contract: [{times: 0.5000}]\n"
        )
        rates = (
            ("surcharge", "disaster", "property", "0.20"), ("surcharge", "disaster", "DE:property", "0.07"),
            ("premium_tax", "full", "DE:full", "0.19"),
        )  # fmt: skip
        found = told(text, {}, taxes=rates)
        assert found.surcharges == {("disaster", "cover"): Decimal("0.35")}
        assert found.taxes == {("full", "DE:full"): Decimal("1.02")}  # 19 % of 5.35 are 1.0165

    def test_the_gross_is_rounded_with_its_surcharges(self) -> None:
        text = "inputs: {kind: {one_of: [a]}}\nsections:\n" + section(
            "base: 10 EUR", more="surcharge: {disaster: property}"
        )
        rates = (("surcharge", "disaster", "property", "0.20"), ("premium_tax", "full", "full", "0.09"))
        found = told(text + "contract: [{round_gross: 0.50 EUR up}]\n", {}, taxes=rates)
        # 10.00 + 2.00 + 1.08 = 13.08. 10.32 + 2.06 + 1.11 = 13.49, 10.33 + 2.07 + 1.12 = 13.52: none is 13.50.
        # 10.70 + 2.14 + 1.16 = 14.00.
        assert (found.sections["cover"], found.gross) == (Decimal("10.70"), Decimal("14.00"))


class TestOutcomes:
    def test_a_section_that_can_not_be_had_is_told_and_costs_nothing(self) -> None:
        text = (
            "inputs: {value: {money: 0 EUR..90 EUR}, wanted: {yes_no: }}\nsections:\n"
            + section("base: 2 EUR", name="always")
            + section(
                "base: 5 EUR", name="goods", more="when: wanted\nunavailable: {when: value > 50 EUR, code: too_dear}"
            )
            + section("base: 10% of [always, goods]", name="law")
        )
        had = told(text, {"value": 50 * EUR, "wanted": True})
        assert (had.unavailable, str(had.sections["law"])) == ((), "0.70")
        gone = told(text, {"value": 51 * EUR, "wanted": True})
        assert gone.outcome == "quoted"
        assert (gone.unavailable, str(gone.sections["law"])) == ((("goods", "too_dear"),), "0.20")
        assert "goods" not in gone.sections
        assert told(text, {"value": 51 * EUR, "wanted": False}).unavailable == ()

    def test_codes_are_told_where_they_are_met_and_a_decline_beats_a_referral(self) -> None:
        text = (
            "inputs: {a: {integer: 0..9}, b: {integer: 0..9}}\n"
            "eligibility: [{refer: a > 5, code: twice}, {refer: b > 5, code: rule}]\n"
            "tables: {t: {by: a, bands: {0-2: 1.0000, 3-8: refer(twice), 9: decline(twice)}}}\n"
            "sections:\n" + section("base: 2 EUR\ntimes: t")
        )
        assert told(text, {"a": 3, "b": 6}).reasons == ("rule", "twice")
        assert told(text, {"a": 6, "b": 6}).reasons == ("twice", "rule")
        declined = told(text, {"a": 9, "b": 6})
        assert (declined.outcome, declined.reasons) == ("declined", ("twice",))

    def test_a_table_that_no_step_asks_declines_nobody(self) -> None:
        text = (
            "inputs: {a: {integer: 0..9}}\n"
            "tables: {t: {by: a, bands: {0-8: 1.0000, 9: decline(nine)}}}\n"
            "sections:\n" + section("base: 2 EUR\n{times: t, when: a < 9}")
        )
        assert told(text, {"a": 9}).outcome == "quoted"
