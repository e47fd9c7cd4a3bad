"""Promise 15: whatever the OpenAPI document allows, and much that it doesn't, is answered as the document says.

Schemathesis writes the requests and holds each answer against the document, by all of its checks. It drives the service on a
socket, with the demo's partner and things, so that half of what it asks for is there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.api.declaring import operations
from coverage.web.app import create_app
from coverage.web.demo import Demo
from tests.promises.trial import Trial, promise
from tests.serving import serving

# A request may be as the document has it, and still ask for what can't be: a start in the past, a product that isn't sold,
# somebody who was erased. No schema says that; the service does, with a pointer to it.
POSITIVE = ["2xx", "400", "401", "403", "404", "409", "410", "422", "429"]
NEGATIVE = ["400", "401", "403", "404", "405", "409", "410", "413", "415", "422", "429", "431"]

# Whatever stands in a list of prices is answered in its place: what can't be priced spoils no other.
LIST_OF_PRICES = {"include-operation-id": "priceRisks", "checks": {"negative_data_rejection": {"enabled": False}}}


@pytest.fixture
def demo(house: House, owner: Database, tmp_path: Path) -> Demo:
    found = Demo(house, owner, tmp_path)
    found.stand()
    return found


def configured(address: str, key: str, seed: int, cases: int, things: list[dict[str, Any]]) -> SchemathesisConfig:
    """Every check, positive and negative data, by a seed. `things` are parameters to ask for by, as they are."""
    return SchemathesisConfig.from_dict(
        {
            "base-url": address,
            "headers": {"Authorization": f"Bearer {key}"},
            "seed": seed,
            "workers": 1,
            "continue-on-failure": True,
            "request-timeout": 60,
            "generation": {"max-examples": cases, "mode": "all", "database": "none", "no-shrink": True},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": POSITIVE},
                "negative_data_rejection": {"expected-statuses": NEGATIVE},
            },
            "phases": {
                # Each value at each edge of each schema comes to thousands: they are for the full size alone.
                "coverage": {"enabled": cases > 20},
                "stateful": {"enabled": False},
            },
            "operations": [*things, LIST_OF_PRICES],
        }
    )


def things_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """For each operation the ids that its path's examples name, as Schemathesis takes them."""
    return [
        {
            "include-operation-id": operation["operationId"],
            "parameters": {
                f"path.{one['name']}": one["example"] for one in operation["parameters"] if one["in"] == "path"
            },
        }
        for _, operation in operations(document)
        if any(one["in"] == "path" for one in operation["parameters"])
    ]


def run(config: SchemathesisConfig, document: dict[str, Any]) -> Iterator[events.ScenarioFinished]:
    """All that Schemathesis tries, operation by operation; raises whatever it breaks over itself."""
    schema = schemathesis.openapi.from_dict(document, config=config)
    for event in from_schema(schema).execute():
        if isinstance(event, events.FatalError):
            raise event.exception
        # Before Python 3.12 two threads that read source at once may trip the interpreter up, as a generator and the
        # service here: nothing was asked then.
        if isinstance(event, events.NonFatalError) and isinstance(event.value, SystemError):
            continue
        if isinstance(event, events.NonFatalError):
            raise AssertionError(f"{event.label}: {event.info.format()}") from event.value
        if isinstance(event, events.ScenarioFinished):
            yield event


def failures(event: events.ScenarioFinished) -> Iterator[tuple[str, str]]:
    """What didn't hold, in short, each with the request that shows it."""
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                found = event.recorder.interactions.get(case_id)
                answered = found.response.status_code if found and found.response else None
                shown, failure = check.failure_info, check.failure_info.failure
                yield f"{event.recorder.label}: {failure.title} ({answered})", f"{failure.message}\n{shown.code_sample}"


class TestDocument:
    @promise(
        15, "what the document allows and what it doesn't is answered as it says; nothing breaks",
        unit="requests", small=200, full=10_000, provokes=("answered", "refused", "positive", "negative"), alone=True,
    )  # fmt: skip
    def test_is_true_of_every_answer(self, house: House, demo: Demo, trial: Trial) -> None:
        app = create_app(house, examples=demo.examples)
        found: dict[str, list[str]] = {}
        with serving(app) as address:
            document = httpx2.get(f"{address}/openapi.json", trust_env=False, timeout=60).json()
            count = len(list(operations(document)))
            round_ = 0
            while trial.tried < trial.size:
                # In every other round the things that are asked for are there.
                things = things_of(document) if round_ % 2 == 0 else []
                cases = max(1, math.ceil((trial.size - trial.tried) / count / 2))
                config = configured(address, demo.key, trial.seed + round_, cases, things)
                for event in run(config, document):
                    for what, shown in failures(event):
                        found.setdefault(what, []).append(shown)
                    for node in event.recorder.cases.values():
                        mode = node.value.meta.generation.mode.value if node.value.meta else "examples"
                        trial.met(mode)
                    for one in event.recorder.interactions.values():
                        if one.response is not None:
                            trial.met("answered" if one.response.status_code < 300 else "refused")
                            if one.response.status_code == 500:
                                trial.met("broke")
                            trial.done()
                round_ += 1
        told = [f"{what}, {len(shown)} times:\n{min(shown, key=len)[:1500]}" for what, shown in sorted(found.items())]
        assert not told, f"seed {trial.seed}, {len(told)} kinds of failures:\n\n" + "\n\n".join(told)
        assert not trial.counts["broke"]
