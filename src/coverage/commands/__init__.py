"""The command line: one file for each noun. Exit 0 all well, 1 faults found, 2 wrong use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from coverage.commands import demo, rules, serve

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from fastapi import FastAPI

    from coverage.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the commands get from the assembly."""

    read_settings: Callable[..., Settings]
    open_premises: Callable[..., AbstractContextManager[Any]]
    build_worker: Callable[[Any], Any]
    build_app: Callable[[Any, Any], FastAPI]
    build_demo: Callable[[Any, Path], Any]


def run(wiring: Callable[[], Wiring]) -> None:
    """Runs the command that the command line names."""
    app = typer.Typer(
        name="coverage", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich",
        help="Sharecover: quotes and issues cover for shared things, for hours or days.",
    )  # fmt: skip
    app.add_typer(rules.app, name="rules")
    serve.add_to(app, wiring)
    demo.add_to(app)
    app()
