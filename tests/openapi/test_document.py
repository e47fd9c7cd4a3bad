"""The committed OpenAPI document: what the service says, complete, and no break of a dated version."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from coverage.domain.kinds import KINDS
from coverage.operations.house import House
from coverage.web.api import versions
from coverage.web.api.declaring import SOMEWHERE, TAGS, operations
from coverage.web.api.problems import MEDIA_TYPE, PROBLEMS
from coverage.web.api.versions import DATES, NEWEST
from coverage.web.app import create_app
from tests.openapi.comparing import breaks
from tests.openapi.writing import DOCUMENT, WRITTEN_ON, broken, dated
from tests.web.api.test_documentation import check_against

BINARY = {
    "application/pdf", "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return found


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = document
        for token in node["$ref"].removeprefix("#/").split("/"):
            found = found[token]
        node = found
    return node


class TestCommitted:
    def test_is_what_the_service_says(self, document: dict[str, Any], house_with: Callable[..., House]) -> None:
        there = house_with(wall=lambda: WRITTEN_ON, public_url=SOMEWHERE)
        with TestClient(create_app(there)) as client:
            said = client.get("/openapi.json").json()
        assert said == document, "run ./dev openapi, and ./dev clients after it"

    def test_breaks_nobody_who_was_written_for_the_newest_version(self, document: dict[str, Any]) -> None:
        assert broken(document) == []

    def test_is_kept_of_every_version(self, document: dict[str, Any]) -> None:
        for date in DATES:
            assert dated(date).exists(), date
        assert json.loads(dated().read_text(encoding="utf-8")) == document

    def test_of_the_version_before_differs_as_its_changes_say(self) -> None:
        old, new = (json.loads(dated(date).read_text(encoding="utf-8")) for date in DATES[-2:])
        assert breaks(old, new) == ["TaxSeen (told)/rate: may be null now"]

    def test_of_an_older_version_is_the_newest_with_its_changes_taken_back(self, document: dict[str, Any]) -> None:
        older = copy.deepcopy(document)
        versions.document_of(older, DATES[0])
        assert breaks(json.loads(dated(DATES[0]).read_text(encoding="utf-8")), older) == []


class TestEveryWebhook:
    def test_shows_an_example_that_is_right(self, document: dict[str, Any]) -> None:
        assert list(document["webhooks"]) == list(KINDS)
        for kind, item in document["webhooks"].items():
            content = item["post"]["requestBody"]["content"]["application/json"]
            assert "example" in content, f"{kind}: run ./dev record"
            assert content["example"]["type"] == kind
            check_against(document, content["schema"], content["example"])
            check_against(document, document["components"]["schemas"]["EventSeen"], content["example"])

    def test_comes_with_the_headers_of_standard_webhooks(self, document: dict[str, Any]) -> None:
        for item in document["webhooks"].values():
            headers = [resolved(document, one) for one in item["post"]["parameters"]]
            assert [one["name"] for one in headers] == ["webhook-id", "webhook-timestamp", "webhook-signature"]
            for one in headers:
                assert one["required"]
                check_against(document, one["schema"], one["example"])

    def test_says_what_becomes_of_each_answer(self, document: dict[str, Any]) -> None:
        for item in document["webhooks"].values():
            assert list(item["post"]["responses"]) == ["2XX", "410", "default"]
            assert all(resolved(document, one)["description"] for one in item["post"]["responses"].values())

    def test_has_a_name_that_nothing_else_has(self, document: dict[str, Any]) -> None:
        names = [operation["operationId"] for _, operation in operations(document)]
        names += [item["post"]["operationId"] for item in document["webhooks"].values()]
        assert len(names) == len(set(names))


class TestEveryOperation:
    def test_shows_an_example_of_each_answer_that_is_right(self, document: dict[str, Any]) -> None:
        for path, operation in operations(document):
            for status, answer in operation["responses"].items():
                if not status.startswith("2"):
                    continue
                for media, content in answer.get("content", {}).items():
                    if media in BINARY:
                        continue
                    assert "example" in content, f"{path} {status} {media}: run ./dev record"
                    check_against(document, content["schema"], content["example"])

    def test_shows_an_example_of_each_refusal_that_is_right(self, document: dict[str, Any]) -> None:
        shown = set()
        for _, operation in operations(document):
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    continue
                content = resolved(document, answer)["content"][MEDIA_TYPE]
                assert content.get("examples"), (operation["operationId"], status)
                for code, named in content["examples"].items():
                    problem = resolved(document, named)["value"]
                    check_against(document, content["schema"], problem)
                    assert (problem["code"], str(problem["status"])) == (code, status)
                    shown.add(code)
        assert shown <= set(PROBLEMS)
        assert len(shown) > 50

    def test_declares_what_anybody_may_be_answered(self, document: dict[str, Any]) -> None:
        for _, operation in operations(document):
            assert {"400", "401", "403", "404", "422", "429", "500", "503"} <= set(operation["responses"])
            for status, answer in operation["responses"].items():
                headers = resolved(document, answer)["headers"]
                assert {"Request-Id", "Coverage-Version", "RateLimit", "RateLimit-Policy"} <= set(headers)
                assert ("Retry-After" in headers) == (status in ("429", "503"))

    def test_stands_under_a_heading_that_says_what_it_is_about(self, document: dict[str, Any]) -> None:
        assert {tag["name"] for tag in document["tags"]} <= set(TAGS)
        for _, operation in operations(document):
            assert set(operation["tags"]) <= {tag["name"] for tag in document["tags"]}

    def test_takes_every_version_and_shows_the_newest(self, document: dict[str, Any]) -> None:
        for _, operation in operations(document):
            version = next(one for one in operation["parameters"] if one["name"] == "coverage-version")
            assert version["schema"]["enum"] == list(DATES)
            assert version["example"] == NEWEST
