"""Rules that change under a service that runs: taken without a restart, between two requests, however files come."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from coverage.domain.faults import Unavailable
from coverage.operations import publishing
from coverage.operations.house import House
from coverage.operations.publishing import Publisher
from coverage.rulebook.editions import Library, load
from coverage.storage import quotes
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.builders import Platform
from tests.operations.own_product import GROSS, GROSS_AT_TWICE, TWICE, WORKED, OwnProduct, sells
from tests.processes import NO_TLS, wait_for
from tests.serving import serving

OLD, NEW = ("2026-01-01", GROSS), ("2026-06-01", GROSS_AT_TWICE)
BUYERS = 4


@dataclass
class Buyers:
    """Partners' threads that ask for prices without a pause: each keeps what it was answered, in order."""

    shop: Platform
    product: OwnProduct
    ended: threading.Event = field(default_factory=threading.Event)
    answers: list[list[tuple[str, int]]] = field(default_factory=lambda: [[] for _ in range(BUYERS)])
    refused: list[str] = field(default_factory=list)

    def buy(self, index: int) -> None:
        while not self.ended.is_set():
            answer = self.shop.post("/v1/quotes", self.product.asked())
            if answer.status_code != 201:
                self.refused.append(answer.text)
                continue
            quote = answer.json()
            edition = quote["edition"].rpartition("/")[2]
            self.answers[index].append((edition, quote["price"]["gross"]["amount"]))

    def have(self, answer: tuple[str, int]) -> Callable[[], bool]:
        """Whether each has been answered so lately, several times."""
        return lambda: all(len(one) >= 5 and set(one[-5:]) == {answer} for one in self.answers)

    def go_on(self) -> None:
        """Waits until each has been answered some more."""
        counts = [len(one) for one in self.answers]
        wait_for("more answers", lambda: all(len(one) >= n + 5 for one, n in zip(self.answers, counts, strict=True)))


@pytest.fixture
def buyers(
    owner: Database, house_with: Callable[..., House], product: OwnProduct, publisher: Publisher
) -> Iterator[Buyers]:
    """They buy from a service on a real socket, whose rules are followed."""
    house = house_with(rules=publisher.current)
    with (
        serving(create_app(house)) as address,
        httpx2.Client(base_url=address, timeout=60, trust_env=False, verify=NO_TLS) as client,
        publisher.following(),
        ThreadPoolExecutor(BUYERS) as threads,
    ):
        them = Buyers(sells(owner, house, product, client), product)
        buying = [threads.submit(them.buy, index) for index in range(BUYERS)]
        try:
            wait_for("the first prices", them.have(OLD))
            yield them
        finally:
            them.ended.set()
            for one in buying:
                one.result()


def renamed_whole(product: OwnProduct, publisher: Publisher, buyers: Buyers) -> None:
    """As deployments do."""
    product.add("2026-06-01", "2026-06-01T00:00")


def written_in_place(product: OwnProduct, publisher: Publisher, buyers: Buyers) -> None:
    """As a slow copy does: each file is there half for a while, and seen so."""
    for path, text in (
        (product.path("2026-06-01"), product.dearer("2026-06-01T00:00")),
        (product.examples("2026-06-01"), WORKED),
    ):
        data = text.encode()
        with path.open("wb", buffering=0) as file:
            file.write(data[: len(data) // 2])
            wait_for("the half to be seen", lambda: str(path) in publisher.current().broken_files)  # noqa: B023
            buyers.go_on()
            file.write(data[len(data) // 2 :])


def rewritten_in_place(product: OwnProduct, publisher: Publisher, buyers: Buyers) -> None:
    """As an editor does with a draft that is on sale, and isn't in force yet."""
    product.add("2026-06-01", "2026-06-01T00:00", "withdrawn: not yet")
    wait_for("the draft", lambda: len(publisher.current().editions) == 2)
    path = product.path("2026-06-01")
    data = path.read_bytes().replace(b"withdrawn: not yet\n", b"")
    with path.open("wb", buffering=0) as file:
        for end in range(0, len(data) + 1000, 1000):
            file.write(data[end : end + 1000])
            time.sleep(0.02)  # slower than it is read, if anybody read it now


class TestFollowing:
    @pytest.mark.parametrize("come", [renamed_whole, written_in_place, rewritten_in_place])
    def test_drops_no_request_and_mixes_none(
        self, product: OwnProduct, publisher: Publisher, buyers: Buyers,
        come: Callable[[OwnProduct, Publisher, Buyers], None],
    ) -> None:  # fmt: skip
        come(product, publisher, buyers)
        wait_for(lambda: f"the new prices, with {publisher.current().faults}", buyers.have(NEW))
        buyers.ended.set()
        assert buyers.refused == []
        for answers in buyers.answers:
            first_new = answers.index(NEW)
            assert set(answers[:first_new]) == {OLD}
            assert set(answers[first_new:]) == {NEW}

    def test_serves_on_while_a_file_is_broken(
        self, product: OwnProduct, publisher: Publisher, buyers: Buyers, said: Callable[[], list[str]]
    ) -> None:
        def broken() -> list[dict[str, object]]:
            found: list[dict[str, object]] = buyers.shop.get("/readyz").json()["rules"]["broken"]
            return found

        text = product.path().read_text()
        product.path().write_text(text.replace("currency: EUR", "currency: EURO"))
        wait_for("the fault", broken)
        place = f"{product.path()}:{text.partition('currency: EUR')[0].count(chr(10)) + 1}:11: "
        assert str(broken()[0]["faults"]).count(place) == 1
        assert [line for line in said() if line.startswith(place)]
        buyers.go_on()
        product.path().write_text(text)
        wait_for("all to be well", lambda: not broken())
        buyers.go_on()
        assert buyers.refused == []
        assert {answer for answers in buyers.answers for answer in answers} == {OLD}


@contextmanager
def behind_a_link(product: OwnProduct, house: House) -> Iterator[tuple[Path, Publisher]]:
    """Versions of the rules side by side, of which a link names the one that counts."""
    versions = product.folder.parent / "versions"
    versions.mkdir()
    product.folder.rename(versions / "1")
    product.folder.symlink_to(versions / "1")
    publisher = Publisher(house.database, product.folder)
    with publisher.following():
        yield versions, publisher


def edition_names(publisher: Publisher) -> list[str]:
    return [edition.name for edition in publisher.current().editions]


class TestFolder:
    def test_may_be_a_link_that_is_set_anew(self, product: OwnProduct, house: House) -> None:
        with behind_a_link(product, house) as (versions, publisher):
            assert edition_names(publisher) == ["2026-01-01"]
            shutil.copytree(versions / "1", versions / "2")
            OwnProduct(product.name, type(product.rules)(versions / "2")).add("2026-06-01", "2026-06-01T00:00")
            aside = versions / "link"
            aside.symlink_to(versions / "2")
            aside.rename(product.folder)
            wait_for("the second version", lambda: edition_names(publisher) == ["2026-01-01", "2026-06-01"])
            # And what stands there now is followed as well.
            product.path("2026-06-01").unlink()
            product.examples("2026-06-01").unlink()
            wait_for("the deletion", lambda: edition_names(publisher) == ["2026-01-01"])

    def test_may_hold_links_as_kubernetes_sets_them(self, product: OwnProduct, house: House) -> None:
        folder = product.folder
        first, second = folder / "..2026_01", folder / "..2026_02"
        shutil.copytree(folder, folder.parent / "copy")
        (folder.parent / "copy").rename(first)
        for name in ("products", "taxes"):
            shutil.rmtree(folder / name)
            (folder / name).symlink_to(Path("..data") / name)
        (folder / "..data").symlink_to(first.name)
        publisher = Publisher(house.database, folder)
        with publisher.following():
            assert edition_names(publisher) == ["2026-01-01"]
            assert publisher.current().faults == ()
            shutil.copytree(first, second)
            OwnProduct(product.name, type(product.rules)(second)).add("2026-06-01", "2026-06-01T00:00")
            (folder / "..data_tmp").symlink_to(second.name)
            (folder / "..data_tmp").rename(folder / "..data")
            shutil.rmtree(first)
            wait_for("the second version", lambda: edition_names(publisher) == ["2026-01-01", "2026-06-01"])
            assert publisher.current().faults == ()

    def test_may_be_replaced_by_another(self, product: OwnProduct, publisher: Publisher) -> None:
        with publisher.following():
            other = product.folder.with_name("other")
            shutil.copytree(product.folder, other)
            OwnProduct(product.name, type(product.rules)(other)).add("2026-06-01", "2026-06-01T00:00")
            product.folder.rename(product.folder.with_name("before"))
            wait_for("it to be missed", lambda: publisher.current().faults)
            assert edition_names(publisher) == ["2026-01-01"]
            other.rename(product.folder)
            wait_for("the other", lambda: edition_names(publisher) == ["2026-01-01", "2026-06-01"])
            assert publisher.current().faults == ()
            product.append("withdrawn: a wrong factor\n", "2026-06-01")
            wait_for("the withdrawal", lambda: publisher.current().editions[1].rules.withdrawn)

    def test_is_looked_at_where_nobody_tells_of_changes(
        self, product: OwnProduct, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silent(*_: object, **__: object) -> Iterator[object]:
            raise OSError(28, "OS file watch limit reached")

        monkeypatch.setattr(publishing, "watch", silent)
        with publisher.following():
            product.add("2026-06-01", "2026-06-01T00:00")
            wait_for("the new edition", lambda: edition_names(publisher) == ["2026-01-01", "2026-06-01"])

    def test_is_not_read_for_editors_own_files(
        self, product: OwnProduct, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read: list[Path] = []

        def counting(folder: Path) -> Library:
            read.append(folder)
            return load(folder)

        monkeypatch.setattr(publishing, "load", counting)
        with publisher.following():
            beside = product.path().parent
            for name in (".2026-01-01.yaml.swp", "4913", "2026-01-01.yaml~", "#2026-01-01.yaml#", ".#2026-01-01.yaml"):
                (beside / name).write_text("half a th")
            # All looks after these find what they found before; the next change is the first that is read.
            wait_for("some looks", _looks(monkeypatch, 3))
            assert read == []
            product.add("2026-06-01", "2026-06-01T00:00")
            wait_for("the new edition", lambda: edition_names(publisher) == ["2026-01-01", "2026-06-01"])
            assert read == [product.folder]

    def test_is_left_alone_within_a_second_of_the_end(self, product: OwnProduct, publisher: Publisher) -> None:
        with publisher.following():
            (follower,) = [thread for thread in threading.enumerate() if thread.name == "rules-follower"]
            product.append("# a remark\n")
            ending = time.monotonic()
        assert time.monotonic() - ending < 1
        assert not follower.is_alive()

    def test_is_asked_about_again_once_the_database_is_back(
        self, product: OwnProduct, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, said: Callable[[], list[str]]
    ) -> None:
        def away(*_: object) -> None:
            raise Unavailable("database_unavailable", "the database doesn't answer now")

        monkeypatch.setattr(publishing, "AGAIN_SECONDS", 0.1)
        with publisher.following():
            with monkeypatch.context() as patched:
                patched.setattr(quotes, "edition_named", away)
                product.add("2026-06-01", "2026-06-01T00:00")
                wait_for("the word of it", lambda: "changed rules wait: the database doesn't answer now" in said())
            assert edition_names(publisher) == ["2026-01-01"]
            wait_for("the new edition", lambda: edition_names(publisher) == ["2026-01-01", "2026-06-01"])

    def test_is_read_again_some_time_after_a_change(
        self, product: OwnProduct, publisher: Publisher, house: House, shop: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A process that is some seconds behind may still price by the text that was changed here: then that counts."""
        monkeypatch.setattr(publishing, "AGAIN_SECONDS", 2.0)
        ahead = Publisher(house.database, product.folder)
        with ahead.following():
            product.append("# a remark\n")
            wait_for("the change", lambda: ahead.current().editions[0].document.text.endswith("# a remark\n"))
            shop.quote(**product.asked())  # on a service that goes by what it read before
            wait_for("the word of it", lambda: {fault.code for fault in ahead.current().faults} == {"frozen"})

    def test_is_read_again_after_what_broke_the_reading(
        self, product: OwnProduct, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broke = threading.Event()

        def breaking_once(folder: Path) -> Library:
            if not broke.is_set():
                broke.set()
                raise RuntimeError("a mistake of ours")
            return load(folder)

        monkeypatch.setattr(publishing, "load", breaking_once)
        with publisher.following():
            product.append("# a remark\n")
            wait_for("the mistake", broke.is_set)
            product.replace("0.1500% of goods_value", TWICE)
            wait_for("the next reading", lambda: {f.code for f in publisher.current().faults} == {"worked_price"})
            assert edition_names(publisher) == ["2026-01-01"]


def _looks(monkeypatch: pytest.MonkeyPatch, count: int) -> Callable[[], bool]:
    """Whether the folder has been looked at so often since."""
    looked: list[Path] = []
    look = publishing._look

    def counting(folder: Path) -> publishing._Look:
        looked.append(folder)
        return look(folder)

    monkeypatch.setattr(publishing, "_look", counting)
    return lambda: len(looked) >= count
