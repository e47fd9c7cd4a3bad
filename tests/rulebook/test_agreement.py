"""The compiled editions against each other and the oracle: outcome, reasons and every amount, half of it on an edge.

`python -m tests.rulebook.million` does the same on a million risks of each product.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from itertools import islice

import pytest

from coverage.domain.period import Period, local_day
from coverage.rulebook.format import Example
from coverage.rulebook.oracle.facts import facts_of
from coverage.rulebook.oracle.pricing import Oracle, Told
from coverage.rulebook.running.columns import Columns
from coverage.rulebook.running.scalar import Fact
from tests.rulebook.agreement import Agreement, Compared
from tests.rulebook.made_editions import EVERY_FORM, made_edition
from tests.rulebook.million import FOLDERS, compare, edition_of, products
from tests.rulebook.risks import TERM, Risks

SEED = "2026-02-07"
ON, LATER = date(2026, 2, 1), date(2027, 1, 1)  # between them a rate of the made taxes rises
RISKS, MADE = 2_500, 1_000  # of a product, and of an edition that is made for the tests
PRODUCTS = sorted(path.name for folder in FOLDERS for path in (folder / "products").iterdir())


def shown(name: str, compared: Compared) -> None:
    """Prints the counts: they are part of what is promised."""
    sys.stdout.write(f"{name}, seed {SEED}: {compared}\n")


def agreement(name: str, seed: str) -> Agreement:
    edition = edition_of(name)
    return Agreement(edition, edition.taxes_on(ON), seed)


class TestAgreement:
    def test_takes_in_every_product(self) -> None:
        assert set(products()) == set(PRODUCTS)

    @pytest.mark.parametrize("product", PRODUCTS)
    def test_columns_scalar_and_oracle_price_thousands_of_risks_of_a_product_alike(self, product: str) -> None:
        compared = agreement(product, SEED).compare(RISKS)
        shown(product, compared)
        assert (compared.risks, compared.by_oracle) == (RISKS, RISKS)
        assert compared.on_edge >= RISKS // 2
        assert compared.ties.total() >= RISKS // 10
        self.assert_every_outcome_was_met(product, compared)

    @pytest.mark.parametrize("made", EVERY_FORM)
    def test_they_price_editions_alike_that_use_every_form(self, made: str) -> None:
        compared = agreement(made, f"{SEED} {made}").compare(MADE)
        shown(made, compared)
        assert compared.on_edge >= MADE // 2
        assert compared.ties.total() >= MADE // 20
        assert set(compared.contract) == {step.op for step in made_edition(made).rules.contract}
        assert min(compared.contract.values()) > MADE // 40
        self.assert_every_outcome_was_met(made, compared)

    def assert_every_outcome_was_met(self, name: str, compared: Compared) -> None:
        verdicts = edition_of(name).plan.verdicts
        assert set(compared.codes) == {verdict.code for verdict in verdicts}
        outcomes = {"decline": "declined", "refer": "referred", "unavailable": "quoted"}
        assert set(compared.outcomes) == {"quoted", *(outcomes[verdict.decision] for verdict in verdicts)}
        assert min(compared.outcomes.values()) > compared.risks // 50

    def test_taxes_of_another_day_are_another_price(self) -> None:
        edition = made_edition("terms")
        facts: dict[str, Fact] = {"term_hours": 24, "term_days": 1, "kind": "a", "extra": False, "value": 0}
        for on, tax in ((ON, "0.80"), (LATER, "0.84")):
            taxes = edition.taxes_on(on)
            premium, told = edition.compiled(taxes).decide(facts).premium, Oracle(edition.rules, taxes).tell(facts)
            assert premium is not None
            charged = {line.name: Decimal(line.amount) / 100 for line in premium.taxes}
            assert charged["full"] == told.taxes["full", "full"] == Decimal(tax)
            assert charged["Terror"] == Decimal("0.65")
            assert "Master" not in charged

    def test_they_look_twenty_steps_far_for_a_gross_premium_to_round_to(self) -> None:
        edition = made_edition("reach")
        compared = Agreement(edition, edition.taxes_on(ON), SEED).compare(1_000)
        prices = edition.compiled(edition.taxes_on(ON))
        raised = [prices.decide({"value": cents * 10_000}).premium for cents in (10, 11, 51)]
        assert [premium and premium.gross for premium in raised] == [121, 202, 202]
        assert 100 < compared.contract["round_gross"] < 900

    def test_is_denied_where_the_oracle_is_taxed_otherwise(self) -> None:
        two = agreement("forms", "denied")
        two.oracle = Oracle(two.edition.rules, two.edition.taxes_on(LATER), two.edition.files)
        with pytest.raises(AssertionError, match="denied"):
            two.compare(50)

    def test_is_denied_where_columns_are_taxed_otherwise(self) -> None:
        two = agreement("forms", "denied")
        two.columns = Columns(two.edition.plan, two.edition.taxes_on(LATER))
        with pytest.raises(AssertionError, match="denied"):
            two.compare(50)

    def test_is_denied_where_the_clock_is_read_otherwise(self) -> None:
        two = agreement("forms", "denied")
        two.edition = replace(two.edition, rules=two.edition.rules.model_copy(update={"timezone": "Asia/Tokyo"}))
        with pytest.raises(AssertionError, match="denied"):
            two.compare(50)


class TestWorkedPrices:
    """The oracle held to what people worked out by hand, with facts of its own: nothing that is sold has a part in it."""

    @pytest.mark.parametrize("product", PRODUCTS)
    def test_are_what_the_oracle_says(self, product: str) -> None:
        edition = edition_of(product)
        assert len(edition.examples) > 5
        for _, example in edition.examples:
            assert told_of(product, example) == {
                what: [*found] if isinstance(found, list) else found and Decimal(found.micros) / 1_000_000
                for what, found in example.expect.items()
            }, example.name


def told_of(product: str, example: Example) -> dict[str, object]:
    """What the oracle says of all that a worked price names; None for what isn't covered."""
    edition = edition_of(product)
    start, end = example.start.astimezone(UTC), example.end.astimezone(UTC)
    asked_at = (example.asked or example.start - timedelta(days=1)).astimezone(UTC)
    today = local_day(asked_at, edition.rules.timezone)
    values = {
        name: rule.from_written(example.given[name], today) if name in example.given else rule.default_value(today)
        for name, rule in edition.rules.inputs.items()
    }
    facts = facts_of(edition.rules, values, Period(start, end), asked_at)
    told = Oracle(edition.rules, edition.taxes_on(today), edition.files).tell(facts)
    return {what: _told(what, told) for what in example.expect}


def _told(what: str, told: Told) -> object:
    if what in ("declined", "referred"):
        return list(told.reasons) if told.outcome == what else []
    if what == "unavailable":
        return [code for _, code in told.unavailable]
    if told.outcome == "declined":
        return None
    if what == "unavailable":
        return [code for _, code in told.unavailable]
    totals = {
        "net": sum(told.sections.values()), "surcharges": sum(told.surcharges.values()),
        "taxes": sum(told.taxes.values()), "fees": told.fees, "gross": told.gross,
    }  # fmt: skip
    return totals[what] if what in totals else told.sections.get(what)


class TestRisks:
    def test_are_the_same_for_the_same_seed(self) -> None:
        edition = made_edition("forms")
        one, same, other = (
            [risk.given for risk in islice(Risks(edition, seed).risks(), 20)] for seed in ("a", "a", "b")
        )
        assert one == same != other

    def test_lie_on_birthdays_started_hours_bounds_and_prefixes(self) -> None:
        risks = Risks(edition_of("off_duty_vehicle"), "edges")
        found = list(islice(risks.risks(), 2_000))
        admitted = [risks.admitted(risk) for risk in found]
        assert {18, 20, 21, 24, 25, 69, 70} <= {facts["driver_age"] for facts in (a.facts for a in admitted)}
        values = {a.facts["goods_value"] for a in admitted}
        assert {0, 10_000, 10_000_000_000} <= values
        grace = risks.rules.term.grace
        beside = {(risk.period.seconds - grace) % 3600 for risk in found if TERM in risk.edges}
        assert {0, 1, 3599} <= beside
        forms = Risks(made_edition("forms"), "edges")
        areas = {forms.admitted(risk).facts["area"] for risk in islice(forms.risks(), 500)}
        assert {"AB1", "BB2", "CD2", "ZZ9"} < areas


class TestBigRun:
    def test_adds_up_what_its_parts_compared(self) -> None:
        class AtOnce:
            """Does what it is given there and then."""

            def submit(self, function, *arguments):  # type: ignore[no-untyped-def]
                self.result = lambda: function(*arguments)
                return self

        compared = compare(AtOnce(), "terms", SEED, 300, 100)  # type: ignore[arg-type]
        assert (compared.risks, compared.by_oracle, compared.outcomes.total()) == (300, 100, 300)
