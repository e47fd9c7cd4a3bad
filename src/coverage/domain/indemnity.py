"""What a section owes of a loss: never more than the loss, its limit or what was insured (the indemnity principle).

In this order: the average rule (Code des assurances L121-5), the deductible and the limit as the section has them, and at
last the reduction for what was declared wrongly in good faith (L113-9). None of them is raised against the victim in
compulsory motor liability (R211-13): there the insurer pays, and recovers it from who owes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from coverage.domain.cover import SectionTerms
from coverage.domain.faults import Detail, Rejected
from coverage.domain.premium import half_up

StepKind = Literal["loss", "average", "deductible", "limit", "sublimit", "premium_reduction"]


@dataclass(frozen=True, slots=True)
class Assessed:
    """A loss as a person assessed it, in minor units of the cover's currency.

    `limit` names the limit that it falls under, `sublimit` a lower one for this part of it. `sound_value` is what the thing
    insured was worth before the loss; `premium_due` the section's net premium, had all been declared rightly.
    """

    loss: int
    limit: str | None = None
    sublimit: str | None = None
    sound_value: int | None = None
    premium_due: int | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What others that share the limit or the deductible have had: what was approved under the limit; and of this event,
    the losses that a deductible was taken from and what it took.
    """

    approved: int = 0
    losses: int = 0
    deductible: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What came off, in minor units, and why; the first is the loss itself."""

    kind: StepKind
    amount: int


@dataclass(frozen=True, slots=True)
class Indemnity:
    """What is owed of a loss, at most, with what the insured bears of it as deductible, and how it was worked out."""

    amount: int
    deductible: int
    limit: str
    steps: tuple[Step, ...]


def indemnity(
    terms: SectionTerms, assessed: Assessed, earlier: Earlier, *, third_party: bool, compulsory: bool
) -> Indemnity:
    """What the section owes of an assessed loss under its terms at the loss.

    `third_party` is a victim who claims directly (L124-3), `compulsory` a section of compulsory motor liability. Raises
    `Rejected` for a limit that the section hasn't, or a rule that doesn't hold for it.
    """
    name = _limit_named(terms, assessed)
    most = terms.limits[name]
    steps = [Step("loss", assessed.loss)]
    borne = assessed.loss - _take(steps, "average", _under_insured(terms, most, assessed, third_party=third_party))
    spared = third_party and not (terms.deductible or {}).get("against_third_parties", False)
    due = 0 if spared or (third_party and compulsory) else _deductible(terms, borne, earlier)
    left = None if most is None else max(most - (earlier.approved if terms.per in ("event", "cover") else 0), 0)
    part = terms.sublimits[assessed.sublimit] if assessed.sublimit else None
    if (terms.deductible or {}).get("applied") == "after_limit":
        owed = _capped(steps, borne, left, part)
        taken = _take(steps, "deductible", min(due, owed))
        owed -= taken
    else:
        taken = _take(steps, "deductible", min(due, borne))
        owed = _capped(steps, borne - taken, left, part)
    if assessed.premium_due is not None and not (third_party and compulsory):
        owed -= _take(steps, "premium_reduction", owed - _reduced(terms, owed, assessed.premium_due))
    return Indemnity(owed, taken, name, tuple(steps))


def _limit_named(terms: SectionTerms, assessed: Assessed) -> str:
    names = sorted(terms.limits)
    if assessed.sublimit is not None and assessed.sublimit not in terms.sublimits:
        known = ", ".join(sorted(terms.sublimits)) or "none"
        raise _wrong("/sublimit", f"the section has no such sublimit; it has {known}")
    if assessed.limit is None and len(names) == 1:
        return names[0]
    if assessed.limit not in terms.limits:
        raise _wrong("/limit", f"expected the limit that the loss falls under: one of {', '.join(names)}")
    return assessed.limit


def _under_insured(terms: SectionTerms, insured: int | None, assessed: Assessed, *, third_party: bool) -> int:
    """What the insured bears for what wasn't insured, in proportion."""
    if assessed.sound_value is None:
        return 0
    if third_party or terms.average != "applies" or insured is None:
        reason = (
            "a third party's loss isn't cut for what the insured didn't insure"
            if third_party
            else "the section has waived the average rule"
            if terms.average != "applies"
            else "the section has no sum insured to compare with"
        )
        raise _wrong("/sound_value", f"{reason}; expected it left out")
    if assessed.sound_value <= insured:
        return 0
    return assessed.loss - half_up(Fraction(assessed.loss * insured, assessed.sound_value))


def _deductible(terms: SectionTerms, borne: int, earlier: Earlier) -> int:
    """What is still to be borne of this event's deductible: it is taken once, whoever claims first."""
    rule = terms.deductible
    if rule is None:
        return 0
    share = rule.get("share_percent")
    if share is None:
        due = int(rule["amount"])
    else:
        due = half_up(Fraction((earlier.losses + borne) * share, 100))
        due = max(due, rule.get("min") or 0)
        due = min(due, rule["max"]) if rule.get("max") is not None else due
    return max(due - earlier.deductible, 0)


def _capped(steps: list[Step], amount: int, left: int | None, part: int | None) -> int:
    if part is not None:
        amount -= _take(steps, "sublimit", max(amount - part, 0))
    if left is not None:
        amount -= _take(steps, "limit", max(amount - left, 0))
    return amount


def _reduced(terms: SectionTerms, owed: int, due: int) -> int:
    if due <= terms.net:
        raise _wrong(
            "/premium_due/amount",
            f"expected more than the {terms.net} that were paid for the section; else leave it out",
        )
    return half_up(Fraction(owed * terms.net, due))


def _take(steps: list[Step], kind: StepKind, amount: int) -> int:
    if amount:
        steps.append(Step(kind, -amount))
    return amount


def _wrong(pointer: str, words: str) -> Rejected:
    return Rejected(
        "invalid_decision", "the loss can't be settled as sent", errors=(Detail(pointer, words, "invalid_value"),)
    )
