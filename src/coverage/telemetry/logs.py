"""The log: lines of JSON for machines, or plain ones for a terminal; whoever writes them, they go through one chain.

An error is told by its type, its code and the places that it came through, never in its own words: those quote what was
sent, and a database's quote whole rows. At a terminal, where whoever watches sends it too, it is told in full.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, TextIO, get_args

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Form = Literal["json", "text"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)

# An error's places, and the errors that it came from: what is more tells nobody anything.
MOST_PLACES: Final = 40
MOST_CAUSES: Final = 5
_ROOTS: Final = sorted({str(Path(folder)) for folder in sys.path if folder}, key=len, reverse=True)

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def set_up(form: Form, stream: TextIO | None = None) -> None:
    """Has every logger of the process write to `stream` (stderr) in that form, and whatever else breaks loudly too."""
    stream = stream or sys.stderr
    in_full = form == "text" and stream.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_facts,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    error: Processor = _with_trace if in_full else _with_error
    last: Processor = partial(_plain, in_full=in_full) if form == "text" else _json
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, error, last],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    # A line for each request is for machines: at a terminal it would hide what is wrong.
    logging.getLogger("coverage").setLevel(logging.INFO if form == "json" else logging.WARNING)
    logging.captureWarnings(capture=True)
    if not in_full:
        _log_what_nobody_caught()


def _with_facts(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """What a line tells beside its words, by name: `log.info("…", extra={"facts": {…}})`."""
    event.update(getattr(event["_record"], "facts", {}))
    return event


def _log_what_nobody_caught() -> None:
    """Python would print it in its own words."""
    log = logging.getLogger("coverage.broken")

    def at_the_top(kind: type[BaseException], error: BaseException, places: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("the process ends: nobody caught an error", exc_info=(kind, error, places))

    def in_a_thread(found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None and not issubclass(found.exc_type, SystemExit):
            name = found.thread.name if found.thread else "?"
            log.error("the thread %s ended: nobody caught an error", name, exc_info=found.exc_value)

    sys.excepthook = at_the_top
    threading.excepthook = in_a_thread


# ------------------------------------------------------------------------------------------ errors


def _with_error(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    info = _error_of(event)
    if info is not None:
        event["error"] = told(info)
    return event


def _with_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    info = _error_of(event)
    if info is not None:
        event["trace"] = "".join(traceback.format_exception(*info)).rstrip()
    return event


def _error_of(event: EventDict) -> ErrorInfo | None:
    event.pop("stack_info", None)
    found = event.pop("exc_info", None)
    if isinstance(found, BaseException):
        return type(found), found, found.__traceback__
    if found is True:
        found = sys.exc_info()
    return found if isinstance(found, tuple) and found[1] is not None else None


def told(info: ErrorInfo) -> list[dict[str, Any]]:
    """An error and those that it came from, the last first: types, codes and places, and none of their words."""
    chain: list[dict[str, Any]] = []
    error: BaseException | None = info[1]
    places = info[2]
    while error is not None and len(chain) < MOST_CAUSES:
        chain.append({"type": _name(error), **_codes(error), "at": _places(places)})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        places = error.__traceback__ if error is not None else None
    return chain


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _codes(error: BaseException) -> dict[str, str]:
    """What says more than the type and holds nobody's words: a fault's code; a database's state and what it guards."""
    found = {"code": getattr(error, "code", None), "sqlstate": getattr(error, "sqlstate", None)}
    diagnosis = getattr(error, "diag", None)
    for name in ("table_name", "constraint_name"):
        found[name] = getattr(diagnosis, name, None)
    return {name: value for name, value in found.items() if isinstance(value, str) and len(value) <= 80}


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-MOST_PLACES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(path: str) -> str:
    """A file's path from where Python looks for modules."""
    for root in _ROOTS:
        if path.startswith(f"{root}/"):
            return path[len(root) + 1 :]
    return path


# ------------------------------------------------------------------------------------------ the two forms


def _json(_: WrappedLogger, __: str, event: EventDict) -> str:
    order = ("timestamp", "level", "logger", "event")
    first = {name: event.pop(name) for name in order if name in event}
    return json.dumps({**first, **event}, ensure_ascii=False, default=_unknown)


def _unknown(value: object) -> str:
    """Something that is no JSON: its words aren't ours to tell."""
    return f"<{type(value).__name__}>"


def _plain(_: WrappedLogger, __: str, event: EventDict, *, in_full: bool) -> str:
    head = (
        f"{event.pop('timestamp')} {str(event.pop('level')).upper()} {event.pop('logger', '?')}: {event.pop('event')}"
    )
    trace, error = event.pop("trace", None), event.pop("error", None)
    head += "".join(f" {name}={value}" for name, value in event.items())
    for number, one in enumerate(error or []):
        codes = "".join(f" {name}={value}" for name, value in one.items() if name not in ("type", "at"))
        head += f"\n  {'from ' if number else ''}{one['type']}{codes}"
        head += "".join(f"\n    {place}" for place in one["at"])
    return f"{head}\n{trace}" if in_full and trace else head
