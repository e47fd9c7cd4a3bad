"""`coverage rules test`: the worked prices beside each edition, tried; and what none of them touches."""

from __future__ import annotations

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
    print_json,
    refusals,
    words_for,
)
from coverage.commands.rules.steps import WayToPrice
from coverage.messages import Words
from coverage.rulebook.editions import Library, LoadedEdition
from coverage.rulebook.examples import Tried, try_all
from coverage.rulebook.expressions import nearest
from coverage.rulebook.notation import quoted


def try_examples(
    product: Annotated[str | None, typer.Argument(help="Only this product.")] = None,
    rules: RulesOption = DEFAULT_RULES,
    language: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the worked prices beside each edition; a failing one shows expected, got, and the way to the price.

    Exit 0 when all agree, 1 when one doesn't or the rules have faults.
    """
    with refusals(as_json):
        words = words_for(language)
        library = load_rules(rules)
        tried = {edition.identity: (edition, list(try_all(edition))) for edition in _chosen(library, product)}
    failed = [one for _, all_of in tried.values() for one in all_of if not one.passed]
    if as_json:
        _print_json(tried, library)
    else:
        _print_text(tried, library, words)
    raise typer.Exit(FAULTS if failed or library.faults else 0)


def _chosen(library: Library, product: str | None) -> list[LoadedEdition]:
    editions = [edition for edition in library.editions if product in (None, edition.product)]
    broken = {finding.place.file.split("/products/")[-1].split("/")[0] for finding in library.faults}
    if product is not None and not editions and product not in broken:
        known = nearest(product, library.products())
        raise WrongUse(f"there is no product {quoted(product)}; expected {known}")
    return editions


Results = dict[str, tuple[LoadedEdition, list[Tried]]]


def _print_json(tried: Results, library: Library) -> None:
    results: dict[str, Any] = {
        identity: [
            {"name": t.name, "at": str(t.place), "passed": t.passed,
             "differences": [{"what": d.what, "expected": d.expected, "got": d.got} for d in t.differences]}
            for t in all_of
        ]
        for identity, (_, all_of) in tried.items()
    }  # fmt: skip
    print_json({"editions": results, "faults": [plain(fault) for fault in library.faults]})


def _print_text(tried: Results, library: Library, words: Words) -> None:
    for identity, (_, all_of) in tried.items():
        typer.echo(f"{identity}: {sum(one.passed for one in all_of)} of {len(all_of)} worked prices agree")
    for edition, all_of in tried.values():
        for one in all_of:
            if not one.passed:
                _print_failure(one, edition, words)
    for finding in library.faults:
        typer.echo(finding)


def _print_failure(tried: Tried, edition: LoadedEdition, words: Words) -> None:
    console = Console()
    console.print(f"\n{escape(str(tried.place))}: [bold red]{escape(tried.name)}[/]", highlight=False)
    for difference in tried.differences:
        console.print(
            f"  {escape(difference.what)}: expected {escape(difference.expected)}, got [bold]{escape(difference.got)}[/]",
            highlight=False,
        )
    if tried.explanation:
        WayToPrice(words, edition).print_on(console, tried.explanation)
