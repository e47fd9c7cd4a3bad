"""The compiled forms of an edition held to each other and to the oracle, risk by risk: outcome, codes, every amount."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import numpy as np

from coverage.domain.period import local_day
from coverage.rulebook.explaining import explain
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.oracle.facts import facts_of
from coverage.rulebook.oracle.pricing import Oracle, Told
from coverage.rulebook.planning.taxes import TaxesInForce
from coverage.rulebook.running.columns import OUTCOMES, Batch, Columns
from coverage.rulebook.running.scalar import Decision, Fact, Figures, Scalar
from tests.rulebook.risks import Risk, Risks

BATCH: Final = 20_000  # risks that are priced in columns at a time: more than one block of them
# Of the risks that the oracle is asked for: how many have their running amounts compared, …
STEPS_EVERY: Final = 4
FACTS_EVERY: Final = 10  # … their facts worked out anew, hour by hour and day by day, …
EXPLAINED_EVERY: Final = 25  # … and their explanation followed.


@dataclass
class Compared:
    """How much was compared, so that a run that met nothing can fail. `ties` are exact halves that were rounded."""

    risks: int = 0
    by_oracle: int = 0
    on_edge: int = 0
    cpu_seconds: float = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    edges: Counter[str] = field(default_factory=Counter)
    ties: Counter[str] = field(default_factory=Counter)
    contract: Counter[str] = field(default_factory=Counter)

    COUNTERS = ("outcomes", "codes", "edges", "ties", "contract")

    def add(self, other: Compared) -> None:
        """Takes in what another run compared."""
        self.risks += other.risks
        self.by_oracle += other.by_oracle
        self.on_edge += other.on_edge
        self.cpu_seconds += other.cpu_seconds
        for name in self.COUNTERS:
            getattr(self, name).update(getattr(other, name))

    def __str__(self) -> str:
        took = f"{self.cpu_seconds:.0f} s of processor"
        lines = [f"{self.risks:,} risks, {self.by_oracle:,} by the oracle too, {self.on_edge:,} on an edge, {took}"]
        for name in self.COUNTERS:
            found = getattr(self, name)
            counted = ", ".join(f"{what} {count:,}" for what, count in sorted(found.items()) if count)
            lines.append(f"  {name} ({found.total():,}): {counted or 'none'}")
        return "\n".join(lines)


class Agreement:
    """An edition with the taxes in force on a day: its compiled forms, the oracle, and the risks of a seed."""

    def __init__(self, edition: LoadedEdition, taxes: TaxesInForce, seed: str) -> None:
        self.edition, self.seed = edition, seed
        self.scalar, self.columns = Scalar(edition.plan, taxes), Columns(edition.plan, taxes)
        self.oracle = Oracle(edition.rules, taxes, edition.files)
        self.risks = Risks(edition, seed)

    def compare(self, count: int, by_oracle: int | None = None) -> Compared:
        """Holds columns to scalar on `count` risks, and scalar to the oracle on `by_oracle` of them (all)."""
        compared, began = Compared(), time.process_time()
        asked = count if by_oracle is None else by_oracle
        risks = enumerate(self.risks.risks())
        for start in range(0, count, BATCH):
            rows: list[Mapping[str, Fact]] = []
            figures: list[Figures] = []
            for number, risk in islice(risks, min(BATCH, count - start)):
                facts = self.risks.admitted(risk).facts
                found = self.scalar.figures(facts)
                rows.append(facts)
                figures.append(found)
                decision = self.scalar.decision(found)
                if decision.outcome != "declined":
                    self.risks.keep(risk)
                # Spread evenly, the oracle sees what the others see.
                if (number + 1) * asked // count > number * asked // count:
                    self._ask(compared.by_oracle, risk, facts, decision)
                    compared.by_oracle += 1
                _count(compared, risk, decision)
            self._hold_columns(rows, figures)
        compared.ties.update(self.oracle.ties)
        compared.contract.update(self.oracle.contract)
        compared.cpu_seconds = time.process_time() - began
        return compared

    def _ask(self, number: int, risk: Risk, facts: Mapping[str, Fact], decision: Decision) -> None:
        """Holds a decision to the oracle, and now and then all that leads to it."""
        told = self.oracle.tell(facts)
        assert same(decision) == same_told(told), (self.seed, risk, facts)
        if _every(STEPS_EVERY, number):
            trace = self.scalar.trace(facts)
            assert trace.decision == decision
            # To the millionth in between, since the explanation tells it.
            steps = tuple(Decimal(micros) / 1_000_000 for micros in trace.amounts if micros is not None)
            assert steps == told.steps, (self.seed, risk, facts)
        if _every(FACTS_EVERY, number):
            assert worked_out(self.edition, risk) == facts, (self.seed, risk)
        if _every(EXPLAINED_EVERY, number):
            assert_chained(explain(self.scalar, facts), decision)

    def _hold_columns(self, rows: Sequence[Mapping[str, Fact]], figures: Sequence[Figures]) -> None:
        """Holds a batch in columns to the figures of its risks one by one."""
        batch = self.columns.decide(self.columns.encode(rows))
        assert len(batch) == len(rows)
        met = np.zeros((len(self.edition.plan.verdicts), len(rows)), np.bool_)
        for risk, (verdicts, *_) in enumerate(figures):
            met[list(verdicts), risk] = True
        for number in range(len(met)):
            self._alike(rows, batch.verdicts[number], met[number])
        declined = batch.outcome == OUTCOMES.index("declined")
        for position, lines in ((1, batch.nets), (2, batch.surcharges), (4, batch.taxes), (5, batch.gross)):
            expected = np.array([found[position] for found in figures], np.int64).T.reshape(lines.shape)
            self._alike(rows, lines, np.where(declined, -1, expected))
        self._alike(rows, batch.outcome, _outcomes(batch))

    def _alike(self, rows: Sequence[Mapping[str, Fact]], found: Any, expected: Any) -> None:
        different = (found != expected).reshape(-1, len(rows)).any(axis=0).nonzero()[0]
        assert not len(different), (self.seed, dict(rows[different[0]]), found[..., different[0]])


def _outcomes(batch: Batch) -> Any:
    """The outcomes as the verdicts that were met say them."""
    outcomes = np.zeros(len(batch), np.uint8)
    for number, verdict in enumerate(batch.plan.verdicts):
        if verdict.decision != "unavailable":
            said = np.uint8({"refer": 1, "decline": 2}[verdict.decision])
            np.maximum(outcomes, said, out=outcomes, where=batch.verdicts[number])
    return outcomes


def _every(rhythm: int, number: int) -> bool:
    return number % rhythm == rhythm - 1


def _count(compared: Compared, risk: Risk, decision: Decision) -> None:
    compared.risks += 1
    compared.on_edge += bool(risk.edges)
    compared.edges.update(risk.edges)
    compared.outcomes[decision.outcome] += 1
    compared.codes.update(decision.reasons)
    compared.codes.update(found.code for found in decision.unavailable)


def worked_out(edition: LoadedEdition, risk: Risk) -> dict[str, Fact]:
    """The facts of a risk, the slow and obvious way."""
    today = local_day(risk.asked_at, edition.rules.timezone)
    values: dict[str, Any] = {}
    for name, rule in edition.rules.inputs.items():
        if name in risk.given:
            values[name] = rule.from_written(risk.given[name], today)
        elif rule.default is not None:
            values[name] = rule.default_value(today)
    return facts_of(edition.rules, values, risk.period, risk.asked_at)


def same(decision: Decision) -> tuple[Any, ...]:
    """What a compiled form says, in the oracle's units."""
    unavailable = tuple((found.section, found.code) for found in decision.unavailable)
    premium = decision.premium
    if premium is None:
        return decision.outcome, decision.reasons, unavailable
    nets = {section.name: _units(section.net) for section in premium.sections}
    surcharges = {(line.name, line.section): _units(line.amount) for line in premium.surcharges}
    taxes = {(tax.name, tax.tax_class): _units(tax.amount) for tax in premium.taxes}
    fees, gross = _units(premium.fee_total), _units(premium.gross)
    return decision.outcome, decision.reasons, unavailable, nets, surcharges, taxes, fees, gross


def same_told(told: Told) -> tuple[Any, ...]:
    """What the oracle says, as far as it can be compared: a declined risk has no price."""
    if told.outcome == "declined":
        return told.outcome, told.reasons, told.unavailable
    return (
        told.outcome, told.reasons, told.unavailable, told.sections, told.surcharges, told.taxes, told.fees, told.gross,
    )  # fmt: skip


def _units(cents: int) -> Decimal:
    return Decimal(cents) / 100


def assert_chained(lines: list[dict[str, Any]], decision: Decision) -> None:
    """Each section's steps hand their amount on, to its net; the nets, surcharges, taxes and fees end in the gross."""
    premium = decision.premium
    if premium is None:
        assert [line["code"] for line in lines if line["step"] == "decline"]
        return
    running: dict[str, str] = {}
    for line in lines:
        if "section" in line and line["step"] not in ("surcharge", "unavailable"):
            assert line["step"] == "base" or Decimal(line["before"]) == Decimal(running.get(line["section"], "0"))
            running[line["section"]] = line["after"]
    assert {name: Decimal(after) for name, after in running.items() if name in {s.name for s in premium.sections}} == {
        section.name: _units(section.net) for section in premium.sections
    }
    parts = [Decimal(line["after"]) for line in lines if line["step"] in ("surcharge", "premium_tax", "levy", "fee")]
    assert lines[-1]["step"] == "gross"
    assert sum((Decimal(net) for net in running.values()), sum(parts, Decimal(0))) == Decimal(lines[-1]["after"])
    assert Decimal(lines[-1]["after"]) * 100 == premium.gross


def parts_of(count: int, most: int) -> Iterator[int]:
    """A count in parts of `most` at most, so that they may run side by side."""
    yield from [most] * (count // most)
    if count % most:
        yield count % most
