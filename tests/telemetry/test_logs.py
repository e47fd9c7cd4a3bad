"""The log: one chain, two forms, and no word of an error that could quote somebody."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from structlog.contextvars import bound_contextvars

from coverage.domain.faults import Rejected
from coverage.storage.tenancy import Database
from coverage.telemetry import logs
from coverage.telemetry.logs import Form

Written = Callable[[], str]


class Terminal(io.StringIO):
    """Somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def set_up() -> Iterator[Callable[..., Written]]:
    """Sets the log up as a process does, and puts everything back as it was."""
    root, ours = logging.getLogger(), logging.getLogger("coverage")
    before = (root.handlers[:], root.level, ours.level, sys.excepthook, threading.excepthook)

    def setting(form: Form, stream: io.StringIO | None = None) -> Written:
        stream = stream or io.StringIO()
        logs.set_up(form, stream)
        return stream.getvalue

    yield setting
    logging.captureWarnings(capture=False)
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    sys.excepthook, threading.excepthook = before[3:]


@pytest.fixture
def lines(set_up: Callable[..., Written]) -> Callable[[], list[dict[str, Any]]]:
    """The lines that were written as JSON so far."""
    written = set_up("json")
    return lambda: [json.loads(line) for line in written().splitlines()]


Lines = Callable[[], list[dict[str, Any]]]
log = logging.getLogger("coverage.tests")


def broken(words: str) -> None:
    """Raises an error that quotes, because of another that does."""
    try:
        int(words)
    except ValueError as error:
        raise KeyError(words) from error


class TestJson:
    def test_is_a_line_for_each_thing_said(self, lines: Lines) -> None:
        log.info("sealed %s of %s\nand more", 3, "four", extra={"facts": {"round": "seal"}})
        logging.getLogger("somebody.else").warning("é is kept")
        first, second = lines()
        assert first.pop("timestamp").endswith("Z")
        assert first == {
            "level": "info", "logger": "coverage.tests", "event": "sealed 3 of four\nand more", "round": "seal",
        }  # fmt: skip
        assert (second["logger"], second["event"], second["level"]) == ("somebody.else", "é is kept", "warning")

    def test_bears_what_the_work_in_hand_is_known_by(self, lines: Lines) -> None:
        with bound_contextvars(request_id="req_1"):
            log.info("in hand")
        log.info("after")
        assert [line.get("request_id") for line in lines()] == ["req_1", None]

    def test_leaves_out_what_others_say_of_their_everyday(self, lines: Lines) -> None:
        logging.getLogger("urllib3").info("a connection")
        log.debug("a detail")
        assert lines() == []

    def test_tells_an_error_by_type_code_and_place_alone(self, lines: Lines) -> None:
        try:
            broken("Camille Martin")
        except KeyError:
            log.exception("something broke")
        (line,) = lines()
        assert [one["type"] for one in line["error"]] == ["KeyError", "ValueError"]
        assert line["error"][0]["at"][-1].endswith(" broken")
        assert "Camille" not in json.dumps(line)

    def test_tells_a_faults_code(self, lines: Lines) -> None:
        log.error("refused", exc_info=Rejected("invalid_key", "the key sk_test_abc opens nothing"))
        (line,) = lines()
        assert line["error"][0]["code"] == "invalid_key"
        assert "sk_test" not in json.dumps(line)

    def test_tells_of_a_database_what_it_guards_and_no_row(self, lines: Lines, owner: Database) -> None:
        with owner.engine.connect() as connection:
            connection.execute(text("CREATE TEMPORARY TABLE people (name text CONSTRAINT named_once UNIQUE)"))
            connection.execute(text("INSERT INTO people VALUES ('Camille')"))
            with pytest.raises(IntegrityError, match="Camille") as caught:
                connection.execute(text("INSERT INTO people VALUES ('Camille')"))
        log.error("refused", exc_info=caught.value)
        (line,) = lines()
        assert "Camille" not in json.dumps(line)
        refused = next(one for one in line["error"] if one["type"] == "psycopg.errors.UniqueViolation")
        assert (refused["sqlstate"], refused["constraint_name"]) == ("23505", "named_once")

    def test_tells_what_nobody_caught(self, lines: Lines) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            # pytest has hooks of its own for both; a process hasn't.
            try:
                broken("Camille")
            except KeyError as error:
                sys.excepthook(KeyError, error, error.__traceback__)
                found = (KeyError, error, error.__traceback__, threading.current_thread())
                threading.excepthook(cast(Any, threading.ExceptHookArgs(found)))
        first, second = lines()
        assert (first["level"], second["level"]) == ("critical", "error")
        assert first["error"][0]["type"] == second["error"][0]["type"] == "KeyError"
        assert "Camille" not in json.dumps([first, second])

    def test_tells_no_value_that_is_no_json(self, lines: Lines) -> None:
        log.info("odd", extra={"facts": {"value": {1, 2}}})
        assert lines()[0]["value"] == "<set>"


class TestText:
    def test_is_a_plain_line(self, set_up: Callable[..., Written]) -> None:
        written = set_up("text")
        log.warning("job %s waits", 7, extra={"facts": {"kind": "send_invoice"}})
        log.info("not told")
        stamp, _, rest = written().partition(" ")
        assert stamp.endswith("Z")
        assert rest == "WARNING coverage.tests: job 7 waits kind=send_invoice\n"

    def test_in_a_file_tells_an_error_without_its_words(self, set_up: Callable[..., Written]) -> None:
        written = set_up("text")
        try:
            broken("Camille")
        except KeyError:
            log.exception("something broke")
        assert "KeyError" in written()
        assert "from ValueError" in written()
        assert "Camille" not in written()

    def test_at_a_terminal_tells_it_in_full(self, set_up: Callable[..., Written]) -> None:
        written = set_up("text", Terminal())
        try:
            broken("Camille")
        except KeyError:
            log.exception("something broke")
        assert "KeyError: 'Camille'" in written()
