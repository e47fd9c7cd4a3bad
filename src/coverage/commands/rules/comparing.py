"""`coverage rules diff`: what changed from one edition to another, for people, for programs and for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from coverage.commands.rules.answering import (
    DEFAULT_RULES,
    WRONG_USE,
    JsonOption,
    RulesOption,
    StoppedByFaults,
    WrongUse,
    plural,
    print_json,
    refusals,
)
from coverage.rulebook.authoring.comparing import Change, Compared, changes, counted, read_compared
from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.language.notation import quoted
from coverage.rulebook.language.reading import Unreadable

DIFFERENT = 1
NOTHING = "—"
NAMED = {"tables": "table", "sections": "section", "inputs": "input", "derived": "derived value"}


def diff(
    old: Annotated[str, typer.Argument(help="An edition: its file, or off_duty_vehicle/FR/2026-01-01.")],
    new: Annotated[str, typer.Argument(help="The one to hold against it.")],
    rules: RulesOption = DEFAULT_RULES,
    markdown: Annotated[bool, typer.Option("--markdown", help="Answer as Markdown, for a pull request.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what changed from one edition to another: by table, band and choice, rule, section and step, not by line.

    Comments, blanks and spellings (1.60 for 1.6000) are no change. Neither edition needs to be for sale.

    Exit as `diff` does: 0 when nothing changed, 1 when something did, 2 when they can't be compared.
    """
    with refusals(as_json):
        if as_json and markdown:
            raise WrongUse("--json and --markdown ask for two answers; expected one of them")
        before, after = _edition(old, rules), _edition(new, rules)
        found = changes(before, after)
    if as_json:
        print_json(_plain(before, after, found))
    elif markdown:
        typer.echo("\n".join(_markdown(before, after, found)))
    else:
        _print(before, after, found)
    raise typer.Exit(DIFFERENT if found else 0)


def _edition(called: str, rules: Path) -> Compared:
    path = Path(called)
    if not path.is_file():
        path = rules / "products" / f"{called.removesuffix('.yaml')}.yaml"
    try:
        return read_compared(path, str(path))
    except FileNotFoundError:
        folder = rules / "products"
        known = [str(found.relative_to(folder).with_suffix("")) for found in sorted(folder.glob("*/*/[0-9]*.yaml"))]
        known = [name for name in known if not name.endswith(".examples")]
        raise WrongUse(f"there is no edition {quoted(called)}; expected a file, or {nearest(called, known)}") from None
    except OSError as error:
        raise WrongUse(f"{called} can't be read ({error.strerror}); expected an edition's file") from None
    except Unreadable as error:
        raise StoppedByFaults(error.findings, WRONG_USE) from None


# ------------------------------------------------------------------------------------------------ how it is told


def summary(before: Compared, after: Compared, found: Sequence[Change]) -> str:
    """The line that says it all: how many differences, and how many figures went up and down."""
    head = f"{before.identity} → {after.identity}"
    counts = counted(found)
    if not counts:
        return f"{head}: no difference" + (" but for how rows are cut" if found else "")
    parts = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    return f"{head}: {plural(sum(counts.values()), 'difference')} ({parts})"


def grouped(found: Sequence[Change]) -> Iterator[tuple[str, list[tuple[str, Change]]]]:
    """The differences under their headings, `table age` or `section liability`, each with what is left of its path."""

    def heading(change: Change) -> str:
        part, inside = change.path[0], change.path[1:]
        return f"{NAMED[part]} {inside[0]}" if part in NAMED and inside else part

    for name, members in groupby(found, heading):
        depth = 1 if " " not in name else 2
        yield name, [(", ".join(change.path[depth:]).replace("one_of, ", "choice "), change) for change in members]


def _move(change: Change) -> str:
    """What kind of difference it is, in a word or a percentage."""
    if change.percent is None:
        return {"changed": "", "same": "as before"}.get(change.kind, change.kind)
    return percent_text(change.percent)


def percent_text(percent: Decimal) -> str:
    """`+6.25 %`, `−10 %`."""
    return f"{'+' if percent > 0 else '−' if percent < 0 else ''}{f'{abs(percent):f}'.rstrip('0').rstrip('.')} %"


def _print(before: Compared, after: Compared, found: Sequence[Change]) -> None:
    console = Console()
    if found:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading, ratio in (("", 3), ("Old", 2), ("New", 2)):
            table.add_column(heading, ratio=ratio, overflow="fold")
        table.add_column("Change", justify="right", no_wrap=True)
        table.add_column("Line", justify="right", no_wrap=True, style="dim")
        for heading, members in grouped(found):
            if members[0][0]:
                table.add_row(f"[bold]{escape(heading)}[/]")
            for label, change in members:
                shown = Padding(escape(label), (0, 0, 0, 2)) if label else f"[bold]{escape(heading)}[/]"
                cells = (change.old or NOTHING, change.new or NOTHING, _move(change), _line(change))
                style = {"same": "dim", "removed": "red", "added": "green"}.get(change.kind, "")
                table.add_row(shown, *map(escape, cells), style=style)
        console.print(table)
    console.print(escape(summary(before, after, found)), style="bold", highlight=False, soft_wrap=True)


def _line(change: Change) -> str:
    """Where to look: the line of the new edition, or of the old one; in a table's file, the file's."""
    at = change.new_at or change.old_at
    if at is None:
        return ""
    return f"{Path(at.file).name}:{at.line}" if at.file.endswith(".csv") else str(at.line)


def _markdown(before: Compared, after: Compared, found: Sequence[Change]) -> Iterator[str]:
    yield f"**{_cell(summary(before, after, found))}**"
    if found:
        yield from ("", "| | Old | New | Change |", "| --- | --- | --- | ---: |")
    for heading, members in grouped(found):
        if members[0][0]:
            yield f"| **{_cell(heading)}** | | | |"
        for label, change in members:
            old, new = (f"`{_cell(text)}`" if text else NOTHING for text in (change.old, change.new))
            yield f"| {_cell(label) or f'**{_cell(heading)}**'} | {old} | {new} | {_move(change)} |"


def _cell(text: str) -> str:
    """A text that stays in its cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ").replace("`", "'")


def _plain(before: Compared, after: Compared, found: Sequence[Change]) -> dict[str, Any]:
    return {
        "old": before.identity,
        "new": after.identity,
        "counts": counted(found),
        "changes": [
            {
                "path": list(change.path),
                "kind": change.kind,
                "old": change.old,
                "new": change.new,
                "percent": str(change.percent) if change.percent is not None else None,
                "old_at": str(change.old_at) if change.old_at else None,
                "new_at": str(change.new_at) if change.new_at else None,
            }
            for change in found
        ],
    }
