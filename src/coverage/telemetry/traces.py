"""Traces, as OpenTelemetry has them: a span for each request and job, and within it for each statement and call of a port.

They go out by OTLP over HTTP, to where the standard's own variables say (`OTEL_EXPORTER_OTLP_ENDPOINT` and its kin). Without an
endpoint nothing is measured, and the SDK isn't loaded. A span bears ids, codes, templates and statements with
placeholders: no parameter, no path, no word of an error. Of what a caller sends, `traceparent` alone is taken.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/, https://www.w3.org/TR/trace-context/
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sqlalchemy import Engine, ExceptionContext, event

from coverage import __version__

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanKind, Tracer

Port = TypeVar("Port")

LONGEST_STATEMENT: Final = 2_000
# Whoever gathers and doesn't answer holds up the process's end for so long at most.
EXPORT_SECONDS: Final = 5
_SPAN: Final = "sharecover_span"

_tracer: Tracer | None = None


@contextmanager
def exported(wanted: bool, process: str) -> Iterator[None]:
    """Sends the process's spans out until the block ends, the last at its end; nothing unless it is `wanted`.

    `process` says which part of the service it is, "web" or "worker".
    """
    global _tracer
    if not wanted:
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    ours = {
        "service.name": "sharecover", "service.version": __version__, "sharecover.process": process,
        "service.instance.id": f"{socket.gethostname()}/{os.getpid()}",
    }  # fmt: skip
    # What the environment names comes before ours.
    resource = Resource.create(ours).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_SECONDS)))
    _tracer = provider.get_tracer("coverage", __version__)
    for name, heard in _HEARD.items():
        event.listen(Engine, name, heard)
    try:
        yield
    finally:
        _tracer = None
        for name, heard in _HEARD.items():
            event.remove(Engine, name, heard)
        provider.shutdown()


def on() -> bool:
    """Whether spans are sent out."""
    return _tracer is not None


# ------------------------------------------------------------------------------------------ what is traced


@contextmanager
def request(method: str, headers: Sequence[tuple[bytes, bytes]]) -> Iterator[Span]:
    """A span for a request, below the caller's own where a valid `traceparent` names one."""
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    # Not `tracestate` nor `baggage`: whatever callers write there would go wherever the spans go.
    named = [value.decode("latin-1") for name, value in headers if name == b"traceparent"]
    parent = TraceContextTextMapPropagator().extract({"traceparent": named[:1]})
    with _span(method, SpanKind.SERVER, {"http.request.method": method}, parent) as span:
        yield span


def answered(span: Span, method: str, route: str, status: int, notes: dict[str, str]) -> None:
    """Says what became of a request."""
    from opentelemetry.trace import StatusCode

    span.update_name(f"{method} {route}")
    span.set_attribute("http.route", route)
    if status:
        span.set_attribute("http.response.status_code", status)
    for name, value in notes.items():
        span.set_attribute(f"sharecover.{name}", value)
    if status >= 500 or not status:
        span.set_attribute("error.type", str(status or "no_answer"))
        span.set_status(StatusCode.ERROR)


def id_of(span: Span) -> str:
    """The id of a span's trace, as logs and other systems write it."""
    return format(span.get_span_context().trace_id, "032x")


@contextmanager
def work(name: str, **attributes: str) -> Iterator[None]:
    """A span for work that nobody asked for just now, such as a job."""
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind

    told = {f"sharecover.{key}": value for key, value in attributes.items()}
    with _span(name, SpanKind.CONSUMER, told):
        yield


def port(name: str, gateway: Port) -> Port:
    """The gateway, with a span for each call of it that is made within another; the very same where nothing is traced."""
    return cast(Port, _Traced(name, gateway)) if on() else gateway


class _Traced:
    """Passes every call on. What it is asked and answers is told to nobody."""

    def __init__(self, name: str, gateway: object) -> None:
        self._name, self._gateway = name, gateway

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._gateway, attribute)
        return self._calling(attribute, found) if callable(found) else found

    def _calling(self, method: str, call: Any) -> Any:
        def called(*arguments: Any, **named: Any) -> Any:
            from opentelemetry.trace import SpanKind

            if not _within_span():
                return call(*arguments, **named)
            with _span(f"{self._name}.{method}", SpanKind.CLIENT, {"peer.service": self._name}):
                return call(*arguments, **named)

        return called


@contextmanager
def _span(name: str, kind: SpanKind, attributes: dict[str, str], parent: Any = None) -> Iterator[Span]:
    from opentelemetry.trace import INVALID_SPAN, StatusCode, use_span

    if _tracer is None:
        yield INVALID_SPAN
        return
    span = _tracer.start_span(name, parent, kind, attributes)
    # The SDK would write an error's own words into the span.
    with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", getattr(error, "code", None) or type(error).__qualname__)
            span.set_status(StatusCode.ERROR)
            raise


def _within_span() -> bool:
    from opentelemetry.trace import get_current_span

    return get_current_span().is_recording()


# ------------------------------------------------------------------------------------------ the database


def _before(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:  # noqa: ARG001
    """What nobody asked for, such as the looking for jobs, has no span to stand in, and gets none."""
    from opentelemetry.trace import SpanKind

    if _tracer is None or context is None or not _within_span():
        return
    operation = statement.lstrip().partition(" ")[0].upper()[:20]
    attributes = {
        "db.system.name": "postgresql", "db.operation.name": operation, "db.query.text": statement[:LONGEST_STATEMENT],
    }  # fmt: skip
    setattr(context, _SPAN, _tracer.start_span(operation, kind=SpanKind.CLIENT, attributes=attributes))


def _after(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:  # noqa: ARG001
    span = getattr(context, _SPAN, None)
    if span is not None:
        span.end()


def _failed(context: ExceptionContext) -> None:
    from opentelemetry.trace import StatusCode

    span = getattr(context.execution_context, _SPAN, None)
    if span is not None:
        error = context.original_exception
        span.set_attribute("error.type", getattr(error, "sqlstate", None) or type(error).__qualname__)
        span.set_status(StatusCode.ERROR)
        span.end()


_HEARD: Final[dict[str, Any]] = {
    "before_cursor_execute": _before,
    "after_cursor_execute": _after,
    "handle_error": _failed,
}
