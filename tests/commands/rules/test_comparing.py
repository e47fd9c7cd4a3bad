"""`coverage rules diff`: what changed, in a terminal, as JSON and as Markdown; exit codes as `diff` has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.rules.asking import answered, run
from tests.rulebook.rule_files import VEHICLE, RuleFolder, copied

LATER = VEHICLE.replace("2026-01-01", "2026-07-01")
OLD, NEW = "off_duty_vehicle/FR/2026-01-01", "off_duty_vehicle/FR/2026-07-01"


@pytest.fixture
def folder(tmp_path: Path) -> RuleFolder:
    """The project's rules with a later edition: younger drivers split, vans dearer, a mark that Markdown knows."""
    folder = copied(tmp_path)
    folder.write(LATER, folder.text(VEHICLE))
    folder.replace(LATER, "effective: 2026-01-01", "effective: 2026-07-01")
    folder.replace(LATER, "21-24: 1.6000", "21-22: 1.6000, 23-24: 1.5000")
    folder.replace(LATER, "van: 1.2500", "van: 1.3000")
    folder.replace(LATER, "vehicle_registration", "serial_number")
    folder.replace(LATER, "sublimits: {each_item: 2500 EUR}", "sublimits: {}")
    folder.replace(LATER, '"[A-Za-z0-9 -]{4,12}"', '"[A-Z0-9]{4,12}|none"')
    return folder


class TestDiff:
    def test_tells_the_differences_by_band_and_choice(self, folder: RuleFolder) -> None:
        result = run("diff", OLD, NEW, rules=folder.path)
        assert result.exit_code == 1
        lines = [line.split("  ") for line in result.stdout.splitlines()]
        rows = [[cell.strip() for cell in line if cell.strip()] for line in lines]
        assert ["table age"] in rows
        assert ["21-22", "1.6000", "1.6000", "as before", "47"] in rows
        assert ["23-24", "1.6000", "1.5000", "−6.25 %", "47"] in rows
        assert ["van", "1.2500", "1.3000", "+4 %", "49"] in rows
        assert ["effective", "2026-01-01T00:00", "2026-07-01T00:00", "10"] in rows
        assert rows[-1] == [f"{OLD} → {NEW}: 6 differences (1 raised, 1 lowered, 3 changed, 1 removed)"]

    @pytest.mark.parametrize("width", [80, 120])
    def test_fits_the_terminal(self, folder: RuleFolder, width: int) -> None:
        lines = run("diff", OLD, NEW, rules=folder.path, width=width).stdout.splitlines()
        assert max(len(line.rstrip()) for line in lines[:-1]) <= width

    def test_answers_a_program(self, folder: RuleFolder) -> None:
        answer = answered("diff", OLD, NEW, rules=folder.path, code=1)
        assert (answer["old"], answer["new"]) == (OLD, NEW)
        assert answer["counts"] == {"raised": 1, "lowered": 1, "changed": 3, "removed": 1}
        (van,) = [change for change in answer["changes"] if change["path"] == ["tables", "class", "van"]]
        assert van == {
            "path": ["tables", "class", "van"], "kind": "changed", "old": "1.2500", "new": "1.3000", "percent": "4.00",
            "old_at": f"{folder.path}/{VEHICLE}:49:58", "new_at": f"{folder.path}/{LATER}:49:58",
        }  # fmt: skip

    def test_writes_a_table_for_a_pull_request(self, folder: RuleFolder) -> None:
        result = run("diff", OLD, NEW, "--markdown", rules=folder.path)
        assert result.exit_code == 1
        lines = result.stdout.splitlines()
        assert lines[0].startswith(f"**{OLD} → {NEW}: 6 differences")
        assert lines[2:4] == ["| | Old | New | Change |", "| --- | --- | --- | ---: |"]
        assert "| **table class** | | | |" in lines
        assert "| van | `1.2500` | `1.3000` | +4 % |" in lines
        assert "| text | `[A-Za-z0-9 -]{4,12}` | `[A-Z0-9]{4,12}\\|none` |  |" in lines
        assert "| sublimits, each_item | `2500 EUR` | — | removed |" in lines

    def test_nothing_changed_exits_0(self, folder: RuleFolder) -> None:
        result = run("diff", OLD, folder.path / VEHICLE, rules=folder.path)
        assert (result.exit_code, result.stdout) == (0, f"{OLD} → {OLD}: no difference\n")
        assert answered("diff", OLD, OLD, rules=folder.path)["changes"] == []
        assert run("diff", OLD, OLD, "--markdown", rules=folder.path).stdout == f"**{OLD} → {OLD}: no difference**\n"

    def test_an_edition_that_there_is_not_exits_2_and_the_nearest_is_named(self, folder: RuleFolder) -> None:
        result = run("diff", OLD, "off_duty_vehicle/FR/2026-08-01", rules=folder.path)
        assert result.exit_code == 2
        assert result.stderr == (
            f'there is no edition "off_duty_vehicle/FR/2026-08-01"; expected a file, or perhaps "{NEW}"\n'
        )

    def test_an_edition_that_cannot_be_read_exits_2_with_its_faults(self, folder: RuleFolder) -> None:
        folder.replace(LATER, "valid_for: 24h", "valid_for: 24")
        result = run("diff", OLD, NEW, rules=folder.path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == f'{folder.path}/{LATER}:17:21: "24"; expected a duration such as 30m, 24h or 7d\n'
        (error,) = answered("diff", OLD, NEW, rules=folder.path, code=2)["errors"]
        assert (error["line"], error["code"]) == (17, "notation")

    def test_a_folder_is_no_edition(self, folder: RuleFolder) -> None:
        result = run("diff", OLD, folder.path / "products", rules=folder.path)
        assert result.exit_code == 2
        assert "there is no edition" in result.stderr

    def test_two_forms_at_once_are_wrong_use(self, folder: RuleFolder) -> None:
        result = run("diff", OLD, NEW, "--markdown", "--json", rules=folder.path)
        assert result.exit_code == 2
        assert "ask for two answers" in json.loads(result.stdout)["errors"][0]["message"]

    def test_a_row_cut_anew_at_the_old_figure_is_told_as_such(self, folder: RuleFolder) -> None:
        cut = VEHICLE.replace("2026-01-01", "2026-09-01")
        folder.write(cut, folder.text(VEHICLE))
        folder.replace(cut, "25-69: 1.0000", "25-40: 1.0000, 41-69: 1.0000")
        result = run("diff", OLD, folder.path / cut, rules=folder.path)
        assert result.exit_code == 1
        assert result.stdout.splitlines()[-1].endswith("no difference but for how rows are cut")
