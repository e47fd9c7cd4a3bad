"""Files beside editions that nothing reads, though somebody may think so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rulebook.made_rules import MADE, MADE_ENGLISH, MADE_EXAMPLES, made
from tests.rulebook.rule_files import RuleFolder

BESIDE = "products/made/FR"
UNNAMED = "a table of an edition beside it to name it in file:, or no such file"


@pytest.fixture
def folder(tmp_path: Path) -> RuleFolder:
    return made(tmp_path)


class TestStrays:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("2026-03-01.yaml.txt", "2026-03-01.yaml"),
            ("2026-03-01.YAML", "2026-03-01.yaml"),
            ("texts.fr.yaml.bak", "texts.fr.yaml"),
            ("texts.de.yaml", "texts.en.yaml or texts.fr.yaml"),
            ("areas.csv", UNNAMED),
            ("areas.CSV", "its rows in a CSV file that a table names in file:"),
            ("areas.xlsx", "its rows in a CSV file that a table names in file:"),
        ],
    )
    def test_are_warned_of_with_what_would_be_read(self, folder: RuleFolder, name: str, expected: str) -> None:
        folder.write(f"{BESIDE}/{name}", folder.text(MADE_ENGLISH))
        assert folder.said() == [f"rules/{BESIDE}/{name}:1:1: warning: nothing reads this file; expected {expected}"]

    def test_of_another_ending_are_refused(self, folder: RuleFolder) -> None:
        folder.write(f"{BESIDE}/2026-03-01.yml", folder.text(MADE))
        (said,) = folder.said()
        assert said.startswith(f"rules/{BESIDE}/2026-03-01.yml:1:1: nothing reads this file; expected products/")

    @pytest.mark.parametrize("name", ["notes.md", "law.pdf", "README"])
    def test_that_nobody_mistakes_are_left_alone(self, folder: RuleFolder, name: str) -> None:
        folder.write(f"{BESIDE}/{name}", "x")
        assert folder.said() == []

    @pytest.mark.parametrize(
        "file",
        [
            f"{BESIDE}/._2026-01-01.yaml", f"{BESIDE}/.2026-03-01.yaml", f"{BESIDE}/.#zones.csv", "taxes/.FR.yaml",
            "taxes/.ES.yml", f"{BESIDE}/.texts.en.yaml.swp", ".kept/products/made/FR/2026-01-01.yaml",
        ],
    )  # fmt: skip
    def test_whose_names_begin_with_a_dot_are_passed_over(self, folder: RuleFolder, file: str) -> None:
        folder.write(file, b"\x00\x05\x16\x07")
        library = folder.load()
        assert library.findings == ()
        assert len(library.editions) == 1

    def test_a_table_of_an_edition_that_cannot_be_read_may_name_the_file(self, folder: RuleFolder) -> None:
        folder.write(f"{BESIDE}/areas.csv", "area,cell\n")
        for file in (MADE, MADE_EXAMPLES):
            folder.write(file.replace("2026-01-01", "2026-03-01"), "product: [\n")
        assert not any("areas.csv" in said for said in folder.said())
