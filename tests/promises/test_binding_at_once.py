"""Promises 2 and 6: what many ask for at once is sold once, and never more of it than the cap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import combinations
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from coverage.domain.cover import Held, peak
from coverage.domain.period import Period
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform, a_bind, a_party, a_registration, a_risk, enrol_platform
from tests.promises.trial import Trial, promise
from tests.serving import at_once

REPLAYED = "Idempotent-Replayed"
SIMULTANEOUS = 100
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7)
CAP = 1_000_000  # cents of goods at one time for one member


@pytest.fixture
def another_served(owner: Database, house: House, served_platform: Platform) -> Platform:
    """A second partner who calls over the socket."""
    return enrol_platform(owner, house, served_platform.client)


def bound_rows(owner: Database, platform: Platform, quote: str) -> dict[str, int]:
    """How often a quote was sold and charged for."""
    tables = {
        "covers": "c.id", "transactions": "t.id", "charges": "t.id || (SELECT sum(amount) FROM transfers f "
        "WHERE f.transaction_id = t.id AND f.debit = 'receivable/partner')",
    }  # fmt: skip
    counted = ", ".join(f"count(DISTINCT {what}) AS {name}" for name, what in tables.items())
    query = f"SELECT {counted} FROM covers c JOIN transactions t ON t.cover_id = c.id WHERE c.quote_id = :quote"  # noqa: S608
    with owner.transaction(platform.tenant) as session:
        return dict(session.execute(text(query), {"quote": quote}).mappings().one())


class TestOneKey:
    @promise(
        2, "100 simultaneous binds with one key make one cover and one charge",
        unit="rounds of 100 binds", small=2, full=200, provokes=("refused while it ran", "replayed"),
    )  # fmt: skip
    def test_binds_once_whoever_else_asks(self, served_platform: Platform, owner: Database, trial: Trial) -> None:
        for number in trial.each():
            quote = served_platform.quote()
            bind, key = a_bind(quote), f"round-{number}"

            def post(_: int, bind: dict[str, Any] = bind, key: str = key) -> httpx2.Response:
                return served_platform.post("/v1/covers", bind, key=key)

            answers = at_once(SIMULTANEOUS, post)
            made = [answer for answer in answers if answer.status_code == 201]
            assert sum(REPLAYED not in answer.headers for answer in made) == 1
            assert len({(answer.content, answer.headers["content-type"]) for answer in made}) == 1
            for answer in answers:
                if answer.status_code != 201:
                    the_problem(answer, 409, "idempotency_key_in_use")
            again = post(0)
            assert (again.content, again.headers[REPLAYED]) == (made[0].content, "true")
            assert bound_rows(owner, served_platform, quote["id"]) == {"covers": 1, "transactions": 1, "charges": 1}
            trial.met("refused while it ran", SIMULTANEOUS - len(made))
            trial.met("replayed", len(made) - 1)


def hours(first: int, last: int) -> dict[str, str]:
    """A window in hours from `MIDNIGHT`."""
    return {name: (MIDNIGHT + timedelta(hours=hour)).isoformat() for name, hour in (("start", first), ("end", last))}


def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


class TestOneObject:
    @promise(
        6, "one object's exclusive section is never held twice at one time, and another partner learns nothing of it",
        unit="races", small=12, full=1200, provokes=("refused", "touching", "of another partner"),
    )  # fmt: skip
    def test_goes_to_windows_that_do_not_overlap(
        self, served_platform: Platform, another_served: Platform, owner: Database, trial: Trial
    ) -> None:
        for _ in trial.each():
            registration = a_registration()
            # On a grid of six hours many windows touch; the last is another partner's, over all of the others.
            starts = [trial.random.choice((0, 6, 12, 18)) for _ in range(4)]
            windows = [(start, start + trial.random.choice((6, 12))) for start in starts] + [(0, 30)]
            partners = [served_platform] * 4 + [another_served]

            def quoted(
                index: int, registration: str = registration, windows: Any = windows, partners: Any = partners
            ) -> Any:
                return partners[index].quote(risk=a_risk(registration=registration), **hours(*windows[index]))

            quotes = at_once(5, quoted)
            binds = [a_bind(quote) for quote in quotes]
            answers = at_once(5, partial(_post, partners, binds))
            assert answers[4].status_code == 201, answers[4].text
            trial.met("of another partner")
            won = [window for window, answer in zip(windows[:4], answers, strict=False) if answer.status_code == 201]
            assert not any(overlap(one, other) for one, other in combinations(won, 2)), windows
            for window, answer in zip(windows[:4], answers, strict=False):
                if answer.status_code != 201:
                    the_problem(answer, 409, "object_covered")
                    assert any(overlap(window, other) for other in won), "refused for nothing"
                    trial.met("refused")
            trial.met("touching", sum(one[1] == other[0] for one in won for other in won))
        self.check_rows(owner, served_platform)

    @staticmethod
    def check_rows(owner: Database, platform: Platform) -> None:
        query = """
            SELECT count(*), count(*) FILTER (WHERE EXISTS (
                SELECT FROM objects_held o WHERE o.object_key = h.object_key AND o.section = h.section
                AND o.period && h.period AND o.cover_id <> h.cover_id AND o.state = 'issued'))
            FROM objects_held h WHERE h.state = 'issued'
        """
        with owner.transaction(platform.tenant) as session:
            held, twice = session.execute(text(query)).one()
        assert held
        assert twice == 0


class TestOneMember:
    @promise(
        6, "a member's goods at one time never pass the cap, whichever covers are bought at once",
        unit="races", small=8, full=600, provokes=("refused", "filled to the cap"),
    )  # fmt: skip
    def test_has_no_more_at_risk_than_the_cap(self, served_platform: Platform, owner: Database, trial: Trial) -> None:
        for number in trial.each():
            person = {"policyholder": a_party(reference=f"emp-{number}")}
            starts = [trial.random.choice((0, 6)) for _ in range(5)]
            windows = [(start, start + trial.random.choice((6, 12))) for start in starts]
            values = [trial.random.choice((200_000, 400_000, 500_000)) for _ in windows]

            def quoted(index: int, windows: Any = windows, values: Any = values) -> Any:
                risk = a_risk(goods_value={"amount": values[index], "currency": "EUR"})
                return served_platform.quote(risk=risk, **hours(*windows[index]))

            binds = [a_bind(quote, parties=person) for quote in at_once(5, quoted)]
            answers = at_once(5, partial(_post, [served_platform] * 5, binds))
            held = []
            for window, value, answer in zip(windows, values, answers, strict=True):
                if answer.status_code == 201:
                    held.append(Held(period(window), value))
                else:
                    the_problem(answer, 409, "cap_exceeded")
                    trial.met("refused")
            most = peak(held, period((0, 24)))
            assert most <= CAP, (windows, values, [answer.status_code for answer in answers])
            trial.met("filled to the cap", most == CAP)
            for window, value, answer in zip(windows, values, answers, strict=True):
                if answer.status_code == 409:
                    assert peak([*held, Held(period(window), value)], period(window)) > CAP, "refused for nothing"


def period(window: tuple[int, int]) -> Period:
    return Period(*(datetime.fromisoformat(instant) for instant in hours(*window).values()))


def _post(partners: Sequence[Platform], binds: Sequence[dict[str, Any]], index: int) -> httpx2.Response:
    return partners[index].post("/v1/covers", binds[index])
