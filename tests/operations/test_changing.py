"""Changing a cover: longer, more, or over early; each with its transaction, terms, holds and journal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from coverage.domain.tenant import Caller
from coverage.operations.certifying import certificate_facts
from coverage.operations.house import House
from coverage.operations.showing import find_cover
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform, a_bind, a_risk, soon
from tests.lending import Wall, a_loan, an_exchange, euros
from tests.operations.card import Till
from tests.operations.test_collecting import balances, facts, let_time_pass
from tests.operations.test_issuing import journal_of
from tests.serving import at_once


def asked(platform: Platform, cover: dict[str, Any], kind: str, **what: Any) -> dict[str, Any]:
    answer = platform.post(f"/v1/covers/{cover['id']}/changes", {"kind": kind, **what})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def confirmed(platform: Platform, change: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = platform.post(f"/v1/changes/{change['id']}/confirm", a_declaration(**more))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def a_declaration(**more: Any) -> dict[str, Any]:
    return {"no_known_loss": True, "declared_at": soon(seconds=-1)} | more


def later(instant: str, **by: float) -> str:
    return (datetime.fromisoformat(instant) + timedelta(**by)).isoformat()


def seen(platform: Platform, cover: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = platform.get(f"/v1/covers/{cover['id']}").json()
    return found


class TestExtend:
    def test_charges_the_difference_of_the_whole_new_term(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover()
        end = later(cover["end"], days=1)
        change = asked(platform, cover, "extend", end=end)
        assert (change["state"], change["end"], change["due"]) == (
            "open",
            end.replace("+00:00", "Z"),
            change["price"]["gross"],
        )
        assert seen(platform, cover)["end"] == cover["end"]
        done = confirmed(platform, change)
        longer = seen(platform, cover)
        assert (done["state"], longer["end"]) == ("confirmed", change["end"])
        whole = platform.quote(start=cover["start"], end=end)
        # What the whole new term costs from the first day on, section by section.
        assert {s["name"]: s["net"] for s in longer["price"]["sections"]} == {
            s["name"]: s["net"] for s in whole["price"]["sections"]
        }
        first, second = longer["transactions"]
        assert (second["risk_type"], second["premium_type"]) == ("Adjustment", "Additional Premium")
        assert second["gross"] == change["due"]
        assert journal_of(owner, platform, cover)["receivable/partner", "EUR"] == longer["price"]["gross"]["amount"]
        assert first["gross"]["amount"] + second["gross"]["amount"] == longer["price"]["gross"]["amount"]

    def test_holds_the_object_for_longer(self, platform: Platform) -> None:
        risk = a_risk()
        cover = platform.cover(platform.quote(risk=risk))
        confirmed(platform, asked(platform, cover, "extend", end=later(cover["end"], hours=6)))
        after = platform.quote(risk=risk, start=later(cover["end"], hours=3), end=later(cover["end"], hours=9))
        the_problem(platform.post("/v1/covers", a_bind(after)), 409, "object_covered")
        beyond = platform.quote(risk=risk, start=later(cover["end"], hours=6), end=later(cover["end"], hours=9))
        assert platform.post("/v1/covers", a_bind(beyond)).status_code == 201

    def test_gives_way_to_the_next_cover_of_the_object(self, platform: Platform) -> None:
        risk = a_risk()
        cover = platform.cover(platform.quote(risk=risk))
        change = asked(platform, cover, "extend", end=later(cover["end"], hours=6))
        platform.cover(platform.quote(risk=risk, start=later(cover["end"], hours=3), end=later(cover["end"], hours=9)))
        answer = platform.post(f"/v1/changes/{change['id']}/confirm", a_declaration())
        the_problem(answer, 409, "object_covered")
        assert seen(platform, cover)["end"] == cover["end"]
        assert platform.get(f"/v1/changes/{change['id']}").json()["state"] == "open"

    def test_of_a_cover_that_runs_moves_its_end(self, platform: Platform) -> None:
        cover = platform.cover()
        platform.advance(later(cover["start"], minutes=5))
        change = asked(platform, cover, "extend", end=later(cover["end"], hours=5))
        confirmed(platform, change, declared_at=later(cover["start"], minutes=5))
        platform.advance(later(cover["end"], hours=1))
        assert seen(platform, cover)["state"] == "on_risk"
        platform.advance(later(cover["end"], hours=5, seconds=1))
        assert seen(platform, cover)["state"] == "ended"

    def test_of_a_cover_that_is_over_is_refused(self, platform: Platform) -> None:
        cover = platform.cover()
        platform.advance(cover["end"])
        answer = platform.post(
            f"/v1/covers/{cover['id']}/changes", {"kind": "extend", "end": later(cover["end"], hours=5)}
        )
        the_problem(answer, 409, "cover_ended")

    def test_says_what_is_wrong_with_it(self, platform: Platform) -> None:
        cover = platform.cover()
        for body, pointer in (
            ({"kind": "extend"}, "/end"),
            ({"kind": "extend", "end": cover["start"]}, "/end"),
            ({"kind": "extend", "end": later(cover["end"], days=30)}, "/end"),
            ({"kind": "raise", "end": cover["end"], "risk": {"goods_value": euros(900_000)}}, "/end"),
            ({"kind": "return_early", "risk": {"goods_value": euros(1)}}, "/risk"),
            ({"kind": "raise"}, "/risk"),
            ({"kind": "raise", "risk": {"goods": euros(1)}}, "/risk/goods"),
            ({"kind": "raise", "risk": {"claims_3y": 1}}, "/risk/claims_3y"),
            ({"kind": "raise", "risk": {"goods_value": {"amount": -1, "currency": "EUR"}}}, "/risk/goods_value"),
            ({"kind": "shrink"}, "/kind"),
        ):  # fmt: skip
            problem = the_problem(platform.post(f"/v1/covers/{cover['id']}/changes", body), 422)
            assert [error["pointer"] for error in problem["errors"]] == [pointer], (body, problem)


class TestRaise:
    def test_counts_from_its_confirmation_and_shows(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover(platform.quote(risk=a_risk(goods_value=euros(100_000))))
        change = asked(platform, cover, "raise", risk={"goods_value": euros(500_000)})
        assert change["due"]["amount"] > 0
        confirmed(platform, change)
        raised = seen(platform, cover)
        goods = next(s for s in raised["price"]["sections"] if s["name"] == "goods_carried")
        assert goods["limits"][0]["amount"] == euros(500_000)
        assert raised["price"]["gross"]["amount"] == cover["price"]["gross"]["amount"] + change["due"]["amount"]
        assert journal_of(owner, platform, cover)["receivable/partner", "EUR"] == raised["price"]["gross"]["amount"]

    def test_stays_under_the_members_cap(self, platform: Platform) -> None:
        cover = platform.cover(platform.quote(risk=a_risk(goods_value=euros(400_000))))
        platform.cover(platform.quote(risk=a_risk(goods_value=euros(500_000))), parties=cover_parties(platform, cover))
        change = asked(platform, cover, "raise", risk={"goods_value": euros(600_000)})
        answer = platform.post(f"/v1/changes/{change['id']}/confirm", a_declaration())
        the_problem(answer, 409, "cap_exceeded")
        confirmed(platform, asked(platform, cover, "raise", risk={"goods_value": euros(500_000)}))

    def test_leaves_the_past_as_it_was_to_claims(self, platform: Platform) -> None:
        cover = platform.cover(platform.quote(risk=a_risk(goods_value=euros(0))))
        platform.advance(later(cover["start"], hours=1))
        change = asked(platform, cover, "raise", risk={"goods_value": euros(500_000)})
        confirmed(platform, change, declared_at=later(cover["start"], hours=1))
        loss = {"section": "goods_carried", "estimate": euros(100_000)}
        before = platform.claim(cover, loss_at=later(cover["start"], minutes=30), losses=[loss])
        assert "outside_window" in before["flags"]
        platform.advance(later(cover["start"], hours=2))
        after = platform.claim(cover, loss_at=later(cover["start"], hours=1, minutes=45), losses=[loss])
        assert after["flags"] == []


def cover_parties(platform: Platform, cover: dict[str, Any]) -> dict[str, Any]:
    """The parties of a bind for the same policyholder."""
    reference = next(party["reference"] for party in cover["parties"] if party["role"] == "policyholder")
    parties: dict[str, Any] = a_bind(platform.quote())["parties"]
    parties["policyholder"] = parties["policyholder"] | {"reference": reference}
    return parties


class TestReturnEarly:
    def test_ends_the_cover_and_gives_back_by_the_products_rule(
        self, lender: Platform, owner: Database, wall: Wall
    ) -> None:
        # Homes exchanged: what isn't used goes back, by elapsed seconds.
        cover = lender.cover(lender.quote(**an_exchange()))
        start, end = datetime.fromisoformat(cover["start"]), datetime.fromisoformat(cover["end"])
        wall.now = start + (end - start) / 2
        change = asked(lender, cover, "return_early")
        assert change["due"]["amount"] == -change["price"]["gross"]["amount"]
        confirmed(lender, change, declared_at=wall.text())
        ended = seen(lender, cover)
        assert (ended["state"], datetime.fromisoformat(ended["end"])) == ("ended", wall.now)
        back = ended["transactions"][-1]
        assert (back["risk_type"], back["premium_type"]) == ("Adjustment", "Return Premium")
        assert back["gross"]["amount"] == change["due"]["amount"] < 0
        left = cover["price"]["gross"]["amount"] + back["gross"]["amount"]
        assert journal_of(owner, lender, cover)["receivable/partner", "EUR"] == left
        assert ended["price"]["gross"]["amount"] == left

    def test_frees_the_object(self, lender: Platform, wall: Wall) -> None:
        loan = a_loan()
        cover = lender.cover(lender.quote(**loan))
        wall.now = datetime.fromisoformat(cover["start"]) + timedelta(hours=1)
        change = lender.post(f"/v1/covers/{cover['id']}/changes", {"kind": "return_early"})
        if change.status_code == 422:
            the_problem(change, 422, "not_returnable")
            return
        confirmed(lender, change.json(), declared_at=wall.text())
        again = loan | {"start": wall.text(minutes=1), "end": later(cover["end"], hours=-1)}
        assert lender.post("/v1/covers", a_bind(lender.quote(**again))).status_code == 201

    def test_of_a_cover_that_has_not_begun_is_a_cancellation(self, platform: Platform) -> None:
        cover = platform.cover()
        answer = platform.post(f"/v1/covers/{cover['id']}/changes", {"kind": "return_early"})
        the_problem(answer, 409, "cover_not_started")


class TestConfirm:
    def test_happens_once(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover()
        change = asked(platform, cover, "extend", end=later(cover["end"], hours=5))
        confirmed(platform, change)
        answer = platform.post(f"/v1/changes/{change['id']}/confirm", a_declaration())
        the_problem(answer, 409, "change_not_open")
        assert len(seen(platform, cover)["transactions"]) == 2

    def test_happens_once_for_twenty_who_confirm_at_once(self, served_platform: Platform) -> None:
        cover = served_platform.cover()
        one = asked(served_platform, cover, "extend", end=later(cover["end"], hours=5))
        two = asked(served_platform, cover, "extend", end=later(cover["end"], hours=9))
        answers = at_once(
            20, lambda i: served_platform.post(f"/v1/changes/{(one, two)[i % 2]['id']}/confirm", a_declaration())
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
        assert len(seen(served_platform, cover)["transactions"]) == 2

    def test_needs_the_declaration_that_no_loss_is_known(self, platform: Platform) -> None:
        change = asked(platform, platform.cover(), "raise", risk={"goods_value": euros(900_000)})
        for declaration, pointer in (
            (a_declaration(no_known_loss=False), "/no_known_loss"),
            (a_declaration(declared_at=soon(hours=1)), "/declared_at"),
            (a_declaration(declared_at=soon(minutes=-6)), "/declared_at"),
            ({"declared_at": soon()}, "/no_known_loss"),
        ):
            problem = the_problem(platform.post(f"/v1/changes/{change['id']}/confirm", declaration), 422)
            assert [error["pointer"] for error in problem["errors"]] == [pointer]

    def test_is_over_after_a_quarter_of_an_hour(self, platform: Platform) -> None:
        cover = platform.cover()
        change = asked(platform, cover, "extend", end=later(cover["end"], hours=5))
        platform.advance(change["expires_at"])
        assert platform.get(f"/v1/changes/{change['id']}").json()["state"] == "expired"
        answer = platform.post(f"/v1/changes/{change['id']}/confirm", a_declaration())
        the_problem(answer, 409, "change_not_open")

    def test_is_void_once_the_cover_has_changed_or_was_claimed_on(self, platform: Platform) -> None:
        cover = platform.cover()
        first = asked(platform, cover, "extend", end=later(cover["end"], hours=5))
        second = asked(platform, cover, "extend", end=later(cover["end"], hours=9))
        confirmed(platform, first)
        the_problem(platform.post(f"/v1/changes/{second['id']}/confirm", a_declaration()), 409, "cover_changed")
        third = asked(platform, cover, "extend", end=later(cover["end"], hours=9))
        platform.claim(cover, loss_at=soon(seconds=-30))
        the_problem(platform.post(f"/v1/changes/{third['id']}/confirm", a_declaration()), 409, "cover_claimed")

    def test_of_another_partners_change_is_as_of_none(self, platform: Platform, another_platform: Platform) -> None:
        change = asked(platform, platform.cover(), "raise", risk={"goods_value": euros(900_000)})
        path = f"/v1/changes/{change['id']}"
        the_problem(another_platform.get(path), 404, "unknown_change")
        the_problem(another_platform.post(f"{path}/confirm", a_declaration()), 404, "unknown_change")

    def test_makes_a_new_certificate_that_names_the_one_before(self, platform: Platform, house: House) -> None:
        cover = platform.cover()
        confirmed(platform, asked(platform, cover, "extend", end=later(cover["end"], hours=5)))
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            certificate = certificate_facts(tx, find_cover(tx, cover["id"]), "en")
        assert (certificate.version, certificate.replaces_issued_at) == (2, datetime.fromisoformat(cover["created_at"]))
        assert certificate.issued_at > datetime.fromisoformat(cover["created_at"])
        assert certificate.ends_at == datetime.fromisoformat(later(cover["end"], hours=5))
        assert platform.get(f"/v1/covers/{cover['id']}/certificate?language=en").status_code == 200


class TestByCard:
    def test_comes_true_once_it_is_paid(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        change = asked(till.platform, cover, "extend", end=later(cover["end"], days=1))
        waits = confirmed(till.platform, change)
        assert (waits["state"], waits["payment"]["amount"]) == ("awaiting_payment", change["due"])
        assert till.seen(cover)["end"] == cover["end"]
        told = till.platform.get(f"/v1/changes/{change['id']}").json()
        till.pay(told)
        assert till.platform.get(f"/v1/changes/{change['id']}").json()["state"] == "confirmed"
        longer = till.seen(cover)
        assert longer["end"] == change["end"]
        till.work()
        assert facts(owner, till, cover)[-1] == "cover.changed"
        assert balances(owner, till)["clearing/card"] == longer["price"]["gross"]["amount"]

    def test_is_abandoned_when_nobody_pays(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        change = asked(till.platform, cover, "extend", end=later(cover["end"], days=1))
        confirmed(till.platform, change)
        the_problem(till.platform.post(f"/v1/covers/{cover['id']}/cancel", {}), 409, "change_pending")
        let_time_pass(till, soon(minutes=11))
        assert till.platform.get(f"/v1/changes/{change['id']}").json()["state"] == "abandoned"
        assert facts(owner, till, cover)[-1] == "cover.change_abandoned"
        assert till.platform.post(f"/v1/covers/{cover['id']}/cancel", {}).status_code == 200
        till.work()
        assert balances(owner, till) == {}

    def test_cancelled_afterwards_gives_back_what_both_payments_paid(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        change = asked(till.platform, cover, "extend", end=later(cover["end"], days=1))
        confirmed(till.platform, change)
        till.pay(till.platform.get(f"/v1/changes/{change['id']}").json())
        whole = till.platform.get(f"/v1/changes/{change['id']}").json()
        assert whole["state"] == "confirmed"
        done = till.platform.post(f"/v1/covers/{cover['id']}/cancel", {}).json()
        assert done["refund"]["amount"] == cover["price"]["gross"]["amount"] + change["due"]["amount"]
        till.work()
        assert balances(owner, till) == {}
        with owner.transaction(till.platform.tenant) as session:
            rows = session.execute(text("SELECT amount, refunded FROM payments")).all()
        assert len(rows) == 2
        assert all(amount == refunded for amount, refunded in rows)
