"""Promise 27: ten times as much as the service can serve is shed, in bounded time and memory, and then all is well again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import a_quote
from tests.processes import Service, data_folder, serving
from tests.promises.flood import flood, served_a_second
from tests.promises.trial import Trial, promise

TIMES = 10
LONGEST_REFUSAL_SECONDS = 10.0  # they wait for two at most; the rest is the machine's, which the flood keeps busy too
MOST_MEMORY_MB = 150
BACK_WITHIN_SECONDS = 5.0


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as folder, serving(folder, "--demo") as running:
        yield running


def memory_mb(process_id: int) -> int:
    """The most memory that a process has held so far."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def a_request(service: Service) -> bytes:
    body = json.dumps(a_quote()).encode()
    head = f"POST /v1/quotes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {service.printed('Test key')}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class TestOverload:
    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory as Linux tells it")
    @promise(
        27, "ten times what can be served: only 2xx, 429 and 503, in bounded time and memory; well again within 5 s",
        unit="requests", small=2_000, full=20_000, provokes=("served", "refused"), alone=True,
    )  # fmt: skip
    def test_is_shed_and_passes(self, service: Service, trial: Trial) -> None:
        request = a_request(service)
        capacity = served_a_second(service.port, lambda _: request, 1.0)
        before = memory_mb(service.process.pid)
        told = flood([service.port], lambda _: request, trial.size, TIMES * capacity)
        ended = time.monotonic()
        while (answer := service.post("/v1/quotes", a_quote())).status_code != 201:
            assert answer.status_code == 503
            assert time.monotonic() - ended < BACK_WITHIN_SECONDS
        assert time.monotonic() - ended < BACK_WITHIN_SECONDS
        trial.done(told.statuses.total())
        trial.met("served", told.statuses[201])
        trial.met("refused", told.statuses[429] + told.statuses[503])
        trial.met("times as many as can be served", round(trial.size / told.seconds / capacity))
        trial.met("ms in which 99% of the refusals came", round(told.refused_within(0.99) * 1000))
        trial.met("MB more memory", memory_mb(service.process.pid) - before)
        assert set(told.statuses) <= {201, 429, 503}, told.statuses
        assert told.without_advice == 0
        assert told.refused_within(0.99) < LONGEST_REFUSAL_SECONDS
        assert memory_mb(service.process.pid) - before < MOST_MEMORY_MB
