"""The emitted function, where a step that is passed over or a section that isn't there could leave something behind."""

from __future__ import annotations

from datetime import date

from coverage.rulebook.scalar import Fact
from tests.rulebook.made_editions import TABLES, TERMS
from tests.rulebook.rule_files import edition_of

ON = date(2026, 2, 1)


class TestScalar:
    def test_a_base_that_does_not_apply_charges_nothing_and_not_what_the_section_before_did(self) -> None:
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
