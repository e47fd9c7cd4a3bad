"""Pricing: a risk is read and priced by the edition in force. Nothing is kept: a quote is a price that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from coverage.domain.faults import Detail, Missing, Rejected
from coverage.domain.period import Period, local_day
from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.rulebook.admission import Admitted, admit, check_term, read_json
from coverage.rulebook.editions import Library
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.taxes import TaxesInForce
from coverage.rulebook.running.scalar import Decision


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a price is asked for. `start` None begins at issue; then `duration` says how long."""

    product: str
    country: str | None
    start: datetime | None
    end: datetime | None
    duration: timedelta | None
    risk: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Priced:
    """What the rules say of it, and all that they went by."""

    period: Period
    edition: LoadedEdition
    taxes: TaxesInForce
    admitted: Admitted
    decision: Decision


def on_sale_now(house: House, caller: Caller) -> tuple[Library, datetime]:
    """What is on sale, and the time by the caller's clock: taken once, so that all prices of one call agree."""
    with house.transaction(caller) as tx:
        return house.rules(), tx.now


def price(library: Library, wanted: Wanted, now: datetime) -> Priced:
    """Prices what is wanted at `now`, whatever the decision.

    Raises `Rejected` with a pointer for each field that is wrong.
    """
    period = _period(wanted, now)
    edition = _edition(library, wanted, period, now)
    if wanted.start is None and edition.rules.quote.floats == 0:
        detail = Detail("/start", '"at_issue" isn\'t offered by this product; expected an instant', "invalid_value")
        raise Rejected("invalid_term", "the product needs a fixed start", errors=(detail,))
    admitted = _admitted(edition, wanted, period, now)
    taxes = edition.taxes_on(local_day(now, edition.rules.timezone))
    return Priced(period, edition, taxes, admitted, edition.compiled(taxes).decide(admitted.facts))


def _period(wanted: Wanted, now: datetime) -> Period:
    start = wanted.start.astimezone(UTC) if wanted.start is not None else now
    if wanted.start is not None and start < now:
        detail = Detail(
            "/start", f"the start lies in the past; expected {now:%Y-%m-%dT%H:%M:%SZ} or later", "start_passed"
        )
        raise Rejected("invalid_term", "no cover begins in the past", errors=(detail,))
    end = wanted.end.astimezone(UTC) if wanted.end is not None else start + (wanted.duration or timedelta())
    if end <= start:
        pointer = "/end" if wanted.end is not None else "/duration"
        detail = Detail(pointer, "the end isn't after the start; expected a later one", "end_before_start")
        raise Rejected("invalid_term", "a cover ends after it starts", errors=(detail,))
    return Period(start, end)


def _edition(library: Library, wanted: Wanted, period: Period, now: datetime) -> LoadedEdition:
    try:
        return library.in_force(wanted.product, wanted.country, now, period.start)
    except Missing as missing:
        pointer = "/country" if wanted.product in library.products() else "/product"
        raise Rejected(missing.code, missing.detail, errors=(Detail(pointer, missing.detail, missing.code),)) from None
    except Rejected as rejected:
        pointer = "/country" if rejected.code == "country_needed" else "/product"
        raise Rejected(
            rejected.code, rejected.detail, errors=(Detail(pointer, rejected.detail, rejected.code),)
        ) from None


def _admitted(edition: LoadedEdition, wanted: Wanted, period: Period, now: datetime) -> Admitted:
    """The risk as facts. What is wrong with the term and with the risk is told together, to be mended in one go."""
    wrong: list[Detail] = []
    admitted = None
    try:
        check_term(edition.rules, period, now)
    except Rejected as rejected:
        # A term that is too long is mended where it was said.
        ends = "/end" if wanted.end is not None else "/duration"
        wrong += [replace(error, pointer=ends) if error.pointer == "/end" else error for error in rejected.errors]
    try:
        admitted = admit(edition.rules, wanted.risk, period, now, read_json)
    except Rejected as rejected:
        wrong += rejected.errors
    if wrong or admitted is None:
        raise Rejected("invalid_quote", "the product can't be quoted as asked for", errors=tuple(wrong))
    return admitted
