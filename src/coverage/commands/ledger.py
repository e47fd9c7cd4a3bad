"""`coverage ledger`: that the books agree, and the books as accountants read them."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, date, datetime
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from coverage.commands.ending import ending_in_order, never_taken_for_faults
from coverage.commands.invoices import PartnerOption, TestOption, tenant_of
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say
from coverage.domain.money import MINOR_DIGITS, Money

if TYPE_CHECKING:
    from coverage.commands import Wiring

CANT_CHECK: Final = 2
# As many as a person may want to read; all are counted.
TOLD_AT_MOST: Final = 1000

JsonOption = Annotated[bool, typer.Option("--json", help="Answer one JSON object.")]


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands about the ledger."""
    ledger = typer.Typer(no_args_is_help=True, help="Check the books, and read them.")
    app.add_typer(ledger, name="ledger")
    _add_checks(ledger, wiring)
    _add_readings(ledger, wiring)


def _add_checks(ledger: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    @ledger.command()
    def check(as_json: JsonOption = False, data: DataOption = None) -> None:
        """Prove that the journal agrees with what it is of: transactions, card payments, refunds, disputes, invoices.

        It may run while the service does. Exit 0: all agrees. Exit 1: something doesn't, and each place is named. Exit 2: it
        couldn't be checked.
        """
        with ending_in_order(), never_taken_for_faults(CANT_CHECK), clear_errors(wired := wiring(), stopped=CANT_CHECK):
            _check(wired, wired.read_settings(data=data), as_json)

    @ledger.command()
    def reconcile(
        since: Annotated[
            str | None,
            typer.Option(
                metavar="DAY", help="From this day on (UTC).", show_default="35 days before what was read last"
            ),
        ] = None,
        test: Annotated[
            bool, typer.Option("--test", help="The test mode's account instead of the live one's.")
        ] = False,
        as_json: JsonOption = False,
        data: DataOption = None,
    ) -> None:
        """Hold the card processor's balance against the journal, movement by movement and in all.

        Each movement is kept once; what the processor took and what it paid out are posted. Exit 0: both agree. Exit 1: they
        don't, and each difference is named. Exit 2: they couldn't be compared.
        """
        with ending_in_order(), never_taken_for_faults(CANT_CHECK), clear_errors(wired := wiring(), stopped=CANT_CHECK):
            begins = datetime.combine(_day(since), datetime.min.time(), UTC) if since else None
            _reconcile(wired, wired.read_settings(data=data), "test" if test else "live", begins, as_json)


def _add_readings(ledger: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    @ledger.command("trial-balance")
    def trial_balance(
        at: Annotated[str | None, typer.Option(metavar="DAY", help="At this day's end.", show_default="now")] = None,
        partner: Annotated[str | None, typer.Option(metavar="ID", help="Of one partner.", show_default="all")] = None,
        test: TestOption = False,
        as_json: JsonOption = False,
        data: DataOption = None,
    ) -> None:
        """Say what was debited and credited to each account. Both sides come to the same, in each currency."""
        with ending_in_order(), clear_errors(wired := wiring()):
            if partner is not None:
                tenant_of(partner, test=test)
            _trial_balance(wired, wired.read_settings(data=data), _day(at), partner, test, as_json)

    @ledger.command()
    def statement(
        partner: PartnerOption,
        first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day.")] = None,
        last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day.")] = None,
        as_csv: Annotated[bool, typer.Option("--csv", help="Answer as CSV.")] = False,
        pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a document to send.")] = None,
        language: Annotated[str, typer.Option(help="Of the document: en or fr.")] = "en",
        test: TestOption = False,
        data: DataOption = None,
    ) -> None:
        """Say what a partner owes, movement by movement, with the balance after each."""
        with ending_in_order(), clear_errors(wired := wiring()):
            tenant = tenant_of(partner, test=test)
            if pdf is not None:
                if language not in ("en", "fr"):
                    raise WrongUse(f"there is no language {language!r}; expected en or fr")
                days = (_day(first), _day(last))
                _statement_pdf(wired, wired.read_settings(data=data), tenant, days, language, pdf)
                return
            _statement(wired, wired.read_settings(data=data), tenant, _day(first), _day(last), as_csv)

    @ledger.command()
    def show(
        cover: Annotated[str, typer.Argument(metavar="COVER", help="The cover's id, or its certificate's number.")],
        as_json: JsonOption = False,
        data: DataOption = None,
    ) -> None:
        """Show the journal of a cover's whole life as T-accounts: its transactions, payments, refunds, disputes, claims."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _show(wired, wired.read_settings(data=data), cover, as_json)


def _day(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{text!r} is no day; expected one such as 2026-12-31") from None


def _console() -> Console:
    # In a file or a pipe, nothing is folded: ids are to be found and copied whole.
    return Console(width=None if sys.stdout.isatty() else 250)


class _Told:
    """Faults as they are found: said at once, and kept for JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self.found: list[Any] = []
        self._as_json, self._console = as_json, Console()

    def __call__(self, fault: Any) -> None:
        if len(self.found) < TOLD_AT_MOST:
            self.found.append(fault)
            if not self._as_json:
                self._console.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)

    def plain(self) -> list[dict[str, Any]]:
        return [asdict(fault) | {"says": str(fault)} for fault in self.found]


def _check(wired: Wiring, settings: Any, as_json: bool) -> None:
    from coverage.operations.balancing import check_books

    tell, console = _Told(as_json=as_json), Console(stderr=True)
    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn())
    with (
        wired.open_queue(settings, say) as queue,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("", total=None)
        checked = check_books(queue, tell, lambda done, of: progress.update(task, completed=done, total=of))
    if as_json:
        typer.echo(json.dumps(asdict(checked) | {"faults_found": checked.faults, "faults": tell.plain()}, indent=2))
    else:
        whole = (
            f"{checked.transactions:,} transactions and {checked.transfers:,} transfers of {checked.tenants:,} tenants"
        )
        outcome = f"{_counted(checked.faults, 'fault')} found" if checked.faults else "the books agree"
        typer.echo(f"{whole} checked: {outcome}.")
    if checked.faults:
        raise typer.Exit(1)


def _reconcile(wired: Wiring, settings: Any, mode: Any, since: datetime | None, as_json: bool) -> None:
    from coverage.operations.reconciling import reconcile

    tell = _Told(as_json=as_json)
    with (
        wired.open_premises(settings, say, migrate=False) as premises,
        closing(premises.connect("sharecover_worker", pool_size=1)) as queue,
    ):
        done = reconcile(premises.house, queue, mode, since, tell)
    if as_json:
        told = {"read": done.read, "kept": done.kept, "differences_found": done.differences}
        typer.echo(json.dumps(told | {"differences": tell.plain()}, indent=2))
    else:
        outcome = f"{_counted(done.differences, 'difference')} found" if done.differences else "both agree"
        typer.echo(f"{_counted(done.read, 'movement')} read, {done.kept:,} of them new: {outcome}.")
    if done.differences:
        raise typer.Exit(1)


def _trial_balance(
    wired: Wiring, settings: Any, at: date | None, partner: str | None, test: bool, as_json: bool
) -> None:  # fmt: skip
    from coverage.operations.balancing import trial_balance

    with wired.open_queue(settings, say) as queue:
        accounts = trial_balance(queue, "test" if test else "live", partner, at)
    if as_json:
        typer.echo(json.dumps({"at": str(at) if at else None, "accounts": [asdict(one) for one in accounts]}, indent=2))
        return
    table = Table(box=None, pad_edge=False, header_style="dim", show_footer=False)
    table.add_column("Account", overflow="fold")
    for heading in ("Debit", "Credit", "Balance"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for currency in sorted({one.currency for one in accounts}):
        mine = [one for one in accounts if one.currency == currency]
        for one in mine:
            table.add_row(one.account, *_figures(currency, one.debit, one.credit, one.debit - one.credit), currency)
        debit, credit = sum(one.debit for one in mine), sum(one.credit for one in mine)
        table.add_section()
        table.add_row("All", *_figures(currency, debit, credit, debit - credit), currency, style="bold")
    _console().print(table if accounts else "Nothing was posted.", highlight=False)


def _statement(
    wired: Wiring, settings: Any, tenant: Any, first: date | None, last: date | None, as_csv: bool
) -> None:  # fmt: skip
    from coverage.operations.balancing import statement

    with wired.open_queue(settings, say) as queue:
        partner, found = statement(queue, tenant.mode, tenant.partner_id, first, last)
    if as_csv:
        typer.echo(_statement_csv(found), nl=False)
        return
    console = _console()
    for one in found:
        table = Table(box=None, pad_edge=False, header_style="dim", title=escape(partner), title_justify="left")
        for heading in ("At", "What for", "Id"):
            table.add_column(heading, overflow="fold")
        for heading in ("Amount", "Balance"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("")
        table.add_row("", "Opening balance", "", "", *_figures(one.currency, one.opening), one.currency)
        for line in one.lines:
            figures = _figures(one.currency, line.amount, line.balance)
            table.add_row(f"{line.at:%Y-%m-%dT%H:%M:%SZ}", line.text, line.cause, *figures, one.currency)
        table.add_row("", "Closing balance", "", "", *_figures(one.currency, one.closing), one.currency, style="bold")
        console.print(table, highlight=False)


def _statement_pdf(
    wired: Wiring, settings: Any, tenant: Any, days: tuple[date | None, date | None], language: str, path: Path
) -> None:  # fmt: skip
    from coverage.operations.documenting import statement_pdf

    with wired.open_reports(settings, say) as (house, queue):
        content = statement_pdf(house, queue, tenant.mode, tenant.partner_id, *days, language)
    try:
        path.write_bytes(content)
    except OSError as error:
        raise WrongUse(f"{path} can't be written ({error.strerror})") from None
    typer.echo(f"{path}: {len(content) // 1024 + 1} kB")


def _statement_csv(found: list[Any]) -> str:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(("at", "text", "id", "currency", "amount", "balance"))
    for one in found:
        writer.writerow(("", "Opening balance", "", one.currency, "", *_plain(one.currency, one.opening)))
        for line in one.lines:
            figures = _plain(one.currency, line.amount, line.balance)
            writer.writerow((f"{line.at:%Y-%m-%dT%H:%M:%SZ}", line.text, line.cause, one.currency, *figures))
        writer.writerow(("", "Closing balance", "", one.currency, "", *_plain(one.currency, one.closing)))
    return written.getvalue()


def _show(wired: Wiring, settings: Any, cover: str, as_json: bool) -> None:
    from coverage.operations.balancing import books_of_cover

    with wired.open_queue(settings, say) as queue:
        number, accounts = books_of_cover(queue, cover)
    if as_json:
        told = [asdict(one) | {"debit": one.debit_total, "credit": one.credit_total} for one in accounts]
        typer.echo(json.dumps({"cover": number, "accounts": told}, indent=2, default=_instant))
        return
    console = _console()
    console.print(f"The journal of {number}", style="bold", highlight=False)
    for account in accounts:
        console.print()
        console.print(_t_account(account), highlight=False)
    debit, credit = sum(one.debit_total for one in accounts), sum(one.credit_total for one in accounts)
    console.print()
    console.print(f"In all {debit:,} debited and {credit:,} credited, in minor units.", highlight=False)


def _t_account(account: Any) -> Table:
    """Debits on the left, credits on the right, what both come to below."""
    table = Table(
        title=account.name, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim",
        show_footer=True, footer_style="bold",
    )  # fmt: skip
    debit, credit = _figures(account.currency, account.debit_total, account.credit_total)
    table.add_column("Cause", overflow="fold")
    table.add_column("Debit", debit, justify="right", no_wrap=True)
    table.add_column("│", "│")
    table.add_column("Credit", credit, justify="right", no_wrap=True)
    table.add_column("Cause", account.currency, overflow="fold")
    for left, right in zip_longest(account.debits, account.credits):
        table.add_row(
            left.cause if left else "", *(_figures(account.currency, left.amount) if left else ("",)), "│",
            *(_figures(account.currency, right.amount) if right else ("",)), right.cause if right else "",
        )  # fmt: skip
    return table


def _figures(currency: str, *amounts: int) -> tuple[str, ...]:
    return tuple(f"{Money(amount, currency).major:,.{MINOR_DIGITS[currency]}f}" for amount in amounts)


def _plain(currency: str, *amounts: int) -> tuple[str, ...]:
    return tuple(str(Money(amount, currency).major) for amount in amounts)


def _instant(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else f'{noun}s'}"
