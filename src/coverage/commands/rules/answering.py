"""How each command about the rules is asked and answers: its options, its exit codes, wrong use told as asked."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand

from coverage.messages import LANGUAGES, Words, terminal_language
from coverage.rulebook.editions import Library, load
from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.language.notation import quoted
from coverage.rulebook.language.reading import Finding

RulesOption = Annotated[Path, typer.Option(help="The folder of the rules.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
LanguageOption = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(LANGUAGES),
        help="The language of the way to a price.",
        show_default="the terminal's own, from LC_ALL or LANG; else en",
    ),
]
DEFAULT_RULES: Final = Path("pricing_rules")

FAULTS, WRONG_USE = 1, 2


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing wrong with what was asked: `at` names the input, option or argument that holds it."""

    message: str
    at: str = ""
    code: str = "wrong_use"


class WrongUse(Exception):
    """What was asked can't be answered as it stands: exit 2, with everything that is wrong with it."""

    def __init__(self, *wrongs: Wrong | str) -> None:
        self.wrongs = tuple(Wrong(wrong) if isinstance(wrong, str) else wrong for wrong in wrongs)
        super().__init__("; ".join(wrong.message for wrong in self.wrongs))


class StoppedByFaults(Exception):
    """The rules that the answer needs are broken: what is broken, and the exit code that says so."""

    def __init__(self, findings: Sequence[Finding], exit_code: int = FAULTS) -> None:
        self.findings, self.exit_code = tuple(findings), exit_code
        super().__init__("\n".join(map(str, findings)))


@contextmanager
def refusals(as_json: bool) -> Iterator[None]:
    """Tells a refusal as the answer was asked for: lines on stderr, or an object with `errors` on stdout."""
    try:
        yield
    except WrongUse as refusal:
        _tell(
            [f"{wrong.at}: {wrong.message}" if wrong.at else wrong.message for wrong in refusal.wrongs],
            [{"at": wrong.at, "code": wrong.code, "message": wrong.message} for wrong in refusal.wrongs],
            as_json=as_json,
        )
        raise typer.Exit(WRONG_USE) from None
    except StoppedByFaults as refusal:
        _tell(map(str, refusal.findings), [plain(finding) for finding in refusal.findings], as_json=as_json)
        raise typer.Exit(refusal.exit_code) from None


def _tell(lines: Iterator[str] | list[str], errors: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"errors": errors})
        return
    for line in lines:
        typer.echo(line, err=True)


class JsonRefusing(TyperCommand):
    """A command that tells an option it doesn't know, or misses, as JSON too where `--json` stands beside it."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        asked_as_json = "--json" in args  # before the parser takes the list apart
        try:
            return super().make_context(info_name, args, parent, **extra)
        except typer.TyperException as error:
            if not asked_as_json:
                raise
            print_json({"errors": [{"at": "", "code": "wrong_use", "message": error.format_message()}]})
            raise typer.Exit(error.exit_code) from None


def load_rules(rules: Path) -> Library:
    """The library in the folder `rules`; raises `WrongUse` where there is no such folder."""
    if not rules.is_dir():
        raise WrongUse(f"there is no folder {rules}; expected the rules' folder in --rules")
    return load(rules, str(rules))


def program() -> str:
    """How the commands are called here, as it is typed: by the script of a checkout, or by name where it is installed."""
    script = Path(__file__).parents[4] / "dev"
    if not script.is_file():
        return "coverage"
    return f"{'./dev' if Path.cwd() == script.parent else shlex.quote(str(script))} run"


def words_for(language: str | None) -> Words:
    """The words of `language`, or of the terminal's where none is asked for; raises `WrongUse`."""
    wanted = language or terminal_language(os.environ)
    if wanted not in LANGUAGES:
        raise WrongUse(Wrong(f"{quoted(wanted)}; expected {nearest(wanted, LANGUAGES)}", "--language"))
    return Words(wanted)


def plain(finding: Finding) -> dict[str, Any]:
    """A finding as JSON carries it."""
    return {
        "path": finding.place.file, "line": finding.place.line, "column": finding.place.column,
        "code": finding.code, "message": finding.message,
    }  # fmt: skip


def print_json(value: Any) -> None:
    """Prints `value` as JSON for people and programs alike: indented, no letter escaped."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def plural(count: int, noun: str) -> str:
    """`1 fault`, `2 faults`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
