"""What an edition's first price freezes, what may still be said of it, and the offers that it made."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage.operations.house import House
from coverage.operations.publishing import Publisher
from coverage.storage.identity import new_code
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform, a_bind
from tests.conftest import ROOT
from tests.lending import Wall, an_exchange
from tests.operations.own_product import GROSS, GROSS_AT_TWICE, TWICE, OwnProduct, platform_on, priced, ready
from tests.rulebook.rule_files import FRANCE, RuleFolder

TARIFFS = ROOT / "tests" / "tariffs"
Said = Callable[[], list[str]]
Change = Callable[[OwnProduct], object]

ENDINGS = {
    "withdrawn": "withdrawn: a wrong factor\n",
    "stopped": "sale: stopped\n",
    "both": "sale: stopped\nwithdrawn: a wrong factor\n",
    "after an empty line": "\n\nwithdrawn: a wrong factor\n",
    "over several lines": "withdrawn: >\n  a wrong factor,\n\n  found in November\n",
    "in quotes, with a remark": 'withdrawn: "a wrong factor: 1.2"  # told to the insurer\n',
}


class TestFrozen:
    @pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
    def test_text_may_end_its_own_sale(
        self, product: OwnProduct, publisher: Publisher, shop: Platform, house: House, ending: str
    ) -> None:
        quote = shop.quote(**product.asked())
        product.append(ending)
        publisher.refresh()
        assert ready(shop)["broken"] == []
        the_problem(shop.post("/v1/quotes", product.asked()), 422, "not_on_sale")
        # A start anew sees it the same way.
        assert Publisher(house.database, product.folder).current().faults == ()
        # And what it priced is said again, to the cent and step by step.
        again = shop.get(f"/v1/quotes/{quote['id']}", params={"expand[]": "explanation"}).json()
        assert again["price"] == quote["price"]
        assert again["explanation"]
        assert again["state"] == "open"

    def test_text_may_say_so_in_any_place(self, product: OwnProduct, publisher: Publisher, shop: Platform) -> None:
        shop.quote(**product.asked())
        product.replace("currency: EUR\n", "\nwithdrawn: a wrong factor\n\ncurrency: EUR\n")
        publisher.refresh()
        assert publisher.current().faults == ()
        the_problem(shop.post("/v1/quotes", product.asked()), 422, "not_on_sale")

    def test_text_may_be_sold_again(self, product: OwnProduct, publisher: Publisher, shop: Platform) -> None:
        first = shop.quote(**product.asked())
        for says in ("stopped", "open"):
            product.append(f"sale: {says}\n") if says == "stopped" else product.replace("sale: stopped", "sale: open")
            publisher.refresh()
            assert publisher.current().faults == ()
        second = shop.quote(**product.asked())
        assert (second["edition"], second["price"]) == (first["edition"], first["price"])
        assert shop.get(f"/v1/quotes/{second['id']}", params={"expand[]": "explanation"}).json()["explanation"]
        assert shop.cover(second)["price"]["gross"]["amount"] == GROSS

    def test_text_that_was_open_from_the_first_may_leave_that_out(
        self, product: OwnProduct, house: House, house_with: Callable[..., House], owner: Database
    ) -> None:
        product.append("sale: open\n")
        publisher = Publisher(house.database, product.folder)
        with platform_on(owner, house_with(rules=publisher.current), product) as shop:
            assert priced(shop, product) == ("2026-01-01", GROSS)
            product.replace("sale: open\n", "")
            publisher.refresh()
            assert publisher.current().faults == ()
            assert priced(shop, product) == ("2026-01-01", GROSS)

    @pytest.mark.parametrize(
        "change",
        [
            lambda product: product.replace("currency: EUR", "currency:  EUR"),
            lambda product: product.append("# a remark\n"),
            lambda product: product.append("sale: open\n# a remark\n"),
            lambda product: product.replace("currency: EUR\n", "sale: open\n# a remark\ncurrency: EUR\n"),
            lambda product: product.replace("floats: 15m", "floats: 20m"),
        ],
        ids=["a space", "a remark", "a remark behind", "a remark between", "another offer"],
    )
    def test_text_may_say_nothing_else_anew(
        self, product: OwnProduct, publisher: Publisher, shop: Platform, change: Change
    ) -> None:
        assert priced(shop, product) == ("2026-01-01", GROSS)
        change(product)
        publisher.refresh()
        (broken,) = ready(shop)["broken"]
        assert "isn't the one that priced quotes under this name" in broken["faults"][0]
        assert priced(shop, product) == ("2026-01-01", GROSS), "the text that priced goes on"

    def test_text_may_change_before_it_prices(self, product: OwnProduct, publisher: Publisher, shop: Platform) -> None:
        product.append("# a remark\n")
        publisher.refresh()
        assert ready(shop)["broken"] == []
        assert priced(shop, product) == ("2026-01-01", GROSS)

    def test_what_is_withdrawn_stays_so_whatever_else_is_wrong_with_it(
        self, product: OwnProduct, publisher: Publisher, shop: Platform, said: Said
    ) -> None:
        """To go on selling what somebody has withdrawn would do more harm."""
        shop.quote(**product.asked())
        product.replace("0.1500% of goods_value", TWICE)  # no longer what it was, and no worked price agrees
        product.append("withdrawn: a wrong factor\n")
        publisher.refresh()
        (broken,) = ready(shop)["broken"]
        assert "isn't the one that priced" in broken["faults"][0]
        the_problem(shop.post("/v1/quotes", product.asked()), 422, "not_on_sale")
        assert f"{product.identity()} is withdrawn: a wrong factor" in said()

    def test_text_of_another_process_that_priced_first_counts(
        self, product: OwnProduct, house: House, house_with: Callable[..., House], owner: Database, shop: Platform
    ) -> None:
        product.append("# a remark\n")
        later = Publisher(house.database, product.folder)
        assert priced(shop, product) == ("2026-01-01", GROSS)  # by the text without the remark
        with platform_on(owner, house_with(rules=later.current), product) as other:
            the_problem(other.post("/v1/quotes", product.asked()), 503, "edition_frozen")
            later.refresh()
            assert later.current().editions == ()
            the_problem(other.post("/v1/quotes", product.asked()), 422, "unknown_product")
            assert other.get("/readyz").json()["rules"]["broken"]


@pytest.fixture
def exchange(tmp_path: Path) -> OwnProduct:
    """Homes exchanged, under a name of its own: a table is read from a file, and Germany taxes what lies there."""
    folder = Path(shutil.copytree(TARIFFS, tmp_path / "tariffs"))
    for other in ("object_lending", "temporary_motor"):
        shutil.rmtree(folder / "products" / other)
    product = OwnProduct(f"homes_{new_code(8).lower()}", RuleFolder(folder))
    (folder / "products" / "home_exchange").rename(folder / "products" / product.name)
    product.path().write_text(product.path().read_text().replace("home_exchange", product.name))
    assert product.rules.load().faults == ()
    return product


class TestTableInAFile:
    def test_is_frozen_with_the_text(
        self, exchange: OwnProduct, house: House, house_with: Callable[..., House], owner: Database
    ) -> None:
        publisher = Publisher(house.database, exchange.folder)
        asked = an_exchange() | {"product": exchange.name}
        zones = exchange.path().with_name("zones.csv")
        with platform_on(owner, house_with(rules=publisher.current, wall=Wall()), exchange) as shop:
            quote = shop.post("/v1/quotes", asked).json()
            text = zones.read_text()
            zones.write_text(text.replace("1.", "2.", 1))
            publisher.refresh()
            (fault,) = publisher.current().faults
            assert fault.message.startswith("this text with its tables' files (")
            assert shop.post("/v1/quotes", asked).json()["price"] == quote["price"]
            zones.write_text(text)
            exchange.append("withdrawn: the zones are out of date\n")
            publisher.refresh()
            assert publisher.current().faults == ()
            the_problem(shop.post("/v1/quotes", asked), 422, "not_on_sale")
            again = shop.get(f"/v1/quotes/{quote['id']}", params={"expand[]": "explanation"}).json()
            assert again["price"] == quote["price"]
            assert again["explanation"]


class TestTaxesAbroad:
    def test_with_a_fault_keep_off_sale_what_they_tax(self, exchange: OwnProduct, house: House) -> None:
        taxes = exchange.folder / "taxes" / "DE.yaml"
        taxes.write_text(taxes.read_text().replace("\npremium_tax:", "  no_such_class: {en: None}\npremium_tax:"))
        library = Publisher(house.database, exchange.folder).current()
        assert library.broken_files == (str(taxes),)
        assert [edition.product for edition in library.editions] == ["peer_car_sharing"]


class TestOffer:
    """A live quote is a firm offer: it binds at its price, whatever became of the edition that made it."""

    @pytest.mark.parametrize(
        "end",
        [
            lambda product: product.append("withdrawn: a wrong factor\n"),
            lambda product: product.append("sale: stopped\n"),
            lambda product: product.add("2026-06-01", "2026-06-01T00:00"),
            lambda product: product.append("# a remark\n"),
            lambda product: product.path().unlink(),
        ],
        ids=["withdrawn", "stopped", "superseded", "broken", "deleted"],
    )
    def test_binds_until_it_expires(
        self, product: OwnProduct, publisher: Publisher, shop: Platform, end: Change
    ) -> None:
        taken, left = (shop.quote(**product.asked(metadata={"n": n})) for n in "12")
        end(product)
        publisher.refresh()
        assert shop.cover(taken)["price"] == taken["price"]
        assert taken["price"]["gross"]["amount"] == GROSS
        shop.advance(left["expires_at"])
        the_problem(shop.post("/v1/covers", a_bind(left)), 409, "quote_expired")

    def test_ends_before_a_known_tax_change(self, product: OwnProduct, publisher: Publisher, shop: Platform) -> None:
        start = "2027-03-20T10:00:00+01:00"
        shop.advance("2027-03-01T12:00:00+01:00")
        whole = shop.quote(**product.asked(start=start, end="2027-03-20T14:00:00+01:00"))
        assert whole["expires_at"].startswith("2027-03-02T11:00:"), "24 hours, as the edition says"
        product.rules.replace(
            FRANCE, 'other: [{from: 2016-01-01, rate: "0.09"}]',
            'other: [{from: 2016-01-01, rate: "0.09"}, {from: 2027-03-02, rate: "0.10"}]',
        )  # fmt: skip
        publisher.refresh()
        cut = shop.quote(**product.asked(start=start, end="2027-03-20T14:00:00+01:00"))
        assert cut["price"]["gross"]["amount"] == GROSS
        assert cut["expires_at"] == "2027-03-01T23:00:00Z", "midnight in Paris"
        shop.advance(cut["expires_at"])
        the_problem(shop.post("/v1/covers", a_bind(cut)), 409, "quote_expired")
        assert shop.cover(whole)["price"]["gross"]["amount"] == GROSS, "it was promised before anybody knew"
        assert priced(shop, product, start=start, end="2027-03-20T14:00:00+01:00") == ("2026-01-01", 14_40 + 1_44)


BEFORE = {"start": "2027-02-28T10:00:00+01:00", "end": "2027-02-28T14:00:00+01:00"}
ACROSS = {"start": "2027-02-28T23:59:59+01:00", "end": "2027-03-01T14:00:00+01:00"}
FIRST_DAY = {"start": "2027-03-01T00:00:00+01:00", "end": "2027-03-01T04:00:00+01:00"}
AFTER = {"start": "2027-03-02T10:00:00+01:00", "end": "2027-03-02T14:00:00+01:00"}


class TestAppliesTo:
    """Two editions, the second from 1 March 2027 on, in Paris."""

    def test_quotes_counts_when_it_is_asked(self, product: OwnProduct, publisher: Publisher, shop: Platform) -> None:
        product.add("2027-03-01", "2027-03-01T00:00", "applies_to: quotes")
        publisher.refresh()
        shop.advance("2027-02-28T09:00:00+01:00")
        for term in (BEFORE, ACROSS, FIRST_DAY, AFTER):
            assert priced(shop, product, **term) == ("2026-01-01", GROSS), term
        shop.advance("2027-02-28T23:59:00+01:00")
        assert priced(shop, product, **AFTER) == ("2026-01-01", GROSS)
        shop.advance("2027-03-01T00:00:00+01:00")
        assert priced(shop, product, **AFTER) == ("2027-03-01", GROSS_AT_TWICE)

    def test_starts_counts_when_the_cover_begins(
        self, product: OwnProduct, publisher: Publisher, shop: Platform
    ) -> None:
        product.add("2027-03-01", "2027-03-01T00:00", "applies_to: starts")
        publisher.refresh()
        shop.advance("2027-02-28T09:00:00+01:00")
        assert priced(shop, product, **BEFORE) == ("2026-01-01", GROSS)
        assert priced(shop, product, **ACROSS) == ("2026-01-01", GROSS)
        assert priced(shop, product, **FIRST_DAY) == ("2027-03-01", GROSS_AT_TWICE)
        assert priced(shop, product, **AFTER) == ("2027-03-01", GROSS_AT_TWICE)
