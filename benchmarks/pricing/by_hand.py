"""The measured tariff as a programmer writes it by hand for speed: whole numbers, look-ups ready, one function."""

from __future__ import annotations

import platform
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.pricing import figures
from benchmarks.pricing.risks import TIMED, risks
from benchmarks.work import Work

Given = Mapping[str, Any]
Price = tuple[Any, ...]  # outcome, reasons, own damage and goods (None: not covered), the tax of each, gross; in cents


def _dense(name: str) -> tuple[int, ...]:
    """A factor for each value of a range, the lowest first."""
    low, high = figures.RANGES[name]
    starts = [start for start, _ in figures.BANDS[name]]
    return tuple(figures.BANDS[name][bisect_right(starts, value) - 1][1] for value in range(low, high + 1))


AGE, LICENCE, HISTORY = _dense("driver_age"), _dense("licence_years"), _dense("claims_3y")
CLASS, ZONE, USE, KEPT, RELIEF = figures.CHOICES.values()
WORTH_FROM, WORTH = zip(*figures.WORTH, strict=True)
LOAD_FROM, LOAD = zip(*figures.LOAD, strict=True)
INPUTS: Final = {*figures.CHOICES, *figures.RANGES, *figures.AMOUNTS}


def price(given: Given, term: Mapping[str, int]) -> Price:
    """Prices a risk as JSON carries it; raises ValueError where it isn't as the tariff asks for it."""
    if not given.keys() <= INPUTS:
        raise ValueError("an unknown field")
    try:
        age, licence, claims = given["driver_age"], given["licence_years"], given.get("claims_3y", 0)
        if type(age) is not int or not 18 <= age <= 99:
            raise ValueError("driver_age")
        if type(licence) is not int or not 0 <= licence <= 60:
            raise ValueError("licence_years")
        if type(claims) is not int or not 0 <= claims <= 20:
            raise ValueError("claims_3y")
        value, goods = given["vehicle_value"], given["goods_value"]
        if len(value) != 2 or value["currency"] != "EUR" or len(goods) != 2 or goods["currency"] != "EUR":
            raise ValueError("money")
        worth, load = value["amount"], goods["amount"]
        if type(worth) is not int or not 500_00 <= worth <= 60_000_00:
            raise ValueError("vehicle_value")
        if type(load) is not int or not 0 <= load <= 10_000_00:
            raise ValueError("goods_value")
        kind, zone = CLASS[given["vehicle_class"]], ZONE[given["region"]]
        use, kept = USE[given["purpose"]], KEPT[given["parking"]]
        relief = RELIEF[given.get("excess", "standard")]
    except (KeyError, TypeError) as fault:
        raise ValueError("a field is missing or of another type") from fault

    if licence < 2:
        return "declined", ("licence_too_recent",)

    hours = term["term_hours"]
    rest = hours % 24 * 600_000
    if rest > 6_000_000:
        rest = 6_000_000
    own = hours // 24 * 6_000_000 + rest
    own = (own * AGE[age - 18] + 5000) // 10_000
    own = (own * LICENCE[licence] + 5000) // 10_000
    own = (own * HISTORY[claims] + 5000) // 10_000
    own = (own * kind + 5000) // 10_000
    own = (own * zone + 5000) // 10_000
    own = (own * use + 5000) // 10_000
    own = (own * kept + 5000) // 10_000
    own = (own * relief + 5000) // 10_000
    own = (own * WORTH[bisect_right(WORTH_FROM, worth) - 1] + 5000) // 10_000
    if own < 1_500_000:
        own = 1_500_000
    own = (own + 5000) // 10_000
    own_tax = (own * 18 + 50) // 100

    carried = carried_tax = None
    gross = own + own_tax
    if load:
        carried = (load * 10_000 * 1500 * term["term_days"] + 500_000) // 1_000_000
        carried = (carried * LOAD[bisect_right(LOAD_FROM, load) - 1] + 5000) // 10_000
        carried = (carried + 5000) // 10_000
        carried_tax = (carried * 9 + 50) // 100
        gross += carried + carried_tax

    if claims >= 3:
        return "referred", ("claims_history",), (own, carried), (own_tax, carried_tax), gross
    return "quoted", (), (own, carried), (own_tax, carried_tax), gross


def check(given: Given) -> None:
    """The input checks alone, as they stand before an engine that has none; raises ValueError."""
    if not given.keys() <= INPUTS:
        raise ValueError("an unknown field")
    try:
        for name, (low, high) in figures.RANGES.items():
            number = given.get(name, 0) if name == "claims_3y" else given[name]
            if type(number) is not int or not low <= number <= high:
                raise ValueError(name)
        for name, (low, high) in figures.AMOUNTS.items():
            money = given[name]
            amount = money["amount"]
            if len(money) != 2 or money["currency"] != "EUR" or type(amount) is not int or not low <= amount <= high:
                raise ValueError(name)
        for name, choices in figures.CHOICES.items():
            if (given.get(name, "standard") if name == "excess" else given[name]) not in choices:
                raise ValueError(name)
    except (KeyError, TypeError) as fault:
        raise ValueError("a field is missing or of another type") from fault


def work(folder: Path) -> Work:
    """Prices the risks of a folder, one after the other."""
    sample = list(islice(risks(folder), TIMED))

    def once() -> None:
        for given, term in sample:
            price(given, term)

    def answers() -> Iterator[object]:
        for given, term in risks(folder):
            outcome, reasons, *amounts = price(given, term)
            told = [[-1 if cents is None else cents for cents in pair] for pair in amounts[:2]]
            yield outcome, reasons, *told, *amounts[2:]

    return Work(f"Python {platform.python_version()}", len(sample), once, answers)
