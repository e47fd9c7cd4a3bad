"""`coverage rules test`: the worked prices, tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.rules.asking import answered, run
from tests.rulebook.rule_files import VEHICLE, VEHICLE_EXAMPLES, RuleFolder, copied


@pytest.fixture
def folder(tmp_path: Path) -> RuleFolder:
    return copied(tmp_path)


class TestTest:
    def test_passes_when_every_worked_price_agrees(self) -> None:
        result = run("test")
        assert result.exit_code == 0
        assert result.stdout.count("worked prices agree") == 2

    def test_runs_one_product_alone(self) -> None:
        result = run("test", "goods_carried", "--json")
        assert result.exit_code == 0
        (tried,) = json.loads(result.stdout)["editions"].values()
        assert all(one["passed"] and one["differences"] == [] for one in tried)

    def test_breaks_no_place_in_two(self, tmp_path: Path) -> None:
        folder = copied(tmp_path / ("a_long_name_of_a_folder_" * 4))
        folder.replace(VEHICLE_EXAMPLES, "goods_carried: 12.00 EUR", "goods_carried: 12.01 EUR")
        lines = run("test", rules=folder.path, width=80).stdout.splitlines()
        assert [line for line in lines if line.startswith(f"{folder.path}/{VEHICLE_EXAMPLES}:") and "a van" in line]

    def test_shows_expected_got_and_the_steps_of_a_failing_one(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE_EXAMPLES, "goods_carried: 12.00 EUR", "goods_carried: 12.01 EUR")
        result = run("test", rules=folder.path)
        assert result.exit_code == 1
        assert "a van for a Saturday" in result.stdout
        assert "goods_carried: expected 12.01 EUR, got 12.00 EUR" in result.stdout
        assert "Insurance premium tax, legal protection: 13.4% of" in result.stdout
        french = run("test", "--language", "fr", rules=folder.path)
        assert "Taxes et contributions" in french.stdout
        answer = json.loads(run("test", "--json", rules=folder.path).stdout)
        failed = [one for one in answer["editions"]["off_duty_vehicle/FR/2026-01-01"] if not one["passed"]]
        assert [one["differences"] for one in failed] == [
            [{"what": "goods_carried", "expected": "12.01 EUR", "got": "12.00 EUR"}]
        ]

    def test_a_misspelt_expectation_fails_loudly(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE_EXAMPLES, "goods_carried: 12.00 EUR", "goods_caried: 12.00 EUR")
        result = run("test", rules=folder.path)
        assert result.exit_code == 1
        assert '"goods_caried" is no section and no total; expected perhaps "goods_carried"' in result.stdout

    def test_an_unknown_product_is_wrong_use_and_the_nearest_is_named(self) -> None:
        result = run("test", "goods_caried")
        assert result.exit_code == 2
        assert result.stderr == 'there is no product "goods_caried"; expected perhaps "goods_carried"\n'

    def test_a_broken_product_is_no_unknown_one(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE, "valid_for: 24h", "valid_for: 24")
        result = run("test", "off_duty_vehicle", rules=folder.path)
        assert result.exit_code == 1
        assert "expected a duration" in result.stdout


class TestUntouched:
    def test_lists_what_no_worked_price_touches_and_exits_1(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE, "25-69: 1.0000", "25-40: 1.0000, 41-42: 1.0000, 43-69: 1.0000")
        result = run("test", "off_duty_vehicle", rules=folder.path)
        assert result.exit_code == 1
        assert result.stdout.splitlines() == [
            "off_duty_vehicle/FR/2026-01-01: 37 of 37 worked prices agree; 1 untouched",
            f"{folder.path}/{VEHICLE}:47:107: no worked price meets 41-42 of the table age; expected one with driver_age 41-42",
        ]

    def test_lists_it_as_json_too(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE, "- times: relief", "- {times: relief, when: lead_hours <= 2160}")
        answer = answered("test", "off_duty_vehicle", rules=folder.path, code=1)
        assert all(one["passed"] for one in answer["editions"]["off_duty_vehicle/FR/2026-01-01"])
        assert answer["untouched"] == [
            {"path": f"{folder.path}/{VEHICLE}", "line": 82, "column": 31, "code": "untouched",
             "message": "`lead_hours <= 2160` (section own_damage, times) always holds in the worked prices; "
             "expected one where it doesn't"},
        ]  # fmt: skip

    def test_the_projects_own_editions_leave_nothing(self) -> None:
        assert answered("test")["untouched"] == []
