"""Eventing: an event as it is told, the same to whoever asks for it and to whom it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from coverage.operations.house import Work
from coverage.storage import seals
from coverage.storage.outbox import FactKept


def tell_events(tx: Work, found: Sequence[FactKept]) -> list[dict[str, Any]]:
    """Sealed events as they are told, each with its place among those about its subject."""
    places = seals.sequences(tx.session, tx.tenant_id, [event.id for event in found])
    return [
        {
            "id": event.id,
            "object": "event",
            "livemode": tx.tenant.livemode,
            "type": event.kind,
            "subject": event.subject,
            "sequence": places[event.id],
            "actor": event.actor,
            "data": event.data,
            "happened_at": _instant(event.happened_at),
            "created_at": _instant(event.recorded_at),
        }
        for event in found
    ]


def _instant(at: datetime) -> str:
    """As answers carry it: UTC, whole seconds unless there are parts of one."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
