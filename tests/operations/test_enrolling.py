"""Enrolling: all or nothing, once, in either mode; and the policies that follow, of which no two hold for one cover."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from coverage.domain.faults import Conflict, Missing
from coverage.domain.tenant import Tenant
from coverage.operations import enrolling
from coverage.operations.booking import MILLIONTHS
from coverage.operations.demonstrating import DEMO_INSURER, demo_enrolment
from coverage.operations.enrolling import Agreement, Enrolled, Enrolment, add_policy, enrol, see_partner
from coverage.operations.house import House
from coverage.operations.unlocking import caller_by_key
from coverage.storage.identity import new_code, new_id
from coverage.storage.tenancy import Database
from tests.builders import PRODUCTS

WALL = datetime(2026, 11, 27, 12, tzinfo=UTC)


def an_agreement(**changes: Any) -> Agreement:
    """A policy of this year for all products in France."""
    number = new_code(8)
    told: dict[str, Any] = {
        "number": f"MP-{number}", "umr": f"B0999{number}", "first_on": date(2026, 1, 1), "last_on": date(2026, 12, 31),
        "products": PRODUCTS, "countries": ("FR",),
    }  # fmt: skip
    return Agreement(**told | changes)


def an_enrolment(**changes: Any) -> Enrolment:
    """A partner with a name of its own."""
    enrolment = demo_enrolment(f"Shed {new_code(10)}", PRODUCTS, WALL.date())
    return replace(enrolment, policy=an_agreement(), **changes)


def rows(database: Database, tenant: Tenant) -> dict[str, int]:
    """How many there are of what an enrolment makes; of what is a tenant's own, how many of that one's."""
    tables = ("partners", "tenants", "insurers", "master_policies", "credentials")
    with database.as_owner(tenant.id) as session:
        return {one: session.scalar(text(f"SELECT count(*) FROM {one}")) or 0 for one in tables}  # noqa: S608


class TestCommission:
    def agreement(self, commission: Mapping[str, Mapping[str, str]]) -> Agreement:
        return an_agreement(products=("goods_carried",), commission=commission)

    def test_is_none_unless_it_is_said(self) -> None:
        assert an_agreement().commission == {}

    @pytest.mark.parametrize("rate", ["0", "1", "0.15", "0.000001", "1.000000"])
    def test_is_a_fraction_known_to_the_millionth(self, rate: str) -> None:
        told = self.agreement({"goods_carried": {"goods_carried": rate}})
        assert told.commission["goods_carried"]["goods_carried"] == rate
        assert MILLIONTHS == 10**6

    @pytest.mark.parametrize(
        "rate",
        ["-0.1", "1.1", "1.000001", "0.0000001", "15%", "", "NaN", "1e-2", ".5", "\u0660.\u0661", " 0.1", "0.1\n"],
    )
    def test_is_refused_otherwise(self, rate: str) -> None:
        with pytest.raises(ValueError, match="expected a fraction from 0 to 1"):
            self.agreement({"goods_carried": {"goods_carried": rate}})

    def test_of_a_product_that_isn_t_sold_is_refused(self) -> None:
        with pytest.raises(ValueError, match="isn't among the products goods_carried"):
            self.agreement({"other": {"goods_carried": "0.15"}})


class TestEnrol:
    def test_makes_a_partner_whose_key_opens_its_mode(self, owner: Database, house: House) -> None:
        for mode in ("test", "live"):
            made = enrol(owner, an_enrolment(), mode, WALL, once=True)
            caller = caller_by_key(house, made.key, "")
            assert (caller.tenant, caller.actor, made.tenant.mode) == (made.tenant, made.key_id, mode)
            assert made.key.startswith(f"sk_{mode}_")
            assert "settling" not in caller.scopes
            assert "keys" not in caller.scopes
            assert made.key not in repr(made)

    def test_keeps_the_days_whole_in_the_partners_zone(self, owner: Database) -> None:
        made = enrol(owner, an_enrolment(), "live", WALL)
        with owner.transaction(made.tenant) as session:
            starts_at, ends_at = session.execute(text("SELECT starts_at, ends_at FROM master_policies")).one()
        assert starts_at == datetime(2025, 12, 31, 23, tzinfo=UTC)
        assert ends_at == datetime(2026, 12, 31, 23, tzinfo=UTC)
        assert (made.policy.first_on, made.policy.last_on) == (date(2026, 1, 1), date(2026, 12, 31))

    @pytest.mark.parametrize("step", ["_insurer", "_policy", "register_key", "_seen"])
    def test_makes_all_or_nothing(
        self, fresh_database_url: str, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:  # fmt: skip
        class Stopped(Exception):
            pass

        def stop(*_: object) -> None:
            raise Stopped

        database = Database.connect(fresh_database_url, pool_size=1)
        tenant = Tenant(new_id("partner"), "live")
        monkeypatch.setattr(enrolling, "new_id", lambda noun: tenant.partner_id if noun == "partner" else new_id(noun))
        with monkeypatch.context() as broken:
            broken.setattr(enrolling, step, stop)
            with pytest.raises(Stopped):
                enrol(database, an_enrolment(), "live", WALL)
        assert set(rows(database, tenant).values()) == {0}
        enrol(database, an_enrolment(), "live", WALL)
        assert set(rows(database, tenant).values()) == {1}
        database.close()

    def test_rehearsed_makes_nothing_and_finds_what_is_wrong(self, owner: Database) -> None:
        enrolment = an_enrolment()
        made = enrol(owner, enrolment, "live", WALL, once=True, rehearsed=True)
        with pytest.raises(Missing):
            see_partner(owner, made.tenant.partner_id)
        assert enrol(owner, enrolment, "live", WALL, once=True).partner == made.partner
        with pytest.raises(Conflict):
            enrol(owner, enrolment, "live", WALL, once=True, rehearsed=True)

    def test_takes_the_insurer_that_is_there(self, owner: Database) -> None:
        one, two = (enrol(owner, an_enrolment(), "test", WALL) for _ in range(2))
        assert one.policy.insurer_id == two.policy.insurer_id
        assert not two.insurer_is_new
        named = enrol(owner, an_enrolment(insurer=one.policy.insurer_id), "test", WALL)
        assert named.policy.insurer_id == one.policy.insurer_id

    def test_refuses_the_same_insurer_told_otherwise(self, owner: Database) -> None:
        there = enrol(owner, an_enrolment(), "test", WALL).policy.insurer_id
        moved = replace(DEMO_INSURER, address="2 rue de l'Exemple", name="Mutuelle")
        with pytest.raises(
            Conflict, match=f"{there} has this registration already, with another name and another address"
        ):
            enrol(owner, an_enrolment(insurer=moved), "test", WALL)

    def test_refuses_an_insurer_that_isn_t_there(self, owner: Database) -> None:
        enrol(owner, an_enrolment(), "test", WALL)
        with pytest.raises(Missing, match=r"no insurer ins_nobody; expected one of ins_\w+ \(Mutuelle Démo\)"):
            enrol(owner, an_enrolment(insurer="ins_nobody"), "test", WALL)

    def test_refuses_a_zone_that_the_database_doesn_t_know(self, owner: Database) -> None:
        enrolment = an_enrolment()
        assert enrolment.partner is not None
        firm = replace(enrolment.partner, timezone="Mars/Olympus")
        with pytest.raises(Conflict, match="the database knows no time zone Mars/Olympus"):
            enrol(owner, replace(enrolment, partner=firm), "test", WALL)

    def test_takes_hostile_text_for_text(self, owner: Database) -> None:
        enrolment = an_enrolment()
        assert enrolment.partner is not None
        name = f"Robert'); DROP TABLE partners;-- <script> {{{{ 7*7 }}}} {new_code(6)}"
        made = enrol(owner, replace(enrolment, partner=replace(enrolment.partner, name=name)), "test", WALL, once=True)
        assert see_partner(owner, made.tenant.partner_id).firm.name == name


class TestTwice:
    def test_the_same_partner_is_told_of_and_not_made(self, owner: Database) -> None:
        enrolment = an_enrolment()
        there = enrol(owner, enrolment, "test", WALL, once=True).tenant.partner_id
        with pytest.raises(Conflict, match=f"{there} is called Shed .* already, in test mode; another .* name$"):
            enrol(owner, enrolment, "test", WALL, once=True)
        with pytest.raises(Conflict, match=f"`--partner {there}` gives this one live mode"):
            enrol(owner, enrolment, "live", WALL, once=True)

    def test_a_name_is_the_same_however_it_is_set(self, owner: Database) -> None:
        enrolment = an_enrolment()
        enrol(owner, enrolment, "test", WALL, once=True)
        assert enrolment.partner is not None
        name = enrolment.partner.name.upper().replace(" ", "\u00a0 ")
        other = replace(an_enrolment(), partner=replace(enrolment.partner, name=name))
        with pytest.raises(Conflict, match="is called"):
            enrol(owner, other, "test", WALL, once=True)

    def test_anothers_market_reference_is_refused(self, owner: Database) -> None:
        enrolment = an_enrolment()
        there = enrol(owner, enrolment, "test", WALL, once=True).tenant.partner_id
        with pytest.raises(Conflict, match=f"{enrolment.policy.umr} is a policy of {there}"):
            enrol(owner, replace(an_enrolment(), policy=enrolment.policy), "live", WALL, once=True)

    def test_at_once_one_is_made(self, fresh_database_url: str) -> None:
        database, enrolment = Database.connect(fresh_database_url, pool_size=8), an_enrolment()

        def attempt(_: int) -> Enrolled | Conflict:
            try:
                return enrol(database, enrolment, "live", WALL, once=True)
            except Conflict as error:
                return error

        with ThreadPoolExecutor(8) as pool:
            came = list(pool.map(attempt, range(8)))
        assert sum(isinstance(one, Enrolled) for one in came) == 1
        assert {one.code for one in came if isinstance(one, Conflict)} == {"partner_enrolled"}
        with database.outside() as session:
            assert session.scalar(text("SELECT count(*) FROM insurers")) == 1
        database.close()


class TestBothModes:
    def test_are_given_one_after_the_other(self, owner: Database, house: House) -> None:
        enrolment = an_enrolment()
        test = enrol(owner, enrolment, "test", WALL, once=True)
        partner_id = test.tenant.partner_id
        live = enrol(owner, replace(enrolment, partner_id=partner_id), "live", WALL, once=True)
        assert live.tenant == Tenant(partner_id, "live")
        assert caller_by_key(house, live.key, "").tenant == live.tenant
        found = see_partner(owner, partner_id)
        assert list(found.modes) == ["test", "live"]
        assert [one.number for there in found.modes.values() for one in there] == [enrolment.policy.number] * 2
        assert len({one.id for there in found.modes.values() for one in there}) == 2
        with pytest.raises(Conflict, match="is in live mode already; `coverage partners policy` adds"):
            enrol(owner, replace(enrolment, partner_id=partner_id), "live", WALL, once=True)

    def test_may_be_asked_for_by_the_id_alone(self, owner: Database) -> None:
        test = enrol(owner, an_enrolment(), "test", WALL)
        only = replace(an_enrolment(), partner=None, partner_id=test.tenant.partner_id)
        assert enrol(owner, only, "live", WALL, once=True).partner == test.partner

    def test_are_refused_to_whoever_says_otherwise_of_it(self, owner: Database) -> None:
        test = enrol(owner, an_enrolment(), "test", WALL)
        other = replace(test.partner, billing_email="accounts@example.org", timezone="UTC")
        enrolment = replace(an_enrolment(), partner=other, partner_id=test.tenant.partner_id)
        words = "timezone is Europe/Paris, not UTC; billing_email is None, not accounts@example.org"
        with pytest.raises(Conflict, match=words):
            enrol(owner, enrolment, "live", WALL, once=True)

    def test_are_refused_to_nobody(self, owner: Database) -> None:
        with pytest.raises(Missing, match="there is no partner par_nobody"):
            enrol(owner, replace(an_enrolment(), partner_id="par_nobody"), "live", WALL)
        with pytest.raises(ValueError, match="nobody is enrolled"):
            replace(an_enrolment(), partner=None)


class TestAddPolicy:
    @pytest.fixture
    def tenant(self, owner: Database) -> Tenant:
        return enrol(owner, an_enrolment(), "live", WALL).tenant

    def there(self, owner: Database, tenant: Tenant) -> list[tuple[str, str]]:
        found = see_partner(owner, tenant.partner_id).modes[tenant.mode]
        return [(f"{one.first_on}", f"{one.last_on}") for one in found]

    def test_follows_with_the_insurer_of_the_one_before(self, owner: Database, tenant: Tenant) -> None:
        following = an_agreement(first_on=date(2027, 1, 1), last_on=date(2027, 12, 31))
        added = add_policy(owner, tenant, following, None, WALL)
        assert (added.policy.insurer, added.insurer_is_new, added.ended) == (DEMO_INSURER.name, False, ())
        assert self.there(owner, tenant) == [("2026-01-01", "2026-12-31"), ("2027-01-01", "2027-12-31")]

    @pytest.mark.parametrize(
        ("first_on", "gap"),
        [(date(2027, 1, 1), None), (date(2027, 1, 2), (date(2027, 1, 1), date(2027, 1, 1))),
         (date(2027, 3, 1), (date(2027, 1, 1), date(2027, 2, 28)))],
    )  # fmt: skip
    def test_tells_the_days_on_which_nothing_holds(
        self, owner: Database, tenant: Tenant, first_on: date, gap: tuple[date, date] | None
    ) -> None:
        following = an_agreement(first_on=first_on, last_on=date(2027, 12, 31), products=("goods_carried", "another"))
        added = add_policy(owner, tenant, following, None, WALL)
        assert added.gaps == ({"goods_carried": gap} if gap else {})

    def test_may_have_another_insurer(self, owner: Database, tenant: Tenant) -> None:
        following = an_agreement(first_on=date(2027, 1, 1), last_on=date(2027, 12, 31))
        other = replace(DEMO_INSURER, name="Other", registration=new_code(9))
        added = add_policy(owner, tenant, following, other, WALL)
        assert (added.policy.insurer, added.insurer_is_new) == ("Other", True)

    @pytest.mark.parametrize(
        ("changes", "overlaps"),
        [
            ({}, True),
            ({"first_on": date(2026, 12, 31), "last_on": date(2027, 12, 31)}, True),
            ({"first_on": date(2027, 1, 1), "last_on": date(2027, 12, 31)}, False),
            ({"first_on": date(2025, 1, 1), "last_on": date(2025, 12, 31)}, False),
            ({"first_on": date(2025, 1, 1), "last_on": date(2026, 1, 1)}, True),
            ({"products": ("goods_carried",)}, True),
            ({"products": ("another",)}, False),
            ({"currency": "GBP"}, False),
            ({"countries": ("DE",)}, False),
            ({"countries": ("DE", "FR")}, True),
            ({"countries": None}, True),
        ],
    )
    def test_beside_another_for_the_same_cover_is_refused(
        self, owner: Database, tenant: Tenant, changes: dict[str, Any], overlaps: bool
    ) -> None:
        before = self.there(owner, tenant)
        if overlaps:
            with pytest.raises(
                Conflict, match=r"a cover stands under one policy; expected other days, or --end-former"
            ):
                add_policy(owner, tenant, an_agreement(**changes), None, WALL)
        else:
            add_policy(owner, tenant, an_agreement(**changes), None, WALL)
        assert len(self.there(owner, tenant)) == len(before) + (not overlaps)

    def test_may_end_the_former_on_the_day_before(self, owner: Database, tenant: Tenant) -> None:
        dearer = an_agreement(first_on=date(2026, 12, 1))
        added = add_policy(owner, tenant, dearer, None, WALL, end_former=True)
        assert [one.last_on for one in added.ended] == [date(2026, 11, 30)]
        assert self.there(owner, tenant) == [("2026-01-01", "2026-11-30"), ("2026-12-01", "2026-12-31")]

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"first_on": date(2026, 11, 27)}, "expected a first day after today"),
            ({"first_on": date(2026, 6, 1)}, "expected a first day after today"),
            (
                {"first_on": date(2026, 12, 1), "products": ("goods_carried",)},
                "nothing hold any more for off_duty_vehicle",
            ),
        ],
    )
    def test_ends_none_where_covers_would_be_left_alone(
        self, owner: Database, tenant: Tenant, changes: dict[str, Any], words: str
    ) -> None:
        before = self.there(owner, tenant)
        with pytest.raises(Conflict, match=words):
            add_policy(owner, tenant, an_agreement(**changes), None, WALL, end_former=True)
        assert self.there(owner, tenant) == before

    def test_ends_none_that_begins_later(self, owner: Database, tenant: Tenant) -> None:
        add_policy(owner, tenant, an_agreement(first_on=date(2027, 1, 1), last_on=date(2027, 12, 31)), None, WALL)
        between = an_agreement(first_on=date(2026, 12, 1), last_on=date(2027, 6, 30))
        with pytest.raises(Conflict, match=r"begins on 2027-01-01, not before"):
            add_policy(owner, tenant, between, None, WALL, end_former=True)
        assert self.there(owner, tenant)[0] == ("2026-01-01", "2026-12-31"), "nothing is half done"

    def test_follows_the_partners_own_clock_in_test_mode(self, owner: Database, house: House) -> None:
        tenant = enrol(owner, an_enrolment(), "test", WALL).tenant
        with house.database.transaction(tenant) as session:
            session.execute(text("SELECT advance_clock(:ahead)"), {"ahead": int(timedelta(days=30).total_seconds())})
        with pytest.raises(Conflict, match="expected a first day after today"):
            add_policy(owner, tenant, an_agreement(first_on=date(2026, 12, 15)), None, WALL, end_former=True)

    def test_twice_is_told(self, owner: Database, tenant: Tenant) -> None:
        following = an_agreement(first_on=date(2027, 1, 1), last_on=date(2027, 12, 31))
        made = add_policy(owner, tenant, following, None, WALL).policy
        words = rf"{made.number} is a policy of this partner already \({made.id}, 2027-01-01 to 2027-12-31\)"
        with pytest.raises(Conflict, match=words):
            add_policy(owner, tenant, following, None, WALL, end_former=True)

    def test_rehearsed_changes_nothing(self, owner: Database, tenant: Tenant) -> None:
        before = self.there(owner, tenant)
        later = an_agreement(first_on=date(2026, 12, 1))
        assert add_policy(owner, tenant, later, None, WALL, end_former=True, rehearsed=True).ended
        assert self.there(owner, tenant) == before

    def test_is_for_a_partner_in_that_mode(self, owner: Database, tenant: Tenant) -> None:
        for other in (Tenant("par_nobody", "live"), Tenant(tenant.partner_id, "test")):
            with pytest.raises(Missing, match=f"there is no partner {other.partner_id} in {other.mode} mode"):
                add_policy(owner, other, an_agreement(), None, WALL)
