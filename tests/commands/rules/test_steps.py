"""The way to a price in words: every form of step that the tariffs have, in both languages, and none left unsaid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from coverage.commands.rules.steps import GROUPS, STEPS, Told, WayToPrice, figure_in
from coverage.messages import LANGUAGES, Words
from coverage.rulebook.authoring.examples import try_all
from coverage.rulebook.editions import load
from coverage.rulebook.explaining import Line, explain
from coverage.rulebook.loaded import LoadedEdition
from tests.commands.rules.asking import TERM, VAN, run
from tests.rulebook.made_rules import MADE_ZONES, made
from tests.rulebook.rule_files import RULES

TARIFFS = Path(__file__).parents[2] / "tariffs"
FILE = "rules/made.yaml"


@cache
def editions() -> list[LoadedEdition]:
    return [*load(RULES).editions, *load(TARIFFS).editions]


def explained(edition: LoadedEdition) -> Iterator[list[Line]]:
    """The way to the price of each worked price."""
    for (_, example), tried in zip(edition.examples, try_all(edition), strict=True):
        assert tried.facts is not None, example.name
        on = (example.asked or example.start).date()
        yield explain(edition.compiled(edition.taxes_on(on)), tried.facts)


def said(line: Line, product: str = "off_duty_vehicle", language: str = "en") -> str:
    """What is said of one step; a line of the file is N."""
    edition = next(one for one in editions() if one.product == product)
    way = WayToPrice(Words(language), edition)
    (told,) = [told for told in way.told([line]) if told.kind == "step"]
    return re.sub(r"\b(line|ligne) \d+", r"\1 N", told.text).replace("\xa0", " ").replace("\u202f", " ")


def step(op: str, **given: Any) -> Line:
    return {"step": op, "section": "liability", "before": "1.00", "after": "2.00", "at": f"{FILE}:9:5", **given}


class TestFigures:
    @pytest.mark.parametrize(
        ("written", "english", "french"),
        [
            ("1.25", "1.25", "1,25"),
            ("0.5 EUR", "€0.50", "0,50 €"),
            ("0.45 EUR per hour, at most 4.50 EUR per day", "€0.45 per hour, at most €4.50 per day",
             "0,45 € par heure, au plus 4,50 € par jour"),
            ("0.15% per day", "0.15% per day", "0,15 % par jour"),
            ("flat", "flat", "forfait"),
            ("1234.5 GBP", "£1,234.50", "1 234,50 £GB"),
        ],
    )  # fmt: skip
    def test_are_told_in_the_language(self, written: str, english: str, french: str) -> None:
        assert figure_in(Words("en"), written) == english
        assert figure_in(Words("fr"), written).replace("\xa0", " ").replace("\u202f", " ") == french


class TestSteps:
    @pytest.mark.parametrize(
        ("line", "words"),
        [
            (step("times", figure="1.25"), "× 1.25"),
            (step("minus", figure="1.00 EUR"), "− €1.00"),
            (step("base", figure="5%", of="liability, own_damage"), "base 5% of Liability and Damage to the vehicle"),
            (step("times", table="class", by="vehicle_class", row="van", figure="1.25", row_at="x.csv:7:1"),
             "× 1.25 (table class, x.csv line N: Which vehicle is it? Van)"),
            (step("times", table="two", by="vehicle_class, driver_age", row="van, 70+", figure="1.25", row_at="x.csv:7:1"),
             "× 1.25 (table two, x.csv line N: Which vehicle is it? Van; driver_age: 70+)"),
            (step("plus", table="flat", by="excess", row="otherwise", figure="1.5", row_at="x.csv:7:1"),
             "+ €1.50 (table flat, x.csv line N: otherwise)"),
            (step("base", table="days", by="term_days", figure="12", parts=[
                {"row": "1", "figure": "9", "row_at": "x.csv:7:1", "count": 1, "amount": "9.00"},
                {"row": "2-7", "figure": "1.5", "row_at": "x.csv:8:1", "count": 2, "amount": "3.00"}]),
             ("base €12.00 (table days, by term_days)\n  1 day × €9.00 (1, line x.csv:7) = €9.00\n"
             "  2 days × €1.50 (2-7, line x.csv:8) = €3.00")),
            (step("times", table="weather", by="season", figure="1.15", parts=[
                {"row": "high", "figure": "1.2", "row_at": "x.csv:7:1", "count": 3}]),
             "× 1.15 (table weather, by season)\n  3 days × 1.2 (high, line x.csv:7)"),
            (step("base", figure="0.75 EUR per hour, at most 7.50 EUR per day", count=30, parts=[
                {"row": "first_day", "count": 2, "amount": "1.50"}, {"row": "whole_days", "count": 1, "amount": "7.50"},
                {"row": "last_day", "count": 4, "amount": "3.00"}]),
             ("base €0.75 per hour, at most €7.50 per day, for 30 hours\n  first day, 2 hours: €1.50\n"
             "  whole days, 1 day: €7.50\n  last day, 4 hours: €3.00")),
            (step("contract_times", figure="0.95"), "Liability: × 0.95"),
            (step("contract_minus", figure="2.00 EUR"), "Liability: − €2.00"),
            (step("contract_minimum", figure="2.50"), "Liability: its part of at least €2.50 together"),
            (step("contract_round", figure="0.10"), "Liability: added so that the gross ends on €0.10"),
            ({"step": "unavailable", "section": "liability", "code": "too_late", "at": f"{FILE}:9:5"},
             "Liability: not available: too_late"),
            ({"step": "fee", "name": "service", "after": "1.00"}, "service"),
            ({"step": "levy", "name": "Terror", "figure": "flat", "before": "0.00", "after": "0.65"}, "Terror: flat"),
            ({"step": "surcharge", "name": "flood", "section": "liability", "figure": "20%",
              "before": "5.00", "after": "1.00", "source": "a law", "since": "2025-01-01", "verified": True},
             "Liability: flood: 20% of €5.00, since 2025-01-01 [1]"),
            ({"step": "premium_tax", "name": "other", "figure": "9%", "before": "5.00", "after": "0.45", "source": "a law",
              "verified": True, "parts": [{"section": "liability", "figure": "75%", "amount": "3.00"},
                                          {"name": "service", "amount": "2.00"}]},
             "Insurance premium tax, other cover: 9% of €5.00 [1]\n  75% of Liability: €3.00\n  service: €2.00"),
        ],
    )  # fmt: skip
    def test_are_told_in_words(self, line: Line, words: str) -> None:
        assert said(line) == words

    def test_a_tax_of_another_country_is_told_with_it(self) -> None:
        line: Line = {
            "step": "premium_tax", "name": "household_contents", "country": "DE", "figure": "16.15%", "before": "5.00",
            "after": "0.81", "source": "a law", "since": "2020-01-01", "verified": False,
        }  # fmt: skip
        assert said(line, "home_exchange") == (
            "Insurance tax, household contents (Germany): 16.15% of €5.00, since 2020-01-01 [1]"
        )
        assert said(line, "home_exchange", "fr").startswith(
            "Taxe allemande sur les assurances, mobilier (Allemagne) : "
        )

    def test_a_law_that_was_not_read_is_told_as_such(self) -> None:
        way = WayToPrice(Words("en"), editions()[0])
        line: Line = {
            "step": "levy",
            "name": "x",
            "figure": "flat",
            "after": "1.00",
            "source": "a law",
            "verified": False,
        }
        list(way.told([line, line | {"source": "another"}, line]))
        assert way.sources == ["a law (the rate is not verified)", "another (the rate is not verified)"]


class TestEveryWay:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_step_of_every_worked_price_is_told_in_words(self, language: str) -> None:
        steps: set[str] = set()
        for edition in editions():
            for lines in explained(edition):
                told = list(WayToPrice(Words(language), edition).told(lines))
                steps |= {str(line["step"]) for line in lines}
                assert len([one for one in told if one.kind == "step"]) == len(
                    [one for one in lines if one["step"] != "gross"]
                )
                texts = " ".join(one.text for one in told if one.kind == "step")
                assert not re.search(r"contract_|\{|first_day|\bNone\b", texts)
                self.assert_totals(told, lines)
        assert steps >= {
            *STEPS,
            *GROUPS,
            "contract_times",
            "contract_minus",
            "contract_minimum",
            "contract_round",
            "gross",
        }

    def assert_totals(self, told: list[Told], lines: list[Line]) -> None:
        priced = any(line["step"] == "gross" for line in lines)
        assert [one.kind for one in told].count("total") == (2 if priced else 0)


class TestLines:
    def test_of_a_row_in_a_file_are_that_files(self, tmp_path: Path) -> None:
        folder = made(tmp_path)
        folder.replace(MADE_ZONES, "13,1.1000", "13,decline(too_far)")
        asked = [
            "plate=ABCD", "postcode=13001", "size=small", "abroad=france", "seats=4", "value=1000 EUR", "born=1990-01-01",
            'things=what=phone worth="100 EUR"', "--start", "2026-02-07T08:00+01:00", "--end", "2026-02-07T12:00+01:00",
        ]  # fmt: skip
        printed = run("price", "made", *asked, rules=folder.path).stdout
        (told,) = [line for line in printed.splitlines() if "too_far" in line]
        assert told.endswith(" zones.csv:3")

    @pytest.mark.parametrize("width", range(48, 90, 3))
    def test_break_before_no_sign_and_inside_no_figure_in_french(self, width: int) -> None:
        printed = run("price", "off_duty_vehicle", *VAN, *TERM, "--language", "fr", width=width).stdout
        lines = [line.strip() for line in printed.splitlines()]
        assert len(lines) > 20
        assert [line for line in lines if line[:1] in (":", ";", "€", "%", "!", "?", "»")] == []
        assert not {"\ue000", "\ue001"} & set(printed)
        assert "\u00a0€" in printed
