"""`coverage keys create | list | rotate | revoke`: partners' API keys, for the first of each and for the day one leaks."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from coverage.commands.ending import ending_in_order
from coverage.commands.saying import DataOption, WrongUse, clear_errors, say
from coverage.domain.faults import Rejected
from coverage.domain.scopes import MEANINGS, told

if TYPE_CHECKING:
    from coverage.commands import Wiring
    from coverage.storage.partners import KeySeen

PartnerArgument = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id, as par_….")]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The key's id, as key_…; not the key itself.")]
LiveOption = Annotated[bool, typer.Option("--live", help="Of live mode, in which cover is real.")]
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?", re.ASCII)


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands about keys."""
    keys = typer.Typer(no_args_is_help=True, help="Make, see, rotate and revoke partners' API keys.")
    app.add_typer(keys, name="keys")

    @keys.command()
    def create(
        partner: PartnerArgument,
        name: Annotated[str, typer.Option(help="Who uses it, and for what.")],
        live: LiveOption = False,
        scope: Annotated[
            list[str] | None,
            typer.Option(
                metavar="SCOPE", show_default="all that a platform does",
                help=f"What it may do, may be given several times: {', '.join(MEANINGS)}.",
            ),
        ] = None,
        data: DataOption = None,
    ) -> None:  # fmt: skip
        """Make a key, which is said this once, alone on stdout. `settling` and `keys` are never given unasked."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _create(wired, wired.read_settings(data=data), partner, live, name, scope)

    @keys.command("list")
    def list_all(
        partner: PartnerArgument,
        live: LiveOption = False,
        as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
        data: DataOption = None,
    ) -> None:
        """List a partner's keys, the newest first, with when each was last used. No key itself is kept anywhere."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _list(wired, wired.read_settings(data=data), partner, live, as_json)

    @keys.command()
    def rotate(
        key: KeyArgument,
        expires_in: Annotated[
            str, typer.Option(metavar="DURATION", help="For how long the old one opens things yet: PT0S to P30D.")
        ] = "P1D",
        data: DataOption = None,
    ) -> None:
        """Make a successor with the same scopes, said this once, alone on stdout."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _rotate(wired, wired.read_settings(data=data), key, _duration(expires_in))

    @keys.command()
    def revoke(key: KeyArgument, data: DataOption = None) -> None:
        """End a key: within a second it opens nothing on any process."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _revoke(wired, wired.read_settings(data=data), key)


def _create(wired: Wiring, settings: Any, partner: str, live: bool, name: str, scopes: list[str] | None) -> None:
    from coverage.domain.tenant import Tenant
    from coverage.operations.keying import at_desk, create_key

    if unknown := set(scopes or ()) - set(MEANINGS):
        raise WrongUse(f"there is no scope {min(unknown)!r}; expected one of {', '.join(MEANINGS)}")
    if not name.strip() or len(name) > 120:
        raise WrongUse("--name says nothing, or more than 120 characters do")
    with wired.open_desk(settings, say) as desk, at_desk(desk.owner, Tenant(partner, _mode(live))) as tx:
        made = create_key(tx, name, scopes or None)
    say(f"{made.seen.id} may do {', '.join(told(made.seen.scopes))}; the key itself can't be shown again")
    sys.stdout.write(f"{made.secret}\n")


def _rotate(wired: Wiring, settings: Any, key: str, expires_in: timedelta) -> None:
    from coverage.operations.keying import at_desk, rotate_key, tenant_of_key

    with wired.open_desk(settings, say) as desk:
        tenant = tenant_of_key(desk.owner, key)
        try:
            with at_desk(desk.owner, tenant) as tx:
                made = rotate_key(tx, key, expires_in)
        except Rejected as error:
            raise WrongUse(f"{error.detail}; {error.errors[0].message}" if error.errors else error.detail) from None
    say(f"{made.seen.id} takes its place; the key itself can't be shown again")
    sys.stdout.write(f"{made.secret}\n")


def _revoke(wired: Wiring, settings: Any, key: str) -> None:
    from coverage.operations.keying import at_desk, revoke_key, tenant_of_key

    with wired.open_desk(settings, say) as desk:
        tenant = tenant_of_key(desk.owner, key)
        with at_desk(desk.owner, tenant) as tx:
            done = revoke_key(tx, key)
    sys.stdout.write(f"{done.id} opens nothing, since {_instant(done.revoked_at)}.\n")


def _list(wired: Wiring, settings: Any, partner: str, live: bool, as_json: bool) -> None:
    from coverage.domain.tenant import Tenant
    from coverage.operations.keying import at_desk, list_keys, state_of
    from coverage.operations.showing import Page

    found: list[KeySeen] = []
    more = True
    with wired.open_desk(settings, say) as desk, at_desk(desk.owner, Tenant(partner, _mode(live))) as tx:
        while more:
            part, more = list_keys(tx, Page(100, found[-1].id if found else None, None, None))
            found += part
    wall = datetime.now(UTC)
    if as_json:
        rows = [
            {
                "id": one.id, "name": one.name, "state": state_of(one, wall), "scopes": told(one.scopes), "hint": one.hint,
                "created_by": one.created_by, "replaced_by": one.replaced_by, "created_at": _instant(one.created_at),
                "last_used_at": _instant(one.last_used_at), "expires_at": _instant(one.expires_at),
                "revoked_at": _instant(one.revoked_at),
            }
            for one in found
        ]  # fmt: skip
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("Key", "Name", "Ends in", "State", "Last used", "Scopes"):
        table.add_column(head, no_wrap=head == "Key", overflow="fold")
    for one in found:
        name = "".join(it for it in one.name or "–" if it.isprintable())
        state = state_of(one, wall)
        until = f" until {_instant(one.expires_at)}" if state == "rotating" else ""
        table.add_row(
            one.id, name, one.hint, f"{state}{until}", _instant(one.last_used_at) or "never", ", ".join(told(one.scopes))
        )  # fmt: skip
    Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 250).print(table)


def _mode(live: bool) -> Any:
    return "live" if live else "test"


def _instant(at: datetime | None) -> str | None:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise WrongUse(f"--expires-in is {text[:40]!r}; expected an ISO 8601 duration such as P1D or PT0S")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
