"""`coverage rules new`: files that pass `check` and `test` at once, and are never written over."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path

import pytest

from coverage.rulebook.editions import load
from tests.commands.rules.asking import answered, run
from tests.conftest import ROOT
from tests.rulebook.rule_files import RuleFolder, copied


@pytest.fixture
def folder(tmp_path: Path) -> RuleFolder:
    return copied(tmp_path, "none_of_them")


def begin(folder: RuleFolder, *arguments: str) -> str:
    result = run("new", "bike_hire", "--effective", "2026-12-01", *arguments, rules=folder.path)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


class TestNew:
    def test_passes_check_test_and_price_at_once(self, folder: RuleFolder) -> None:
        printed = begin(folder)
        checked = answered("check", rules=folder.path)
        assert "bike_hire/FR/2026-12-01" in checked["editions"]
        assert checked["warnings"] == []
        tried = answered("test", "bike_hire", rules=folder.path)["editions"]["bike_hire/FR/2026-12-01"]
        assert [one["passed"] for one in tried] == [True] * 4
        (told,) = [line for line in printed.splitlines() if "rules price" in line]
        asked = shlex.split(told.split(" rules ", 1)[1])
        result = run(*asked[:-2], rules=folder.path)
        assert result.exit_code == 0, result.output
        assert "Net                                                                 €11.55" in result.stdout

    def test_is_not_for_sale_and_says_so(self, folder: RuleFolder) -> None:
        begin(folder)
        asked = ["item_class=standard", "item_value=400 EUR", "--start", "2026-12-08T08:00+01:00", "--end",
                 "2026-12-08T12:00+01:00"]  # fmt: skip
        result = run("price", "bike_hire", *asked, rules=folder.path)
        assert result.exit_code == 0
        place = f"{folder.path}/products/bike_hire/FR/2026-12-01.yaml:13:7"
        assert result.stderr == f"not for sale: {place}: sale: stopped\n"

    def test_says_what_was_written_and_what_comes_next(self, folder: RuleFolder) -> None:
        lines = begin(folder).splitlines()
        assert lines[0] == f"Written to {folder.path}/products/bike_hire/FR:"
        assert lines[1:5] == ["  2026-12-01.yaml", "  2026-12-01.examples.yaml", "  texts.en.yaml", "  texts.fr.yaml"]
        assert [line[:5] for line in lines if line.startswith(("  1.", "  5."))] == ["  1. ", "  5. "]

    def test_what_comes_next_can_be_typed_as_it_stands(
        self, folder: RuleFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(ROOT)
        lines = begin(folder, "--country", "GB").splitlines()
        assert [line for line in lines if line.startswith("  1. ")] == [
            f"  1. ./dev run rules check --rules {shlex.quote(str(folder.path))}"
        ]
        monkeypatch.chdir(tmp_path)
        (checks,) = [line for line in begin(folder).splitlines() if line.startswith("  1. ")]
        script, *asked = shlex.split(checks.removeprefix("  1. "))
        assert Path(script).samefile(ROOT / "dev")
        assert asked == ["run", "rules", "check", "--rules", str(folder.path)]

    def test_answers_a_program(self, folder: RuleFolder) -> None:
        answer = answered("new", "bike_hire", "--effective", "2026-12-01", rules=folder.path)
        assert all(Path(file).is_file() for file in answer["files"])
        assert len(answer["next"]) == 5

    def test_takes_effect_on_the_first_of_next_month_where_no_day_is_asked_for(self, folder: RuleFolder) -> None:
        assert run("new", "bike_hire", rules=folder.path).exit_code == 0
        (edition,) = [one for one in load(folder.path).editions if one.product == "bike_hire"]
        assert edition.rules.effective.day == 1
        assert 0 < (edition.rules.effective.date() - date.today()).days <= 31  # noqa: DTZ011 — the clock's own month

    def test_never_writes_over_anything(self, folder: RuleFolder) -> None:
        begin(folder)
        edition = "products/bike_hire/FR/2026-12-01.yaml"
        folder.write(edition, "mine")
        result = run("new", "bike_hire", rules=folder.path)
        assert result.exit_code == 2
        assert "is there already; expected a product that isn't." in result.stderr
        assert folder.text(edition) == "mine"

    def test_begins_a_known_product_in_another_country(self, folder: RuleFolder) -> None:
        begin(folder, "--country", "GB")
        begin(folder)
        assert run("check", rules=folder.path).exit_code == 0

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["bike_hire", "--country", "AT"], "there is no taxes/AT.yaml that can be read; expected it first"),
            (["Bike"], '"Bike" is no product\'s name; expected small letters'),
            (["bike_hire", "--effective", "soon"], '--effective: "soon"; expected a day such as 2026-01-01'),
        ],
    )
    def test_says_why_it_cannot_begin_and_writes_nothing(
        self, folder: RuleFolder, arguments: list[str], said: str
    ) -> None:
        result = run("new", *arguments, rules=folder.path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert said in result.stderr
        assert [path.name for path in (folder.path / "products").iterdir()] == []

    def test_taxes_with_faults_are_no_taxes(self, folder: RuleFolder) -> None:
        folder.write("taxes/FR.yaml", "country: FR\n")
        (error,) = answered("new", "bike_hire", rules=folder.path, code=2)["errors"]
        assert error["message"].startswith("there is no taxes/FR.yaml that can be read")
