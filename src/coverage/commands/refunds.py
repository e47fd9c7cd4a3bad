"""`coverage refunds list | look | give-up | transferred`: what didn't go back to a card, and what was transferred instead."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from coverage.commands.ending import ending_in_order
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say
from coverage.domain.tenant import Caller

if TYPE_CHECKING:
    from coverage.commands import Wiring
    from coverage.operations.refunding import RefundSeen

OPERATOR = "operator"  # who acts from the command line
STATES = ("pending", "succeeded", "failed", "transferred")

RefundArgument = Annotated[str, typer.Argument(metavar="ID", help="The refund's, as ref_….")]


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands about refunds."""
    refunds = typer.Typer(
        no_args_is_help=True, help="See what didn't go back to a card, and note what was transferred."
    )
    app.add_typer(refunds, name="refunds")

    @refunds.command("list")
    def list_refunds(
        state: Annotated[
            list[str] | None,
            typer.Option(
                metavar="STATE", help=f"Refunds in this state: {', '.join(STATES)}. May be given several times.",
                show_default="failed",
            ),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
        data: DataOption = None,
    ) -> None:  # fmt: skip
        """Say which refunds failed: the money is with us again, and owed to the member."""
        with ending_in_order(), clear_errors(wired := wiring()):
            states = state or ["failed"]
            for name in states:
                if name not in STATES:
                    raise WrongUse(f"there is no state {name!r}; expected one of {', '.join(STATES)}")
            _list(wired, wired.read_settings(data=data), states, as_json)

    @refunds.command()
    def look(refund: RefundArgument, data: DataOption = None) -> None:
        """Ask the processor what has become of a refund, and note it: where its own event of it was lost."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _look(wired, wired.read_settings(data=data), refund)

    @refunds.command("give-up")
    def give_up(refund: RefundArgument, data: DataOption = None) -> None:
        """Give up a refund that the processor refuses for good: it counts as failed from then on, and can be transferred.

        Look first, at the processor, whether it wasn't given back there by hand.
        """
        with ending_in_order(), clear_errors(wired := wiring()):
            _give_up(wired, wired.read_settings(data=data), refund)

    @refunds.command()
    def transferred(
        refund: RefundArgument,
        reference: Annotated[str, typer.Option(metavar="TEXT", help="The bank transfer's own.")],
        data: DataOption = None,
    ) -> None:
        """Note that a failed refund was transferred by bank. Noted again with the same reference, it is noted once."""
        with ending_in_order(), clear_errors(wired := wiring()):
            if not reference.strip():
                raise WrongUse("--reference says nothing; expected the bank transfer's own")
            _transferred(wired, wired.read_settings(data=data), refund, reference.strip())


def _list(wired: Wiring, settings: Any, states: list[Any], as_json: bool) -> None:
    from coverage.operations.refunding import see_refunds

    with wired.open_queue(settings, say) as queue:
        found = see_refunds(queue, states)
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in found], indent=2))
        return
    if not found:
        typer.echo(f"None is {' or '.join(states)}.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("ID", no_wrap=True)
    table.add_column("Cover", overflow="fold")
    table.add_column("Amount", justify="right", no_wrap=True)
    for heading in ("State", "Reason", "Since"):
        table.add_column(heading, overflow="fold")
    for one in found:
        since = _instant(one.failed_at or one.created_at)
        table.add_row(one.id, one.cover, str(one.amount), one.state, one.reason.replace("_", " "), since)
    Console(width=None if sys.stdout.isatty() else 250).print(table)


def _look(wired: Wiring, settings: Any, refund_id: str) -> None:
    from coverage.operations.refunding import look_at_refund, tenant_of_refund

    with wired.open_premises(settings, say, migrate=False) as premises:
        with closing(premises.connect("sharecover_worker", pool_size=1)) as queue:
            tenant = tenant_of_refund(queue, refund_id)
        _say(look_at_refund(premises.house, Caller(tenant, OPERATOR), refund_id))


def _give_up(wired: Wiring, settings: Any, refund_id: str) -> None:
    from coverage.operations.refunding import give_up_refund, tenant_of_refund

    with wired.open_premises(settings, say, migrate=False) as premises:
        with closing(premises.connect("sharecover_worker", pool_size=1)) as queue:
            tenant = tenant_of_refund(queue, refund_id)
        with premises.house.transaction(Caller(tenant, OPERATOR)) as tx:
            done = give_up_refund(tx, refund_id)
    _say(done)


def _transferred(wired: Wiring, settings: Any, refund_id: str, reference: str) -> None:
    from coverage.operations.refunding import people_refunded, tenant_of_refund, transfer_refund
    from coverage.operations.screening import screen

    with wired.open_premises(settings, say, migrate=False) as premises:
        with closing(premises.connect("sharecover_worker", pool_size=1)) as queue:
            tenant = tenant_of_refund(queue, refund_id)
        caller = Caller(tenant, OPERATOR)
        screen(premises.house, caller, people_refunded(premises.house, caller, refund_id), "payout")
        with premises.house.transaction(caller) as tx:
            done = transfer_refund(tx, refund_id, reference)
    _say(done)


def _say(one: RefundSeen) -> None:
    reference = f", {one.bank_reference}" if one.bank_reference else ""
    typer.echo(f"{one.id} of {one.cover} is {one.state}: {one.amount}{reference}.")


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _plain(one: RefundSeen) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return _instant(value) if isinstance(value, datetime) else value

    told = {name: plain(value) for name, value in asdict(one).items() if name != "amount"}
    return told | {"amount": one.amount.amount, "currency": one.amount.currency}
