"""Whatever bytes stand in a rule file: findings come of it and nothing else, in no time."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage.rulebook.checking import plan_of
from coverage.rulebook.format import Edition, ExampleFile, TaxFile, Texts
from coverage.rulebook.reading import Finding, Unreadable, read_text
from coverage.rulebook.shape import Part, typed
from tests.rulebook.rule_files import FRANCE, RULES, VEHICLE, VEHICLE_EXAMPLES, VEHICLE_TEXTS, RuleFolder, copied

SEED = 20_260_101
LIMIT = 1.0
FILES: dict[str, type[Part]] = {
    VEHICLE: Edition,
    FRANCE: TaxFile,
    VEHICLE_EXAMPLES: ExampleFile,
    VEHICLE_TEXTS: Texts,
}
# What a slip, or somebody hostile, puts into a file.
SNIPPETS = [
    "", " ", "\n", "\t", "\x00", ":", ": ", "- ", "{", "}", "[", "]", ",", "'", '"', "#", "&a ", "*a", "!!python/object:x ",
    "|", ">", "%", "~", "null", "NO", "1:30", "1,5", "-1", "0", "9" * 30, "1e9", "0.00000001", "EUR", "XXX", "é", "\u2028",
    "…", "\ud7ff", "decline(x)", "refer()", "18-20", "70+", "..", "..0", "per hour", "of", "and", "not ", "(", ")", "((((((",
    " // 0", " ** 9", "__import__('os')", "lambda: 0", "[x for x in y]", "f'{x}'", "(x := 1)", "start", "gross", "@list",
    "0001-01-01T00:00", "9999-12-31", "2026-02-30", "Europe", "/etc/passwd", "{}", "[]", "? ", "---\n", "...\n", "<<: ",
]  # fmt: skip


def broken(text: str, chance: random.Random) -> str:
    """The text with some of its pieces cut, doubled, swapped, or something odd put in."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        cut = chance.choice([0, 0, 1, 3, 12, 60])
        put = (
            chance.choice(SNIPPETS)
            if chance.random() < 0.8
            else text[(there := chance.randrange(len(text))) : there + 40]
        )
        text = text[:at] + put + text[at + cut :]
    return text


def read(text: str, model: type[Part]) -> str:
    """How far a text comes: refused when read, when typed, when planned, or fit."""
    document = part = None
    findings: tuple[Finding, ...] | list[Finding] = ()
    try:
        document = read_text(text, "f")
        part = typed(document, model)
    except Unreadable as refused:
        findings = refused.findings
        end = "unread" if document is None else "untyped"
    else:
        end = "fit"
        if isinstance(part, Edition):
            plan, findings = plan_of(document, part)
            end = "fit" if plan else "unplanned"
    assert bool(findings) == (end != "fit")
    for finding in findings:
        assert finding.place.line > 0
        assert finding.place.column > 0
        assert "; expected " in finding.message
        assert "nput should" not in finding.message
    return end


class TestFuzzing:
    @pytest.mark.parametrize("file", FILES)
    def test_only_refuses_a_real_file_that_was_broken_somewhere(self, file: str) -> None:
        chance = random.Random(f"{SEED} {file}")
        text, model = (RULES / file).read_text(encoding="utf-8"), FILES[file]
        ends: dict[str, int] = {}
        for _ in range(400):
            hurt = broken(text, chance)
            began = time.perf_counter()
            end = read(hurt, model)
            assert time.perf_counter() - began < LIMIT
            ends[end] = ends.get(end, 0) + 1
        print(f"seed {SEED}, {file}: {ends}")  # noqa: T201 — what was provoked, for whoever reads the run
        assert {"unread", "untyped", "fit"} <= ends.keys()

    @settings(max_examples=200, deadline=1000, suppress_health_check=[HealthCheck.too_slow])
    @given(st.text(max_size=400), st.sampled_from(list(FILES)))
    def test_only_refuses_any_text(self, text: str, file: str) -> None:
        read(text, FILES[file])

    @settings(max_examples=200, deadline=1000)
    @given(
        st.recursive(
            st.text(alphabet="abc_ 0123456789.,+-%[]{}()EUR:", max_size=12),
            lambda inner: (
                st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef_", max_size=6), inner, max_size=4)
            ),
            max_leaves=20,
        ),
        st.sampled_from([key for key in Edition.model_fields if key not in ("raise_", "from_")]),
    )
    def test_only_refuses_any_shape_under_any_key_of_an_edition(self, value: object, key: str) -> None:
        # JSON is YAML's flow style, so that any tree can be put under any key.
        text = (RULES / VEHICLE).read_text(encoding="utf-8")
        lines = [line for line in text.split("\n") if not line.startswith(f"{key}:")]
        read("\n".join([*lines, f"{key}: {json.dumps(value, ensure_ascii=True)}"]), Edition)

    def test_a_folder_of_rubbish_is_told_and_never_raised(self, tmp_path: Path) -> None:
        folder = copied(tmp_path, "off_duty_vehicle")
        chance = random.Random(SEED)
        originals = {file: folder.text(file) for file in FILES}
        for number in range(25):
            file = list(FILES)[number % len(FILES)]
            hurt = bytes(chance.randrange(256) for _ in range(200)) if number % 5 == 0 else b""
            folder.write(file, hurt or broken(originals[file], chance).encode("utf-8", "replace"))
            began = time.perf_counter()
            folder.load()
            assert time.perf_counter() - began < LIMIT
            folder.write(file, originals[file])

    def test_names_every_file_that_nobody_reads(self, tmp_path: Path) -> None:
        folder: RuleFolder = copied(tmp_path, "off_duty_vehicle")
        strays = [
            "products/off_duty_vehicle/FR/2026-03-01.examples.yaml",
            "products/off_duty_vehicle/2026-01-01.yaml",
            "taxes/old/FR.yaml",
            "taxes/SE.yml",
        ]
        for file in strays:
            folder.write(file, "a: 1\n")
        found = [f.place.file for f in folder.load().findings if f.code == "stray"]
        assert sorted(found) == sorted(f"rules/{file}" for file in strays)
