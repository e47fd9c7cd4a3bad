"""`coverage partners list | brand`: who sells, and how it looks on its members' documents."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from coverage.commands.ending import ending_in_order
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say

if TYPE_CHECKING:
    from coverage.commands import Wiring


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands about partners."""
    partners = typer.Typer(no_args_is_help=True, help="See the partners, and set how they look.")
    app.add_typer(partners, name="partners")

    @partners.command("list")
    def list_partners(
        as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False, data: DataOption = None
    ) -> None:
        """List the partners, the oldest first."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _list(wired, wired.read_settings(data=data), as_json)

    @partners.command()
    def brand(
        partner: Annotated[str, typer.Argument(metavar="ID", help="The partner's, as par_….")],
        colour: Annotated[str | None, typer.Option(metavar="#RRGGBB", help="Of the head of its documents.")] = None,
        logo: Annotated[
            Path | None, typer.Option(metavar="FILE", help="PNG, JPEG or WebP; it stands instead of the name.")
        ] = None,
        no_logo: Annotated[bool, typer.Option("--no-logo", help="Take the logo away.")] = False,
        data: DataOption = None,
    ) -> None:
        """Set how a partner looks. Documents that were issued stay as they are."""
        with ending_in_order(), clear_errors(wired := wiring()):
            if colour is None and logo is None and not no_logo:
                raise WrongUse("nothing to set; expected --colour, --logo or --no-logo")
            if logo is not None and no_logo:
                raise WrongUse("--logo and --no-logo say opposite things; expected one of them")
            _brand(wired, wired.read_settings(data=data), partner, colour, b"" if no_logo else _read(wired, logo))


def _list(wired: Wiring, settings: Any, as_json: bool) -> None:
    from coverage.operations.branding import see_partners

    with wired.open_desk(settings, say) as desk:
        found = see_partners(desk.queue, desk.owner)
    if as_json:
        told = [asdict(one) | {"created_at": one.created_at.isoformat()} for one in found]
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("Partner", "Name", "Time zone", "Colour", "Logo"):
        table.add_column(head, no_wrap=head in ("Partner", "Colour"))
    for one in found:
        logo = f"{one.logo_bytes // 1024 + 1} kB" if one.logo_bytes else "–"
        table.add_row(one.id, "".join(it for it in one.name if it.isprintable()), one.timezone, one.colour or "–", logo)
    Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 200).print(table)


def _brand(wired: Wiring, settings: Any, partner: str, colour: str | None, logo: bytes | None) -> None:
    from coverage.operations.branding import brand_partner

    try:
        with wired.open_desk(settings, say) as desk:
            done = brand_partner(desk.owner, partner, colour=colour.lower() if colour else None, logo=logo)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    looks = f"{done.colour or 'the house’s colour'}, {'a logo' if done.logo_bytes else 'its name in letters'}"
    sys.stdout.write(f"{done.name} looks so from its next document on: {looks}.\n")


def _read(wired: Wiring, path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return bytes(wired.read_logo(path))
    except ValueError as error:
        raise WrongUse(f"{path}: {error}") from None
    except OSError as error:
        raise WrongUse(f"{path} can't be read ({error.strerror})") from None
