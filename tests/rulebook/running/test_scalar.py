"""The emitted function: each form of the rule language with its sum worked by hand, priced in a column as well; and
where a step that is passed over or a section that isn't there could leave something behind.
"""

from __future__ import annotations

from datetime import date

import pytest

from coverage.rulebook.running.scalar import Fact, Unavailable
from tests.rulebook.compiled import CALENDAR, EUR, Both, section
from tests.rulebook.made_editions import TABLES, TERMS
from tests.rulebook.rule_files import edition_of

ON = date(2026, 2, 1)


KIND = "inputs: {kind: {one_of: [a, b]}}\n"
SEASONS = (
    "derived: {season: {season: {dates: {high: 07-01..08-31, mid: 04-01..06-30}, otherwise: low, by: each_day}}}\n"
)


class TestTables:
    def test_of_two_keys_find_their_cell_whether_a_key_is_dense_or_wide_or_open(self) -> None:
        both = Both(
            'inputs: {code: {text: "[A-Z]{3}"}, n: {integer: 0..40}, value: {money: 0 EUR..90000 EUR}, far: {integer: -9000..9000}}\n'
            "derived: {area: {prefix: code, length: 2}}\n"
            "tables:\n"
            "  one: {by: [area, n], values: {AA: {0-9: 1.1000, 10+: 1.2000}, BB: {5-6: refer(odd)}}, otherwise: 1.0000}\n"
            "  two: {by: [value, area], from: {0 EUR: {AA: 2.0000}, 50000.01 EUR: {BB: 3.0000}}, otherwise: 1.0000}\n"
            "  tri: {by: [n, far], bands: {0-39: {0-8999: 1.0000, 9000: 4.0000}, 40: {0+: 5.0000}}, otherwise: 1.0000}\n"
            "sections:\n" + section("base: 1 EUR\ntimes: one\ntimes: two\ntimes: tri")
        )  # fmt: skip
        assert both.nets(area="AA", n=9, value=50_000 * EUR, far=8999) == [220]
        assert both.nets(area="AA", n=10, value=50_000 * EUR + 10_000, far=-9000) == [120]
        assert both.nets(area="BB", n=7, value=50_000 * EUR + 10_000, far=9000) == [1200]
        assert both.nets(area="ZZ", n=40, value=0, far=-1) == [100]
        assert both.nets(area="ZZ", n=40, value=0, far=0) == [500]
        assert both.decide(area="BB", n=5, value=0, far=0).reasons == ("odd",)

    @pytest.mark.parametrize("longest", ["30d", "400d"])
    def test_with_marginal_rows_add_up_each_unit(self, longest: str) -> None:
        both = Both(
            "inputs: {kind: {one_of: [a]}}\n"
            "derived: {night: {hours_in: 22:00-06:00}}\n"
            "tables:\n"
            "  hours:  {by: term_hours, marginal: {1: 2.50 EUR, 2-12: 0.333333 EUR, 13-700: 0.05 EUR, 701+: decline(too_long)}}\n"
            "  nights: {by: night, marginal: {1-2: 0.10 EUR, 3+: 0.01 EUR}}\n"
            "sections:\n" + section("base: hours\nplus: nights"),
            head=CALENDAR.replace("max: 30d", f"max: {longest}"),
        )  # fmt: skip
        assert both.nets(term_hours=1, night=0) == [250]
        # 2.50 + 11 x 0.333333 + 688 x 0.05 = 40.566663, and 0.10 + 0.10 + 0.01.
        assert both.nets(term_hours=700, night=3) == [4078]
        assert both.decide(term_hours=701, night=0).reasons == ("too_long",)

    def test_over_seasons_weigh_each_day(self) -> None:
        both = Both(
            KIND + SEASONS + "tables:\n"
            "  factors: {by: season, values: {high: 1.5000, mid: refer(ask), low: 0.8000}}\n"
            "  amounts: {by: season, values: {high: 3.10 EUR, mid: decline(none), low: 0.505 EUR}}\n"
            "sections:\n" + section("base: 10 EUR\ntimes: factors\n{plus: amounts, when: kind == 'b'}")
        )
        days: dict[str, Fact] = {"term_days": 3, "season.high": 2, "season.mid": 0, "season.low": 1}
        # (2 x 1.5 + 0.8) / 3 of 10 is 12.666667; and 2 x 3.10 + 0.505.
        assert both.nets(**{"kind": "a", **days}) == [1267]
        assert both.nets(**{"kind": "b", **days}) == [1937]
        # A day that refers weighs one: (2 x 1.5 + 1) / 3.
        referred = both.decide_of({"kind": "a", **days, "season.mid": 1, "season.low": 0})
        assert (referred.outcome, referred.reasons, referred.premium.net if referred.premium else 0) == (
            "referred",
            ("ask",),
            1333,
        )
        declined = both.decide_of({"kind": "b", **days, "season.mid": 1, "season.low": 0})
        assert (declined.outcome, declined.reasons) == ("declined", ("none",))


class TestTerm:
    @pytest.mark.parametrize(
        ("days", "hours", "first", "last", "cents"),
        [(1, 3, 3, 0, 300), (1, 24, 24, 0, 1000), (2, 8, 3, 5, 800), (2, 15, 3, 12, 1300), (4, 56, 3, 5, 2800), (3, 48, 0, 24, 2000)],
    )  # fmt: skip
    def test_each_day_of_the_calendar_is_capped_by_itself(
        self, days: int, hours: int, first: int, last: int, cents: int
    ) -> None:
        both = Both(KIND + "sections:\n" + section("base: 1 EUR per hour, at most 10 EUR per day"), head=CALENDAR)
        facts: dict[str, Fact] = {
            "term_days": days,
            "term_hours": hours,
            "first_day_hours": first,
            "last_day_hours": last,
        }
        assert both.nets(**facts) == [cents]

    def test_each_24_hours_are_capped_by_themselves(self) -> None:
        both = Both(KIND + "sections:\n" + section("base: 1 EUR per hour, at most 10 EUR per day"))
        assert [both.nets(term_hours=hours)[0] for hours in (1, 10, 24, 25, 51)] == [100, 1000, 1000, 1100, 2300]


class TestSections:
    def test_one_that_cannot_be_had_is_told_and_costs_nothing(self) -> None:
        both = Both(
            "inputs: {kind: {one_of: [a, b, c]}, wanted: {yes_no: }}\n"
            "eligibility: [{decline: kind == 'c', code: no_c}]\n"
            "tables: {k: {by: kind, values: {a: 1.0000, b: refer(seen), c: 2.0000}}}\n"
            "sections:\n"
            + section("base: 1 EUR", name="one")
            + section("base: 2 EUR\ntimes: k", name="two", more="when: wanted\nunavailable: {when: kind != 'a', code: not_here}")
        )  # fmt: skip
        assert both.nets(kind="a", wanted=True) == [100, 200]
        assert both.nets(kind="a", wanted=False) == [100]
        told = (Unavailable("two", "not_here"),)
        # What isn't covered isn't looked up: nothing refers.
        found = both.decide(kind="b", wanted=True)
        assert (found.outcome, found.unavailable, both.nets(kind="b", wanted=True)) == ("quoted", told, [100])
        assert both.decide(kind="b", wanted=False).unavailable == ()
        declined = both.decide(kind="c", wanted=True)
        assert (declined.reasons, declined.premium, declined.unavailable) == (("no_c",), None, told)

    def test_names_that_mean_something_to_python_or_to_us_are_only_names(self) -> None:
        names = [
            "p",
            "c",
            "s0",
            "in0",
            "n0",
            "met",
            "max",
            "where",
            "facts",
            "none",
            "gross",
            "columns",
            "every0",
            "f_p",
        ]
        both = Both(
            "inputs:\n"
            + "".join(f"  {name}: {{integer: 0..9}}\n" for name in [*names, "if"])
            + "  items: {list: {value: {integer: 0..9}}, max: 3}\n"
            + f"derived: {{every: {' + '.join(names)} + sum(items.value) + count(items)}}\n"
            + "tables: {t: {by: every, bands: {0-60: 1.0000, 61: 2.0000, 62+: 3.0000}}, "
            + "if: {by: if, bands: {0-3: 1.0000, 4-9: 1.5000}}}\n"
            + "sections:\n"
            + section("base: 1 EUR\ntimes: t\ntimes: if", name="s0")
        )
        facts: dict[str, Fact] = dict.fromkeys([*names, "if"], 4)
        totals: dict[str, Fact] = {"sum(items.value)": 4, "count(items)": 1}
        assert both.nets(**facts, **totals) == [300]  # 14 x 4 + 5 = 61
        assert both.nets(**{**facts, "p": 5}, **totals) == [450]


class TestContract:
    TWO = (
        "inputs: {group: {integer: 0..9}, gift: {yes_no: }}\n"
        "tables: {group: {by: group, bands: {0-4: 1.0000, 5-8: 0.8500, 9: decline(nine)}}, "
        "gift: {by: gift, values: {yes: 5 EUR, no: 0 EUR}}}\n"
        "sections:\n"
        + section("base: 1.50 EUR", name="one")
        + section("base: 2.51 EUR", name="two", more="when: not gift")
    )

    def nets(self, contract: str, *, group: int = 0, gift: bool = False) -> list[int]:
        return Both(self.TWO + f"contract: [{contract}]\n").nets(group=group, gift=gift)

    def test_a_factor_is_taken_on_each_section(self) -> None:
        assert self.nets("times: 0.9500") == [143, 238]  # 142.5 and 238.45
        assert self.nets("{times: 0.9500, over: [two]}") == [150, 238]
        assert self.nets("times: group", group=5) == [128, 213]  # 127.5 and 213.35
        assert self.nets("{times: group, when: gift}", group=5) == [150, 251]

    def test_a_table_speaks_only_where_its_step_is_taken_on_something(self) -> None:
        text = self.TWO + "contract: [{times: group, over: [two]}]\n"
        assert Both(text).decide(group=9, gift=False).reasons == ("nine",)
        assert Both(text).decide(group=9, gift=True).reasons == ()

    def test_what_is_taken_off_is_spread_and_never_more_than_there_is(self) -> None:
        # 401 - 200 = 201 cents: 201 x 150 / 401 = 75.19 and 201 x 251 / 401 = 125.81.
        assert self.nets("minus: 2 EUR") == [75, 126]
        assert self.nets("minus: 2 EUR", gift=True) == [0]
        assert self.nets("minus: gift", gift=True) == [0]
        assert self.nets("minus: gift") == [150, 251]

    def test_a_minimum_is_spread_over_what_is_covered(self) -> None:
        # 600 x 150 / 401 = 224.44 and 600 x 251 / 401 = 375.56.
        assert self.nets("at_least: {net: 6 EUR, over: [one, two]}") == [224, 376]
        assert self.nets("at_least: {net: 6 EUR, over: [one, two]}", gift=True) == [600]
        assert self.nets("at_least: {net: 6 EUR, over: [two]}", gift=True) == [150]

    def test_the_dearest_section_is_raised_until_the_gross_is_a_multiple(self) -> None:
        # 4.01 and 20 % are 4.81; 4.08 and 0.82 are 4.90, and nothing between does it.
        assert self.nets("round_gross: 0.10 EUR up") == [150, 258]
        # 1.50 and 0.30 are 1.80.
        assert self.nets("round_gross: 0.10 EUR up", gift=True) == [150]
        assert self.nets("{round_gross: 0.10 EUR up, when: gift}") == [150, 251]

    def test_steps_are_taken_one_after_the_other(self) -> None:
        # 143 and 238; less 100 of 381: 105.47 and 175.53; 2.81 and 0.56 are 3.37, 2.92 and 0.58 are 3.50.
        assert self.nets("times: 0.9500, minus: 1 EUR, round_gross: 0.50 EUR up".replace(", ", "}, {").join("{}")) == [
            105,
            187,
        ]

    def test_nothing_is_raised_where_no_multiple_is_in_reach(self) -> None:
        # The gross is twice the net and the odd cent of the stamp: never even.
        both = Both(
            KIND + "sections:\n" + section("base: 1 EUR")
            + "contract: [{round_gross: 0.02 EUR up}]\nfees: [{name: stamp, amount: 0.01 EUR}]\n",
            rates=(("premium_tax", "full", "full", "1"),),
        )  # fmt: skip
        assert (both.nets(), both.gross()) == ([100], 201)


class TestTaxes:
    def test_a_split_premium_falls_in_its_classes_to_the_cent(self) -> None:
        split = "{split: {full: 33.3%, half: 33.3%, none: 33.4%}}"
        rates = tuple(("premium_tax", name, name, "1") for name in ("full", "half", "none"))
        both = Both(KIND + "sections:\n" + section("base: 0.50 EUR", tax=split), rates=rates)
        # 16.65 up is 17; 33.3 down is 33, 16 more; 50, 17 more.
        assert both.taxed() == {"full": (17, 17), "half": (16, 16), "none": (17, 17)}

    def test_a_surcharge_is_premium_that_is_taxed_and_split_with_its_section(self) -> None:
        both = Both(
            KIND + "sections:\n"
            + section("base: 10.13 EUR", tax="{split: {full: 50%, half: 50%}}", more="surcharge: {disaster: property}"),
            rates=(
                ("surcharge", "disaster", "property", "0.20"),
                ("premium_tax", "full", "full", "0.20"), ("premium_tax", "half", "half", "0.05"),
            ),
        )  # fmt: skip
        # 20 % of 10.13 is 2.03; 10.13 falls apart in 5.07 and 5.06, 2.03 in 1.02 and 1.01.
        assert both.taxed() == {"full": (609, 122), "half": (607, 30)}
        premium = both.decide().premium
        assert premium is not None
        (line,) = premium.surcharges
        assert (line.name, line.section, line.rate, line.base, line.amount) == ("disaster", "cover", 200_000, 1013, 203)
        assert premium.gross == 1013 + 203 + 122 + 30

    def test_a_section_abroad_has_its_own_classes_and_surcharges(self) -> None:
        both = Both(
            "inputs: {kind: {one_of: [a, b]}, there: {yes_no: }}\nsections:\n"
            + section(
                "base: 10 EUR", tax="{by: kind, values: {a: full, b: half}}",
                more="situs: {by: there, values: {yes: DE, no: FR}}\nsurcharge: {disaster: property}",
            ),
            rates=(
                ("surcharge", "disaster", "property", "0.20"), ("surcharge", "disaster", "DE:property", "0.07"),
                ("premium_tax", "full", "full", "0.20"), ("premium_tax", "half", "half", "0.05"),
                ("premium_tax", "full", "DE:full", "0.19"), ("premium_tax", "half", "DE:half", "0.22"),
            ),
        )  # fmt: skip
        assert both.taxed(kind="a", there=False) == {"full": (1200, 240)}
        assert both.taxed(kind="b", there=False) == {"half": (1200, 60)}
        assert both.taxed(kind="a", there=True) == {"DE:full": (1070, 203)}
        assert both.taxed(kind="b", there=True) == {"DE:half": (1070, 235)}

    def test_what_a_law_exempts_has_a_line_of_nothing(self) -> None:
        both = Both(
            KIND + "sections:\n" + section("base: 5 EUR", tax='{exempt: "an article"}'),
            rates=(("premium_tax", "exempt", "exempt", "0"),),
        )
        assert (both.taxed(), both.gross()) == ({"exempt": (500, 0)}, 500)

    def test_a_class_that_nothing_falls_in_has_no_line_and_one_of_nothing_has(self) -> None:
        both = Both(
            "inputs: {wanted: {yes_no: }}\nsections:\n"
            + section("base: 1 EUR", name="one", tax="half")
            + section("base: 0 EUR", name="two", more="when: wanted"),
            rates=(("premium_tax", "half", "half", "0.05"), ("premium_tax", "full", "full", "0.20")),
        )
        assert both.taxed(wanted=False) == {"half": (100, 5)}
        assert both.taxed(wanted=True) == {"half": (100, 5), "full": (0, 0)}


class TestScalar:
    def test_a_base_that_does_not_apply_charges_nothing_and_not_what_the_section_before_did(self) -> None:
        text = TERMS.replace("- base: 1.2345% of value", "- {base: 1.2345% of value, when: extra}")
        edition = edition_of(text)
        facts: dict[str, Fact] = {"term_hours": 240, "term_days": 10, "kind": "a", "extra": False, "value": 1_000_000}
        decision = edition.compiled(edition.taxes_on(ON)).decide(facts)
        assert decision.premium is not None
        assert {section.name: section.net for section in decision.premium.sections}["rate"] == 0

    def test_a_minimum_is_not_spread_on_a_section_that_is_not_covered(self) -> None:
        text = TERMS.replace("- base: 1.005 EUR per day", "- base: 0 EUR").replace(
            "when: extra and", "when: not extra and"
        )
        edition = edition_of(text)
        facts: dict[str, Fact] = {"term_hours": 1, "term_days": 1, "kind": "b", "extra": True, "value": 0}
        decision = edition.compiled(edition.taxes_on(ON)).decide(facts)
        assert decision.premium is not None
        nets = {section.name: section.net for section in decision.premium.sections}
        assert nets["days"] == 50  # the whole minimum: flat isn't there
        assert "flat" not in nets

    def test_reasons_are_told_in_the_order_of_the_file(self) -> None:
        rules = TABLES[TABLES.index("eligibility:") : TABLES.index("tables:")]
        facts: dict[str, Fact] = {
            "size": "middle", "fragile": False, "insured": True, "count": 51, "weight": 0, "age": 30, "value": 0,
            "second": 10_000, "start_hour": 9, "start_weekday": 6, "lead_hours": 0, "term_hours": 1, "term_days": 1,
        }  # fmt: skip
        for text, reasons in (
            (TABLES, ("many", "late", "middle_seen")),
            (TABLES.replace(rules, "") + rules, ("middle_seen", "many", "late")),
        ):
            edition = edition_of(text)
            assert edition.compiled(edition.taxes_on(ON)).decide(facts).reasons == reasons

    def test_a_gap_above_a_band_at_zero_falls_to_otherwise_in_a_large_table(self) -> None:
        edition = edition_of(TABLES)
        lookup = edition.plan.tables["weights"]
        assert [lookup.row_of(n).label for n in (0, 1, 9, 10, 100, 101, 20000)] == [  # type: ignore[union-attr]
            "0", "otherwise", "otherwise", "10-99", "100", "otherwise", "otherwise",
        ]  # fmt: skip
        compiled = edition.compiled(edition.taxes_on(ON))
        facts: dict[str, Fact] = {
            "size": "small", "fragile": False, "insured": True, "count": 0, "age": 30, "value": 0, "second": 10_000,
            "start_hour": 9, "start_weekday": 1, "lead_hours": 9, "term_hours": 1, "term_days": 1,
        }  # fmt: skip
        assert compiled.decide({**facts, "weight": 0}).reasons == ()
        assert compiled.decide({**facts, "weight": 1}).reasons == ("odd_weight",)
        assert compiled.decide({**facts, "weight": 20_000}).reasons == ("odd_weight",)
