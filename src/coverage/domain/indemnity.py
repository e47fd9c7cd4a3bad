"""What a section owes of a loss: never more than the loss, its limit or what was insured (the indemnity principle).

In this order: the average rule (Code des assurances L121-5), the deductible and the limit as the section has them, and at
last the reduction for what was declared wrongly in good faith (L113-9). Deductible and reduction are never raised against the
victim in compulsory motor liability (R211-13): there the insurer pays, and recovers it from who owes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from coverage.domain.cover import SectionTerms
from coverage.domain.faults import Detail, Rejected
from coverage.domain.money import Money
from coverage.domain.premium import half_up

StepKind = Literal["loss", "average", "deductible", "limit", "sublimit", "premium_reduction"]

# A limit for each event or cover is one amount for all that falls under it; for each person or item, each has its own.
SHARED: Final = ("event", "cover")
EACH_ITEM: Final = "each_item"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a loss as a person assessed it, in minor units of the cover's currency: what falls under one limit.

    `limit` names it, `sublimit` a lower one for this part. `sound_value` is what the thing insured was worth before.
    """

    loss: int
    limit: str | None = None
    sublimit: str | None = None
    sound_value: int | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """What an earlier decision granted of a part: `amount` under a limit and perhaps a sublimit. Of this event, what of the
    part a deductible was taken from, after the average rule (`borne`), and what it took.
    """

    limit: str
    sublimit: str | None
    amount: int
    borne: int = 0
    deductible: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What came off, in minor units, and why; the first is the loss itself."""

    kind: StepKind
    amount: int


@dataclass(frozen=True, slots=True)
class PartOwed:
    """What is owed of a part at most, with what the insured bears of it as deductible, and how it was worked out."""

    limit: str
    sublimit: str | None
    amount: int
    borne: int
    deductible: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Indemnity:
    """What is owed of a loss at most, part by part."""

    parts: tuple[PartOwed, ...]

    @property
    def amount(self) -> int:
        return sum(part.amount for part in self.parts)


def indemnity(
    terms: SectionTerms, parts: Sequence[Part], earlier: Iterable[Granted] = (), *, currency: str,
    premium_due: int | None = None, third_party: bool = False, compulsory: bool = False,
) -> Indemnity:  # fmt: skip
    """What the section owes of a loss under its terms at the loss, after what was granted `earlier` of what it shares.

    `premium_due` is the section's net premium, had all been declared rightly. `third_party` is a victim who claims directly
    (L124-3), `compulsory` a section of compulsory motor liability. Raises `Rejected` for a limit that the section hasn't, or
    a rule that doesn't hold for it.
    """
    spared = third_party and (compulsory or not (terms.deductible or {}).get("against_third_parties", False))
    if premium_due is not None and premium_due <= terms.net:
        paid = Money(terms.net, currency)
        raise _wrong(
            "/premium_due/amount", f"expected more than the {paid} that were paid for the section; else leave it out"
        )
    reduction = Fraction(terms.net, premium_due) if premium_due and not (third_party and compulsory) else Fraction(1)
    granted, owed = list(earlier), list[PartOwed]()
    for number, part in enumerate(parts):
        pointer = f"/losses/{number}"
        name = _limit_named(terms, part, pointer)
        steps = [Step("loss", part.loss)]
        under = _under_insured(terms, terms.limits[name], part, pointer, third_party=third_party)
        borne = part.loss - _take(steps, "average", under)
        due = 0 if spared else _deductible(terms, borne, granted)
        amount, taken = _limited(steps, terms, borne, due, _left(terms, name, part.sublimit, granted))
        amount -= _take(steps, "premium_reduction", amount - half_up(amount * reduction))
        owed.append(PartOwed(name, part.sublimit, amount, borne, taken, tuple(steps)))
        granted.append(Granted(name, part.sublimit, amount, 0 if spared else borne, taken))
    return Indemnity(tuple(owed))


def _limit_named(terms: SectionTerms, part: Part, pointer: str) -> str:
    names = sorted(terms.limits)
    if part.sublimit is not None and part.sublimit not in terms.sublimits:
        known = ", ".join(sorted(terms.sublimits)) or "none"
        raise _wrong(f"{pointer}/sublimit", f"the section has no such sublimit; it has {known}")
    if part.limit is None and len(names) == 1:
        return names[0]
    if part.limit not in terms.limits:
        raise _wrong(f"{pointer}/limit", f"expected the limit that the loss falls under: one of {', '.join(names)}")
    return part.limit


def _under_insured(terms: SectionTerms, insured: int | None, part: Part, pointer: str, *, third_party: bool) -> int:
    """What the insured bears for what wasn't insured, in proportion."""
    if part.sound_value is None:
        return 0
    if third_party or terms.average != "applies" or insured is None:
        reason = (
            "a third party's loss isn't cut for what the insured didn't insure"
            if third_party
            else "the section has waived the average rule"
            if terms.average != "applies"
            else "the section has no sum insured to compare with"
        )
        raise _wrong(f"{pointer}/sound_value", f"{reason}; expected it left out")
    if part.sound_value <= insured:
        return 0
    return part.loss - half_up(Fraction(part.loss * insured, part.sound_value))


def _deductible(terms: SectionTerms, borne: int, granted: Sequence[Granted]) -> int:
    """What is still to be borne of this event's deductible: it is taken once, whoever claims first."""
    rule = terms.deductible
    if rule is None:
        return 0
    share = rule.get("share_percent")
    if share is None:
        due = int(rule["amount"])
    else:
        due = half_up(Fraction((sum(one.borne for one in granted) + borne) * share, 100))
        due = max(due, rule.get("min") or 0)
        due = min(due, rule["max"]) if rule.get("max") is not None else due
    return max(due - sum(one.deductible for one in granted), 0)


def _left(
    terms: SectionTerms, limit: str, sublimit: str | None, granted: Sequence[Granted]
) -> list[tuple[StepKind, int]]:
    """What is left of the limits that a part falls under, the lower one first."""
    found: list[tuple[StepKind, int]] = []
    shares = terms.per in SHARED
    part = terms.sublimits[sublimit] if sublimit else None
    if part is not None:
        used = sum(one.amount for one in granted if one.sublimit == sublimit) if shares and sublimit != EACH_ITEM else 0
        found.append(("sublimit", max(part - used, 0)))
    most = terms.limits[limit]
    if most is not None:
        used = sum(one.amount for one in granted if one.limit == limit) if shares else 0
        found.append(("limit", max(most - used, 0)))
    return found


def _limited(
    steps: list[Step], terms: SectionTerms, borne: int, due: int, left: Iterable[tuple[StepKind, int]]
) -> tuple[int, int]:  # fmt: skip
    """What limits and deductible leave of a part, in the section's own order; and what the deductible took."""
    after = (terms.deductible or {}).get("applied") == "after_limit"
    amount = borne
    taken = 0 if after else _take(steps, "deductible", min(due, amount))
    amount -= taken
    for kind, most in left:
        amount -= _take(steps, kind, max(amount - most, 0))
    if after:
        taken = _take(steps, "deductible", min(due, amount))
        amount -= taken
    return amount, taken


def _take(steps: list[Step], kind: StepKind, amount: int) -> int:
    if amount:
        steps.append(Step(kind, -amount))
    return amount


def _wrong(pointer: str, words: str) -> Rejected:
    return Rejected(
        "invalid_decision", "the loss can't be settled as sent", errors=(Detail(pointer, words, "invalid_value"),)
    )
