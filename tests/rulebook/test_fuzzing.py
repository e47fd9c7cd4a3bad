"""Whatever bytes stand in a rule file: findings come of it and nothing else, in no time. More is looked for by hand,
with `tests/fuzzing/reader.py`.
"""

from __future__ import annotations

import gc
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage.rulebook.format import Edition, ExampleFile, TaxFile, Texts
from coverage.rulebook.language.shape import Part
from tests.fuzzing.reader import SECONDS, broken, examine, seeds
from tests.rulebook.made_rules import EDITION, EXAMPLES, FRANCE, MADE, MADE_ZONES, TEXTS, ZONES, made
from tests.rulebook.rule_files import FRANCE as FRANCE_FILE
from tests.rulebook.rule_files import VEHICLE, VEHICLE_EXAMPLES, VEHICLE_TEXTS, RuleFolder, copied

SEED = 20_260_101
# How long an example takes tells how busy the machine is; how long the processor takes is asked in `examine`.
unhurried = settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FILES: dict[str, tuple[str, type[Part] | None]] = {
    "edition": (EDITION, Edition),
    "taxes": (FRANCE, TaxFile),
    "examples": (EXAMPLES, ExampleFile),
    "texts": (TEXTS, Texts),
    "table": (ZONES, None),
}

# Of an expression: names, figures and signs, in any order.
WORDS = [
    "seats", "value", "total", "things", "area", "size", "bonus", "term_days", "weekend", "opening", "daily", "not", "and",
    "or", "in", "(", ")", "[", "]", "<", "<=", "==", "!=", "+", "-", "*", "//", "min(", "max(", ",", "sum(things.worth)",
    "count(things)", "1", "-3", "2.5", "0", "12 EUR", "'small'", '"75"', "['small']",
]  # fmt: skip


class TestExamining:
    @pytest.mark.parametrize("file", FILES)
    def test_only_refuses_a_right_file_that_was_broken_somewhere(self, file: str) -> None:
        chance = random.Random(f"{SEED} {file}")
        text, model = FILES[file]
        ends: dict[str, int] = {}
        for _ in range(75):
            end = examine(broken(text, chance), model)
            ends[end] = ends.get(end, 0) + 1
        print(f"seed {SEED}, {file}: {ends}")  # noqa: T201 — what was provoked, for whoever reads the run
        assert ({"unread", "untyped", "fit"} if model else {"unplanned", "fit"}) <= ends.keys()

    def test_only_refuses_the_projects_own_files_broken_somewhere(self) -> None:
        chance = random.Random(SEED)
        models = (Edition, TaxFile, ExampleFile, Texts, None)
        ends: dict[str, int] = {}
        for kind, text in seeds():
            for _ in range(8):
                end = examine(broken(text, chance), models[kind])
                ends[end] = ends.get(end, 0) + 1
        print(f"seed {SEED}: {ends}")  # noqa: T201 — as above
        assert {"unread", "untyped", "fit"} <= ends.keys()

    @unhurried
    @given(st.text(max_size=400), st.sampled_from(list(FILES)))
    def test_only_refuses_any_text(self, text: str, file: str) -> None:
        examine(text, FILES[file][1])

    @unhurried
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
        lines = [line for line in EDITION.split("\n") if not line.startswith(f"{key}:")]
        examine("\n".join([*lines, f"{key}: {json.dumps(value, ensure_ascii=True)}"]), Edition)

    @unhurried
    @given(
        st.sampled_from(["- refer: seats > 7", "when: driving < 3}", "rising:   value + total", "when: trailer\n"]),
        st.lists(
            st.sampled_from(WORDS),
            min_size=1,
            max_size=12,
        ),
    )
    def test_only_refuses_any_expression(self, place: str, words: list[str]) -> None:
        head = place[: place.index(":") + 1]
        tail = place[-1] if place[-1] in "}\n" else ""
        quoted = json.dumps(" ".join(words)).replace("\\n", " ")
        examine(EDITION.replace(place, f"{head} {quoted}{tail}"), Edition)


HOSTILE = {
    "a bomb of anchors": "\n".join(
        ["l0: &l0 [ha]", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10))]
    ),
    "a key that stands twice": EDITION + "country: FR\n",
    "an object of Python": EDITION.replace("country: FR", "country: !!python/object/apply:os.system [id]"),
    "a country that YAML takes for no": EDITION.replace("territory: [FR, DE]", "territory: [FR, NO]"),
    "a file too large": EDITION + "#" * 300_000,
    "brackets without end": EDITION + "x: " + "[" * 100_000,
    "a number without end": EDITION.replace("seats > 7", "seats > " + "9" * 300),
    "a pattern that explodes": EDITION.replace(
        '"[0-9]{5}"', '"(a+)+b", default: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"'
    ),
}


HEAD = """product: made
country: FR
effective: 2026-01-01T00:00
currency: EUR
timezone: Europe/Paris
term: {min: 1h, max: 3650d, book_ahead: 60d}
quote: {valid_for: 24h}
parties: {policyholder: member}
territory: [FR]
"""
COVER = "    tax: other\n    limit: {amount: 1 EUR, per: event}\n    premium:\n"
ONE = f"sections:\n  one:\n{COVER}"
MONEY = "inputs: {v: {money: 0 EUR..9000 EUR}}\n"


def lines(count: int, line: str) -> str:
    return "".join(line.replace("{i}", str(i)).replace("{before}", str(i - 1)) for i in range(1, count + 1))


# Right editions that are as large as a file may be, and ask for as much as can be asked.
LARGE = {
    "a table of 9,000 rows": f"{MONEY}tables: {{t: {{by: v, from: {{0 EUR: 1, {', '.join(f'{i} EUR: 1.{i:04}' for i in range(1, 9000))}}}}}}}\n{ONE}      - base: 1% of v\n      - times: t\n",
    "1,800 sections": MONEY + "sections:\n" + lines(1800, f"  s{{i}}:\n{COVER}      - base: 1% of v per day\n"),
    "3,000 rules": MONEY + "eligibility:\n" + lines(3000, "  - decline: v > {i} EUR and term_days > 3\n    code: c{i}\n") + ONE + "      - base: 1% of v\n",
    "8,000 derived values, each of the one before": f"{MONEY}derived:\n  d0: v\n{lines(8000, '  d{i}: d{before}' + chr(10))}{ONE}      - base: 1% of d8000\n",
    "2,000 conditions, each of the one before": f"{MONEY}derived:\n  b0: v > 3 EUR\n{lines(2000, '  b{i}: not b{before}' + chr(10))}{ONE}      - base: 1 EUR\n{lines(2000, '      - {plus: 1 EUR, when: b{i}}' + chr(10))}",
    "300 inputs of money": f"inputs:\n{lines(300, '  v{i}: {money: 0 EUR..100 EUR}' + chr(10))}{ONE}      - base: 1 EUR\n{lines(300, '      - plus: 1% of v{i}' + chr(10))}",
    "prices that fall everywhere": f"{MONEY}tables: {{t: {{by: v, from: {{{', '.join(f'{i} EUR: {1 + i % 2}' for i in range(4000))}}}}}}}\nsections:\n" + lines(60, f"  s{{i}}:\n{COVER}      - base: 1% of v\n      - times: t\n      - minus: 0.0{{i}} EUR per hour\n"),
}  # fmt: skip


class TestLarge:
    @pytest.mark.parametrize("name", LARGE)
    def test_is_checked_in_bounded_time_and_memory(self, name: str) -> None:
        # Twice the second that anything else may take: these are a quarter of a megabyte.
        assert examine(HEAD + LARGE[name], Edition, seconds=2 * SECONDS) == "fit"


@pytest.fixture
def own_heap() -> Iterator[None]:
    """Whatever other tests left in memory is looked through neither for garbage nor on the reader's time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("own_heap")
class TestHostile:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_is_told_at_once_and_at_its_line(self, name: str, tmp_path: Path) -> None:
        folder = made(tmp_path)
        folder.write(MADE, HOSTILE[name])
        began = time.thread_time()
        findings = folder.load().findings
        assert time.thread_time() - began < SECONDS
        # Norway is a country like any other: nothing is taken for no.
        faults = [finding for finding in findings if not finding.warning]
        assert bool(faults) is (name != "a country that YAML takes for no")
        lines = {finding.place.line for finding in faults if finding.place.file == f"rules/{MADE}"}
        assert lines <= set(range(1, HOSTILE[name].count("\n") + 2))
        assert bool(lines) is bool(faults)

    def test_a_folder_of_rubbish_is_told_and_never_raised(self, tmp_path: Path) -> None:
        folder = copied(tmp_path, "off_duty_vehicle")
        chance = random.Random(SEED)
        files = (VEHICLE, FRANCE_FILE, VEHICLE_EXAMPLES, VEHICLE_TEXTS)
        originals = {file: folder.text(file) for file in files}
        for number in range(25):
            file = files[number % len(files)]
            hurt = bytes(chance.randrange(256) for _ in range(200)) if number % 5 == 0 else b""
            folder.write(file, hurt or broken(originals[file], chance).encode("utf-8", "replace"))
            began = time.thread_time()
            folder.load()
            assert time.thread_time() - began < SECONDS
            folder.write(file, originals[file])

    @pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"area,cell\n\x00,1\n", b"area,cell\n" + b"75,1.2\n" * 200_000])
    def test_a_tables_file_of_rubbish_is_told(self, tmp_path: Path, raw: bytes) -> None:
        folder = made(tmp_path)
        folder.write(MADE_ZONES, raw)
        began = time.thread_time()
        assert folder.load().faults
        assert time.thread_time() - began < SECONDS

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
