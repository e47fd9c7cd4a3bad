"""What is wrong with a country's taxes, how an edition meets them, and what the law asks for at the least."""

from __future__ import annotations

import pytest

from tests.rulebook.made_rules import MADE, MADE_FRANCE, MADE_GERMANY, Case, Expected, made, said_of
from tests.rulebook.rule_files import FRANCE, VEHICLE, RuleFolder, copied

LAW = "the law of FR asks for in motor_compulsory (the code)"

# fmt: off
CASES: list[Case] = [
    # Classes and countries
    (MADE, 'tax: motor_compulsory', 'tax: motor_compulsry', [('motor_', '"motor_compulsry" is no tax class of FR; expected perhaps "motor_compulsory"')]),
    (MADE, 'split: {motor_other: 70%', 'split: {motor_othr: 70%', [('motor_othr', '"motor_othr" is no tax class of FR; expected perhaps "motor_other"')]),
    (MADE, 'split: {motor_other: 70%, other: 30%}', 'split: {motor_other: 70%, other: 40%}', [('{split', "shares that don't make up the whole; expected them to add up to 100%")]),
    (MADE, 'tax: {by: abroad, values: {france: other, germany: household}}', 'tax: {by: abroad, values: {france: other, germany: other}}', [('other}}', '"other" is no tax class of DE; expected one of household')]),
    (MADE, 'tax: {by: abroad, values: {france: other, germany: household}}', 'tax: other', [('other', '"other" is no tax class of DE; expected one of household')]),
    (MADE, 'tax: {by: abroad, values: {france: other, germany: household}}', 'tax: {by: size, values: {small: other, large: household}}', [('other,', '"other" is no tax class of DE; expected one of household'), ('household}', '"household" is no tax class of FR; expected one of motor_compulsory, motor_other, other')]),
    (MADE, 'tax: {by: abroad, values: {france: other, germany: household}}', 'tax: {by: abroad, values: {france: other}}', [('values: {france: other', 'no row for germany; expected a row for each choice of abroad')]),
    (MADE, 'situs: {by: abroad, values: {france: FR, germany: DE}}', 'situs: {by: abroad, values: {france: FR, germany: IT}}', [('IT', 'there is no taxes/IT.yaml that can be read; expected it, with a rate for each class')]),
    (MADE, 'situs: {by: abroad, values: {france: FR, germany: DE}}', 'situs: DE', [('^other, germany', '"other" is no tax class of DE; expected one of household')]),
    (MADE, 'situs: {by: abroad, values: {france: FR, germany: DE}}', 'situs: {by: seats, values: {france: FR, germany: DE}}', [('values', '"seats" is a whole number; expected an input of choices')]),
    (MADE, 'tax: {exempt: "Article 1 of a law"}', 'tax: exempt', [('exempt', '"exempt" is no tax class of FR; expected one of motor_compulsory, motor_other, other'), ('exempt', 'exempt without its law; expected {exempt: "the article that exempts, cited"}')]),
    (MADE, 'amount: 0.30 EUR, taxed_as: other', 'amount: 0.30 EUR, taxed_as: othr', [('othr', '"othr" is no tax class of FR; expected perhaps "other"')]),
    # Days without a rate, and rates whose source was not read
    (MADE_FRANCE, 'motor_other: [{from: 2020-01-01', 'motor_other: [{from: 2026-01-02', [('^motor_other: 70%', 'FR has no tax rate for motor_other on 2026-01-01; expected a row in taxes/FR.yaml from that day on or before', MADE), ('^motor_other\n', 'FR has no tax rate for motor_other on 2026-01-01; expected a row in taxes/FR.yaml from that day on or before', MADE)]),
    (MADE_GERMANY, 'household: [{from: 2020-01-01', 'household: [{from: 2026-01-02', [('^household}', 'DE has no tax rate for household on 2026-01-01; expected a row in taxes/DE.yaml from that day on or before', MADE)]),
    (MADE_FRANCE, 'on: {property: [{from: 2025-01-01', 'on: {property: [{from: 2026-01-02', [('^property}', 'FR has no rate for natural_catastrophe on property on 2026-01-01; expected a row in taxes/FR.yaml from that day on or before', MADE)]),
    (MADE_FRANCE, 'on: {property: [{from: 2025-01-01, rate: "0.20"}]', 'on: {property: [{from: 2025-01-01, rate: "0.20", verified: no}]', [('property', 'warning: the rate of natural_catastrophe on property is not verified; expected a source that was read')]),
    (MADE_GERMANY, 'on_share: "0.85"', 'on_share: "0.85", verified: no', [('household', 'warning: the rate of household is not verified; expected a source that was read')]),
    (MADE_FRANCE, 'rate: "0.012"', 'rate: "0.012", verified: no', [('Fund', 'warning: the rate of Fund is not verified; expected a source that was read')]),
    # Surcharges
    (MADE, 'surcharge: {natural_catastrophe: property}', 'surcharge: {natural_catastrophes: property}', [('natural_', '"natural_catastrophes" is no surcharge of FR; expected perhaps "natural_catastrophe"'), ('^motor_other: 70%', 'warning: no section bears natural_catastrophe, which taxes/FR.yaml expects of covers taxed as motor_other; expected surcharge: on the section that owes it')]),
    (MADE, 'surcharge: {natural_catastrophe: property}', 'surcharge: {natural_catastrophe: propery}', [('propery', '"propery" is no kind of premium that FR takes natural_catastrophe on; expected perhaps "property"')]),
    (MADE, '    situs: {by', '    surcharge: {natural_catastrophe: property}\n    situs: {by', [('natural_catastrophe', '"natural_catastrophe" is no surcharge of DE; expected nothing: none is defined')]),
    (MADE, '    surcharge: {natural_catastrophe: property}\n', '', [('^motor_other: 70%', 'warning: no section bears natural_catastrophe, which taxes/FR.yaml expects of covers taxed as motor_other; expected surcharge: on the section that owes it')]),
    # The tax files themselves
    (MADE_FRANCE, 'on: motor_compulsory, rates', 'on: motor_compulsry, rates', [('motor_', '"motor_compulsry" is no tax class here; expected perhaps "motor_compulsory"')]),
    (MADE_FRANCE, 'name: Fund', 'name: other', [('other', '"other" is a name in use already; expected another')]),
    (MADE_FRANCE, 'name: natural_catastrophe', 'name: other', [('other', '"other" is a name in use already; expected another'), ('^natural_catastrophe: property', '"natural_catastrophe" is no surcharge of FR; expected one of other', MADE), ('^motor_other: 70%', 'warning: no section bears other, which taxes/FR.yaml expects of covers taxed as motor_other; expected surcharge: on the section that owes it', MADE)]),
    (MADE_FRANCE, '[{from: 2025-01-01, rate: "0.20"}]', '[{from: 2025-01-01, rate: "0.20"}, {from: 2024-01-01, rate: "0.12"}]', [('2024', '2024-01-01 stands below 2025-01-01; expected each row later than the one above it')]),
    (MADE_FRANCE, 'expected_in: [motor_other]', 'expected_in: [motor_othr]', [('motor_othr', '"motor_othr" is no tax class here; expected perhaps "motor_other"')]),
    (MADE_FRANCE, 'motor_compulsory: {en: Motor', 'motor: {en: Motor', [('motor', '"motor" is no tax class, no levy and no surcharge; expected perhaps "motor_other"')]),
    (MADE_FRANCE, '  motor_compulsory: {limits', '  motor: {limits', [('motor', '"motor" is no tax class here; expected perhaps "motor_other"')]),
    (MADE_FRANCE, 'property: 1300000 EUR}', 'property: much}', [('much', '"much" is no amount; expected one such as 1300000 EUR, or unlimited'), ('^2000000', f'2000000.00 EUR is less than {LAW}; expected much', MADE)]),
    (MADE_FRANCE, 'levies:\n', 'levies:\n  - {name: Flat, source: x, per_contract: [{from: 2020-01-01, amount: 1.005 GBP, verified: no}]}\n', [('1.005', '1.005 GBP; expected whole cents'), ('1.005', '1.005 GBP, and made is sold in EUR; expected one currency'), ('Flat', 'warning: the rate of Flat is not verified; expected a source that was read')]),
    # What the law asks for at the least
    (MADE, 'property: 2000000 EUR', 'property: 1299999.99 EUR', [('1299999', f'1299999.99 EUR is less than {LAW}; expected 1300000.00 EUR or more')]),
    (MADE, 'property: 2000000 EUR', 'property: 1300000 EUR', []),
    (MADE, 'property: 2000000 EUR', 'property: unlimited', []),
    (MADE, 'property: 2000000 EUR', 'property: value', [('value', f'value is less than {LAW}; expected 1300000.00 EUR or more')]),
    (MADE, 'bodily: unlimited', 'bodily: 6450000 EUR', [('6450000', f'6450000.00 EUR is less than {LAW}; expected unlimited')]),
    (MADE, 'bodily: unlimited, ', '', [('limit', f'no limit for bodily, which {LAW}; expected bodily: unlimited')]),
    (MADE, 'property: 2000000 EUR', 'property: {by: size, values: {small: 2000000 EUR, large: 1000000 EUR}}', [('1000000', f'1000000.00 EUR is less than {LAW}; expected 1300000.00 EUR or more')]),
    (MADE, '    limit: {bodily: unlimited', '    sublimits: {property: 500000 EUR}\n    limit: {bodily: unlimited', [('500000', f'500000.00 EUR is less than {LAW}; expected 1300000.00 EUR or more')]),
    (MADE, '    limit: {bodily: unlimited', '    deductible: {amount: 500 EUR, against_third_parties: yes}\n    limit: {bodily: unlimited', [('yes', 'no deductible is raised against the victim in motor_compulsory (Code des assurances R211-13); expected no')]),
    (MADE, '    limit: {bodily: unlimited', '    deductible: {amount: 500 EUR}\n    limit: {bodily: unlimited', []),
    (MADE_FRANCE, 'source: the code}', 'source: the code, verified: no}', [('^motor_compulsory: {limits', 'warning: the legal minimum of motor_compulsory is not verified; expected a source that was read')]),
]
# fmt: on


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuleFolder:
    return made(tmp_path_factory.mktemp("made"))


class TestTaxes:
    @pytest.mark.parametrize(("file", "old", "new", "expected"), CASES)
    def test_says_each_fault_at_its_place(
        self, folder: RuleFolder, file: str, old: str, new: str, expected: list[Expected]
    ) -> None:
        said, wanted = said_of(folder, file, old, new, expected)
        assert said == wanted

    def test_a_choice_that_leads_elsewhere_is_not_held_to_the_law(self, folder: RuleFolder) -> None:
        # What a small one may cover is its own matter; only the large one is compulsory.
        before = folder.text(MADE)
        text = before.replace(
            "tax: motor_compulsory", "tax: {by: size, values: {small: other, large: motor_compulsory}}"
        )
        folder.write(
            MADE,
            text.replace("property: 2000000 EUR", "property: {by: size, values: {small: 5 EUR, large: 2000000 EUR}}"),
        )
        try:
            assert folder.said() == []
        finally:
            folder.write(MADE, before)


class TestFrance:
    def test_asks_of_motor_liability_what_its_law_asks(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        rules = copied(tmp_path_factory.mktemp("france"), "off_duty_vehicle")
        rules.replace(VEHICLE, "property: 100000000 EUR", "property: 1000000 EUR")
        rules.replace(FRANCE, "  - name: natural_catastrophe\n", "  - name: natural_catastrophe\n    note: x\n")
        said = [one.partition(": ")[2] for one in rules.said()]
        law = "the law of FR asks for in motor_compulsory (Code des assurances R211-7; Directive 2009/103/EC art. 9)"
        faults = [one for one in said if "warning" not in one]
        assert faults == [f"1000000.00 EUR is less than {law}; expected 1300000.00 EUR or more"]
        # Nobody could read the article as it stands, so it is said.
        assert "warning: the legal minimum of motor_compulsory is not verified; expected a source that was read" in said
