"""OpenFisca-Core with the measured tariff: a system of variables over columns, its figures as dated parameters.

Choices find their factor as OpenFisca's documentation teaches, by indexing a parameter node with the column; or by
`select`, which is longer to write and faster. A simulation's population stands ready: only inputs and formulas count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum, EnumArray
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from benchmarks.pricing import figures
from benchmarks.pricing.risks import columns
from benchmarks.work import Work

MONTH: Final = "2026-02"
SINCE: Final = "2026-01-01"
BANDS: Final = {**figures.BANDS, "vehicle_value": figures.WORTH, "goods_value": figures.LOAD}
OWN_TABLES: Final = ("driver_age", "licence_years", "claims_3y", *figures.CHOICES, "vehicle_value")
OUTCOMES: Final = ("quoted", "referred", "declined")
REASONS: Final = {"quoted": [], "referred": ["claims_history"], "declined": ["licence_too_recent"]}
TOLD: Final = ("outcome", "own_damage", "goods_carried", "own_damage_tax", "goods_carried_tax", "gross")

Risk = build_entity(key="risk", plural="risks", label="A risk", is_person=True)
Formula = Callable[..., Any]


def by_indexing(folder: Path) -> Work:
    """Parameters indexed with columns."""
    return _work(folder, _by_indexing)


def by_select(folder: Path) -> Work:
    """Factors of choices picked with `select`."""
    return _work(folder, _by_select)


def _work(folder: Path, of_choice: Callable[[str], Formula]) -> Work:
    system = _system(of_choice)
    given = _inputs(system, folder)
    count = len(next(iter(given.values())))
    ready = SimulationBuilder().build_default_simulation(system, count)

    def once() -> list[Any]:
        simulation = ready.clone()
        for name, column in given.items():
            simulation.set_input(name, MONTH, column)
        return [simulation.calculate(name, MONTH) for name in TOLD]

    return Work(f"OpenFisca-Core {version('openfisca-core')}", count, once, lambda: _answers(once(), given))


def _inputs(system: TaxBenefitSystem, folder: Path) -> dict[str, Any]:
    """The columns as OpenFisca holds them: money in cents, choices as its enumerations."""
    found = {}
    for name, column in columns(folder).items():
        variable = system.get_variable(name)
        if name in figures.CHOICES:
            found[name] = EnumArray(column.astype(np.int16), variable.possible_values)
        elif variable is not None:
            found[name] = column // 10_000 if name in figures.AMOUNTS else column
    return found


def _answers(told: list[Any], given: dict[str, Any]) -> Iterator[object]:
    rows = zip(*(column.tolist() for column in told), (given["goods_value"] > 0).tolist(), strict=True)
    for number, own, carried, own_tax, carried_tax, gross, covered in rows:
        outcome = OUTCOMES[number]
        if outcome == "declined":
            yield outcome, REASONS[outcome]
        else:
            goods = (carried, carried_tax) if covered else (-1, -1)
            yield outcome, REASONS[outcome], [own, goods[0]], [own_tax, goods[1]], gross


# --------------------------------------------------------------------------------------- the tariff as a system


def _system(of_choice: Callable[[str], Formula]) -> TaxBenefitSystem:
    system = TaxBenefitSystem([Risk])
    system.parameters = ParameterNode("", data=_parameters())
    for name, choices in figures.CHOICES.items():
        found = Enum(name, {choice: choice for choice in choices})
        _variable(system, name, None, Enum, possible_values=found, default_value=next(iter(found)))
        _variable(system, f"{name}_factor", of_choice(name))
    for name in BANDS:
        _variable(system, name)
        _variable(system, f"{name}_factor", _of_band(name))
    for name in ("term_hours", "term_days"):
        _variable(system, name)
    for name, formula in (
        ("own_damage", _own_damage), ("goods_carried", _goods_carried), ("own_damage_tax", _own_damage_tax),
        ("goods_carried_tax", _goods_carried_tax), ("gross", _gross), ("outcome", _outcome),
    ):  # fmt: skip
        _variable(system, name, formula)
    return system


def _variable(
    system: TaxBenefitSystem, name: str, formula: Formula | None = None, sort: type = int, **more: Any
) -> None:
    told = {"value_type": sort, "entity": Risk, "definition_period": DateUnit.MONTH, "label": name, **more}
    system.add_variable(type(name, (Variable,), {**told, **({"formula": formula} if formula else {})}))


def _parameters() -> dict[str, Any]:
    nodes: dict[str, Any] = {
        name: {choice: {"values": {SINCE: {"value": factor}}} for choice, factor in choices.items()}
        for name, choices in figures.CHOICES.items()
    }
    for name, rows in BANDS.items():
        brackets = [{"threshold": {SINCE: {"value": start}}, "amount": {SINCE: {"value": f}}} for start, f in rows]
        nodes[name] = {"brackets": brackets, "metadata": {"type": "single_amount"}}
    return nodes


def _by_indexing(name: str) -> Formula:
    def formula(risk: Any, period: Any, parameters: Any) -> Any:
        return getattr(parameters(period), name)[risk(name, period)]

    return formula


def _by_select(name: str) -> Formula:
    def formula(risk: Any, period: Any, parameters: Any) -> Any:
        chosen, factors = risk(name, period), getattr(parameters(period), name)
        options = list(chosen.possible_values)
        return np.select([chosen == option for option in options], [factors[option.name] for option in options])

    return formula


def _of_band(name: str) -> Formula:
    def formula(risk: Any, period: Any, parameters: Any) -> Any:
        return getattr(parameters(period), name).calc(risk(name, period))

    return formula


def _own_damage(risk: Any, period: Any) -> Any:
    hours = risk("term_hours", period).astype(np.int64)
    own = hours // 24 * figures.DAY + np.minimum(hours % 24 * figures.HOUR, figures.DAY)
    for name in OWN_TABLES:
        own = (own * risk(f"{name}_factor", period) + 5000) // 10_000
    return (np.maximum(own, figures.LEAST) + 5000) // 10_000


def _goods_carried(risk: Any, period: Any) -> Any:
    value = risk("goods_value", period).astype(np.int64) * 10_000
    goods = (value * figures.GOODS_RATE * risk("term_days", period) + 500_000) // 1_000_000
    goods = (goods * risk("goods_value_factor", period) + 5000) // 10_000
    return (goods + 5000) // 10_000


def _own_damage_tax(risk: Any, period: Any) -> Any:
    return (risk("own_damage", period) * figures.OWN_TAX + 50) // 100


def _goods_carried_tax(risk: Any, period: Any) -> Any:
    return (risk("goods_carried", period) * figures.GOODS_TAX + 50) // 100


def _gross(risk: Any, period: Any) -> Any:
    parts = ("own_damage", "goods_carried", "own_damage_tax", "goods_carried_tax")
    return sum(risk(name, period) for name in parts)


def _outcome(risk: Any, period: Any) -> Any:
    referred = np.where(risk("claims_3y", period) >= 3, 1, 0)
    return np.where(risk("licence_years", period) < 2, 2, referred)
