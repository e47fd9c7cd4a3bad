"""`coverage rules check`: everything that is wrong with the rules, for people, for programs and for code review."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from coverage.commands.rules.answering import (
    DEFAULT_RULES,
    FAULTS,
    JsonOption,
    RulesOption,
    WrongUse,
    load_rules,
    plain,
    plural,
    print_json,
    refusals,
)
from coverage.rulebook.authoring.sarif import sarif_log
from coverage.rulebook.editions import Library


class Format(StrEnum):
    """How the findings are told."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def check(
    rules: RulesOption = DEFAULT_RULES,
    form: Annotated[
        Format, typer.Option("--format", help="For people, for programs, or for code review (SARIF 2.1.0).")
    ] = Format.TEXT,
    as_json: JsonOption = False,
) -> None:
    """Say everything that is wrong with the rules, each with its file, line and column.

    Exit 0 when there are no faults (warnings may be), 1 when there are.
    """
    with refusals(as_json or form is Format.JSON):
        if as_json and form is Format.SARIF:
            raise WrongUse("--json and --format sarif ask for two answers; expected one of them")
        library = load_rules(rules)
        match Format.JSON if as_json else form:
            case Format.TEXT:
                _print_text(library)
            case Format.JSON:
                warnings = [plain(finding) for finding in library.findings if finding.warning]
                editions = [edition.identity for edition in library.editions]
                print_json({"editions": editions, "faults": [plain(f) for f in library.faults], "warnings": warnings})
            case Format.SARIF:
                print_json(sarif_log(library.findings, Path.cwd()))
    raise typer.Exit(FAULTS if library.faults else 0)


def _print_text(library: Library) -> None:
    for finding in library.findings:
        typer.echo(finding)
    faults, warnings = len(library.faults), len(library.findings) - len(library.faults)
    typer.echo(
        f"{plural(len(library.editions), 'edition')} fit for sale, {plural(faults, 'fault')}, "
        f"{plural(warnings, 'warning')}"
    )
