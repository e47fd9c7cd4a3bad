"""Binding a quote: the object, what is at risk, the people, and that all of it happens or none."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from coverage.domain.journal import Transfer, balances
from coverage.domain.tenant import Caller
from coverage.operations import issuing
from coverage.operations.house import House
from coverage.operations.quoting import find_quote
from coverage.rulebook.editions import load
from coverage.storage.tenancy import Database
from tests.answers import pointers, the_problem
from tests.builders import Platform, a_bind, a_goods_risk, a_party, a_quote, a_registration, a_risk, soon
from tests.conftest import ROOT
from tests.lending import Wall, an_exchange, euros, selling
from tests.serving import at_once

WRITTEN = (
    "covers", "cover_parties", "objects_held", "amounts_held", "transactions", "transaction_terms", "transfers", "facts",
    "idempotency_keys", "members", "outbox",
)  # fmt: skip


def window(hours_from: float, hours_to: float) -> dict[str, str]:
    return {"start": soon(days=7, hours=hours_from), "end": soon(days=7, hours=hours_to)}


def race(platform: Platform, binds: list[dict[str, Any]]) -> list[httpx2.Response]:
    """All of them bound at once."""
    return at_once(len(binds), lambda index: platform.post("/v1/covers", binds[index]))


def counts(owner: Database, platform: Platform) -> dict[str, int]:
    with owner.transaction(platform.tenant) as session:
        return {
            table: int(
                session.scalar(
                    text(f"SELECT count(*) FROM {table} WHERE tenant_id = :tenant"),  # noqa: S608
                    {"tenant": platform.tenant.id},
                )
                or 0
            )
            for table in WRITTEN
        }


def journal_of(owner: Database, platform: Platform, cover: dict[str, Any]) -> dict[tuple[str, str], int]:
    query = text(
        "SELECT f.debit, f.credit, f.amount, f.currency FROM transfers f JOIN transactions t ON t.id = f.transaction_id"
        " WHERE t.cover_id = :cover"
    )
    with owner.transaction(platform.tenant) as session:
        return balances(Transfer(*row) for row in session.execute(query, {"cover": cover["id"]}).all())


class TestObject:
    def bind(self, platform: Platform, registration: str, times: dict[str, str], **risk: Any) -> Any:
        quote = platform.quote(risk=a_risk(registration=registration, **risk), **times)
        return platform.post("/v1/covers", a_bind(quote))

    @pytest.mark.parametrize("spelt", ["ab123cd", "AB 123 CD", " ab-123-cd", "A-B-123-C-D", "AB123CD "])
    def test_is_one_however_it_is_spelt(self, platform: Platform, spelt: str) -> None:
        assert self.bind(platform, "AB-123-CD", window(0, 12)).status_code == 201
        the_problem(self.bind(platform, spelt, window(6, 18)), 409, "object_covered")

    @pytest.mark.parametrize("nothing", ["    ", "-----", " - - "])
    def test_must_be_named_by_something(self, platform: Platform, nothing: str) -> None:
        answer = platform.post("/v1/quotes", a_quote(risk=a_risk(registration=nothing)))
        assert answer.status_code == 422
        assert pointers(answer) == ["/risk/registration"]

    def test_may_be_covered_again_from_the_instant_of_the_end(self, platform: Platform) -> None:
        registration = a_registration()
        first, second = window(0, 12), {"start": window(0, 12)["end"], "end": window(0, 24)["end"]}
        second["start"] = first["end"]
        assert self.bind(platform, registration, first).status_code == 201
        assert self.bind(platform, registration, second).status_code == 201
        the_problem(self.bind(platform, registration, first), 409, "object_covered")
        the_problem(self.bind(platform, registration, window(-1, 30)), 409, "object_covered")

    def test_is_free_again_after_a_cancellation(self, platform: Platform) -> None:
        registration = a_registration()
        cover = self.bind(platform, registration, window(0, 12)).json()
        the_problem(self.bind(platform, registration, window(0, 12)), 409, "object_covered")
        assert platform.post(f"/v1/covers/{cover['id']}/cancel", {}).status_code == 200
        assert self.bind(platform, registration, window(0, 12)).status_code == 201

    def test_is_held_as_another_class_too(self, platform: Platform) -> None:
        registration = a_registration()
        assert self.bind(platform, registration, window(0, 12), vehicle_class="cargo_bike").status_code == 201
        the_problem(self.bind(platform, registration, window(0, 12), vehicle_class="van"), 409, "object_covered")


class TestAccumulation:
    """10,000 EUR for one member over both products."""

    def bind(self, platform: Platform, member: str, euros: float, times: dict[str, str], product: str = "") -> Any:
        value = {"amount": round(euros * 100), "currency": "EUR"}
        if product == "goods_carried":
            quote = platform.quote(product=product, risk=a_goods_risk(goods_value=value), **times)
        else:
            quote = platform.quote(risk=a_risk(goods_value=value), **times)
        return platform.post("/v1/covers", a_bind(quote, parties={"policyholder": a_party(reference=member)}))

    def test_takes_the_cap_exactly_and_refuses_a_cent_more(self, platform: Platform) -> None:
        assert self.bind(platform, "emp-1", 6000, window(0, 12)).status_code == 201
        problem = the_problem(self.bind(platform, "emp-1", 4000.01, window(0, 12)), 409, "cap_exceeded")
        assert "4000.00 EUR are free" in problem["detail"]
        assert self.bind(platform, "emp-1", 4000, window(0, 12)).status_code == 201
        problem = the_problem(self.bind(platform, "emp-1", 0.01, window(11, 13)), 409, "cap_exceeded")
        assert "0.00 EUR are free" in problem["detail"]

    def test_counts_what_runs_at_once_alone(self, platform: Platform) -> None:
        first = window(0, 12)
        assert self.bind(platform, "emp-1", 10_000, first).status_code == 201
        after = {"start": first["end"], "end": window(0, 24)["end"]}
        assert self.bind(platform, "emp-1", 10_000, after).status_code == 201
        the_problem(self.bind(platform, "emp-1", 1, window(6, 18)), 409, "cap_exceeded")

    def test_takes_the_peak_not_the_sum(self, platform: Platform) -> None:
        morning = window(0, 6)
        evening = {"start": morning["end"], "end": window(0, 12)["end"]}
        assert self.bind(platform, "emp-1", 6000, morning).status_code == 201
        assert self.bind(platform, "emp-1", 5000, evening).status_code == 201
        problem = the_problem(self.bind(platform, "emp-1", 4500, window(0, 12)), 409, "cap_exceeded")
        assert "4000.00 EUR are free" in problem["detail"]
        assert self.bind(platform, "emp-1", 4000, window(0, 12)).status_code == 201

    def test_counts_over_both_products(self, platform: Platform) -> None:
        assert self.bind(platform, "emp-1", 6000, window(0, 12), "goods_carried").status_code == 201
        the_problem(self.bind(platform, "emp-1", 4000.01, window(0, 12)), 409, "cap_exceeded")
        assert self.bind(platform, "emp-1", 4000, window(0, 12)).status_code == 201
        the_problem(self.bind(platform, "emp-1", 50, window(0, 12), "goods_carried"), 409, "cap_exceeded")

    def test_is_each_members_own(self, platform: Platform, another_platform: Platform) -> None:
        for who, member in ((platform, "emp-1"), (platform, "emp-2"), (another_platform, "emp-1")):
            assert self.bind(who, member, 10_000, window(0, 12)).status_code == 201

    def test_is_given_back_by_a_cancellation(self, platform: Platform) -> None:
        cover = self.bind(platform, "emp-1", 10_000, window(0, 12)).json()
        the_problem(self.bind(platform, "emp-1", 1, window(0, 12)), 409, "cap_exceeded")
        platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        assert self.bind(platform, "emp-1", 10_000, window(0, 12)).status_code == 201


class TestAPersonNamedWithTheQuote:
    def test_is_the_one_that_it_is_bound_for(self, platform: Platform) -> None:
        person = a_party()
        named = {"policyholder": {"reference": person["reference"]}}
        quote = platform.quote(parties=named)
        answer = platform.post("/v1/covers", a_bind(quote, parties={"policyholder": a_party()}))
        problem = the_problem(answer, 422, "invalid_parties")
        assert problem["errors"][0]["pointer"] == "/parties/policyholder/reference"
        cover = platform.cover(quote, parties={"policyholder": person})
        assert {"role": "policyholder", "reference": person["reference"]} in cover["parties"]

    def test_has_the_facts_of_all_quotes_under_one_key(self, house: House, platform: Platform) -> None:
        named = {"policyholder": {"reference": a_party()["reference"]}}
        made = [platform.quote(parties=named)["id"] for _ in range(2)]
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            subjects = {find_quote(tx, quote).sealed_for for quote in made}
            assert len(subjects) == 1
            assert subjects.pop().startswith("mem_")


class TestParties:
    def bind(self, platform: Platform, parties: dict[str, Any]) -> Any:
        return platform.post("/v1/covers", a_bind(platform.quote(), parties=parties))

    def test_stand_where_they_were_named(self, platform: Platform) -> None:
        holder, first, second = a_party(), a_party(), a_party()
        cover = self.bind(platform, {"policyholder": holder, "insured": [second, first]}).json()
        assert cover["parties"] == [
            {"role": "policyholder", "reference": holder["reference"]},
            {"role": "insured", "reference": second["reference"]},
            {"role": "insured", "reference": first["reference"]},
            {"role": "owner", "reference": None},
            {"role": "payer", "reference": None},
        ]

    def test_in_a_role_that_the_product_has_not_are_refused(self, platform: Platform) -> None:
        parties = {"policyholder": a_party(), "owner": a_party(), "counterpart": a_party(), "driver": [a_party()]}
        answer = self.bind(platform, parties)
        the_problem(answer, 422, "invalid_parties")
        assert sorted(pointers(answer)) == ["/parties/counterpart", "/parties/driver", "/parties/owner"]

    def test_with_one_reference_and_two_names_are_refused(self, platform: Platform) -> None:
        holder = a_party()
        answer = self.bind(platform, {"policyholder": holder, "insured": holder | {"name": "Someone Else"}})
        the_problem(answer, 422, "invalid_parties")
        assert pointers(answer) == ["/parties/insured/reference"]

    def test_twice_in_one_role_are_refused(self, platform: Platform) -> None:
        party = a_party()
        answer = self.bind(platform, {"policyholder": a_party(), "insured": [party, party]})
        assert pointers(answer) == ["/parties/insured/1/reference"]

    def test_none_or_a_crowd_are_refused(self, platform: Platform) -> None:
        for people in ([], [a_party() for _ in range(51)]):
            answer = self.bind(platform, {"policyholder": a_party(), "insured": people})
            assert pointers(answer) == ["/parties/insured"]

    def test_who_meet_in_two_binds_at_once_never_wait_for_each_other(self, served_platform: Platform) -> None:
        people = [a_party() for _ in range(4)]
        binds = []
        for index in range(20):
            turned = people[index % 4 :] + people[: index % 4]
            value = {"amount": 10_000, "currency": "EUR"}
            quote = served_platform.quote(risk=a_risk(goods_value=value))
            binds.append(a_bind(quote, parties={"policyholder": turned[0], "insured": turned[1:]}))
        answers = race(served_platform, binds)
        assert Counter(answer.status_code for answer in answers) == {201: 20}


class TestDisclosures:
    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"ipid_sha256": "0" * 64}, "/disclosures/ipid_sha256"),
            ({"language": "fr"}, "/disclosures/ipid_sha256"),
            ({"given_at": soon(hours=1)}, "/disclosures/given_at"),
        ],
    )
    def test_of_another_document_or_time_are_refused(
        self, platform: Platform, change: dict[str, str], pointer: str
    ) -> None:
        bind = a_bind(platform.quote())
        bind["disclosures"] |= change
        answer = platform.post("/v1/covers", bind)
        the_problem(answer, 422, "invalid_disclosures")
        assert pointers(answer) == [pointer]


class TestQuoteStates:
    def test_that_bind_nothing_are_refused(self, platform: Platform) -> None:
        declined = platform.quote(risk=a_risk(licence_since=soon(days=-30)[:10]))
        assert declined["state"] == "declined"
        referred = platform.quote(risk=a_risk(claims_3y=5))
        assert referred["state"] == "referred"
        for quote in (declined, referred):
            bind = a_bind(platform.quote()) | {"quote": quote["id"]}
            the_problem(platform.post("/v1/covers", bind), 409, "quote_not_open")

    def test_a_declined_quote_at_issue_is_told_as_it_was_asked_for(self, platform: Platform) -> None:
        declined = platform.quote(
            risk=a_risk(licence_since=soon(days=-30)[:10]), start="at_issue", end=None, duration="PT3H"
        )
        assert (declined["state"], declined["start"], declined["end"]) == ("declined", "at_issue", None)
        assert declined["price"] is None
        assert declined["expires_at"] is None


class TestBooks:
    def test_agree_to_the_cent(self, platform: Platform, owner: Database) -> None:
        for risk, product in ((a_risk(), "off_duty_vehicle"), (a_goods_risk(), "goods_carried")):
            cover = platform.cover(platform.quote(product=product, risk=risk))
            found = journal_of(owner, platform, cover)
            price = cover["price"]
            assert sum(found.values()) == 0
            assert found["receivable/partner", "EUR"] == price["gross"]["amount"]
            for section in price["sections"]:
                if section["net"]["amount"]:
                    assert found[f"premium/{product}/{section['name']}", "EUR"] == -section["net"]["amount"]
            taxes = sum(amount for (account, _), amount in found.items() if account.startswith("tax/"))
            assert -taxes == sum(tax["amount"]["amount"] for tax in price["taxes"])
            transaction = cover["transactions"][0]
            assert transaction["gross"] == price["gross"]
            assert (
                sum(transaction[part]["amount"] for part in ("net", "surcharges", "tax", "fees"))
                == transaction["gross"]["amount"]
            )


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step of a bind fails, after all else was written."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the last step failed")

    monkeypatch.setattr(issuing, "cover_issued", fail)


class TestOneTransaction:
    def test_leaves_nothing_when_its_last_step_fails(
        self, platform: Platform, owner: Database, request: pytest.FixtureRequest
    ) -> None:
        quote = platform.quote()
        before = counts(owner, platform)
        request.getfixturevalue("broken")
        problem = the_problem(platform.post("/v1/covers", a_bind(quote), key="whole"), 500, "internal")
        assert "last step" not in str(problem)
        assert counts(owner, platform) == before
        assert platform.get(f"/v1/quotes/{quote['id']}").json()["state"] == "open"

    def test_writes_the_fact_and_its_work_with_the_cover(self, platform: Platform, owner: Database) -> None:
        cover = platform.cover()
        with owner.transaction(platform.tenant) as session:
            facts = session.execute(
                text("SELECT kind, actor, id FROM facts WHERE subject = :id"), {"id": cover["id"]}
            ).all()
            jobs = session.execute(
                text("SELECT kind, fact_id FROM outbox WHERE subject = :id"), {"id": cover["id"]}
            ).all()
        assert [fact.kind for fact in facts] == ["cover.issued"]
        assert facts[0].actor.startswith("key_")
        assert [tuple(job) for job in jobs] == [
            (kind, facts[0].id) for kind in ("render_certificate", "render_terms", "report_vehicle")
        ]


class TestWindows:
    """The journey's cancellation is covered from the booking on, until the exchange begins."""

    def rows(self, owner: Database, platform: Platform, cover: dict[str, Any], table: str, columns: str) -> list[Any]:
        with owner.transaction(platform.tenant) as session:
            query = text(f"SELECT {columns} FROM {table} WHERE cover_id = :cover ORDER BY section")  # noqa: S608
            return [tuple(row) for row in session.execute(query, {"cover": cover["id"]})]

    def test_are_each_sections_own(self, lender: Platform, owner: Database, wall: Wall) -> None:
        quote = lender.quote(**an_exchange())
        wall.now += timedelta(hours=2)
        cover = lender.cover(quote)
        starts_at, ends_at = (datetime.fromisoformat(cover[end]) for end in ("start", "end"))
        term = (starts_at, ends_at)
        assert self.rows(owner, lender, cover, "transaction_terms", "section, starts_at, ends_at") == [
            ("cancellation", wall.now, starts_at), ("home_contents", *term), ("liability", *term),
            ("second_home_contents", *term),
        ]  # fmt: skip
        assert self.rows(owner, lender, cover, "amounts_held", "section, amount, starts_at, ends_at") == [
            ("cancellation", 120_000, wall.now, starts_at), ("home_contents", 2_000_000, *term),
        ]  # fmt: skip

    def test_count_against_a_cap_while_they_run(self, lender: Platform) -> None:
        """10,000 EUR of journeys for one member: both wait for their start at one time, though the stays don't meet."""
        person = {"policyholder": a_party()}
        later = {"start": "2026-05-10T16:00:00+02:00", "end": "2026-05-17T16:00:00+02:00"}
        for times, cost, status in (({}, 600_000, 201), (later, 500_000, 409), (later, 400_000, 201)):
            quote = lender.quote(**an_exchange(journey_cost=euros(cost)) | times)
            answer = lender.post("/v1/covers", a_bind(quote, parties=person))
            assert answer.status_code == status
            if status == 409:
                assert "4000.00 EUR are free" in the_problem(answer, 409, "cap_exceeded")["detail"]

    def test_in_which_no_time_is_left_bind_nothing(
        self, owner: Database, house: House, wall: Wall, tmp_path: Path
    ) -> None:
        shutil.copytree(ROOT / "tests" / "tariffs", tmp_path / "rules")
        folder = tmp_path / "rules" / "products" / "home_exchange" / "FR"
        (folder / "2026-01-01.examples.yaml").rename(folder / "2026-01-02.examples.yaml")
        edition = (folder / "2026-01-01.yaml").rename(folder / "2026-01-02.yaml")
        longer = edition.read_text().replace("valid_for: 48h", "valid_for: 96h")
        edition.write_text(longer.replace("effective: 2026-01-01", "effective: 2026-01-02"))
        times = {"start": "2026-03-04T12:00:00+01:00", "end": "2026-03-08T12:00:00+01:00"}
        with selling(owner, house, load(tmp_path / "rules"), wall) as platform:
            quote = platform.quote(**an_exchange(journey_cost=euros(50_000)) | times)
            staying = platform.quote(**an_exchange(journey_cost=None, home_address="3 chemin du Phare") | times)
            wall.now = datetime.fromisoformat(quote["start"])
            before = counts(owner, platform)
            problem = the_problem(platform.post("/v1/covers", a_bind(quote)), 409, "empty_window")
            assert "cancellation covers from the booking until the start" in problem["detail"]
            assert counts(owner, platform) == before
            assert platform.cover(staying)["state"] == "on_risk"
            wall.now -= timedelta(seconds=1)
            assert platform.cover(quote)["state"] == "scheduled"


class TestSurcharges:
    def test_are_booked_on_an_account_of_their_own(self, lender: Platform, owner: Database) -> None:
        cover = lender.cover(lender.quote(**an_exchange()))
        assert {account: -amount for (account, _), amount in journal_of(owner, lender, cover).items()} == {
            "receivable/partner": -6854,
            "premium/home_exchange/home_contents": 797, "premium/home_exchange/second_home_contents": 728,
            "premium/home_exchange/liability": 210, "premium/home_exchange/cancellation": 4100,
            "surcharge/home_exchange/natural_catastrophe": 159,
            "tax/FR/other/other": 470, "tax/FR/fire_private/fire_private": 72,
            "tax/DE/household_contents/household_contents": 118,
            "fee/exchange_file": 200,
        }  # fmt: skip

    def test_are_told_with_the_cover(self, lender: Platform) -> None:
        quote = lender.quote(**an_exchange())
        cover = lender.cover(quote)
        assert cover["price"] == quote["price"]
        (bought,) = cover["transactions"]
        amounts = {part: bought[part]["amount"] for part in ("net", "surcharges", "tax", "fees", "gross")}
        assert amounts == {"net": 5835, "surcharges": 159, "tax": 660, "fees": 200, "gross": 6854}
