"""`coverage rules check | test | price`: what an underwriter types, what comes back, and the exit codes 0, 1, 2."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from coverage.commands.rules import app
from coverage.rulebook.editions import load
from tests.rulebook.rule_files import FRANCE, RULES, VEHICLE, VEHICLE_EXAMPLES, RuleFolder, copied

KEYS = {"decision", "reasons", "sections", "net", "taxes", "fees", "gross", "currency", "edition", "explanation"}
TERM = ["--start", "2026-02-07T08:00+01:00", "--end", "2026-02-07T20:00+01:00"]
VAN = [
    "vehicle_class=van", "registration=AB-123-CD", "driver_born=1990-05-01", "licence_since=2010-06-01",
    "goods_value=8000 EUR",
]  # fmt: skip


def run(*arguments: object, rules: Path = RULES) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--rules", str(rules)])


def priced(*arguments: object, rules: Path = RULES) -> dict[str, Any]:
    result = run("price", "off_duty_vehicle", *arguments, "--json", rules=rules)
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    assert set(answer) == KEYS
    return answer


def without(name: str) -> list[str]:
    return [pair for pair in VAN if not pair.startswith(f"{name}=")]


@pytest.fixture
def folder(tmp_path: Path) -> RuleFolder:
    return copied(tmp_path)


class TestCheck:
    def test_passes_the_projects_own_rules(self) -> None:
        result = run("check")
        assert result.exit_code == 0
        assert result.stdout.splitlines()[-1].startswith("2 editions fit for sale, 0 faults, ")

    def test_names_every_fault_with_its_place_and_exits_1(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE, "valid_for: 24h", "valid_for: 24")
        folder.replace(VEHICLE, "average: waived", "average: none")
        result = run("check", rules=folder.path)
        assert result.exit_code == 1
        assert f'{VEHICLE}:17:21: "24"; expected a duration such as 30m, 24h or 7d' in result.stdout
        assert '"none"; expected waived or applies' in result.stdout
        assert "1 edition fit for sale, 2 faults, " in result.stdout

    def test_says_the_same_as_json(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE, "valid_for: 24h", "valid_for: 24")
        result = run("check", "--json", rules=folder.path)
        assert result.exit_code == 1
        answer = json.loads(result.stdout)
        assert set(answer) == {"editions", "faults", "warnings"}
        assert answer["editions"] == ["goods_carried/FR/2026-01-01"]
        (fault,) = answer["faults"]
        assert fault == {
            "path": f"{folder.path}/{VEHICLE}", "line": 17, "column": 21, "code": "notation",
            "message": '"24"; expected a duration such as 30m, 24h or 7d',
        }  # fmt: skip

    def test_warnings_alone_exit_0(self, folder: RuleFolder) -> None:
        result = run("check", "--json", rules=folder.path)
        assert result.exit_code == 0
        assert any(warning["code"] == "jump" for warning in json.loads(result.stdout)["warnings"])

    def test_a_folder_that_is_not_there_is_wrong_use(self, tmp_path: Path) -> None:
        result = run("check", rules=tmp_path / "nowhere")
        assert result.exit_code == 2
        assert "there is no folder" in result.stderr


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

    def test_shows_expected_got_and_the_steps_of_a_failing_one(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE_EXAMPLES, "goods_carried: 12.00 EUR", "goods_carried: 12.01 EUR")
        result = run("test", rules=folder.path)
        assert result.exit_code == 1
        assert "a van for a Saturday" in result.stdout
        assert "goods_carried: expected 12.01 EUR, got 12.00 EUR" in result.stdout
        assert "premium_tax" in result.stdout
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


class TestPrice:
    def test_prices_the_saturday_in_minor_units(self) -> None:
        answer = priced(*TERM, *VAN)
        assert answer["decision"] == "quoted"
        assert answer["reasons"] == []
        assert answer["sections"] == [
            {"name": "liability", "net": 563}, {"name": "own_damage", "net": 750},
            {"name": "goods_carried", "net": 1200}, {"name": "legal_protection", "net": 66},
        ]  # fmt: skip
        assert (answer["net"], answer["fees"], answer["gross"]) == (2579, 0, 3024)
        assert {tax["name"]: tax["amount"] for tax in answer["taxes"]} == {
            "FGAO": 7, "motor_compulsory": 186, "motor_other": 135, "other": 108, "legal_protection": 9,
        }  # fmt: skip
        assert (answer["currency"], answer["edition"]) == ("EUR", "off_duty_vehicle/FR/2026-01-01")
        assert answer["explanation"][-1] == {"step": "gross", "before": "25.79", "after": "30.24"}

    def test_a_decline_is_an_answer_without_a_price(self) -> None:
        answer = priced(*TERM, *without("licence_since"), "licence_since=2026-01-01")
        assert (answer["decision"], answer["reasons"]) == ("declined", ["licence_too_recent"])
        assert (answer["sections"], answer["taxes"]) == ([], [])
        assert answer["net"] is answer["fees"] is answer["gross"] is None

    def test_a_referral_is_priced(self) -> None:
        answer = priced(*TERM, *VAN, "claims_3y=3")
        assert (answer["decision"], answer["reasons"], answer["gross"]) == ("referred", ["claims_history"], 3024)

    def test_shows_the_way_to_the_price_to_people(self) -> None:
        result = run("price", "off_duty_vehicle", *TERM, *VAN)
        assert result.exit_code == 0
        assert "quoted by off_duty_vehicle/FR/2026-01-01" in result.stdout
        assert "gross 30.24 EUR" in result.stdout

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ([*TERM, *without("goods_value"), "goods_value=8000"],
             'goods_value: "8000" has no currency; expected one beside it, such as 8000 EUR'),
            ([*TERM, *without("goods_value"), "goods_value=8000 GBP"], 'goods_value: "8000 GBP"; expected an amount in EUR'),
            ([*TERM, *without("goods_value"), "goods_value=10000.01 EUR"],
             "goods_value: 10000.01 EUR; expected an amount from 0 EUR to 10000 EUR"),
            ([*TERM, *without("vehicle_class")], 'vehicle_class: "vehicle_class" is missing; expected it here'),
            ([*TERM, *without("vehicle_class"), "vehicle_class=vam"], 'vehicle_class: "vam"; expected perhaps "van"'),
            ([*TERM, *VAN, "excess_=low"], 'excess_: "excess_" is no input of off_duty_vehicle; expected perhaps "excess"'),
            ([*TERM, *VAN, "claims_3y=1,5"], 'claims_3y: "1,5"; expected a whole number from 0 to 20'),
            ([*TERM, *without("driver_born"), "driver_born=01.05.1990"],
             'driver_born: "01.05.1990"; expected a day in the past as YYYY-MM-DD'),
            ([*TERM, *without("driver_born"), "driver_born=2090-05-01"],
             'driver_born: "2090-05-01"; expected a day in the past as YYYY-MM-DD'),
            ([*TERM, *VAN, "excess"], "'excess' isn't KEY=VALUE; expected such as vehicle_class=van"),
            ([*TERM, *VAN, "vehicle_class=car"], "vehicle_class is given twice; expected once"),
            (["--start", "2026-02-07T08:00", "--end", "2026-02-07T20:00+01:00", *VAN],
             '--start: "2026-02-07T08:00"; expected an instant with its offset such as 2026-12-05T08:00+01:00'),
            (["--start", "0001-01-01T00:00+14:00", "--end", "2026-02-07T20:00+01:00", *VAN],
             '--start: "0001-01-01T00:00+14:00" is no moment of the calendar; expected an instant with its offset such as 2026-12-05T08:00+01:00'),
            (["--start", "2026-02-07T08:00+01:00", "--end", "2026-02-07T08:00+01:00", *VAN],
             "--end isn't after --start; expected a later instant"),
            ([*TERM, "--asked", "2026-02-07T08:00:01+01:00", *VAN],
             "--asked is after --start; expected an earlier instant, or the same"),
            (["--start", "2026-02-07T08:00+01:00", "--end", "2026-02-15T20:00+01:00", *VAN],
             "end: a cover of 204h; expected one from 1h to 7d"),
            ([*TERM, "--asked", "2025-11-01T08:00+01:00", *VAN], "off_duty_vehicle isn't on sale at that time"),
            ([*TERM, "--country", "DE", *VAN], 'there is no product "off_duty_vehicle" in DE; expected another country'),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong_with_the_risk_and_exits_2(self, arguments: list[str], said: str) -> None:
        result = run("price", "off_duty_vehicle", *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == f"{said}\n"

    def test_says_every_fault_of_the_risk_at_once(self) -> None:
        result = run("price", "off_duty_vehicle", *TERM, "vehicle_class=vam", "goods_value=1", "colour=red")
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 6

    def test_names_the_nearest_product(self) -> None:
        result = run("price", "off_duty_vehicles", *TERM, *VAN)
        assert result.exit_code == 2
        assert result.stderr == 'there is no product "off_duty_vehicles"; expected perhaps "off_duty_vehicle"\n'

    def test_an_unknown_option_or_a_missing_one_is_wrong_use(self) -> None:
        assert run("price", "off_duty_vehicle", *TERM, *VAN, "--colour", "red").exit_code == 2
        assert run("price", "off_duty_vehicle", *TERM[:2], *VAN).exit_code == 2
        assert run("price").exit_code == 2

    def test_a_broken_product_exits_1_with_its_faults(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE, "valid_for: 24h", "valid_for: 24")
        result = run("price", "off_duty_vehicle", *TERM, *VAN, rules=folder.path)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "expected a duration" in result.stderr

    def test_broken_taxes_exit_1_with_their_faults(self, folder: RuleFolder) -> None:
        folder.replace(FRANCE, "    on: motor_compulsory\n", "")
        result = run("price", "off_duty_vehicle", *TERM, *VAN, rules=folder.path)
        assert result.exit_code == 1
        assert "FR.yaml:67:5: a levy that has neither" in result.stderr

    def test_a_draft_without_worked_prices_can_be_tried_but_not_sold(self, folder: RuleFolder) -> None:
        (folder.path / VEHICLE.replace(".yaml", ".examples.yaml")).unlink()
        result = run("price", "off_duty_vehicle", *TERM, *VAN, rules=folder.path)
        assert result.exit_code == 0
        assert "not for sale yet: " in result.stderr
        assert priced(*TERM, *VAN, rules=folder.path)["gross"] == 3024
        assert [edition.product for edition in load(folder.path).editions] == ["goods_carried"]
        assert run("check", rules=folder.path).exit_code == 1

    def test_a_broken_edition_beside_a_good_one_is_mentioned_and_not_counted(self, folder: RuleFolder) -> None:
        later = VEHICLE.replace("2026-01-01", "2026-02-01")
        folder.write(later, folder.text(VEHICLE).replace("effective: 2026-01-01", "effective: 2026-13-01"))
        answer = priced(*TERM, *VAN, rules=folder.path)
        assert (answer["gross"], answer["edition"]) == (3024, "off_duty_vehicle/FR/2026-01-01")
        result = run("price", "off_duty_vehicle", *TERM, *VAN, rules=folder.path)
        assert f"not counted: {folder.path}/{later}:10:12: " in result.stderr
        other = run("price", "goods_carried", *TERM, rules=folder.path)
        assert "not counted" not in other.stderr

    def test_a_day_without_a_tax_rate_is_said(self, folder: RuleFolder) -> None:
        folder.replace(VEHICLE, "effective: 2026-01-01T00:00", "effective: 2026-01-01T00:00\napplies_to: starts")
        folder.replace(
            FRANCE, 'motor_other: [{from: 2016-01-01, rate: "0.18"}]', 'motor_other: [{from: 2026-01-01, rate: "0.18"}]'
        )
        term = [
            "--start",
            "2026-01-02T08:00+01:00",
            "--end",
            "2026-01-02T20:00+01:00",
            "--asked",
            "2025-12-31T12:00+01:00",
        ]
        result = run("price", "off_duty_vehicle", *term, *VAN, rules=folder.path)
        assert result.exit_code == 2
        assert result.stderr == "FR has no tax rate for motor_other on 2025-12-31\n"


class TestProgram:
    """The same through the program itself: one process, real streams."""

    def coverage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "coverage", "rules", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=RULES.parent, check=False, timeout=60)

    def test_check_and_test_need_nothing_but_the_folder(self) -> None:
        for command in ("check", "test"):
            done = self.coverage(command)
            assert (done.returncode, done.stderr) == (0, "")

    def test_price_answers_json_on_its_own_stream(self) -> None:
        done = self.coverage("price", "off_duty_vehicle", *TERM, *VAN, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        assert set(json.loads(done.stdout)) == KEYS

    def test_wrong_use_exits_2_without_a_trace_of_python(self) -> None:
        done = self.coverage("price", "off_duty_vehicle", *TERM, "goods_value=8000")
        assert (done.returncode, done.stdout) == (2, "")
        assert "8000 EUR" in done.stderr
        assert "Traceback" not in done.stderr
