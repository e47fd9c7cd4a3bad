"""Webhooks: what is told to whom, when it is tried again, and what an answer comes to (Standard Webhooks 1.0)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

# How long after a try that failed comes the next. The first is made at once.
RETRIES: Final = (
    timedelta(0), timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
SECRET_PREFIX: Final = "whsec_"  # noqa: S105, how each begins
EVERYTHING: Final = "*"
PING: Final = "webhook_endpoint.ping"

# Why an endpoint is told nothing any more: all tries of an event failed, or it said so itself with 410.
Because = Literal["failing", "gone"]


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent to an endpoint. Signed with each of its secrets: two while one takes the other's place."""

    url: str
    secrets: tuple[str, ...] = field(repr=False)
    id: str  # the event's, the same for every try
    at: datetime
    body: bytes
    livemode: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a letter: an endpoint's answer, or in `error` why there was none."""

    sent: Mapping[str, str]  # the headers that it went with
    milliseconds: int
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""  # its beginning
    error: str | None = None  # a code, and words behind a colon

    @property
    def accepted(self) -> bool:
        """Whether the endpoint has it. A redirect is none: what follows it would be another's address."""
        return self.error is None and self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the endpoint wants nothing any more."""
        return self.error is None and self.status == 410


def next_try(failed: int, wall: datetime) -> datetime | None:
    """When what failed so often is tried again; None once it has been tried often enough."""
    return wall + RETRIES[failed] if failed < len(RETRIES) else None


def wants(filters: Iterable[str], kind: str) -> bool:
    """Whether filters ("*", "cover.*", "cover.issued") let a kind of event through."""
    noun = kind.partition(".")[0]
    return any(one in (EVERYTHING, kind, f"{noun}.*") for one in filters)


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that may be tried now, of those of an endpoint the one in hand."""

    tenant_id: str
    endpoint_id: str
    delivery_id: str
    failing: bool  # whether the endpoint took nothing the last time


def choose(
    due: Iterable[Due], running: Collection[tuple[str, str]], free: int, *, per_endpoint: int, per_tenant: int
) -> list[Due]:
    """Whose turn it is: `free` at most, and of each endpoint and tenant no more than its share, those that run included.

    An endpoint that fails gets one at a time: it holds up its own alone, and those little.
    """
    of_endpoint: dict[tuple[str, str], int] = {}
    of_tenant: dict[str, int] = {}
    for tenant_id, endpoint_id in running:
        of_endpoint[tenant_id, endpoint_id] = of_endpoint.get((tenant_id, endpoint_id), 0) + 1
        of_tenant[tenant_id] = of_tenant.get(tenant_id, 0) + 1
    chosen: list[Due] = []
    for one in due:
        place = one.tenant_id, one.endpoint_id
        most = 1 if one.failing else per_endpoint
        if len(chosen) < free and of_endpoint.get(place, 0) < most and of_tenant.get(one.tenant_id, 0) < per_tenant:
            of_endpoint[place] = of_endpoint.get(place, 0) + 1
            of_tenant[one.tenant_id] = of_tenant.get(one.tenant_id, 0) + 1
            chosen.append(one)
    return chosen
