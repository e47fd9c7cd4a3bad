"""Many prices at once: each on its own, the same to the cent as a quote's, and nothing kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from starlette.types import Message, Receive, Scope, Send

from coverage.domain.faults import Unavailable
from coverage.operations.house import House
from coverage.operations.publishing import Publisher
from coverage.storage.tenancy import Database
from coverage.web.api import bodies, prices
from coverage.web.api.prices import Turns
from coverage.web.app import create_app
from coverage.web.capacity import Capacity
from tests.answers import pointers, resolve, the_problem
from tests.builders import Platform, a_goods_risk, a_risk, enrol_platform, soon
from tests.dumping import dump
from tests.lending import Wall, a_loan, a_shared_car, an_exchange, selling
from tests.operations.own_product import own_product, platform_on
from tests.processes import wait_for
from tests.web.api.bodies import JSON_VALUES, places, put, wanted, without

TOLD_OF_BOTH = (
    "product",
    "country",
    "edition",
    "start",
    "end",
    "duration",
    "timezone",
    "reasons",
    "price",
    "unavailable",
)


def priced(platform: Platform, *asked: Any, **options: Any) -> list[dict[str, Any]]:
    answer = platform.post("/v1/prices", {"prices": list(asked), "language": "en"}, **options)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    assert len(found) == len(asked)
    return found


@pytest.fixture
def shop(owner: Database, house: House, wall: Wall) -> Iterator[Platform]:
    """A partner of the products on sale, on a clock that stands still."""
    with selling(owner, house, house.rules(), wall) as platform:
        yield platform


CLASSES = ("car", "van", "cargo_bike")
DAYS = st.dates().map(str)
RISKS = st.fixed_dictionaries(
    {
        "product": st.just("off_duty_vehicle"),
        "risk": st.builds(
            lambda made, left_out: {key: value for key, value in made.items() if key not in left_out},
            st.fixed_dictionaries(
                {
                    "vehicle_class": st.sampled_from(CLASSES),
                    "registration": st.just("AB-123-CD"),
                    "driver_born": st.sampled_from(["1950-01-01", "1990-05-01", "2004-02-29", "2007-03-02"]) | DAYS,
                    "licence_since": st.sampled_from(["2010-06-01", "2025-12-31"]) | DAYS,
                    "goods_value": st.integers(-5, 1_200_000).map(lambda cents: {"amount": cents, "currency": "EUR"}),
                    "claims_3y": st.integers(0, 6),
                }
            ),
            st.sets(st.sampled_from(["claims_3y", "goods_value", "licence_since"]), max_size=1),
        ),
    }
) | st.fixed_dictionaries(
    {
        "product": st.just("goods_carried"),
        "risk": st.builds(
            lambda transport, km, cents: a_goods_risk(
                transport=transport, distance_km=km, goods_value={"amount": cents, "currency": "EUR"}
            ),
            st.sampled_from(["car", "van", "on_foot"]), st.integers(0, 900), st.integers(1, 1_500_000),
        ),
    }
)  # fmt: skip
TERMS = st.sampled_from(
    [
        {"start": "at_issue", "duration": "PT12H"},
        {"start": "2026-03-28T20:00:00+01:00", "duration": "P2D"},
        {"start": "2026-03-03T08:00:00Z", "end": "2026-03-03T20:00:00Z"},
        {"start": "2026-03-03T08:00:00Z", "end": "2026-06-03T20:00:00Z"},
        {"start": "2026-02-03T08:00:00Z", "duration": "PT1H"},
        {"start": "2026-03-03T08:00:00Z"},
    ]
)


class TestPrice:
    def test_is_a_quotes_for_the_same_risk_at_the_same_instant(self, shop: Platform) -> None:
        seen = {"priced": 0, "referred": 0, "declined": 0, "invalid": 0}

        @settings(
            max_examples=60, deadline=None, derandomize=True, database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        )  # fmt: skip
        @given(st.lists(st.builds(lambda risk, term: risk | term, RISKS, TERMS), min_size=3, max_size=6))
        def agree(asked: list[dict[str, Any]]) -> None:
            for number, (body, found) in enumerate(zip(asked, priced(shop, *asked), strict=True)):
                answer = shop.post("/v1/quotes", body | {"language": "en"})
                seen[found["status"]] += 1
                if found["status"] == "invalid":
                    problem = the_problem(answer)
                    assert [found[key] for key in ("code", "detail")] == [problem[key] for key in ("code", "detail")]
                    beneath = [e | {"pointer": f"/prices/{number}{e['pointer']}"} for e in problem.get("errors", [])]
                    assert found["errors"] == beneath
                    continue
                quote = answer.json()
                assert found["status"] == {"open": "priced"}.get(quote["state"], quote["state"])
                assert {key: found[key] for key in TOLD_OF_BOTH} == {key: quote[key] for key in TOLD_OF_BOTH}

        agree()
        assert min(seen.values()) >= 5, seen

    @pytest.mark.parametrize(
        "body", [a_loan(), an_exchange(), a_shared_car(excess="small", buy_back=True, vehicle_years=16)],
        ids=["lists", "surcharges and another country's taxes", "what can't be had"],
    )  # fmt: skip
    def test_of_the_tariffs_that_stretch_the_language_is_the_quotes(
        self, lender: Platform, body: dict[str, Any]
    ) -> None:
        quote = lender.quote(**body)
        (found,) = priced(lender, {key: value for key, value in body.items() if key != "language"})
        assert {key: found[key] for key in TOLD_OF_BOTH} == {key: quote[key] for key in TOLD_OF_BOTH}

    def test_goes_by_the_partners_own_clock(self, platform: Platform) -> None:
        body = wanted(start=soon(days=2), end=soon(days=2, hours=12))
        assert priced(platform, body)[0]["status"] == "priced"
        platform.advance(soon(days=3))
        (found,) = priced(platform, body)
        assert (found["status"], found["code"]) == ("invalid", "invalid_term")
        assert found["errors"][0]["pointer"] == "/prices/0/start"

    def test_is_told_in_the_language_that_is_asked_for(self, platform: Platform) -> None:
        body = {"prices": [wanted()]}
        french = platform.post("/v1/prices", body).json()["data"][0]["price"]["taxes"]
        english = platform.post("/v1/prices", body | {"language": "en"}).json()["data"][0]["price"]["taxes"]
        header = platform.post("/v1/prices", body, headers={"Accept-Language": "en"}).json()["data"][0]["price"][
            "taxes"
        ]
        assert english == header != french


class TestList:
    def test_answers_each_on_its_own_in_the_order_it_was_asked(self, platform: Platform) -> None:
        good, declined = wanted(), wanted(risk=a_risk(driver_born=soon(days=-365 * 17)[:10]))
        wrong = wanted(risk=a_risk(driver_born="yesterday", colour="red"))
        found = priced(platform, good, declined, wrong, good, 7, {}, wanted(product="scooter"))
        statuses = [one["status"] for one in found]
        assert statuses == ["priced", "declined", "invalid", "priced", "invalid", "invalid", "invalid"]
        assert found[0] == found[3]
        assert found[1]["price"] is None
        assert found[1]["reasons"][0]["decision"] == "decline"
        places = [[error["pointer"] for error in one.get("errors", [])] for one in found]
        assert places[2] == ["/prices/2/risk/colour", "/prices/2/risk/driver_born"]
        assert places[4] == ["/prices/4"]
        assert set(places[5]) == {"/prices/5/product", "/prices/5/start", "/prices/5/risk"}
        assert places[6] == ["/prices/6/product"]

    def test_of_a_thousand_is_answered_and_of_one_more_refused(self, platform: Platform) -> None:
        one = wanted()
        found = priced(platform, *[one] * 1000)
        assert {answer["status"] for answer in found} == {"priced"}
        refused = platform.post("/v1/prices", {"prices": [one] * 1001})
        problem = the_problem(refused, 422, "invalid_request")
        assert problem["errors"][0]["pointer"] == "/prices"
        assert problem["errors"][0]["detail"] == "1001 entries; expected at most 1000"

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({}, ["/prices"]),
            ({"prices": []}, ["/prices"]),
            ({"prices": {}}, ["/prices"]),
            ({"prices": [{}], "livemode": True}, ["/livemode"]),
            ({"prices": [{}], "language": "de"}, ["/language"]),
            ([], [""]),
        ],
    )
    def test_that_is_malformed_is_refused_as_a_whole(self, platform: Platform, body: Any, where: list[str]) -> None:
        answer = platform.post("/v1/prices", body)
        the_problem(answer, 422, "invalid_request")
        assert pointers(answer) == where

    def test_that_holds_what_json_cannot_is_refused_as_a_whole(self, platform: Platform) -> None:
        raw = json.dumps({"prices": [wanted(), wanted()]}).replace("800000", "NaN", 1)
        headers = {"Authorization": f"Bearer {platform.key}", "Content-Type": "application/json"}
        answer = platform.client.post("/v1/prices", content=raw, headers=headers)
        the_problem(answer, 400, "invalid_json")
        assert pointers(answer) == ["/prices/0/risk/goods_value/amount"]

    def test_may_be_larger_than_other_bodies_within_bounds(self, platform: Platform) -> None:
        headers = {"Authorization": f"Bearer {platform.key}", "Content-Type": "application/json"}
        body = json.dumps({"prices": [wanted()]}).encode()
        full = body + b" " * (prices.MAX_BYTES - len(body))
        assert platform.client.post("/v1/prices", content=full, headers=headers).status_code == 200
        refused = the_problem(platform.client.post("/v1/prices", content=full + b" ", headers=headers), 413)
        assert refused["detail"] == "the body is over 2048 kB"
        the_problem(platform.client.post("/v1/quotes", content=full, headers=headers), 413, "body_too_large")

    @pytest.mark.parametrize("bears", [None, "Bearer sk_test_" + "0" * 33, "Basic", "twice"])
    def test_is_no_larger_than_other_bodies_without_a_key(self, platform: Platform, bears: str | None) -> None:
        headers = {"Content-Type": "application/json"}
        if bears is not None:
            headers["Authorization"] = f"Bearer {platform.key}{platform.key}" if bears == "twice" else bears
        body = json.dumps({"prices": [wanted()]}).encode()
        full = body + b" " * (bodies.MAX_BYTES - len(body))
        the_problem(platform.client.post("/v1/prices", content=full, headers=headers), 401)
        refused = the_problem(platform.client.post("/v1/prices", content=full + b" ", headers=headers), 413)
        assert refused["detail"] == "the body is over 256 kB without an API key"

    def test_is_turned_away_when_large_ones_hold_too_much(self, platform: Platform) -> None:
        large, ordinary = bodies.MAX_BYTES + 1, bodies.MAX_BYTES

        async def play() -> None:
            let_go, inside = asyncio.Event(), 0

            async def work(scope: Scope, receive: Receive, send: Send) -> None:
                nonlocal inside
                inside += 1
                await let_go.wait()
                await send({"type": "http.response.start", "status": 200, "headers": []})
                if scope["client"] == "breaks":
                    raise RuntimeError("broke")

            limit = bodies.BodyLimit(work, larger={prices.PATH: prices.MAX_BYTES}, most_held=2 * large)

            async def call(size: int, client: str = "") -> int:
                sent: list[Message] = []
                chunks = [size // 2, size - size // 2]

                async def receive() -> Message:
                    return {"type": "http.request", "body": b" " * chunks.pop(0), "more_body": bool(chunks)}

                async def send(message: Message) -> None:
                    sent.append(message)

                key = [(b"authorization", f"Bearer {platform.key}".encode())]
                await limit(
                    {"type": "http", "method": "POST", "path": prices.PATH, "headers": key, "client": client},
                    receive,
                    send,
                )
                status: int = sent[0]["status"]
                assert status != 503 or dict(sent[0]["headers"])[b"retry-after"] == b"2"
                return status

            for _ in range(3):
                held = [asyncio.create_task(call(large, client)) for client in ("", "breaks")]
                held.append(asyncio.create_task(call(ordinary)))
                for _ in range(10):
                    await asyncio.sleep(0)
                assert inside == 3
                assert await call(large) == 503
                assert await call(prices.MAX_BYTES + 1) == 413
                let_go.set()
                assert [str(one) for one in await asyncio.gather(*held, return_exceptions=True)] == [
                    "200",
                    "broke",
                    "200",
                ]
                assert await call(2 * large) == 200, "nothing is held any more"
                let_go.clear()
                inside = 0

        asyncio.run(play())

    def test_that_has_waited_long_enough_is_turned_away(self, owner: Database, house: House) -> None:
        app = create_app(house, capacity=Capacity(at_once=8, waiting=0, wait_seconds=0.05))
        with TestClient(app) as client, ThreadPoolExecutor(1) as threads:
            platform = enrol_platform(owner, house, client)
            with app.state.turns.take():
                for _ in range(3):
                    asked = threads.submit(platform.post, "/v1/prices", {"prices": [wanted()]})
                    answer = asked.result(timeout=20)
                    the_problem(answer, 503, "overloaded")
                    assert answer.headers["Retry-After"] == "2"
                assert platform.quote()["state"] == "open"
            assert priced(platform, wanted())[0]["status"] == "priced"

    @pytest.mark.parametrize(
        ("places", "waiting"), [(1, 0), (2, 0), (3, 1), (4, 1), (8, 2), (12, 3), (16, 4), (19, 4), (200, 4)]
    )
    def test_is_turned_away_at_once_when_enough_wait(self, places: int, waiting: int) -> None:
        turns = Turns(Capacity(at_once=places, waiting=0, wait_seconds=60))

        def wait_too(index: int) -> bool:
            with turns.take():
                return True

        with ThreadPoolExecutor(5) as threads:
            with turns.take():
                waiters = [threads.submit(wait_too, index) for index in range(waiting)]
                wait_for("those who wait", lambda: turns._room._value == 0, seconds=10)
                with pytest.raises(Unavailable), turns.take():
                    pass
            assert all(waiter.result() for waiter in waiters)
        with turns.take():
            pass


class TestField:
    def test_is_answered_whatever_stands_in_it(self, platform: Platform) -> None:
        full = wanted(country="FR")
        asked = [put(full, steps, value) for steps in places(full) for value in JSON_VALUES]
        asked += [without(full, steps) for steps in places(full)]
        found = priced(platform, *asked)
        for answer in found:
            for error in answer.get("errors", []):
                parent = error["pointer"].rpartition("/")[0]
                resolve({"prices": asked}, parent if error["code"] == "missing_field" else error["pointer"])
        assert {answer["status"] for answer in found} >= {"priced", "invalid"}

    def test_that_is_unknown_is_told_of_fifty_times_at_most(self, platform: Platform) -> None:
        (found,) = priced(platform, wanted(risk=a_risk(**{f"colour_{number}": 1 for number in range(20_000)})))
        assert len(found["errors"]) == 50

    def test_of_a_quote_alone_is_unknown_here(self, platform: Platform) -> None:
        for name in ("metadata", "parties", "language", "livemode"):
            (found,) = priced(platform, wanted() | {name: {}})
            assert [error["pointer"] for error in found["errors"]] == [f"/prices/0/{name}"]
            assert found["errors"][0]["code"] == "unknown_field"


class TestNothing:
    def test_is_kept(self, platform: Platform, database_url: str) -> None:
        quote = platform.quote()
        before = dump(database_url)
        priced(platform, wanted(), wanted(start="at_issue", end=None, duration="PT1H"), wanted(product="scooter"))
        assert dump(database_url) == before
        assert quote["id"] in before

    def test_is_kept_of_an_idempotency_key(self, platform: Platform) -> None:
        body = {"prices": [wanted()]}
        first = platform.post("/v1/prices", body, key="list-1")
        second = platform.post("/v1/prices", {"prices": [wanted(product="scooter")]}, key="list-1")
        assert (first.status_code, second.status_code) == (200, 200)
        assert "Idempotent-Replayed" not in second.headers

    def test_of_an_edition_is_frozen(self, owner: Database, house_with: Callable[..., House], tmp_path: Path) -> None:
        product = own_product(tmp_path)
        publisher = Publisher(owner, product.folder)
        with platform_on(owner, house_with(rules=publisher.current), product) as shop:
            body = product.asked()
            priced(shop, {key: value for key, value in body.items() if key != "language"})
            with owner.outside() as session:
                query = text("SELECT count(*) FROM editions WHERE product = :product")
                assert session.scalar(query, {"product": body["product"]}) == 0
                assert shop.post("/v1/quotes", body).status_code == 201
                assert session.scalar(query, {"product": body["product"]}) == 1


def test_needs_the_scope_of_quotes(platform: Platform) -> None:
    answer = TestClient(platform.client.app).post("/v1/prices", json={"prices": [wanted()]})  # type: ignore[attr-defined]
    the_problem(answer, 401, "missing_key")
