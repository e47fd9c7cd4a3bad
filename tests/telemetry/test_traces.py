"""Traces: what goes to whoever gathers them, and that nothing does unless it is wanted."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import text
from structlog.contextvars import get_contextvars

from coverage.domain.faults import Unavailable
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.telemetry import traces
from coverage.web.app import create_app
from tests.builders import Platform, a_bind, a_party, a_quote
from tests.processes import clean_environment, free_port
from tests.telemetry.collector import Collector, SpanSeen, collecting

SERVER, CLIENT = 2, 3
Traced = Callable[[], Any]


@contextmanager
def traced(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Iterator[Collector]:
    """Whatever is done in the block is traced; when it is over, all has come in."""
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with traces.exported(True, "web"):
            yield collector


def named(collector: Collector, name: str) -> SpanSeen:
    """The span of that name, of which there is one."""
    (found,) = [span for span in collector.spans if span.name == name]
    return found


class TestRequest:
    def test_is_a_span_with_its_statements_below(self, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
        with traced(monkeypatch) as collector:
            made = platform.post("/v1/quotes", a_quote())
        span = named(collector, "POST /v1/quotes")
        assert collector.paths == {"/v1/traces"}
        assert (span.kind, span.failed, span.parent) == (SERVER, False, "")
        assert span.attributes == {
            "http.request.method": "POST", "http.route": "/v1/quotes", "http.response.status_code": 201,
            "sharecover.request_id": made.headers["Request-Id"], "sharecover.tenant": platform.tenant.id,
        }  # fmt: skip
        statements = [one for one in collector.spans if one.parent == span.id]
        assert {one.trace for one in statements} == {span.trace}
        assert {"SELECT", "INSERT"} <= {one.name for one in statements}
        assert all(one.attributes["db.query.text"].lstrip().upper().startswith(one.name) for one in statements)

    def test_stands_below_the_callers_own(self, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
        theirs = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = {
            "traceparent": f"00-{theirs}-00f067aa0ba902b7-01", "tracestate": "them=canary", "baggage": "who=canary",
        }  # fmt: skip
        with traced(monkeypatch) as collector:
            platform.get("/v1/covers", headers=headers)
        span = named(collector, "GET /v1/covers")
        assert (span.trace, span.parent) == (theirs, "00f067aa0ba902b7")
        assert not any(b"canary" in body for body in collector.bodies)

    @pytest.mark.parametrize("value", ["", "nonsense", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", "ff" * 500])
    def test_begins_anew_below_what_is_none(
        self, platform: Platform, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        with traced(monkeypatch) as collector:
            assert platform.get("/v1/covers", headers={"traceparent": value}).status_code == 200
        assert named(collector, "GET /v1/covers").parent == ""

    def test_that_breaks_tells_no_word_of_what_broke(self, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("canary")

        monkeypatch.setattr("coverage.operations.issuing.cover_issued", fail)
        with traced(monkeypatch) as collector:
            bind = a_bind(platform.quote(), parties={"policyholder": a_party(name="canary")})
            assert platform.post("/v1/covers", bind).status_code == 500
        span = named(collector, "POST /v1/covers")
        assert span.failed
        assert (span.attributes["http.response.status_code"], span.attributes["sharecover.code"]) == (500, "internal")
        assert all(one.events == 0 for one in collector.spans)
        assert not any(b"canary" in body for body in collector.bodies)

    def test_of_whoever_watches_over_the_service_is_none(
        self, platform: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with traced(monkeypatch) as collector:
            platform.client.get("/livez")
            platform.client.get("/readyz")
        assert collector.spans == []

    def test_is_not_told_by_the_framework_too(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its own telemetry tells paths: a provider that is there for all must not wake it."""
        provider = TracerProvider(shutdown_on_exit=False)
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
        began: list[str] = []
        monkeypatch.setattr(provider, "get_tracer", lambda *_, **__: began.append("asked"))
        with TestClient(create_app(house), raise_server_exceptions=False) as client:
            assert client.get("/m/secret").status_code < 500
        assert began == []


class TestLog:
    def test_names_the_trace(
        self, platform: Platform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        seen: list[dict[str, Any]] = []

        def looking(_: int) -> bool:
            seen.append(get_contextvars())
            return False

        monkeypatch.setattr("coverage.web.watching.log.isEnabledFor", looking)
        with traced(monkeypatch) as collector:
            platform.get("/v1/covers")
        assert seen[0]["trace_id"] == named(collector, "GET /v1/covers").trace


class TestStatements:
    def test_have_no_parameters(self, owner: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        with traced(monkeypatch) as collector, traces.work("looking"), owner.engine.connect() as connection:
            connection.execute(text("SELECT :who"), {"who": "canary"})
            with pytest.raises(Exception, match="canary"):
                connection.execute(text("SELECT CAST(:who AS int)"), {"who": "canary"})
        assert not any(b"canary" in body for body in collector.bodies)
        first, second = [span for span in collector.spans if span.name == "SELECT" and "who" in str(span.attributes)]
        assert first.attributes["db.query.text"] == "SELECT %(who)s"
        assert (first.failed, second.failed, second.attributes["error.type"]) == (False, True, "22P02")

    def test_that_belong_to_nothing_have_no_span(self, owner: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        with traced(monkeypatch) as collector, owner.outside() as session:
            session.execute(text("SELECT 1"))
        assert collector.spans == []


class Gateway:
    """Something outside."""

    kind = "outside"

    def ask(self, who: str, *, fails: bool = False) -> str:
        if fails:
            raise Unavailable("payments_unavailable", f"{who} can't be asked")
        return f"{who} was asked"


class TestPort:
    def test_has_a_span_for_each_call(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with traced(monkeypatch) as collector:
            port = traces.port("payments", Gateway())
            assert port.kind == "outside"
            assert port.ask("canary") == "canary was asked"
            with traces.work("job send_refunds", tenant="tn_1"):
                assert port.ask("canary") == "canary was asked"
                with pytest.raises(Unavailable):
                    port.ask("canary", fails=True)
        job = named(collector, "job send_refunds")
        assert job.attributes == {"sharecover.tenant": "tn_1"}
        first, second = [span for span in collector.spans if span.name == "payments.ask"]
        assert first.parent == second.parent == job.id
        assert (first.kind, first.failed, second.failed) == (CLIENT, False, True)
        assert second.attributes["error.type"] == "payments_unavailable"
        assert not any(b"canary" in body for body in collector.bodies)

    def test_is_the_gateway_itself_where_nothing_is_traced(self) -> None:
        gateway = Gateway()
        assert traces.port("payments", gateway) is gateway


class TestExported:
    def test_say_whose_they_are(self, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
        with traced(monkeypatch, OTEL_SERVICE_NAME="cover-eu", OTEL_RESOURCE_ATTRIBUTES="deployment=a") as collector:
            platform.get("/v1/covers")
        process = named(collector, "GET /v1/covers").process
        assert (process["service.name"], process["deployment"], process["sharecover.process"]) == (
            "cover-eu", "a", "web",
        )  # fmt: skip
        assert re.fullmatch(r".+/\d+", process["service.instance.id"])

    def test_to_nobody_hold_up_neither_requests_nor_the_end(
        self, platform: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
        with traces.exported(True, "web"):
            assert platform.get("/v1/covers").status_code == 200
            began = time.monotonic()
        assert time.monotonic() - began < 10
        assert not traces.on()

    def test_unless_wanted_load_nothing(self) -> None:
        words = (
            "import sys; from coverage.assembly import wiring; wiring(); import coverage.web.app;"
            "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
        )
        told = subprocess.run(
            [sys.executable, "-P", "-c", words], capture_output=True, text=True, check=True, env=clean_environment()
        )
        assert told.stdout.strip() == "[]"
