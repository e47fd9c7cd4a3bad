"""`coverage invoices close | paid`: a partner's month closed by hand, and an invoice paid by bank transfer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coverage.commands.ending import ending_in_order
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say
from coverage.domain.ids import names
from coverage.domain.money import MINOR_DIGITS, Money
from coverage.domain.tenant import Caller, Mode, Tenant

if TYPE_CHECKING:
    from coverage.commands import Wiring

OPERATOR = "operator"  # who acts from the command line

PartnerOption = Annotated[str, typer.Option(metavar="ID", help="The partner, as par_….")]
TestOption = Annotated[bool, typer.Option("--test", help="In test mode, by its own clock, instead of live.")]


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands about invoices."""
    invoices = typer.Typer(no_args_is_help=True, help="Close a partner's month, and note what was paid.")
    app.add_typer(invoices, name="invoices")

    @invoices.command()
    def close(
        partner: PartnerOption,
        month: Annotated[
            str | None, typer.Option(metavar="YYYY-MM", help="Until this month.", show_default="the last that is over")
        ] = None,
        early: Annotated[
            bool, typer.Option("--early", help="The month that runs too, as for a partner who leaves.")
        ] = False,
        test: TestOption = False,
        data: DataOption = None,
    ) -> None:
        """Close each month that is over and open, as the worker does by itself, and name the invoices.

        A month is closed once: closed again, its invoices are named, and nothing is made.
        """
        with ending_in_order(), clear_errors(wired := wiring()):
            until = _month(month) if month else None
            _close(wired, wired.read_settings(data=data), tenant_of(partner, test=test), until, early=early)

    @invoices.command()
    def paid(
        number: Annotated[str, typer.Argument(metavar="NUMBER", help="The invoice's, as F7K4M-2026-000001.")],
        amount: Annotated[
            str, typer.Option(metavar="AMOUNT", help="All of it, as 1234.50; negative for what was sent for a credit note.")
        ],
        reference: Annotated[str, typer.Option(metavar="TEXT", help="The bank transfer's own.")],
        partner: Annotated[
            str | None, typer.Option(metavar="ID", help="Whose, where two partners have one of that number.")
        ] = None,
        data: DataOption = None,
    ) -> None:  # fmt: skip
        """Note that an invoice was paid by bank transfer. Noted again with the same reference, it is noted once."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _paid(wired, wired.read_settings(data=data), number, amount, reference.strip(), partner)


def tenant_of(partner: str, *, test: bool) -> Tenant:
    """The partner in a mode; raises `WrongUse` for what is no partner's id."""
    if not names("partner", partner):
        raise WrongUse(f"{partner!r} is no partner's id; expected one such as par_01…")
    mode: Mode = "test" if test else "live"
    return Tenant(partner, mode)


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007, a month has no zone
    except ValueError:
        raise WrongUse(f"{text!r} is no month; expected one such as 2026-10") from None


def _close(wired: Wiring, settings: Any, tenant: Tenant, until: date | None, *, early: bool) -> None:
    from coverage.operations.invoicing import close_next_month, invoices_of_month, is_tenant

    with wired.open_premises(settings, say, migrate=False) as premises:
        caller = Caller(tenant, OPERATOR)
        if not is_tenant(premises.house, tenant):
            raise WrongUse(f"there is no partner {tenant.partner_id} in {tenant.mode} mode")
        closed = []
        while (month := close_next_month(premises.house, caller, until, early=early)) is not None:
            closed.append(month)
        with premises.house.transaction(caller) as tx:
            wanted = closed or ([until] if until else [])
            found = [(month, invoice) for month in wanted for invoice in invoices_of_month(tx, month)]
    for month, invoice in found:
        total = Money(invoice.total, invoice.currency)
        typer.echo(f"{invoice.number}  {month:%Y-%m}  {total}  {invoice.state}  {invoice.id}")
    if not closed:
        typer.echo("Nothing was closed: every month until then is.")
    elif not found:
        typer.echo("Nothing was booked on invoice, so there is none.")


def _paid(wired: Wiring, settings: Any, number: str, amount: str, reference: str, partner: str | None) -> None:
    from coverage.operations.invoicing import currency_of, pay_invoice, tenants_of_number

    if not reference:
        raise WrongUse("--reference says nothing; expected the bank transfer's own")
    with wired.open_premises(settings, say, migrate=False) as premises:
        with closing(premises.connect("sharecover_worker", pool_size=1)) as queue:
            found = [one for one in tenants_of_number(queue, number) if partner in (None, one.partner_id)]
        if not found:
            raise WrongUse(f"there is no invoice {number}")
        if len(found) > 1:
            whose = ", ".join(one.partner_id for one in found)
            raise WrongUse(f"{number} is an invoice of several partners: say whose with --partner ({whose})")
        with premises.house.transaction(Caller(found[0], OPERATOR)) as tx:
            cents = _minor(amount, currency_of(tx, number))
            invoice = pay_invoice(tx, number, cents, reference)
            told = f"{number} is paid: {Money(invoice.total, invoice.currency)}, {invoice.paid_by}."
    typer.echo(told)


def _minor(amount: str, currency: str) -> int:
    """An amount in minor units; raises `WrongUse` for what is none."""
    try:
        units = Decimal(amount).scaleb(MINOR_DIGITS[currency])
        if units.is_finite() and units == units.to_integral_value():
            return int(units)
    except (InvalidOperation, OverflowError):
        pass
    raise WrongUse(f"--amount {amount!r} is no amount of {currency}; expected one such as 1234.50")
