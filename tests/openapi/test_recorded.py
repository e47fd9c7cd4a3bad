"""What was recorded for the documentation is what is answered today: an example that has grown stale fails here."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import coverage
from coverage.domain.kinds import KINDS
from coverage.domain.scopes import MEANINGS
from coverage.web.api.declaring import operations
from coverage.web.api.letters import schema_of
from coverage.web.api.problem_pages import UNRECORDED, problem_example
from coverage.web.api.problems import KINDS as STATUSES
from coverage.web.api.problems import PROBLEMS, ProblemSeen, problem_type
from coverage.web.api.recording import RECORDED
from coverage.web.api.versions import DATES
from tests.openapi.writing import DOCUMENT

DOCUMENTED: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
ANSWERS = [
    (name, status, media)
    for name, statuses in RECORDED["answers"].items()
    for status, told in statuses.items()
    for media in told
]
FAULTS = {"Rejected", "Missing", "Conflict", "Unavailable"}
# Said by the framework, and by the card processor.
OTHERS_WORDS = {"not_found", "method_not_allowed", "payments_refused"}
LEAST_WORDS = 10  # letters that have to stand in the source, beside what is filled in


def in_full(schema: Any) -> Any:
    """A schema of what is told, by which all of its fields are there: answers leave none out."""
    match schema:
        case {"type": "object", "properties": dict() as fields}:
            return {**{key: in_full(one) for key, one in schema.items()}, "required": list(fields)}
        case dict():
            return {key: in_full(one) for key, one in schema.items()}
        case list():
            return [in_full(one) for one in schema]
    return schema


def wrong(schema: dict[str, Any], value: Any, *, full: bool = True) -> list[str]:
    """What is wrong with an example, by today's schema."""
    components = DOCUMENTED["components"]
    whole = {**schema, "components": in_full(components) if full else components}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]


@cache
def members() -> dict[str, set[frozenset[str]]]:
    """The members of its own that a problem is raised with, by its code, wherever it is."""
    found: dict[str, set[frozenset[str]]] = {}
    for node in source():
        match node:
            case ast.Call(func=ast.Name(id=kind), args=[ast.Constant(value=str(code)), *_], keywords=named) if (
                kind in FAULTS
            ):
                own = frozenset(one.arg for one in named if one.arg is not None) - {"errors"}
                found.setdefault(code, set()).add(own)
    return found


@cache
def sayings() -> list[re.Pattern[str]]:
    """All that the source says, with anything where something is filled in."""
    found = set()
    for node in source():
        match node:
            case ast.Constant(value=str(words)) if len(words) >= LEAST_WORDS:
                found.add(re.escape(words))
            case ast.JoinedStr(values=parts):
                said = [one.value if isinstance(one, ast.Constant) else None for one in parts]
                if sum(len(str(words)) for words in said if words is not None) >= LEAST_WORDS:
                    found.add("".join(".*" if words is None else re.escape(str(words)) for words in said))
    return [re.compile(one, re.DOTALL) for one in sorted(found)]


def source() -> Iterator[ast.AST]:
    """All of the service but where examples themselves are written down."""
    for path in sorted(Path(coverage.__file__).parent.rglob("*.py")):
        if path.name != "problem_pages.py":
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


class TestAnswers:
    @pytest.mark.parametrize(("name", "status", "media"), ANSWERS, ids=[" ".join(one) for one in ANSWERS])
    def test_are_as_their_operation_answers_today(self, name: str, status: str, media: str) -> None:
        found = [one for _, one in operations(DOCUMENTED) if one["operationId"] == name]
        assert found, "there is no such operation any more"
        content = found[0]["responses"].get(status, {}).get("content", {})
        assert media in content, "it isn't answered so any more"
        example = RECORDED["answers"][name][status][media]
        assert wrong(content[media]["schema"], example) == [], "run ./dev record with a test that asks for it"

    def test_that_lack_a_field_or_have_one_too_many_are_told(self) -> None:
        schema = {"$ref": "#/components/schemas/QuoteSeen"}
        quote = RECORDED["answers"]["createQuote"]["201"]["application/json"]
        assert wrong(schema, quote) == []
        assert wrong(schema, {name: value for name, value in quote.items() if name != "object"}) != []
        assert wrong(schema, quote | {"colour": "red"}) != []
        assert wrong(schema, quote | {"price": quote["price"] | {"net": quote["price"]["net"]["amount"]}}) != []


class TestEvents:
    @pytest.mark.parametrize("kind", sorted(RECORDED["events"]))
    def test_are_as_their_kind_is_told_today(self, kind: str) -> None:
        assert kind in KINDS, "there is no such kind any more"
        schema = {"$ref": f"#/components/schemas/{schema_of(kind)}"}
        # What an event has nothing to say of it leaves out.
        assert wrong(schema, RECORDED["events"][kind], full=False) == [], "run ./dev record with a test that meets it"


class TestProblems:
    @pytest.mark.parametrize("code", sorted(PROBLEMS))
    def test_are_as_they_are_told_today(self, code: str) -> None:
        example = problem_example(code)
        ProblemSeen.model_validate(example, strict=True, extra="forbid")
        assert (example["code"], example["type"]) == (code, problem_type(code))
        assert example["status"] in ({PROBLEMS[code].status} if PROBLEMS[code].status else set(STATUSES.values()))

    @pytest.mark.parametrize("code", sorted(PROBLEMS))
    def test_have_the_members_that_they_are_raised_with(self, code: str) -> None:
        raised = members().get(code, {frozenset()})
        assert len(raised) == 1, f"raised with {raised}: machines look for the same wherever they meet it"
        own = problem_example(code).keys() - {
            "type",
            "title",
            "status",
            "detail",
            "instance",
            "code",
            "request_id",
            "errors",
        }
        assert own == set(*raised), "run ./dev record with a test that meets it"

    @pytest.mark.parametrize("code", sorted(PROBLEMS))
    def test_say_what_the_source_says(self, code: str) -> None:
        if code in OTHERS_WORDS:
            return
        example = problem_example(code)
        for words in (example["detail"], *(error["detail"] for error in example.get("errors", ()))):
            assert any(one.fullmatch(words) for one in sayings()), f"nobody says {words!r} any more: run ./dev record"

    def test_name_scopes_and_versions_that_there_are(self) -> None:
        lacking, version = problem_example("scope_missing"), problem_example("unknown_version")
        assert lacking["scope"] in MEANINGS
        assert lacking["scope"] in lacking["detail"]
        assert version["errors"][0]["detail"].endswith(", ".join(DATES))

    def test_that_are_written_down_needn_t_be(self) -> None:
        assert not UNRECORDED.keys() & RECORDED["problems"].keys()


class TestRaised:
    def test_are_codes_that_there_are_of_operations_that_there_are(self) -> None:
        names = {operation["operationId"] for _, operation in operations(DOCUMENTED)}
        assert RECORDED["raised"].keys() == names
        assert {code for codes in RECORDED["raised"].values() for code in codes} <= set(PROBLEMS)
