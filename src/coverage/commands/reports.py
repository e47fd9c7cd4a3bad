"""`coverage reports …`: tax, premium, vehicles, bordereaux and commission, each held against the journal to the cent."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coverage.commands.ending import ending_in_order, never_taken_for_faults
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say, tell

if TYPE_CHECKING:
    from coverage.commands import Wiring
    from coverage.operations.reporting import Report

FORMATS: Final = ("csv", "xlsx", "parquet")
# As many as somebody may want to read on a screen; more are for a file.
SHOWN_AT_MOST: Final = 500
# 1 says that a report isn't what the journal says; that is never to be said because the database was away.
CANT_REPORT: Final = 2

MonthOption = Annotated[
    str | None, typer.Option(metavar="YYYY-MM", help="The month: whole days of each product's time zone.")
]
DayOption = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="One day instead of a month.")]
PartnerOption = Annotated[
    str | None, typer.Option(metavar="ID", help="One partner alone.", show_default="all partners")
]
TestOption = Annotated[bool, typer.Option("--test", help="What partners did in test mode, instead of live.")]
FormatOption = Annotated[
    str | None,
    typer.Option(metavar="FORMAT", help=f"{', '.join(FORMATS)}.", show_default="as the file's name ends, or csv"),
]
OutOption = Annotated[Path | None, typer.Option(help="The file to write.", show_default="a table on the terminal")]

ENDS: Final = "\n\nExit 1: it isn't what the journal says, and each difference is named; no file is written. Exit 2: it couldn't be made."


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the reports."""
    reports = typer.Typer(no_args_is_help=True, help="Report to authorities, insurers and partners, to the cent.")
    app.add_typer(reports, name="reports")
    bordereau = typer.Typer(no_args_is_help=True, help="Bordereaux by Lloyd's Coverholder Reporting Standards v5.2.")
    reports.add_typer(bordereau, name="bordereau")
    for group, name, maker, words in (
        (reports, "tax", "tax_report", "Taxable base, rate and amount by country, class and name; returns negative."),
        (reports, "premium", "premium_report", "Premium written and earned by section, and the unearned reserve."),
        (reports, "commission", "commission_report", "What partners earned by master policy, product and section."),
        (bordereau, "premium", "premium_bordereau", "A row for each section of each transaction."),
        (bordereau, "claims", "claims_bordereau", "A row for each exposure of what was reported until then."),
    ):
        group.command(name, help=words + ENDS)(_of_span(wiring, maker))
    _add_unearned(reports, wiring)
    _add_vehicles(reports, wiring)


def _of_span(wiring: Callable[[], Wiring], maker: str) -> Callable[..., None]:
    def report(
        month: MonthOption = None,
        day: DayOption = None,
        partner: PartnerOption = None,
        test: TestOption = False,
        format: FormatOption = None,
        out: OutOption = None,
        data: DataOption = None,
    ) -> None:
        def make(house: Any, tenants: Any) -> Report:
            from coverage.operations import reporting

            made: Report = getattr(reporting, maker)(house, tenants, span)
            return made

        with (
            ending_in_order(),
            never_taken_for_faults(CANT_REPORT),
            clear_errors(wired := wiring(), stopped=CANT_REPORT),
        ):
            span = _span(month, day)
            _report(wired, data, partner, test, format, out, make)

    return report


def _add_unearned(reports: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    @reports.command(help="The reserve for unearned premium, at the end of a month or day, or at an instant." + ENDS)
    def unearned(
        month: MonthOption = None,
        day: DayOption = None,
        at: Annotated[
            str | None, typer.Option(metavar="INSTANT", help="An instant, with its offset: 2026-11-30T12:00+01:00.")
        ] = None,
        partner: PartnerOption = None,
        test: TestOption = False,
        format: FormatOption = None,
        out: OutOption = None,
        data: DataOption = None,
    ) -> None:
        def make(house: Any, tenants: Any) -> Report:
            from coverage.operations.reporting import unearned_report

            return unearned_report(house, tenants, when)

        with (
            ending_in_order(),
            never_taken_for_faults(CANT_REPORT),
            clear_errors(wired := wiring(), stopped=CANT_REPORT),
        ):
            if at is not None and (month or day):
                raise WrongUse("expected one of --month, --day and --at")
            when = _instant(at, "--at") if at is not None else _span(month, day)
            _report(wired, data, partner, test, format, out, make)


def _add_vehicles(reports: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    words = "The rows of the insured vehicles' file, as they went out. Exit 1 also when a vehicle has no row."

    @reports.command(help=words + ENDS)
    def vehicles(
        since: Annotated[
            str | None,
            typer.Option(metavar="INSTANT", help="Rows noted from this instant on.", show_default="all there are"),
        ] = None,
        partner: PartnerOption = None,
        test: TestOption = False,
        format: FormatOption = None,
        out: OutOption = None,
        data: DataOption = None,
    ) -> None:
        def make(house: Any, tenants: Any) -> Report:
            from coverage.operations.vehicles import vehicles_report

            return vehicles_report(house, tenants, start)

        with (
            ending_in_order(),
            never_taken_for_faults(CANT_REPORT),
            clear_errors(wired := wiring(), stopped=CANT_REPORT),
        ):
            start = _instant(since, "--since") if since is not None else None
            _report(wired, data, partner, test, format, out, make)


def _span(month: str | None, day: str | None) -> Any:
    from coverage.domain.reporting import Span

    if (month is None) == (day is None):
        raise WrongUse("expected either --month or --day, such as --month 2026-11")
    try:
        return Span.of_month(month) if month is not None else Span.of_day(date.fromisoformat(day or ""))
    except (ValueError, OverflowError) as error:
        raise WrongUse(
            str(error) if month else f"--day is {str(day)[:40]!r}; expected a day such as 2026-11-30"
        ) from None


def _instant(text: str, option: str) -> datetime:
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    raise WrongUse(f"{option} is {text[:40]!r}; expected an instant with its offset, such as 2026-11-30T12:00+01:00")


def _format(format: str | None, out: Path | None) -> str:
    found = format or (out.suffix.removeprefix(".") if out is not None and out.suffix else "csv")
    if found not in FORMATS:
        raise WrongUse(f"there is no format {found!r}; expected one of {', '.join(FORMATS)}")
    if format is not None and out is None:
        raise WrongUse("--format goes with --out FILE")
    return found


def _report(
    wired: Wiring, data: Path | None, partner: str | None, test: bool, format: str | None, out: Path | None,
    make: Callable[[Any, Any], Report],
) -> None:  # fmt: skip
    from coverage.operations.reporting import tenants_of

    written_as = _format(format, out)
    if out is not None and not out.absolute().parent.is_dir():
        raise WrongUse(f"there is no folder {out.absolute().parent} to write {out.name} to")
    with wired.open_reports(wired.read_settings(data=data), say) as (house, queue):
        report = make(house, tenants_of(queue, partner, "test" if test else "live"))
        if out is None:
            _show(report)
        else:
            _write(house, report, written_as, out)
    for difference in report.differences:
        tell(difference)
    if report.differences:
        raise typer.Exit(1)


def _write(house: Any, report: Report, format: str, out: Path) -> None:
    """Aside first, and under its name once it agrees: nobody is to have a file that doesn't."""
    from coverage.domain.faults import Conflict
    from coverage.operations.reporting import write_report

    aside = out.with_name(f".{out.name}.{secrets.token_hex(8)}")
    try:
        aside.touch(mode=0o600, exist_ok=False)
        with aside.open("wb") as handle:
            write_report(house, report, format, handle)
        aside.replace(out)
    except Conflict:
        if not report.differences:
            raise
    except OSError as error:
        raise WrongUse(f"{out} can't be written ({error.strerror})") from error
    finally:
        aside.unlink(missing_ok=True)


def _show(report: Report) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in report.columns:
        right = column.kind in ("money", "rate", "count")
        table.add_column(column.heading, justify="right" if right else "left", overflow="fold")
    count = 0
    for batch in report.batches:
        for row in batch:
            count += 1
            if count <= SHOWN_AT_MOST:
                # A name may hold what a table would take for its own marks.
                table.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
    # In a file or a pipe, nothing is folded.
    console = Console(width=None if sys.stdout.isatty() else 40 * len(report.columns))
    if count:
        console.print(table)
    more = f"The first {SHOWN_AT_MOST} of {count:,} rows; all with --out." if count > SHOWN_AT_MOST else ""
    console.print(more or f"{count:,} {'row' if count == 1 else 'rows'}.", highlight=False)
