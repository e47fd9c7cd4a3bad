"""Attaching: a cover stands under the master policy that holds at the instant when it is bound, and stays there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from coverage.domain.reporting import Span
from coverage.operations.attaching import days_of, instants_of
from coverage.operations.demonstrating import DEMO_INSURER
from coverage.operations.enrolling import Agreement, add_policy
from coverage.operations.house import House
from coverage.operations.reporting import claims_bordereau, commission_report
from coverage.storage import covers
from coverage.storage.identity import new_code
from coverage.storage.partners import MasterPolicy, master_policies, master_policy_for
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import the_problem
from tests.builders import PRODUCTS, Platform, a_bind, enrol_named
from tests.lending import Wall
from tests.reporting import agreed, change

# The first instant of 2027 in Paris.
CHANGEOVER = datetime(2026, 12, 31, 23, tzinfo=UTC)
TICK = timedelta(microseconds=1)
RATES = {
    "off_duty_vehicle": {"liability": "0.1", "own_damage": "0.1", "goods_carried": "0.1", "legal_protection": "0.1"}
}
BETTER = {"off_duty_vehicle": dict.fromkeys(RATES["off_duty_vehicle"], "0.2")}


@pytest.fixture
def wall() -> Wall:
    return Wall(CHANGEOVER - timedelta(hours=12))


@pytest.fixture
def there(house_with: Callable[..., House], wall: Wall) -> House:
    return house_with(wall=wall)


@pytest.fixture
def shop(owner: Database, there: House, wall: Wall) -> Iterator[Platform]:
    """A live partner whose master policy ends with the year, on which another commission follows."""
    with TestClient(create_app(there), raise_server_exceptions=False) as client:
        made = enrol_named(owner, there, mode="live", commission=RATES)
        following = an_agreement(first_on=date(2027, 1, 1), last_on=date(2027, 12, 31), commission=BETTER)
        add_policy(owner, made.tenant, following, None, wall(), end_former=True)
        yield Platform(made.tenant, made.key, client)


def an_agreement(**changes: Any) -> Agreement:
    number = new_code(8)
    return Agreement(**{"number": f"MP-{number}", "umr": f"B0999{number}", "products": PRODUCTS} | changes)


def at(wall: Wall, shop: Platform, instant: datetime) -> dict[str, Any]:
    """A cover that is bound at an instant, of a quote of some hours before."""
    start = CHANGEOVER + timedelta(days=2)
    quote = shop.quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat())
    wall.now = instant
    return shop.cover(quote)


def policies(owner: Database, shop: Platform) -> list[str]:
    with owner.transaction(shop.tenant) as session:
        return [one.id for one in master_policies(session)]


class TestChangeover:
    @pytest.mark.parametrize(("instant", "which"), [(CHANGEOVER - TICK, 0), (CHANGEOVER, 1), (CHANGEOVER + TICK, 1)])
    def test_is_at_an_instant(
        self, owner: Database, shop: Platform, wall: Wall, instant: datetime, which: int
    ) -> None:  # fmt: skip
        assert at(wall, shop, instant)["master_policy"] == policies(owner, shop)[which]

    def test_while_a_bind_waits_counts_when_it_is_done_waiting(
        self, owner: Database, shop: Platform, wall: Wall, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waited_for = covers.lock_object

        def long_wait(*arguments: Any) -> None:
            waited_for(*arguments)
            wall.now = CHANGEOVER

        monkeypatch.setattr(covers, "lock_object", long_wait)
        assert at(wall, shop, CHANGEOVER - TICK)["master_policy"] == policies(owner, shop)[1]

    def test_leaves_covers_where_they_are(self, owner: Database, shop: Platform, there: House, wall: Wall) -> None:
        before = at(wall, shop, CHANGEOVER - TICK)
        wall.now = CHANGEOVER + timedelta(days=1)
        after = shop.cover(shop.quote(**{key: before[key] for key in ("start", "end")}))
        change(there, shop, before, "extend", end=(CHANGEOVER + timedelta(days=2, hours=36)).isoformat())
        with owner.transaction(shop.tenant) as session:
            first, second = (one.number for one in master_policies(session))
        assert [shop.get(f"/v1/covers/{one['id']}").json()["master_policy"] for one in (before, after)] == policies(
            owner, shop
        )
        # The extension earns what the policy says that the cover was sold under: a tenth, and not a fifth.
        rows = agreed(commission_report(there, [shop.tenant], Span.of_month("2027-01")))
        earned = {
            number: [round(row["commission"] / row["net_premium"], 1) for row in rows if row["master_policy"] == number]
            for number in (first, second)
        }
        assert set(earned[first]) == {Decimal("0.1")}
        assert set(earned[second]) == {Decimal("0.2")}

    @pytest.mark.parametrize(("insurer", "status"), [("Mutuelle Démo", 201), ("Other", 409)])
    def test_to_another_insurer_ends_quotes(
        self, owner: Database, there: House, shop: Platform, wall: Wall, insurer: str, status: int
    ) -> None:
        wall.now = datetime(2027, 12, 31, 23, tzinfo=UTC) - timedelta(hours=1)
        start = wall.now + timedelta(days=1)
        quote = shop.quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat())
        registration = DEMO_INSURER.registration if insurer == DEMO_INSURER.name else new_code(8)
        following = an_agreement(first_on=date(2028, 1, 1), last_on=date(2028, 12, 31))
        carrier = replace(DEMO_INSURER, name=insurer, registration=registration)
        add_policy(owner, shop.tenant, following, carrier, wall())
        wall.now += timedelta(hours=2)
        answer = shop.post("/v1/covers", a_bind(quote))
        assert answer.status_code == status, answer.text
        if status == 409:
            assert "another insurer carries the risk" in the_problem(answer, 409, "quote_expired")["detail"]
            assert shop.cover(shop.quote(start=quote["start"], end=quote["end"]))["state"] == "scheduled"

    def test_is_the_end_where_none_follows(self, shop: Platform, wall: Wall) -> None:
        wall.now = datetime(2027, 12, 31, 23, tzinfo=UTC) - timedelta(hours=1)
        start = wall.now + timedelta(days=1)
        quote = shop.quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat())
        wall.now += timedelta(hours=1)
        problem = the_problem(shop.post("/v1/covers", a_bind(quote)), 409, "no_master_policy")
        assert problem["detail"] == "no master policy of yours covers off_duty_vehicle now"


class TestSeveral:
    def test_are_told_apart_by_product_country_and_currency(self, owner: Database, house: House) -> None:
        made = enrol_named(owner, house, products=("goods_carried",))
        days = {"first_on": date(2026, 1, 1), "last_on": date(2030, 12, 31), "products": ("homes",)}
        wanted = {
            ("homes", "FR", "EUR"): an_agreement(**days, countries=("FR", "BE")),
            ("homes", "DE", "EUR"): an_agreement(**days, countries=("DE",)),
            ("homes", "GB", "GBP"): an_agreement(**days, currency="GBP"),
        }
        for policy in wanted.values():
            add_policy(owner, made.tenant, policy, None, house.wall())
        now = house.wall()
        with house.database.transaction(made.tenant) as session:
            for (product, country, currency), policy in wanted.items():
                found = master_policy_for(session, product, country, currency, now)
                assert found is not None
                assert found.number == policy.number
            assert master_policy_for(session, "homes", "IT", "EUR", now) is None
            everywhere = master_policy_for(session, "goods_carried", "IT", "EUR", now)
            assert everywhere is not None
            assert everywhere.countries is None
            assert master_policy_for(session, "goods_carried", "IT", "CHF", now) is None


class TestDays:
    def test_are_told_whole_in_a_bordereau(self, shop: Platform, there: House, wall: Wall) -> None:
        cover = at(wall, shop, CHANGEOVER - TICK)
        wall.now = CHANGEOVER + timedelta(days=2, hours=1)
        shop.claim(cover)
        (row,) = agreed(claims_bordereau(there, [shop.tenant], Span.of_month("2027-01")))
        assert (row["Agreement inception"], row["Agreement expiry"]) == (date(2026, 1, 1), date(2026, 12, 31))

    @pytest.mark.parametrize("timezone", ["Europe/Paris", "America/Santiago", "Asia/Beirut", "Pacific/Apia"])
    def test_begin_and_end_with_the_zones_own(self, timezone: str) -> None:
        # Midnight is left out of a day in Santiago and in Beirut.
        for first in (date(2026, 3, 29), date(2026, 9, 6), date(2026, 12, 31)):
            starts_at, ends_at = instants_of(first, first, timezone)
            policy = MasterPolicy(starts_at=starts_at, ends_at=ends_at)
            assert days_of(policy, timezone) == (first, first)
            assert timedelta(hours=22) < ends_at - starts_at < timedelta(hours=26)
