"""Promise 14: what an operation doesn't take is refused, above all what only the service says."""

from __future__ import annotations

from typing import Any

from coverage.storage.tenancy import Database
from tests.answers import resolve
from tests.builders import Platform
from tests.promises.apart import Kept, Operation, operations
from tests.promises.test_elapsed_time import refused_at
from tests.promises.trial import Trial, promise
from tests.web.api.bodies import Posting, places, postings, put

UNKNOWN = ("colour", "tenant_id", "__proto__", "Quote", "")
# What is deleted takes no body.
METHODS_THAT_WRITE = {"POST", "PUT", "PATCH"}


def told_by(operation: Operation, schemas: dict[str, Any]) -> set[str]:
    """The fields of the operation's own answer: what it says, and nobody else may."""
    answers = [answer for status, answer in operation.told["responses"].items() if status.startswith("2")]
    schema = answers[0]["content"]["application/json"]["schema"]
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return set(schema["properties"])


def objects_in(posting: Posting) -> list[tuple[str | int, ...]]:
    """The places of all objects in a body, but for those whose keys are the partner's own."""
    found: list[tuple[str | int, ...]] = [(), *places(posting.body)]
    return [
        steps
        for steps in found
        if isinstance(resolve(posting.body, pointer(steps)), dict) and (not steps or steps[-1] != "metadata")
    ]


def pointer(steps: tuple[str | int, ...]) -> str:
    return "".join(f"/{step}" for step in steps)


class TestEveryWrite:
    @promise(
        14, "unknown and read-only fields are refused at their place on every write, and nothing is kept",
        unit="bodies", small=150, full=2000, provokes=("unknown", "read-only"),
    )  # fmt: skip
    def test_refuses_what_it_does_not_take(self, platform: Platform, owner: Database, trial: Trial) -> None:
        schemas = platform.client.get("/openapi.json").json()["components"]["schemas"]
        writes = [found for found in operations(platform.client) if found.method in METHODS_THAT_WRITE]
        makers = postings(platform)
        assert {found.name for found in writes} == set(makers), "a write without a body in tests/web/api/bodies.py"
        tried = []
        for operation in writes:
            posting, read_only = makers[operation.name](), told_by(operation, schemas)
            for steps in objects_in(posting):
                taken = resolve(posting.body, pointer(steps))
                tried += [(posting, steps, name, "unknown") for name in UNKNOWN]
                tried += [(posting, steps, name, "read-only") for name in sorted(read_only - set(taken))]
        assert len(tried) > 300
        trial.random.shuffle(tried)
        before = Kept.of(owner, [platform.tenant])
        for number in trial.each():
            posting, steps, name, kind = tried[number % len(tried)]
            body = put(posting.body, (*steps, name), "x")
            where = pointer((*steps, name))
            # Money among a risk's facts is read whole: the fact is pointed at.
            whole = {pointer(steps)} if "risk" in steps[:-1] else set()
            refused = refused_at(platform.post(posting.path, body))
            assert {where, *whole} & set(refused), (posting.operation, where, refused)
            trial.met(kind)
        assert Kept.of(owner, [platform.tenant]) == before, "something was written"
