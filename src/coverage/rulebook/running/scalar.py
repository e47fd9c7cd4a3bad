"""The plan emitted as Python: a function that prices one risk, and one that also keeps every running amount.

The functions see whole numbers only. A table is a dense tuple, a dict or a bisect over its bounds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from coverage.domain.premium import FeeLine, Premium, SectionPremium, SurchargeLine, TaxLine, spread_pro_rata
from coverage.rulebook.language.expressions import Expression, python_source
from coverage.rulebook.language.notation import FACTOR_ONE
from coverage.rulebook.planning.plan import Axis, Plan
from coverage.rulebook.planning.taxes import TaxesInForce
from coverage.rulebook.running.dialect import OPERATIONS, Dialect, Look, local
from coverage.rulebook.running.emitting import Emitter
from coverage.rulebook.running.emitting_taxes import surcharges_of, taxes_of

# Operations again, quicker for one risk: a call costs more than a comparison, and most cells of most tables are one.
QUICK_OPERATIONS: Final[dict[str, str]] = {
    "times": f"{{p}} if {{c}} == {FACTOR_ONE} else {OPERATIONS['times']}",
    "at_least": "{p} if {p} > {c} else {c}",
    "at_most": "{p} if {p} < {c} else {c}",
}
MOST_STEPS: Final = 20  # a section is raised by so many steps at most to make the gross premium a multiple

Fact = int | bool | str
Facts = Mapping[str, Fact]

# What a rating comes to, in cents: the verdicts that were met, by number; each section, each surcharge that one can
# bear, what each tax was taken on, each tax (−1 where there is none of it), and the gross premium.
Figures = tuple[Sequence[int], tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...], int]


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A section that was wanted and can't be had, with the code that tells why."""

    section: str
    code: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of a risk. A declined risk has no premium; a referred one has."""

    outcome: str  # quoted, referred or declined
    reasons: tuple[str, ...]
    premium: Premium | None
    unavailable: tuple[Unavailable, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """A decision with each step's amount after it (micro-units; None where it was passed over), in the plan's order."""

    decision: Decision
    amounts: tuple[int | None, ...]


class Scalar:
    """An edition's plan compiled with the taxes in force on a day."""

    def __init__(self, plan: Plan, taxes: TaxesInForce) -> None:
        self.plan, self.taxes = plan, taxes
        self._surcharges, self._rates = surcharges_of(plan, taxes), taxes_of(taxes)
        self.figures: Callable[[Facts], Figures] = rating(plan, taxes)

    @cached_property
    def running(self) -> Callable[[Facts], tuple[Figures, tuple[int | None, ...], tuple[Any, ...]]]:
        """The function that also answers every step's amount after it (micro-units; None where it was passed over) in
        the plan's order, and the sections' cents (0 where not covered) before the contract's steps and after each.
        """
        return rating(self.plan, self.taxes, traced=True)

    def decide(self, facts: Facts) -> Decision:
        """Prices `facts`: every name that the plan rates on, canonical (money and decimals in micro-units)."""
        return self.decision(self.figures(facts))

    def trace(self, facts: Facts) -> Trace:
        """The same decision with every running amount."""
        figures, amounts, _ = self.running(facts)
        return Trace(self.decision(figures), amounts)

    def decision(self, figures: Figures) -> Decision:
        """What figures say."""
        met = [self.plan.verdicts[number] for number in sorted(set(figures[0]))]
        codes = {kind: tuple(dict.fromkeys(v.code for v in met if v.decision == kind)) for kind in ("decline", "refer")}
        unavailable = tuple(Unavailable(v.section, v.code) for v in met if v.decision == "unavailable")
        if codes["decline"]:
            return Decision("declined", codes["decline"], None, unavailable)
        outcome = "referred" if codes["refer"] else "quoted"
        return Decision(outcome, codes["refer"], self._premium(figures), unavailable)

    def _premium(self, figures: Figures) -> Premium:
        plan, (_, nets, surcharges, bases, amounts, _) = self.plan, figures
        sections = tuple(
            SectionPremium(section.name, net) for section, net in zip(plan.sections, nets, strict=True) if net >= 0
        )
        borne = tuple(
            SurchargeLine(
                found.rate.name, plan.sections[found.section].name, found.rate.charged, nets[found.section], amount
            )
            for found, amount in zip(self._surcharges, surcharges, strict=True)
            if amount >= 0
        )
        taxes = tuple(
            TaxLine(rate.name, rate.kind, rate.tax_class, rate.charged, base, amount)
            for rate, base, amount in zip(self._rates, bases, amounts, strict=True)
            if amount >= 0
        )
        fees = tuple(FeeLine(fee.name, fee.cents) for fee in plan.fees)
        return Premium.of(plan.currency, sections, taxes, fees, borne)


def rating(plan: Plan, taxes: TaxesInForce, *, traced: bool = False) -> Callable[[Facts], Any]:
    """The function of facts that works out their `Figures`; traced, every step's amount and each contract step's too."""
    write = Python(plan, traced=traced)
    emitter = Emitter(plan, taxes, write)
    body = emitter.body()
    facts = [f"    {local(name)} = facts[{name!r}]" for name in emitter.facts]
    return write.function("rate", ["facts"], [*facts, *write.opening(), *body])


class Python(Dialect):
    """One risk: whole numbers, truth values and text."""

    def __init__(self, plan: Plan, *, traced: bool = False) -> None:
        super().__init__(plan)
        self.traced = traced
        self.kept: list[str] = []
        self.ready: dict[str, dict[str, str]] = {}  # by key, the figures that are looked up as soon as it is read
        self.constants |= {"bisect_right": bisect_right, "lowered": lowered, "raised": raised, "rounded": rounded}

    def opening(self) -> list[str]:
        """The lines that stand before those that were written."""
        passed_over = [f"    {' = '.join(self.kept)} = None"] if self.kept else []
        return [*passed_over, "    verdicts = []"]

    def expression(self, expression: Expression) -> str:
        return python_source(expression, self.read)

    def both(self, *conditions: str) -> str:
        return self._joined(" and ", [condition for condition in conditions if condition])

    @staticmethod
    def _joined(word: str, conditions: Sequence[str]) -> str:
        return f"({word.join(conditions)})" if len(conditions) > 1 else "".join(conditions)

    def any_of(self, conditions: Sequence[str]) -> str:
        return self._joined(" or ", conditions) or "False" if all(conditions) else ""

    def negated(self, condition: str) -> str:
        return f"(not {condition})"

    def either(self, condition: str, then: str, otherwise: str) -> str:
        return f"({then} if {condition} else {otherwise})"

    def there(self, condition: str, value: str) -> str:
        return self.either(condition, value, "-1") if condition else value

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        if condition:
            self.emit(f"if {condition}:")
        self.depth += bool(condition)
        yield
        self.depth -= bool(condition)

    @contextmanager
    def section(self, index: int, covered: str) -> Iterator[None]:
        if covered:
            self.let(f"s{index}", "0")
        with self.when(covered):
            yield

    def let(self, target: str, value: str) -> None:
        self.emit(f"{target} = {value}")

    def respread(self, function: str, over: Sequence[int], *arguments: str) -> None:
        nets = "".join(f"s{index}, " for index in over)
        self.emit(f"{nets}= {function}(({nets}), {', '.join(arguments)})")

    def meet(self, verdict: int) -> None:
        self.emit(f"verdicts.append({verdict})")

    def spoken(self, name: str, cells: Sequence[int], look: Look) -> None:
        self.emit(f"c = {look(f'V_{name}', cells)}")
        self.emit("if c < 0: verdicts.append(~c)")

    def settled(self, name: str, cells: Sequence[int], weight: int, look: Look) -> str:
        self.emit(f"c = {look(f'T_{name}', cells)}")
        self.emit(f"if c < 0: verdicts.append(~c); c = {weight}")
        return "c"

    def keep(self, slot: str, value: str) -> None:
        if self.traced:
            self.kept.append(slot)
            self.emit(f"{slot} = {value}")

    def answer(self, values: str) -> None:
        if self.traced:
            steps, contract = ("".join(f"{slot}, " for slot in self.kept if slot[0] == letter) for letter in "rk")
            self.emit(f"return (verdicts, {values}), ({steps}), ({contract})")
        else:
            self.emit(f"return verdicts, {values}")

    def operation(self, op: str, running: str, charged: str, days: str = "") -> str:
        if op not in QUICK_OPERATIONS or (op == "times" and charged.isdigit()):
            return super().operation(op, running, charged, days)
        if not (charged.isidentifier() or charged.isdigit()):
            self.hold("c", charged)
            charged = "c"
        return QUICK_OPERATIONS[op].format(p=running, c=charged)

    def pick(self, name: str, figures: Sequence[int], index: str) -> str:
        self.constants[name] = tuple(figures)
        return f"{name}[{index}]"

    def stretch(self, name: str, starts: Sequence[int], value: str) -> str:
        self.constants[f"F{name}"] = tuple(starts)
        return f"bisect_right(F{name}, {value})"

    def by_choice(self, name: str, axis: Axis, figures: Sequence[int]) -> str:
        self.constants[name] = {option: figures[position] for option, position in axis.positions.items()}
        if axis.sort == "prefix":
            return f"{name}.get({self.read(axis.key)}, {figures[-1]})"
        source = f"{name}[{self.read(axis.key)}]"
        if axis.key not in self.ready:
            return source
        self.ready[axis.key][f"r{name}"] = source
        return f"r{name}"

    def by_choices(self, name: str, keys: Sequence[str], figures: Mapping[tuple[str | bool, ...], int]) -> str:
        self.constants[name] = {choices if len(keys) > 1 else choices[0]: found for choices, found in figures.items()}
        return f"{name}[{', '.join(map(self.read, keys))}]"


def lowered(nets: Sequence[int], by: int) -> tuple[int, ...]:
    """Cents with `by` taken off them together, in their proportion; nothing is ever left under zero."""
    return spread_pro_rata(max(sum(nets) - by, 0), tuple(nets))


def raised(nets: Sequence[int], covered: Sequence[bool], least: int) -> tuple[int, ...]:
    """The covered sections' cents raised to `least` together; what isn't covered gets nothing."""
    parts = iter(spread_pro_rata(least, tuple(net for net, there in zip(nets, covered, strict=True) if there)))
    return tuple(next(parts) if there else 0 for there in covered)


def rounded(
    nets: Sequence[int], covered: Sequence[bool], gross_of: Callable[..., int], decided_by: Sequence[Any], multiple: int
) -> tuple[int, ...]:
    """The cents with the dearest covered section (the first of equals) raised by the least for which the gross premium
    is a multiple; as they were where there is none in reach.
    """
    dearest = max(range(len(nets)), key=lambda index: (covered[index], nets[index]))
    before, found = tuple(nets), list(nets)
    for _ in range(MOST_STEPS * multiple + 1):
        if gross_of(*found, *decided_by) % multiple == 0:
            return tuple(found)
        found[dearest] += 1
    return before
