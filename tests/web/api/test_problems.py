"""Every code that the service can answer with is explained, and nothing is explained that it can't."""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import coverage
from coverage.domain.faults import Conflict, Detail, Missing, Rejected, Unavailable
from coverage.web.api.meanings import MEANINGS
from coverage.web.api.problem_pages import UNRECORDED
from coverage.web.api.problems import KINDS, PROBLEMS, ProblemSeen, fault_response, problem_type, status_of
from coverage.web.api.recording import RECORDED
from tests.answers import the_problem
from tests.builders import Platform

SOURCE = Path(coverage.__file__).parent
FAULTS = {"Rejected", "Missing", "Conflict", "Unavailable"}
# Codes that no request meets: one that its caller turns into another, one that stops a start, and those of the worker's
# and the operator's own.
INSIDE = {"invalid_risk", "schema_outdated", "anchor_unavailable", "nothing_heard"}
INSIDE |= {"list_broken", "decided_already", "unknown_screening"}
INSIDE |= {
    "partner_enrolled",
    "partner_differs",
    "policy_exists",
    "policy_overlaps",
    "insurer_needed",
    "insurer_differs",
}
INSIDE |= {"unknown_insurer", "unknown_timezone", "owner_needed"}
INSIDE |= {"nothing_to_back_up", "backup_damaged", "database_not_empty", "restore_differs"}


def codes() -> Iterator[tuple[str, str]]:
    """Each code that stands in the source as a fault's or a problem's first argument, with where."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        kinds = FAULTS | {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            and any(isinstance(base, ast.Name) and base.id in FAULTS for base in node.bases)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            match node.func:
                case ast.Name(id=name) if name in kinds:
                    pass
                case ast.Attribute(value=ast.Name(id="problems"), attr="response"):
                    pass
                case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
                    pass  # a fault of its own class, which names its code once
                case _:
                    continue
            match node.args[0]:
                case ast.Constant(value=str(code)) if code.replace("_", "").isalpha() and code.islower():
                    yield code, f"{path.name}:{node.lineno}"
        for node in ast.walk(tree):
            # A table from which a code is chosen: {404: "not_found", …}, or one of two by a condition.
            if isinstance(node, ast.Constant) and node.value in PROBLEMS:
                yield node.value, f"{path.name}:{node.lineno}"


class TestProblems:
    def test_explain_every_code_in_the_source(self) -> None:
        unexplained = {(code, where) for code, where in codes() if code not in PROBLEMS and code not in INSIDE}
        assert not unexplained

    def test_explain_no_code_that_is_never_raised(self) -> None:
        tables = ("problems.py", "meanings.py", "problem_pages.py")
        raised = {code for code, where in codes() if not where.startswith(tables)}
        assert set(PROBLEMS) <= raised

    @pytest.mark.parametrize(
        ("fault", "status"),
        [
            (Rejected("invalid_quote", "d"), 422), (Missing("unknown_quote", "d"), 404), (Conflict("quote_bound", "d"), 409),
            (Unavailable("overloaded", "d"), 503), (Rejected("invalid_json", "d"), 400), (Rejected("scope_missing", "d"), 403),
        ],
    )  # fmt: skip
    def test_a_faults_kind_gives_the_status_unless_its_code_does(self, fault: Rejected, status: int) -> None:
        assert status_of(fault) == status

    def test_text_of_any_kind_is_carried(self) -> None:
        fault = Rejected(
            "invalid_quote", "\x00\n\u2028\U0001f4a9", errors=(Detail("/a", '"', "c"),), cover=None, other=1
        )
        answer = fault_response(fault, instance="/x", request_id="r")
        assert b'"other": 1' in answer.body
        assert b'"cover"' not in answer.body


class TestPages:
    def test_have_a_text_for_every_code_and_for_no_other(self) -> None:
        assert set(MEANINGS) == set(PROBLEMS)
        texts = [*MEANINGS.values(), *(problem.advice for problem in PROBLEMS.values())]
        assert all(re.fullmatch(r"[A-Z`].{10,}[.]", text) for text in texts)
        # What to do isn't what happened.
        assert all(MEANINGS[code] != problem.advice for code, problem in PROBLEMS.items())

    def test_have_an_example_of_every_code_and_of_no_other(self) -> None:
        assert set(UNRECORDED) | set(RECORDED["problems"]) == set(PROBLEMS), (
            "run ./dev record, or write it into UNRECORDED"
        )

    @pytest.mark.parametrize("code", sorted(PROBLEMS))
    def test_each_says_what_happened_what_to_do_and_shows_an_answer(self, platform: Platform, code: str) -> None:
        page = platform.client.get(problem_type(code))
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        shown = html.unescape(re.sub(r"</?code>", "", page.text))
        assert MEANINGS[code].replace("`", "") in shown
        assert PROBLEMS[code].advice.replace("`", "") in shown
        example = json.loads(re.search(r"\n\n(\{.*?\})</pre>", shown, re.DOTALL).group(1))  # type: ignore[union-attr]
        ProblemSeen.model_validate(example, strict=True)
        status = PROBLEMS[code].status or next(kind for kind in KINDS.values() if kind == example["status"])
        assert (example["code"], example["type"], example["status"]) == (code, problem_type(code), status)
        assert example["title"] == PROBLEMS[code].title

    def test_are_listed_by_status(self, platform: Platform) -> None:
        page = platform.client.get("/problems")
        assert page.status_code == 200
        assert set(re.findall(r'href="/problems/(\w+)"', page.text)) == set(PROBLEMS)

    def test_are_led_to_from_the_front_page(self, platform: Platform) -> None:
        page = platform.client.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        led = re.findall(r'<a[^>]* href="([^"]+)"', page.text)
        assert {"/docs", "/redoc", "/openapi.json", "/problems", "/docs/versions", "/verify"} <= set(led)
        assert all(platform.client.get(address).status_code == 200 for address in led)
        # What it is, to whom nobody gave a key: no version, no name of what it runs on, no key of a demo.
        assert not re.search(r"\d+\.\d+|fastapi|uvicorn|python|sk_test_|sk_live_", page.text, re.IGNORECASE)
        assert platform.client.head("/").status_code == 200

    @pytest.mark.parametrize("path", ["/", "/problems", "/problems/internal", "/docs/versions"])
    def test_fetch_nothing_from_elsewhere(self, platform: Platform, path: str) -> None:
        page = platform.client.get(path)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        fetched = re.findall(r'<link[^>]* href="([^"]+)"', page.text)
        assert fetched
        assert all(platform.client.get(address).status_code == 200 for address in fetched)

    def test_an_unknown_one_has_none(self, platform: Platform) -> None:
        the_problem(platform.client.get("/problems/<script>"), 404, "not_found")
