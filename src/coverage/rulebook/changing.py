"""A cover that changes in time: a longer term, more cover, an early return, and what was due on the true facts.

Pure functions of an edition, the cover's segments and its facts. Nothing here is charged or decided: a change tells
what it would cost and whether the rules still take the risk.

What a history costs is its first segment rated over the whole term, and for each later one the difference that its
facts make over the part of the term that is left when it begins. So no insured minute is rated twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Final

from coverage.domain.faults import Conflict, Detail, Rejected
from coverage.domain.period import Period, local_day
from coverage.domain.premium import Premium, half_up
from coverage.rulebook.admission import check_term
from coverage.rulebook.calendar import calendar_facts
from coverage.rulebook.charging import charge
from coverage.rulebook.format import Refund
from coverage.rulebook.language.expressions import TOTALS
from coverage.rulebook.language.notation import quoted
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.running.scalar import Decision, Fact, Facts, Scalar
from coverage.rulebook.terms import refund_due, refund_share

# The worst that one of several ratings says holds for all of them.
SEVERITY: Final = {"quoted": 0, "referred": 1, "declined": 2}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a cover with the facts that it is insured on. A claim reads the segment of its loss."""

    period: Period
    facts: Facts


@dataclass(frozen=True, slots=True)
class History:
    """A cover as it came to be: its segments without a gap, when it was asked for first, and what was paid for it.

    `paid` is net premium in minor units by section, all that was charged less all that was given back.
    """

    segments: tuple[Segment, ...]
    asked_at: datetime
    paid: Mapping[str, int]

    def __post_init__(self) -> None:
        ends = [segment.period.end for segment in self.segments]
        if not self.segments or ends[:-1] != [segment.period.start for segment in self.segments[1:]]:
            raise ValueError("a history's segments follow each other without a gap")

    @property
    def period(self) -> Period:
        return Period(self.segments[0].period.start, self.segments[-1].period.end)

    def at(self, instant: datetime) -> Segment | None:
        """The segment that insured an instant; None outside of the cover."""
        return next((segment for segment in self.segments if segment.period.contains(instant)), None)


@dataclass(frozen=True, slots=True)
class Change:
    """What a change comes to. `difference` is charged (or of a return given back), with the taxes of its own day.

    A declined change has no difference, and the cover stays as it is; a referred one waits for an underwriter.
    """

    outcome: str  # quoted, referred or declined
    reasons: tuple[str, ...]
    history: History  # as it is once the change is confirmed
    difference: Premium | None


@dataclass(frozen=True, slots=True)
class Reassessed:
    """What the true facts say: whether the rules take the risk, and the net premium that was due by section.

    `ratio` is the premium paid over the premium due, never over one, by which a claim is cut where a fact was false in
    good faith (Code des assurances L113-9); None where nothing was due. A person decides, never the machine.
    """

    outcome: str
    reasons: tuple[str, ...]
    due: Mapping[str, int]
    ratio: Fraction | None


def extend(edition: LoadedEdition, history: History, until: datetime, at: datetime) -> Change:
    """The cover extended to end at `until`, asked for at `at`.

    The whole new term is rated; each section's difference to what was paid is charged, and none is ever given back.
    Raises `Rejected` where the product isn't extended so, `Conflict` once the cover is over.
    """
    if edition.rules.changes.extend is None:
        raise Rejected("not_extendable", "the product's covers can't be extended")
    _require_running(history, at)
    if until <= history.period.end:
        raise _wrong("/end", "the new end isn't after the cover's; expected a later one", "end_before_start")
    whole = Period(history.period.start, until)
    check_term(edition.rules, whole, history.asked_at)
    last = history.segments[-1]
    segments = (*history.segments[:-1], replace(last, period=Period(last.period.start, until)))
    return _charged(edition, replace(history, segments=segments), at)


def raise_cover(edition: LoadedEdition, history: History, raised: Mapping[str, Fact], at: datetime) -> Change:
    """More cover from `at` on: `raised` are the facts that change, each of an input that the product lets be raised.

    The past is never insured afterwards: only the rest of the term is rated, on the new facts and on the old, and the
    difference is charged. Raises `Rejected` where that is no raise, `Conflict` once the cover is over.
    """
    rule = edition.rules.changes.raise_
    _require_running(history, at)
    for name in raised:
        if rule is None or _input_of(name) not in rule.inputs:
            allowed = f"expected {', '.join(rule.inputs)}" if rule else "expected no raise: the product has none"
            raise _wrong(f"/risk/{_input_of(name)}", f"{quoted(name)} can't be raised; {allowed}", "not_raisable")
    starts = max(at, history.period.start)
    last = history.segments[-1]
    facts = {**last.facts, **raised}
    if facts == dict(last.facts):
        raise Rejected("nothing_changes", "the facts are those of the cover already")
    _require_raise(edition, history, facts, Period(starts, history.period.end), at)
    following = Segment(Period(starts, history.period.end), facts)
    before = history.segments[:-1] if starts == last.period.start else _cut(history.segments, starts)
    return _charged(edition, replace(history, segments=(*before, following)), at)


def return_early(edition: LoadedEdition, history: History, at: datetime) -> Change:
    """The cover ended at `at` by an early return: what the product gives back, which is no rating anew.

    Raises `Rejected` where the product has no early return, `Conflict` unless the cover is on risk.
    """
    rule = edition.rules.changes.return_early
    if rule is None:
        raise Rejected("not_returnable", "the product's covers can't be ended early")
    _require_running(history, at)
    if at <= history.period.start:
        raise Conflict("cover_not_started", "the cover hasn't begun; it can be cancelled")
    back = given_back(rule.refund, history, at)
    paid = {name: net - back.get(name, 0) for name, net in history.paid.items()}
    ended = History(_cut(history.segments, at), history.asked_at, paid)
    facts = history.segments[-1].facts
    taxes = edition.taxes_on(local_day(at, edition.rules.timezone))
    return Change("quoted", (), ended, charge(edition.plan, taxes, facts, back))


def refund_at(edition: LoadedEdition, history: History, at: datetime) -> dict[str, int]:
    """What a cancellation at `at` gives back by section, in minor units: the first of the product's tiers that holds."""
    return given_back(refund_due(edition.rules, history.period.start, at), history, at)


def given_back(refund: Refund, history: History, at: datetime) -> dict[str, int]:
    """A refund of what was paid by section, in minor units, half up; of the unused part by elapsed seconds."""
    share = refund_share(refund, history.period, at)
    return {name: half_up(net * share) for name, net in history.paid.items()}


def reassess(edition: LoadedEdition, history: History, true_facts: Mapping[str, Fact]) -> Reassessed:
    """What was due on the true facts, which replace those of every segment. It changes nothing."""
    segments = tuple(replace(segment, facts={**segment.facts, **true_facts}) for segment in history.segments)
    taxes = edition.taxes_on(local_day(history.asked_at, edition.rules.timezone))
    told = _due(edition, edition.compiled(taxes), replace(history, segments=segments))
    due, paid = sum(told.nets.values()), sum(history.paid.values())
    ratio = min(Fraction(paid, due), Fraction(1)) if due else None
    return Reassessed(told.outcome, told.reasons, told.nets, None if told.outcome == "declined" else ratio)


# ----------------------------------------------------------------------------------------------------- inside


@dataclass(frozen=True, slots=True)
class _Due:
    outcome: str
    reasons: tuple[str, ...]
    nets: dict[str, int]


def _charged(edition: LoadedEdition, changed: History, at: datetime) -> Change:
    """A changed history with the difference between what it costs and what was paid."""
    taxes = edition.taxes_on(local_day(at, edition.rules.timezone))
    told = _due(edition, edition.compiled(taxes), changed)
    if told.outcome == "declined":
        return Change(told.outcome, told.reasons, changed, None)
    nets = {name: max(net - changed.paid.get(name, 0), 0) for name, net in told.nets.items()}
    paid = {name: changed.paid.get(name, 0) + nets.get(name, 0) for name in (*changed.paid, *nets)}
    difference = charge(edition.plan, taxes, changed.segments[-1].facts, nets)
    return Change(told.outcome, told.reasons, replace(changed, paid=paid), difference)


def _due(edition: LoadedEdition, compiled: Scalar, history: History) -> _Due:
    """What a history costs, net by section, and what the rules say of all its ratings."""
    end = history.period.end
    first = _rated(edition, compiled, history, history.segments[0].facts, history.segments[0].period.start, end)
    decisions, nets = [first], _nets(first)
    for before, segment in zip(history.segments, history.segments[1:], strict=False):
        starts = segment.period.start
        old = _rated(edition, compiled, history, before.facts, starts, end)
        new = _rated(edition, compiled, history, segment.facts, starts, end)
        decisions += [old, new]
        olds = _nets(old)
        for name, net in _nets(new).items():
            nets[name] = nets.get(name, 0) + max(net - olds.get(name, 0), 0)
    outcome = max((decision.outcome for decision in decisions), key=SEVERITY.__getitem__)
    reasons = [reason for decision in decisions if decision.outcome == outcome for reason in decision.reasons]
    return _Due(outcome, tuple(dict.fromkeys(reasons)), nets)


def _rated(
    edition: LoadedEdition, compiled: Scalar, history: History, facts: Facts, start: datetime, end: datetime
) -> Decision:
    """The facts rated over a stretch: all that hangs on the term is worked out anew, the rest stays as it was kept."""
    return compiled.decide({**facts, **calendar_facts(edition.rules, Period(start, end), history.asked_at)})


def _nets(decision: Decision) -> dict[str, int]:
    return {section.name: section.net for section in decision.premium.sections} if decision.premium else {}


def _cut(segments: Iterable[Segment], at: datetime) -> tuple[Segment, ...]:
    """The segments until `at`."""
    return tuple(
        replace(segment, period=Period(segment.period.start, min(segment.period.end, at)))
        for segment in segments
        if segment.period.start < at
    )


def _require_running(history: History, at: datetime) -> None:
    if at >= history.period.end:
        raise Conflict("cover_ended", "the cover is over; nothing of it can be changed")


def _require_raise(edition: LoadedEdition, history: History, facts: Facts, rest: Period, at: datetime) -> None:
    """A raise never takes anything away: no figure falls, and no section would cost less than it does."""
    last = history.segments[-1].facts
    compiled = edition.compiled(edition.taxes_on(local_day(at, edition.rules.timezone)))
    old = _rated(edition, compiled, history, last, rest.start, rest.end)
    new = _rated(edition, compiled, history, facts, rest.start, rest.end)
    costs, before = _nets(new), _nets(old)
    falls = [name for name, net in before.items() if new.premium is not None and costs.get(name, 0) < net]
    lower = [name for name, value in facts.items() if type(value) is int and value < int(last.get(name, 0))]
    if lower or falls:
        told = quoted((lower or falls)[0])
        raise Rejected("not_a_raise", f"{told} would be less than it is; expected more cover, or as much")


def _input_of(fact: str) -> str:
    """The input that a fact comes from: of `sum(items.value)` it is items."""
    op, bracket, rest = fact.partition("(")
    return rest.rstrip(")").partition(".")[0] if bracket and op in TOTALS else fact


def _wrong(pointer: str, message: str, code: str) -> Rejected:
    return Rejected(
        "invalid_change", "the change isn't as the product takes it", errors=(Detail(pointer, message, code),)
    )
