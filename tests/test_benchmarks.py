"""What the benchmarks promise: that both sides are asked the same and answer the same, and that what was found is told.

Nothing is timed here.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import certificates, one_risk, portfolio
from benchmarks.measuring import Case, Contest, Outcome, Side, Timed, compare, run
from benchmarks.pricing import by_hand
from benchmarks.pricing.drawing import draw, write_columns, write_risks
from benchmarks.pricing.edition import TARIFF, edition_of
from benchmarks.pricing.ours import Tariff, priced
from benchmarks.pricing.rows import in_columns, one_by_one
from benchmarks.reporting import duration, plain, shown
from benchmarks.work import NotHere, Work
from coverage.rulebook.authoring.examples import try_all
from tests.conftest import ROOT

SIDES = {name: Side("module:function") for name in ("first", "second", "third")}
CONTESTS = (
    Contest("quick", "first", "second", 2.0),
    Contest("slow", "first", "third", 9.0),
    Contest("aside", "second", "third"),
)


def two_risks(folder: Path) -> str:
    write_risks(draw(edition_of(TARIFF), 2, seed=7), folder)
    return "two risks"


def lacking(folder: Path) -> Work:
    """A side that can't work."""
    raise NotHere(f"there is no such thing in {folder.parent}")


def a_case() -> Case:
    return Case("a case", "risk", two_risks, SIDES, lambda answer: str(answer[0]), CONTESTS, computing=True)


@pytest.fixture
def outcome() -> Outcome:
    """By the medians the second side takes three times as long as the first, the third four times."""
    timed = {
        "first": Timed("one", [1e-6, 1e-6, 2e-6], [1.0, 1.0, 1.0]),
        "second": Timed("two", [3e-6, 3e-6, 3e-6], [0.5, 0.5, 1.0]),
        "third": Timed("three", [4e-6, 4e-6, 5e-6], [1.0, 1.0, 1.0]),
    }
    return Outcome(a_case(), "two risks", Counter(quoted=2), {"second": 0, "third": 0}, timed=timed)


def printed(outcome: Outcome) -> str:
    console = Console(width=140)
    with console.capture() as capture:
        console.print(shown("B9", outcome))
    return re.sub(r"\x1b\[[0-9;]*m", "", capture.get())


def compared(folder: Path, **answers: list[Any]) -> Outcome:
    """What a comparison of these sides' answers finds."""
    for name, found in answers.items():
        (folder / f"{name}.answers").write_text("".join(json.dumps(answer) + "\n" for answer in found))
    outcome = Outcome(a_case(), "two risks")
    compare(outcome, folder, list(answers))
    return outcome


class TestComparing:
    def test_finds_the_same_answers_the_same(self, tmp_path: Path) -> None:
        answers = [["quoted", 563], ["declined"], ["quoted", 750]]
        found = compared(tmp_path, first=answers, second=answers)
        assert found.same
        assert found.sorts == {"quoted": 2, "declined": 1}

    def test_counts_what_differs_by_a_cent_and_shows_the_first_of_it(self, tmp_path: Path) -> None:
        found = compared(
            tmp_path, first=[["quoted", n] for n in range(9)], second=[["quoted", n + n % 2] for n in range(9)]
        )
        assert not found.same
        assert found.different == {"second": 4}
        assert found.differences[0] == "second, answer 2: ['quoted', 2]; first says ['quoted', 1]"
        assert len(found.differences) < 4

    def test_misses_an_answer_that_is_not_there(self, tmp_path: Path) -> None:
        assert compared(tmp_path, first=[["quoted", 1], ["quoted", 2]], second=[["quoted", 1]]).different == {
            "second": 1
        }


class TestOutcome:
    def test_tells_how_many_times_as_fast_by_the_medians_and_in_single_rounds(self, outcome: Outcome) -> None:
        assert outcome.ratio(CONTESTS[0]) == pytest.approx((3.0, 1.5, 3.0))

    def test_holds_a_ratio_to_its_goal(self, outcome: Outcome) -> None:
        assert [outcome.met(contest) for contest in CONTESTS] == [True, False, None]

    def test_meets_no_goal_with_other_answers(self, outcome: Outcome) -> None:
        assert outcome.met(CONTESTS[0])
        outcome.different["third"] = 1
        assert outcome.met(CONTESTS[0]) is False

    def test_meets_no_goal_where_nothing_was_measured(self, outcome: Outcome) -> None:
        del outcome.timed["second"]
        assert outcome.met(CONTESTS[0]) is None


class TestReport:
    def test_has_a_row_for_each_contest(self, outcome: Outcome) -> None:
        lines = printed(outcome).splitlines()
        assert lines[0] == "B9: a case"
        rows = {line.split()[0]: " ".join(line.split()) for line in lines if line.strip()}
        assert rows["quick"] == "quick 1 µs 3 µs 3.00 × 1.50 – 3.00 ≥ 2.00 × met"
        assert rows["slow"] == "slow 1 µs 4 µs 4.00 × 2.50 – 4.00 ≥ 9.00 × not met"
        assert rows["aside"] == "aside 3 µs 4 µs 1.33 × 1.33 – 1.67"

    def test_says_what_was_gone_through_and_that_the_answers_are_the_same(self, outcome: Outcome) -> None:
        assert (
            "two risks; the processor's time for a risk, medians of 3 rounds\none, two, three\nanswers: 2 quoted; all sides' the same"
            in printed(outcome)
        )

    def test_says_which_answers_differ(self, outcome: Outcome) -> None:
        outcome.different["third"] = 1200
        outcome.differences = ["third, answer 7: [1]; first says [2]"]
        assert "different: 1,200 of third's\nthird, answer 7: [1]; first says [2]" in printed(outcome)

    def test_says_who_had_to_share_the_core(self, outcome: Outcome) -> None:
        assert "the core wasn't theirs alone: one side had 50% of its time" in printed(outcome)

    def test_says_what_is_missing(self, outcome: Outcome) -> None:
        del outcome.timed["third"]
        outcome.missing["third"] = "no such package"
        assert re.search(r"slow +≥ 9.00 × +no such package", printed(outcome))

    def test_is_json_too(self, outcome: Outcome) -> None:
        told = json.loads(json.dumps(plain("B9", outcome)))
        assert told["benchmark"] == "B9"
        assert told["answers"] == {"quoted": 2}
        assert told["different"] == {"second": 0, "third": 0}
        assert told["sides"]["first"] == {"by": "one", "seconds": [1e-6, 1e-6, 2e-6], "core_share": [1.0, 1.0, 1.0]}
        assert [contest["met"] for contest in told["contests"]] == [True, False, None]
        assert told["contests"][0]["ratio"] == pytest.approx(3.0)

    @pytest.mark.parametrize(
        ("seconds", "words"), [(2.5, "2.5 s"), (0.0319, "31.9 ms"), (2.31e-6, "2.31 µs"), (4e-8, "40 ns")]
    )
    def test_tells_a_time_in_the_unit_that_suits_it(self, seconds: float, words: str) -> None:
        assert duration(seconds) == words


class TestDeclarations:
    def test_name_sides_that_there_are(self) -> None:
        cases = one_risk.cases(full=True) + portfolio.cases(full=True)
        assert len(cases) > 3
        for case in cases:
            for contest in case.contests:
                assert {contest.ours, contest.peer} <= set(case.sides)
            for side in case.sides.values():
                module, function = side.ready.split(":")
                source = ROOT / f"{module.replace('.', '/')}.py"
                assert re.search(rf"^def {function}\(folder: Path\) -> Work:", source.read_text(), re.MULTILINE)


class TestPeers:
    def test_are_pinned_with_their_hashes_and_no_address(self) -> None:
        lock = (ROOT / "benchmarks" / "peers.lock").read_text()
        pinned = re.findall(r"^([a-z0-9-]+)==\S+.*\\\n    --hash=sha256:", lock, re.MULTILINE)
        assert len(pinned) == len(re.findall(r"^[a-z]", lock, re.MULTILINE))
        assert {"zen-engine", "openfisca-core"} <= set(pinned)
        assert "coverage" not in pinned
        assert "://" not in lock


GIVEN = {
    "vehicle_class": "van", "driver_age": 23, "licence_years": 4, "claims_3y": 1, "region": "south", "purpose": "moving",
    "parking": "yard", "excess": "low", "vehicle_value": {"amount": 18_000_00, "currency": "EUR"},
    "goods_value": {"amount": 800_00, "currency": "EUR"},
}  # fmt: skip
TERM = {"term_hours": 30, "term_days": 2, "start_hour": 8, "start_weekday": 6, "lead_hours": 24}


@pytest.fixture(scope="module")
def tariff() -> Tariff:
    return Tariff()


class TestTariff:
    def test_agrees_with_its_worked_prices(self) -> None:
        tried = list(try_all(edition_of(TARIFF)))
        assert len(tried) >= 5
        assert [one.differences for one in tried if not one.passed] == []

    def test_by_hand_agrees_with_a_worked_price(self) -> None:
        assert by_hand.price(GIVEN, TERM) == ("quoted", (), (39_78, 2_40), (7_16, 22), 49_56)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("driver_age", 17), ("driver_age", 100), ("driver_age", True), ("driver_age", "23"), ("driver_age", 23.0),
            ("licence_years", -1), ("licence_years", 61), ("claims_3y", 21), ("claims_3y", None), ("region", "moon"),
            ("region", ["south"]), ("excess", None), ("vehicle_value", 18_000_00), ("vehicle_value", {"amount": 18_000_00}),
            ("vehicle_value", {"amount": 499_99, "currency": "EUR"}), ("vehicle_value", {"amount": 60_000_01, "currency": "EUR"}),
            ("goods_value", {"amount": 800_00, "currency": "CHF"}), ("goods_value", {"amount": 800.0, "currency": "EUR"}),
            ("goods_value", {"amount": 800_00, "currency": "EUR", "more": 1}), ("colour", "red"),
        ],
    )  # fmt: skip
    def test_is_asked_as_strictly_by_both_sides(self, tariff: Tariff, name: str, value: object) -> None:
        given = {**GIVEN, name: value}
        for ask in (tariff.priced, tariff.facts):
            with pytest.raises(ValueError):
                ask(given, TERM)
        with pytest.raises(ValueError):
            by_hand.price(given, TERM)
        with pytest.raises(ValueError):
            by_hand.check(given)

    @pytest.mark.parametrize("name", sorted(set(GIVEN) - {"claims_3y", "excess"}))
    def test_misses_an_input_on_both_sides(self, tariff: Tariff, name: str) -> None:
        given = {known: value for known, value in GIVEN.items() if known != name}
        for ask in (tariff.priced, tariff.facts):
            with pytest.raises(ValueError):
                ask(given, TERM)
        with pytest.raises(ValueError):
            by_hand.price(given, TERM)
        with pytest.raises(ValueError):
            by_hand.check(given)


class TestSides:
    def test_answer_the_same_each_in_a_process_of_its_own(self) -> None:
        def write(folder: Path) -> str:
            drawn = draw(edition_of(TARIFF), 2_000, seed=7)
            write_risks(drawn, folder)
            return str(drawn)

        sides = {name: side for name, side in {**one_risk.OURS, **one_risk.PEERS}.items() if side.environment == "ours"}
        found = run(replace(a_case(), write=write, sides=sides, contests=()), {"ours": Path(sys.executable)}, rounds=5)
        assert found.workload == "2,000 risks of measured_vehicle/FR/2026-01-01, seed 7"
        assert found.differences == []
        assert set(found.different) == set(sides) - {"ours"}
        assert min(found.sorts[outcome] for outcome in ("quoted", "referred", "declined")) > 50
        assert found.timed == {}

    def test_say_what_they_lack(self) -> None:
        sides = {"by hand": one_risk.PEERS["by hand"], "nobody": Side("tests.test_benchmarks:lacking")}
        case = replace(a_case(), sides=sides, contests=())
        assert (
            run(case, {"ours": Path(sys.executable)}, rounds=5)
            .missing["nobody"]
            .startswith("there is no such thing in ")
        )

    def test_price_columns_as_they_price_json(self, tmp_path: Path) -> None:
        drawn = draw(edition_of(TARIFF), 500, seed=8)
        write_risks(drawn, tmp_path)
        write_columns(drawn, tmp_path)
        answers = list(priced(tmp_path).answers())
        assert list(one_by_one(tmp_path).answers()) == answers
        assert json.dumps(list(in_columns(tmp_path).answers())) == json.dumps(answers)


def test_both_sides_set_the_same_certificate() -> None:
    """Answered, and not timed."""
    (case,) = certificates.cases(full=False)
    outcome = run(replace(case, contests=()), {"ours": Path(sys.executable)}, rounds=5)
    assert outcome.same, outcome.differences
    assert outcome.sorts == {"2 pages": 1}
    assert len(outcome.different) == 3
