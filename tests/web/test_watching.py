"""What is told of each request: enough to find it again, and nothing that was sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from coverage.web.member.rendering import ASSETS_URL
from tests.builders import Platform, a_quote

Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    """What was told of the requests so far."""
    caplog.set_level(logging.INFO, "coverage.requests")
    return lambda: [getattr(record, "facts") for record in caplog.records if record.name == "coverage.requests"]  # noqa: B009


class TestWatch:
    def test_tells_the_route_and_no_path(self, platform: Platform, told: Told) -> None:
        quote = platform.post("/v1/quotes", a_quote()).json()
        platform.get(f"/v1/quotes/{quote['id']}")
        made, read = told()
        assert (made["method"], made["route"], made["status"]) == ("POST", "/v1/quotes", 201)
        assert (read["method"], read["route"], read["status"]) == ("GET", "/v1/quotes/{quote_id}", 200)
        assert made["tenant"] == read["tenant"] == platform.tenant.id
        assert 0 < read["ms"] < 60_000
        assert quote["id"] not in str(told())

    def test_tells_head_by_its_name_and_its_route(self, platform: Platform, told: Told) -> None:
        platform.call("HEAD", "/v1/quotes/qt_nothing")
        platform.client.head(f"{ASSETS_URL}/member.css")
        assert [(one["method"], one["route"], one["status"]) for one in told()] == [
            ("HEAD", "/v1/quotes/{quote_id}", 404), ("HEAD", f"{ASSETS_URL}/…", 200),
        ]  # fmt: skip

    def test_tells_a_problem_by_its_code(self, platform: Platform, told: Told) -> None:
        platform.get("/v1/quotes/qt_nothing")
        platform.client.get("/v1/covers", headers={"Authorization": "Bearer sk_test_wrong"})
        assert [one["code"] for one in told()] == ["unknown_quote", "invalid_key"]
        assert "tenant" not in told()[1]

    @pytest.mark.parametrize(
        ("method", "path", "route"),
        [
            ("GET", "/nowhere/secret", "unmatched"),
            ("SECRET", "/v1/secret", "unmatched"),
            ("GET", f"{ASSETS_URL}/secret.css", f"{ASSETS_URL}/…"),
            ("GET", "/m/secret?token=secret", "/m/{token}"),
        ],
    )
    def test_tells_nothing_that_was_sent(
        self, platform: Platform, told: Told, method: str, path: str, route: str
    ) -> None:
        platform.client.request(method, path, headers={"X-Anything": "secret"})
        (one,) = told()
        assert one["route"] == route
        assert one["method"] == ("GET" if method == "GET" else "other")
        assert "secret" not in str(one).lower()

    def test_tells_of_health_only_when_there_is_none(self, platform: Platform, told: Told) -> None:
        assert platform.client.get("/livez").status_code == 200
        assert told() == []

    def test_tells_of_what_no_route_was_looked_for(self, platform: Platform, told: Told) -> None:
        assert platform.client.get("/livez", headers={"Host": "no host"}).status_code == 400
        assert [(one["route"], one["status"]) for one in told()] == [("unmatched", 400)]

    def test_gives_the_id_that_was_answered(self, platform: Platform) -> None:
        ids = {platform.get("/v1/covers").headers["Request-Id"] for _ in range(3)}
        assert len(ids) == 3
