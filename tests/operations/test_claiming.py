"""A loss declared: what is flagged, what is refused, what is kept shut."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from coverage.storage.tenancy import Database
from tests.answers import pointers, the_problem
from tests.builders import Platform, a_claim, a_goods_risk, soon
from tests.dumping import dump
from tests.lending import Wall, an_exchange


@pytest.fixture
def cover(platform: Platform) -> dict[str, Any]:
    """A cover of twelve hours on a Monday morning to come, whose test clock stands at its end."""
    monday = datetime.fromisoformat(soon(days=8))
    monday += timedelta(days=-monday.weekday() % 7)
    start = monday.replace(hour=6, minute=0, second=0)
    made = platform.cover(platform.quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat()))
    platform.advance(made["end"])
    return made


def moved(instant: str, **by: float) -> str:
    return (datetime.fromisoformat(instant) + timedelta(**by)).isoformat()


class TestFlags:
    @pytest.mark.parametrize(
        ("edge", "by", "flags"),
        [
            ("start", {"microseconds": -1}, ["outside_window"]),
            ("start", {}, []),
            ("end", {"microseconds": -1}, []),
            ("end", {}, ["outside_window"]),
        ],
    )
    def test_a_loss_outside_the_window(
        self, platform: Platform, cover: dict[str, Any], edge: str, by: dict[str, float], flags: list[str]
    ) -> None:
        assert platform.claim(cover, loss_at=moved(cover[edge], **by))["flags"] == flags

    @pytest.mark.parametrize(
        ("cause", "days", "late"),
        # From a Monday: five working days end on the next Monday, two on Wednesday.
        [("accident", 7, False), ("accident", 8, True), ("theft", 2, False), ("theft", 3, True), ("fire", 700, True)],
    )
    def test_a_late_notice(self, platform: Platform, cover: dict[str, Any], cause: str, days: int, late: bool) -> None:
        for part in range(0, days, 300):
            platform.advance(moved(cover["end"], days=min(part + 300, days)))
        assert platform.claim(cover, cause=cause)["flags"] == (["late_notice"] if late else [])

    def test_a_cover_that_was_cancelled(self, platform: Platform) -> None:
        made = platform.cover()
        platform.post(f"/v1/covers/{made['id']}/cancel", {})
        platform.advance(made["end"])
        assert platform.claim(made)["flags"] == ["cover_not_in_force"]

    def test_a_loss_before_a_cover_that_begins_later(self, platform: Platform) -> None:
        made = platform.cover()
        claim = platform.claim(made, loss_at=soon(seconds=-60))
        assert claim["flags"] == ["outside_window"]


class TestWindows:
    @pytest.mark.parametrize(
        ("losses", "flags"),
        [
            (["cancellation"], []),
            ([], []),
            (["home_contents"], ["outside_window"]),
            (["cancellation", "home_contents"], ["outside_window"]),
        ],
    )
    def test_are_those_of_the_sections_claimed_on(
        self, lender: Platform, wall: Wall, losses: list[str], flags: list[str]
    ) -> None:
        """A journey is insured from its booking, the home from the day on which it begins."""
        made = lender.cover(lender.quote(**an_exchange()))
        wall.now += timedelta(days=3)
        body = {"loss_at": wall.text(hours=-1), "losses": [{"section": section} for section in losses]}
        assert lender.claim(made, **body)["flags"] == flags
        begun = moved(made["start"], hours=1)
        wall.now = datetime.fromisoformat(begun)
        late = lender.claim(made, loss_at=begun, losses=[{"section": "cancellation"}])
        assert late["flags"] == ["outside_window"]


class TestRefusals:
    def test_of_a_loss_to_come(self, platform: Platform) -> None:
        made = platform.cover()
        answer = platform.post("/v1/claims", a_claim(made, loss_at=soon(hours=1)))
        the_problem(answer, 422, "invalid_claim")
        assert pointers(answer) == ["/loss_at"]

    def test_of_sections_and_currencies_that_the_cover_has_not(self, platform: Platform, cover: dict[str, Any]) -> None:
        losses = [
            {"section": "theft_from_vehicle"},
            {"section": "goods_carried", "estimate": {"amount": 1, "currency": "USD"}},
            {"section": "goods_carried"},
            {"section": "goods_carried", "claimant": "third_party"},
        ]
        answer = platform.post("/v1/claims", a_claim(cover, losses=losses))
        the_problem(answer, 422, "invalid_claim")
        assert pointers(answer) == ["/losses/0/section", "/losses/1/estimate/currency", "/losses/2"]
        assert "expected one of goods_carried, legal_protection, liability, own_damage" in answer.text

    def test_of_a_section_that_was_not_taken(self, platform: Platform) -> None:
        made = platform.cover(platform.quote(product="goods_carried", risk=a_goods_risk(left_in_vehicle=False)))
        platform.advance(made["end"])
        answer = platform.post("/v1/claims", a_claim(made, losses=[{"section": "theft_from_vehicle"}]))
        assert pointers(answer) == ["/losses/0/section"]


class TestExposures:
    def test_are_one_for_each_section_and_claimant(self, platform: Platform, cover: dict[str, Any]) -> None:
        losses = [
            {"section": "liability", "claimant": "third_party", "estimate": {"amount": 0, "currency": "EUR"}},
            {"section": "liability", "claimant": "policyholder"},
            {"section": "own_damage", "estimate": {"amount": 10**12, "currency": "EUR"}},
        ]
        claim = platform.claim(cover, losses=losses)
        assert [(e["section"], e["claimant"], e["decision"], e["estimate"]) for e in claim["exposures"]] == [
            ("liability", "third_party", "pending", {"amount": 0, "currency": "EUR"}),
            ("liability", "policyholder", "pending", None),
            ("own_damage", "policyholder", "pending", {"amount": 10**12, "currency": "EUR"}),
        ]
        assert platform.get(f"/v1/claims/{claim['id']}").json() == claim

    def test_may_be_none_yet(self, platform: Platform, cover: dict[str, Any]) -> None:
        assert platform.claim(cover, losses=[])["exposures"] == []


class TestDescription:
    def test_is_told_to_the_partner_and_kept_shut(
        self, platform: Platform, cover: dict[str, Any], database_url: str, owner: Database
    ) -> None:
        canary = "QXCANARYCLAIM"
        claim = platform.claim(cover, description=canary, contact={"name": canary})
        assert platform.get(f"/v1/claims/{claim['id']}").json()["description"] == canary
        assert platform.get("/v1/claims").json()["data"][0]["description"] == canary
        found = dump(database_url)
        assert claim["id"] in found
        assert canary not in found
        assert canary.encode().hex() not in found
