"""`coverage serve | work | migrate`: the service, its worker, its schema."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coverage.commands.ending import ending_in_order
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say, tell

if TYPE_CHECKING:
    from coverage.commands import Wiring

# What a worker may take to end the job in hand. A job that is broken off is done again once its lease is over.
STOP_SECONDS = 20
RESTART_SECONDS = 2.0

log = logging.getLogger("coverage.commands")
# Those who changed a rule file wait for its line; nothing else speaks before something is wrong.
RULES_LOG = logging.getLogger("coverage.publishing")

PortOption = Annotated[
    int | None, typer.Option(min=1, max=65_535, help="Port to listen on.", show_default="$PORT or 8000")
]
RulesOption = Annotated[
    Path | None,
    typer.Option(help="Folder of the rules.", show_default="$SHARECOVER_RULES or the project's pricing_rules"),
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
        web_only: Annotated[
            bool, typer.Option("--web-only", help="Neither migrate nor start a worker: both are done elsewhere.")
        ] = False,
    ) -> None:
        """Run the service with its worker.

        Without DATABASE_URL a private PostgreSQL runs in the data folder. Ctrl-C ends everything that was started.
        """
        with ending_in_order(unfinished=False), clear_errors(wired := wiring()):
            _serve(wired, wired.read_settings(data=data, rules=rules, port=port), host, demo, web_only)

    @app.command()
    def work(
        data: DataOption = None,
        rules: RulesOption = None,
        with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
    ) -> None:
        """Run a worker: it renders certificates ahead of time, and does whatever else is due.

        Any number may run on one database: give each the service's DATABASE_URL or its data folder.
        """
        with ending_in_order(unfinished=False), clear_errors(wired := wiring()):
            _work(wired, wired.read_settings(data=data, rules=rules), with_parent)

    @app.command()
    def migrate(data: DataOption = None) -> None:
        """Bring the database's schema to the newest revision. Many may run at once: they wait for each other."""
        with ending_in_order(), clear_errors(wired := wiring()):
            revision = wired.migrate(wired.read_settings(data=data), say)
            typer.echo(f"The schema is at its newest revision, {revision}.")


def _serve(wired: Wiring, settings: Any, host: str, demo: bool, web_only: bool) -> None:
    import uvicorn

    from coverage.commands.connections import BoundedProtocol

    told = _logging(settings)
    RULES_LOG.setLevel(logging.INFO)
    # Taken before anything is started. Whoever calls meanwhile waits, and is answered once all is ready.
    listener = _listen(host, settings.port)
    with ExitStack() as ended, listener, _watched(settings, "web"):
        if demo:
            # Whoever tries it out listens on this machine, too. Live partners are told nothing here, demo or not.
            settings = replace(settings, webhooks_to_loopback=True)
            settings = ended.enter_context(wired.card_stand_in(settings, _address(host, settings.port)))
        premises = ended.enter_context(wired.open_premises(settings, told, migrate=not web_only))
        for finding in premises.house.rules().faults:
            RULES_LOG.warning("%s", finding) if settings.logs == "json" else tell(f"rules: {finding}")
        playing = None
        if demo:
            told("Preparing the demo")
            playing = wired.build_demo(premises, settings.data)
        # No lifespan: what the application needs stands before it and ends after it.
        config = uvicorn.Config(
            wired.build_app(premises, playing), log_config=None, log_level="warning", access_log=False, lifespan="off",
            timeout_graceful_shutdown=10,
            # Longer than callers and proxies keep an idle connection: who closes it must be the one who would send on it,
            # or now and then a request meets a connection that is just being closed, and gets no answer.
            timeout_keep_alive=75,
            # The last bound, on memory: what is more is told 503 without a word of ours.
            limit_concurrency=settings.connections,
            http=BoundedProtocol,
            # Whoever else says that he asks for somebody isn't believed.
            proxy_headers=bool(settings.proxies), forwarded_allow_ips=list(settings.proxies),
        )  # fmt: skip
        with nullcontext() if web_only else _worker_beside(settings):
            if settings.logs == "json":
                log.info("serving", extra={"facts": {"host": host, "port": settings.port}})
            if settings.logs == "text" or playing is not None:
                _welcome(_address(host, settings.port), playing, settings, wired.stopped)
            uvicorn.Server(config).run(sockets=[listener])


def _work(wired: Wiring, settings: Any, with_parent: bool) -> None:
    told = _logging(settings)
    # Beside a service, which reads the same files and tells of them, it is silent.
    RULES_LOG.setLevel(logging.CRITICAL if with_parent else logging.INFO)
    with (
        _watched(settings, "worker"),
        wired.open_premises(settings, _say_nothing if with_parent else told, migrate=False) as premises,
    ):
        worker = wired.build_worker(premises)
        # From here on, the job in hand is done first.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: worker.stop())
        if with_parent:
            threading.Thread(target=_stop_at_end_of_input, args=(worker,), daemon=True).start()
        else:
            told("Working; Ctrl-C ends it")
        worker.run()


# ------------------------------------------------------------------------------------------ beginning and ending


@contextmanager
def _worker_beside(settings: Any) -> Iterator[None]:
    """A worker as a child, and another one when it dies.

    It reads our end of a pipe, so that it ends with us however we end. In a session of its own: a Ctrl-C is for us.
    """
    # -P: a folder named `coverage` where we were started is somebody else's.
    command = [sys.executable, "-P", "-m", "coverage", "work", "--with-parent"]
    command += ["--data", str(settings.data), "--rules", str(settings.rules)]
    theirs, ours = os.pipe()
    ending = threading.Event()
    # It pays and posts where we do, also where that isn't what the environment says.
    environment = os.environ | _card_environment(settings) | {"PUBLIC_URL": settings.public_url}
    if settings.webhooks_to_loopback:
        environment["SHARECOVER_WEBHOOKS_TO"] = "loopback"
    if settings.metrics is not None:
        host, port = settings.metrics
        environment["SHARECOVER_METRICS"] = f"{f'[{host}]' if ':' in host else host}:{port + 1}"
    child = subprocess.Popen(command, stdin=theirs, start_new_session=True, env=environment)

    def replace() -> None:
        nonlocal child
        while True:
            child.wait()
            if ending.wait(RESTART_SECONDS):
                return
            log.warning("the worker ended (%s); another one starts", child.returncode)
            child = subprocess.Popen(command, stdin=theirs, start_new_session=True, env=environment)

    replacing = threading.Thread(target=replace, name="worker-watcher", daemon=True)
    replacing.start()
    try:
        yield
    finally:
        ending.set()
        os.close(ours)
        replacing.join(STOP_SECONDS)
        if replacing.is_alive():
            child.kill()
            replacing.join()
        os.close(theirs)


def _card_environment(settings: Any) -> dict[str, str]:
    found = {f"STRIPE_{mode.upper()}_KEY": key for mode, key in settings.card_keys.items()}
    found |= {f"STRIPE_{mode.upper()}_WEBHOOK_SECRET": one for mode, one in settings.card_event_secrets.items()}
    return found | ({"STRIPE_API_BASE": settings.card_api} if settings.card_api else {})


@contextmanager
def _watched(settings: Any, process: str) -> Iterator[None]:
    """Answers for this process's metrics and sends out its traces, where they are wanted, until the block ends."""
    from coverage.telemetry import metrics, traces

    with ExitStack() as ended:
        try:
            ended.enter_context(metrics.served(settings.metrics))
        except OSError as error:
            host, port = settings.metrics
            words = f"port {port} on {host} can't be used for metrics ({error.strerror})"
            raise WrongUse(f"{words}; choose another with SHARECOVER_METRICS") from None
        ended.enter_context(traces.exported(settings.traces, process))
        yield


def _stop_at_end_of_input(worker: Any) -> None:
    with suppress(OSError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    worker.stop()


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens: of two services that start at once, the second is told."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise WrongUse(f"port {port} on {host} can't be used ({error.strerror}); choose another with --port") from None
    return listener


def _address(host: str, port: int) -> str:
    """How a browser on this machine gets to what listens on `host`."""
    if host in ("127.0.0.1", "::1", "0.0.0.0", "::"):  # noqa: S104, it's only compared
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


# ------------------------------------------------------------------------------------------ what is said


def _logging(settings: Any) -> Callable[[str], None]:
    """Sets the log up as it is wanted; gives what says how far the start is: a line of the log, where machines read it."""
    from coverage.telemetry import logs

    logs.set_up(settings.logs)
    return log.info if settings.logs == "json" else say


def _say_nothing(words: str) -> None:
    pass


def _welcome(address: str, demo: Any, settings: Any, stopped: tuple[type[Exception], ...]) -> None:
    """Each thing on a line of its own and never wrapped, so that it can be copied whole."""
    lines = [f"Sharecover serves on {address}", "", f"API docs     {address}/docs"]
    if demo is not None:
        lines.append(f"Test key     {demo.key}")
        if settings.card_api:
            lines.append(f"Cards        {settings.card_api} stands in for Stripe; it takes no real cards")
        try:
            standing, body = demo.stand(), demo.quote_body()
        except stopped as fault:
            tell(f"The demo has nothing to show: {fault}")
        else:
            curl = f"curl {address}/v1/quotes -H 'Authorization: Bearer {demo.key}' -H 'Content-Type: application/json' -d '{body}'"
            lines += [f"Member page  {address}/m/{standing.member_link}", "", "Ask for a price:", "", curl, ""]
            lines += [
                "In another terminal, play a whole Saturday:",
                "",
                f"./dev run demo --url {address} --data {shlex.quote(str(settings.data))}",
                "",
                "or one that is paid by card, changed and cancelled, with `--card` behind it.",
            ]
    lines += ["", "Ctrl-C ends everything."]
    typer.echo("\n".join(lines))
