"""Findings as SARIF 2.1.0: what the standard and GitHub's code scanning ask for, held by a schema of those parts."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import coverage.rulebook
from coverage.rulebook.authoring.sarif import KINDS, sarif_log
from coverage.rulebook.language.reading import Finding, Place

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}


def an(required: dict[str, Any]) -> dict[str, Any]:
    """An object that has these keys and no others but those."""
    return {"type": "object", "required": list(required), "properties": required, "additionalProperties": False}


LOCATION = {
    "type": "object",
    "required": ["uri"],
    "properties": {"uri": {"type": "string"}, "uriBaseId": {"const": "%SRCROOT%"}},
    "additionalProperties": False,
}
REGION = an({"startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}})
PHYSICAL = an({"artifactLocation": LOCATION, "region": REGION})
RULE = an({"id": {"type": "string"}, "shortDescription": TEXT, "fullDescription": TEXT, "help": TEXT})
RESULT = an(
    {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["error", "warning"]},
        "message": TEXT,
        "locations": {"type": "array", "minItems": 1, "items": an({"physicalLocation": PHYSICAL})},
    }
)
DRIVER = an({"name": {"type": "string"}, "version": {"type": "string"}, "rules": {"type": "array", "items": RULE}})
RUN = an(
    {
        "tool": an({"driver": DRIVER}),
        "columnKind": {"const": "unicodeCodePoints"},
        "results": {"type": "array", "items": RESULT},
    }
)
LOG = an(
    {
        "$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": RUN},
    }
)

FINDINGS = [
    Finding(Place("rules/products/a/FR/2026-01-01.yaml", 17, 21), '"24"; expected a duration', "notation"),
    Finding(Place("rules/taxes/FR é.yaml", 3, 1), "a step", "jump", warning=True),
    Finding(Place("rules/taxes/FR é.yaml", 4, 1), "something", "told_by_nobody"),
]


class TestSarif:
    def test_has_what_the_standard_and_code_scanning_ask_for(self, tmp_path: Path) -> None:
        assert list(Draft202012Validator(LOG).iter_errors(sarif_log(FINDINGS, tmp_path))) == []
        assert list(Draft202012Validator(LOG).iter_errors(sarif_log([], tmp_path))) == []

    def test_each_result_names_its_rule_level_and_place(self, tmp_path: Path) -> None:
        (run,) = sarif_log(FINDINGS, tmp_path)["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert [(r["ruleId"], rules[r["ruleIndex"]]["id"], r["level"]) for r in run["results"]] == [
            ("notation", "notation", "error"), ("jump", "jump", "warning"), ("told_by_nobody", "told_by_nobody", "error"),
        ]  # fmt: skip
        places = [r["locations"][0]["physicalLocation"] for r in run["results"]]
        assert places[0]["region"] == {"startLine": 17, "startColumn": 21}
        assert [place["artifactLocation"]["uri"] for place in places] == [
            "rules/products/a/FR/2026-01-01.yaml", "rules/taxes/FR%20%C3%A9.yaml", "rules/taxes/FR%20%C3%A9.yaml",
        ]  # fmt: skip

    def test_a_file_under_the_folder_is_named_relative_to_it_however_it_was_called(self, tmp_path: Path) -> None:
        for file in (tmp_path / "rules" / "a.yaml", Path("rules/../rules/a.yaml")):
            (run,) = sarif_log([Finding(Place(str(file), 1, 1), "x")], tmp_path)["runs"]
            location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
            assert location == {"uri": "rules/a.yaml", "uriBaseId": "%SRCROOT%"}

    def test_a_file_elsewhere_is_named_whole(self, tmp_path: Path) -> None:
        (run,) = sarif_log([Finding(Place(str(tmp_path / "a.yaml"), 1, 1), "x")], tmp_path / "repository")["runs"]
        location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert location == {"uri": (tmp_path / "a.yaml").as_uri()}


def codes_in(source: str) -> set[str]:
    """The codes of findings that a module spells out."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = [*node.args[2:3], *(word.value for word in node.keywords if word.arg == "code")]
            if name in ("Finding", "finding", "report", "report_at", "_refuse"):
                found |= {
                    code.value for code in given if isinstance(code, ast.Constant) and isinstance(code.value, str)
                }
    return found


class TestKinds:
    def test_every_kind_of_finding_is_described(self) -> None:
        modules = sorted(Path(coverage.rulebook.__file__).parent.rglob("*.py"))
        told = {code for path in modules for code in codes_in(path.read_text(encoding="utf-8"))}
        assert len(told) > 40
        assert told - KINDS.keys() == set()

    @pytest.mark.parametrize(
        "source",
        ['Finding(place, "x", "odd")', 'document.finding((), "x", "odd", key=True)', 'Finding(place, "x", code="odd")'],
    )
    def test_a_kind_that_is_not_described_would_be_seen(self, source: str) -> None:
        assert codes_in(source) == {"odd"}
