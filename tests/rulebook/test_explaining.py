"""Why a price is what it is: every step hands its amount on, and points at the text that it came from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from coverage.domain.period import Period
from coverage.rulebook.admission import admit, read_written
from coverage.rulebook.editions import LoadedEdition
from coverage.rulebook.explaining import explain
from coverage.rulebook.scalar import Fact
from tests.rulebook.agreement import assert_chained
from tests.rulebook.made_editions import TABLES, TERMS
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

    @pytest.mark.parametrize("text", [TABLES, TERMS], ids=["tables", "terms"])
    def test_chains_and_points_in_editions_that_use_every_form(self, text: str) -> None:
        edition = edition_of(text)
        compiled = edition.compiled(edition.taxes_on(ON))
        steps = 0
        for _, admitted in zip(range(300), Risks(edition, "chained"), strict=False):
            lines = explain(compiled, admitted.facts)
            assert_chained(lines, compiled.decide(admitted.facts))
            for line in lines:
                steps += "at" in line
                found = text_at(edition, line["at"]) if "at" in line else ""
                if line["step"] in ("times", "plus", "minus", "at_least", "at_most", "base") and "table" in line:
                    assert found.startswith(line["table"])
                if line["step"] == "round":
                    assert found == f"{line['section']}:"
        assert steps > 1000

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
