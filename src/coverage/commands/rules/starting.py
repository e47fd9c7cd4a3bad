"""`coverage rules new`: a new product's first files, and what comes next."""

from __future__ import annotations

import shlex
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from coverage.commands.rules.answering import (
    DEFAULT_RULES,
    JsonOption,
    RulesOption,
    Wrong,
    WrongUse,
    load_rules,
    print_json,
    program,
    refusals,
)
from coverage.rulebook.authoring.starting import Start, Unstartable, start
from coverage.rulebook.language.notation import Misread
from coverage.rulebook.language.shape import day


def new(
    product: Annotated[str, typer.Argument(help="The product's name, such as bike_hire.")],
    country: Annotated[str, typer.Option(help="Where it is sold. taxes/COUNTRY.yaml must be there.")] = "FR",
    effective: Annotated[
        str | None, typer.Option(help="The first day of its edition.", show_default="the first of next month")
    ] = None,
    rules: RulesOption = DEFAULT_RULES,
    as_json: JsonOption = False,
) -> None:
    """Begin a product: a commented edition, its worked prices and its texts, which pass `check` and `test` at once.

    Every figure and word in them is a placeholder, and nothing is sold until you take `sale: stopped` out.

    Exit 0 when the files are written, 2 when they can't be; nothing that is there is ever written over.
    """
    with refusals(as_json):
        library = load_rules(rules)
        try:
            begun = start(product, country, library.taxes, _first_day(effective))
        except Unstartable as error:
            raise WrongUse(str(error)) from None
        folder = rules / begun.folder
        _write(folder, begun)
    following = _following(product, begun, rules)
    if as_json:
        print_json({"files": [str(folder / name) for name in begun.files], "next": following})
        return
    typer.echo(f"Written to {folder}:\n" + "\n".join(f"  {name}" for name in begun.files))
    typer.echo("\nEvery figure and word is a placeholder, and nothing is sold yet. What comes next:")
    for number, step in enumerate(following, start=1):
        typer.echo(f"  {number}. {step}")


def _first_day(effective: str | None) -> date:
    if effective is None:
        today = datetime.now(UTC).date()
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    try:
        return day(effective)
    except Misread as error:
        raise WrongUse(Wrong(str(error), "--effective")) from None


def _write(folder: Path, begun: Start) -> None:
    """Writes the files into a folder of their own; raises `WrongUse` where there is something already."""
    if folder.exists():
        raise WrongUse(
            f"{folder} is there already; expected a product that isn't. For a new edition copy the last one and its "
            f"worked prices to the new first day"
        )
    try:
        folder.mkdir(parents=True)
        for name, text in begun.files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongUse(f"{folder} can't be written ({error.strerror}); expected a folder that can be") from None


def _following(product: str, begun: Start, rules: Path) -> list[str]:
    where = [] if rules == DEFAULT_RULES else ["--rules", str(rules)]
    asked = ["price", product, *begun.given, "--start", begun.starts, "--end", begun.ends]
    commands = [
        f"{program()} {shlex.join(['rules', *words, *where])}" for words in (["check"], ["test", product], asked)
    ]
    confirmed = (
        f"Replace each figure and word with yours; have the tax class confirmed (it is {begun.tax_class} now); work the "
        "prices by hand again."
    )
    return [*commands, confirmed, "Take `sale: stopped` out of the edition."]
