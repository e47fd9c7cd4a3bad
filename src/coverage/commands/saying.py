"""What the commands that run or look after the service share: where the data is, and how they speak."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from coverage.commands import Wiring

DataOption = Annotated[
    Path | None,
    typer.Option(help="Folder for the private database, keys and documents.", show_default="$SHARECOVER_DATA or .data"),
]


class WrongUse(Exception):
    """Something on the command line that can't be used."""


@contextmanager
def clear_errors(wired: Wiring, *, stopped: int = 1) -> Iterator[None]:
    """Says in a line what stands in the way, instead of a traceback; exits 2 at wrong use, `stopped` at all else."""
    wrong_use: tuple[type[Exception], ...] = (WrongUse, *wired.wrong_use)
    try:
        yield
    except wrong_use as error:
        tell(str(error))
        raise typer.Exit(2) from None
    except wired.stopped as error:
        tell(str(error))
        raise typer.Exit(stopped) from None


def tell(words: str) -> None:
    """What is wrong."""
    Console(stderr=True).print(words, style="red", markup=False, highlight=False, soft_wrap=True)


def say(words: str) -> None:
    """What is being done, for whoever waits. On stderr: what a command answers may be piped on."""
    Console(stderr=True).print(f"{words} …", style="dim", markup=False, highlight=False, soft_wrap=True)


def note(words: str) -> None:
    """What came of it, beside what a command answers; on stderr too."""
    Console(stderr=True).print(words, style="dim", markup=False, highlight=False, soft_wrap=True)
