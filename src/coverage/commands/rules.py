"""`coverage rules check | test | price`: what an underwriter asks of the rules. No database is needed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coverage.domain.faults import Fault, Rejected
from coverage.domain.period import Period, local_day
from coverage.rulebook.admission import admit, check_term, read_written
from coverage.rulebook.describing import edition_schema
from coverage.rulebook.editions import Library, LoadedEdition, load
from coverage.rulebook.examples import Tried, try_all
from coverage.rulebook.explaining import Line, cents_text, explain
from coverage.rulebook.expressions import nearest
from coverage.rulebook.notation import Misread, quoted
from coverage.rulebook.reading import Finding
from coverage.rulebook.scalar import Decision
from coverage.rulebook.shape import instant

app = typer.Typer(no_args_is_help=True, help="Check, test and try the rules in pricing_rules/. Needs no database.")

RulesOption = Annotated[Path, typer.Option(help="The folder of the rules.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
DEFAULT_RULES = Path("pricing_rules")

FAULTS, WRONG_USE = 1, 2


@app.command()
def check(rules: RulesOption = DEFAULT_RULES, as_json: JsonOption = False) -> None:
    """Say everything that is wrong with the rules, each with its file, line and column.

    Exit 0 when there are no faults (warnings may be), 1 when there are.
    """
    library = _load(rules)
    if as_json:
        _print_json(
            {
                "editions": [e.identity for e in library.editions],
                "faults": [_plain(f) for f in library.faults],
                "warnings": [_plain(f) for f in library.findings if f.warning],
            }
        )
    else:
        for finding in library.findings:
            typer.echo(finding)
        count = len(library.faults)
        typer.echo(f"{len(library.editions)} edition{_s(len(library.editions))} fit for sale, {count} fault{_s(count)}, "
              f"{len(library.findings) - count} warning{_s(len(library.findings) - count)}")  # fmt: skip
    raise typer.Exit(FAULTS if library.faults else 0)


@app.command("test")
def try_examples(
    product: Annotated[str | None, typer.Argument(help="Only this product.")] = None,
    rules: RulesOption = DEFAULT_RULES,
    as_json: JsonOption = False,
) -> None:
    """Run the worked prices beside each edition; a failing one shows expected, got, and the way to the price.

    Exit 0 when all agree, 1 when one doesn't or the rules have faults.
    """
    library = _load(rules)
    editions = [e for e in library.editions if product in (None, e.product)]
    if (
        product is not None
        and not editions
        and product not in {f.place.file.split("/products/")[-1].split("/")[0] for f in library.faults}
    ):
        _wrong_use(f"there is no product {quoted(product)}; expected {nearest(product, library.products())}")
    tried = {edition.identity: list(try_all(edition)) for edition in editions}
    failed = [one for all_of in tried.values() for one in all_of if not one.passed]
    if as_json:
        results = {
            identity: [
                {"name": t.name, "at": str(t.place), "passed": t.passed,
                 "differences": [{"what": d.what, "expected": d.expected, "got": d.got} for d in t.differences]}
                for t in all_of
            ]
            for identity, all_of in tried.items()
        }  # fmt: skip
        _print_json({"editions": results, "faults": [_plain(f) for f in library.faults]})
    else:
        for identity, all_of in tried.items():
            passed = sum(one.passed for one in all_of)
            typer.echo(f"{identity}: {passed} of {len(all_of)} worked prices agree")
        for one in failed:
            _print_failure(one)
        for finding in library.faults:
            typer.echo(finding)
    raise typer.Exit(FAULTS if failed or library.faults else 0)


@app.command()
def price(
    product: Annotated[str, typer.Argument(help="The product, such as off_duty_vehicle.")],
    given: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE…", help="The risk: vehicle_class=van 'goods_value=8000 EUR' …"),
    ] = None,
    start: Annotated[str, typer.Option(help="When the cover starts: 2026-12-05T08:00+01:00")] = ...,  # type: ignore[assignment]
    end: Annotated[str, typer.Option(help="When it ends.")] = ...,  # type: ignore[assignment]
    asked: Annotated[str | None, typer.Option(help="When it is asked for. [default: a day before the start]")] = None,
    country: Annotated[str | None, typer.Option(help="Needed where the product is sold in several.")] = None,
    rules: RulesOption = DEFAULT_RULES,
    as_json: JsonOption = False,
) -> None:
    """Price a risk, and say why the price is what it is. Money in JSON is in minor units.

    Exit 0 with a decision (a decline is one), 1 when the rules have faults, 2 when the risk isn't as asked for.
    """
    risk = _pairs(given or [])
    start_at, end_at = _instant("--start", start), _instant("--end", end)
    asked_at = _instant("--asked", asked) if asked else start_at - timedelta(days=1)
    if end_at <= start_at:
        _wrong_use("--end isn't after --start; expected a later instant")
    if asked_at > start_at:
        _wrong_use("--asked is after --start; expected an earlier instant, or the same")
    library = _load(rules).with_drafts
    try:
        edition = library.in_force(product, country, asked_at, start_at)
    except Fault as fault:
        _stop_at_faults(library, product)
        _wrong_use(fault.detail)
    for finding in _faults_of(library, product):
        standing = "not for sale yet" if finding.code == "no_examples" else "not counted"
        typer.echo(f"{standing}: {finding}", err=True)
    try:
        period = Period(start_at, end_at)
        check_term(edition.rules, period, asked_at)
        admitted = admit(edition.rules, risk, period, asked_at, read_written)
        taxes = edition.taxes_on(local_day(asked_at, edition.rules.timezone))
    except Rejected as rejected:
        told = [f"{error.pointer.rpartition('/')[2]}: {error.message}" for error in rejected.errors]
        _wrong_use(*(told or [rejected.detail]))
    compiled = edition.compiled(taxes)
    decision, explanation = compiled.decide(admitted.facts), explain(compiled, admitted.facts)
    if as_json:
        _print_json(_priced(edition, decision, explanation))
    else:
        _print_price(edition, decision, explanation)


@app.command()
def schema() -> None:
    """Print the JSON Schema of an edition, from which an editor completes and explains each key.

    It stands in pricing_rules/edition.schema.json, which each edition names in its first line.
    """
    _print_json(edition_schema())


def _load(rules: Path) -> Library:
    if not rules.is_dir():
        _wrong_use(f"there is no folder {rules}; expected the rules' folder in --rules")
    return load(rules, str(rules))


def _stop_at_faults(library: Library, product: str) -> None:
    """Where the product isn't there because its files are broken, says what is broken."""
    broken = _faults_of(library, product)
    if broken:
        for finding in broken:
            typer.echo(finding, err=True)
        raise typer.Exit(FAULTS)


def _faults_of(library: Library, product: str) -> list[Finding]:
    return [f for f in library.faults if f"/products/{product}/" in f.place.file or "/taxes/" in f.place.file]


def _wrong_use(*messages: str) -> NoReturn:
    for message in messages:
        typer.echo(message, err=True)
    raise typer.Exit(WRONG_USE)


def _pairs(given: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in given:
        key, equals, value = item.partition("=")
        if not equals:
            _wrong_use(f"{item!r} isn't KEY=VALUE; expected such as vehicle_class=van")
        if key in pairs:
            _wrong_use(f"{key} is given twice; expected once")
        pairs[key] = value
    return pairs


def _instant(option: str, text: str) -> datetime:
    try:
        return instant(text).astimezone(UTC)
    except (Misread, OverflowError) as error:
        _wrong_use(f"{option}: {error}")


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "path": finding.place.file, "line": finding.place.line, "column": finding.place.column,
        "code": finding.code, "message": finding.message,
    }  # fmt: skip


def _priced(edition: LoadedEdition, decision: Decision, explanation: list[Line]) -> dict[str, Any]:
    premium = decision.premium
    return {
        "decision": decision.outcome,
        "reasons": list(decision.reasons),
        "sections": [{"name": s.name, "net": s.net} for s in premium.sections] if premium else [],
        "net": premium.net if premium else None,
        "taxes": [{"name": t.name, "amount": t.amount} for t in premium.taxes] if premium else [],
        "fees": premium.fee_total if premium else None,
        "gross": premium.gross if premium else None,
        "currency": edition.rules.currency,
        "edition": edition.identity,
        "explanation": explanation,
    }


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _print_price(edition: LoadedEdition, decision: Decision, explanation: list[Line]) -> None:
    console = Console()
    console.print(
        f"[bold]{decision.outcome}[/] by {edition.identity}"
        + (f": {', '.join(decision.reasons)}" if decision.reasons else ""),
        highlight=False,
    )
    if decision.premium is not None:
        console.print(_steps(explanation))
        gross = f"{cents_text(decision.premium.gross)} {decision.premium.currency}"
        console.print(f"[bold]gross {gross}[/]", highlight=False)


def _steps(explanation: list[Line]) -> Table:
    """The way to a price as a table: each step with its figure, and the amount after it."""
    table = Table(box=None, pad_edge=False)
    for heading in ("section", "step", "figure", "row"):
        table.add_column(heading)
    for heading in ("before", "after"):
        table.add_column(heading, justify="right")
    table.add_column("line", style="dim")
    for line in explanation:
        where = f"{line['table']}: {line.get('row', '')}" if "table" in line else str(line.get("of", ""))
        name = str(line.get("section") or line.get("name") or "")
        at = ":".join(str(line["at"]).rsplit(":", 2)[1:]) if "at" in line else ""
        cells = (
            name,
            line["step"],
            str(line.get("figure", "")),
            where,
            str(line.get("before", "")),
            str(line.get("after", "")),
            at,
        )
        table.add_row(*(escape(str(cell)) for cell in cells))
    return table


def _print_failure(tried: Tried) -> None:
    console = Console()
    console.print(f"\n{escape(str(tried.place))}: [bold red]{escape(tried.name)}[/]", highlight=False)
    for difference in tried.differences:
        console.print(
            f"  {escape(difference.what)}: expected {escape(difference.expected)}, got [bold]{escape(difference.got)}[/]",
            highlight=False,
        )
    if tried.explanation:
        console.print(_steps(list(tried.explanation)))


def _s(count: int) -> str:
    return "" if count == 1 else "s"
