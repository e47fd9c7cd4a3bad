"""The dated versions of the API: what is told in each, and what is said of them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from coverage.operations.house import House
from coverage.rulebook.editions import load
from coverage.storage.tenancy import Database
from coverage.web.api import versions
from coverage.web.api.versions import DATES, NEWEST, Version
from tests.answers import the_problem
from tests.builders import Platform, a_bind, a_quote
from tests.conftest import ROOT
from tests.lending import Wall, selling

FIRST = "2026-11-01"


def levies(answer: Any) -> Iterator[Any]:
    """The rates of all flat levies in an answer, wherever they stand."""
    if isinstance(answer, dict):
        for tax in answer.get("taxes", []):
            if tax["tax_class"] == "":
                yield tax["rate"]
        answer = list(answer.values())
    if isinstance(answer, list):
        for item in answer:
            yield from levies(item)


@pytest.fixture
def taxed(owner: Database, house: House, tmp_path: Path) -> Iterator[Platform]:
    """A partner whose covers bear a flat levy each, which the tax rules leave to the master policy."""
    rules = shutil.copytree(ROOT / "pricing_rules", tmp_path / "rules")
    taxes = rules / "taxes" / "FR.yaml"
    # From a day on that is later than the products' worked prices, which are worked without it.
    flat = r"""once_per: cover\n    per_contract: [{from: 2026-11-01, amount: "6.50 EUR"}]\n"""
    taxes.write_text(re.sub(r"once_per: master_policy\n    per_contract:\n( {6}- .*\n)+", flat, taxes.read_text()))
    library = load(rules)
    assert not library.faults
    with selling(owner, house, library, Wall(datetime.now(UTC))) as platform:
        yield platform


def told(platform: Platform, date: str | None, method: str, path: str, body: Any = None, key: str = "") -> Any:
    headers = {"Coverage-Version": date} if date else {}
    answer = (
        platform.get(path, headers=headers)
        if method == "GET"
        else platform.post(path, body, headers=headers, key=key or None)
    )
    assert answer.status_code < 300, answer.text
    assert answer.headers["coverage-version"] == (date or NEWEST)
    return answer.json()


class TestEachVersion:
    def test_is_told_of_flat_levies_in_its_own_way(self, taxed: Platform) -> None:
        platform = taxed
        cover = platform.cover()
        bought, quote = f"/v1/covers/{cover['id']}", f"/v1/quotes/{cover['quote']}"
        wanted = {key: value for key, value in a_quote().items() if key != "language"}
        asked = [
            ("GET", quote, None), ("GET", bought, None), ("GET", "/v1/covers", None),
            ("POST", "/v1/quotes", a_quote()), ("POST", "/v1/prices", {"prices": [wanted, wanted]}),
            ("POST", "/v1/covers", None), ("POST", f"{bought}/cancel", {"preview": True}),
        ]  # fmt: skip
        for date, rate in ((None, None), (NEWEST, None), (FIRST, "")):
            for method, path, body in asked:
                sent = body if body or method == "GET" else a_bind(platform.quote())
                found = list(levies(told(platform, date, method, path, sent)))
                assert found, (path, date)
                assert set(found) == {rate}, (path, date)

    def test_differs_in_nothing_else(self, taxed: Platform) -> None:
        path = f"/v1/quotes/{taxed.quote()['id']}?expand[]=explanation"
        old, new = (told(taxed, date, "GET", path) for date in (FIRST, NEWEST))
        assert old != new
        versions.take_back(new, FIRST)
        assert json.dumps(old) == json.dumps(new)

    @pytest.mark.parametrize("then", [FIRST, NEWEST, None])
    @pytest.mark.parametrize("first", [FIRST, NEWEST])
    def test_repeats_are_told_as_they_were_first(self, platform: Platform, first: str, then: str | None) -> None:
        bind = a_bind(platform.quote())
        made = platform.post("/v1/covers", bind, key="k", headers={"Coverage-Version": first})
        again = platform.post("/v1/covers", bind, key="k", headers={"Coverage-Version": then} if then else {})
        assert again.headers["idempotent-replayed"] == "true"
        assert again.content == made.content
        assert made.headers["coverage-version"] == again.headers["coverage-version"] == first
        assert ("deprecation" in again.headers) == (first == FIRST)
        assert again.headers["content-type"] == "application/json"

    def test_of_no_date_is_refused_with_those_there_are(self, platform: Platform) -> None:
        answer = platform.get("/v1/covers", headers={"Coverage-Version": "2025-01-01"})
        problem = the_problem(answer, 400, "unknown_version")
        assert problem["errors"] == [
            {"pointer": "Coverage-Version", "detail": f"expected one of {FIRST}, {NEWEST}", "code": "unknown_version"}
        ]
        assert answer.headers["coverage-version"] == NEWEST


class TestDeprecation:
    def test_is_said_of_the_old_one_alone(self, platform: Platform) -> None:
        old = platform.get("/v1/covers", headers={"Coverage-Version": FIRST}).headers
        assert old["deprecation"] == f"@{datetime(2026, 11, 27, tzinfo=UTC).timestamp():.0f}"
        assert old["link"] == '</docs/versions>; rel="deprecation"; type="text/html"'
        for date in (NEWEST, None):
            new = platform.get("/v1/covers", headers={"Coverage-Version": date} if date else {}).headers
            assert "deprecation" not in new
            assert "link" not in new

    def test_is_said_of_refusals_too(self, platform: Platform) -> None:
        answer = platform.get("/v1/covers/x", headers={"Coverage-Version": FIRST})
        assert answer.status_code == 404
        assert "deprecation" in answer.headers

    def test_comes_with_an_end_once_it_is_decided(self, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "sunset" not in platform.get("/v1/covers", headers={"Coverage-Version": FIRST}).headers
        ending = Version(
            FIRST, deprecated_at=datetime(2026, 11, 27, tzinfo=UTC), sunset_at=datetime(2027, 5, 31, tzinfo=UTC)
        )
        monkeypatch.setattr(versions, "VERSIONS", (ending, *versions.VERSIONS[1:]))
        answer = platform.get("/v1/covers", headers={"Coverage-Version": FIRST})
        assert answer.headers["sunset"] == "Mon, 31 May 2027 00:00:00 GMT"
        assert 'rel="sunset"' in answer.headers["link"]
        assert "ends 2027-05-31" in platform.client.get("/docs/versions").text


class TestPage:
    def test_names_each_with_what_it_changed(self, platform: Platform) -> None:
        page = platform.client.get("/docs/versions").text
        assert all(date in page for date in DATES)
        assert "deprecated since 2026-11-27" in page
        assert "flat levy" in page


class TestDates:
    def test_go_up(self) -> None:
        assert sorted(set(DATES)) == list(DATES)
        assert all(version.deprecated_at for version in versions.VERSIONS[:-1])
        assert versions.VERSIONS[-1].deprecated_at is None
