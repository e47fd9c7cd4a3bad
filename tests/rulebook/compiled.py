"""An edition of a few lines compiled both ways: what one risk is decided to be, and that a column of it is the same."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from coverage.domain.premium import Premium
from coverage.rulebook.explaining import Line, explain
from coverage.rulebook.format import Edition
from coverage.rulebook.language.notation import RATE_ONE
from coverage.rulebook.language.reading import Finding, read_text
from coverage.rulebook.language.shape import typed
from coverage.rulebook.planning.building import build
from coverage.rulebook.planning.plan import Plan
from coverage.rulebook.planning.taxes import TaxesInForce, TaxRate
from coverage.rulebook.running.columns import OUTCOMES, Columns
from coverage.rulebook.running.scalar import Decision, Fact, Scalar
from tests.rulebook.made_editions import HEAD

EUR: Final = 1_000_000
DAY: Final[dict[str, Fact]] = {
    "term_hours": 24, "term_days": 1, "start_hour": 9, "start_weekday": 1, "lead_hours": 0,
}  # fmt: skip
CALENDAR: Final = HEAD.replace("grace: 10m", "grace: 10m, day: calendar")
Rates = tuple[tuple[str, str, str, str], ...]  # kind, name, class and rate of each
FULL: Final[Rates] = (("premium_tax", "full", "full", "0.20"),)


def section(premium: str, *, name: str = "cover", tax: str = "full", more: str = "") -> str:
    """A section as an edition has it; `premium` holds its steps, `more` its other lines."""
    lines = [f"tax: {tax}", "limit: {amount: 1 EUR, per: event}", *more.splitlines(), "premium:"]
    steps = [f"  - {step}" for step in premium.splitlines()]
    return "\n".join([f"  {name}:", *(f"    {line}" for line in [*lines, *steps])]) + "\n"


def plan_of(text: str, head: str = HEAD, files: Mapping[str, str] | None = None) -> Plan:
    """The plan of an edition; raises ValueError for one with faults."""
    document = read_text(head + text, "made")
    found: list[Finding] = []
    plan = build(document, typed(document, Edition), found.append, files or {})
    if found:
        raise ValueError("\n".join(map(str, found)))
    return plan


def taxes_of(rates: Rates) -> TaxesInForce:
    return TaxesInForce(
        "FR",
        tuple(
            TaxRate(name, kind, tax_class, int(Decimal(rate) * RATE_ONE), RATE_ONE, 0, "2020-01-01", "a law", True)
            for kind, name, tax_class, rate in rates
        ),
    )


class Both:
    """An edition compiled both ways."""

    def __init__(
        self, text: str, *, rates: Rates = FULL, head: str = HEAD, files: dict[str, str] | None = None
    ) -> None:
        self.text = head + text
        self.plan, self.taxes = plan_of(text, head, files), taxes_of(rates)
        self.scalar, self.columns = Scalar(self.plan, self.taxes), Columns(self.plan, self.taxes)

    def decide(self, **facts: Fact) -> Decision:
        """The decision on a risk of a day; fails where a column says otherwise."""
        return self.decide_of(facts)

    def decide_of(self, facts: Mapping[str, Fact]) -> Decision:
        """The same of facts whose names have signs in them."""
        known = {**DAY, **facts}
        figures, decision = self.scalar.figures(known), self.scalar.decide(known)
        batch = self.columns.decide(self.columns.encode([known]))
        assert OUTCOMES[batch.outcome[0]] == decision.outcome
        assert (batch.reasons(0), batch.unavailable(0)) == (decision.reasons, decision.unavailable)
        if decision.premium is not None:
            lines = tuple(tuple(found[:, 0].tolist()) for found in (batch.nets, batch.surcharges, batch.taxes))
            assert (*lines, batch.gross[0]) == (figures[1], figures[2], figures[4], figures[5])
        return decision

    def explain(self, **facts: Fact) -> list[Line]:
        """Each step of the decision on a risk of a day, as data."""
        return explain(self.scalar, {**DAY, **facts})

    def text_at(self, at: str) -> str:
        """What stands in the edition at `file:line:column`."""
        _, line, column = at.split(":")
        return self.text.split("\n")[int(line) - 1][int(column) - 1 :]

    def nets(self, **facts: Fact) -> list[int]:
        """The cents of each section that is covered."""
        return [section.net for section in self._priced(facts).sections]

    def taxed(self, **facts: Fact) -> dict[str, tuple[int, int]]:
        """What each tax was taken on, and what it comes to, by its class."""
        return {tax.tax_class: (tax.base, tax.amount) for tax in self._priced(facts).taxes}

    def gross(self, **facts: Fact) -> int:
        return self._priced(facts).gross

    def _priced(self, facts: Mapping[str, Fact]) -> Premium:
        premium = self.decide_of(facts).premium
        assert premium is not None
        return premium
