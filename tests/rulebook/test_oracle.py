"""The compiled edition against the oracle: outcome, reasons and every amount, to the cent, half of it on an edge."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from coverage.rulebook.editions import LoadedEdition
from coverage.rulebook.oracle import Oracle
from coverage.rulebook.scalar import Fact, Scalar
from tests.rulebook.made_editions import TABLES, TERMS
from tests.rulebook.risks import Compared, compare
from tests.rulebook.rule_files import edition_of, real

SEED = "2026-02-07"
ON = date(2026, 2, 1)
COUNT = 5_000  # twice for each product: the halves run side by side


def shown(name: str, compared: Compared) -> None:
    print(f"{name}, seed {SEED}: {compared}")  # noqa: T201 — the counts are part of what is promised


@pytest.fixture(scope="module")
def editions() -> dict[str, LoadedEdition]:
    products = ("off_duty_vehicle", "goods_carried")
    made = {"tables": edition_of(TABLES), "terms": edition_of(TERMS)}
    return {product: real(product) for product in products} | made


class TestOracle:
    @pytest.mark.parametrize("half", [1, 2])
    @pytest.mark.parametrize("product", ["off_duty_vehicle", "goods_carried"])
    def test_agrees_with_the_compiled_product_on_10000_risks(
        self, editions: dict[str, LoadedEdition], product: str, half: int
    ) -> None:
        edition = editions[product]
        compared = compare(edition, edition.taxes_on(ON), f"{SEED} {half}", COUNT)
        shown(product, compared)
        assert compared.risks == COUNT
        assert min(compared.outcomes[outcome] for outcome in ("quoted", "referred", "declined")) > COUNT // 50
        assert set(compared.codes) == {verdict.code for verdict in edition.plan.verdicts}
        assert compared.ties.total() >= 300
        assert compared.ties["section"] >= 25
        assert compared.ties["tax"] >= 100

    @pytest.mark.parametrize("made", ["tables", "terms"])
    def test_agrees_with_editions_that_use_every_form(self, editions: dict[str, LoadedEdition], made: str) -> None:
        edition = editions[made]
        compared = compare(edition, edition.taxes_on(ON), f"{SEED} {made}", 4_000)
        shown(made, compared)
        assert set(compared.codes) == {verdict.code for verdict in edition.plan.verdicts}
        assert compared.minimums > 100
        assert compared.ties.total() >= 50

    def test_taxes_of_another_day_are_another_price(self, editions: dict[str, LoadedEdition]) -> None:
        edition = editions["terms"]
        facts: dict[str, Fact] = {"term_hours": 24, "term_days": 1, "kind": "a", "extra": False, "value": 0}
        for on, tax in ((ON, "0.80"), (date(2027, 1, 1), "0.84")):
            taxes = edition.taxes_on(on)
            decision, told = Scalar(edition.plan, taxes).decide(facts), Oracle(edition.rules, taxes).tell(facts)
            assert decision.premium is not None
            charged = {line.name: Decimal(line.amount) / 100 for line in decision.premium.taxes}
            assert charged["full"] == told.taxes["full", "full"] == Decimal(tax)
            assert charged["Terror"] == Decimal("0.65")
            assert "Master" not in charged


class TestScalar:
    def test_a_base_that_does_not_apply_charges_nothing_and_not_what_the_section_before_did(
        self, editions: dict[str, LoadedEdition]
    ) -> None:
        text = TERMS.replace("- base: 1.2345% of value", "- {base: 1.2345% of value, when: extra}")
        edition = edition_of(text)
        facts: dict[str, Fact] = {"term_hours": 240, "term_days": 10, "kind": "a", "extra": False, "value": 1_000_000}
        decision = edition.compiled(edition.taxes_on(ON)).decide(facts)
        assert decision.premium is not None
        assert {section.name: section.net for section in decision.premium.sections}["rate"] == 0

    def test_a_minimum_is_not_spread_on_a_section_that_is_not_covered(self) -> None:
        text = TERMS.replace("- base: 1.005 EUR per day", "- base: 0 EUR").replace(
            "when: extra and", "when: not extra and"
        )
        edition = edition_of(text)
        facts: dict[str, Fact] = {"term_hours": 1, "term_days": 1, "kind": "b", "extra": True, "value": 0}
        decision = edition.compiled(edition.taxes_on(ON)).decide(facts)
        assert decision.premium is not None
        nets = {section.name: section.net for section in decision.premium.sections}
        assert nets["days"] == 50  # the whole minimum: flat isn't there
        assert "flat" not in nets

    def test_reasons_are_told_in_the_order_of_the_file(self) -> None:
        rules = TABLES[TABLES.index("eligibility:") : TABLES.index("tables:")]
        facts: dict[str, Fact] = {
            "size": "middle", "fragile": False, "insured": True, "count": 51, "weight": 0, "age": 30, "value": 0,
            "second": 10_000, "start_hour": 9, "start_weekday": 6, "lead_hours": 0, "term_hours": 1, "term_days": 1,
        }  # fmt: skip
        for text, reasons in (
            (TABLES, ("many", "late", "middle_seen")),
            (TABLES.replace(rules, "") + rules, ("middle_seen", "many", "late")),
        ):
            edition = edition_of(text)
            assert edition.compiled(edition.taxes_on(ON)).decide(facts).reasons == reasons

    def test_a_gap_above_a_band_at_zero_falls_to_otherwise_in_a_large_table(self) -> None:
        edition = edition_of(TABLES)
        lookup = edition.plan.tables["weights"]
        assert [lookup.row_of(n).label for n in (0, 1, 9, 10, 100, 101, 20000)] == [  # type: ignore[union-attr]
            "0", "otherwise", "otherwise", "10-99", "100", "otherwise", "otherwise",
        ]  # fmt: skip
        compiled = edition.compiled(edition.taxes_on(ON))
        facts: dict[str, Fact] = {
            "size": "small", "fragile": False, "insured": True, "count": 0, "age": 30, "value": 0, "second": 10_000,
            "start_hour": 9, "start_weekday": 1, "lead_hours": 9, "term_hours": 1, "term_days": 1,
        }  # fmt: skip
        assert compiled.decide({**facts, "weight": 0}).reasons == ()
        assert compiled.decide({**facts, "weight": 1}).reasons == ("odd_weight",)
        assert compiled.decide({**facts, "weight": 20_000}).reasons == ("odd_weight",)
