"""`coverage rules check`: every fault with its place, as text, JSON and SARIF."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.rules.asking import run
from tests.rulebook.rule_files import VEHICLE, RuleFolder, copied


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

    def test_says_the_same_for_code_review(self, folder: RuleFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.replace(VEHICLE, "valid_for: 24h", "valid_for: 24")
        monkeypatch.chdir(folder.path.parent)
        result = run("check", "--format", "sarif", rules=Path("rules"))
        assert result.exit_code == 1
        (told,) = json.loads(result.stdout)["runs"][0]["results"]
        assert (told["ruleId"], told["level"]) == ("notation", "error")
        assert told["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": f"rules/{VEHICLE}", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 17, "startColumn": 21},
        }

    def test_format_json_is_json(self, folder: RuleFolder) -> None:
        asked, short = (run("check", *form, rules=folder.path).stdout for form in (["--format", "json"], ["--json"]))
        assert asked == short
        assert set(json.loads(asked)) == {"editions", "faults", "warnings"}

    def test_two_forms_at_once_are_wrong_use(self) -> None:
        result = run("check", "--json", "--format", "sarif")
        assert result.exit_code == 2
        assert "ask for two answers" in json.loads(result.stdout)["errors"][0]["message"]
