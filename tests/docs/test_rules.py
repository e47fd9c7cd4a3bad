"""docs/rules.md: every example is an edition that the checker takes and that costs what the page says."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from coverage.domain.period import Period, local_day
from coverage.rulebook.admission import admit, check_term, read_written
from coverage.rulebook.authoring.reference import MARK, with_keys
from coverage.rulebook.editions import load
from coverage.rulebook.format import Texts
from coverage.rulebook.language.reading import read_text
from coverage.rulebook.language.shape import instant, typed
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.running.scalar import Decision

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "rules.md"
SATURDAY = "2026-02-07T08:00+01:00"
# What an edition on a page lacks, and a file beside others would have.
NOT_ON_THE_PAGE = {"no_examples", "no_text"}

PRICED = re.compile(
    r"\* `(?P<count>\d+) (?P<unit>hour|day)s?(?: from (?P<start>\S+))?(?:, (?P<given>.*?))?`: (?P<expected>[^:]*)"
)


@dataclass
class Example:
    """A block of the page: YAML, the CSV file before it, and the prices that are told below it."""

    line: int
    text: str
    files: dict[str, str]
    priced: list[re.Match[str]] = field(default_factory=list)


def examples(page: str) -> list[Example]:
    found: list[Example] = []
    files: dict[str, str] = {}
    for match in re.finditer(r"^```(\w+) ?(\S*)\n((?:.|\n)*?)^```$|^\* `\d.*$", page, re.MULTILINE):
        line = page.count("\n", 0, match.start()) + 1
        if match[1] == "csv":
            files = {match[2]: match[3]}
        elif match[1] == "yaml" and not match[2]:
            found.append(Example(line, match[3], files))
            files = {}
        elif match[0].startswith("*"):
            priced = PRICED.fullmatch(match[0])
            assert priced, f"line {line} can't be read: {match[0]}"
            found[-1].priced.append(priced)
    return found


def laid_over(below: Any, above: Any) -> Any:
    """`above` in place of what stands below, key by key; only the inputs of a risk are replaced whole."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {
        key: above[key] if key in ("inputs", "limit", "deductible") and key in above
        else laid_over(below[key], above[key]) if key in below and key in above
        else above.get(key, below.get(key))
        for key in (*below, *(key for key in above if key not in below))
    }  # fmt: skip


EXAMPLES = examples(PAGE.read_text(encoding="utf-8"))


def loaded(folder: Path, example: Example) -> tuple[LoadedEdition, list[str]]:
    """The example as an edition in a folder of rules, and what the checker says of it."""
    base = read_text(EXAMPLES[0].text, "page").plain()
    text = example.text
    if example is not EXAMPLES[0]:
        text = yaml.safe_dump(laid_over(base, read_text(text, "page").plain()), sort_keys=False, allow_unicode=True)
    beside = folder / "products" / "lent_tool" / "FR"
    beside.mkdir(parents=True)
    shutil.copytree(PROJECT / "pricing_rules" / "taxes", folder / "taxes")
    (beside / "2026-01-01.yaml").write_text(text, encoding="utf-8")
    for name, content in example.files.items():
        (beside / name).write_text(content, encoding="utf-8")
    library = load(folder, "rules")
    said = [
        str(f) for f in library.findings if f.code not in NOT_ON_THE_PAGE and f.place.file.startswith("rules/products")
    ]
    assert library.drafts, said
    return library.drafts[0], said


def decided(edition: LoadedEdition, priced: re.Match[str]) -> Decision:
    start = instant(priced["start"] or SATURDAY).astimezone(UTC)
    period = Period(start, start + timedelta(**{f"{priced['unit']}s": int(priced["count"])}))
    asked_at: datetime = start - timedelta(days=1)
    given = dict(pair.split("=", 1) for pair in (priced["given"] or "").split(", ") if pair)
    check_term(edition.rules, period, asked_at)
    facts = admit(edition.rules, given, period, asked_at, read_written).facts
    return edition.compiled(edition.taxes_on(local_day(asked_at, edition.rules.timezone))).decide(facts)


def told(decision: Decision) -> set[str]:
    """Everything that a line may say of a decision."""
    words = {f"{decision.outcome} {', '.join(decision.reasons)}"} if decision.reasons else set()
    words |= {f"unavailable {found.code}" for found in decision.unavailable}
    premium = decision.premium
    if premium is not None:
        figures = {"net": premium.net, "taxes": premium.tax_total, "fees": premium.fee_total, "gross": premium.gross}
        figures |= {section.name: section.net for section in premium.sections}
        words |= {f"{name} {cents // 100}.{cents % 100:02} EUR" for name, cents in figures.items()}
    return words


class TestRulesPage:
    @pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
    def test_every_example_passes_the_checker_and_costs_what_the_page_says(
        self, tmp_path: Path, example: Example
    ) -> None:
        edition, said = loaded(tmp_path / "rules", example)
        assert said == []
        for priced in example.priced:
            decision = decided(edition, priced)
            for words in priced["expected"].split(", "):
                name, _, figure = words.partition(" ")
                if figure == "none":
                    assert decision.premium is not None
                    assert name not in {section.name for section in decision.premium.sections}
                else:
                    assert words in told(decision), priced[0]

    def test_the_texts_can_be_read(self) -> None:
        (found,) = re.findall(r"^```yaml texts\n((?:.|\n)*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        assert typed(read_text(found, "page"), Texts).product.name == "Lent tool"

    def test_most_examples_tell_a_price(self) -> None:
        assert len(EXAMPLES) > 20
        assert sum(bool(example.priced) for example in EXAMPLES) > 15

    def test_the_tables_of_keys_are_those_of_the_format(self) -> None:
        page = PAGE.read_text(encoding="utf-8")
        assert len(MARK.findall(page)) > 12
        assert with_keys(page) == page, "write them anew: python -m tests.docs.test_rules"


if __name__ == "__main__":
    PAGE.write_text(with_keys(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
