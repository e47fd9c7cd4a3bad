"""Screening: who is referred, what is kept of it, and what a person's decision changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from coverage.domain.faults import Conflict, Missing
from coverage.domain.screening import Born, Entry
from coverage.domain.tenant import Caller
from coverage.gateways.keyring import MasterKeyring
from coverage.operations.house import House
from coverage.operations.screening import (
    WORDS,
    Person,
    ScreeningSeen,
    decide_screening,
    load_list,
    plain,
    screen,
    see_screening,
    see_screenings,
    see_status,
)
from coverage.storage.tenancy import Database
from tests.builders import Platform
from tests.serving import at_once

BORN = date(1961, 4, 12)
ZOLTAR = Entry("MU-1", ("Zoltar Quimbledon", "Zoltan Quimble"), (Born(BORN, BORN),), "person", "MADE-UP")
BRUNHILDE = Entry("MU-2", ("Brunhilde von Hexenstein",), (), "person", "MADE-UP")
NAMESAKE = Entry("MU-9", ("Zoltar Quimbledon",), (), "person", "MADE-UP")
HIM = Person("emp-1", "Zoltar Quimbledon")


@dataclass(frozen=True, slots=True)
class Desk:
    """A partner's screenings as the test drives them."""

    house: House
    caller: Caller
    owner: Database
    queue: Database

    def load(self, *entries: Entry) -> None:
        load_list(self.owner, entries, "made up", "0" * 64, self.house.wall())

    def passes(self, *people: Person) -> bool:
        told = None
        try:
            screen(self.house, self.caller, people, "bind")
        except Conflict as fault:
            told = (fault.code, fault.detail, fault.errors, fault.extra)
        assert told in (None, ("referred", WORDS, (), {}))
        return told is None

    def kept(self) -> list[ScreeningSeen]:
        found = see_screenings(self.queue, ["open", "cleared", "confirmed"], 1000)
        return [one for one in found if one.tenant == self.caller.tenant.id]

    def decide(self, state: Literal["cleared", "confirmed"], screening_id: str | None = None) -> ScreeningSeen:
        wanted = screening_id or self.kept()[-1].id
        return decide_screening(self.queue, wanted, state, "Alex", "another person", self.house.wall())


@pytest.fixture
def queue(owner: Database) -> Database:
    return Database(owner.engine, "sharecover_worker")


@pytest.fixture
def desk(house: House, platform: Platform, owner: Database, queue: Database) -> Iterator[Desk]:
    """A desk with a list of two in force; at the end nobody is on the list whom another test may name."""
    found = Desk(house, Caller(platform.tenant, "test"), owner, queue)
    found.load(ZOLTAR, BRUNHILDE)
    yield found
    found.load(NAMESAKE)


class TestScreen:
    def test_lets_others_pass_and_keeps_nothing_of_them(self, desk: Desk) -> None:
        assert desk.passes(Person("emp-2", "Camille Martin"), Person("emp-3", "Zoltar Martin"))
        assert desk.kept() == []
        with desk.house.transaction(desk.caller) as tx:
            assert tx.session.scalar(text("SELECT count(*) FROM members")) == 0

    def test_refers_whom_the_list_may_mean_and_keeps_it(self, desk: Desk) -> None:
        assert not desk.passes(HIM, Person("emp-2", "Camille Martin"))
        (kept,) = desk.kept()
        assert (kept.state, kept.purpose, kept.decided_at) == ("open", "bind", None)
        (match,) = kept.matches
        assert (match["reference"], match["score"], match["reasons"]) == ("MU-1", 100, ["same name"])

    def test_asks_once_however_often_it_is_met(self, desk: Desk) -> None:
        for person in (HIM, HIM, replace(HIM, name="QUIMBLEDON Zoltar"), replace(HIM, name="zoltar quimbledon")):
            assert not desk.passes(person)
        # The words in another order are another name; capitals aren't.
        assert len(desk.kept()) == 2

    def test_makes_one_of_many_at_once(self, desk: Desk) -> None:
        assert at_once(8, lambda _: desk.passes(HIM)) == [False] * 8
        assert len(desk.kept()) == 1

    def test_keeps_one_for_each_of_several_people(self, desk: Desk) -> None:
        assert not desk.passes(HIM, Person("emp-2", "Brunhilde Hexenstein"))
        assert {one.matches[0]["reference"] for one in desk.kept()} == {"MU-1", "MU-2"}

    def test_tells_a_namesake_of_another_age_as_weaker(self, desk: Desk) -> None:
        assert not desk.passes(replace(HIM, born=date(1990, 1, 1)))
        (match,) = desk.kept()[0].matches
        assert match["score"] == 85
        assert "another birth date" in match["reasons"]

    def test_keeps_nothing_of_the_member_in_clear(self, desk: Desk, owner: Database) -> None:
        assert not desk.passes(Person("emp-1", "Zoltar Quimbledonn", date(1961, 4, 12)))
        with desk.house.transaction(desk.caller) as tx:
            row = tx.session.scalar(text("SELECT screenings::text FROM screenings"))
        assert "Quimbledon" in str(row), "the list's own words"
        assert "quimbledonn" not in str(row).lower()

    def test_records_no_fact_and_no_job(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        with desk.house.transaction(desk.caller) as tx:
            assert tx.session.scalar(text("SELECT count(*) FROM facts")) == 0
            of_tenant = text("SELECT count(*) FROM outbox WHERE tenant_id = :tenant")
            assert tx.session.scalar(of_tenant, {"tenant": tx.tenant_id}) == 0

    def test_looks_nobody_up_without_a_list(
        self, fresh_database_url: str, house_with: Callable[..., House], platform: Platform
    ) -> None:
        database = Database.connect(fresh_database_url, pool_size=1)
        screen(house_with(database=database), Caller(platform.tenant, "test"), [HIM], "bind")
        assert see_status(Database(database.engine, "sharecover_worker")).in_force is None
        database.close()

    def test_serves_payouts_by_the_same_decisions(self, desk: Desk) -> None:
        with pytest.raises(Conflict):
            screen(desk.house, desk.caller, [HIM], "payout")
        assert desk.kept()[0].purpose == "payout"
        desk.decide("cleared")
        screen(desk.house, desk.caller, [HIM], "payout")
        assert desk.passes(HIM)


class TestDecisions:
    def test_that_clear_let_the_person_pass(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        seen = desk.decide("cleared")
        assert (seen.state, seen.decided_by, seen.because) == ("cleared", "Alex", "another person")
        assert desk.passes(HIM)
        assert len(desk.kept()) == 1

    def test_that_confirm_go_on_refusing_in_the_same_words(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        desk.decide("confirmed")
        assert not desk.passes(HIM)
        assert not desk.passes(replace(HIM, name="Camille Martin")), "another name makes nobody somebody else"
        assert len(desk.kept()) == 1

    def test_hold_for_the_name_that_they_were_made_for(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        desk.decide("cleared")
        assert not desk.passes(replace(HIM, name="Zoltan Quimble"))
        assert [one.state for one in desk.kept()] == ["cleared", "open"]

    def test_hold_for_the_person_alone(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        desk.decide("cleared")
        assert not desk.passes(replace(HIM, reference="emp-2"))

    def test_hold_while_the_entry_says_the_same(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        desk.decide("cleared")
        desk.load(BRUNHILDE, ZOLTAR)
        assert desk.passes(HIM)
        desk.load(replace(ZOLTAR, born=()))
        assert not desk.passes(HIM)

    def test_leave_a_new_entry_to_be_asked_about(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        desk.decide("cleared")
        desk.load(ZOLTAR, NAMESAKE)
        assert not desk.passes(HIM)
        assert [match["reference"] for match in desk.kept()[-1].matches] == ["MU-9"]
        desk.decide("cleared")
        desk.load(ZOLTAR)
        assert desk.passes(HIM), "fewer entries than were decided about"

    def test_end_with_the_entry(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        desk.decide("confirmed")
        desk.load(BRUNHILDE)
        assert desk.passes(HIM)
        desk.load(ZOLTAR)
        assert not desk.passes(HIM)

    def test_may_be_revised_and_the_earlier_one_stays(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        desk.decide("confirmed")
        seen = desk.decide("cleared")
        assert [(one["state"], one["by"]) for one in seen.earlier] == [("confirmed", "Alex")]
        assert desk.passes(HIM)
        with pytest.raises(Conflict, match="cleared already, by Alex"):
            desk.decide("cleared")

    def test_need_a_screening(self, desk: Desk) -> None:
        with pytest.raises(Missing, match="no screening scr_x"):
            desk.decide("cleared", "scr_x")

    def test_are_not_the_services_to_make(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        update = text(
            "UPDATE screenings SET state = 'cleared', decided_by = 'x', because = 'x', decided_at = created_at"
        )
        with pytest.raises(DBAPIError, match="permission denied"), desk.house.transaction(desk.caller) as tx:
            tx.session.execute(update)


class TestSeeing:
    def test_opens_the_name_with_the_master_key(self, desk: Desk) -> None:
        assert not desk.passes(replace(HIM, born=BORN))
        (kept,) = desk.kept()
        assert (kept.name, kept.born) == (None, None)
        keyring = desk.house.keyring
        assert isinstance(keyring, MasterKeyring)
        seen = see_screening(desk.queue, keyring, kept.id)
        assert (seen.name, seen.born) == ("Zoltar Quimbledon", "1961-04-12")
        assert see_screening(desk.queue, None, kept.id).name is None
        assert json.loads(json.dumps(plain(seen)))["matches"][0]["programme"] == "MADE-UP"

    def test_tells_no_name_of_one_who_was_erased(self, desk: Desk) -> None:
        assert not desk.passes(HIM)
        (kept,) = desk.kept()
        with desk.house.transaction(desk.caller) as tx:
            tx.forget(kept.member)
        assert see_screening(desk.queue, desk.house.keyring, kept.id).name is None

    def test_shows_another_partner_nothing(self, desk: Desk, another_platform: Platform) -> None:
        assert not desk.passes(HIM)
        with desk.house.transaction(Caller(another_platform.tenant, "test")) as tx:
            assert tx.session.scalar(text("SELECT count(*) FROM screenings")) == 0
        with desk.house.transaction(desk.caller) as tx:
            assert tx.session.scalar(text("SELECT count(*) FROM screenings")) == 1
        elsewhere = replace(desk, caller=Caller(another_platform.tenant, "test"))
        desk.decide("cleared")
        assert not elsewhere.passes(HIM), "decided by the other partner's screening"


class TestList:
    def test_is_replaced_whole_or_not_at_all(self, desk: Desk, owner: Database) -> None:
        before = see_status(desk.queue).in_force
        with pytest.raises(DBAPIError):
            desk.load(NAMESAKE, NAMESAKE)
        assert see_status(desk.queue).in_force == before
        assert not desk.passes(HIM)
        assert desk.passes(Person("emp-9", "Somebody Quimble"))

    def test_keeps_the_row_of_each_and_the_entries_of_the_newest(self, desk: Desk, owner: Database) -> None:
        desk.load(NAMESAKE)
        in_force = see_status(desk.queue).in_force
        assert in_force is not None
        assert in_force.entries == 1
        with owner.engine.connect() as connection:
            assert (connection.scalar(text("SELECT count(*) FROM sanctions_lists")) or 0) > 1
            assert list(connection.scalars(text("SELECT list_id FROM sanctions_entries"))) == [in_force.id]

    @pytest.mark.parametrize("role", ["sharecover_app", "sharecover_worker"])
    @pytest.mark.parametrize("statement", ["UPDATE sanctions_lists SET source = ''", "DELETE FROM sanctions_entries"])
    def test_is_the_owners_alone(self, owner: Database, role: str, statement: str) -> None:
        with owner.engine.connect() as connection:
            connection.execute(text(f"SET LOCAL ROLE {role}"))
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(statement))
