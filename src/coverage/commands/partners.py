"""`coverage partners enrol | show | policy | list | brand`: who sells, under which contract, and how it looks on its
members' documents.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from coverage.commands.ending import ending_in_order
from coverage.commands.saying import DataOption, WrongUse, clear_errors, note, say, tell
from coverage.rulebook.language.notation import RATE_ONE, decimal_text
from coverage.rulebook.language.reading import MAX_BYTES, Document, Finding, Unreadable, read_file, read_text

if TYPE_CHECKING:
    from coverage.commands import Wiring
    from coverage.domain.tenant import Mode
    from coverage.operations.enrolling import PolicySeen
    from coverage.rulebook.editions import Library

LiveOption = Annotated[bool, typer.Option("--live", help="In live mode, in which cover is real.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be made, and make nothing.")]


def add_to(app: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    """Adds the commands about partners."""
    partners = typer.Typer(no_args_is_help=True, help="Enrol partners, see them, and set how they look.")
    app.add_typer(partners, name="partners")
    _add_enrolling(partners, wiring)

    @partners.command("list")
    def list_partners(
        as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False, data: DataOption = None
    ) -> None:
        """List the partners, the oldest first."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _list(wired, wired.read_settings(data=data), as_json)

    @partners.command()
    def brand(
        partner: Annotated[str, typer.Argument(metavar="ID", help="The partner's, as par_….")],
        colour: Annotated[str | None, typer.Option(metavar="#RRGGBB", help="Of the head of its documents.")] = None,
        logo: Annotated[
            Path | None, typer.Option(metavar="FILE", help="PNG, JPEG or WebP; it stands instead of the name.")
        ] = None,
        no_logo: Annotated[bool, typer.Option("--no-logo", help="Take the logo away.")] = False,
        data: DataOption = None,
    ) -> None:
        """Set how a partner looks. Documents that were issued stay as they are."""
        with ending_in_order(), clear_errors(wired := wiring()):
            if colour is None and logo is None and not no_logo:
                raise WrongUse("nothing to set; expected --colour, --logo or --no-logo")
            if logo is not None and no_logo:
                raise WrongUse("--logo and --no-logo say opposite things; expected one of them")
            _brand(wired, wired.read_settings(data=data), partner, colour, b"" if no_logo else _read(wired, logo))


def _add_enrolling(partners: typer.Typer, wiring: Callable[[], Wiring]) -> None:
    @partners.command("enrol")
    def enrol_partner(
        file: Annotated[
            Path | None, typer.Argument(metavar="FILE", help="Who is enrolled, in YAML; - reads what is piped in.")
        ] = None,
        live: LiveOption = False,
        partner: Annotated[
            str | None, typer.Option(metavar="ID", help="A partner that is there, to give it the other mode.")
        ] = None,
        dry_run: DryRunOption = False,
        as_example: Annotated[bool, typer.Option("--example", help="Print a file to start from.")] = False,
        data: DataOption = None,
    ) -> None:
        """Enrol a partner with its insurer, its master policy and its first key, which is said this once, alone on stdout.
        In test mode, unless it is --live.
        """
        with ending_in_order(), clear_errors(wired := wiring()), _faults_told():
            settings = wired.read_settings(data=data)
            if as_example:
                _example(settings)
            else:
                _enrol(wired, settings, _document(file), live, partner, dry_run)

    @partners.command()
    def show(
        partner: Annotated[str, typer.Argument(metavar="ID", help="The partner's, as par_….")],
        as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
        data: DataOption = None,
    ) -> None:
        """Show a partner: its modes, and in each its master policies with insurer, days, products and commission."""
        with ending_in_order(), clear_errors(wired := wiring()):
            _show(wired, wired.read_settings(data=data), partner, as_json)

    @partners.command()
    def policy(
        partner: Annotated[str, typer.Argument(metavar="ID", help="The partner's, as par_….")],
        file: Annotated[Path, typer.Argument(metavar="FILE", help="The policy, in YAML; - reads what is piped in.")],
        live: LiveOption = False,
        end_former: Annotated[
            bool, typer.Option("--end-former", help="End the policy that it takes the place of, on the day before.")
        ] = False,
        dry_run: DryRunOption = False,
        data: DataOption = None,
    ) -> None:
        """Add a master policy that follows: next year's, or another commission from a day on. Covers keep theirs."""
        with ending_in_order(), clear_errors(wired := wiring()), _faults_told():
            _policy(wired, wired.read_settings(data=data), partner, _document(file), live, end_former, dry_run)


@contextmanager
def _faults_told() -> Iterator[None]:
    """Tells what is wrong in a file line by line; exit 1."""
    try:
        yield
    except Unreadable as error:
        for finding in error.findings:
            tell(_visible(str(finding)))
        raise typer.Exit(1) from None


def _document(path: Path | None) -> Document:
    """The file, or what is piped in under the name -."""
    if path is None:
        raise WrongUse("no FILE; `coverage partners enrol --example` prints one to start from")
    if str(path) == "-":
        try:
            return read_text(sys.stdin.buffer.read(MAX_BYTES + 1).decode("utf-8-sig"), "-")
        except UnicodeDecodeError:
            raise WrongUse("what is piped in is no UTF-8 text; expected it saved as UTF-8") from None
    try:
        return read_file(path, str(path))
    except OSError as error:
        raise WrongUse(f"{path} can't be read ({error.strerror})") from None


def _example(settings: Any) -> None:
    from coverage.operations.contracting import example
    from coverage.rulebook.editions import load

    sys.stdout.write(example(load(settings.rules), datetime.now(UTC).date()))


def _enrol(
    wired: Wiring, settings: Any, document: Document, live: bool, partner: str | None, dry_run: bool
) -> None:  # fmt: skip
    from coverage.operations.contracting import read_enrolment
    from coverage.operations.enrolling import enrol

    wall = datetime.now(UTC)
    written = read_enrolment(document, _on_sale(settings), wall.date(), partner)
    _warn(written.warnings)
    with wired.open_desk(settings, say) as desk:
        made = enrol(desk.owner, written.enrolment, _mode(live), wall, once=True, rehearsed=dry_run)
    firm, tenant = made.partner, made.tenant
    new = "new" if written.enrolment.partner_id is None else "there already"
    lines = [
        f"partner {'' if dry_run and new == 'new' else tenant.partner_id + ' '}{firm.name}, {new}: in {tenant.mode} mode",
        f"    {firm.status}, days of {firm.timezone}, invoices to {firm.billing_email or 'nobody'}",
        *_policy_lines(made.policy, made.insurer_is_new, dry_run),
    ]
    if dry_run:
        _answer([*lines, "Nothing was made: leave --dry-run away to make it."])
        return
    for line in lines:
        note(_visible(line))
    note(f"{made.key_id} may do all that a platform does; the key itself can't be shown again")
    sys.stdout.write(f"{made.key}\n")


def _policy(
    wired: Wiring, settings: Any, partner: str, document: Document, live: bool, end_former: bool, dry_run: bool
) -> None:
    from coverage.domain.tenant import Tenant
    from coverage.operations.contracting import read_policy
    from coverage.operations.enrolling import add_policy

    wall = datetime.now(UTC)
    written = read_policy(document, _on_sale(settings), wall.date())
    _warn(written.warnings)
    with wired.open_desk(settings, say) as desk:
        added = add_policy(
            desk.owner, Tenant(partner, _mode(live)), written.policy, written.insurer, wall,
            end_former=end_former, rehearsed=dry_run,
        )  # fmt: skip
    for product, (first, last) in added.gaps.items():
        note(_visible(f"nothing holds for {product} from {first} to {last}, so that none of it can be bound"))
    lines = [
        *_policy_lines(added.policy, added.insurer_is_new, dry_run),
        *(
            f"{one.number} ({one.id}) ends on {one.last_on}; covers that were sold under it keep it"
            for one in added.ended
        ),
    ]
    _answer([*lines, "Nothing was made: leave --dry-run away to make it."] if dry_run else lines)


def _show(wired: Wiring, settings: Any, partner: str, as_json: bool) -> None:
    from coverage.operations.enrolling import see_partner

    with wired.open_desk(settings, say) as desk:
        found = see_partner(desk.owner, partner)
    if as_json:
        told = asdict(found.firm) | {
            "id": found.id,
            "created_at": found.created_at.isoformat(),
            "modes": {mode: {"master_policies": [asdict(one) for one in there]} for mode, there in found.modes.items()},
        }
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False, default=str) + "\n")
        return
    firm = found.firm
    lines = [
        f"{found.id} {firm.name}",
        f"    {firm.status}, days of {firm.timezone}, invoices to {firm.billing_email or 'nobody'}",
    ]
    for mode, there in found.modes.items():
        lines += [f"{mode} mode", *(line for one in there for line in _policy_lines(one))]
    _answer(lines)


def _policy_lines(policy: PolicySeen, insurer_is_new: bool | None = None, dry_run: bool = False) -> list[str]:
    """A master policy in some lines; whether its insurer is new, where that is known."""
    countries = "wherever it is sold" if policy.countries is None else f"in {', '.join(policy.countries)}"
    new = {None: "", True: ", new", False: ", there already"}[insurer_is_new]
    lines = [
        f"master policy {'' if dry_run else policy.id + ' '}{policy.number}, UMR {policy.umr}",
        f"    {policy.first_on} to {policy.last_on}, both days in it, {policy.currency}, {countries}",
        f"    insurer {'' if dry_run and insurer_is_new else policy.insurer_id + ' '}{policy.insurer}{new}",
    ]
    for product in policy.products:
        rates = policy.commission.get(product, {})
        earned = ", ".join(
            f"{section} {decimal_text(int(Decimal(rate) * RATE_ONE), 4)}%" for section, rate in rates.items()
        )
        lines.append(f"    {product}: commission {earned or 'none'}")
    return lines


def _on_sale(settings: Any) -> Library:
    from coverage.rulebook.editions import load

    library = load(settings.rules)
    if not library.editions:
        raise WrongUse(f"nothing is on sale by the rules in {settings.rules}; `coverage rules check` says why")
    for file in library.broken_files:
        say(f"{file} has faults, so what it says isn't on sale; `coverage rules check` names them")
    return library


def _warn(warnings: Sequence[Finding]) -> None:
    for warning in warnings:
        note(_visible(str(warning)))


def _answer(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{_visible(line)}\n" for line in lines))


def _visible(text: str) -> str:
    """Text that does nothing to a terminal but stand on it."""
    return "".join(it if it.isprintable() else " " if it.isspace() else f"\\u{ord(it):04x}" for it in text)


def _mode(live: bool) -> Mode:
    return "live" if live else "test"


def _list(wired: Wiring, settings: Any, as_json: bool) -> None:
    from coverage.operations.branding import see_partners

    with wired.open_desk(settings, say) as desk:
        found = see_partners(desk.queue, desk.owner)
    if as_json:
        told = [asdict(one) | {"created_at": one.created_at.isoformat()} for one in found]
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("Partner", "Name", "Time zone", "Colour", "Logo"):
        table.add_column(head, no_wrap=head in ("Partner", "Colour"))
    for one in found:
        logo = f"{one.logo_bytes // 1024 + 1} kB" if one.logo_bytes else "–"
        table.add_row(one.id, "".join(it for it in one.name if it.isprintable()), one.timezone, one.colour or "–", logo)
    Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 200).print(table)


def _brand(wired: Wiring, settings: Any, partner: str, colour: str | None, logo: bytes | None) -> None:
    from coverage.operations.branding import brand_partner

    try:
        with wired.open_desk(settings, say) as desk:
            done = brand_partner(desk.owner, partner, colour=colour.lower() if colour else None, logo=logo)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    looks = f"{done.colour or 'the house’s colour'}, {'a logo' if done.logo_bytes else 'its name in letters'}"
    sys.stdout.write(f"{done.name} looks so from its next document on: {looks}.\n")


def _read(wired: Wiring, path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return bytes(wired.read_logo(path))
    except ValueError as error:
        raise WrongUse(f"{path}: {error}") from None
    except OSError as error:
        raise WrongUse(f"{path} can't be read ({error.strerror})") from None
