"""HEAD: whatever takes GET takes it, and answers with the same headers and nothing behind them."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx2
import pytest

from coverage.web.member.rendering import ASSETS_URL
from tests.answers import the_problem
from tests.builders import Platform

# What differs from one answer to the next, whatever was asked.
OWN = {"request-id", "date", "ratelimit"}
FOR_EVERYBODY = [
    "/", "/docs", "/redoc", "/openapi.json", "/docs/versions", "/problems", "/problems/internal", "/problems/nothing", "/verify",
    "/livez", "/docs/assets/favicon.png", f"{ASSETS_URL}/member.css", f"{ASSETS_URL}/nothing.css", "/nowhere", "/v1/covers",
]  # fmt: skip


def alike(platform: Platform, path: str, **headers: str) -> tuple[httpx2.Response, httpx2.Response]:
    """What is answered to GET and to HEAD, which is alike."""
    got, headed = (platform.client.request(method, path, headers=headers) for method in ("GET", "HEAD"))
    assert headed.status_code == got.status_code, path
    told = [{name: value for name, value in one.headers.items() if name not in OWN} for one in (got, headed)]
    assert told[0] == told[1], path
    assert headed.content == b""
    return got, headed


class TestHead:
    @pytest.mark.parametrize("path", FOR_EVERYBODY)
    def test_is_answered_as_get_is_without_the_body(self, platform: Platform, path: str) -> None:
        got, headed = alike(platform, path)
        assert got.content
        assert int(headed.headers["content-length"]) == len(got.content)

    def test_is_taken_by_every_operation_that_reads(self, platform: Platform) -> None:
        cover = platform.cover(platform.quote(start="at_issue", end=None, duration="PT1H"))
        claim = platform.claim(cover)
        document = platform.client.get("/openapi.json").json()
        there = {
            "cover_id": cover["id"],
            "quote_id": cover["quote"],
            "claim_id": claim["id"],
            "product": cover["product"],
        }
        found: dict[int, int] = {}
        for path, item in document["paths"].items():
            assert "head" not in item, "they would all be there twice"
            if "get" not in item:
                continue
            asked = re.sub(r"\{(\w+)\}", lambda name: str(there.get(name[1], "nothing")), path)
            got, _ = alike(platform, asked, Authorization=f"Bearer {platform.key}")
            assert got.status_code != 405
            found[got.status_code] = found.get(got.status_code, 0) + 1
        assert found[200] >= 15, found

    def test_of_what_is_streamed_ends_with_the_headers(self, platform: Platform) -> None:
        month = f"{datetime.now(UTC).astimezone(ZoneInfo('Europe/Paris')):%Y-%m}"
        path = f"/v1/bordereaux?kind=premium&month={month}&format=csv"
        got, _ = alike(platform, path, Authorization=f"Bearer {platform.key}")
        assert got.status_code == 200
        assert got.headers["content-type"].startswith("text/csv")

    @pytest.mark.parametrize(("path", "methods"), [("/v1/prices", "POST"), ("/card-events/test", "POST")])
    def test_is_refused_where_get_is(self, platform: Platform, path: str, methods: str) -> None:
        _, headed = alike(platform, path, Authorization=f"Bearer {platform.key}")
        assert (headed.status_code, headed.headers["allow"]) == (405, methods)
        assert headed.headers["content-type"] == "application/problem+json"
        the_problem(platform.client.get(path), 405, "method_not_allowed")

    def test_sends_nothing_behind_the_headers_on_the_wire(self, served_platform: Platform) -> None:
        for path in ("/", "/v1/covers", "/v1/products", "/nowhere", "/v1/prices"):
            sent = exchanged(served_platform, path)
            assert sent.startswith(b"HTTP/1.1 ")
            assert sent.count(b"\r\n\r\n") == 1
            assert sent.endswith(b"\r\n\r\n")
            assert int(re.search(rb"content-length: (\d+)", sent.lower())[1]) > 0  # type: ignore[index]


def exchanged(platform: Platform, path: str) -> bytes:
    """All that comes back for HEAD until the line is closed."""
    url = httpx2.URL(str(platform.client.base_url))
    with socket.create_connection((url.host, url.port or 80), timeout=20) as line:
        line.sendall(
            f"HEAD {path} HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: Bearer {platform.key}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        sent = b""
        while more := line.recv(65536):
            sent += more
        return sent
