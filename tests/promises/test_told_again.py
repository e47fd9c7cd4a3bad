"""Promise 8: what was quoted can be told again to the cent, when nothing is left but the database."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from coverage.domain.faults import Rejected
from coverage.domain.period import local_day
from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.operations.pricing import Wanted
from coverage.operations.quoting import AskedFor, make_quote
from coverage.rulebook.editions import Library, load
from coverage.rulebook.explaining import cents_text, explain
from coverage.rulebook.loaded import LoadedEdition
from coverage.storage.quotes import Quote
from coverage.storage.tenancy import Database
from coverage.web.api.telling import api_value
from tests.builders import Platform
from tests.conftest import ROOT
from tests.lending import Wall, selling
from tests.processes import NO_TLS
from tests.promises.another_process import another_process
from tests.promises.trial import Trial, promise
from tests.rulebook.risks import Risk, Risks


@pytest.fixture
def libraries(tmp_path: Path) -> list[Library]:
    """The project's rules and the tests' own tariffs, from copies that are thrown away as soon as they are read."""
    found = []
    for folder in (ROOT / "pricing_rules", ROOT / "tests" / "tariffs"):
        copy = shutil.copytree(folder, tmp_path / folder.name)
        found.append(load(copy))
        shutil.rmtree(copy)
        assert not found[-1].faults
    return found


@pytest.fixture
def left_alone(database_url: str, tmp_path: Path) -> Iterator[httpx2.Client]:
    """Another process on the same database, which has no rules at all."""
    (tmp_path / "nothing").mkdir()
    with (
        another_process(database_url, tmp_path / "nothing") as address,
        httpx2.Client(base_url=address, timeout=60, trust_env=False, verify=NO_TLS) as client,
    ):
        yield client


def asked(edition: LoadedEdition, risk: Risk, risks: Risks, chance: random.Random) -> AskedFor:
    """What a partner would ask for that risk, some of it with a start at issue."""
    on = local_day(risk.asked_at, edition.rules.timezone)
    given = {name: api_value(edition.rules.inputs[name], text, on) for name, text in risks.admitted(risk).given.items()}
    floats = edition.rules.quote.floats and chance.random() < 0.2
    wanted = Wanted(
        product=edition.product, country=edition.country, start=None if floats else risk.period.start,
        end=None if floats else risk.period.end, duration=risk.period.end - risk.period.start if floats else None,
        risk=given,
    )  # fmt: skip
    return AskedFor(wanted, chance.choice(("fr", "en")), policyholder=None, metadata={})


def make(house: House, platform: Platform, library: Library, wanted: AskedFor) -> tuple[Quote, list[Any]]:
    """A quote, and how its price is explained by the rules as they were read from their files."""
    with house.transaction(Caller(platform.tenant, "test")) as tx:
        quote = make_quote(tx, house, wanted)
        edition = next(found for found in library.editions if found.hash == quote.edition_hash)
        taxes = edition.taxes_on(local_day(quote.asked_at, edition.rules.timezone))
        return quote, explain(edition.compiled(taxes), quote.facts)


def without_folders(found: Any) -> Any:
    """An explanation whose places name files alone: where the files lay doesn't matter."""
    match found:
        case dict():
            return {
                key: inner.rpartition("/")[2] if key in ("at", "row_at") else without_folders(inner)
                for key, inner in found.items()
            }
        case list() | tuple():
            return [without_folders(inner) for inner in found]
    return found


class TestQuotes:
    @promise(
        8, "any quote is told again to the same cent and with the same explanation by who has the database alone",
        unit="quotes", small=60, full=5000, provokes=("open", "referred", "declined", "editions"),
    )  # fmt: skip
    def test_are_told_again_from_the_database_alone(
        self, owner: Database, house: House, libraries: list[Library], left_alone: httpx2.Client, trial: Trial
    ) -> None:
        wall = Wall()
        for turn, library in enumerate(libraries):
            there = replace(house, rules=lambda library=library: library, wall=wall)  # type: ignore[misc]
            with selling(owner, house, library, wall) as platform:
                elsewhere = replace(platform, client=left_alone)
                streams = [(edition, Risks(edition, f"{trial.seed}")) for edition in library.editions]
                trial.met("editions", len(streams))
                until = trial.size * (turn + 1) // len(libraries)
                while trial.tried < until:
                    edition, risks = trial.random.choice(streams)
                    risk = next(risks.risks())
                    wall.now = risk.asked_at
                    try:
                        quote, explained = make(there, platform, library, asked(edition, risk, risks, trial.random))
                    except Rejected:
                        trial.met("refused")
                        continue
                    if quote.price is not None:
                        risks.keep(risk)
                    self.check(elsewhere, quote, explained)
                    trial.met(quote.state)
                    trial.done()

    @staticmethod
    def check(elsewhere: Platform, quote: Quote, explained: list[Any]) -> None:
        again = elsewhere.get(f"/v1/quotes/{quote.id}", params={"expand[]": "explanation"}).json()
        assert without_folders(again["explanation"]) == without_folders(explained), quote.id
        assert [reason["code"] for reason in again["reasons"]] == quote.reasons
        if quote.price is None:
            assert again["price"] is None
            return
        assert again["price"]["gross"]["amount"] == quote.gross
        gross = [line["after"] for line in again["explanation"] if line["step"] == "gross"]
        assert gross == [cents_text(quote.gross or 0)]
