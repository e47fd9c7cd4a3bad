"""Promises 12 and 14: two partners in two modes, every operation: nobody reads, writes or learns of the other's."""

from __future__ import annotations

import pytest

from coverage.operations.house import House
from coverage.storage.tenancy import Database
from tests.builders import Platform
from tests.promises.apart import AN_ID, NOT_IN_LIVE_MODE, ROWS, Kept, Side, four_sides, operations, pairs, told, twin
from tests.promises.trial import Trial, promise


@pytest.fixture
def sides(owner: Database, house: House, platform: Platform) -> list[Side]:
    return four_sides(owner, house, platform.client)


def try_pair(asker: Side, other: Side, owner: Database, trial: Trial) -> None:
    """Asks for each of the other's things wherever one can be named: the answer is that for a thing that isn't there."""
    tenants = [asker.tenant, other.tenant]
    for operation in operations(asker.platform.client):
        for place, kind in ROWS[operation.name].items():
            ask, theirs = asker.asking(operation, place), other.things[kind]
            before = Kept.of(owner, tenants)
            about_theirs = ask(theirs)
            assert Kept.of(owner, tenants) == before, f"{operation.name} wrote something"
            assert told(about_theirs) == told(ask(twin(theirs))), (operation.name, place)
            if place.startswith("query/") and about_theirs.status_code == 200:
                trial.met("listed")
            else:
                assert about_theirs.status_code in (404, 422), (operation.name, place, about_theirs.text)
                trial.met("refused")


class TestEveryOperation:
    def test_has_a_row(self, platform: Platform) -> None:
        found = operations(platform.client)
        assert [words for operation in found if (words := operation.missing())] == []
        assert set(ROWS) == {operation.name for operation in found}, "a row speaks of an operation that isn't there"

    @promise(
        12, "another partner's things are answered for as those that aren't there, and nothing is written",
        unit="pairs of tenants", small=2, full=8, provokes=("refused", "listed"),
    )  # fmt: skip
    def test_answers_for_another_partners_thing_as_for_none(
        self, sides: list[Side], owner: Database, trial: Trial
    ) -> None:
        chosen = list(pairs(sides, same_partner=False))
        trial.random.shuffle(chosen)
        for index in trial.each():
            try_pair(*chosen[index], owner, trial)

    @promise(
        14, "a test key never reads or writes live rows, nor a live key test rows",
        unit="pairs of tenants", small=1, full=4, provokes=("refused", "listed"),
    )  # fmt: skip
    def test_answers_for_the_other_modes_thing_as_for_none(
        self, sides: list[Side], owner: Database, trial: Trial
    ) -> None:
        chosen = list(pairs(sides, same_partner=True))
        for index in trial.each():
            try_pair(*chosen[index], owner, trial)

    @promise(
        12, "what a partner asks rightly tells of nobody else's things and changes none",
        unit="tenants", small=1, full=4, provokes=("told",),
    )  # fmt: skip
    def test_tells_and_changes_nobody_elses(self, sides: list[Side], owner: Database, trial: Trial) -> None:
        tenants = [side.tenant for side in sides]
        for index in trial.each():
            asker = sides[index]
            for operation in operations(asker.platform.client):
                before = Kept.of(owner, tenants)
                answer = asker.asking(operation)("")
                if operation.name in NOT_IN_LIVE_MODE and asker.tenant.livemode:
                    assert answer.status_code == 403
                    continue
                assert answer.status_code < 300, (operation.name, answer.text)
                after = Kept.of(owner, tenants)
                assert after.of_others(asker.tenant) == before.of_others(asker.tenant), operation.name
                if "json" in answer.headers["content-type"]:
                    named = set(AN_ID.findall(answer.text))
                    others = set().union(*(after.ids(tenant) for tenant in tenants if tenant != asker.tenant))
                    assert not named & (others - after.ids(asker.tenant)), operation.name
                    assert f'"livemode":{str(not asker.tenant.livemode).lower()}' not in answer.text.replace(" ", "")
                    trial.met("told", len(named))
