"""The demo: things that stand ready to be tried, so that every example of the documentation works as it stands."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from coverage.domain.cover import phase
from coverage.domain.period import Period
from coverage.domain.tenant import Caller
from coverage.operations.changing import Wish, find_change, propose_change
from coverage.operations.changing import state_of as change_state
from coverage.operations.claiming import Declaration, declare_claim
from coverage.operations.house import House, Work
from coverage.operations.invoicing import close_early
from coverage.operations.issuing import Bind, Disclosed, PartyNamed, issue_cover
from coverage.operations.pricing import Wanted
from coverage.operations.quoting import AskedFor, find_quote, ipid_of, make_quote, state_of
from coverage.operations.showing import Page, find_cover, list_invoices
from coverage.operations.unlocking import link_of
from coverage.storage.changes import CoverChange
from coverage.storage.covers import Cover
from coverage.storage.identity import new_code
from coverage.storage.quotes import Quote

PRODUCT = "off_duty_vehicle"
MEMBER = PartyNamed("emp-1024", "Camille Martin", "camille@example.org", "en")


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands ready: an open quote, a cover on risk with its member's link and a claim, one that can be cancelled, and
    one that can be changed with a change that can be confirmed; and an invoice.
    """

    quote_id: str
    ipid_sha256: str
    cover_id: str
    member_link: str
    claim_id: str
    cancellable_id: str
    loss_at: datetime
    changeable_id: str
    change_id: str
    change_end: datetime
    invoice_id: str


def stand_ready(house: House, caller: Caller, before: Standing | None) -> Standing:
    """What stood ready `before`, with anew whatever has been used up since."""
    with house.transaction(caller) as tx:
        cover = _on_risk(tx, house, before)
        cancellable = _scheduled(tx, house, before.cancellable_id if before else None)
        changeable = _scheduled(tx, house, before.changeable_id if before else None)
        change = _proposed(tx, house, changeable, before)
        quote = _open(tx, house, before)
        claim_id = before.claim_id if before and before.cover_id == cover.id else _claimed(tx, cover)
        return Standing(
            quote.id,
            ipid_of(tx, quote, "en") or "",
            cover.id,
            link_of(tx, cover.id),
            claim_id,
            cancellable.id,
            cover.starts_at,
            changeable.id,
            change.id,
            changeable.ends_at + timedelta(hours=2),
            _invoiced(tx),
        )


def made_up_registration() -> str:
    """A registration as France writes them, AB-123-CD, that no other thing of the demo has."""
    letters, digits = "ABCDEFGHJKLMNPQRSTVWXYZ", "0123456789"

    def some(of: str, count: int) -> str:
        return "".join(secrets.choice(of) for _ in range(count))

    return f"{some(letters, 2)}-{some(digits, 3)}-{some(letters, 2)}"


def _quoted(tx: Work, house: House, start: datetime | None) -> Quote:
    risk = {
        "vehicle_class": "van",
        "registration": made_up_registration(),
        "driver_born": "1990-05-01",
        "licence_since": "2010-06-01",
        "goods_value": {"amount": 10_000, "currency": "EUR"},
    }
    wanted = Wanted(PRODUCT, "FR", start, None, timedelta(hours=12), risk)
    return make_quote(tx, house, AskedFor(wanted, "en", None, {"made_for": "the demo"}))


def _bound(tx: Work, quote: Quote) -> Cover:
    disclosed = Disclosed(ipid_of(tx, quote, "en") or "", "en", tx.now)
    # Each under a member of its own, so that none of them takes from another's cap.
    member = PartyNamed(f"demo-{new_code(6).lower()}", MEMBER.name, MEMBER.email, MEMBER.locale)
    return issue_cover(tx, Bind(quote.id, {"policyholder": (member,)}, disclosed, "invoice", {}))


def _on_risk(tx: Work, house: House, before: Standing | None) -> Cover:
    if before is not None:
        cover = find_cover(tx, before.cover_id)
        if phase(cover.state, Period(cover.starts_at, cover.ends_at), tx.now + timedelta(hours=1)) == "on_risk":
            return cover
    return _bound(tx, _quoted(tx, house, None))


def _scheduled(tx: Work, house: House, before: str | None) -> Cover:
    if before is not None:
        cover = find_cover(tx, before)
        short = cover.ends_at - cover.starts_at < timedelta(days=5)  # so that it can be made longer still
        if (
            short
            and phase(cover.state, Period(cover.starts_at, cover.ends_at), tx.now + timedelta(hours=1)) == "scheduled"
        ):
            return cover
    return _bound(tx, _quoted(tx, house, tx.now + timedelta(days=30)))


def _proposed(tx: Work, house: House, cover: Cover, before: Standing | None) -> CoverChange:
    if before is not None and before.changeable_id == cover.id:
        change = find_change(tx, before.change_id)
        if change_state(change, tx.now + timedelta(minutes=5)) == "open" and change.starts_at == cover.starts_at:
            return change
    wish = Wish("extend", cover.ends_at + timedelta(hours=1), {}, {})
    return propose_change(tx, house.rules(), cover.id, wish)


def _open(tx: Work, house: House, before: Standing | None) -> Quote:
    if before is not None:
        quote = find_quote(tx, before.quote_id)
        if state_of(quote, tx.now + timedelta(hours=1)) == "open":
            return quote
    return _quoted(tx, house, tx.now + timedelta(days=7))


def _claimed(tx: Work, cover: Cover) -> str:
    words = "A strap came loose and a lamp broke."
    return declare_claim(tx, Declaration(cover.id, cover.starts_at, "accident", words, (), {}, {})).id


def _invoiced(tx: Work) -> str:
    """The last invoice; at first, one of the month that runs."""
    page = Page(1, None, None, None)
    if not list_invoices(tx, page, None)[0]:
        tx.session.flush()
        close_early(tx)
    return list_invoices(tx, page, None)[0][0].id
