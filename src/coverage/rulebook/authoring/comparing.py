"""Two editions compared by what they mean: by table, band and choice, by rule, section and step, never by line.

A comment, a blank, `1.60` for `1.6000` or `1d` for `24h` is no change. A row that was split or merged is told for each
stretch of values that comes of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from coverage.rulebook.authoring.tablechanges import Cut, cell_text, table_changes
from coverage.rulebook.format import ContractStep, Edition, Fee, RefundTier, Rule, Step
from coverage.rulebook.language.notation import Amount, Factor, Flat, Named, PerTerm, RateOf, ShareOf
from coverage.rulebook.language.reading import Document, Finding, Loc, Node, Place, Unreadable, read_file
from coverage.rulebook.language.shape import typed
from coverage.rulebook.planning.building import build
from coverage.rulebook.planning.plan import Plan

ORDERED: Final = ("inputs", "sections", "dates")  # mappings in which the order means something


@dataclass(frozen=True, slots=True)
class Compared:
    """An edition that can be compared: it may lack worked prices, taxes and texts, and needn't be for sale."""

    document: Document
    rules: Edition
    plan: Plan

    @property
    def identity(self) -> str:
        """How it is called: `off_duty_vehicle/FR/2026-01-01`."""
        return f"{self.rules.product}/{self.rules.country}/{Path(self.document.file).stem}"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where, what stood there and what stands there now. `percent` where both are figures.

    `kind`: changed, added, removed, moved (its order), or same: a stretch of a row that was cut anew, at the old figure.
    """

    path: tuple[str, ...]
    kind: str
    old: str | None
    new: str | None
    percent: Decimal | None = None
    old_at: Place | None = None
    new_at: Place | None = None


def read_compared(path: Path, shown_as: str) -> Compared:
    """The edition in the file `path` with its tables' files; raises `Unreadable` where it can't run, `OSError`."""
    document = read_file(path, shown_as)
    rules = typed(document, Edition)
    files: dict[str, str] = {}
    for table in rules.tables.values():
        beside = path.with_name(table.file) if table.file else None
        if beside is not None and beside.is_file():
            files[beside.name] = beside.read_text(encoding="utf-8-sig", errors="replace")
    findings: list[Finding] = []
    plan = build(document, rules, findings.append, files)
    if findings:
        raise Unreadable(findings)
    return Compared(document, rules, plan)


def changes(old: Compared, new: Compared) -> list[Change]:
    """Every difference, in the order of the edition's keys."""
    return list(_Comparison(old, new).all())


def percent_change(old: int, new: int) -> Decimal | None:
    """How much more `new` is than `old`, in percent with two places; None where `old` is nothing."""
    if old == 0:
        return None
    return (Decimal(new - old) * 100 / Decimal(old)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class _Spot:
    """Something that is compared: how it is called, and where it stands in each of the two."""

    path: tuple[str, ...] = ()
    old: Loc = ()
    new: Loc = ()

    def at(self, label: str, old: str | int | None = None, new: str | int | None = None) -> _Spot:
        old_step, new_step = (label if step is None else step for step in (old, new))
        return _Spot((*self.path, label), (*self.old, old_step), (*self.new, new_step))

    def called(self, label: str) -> _Spot:
        return replace(self, path=(*self.path[:-1], label))


class _Comparison:
    def __init__(self, old: Compared, new: Compared) -> None:
        self.old, self.new = old, new

    def all(self) -> Iterator[Change]:
        yield from self._parts(_Spot(), self.old.rules, self.new.rules)

    # ----------------------------------------------------------------------------------- by what stands there

    def _values(self, spot: _Spot, old: object, new: object) -> Iterator[Change]:
        if isinstance(old, Step) and isinstance(new, Step):
            yield from self._step(spot, old, new, old.quantity, new.quantity)
        elif isinstance(old, ContractStep) and isinstance(new, ContractStep):
            yield from self._step(spot, old, new, getattr(old, old.op), getattr(new, new.op))
            yield from self._values(spot.at("over"), old.over, new.over)
        elif isinstance(old, BaseModel) and type(old) is type(new):
            yield from self._parts(spot, old, new)
        elif isinstance(old, dict) and isinstance(new, dict):
            yield from self._mappings(spot, old, new)
        elif isinstance(old, list) and isinstance(new, list):
            yield from self._lists(spot, old, new)
        elif not _same(old, new):
            yield self._change(spot, old, new)

    def _parts(self, spot: _Spot, old: BaseModel, new: Any) -> Iterator[Change]:
        for name, field in type(old).model_fields.items():
            key = field.alias or name
            if spot.path == () and key == "tables":
                yield from self._tables(spot.at("tables"))
            else:
                yield from self._values(spot.at(key), getattr(old, name), getattr(new, name))
        yield from self._mappings(spot, old.model_extra or {}, new.model_extra or {})

    def _mappings(self, spot: _Spot, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
        for key, value in old.items():
            yield from self._values(spot.at(key), value, new[key]) if key in new else self._gone(spot.at(key), value)
        for key, value in new.items():
            if key not in old:
                yield from self._come(spot.at(key), value)
        kept = ([key for key in one if key in other] for one, other in ((old, new), (new, old)))
        before, after = (", ".join(keys) for keys in kept)
        if spot.path[-1:] and spot.path[-1] in ORDERED and before != after:
            yield Change(spot.path, "moved", before, after)

    def _lists(self, spot: _Spot, old: list[Any], new: list[Any]) -> Iterator[Change]:
        if all(isinstance(item, str) for item in (*old, *new)):
            for index, item in enumerate(old):
                if item not in new:
                    yield from self._gone(spot.at(item, old=index), item)
            for index, item in enumerate(new):
                if item not in old:
                    yield from self._come(spot.at(item, new=index), item)
        elif all(isinstance(item, BaseModel) for item in (*old, *new)):
            yield from self._aligned(spot, old, new)
        elif old != new:
            yield self._change(spot, old, new)

    def _aligned(self, spot: _Spot, old: list[BaseModel], new: list[BaseModel]) -> Iterator[Change]:
        pairs = _pairs(old, new)
        met_old, met_new = {i for i, _ in pairs}, {j for _, j in pairs}
        behind = -1
        for index, item in enumerate(old):
            if index not in met_old:
                yield from self._gone(spot.at(_label(item), old=index), item)
        for i, j in pairs:
            here = spot.at(_label(new[j]), i, j)
            if j < behind:
                yield Change(here.path, "moved", self._text(self.old, here.old), self._text(self.new, here.new),
                             None, self.old.document.place(here.old), self.new.document.place(here.new))  # fmt: skip
            behind = max(behind, j)
            yield from self._values(here, old[i], new[j])
        for index, item in enumerate(new):
            if index not in met_new:
                yield from self._come(spot.at(_label(item), new=index), item)

    def _step(self, spot: _Spot, old: Any, new: Any, old_charge: object, new_charge: object) -> Iterator[Change]:
        inside = replace(spot, old=(*spot.old, old.op), new=(*spot.new, new.op))
        yield from self._values(inside, old_charge, new_charge)
        yield from self._values(spot.at("when"), old.when, new.when)

    # ------------------------------------------------------------------------------------------- differences

    def _change(self, spot: _Spot, old: object, new: object) -> Change:
        kind = "added" if old is None else "removed" if new is None else "changed"
        return Change(
            spot.path, kind, self._told(self.old, spot.old, old), self._told(self.new, spot.new, new),
            _percent(old, new), self._place(self.old, spot.old), self._place(self.new, spot.new),
        )  # fmt: skip

    def _gone(self, spot: _Spot, value: object) -> Iterator[Change]:
        for path, loc in self._unfolded(spot.path, spot.old, value):
            yield Change(path, "removed", self._told(self.old, loc, value), None, None, self._place(self.old, loc))

    def _come(self, spot: _Spot, value: object) -> Iterator[Change]:
        for path, loc in self._unfolded(spot.path, spot.new, value):
            place = self._place(self.new, loc)
            yield Change(path, "added", None, self._told(self.new, loc, value), None, None, place)

    @staticmethod
    def _unfolded(path: tuple[str, ...], loc: Loc, value: object) -> Iterator[tuple[tuple[str, ...], Loc]]:
        """A whole section is told key by key; anything else fits on a line."""
        if len(path) == 2 and path[0] == "sections" and isinstance(value, BaseModel):
            for name, field in type(value).model_fields.items():
                if name in value.model_fields_set:
                    yield (*path, field.alias or name), (*loc, field.alias or name)
        else:
            yield path, loc

    def _told(self, side: Compared, loc: Loc, value: object) -> str | None:
        """What stands there as it was written; what holds where nothing is written."""
        if value is None:
            return None
        default = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        return self._text(side, loc) or default

    @staticmethod
    def _text(side: Compared, loc: Loc) -> str | None:
        node = side.document.node(loc)
        return flow(node) if node is not None else None

    @staticmethod
    def _place(side: Compared, loc: Loc) -> Place | None:
        return side.document.place(loc) if side.document.node(loc) is not None else None

    # ------------------------------------------------------------------------------------------------ tables

    def _tables(self, spot: _Spot) -> Iterator[Change]:
        old, new = self.old.plan, self.new.plan
        for name, table in old.tables.items():
            here = spot.at(name)
            if name not in new.tables:
                yield from self._gone(here, table)
            elif (table.keys, table.sort, table.marginal) != (
                new.tables[name].keys, new.tables[name].sort, new.tables[name].marginal,
            ):  # fmt: skip
                # Another question was asked: no row of the one is a row of the other.
                yield self._change(here, table, new.tables[name])
            else:
                kinds = [(old.kinds[key], new.kinds[key]) for key in table.keys]
                for cut in table_changes(table, new.tables[name], kinds):
                    yield _of_cut(here.path, cut)
        for name, table in new.tables.items():
            if name not in old.tables:
                yield from self._come(spot.at(name), table)


def _of_cut(path: tuple[str, ...], cut: Cut) -> Change:
    old, new = cut.old, cut.new
    kind = "added" if old is None else "removed" if new is None else "same" if old.cell == new.cell else "changed"
    return Change(
        (*path, cut.label), kind, cell_text(old.cell) if old else None, cell_text(new.cell) if new else None,
        _percent(old.cell, new.cell) if old and new and kind == "changed" else None,
        old.place if old else None, new.place if new else None,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------- what is the same


def _same(old: object, new: object) -> bool:
    if isinstance(old, str) and isinstance(new, str):
        # Conditions may be spaced otherwise; no name or code holds a blank.
        return re.sub(r"\s+", "", old) == re.sub(r"\s+", "", new)
    return old == new


def _pairs(old: Sequence[BaseModel], new: Sequence[BaseModel]) -> list[tuple[int, int]]:
    """Which entry of a list became which: first the ones that stayed as they are, then by their name, then by what
    they do.
    """
    pairs: list[tuple[int, int]] = []
    identities: tuple[Callable[[BaseModel], object], ...] = (repr, _label, _operation)
    for identity in identities:
        left = [i for i in range(len(old)) if i not in {i for i, _ in pairs}]
        right = [j for j in range(len(new)) if j not in {j for _, j in pairs}]
        first, second = [identity(old[i]) for i in left], [identity(new[j]) for j in right]
        for block in SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks():
            pairs += [(left[block.a + n], right[block.b + n]) for n in range(block.size)]
        if identity is _label:  # those that changed places
            pairs += _crossed(old, new, pairs)
    return sorted(pairs)


def _crossed(
    old: Sequence[BaseModel], new: Sequence[BaseModel], pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    met_old, met_new = {i for i, _ in pairs}, {j for _, j in pairs}
    for i in range(len(old)):
        for j in range(len(new)):
            if i not in met_old and j not in met_new and _label(old[i]) == _label(new[j]):
                met_old.add(i)
                met_new.add(j)
                yield i, j


def _label(item: BaseModel) -> str:
    """What an entry of a list is called."""
    match item:
        case Step():
            return f"{item.op} {item.quantity.name}" if isinstance(item.quantity, Named) else item.op
        case Rule():
            return item.code
        case ContractStep():
            return item.op
        case Fee():
            return item.name
        case RefundTier():
            return "after start" if item.after else "before start"
    return str(getattr(item, "section", type(item).__name__.lower()))


def _operation(item: BaseModel) -> object:
    return item.op if isinstance(item, Step | ContractStep) else id(item)


def _percent(old: object, new: object) -> Decimal | None:
    before, after = _figure(old), _figure(new)
    return percent_change(before[0], after[0]) if before and after and before[1] == after[1] else None


def _figure(value: object) -> tuple[int, object] | None:
    """The one figure of a value, and all the rest of it: two with the same rest differ in the figure alone."""
    match value:
        case Amount(micros, currency):
            return micros, ("amount", currency)
        case Flat(amount):
            return amount.micros, ("flat", amount.currency)
        case Factor(factor):
            return factor, "factor"
        case PerTerm(amount, unit, cap):
            return amount.micros, ("per", amount.currency, unit, cap)
        case RateOf(rate, name, per_day):
            return rate, ("rate", name, per_day)
        case ShareOf(rate, sections):
            return rate, ("share", sections)
    return (value, "cell") if isinstance(value, int) and not isinstance(value, bool) else None


def flow(node: Node) -> str:
    """A part of a rule file on one line, as it was written."""
    if node.entries is not None:
        return f"{{{', '.join(f'{key}: {flow(found)}' for key, (_, found) in node.entries.items())}}}"
    if node.items is not None:
        return f"[{', '.join(map(flow, node.items))}]"
    return node.text or ""


def counted(found: Sequence[Change]) -> dict[str, int]:
    """How many differences there are of each kind: raised, lowered, changed (no figure), added, removed, moved."""
    kinds = Counter(
        "raised" if one.percent and one.percent > 0 else "lowered" if one.percent and one.percent < 0 else one.kind
        for one in found
    )
    return {kind: kinds[kind] for kind in ("raised", "lowered", "changed", "added", "removed", "moved") if kinds[kind]}
