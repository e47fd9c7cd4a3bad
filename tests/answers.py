"""What answers must look like, whatever they answer to."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy.exc import SQLAlchemyError

from coverage.domain.facts import SCOPES
from coverage.domain.faults import Detail, Fault
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.eventing import tell_events
from coverage.operations.house import House
from coverage.operations.showing import Page, list_events
from coverage.storage.tenancy import Database
from coverage.web.api.problems import PROBLEMS, fault_response
from tests.logs import seal_all

# A folder to note answers in, of which the documentation's examples are chosen (tests.recording); set by `./dev record`.
RECORD = os.environ.get("SHARECOVER_RECORD")
NOBODY = "nobody"  # the actor of events that a test makes up
_partners: list[tuple[Database, House, Tenant]] = []


def noted(answer: httpx2.Response) -> httpx2.Response:
    """The answer as it is; noted, where answers are."""
    media = answer.headers.get("content-type", "").partition(";")[0]
    if RECORD is not None and ("json" in media or media.startswith("text/")):
        target = bytes(answer.request.url.raw_path).decode()
        _note(method=answer.request.method, target=target, status=answer.status_code, media=media, text=answer.text)
    return answer


def note_faults() -> None:
    """Has every fault noted that is made from now on, where answers are: most are met without a request."""
    if RECORD is None:
        return
    make = Fault.__init__

    def noting(fault: Fault, code: str, detail: str, *, errors: tuple[Detail, ...] = (), **extra: object) -> None:
        make(fault, code, detail, errors=errors, **extra)
        if code in PROBLEMS:
            _note(fault=bytes(fault_response(fault, instance="", request_id="").body).decode())

    Fault.__init__ = noting  # type: ignore[assignment, method-assign]


def enrolled(owner: Database, house: House, tenant: Tenant) -> None:
    """Remembers a partner of the test that runs, where answers are noted: what happens to it is noted, too."""
    if RECORD is not None:
        _partners.append((owner, house, tenant))


def note_events() -> None:
    """Notes what happened to the partners of the test that ends, as they are told it."""
    while _partners:
        owner, house, tenant = _partners.pop()
        # A test may have taken its database away.
        with suppress(Fault, SQLAlchemyError):
            seal_all(owner, house)
            with house.transaction(Caller(tenant, "test", scopes=frozenset(SCOPES.values()))) as tx:
                found, _ = list_events(tx, Page(1000, None, None, None), None, None)
                for event in tell_events(tx, found):
                    # What a test made up didn't happen.
                    if event["actor"] != NOBODY:
                        _note(event=event)


def _note(**one: object) -> None:
    folder = Path(str(RECORD))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(one) + "\n")


def the_problem(answer: httpx2.Response, status: int | None = None, code: str | None = None) -> dict[str, Any]:
    """The problem (RFC 9457) that a refused request was answered with."""
    assert 400 <= answer.status_code < 600, answer.text
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    if status is not None:
        assert answer.status_code == status, problem
    if code is not None:
        assert problem["code"] == code, problem
    assert problem["status"] == answer.status_code
    assert problem["code"] in PROBLEMS
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["title"] == PROBLEMS[problem["code"]].title
    assert re.fullmatch("req_[0-9a-f]{32}", problem["request_id"])
    assert problem["request_id"] == answer.headers["request-id"]
    assert problem["detail"]
    noted(answer)
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) > 0
    return problem


def pointers(answer: httpx2.Response) -> list[str]:
    """Where a refused request is wrong."""
    return [error["pointer"] for error in the_problem(answer).get("errors", [])]


def resolve(document: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) points at; raises LookupError."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document[key]
        elif isinstance(document, list):
            document = document[int(key)]
        else:
            raise LookupError(f"{pointer} leads into {document!r}")
    return document
