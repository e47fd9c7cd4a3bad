"""The schema that editors read: it is current, it takes every edition as an editor sees it, and it minds misspelt keys."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from coverage.rulebook.describing import edition_schema
from tests.conftest import RULES

EDITIONS = [path for path in sorted((RULES / "products").glob("*/*/20*.yaml")) if "examples" not in path.name]


class Editor(yaml.SafeLoader):
    """Reads as an editor's language server does: YAML 1.2's core schema, which has no dates and no `1:30`."""


Editor.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(("timestamp", "int", "float"))]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Editor.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?[0-9]+$"), list("-0123456789"))
Editor.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789"))


def as_an_editor_sees(text: str) -> Any:
    return yaml.load(text, Loader=Editor)  # noqa: S506 — a SafeLoader of our own


def faults(text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(edition_schema()).iter_errors(as_an_editor_sees(text))]


class TestSchema:
    def test_is_the_one_that_the_editions_name(self) -> None:
        assert json.loads((RULES / "edition.schema.json").read_text()) == edition_schema()
        for path in EDITIONS:
            named = re.match(r"# yaml-language-server: \$schema=(\S+)", path.read_text())
            assert named
            assert (path.parent / named[1]).resolve() == (RULES / "edition.schema.json").resolve()

    def test_is_a_schema(self) -> None:
        Draft202012Validator.check_schema(edition_schema())

    @pytest.mark.parametrize("path", EDITIONS, ids=lambda path: path.parent.parent.name)
    def test_takes_every_edition(self, path: Any) -> None:
        assert faults(path.read_text()) == []

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ("currency: EUR", "curency: EUR"),
            ("per: event", "per: evnt"),
            ("exclusive_for: [liability, own_damage]", "exclusive_for: liability"),
            ("{one_of: [car, van, cargo_bike]}", "{one_off: [car, van, cargo_bike]}"),
            ("      - times: age", "      - tims: age"),
        ],
    )
    def test_minds_what_is_misspelt(self, right: str, wrong: str) -> None:
        text = (RULES / "products/off_duty_vehicle/FR/2026-01-01.yaml").read_text()
        assert right in text
        assert faults(text.replace(right, wrong, 1))
