"""`coverage screening load | status | list | show | clear | confirm`: the list of frozen assets, and whom it may mean."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coverage.commands.ending import ending_in_order
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say

if TYPE_CHECKING:
    from coverage.commands import Wiring
    from coverage.operations.screening import ScreeningSeen
    from coverage.storage.screening import ListLoaded

STATES = ("open", "cleared", "confirmed")

JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
ScreeningId = Annotated[str, typer.Argument(metavar="ID", help="A screening, as `list` names it.")]
ByOption = Annotated[str, typer.Option("--by", help="Who decides.")]
BecauseOption = Annotated[str, typer.Option("--because", help="Why, for whoever looks at it later.")]


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands about screening."""
    screening = typer.Typer(
        no_args_is_help=True, help="Screen people against a list of frozen assets, and decide on hits."
    )
    app.add_typer(screening, name="screening")
    _add_about_list(screening, wiring)
    _add_about_screenings(screening, wiring)


def _add_about_list(screening: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    @screening.command("load")
    def load(
        file: Annotated[
            Path, typer.Argument(metavar="FILE", help="The EU's xmlFullSanctionsList 1.1, or a CSV: see the operators' guide.")
        ],
        source: Annotated[str | None, typer.Option(help="What the list is called.", show_default="eu-fsf or csv")] = None,
        as_json: JsonOption = False,
        data: DataOption = None,
    ) -> None:  # fmt: skip
        """Put a list in force instead of the one before, whole or not at all. A running service takes it at its next bind."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _load(wired, wired.read_settings(data=data), file, source, as_json)

    @screening.command("status")
    def status(as_json: JsonOption = False, data: DataOption = None) -> None:
        """Say which list is in force, and how many screenings wait."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _status(wired, wired.read_settings(data=data), as_json)


def _add_about_screenings(screening: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    @screening.command("list")
    def list_screenings(
        state: Annotated[
            list[str] | None,
            typer.Option(
                metavar="STATE", help=f"Only in this state: {', '.join(STATES)}. May be given several times.",
                show_default="open",
            ),
        ] = None,
        limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most, the oldest first.")] = 100,
        as_json: JsonOption = False,
        data: DataOption = None,
    ) -> None:  # fmt: skip
        """List screenings of all partners, with nothing in it of the member."""
        with ending_in_order(), clear_errors(wired := wiring()):
            for name in state or ():
                if name not in STATES:
                    raise WrongUse(f"there is no state {name!r}; expected one of {', '.join(STATES)}")
            _list(wired, wired.read_settings(data=data), state or ["open"], limit, as_json)

    @screening.command("show")
    def show(screening_id: ScreeningId, as_json: JsonOption = False, data: DataOption = None) -> None:
        """Show one beside the entries that it may mean: the member's name too, where the master key is."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _show(wired, wired.read_settings(data=data), screening_id, as_json)

    @screening.command("clear")
    def clear(
        screening_id: ScreeningId,
        by: ByOption,
        because: BecauseOption,
        as_json: JsonOption = False,
        data: DataOption = None,
    ) -> None:
        """Decide that it is somebody else: the next bind passes."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _decide(wired, wired.read_settings(data=data), screening_id, "cleared", by, because, as_json)

    @screening.command("confirm")
    def confirm(
        screening_id: ScreeningId,
        by: ByOption,
        because: BecauseOption,
        as_json: JsonOption = False,
        data: DataOption = None,
    ) -> None:
        """Decide that it is who the list means: every bind is refused, in the same words as before."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _decide(wired, wired.read_settings(data=data), screening_id, "confirmed", by, because, as_json)


def _load(wired: Wiring, settings: Any, file: Path, source: str | None, as_json: bool) -> None:
    from coverage.operations.screening import load_list

    if source is not None and not source.strip():
        raise WrongUse("--source is empty; expected a name")
    try:
        read = wired.read_sanctions(file)
    except OSError as error:
        raise WrongUse(f"{file} can't be read ({error.strerror})") from None
    with wired.open_desk(settings, say) as desk:
        loaded, before = load_list(desk.owner, read.entries, source or read.format, read.sha256, datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps({"in_force": _list_plain(loaded), "before": _list_plain(before)}, indent=2))
        return
    typer.echo(f"In force: {_list_said(loaded)}.")
    if before is not None:
        typer.echo(f"Before:   {_list_said(before)}.")


def _status(wired: Wiring, settings: Any, as_json: bool) -> None:
    from coverage.operations.screening import see_status

    with wired.open_desk(settings, say) as desk:
        status = see_status(desk.queue)
    if as_json:
        typer.echo(json.dumps({"in_force": _list_plain(status.in_force), "counts": status.counts}, indent=2))
        return
    if status.in_force is None:
        typer.echo("No list is loaded: nobody is screened. `coverage screening load FILE` puts one in force.")
    else:
        typer.echo(f"In force: {_list_said(status.in_force)}.")
    typer.echo(", ".join(f"{count} {state}" for state, count in status.counts.items()))


def _list(wired: Wiring, settings: Any, states: list[Any], limit: int, as_json: bool) -> None:
    from coverage.operations.screening import plain, see_screenings, see_status

    with wired.open_desk(settings, say) as desk:
        found, counts = see_screenings(desk.queue, states, limit), see_status(desk.queue).counts
    if as_json:
        typer.echo(
            json.dumps({"counts": counts, "screenings": [_without_person(plain(one)) for one in found]}, indent=2)
        )
        return
    # In a file or a pipe, nothing is folded: ids are to be found and copied whole.
    console = Console(width=None if sys.stdout.isatty() else 250)
    if found:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("ID", "State", "For", "Since", "Tenant", "May be"):
            table.add_column(heading, overflow="fold")
        for one in found:
            table.add_row(one.id, one.state, one.purpose, _instant(one.created_at), one.tenant, escape(_may_be(one)))
        console.print(table)
        console.print()
    there = sum(counts[state] for state in set(states))
    if there > len(found):
        console.print(f"The first {len(found)} of {there}; more with --limit.", highlight=False)
    console.print(", ".join(f"{count} {state}" for state, count in counts.items()), highlight=False)


def _show(wired: Wiring, settings: Any, screening_id: str, as_json: bool) -> None:
    from coverage.operations.screening import plain, see_screening

    with wired.open_desk(settings, say) as desk:
        seen = see_screening(desk.queue, desk.keyring, screening_id)
        opened = desk.keyring is not None
    if as_json:
        typer.echo(json.dumps(plain(seen), indent=2, ensure_ascii=False))
        return
    unknown = "erased since" if opened else "sealed; the master key isn't here"
    typer.echo(f"{seen.id}: {seen.state}, for a {seen.purpose} of {seen.tenant}, {_instant(seen.created_at)}")
    typer.echo(f"Member {seen.member}: {seen.name or unknown}, born {seen.born or 'not told'}")
    for match in seen.matches:
        born = ", ".join(first if first == last else f"{first} to {last}" for first, last in match["born"])
        typer.echo(
            f"\n{match['score']}  {match['reference']} ({match['kind']}, {match['programme'] or 'no programme'})"
        )
        typer.echo(f"    {'; '.join(match['names'])}\n    born {born or 'not told'}\n    {', '.join(match['reasons'])}")
    decisions = [*seen.earlier]
    if seen.decided_at is not None:
        at = seen.decided_at.isoformat()
        decisions.append({"state": seen.state, "by": seen.decided_by, "because": seen.because, "at": at})
    for one in decisions:
        typer.echo(f"\n{one['state']} by {one['by']} at {one['at']}: {one['because']}")


def _decide(
    wired: Wiring, settings: Any, screening_id: str, state: Literal["cleared", "confirmed"], by: str, because: str,
    as_json: bool,
) -> None:  # fmt: skip
    from coverage.operations.screening import decide_screening, plain

    for option, words in (("--by", by), ("--because", because)):
        if not words.strip():
            raise WrongUse(f"{option} is empty; expected words that whoever looks at it later understands")
    with wired.open_desk(settings, say) as desk:
        seen = decide_screening(desk.queue, screening_id, state, by.strip(), because.strip(), datetime.now(UTC))
    typer.echo(json.dumps(_without_person(plain(seen)), indent=2) if as_json else f"{seen.id} is {seen.state}.")


def _may_be(one: ScreeningSeen) -> str:
    return "; ".join(f"{match['reference']} ({match['score']})" for match in one.matches)


def _without_person(told: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that only `show` opens."""
    return {name: value for name, value in told.items() if name not in ("name", "born")}


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _list_said(one: ListLoaded) -> str:
    entries = "1 entry" if one.entries == 1 else f"{one.entries:,} entries"
    return f"{one.source}, {entries}, loaded {_instant(one.loaded_at)}, sha256 {one.sha256[:12]}"


def _list_plain(one: ListLoaded | None) -> dict[str, Any] | None:
    if one is None:
        return None
    told = {"id": one.id, "source": one.source, "sha256": one.sha256, "entries": one.entries}
    return {**told, "loaded_at": _instant(one.loaded_at)}
