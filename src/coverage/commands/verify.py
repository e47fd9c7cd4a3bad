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

from coverage.commands.ending import ending_in_order
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say

if TYPE_CHECKING:
    from coverage.commands import Wiring

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
            Path | None,
            typer.Option(help="File of the anchor, or a copy.", show_default="$SHARECOVER_ANCHOR or the data folder's"),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Answer one JSON object.")] = False,
    ) -> None:
        """Verify every event against its seal, and the seals against the anchor. Exit 1 names what isn't as it was.

        It may run while the service does.
        """
        with ending_in_order(), clear_errors(wired := wiring()):
            settings = wired.read_settings(data=data)
            if anchor is not None and not anchor.is_file():
                raise WrongUse(f"there is no file {anchor}; name the anchor, or leave --anchor out")
            _events(wired, settings, anchor, as_json)


def _events(wired: Wiring, settings: Any, anchor: Path | None, as_json: bool) -> None:
    faults: list[Any] = []

    def tell(fault: Any) -> None:
        if len(faults) < TOLD_AT_MOST:
            faults.append(fault)
            if not as_json:
                progress.console.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)

    began = time.monotonic()
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        verdict = wired.verify_events(
            settings, anchor, say, tell, lambda done, of: progress.update(task, completed=done, total=of)
        )
    if as_json:
        typer.echo(json.dumps(_as_json(verdict, faults), indent=2))
    else:
        typer.echo(_in_words(verdict, time.monotonic() - began))
    if verdict.faults:
        raise typer.Exit(1)


def _in_words(verdict: Any, seconds: float) -> str:
    lines = [
        f"{verdict.verified:,} events verified in {seconds:.1f} s; {verdict.waiting:,} wait for their seals.",
        f"The log ends at position {verdict.head:,}, hash {verdict.hash.hex()}.",
    ]
    if verdict.anchored:
        behind = max(verdict.head - verdict.anchored, 0)
        lines.append(
            f"The anchor reaches position {verdict.anchored:,} ({verdict.anchored_at:%Y-%m-%dT%H:%M:%SZ}), {behind:,} behind."
        )
    else:
        lines.append("The anchor holds nothing.")
    lines.append(f"{verdict.faults:,} faults found." if verdict.faults else "All is as it was sealed.")
    return "\n".join(lines)


def _as_json(verdict: Any, faults: list[Any]) -> dict[str, Any]:
    anchored = None
    if verdict.anchored:
        anchored = {"position": verdict.anchored, "at": f"{verdict.anchored_at:%Y-%m-%dT%H:%M:%SZ}"}
    fields = ("kind", "position", "until", "tenant_id", "fact_id", "line")
    return {
        "verified": verdict.verified,
        "head": {"position": verdict.head, "hash": verdict.hash.hex()},
        "anchor": anchored,
        "waiting": verdict.waiting,
        "faults_found": verdict.faults,
        "faults": [{field: getattr(fault, field) for field in fields} | {"says": str(fault)} for fault in faults],
    }
