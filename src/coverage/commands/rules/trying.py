"""`coverage rules test`: the worked prices beside each edition, tried; and what none of them touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from coverage.commands.rules.answering import (
    DEFAULT_RULES,
    FAULTS,
    JsonOption,
    LanguageOption,
    RulesOption,
    WrongUse,
    load_rules,
    plain,
    plural,
    print_json,
    refusals,
    words_for,
)
from coverage.commands.rules.steps import WayToPrice
from coverage.messages import Words
from coverage.rulebook.authoring.examples import Tried, try_all, untouched_by
from coverage.rulebook.editions import Library
from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.language.notation import quoted
from coverage.rulebook.language.reading import Finding
from coverage.rulebook.loaded import LoadedEdition


def try_examples(
    product: Annotated[str | None, typer.Argument(help="Only this product.")] = None,
    rules: RulesOption = DEFAULT_RULES,
    language: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the worked prices beside each edition; a failing one shows expected, got, and the way to the price.

    Each band, choice and condition that no worked price touches is listed, with what would touch it.

    Exit 0 when all agree and touch everything, 1 when they don't or the rules have faults.
    """
    with refusals(as_json):
        words = words_for(language)
        library = load_rules(rules)
        results = [Result(edition, list(try_all(edition))) for edition in _chosen(library, product)]
    if as_json:
        _print_json(results, library)
    else:
        _print_text(results, library, words)
    raise typer.Exit(FAULTS if library.faults or any(result.wrong for result in results) else 0)


def _chosen(library: Library, product: str | None) -> list[LoadedEdition]:
    editions = [edition for edition in library.editions if product in (None, edition.product)]
    broken = {finding.place.file.split("/products/")[-1].split("/")[0] for finding in library.faults}
    if product is not None and not editions and product not in broken:
        known = nearest(product, library.products())
        raise WrongUse(f"there is no product {quoted(product)}; expected {known}")
    return editions


@dataclass(frozen=True)
class Result:
    """An edition with its worked prices as they were tried."""

    edition: LoadedEdition
    tried: list[Tried]

    @cached_property
    def untouched(self) -> list[Finding]:
        return untouched_by(self.edition, self.tried)

    @property
    def wrong(self) -> bool:
        return bool(self.untouched) or not all(one.passed for one in self.tried)

    @property
    def summary(self) -> str:
        """`off_duty_vehicle/FR/2026-01-01: 37 of 37 worked prices agree`, and how much they leave untouched."""
        passed = f"{sum(one.passed for one in self.tried)} of {plural(len(self.tried), 'worked price')} agree"
        left = f"; {len(self.untouched)} untouched" if self.untouched else ""
        return f"{self.edition.identity}: {passed}{left}"


def _print_json(results: Sequence[Result], library: Library) -> None:
    tried: dict[str, Any] = {
        result.edition.identity: [
            {"name": t.name, "at": str(t.place), "passed": t.passed,
             "differences": [{"what": d.what, "expected": d.expected, "got": d.got} for d in t.differences]}
            for t in result.tried
        ]
        for result in results
    }  # fmt: skip
    untouched = [plain(finding) for result in results for finding in result.untouched]
    print_json({"editions": tried, "untouched": untouched, "faults": [plain(fault) for fault in library.faults]})


def _print_text(results: Sequence[Result], library: Library, words: Words) -> None:
    for result in results:
        typer.echo(result.summary)
    for result in results:
        for one in result.tried:
            if not one.passed:
                _print_failure(one, result.edition, words)
    for finding in [found for result in results for found in result.untouched]:
        typer.echo(finding)
    for finding in library.faults:
        typer.echo(finding)


def _print_failure(tried: Tried, edition: LoadedEdition, words: Words) -> None:
    console = Console()
    console.print(f"\n{escape(str(tried.place))}: [bold red]{escape(tried.name)}[/]", highlight=False, soft_wrap=True)
    for difference in tried.differences:
        console.print(
            f"  {escape(difference.what)}: expected {escape(difference.expected)}, got [bold]{escape(difference.got)}[/]",
            highlight=False,
            soft_wrap=True,
        )
    if tried.explanation:
        WayToPrice(words, edition).print_on(console, tried.explanation)
