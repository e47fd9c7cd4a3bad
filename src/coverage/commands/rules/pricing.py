"""`coverage rules price`: what a risk costs, and why the price is what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from coverage.commands.rules.answering import (
    DEFAULT_RULES,
    JsonOption,
    LanguageOption,
    RulesOption,
    StoppedByFaults,
    Wrong,
    WrongUse,
    load_rules,
    print_json,
    refusals,
    words_for,
)
from coverage.commands.rules.steps import WayToPrice
from coverage.domain.faults import Fault, Rejected
from coverage.domain.period import Period, local_day
from coverage.messages import Words
from coverage.rulebook.admission import admit, check_term, read_written
from coverage.rulebook.editions import Library
from coverage.rulebook.explaining import Line, explain
from coverage.rulebook.language.notation import Misread
from coverage.rulebook.language.reading import Finding
from coverage.rulebook.language.shape import instant
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.running.scalar import Decision

OUTCOMES = {"quoted": "rules.quoted", "referred": "rules.referred", "declined": "rules.declined"}


def price(
    product: Annotated[str, typer.Argument(help="The product, such as off_duty_vehicle.")],
    given: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE…", help="The risk: vehicle_class=van 'goods_value=8000 EUR' …"),
    ] = None,
    start: Annotated[str, typer.Option(help="When the cover starts: 2026-12-05T08:00+01:00")] = ...,  # type: ignore[assignment]
    end: Annotated[str, typer.Option(help="When it ends.")] = ...,  # type: ignore[assignment]
    asked: Annotated[
        str | None, typer.Option(help="When it is asked for.", show_default="a day before the start")
    ] = None,
    country: Annotated[str | None, typer.Option(help="Needed where the product is sold in several.")] = None,
    rules: RulesOption = DEFAULT_RULES,
    language: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Price a risk, and say why the price is what it is. Money in JSON is in minor units.

    Exit 0 with a decision (a decline is one), 1 when the rules have faults, 2 when the risk isn't as asked for.
    """
    with refusals(as_json):
        words = words_for(language)
        risk = _pairs(given or [])
        start_at, end_at, asked_at = _instants(start, end, asked)
        library = load_rules(rules).with_drafts
        edition = _edition(_all_on_sale(library), product, country, asked_at, start_at)
        for finding in _faults_of(library, product):
            standing = "not for sale yet" if finding.code == "no_examples" else "not counted"
            typer.echo(f"{standing}: {finding}", err=True)
        if any(one.identity == edition.identity and one.rules.sale == "stopped" for one in library.editions):
            typer.echo(f"not for sale: {edition.document.place(('sale',))}: sale: stopped", err=True)
        decision, explanation = _rated(edition, risk, Period(start_at, end_at), asked_at)
    if as_json:
        print_json(_plain_price(edition, decision, explanation))
    else:
        _print_price(edition, decision, explanation, words)


def _instants(start: str, end: str, asked: str | None) -> tuple[datetime, datetime, datetime]:
    start_at, end_at = _instant("--start", start), _instant("--end", end)
    asked_at = _instant("--asked", asked) if asked else start_at - timedelta(days=1)
    if end_at <= start_at:
        raise WrongUse("--end isn't after --start; expected a later instant")
    if asked_at > start_at:
        raise WrongUse("--asked is after --start; expected an earlier instant, or the same")
    return start_at, end_at, asked_at


def _all_on_sale(library: Library) -> Library:
    """The library as if nothing's sale were stopped: a price may be tried before and after."""
    opened = (replace(one, rules=one.rules.model_copy(update={"sale": "open"})) for one in library.editions)
    return replace(library, editions=tuple(opened))


def _edition(
    library: Library, product: str, country: str | None, asked_at: datetime, start_at: datetime
) -> LoadedEdition:
    """The edition that prices the risk; where the product isn't there because its files are broken, what is broken."""
    try:
        return library.in_force(product, country, asked_at, start_at)
    except Fault as fault:
        broken = _faults_of(library, product)
        if broken:
            raise StoppedByFaults(broken) from None
        raise WrongUse(Wrong(fault.detail, code=fault.code)) from None


def _rated(
    edition: LoadedEdition, risk: dict[str, str], period: Period, asked_at: datetime
) -> tuple[Decision, list[Line]]:
    try:
        check_term(edition.rules, period, asked_at)
        admitted = admit(edition.rules, risk, period, asked_at, read_written)
        taxes = edition.taxes_on(local_day(asked_at, edition.rules.timezone))
    except Rejected as rejected:
        told = [Wrong(one.message, one.pointer.rpartition("/")[2], one.code) for one in rejected.errors]
        raise WrongUse(*(told or [Wrong(rejected.detail, code=rejected.code)])) from None
    compiled = edition.compiled(taxes)
    return compiled.decide(admitted.facts), explain(compiled, admitted.facts)


def _faults_of(library: Library, product: str) -> list[Finding]:
    return [f for f in library.faults if f"/products/{product}/" in f.place.file or "/taxes/" in f.place.file]


def _pairs(given: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in given:
        key, equals, value = item.partition("=")
        if not equals:
            raise WrongUse(f"{item!r} isn't KEY=VALUE; expected such as vehicle_class=van")
        if key in pairs:
            raise WrongUse(f"{key} is given twice; expected once")
        pairs[key] = value
    return pairs


def _instant(option: str, text: str) -> datetime:
    try:
        return instant(text).astimezone(UTC)
    except (Misread, OverflowError) as error:
        raise WrongUse(Wrong(str(error), option)) from None


def _plain_price(edition: LoadedEdition, decision: Decision, explanation: list[Line]) -> dict[str, Any]:
    premium = decision.premium
    return {
        "decision": decision.outcome,
        "reasons": list(decision.reasons),
        "sections": [{"name": s.name, "net": s.net} for s in premium.sections] if premium else [],
        "unavailable": [{"section": one.section, "code": one.code} for one in decision.unavailable],
        "net": premium.net if premium else None,
        "surcharges": [{"name": one.name, "section": one.section, "amount": one.amount} for one in premium.surcharges]
        if premium
        else [],
        "taxes": [{"name": t.name, "amount": t.amount} for t in premium.taxes] if premium else [],
        "fees": premium.fee_total if premium else None,
        "gross": premium.gross if premium else None,
        "currency": edition.rules.currency,
        "edition": edition.identity,
        "explanation": explanation,
    }


def _print_price(edition: LoadedEdition, decision: Decision, explanation: Sequence[Line], words: Words) -> None:
    console = Console()
    standing = words.text(OUTCOMES[decision.outcome], edition=edition.identity)
    console.print(f"[bold]{escape(standing)}[/]\n", highlight=False)
    WayToPrice(words, edition).print_on(console, explanation)
