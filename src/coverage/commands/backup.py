"""`coverage backup | restore`: all that the service keeps in one file, without the key that opens it, and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coverage.commands.ending import ending_in_order
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say

if TYPE_CHECKING:
    from coverage.commands import Wiring


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands about backups."""

    @app.command()
    def backup(file: Annotated[Path, typer.Argument(help="A new file.")], data: DataOption = None) -> None:
        """Write the database, the documents, the anchor and the certificates that were signed with to a file, while the
        service runs.

        No key is in it. Keep the master key elsewhere: without it the backup opens nothing.
        """
        with ending_in_order(), clear_errors(wired := wiring()):
            if file.exists():
                raise WrongUse(f"{file} is there already; name a new file")
            if not file.absolute().parent.is_dir():
                raise WrongUse(f"there is no folder {file.absolute().parent}")
            settings = wired.read_settings(data=data)
            made = wired.make_backup(settings, file.absolute(), say)
            size = file.stat().st_size / 1_000_000
            typer.echo(
                f"{file} holds {sum(made.rows.values()):,} rows at revision {made.revision}, {made.documents:,} documents and "
                f"{_counted(made.certificates)} that documents were signed with, {size:.1f} MB."
            )
            key = "SHARECOVER_MASTER_KEY" if settings.master_key else settings.data / "master.key"
            typer.echo(f"The master key isn't in it; it stands in {key}. Keep it apart from the backup.")

    @app.command()
    def restore(file: Annotated[Path, typer.Argument(help="A backup.")], data: DataOption = None) -> None:
        """Read a backup into an empty database and an empty data folder, and check that it is all there.

        A backup that is damaged, or a database that holds anything, is left as it is.
        """
        with ending_in_order(), clear_errors(wired := wiring()):
            if not file.is_file():
                raise WrongUse(f"there is no file {file}")
            settings = wired.read_settings(data=data)
            made, verified = wired.restore_backup(settings, file.absolute(), say)
            typer.echo(
                f"{sum(made.rows.values()):,} rows and {made.documents:,} documents, as they were at {made.began_at:%Y-%m-%dT%H:%M:%SZ}."
            )
            typer.echo(verified)
            if settings.master_key is None and not (settings.data / "master.key").exists():
                typer.echo(
                    f"Before you serve: put the master key at {settings.data / 'master.key'}, or in SHARECOVER_MASTER_KEY."
                )


def _counted(certificates: int) -> str:
    return "1 certificate" if certificates == 1 else f"{certificates:,} certificates"
