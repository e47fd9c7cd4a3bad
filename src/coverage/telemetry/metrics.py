"""What a process counts and times of itself, for Prometheus (text format 0.0.4 and OpenMetrics).

Each process counts for itself alone, and is asked at a port of its own: what belongs together is added up by who asks.
What the database holds is the same whoever looks, so it is looked at in a worker's round (`operations/gauging`), not for
each question.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, start_http_server
from prometheus_client.metrics import MetricWrapperBase
from sqlalchemy.pool import QueuePool

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

# Seconds. A price is made in milliseconds, a document in hundreds of them; after fifteen seconds a statement is given up.
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)
JOB_BUCKETS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 90)
# Products, reasons and the like come from rule files, of which there are tens. A wrong one must not fill the memory of
# whoever asks: what is more is counted under one name.
MOST_LABELLED: Final = 500
TOO_MANY: Final = "other"


class Bounded:
    """A metric's children by label, remembered, and no more of them than `most`; what is more shares one."""

    def __init__(self, metric: MetricWrapperBase, most: int = MOST_LABELLED) -> None:
        self._metric, self._most = metric, most
        self._children: dict[tuple[str, ...], Any] = {}

    def of(self, *labels: str) -> Any:
        """The child of these labels."""
        child = self._children.get(labels)
        if child is None:
            if len(self._children) >= self._most:
                return self._metric.labels(*(TOO_MANY for _ in labels))
            child = self._children[labels] = self._metric.labels(*labels)
        return child


def _counter(name: str, words: str, *labels: str) -> Bounded:
    return Bounded(Counter(f"sharecover_{name}", words, labels, registry=REGISTRY))


def _gauge(name: str, words: str, *labels: str) -> Gauge:
    return Gauge(f"sharecover_{name}", words, labels, registry=REGISTRY)


_requests = Bounded(
    Histogram(
        "sharecover_request_seconds", "From when a request came until its answer had gone", ("route", "method", "status"),
        buckets=BUCKETS, registry=REGISTRY,
    ),
    2_000,
)  # fmt: skip
_problems = _counter("problems", "Answers that were a problem, by its code", "code")
_quotes = _counter("quotes", "Quotes that were kept", "product", "outcome")
_reasons = _counter("quote_reasons", "Reasons why quotes were declined or referred", "outcome", "code")
_binds = _counter("binds", "Covers that were bound; by card, they still wait for their payment", "product", "payment")
_facts = _counter("facts", "What happened, by its kind: cover.issued, claim.created …", "kind")
_webhooks = _counter(
    "webhooks", "Webhooks that were sent, by what became of each: accepted, refused, or why it failed", "outcome"
)
_counted_alone = Counter(
    "sharecover_limits_counted_alone", "Requests whose limit was counted in one process alone, since Redis didn't answer",
    registry=REGISTRY,
)  # fmt: skip
_refusals = _counter("database_refusals", "Transactions that the database couldn't do", "why")
_jobs = Bounded(
    Histogram(
        "sharecover_job_seconds", "Jobs that a worker did, by how each ended: done, failed, set_aside", ("kind", "ended"),
        buckets=JOB_BUCKETS, registry=REGISTRY,
    )
)  # fmt: skip
_rounds = _gauge("round_gone_timestamp_seconds", "When a worker's round was last gone to its end", "round")
_pool = _gauge(
    "pool_connections", "Connections to the database: size of the pool, and how many are in use", "role", "of"
)
_expires = _gauge("signing_certificate_expires_timestamp_seconds", "When the certificate that signs documents expires")


class Held:
    """What the database holds, as a worker's round saw it last."""

    up: Final = _gauge("database_up", "Whether the worker's round could ask the database")
    seen_at: Final = _gauge("gauged_timestamp_seconds", "When the worker's round asked the database last")
    jobs: Final = _gauge("outbox_jobs", "Jobs that aren't done, by state: waiting, running, set_aside", "state")
    lag: Final = _gauge("outbox_lag_seconds", "Since when the job that is due longest waits for a worker")
    unsealed: Final = _gauge("unsealed_facts", "Facts that wait for their seal")
    seal_lag: Final = _gauge("seal_lag_seconds", "How long the oldest of them waits")
    webhooks_due: Final = _gauge(
        "webhooks_due", "Webhooks that could be sent now, to endpoints that are taking or failing", "endpoints"
    )
    webhook_lag: Final = _gauge(
        "webhook_lag_seconds", "How long the one that is due longest waits for a courier", "endpoints"
    )
    endpoints: Final = _gauge(
        "webhook_endpoints", "Webhook endpoints: taking, failing, disabled_lately (within a day)", "state"
    )


# ------------------------------------------------------------------------------------------ what is told


def request_answered(route: str, method: str, status: int, seconds: float) -> None:
    """Counts a request. The route is a template; status 0 is one whose asker went away."""
    _requests.of(route, method, str(status)).observe(seconds)


def problem_told(code: str) -> None:
    """Counts an answer that was a problem."""
    _problems.of(code).inc()


def quote_kept(product: str, outcome: str, reasons: Sequence[str]) -> None:
    """Counts a quote: `outcome` is quoted, referred or declined."""
    _quotes.of(product, outcome).inc()
    for code in dict.fromkeys(reasons):
        _reasons.of(outcome, code).inc()


def cover_bound(product: str, payment: str) -> None:
    """Counts a cover that was bound, by card or invoice."""
    _binds.of(product, payment).inc()


def webhook_sent(outcome: str) -> None:
    """Counts a try to send a webhook: accepted, refused by its answer, or the code of what went wrong."""
    _webhooks.of(outcome).inc()


def fact_recorded(kind: str) -> None:
    """Counts a fact, once it is committed."""
    _facts.of(kind).inc()


def limit_counted_alone() -> None:
    """Counts a request whose limit Redis should have counted."""
    _counted_alone.inc()


def database_refused(why: str) -> None:
    """Counts a transaction that couldn't be done: `pool`, `busy` or `unavailable`."""
    _refusals.of(why).inc()


@contextmanager
def timed_job(kind: str) -> Iterator[dict[str, str]]:
    """Times a job; what is written into the mapping under "ended" says how it did."""
    told, began = {"ended": "failed"}, time.perf_counter()
    try:
        yield told
    finally:
        _jobs.of(kind, told["ended"]).observe(time.perf_counter() - began)


def round_gone(name: str) -> None:
    """Notes that a worker's round was gone to its end."""
    _rounds.labels(name).set_to_current_time()


def outbox_seen(counts: Mapping[str, int], lag_seconds: float) -> None:
    """What a look at the jobs came to."""
    for state, count in counts.items():
        Held.jobs.labels(state).set(count)
    Held.lag.set(lag_seconds)


def webhooks_seen(endpoints: str, due: int, lag_seconds: float) -> None:
    """What a look at the webhooks came to that are due to endpoints "taking" or "failing"."""
    Held.webhooks_due.labels(endpoints).set(due)
    Held.webhook_lag.labels(endpoints).set(lag_seconds)


def endpoints_seen(counts: Mapping[str, int]) -> None:
    """How many webhook endpoints there are by state."""
    for state, count in counts.items():
        Held.endpoints.labels(state).set(count)


def watch_pool(role: str, pool: Any) -> None:
    """Tells a connection pool's size and use, whenever somebody asks."""
    if isinstance(pool, QueuePool):
        _pool.labels(role, "size").set_function(pool.size)
        _pool.labels(role, "in_use").set_function(pool.checkedout)


def signing_expires(timestamp: float) -> None:
    """Says until when documents can be signed, in seconds since 1970."""
    _expires.set(timestamp)


@contextmanager
def served(address: tuple[str, int] | None) -> Iterator[None]:
    """Answers `GET /metrics` at that address until the block ends; raises OSError where it can't listen there."""
    if address is None:
        yield
        return
    host, port = address
    server, thread = start_http_server(port, host, REGISTRY)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
