"""A product that a test has for itself: what prices a quote is frozen under its name for all that share the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from fastapi.testclient import TestClient

from coverage.operations.house import House
from coverage.storage.identity import new_code
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.builders import Platform, a_goods_risk, a_quote, enrol_named
from tests.rulebook.rule_files import FRANCE, GOODS, RuleFolder, copied

FIRST = "2026-01-01"
# The risk of `ask`, by hand: 8,000 × 0.15 % = 12.00 × 1.20 (from 6,000) = 14.40; tax 9 % = 1.296 -> 1.30.
GROSS = 15_70
# At 0.30 %: 28.80; tax 2.592 -> 2.59.
TWICE, GROSS_AT_TWICE = "0.3000% of goods_value", 31_39
PUBLISHED = "published: 2025-12-01T00:00"  # before all that follows, by more than offers bind
WORKED = """
- name: goods of €8,000 for four hours
  start: 2026-02-07T08:00+01:00
  end:   2026-02-07T12:00+01:00
  given: {carried_by: neighbour, transport: car, category: household, distance_km: 40, goods_value: 8000 EUR}
  expect: {goods_carried: 28.80 EUR}
"""


@dataclass(frozen=True)
class OwnProduct:
    """`goods_carried` under a name of its own, alone in a folder of rules."""

    name: str
    rules: RuleFolder

    @property
    def folder(self) -> Path:
        return self.rules.path

    @property
    def taxes(self) -> Path:
        return self.folder / FRANCE

    def identity(self, edition: str = FIRST) -> str:
        return f"{self.name}/FR/{edition}"

    def file(self, edition: str = FIRST) -> str:
        return f"products/{self.name}/FR/{edition}.yaml"

    def path(self, edition: str = FIRST) -> Path:
        return self.folder / self.file(edition)

    def examples(self, edition: str = FIRST) -> Path:
        return self.path(f"{edition}.examples")

    def replace(self, old: str, new: str, edition: str = FIRST) -> None:
        self.rules.replace(self.file(edition), old, new)

    def append(self, words: str, edition: str = FIRST) -> None:
        path = self.path(edition)
        path.write_text(path.read_text() + words)

    def dearer(self, effective: str, more: str = "") -> str:
        """The text of an edition at twice the price."""
        text = self.path().read_text().replace("0.1500% of goods_value", TWICE)
        return text.replace(f"effective: {FIRST}T00:00", f"effective: {effective}\n{PUBLISHED}\n{more}".rstrip())

    def add(self, edition: str, effective: str, more: str = "", worked: str = WORKED) -> None:
        """Puts a dearer edition beside the first, written aside and then renamed."""
        for path, text in ((self.examples(edition), worked), (self.path(edition), self.dearer(effective, more))):
            aside = path.with_name(f".{path.name}")
            aside.write_text(text)
            aside.rename(path)

    def asked(self, **changes: Any) -> dict[str, Any]:
        """The body that asks for a price of `GROSS` by the first edition."""
        return a_quote(product=self.name, risk=a_goods_risk(), **changes)


def own_product(folder: Path) -> OwnProduct:
    """A product with the first edition of `goods_carried`, copied under `folder`."""
    rules = copied(folder, "goods_carried")
    name = f"goods_{new_code(8).lower()}"
    rules.replace(GOODS, "product: goods_carried", f"product: {name}")
    rules.replace(GOODS, "across: [off_duty_vehicle, goods_carried]", f"across: [{name}]")
    (rules.path / "products" / "goods_carried").rename(rules.path / "products" / name)
    product = OwnProduct(name, rules)
    assert product.path().exists()
    assert rules.load().faults == ()
    return product


def sells(owner: Database, house: House, product: OwnProduct, client: httpx2.Client) -> Platform:
    """A partner who sells the product."""
    made = enrol_named(owner, house, products=(product.name,))
    return Platform(made.tenant, made.key, client)


@contextmanager
def platform_on(owner: Database, house: House, product: OwnProduct) -> Iterator[Platform]:
    """A partner who sells the product, on a service of the house."""
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        yield sells(owner, house, product, client)


def ready(shop: Platform) -> dict[str, Any]:
    """What `/readyz` says of the rules of a service that is ready."""
    answer = shop.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready"), answer.text
    rules: dict[str, Any] = answer.json()["rules"]
    return rules


def priced(shop: Platform, product: OwnProduct, **changes: Any) -> tuple[str, int]:
    """A new quote's edition, of which the product and the country go without saying, and its gross in cents."""
    quote = shop.quote(**product.asked(**changes))
    return quote["edition"].rpartition("/")[2], quote["price"]["gross"]["amount"]
