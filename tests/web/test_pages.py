"""The member's pages over HTTP: the link, the cookie, the page, the certificate; and that no secret gets about."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from coverage.web.member.rendering import CONTENT_SECURITY_POLICY
from tests.builders import Platform, a_bind, a_party

UNKNOWN = "0" * 28


def link_of(platform: Platform, cover: dict[str, Any]) -> str:
    """The path of a cover's member link."""
    url = platform.get(f"/v1/covers/{cover['id']}").json()["member_url"]
    return "/m/" + str(url).rpartition("/")[2]


@pytest.fixture
def member(app: FastAPI) -> Iterator[TestClient]:
    """A member's browser, which follows no redirect by itself."""
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture
def cover(platform: Platform) -> dict[str, Any]:
    return platform.cover()


def is_guarded(answer: Any) -> None:
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-robots-tag"] == "noindex"


class TestLink:
    def test_becomes_a_cookie_and_leads_to_the_page(
        self, platform: Platform, member: TestClient, cover: dict[str, Any]
    ) -> None:
        path = link_of(platform, cover)
        opened = member.get(path)
        assert (opened.status_code, opened.headers["location"]) == (303, "/m")
        is_guarded(opened)
        cookie = opened.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/m", "max-age="))
        page = member.get("/m")
        assert page.status_code == 200
        assert cover["number"] in page.text
        is_guarded(page)
        assert path.removeprefix("/m/") not in page.text

    @pytest.mark.parametrize("query", ["?lang=fr", "?lang=en&utm=x", "?x=%0d%0aSet-Cookie:%20a=b"])
    def test_keeps_the_query_and_no_more(
        self, platform: Platform, member: TestClient, cover: dict[str, Any], query: str
    ) -> None:
        opened = member.get(link_of(platform, cover) + query)
        assert opened.headers["location"].startswith("/m?")
        assert "\n" not in opened.headers["location"]
        assert opened.headers.get_list("set-cookie")[0].startswith("sharecover_member=")
        assert len(opened.headers.get_list("set-cookie")) == 1

    @pytest.mark.parametrize("link", [UNKNOWN, "x", UNKNOWN + "0", "%00" * 28, "u" * 28, "\u00e9" * 28, "0" * 5000])
    def test_that_is_unknown_says_so_and_sets_nothing(self, member: TestClient, link: str) -> None:
        answer = member.get(f"/m/{link}")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "set-cookie" not in answer.headers
        is_guarded(answer)

    def test_is_secure_over_https_alone(self, platform: Platform, app: FastAPI, cover: dict[str, Any]) -> None:
        path = link_of(platform, cover)
        for scheme, secure in (("http", False), ("https", True)):
            with TestClient(app, base_url=f"{scheme}://testserver", follow_redirects=False) as client:
                assert ("secure" in client.get(path).headers["set-cookie"].lower()) is secure

    def test_of_a_cover_is_one_and_of_another_another(self, platform: Platform, cover: dict[str, Any]) -> None:
        assert link_of(platform, cover) == link_of(platform, cover)
        assert link_of(platform, cover) != link_of(platform, platform.cover())


class TestCookie:
    @pytest.mark.parametrize("cookie", [None, "", UNKNOWN, "x" * 4000, "%00"])
    @pytest.mark.parametrize("path", ["/m", "/m/certificate"])
    def test_that_opens_nothing_gets_the_page_of_nothing(
        self, member: TestClient, cookie: str | None, path: str
    ) -> None:
        headers = {"Cookie": f"sharecover_member={cookie}"} if cookie is not None else {}
        answer = member.get(path, headers=headers)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        is_guarded(answer)

    def test_shows_its_own_cover_alone(self, platform: Platform, app: FastAPI, cover: dict[str, Any]) -> None:
        other = platform.cover()
        for one, not_this in ((cover, other), (other, cover)):
            with TestClient(app, follow_redirects=True) as client:
                page = client.get(link_of(platform, one)).text
            assert one["number"] in page
            assert not_this["number"] not in page

    def test_is_replaced_by_the_next_link(self, platform: Platform, member: TestClient, cover: dict[str, Any]) -> None:
        other = platform.cover()
        member.get(link_of(platform, cover))
        member.get(link_of(platform, other))
        assert other["number"] in member.get("/m").text


class TestLanguage:
    @pytest.mark.parametrize(
        ("accepted", "query", "language"),
        [
            ("en", "", "en"), ("fr", "", "fr"), ("de", "", "fr"), (None, "", "fr"), ("en-GB,fr;q=0.5", "", "en"),
            ("en", "?lang=fr", "fr"), ("fr", "?lang=en", "en"), ("en", "?lang=de", "en"), ("en", "?lang=", "en"),
            ("en", "?lang=" + "x" * 3000, "en"), ("\u00e9", "?lang=%00", "fr"),
        ],
    )  # fmt: skip
    def test_is_the_chosen_one_or_the_browsers(
        self,
        platform: Platform,
        member: TestClient,
        cover: dict[str, Any],
        accepted: str | None,
        query: str,
        language: str,
    ) -> None:
        member.get(link_of(platform, cover))
        headers: Any = {"Accept-Language": accepted.encode("latin-1") if accepted else b""}
        page = member.get(f"/m{query}", headers=headers)
        assert page.status_code == 200
        assert page.headers["content-language"] == language
        assert f'lang="{language}"' in page.text
        gone = member.get(f"/m/{UNKNOWN}{query}", headers=headers)
        assert gone.headers["content-language"] == language


class TestPage:
    @pytest.mark.parametrize("state", ["scheduled", "on_risk", "ended", "cancelled"])
    def test_is_there_in_every_state(self, platform: Platform, member: TestClient, state: str) -> None:
        cover = platform.cover()
        path = link_of(platform, cover)
        if state == "cancelled":
            platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        elif state != "scheduled":
            platform.advance(cover["start" if state == "on_risk" else "end"])
        assert platform.get(f"/v1/covers/{cover['id']}").json()["state"] == state
        member.get(path)
        page = member.get("/m")
        assert page.status_code == 200
        assert cover["number"] in page.text

    def test_says_a_hostile_name_and_runs_nothing(self, platform: Platform, member: TestClient) -> None:
        hostile = "<script>alert(1)</script>\"'&{{7*7}}"
        parties = {"policyholder": a_party(name=hostile)}
        cover = platform.post("/v1/covers", a_bind(platform.quote(), parties=parties)).json()
        member.get(link_of(platform, cover))
        page = member.get("/m").text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page
        assert "{{7*7}}" in page

    def test_fetches_nothing_from_elsewhere(
        self, platform: Platform, member: TestClient, cover: dict[str, Any]
    ) -> None:
        member.get(link_of(platform, cover))
        page = member.get("/m").text
        assert "http://" not in page
        assert "https://" not in page.replace("https://www.w3.org", "")

    def test_hands_out_the_certificate(self, platform: Platform, member: TestClient, cover: dict[str, Any]) -> None:
        member.get(link_of(platform, cover))
        answer = member.get("/m/certificate?lang=en")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert cover["number"] in answer.headers["content-disposition"]
        is_guarded(answer)
        own = platform.get(f"/v1/covers/{cover['id']}/certificate", params={"language": "en"})
        assert answer.content == own.content


class TestSecrets:
    def test_stand_in_no_address_and_no_log(
        self, platform: Platform, member: TestClient, cover: dict[str, Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            path = link_of(platform, cover)
            secret = path.removeprefix("/m/")
            answers = [member.get(path), member.get("/m"), member.get("/m/certificate"), member.get(f"/m/{UNKNOWN}")]
        for answer in answers:
            assert secret not in answer.headers.get("location", "")
            assert secret not in answer.text
        # What the test's own client logs of its requests is no log of ours.
        logged = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
        assert secret not in logged
        assert platform.key not in logged

    def test_stand_in_no_log_when_something_breaks(
        self, platform: Platform, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, member: TestClient
    ) -> None:
        canary = "QXCANARYLOG"
        quote = platform.quote()
        secret = link_of(platform, platform.cover()).removeprefix("/m/")

        def fail(*_: object) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr("coverage.operations.issuing.cover_issued", fail)
        monkeypatch.setattr("coverage.web.member.pages.read_cover", fail)
        with caplog.at_level(logging.DEBUG):
            bind = a_bind(quote, parties={"policyholder": a_party(name=canary, email=f"{canary}@example.org")})
            assert platform.post("/v1/covers", bind).status_code == 500
            member.get(f"/m/{secret}")
            assert member.get("/m").status_code == 500
        ours = [record for record in caplog.records if record.name.startswith("coverage")]
        assert len([record for record in ours if record.levelno == logging.ERROR]) == 2
        told = "\n".join(logging.Formatter().format(record) for record in ours)
        for one in (canary, secret, platform.key):
            assert one not in told
