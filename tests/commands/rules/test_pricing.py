"""`coverage rules price`: what comes back, what is refused, and the exit codes 0, 1, 2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coverage.rulebook.editions import load
from tests.commands.rules.asking import TERM, VAN, answered, run, without
from tests.rulebook.rule_files import FRANCE, RULES, VEHICLE, RuleFolder, copied

KEYS = {
    "decision", "reasons", "sections", "unavailable", "net", "surcharges", "taxes", "fees", "gross", "currency", "edition",
    "explanation",
}  # fmt: skip


def priced(*arguments: object, rules: Path = RULES) -> dict[str, Any]:
    answer = answered("price", "off_duty_vehicle", *arguments, rules=rules)
    assert set(answer) == KEYS
    return answer


@pytest.fixture
def folder(tmp_path: Path) -> RuleFolder:
    return copied(tmp_path)


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

    def test_says_the_same_as_json(self) -> None:
        answer = answered("price", "off_duty_vehicle", *TERM, *VAN, "claims_3y=many", "colour=red", code=2)
        assert answer == {
            "errors": [
                {"at": "colour", "code": "unknown_field",
                 "message": '"colour" is no input of off_duty_vehicle; expected one of claims_3y, driver_born, excess, '
                 "goods_value, licence_since, registration, vehicle_class"},
                {"at": "claims_3y", "code": "invalid_value", "message": '"many"; expected a whole number from 0 to 20'},
            ]
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("arguments", "at", "code", "message"),
        [
            (["off_duty_vehicles", *TERM], "", "unknown_product",
             'there is no product "off_duty_vehicles"; expected perhaps "off_duty_vehicle"'),
            (["off_duty_vehicle", *TERM[:2], "--end", "tomorrow"], "--end", "wrong_use",
             '"tomorrow"; expected an instant with its offset such as 2026-12-05T08:00+01:00'),
            (["off_duty_vehicle", *TERM, "--language", "de"], "--language", "wrong_use", '"de"; expected one of en, fr'),
            (["off_duty_vehicle", *TERM, "excess"], "", "wrong_use",
             "'excess' isn't KEY=VALUE; expected such as vehicle_class=van"),
            (["off_duty_vehicle", *TERM[:2]], "", "wrong_use", "Missing option '--end'."),
        ],
    )  # fmt: skip
    def test_any_wrong_use_is_json_where_json_was_asked_for(
        self, arguments: list[str], at: str, code: str, message: str
    ) -> None:
        assert answered("price", *arguments, code=2) == {"errors": [{"at": at, "code": code, "message": message}]}

    def test_an_option_that_there_is_not_is_json_too(self) -> None:
        (error,) = answered("price", "off_duty_vehicle", *TERM, "--colour", "red", code=2)["errors"]
        assert "--colour" in error["message"]

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
        (error,) = answered("price", "off_duty_vehicle", *TERM, *VAN, rules=folder.path, code=1)["errors"]
        assert (error["path"], error["line"], error["code"]) == (f"{folder.path}/{VEHICLE}", 17, "notation")

    def test_broken_taxes_exit_1_with_their_faults(self, folder: RuleFolder) -> None:
        folder.replace(FRANCE, "    on: motor_compulsory\n", "")
        result = run("price", "off_duty_vehicle", *TERM, *VAN, rules=folder.path)
        assert result.exit_code == 1
        assert "taxes/FR.yaml:" in result.stderr
        assert ": a levy that has neither, or a mixture; expected " in result.stderr

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


class TestWay:
    """The way to the price, as people read it in a terminal."""

    def way(
        self, *arguments: object, term: list[str] = TERM, language: str = "en_GB.UTF-8", width: int = 80
    ) -> list[str]:
        result = run("price", "off_duty_vehicle", *term, *arguments, language=language, width=width)
        assert (result.exit_code, result.stderr) == (0, "")
        return [line.rstrip() for line in result.stdout.splitlines()]

    def test_tells_each_step_in_english(self) -> None:
        lines = self.way(*VAN)
        assert lines[:8] == [
            "Quoted by off_duty_vehicle/FR/2026-01-01",
            "",
            "Lines of 2026-01-01.yaml                                   Before    After  Line",
            "Liability",
            "  base €0.45 per hour, at most €4.50 per day, for 12                 €4.50    66",
            "  hours",
            "  × 1 (table age, line 47: driver_age: 25-69)               €4.50    €4.50    67",
            "  × 1.25 (table class, line 49: Which vehicle is it?        €4.50   €5.625    68",
        ]
        assert [line.split() for line in lines if line.startswith(("Net", "Gross"))] == [
            ["Net", "€25.79"], ["Gross", "€30.24"],
        ]  # fmt: skip

    def test_tells_each_step_in_french(self) -> None:
        lines = [line.replace("\xa0", " ").replace("\u202f", " ") for line in self.way(*VAN, language="fr_FR.UTF-8")]
        assert lines[0] == "Tarifé par off_duty_vehicle/FR/2026-01-01"
        assert lines[3:6] == [
            "Responsabilité civile",
            "  base 0,45 € par heure, au plus 4,50 € par jour,                  4,50 €     66",
            "  pour 12 heures",
        ]
        assert "Toutes taxes comprises                                            30,24 €" in lines

    @pytest.mark.parametrize("width", [80, 120])
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_fits_the_terminal(self, width: int, language: str) -> None:
        lines = self.way(*VAN, "excess=low", "--language", language, width=width)
        assert max(map(len, lines)) <= width

    def test_cites_the_law_of_each_tax_once_below_the_table(self) -> None:
        lines = self.way(*VAN, width=200)
        notes = lines[lines.index("", 3) + 1 :]
        assert [note[:4] for note in notes] == ["[1] ", "[2] "]
        assert notes[1].startswith("[2] Code général des impôts, art. 1001")
        assert "  Insurance premium tax, legal protection: 13.4% of €0.66, since 2017-01-01 [2]" in [
            line.partition("  €")[0].rstrip() for line in lines
        ]

    def test_a_decline_tells_its_reasons_and_no_price(self) -> None:
        lines = self.way(*without("licence_since"), "licence_since=2026-01-01")
        assert lines[0] == "Declined by off_duty_vehicle/FR/2026-01-01"
        assert [line.split()[0] for line in lines[3:5]] == ["Reasons", "declined:"]
        assert lines[5].startswith("  You have held your licence for less than two years")
        assert "Gross" not in "".join(lines)

    def test_a_referral_tells_its_reasons_and_the_price(self) -> None:
        lines = self.way(*VAN, "claims_3y=3")
        assert lines[0] == "Referred to an underwriter by off_duty_vehicle/FR/2026-01-01, at this price"
        assert "  for an underwriter to decide: claims_history" in [line[:46] for line in lines]
        assert lines[-1] != ""

    def test_the_language_asked_for_beats_the_terminals(self) -> None:
        assert self.way(*VAN, "--language", "en", language="fr_FR.UTF-8")[0].startswith("Quoted by")

    def test_a_contracts_minimum_is_told_for_each_section_that_it_raises(self) -> None:
        hour = [*TERM[:3], "2026-02-07T09:00+01:00"]
        lines = self.way(*without("vehicle_class"), "vehicle_class=car", term=hour, width=120)
        told = lines[lines.index("The whole contract") + 1 :][:2]
        assert [line.split("  ")[1] for line in told] == [
            "Liability: its part of at least €2.50 together",
            "Damage to the vehicle: its part of at least €2.50 together",
        ]
