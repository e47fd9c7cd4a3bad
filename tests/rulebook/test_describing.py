"""The schema that editors read: it is current, it takes every edition as an editor sees it, and it minds misspelt keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from coverage.rulebook.describing import edition_schema
from tests.conftest import RULES
from tests.rulebook.made_rules import EDITION

TARIFFS = RULES.parent / "tests" / "tariffs"
SOLD = [path for path in sorted((RULES / "products").glob("*/*/20*.yaml")) if "examples" not in path.name]
TRIED = [path for path in sorted((TARIFFS / "products").glob("*/*/20*.yaml")) if "examples" not in path.name]


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


def keys_of(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that a schema names, with what it says of it."""
    if isinstance(part, dict):
        named = part.get("properties", {})
        # Where a key is itself called `properties`, what stands there is a schema, and no list of keys.
        yield from ((f"{path}/{name}", found) for name, found in named.items())
        for name, found in part.items():
            yield from keys_of(found, f"{path}/{name}")
    elif isinstance(part, list):
        for index, found in enumerate(part):
            yield from keys_of(found, f"{path}/{index}")


class TestSchema:
    def test_is_the_one_that_the_editions_name(self) -> None:
        assert json.loads((RULES / "edition.schema.json").read_text()) == edition_schema()
        for path in SOLD:
            named = re.match(r"# yaml-language-server: \$schema=(\S+)", path.read_text())
            assert named
            assert (path.parent / named[1]).resolve() == (RULES / "edition.schema.json").resolve()

    def test_is_a_schema(self) -> None:
        Draft202012Validator.check_schema(edition_schema())

    @pytest.mark.parametrize("path", [*SOLD, *TRIED], ids=lambda path: path.parent.parent.name)
    def test_takes_every_edition(self, path: Path) -> None:
        assert faults(path.read_text(encoding="utf-8")) == []

    def test_takes_every_form_of_the_language(self) -> None:
        assert faults(EDITION) == []

    def test_describes_every_key(self) -> None:
        described = list(keys_of(edition_schema()))
        assert len(described) > 120
        assert [path for path, key in described if not key.get("description", "").strip()] == []

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
        text = (RULES / "products/off_duty_vehicle/FR/2026-01-01.yaml").read_text(encoding="utf-8")
        assert text.count(right) > 0
        assert faults(text.replace(right, wrong, 1))

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ("by: each_day", "by: every_day"),
            ("hours_in: [sat, sun]", "hours_in: [sat, sunday]"),
            ("period: booking_to_start", "period: booking"),
            ("unavailable: {when:", "unavailable: {if:"),
            ("split: {motor_other:", "splits: {motor_other:"),
            ("applied: after_limit", "applied: after"),
            ("return_early: {refund:", "return_early: {refunds:"),
            ("allow_fall:", "allow_falls:"),
            ("marginal:", "marginals:"),
        ],
    )
    def test_minds_what_is_misspelt_in_every_form(self, right: str, wrong: str) -> None:
        assert EDITION.count(right) > 0
        assert faults(EDITION.replace(right, wrong, 1))
