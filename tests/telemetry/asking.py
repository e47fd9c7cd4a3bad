"""What metrics say: asked for as Prometheus does, and read with its own parser."""

from __future__ import annotations

from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from coverage.telemetry.metrics import REGISTRY


def samples(text: str | None = None) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by name and labels: of `text`, or of what this process would answer now."""
    text = generate_latest(REGISTRY).decode() if text is None else text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(name: str, **labels: str) -> float:
    """A sample of this process; 0 where there is none yet."""
    return samples().get((f"sharecover_{name}", frozenset(labels.items())), 0)
