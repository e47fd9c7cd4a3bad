"""The comparer: each kind of break is told with its place, and what breaks nobody isn't."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.openapi.comparing import breaks

Edit = Callable[[dict[str, Any]], None]


def a_document() -> dict[str, Any]:
    """One operation of each kind, with a body, a list, a choice and a thing that holds itself; and what is sent."""
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
            "/events": {
                "get": {
                    "operationId": "listEvents",
                    "responses": {
                        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Event"}}}}
                    },
                }
            },
        },
        "webhooks": {
            "thing.made": {
                "post": {
                    "parameters": [
                        {"$ref": "#/components/parameters/signature"},
                        {"in": "header", "name": "hint", "schema": {"type": "string", "enum": ["a", "b"]}},
                    ],
                    "requestBody": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingMade"}}}
                    },
                    "responses": {"2XX": {}, "410": {}},
                }
            },
            "thing.gone": {
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                    "responses": {"2XX": {}},
                }
            },
        },
        "components": {
            "parameters": {
                "signature": {"in": "header", "name": "signature", "required": True, "schema": {"type": "string"}}
            },
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
                "Event": {
                    "oneOf": [{"$ref": "#/components/schemas/ThingMade"}, {"$ref": "#/components/schemas/Other"}]
                },
                "ThingMade": {
                    "type": "object",
                    "required": ["type", "thing"],
                    "properties": {"type": {"type": "string", "const": "thing.made"}, "thing": {"type": "string"}},
                },
                "Other": {
                    "type": "object",
                    "required": ["type"],
                    "properties": {"type": {"type": "string", "maxLength": 20, "not": {"enum": ["thing.made"]}}},
                },
            },
        },
    }


def wanted(change: Callable[[dict[str, Any]], Any]) -> Edit:
    return lambda document: change(document["components"]["schemas"]["Wanted"])


def thing(change: Callable[[dict[str, Any]], Any]) -> Edit:
    return lambda document: change(document["components"]["schemas"]["Thing"])


def posting(change: Callable[[dict[str, Any]], Any]) -> Edit:
    return lambda document: change(document["paths"]["/things"]["post"])


def schema(name: str, change: Callable[[dict[str, Any]], Any]) -> Edit:
    return lambda document: change(document["components"]["schemas"][name])


def letter(change: Callable[[dict[str, Any]], Any]) -> Edit:
    return lambda document: change(document["webhooks"]["thing.made"]["post"])


def announced(document: dict[str, Any], name: str, kind: str) -> None:
    """A new kind of event, as one is added: named among the choices, and no other kind any more."""
    schemas = document["components"]["schemas"]
    schemas[name] = copy.deepcopy(schemas["ThingMade"])
    schemas[name]["properties"]["type"]["const"] = kind
    schemas["Event"]["oneOf"].insert(0, {"$ref": f"#/components/schemas/{name}"})
    schemas["Other"]["properties"]["type"]["not"]["enum"].append(kind)


def before_kinds(document: dict[str, Any]) -> dict[str, Any]:
    """The document as it was when an event was one thing, whatever its type."""
    schemas = document["components"]["schemas"]
    schemas["Event"] = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"type": "string", "maxLength": 20}},
    }
    del document["webhooks"]
    return document


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
    (lambda d: d["webhooks"].pop("thing.made"), "thing.made: is never sent any more"),
    (lambda d: d.pop("webhooks"), "thing.gone: is never sent any more"),
    (lambda d: d["webhooks"].update({"thing.made": {"put": {}}}), "thing.made: isn't sent by POST any more"),
    (letter(lambda o: o["requestBody"].update(content={})), "thing.made: isn't sent as application/json any more"),
    (letter(lambda o: o.pop("requestBody")), "thing.made: isn't sent as application/json any more"),
    (letter(lambda o: o["responses"].pop("410")), "thing.made: an answer 410 isn't taken as it was"),
    (letter(lambda o: o["parameters"].pop(0)), "thing.made header signature: isn't always sent any more"),
    (letter(lambda o: o["parameters"].pop()), "thing.made header hint: isn't always sent any more"),
    (lambda d: d["components"]["parameters"]["signature"].update(required=False),
     "thing.made header signature: isn't always sent any more"),
    (letter(lambda o: o["parameters"][1]["schema"]["enum"].append("c")), "thing.made header hint: may be c now"),
    (schema("ThingMade", lambda s: s["properties"].pop("thing")), "ThingMade (told)/thing: is gone"),
    (schema("ThingMade", lambda s: s["required"].pop()), "ThingMade (told)/thing: isn't always there any more"),
    (schema("ThingMade", lambda s: s["properties"]["type"].update(const="thing.named")),
     "ThingMade (told)/type: may be thing.named now"),
    (schema("Other", lambda s: s["properties"]["type"]["not"]["enum"].clear()),
     "Other (told)/type: not was {'enum': ['thing.made']} and is {'enum': []}"),
    (schema("Other", lambda s: s["properties"]["type"].pop("not")),
     "Other (told)/type: not was {'enum': ['thing.made']} and is None"),
    (schema("Other", lambda s: s["properties"]["type"].update({"not": {"pattern": "^thing"}})),
     "Other (told)/type: not was {'enum': ['thing.made']} and is {'pattern': '^thing'}"),
    (lambda d: d["components"]["schemas"]["Event"]["oneOf"].append({"type": "null"}), "Event (told): may be null now"),
    (wanted(lambda s: s["properties"]["tags"]["items"].update({"not": {"enum": ["x"]}})),
     "Wanted (sent)/tags/*: not was None and is {'enum': ['x']}"),
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
    lambda d: d["webhooks"].update({"thing.named": d["webhooks"]["thing.made"]}),
    lambda d: announced(d, "ThingNamed", "thing.named"),
    letter(lambda o: o["responses"].update({"429": {}})),
    letter(lambda o: o["parameters"].append({"in": "header", "name": "more", "schema": {}})),
    schema("ThingMade", lambda s: s["properties"].update(more={"type": "string"})),
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

    def test_are_none_where_one_thing_is_told_apart_by_kind(self) -> None:
        before = before_kinds(a_document())
        assert breaks(before, a_document()) == []
        too_long = a_document()
        too_long["components"]["schemas"]["ThingMade"]["properties"]["type"]["const"] = "thing.made_for_somebody"
        assert breaks(before, too_long) == ["Event (told): may be ThingMade now"]

    def test_are_told_of_a_kind_that_was_another_before(self) -> None:
        new = a_document()
        announced(new, "ThingLost", "thing.made")
        assert "Event (told): may be ThingLost now" not in breaks(a_document(), new), "it is what ThingMade was"
        new["components"]["schemas"]["ThingLost"]["properties"]["thing"] = {"type": "integer"}
        assert "Event (told): may be ThingLost now" in breaks(a_document(), new)

    def test_are_none_of_a_document_with_itself(self) -> None:
        assert breaks(a_document(), a_document()) == []
