"""Promise 9: a day of cover is 86,400 seconds wherever the clocks change, and an instant says its offset."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy import text

from coverage.operations.house import House
from coverage.storage.tenancy import Database
from tests.answers import pointers, resolve, the_problem
from tests.builders import Platform, a_goods_risk
from tests.lending import Wall, selling
from tests.operations.own_product import FIRST, OwnProduct, own_product
from tests.promises.apart import operations
from tests.promises.trial import Trial, promise
from tests.web.api.bodies import places, postings, put

# Where clocks change by an hour or by half of one, at midnight or at three, in spring and in autumn, or for Ramadan.
ZONES = (
    "Africa/Cairo", "Africa/Casablanca", "America/Havana", "America/New_York", "America/Santiago", "Atlantic/Azores",
    "Australia/Lord_Howe", "Europe/London", "Europe/Paris", "Pacific/Auckland",
)  # fmt: skip
EARLIER = "2024-01-01"  # an edition that is on sale before all of the years
DAY = timedelta(hours=24)
TICK = timedelta(microseconds=1)


def clock_changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The instants from 2025 to 2030 from which on the clocks say something else."""
    at, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    while at < end:
        later = at + timedelta(minutes=30)
        if at.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            yield later
        at = later


def product_in(zone: str, folder: Path) -> OwnProduct:
    """A product whose days and hours are those of a zone."""
    product = own_product(folder)
    product.replace("timezone: Europe/Paris", f"timezone: {zone}")
    product.replace(f"effective: {FIRST}", f"effective: {EARLIER}")
    product.examples().rename(product.examples(EARLIER))
    product.path().rename(product.path(EARLIER))
    return product


@pytest.fixture
def shops(
    owner: Database, house: House, tmp_path: Path, wall: Wall
) -> Iterator[list[tuple[ZoneInfo, OwnProduct, Platform]]]:
    """A partner in each zone, who sells a product of that zone."""
    wall.now = datetime(2025, 1, 1, tzinfo=UTC) - timedelta(days=20)
    with ExitStack() as open_shops:
        found = []
        for zone in ZONES:
            product = product_in(zone, tmp_path / zone.replace("/", "-"))
            library = product.rules.load()
            assert not library.faults
            found.append((ZoneInfo(zone), product, open_shops.enter_context(selling(owner, house, library, wall))))
        yield found


class TestADay:
    @promise(
        9, "24 h of cover are 86,400 s over every change of clocks of 10 zones, 2025 to 2030",
        unit="covers", small=24, full=1000, provokes=("a longer day", "a shorter day"),
    )  # fmt: skip
    def test_is_86400_seconds_over_every_change_of_clocks(
        self, shops: list[tuple[ZoneInfo, OwnProduct, Platform]], owner: Database, wall: Wall, trial: Trial
    ) -> None:
        changes = [(shop, at) for shop in shops for at in clock_changes(shop[0])]
        assert len(changes) >= 100
        trial.random.shuffle(changes)
        for number in trial.each():
            (zone, product, platform), change = changes[number % len(changes)]
            start = change - timedelta(seconds=trial.random.randint(1, 86_399))
            local = [at.astimezone(zone) for at in (start, start + DAY)]
            longer = local[1].replace(tzinfo=None) - local[0].replace(tzinfo=None) < DAY
            trial.met("a longer day" if longer else "a shorter day")
            wall.now = start - timedelta(seconds=trial.random.randint(0, 5 * 86_400))
            said = trial.random.choice(({"end": local[1].isoformat()}, {"duration": "PT24H"}, {"duration": "P1D"}))
            term = {"start": local[0].isoformat(), "end": None} | said
            quote = platform.quote(product=product.name, risk=a_goods_risk(), **term)
            assert (quote["duration"], quote["timezone"]) == ("P1D", zone.key)
            wall.now = max(wall.now, start - timedelta(hours=12))
            if wall.now >= datetime.fromisoformat(quote["expires_at"]):
                quote = platform.quote(product=product.name, risk=a_goods_risk(), **term)
            cover = platform.cover(quote)
            starts, ends = (datetime.fromisoformat(cover[edge]) for edge in ("start", "end"))
            assert (starts, (ends - starts).total_seconds()) == (start, 86_400)
            assert cover["price"]["gross"] == self.gross_without_a_change(platform, product, start), "a day is a day"
            with owner.transaction(platform.tenant) as session:
                query = text("SELECT DISTINCT ends_at - starts_at FROM transaction_terms WHERE cover_id = :id")
                assert session.scalars(query, {"id": cover["id"]}).all() == [DAY]
            for at, state in ((ends - TICK, "on_risk"), (ends, "ended")):
                wall.now = at
                assert platform.get(f"/v1/covers/{cover['id']}").json()["state"] == state

    @staticmethod
    def gross_without_a_change(platform: Platform, product: OwnProduct, start: datetime) -> Any:
        """What the same day costs eight days later, when no clock changes."""
        term = {"start": (start + 8 * DAY).isoformat(), "end": (start + 9 * DAY).isoformat()}
        return platform.quote(product=product.name, risk=a_goods_risk(), **term)["price"]["gross"]


AN_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")
# What a zone's clock says, in every way that leaves the offset out.
WITHOUT_OFFSET: tuple[Callable[[str], str], ...] = (
    lambda at: at,
    lambda at: at.replace("T", " "),
    lambda at: at[:16],
    lambda at: at[:10],
    lambda at: f"{at}.250",
    lambda at: f"{at}[Europe/Paris]",
    lambda at: f"{at} CET",
    lambda at: f"{at}+",
)


class TestAnInstant:
    @promise(
        9, "an instant without its offset is refused wherever one can be said",
        unit="inputs", small=80, full=600, provokes=("in a body", "in a query"),
    )  # fmt: skip
    def test_without_its_offset_is_refused_wherever_one_can_be_said(self, platform: Platform, trial: Trial) -> None:
        made = [make() for make in postings(platform).values()]
        in_bodies = [
            (posting, steps)
            for posting in made
            for steps in places(posting.body)
            if AN_INSTANT.fullmatch(str(resolve(posting.body, "".join(f"/{step}" for step in steps))))
        ]
        in_queries = [
            (operation.path, parameter["name"])
            for operation in operations(platform.client)
            for parameter in operation.told.get("parameters", [])
            if parameter["in"] == "query" and "date-time" in json.dumps(parameter["schema"])
        ]
        assert {posting.operation for posting, _ in in_bodies} >= {"createQuote", "createCover", "createClaim"}
        for number in trial.each():
            form = WITHOUT_OFFSET[number // (len(in_bodies) + len(in_queries)) % len(WITHOUT_OFFSET)]
            index = number % (len(in_bodies) + len(in_queries))
            if index < len(in_bodies):
                posting, steps = in_bodies[index]
                pointer = "".join(f"/{step}" for step in steps)
                answer = platform.post(
                    posting.path, put(posting.body, steps, form(resolve(posting.body, pointer)[:19]))
                )
                trial.met("in a body")
            else:
                path, name = in_queries[index - len(in_bodies)]
                at = (datetime.now(UTC) + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%S")
                answer, pointer = platform.get(path, params={name: form(at)}), f"?{name}"
                trial.met("in a query")
            assert refused_at(answer) == [pointer], answer.text


def refused_at(answer: httpx2.Response) -> list[str]:
    """What a refused request was refused for; of many prices asked for in one, each is refused on its own."""
    if answer.status_code == 200:
        return [error["pointer"] for one in answer.json()["data"] for error in one.get("errors", [])]
    the_problem(answer, 422)
    return pointers(answer)
