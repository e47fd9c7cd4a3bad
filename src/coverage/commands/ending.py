"""How a command ends that somebody asks to end: whatever it started or made on the way is ended and taken away first."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from coverage.commands.saying import tell


class _Ended(BaseException):
    """Somebody asked us to end."""

    def __init__(self, number: int) -> None:
        self.number = number


@contextmanager
def ending_in_order(*, unfinished: bool = True) -> Iterator[None]:
    """Ends the block when asked to, also while it still starts: whatever was started is ended first.

    Asked by Ctrl-C, by `kill` or a timer, or by the terminal that closes. Where the work is `unfinished` then, it is said,
    and the exit status is the signal's, 128 and more, as shells have it. A service has no other end: it exits 0.
    """

    def end(number: int, _: object) -> None:
        # An impatient second Ctrl-C must not break off the tidying up, which takes seconds at most.
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, signal.SIG_IGN)
        raise _Ended(number)

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    # `nohup` asks to live on without the terminal. Handed on as SIGTERM, which the web server knows.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    try:
        yield
    except _Ended as ended:
        if unfinished:
            tell("ended before it was done")
            raise typer.Exit(128 + ended.number) from None


@contextmanager
def never_taken_for_faults(status: int) -> Iterator[None]:
    """A mistake of our own ends with `status`: with 1 it would look as if what was checked had faults."""
    try:
        yield
    except typer.Exit:
        raise
    except Exception:  # noqa: BLE001, whatever it is
        traceback.print_exc()
        raise typer.Exit(status) from None
