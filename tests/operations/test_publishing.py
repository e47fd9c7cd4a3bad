"""Rule files going on sale: the good ones do, the broken ones are named, and what priced a quote never changes."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage.domain.faults import Unavailable
from coverage.operations import publishing
from coverage.operations.house import House
from coverage.operations.publishing import Publisher
from coverage.rulebook.editions import Library, load
from coverage.storage import quotes
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform
from tests.operations.own_product import (
    GROSS,
    GROSS_AT_TWICE,
    PUBLISHED,
    TWICE,
    WORKED,
    OwnProduct,
    own_product,
    platform_on,
    priced,
    ready,
)
from tests.rulebook.rule_files import FRANCE, VEHICLE, copied

Said = Callable[[], list[str]]


class TestFirstReading:
    def test_names_a_broken_file_while_the_good_ones_sell(
        self, tmp_path: Path, house: House, house_with: Callable[..., House], owner: Database
    ) -> None:
        product = own_product(tmp_path / "sold")
        broken = copied(tmp_path / "broken", "off_duty_vehicle")
        broken.replace(VEHICLE, "currency: EUR", "currency: EURO")
        shutil.copytree(broken.path / "products", product.folder / "products", dirs_exist_ok=True)
        publisher = Publisher(house.database, product.folder)
        with platform_on(owner, house_with(rules=publisher.current), product) as shop:
            rules = ready(shop)
            assert rules["editions"] == [product.identity()]
            (named,) = rules["broken"]
            assert named["file"].endswith(VEHICLE)
            assert any("EURO" in fault for fault in named["faults"])
            assert priced(shop, product) == ("2026-01-01", GROSS)
            the_problem(shop.post("/v1/quotes", product.asked() | {"product": "off_duty_vehicle"}), 422)
            the_problem(shop.get("/v1/products/off_duty_vehicle"), 404, "unknown_product")

    def test_is_not_ready_with_nothing_to_sell(
        self, tmp_path: Path, house: House, house_with: Callable[..., House], owner: Database, product: OwnProduct
    ) -> None:
        publisher = Publisher(house.database, tmp_path / "nowhere")
        with platform_on(owner, house_with(rules=publisher.current), product) as shop:
            answer = shop.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["status"] == "not ready"
        assert answer.json()["database"] == "up"
        (broken,) = answer.json()["rules"]["broken"]
        assert broken["file"] == str(tmp_path / "nowhere")

    def test_sells_nothing_whose_worked_price_fails(self, product: OwnProduct, house: House) -> None:
        product.replace("0.1500% of goods_value", TWICE)
        library = Publisher(house.database, product.folder).current()
        assert library.editions == ()
        assert {fault.code for fault in library.faults} == {"worked_price"}

    def test_refuses_a_text_that_changed_since_it_priced(
        self, product: OwnProduct, house: House, house_with: Callable[..., House], owner: Database, shop: Platform
    ) -> None:
        quote = shop.quote(**product.asked())
        product.append("\n# One more remark.\n")
        started_anew = Publisher(house.database, product.folder)
        assert started_anew.current().editions == ()
        (fault,) = started_anew.current().faults
        assert fault.place.file.endswith(product.file())
        hashes = {word.strip("();") for word in fault.message.split() if len(word.strip("();")) == 12}
        assert len(hashes) == 2, "it names both texts"
        # What was priced is still told, and binds, by the text that priced it.
        with platform_on(owner, house_with(rules=started_anew.current), product) as other:
            there = Platform(shop.tenant, shop.key, other.client)
            explained = there.get(f"/v1/quotes/{quote['id']}", params={"expand[]": "explanation"}).json()
            assert explained["explanation"]
            assert explained["price"] == quote["price"]
            assert there.cover(quote)["price"]["gross"] == quote["price"]["gross"]

    def test_names_a_folder_that_may_not_be_read(
        self, product: OwnProduct, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def forbidden(folder: Path) -> Library:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(publishing, "load", forbidden)
        (fault,) = Publisher(house.database, product.folder).current().faults
        assert str(fault) == (
            f"{product.folder}:1:1: the rules can't be read (Permission denied); expected a folder that may be"
        )

    def test_waits_for_no_database(self, product: OwnProduct, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(quotes, "edition_named", _no_database)
        with pytest.raises(Unavailable):
            Publisher(house.database, product.folder)


def _no_database(*_: object) -> None:
    raise Unavailable("database_unavailable", "the database doesn't answer now; try again shortly")


Breaking = Callable[[OwnProduct], object]


def _half(path: Path) -> None:
    text = path.read_text()
    path.write_text(text[: len(text) // 2])


def _lead_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


BREAKINGS: dict[str, tuple[Breaking, str]] = {
    "an edition cut in half": (lambda product: _half(product.path()), "products/NAME/FR/2026-01-01.yaml"),
    "an edition emptied": (lambda product: product.path().write_text(""), "products/NAME/FR/2026-01-01.yaml"),
    "an unknown key": (
        lambda product: product.replace("currency:", "curency:"), "products/NAME/FR/2026-01-01.yaml",
    ),
    "worked prices cut in half": (
        lambda product: product.examples().write_text("- name: x\n  start: 2"), "products/NAME/FR/2026-01-01.examples.yaml",
    ),
    "worked prices gone": (lambda product: product.examples().unlink(), "products/NAME/FR/2026-01-01.yaml"),
    "texts that aren't": (
        lambda product: (product.path().parent / "texts.en.yaml").write_text("{"), "products/NAME/FR/texts.en.yaml",
    ),
    "taxes cut short": (lambda product: product.taxes.write_text("country: FR"), FRANCE),
    "taxes gone": (lambda product: product.taxes.unlink(), "products/NAME/FR/2026-01-01.yaml"),
    "a levy on what isn't taxed": (
        lambda product: product.rules.replace(FRANCE, "on: motor_compulsory", "on: motor"), FRANCE,
    ),
    "a link that leads nowhere": (
        lambda product: _lead_nowhere(product.path()), "products/NAME/FR/2026-01-01.yaml",
    ),
}  # fmt: skip


class TestBroken:
    @pytest.mark.parametrize(("breaking", "file"), BREAKINGS.values(), ids=BREAKINGS)
    def test_leaves_the_old_on_sale_until_it_is_mended(
        self, product: OwnProduct, publisher: Publisher, shop: Platform, tmp_path: Path, said: Said,
        breaking: Breaking, file: str,
    ) -> None:  # fmt: skip
        good = Path(shutil.copytree(product.folder, tmp_path / "good"))
        breaking(product)
        publisher.refresh()
        assert priced(shop, product) == ("2026-01-01", GROSS)
        rules = ready(shop)
        assert rules["editions"] == [product.identity()]
        named = {broken["file"]: broken["faults"] for broken in rules["broken"]}
        path = str(product.folder / file.replace("NAME", product.name))
        assert path in named
        log = said()
        for faults in named.values():
            assert set(faults) <= set(log), "each fault has its line"
        assert all(len(line.splitlines()) == 1 for line in log)
        assert f"{product.identity()} stays as it was until that is mended" in log
        publisher.refresh()
        assert said() == [], "what was said isn't said again"

        product.path().unlink(missing_ok=True)  # a link would be written through
        shutil.copytree(good, product.folder, dirs_exist_ok=True)
        publisher.refresh()
        assert ready(shop)["broken"] == []
        assert f"{path}: mended" in said()
        assert priced(shop, product) == ("2026-01-01", GROSS)

    def test_is_told_with_line_and_column(
        self, product: OwnProduct, publisher: Publisher, shop: Platform, said: Said
    ) -> None:
        before = product.path().read_text().partition("currency: EUR")[0]
        product.replace("currency: EUR", "currency: EURO")
        publisher.refresh()
        (broken,) = ready(shop)["broken"]
        place = f"{product.path()}:{before.count(chr(10)) + 1}:{len('currency: ') + 1}: "
        assert [fault for fault in broken["faults"] if fault.startswith(place)]
        assert [line for line in said() if line.startswith(place)]

    def test_takes_nothing_but_itself_off_sale(self, product: OwnProduct, publisher: Publisher, shop: Platform) -> None:
        product.add("2026-06-01", "2026-06-01T00:00")
        product.replace("currency: EUR", "currency: EURO", "2026-06-01")
        publisher.refresh()
        assert priced(shop, product) == ("2026-01-01", GROSS)
        product.replace("currency: EURO", "currency: EUR", "2026-06-01")
        publisher.refresh()
        assert priced(shop, product) == ("2026-06-01", GROSS_AT_TWICE)

    def test_worked_price_keeps_an_edition_off_sale(
        self, product: OwnProduct, publisher: Publisher, shop: Platform, said: Said
    ) -> None:
        product.add("2026-06-01", "2026-06-01T00:00", worked=WORKED.replace("28.80", "28.81"))
        publisher.refresh()
        assert priced(shop, product) == ("2026-01-01", GROSS)
        place = f"{product.examples('2026-06-01')}:2:3"
        told = f'{place}: "goods of €8,000 for four hours" comes to goods_carried: 28.80 EUR; expected goods_carried: 28.81 EUR'
        assert ready(shop)["broken"] == [{"file": str(product.examples("2026-06-01")), "faults": [told]}]
        assert said()[0] == told

    def test_worked_prices_are_told_five_at_a_time(
        self, product: OwnProduct, publisher: Publisher, shop: Platform
    ) -> None:
        product.replace("0.1500% of goods_value", TWICE)
        publisher.refresh()
        assert priced(shop, product) == ("2026-01-01", GROSS), "the old one stays"
        (broken,) = ready(shop)["broken"]
        assert broken["file"] == str(product.examples())
        assert len(broken["faults"]) == 6
        assert "more worked prices of 2026-01-01 fail" in broken["faults"][-1]

    def test_of_two_that_begin_at_once_the_second_is_not_sold(
        self, product: OwnProduct, publisher: Publisher, shop: Platform
    ) -> None:
        product.add("2026-01-01T00", "2026-01-01T00:00")
        publisher.refresh()
        assert priced(shop, product) == ("2026-01-01", GROSS)
        assert "takes effect at the same moment" in ready(shop)["broken"][0]["faults"][0]
        product.append("withdrawn: a wrong factor\n")
        publisher.refresh()
        assert ready(shop)["broken"] == []
        assert priced(shop, product) == ("2026-01-01T00", GROSS_AT_TWICE)


class TestCorrection:
    def test_of_the_same_day_and_the_withdrawal_count_at_once(
        self, product: OwnProduct, publisher: Publisher, shop: Platform
    ) -> None:
        assert priced(shop, product) == ("2026-01-01", GROSS)
        product.add("2026-01-01T14", "2026-01-01T14:00")
        product.replace(PUBLISHED, "published: 2026-01-01T14:00", "2026-01-01T14")
        publisher.refresh()
        assert priced(shop, product) == ("2026-01-01", GROSS)
        assert "too soon" in ready(shop)["broken"][0]["faults"][0]
        product.append("withdrawn: a wrong factor\n")
        publisher.refresh()
        assert ready(shop)["broken"] == []
        assert priced(shop, product) == ("2026-01-01T14", GROSS_AT_TWICE)


class TestGone:
    def test_edition_goes_off_sale(self, product: OwnProduct, publisher: Publisher, shop: Platform, said: Said) -> None:
        product.add("2026-06-01", "2026-06-01T00:00")
        publisher.refresh()
        quote = shop.quote(**product.asked())
        assert quote["edition"] == product.identity("2026-06-01")
        product.path("2026-06-01").unlink()
        product.examples("2026-06-01").unlink()
        publisher.refresh()
        assert ready(shop) == {"editions": [product.identity()], "broken": []}
        assert f"{product.identity('2026-06-01')} is off sale" in said()
        assert priced(shop, product) == ("2026-01-01", GROSS)
        # What it priced is a firm offer all the same.
        assert shop.get(f"/v1/quotes/{quote['id']}", params={"expand[]": "explanation"}).json()["explanation"]
        assert shop.cover(quote)["price"]["gross"]["amount"] == GROSS_AT_TWICE

    @pytest.mark.parametrize(
        ("vanish", "named"),
        [
            (lambda product: product.folder.rename(product.folder.with_name("elsewhere")), ""),
            (lambda product: shutil.rmtree(product.folder / "products"), "/products"),
            (lambda product: _empty(product.folder), "/products"),
            (lambda product: _loop(product.path().parent), "/products/NAME/FR"),
            (lambda product: _loop(product.folder), ""),
        ],
        ids=["the folder", "all products", "all files", "a country, behind a loop", "all, behind a loop"],
    )
    def test_folder_leaves_all_on_sale_and_is_told(
        self, product: OwnProduct, publisher: Publisher, shop: Platform, vanish: Breaking, named: str
    ) -> None:
        vanish(product)
        publisher.refresh()
        rules = ready(shop)
        assert rules["editions"] == [product.identity()]
        assert str(product.folder) + named.replace("NAME", product.name) in [
            broken["file"] for broken in rules["broken"]
        ]
        assert priced(shop, product) == ("2026-01-01", GROSS)


def _empty(folder: Path) -> None:
    for below in folder.iterdir():
        shutil.rmtree(below) if below.is_dir() else below.unlink()


def _loop(folder: Path) -> None:
    """Puts a link that leads to itself in a folder's place: it is there, and nobody can list it."""
    shutil.rmtree(folder)
    folder.symlink_to(folder.name)


class TestRefresh:
    def test_says_what_is_new(self, product: OwnProduct, publisher: Publisher, shop: Platform, said: Said) -> None:
        product.add("2026-06-01", "2026-06-01T00:00")
        publisher.refresh()
        (line,) = said()
        assert line.startswith(f"{product.identity('2026-06-01')} is on sale with the text ")
        assert priced(shop, product) == ("2026-06-01", GROSS_AT_TWICE)

    def test_keeps_what_is_compiled_of_what_did_not_change(self, product: OwnProduct, publisher: Publisher) -> None:
        (first,) = publisher.current().editions
        product.add("2026-06-01", "2026-06-01T00:00")
        publisher.refresh()
        assert publisher.current().editions[0] is first
        assert len(publisher.current().editions) == 2

    def test_takes_new_texts_and_taxes(self, product: OwnProduct, publisher: Publisher, shop: Platform) -> None:
        assert priced(shop, product) == ("2026-01-01", GROSS)
        # The worked prices stand before it, so they agree as before.
        product.rules.replace(
            FRANCE, 'other: [{from: 2016-01-01, rate: "0.09"}]',
            'other: [{from: 2016-01-01, rate: "0.09"}, {from: 2026-03-01, rate: "0.10"}]',
        )  # fmt: skip
        texts = product.path().parent / "texts.en.yaml"
        name = texts.read_text().partition("name: ")[2].partition("\n")[0]
        texts.write_text(texts.read_text().replace(f"name: {name}", "name: Goods, renamed", 1))
        publisher.refresh()
        assert ready(shop)["broken"] == []
        assert priced(shop, product) == ("2026-01-01", 14_40 + 1_44)
        assert shop.get(f"/v1/products/{product.name}").json()["name"]["en"] == "Goods, renamed"

    def test_never_reads_half_of_a_change(
        self, product: OwnProduct, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two files belong together, and the reader comes between them."""
        read: list[Library] = []

        def reading(folder: Path) -> Library:
            if not read:
                # The first state: the edition without its worked prices.
                product.add("2026-06-01", "2026-06-01T00:00")
                product.examples("2026-06-01").rename(product.folder / "later")
            library = load(folder)
            if not read:
                (product.folder / "later").rename(product.examples("2026-06-01"))
            read.append(library)
            return library

        monkeypatch.setattr(publishing, "load", reading)
        publisher.refresh()
        assert [len(library.editions) for library in read] == [1, 2]
        assert [edition.name for edition in publisher.current().editions] == ["2026-01-01", "2026-06-01"]
        assert publisher.current().faults == ()

    @pytest.mark.parametrize(
        "failure", [RuntimeError("a mistake of ours"), OSError(24, "Too many open files"), MemoryError()]
    )
    def test_raises_nothing(
        self, product: OwnProduct, publisher: Publisher, shop: Platform, monkeypatch: pytest.MonkeyPatch,
        failure: Exception,
    ) -> None:  # fmt: skip
        def breaking(folder: Path) -> Library:
            raise failure

        with monkeypatch.context() as patched:
            patched.setattr(publishing, "load", breaking)
            publisher.refresh()
            (broken,) = ready(shop)["broken"]
            assert broken["file"] == str(product.folder)
            assert priced(shop, product) == ("2026-01-01", GROSS)
        publisher.refresh()
        assert ready(shop)["broken"] == []

    def test_stops_collecting_garbage_only_while_it_reads(
        self, product: OwnProduct, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        collected: list[bool] = []

        def breaking(folder: Path) -> Library:
            collected.append(gc.isenabled())
            raise RuntimeError("a mistake of ours")

        monkeypatch.setattr(publishing, "load", breaking)
        publisher.refresh()
        assert (collected, gc.isenabled()) == ([False], True)

    def test_leaves_all_as_it_is_while_the_database_is_away(
        self, product: OwnProduct, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, said: Said
    ) -> None:
        before = publisher.current()
        product.add("2026-06-01", "2026-06-01T00:00")
        with monkeypatch.context() as patched:
            patched.setattr(quotes, "edition_named", _no_database)
            publisher.refresh()
            assert publisher.current() is before
            assert said() == ["changed rules wait: the database doesn't answer now; try again shortly"]
        publisher.refresh()
        assert len(publisher.current().editions) == 2

    def test_passes_over_what_begins_with_a_dot(self, product: OwnProduct, publisher: Publisher) -> None:
        """As Emacs locks a file, and as Kubernetes keeps the versions of a folder."""
        (product.path().parent / ".#2026-01-01.yaml").symlink_to("someone@somewhere.4711")
        shutil.copytree(product.folder, product.folder.parent / "copy", symlinks=True)
        (product.folder.parent / "copy").rename(product.folder / "..2026_11_21")
        publisher.refresh()
        assert publisher.current().faults == ()
        assert [edition.identity for edition in publisher.current().editions] == [product.identity()]
