"""`coverage verify events`: that the log of events is whole, and as it was sealed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from coverage.commands.ending import ending_in_order, never_taken_for_faults
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say

if TYPE_CHECKING:
    from coverage.commands import Wiring

CANT_VERIFY: Final = 2
INSTANT: Final = "%Y-%m-%dT%H:%M:%SZ"
# As many as a person may want to read; all are counted.
TOLD_AT_MOST: Final = 1000


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands that verify what is kept."""
    verify = typer.Typer(no_args_is_help=True, help="Verify that what is kept is whole.")
    app.add_typer(verify, name="verify")

    @verify.callback()
    def group() -> None:
        pass

    @verify.command()
    def events(
        data: DataOption = None,
        anchor: Annotated[
            list[Path] | None,
            typer.Option(
                help="File of the anchor, or a copy. Given several times, they are read as one: the anchor that was put aside, and the one begun after it.",
                show_default="$SHARECOVER_ANCHOR or the data folder's",
            ),
        ] = None,
        anchor_from: Annotated[
            int | None,
            typer.Option(
                min=1, max=2**63 - 1, metavar="POSITION", show_default=False,
                help="The anchor was begun anew here on purpose: that it begins late is a warning then, and no fault.",
            ),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Answer one JSON object.")] = False,
    ) -> None:  # fmt: skip
        """Verify every event against its seal, and the seals against the anchor. It may run while the service does.

        Exit 0: all is as it was sealed. Exit 1: something isn't, and each place is named. Exit 2: it couldn't be verified,
        as where the database is away, the schema is another or a file can't be read.
        """
        # 1 says that somebody changed something; that is never to be said because the database was away.
        with (
            ending_in_order(),
            never_taken_for_faults(CANT_VERIFY),
            clear_errors(wired := wiring(), stopped=CANT_VERIFY),
        ):
            settings = wired.read_settings(data=data)
            for file in anchor or []:
                if not file.is_file():
                    raise WrongUse(f"there is no file {file}; name the anchor, or leave --anchor out")
            _events(wired, settings, anchor or [], anchor_from or 0, as_json)


def _events(wired: Wiring, settings: Any, anchors: list[Path], anchor_from: int, as_json: bool) -> None:
    faults: list[Any] = []

    def tell(fault: Any) -> None:
        if len(faults) < TOLD_AT_MOST:
            faults.append(fault)
            if not as_json:
                progress.console.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)

    began = time.monotonic()
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    # To a file or a pipe it would write an empty line and nothing else.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        verdict = wired.verify_events(
            settings, anchors, say, tell, lambda done, of: progress.update(task, completed=done, total=of),
            begun_anew_at=anchor_from,
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(_as_json(verdict, faults), indent=2))
    else:
        typer.echo(_in_words(verdict, time.monotonic() - began))
    if verdict.faults:
        raise typer.Exit(1)


def _in_words(verdict: Any, seconds: float) -> str:
    waiting = f"{verdict.waiting:,} {'waits for its seal' if verdict.waiting == 1 else 'wait for their seals'}"
    lines = [
        f"{_counted(verdict.verified, 'event')} verified in {seconds:.1f} s; {waiting}.",
        f"The log ends at position {verdict.head:,}, hash {verdict.hash.hex()}.",
    ]
    if verdict.anchored:
        first, behind = verdict.anchored_from, max(verdict.head - verdict.anchored, 0)
        reach = f"position {verdict.anchored:,} ({verdict.anchored_at:{INSTANT}})"
        if first.position != verdict.anchored:
            reach = f"from position {first.position:,} ({first.at:{INSTANT}}) to {reach}"
        lines.append(f"The anchor reaches {reach}, {behind:,} behind.")
    else:
        lines.append("The anchor holds nothing.")
    lines += [f"Warning: {warning}." for warning in verdict.warnings]
    if verdict.begun_late and not verdict.warnings:
        lines.append(
            "If an earlier anchor was put aside, name both, each with --anchor. "
            f"If this one was begun anew on purpose, say --anchor-from {verdict.anchored_from.position}."
        )
    sound = "All is as it was sealed, so far as the anchor vouches." if verdict.warnings else "All is as it was sealed."
    lines.append(f"{_counted(verdict.faults, 'fault')} found." if verdict.faults else sound)
    return "\n".join(lines)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else f'{noun}s'}"


def _as_json(verdict: Any, faults: list[Any]) -> dict[str, Any]:
    anchored = None
    if verdict.anchored:
        first = verdict.anchored_from
        anchored = {
            "from": {"position": first.position, "at": f"{first.at:{INSTANT}}"},
            "position": verdict.anchored,
            "at": f"{verdict.anchored_at:{INSTANT}}",
        }
    return {
        "verified": verdict.verified,
        "head": {"position": verdict.head, "hash": verdict.hash.hex()},
        "anchor": anchored,
        "waiting": verdict.waiting,
        "faults_found": verdict.faults,
        "faults": [_fields(fault) for fault in faults],
        "warnings": [_fields(warning) for warning in verdict.warnings],
    }


def _fields(fault: Any) -> dict[str, Any]:
    names = ("kind", "position", "until", "tenant_id", "fact_id", "line")
    return {name: getattr(fault, name) for name in names} | {"says": str(fault)}
