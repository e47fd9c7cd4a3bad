"""The edition's format as JSON Schema (2020-12), from which an editor completes and explains each key."""

from __future__ import annotations

from typing import Any, Final

from coverage.rulebook.format import Edition

# What an editor takes plain text for before any schema speaks: `1.2500` is a number to it, `yes` may be a truth value.
# We read every scalar as the text that was typed, so all of them are right wherever no choice or pattern says more.
PLAIN: Final = ["string", "number", "boolean"]

# Of pydantic's own making: names of our classes, and defaults that repeat what a description says.
NOISE: Final = ("title", "default")


def edition_schema() -> dict[str, Any]:
    """The JSON Schema of an edition's file."""
    described: dict[str, Any] = _tidied(Edition.model_json_schema(by_alias=True))
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "An edition of a product's rules"}
    return head | described


def _tidied(part: Any) -> Any:
    if isinstance(part, list):
        return [_tidied(item) for item in part]
    if not isinstance(part, dict):
        return part
    found = {key: _tidied(value) for key, value in part.items() if key not in NOISE or isinstance(value, dict)}
    if found.get("type") == "string" and not {"enum", "const", "pattern"} & found.keys():
        found["type"] = PLAIN
    # A key that is left out isn't written as null.
    options = [option for option in found.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1 and len(found["anyOf"]) == 2:
        del found["anyOf"]
        found = options[0] | found
    return found
