"""The OpenAPI document: sound as a document, true of the service, and its examples work as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from coverage.web.demo import Demo
from tests.answers import pointers, resolve
from tests.builders import Platform, a_goods_risk, a_quote, a_risk, soon
from tests.logs import seal_all


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def check_against(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    Draft202012Validator({**schema, "components": document["components"]}).validate(value)


@pytest.fixture
def document(platform: Platform) -> dict[str, Any]:
    found: dict[str, Any] = platform.client.get("/openapi.json").json()
    return found


class TestDocument:
    def test_is_openapi_3_1_by_its_structure(self, document: dict[str, Any]) -> None:
        assert document["openapi"] == "3.1.0"
        assert {"title", "version", "description"} <= set(document["info"])
        ids = [operation["operationId"] for _, _, operation in operations(document)]
        assert len(ids) == len(set(ids)) >= 16
        for method, path, operation in operations(document):
            assert operation["summary"]
            assert operation["description"]
            assert operation["tags"]
            assert re.fullmatch("/[a-z0-9_/{}]+", path)
            declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert declared == set(re.findall(r"\{(\w+)\}", path)), (method, path)
            assert all(p["required"] for p in operation.get("parameters", []) if p["in"] == "path")
            assert any(status.startswith("2") for status in operation["responses"])
            assert all(re.fullmatch("[1-5][0-9][0-9]", status) for status in operation["responses"])
            assert all(answer.get("description") or answer["$ref"] for answer in operation["responses"].values())

    def test_has_schemas_that_are_schemas(self, document: dict[str, Any]) -> None:
        for schema in document["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)
        for reference in references(document):
            assert reference.startswith("#/")
            resolve(document, reference.removeprefix("#"))

    def test_says_of_every_operation_which_key_and_which_errors(self, document: dict[str, Any]) -> None:
        for _, _, operation in operations(document):
            assert operation["security"] == [{"key": []}]
            assert {"400", "401", "403", "404", "422", "503"} <= set(operation["responses"])
            for status, answer in operation["responses"].items():
                if not status.startswith("2"):
                    found = resolve(document, answer["$ref"].removeprefix("#")) if "$ref" in answer else answer
                    content = found["content"]["application/problem+json"]
                    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}

    def test_has_an_example_of_every_body_and_path(self, document: dict[str, Any]) -> None:
        for method, path, operation in operations(document):
            if "requestBody" in operation:
                content = operation["requestBody"]["content"]["application/json"]
                check_against(document, content["schema"], content["example"])
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" or parameter.get("required"):
                    assert "example" in parameter, (method, path, parameter["name"])
                if "example" in parameter:
                    check_against(document, parameter["schema"], parameter["example"])

    def test_requires_the_key_of_idempotency_where_the_service_does(
        self, platform: Platform, document: dict[str, Any]
    ) -> None:
        for method, path, operation in operations(document):
            keys = [p for p in operation.get("parameters", []) if p["name"] == "idempotency-key"]
            if not keys:
                continue
            content = operation["requestBody"]["content"]["application/json"]
            answer = platform.client.request(
                method, path, json=content["example"], headers={"Authorization": f"Bearer {platform.key}"}
            )
            missed = answer.status_code == 400 and answer.json()["code"] == "missing_idempotency_key"
            assert missed == keys[0]["required"]

    def test_keeps_silent_of_what_is_for_those_who_run_it(self, document: dict[str, Any]) -> None:
        assert not {"/livez", "/readyz", "/metrics"} & set(document["paths"])
        assert all(path.startswith("/v1/") for path in document["paths"])

    def test_says_where_the_service_is(self, document: dict[str, Any]) -> None:
        assert [server["url"] for server in document["servers"]] == ["http://testserver"]

    @pytest.mark.parametrize("page", ["/docs", "/redoc"])
    def test_is_read_on_pages_that_fetch_nothing_from_elsewhere(self, platform: Platform, page: str) -> None:
        answer = platform.client.get(page)
        assert answer.status_code == 200
        fetched = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        assert fetched
        assert all(address.startswith("/") for address in fetched), fetched
        for address in fetched:
            assert platform.client.get(address).status_code == 200


class TestExamples:
    def test_each_works_as_it_stands(self, house: House, owner: Database, tmp_path: Path) -> None:
        demo = Demo(house, owner, tmp_path)
        demo.stand()
        seal_all(owner, house)
        with TestClient(create_app(house, examples=demo.examples), raise_server_exceptions=False) as client:
            tried = set()
            # Twice, for the first round uses things up and moves the clock.
            for _ in range(2):
                document = client.get("/openapi.json").json()
                for method, path, operation in operations(document):
                    answer = self._try(client, demo.key, method, path, operation)
                    assert 200 <= answer.status_code < 300, (operation["operationId"], answer.text)
                    told = operation["responses"][str(answer.status_code)]["content"]
                    media = answer.headers["content-type"].partition(";")[0]
                    assert media in told
                    if media == "application/json":
                        check_against(document, told[media]["schema"], answer.json())
                    tried.add(operation["operationId"])
            assert len(tried) >= 16

    @staticmethod
    def _try(client: TestClient, key: str, method: str, path: str, operation: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {key}"}
        query = {}
        for parameter in operation.get("parameters", []):
            if "example" not in parameter:
                continue
            value = parameter["example"]
            match parameter["in"]:
                case "path":
                    path = path.replace(f"{{{parameter['name']}}}", value)
                case "query":
                    query[parameter["name"]] = value
                case "header":
                    headers[parameter["name"]] = value
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        return client.request(method, path, params=query, headers=headers, json=body)


JSON = st.recursive(
    # 7.0 is an integer to JSON Schema and none to us: no body that a JSON library writes for a whole number has it.
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=12) | st.floats(0.1, 0.9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
    max_leaves=4,
)


def near(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values about the edge of what a schema takes."""
    match schema:
        case {"enum": choices}:
            return st.sampled_from([*choices, choices[0].upper()])
        case {"type": "integer", "minimum": lowest, "maximum": highest}:
            return st.integers(lowest - 3, highest + 3)
        case {"type": "object", "properties": {"amount": amount, "currency": _}}:
            return st.fixed_dictionaries(
                {"amount": near(amount) | st.integers(), "currency": st.sampled_from(["EUR", "USD"])}
            )
        case {"format": "date"}:
            return st.dates().map(str) | st.sampled_from(["1990-05-01", "1990-5-1", "19900501", "1990-02-30"])
        case {"pattern": _}:
            return st.from_regex("[A-Z0-9 <-]{2,14}", fullmatch=True)
    return st.booleans()


class TestRiskSchema:
    @pytest.mark.parametrize(("product", "risk"), [("off_duty_vehicle", a_risk()), ("goods_carried", a_goods_risk())])
    def test_agrees_with_the_service(self, platform: Platform, product: str, risk: dict[str, Any]) -> None:
        schema = platform.get(f"/v1/products/{product}").json()["risk_schema"]
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        seen = {"taken": 0, "refused": 0}
        term = {"start": soon(days=7), "end": soon(days=7, hours=12), "product": product}
        inputs = schema["properties"] | {"colour": {}}
        changes = st.sampled_from(sorted(inputs)).flatmap(
            lambda name: st.tuples(st.just(name), near(inputs[name]) | near(inputs[name]) | JSON)
        )

        @settings(
            max_examples=120,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(changes, st.sampled_from([*sorted(risk), *[""] * 20]))
        def agree(change: tuple[str, Any], left_out: str) -> None:
            asked = {name: value for name, value in (risk | dict([change])).items() if name != left_out}
            answer = platform.post("/v1/quotes", a_quote(risk=asked, **term))
            fits = validator.is_valid(asked)
            if answer.status_code == 201:
                seen["taken"] += 1
                assert fits, asked
            else:
                seen["refused"] += 1
                assert all(pointer.startswith("/risk/") for pointer in pointers(answer)), answer.text
                # That a day has passed, or is one of a century that we take, is more than a schema can say.
                assert not fits or "a day in the past" in answer.text, (asked, answer.text)

        agree()
        assert min(seen.values()) >= 20, seen
