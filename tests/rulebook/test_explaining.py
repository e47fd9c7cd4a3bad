"""Why a price is what it is: every step hands its amount on, and points at the text that it came from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from coverage.domain.period import Period
from coverage.rulebook.admission import admit, read_written
from coverage.rulebook.explaining import Line, explain
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.running.scalar import Decision, Fact
from tests.rulebook.agreement import assert_chained
from tests.rulebook.compiled import CALENDAR, Both, section
from tests.rulebook.made_editions import MADE, TABLES, made_edition
from tests.rulebook.risks import Risks
from tests.rulebook.rule_files import edition_of, real

ON = date(2026, 2, 1)
VAN = {
    "vehicle_class": "van", "registration": "AB-123-CD", "driver_born": "1990-05-01", "licence_since": "2010-06-01",
    "goods_value": "8000 EUR",
}  # fmt: skip


def explained(edition: LoadedEdition, hours: int, given: dict[str, str]) -> list[dict[str, Any]]:
    start = datetime(2026, 2, 7, 7, tzinfo=UTC)
    asked_at = start - timedelta(hours=14)
    admitted = admit(edition.rules, given, Period(start, start + timedelta(hours=hours)), asked_at, read_written)
    return explain(edition.compiled(edition.taxes_on(ON)), admitted.facts)


def text_at(edition: LoadedEdition, at: str) -> str:
    """What stands in the edition's text at `file:line:column`."""
    file, line, column = at.rsplit(":", 2)
    assert file == edition.document.file
    return edition.document.text.split("\n")[int(line) - 1][int(column) - 1 :]


@pytest.fixture(scope="module")
def van() -> LoadedEdition:
    return real("off_duty_vehicle")


class TestExplanation:
    def test_tells_the_saturday_step_by_step(self, van: LoadedEdition) -> None:
        told = [
            (line["step"], line.get("section") or line.get("name"), line.get("before"), line["after"])
            for line in explained(van, 12, VAN)
        ]
        assert told == [
            ("base", "liability", None, "4.50"),
            ("times", "liability", "4.50", "4.50"),
            ("times", "liability", "4.50", "5.625"),
            ("at_least", "liability", "5.625", "5.625"),
            ("round", "liability", "5.625", "5.63"),
            ("base", "own_damage", None, "6.00"),
            ("times", "own_damage", "6.00", "7.50"),
            ("times", "own_damage", "7.50", "7.50"),
            ("round", "own_damage", "7.50", "7.50"),
            ("base", "goods_carried", None, "12.00"),
            ("round", "goods_carried", "12.00", "12.00"),
            ("base", "legal_protection", None, "0.6565"),
            ("round", "legal_protection", "0.6565", "0.66"),
            ("levy", "FGAO", "5.63", "0.07"),
            ("premium_tax", "motor_compulsory", "5.63", "1.86"),
            ("premium_tax", "other", "12.00", "1.08"),
            ("premium_tax", "motor_other", "7.50", "1.35"),
            ("premium_tax", "legal_protection", "0.66", "0.09"),
            ("gross", None, "25.79", "30.24"),
        ]

    def test_each_step_points_at_its_own_text(self, van: LoadedEdition) -> None:
        steps = [line for line in explained(van, 12, VAN) if "at" in line]
        assert [text_at(van, line["at"]).split("#")[0].strip() for line in steps if line["section"] == "liability"] == [
            "0.4500 EUR per hour, at most 4.50 EUR per day", "age", "class", "1.50 EUR", "liability:",
        ]  # fmt: skip
        rows = {line["table"]: text_at(van, line["row_at"]) for line in steps if "table" in line}
        assert rows["age"].startswith("1.0000, 70+:")
        assert rows["class"].startswith("1.2500, cargo_bike:")
        assert [(line["row"], line["figure"]) for line in steps if line.get("table") == "age"] == [("25-69", "1")]

    def test_taxes_name_their_law_and_the_day_since_when(self, van: LoadedEdition) -> None:
        taxes = {line["name"]: line for line in explained(van, 12, VAN) if line["step"] in ("levy", "premium_tax")}
        assert (taxes["FGAO"]["figure"], taxes["FGAO"]["since"]) == ("1.2%", "2010-08-01")
        assert (taxes["legal_protection"]["figure"], taxes["legal_protection"]["since"]) == ("13.4%", "2017-01-01")
        assert all(
            "CGI" in line["source"] or "impôts" in line["source"] or "fgao" in line["source"] for line in taxes.values()
        )
        assert all(line["verified"] is True for line in taxes.values())

    def test_a_minimum_is_told_for_each_section_that_it_raises(self, van: LoadedEdition) -> None:
        lines = [
            line for line in explained(van, 1, VAN | {"vehicle_class": "car"}) if line["step"] == "contract_minimum"
        ]
        assert [(line["section"], line["before"], line["after"], line["figure"]) for line in lines] == [
            ("liability", "1.50", "1.79", "2.50"),
            ("own_damage", "0.60", "0.71", "2.50"),
        ]
        assert all(text_at(van, line["at"]).startswith("at_least: {net: 2.50 EUR") for line in lines)

    def test_two_minimums_are_told_one_after_the_other(self) -> None:
        edition = edition_of(TABLES)
        facts: dict[str, Fact] = {
            "size": "small", "fragile": True, "insured": True, "count": 0, "weight": 0, "age": 30, "value": 0,
            "second": 10_000, "start_hour": 9, "start_weekday": 1, "lead_hours": 9, "term_hours": 1, "term_days": 1,
        }  # fmt: skip
        compiled = edition.compiled(edition.taxes_on(ON))
        lines = explain(compiled, facts)
        figures = [line["figure"] for line in lines if line["step"] == "contract_minimum"]
        assert figures == ["3.00", "7.01", "7.01"]
        assert_chained(lines, compiled.decide(facts))

    def test_a_decline_tells_every_rule_and_row_that_said_it(self, van: LoadedEdition) -> None:
        lines = explained(van, 12, VAN | {"driver_born": "2006-06-01", "licence_since": "2026-01-01"})
        assert [(line["step"], line["code"]) for line in lines] == [
            ("decline", "licence_too_recent"),
            ("decline", "driver_too_young"),
        ]
        assert [text_at(van, line["at"])[:20] for line in lines] == ["licence_years < 2", "decline(driver_too_y"]

    def test_a_code_told_by_two_rows_points_at_the_one_that_was_met(self) -> None:
        edition = edition_of(TABLES)
        facts: dict[str, Fact] = {
            "size": "small", "fragile": False, "insured": True, "count": 0, "weight": 0, "age": 30,
            "value": 2_000_000_000, "second": 10_000, "start_hour": 9, "start_weekday": 1, "lead_hours": 9,
            "term_hours": 1, "term_days": 1,
        }  # fmt: skip
        (line,) = explain(edition.compiled(edition.taxes_on(ON)), facts)
        assert line["code"] == "too_dear"
        assert text_at(edition, line["at"]).startswith("decline(too_dear)")

    def test_a_referred_risk_tells_why_and_how_it_is_priced(self, van: LoadedEdition) -> None:
        lines = explained(van, 12, VAN | {"claims_3y": "3"})
        assert (lines[0]["step"], lines[0]["code"]) == ("refer", "claims_history")
        assert lines[-1]["after"] == "30.24"

    @pytest.mark.parametrize("made", MADE)
    def test_chains_and_points_in_editions_that_use_every_form(self, made: str) -> None:
        edition = made_edition(made)
        compiled = edition.compiled(edition.taxes_on(ON))
        steps = 0
        for _, admitted in zip(range(300), Risks(edition, "chained"), strict=False):
            lines = explain(compiled, admitted.facts)
            assert_chained(lines, compiled.decide(admitted.facts))
            for line in lines:
                steps += "at" in line
                # A cell that declines or refers may stand in a file beside the edition.
                here = line.get("at", "").startswith(f"{edition.document.file}:")
                found = text_at(edition, line["at"]) if here else ""
                if line["step"] in ("times", "plus", "minus", "at_least", "at_most", "base") and "table" in line:
                    assert found.startswith(line["table"])
                if line["step"] == "round":
                    assert found == f"{line['section']}:"
        assert steps > 500

    def test_a_fee_stands_before_the_gross(self) -> None:
        edition = edition_of(TABLES)
        compiled = edition.compiled(edition.taxes_on(ON))
        admitted = next(a for a in Risks(edition, "fees") if compiled.decide(a.facts).outcome == "quoted")
        lines = explain(compiled, admitted.facts)
        assert [(line["name"], line["after"]) for line in lines if line["step"] == "fee"] == [
            ("ticket", "0.33"), ("stamp", "0.10"), ("nothing", "0.00"),
        ]  # fmt: skip
        flat = next(line for line in lines if line.get("name") == "Terror")
        assert (flat["figure"], flat["after"], flat["source"]) == ("flat", "0.65", "another decree")


def told(lines: list[Line], step: str, *keys: str) -> list[tuple[Any, ...]]:
    """Those keys of each line of a step."""
    return [tuple(line.get(key) for key in keys) for line in lines if line["step"] == step]


class TestTables:
    def test_of_two_keys_tell_both_and_the_row_that_held(self) -> None:
        both = Both(
            "inputs: {kind: {one_of: [car, van]}, n: {integer: 0..99}}\n"
            "tables: {pairs: {by: [kind, n], values: {car: {0-9: 1.2500, 10+: 1.5000}}, otherwise: 2.0000}}\n"
            "sections:\n" + section("base: 1 EUR\ntimes: pairs")
        )
        for facts, row, figure, text in (
            ({"kind": "car", "n": 10}, "car, 10+", "1.5", "1.5000}}, otherwise"),
            ({"kind": "van", "n": 10}, "otherwise", "2", "2.0000}}"),
        ):
            (line,) = [line for line in both.explain(**facts) if line["step"] == "times"]  # type: ignore[arg-type]
            assert (line["by"], line["row"], line["figure"]) == ("kind, n", row, figure)
            assert both.text_at(line["row_at"]).startswith(text)

    def test_with_marginal_rows_tell_how_many_units_fell_in_each(self) -> None:
        both = Both(
            "inputs: {kind: {one_of: [a]}}\n"
            "tables: {days: {by: term_days, marginal: {1: 48.99 EUR, 2: 15 EUR, 3-7: 3 EUR, 8+: 1.505 EUR}}}\n"
            "sections:\n" + section("base: days")
        )
        (line,) = [line for line in both.explain(term_days=9) if line["step"] == "base"]
        assert (line["table"], line["by"], line["figure"], line["after"]) == ("days", "term_days", "82", "82.00")
        parts = [(part["row"], part["count"], part["figure"], part["amount"]) for part in line["parts"]]
        assert parts == [
            ("1", 1, "48.99", "48.99"), ("2", 1, "15", "15.00"), ("3-7", 5, "3", "15.00"), ("8+", 2, "1.505", "3.01"),
        ]  # fmt: skip
        assert [both.text_at(part["row_at"])[:5] for part in line["parts"]] == ["48.99", "15 EU", "3 EUR", "1.505"]
        (short,) = [line for line in both.explain(term_days=2) if line["step"] == "base"]
        assert [part["row"] for part in short["parts"]] == ["1", "2"]

    def test_over_seasons_tell_the_days_of_each(self) -> None:
        both = Both(
            "inputs: {kind: {one_of: [a]}}\n"
            "derived: {season: {season: {dates: {high: 07-01..08-31, mid: 04-01..06-30}, otherwise: low, by: each_day}}}\n"
            "tables: {f: {by: season, values: {high: 1.5000, mid: refer(ask), low: 0.8000}}, "
            "a: {by: season, values: {high: 3.10 EUR}, otherwise: 0.505 EUR}}\n"
            "sections:\n" + section("base: 10 EUR\ntimes: f\nplus: a")
        )
        days: dict[str, Fact] = {"term_days": 3, "season.high": 2, "season.mid": 1, "season.low": 0}
        lines = both.explain(**days)
        (times,) = [line for line in lines if line["step"] == "times"]
        # (2 × 1.5 + 1) / 3
        assert (times["table"], times["by"], times["figure"], times["after"]) == (
            "f",
            "season",
            "1.333333",
            "13.333333",
        )
        assert [(part["row"], part["count"], part["figure"], part.get("code")) for part in times["parts"]] == [
            ("high", 2, "1.5", None),
            ("mid", 1, "1", "ask"),
        ]
        (plus,) = [line for line in lines if line["step"] == "plus"]
        assert (plus["figure"], plus["before"], plus["after"]) == ("6.705", "13.333333", "20.038333")
        assert [both.text_at(part["row_at"])[:8] for part in plus["parts"]] == ["3.10 EUR", "0.505 EU"]


class TestTerm:
    def test_days_of_the_calendar_that_are_capped_are_told_one_by_one(self) -> None:
        both = Both(
            "inputs: {kind: {one_of: [a]}}\nsections:\n" + section("base: 1 EUR per hour, at most 10 EUR per day"),
            head=CALENDAR,
        )
        (line,) = [
            line
            for line in both.explain(term_days=4, term_hours=56, first_day_hours=3, last_day_hours=5)
            if line["step"] == "base"
        ]
        assert (line["figure"], line["count"], line["after"]) == (
            "1.00 EUR per hour, at most 10.00 EUR per day",
            56,
            "28.00",
        )
        assert line["parts"] == [
            {"row": "first_day", "count": 3, "amount": "3.00"},
            {"row": "whole_days", "count": 2, "amount": "20.00"},
            {"row": "last_day", "count": 5, "amount": "5.00"},
        ]
        one_day = both.explain(term_days=1, term_hours=3, first_day_hours=3, last_day_hours=0)
        assert "parts" not in one_day[0]


class TestContract:
    TEXT = (
        "inputs: {n: {integer: 0..9}, gift: {yes_no: }}\n"
        "tables: {group: {by: n, bands: {0-4: 1.0000, 5+: 0.8500}}}\n"
        "sections:\n" + section("base: 1.50 EUR", name="one") + section("base: 2.51 EUR", name="two", more="when: not gift")
        + "contract:\n  - times: group\n  - {minus: 0.50 EUR, when: n < 9}\n"
        "  - at_least: {net: 2 EUR, over: [one, two], spread: pro_rata}\n  - round_gross: 0.10 EUR up\n"
    )  # fmt: skip

    def test_tells_each_step_for_each_section_that_it_changed(self) -> None:
        both = Both(self.TEXT)
        lines = [line for line in both.explain(n=5, gift=False) if line["step"].startswith("contract")]
        # 1.275 and 2.1335; 3.41 − 0.50 = 2.91: 109.23 and 181.77 cents; 2.91 + 0.58 = 3.49, 2.92 + 0.58 = 3.50.
        assert [(line["step"], line["section"], line["figure"], line["before"], line["after"]) for line in lines] == [
            ("contract_times", "one", "0.85", "1.50", "1.28"),
            ("contract_times", "two", "0.85", "2.51", "2.13"),
            ("contract_minus", "one", "0.50 EUR", "1.28", "1.09"),
            ("contract_minus", "two", "0.50 EUR", "2.13", "1.82"),
            ("contract_round", "two", "0.10", "1.82", "1.83"),
        ]
        assert [(line["table"], line["row"]) for line in lines if line["step"] == "contract_times"] == [
            ("group", "5+")
        ] * 2
        assert [both.text_at(line["at"]).split()[0] for line in lines[1:3]] == ["group", "0.50"]

    def test_tells_nothing_of_a_step_that_was_passed_over_or_of_a_section_that_is_not_there(self) -> None:
        lines = Both(self.TEXT).explain(n=9, gift=True)
        # 1.28, raised to 2.00 with 0.40 of tax.
        assert told(lines, "contract_times", "section", "after") == [("one", "1.28")]
        assert told(lines, "contract_minus", "section") == []
        assert told(lines, "contract_minimum", "section", "before", "after") == [("one", "1.28", "2.00")]
        assert told(lines, "contract_round", "section") == []

    def test_a_factor_of_one_is_told_and_a_minimum_that_is_met_is_not(self) -> None:
        lines = Both(self.TEXT).explain(n=9, gift=False)
        assert told(Both(self.TEXT).explain(n=0, gift=False), "contract_times", "section", "before", "after") == [
            ("one", "1.50", "1.50"), ("two", "2.51", "2.51"),
        ]  # fmt: skip
        assert told(lines, "contract_minimum", "section") == []


class TestPremium:
    def test_a_section_that_cannot_be_had_is_told_with_its_code(self) -> None:
        both = Both(
            "inputs: {kind: {one_of: [a, b]}, n: {integer: 0..9}}\n"
            "eligibility: [{decline: n > 8, code: nine}]\n"
            "sections:\n"
            + section("base: 1 EUR", name="one")
            + section("base: 2 EUR", name="two", more="unavailable: {when: kind == 'b', code: not_b}")
        )
        lines = both.explain(kind="b", n=0)
        assert told(lines, "unavailable", "section", "code") == [("two", "not_b")]
        assert both.text_at(lines[0]["at"]).startswith("not_b}")
        assert [line["step"] for line in both.explain(kind="b", n=9)] == ["decline", "unavailable"]
        assert told(both.explain(kind="a", n=0), "unavailable", "code") == []

    def test_surcharges_name_their_law_and_taxes_what_they_were_put_together_from(self) -> None:
        both = Both(
            "inputs: {kind: {one_of: [a]}}\nsections:\n"
            + section("base: 10.13 EUR", name="split", tax="{split: {full: 50%, half: 50%}}", more="surcharge: {disaster: property}")
            + section("base: 1 EUR", name="whole")
            + "fees: [{name: stamp, amount: 0.33 EUR, taxed_as: full}]\n",
            rates=(
                ("surcharge", "disaster", "property", "0.20"),
                ("premium_tax", "full", "full", "0.20"), ("premium_tax", "half", "half", "0.05"),
            ),
        )  # fmt: skip
        lines = both.explain()
        keys = ("name", "section", "figure", "before", "after", "source", "since", "verified")
        assert told(lines, "surcharge", *keys) == [
            ("disaster", "split", "20%", "10.13", "2.03", "a law", "2020-01-01", True)
        ]
        full, half = (line for line in lines if line["step"] == "premium_tax")
        assert (full["before"], full["after"], half["before"], half["after"]) == ("7.42", "1.48", "6.07", "0.30")
        assert full["parts"] == [
            {"section": "split", "figure": "50%", "amount": "6.09"},
            {"section": "whole", "figure": "100%", "amount": "1.00"},
            {"name": "stamp", "amount": "0.33"},
        ]
        assert half["parts"] == [{"section": "split", "figure": "50%", "amount": "6.07"}]

    def test_a_tax_of_another_country_names_it_and_an_exemption_its_law_without_a_day(self) -> None:
        both = Both(
            "inputs: {kind: {one_of: [a]}}\nsections:\n"
            + section("base: 10 EUR", name="there", more="situs: DE")
            + section("base: 1 EUR", name="free", tax='{exempt: "an article"}'),
            rates=(("premium_tax", "full", "DE:full", "0.19"), ("premium_tax", "exempt", "exempt", "0")),
        )
        lines = both.explain()
        keys = ("name", "country", "figure", "after", "since")
        assert told(lines, "premium_tax", *keys) == [
            ("full", "DE", "19%", "1.90", "2020-01-01"), ("exempt", None, "0%", "0.00", "2020-01-01"),
        ]  # fmt: skip
        edition = made_edition("forms")
        taxes = edition.taxes_on(ON)
        (free,) = [rate for rate in taxes.rates if rate.name == "exempt"]
        assert (free.source, free.since) == ("an article", "")
        admitted = next(
            a for a in Risks(edition, "free") if _has_section(edition.compiled(taxes).decide(a.facts), "free")
        )
        (line,) = [line for line in explain(edition.compiled(taxes), admitted.facts) if line.get("name") == "exempt"]
        assert line["source"] == "an article"
        assert "since" not in line


def _has_section(decision: Decision, name: str) -> bool:
    return decision.premium is not None and any(section.name == name for section in decision.premium.sections)
