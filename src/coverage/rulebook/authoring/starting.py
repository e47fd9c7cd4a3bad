"""A new product's first files, from the starter beside this module: an edition, its worked prices, its texts.

Nothing of them is a tariff. A country's taxes are never made up: without its tax file no product can begin there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib import resources
from string import Template
from textwrap import wrap
from typing import Final
from zoneinfo import ZoneInfo

from babel.numbers import get_territory_currencies

from coverage.domain.money import MINOR_DIGITS
from coverage.rulebook.format import TaxFile
from coverage.rulebook.language.notation import NAME, quoted

# Which class is a fair start, where a country has one of that name: whatever no special class has.
GENERAL_CLASSES: Final = ("other", "general", "standard")


class Unstartable(ValueError):
    """Why no product can begin so: what was found; what was expected."""


@dataclass(frozen=True, slots=True)
class Start:
    """A product that is about to begin: its files by name, and a first price to ask for."""

    folder: str  # under the rules' folder
    files: Mapping[str, str]
    tax_class: str
    starts: str
    ends: str
    given: tuple[str, ...]


def start(product: str, country: str, taxes: Mapping[str, TaxFile], on: date) -> Start:
    """The first files of `product` in `country`, whose edition takes effect on the day `on`; raises `Unstartable`."""
    if not re.fullmatch(NAME, product):
        found = quoted(product)
        raise Unstartable(f"{found} is no product's name; expected small letters, digits and _, such as bike_hire")
    if country not in taxes:
        there = f"there are {', '.join(sorted(taxes))}" if taxes else "there is none"
        raise Unstartable(
            f"there is no taxes/{country}.yaml that can be read; expected it first, with each rate and its source in "
            f"law ({there})"
        )
    currency, zone = _currency(country), timezone(country)
    tax_class = _tax_class(taxes[country], on)
    # In a week, at eight: far enough from the first day for every price to be asked for a day before.
    begins = datetime.combine(on + timedelta(days=7), time(8), ZoneInfo(zone))
    ends = {"afternoon": begins + timedelta(hours=4), "second_day": begins + timedelta(hours=36),
            "third_day": begins + timedelta(hours=60)}  # fmt: skip
    words = {
        "product": product, "title": product.replace("_", " ").capitalize(), "country": country, "day": on.isoformat(),
        "currency": currency, "timezone": zone, "tax_class": tax_class, "classes": _classes(taxes[country]),
        "start": _minute(begins), **{name: _minute(end) for name, end in ends.items()},
    }  # fmt: skip
    names = {
        f"{on.isoformat()}.yaml": "edition.yaml",
        f"{on.isoformat()}.examples.yaml": "examples.yaml",
        "texts.en.yaml": "texts.en.yaml",
        "texts.fr.yaml": "texts.fr.yaml",
    }
    starter = resources.files("coverage.rulebook.authoring") / "starter"
    files = {
        name: Template((starter / template).read_text(encoding="utf-8")).substitute(words)
        for name, template in names.items()
    }
    given = ("item_class=valuable", f"item_value=1000 {currency}", "theft=yes")
    return Start(f"products/{product}/{country}", files, tax_class, _minute(begins), _minute(ends["third_day"]), given)


def timezone(country: str) -> str:
    """A country's first time zone in the IANA database's list, which puts the most populous first; raises
    `Unstartable`.
    """
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line.startswith(f"{country}\t"):
            return line.split("\t")[2]
    raise Unstartable(f"{quoted(country)} has no time zone; expected a country's two capital letters, such as FR")


def _currency(country: str) -> str:
    """A country's currency, by CLDR."""
    found = get_territory_currencies(country)
    if not found or found[0] not in MINOR_DIGITS:
        told = found[0] if found else "no currency"
        raise Unstartable(
            f"{country} pays in {told}; expected a currency sold in, one of {', '.join(sorted(MINOR_DIGITS))}"
        )
    return str(found[0])


def _tax_class(taxes: TaxFile, on: date) -> str:
    """A class to begin with that has a rate on that day: the general one, or else the first."""
    rated = [name for name, rows in taxes.premium_tax.items() if any(row.from_ <= on for row in rows)]
    if not rated:
        raise Unstartable(
            f"taxes/{taxes.country}.yaml has no rate on {on.isoformat()}; expected one from that day on or before"
        )
    return next((name for name in GENERAL_CLASSES if name in rated), rated[0])


def _classes(taxes: TaxFile) -> str:
    """The classes that there are, as lines of a comment."""
    lines = wrap(f"{', '.join(taxes.premium_tax)}.", 100)
    return "\n".join(f"    # {line}" for line in lines)


def _minute(instant: datetime) -> str:
    return instant.isoformat(timespec="minutes")
