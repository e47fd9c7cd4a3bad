"""A price that falls when the term grows or a value rises: who asks for more would pay less.

Each section, and each step of the contract that can, is priced over terms and values for many risks, at every bound and
on both sides of it. A fall is told at the row or the step that makes it, with two neighbouring prices; `allow_fall:`
with a reason in the section allows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import numpy as np

from coverage.rulebook.checking.figures import Column, Declining, Figures, Layout, Priced, declining, times
from coverage.rulebook.checking.rising import Read, Rising, Setting, Sweep, needed, sweeps
from coverage.rulebook.checking.risks import Risks
from coverage.rulebook.format import Edition
from coverage.rulebook.language.notation import MICRO_PER_CENT, Amount, Factor, Flat, ShareOf
from coverage.rulebook.language.reading import Document, Finding, Place
from coverage.rulebook.planning.plan import ContractMove, Lookup, Plan, PlannedSection, PlannedStep

# How many prices are worked out for an edition in all, and for one section over one thing that rises at the most.
ALL_PRICES: Final = 400_000
MOST_PRICES: Final = 40_000
MOST_TOLD: Final = 4  # falls of one section
MOST_FALLS: Final = 10  # looked at of one section over one thing that rises
ALL_FALLS: Final = 60  # looked at of an edition
MOST_DECLINES: Final = 50
MOST_WORK: Final = 3_000  # steps of sections, each over all that rises
MOST_LOOKED_AT: Final = 2_000  # meetings of rows that lie between two values


def falls(document: Document, edition: Edition, plan: Plan) -> Iterator[Finding]:
    """The falls of the sections' prices, and those that the contract's steps make.

    What there is to work out is bounded: of an edition too large for that a warning says which sections were left out.
    """
    layout = Layout(plan)
    declines = declining(layout)
    asked: list[tuple[list[PlannedSection], Risks, Sweep]] = []
    work = 0
    for section in plan.sections:
        if edition.sections[section.name].allow_fall is not None:
            continue
        parts, read = needed(plan, section), Read(layout)
        for part in parts:
            read.section(part)
        risks = read.risks(edition)
        rising = list(sweeps(edition, risks))
        work += (len(rising) + 1) * (1 + sum(len(part.steps) for part in parts))
        if work > MOST_WORK:
            words = f"too many steps and values to try every price from {section.name} on; expected a smaller edition"
            yield document.finding(("sections", section.name), words, "falls", key=True, warning=True)
            break
        asked += [(parts, risks, sweep) for sweep in rising]
    told: dict[str, set[Place]] = {}
    looked_at = 0
    for parts, risks, sweep in asked:
        if looked_at > ALL_FALLS:
            break
        places = told.setdefault(parts[-1].name, set())
        most = min(MOST_PRICES, ALL_PRICES // len(asked))
        for found in _SectionSlope(parts, Rising(risks, sweep, most), declines).findings():
            looked_at += 1
            if len(places) == MOST_TOLD or looked_at > ALL_FALLS:
                break
            if found.place not in places:
                places.add(found.place)
                yield found
    if work <= MOST_WORK:
        yield from _contract_falls(edition, layout, declines)


def _among(declines: list[Declining], names: frozenset[str]) -> list[Declining]:
    """Those that read nothing but `names`, which are varied."""
    return [found for found in declines if found.names <= names][:MOST_DECLINES]


def _declined(declines: list[Declining], figures: Figures) -> Column:
    """Which risks are declined."""
    declined: Column = np.bool_(False)
    for found in declines:
        if found.condition is not None:
            declined = declined | figures.value(found.condition)
        elif found.table is not None:
            declined = declined | figures.layout.declining(found.table)[figures.meetings(found.table)]
    return declined


def _row_met(table: Lookup, figures: Figures) -> Place | None:
    """Where the row stands that the second of two risks meets, if the first meets another."""
    if table.by_day or table.marginal:
        return None
    before, after = (table.grid[int(cell)] for cell in np.broadcast_to(figures.meetings(table), 2))
    return after.place if after is not None and after is not before else None


class _SectionSlope:
    """One section's price over one thing that rises."""

    def __init__(self, parts: list[PlannedSection], rising: Rising, declines: list[Declining]) -> None:
        self.section, self.parts, self.rising = parts[-1], parts, rising
        self.declines = _among(declines, rising.risks.names)

    def figures(self, others: Setting, values: Column) -> Figures:
        """The section, and those that it has a share of, priced for risks."""
        figures = Figures(self.rising.layout, self.rising.facts(others, values))
        for part in self.parts:
            figures.section(part)
        return figures

    def priced(self, others: Setting, values: Column) -> tuple[Priced, Column]:
        """The section's prices, and for which risks it is covered and priced."""
        figures = self.figures(others, values)
        found = figures.priced[self.section.name]
        return found, found.covered & ~found.unpriced & ~_declined(self.declines, figures)

    def findings(self) -> Iterator[Finding]:
        """The falls, each at the row or step that makes it."""
        for risk, low, high in islice(self._falls(), MOST_FALLS):
            found = self._told(risk, low, high)
            if found is not None:
                yield found

    def _falls(self) -> Iterator[tuple[Setting, int, int]]:
        """Risks, each with two values of what rises between which the price falls."""
        rising, shape = self.rising, (self.rising.count, len(self.rising.values))
        found, good = self.priced(
            {name: column[:, None] for name, column in rising.others.items()}, rising.values[None]
        )
        cents, good = np.broadcast_to(found.cents, shape), np.broadcast_to(good, shape)
        # The last value before that has a price; −1 where there is none.
        last = np.maximum.accumulate(np.where(good, np.arange(shape[1]), -1), axis=1)[:, :-1]
        before = np.take_along_axis(cents, np.maximum(last, 0), axis=1)
        fallen = good[:, 1:] & (last >= 0) & (cents[:, 1:] < before)
        for position in np.flatnonzero(fallen.any(axis=0)):
            risk = int(np.argmax(fallen[:, position]))
            settings = {name: column[risk] for name, column in rising.others.items()}
            first, second = rising.values[last[risk, position]], rising.values[position + 1]
            yield settings, *self._nearest(settings, int(first), int(second))
        yield from self._hidden(np.broadcast_to(found.way, shape), cents, good)

    def _nearest(self, risk: Setting, low: int, high: int) -> tuple[int, int]:
        """Two neighbouring values between which the price falls, found between two that don't lie side by side."""
        step = self.rising.step
        while high - low > step:
            middle = low + (high - low) // step // 2 * step
            found, good = self.priced(risk, np.array([low, middle]))
            prices = np.broadcast_to(found.cents, 2)
            if middle == low or not np.broadcast_to(good, 2)[1]:
                break
            low, high = (low, middle) if prices[1] < prices[0] else (middle, high)
        return low, high

    def _hidden(self, way: Column, cents: Column, good: Column) -> Iterator[tuple[Setting, int, int]]:
        """Falls that growth between two values hides: where another row or step is met, the very place is looked at."""
        step = self.rising.step
        changed = (way[:, 1:] != way[:, :-1]) & good[:, 1:] & good[:, :-1] & (cents[:, 1:] >= cents[:, :-1])
        risks, positions = np.nonzero(changed & (np.diff(self.rising.values)[None] > step))
        chosen = slice(None, None, max(-(-len(risks) // MOST_LOOKED_AT), 1))
        risks, positions = risks[chosen], positions[chosen]
        others = {name: column[risks] for name, column in self.rising.others.items()}
        low, high = self.rising.values[positions], self.rising.values[positions + 1]
        first = way[risks, positions]
        while len(risks):
            middle = low + (high - low) // step // 2 * step
            if (middle == low).all():
                break
            same = np.broadcast_to(self.priced(others, middle)[0].way, middle.shape) == first
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        before, there = self.priced(others, low)
        after, still = self.priced(others, high)
        fallen = np.flatnonzero(np.broadcast_to((after.cents < before.cents) & there & still, low.shape))
        for index in fallen[:: max(-(-len(fallen) // 16), 1)]:
            yield {name: column[index] for name, column in others.items()}, int(low[index]), int(high[index])

    # ------------------------------------------------------------------------------------------- words

    def _told(self, risk: Setting, low: int, high: int) -> Finding | None:
        both = {name: np.array([column] * 2) for name, column in risk.items()}
        figures = self.figures(both, np.array([low, high]))
        found = figures.priced[self.section.name]
        before, after = (
            str(Amount(int(cents) * MICRO_PER_CENT, self.rising.currency)) for cents in np.broadcast_to(found.cents, 2)
        )
        step = self._at_fault(found)
        # What a step takes a share of falls by itself, and is told there or allowed there.
        if step is None or isinstance(step.charge, ShareOf):
            return None
        place = _row_met(step.charge, figures) if isinstance(step.charge, Lookup) else None
        matter = ", ".join(self._that_matter(risk, low, high))
        words = (
            f"{self.section.name} falls from {before} for {self.rising.called(low)} to {after} for "
            f"{self.rising.called(high)}{f' ({matter})' if matter else ''}; "
            "expected a price that never falls, or allow_fall: with the reason"
        )
        return Finding(place or step.place, words, "falls")

    def _at_fault(self, found: Priced) -> PlannedStep | None:
        """The first step after which the second risk costs less than the first."""
        for step, running in zip(self.section.steps, found.running, strict=True):
            before, after = np.broadcast_to(running, 2)
            if after < before:
                return step
        return None

    def _that_matter(self, risk: Setting, low: int, high: int) -> Iterator[str]:
        """What else must be so for the price to fall: settings of which another doesn't let it."""
        for words, tried in self.rising.alternatives(risk):
            before, there = self.priced(tried, low)
            after, still = self.priced(tried, high)
            if not np.all((after.cents < before.cents) & there & still):
                yield words


# ------------------------------------------------------------------------------------------- the contract


def _contract_falls(edition: Edition, layout: Layout, declines: list[Declining]) -> Iterator[Finding]:
    """Falls that the contract's steps make by a table or a condition; other steps can't."""
    plan = layout.plan
    suspects = [move for move in plan.moves if move.when is not None or isinstance(move.charge, Lookup)]
    if not suspects:
        return
    read = Read(layout)
    for section in plan.sections:
        read.section(section)
    for move in plan.moves:
        read.move(move)
    told: set[Place] = set()
    risks = read.risks(edition)
    asked = list(sweeps(edition, risks))
    steps = sum(len(section.steps) for section in plan.sections) + len(plan.moves) * len(plan.sections)
    if len(asked) * steps > MOST_WORK:
        return
    for sweep in asked:
        rising = Rising(risks, sweep, MOST_PRICES // len(asked))
        for found in _ContractSlope(edition, plan, rising, declines).findings():
            if found.place not in told:
                told.add(found.place)
                yield found


class _ContractSlope:
    """What all sections cost together, step by step of the contract, over one thing that rises."""

    def __init__(self, edition: Edition, plan: Plan, rising: Rising, declines: list[Declining]) -> None:
        self.edition, self.plan, self.rising = edition, plan, rising
        self.declines = _among(declines, rising.risks.names)

    def findings(self) -> Iterator[Finding]:
        """The first fall that each step makes."""
        rising, shape = self.rising, (self.rising.count, len(self.rising.values))
        others = {name: column[:, None] for name, column in rising.others.items()}
        figures = Figures(rising.layout, rising.facts(others, rising.values[None]))
        priced = [figures.section(section) for section in self.plan.sections]
        nets = [np.broadcast_to(found.cents, shape) for found in priced]
        covered = [np.broadcast_to(found.covered, shape) for found in priced]
        good = np.broadcast_to(~_declined(self.declines, figures), shape)
        for found in priced:
            good = good & ~found.unpriced
        for move in self.plan.moves:
            before, (nets, gaps) = nets, _moved(move, nets, covered, figures)
            good = good & ~gaps
            fallen = good[:, 1:] & good[:, :-1]
            for index in move.over:
                fallen &= covered[index][:, 1:] == covered[index][:, :-1]
                if index not in self._allowed(move):
                    fallen &= before[index][:, 1:] >= before[index][:, :-1]
            total = self._held(move, nets)
            # Spread over sections, some of which may fall, what the others bear is known to some cents.
            least = len(move.over) if move.op != "times" and self._allowed(move) else 0
            fallen &= total[:, 1:] < total[:, :-1] - least
            if (move.when is not None or isinstance(move.charge, Lookup)) and fallen.any():
                risk, position = (int(part[0]) for part in np.nonzero(fallen))
                yield self._told(move, risk, position, total)

    def _allowed(self, move: ContractMove) -> set[int]:
        """The sections of a step whose price may fall."""
        names = [section.name for section in self.plan.sections]
        return {index for index in move.over if self.edition.sections[names[index]].allow_fall is not None}

    def _held(self, move: ContractMove, nets: list[Column]) -> Column:
        """What the sections of a step cost together whose price may not fall."""
        held = [nets[index] for index in move.over if index not in self._allowed(move)]
        return np.sum([np.zeros_like(nets[0]), *held], axis=0)

    def _told(self, move: ContractMove, risk: int, position: int, after: Column) -> Finding:
        both = {name: np.array([column[risk]] * 2) for name, column in self.rising.others.items()}
        ends = self.rising.values[position : position + 2]
        figures = Figures(self.rising.layout, self.rising.facts(both, ends))
        place = _row_met(move.charge, figures) if isinstance(move.charge, Lookup) else None
        prices = [
            str(Amount(int(after[risk, position + more]) * MICRO_PER_CENT, self.rising.currency)) for more in (0, 1)
        ]
        words = (
            f"{self._subject(move)} from {prices[0]} for {self.rising.called(int(ends[0]))} to {prices[1]} for "
            f"{self.rising.called(int(ends[1]))}; expected a price that never falls, or allow_fall: with the reason in each of them"
        )
        return Finding(place or move.place, words, "falls")

    def _subject(self, move: ContractMove) -> str:
        names = [section.name for section in self.plan.sections]
        held = [names[index] for index in move.over if index not in self._allowed(move)]
        if len(held) == len(names):
            return "the sections together fall"
        return f"{held[0]} falls" if len(held) == 1 else f"{', '.join(held[:-1])} and {held[-1]} together fall"


def _moved(
    move: ContractMove, nets: list[Column], covered: list[Column], figures: Figures
) -> tuple[list[Column], Column]:
    """The sections' cents after a step of the contract (what is spread may differ by some cents between sections), and
    which risks a cell doesn't price.
    """
    gaps: Column = np.bool_(False)
    match move.charge:
        case Lookup() as table:
            figure, gaps = figures.looked_up(table)
            figure = figure if table.sort == "factor" else figure // MICRO_PER_CENT
        case Factor(value=figure):
            pass
        case Flat(amount=amount):
            figure = amount.micros // MICRO_PER_CENT
        case figure:
            pass
    moved = list(nets)
    if move.op == "times":
        for index in move.over:
            moved[index] = times(nets[index], figure)
    elif move.op in ("minus", "at_least"):
        total = sum(nets[index] for index in move.over)
        target = np.maximum(total - figure, 0) if move.op == "minus" else np.maximum(total, figure)
        target = np.where(sum(covered[index] for index in move.over) > 0, target, 0)
        spread = [target * nets[index] // np.maximum(total, 1) for index in move.over]
        spread[0] = spread[0] + target - sum(spread)
        for index, part in zip(move.over, spread, strict=True):
            moved[index] = part
    if move.when is None:
        return moved, gaps
    taken = figures.value(move.when)
    return [np.where(taken, after, before) for after, before in zip(moved, nets, strict=True)], gaps & taken
