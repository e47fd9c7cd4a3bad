"""The demo: things that stand ready to be tried, so that every example of the documentation works as it stands."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coverage.domain.certificate import Contact
from coverage.domain.cover import phase
from coverage.domain.period import Period
from coverage.domain.tenant import Caller
from coverage.operations.changing import Wish, find_change, propose_change
from coverage.operations.changing import state_of as change_state
from coverage.operations.claiming import Declaration, Loss, declare_claim, find_claim
from coverage.operations.enrolling import Agreement, Carrier, Enrolment, Firm
from coverage.operations.house import House, Work
from coverage.operations.invoicing import close_early
from coverage.operations.issuing import Bind, Disclosed, PartyNamed, issue_cover
from coverage.operations.pricing import Wanted
from coverage.operations.quoting import AskedFor, find_quote, ipid_of, make_quote, state_of
from coverage.operations.settling import (
    Payee,
    PayoutOrder,
    Verdict,
    close_claim,
    decide,
    find_exposure,
    find_payout,
    pay_out,
)
from coverage.operations.showing import Page, find_cover, list_invoices
from coverage.operations.unlocking import link_of
from coverage.storage.changes import CoverChange
from coverage.storage.claims import Exposure, exposures_of
from coverage.storage.covers import Cover
from coverage.storage.identity import new_code
from coverage.storage.quotes import Quote

PRODUCT = "off_duty_vehicle"
MEMBER = PartyNamed("emp-1024", "Camille Martin", "camille@example.org", "en")

# All of it is illustrative: no such insurer is in any register, and its numbers are of those that nobody is given.
DEMO_INSURER = Carrier(
    name="Mutuelle Démo",
    # Said so that it reads in both languages.
    registration="Assureur fictif – fictitious insurer, 000 000 000",
    supervisor="– (démonstration, demonstration)",
    address="1 rue de l'Exemple, 75000 Paris, France",
    claims_contact=Contact("Mutuelle Démo, sinistres – claims", "+33 1 99 00 12 34", "claims@example.org"),
    assistance_contact=Contact("Mutuelle Démo, assistance 24 h/24", "+33 1 99 00 56 78", "help@example.org"),
)


def demo_enrolment(
    name: str, products: Sequence[str], on: date, commission: Mapping[str, Mapping[str, str]] | None = None
) -> Enrolment:
    """A partner for trials, with a policy from the start of the year for ten years on. Its market reference is
    illustrative: no broker has the number 0000.
    """
    number = new_code(8)
    policy = Agreement(
        f"MP-{number}", f"B0000{number}", date(on.year, 1, 1), date(on.year + 10, 12, 31), tuple(products),
        commission=commission or {},
    )  # fmt: skip
    return Enrolment(Firm(name, "exempt_ancillary"), DEMO_INSURER, policy)


PAYEE = Payee(MEMBER.reference, MEMBER.name, "FR1420041010050500013M02606")
ONE_PAYOUT = 1_000


@dataclass(frozen=True, slots=True)
class Settling:
    """What stands ready to be settled: a claim that nothing was claimed on yet, one that can be closed and one that is; an
    exposure to decide on, one to pay out of, and a payout that waits to be transferred.
    """

    declared_id: str
    closable_id: str
    closed_id: str
    exposure_id: str
    decided_id: str
    payout_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands ready: an open quote, a cover on risk with its member's link and a claim, one that can be cancelled, and
    one that can be changed with a change that can be confirmed; an invoice; and what can be settled.
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
    settling: Settling


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
            _settling(tx, cover, before.settling if before and before.cover_id == cover.id else None),
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


def _claimed(tx: Work, cover: Cover, *losses: Loss) -> str:
    words = "A strap came loose and a lamp broke."
    return declare_claim(tx, Declaration(cover.id, cover.starts_at, "accident", words, losses, {}, {})).id


def _settling(tx: Work, cover: Cover, before: Settling | None) -> Settling:
    declared = before.declared_id if before and not _exposures(tx, before.declared_id) else _claimed(tx, cover)
    closable = _in_state(tx, before.closable_id if before else None, closed=False) or _claimed(tx, cover)
    closed = _in_state(tx, before.closed_id if before else None, closed=True)
    if closed is None:
        closed = close_claim(tx, _claimed(tx, cover)).id
    exposure, decided, payout = _to_decide(tx, cover, before), _to_pay(tx, cover, before), None
    if before is not None and find_payout(tx, before.payout_id).state == "pending":
        payout = before.payout_id
    payout = payout or pay_out(tx, decided, PayoutOrder("indemnity", ONE_PAYOUT, PAYEE)).id
    return Settling(declared, closable, closed, exposure, decided, payout)


def _exposures(tx: Work, claim_id: str) -> list[Exposure]:
    return exposures_of(tx.session, [claim_id])


def _in_state(tx: Work, claim_id: str | None, *, closed: bool) -> str | None:
    return claim_id if claim_id and (find_claim(tx, claim_id).state == "closed") is closed else None


def _to_decide(tx: Work, cover: Cover, before: Settling | None) -> str:
    if before is not None and find_exposure(tx, before.exposure_id).decision == "pending":
        return before.exposure_id
    return _exposures(tx, _claimed(tx, cover, Loss("own_damage", "policyholder", 42_000, "EUR")))[0].id


def _to_pay(tx: Work, cover: Cover, before: Settling | None) -> str:
    """An exposure of which enough for some payouts was decided."""
    if before is not None:
        exposure = find_exposure(tx, before.decided_id)
        if exposure.payable - exposure.paid_out >= 2 * ONE_PAYOUT:
            return exposure.id
    (exposure,) = _exposures(tx, _claimed(tx, cover, Loss("goods_carried", "policyholder", 8_000, "EUR")))
    verdict = Verdict("goodwill", "The lamp was a present.", goodwill=10 * ONE_PAYOUT)
    decide(tx, exposure.id, verdict, preview=False)
    return exposure.id


def _invoiced(tx: Work) -> str:
    """The last invoice; at first, one of the month that runs."""
    page = Page(1, None, None, None)
    if not list_invoices(tx, page, None)[0]:
        tx.session.flush()
        close_early(tx)
    return list_invoices(tx, page, None)[0][0].id
