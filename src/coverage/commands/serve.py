"""`coverage serve | work | migrate`: the service, its worker, its schema."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel

if TYPE_CHECKING:
    from coverage.commands import Wiring

STOP_SECONDS = 20

PortOption = Annotated[int | None, typer.Option(min=1, max=65_535, help="Port to listen on. [default: $PORT or 8000]")]
DataOption = Annotated[
    Path | None,
    typer.Option(help="Folder for the private database, keys and documents. [default: $SHARECOVER_DATA or .data]"),
]
RulesOption = Annotated[
    Path | None, typer.Option(help="Folder of the rules. [default: $SHARECOVER_RULES or pricing_rules]")
]


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands that run the service."""

    @app.command()
    def serve(
        port: PortOption = None,
        data: DataOption = None,
        rules: RulesOption = None,
        host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
        demo: Annotated[
            bool, typer.Option("--demo", help="Make a demo partner with a test key, and things to try.")
        ] = False,
    ) -> None:
        """Run the service with its worker.

        Without DATABASE_URL a private PostgreSQL runs in the data folder. Ctrl-C ends everything that was started.
        """
        with _clear_errors(wired := wiring()):
            _serve(wired, host, demo, port=port, data=data, rules=rules)

    @app.command()
    def work(
        data: DataOption = None,
        rules: RulesOption = None,
        with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
    ) -> None:
        """Run a worker: it renders certificates ahead of time, and does whatever else is due.

        Any number may run on one database. Give it the service's DATABASE_URL; alone it starts the private one.
        """
        with _clear_errors(wired := wiring()):
            _work(wired, with_parent=with_parent, data=data, rules=rules)

    @app.command()
    def migrate(data: DataOption = None) -> None:
        """Bring the database's schema to the newest revision. Many may run at once: they wait for each other."""
        with _clear_errors(wired := wiring()):
            settings = wired.read_settings(data=_absolute(data))
            with wired.open_premises(settings, migrate=True):
                typer.echo("The schema is at its newest revision.")


def _serve(wired: Wiring, host: str, demo: bool, **given: Any) -> None:
    import uvicorn

    settings = wired.read_settings(**{name: _absolute(value) for name, value in given.items()})
    listener = _listen(host, settings.port)
    console = Console()
    address = f"http://{'localhost' if host in ('127.0.0.1', '::1') else host}:{settings.port}"
    with wired.open_premises(settings, migrate=True) as premises:
        for finding in premises.house.rules().faults:
            Console(stderr=True).print(f"[red]rules:[/] {finding}", highlight=False)
        playing = wired.build_demo(premises, settings.data) if demo else None
        server = uvicorn.Server(
            uvicorn.Config(
                wired.build_app(premises, playing), log_level="warning", access_log=False, timeout_graceful_shutdown=10
            )
        )
        with _worker_beside(premises.url, settings):
            console.print(_welcome(address, playing))
            server.run(sockets=[listener])


@contextmanager
def _worker_beside(url: str, settings: Any) -> Iterator[None]:
    """A worker as a child. It reads our end of a pipe, so that it ends with us however we end."""
    command = [
        sys.executable,
        "-m",
        "coverage",
        "work",
        "--with-parent",
        "--data",
        str(settings.data),
        "--rules",
        str(settings.rules),
    ]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, env={**os.environ, "DATABASE_URL": url}, start_new_session=True
    )
    try:
        yield
    finally:
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _work(wired: Wiring, *, with_parent: bool, **given: Any) -> None:
    settings = wired.read_settings(**{name: _absolute(value) for name, value in given.items()})
    with wired.open_premises(settings, migrate=False) as premises:
        worker = wired.build_worker(premises)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: worker.stop())
        if with_parent:
            threading.Thread(target=_stop_at_end_of_input, args=(worker,), daemon=True).start()
        worker.run()


def _stop_at_end_of_input(worker: Any) -> None:
    with suppress(OSError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    worker.stop()


def _listen(host: str, port: int) -> socket.socket:
    """The socket to serve on, taken before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise _WrongUse(f"port {port} on {host} can't be used ({error.strerror}); choose another with --port") from None
    return listener


class _WrongUse(Exception):
    """Something on the command line or in the environment that can't be used."""


@contextmanager
def _clear_errors(wired: Wiring) -> Iterator[None]:
    """Says in a line what stands in the way, instead of a traceback."""
    wrong_use: tuple[type[Exception], ...] = (_WrongUse, *wired.wrong_use)
    try:
        yield
    except wrong_use as error:
        Console(stderr=True).print(f"[red]{error}[/]", highlight=False)
        raise typer.Exit(2) from None
    except wired.stopped as error:
        Console(stderr=True).print(f"[red]{error}[/]", highlight=False)
        raise typer.Exit(1) from None


def _absolute(value: Any) -> Any:
    return value.absolute() if isinstance(value, Path) else value


def _welcome(address: str, demo: Any) -> Panel | str:
    if demo is None:
        return f"Sharecover serves on {address}. Its API's docs: {address}/docs"
    standing, body = demo.stand(), demo.quote_body()
    curl = f"curl {address}/v1/quotes -H 'Authorization: Bearer {demo.key}' -H 'Content-Type: application/json' -d '{body}'"
    lines = [
        f"[bold]Test key[/]     {demo.key}",
        f"[bold]API docs[/]     {address}/docs",
        f"[bold]Member page[/]  {address}/m/{standing.member_link}",
        "",
        "Ask for a price:",
    ]
    console = Console()
    console.print(Panel("\n".join(lines), title="Sharecover, with demo data", expand=False, highlight=False))
    # The line stands alone and unwrapped, so that it can be copied whole.
    console.print(curl, soft_wrap=True, highlight=False, markup=False)
    return "\nCtrl-C ends everything. In another terminal, [bold]./dev run demo[/] plays a whole Saturday."
