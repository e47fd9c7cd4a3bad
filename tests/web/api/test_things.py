"""Lists of things in a risk, wrong in every way that comes to mind."""

from __future__ import annotations

from typing import Any

from tests.answers import resolve, the_problem
from tests.builders import Platform
from tests.lending import a_loan, euros
from tests.web.api.bodies import JSON_VALUES, places, put, without
from tests.web.api.test_input import is_clean


def full_loan() -> dict[str, Any]:
    """A loan with every field of its things said."""
    things = [
        {"category": "camera", "description": "A tripod", "value": euros(20_050), "years": 1, "weight": 3.5},
        {"category": "tool", "description": "A drill", "value": euros(10_000), "years": 0, "weight": "0.05"},
    ]
    risk = a_loan(items=things, spares=[{"value": euros(777)}], invited=False)["risk"]
    return a_loan() | {
        "risk": {"items": risk["items"], "spares": risk["spares"], "stars": risk["stars"], "use": "home"}
    }


def inside(body: dict[str, Any]) -> list[tuple[str | int, ...]]:
    """The path of every value in the risk."""
    return [steps for steps in places(body) if steps[0] == "risk" and len(steps) > 1]


def pointer(steps: tuple[str | int, ...]) -> str:
    return "".join(f"/{step}" for step in steps)


class TestEveryField:
    def test_is_refused_or_taken_whatever_stands_in_it(self, lender: Platform) -> None:
        body, refused = full_loan(), 0
        for steps in inside(body):
            for value in JSON_VALUES:
                changed = put(body, steps, value)
                answer = lender.post("/v1/quotes", changed)
                is_clean(answer, changed)
                if answer.status_code == 422:
                    refused += 1
                    told = [error["pointer"] for error in the_problem(answer, 422, "invalid_quote")["errors"]]
                    # Money is read whole by the rules, which point at it.
                    where = pointer(steps[:-1] if steps[-1] in ("amount", "currency") else steps)
                    assert told == [where] or any(found.startswith(f"{where}/") for found in told), told
        assert refused > 300

    def test_that_must_stand_there_is_missed_by_its_name(self, lender: Platform) -> None:
        body, missed = full_loan(), set()
        for steps in inside(body):
            answer = lender.post("/v1/quotes", without(body, steps))
            if answer.status_code == 422:
                (error,) = the_problem(answer, 422, "invalid_quote")["errors"]
                of_money = steps[-1] in ("amount", "currency")
                assert error["pointer"] == pointer(steps[:-1] if of_money else steps)
                assert error["code"] == ("invalid_value" if of_money else "missing_field")
                missed.add(steps[-1])
        assert missed == {"items", "spares", "use", "stars", "category", "value", "weight", "amount", "currency"}

    def test_that_is_unknown_is_refused_in_every_thing(self, lender: Platform) -> None:
        body = full_loan()
        for steps in inside(body):
            found = resolve(body, pointer(steps))
            if isinstance(found, dict):
                answer = lender.post("/v1/quotes", put(body, steps, found | {"livemode": True}))
                (error,) = the_problem(answer, 422, "invalid_quote")["errors"]
                of_money = steps[-1] == "value"
                assert error["pointer"] == pointer(steps if of_money else (*steps, "livemode"))
                assert error["code"] == ("invalid_value" if of_money else "unknown_field")
