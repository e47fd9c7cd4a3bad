"""What a quote keeps and tells of a risk: lists, what can't be had, surcharges; and that it says the same again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import text

from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.operations.quoting import edition_of, find_quote, premium_of
from coverage.rulebook.planning.taxes import TaxesInForce
from coverage.storage.quotes import TaxesKept
from coverage.storage.tenancy import Database
from tests.answers import pointers, the_problem
from tests.builders import Platform
from tests.dumping import dump
from tests.lending import a_loan, a_shared_car, an_exchange, euros


def nets(quote: dict[str, Any]) -> dict[str, int]:
    return {section["name"]: section["net"]["amount"] for section in quote["price"]["sections"]}


def kept(owner: Database, platform: Platform, quote: dict[str, Any], column: str) -> Any:
    with owner.transaction(platform.tenant) as session:
        query = text(f"SELECT {column} FROM quotes WHERE id = :id")  # noqa: S608
        return session.scalar(query, {"id": quote["id"]})


class TestThings:
    def test_are_priced_as_worked_by_hand(self, lender: Platform) -> None:
        quote = lender.quote(**a_loan())
        assert nets(quote) == {"damage": 3625, "theft": 1152, "replacement": 710}
        assert quote["price"]["gross"] == euros(6018)

    def test_are_rated_by_facts_that_hold_nothing_of_the_person(
        self, lender: Platform, owner: Database, database_url: str
    ) -> None:
        canary = "QXCANARYTHING"
        thing = {"category": "tool", "description": canary, "value": euros(12_345), "weight": 1.5}
        quote = lender.quote(**a_loan(items=[thing], spares=[{"value": euros(777)}]))
        facts = kept(owner, lender, quote, "facts")
        assert facts["sum(items.value)"] == facts["highest(items.value)"] == 123_450_000
        assert facts["count(spares)"] == 1
        found = dump(database_url)
        assert quote["id"] in found
        assert canary not in found
        assert canary.encode().hex() not in found

    def test_that_hold_a_personal_field_are_sealed_whole(self, lender: Platform, owner: Database) -> None:
        quote = lender.quote(**a_loan(spares=[{"value": euros(777)}, {"value": euros(100)}]))
        assert "items" not in kept(owner, lender, quote, "given")
        assert "items" not in quote["risk"]
        assert quote["risk"]["spares"] == [{"value": euros(777)}, {"value": euros(100)}]
        assert (quote["risk"]["stars"], quote["risk"]["member_years"]) == ("3.5", 4)
        cover = lender.cover(quote)
        assert lender.get(f"/v1/covers/{cover['id']}/certificate").status_code == 200

    def test_that_are_wrong_are_pointed_at_one_by_one(self, lender: Platform) -> None:
        things = [
            {"category": "lorry", "value": euros(1000), "weight": 1},
            {"category": "tool", "value": euros(1000), "weight": 0.00001},
            {"category": "tool", "value": euros(1000), "weight": "80"},
            {"category": "tool", "value": {"amount": 10.5, "currency": "EUR"}, "weight": 1},
        ]
        answer = lender.post("/v1/quotes", a_loan(items=things, stars=5.0001))
        the_problem(answer, 422, "invalid_quote")
        assert pointers(answer) == [
            "/risk/items/0/category",
            "/risk/items/1/weight",
            "/risk/items/3/value",
            "/risk/stars",
        ]

    @pytest.mark.parametrize("stars", [3.5, "3.5", "3.50", "3.5000"])
    def test_a_decimal_is_one_however_it_is_sent(self, lender: Platform, stars: object) -> None:
        quote = lender.quote(**a_loan(stars=stars))
        assert (quote["price"]["gross"], quote["risk"]["stars"]) == (euros(6018), "3.5")


class TestUnavailable:
    def test_is_told_and_left_out_of_the_price(self, lender: Platform) -> None:
        quote = lender.quote(**a_shared_car(excess="small", buy_back=True, vehicle_years=16))
        assert quote["state"] == "open"
        assert set(nets(quote)) == {"liability", "own_damage"}
        assert [(one["section"], one["code"]) for one in quote["unavailable"]] == [
            ("excess_buy_back", "nothing_to_buy_back"), ("assistance", "vehicle_too_old_for_assistance"),
        ]  # fmt: skip
        assert all(one["message"] for one in quote["unavailable"])
        assert lender.get(f"/v1/quotes/{quote['id']}").json() == quote

    def test_is_said_in_the_quotes_language(self, lender: Platform) -> None:
        body = an_exchange() | {"start": "2026-03-03T11:59:00+01:00", "end": "2026-03-08T12:00:00+01:00"}
        messages = {
            lender.quote(**body | {"language": language})["unavailable"][0]["message"] for language in ("en", "fr")
        }
        assert len(messages) == 2
        assert any(message.startswith("Your journey begins in less than 48 hours") for message in messages)

    def test_is_nothing_where_all_can_be_had(self, lender: Platform, platform: Platform) -> None:
        assert lender.quote(**a_loan())["unavailable"] == platform.quote()["unavailable"] == []


class TestPriceLines:
    def test_tell_the_surcharge_beside_the_net_premium(self, lender: Platform) -> None:
        price = lender.quote(**an_exchange())["price"]
        assert price["surcharges"] == [
            {
                "name": "natural_catastrophe", "label": "Natural catastrophe surcharge", "section": "home_contents",
                "amount": euros(159),
            }
        ]  # fmt: skip
        taxes = sum(tax["amount"]["amount"] for tax in price["taxes"])
        fees = sum(fee["amount"]["amount"] for fee in price["fees"])
        assert (price["net"], taxes, fees, price["gross"]) == (euros(5835), 660, 200, euros(6854))

    def test_name_a_tax_as_its_own_country_does(self, lender: Platform) -> None:
        taxes = {tax["tax_class"]: tax for tax in lender.quote(**an_exchange())["price"]["taxes"]}
        assert taxes["DE:household_contents"]["label"] == "Insurance tax, household contents"
        assert taxes["DE:household_contents"]["amount"] == euros(118)
        french = lender.quote(**an_exchange() | {"language": "fr"})["price"]
        assert french["surcharges"][0]["label"] == "Surprime pour les catastrophes naturelles"
        assert "Taxe allemande sur les assurances, mobilier" in [tax["label"] for tax in french["taxes"]]

    def test_tell_limits_by_table_what_is_excluded_and_when_it_covers(self, lender: Platform) -> None:
        sections = {section["name"]: section for section in lender.quote(**an_exchange())["price"]["sections"]}
        limits = {name: {one["name"]: one["amount"] for one in section["limits"]} for name, section in sections.items()}
        assert limits["home_contents"] == {
            "amount": euros(2_000_000), "each_item": euros(300_000), "valuables": euros(200_000),
        }  # fmt: skip
        assert limits["second_home_contents"] == {"amount": euros(1_200_000)}
        assert sections["home_contents"]["exclusions"] == [
            {"code": "wear", "label": "Wear, defects and damage that were there before the cover began"},
            {"code": "cash_and_jewellery", "label": "Cash and jewellery"},
        ]
        assert sections["second_home_contents"]["deductible"] == {
            "amount": None, "share_percent": 10, "min": euros(10_000), "max": euros(60_000), "owed_by": "insured",
            "applied": "after_limit", "against_third_parties": False,
        }  # fmt: skip
        periods = {name: section["period"] for name, section in sections.items()}
        assert periods.pop("cancellation") == "booking_to_start"
        assert set(periods.values()) == {"term"}


class TestKept:
    @pytest.mark.parametrize(
        "body", [a_loan(), an_exchange(), a_shared_car(buy_back=True)], ids=lambda body: body["product"]
    )
    def test_facts_price_the_same_again_from_the_database_alone(
        self, lender: Platform, house: House, body: dict[str, Any]
    ) -> None:
        quote = lender.quote(**body)
        with house.transaction(Caller(lender.tenant, "test")) as tx:
            row = find_quote(tx, quote["id"])
            taxes = TaxesInForce.from_plain(tx.session.get_one(TaxesKept, row.tax_hash).content)
            decision = edition_of(tx, row).compiled(taxes).decide(row.facts)
            assert row.price is not None
            assert decision.premium == premium_of(row.price)
            assert [asdict(one) for one in decision.unavailable] == row.price["unavailable"]

    def test_prices_from_before_there_were_surcharges_are_read(self) -> None:
        price = {
            "currency": "EUR", "net": 100, "gross": 109, "sections": [{"name": "a", "net": 100}], "fees": [],
            "taxes": [{"name": "t", "kind": "premium_tax", "tax_class": "t", "rate": 90_000, "base": 100, "amount": 9}],
        }  # fmt: skip
        assert premium_of(price).surcharges == ()
