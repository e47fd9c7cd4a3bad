"""Settling: people decide what is owed of a claim, set aside what it may cost, and pay out.

The machine works out what is owed at most and holds everybody to it; it never decides. Whatever settles a cover's claims
locks the cover first: limits may be shared by several claims, and are given away once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final, Literal

from coverage.domain.cover import SectionTerms
from coverage.domain.facts import (
    claim_closed,
    claim_decided,
    claim_reopened,
    exposure_added,
    payout_ordered,
    payout_settled,
)
from coverage.domain.faults import Conflict, Detail, Missing, Rejected
from coverage.domain.ids import names
from coverage.domain.indemnity import Granted, Indemnity, Part, indemnity
from coverage.domain.journal import BANK, CLAIMS_DUE, CostKind, Transfer, transfer_for_payout, transfer_for_reserve
from coverage.domain.money import Money
from coverage.domain.period import Period
from coverage.domain.tenant import Caller
from coverage.operations.claiming import Loss, find_claim, open_exposure, terms_at
from coverage.operations.house import House, Work
from coverage.operations.owing import post
from coverage.operations.quoting import edition_of, find_quote
from coverage.operations.screening import Person, person_of
from coverage.rulebook.terms import liability_sections
from coverage.storage import claims, covers, settlements
from coverage.storage.claims import Claim, Exposure
from coverage.storage.covers import Cover
from coverage.storage.identity import new_id
from coverage.storage.settlements import Decision, Payout, ReserveChange

Outcome = Literal["paid", "failed"]
MOST: Final = 10**12  # in all, for one exposure: as for each amount that is sent
KINDS: Final[tuple[CostKind, ...]] = ("indemnity", "fees")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decides. `losses` are what was assessed, part by part; `premium_due` the section's net premium, had all
    been declared rightly; `amount` what is approved, all that is owed where it is left out; `goodwill` what is given beside it,
    outside the limit. Minor units of the cover's currency.
    """

    decision: Literal["approved", "repudiated", "goodwill"]
    because: str
    losses: tuple[Part, ...] = ()
    premium_due: int | None = None
    amount: int | None = None
    goodwill: int = 0


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid and where: an account as an IBAN (ISO 13616)."""

    reference: str
    name: str
    iban: str = field(repr=False)
    born: date | None = None


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """An amount to be paid out, in minor units of the cover's currency."""

    kind: CostKind
    amount: int
    payee: Payee


@dataclass(frozen=True, slots=True)
class ExposureFile:
    """An exposure with all that a handler sees of it. `reserves` are what is set aside and not paid yet, by kind."""

    exposure: Exposure
    claim: Claim
    cover: Cover
    terms: SectionTerms
    covered_then: bool
    decisions: list[tuple[Decision, str]]
    payouts: list[tuple[Payout, dict[str, Any]]]
    reserves: dict[CostKind, int]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided, or with `preview` would be: what is owed at most, what is approved and what is given beside it."""

    owed: Indemnity | None
    approved: int
    goodwill: int


# ------------------------------------------------------------------------------------------- reading


def find_exposure(tx: Work, exposure_id: str) -> Exposure:
    """The exposure of that id; raises `Missing`."""
    found = settlements.find_exposure(tx.session, tx.tenant_id, exposure_id) if names("exposure", exposure_id) else None
    if found is None:
        raise Missing("unknown_exposure", "there is no exposure of that id")
    return found


def find_payout(tx: Work, payout_id: str) -> Payout:
    """The payout of that id; raises `Missing`."""
    found = settlements.find_payout(tx.session, tx.tenant_id, payout_id) if names("payout", payout_id) else None
    if found is None:
        raise Missing("unknown_payout", "there is no payout of that id")
    return found


def payee_of(tx: Work, payout: Payout) -> dict[str, Any]:
    """Whom a payout goes to, and where; nothing of somebody who has been erased."""
    member_id = find_claim(tx, payout.claim_id).member_id
    told: dict[str, Any] = tx.unseal_json(member_id, payout.sealed, f"payouts/{payout.id}")
    return told


def see_exposure(tx: Work, exposure: Exposure) -> ExposureFile:
    """The exposure as a handler sees it."""
    claim = find_claim(tx, exposure.claim_id)
    return _file(tx, exposure, claim, _cover_of(tx, claim))


def people_paid(house: House, caller: Caller, exposure_id: str, payee: Payee) -> list[Person]:
    """Who has to be looked up before a payout: who is paid, and whose cover it is."""
    with house.transaction(caller) as tx:
        claim = find_claim(tx, find_exposure(tx, exposure_id).claim_id)
        whose = person_of(tx, claim.member_id)
        return [Person(payee.reference, payee.name, payee.born), *([whose] if whose else [])]


# ------------------------------------------------------------------------------------------- settling


def add_exposure(tx: Work, claim_id: str, loss: Loss) -> Exposure:
    """Adds to a claim what wasn't declared at first. Raises `Conflict` where it is closed, or has that one."""
    claim = find_claim(tx, claim_id)
    cover = _lock(tx, claim)
    _check_open(claim)
    sections = sorted({one.section for one in _at_the_loss(tx, claim, cover)})
    if loss.section not in sections:
        words = f"the cover has no such section; expected one of {', '.join(sections) or 'none: it was never issued'}"
        raise _wrong("invalid_claim", "/section", words)
    if loss.currency not in (None, cover.currency):
        raise _wrong("invalid_claim", "/estimate/currency", f"expected {cover.currency}, the cover's currency")
    there = claims.exposures_of(tx.session, [claim.id])
    if any((one.section, one.claimant) == (loss.section, loss.claimant) for one in there):
        raise Conflict("exposure_exists", "the claim has an exposure of that section and claimant already")
    exposure = open_exposure(tx, claim, cover, len(there), loss)
    tx.record(exposure_added(claim.id, exposure.id))
    _review(tx, claim)
    return exposure


def decide(tx: Work, exposure_id: str, verdict: Verdict, *, preview: bool) -> tuple[ExposureFile, Decided]:
    """Decides on an exposure; with `preview` only tells what that would come to. A later decision replaces an earlier one.

    What the section doesn't owe can be given as goodwill alone. Raises `Rejected` for more than is owed, and `Conflict`
    where the claim is closed, where the section covered nothing at the loss, or where more was paid out already.
    """
    file = _locked(tx, exposure_id)
    _check_open(file.claim)
    owed = _owed(tx, file, verdict)
    approved = 0 if owed is None else owed.amount if verdict.amount is None else verdict.amount
    if owed is not None and approved > owed.amount:
        most = Money(owed.amount, file.cover.currency)
        words = f"more than the {most} that the section owes; what is given beyond it is goodwill"
        raise _wrong("invalid_decision", "/amount/amount", words)
    decided = Decided(owed, approved, verdict.goodwill)
    payable = approved + verdict.goodwill
    if payable > MOST:
        raise _wrong("invalid_decision", "/goodwill/amount", f"more than can be paid: expected {MOST} in all at most")
    if payable < file.exposure.paid_out:
        paid = Money(file.exposure.paid_out, file.cover.currency)
        raise Conflict("paid_out_already", f"{paid} of it has been paid out, or is on its way; no less can be decided")
    if preview:
        return file, decided
    _keep(tx, file, verdict, decided)
    file.exposure.decision, file.exposure.payable = verdict.decision, payable
    _set_aside(tx, file, "indemnity", payable - file.exposure.paid_out, "decided")
    tx.record(claim_decided(file.claim.id, exposure_id, verdict.decision))
    _review(tx, file.claim)
    return see_exposure(tx, file.exposure), decided


def set_reserves(tx: Work, exposure_id: str, wanted: Mapping[CostKind, int], because: str) -> ExposureFile:
    """Sets what is set aside for an exposure and not paid yet, by kind, in minor units.

    Raises `Rejected` for less than what was decided and isn't paid, and `Conflict` where the claim is closed.
    """
    file = _locked(tx, exposure_id)
    _check_open(file.claim)
    decided = file.exposure.payable - file.exposure.paid_out
    if wanted.get("indemnity", decided) < decided:
        least = Money(decided, file.cover.currency)
        words = f"less than the {least} that was decided and isn't paid; expected that at least"
        raise _wrong("invalid_reserve", "/indemnity/amount", words)
    for kind, amount in wanted.items():
        _set_aside(tx, file, kind, amount, "assessed", because)
    _review(tx, file.claim)
    return see_exposure(tx, file.exposure)


def pay_out(tx: Work, exposure_id: str, order: PayoutOrder) -> Payout:
    """Orders a payout: of what was decided, or of what experts and lawyers cost. The people have been screened before.

    Raises `Conflict` where nothing was decided or the claim is closed, and `Rejected` for more than is left.
    """
    file = _locked(tx, exposure_id)
    _check_open(file.claim)
    exposure, cover = file.exposure, file.cover
    if order.kind == "indemnity":
        if exposure.decision == "pending":
            raise Conflict("not_decided", "nothing has been decided on this exposure yet; decide first")
        left = exposure.payable - exposure.paid_out
        if order.amount > left:
            words = f"more than the {Money(left, cover.currency)} that was decided and isn't paid"
            raise _wrong("invalid_payout", "/amount/amount", words)
        exposure.paid_out += order.amount
    if order.amount > file.reserves[order.kind]:
        # What is paid was owed, whether anybody foresaw it or not.
        _set_aside(tx, file, order.kind, order.amount, "paid")
    payout_id, payee = new_id("payout"), order.payee
    told = {"reference": payee.reference, "name": payee.name, "iban": payee.iban}
    payout = Payout(
        tenant_id=tx.tenant_id, id=payout_id, claim_id=file.claim.id, exposure_id=exposure.id, kind=order.kind,
        amount=order.amount, currency=cover.currency, state="pending", bank_reference=None, ordered_by=tx.caller.actor,
        sealed=tx.seal_json(file.claim.member_id, told, f"payouts/{payout_id}"), ordered_at=tx.now, paid_at=None,
        failed_at=None, created_at=tx.now,
    )  # fmt: skip
    tx.session.add(payout)
    post(tx, payout.id, transfer_for_payout(cover.product, exposure.section, order.amount, cover.currency, order.kind))
    tx.record(payout_ordered(file.claim.id, exposure.id, payout.id))
    _review(tx, file.claim)
    return payout


def settle_payout(tx: Work, payout_id: str, outcome: Outcome, bank_reference: str | None) -> Payout:
    """Notes what became of a payout: transferred, or failed, before it left or since.

    What failed may be paid again. Raises `Conflict` where it is so already, or has failed, and `Rejected` for a transfer that
    the bank has no name for.
    """
    payout = find_payout(tx, payout_id)
    file = _locked(tx, payout.exposure_id)
    settlements.read_anew(tx.session, payout)
    if payout.state == "failed" or payout.state == outcome:
        raise Conflict("payout_settled", f"the payout is {payout.state} already")
    exposure, cover = file.exposure, file.cover
    transferred = Transfer(CLAIMS_DUE, BANK, payout.amount, payout.currency)
    if outcome == "paid":
        if bank_reference is None:
            raise _wrong("invalid_payout", "/bank_reference", "expected how the bank names the transfer")
        payout.state, payout.paid_at, payout.bank_reference = "paid", tx.now, bank_reference
        post(tx, payout.id, transferred)
    else:
        kind: CostKind = "fees" if payout.kind == "fees" else "indemnity"
        if payout.state == "paid":
            post(tx, payout.id, transferred.reversed)
        back = transfer_for_payout(cover.product, exposure.section, payout.amount, payout.currency, kind).reversed
        post(tx, payout.id, back)
        payout.state, payout.failed_at = "failed", tx.now
        exposure.paid_out -= payout.amount if kind == "indemnity" else 0
        if file.claim.state == "closed":
            # Who was to be paid wasn't.
            file.claim.state = "in_review"
            tx.record(claim_reopened(file.claim.id))
    tx.record(payout_settled(file.claim.id, payout.id, outcome))
    tx.session.flush()
    return payout


def close_claim(tx: Work, claim_id: str) -> Claim:
    """Closes a claim; what is still set aside is released.

    Raises `Conflict` where something isn't decided, or what was decided isn't paid.
    """
    claim = find_claim(tx, claim_id)
    cover = _lock(tx, claim)
    if claim.state == "closed":
        raise Conflict("claim_closed", "the claim is closed already")
    exposures = claims.exposures_of(tx.session, [claim.id])
    undecided = [one.id for one in exposures if one.decision == "pending"]
    if undecided:
        raise Conflict("not_decided", f"nothing has been decided on {', '.join(undecided)} yet")
    unpaid = [one.id for one in exposures if one.payable > one.paid_out]
    waiting = [one.id for one in settlements.payouts_of(tx.session, [claim.id]) if one.state == "pending"]
    if unpaid or waiting:
        raise Conflict("not_paid", f"what was decided isn't all paid: {', '.join(unpaid + waiting)}")
    for exposure in exposures:
        file = _file(tx, exposure, claim, cover)
        for kind in KINDS:
            _set_aside(tx, file, kind, 0, "closed")
    claim.state = "closed"
    tx.record(claim_closed(claim.id))
    tx.session.flush()
    return claim


def reopen_claim(tx: Work, claim_id: str) -> Claim:
    """Opens a closed claim again; raises `Conflict` where it isn't closed."""
    claim = find_claim(tx, claim_id)
    _lock(tx, claim)
    if claim.state != "closed":
        raise Conflict("claim_not_closed", f"the claim is {claim.state.replace('_', ' ')}; there is nothing to reopen")
    claim.state = "in_review"
    tx.record(claim_reopened(claim.id))
    tx.session.flush()
    return claim


# ------------------------------------------------------------------------------------------- inside


def _cover_of(tx: Work, claim: Claim) -> Cover:
    cover = covers.find(tx.session, tx.tenant_id, claim.cover_id)
    if cover is None:
        raise AssertionError("a cover is never removed")
    return cover


def _lock(tx: Work, claim: Claim) -> Cover:
    """Locks the claim's cover, as whatever changes or settles one does: two handlers come one after the other."""
    cover = covers.lock(tx.session, tx.tenant_id, claim.cover_id)
    if cover is None:
        raise AssertionError("a cover is never removed")
    tx.look_at_clock()
    settlements.read_anew(tx.session, claim)
    return cover


def _locked(tx: Work, exposure_id: str) -> ExposureFile:
    exposure = find_exposure(tx, exposure_id)
    claim = find_claim(tx, exposure.claim_id)
    cover = _lock(tx, claim)
    settlements.read_anew(tx.session, exposure)
    return _file(tx, exposure, claim, cover)


def _file(tx: Work, exposure: Exposure, claim: Claim, cover: Cover) -> ExposureFile:
    tx.session.flush()
    row = next(one for one in _at_the_loss(tx, claim, cover) if one.section == exposure.section)
    window = Period(row.starts_at, row.ends_at)
    terms = SectionTerms(
        row.section, window, row.layer, row.per, row.limits, row.sublimits, row.deductible, row.average, row.net,
        tuple(row.exclusions),
    )  # fmt: skip
    in_force = cover.cancelled_at is None or claim.loss_at < cover.cancelled_at
    payouts = [one for one in settlements.payouts_of(tx.session, [claim.id]) if one.exposure_id == exposure.id]
    changes = settlements.changes_of(tx.session, [exposure.id])
    return ExposureFile(
        exposure, claim, cover, terms, in_force and window.contains(claim.loss_at),
        [
            (one, tx.unseal_json(claim.member_id, one.sealed, f"decisions/{one.id}").get("because") or "")
            for one in settlements.decisions_of(tx.session, [exposure.id])
        ],
        [(one, tx.unseal_json(claim.member_id, one.sealed, f"payouts/{one.id}")) for one in payouts],
        {kind: reserve_of(kind, exposure, changes, payouts) for kind in KINDS},
    )  # fmt: skip


def _at_the_loss(tx: Work, claim: Claim, cover: Cover) -> Sequence[covers.TransactionTerms]:
    """The terms at the loss; for a section that came to the cover later on, its first."""
    then = terms_at(tx, cover.id, claim.loss_at)
    return [*then, *covers.terms_of(tx.session, [cover.id])]


def reserve_of(
    kind: CostKind, exposure: Exposure, changes: Sequence[ReserveChange], payouts: Sequence[Payout]
) -> int:  # fmt: skip
    """What is set aside for an exposure and isn't paid or on its way, in minor units."""
    first = exposure.estimate or 0 if kind == "indemnity" else 0
    changed = sum(one.change for one in changes if one.kind == kind)
    return first + changed - sum(one.amount for one in payouts if one.kind == kind and one.state != "failed")


def _owed(tx: Work, file: ExposureFile, verdict: Verdict) -> Indemnity | None:
    """What the section owes at most; None where nothing is assessed."""
    if verdict.decision != "approved":
        return None
    if not file.covered_then:
        words = "the section covered nothing at the loss, so that nothing is owed; repudiate it, or give it as goodwill"
        raise Conflict("not_covered_then", words)
    quote = find_quote(tx, file.cover.quote_id)
    return indemnity(
        file.terms, verdict.losses, _granted(tx, file), currency=file.cover.currency, premium_due=verdict.premium_due,
        third_party=file.exposure.claimant == "third_party",
        compulsory=file.terms.section in liability_sections(edition_of(tx, quote), quote.facts),
    )  # fmt: skip


def _granted(tx: Work, file: ExposureFile) -> list[Granted]:
    """What other exposures of the section have had of the limits and the deductible that this one may share."""
    found = []
    against = (file.terms.deductible or {}).get("against_third_parties", False)
    for exposure, decision in settlements.in_force_beside(tx.session, file.exposure, file.cover.id):
        of_event = exposure.claim_id == file.claim.id
        bears = of_event and (against or exposure.claimant != "third_party")
        if of_event or file.terms.per == "cover":
            found += [
                Granted(
                    part["limit"], part["sublimit"], part["approved"], part["borne"] if bears else 0,
                    part["deductible"] if bears else 0,
                )
                for part in decision.parts
            ]  # fmt: skip
    return found


def _keep(tx: Work, file: ExposureFile, verdict: Verdict, decided: Decided) -> None:
    decision_id, left, parts = new_id("decision"), decided.approved, []
    for given, part in zip(verdict.losses, decided.owed.parts if decided.owed else (), strict=False):
        # Where less is approved than is owed, the first parts have it.
        approved = min(left, part.amount)
        left -= approved
        parts.append(asdict(given) | asdict(part) | {"approved": approved})
    tx.session.add(
        Decision(
            tenant_id=tx.tenant_id, id=decision_id, exposure_id=file.exposure.id, sequence=len(file.decisions) + 1,
            decision=verdict.decision, parts=parts, premium_due=verdict.premium_due,
            indemnity=decided.owed.amount if decided.owed else 0, approved=decided.approved, goodwill=decided.goodwill,
            currency=file.cover.currency, decided_by=tx.caller.actor, decided_at=tx.now,
            sealed=tx.seal_json(file.claim.member_id, {"because": verdict.because}, f"decisions/{decision_id}"),
        )
    )  # fmt: skip


def _set_aside(
    tx: Work, file: ExposureFile, kind: CostKind, wanted: int, reason: str, because: str | None = None
) -> None:  # fmt: skip
    """Brings what is set aside to `wanted`, with its posting."""
    change = wanted - file.reserves[kind]
    if not change:
        return
    change_id, member_id = new_id("reserve"), file.claim.member_id
    tx.session.add(
        ReserveChange(
            tenant_id=tx.tenant_id, id=change_id, exposure_id=file.exposure.id, kind=kind, change=change, because=reason,
            sealed=tx.seal_json(member_id, {"because": because}, f"reserve_changes/{change_id}") if because else None,
            changed_by=tx.caller.actor, changed_at=tx.now,
        )
    )  # fmt: skip
    post(
        tx,
        change_id,
        transfer_for_reserve(file.cover.product, file.exposure.section, change, file.cover.currency, kind),
    )
    file.reserves[kind] = wanted


def _review(tx: Work, claim: Claim) -> None:
    """Somebody looks at the claim."""
    if claim.state == "open":
        claim.state = "in_review"
    tx.session.flush()


def _check_open(claim: Claim) -> None:
    if claim.state == "closed":
        raise Conflict("claim_closed", "the claim is closed; reopen it first")


def _wrong(code: str, pointer: str, words: str) -> Rejected:
    return Rejected(code, "the request can't be done as sent", errors=(Detail(pointer, words, "invalid_value"),))
