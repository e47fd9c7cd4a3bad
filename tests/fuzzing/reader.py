"""Whatever stands in a rule file: findings come of it and nothing else, in no time and in little memory.

`examine` is what the tests ask, too. Run by hand, this looks for more with Atheris, Google's fuzzer for Python, which
follows the code that an input reaches. Atheris is no dependency; an environment to throw away has it:

    python3.11 -m venv /tmp/fuzzing && /tmp/fuzzing/bin/pip install atheris
    echo "import site; site.addsitedir('$PWD/.venv/lib/python3.11/site-packages')" > \
        /tmp/fuzzing/lib/python3.11/site-packages/project.pth
    /tmp/fuzzing/bin/python tests/fuzzing/reader.py -max_total_time=600

The Python of both must be the same. An input that is objected to is written to a file; its path behind the command
examines it alone. `-jobs` and the other options are libFuzzer's.
"""

from __future__ import annotations

import importlib
import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    with importlib.import_module("atheris").instrument_imports(include=["coverage.rulebook"]):
        importlib.import_module("coverage.rulebook.editions")

from coverage.rulebook.checking import check, check_examples, check_taxes, plan_of, unused_texts
from coverage.rulebook.format import Edition, ExampleFile, TaxFile, Texts
from coverage.rulebook.language.reading import Document, Finding, Unreadable, read_text
from coverage.rulebook.language.shape import Part, typed
from coverage.rulebook.planning.plan import Plan
from tests.rulebook.made_rules import EDITION, EXAMPLES, FRANCE, GERMANY, TEXTS, ZONES

RULES: Final = Path(__file__).parents[2] / "pricing_rules"
TARIFFS: Final = Path(__file__).parents[1] / "tariffs"
MODELS: Final[tuple[type[Part] | None, ...]] = (Edition, TaxFile, ExampleFile, Texts, None)  # None: a table's file
SECONDS: Final = 1.0
MEMORY: Final = 200 * 1024  # kB

# What a slip, or somebody hostile, puts into a file.
SNIPPETS: Final = [
    "", " ", "\n", "\t", "\x00", ":", ": ", "- ", "{", "}", "[", "]", ",", "'", '"', "#", "&a ", "*a", "!!python/object:x ",
    "|", ">", "%", "~", "null", "NO", "1:30", "1,5", "-1", "0", "9" * 30, "1e9", "0.00000001", "EUR", "XXX", "é", "\u2028",
    "…", "\ud7ff", "decline(x)", "refer()", "18-20", "70+", "..", "..0", "per hour", "of", "and", "not ", "(", ")", "((((((",
    " // 0", " ** 9", "__import__('os')", "lambda: 0", "[x for x in y]", "f'{x}'", "(x := 1)", "start", "gross", "@list",
    "0001-01-01T00:00", "9999-12-31", "2026-02-30", "Europe", "/etc/passwd", "{}", "[]", "? ", "---\n", "...\n", "<<: ",
    "02-29..02-29", "22:00-06:00", "[sat, sun]", "each_day", "sum(things.worth)", "count(things)", "50% of unused",
    "24h before start", "0.10 EUR up", "unlimited", "excess_of damage", "zones.csv", "marginal", "otherwise", "100d", "99999d",
    "term_days", "term_hours", "value", "0 EUR..9999999999999 EUR", "999999999999", "1000", "999%", "0.0001",
]  # fmt: skip


_WORDS: Final = re.compile(r"[\w.%+-]+")


def broken(text: str, chance: random.Random) -> str:
    """The text with some of its pieces cut, doubled, swapped, or something odd put in."""
    for _ in range(chance.randint(1, 3)):
        at, cut = chance.randrange(len(text) + 1), chance.choice([0, 0, 1, 3, 12, 60])
        there = chance.randrange(len(text) + 1)
        put = chance.choice(SNIPPETS) if chance.random() < 0.6 else text[there : there + 40]
        word = _WORDS.search(text, at)
        if word is not None and chance.random() < 0.7:
            # A word for a word: what stands there stays YAML, and means something else.
            at, cut = word.start(), len(word[0])
            other = _WORDS.search(text, there)
            figure = f"{word[0]}{chance.randint(0, 9)}" if word[0][-1].isdigit() else word[0][:-1]
            put = chance.choice([other[0] if other else "", chance.choice(SNIPPETS), figure, ""])
        text = text[:at] + put + text[at + cut :]
    return text


@cache
def _made() -> tuple[Document, Edition, Plan, dict[str, tuple[Document, TaxFile]]]:
    """The made product, beside which other files are read."""
    document = read_text(EDITION, "made")
    edition = typed(document, Edition)
    plan, _ = plan_of(document, edition, {"zones.csv": ZONES})
    if plan is None:
        raise AssertionError("the made product has faults")
    files = {"FR": read_text(FRANCE, "FR"), "DE": read_text(GERMANY, "DE")}
    return document, edition, plan, {country: (file, typed(file, TaxFile)) for country, file in files.items()}


def _said(document: Document, part: Part) -> tuple[str, list[Finding]]:
    """How far a file of the right shape comes, and all that is said of it."""
    made_document, made, plan, taxes = _made()
    match part:
        case Edition():
            found, findings = plan_of(document, part, {"zones.csv": ZONES})
            own = taxes if part.country in taxes else None
            return "fit" if found else "unplanned", [
                *findings,
                *check(document, part, found, own, {"en": None, "fr": None}),
            ]
        case TaxFile():
            beside = check(made_document, made, plan, {**taxes, "FR": (document, part)}, {"en": None, "fr": None})
            return "fit", [*check_taxes(document, part), *beside]
        case ExampleFile():
            return "fit", list(check_examples(document, part, made))
        case Texts():
            said = check(made_document, made, plan, taxes, {"en": part, "fr": part})
            return "fit", [*unused_texts(document, part, [(made, plan)]), *said]
    raise AssertionError(f"nobody reads {type(part)}")


def examine(text: str, model: type[Part] | None, seconds: float = SECONDS) -> str:
    """How far a text comes as a file of the `model`: refused when read, when typed, when planned, or fit.

    Raises whatever the reader and the checker raise that isn't their own fault, and `AssertionError` where they take
    more than `seconds`, grow by more than `MEMORY`, or say something that nobody could act on.
    """
    began, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    document: Document | None = None
    findings: Sequence[Finding] = ()
    end = "unread"
    try:
        if model is None:
            made_document, made, _, _ = _made()
            found, findings = plan_of(made_document, made, {"zones.csv": text})
            end = "fit" if found else "unplanned"
        else:
            document = read_text(text, "f")
            end = "untyped"
            end, findings = _said(document, typed(document, model))
    except Unreadable as refused:
        findings = refused.findings
    faults = [finding for finding in findings if not finding.warning]
    assert end == "fit" or faults, f"{end}, and nothing was said"
    for finding in findings:
        assert finding.place.line > 0 < finding.place.column
        assert "; expected " in finding.message, finding.message
        assert "nput should" not in finding.message, finding.message
    took = time.process_time() - began
    assert took < seconds, f"{took:.2f} s"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    assert grown < MEMORY, f"{grown // 1024} MB"
    return end


def seeds() -> list[tuple[int, str]]:
    """Right files to begin with, each with the number of its model."""
    found = [(0, EDITION), (1, FRANCE), (1, GERMANY), (2, EXAMPLES), (3, TEXTS), (4, ZONES)]
    for folder in (RULES, TARIFFS):
        for path in sorted(folder.rglob("*.yaml")):
            kind = (
                1
                if path.parent.name == "taxes"
                else 3
                if path.name.startswith("texts")
                else 2
                if "examples" in path.name
                else 0
            )
            found.append((kind, path.read_text(encoding="utf-8")))
    return found


def _examine_bytes(data: bytes) -> None:
    if data:
        # What is followed step by step takes several times as long.
        examine(data[1:].decode("utf-8", "replace"), MODELS[data[0] % len(MODELS)], seconds=8 * SECONDS)


def main() -> None:
    """Looks for inputs that are objected to, with libFuzzer's options."""
    atheris: Any = importlib.import_module("atheris")

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.3 or len(data) < 2:
            return bytes(atheris.Mutate(data, most))
        text = data[1:].decode("utf-8", "replace")
        return (data[:1] + broken(text, chance).encode("utf-8", "replace"))[:most]

    with tempfile.TemporaryDirectory() as folder:
        for number, (kind, text) in enumerate(seeds()):
            (Path(folder) / f"seed-{number}").write_bytes(bytes([kind]) + text.encode())
        # The fuzzer itself grows with every input; what an input takes is asked in `examine`.
        arguments = [sys.argv[0], folder, "-max_len=60000", "-rss_limit_mb=8000", "-timeout=60", *sys.argv[1:]]
        atheris.Setup(arguments, _examine_bytes, custom_mutator=mutated)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
