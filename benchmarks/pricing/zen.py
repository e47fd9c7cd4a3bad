"""zen-engine (GoRules) with the measured tariff: as one compiled expression, and as a graph of decision tables.

Both in the way that was found fastest. It is spared what its user would do besides: a risk and its term lie ready in
one dict. It checks no input as strictly, so the checks by hand stand before it where inputs are to be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

import zen

from benchmarks.pricing import figures
from benchmarks.pricing.by_hand import Given, check
from benchmarks.pricing.risks import TIMED, risks
from benchmarks.work import Work

Context = dict[str, Any]
Evaluate = Callable[[Context], dict[str, Any]]
Rows = list[tuple[str, str, int]]  # an operator, an operand (none: whatever is left) and a factor

OWN_TABLES: Final = ("driver_age", "licence_years", "claims_3y", *figures.CHOICES, "vehicle_value")
GRAPH: Final = "tariff"


def expression(folder: Path) -> Work:
    """One expression, compiled; inputs checked by hand before it."""
    return _work(folder, _expression(), checked=True)


def expression_unchecked(folder: Path) -> Work:
    """One expression, compiled; no input is checked."""
    return _work(folder, _expression(), checked=False)


def tables(folder: Path) -> Work:
    """A graph of ten decision tables; inputs checked by hand before it."""
    return _work(folder, _graph(trace=False), checked=True)


def tables_traced(folder: Path) -> Work:
    """The graph with its trace, which says of each table which row was met."""
    return _work(folder, _graph(trace=True), checked=True)


def _work(folder: Path, evaluate: Evaluate, *, checked: bool) -> Work:
    sample = [(given, given | term) for given, term in islice(risks(folder), TIMED)]

    def once() -> None:
        for given, context in sample:
            _price(given, context)

    def once_unchecked() -> None:
        for _, context in sample:
            evaluate(context)

    def _price(given: Given, context: Context) -> dict[str, Any]:
        check(given)
        return evaluate(context)

    def answers() -> Iterator[object]:
        return (_plain(evaluate(given | term)) for given, term in risks(folder))

    return Work(f"zen-engine {version('zen-engine')}", len(sample), once if checked else once_unchecked, answers)


def _plain(told: dict[str, Any]) -> object:
    if told["outcome"] == "declined":
        return "declined", ["licence_too_recent"]
    own, carried, own_tax, carried_tax, gross = (
        -1 if told[name] is None else int(told[name]) for name in ("own", "carried", "own_tax", "carried_tax", "gross")
    )
    reasons = ["claims_history"] if told["outcome"] == "referred" else []
    return told["outcome"], reasons, (own, carried), (own_tax, carried_tax), gross


# --------------------------------------------------------------------------------- the tariff in zen's language


def _program(factors: dict[str, str]) -> str:
    """The tariff as statements, each table's factor being an expression. zen reckons in decimals: all is exact."""
    own = [f"p = floor((p * ({factors[name]}) + 5000) / 10000)" for name in OWN_TABLES]
    return "; ".join([
        "claims = claims_3y ?? 0; cover = excess ?? 'standard'; value = vehicle_value.amount; goods = goods_value.amount",
        f"p = floor(term_hours / 24) * {figures.DAY} + min([term_hours % 24 * {figures.HOUR}, {figures.DAY}])",
        *own,
        f"own = floor((max([p, {figures.LEAST}]) + 5000) / 10000)",
        f"g = floor((goods * 10000 * {figures.GOODS_RATE} * term_days + 500000) / 1000000)",
        f"g = floor((g * ({factors['goods_value']}) + 5000) / 10000)",
        "carried = goods > 0 ? floor((g + 5000) / 10000) : null",
        f"own_tax = floor((own * {figures.OWN_TAX} + 50) / 100)",
        f"carried_tax = goods > 0 ? floor((carried * {figures.GOODS_TAX} + 50) / 100) : null",
        ("{outcome: licence_years < 2 ? 'declined' : claims >= 3 ? 'referred' : 'quoted', own: own, carried: carried, "
        "own_tax: own_tax, carried_tax: carried_tax, gross: own + own_tax + (carried ?? 0) + (carried_tax ?? 0)}"),
    ])  # fmt: skip


def _rows(name: str) -> Rows:
    if name in figures.CHOICES:
        return [("==", f"'{choice}'", factor) for choice, factor in figures.CHOICES[name].items()]
    bands = {**figures.BANDS, "vehicle_value": figures.WORTH, "goods_value": figures.LOAD}[name]
    below = [("<", str(bound), factor) for (_, factor), (bound, _) in pairwise(bands)]
    return [*below, ("", "", bands[-1][1])]


def _expression() -> Evaluate:
    keys = {"claims_3y": "claims", "excess": "cover", "vehicle_value": "value", "goods_value": "goods"}
    factors = {}
    for name in (*OWN_TABLES, "goods_value"):
        *rows, (_, _, last) = _rows(name)
        tests = [f"{keys.get(name, name)} {operator} {operand} ? {factor} : " for operator, operand, factor in rows]
        factors[name] = "".join(tests) + str(last)
    evaluate: Evaluate = zen.compile_expression(_program(factors)).evaluate
    return evaluate


def _graph(*, trace: bool) -> Evaluate:
    names = (*OWN_TABLES, "goods_value")
    program = _program({name: f"f_{name}" for name in names})
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        *(_table(name) for name in names),
        {"id": "price", "type": "expressionNode", "name": "price",
         "content": {"expressions": [{"id": "price", "key": "price", "value": program}]}},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]  # fmt: skip
    links = [("in", "price"), ("price", "out"), *(("in", name) for name in names), *((name, "price") for name in names)]
    edges = [{"id": f"{a}-{b}", "type": "edge", "sourceId": a, "targetId": b} for a, b in links]
    # A loader keeps the graph compiled; `create_decision` would compile it anew for each risk.
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {GRAPH: {"nodes": nodes, "edges": edges}}}})
    options = {"trace": trace}

    def evaluate(context: Context) -> dict[str, Any]:
        price: dict[str, Any] = engine.evaluate(GRAPH, context, options)["result"]["price"]
        return price

    return evaluate


def _table(name: str) -> dict[str, Any]:
    key = name
    if name in figures.DEFAULTS:
        default = figures.DEFAULTS[name]
        key = f"{name} ?? {default if isinstance(default, int) else repr(default)}"
    elif name in figures.AMOUNTS:
        key = f"{name}.amount"
    rules = [
        {
            "_id": str(number),
            "key": operand if operator == "==" else f"{operator} {operand}".strip(),
            "factor": str(factor),
        }
        for number, (operator, operand, factor) in enumerate(_rows(name))
    ]
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": "key", "name": "key", "field": key}],
        "outputs": [{"id": "factor", "name": "factor", "field": f"f_{name}"}],
        "rules": rules,
    }
    return {"id": name, "type": "decisionTableNode", "name": name, "content": content}
