"""A new edition's publication: made known early enough for the offers of the edition before it to run out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from coverage.rulebook.language.reading import Finding
from coverage.rulebook.loaded import LoadedEdition


def check_publication(editions: Iterable[LoadedEdition]) -> Iterator[Finding]:
    """That each edition takes effect no sooner than its publication plus the running offers of the one before it.

    A priced quote is a firm offer (Code civil 1116). What follows a withdrawn edition mends it, and needn't wait; a
    withdrawn edition itself prices nothing.
    """
    before: dict[tuple[str, str], LoadedEdition] = {}
    for edition in sorted(editions, key=lambda edition: edition.effective_at):
        rules, last = edition.rules, before.get((edition.product, edition.country))
        before[edition.product, edition.country] = edition
        if rules.published is not None and rules.published > rules.effective:
            words = f"{rules.published:%Y-%m-%dT%H:%M} comes after the edition takes effect; expected an earlier moment"
            yield edition.document.finding(("published",), words, "publication")
            continue
        if last is None or last.rules.withdrawn is not None or rules.withdrawn is not None:
            continue
        offers = last.rules.quote.valid_for
        written = last.document.node(("quote", "valid_for"))
        binding = f"offers of {last.name}.yaml bind for {written.text if written else offers}"
        if rules.published is None:
            words = f"nothing says when it was published, and {binding}; expected published: at least that long before it takes effect"
            yield edition.document.finding(("effective",), words, "publication")
            continue
        zone = ZoneInfo(rules.timezone)
        soonest = rules.published.replace(tzinfo=zone).astimezone(UTC) + timedelta(seconds=offers)
        if edition.effective_at < soonest:
            words = f"too soon after {rules.published:%Y-%m-%dT%H:%M}, when it was published, since {binding}; expected {soonest.astimezone(zone):%Y-%m-%dT%H:%M} or later, or the other withdrawn"
            yield edition.document.finding(("effective",), words, "publication")
