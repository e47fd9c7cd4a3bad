"""`coverage outbox list | retry`: what waits to be done, what was set aside, and another chance for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coverage.commands.ending import ending_in_order
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say, tell

if TYPE_CHECKING:
    from coverage.commands import Wiring
    from coverage.operations.redriving import JobSeen

STATES = ("waiting", "running", "set_aside", "done")

JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands about the outbox."""
    outbox = typer.Typer(no_args_is_help=True, help="See the work that facts caused, and give another chance to it.")
    app.add_typer(outbox, name="outbox")

    @outbox.command("list")
    def list_jobs(
        state: Annotated[
            list[str] | None,
            typer.Option(
                # One name: joined by bars they are one word, which a terminal breaks in the midst of a state.
                metavar="STATE", help=f"Only jobs in this state: {', '.join(STATES)}. May be given several times.",
                show_default="all but done",
            ),
        ] = None,
        limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most, the oldest first.")] = 100,
        as_json: JsonOption = False,
        data: DataOption = None,
    ) -> None:  # fmt: skip
        """Say which jobs there are and where each stands. Nothing in it is about a person: ids, instants, what went wrong.

        A job that failed waits for its next try; one that can't succeed, or failed for half a day, is set aside.
        """
        with ending_in_order(), clear_errors(wired := wiring()):
            states = state or ["waiting", "running", "set_aside"]
            for name in states:
                if name not in STATES:
                    raise WrongUse(f"there is no state {name!r}; expected one of {', '.join(STATES)}")
            _list(wired, wired.read_settings(data=data), states, limit, as_json)

    @outbox.command("retry")
    def retry(
        ids: Annotated[
            list[int] | None, typer.Argument(metavar="ID…", min=1, max=2**63 - 1, help="Jobs, as `list` names them.")
        ] = None,
        everything: Annotated[bool, typer.Option("--all", help="All that are set aside.")] = False,
        data: DataOption = None,
    ) -> None:
        """Try jobs again at once, as if for the first time: once the cause is mended, a job is done as it would have been.

        Exit 1 when one that was named can't be tried again: it runs, it is done, or there is none.
        """
        with ending_in_order(), clear_errors(wired := wiring()):
            if bool(ids) == everything:
                raise WrongUse("expected either the ids of jobs or --all")
            _retry(wired, wired.read_settings(data=data), None if everything else ids)


def _list(wired: Wiring, settings: Any, states: list[Any], limit: int, as_json: bool) -> None:
    from coverage.operations.redriving import count_jobs, see_jobs

    now = datetime.now(UTC)
    with wired.open_queue(settings, say) as queue:
        jobs, counts = see_jobs(queue, now, states, limit), count_jobs(queue, now)
    if as_json:
        typer.echo(json.dumps({"counts": counts, "jobs": [_plain(job) for job in jobs]}, indent=2))
        return
    # In a file or a pipe, nothing is folded: ids are to be found and copied whole.
    console = Console(width=None if sys.stdout.isatty() else 250)
    if jobs:
        console.print(_table(jobs, now))
        console.print()
    there = sum(counts[state] for state in set(states))
    if there > len(jobs):
        console.print(f"The first {len(jobs)} of {there}; more with --limit.", highlight=False)
    console.print(", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items()), highlight=False)


def _table(jobs: list[JobSeen], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("ID", justify="right", no_wrap=True)
    for heading in ("State", "Kind", "Subject"):
        table.add_column(heading, overflow="fold")
    table.add_column("Tries", justify="right")
    table.add_column("When", no_wrap=True)
    table.add_column("Last error", overflow="fold")
    for job in jobs:
        # An error may hold what a table would take for its own marks.
        error = escape(job.last_error or "")
        style = {"set_aside": "red", "done": "dim"}.get(job.state, "")
        cells = (job.state.replace("_", " "), job.kind, job.subject, str(job.attempts), _when(job, now), error)
        table.add_row(str(job.id), *cells, style=style)
    return table


def _when(job: JobSeen, now: datetime) -> str:
    """What there is to know of time, by the job's state."""
    if job.done_at is not None:
        return f"done {_instant(job.done_at)}"
    if job.set_aside_at is not None:
        return f"since {_instant(job.set_aside_at)}"
    if job.state == "running":
        return f"lease until {_instant(job.due_at)}"
    return "now" if job.due_at <= now else f"from {_instant(job.due_at)}"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _plain(job: JobSeen) -> dict[str, Any]:
    return {name: _instant(value) if isinstance(value, datetime) else value for name, value in asdict(job).items()}


def _retry(wired: Wiring, settings: Any, ids: list[int] | None) -> None:
    from coverage.operations.redriving import retry_jobs

    with wired.open_queue(settings, say) as queue:
        retried = retry_jobs(queue, datetime.now(UTC), ids)
    count = len(retried.again)
    typer.echo(f"{count} {'job is' if count == 1 else 'jobs are'} tried again.")
    for job_id, reason in retried.refused.items():
        tell(f"job {job_id} can't be tried again: {reason}")
    if retried.refused:
        raise typer.Exit(1)
