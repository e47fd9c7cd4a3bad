"""Claims settled: what may be decided, set aside and paid out, by whom, and what the books say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from coverage.domain.screening import Entry
from coverage.domain.tenant import Caller
from coverage.operations.balancing import check_books
from coverage.operations.house import House
from coverage.operations.screening import load_list
from coverage.operations.unlocking import new_key
from coverage.storage.tenancy import Database
from tests.answers import pointers, the_problem
from tests.builders import Platform, a_payout, a_risk, soon
from tests.dumping import dump
from tests.serving import at_once

GOODS, DAMAGE, LIABILITY = "goods_carried", "own_damage", "liability"


def euros(amount: int) -> dict[str, Any]:
    return {"amount": amount * 100, "currency": "EUR"}


@pytest.fixture
def cover(platform: Platform) -> dict[str, Any]:
    """A cover that is on risk, with goods for 8,000 and an excess of 1,000."""
    quote = platform.quote(start="at_issue", end=None, duration="PT12H", risk=a_risk(excess="standard"))
    made = platform.cover(quote)
    platform.advance((datetime.fromisoformat(made["start"]) + timedelta(hours=1)).isoformat())
    return made


@pytest.fixture
def claimed(platform: Platform, cover: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Declares losses on sections of the cover; answers the claim."""

    def declare(*sections: str, claimant: str = "policyholder", estimate: int | None = 420) -> dict[str, Any]:
        losses = [
            {"section": section, "claimant": claimant, **({"estimate": euros(estimate)} if estimate else {})}
            for section in sections
        ]
        return platform.claim(cover, losses=losses)

    return declare


@pytest.fixture
def books(owner: Database) -> Callable[[Platform], list[str]]:
    """What is wrong in the books of a partner."""

    def faults(platform: Platform) -> list[str]:
        found: list[str] = []
        queue = Database(owner.engine, "sharecover_worker")
        check_books(queue, lambda one: found.append(str(one)), lambda *_: None, only=[platform.tenant.id])
        return found

    return faults


def balances(owner: Database, platform: Platform) -> dict[str, int]:
    """Debits less credits of the accounts of claims, and of the bank, in cents."""
    with owner.engine.connect() as connection:
        connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": platform.tenant.id})
        rows = connection.execute(
            text(
                "SELECT account, sum(amount)::bigint FROM (SELECT debit AS account, amount FROM transfers WHERE tenant_id = :id"
                " UNION ALL SELECT credit, -amount FROM transfers WHERE tenant_id = :id) every"
                " WHERE account LIKE 'claims%' OR account IN ('payable/claims', 'bank') GROUP BY 1 HAVING sum(amount) <> 0"
            ),
            {"id": platform.tenant.id},
        )
        return {row[0]: row[1] for row in rows}


def decide(platform: Platform, exposure: str, expected: int = 200, **body: Any) -> dict[str, Any]:
    answer = platform.post(f"/v1/exposures/{exposure}/decision", {"because": "by the receipt", **body})
    assert answer.status_code == expected, answer.text
    told: dict[str, Any] = answer.json()
    return told


def lost(amount: int, **named: Any) -> list[dict[str, Any]]:
    """A loss of one part."""
    return [{"amount": euros(amount), **named}]


def approve(platform: Platform, exposure: str, loss: int, **more: Any) -> dict[str, Any]:
    named = {name: more.pop(name) for name in ("limit", "sublimit") if name in more}
    return decide(platform, exposure, decision="approved", losses=lost(loss, **named), **more)


def pay(platform: Platform, exposure: str, amount: int, **changes: Any) -> dict[str, Any]:
    answer = platform.post(f"/v1/exposures/{exposure}/payouts", a_payout(amount * 100, **changes))
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def settle(platform: Platform, payout: dict[str, Any], outcome: str = "paid") -> dict[str, Any]:
    answer = platform.post(f"/v1/payouts/{payout['id']}/settle", {"outcome": outcome, "bank_reference": "SCT-1"})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def file_of(platform: Platform, exposure: str) -> dict[str, Any]:
    found: dict[str, Any] = platform.get(f"/v1/exposures/{exposure}").json()
    return found


class TestWholeLife:
    def test_of_a_claim_from_its_declaration_to_its_end(
        self,
        platform: Platform,
        claimed: Callable[..., dict[str, Any]],
        owner: Database,
        books: Callable[..., list[str]],
    ) -> None:
        claim = claimed(DAMAGE)
        (exposure,) = claim["exposures"]
        incurred, outstanding = (
            "claims_incurred/off_duty_vehicle/own_damage",
            "claims_outstanding/off_duty_vehicle/own_damage",
        )
        assert balances(owner, platform) == {incurred: 42_000, outstanding: -42_000}
        told = approve(platform, exposure["id"], 2_500)
        # 2,500 less the excess of 1,000.
        assert [(step["kind"], step["amount"]["amount"]) for step in told["losses"][0]["steps"]] == [
            ("loss", 250_000),
            ("deductible", -100_000),
        ]
        assert told["owed"] == told["approved"] == euros(1_500)
        assert told["exposure"]["reserves"]["indemnity"] == euros(1_500)
        assert balances(owner, platform) == {incurred: 150_000, outstanding: -150_000}
        payout = pay(platform, exposure["id"], 1_500)
        assert (payout["state"], payout["payee"]["iban"]) == ("pending", "FR1420041010050500013M02606")
        assert balances(owner, platform) == {incurred: 150_000, "payable/claims": -150_000}
        assert platform.get("/v1/payouts", params={"state": "pending"}).json()["data"] == [payout]
        the_problem(platform.post(f"/v1/claims/{claim['id']}/close", {}), 409, "not_paid")
        done = settle(platform, payout)
        assert (done["state"], done["bank_reference"]) == ("paid", "SCT-1")
        assert done["paid_at"] is not None
        assert balances(owner, platform) == {incurred: 150_000, "bank": -150_000}
        seen = platform.post(f"/v1/claims/{claim['id']}/close", {}).json()
        assert seen["state"] == "closed"
        assert seen["exposures"][0] | {"id": ""} == {
            "id": "", "section": DAMAGE, "claimant": "policyholder", "decision": "approved", "estimate": euros(420),
            "granted": euros(1_500), "paid": euros(1_500),
        }  # fmt: skip
        assert books(platform) == []

    def test_is_told_to_who_follows(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]], owner: Database
    ) -> None:
        claim = claimed(GOODS)
        exposure = claim["exposures"][0]["id"]
        approve(platform, exposure, 200)
        settle(platform, pay(platform, exposure, 50))
        platform.post(f"/v1/claims/{claim['id']}/close", {})
        with owner.engine.connect() as connection:
            connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": platform.tenant.id})
            kinds = connection.scalars(
                text("SELECT kind FROM facts WHERE subject = :id ORDER BY id"), {"id": claim["id"]}
            )
            assert list(kinds) == [
                "claim.created",
                "claim.decided",
                "claim.payout_ordered",
                "claim.payout_paid",
                "claim.closed",
            ]


class TestDeciding:
    def test_a_preview_shows_the_working_and_changes_nothing(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]]
    ) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        before = file_of(platform, exposure)
        # 10 % of the loss, 150 at least, with 2,500 an item.
        told = approve(platform, exposure, 3_000, sublimit="each_item", preview=True)
        assert (told["owed"], told["preview"]) == (euros(2_500), True)
        assert file_of(platform, exposure) == before

    def test_all_that_is_owed_is_approved_unless_less_is_said(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]]
    ) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        assert approve(platform, exposure, 5_000)["approved"] == euros(4_500)
        told = approve(platform, exposure, 5_000, amount=euros(1_000))
        assert (told["owed"], told["approved"]) == (euros(4_500), euros(1_000))
        assert told["exposure"]["payable"] == euros(1_000)
        assert [one["approved"] for one in told["exposure"]["decisions"]] == [euros(4_500), euros(1_000)]

    def test_no_more_than_is_owed(self, platform: Platform, claimed: Callable[..., dict[str, Any]]) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        body: dict[str, Any] = {
            "decision": "approved",
            "losses": lost(5_000),
            "amount": euros(4_501),
            "because": "generous",
        }
        answer = platform.post(f"/v1/exposures/{exposure}/decision", body)
        the_problem(answer, 422, "invalid_decision")
        assert pointers(answer) == ["/amount/amount"]
        assert "4500.00 EUR" in answer.text
        told = decide(platform, exposure, **body | {"amount": euros(4_500), "goodwill": euros(300)})
        assert told["exposure"]["payable"] == euros(4_800)

    def test_a_limit_is_given_away_once(
        self, platform: Platform, cover: dict[str, Any], books: Callable[..., list[str]]
    ) -> None:
        """Goods of 8,000 are insured for the whole cover, whoever claims them and how often."""
        first, second = (platform.claim(cover)["exposures"][0]["id"] for _ in range(2))
        assert approve(platform, first, 7_000)["owed"] == euros(6_300)
        assert approve(platform, second, 7_000)["owed"] == euros(1_700)
        # What the first gives up, the second may have.
        approve(platform, first, 7_000, amount=euros(3_000))
        assert approve(platform, second, 7_000)["owed"] == euros(5_000)
        assert books(platform) == []

    def test_two_handlers_at_once_give_it_away_once(self, platform: Platform, cover: dict[str, Any]) -> None:
        exposures = [platform.claim(cover)["exposures"][0]["id"] for _ in range(4)]
        told = at_once(4, lambda index: approve(platform, exposures[index], 5_000))
        assert sorted(one["approved"]["amount"] for one in told) == [0, 0, 350_000, 450_000]

    def test_a_victim_bears_no_deductible(self, platform: Platform, claimed: Callable[..., dict[str, Any]]) -> None:
        exposure = claimed(LIABILITY, claimant="third_party")["exposures"][0]["id"]
        answer = platform.post(
            f"/v1/exposures/{exposure}/decision", {"decision": "approved", "losses": lost(5_000), "because": "x"}
        )
        assert pointers(answer) == ["/losses/0/limit"]
        assert "one of bodily, property" in answer.text
        assert approve(platform, exposure, 130_000_000, limit="property")["owed"] == euros(100_000_000)
        assert approve(platform, exposure, 130_000_000, limit="bodily")["owed"] == euros(130_000_000)

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"decision": "approved"}, "/losses"),
            ({"decision": "goodwill"}, "/goodwill"),
            ({"decision": "goodwill", "goodwill": euros(0)}, "/goodwill"),
            ({"decision": "repudiated", "goodwill": euros(1)}, "/goodwill"),
            ({"decision": "repudiated", "amount": euros(1)}, "/amount"),
            ({"decision": "goodwill", "goodwill": euros(1), "losses": lost(1)}, "/losses"),
            ({"decision": "approved", "losses": [{"amount": {"amount": 1, "currency": "USD"}}]}, "/losses/0/amount/currency"),
            ({"decision": "approved", "losses": lost(1), "goodwill": euros(10**10), "amount": euros(0)}, None),
            ({"decision": "approved", "losses": lost(2_000), "goodwill": euros(10**10)}, "/goodwill/amount"),
            ({"decision": "approved", "losses": lost(1), "goodwill": euros(10**10 + 1)}, "/goodwill/amount"),
            ({"decision": "approved", "losses": lost(1, sound_value=euros(1))}, "/losses/0/sound_value"),
            ({"decision": "approved", "losses": lost(1), "premium_due": euros(0)}, "/premium_due/amount"),
        ],
    )  # fmt: skip
    def test_what_does_not_go_together_is_refused(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]], body: dict[str, Any], pointer: str | None
    ) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        answer = platform.post(f"/v1/exposures/{exposure}/decision", {"because": "x", "preview": True} | body)
        assert pointers(answer) == [pointer] if pointer else answer.status_code == 200, answer.text

    def test_a_loss_that_was_not_covered_then_is_goodwill_at_most(
        self, platform: Platform, cover: dict[str, Any]
    ) -> None:
        platform.advance(soon(hours=14))
        exposure = platform.claim(cover, loss_at=soon(hours=13))["exposures"][0]["id"]
        assert file_of(platform, exposure)["terms"]["covered"] is False
        refused = platform.post(
            f"/v1/exposures/{exposure}/decision", {"decision": "approved", "losses": lost(1), "because": "x"}
        )
        the_problem(refused, 409, "not_covered_then")
        told = decide(platform, exposure, decision="goodwill", goodwill=euros(80))
        assert (told["owed"], told["approved"], told["goodwill"]) == (euros(0), euros(0), euros(80))
        assert told["exposure"]["decision"] == "goodwill"

    def test_reads_the_terms_at_the_loss(self, platform: Platform) -> None:
        """More goods were insured later than when they were lost."""
        made = platform.cover(platform.quote(start=soon(hours=1), end=soon(hours=13)))
        platform.advance(soon(hours=2))
        lost_at = soon(hours=1, minutes=30)
        wish = {"kind": "raise", "risk": {"goods_value": euros(9_000)}}
        change = platform.post(f"/v1/covers/{made['id']}/changes", wish).json()
        now = platform.get("/v1/test_clock").json()["now"]
        confirmed = platform.post(f"/v1/changes/{change['id']}/confirm", {"no_known_loss": True, "declared_at": now})
        assert confirmed.status_code == 200, confirmed.text
        platform.advance(soon(hours=4))
        before, after = (platform.claim(made, loss_at=at)["exposures"][0]["id"] for at in (lost_at, soon(hours=3)))
        limits = [file_of(platform, one)["terms"]["limits"][0]["amount"] for one in (before, after)]
        assert limits == [euros(8_000), euros(9_000)]

    def test_a_section_that_a_raise_brings_in_covers_from_then_on(self, platform: Platform) -> None:
        made = platform.cover(
            platform.quote(start="at_issue", end=None, duration="PT12H", risk=a_risk(goods_value=euros(0)))
        )
        platform.advance(soon(hours=2))
        change = platform.post(
            f"/v1/covers/{made['id']}/changes", {"kind": "raise", "risk": {"goods_value": euros(5_000)}}
        ).json()
        now = platform.get("/v1/test_clock").json()["now"]
        done = platform.post(f"/v1/changes/{change['id']}/confirm", {"no_known_loss": True, "declared_at": now})
        assert done.status_code == 200, done.text
        platform.advance(soon(hours=4))
        before, after = (platform.claim(made, loss_at=at) for at in (soon(hours=1), soon(hours=3)))
        assert (before["flags"], after["flags"]) == (["outside_window"], [])
        covered = [file_of(platform, one["exposures"][0]["id"])["terms"]["covered"] for one in (before, after)]
        assert covered == [False, True]

    def test_no_less_than_was_paid_out(self, platform: Platform, claimed: Callable[..., dict[str, Any]]) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        approve(platform, exposure, 5_000)
        payout = pay(platform, exposure, 1_000)
        refused = platform.post(f"/v1/exposures/{exposure}/decision", {"decision": "repudiated", "because": "x"})
        the_problem(refused, 409, "paid_out_already")
        settle(platform, payout, "failed")
        assert decide(platform, exposure, decision="repudiated")["exposure"]["payable"] == euros(0)


class TestReserves:
    def test_are_the_estimate_until_a_person_knows_better(
        self,
        platform: Platform,
        claimed: Callable[..., dict[str, Any]],
        owner: Database,
        books: Callable[..., list[str]],
    ) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        body = {"indemnity": euros(300), "fees": euros(90), "because": "an expert looks at it"}
        told = platform.post(f"/v1/exposures/{exposure}/reserve", body).json()
        assert told["reserves"] == {"indemnity": euros(300), "fees": euros(90)}
        assert balances(owner, platform) == {
            "claims_incurred/off_duty_vehicle/goods_carried": 30_000, "claims_outstanding/off_duty_vehicle/goods_carried": -30_000,
            "claims_fees_incurred/off_duty_vehicle/goods_carried": 9_000,
            "claims_fees_outstanding/off_duty_vehicle/goods_carried": -9_000,
        }  # fmt: skip
        assert platform.post(f"/v1/exposures/{exposure}/reserve", body).json() == told, "nothing to change"
        assert books(platform) == []

    def test_are_what_was_decided_at_least(self, platform: Platform, claimed: Callable[..., dict[str, Any]]) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        approve(platform, exposure, 5_000)
        answer = platform.post(f"/v1/exposures/{exposure}/reserve", {"indemnity": euros(4_499), "because": "x"})
        the_problem(answer, 422, "invalid_reserve")
        assert "4500.00 EUR" in answer.text
        more = platform.post(f"/v1/exposures/{exposure}/reserve", {"indemnity": euros(6_000), "because": "x"})
        assert more.json()["reserves"]["indemnity"] == euros(6_000)
        nothing = platform.post(f"/v1/exposures/{exposure}/reserve", {"because": "x"})
        assert pointers(nothing) == ["/indemnity"]

    def test_are_released_when_the_claim_is_closed(
        self,
        platform: Platform,
        claimed: Callable[..., dict[str, Any]],
        owner: Database,
        books: Callable[..., list[str]],
    ) -> None:
        claim = claimed(GOODS)
        exposure = claim["exposures"][0]["id"]
        platform.post(f"/v1/exposures/{exposure}/reserve", {"fees": euros(90), "because": "x"})
        decide(platform, exposure, decision="repudiated")
        assert platform.post(f"/v1/claims/{claim['id']}/close", {}).status_code == 200
        assert balances(owner, platform) == {}
        assert books(platform) == []


class TestPayingOut:
    def test_no_more_than_was_decided(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]], books: Callable[..., list[str]]
    ) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        undecided = platform.post(f"/v1/exposures/{exposure}/payouts", a_payout(1))
        the_problem(undecided, 409, "not_decided")
        approve(platform, exposure, 1_150)
        pay(platform, exposure, 600)
        refused = platform.post(f"/v1/exposures/{exposure}/payouts", a_payout(40_001))
        the_problem(refused, 422, "invalid_payout")
        assert "400.00 EUR" in refused.text
        pay(platform, exposure, 400)
        assert file_of(platform, exposure)["paid_out"] == euros(1_000)
        assert books(platform) == []

    def test_at_once_no_more_than_was_decided(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]], books: Callable[..., list[str]]
    ) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        approve(platform, exposure, 1_150)
        answers = at_once(6, lambda _: platform.post(f"/v1/exposures/{exposure}/payouts", a_payout(40_000)).status_code)
        assert sorted(answers) == [201, 201, 422, 422, 422, 422]
        assert books(platform) == []

    def test_once_whoever_repeats_it(self, platform: Platform, claimed: Callable[..., dict[str, Any]]) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        approve(platform, exposure, 1_150)
        first = platform.post(f"/v1/exposures/{exposure}/payouts", a_payout(40_000), key="again")
        second = platform.post(f"/v1/exposures/{exposure}/payouts", a_payout(40_000), key="again")
        assert (second.content, second.headers["Idempotent-Replayed"]) == (first.content, "true")
        assert file_of(platform, exposure)["paid_out"] == euros(400)

    def test_fees_stand_outside_the_limit_and_the_decision(
        self,
        platform: Platform,
        claimed: Callable[..., dict[str, Any]],
        owner: Database,
        books: Callable[..., list[str]],
    ) -> None:
        claim = claimed(GOODS, estimate=None)
        exposure = claim["exposures"][0]["id"]
        settle(platform, pay(platform, exposure, 250, kind="fees"))
        assert balances(owner, platform) == {
            "claims_fees_incurred/off_duty_vehicle/goods_carried": 25_000, "bank": -25_000,
        }  # fmt: skip
        assert platform.get(f"/v1/claims/{claim['id']}").json()["exposures"][0]["paid"] == euros(0)
        decide(platform, exposure, decision="repudiated")
        assert books(platform) == []

    def test_what_comes_back_is_owed_again(
        self,
        platform: Platform,
        claimed: Callable[..., dict[str, Any]],
        owner: Database,
        books: Callable[..., list[str]],
    ) -> None:
        claim = claimed(GOODS)
        exposure = claim["exposures"][0]["id"]
        approve(platform, exposure, 1_150)
        payout = settle(platform, pay(platform, exposure, 1_000))
        platform.post(f"/v1/claims/{claim['id']}/close", {})
        back = settle(platform, payout, "failed")
        assert (back["state"], back["paid_at"]) == ("failed", payout["paid_at"])
        assert platform.get(f"/v1/claims/{claim['id']}").json()["state"] == "in_review", "it is open again"
        assert file_of(platform, exposure)["reserves"]["indemnity"] == euros(1_000)
        assert balances(owner, platform)["claims_outstanding/off_duty_vehicle/goods_carried"] == -100_000
        for outcome in ("paid", "failed"):
            again = platform.post(f"/v1/payouts/{payout['id']}/settle", {"outcome": outcome, "bank_reference": "SCT-1"})
            the_problem(again, 409, "payout_settled")
        settle(platform, pay(platform, exposure, 1_000))
        assert books(platform) == []

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"amount": euros(0)}, "/amount/amount"),
            ({"amount": {"amount": 1, "currency": "USD"}}, "/amount/currency"),
            ({"payee": {"reference": "x", "name": "Ada", "iban": "FR15 2004 1010 0505 0001 3M02 606"}}, "/payee/iban"),
            ({"payee": {"reference": "x", "name": "Ada", "iban": "12"}}, "/payee/iban"),
            ({"payee": a_payout()["payee"] | {"born": "1990-02-30"}}, "/payee/born"),
            ({"payee": a_payout()["payee"] | {"born": 0}}, "/payee/born"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]], change: dict[str, Any], pointer: str
    ) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        approve(platform, exposure, 1_150)
        answer = platform.post(f"/v1/exposures/{exposure}/payouts", a_payout() | change)
        assert (answer.status_code, pointers(answer)) == (422, [pointer])

    def test_keeps_the_account_and_the_reasons_shut(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]], database_url: str
    ) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        decide(platform, exposure, decision="goodwill", goodwill=euros(400), because="QXCANARYREASON")
        payee = a_payout()["payee"] | {"name": "QXCANARYNAME"}
        pay(platform, exposure, 400, payee=payee)
        found = dump(database_url)
        assert exposure in found
        for canary in ("QXCANARYREASON", "QXCANARYNAME", payee["iban"].replace(" ", "")):
            assert canary not in found
            assert canary.encode().hex() not in found
        assert file_of(platform, exposure)["decisions"][0]["because"] == "QXCANARYREASON"


class TestScreening:
    @pytest.fixture
    def listed(self, owner: Database, house: House) -> Any:
        """Somebody whose assets are frozen; and afterwards another, whom no test names."""
        name = "Ferdinand Quartermoor"
        load_list(owner, [Entry("MU-7", (name,), (), "person", "MADE-UP")], "made up", "0" * 64, house.wall())
        yield name
        load_list(owner, [Entry("MU-9", ("Zoltar Quimbledon",), (), "person", "MADE-UP")], "x", "0" * 64, house.wall())

    def test_nothing_is_paid_to_whom_a_person_has_to_look_at(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]], listed: str, owner: Database
    ) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        approve(platform, exposure, 1_150)
        payee = a_payout()["payee"] | {"reference": "garage-7", "name": listed}
        the_problem(platform.post(f"/v1/exposures/{exposure}/payouts", a_payout(payee=payee)), 409, "referred")
        assert file_of(platform, exposure)["payouts"] == []
        with owner.engine.connect() as connection:
            connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": platform.tenant.id})
            kept = connection.execute(
                text("SELECT purpose, state FROM screenings WHERE tenant_id = :id"), {"id": platform.tenant.id}
            )
            assert kept.all() == [("payout", "open")]
        pay(platform, exposure, 100)

    def test_nor_where_the_cover_is_theirs(
        self, platform: Platform, cover: dict[str, Any], owner: Database, house: House
    ) -> None:
        """Bound before the list had them."""
        quote = platform.quote(start="at_issue", end=None, duration="PT12H")
        party = {"reference": "emp-77", "name": "Ottilie Brackenbury", "email": "o@example.org", "locale": "en"}
        made = platform.cover(quote, parties={"policyholder": party})
        exposure = platform.claim(made)["exposures"][0]["id"]
        approve(platform, exposure, 1_150)
        load_list(owner, [Entry("MU-8", (party["name"],), (), "person", "MADE-UP")], "made up", "0" * 64, house.wall())
        try:
            payee = a_payout()["payee"] | {"reference": "garage-8", "name": "Garage Central"}
            answer = platform.post(f"/v1/exposures/{exposure}/payouts", a_payout(payee=payee))
            the_problem(answer, 409, "referred")
        finally:
            load_list(owner, [Entry("MU-9", ("Zoltar Quimbledon",), (), "person", "X")], "x", "0" * 64, house.wall())

    def test_nor_is_a_change_of_theirs_confirmed(self, platform: Platform, owner: Database, house: House) -> None:
        party = {"reference": "emp-78", "name": "Wilhelmina Thackeray", "email": "w@example.org", "locale": "en"}
        made = platform.cover(parties={"policyholder": party})
        wish = {"kind": "raise", "risk": {"goods_value": euros(9_000)}}
        change = platform.post(f"/v1/covers/{made['id']}/changes", wish).json()
        load_list(owner, [Entry("MU-6", (party["name"],), (), "person", "MADE-UP")], "x", "0" * 64, house.wall())
        try:
            body = {"no_known_loss": True, "declared_at": soon(seconds=0)}
            the_problem(platform.post(f"/v1/changes/{change['id']}/confirm", body), 409, "referred")
        finally:
            load_list(owner, [Entry("MU-9", ("Zoltar Quimbledon",), (), "person", "X")], "x", "0" * 64, house.wall())
        assert platform.post(f"/v1/changes/{change['id']}/confirm", body).status_code == 200


class TestClosing:
    def test_waits_for_decisions(self, platform: Platform, claimed: Callable[..., dict[str, Any]]) -> None:
        claim = claimed(GOODS, DAMAGE)
        decide(platform, claim["exposures"][0]["id"], decision="repudiated")
        refused = platform.post(f"/v1/claims/{claim['id']}/close", {})
        the_problem(refused, 409, "not_decided")
        assert claim["exposures"][1]["id"] in refused.text

    def test_ends_what_can_be_done_until_it_is_reopened(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]]
    ) -> None:
        claim = claimed(GOODS)
        exposure = claim["exposures"][0]["id"]
        the_problem(platform.post(f"/v1/claims/{claim['id']}/reopen", {}), 409, "claim_not_closed")
        decide(platform, exposure, decision="repudiated")
        platform.post(f"/v1/claims/{claim['id']}/close", {})
        for path, body in (
            (f"/v1/exposures/{exposure}/decision", {"decision": "repudiated", "because": "x"}),
            (f"/v1/exposures/{exposure}/reserve", {"fees": euros(1), "because": "x"}),
            (f"/v1/exposures/{exposure}/payouts", a_payout(1, kind="fees")),
            (f"/v1/claims/{claim['id']}/exposures", {"section": DAMAGE}),
            (f"/v1/claims/{claim['id']}/close", {}),
        ):
            the_problem(platform.post(path, body), 409, "claim_closed")
        assert platform.post(f"/v1/claims/{claim['id']}/reopen", {}).json()["state"] == "in_review"
        approve(platform, exposure, 1_150)

    def test_with_nothing_paid_leaves_the_cover_free_to_be_changed_and_cancelled(self, platform: Platform) -> None:
        made = platform.cover()
        claims = [platform.claim(made, loss_at=soon(seconds=-60), losses=[{"section": one}]) for one in (GOODS, DAMAGE)]
        path = f"/v1/covers/{made['id']}/cancel"
        for claim in claims:
            the_problem(platform.post(path, {}), 409, "cover_claimed")
            decide(platform, claim["exposures"][0]["id"], decision="repudiated")
            assert platform.post(f"/v1/claims/{claim['id']}/close", {}).status_code == 200
        assert platform.post(path, {}).status_code == 200

    def test_with_something_paid_does_not(self, platform: Platform) -> None:
        made = platform.cover()
        claim = platform.claim(made, loss_at=soon(seconds=-60))
        exposure = claim["exposures"][0]["id"]
        decide(platform, exposure, decision="goodwill", goodwill=euros(10))
        settle(platform, pay(platform, exposure, 10))
        assert platform.post(f"/v1/claims/{claim['id']}/close", {}).status_code == 200
        the_problem(platform.post(f"/v1/covers/{made['id']}/cancel", {}), 409, "cover_claimed")


class TestAddingExposures:
    def test_adds_what_was_not_declared(
        self,
        platform: Platform,
        cover: dict[str, Any],
        claimed: Callable[..., dict[str, Any]],
        books: Callable[..., list[str]],
    ) -> None:
        claim = claimed()
        path = f"/v1/claims/{claim['id']}/exposures"
        made = platform.post(path, {"section": GOODS, "estimate": euros(70)})
        assert made.status_code == 201, made.text
        assert (made.json()["reserves"]["indemnity"], made.json()["decision"]) == (euros(70), "pending")
        the_problem(platform.post(path, {"section": GOODS}), 409, "exposure_exists")
        unknown = platform.post(path, {"section": "roof"})
        assert (unknown.status_code, pointers(unknown)) == (422, ["/section"])
        assert [one["section"] for one in platform.get(f"/v1/claims/{claim['id']}").json()["exposures"]] == [GOODS]
        assert books(platform) == []


class TestKeys:
    def test_of_platforms_settle_nothing(
        self, platform: Platform, house: House, claimed: Callable[..., dict[str, Any]]
    ) -> None:
        exposure = claimed(GOODS)["exposures"][0]["id"]
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            plain = replace(platform, key=new_key(tx))
        assert plain.get("/v1/claims").status_code == 200
        for answer in (
            plain.get("/v1/payouts"), plain.get(f"/v1/exposures/{exposure}"),
            plain.post(f"/v1/exposures/{exposure}/decision", {"decision": "repudiated", "because": "x"}),
        ):  # fmt: skip
            the_problem(answer, 403, "scope_missing")


class TestWhatWasForged:
    """What somebody does to the books behind the service's back is told."""

    FORGED = (
        ("UPDATE exposures SET payable = payable + 1 WHERE tenant_id = :id", "claim_differs"),
        ("UPDATE exposures SET decision = 'pending' WHERE tenant_id = :id", "claim_differs"),
        ("UPDATE claims SET state = 'closed' WHERE tenant_id = :id", "claim_differs"),
        ("DELETE FROM transfers WHERE tenant_id = :id AND credit = 'bank'", "posting_differs"),
        ("UPDATE payouts SET state = 'failed', failed_at = ordered_at WHERE tenant_id = :id", "posting_differs"),
        ("UPDATE transfers SET amount = amount + 1 WHERE tenant_id = :id AND cause LIKE 'rsv%'", "account_differs"),
    )

    @pytest.mark.parametrize(("forgery", "kind"), FORGED)
    def test_is_found(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]], owner: Database,
        books: Callable[..., list[str]], forgery: str, kind: str,
    ) -> None:  # fmt: skip
        exposure = claimed(GOODS)["exposures"][0]["id"]
        approve(platform, exposure, 1_150)
        settle(platform, pay(platform, exposure, 600))
        assert books(platform) == []
        with owner.engine.begin() as connection:
            connection.execute(text("ALTER TABLE transfers DISABLE TRIGGER USER"))
            connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": platform.tenant.id})
            assert connection.execute(text(forgery), {"id": platform.tenant.id}).rowcount
            connection.execute(text("ALTER TABLE transfers ENABLE TRIGGER USER"))
        assert {one.split(":")[0] for one in books(platform)} >= {kind}

    def test_the_database_pays_no_more_than_was_decided(
        self, platform: Platform, claimed: Callable[..., dict[str, Any]], owner: Database
    ) -> None:
        claimed(GOODS)
        with owner.engine.begin() as connection:
            connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": platform.tenant.id})
            with pytest.raises(IntegrityError, match="pays_what_was_decided"):
                connection.execute(text("UPDATE exposures SET paid_out = 1 WHERE tenant_id = current_tenant()"))
