"""What a product asks for and leaves out, as its JSON Schema and its sections tell it."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.builders import Platform
from tests.lending import a_loan, a_shared_car, an_exchange, euros

BODIES = {body["product"]: body for body in (a_loan(), an_exchange(), a_shared_car())}


def product(platform: Platform, name: str) -> dict[str, Any]:
    answer = platform.get(f"/v1/products/{name}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def faults(schema: dict[str, Any], risk: dict[str, Any]) -> list[str]:
    """Where the schema refuses a risk."""
    found = Draft202012Validator(schema).iter_errors(risk)
    return sorted("".join(f"/{step}" for step in error.absolute_path) for error in found)


class TestRiskSchema:
    @pytest.mark.parametrize("name", BODIES)
    def test_takes_what_the_product_takes(self, lender: Platform, name: str) -> None:
        schema = product(lender, name)["risk_schema"]
        Draft202012Validator.check_schema(schema)
        assert faults(schema, BODIES[name]["risk"]) == []

    @pytest.mark.parametrize(
        ("change", "where"),
        [
            ({"items": []}, "/items"),
            ({"items": [{"category": "tool", "value": euros(1000), "weight": 1}] * 21}, "/items"),
            ({"items": [{"category": "tool", "weight": 1}]}, "/items/0"),
            ({"items": [{"category": "lorry", "value": euros(1000), "weight": 1}]}, "/items/0/category"),
            ({"items": [{"category": "tool", "value": euros(999), "weight": 1}]}, "/items/0/value/amount"),
            ({"items": [{"category": "tool", "value": euros(1000), "weight": 80.1}]}, "/items/0/weight"),
            ({"items": [{"category": "tool", "value": euros(1000), "weight": "1.00001"}]}, "/items/0/weight"),
            ({"items": [{"category": "tool", "value": euros(1000), "weight": 1, "colour": "red"}]}, "/items/0"),
            ({"stars": "three"}, "/stars"),
            ({"total_value": euros(1)}, ""),  # what is worked out isn't asked for
        ],
    )
    def test_refuses_what_the_product_refuses(self, lender: Platform, change: dict[str, Any], where: str) -> None:
        schema, body = product(lender, "object_lending")["risk_schema"], a_loan(**change)
        assert faults(schema, body["risk"]) == [where]
        assert lender.post("/v1/quotes", body).status_code == 422

    def test_takes_every_decimal_of_four_places(self, lender: Platform) -> None:
        """A validator that reckons in binary must not refuse 0.0999 for being no multiple of 0.0001."""
        weight = product(lender, "object_lending")["risk_schema"]["properties"]["items"]["items"]["properties"][
            "weight"
        ]
        assert [tenths for tenths in range(500, 40_000, 7) if faults(weight, tenths / 10_000)] == []  # type: ignore[arg-type]

    def test_names_and_marks_the_fields_of_a_list(self, lender: Platform) -> None:
        properties = product(lender, "object_lending")["risk_schema"]["properties"]
        items = properties["items"]
        fields = items["items"]["properties"]
        assert items["title"] == "What do you borrow?"
        assert fields["weight"]["title"] == "What does it weigh, in kilograms?"
        assert fields["years"]["default"] == 0
        assert items["items"]["required"] == ["category", "value", "weight"]
        # A list is kept under the member's own key as soon as one of its fields is.
        assert "own key" in items["description"]
        assert "own key" in fields["description"]["description"]
        assert "description" not in fields["value"]
        assert "four decimal places" in fields["weight"]["description"]
        assert "own key" not in str(properties["spares"])

    def test_shows_nothing_that_is_worked_out(self, lender: Platform) -> None:
        told = product(lender, "object_lending")
        assert set(told["risk_schema"]["properties"]) == {
            "items", "spares", "use", "stars", "theft_cover", "new_for_old", "invited", "member_since",
        }  # fmt: skip
        assert "each_item_most" not in str(told)
        assert "member_years" not in str(told)

    def test_stands_in_the_documentation_of_the_api(self, lender: Platform) -> None:
        schemas = lender.get("/openapi.json").json()["components"]["schemas"]
        risk = schemas["Risk_object_lending_FR"]["properties"]
        assert risk["items"]["items"]["properties"]["weight"]["anyOf"][1]["maximum"] == 80
        assert risk["stars"]["title"] == "Your stars with lenders"
        assert {"surcharges", "taxes", "fees"} <= set(schemas["PriceSeen"]["properties"])
        assert set(schemas["UnavailableSeen"]["properties"]) == {"section", "code", "message"}


class TestSections:
    def test_tell_their_taxes_however_they_are_written(self, lender: Platform) -> None:
        taxes = {section["name"]: section["tax"] for section in product(lender, "home_exchange")["sections"]}
        assert taxes["liability"] == "other"
        assert taxes["home_contents"] == {"split": {"other": "75%", "fire_private": "25%"}}
        assert taxes["second_home_contents"]["germany"] == "household_contents"

    def test_tell_what_they_leave_out_and_when_they_cover(self, lender: Platform) -> None:
        told = product(lender, "home_exchange")
        sections = {section["name"]: section for section in told["sections"]}
        assert sections["home_contents"]["exclusions"] == ["wear", "cash_and_jewellery"]
        assert sections["home_contents"]["surcharges"] == ["natural_catastrophe"]
        assert (sections["home_contents"]["period"], sections["cancellation"]["period"]) == ("term", "booking_to_start")
        assert sections["second_home_contents"]["layer"] == "difference_in_conditions"
        assert told["texts"]["fr"]["exclusions"]["cash_and_jewellery"] == "L’argent liquide et les bijoux"
