"""The comparer: each kind of break is told with its place, and what breaks nobody isn't."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.openapi.comparing import breaks

Edit = Callable[[dict[str, Any]], None]


def a_document() -> dict[str, Any]:
    """One operation of each kind, with a body, a list, a choice and a thing that holds itself."""
    return {
        "paths": {
            "/things": {
                "post": {
                    "operationId": "createThing",
                    "security": [{"key": []}],
                    "parameters": [
                        {
                            "in": "header",
                            "name": "key",
                            "required": False,
                            "schema": {"type": "string", "maxLength": 9},
                        },
                        {"in": "query", "name": "state", "schema": {"type": "string", "enum": ["a", "b"]}},
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wanted"}}},
                    },
                    "responses": {
                        "201": {
                            "headers": {"Request-Id": {"$ref": "#/components/headers/Request-Id"}},
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                        },
                        "404": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                    },
                },
                "get": {"operationId": "listThings", "responses": {"200": {}}},
            },
        },
        "components": {
            "headers": {"Request-Id": {"required": True, "schema": {"type": "string"}}},
            "schemas": {
                "Wanted": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "minLength": 1, "maxLength": 20, "pattern": "^a"},
                        "size": {"type": "integer", "minimum": 0, "maximum": 9},
                        "kind": {"type": "string", "enum": ["x", "y"], "default": "x"},
                        "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
                        "tags": {"type": "array", "maxItems": 5, "items": {"type": "string"}},
                    },
                },
                "Thing": {
                    "type": "object",
                    "required": ["id", "inner"],
                    "properties": {
                        "id": {"type": "string", "maxLength": 20},
                        "rate": {"type": "string"},
                        "state": {"type": "string", "enum": ["open", "shut"]},
                        "inner": {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
                        "part": {"anyOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}]},
                    },
                },
                "Part": {"type": "object", "properties": {"size": {"type": "integer"}}},
            },
        },
    }


def wanted(change: Callable[[dict[str, Any]], Any]) -> Edit:
    return lambda document: change(document["components"]["schemas"]["Wanted"])


def thing(change: Callable[[dict[str, Any]], Any]) -> Edit:
    return lambda document: change(document["components"]["schemas"]["Thing"])


def posting(change: Callable[[dict[str, Any]], Any]) -> Edit:
    return lambda document: change(document["paths"]["/things"]["post"])


BREAKS: list[tuple[Edit, str]] = [
    (lambda d: d["paths"].pop("/things"), "/things: is gone"),
    (lambda d: d["paths"]["/things"].pop("get"), "GET /things: is gone"),
    (posting(lambda o: o.update(operationId="makeThing")), "POST /things: is named makeThing now"),
    (posting(lambda o: o.update(security=[])), "POST /things: asks for another key"),
    (posting(lambda o: o["parameters"].pop()), "POST /things query state: isn't taken any more"),
    (posting(lambda o: o["parameters"][0].update(required=True)), "POST /things header key: is required now"),
    (posting(lambda o: o["parameters"].append({"in": "query", "name": "n", "required": True, "schema": {}})),
     "POST /things query n: is new, and required"),
    (posting(lambda o: o["parameters"][0]["schema"].update(maxLength=8)), "POST /things header key: maxLength was 9 and is 8"),
    (posting(lambda o: o["parameters"][1]["schema"]["enum"].pop()), "POST /things query state: b isn't taken any more"),
    (posting(lambda o: o.pop("requestBody")), "POST /things body: isn't taken any more"),
    (posting(lambda o: o["requestBody"].update(content={})), "POST /things body: isn't taken as application/json any more"),
    (posting(lambda o: o["responses"].pop("201")), "POST /things: never answers 201 any more"),
    (posting(lambda o: o["responses"].update({"202": {}})), "POST /things: may answer 202 now"),
    (posting(lambda o: o["responses"]["201"].update(content={})), "POST /things 201: isn't told as application/json any more"),
    (posting(lambda o: o["responses"]["201"].update(headers={})), "POST /things 201 header Request-Id: isn't always there any more"),
    (lambda d: d["components"]["headers"]["Request-Id"].update(required=False),
     "POST /things 201 header Request-Id: isn't always there any more"),
    (wanted(lambda s: s["required"].append("size")), "Wanted (sent)/size: is required now"),
    (wanted(lambda s: s["properties"].pop("size")), "Wanted (sent)/size: is gone"),
    (wanted(lambda s: s["properties"]["name"].update(type="integer")), "Wanted (sent)/name: was string and is integer"),
    (wanted(lambda s: s["properties"]["name"].update(minLength=2)), "Wanted (sent)/name: minLength was 1 and is 2"),
    (wanted(lambda s: s["properties"]["name"].update(pattern="^b")), "Wanted (sent)/name: its pattern was ^a and is ^b"),
    (wanted(lambda s: s["properties"]["size"].update(maximum=8)), "Wanted (sent)/size: maximum was 9 and is 8"),
    (wanted(lambda s: s["properties"]["size"].update(multipleOf=2)), "Wanted (sent)/size: multipleOf was None and is 2"),
    (wanted(lambda s: s["properties"]["kind"]["enum"].pop()), "Wanted (sent)/kind: y isn't taken any more"),
    (wanted(lambda s: s["properties"]["kind"].update(default="y")), "Wanted (sent)/kind: left out, it was 'x' and is 'y'"),
    (wanted(lambda s: s["properties"]["at"]["anyOf"].pop()), "Wanted (sent)/at: null isn't taken any more"),
    (wanted(lambda s: s["properties"]["at"]["anyOf"][0].update(format="date")), "Wanted (sent)/at: string isn't taken any more"),
    (wanted(lambda s: s["properties"]["tags"].update(maxItems=4)), "Wanted (sent)/tags: maxItems was 5 and is 4"),
    (wanted(lambda s: s["properties"]["tags"]["items"].update(maxLength=4)), "Wanted (sent)/tags/*: maxLength was None and is 4"),
    (thing(lambda s: s["properties"].pop("rate")), "Thing (told)/rate: is gone"),
    (thing(lambda s: s["required"].remove("id")), "Thing (told)/id: isn't always there any more"),
    (thing(lambda s: s["properties"]["id"].update(maxLength=21)), "Thing (told)/id: maxLength was 20 and is 21"),
    (thing(lambda s: s["properties"]["id"].pop("maxLength")), "Thing (told)/id: maxLength was 20 and is None"),
    (thing(lambda s: s["properties"]["state"]["enum"].append("new")), "Thing (told)/state: may be new now"),
    (thing(lambda s: s["properties"]["state"].pop("enum")), "Thing (told)/state: may be any now"),
    (thing(lambda s: s["properties"].update(rate={"anyOf": [{"type": "string"}, {"type": "null"}]})),
     "Thing (told)/rate: may be null now"),
    (thing(lambda s: s["properties"].update(rate={"type": "number"})), "Thing (told)/rate: was string and is number"),
    (lambda d: d["components"]["schemas"]["Part"]["properties"].pop("size"), "Part (told)/size: is gone"),
]  # fmt: skip

HARMLESS: list[Edit] = [
    lambda d: d["paths"].update({"/more": {"get": {"operationId": "more", "responses": {"200": {}}}}}),
    posting(lambda o: o["parameters"].append({"in": "query", "name": "n", "schema": {}})),
    posting(lambda o: o["parameters"][0]["schema"].update(maxLength=10)),
    posting(lambda o: o["responses"].update({"409": {}})),
    posting(lambda o: o["responses"].pop("404")),
    posting(lambda o: o["requestBody"].update(required=False)),
    posting(lambda o: o.update(description="Other words.")),
    wanted(lambda s: s["properties"].update(more={"type": "string"})),
    wanted(lambda s: s["required"].clear()),
    wanted(lambda s: s["properties"]["kind"]["enum"].append("z")),
    wanted(lambda s: s["properties"]["size"].update(type="number")),
    wanted(lambda s: s["properties"]["size"].pop("maximum")),
    wanted(lambda s: s["properties"]["at"]["anyOf"].append({"type": "integer"})),
    thing(lambda s: s["properties"].update(more={"type": "string"})),
    thing(lambda s: s["required"].append("rate")),
    thing(lambda s: s["properties"]["state"]["enum"].pop()),
    thing(lambda s: s["properties"]["id"].update(maxLength=10)),
    thing(lambda s: s["properties"]["part"]["anyOf"].pop()),
    lambda d: d["components"]["schemas"]["Part"]["properties"].update(more={"type": "string"}),
]


class TestBreaks:
    @pytest.mark.parametrize(("edit", "told"), BREAKS, ids=[told for _, told in BREAKS])
    def test_are_told_with_their_place(self, edit: Edit, told: str) -> None:
        new = copy.deepcopy(a_document())
        edit(new)
        assert told in breaks(a_document(), new)

    @pytest.mark.parametrize("number", range(len(HARMLESS)))
    def test_are_not_told_where_there_are_none(self, number: int) -> None:
        new = copy.deepcopy(a_document())
        HARMLESS[number](new)
        assert breaks(a_document(), new) == []

    def test_are_none_of_a_document_with_itself(self) -> None:
        assert breaks(a_document(), a_document()) == []
