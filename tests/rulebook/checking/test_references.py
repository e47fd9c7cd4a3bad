"""What an edition names and isn't there, and what it promises that can't be kept, each at its place."""

from __future__ import annotations

import pytest

from tests.rulebook.made_rules import MADE, MADE_EXAMPLES, Case, Expected, made, said_of
from tests.rulebook.rule_files import RuleFolder

# fmt: off
CASES: list[Case] = [
    # The frame, the object, caps
    (MADE, 'timezone: Europe/Paris', 'timezone: Europe/Pariss', [('Europe', '"Europe/Pariss" is no time zone; expected one such as Europe/Paris')]),
    (MADE, 'territory: [FR, DE]', 'territory: [FR, ZZ]', [('ZZ', '"ZZ" is no country; expected codes such as FR')]),
    (MADE, 'territory: [FR, DE]', 'territory: [FR, DE, FR]', [('FR]', '"FR" stands twice; expected each country once')]),
    (MADE, 'valid_for: 24h', 'valid_for: 0h', [('0h', 'a quote that nobody could bind in time; expected a minute or more')]),
    (MADE, '{min: 1h,', '{min: 11d,', [('term', 'the shortest cover is longer than the longest, or under a minute; expected min: of a minute or more, and no more than max:')]),
    (MADE, 'input: plate', 'input: plates', [('plates', '"plates" is no input; expected perhaps "plate"')]),
    (MADE, 'exclusive_for: [liability]', 'exclusive_for: [liability, damages]', [('damages', '"damages" is no section; expected perhaps "damage"')]),
    (MADE, 'exclusive_for: [liability]', 'exclusive_for: [damage, damage]', [('damage]', '"damage" stands twice; expected each section once')]),
    (MADE, 'section: damage, cap: 50000 EUR', 'section: damages, cap: 50000 EUR', [('damages', '"damages" is no section; expected perhaps "damage"')]),
    (MADE, 'section: damage, cap: 50000 EUR', 'section: damage, cap: 50000 GBP', [('50000', "50000.00 GBP; expected EUR, the edition's currency")]),
    (MADE, 'section: damage, cap: 50000 EUR', 'section: damage, cap: 50000.001 EUR', [('50000', "50000.001 EUR; expected whole cents")]),
    (MADE, 'section: damage, cap: 50000 EUR', 'section: liability, cap: 50000 EUR', [('liability', 'liability has a limit that is unlimited, so no cap can hold it; expected a section with limits in money')]),
    (MADE, 'limit: {amount: value, per: event}', 'limit: {amount: {by: size, values: {small: value, large: unlimited}}, per: event}', [('^damage, cap', 'damage has a limit that is unlimited, so no cap can hold it; expected a section with limits in money')]),
    (MADE, '  - {key: policyholder, section: damage,', '  - {key: policyholder, section: damage, cap: 1 EUR, across: [made]}\n  - {key: policyholder, section: damage,', [('damage, cap: 50000', 'damage has a cap above already; expected one for each section')]),
    (MADE, 'across: [made]', 'across: [goods]', [('[goods]', "made itself isn't among them; expected it there"), ('goods]', 'warning: "goods" is no product here, so the cap counts none of it; expected one of made')]),
    # Changes, refunds, withdrawal
    (MADE, 'inputs: [value, things]', 'inputs: [values, things]', [('values', '"values" is no input; expected perhaps "value"')]),
    (MADE, 'inputs: [value, things]', 'inputs: [value, value]', [('value]', '"value" stands twice; expected each input once')]),
    (MADE, 'inputs: [value, things]', 'inputs: [value, postcode]', [('postcode', '"postcode" is free text, so no price rises with it; expected an input that is rated on')]),
    (MADE, 'inputs: [value, things]', 'inputs: [licence]', [('licence', '"licence" is a date, so no price rises with it; expected an input that is rated on')]),
    (MADE, '{until: 24h before start, give: 100%}\n  - {until: start, give: 50%}', '{until: start, give: 50%}\n  - {until: 24h before start, give: 100%}', [('24h before', 'this tier never holds, since the one above it holds until then and longer; expected each nearer to the start than the one before')]),
    (MADE, '- {until: start, give: 50%}', '- {until: 24h before start, give: 60%}\n  - {until: start, give: 50%}', [('24h before start, give: 60', 'this tier never holds, since the one above it holds until then and longer; expected each nearer to the start than the one before')]),
    (MADE, 'until: 24h before start', 'until: 60d before start', [('60d', 'this tier never holds, since no cover is booked that long before its start; expected less than book_ahead:')]),
    (MADE, '  - {until: start, give: 50%}\n  - {after: start, give: none}', '  - {after: start, give: none}\n  - {until: start, give: 50%}', [('start, give: 50', 'until: stands below after: start; expected the tiers in the order of time')]),
    (MADE, '- {after: start, give: none}', '- {after: start, give: none}\n  - {after: start, give: unused}', [('start, give: unused', 'a second tier for a cover that has begun, which never holds; expected one')]),
    (MADE, '  - {until: start, give: 50%}\n', '', [('^refund:\n', 'nothing says what is given back up to the start; expected a tier with until: start')]),
    (MADE, '  - {after: start, give: none}\n', '', [('^refund:\n', 'nothing says what is given back of a cover that has begun; expected a tier with after: start')]),
    (MADE, ', exemption: "Article 2 of a law"', '', [('exempt_when', 'exempt_when: names no law; expected exemption: with the article that exempts, cited')]),
    (MADE, 'exempt_when: term_days < 30, ', '', [('exemption', 'exemption: without exempt_when:; expected the condition under which it holds')]),
    # Names of sections and fees
    (MADE, '  journey:\n', '  surcharges:\n', [('surcharges', '"surcharges" is a word of the worked prices; expected another name')]),
    (MADE, '  - {name: card, amount: 0.30 EUR, taxed_as: other}', '  - {name: card, amount: 0.30 EUR, taxed_as: other}\n  - {name: card, amount: 1 EUR}', [('card, amount: 1', '"card" stands twice; expected a name for each fee')]),
    # Layers, periods, limits, deductibles
    (MADE, 'excess_of goods', 'excess_of good', [('excess_of', '"good" is no other section; expected perhaps "goods"')]),
    (MADE, 'excess_of goods', 'excess_of upper', [('excess_of', '"upper" is no other section; expected one of buy_back, damage, goods, journey, liability')]),
    (MADE, '  goods:\n    situs', '  goods:\n    layer: excess_of upper\n    situs', [('excess_of upper', 'goods stands over upper stands over goods; expected a lowest layer under them')]),
    (MADE, 'quote: {valid_for: 24h}', 'quote: {valid_for: 24h, floats: 10m}', [('^booking_to_start', 'it covers from the booking until the start, and by floats: a cover may begin as it is booked; expected no floats:, or period: term')]),
    (MADE, 'book_ahead: 60d', 'book_ahead: 0d', [('^booking_to_start', 'it covers from the booking until the start, and no cover is booked ahead; expected a longer book_ahead:, or period: term'), ('^24h before', 'this tier never holds, since no cover is booked that long before its start; expected less than book_ahead:')]),
    (MADE, 'limit: {amount: value, per: event}', 'limit: {per: event}', [('limit', 'a limit without an amount; expected amount: or named amounts')]),
    (MADE, 'limit: {amount: value, per: event}', 'limit: {amount: valu, per: event}', [('valu,', '"valu" is no money that is always known; expected perhaps "value"')]),
    (MADE, 'limit: {amount: value, per: event}', 'limit: {amount: seats, per: event}', [('seats', '"seats" is no money that is always known; expected one of rising, total, unlimited, value')]),
    (MADE, 'rising:   value + total', 'rising:   value - total', [('^rising, per', '"rising" can be under zero; expected money that can\'t, such as max(0 EUR, …)')]),
    (MADE, 'limit: {amount: 500 EUR, per: cover}', 'limit: {amount: 500 GBP, per: cover}', [('500', "500.00 GBP; expected EUR, the edition's currency")]),
    (MADE, '{small: 200 EUR, large: 400 EUR}}, per: event}', '{small: 200 EUR}}, per: event}', [('values', 'no row for large; expected a row for each choice of size')]),
    (MADE, '{small: 200 EUR, large: 400 EUR}}, per: event}', '{small: 200 EUR, larg: 400 EUR}}, per: event}', [('values', 'no row for large; expected a row for each choice of size'), ('larg', '"larg" is no choice of size; expected perhaps "large"')]),
    (MADE, '{small: 200 EUR, large: 400 EUR}}, per: event}', '{small: value, large: unlimited}}, per: event}', []),
    (MADE, 'limit: {amount: {by: size,', 'limit: {amount: {by: seats,', [('seats', '"seats" is no input of choices that is always known; expected one of abroad, opening, size, trailer')]),
    (MADE, 'glass: {by: size, values: {small: 300 EUR', 'glass: {by: size, values: {small: 300.005 EUR', [('300', '300.005 EUR; expected whole cents')]),
    (MADE, 'glass: {by: size, values: {small: 300 EUR, large: 500 EUR}}', 'glass: unlimited', [('unlimited', 'a sublimit that is unlimited, which limits nothing; expected an amount')]),
    (MADE, 'glass: {by: size, values: {small: 300 EUR, large: 500 EUR}}', 'glass: worth', [('worth', '"worth" is no money that is always known; expected one of rising, total, unlimited, value')]),
    (MADE, 'deductible: {by: size, values: {small: 200 EUR, large: 400 EUR}', 'deductible: {by: size, values: {small: 200 EUR}', [('values', 'no row for large; expected a row for each choice of size')]),
    (MADE, 'deductible: {by: size, values: {small: 200 EUR, large: 400 EUR}', 'deductible: {by: siz, values: {small: 200 EUR, large: 400 EUR}', [('siz,', '"siz" is no input of choices that is always known; expected perhaps "size"')]),
    (MADE, 'deductible: {by: size, values: {small: 200 EUR', 'deductible: {by: size, values: {small: 200 GBP', [('200', "200.00 GBP; expected EUR, the edition's currency")]),
    (MADE, 'min: 20 EUR, max: 200 EUR', 'min: 20 EUR, max: 10 EUR', [('20 EUR', '20.00 EUR; expected no more than max:')]),
    (MADE, 'min: 20 EUR, max: 200 EUR', 'min: 20 EUR, max: 200 GBP', [('200', "200.00 GBP; expected EUR, the edition's currency")]),
    (MADE, 'exclusions: [wear, racing]', 'exclusions: [wear, racing, wear]', [('wear]', '"wear" stands twice; expected each exclusion once')]),
    # Worked prices
    (MADE_EXAMPLES, 'goods: 0.10 EUR', 'good: 0.10 EUR', [('good', '"good" is no section and no total; expected perhaps "goods"')]),
    (MADE_EXAMPLES, 'goods: 0.10 EUR', 'goods: [a]', [('[a]', 'goods: is told otherwise; expected an amount, or none')]),
    (MADE_EXAMPLES, 'goods: 0.10 EUR', 'surcharges: none', [('none', 'surcharges is never none; expected an amount such as 0.00 EUR')]),
    (MADE_EXAMPLES, 'goods: 0.10 EUR', 'referred: 1 EUR', [('1 EUR', 'referred: is told otherwise; expected a list of codes such as [claims_history]')]),
    (MADE_EXAMPLES, 'goods: 0.10 EUR', 'unavailable: none', [('none', 'unavailable: is told otherwise; expected a list of codes such as [claims_history]')]),
    (MADE_EXAMPLES, 'goods: 0.10 EUR', 'net: 0.10 GBP', [('0.10', "0.10 GBP; expected EUR, the edition's currency")]),
]
# fmt: on


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuleFolder:
    return made(tmp_path_factory.mktemp("made"))


class TestReferences:
    def test_nothing_is_said_of_what_is_right(self, folder: RuleFolder) -> None:
        assert folder.said() == []

    @pytest.mark.parametrize(("file", "old", "new", "expected"), CASES)
    def test_says_each_fault_at_its_place(
        self, folder: RuleFolder, file: str, old: str, new: str, expected: list[Expected]
    ) -> None:
        said, wanted = said_of(folder, file, old, new, expected)
        assert said == wanted

    def test_a_buyback_needs_a_deductible_to_buy_back(self, folder: RuleFolder) -> None:
        before = folder.text(MADE)
        kept = [line for line in before.splitlines() if "    deductible:" not in line]
        folder.write(MADE, "\n".join(kept) + "\n")
        try:
            said = folder.said()
        finally:
            folder.write(MADE, before)
        assert [one.partition(": ")[2] for one in said] == [
            "no other section has a deductible to buy back; expected one, or another layer"
        ]

    def test_tells_all_faults_of_a_file_in_one_run(self, folder: RuleFolder) -> None:
        before = folder.text(MADE)
        wrong = [
            ("timezone: Europe/Paris", "timezone: Europe/Pariss"),
            ("tax: motor_compulsory", "tax: motor_compulsry"),
            ("18-24: 1.4000", "18-25: 1.4000"),
            ("- refer: seats > 7", "- refer: seat > 7"),
            ("limit: {amount: 5000 EUR, per: item}", "limit: {amount: 5000 GBP, per: item}"),
            ("  - {until: start, give: 50%}\n", ""),
            ("- base: 3 EUR", "- base: threes"),
        ]
        for old, new in wrong:
            folder.replace(MADE, old, new)
        try:
            findings = folder.load().findings
        finally:
            folder.write(MADE, before)
        assert [(finding.place.line, finding.message.partition(";")[0]) for finding in findings] == [
            (5, '"Europe/Pariss" is no time zone'),
            (38, '"seat" is no input and no derived value'),
            (42, "25-99 overlaps 18-25"),
            (60, '"motor_compulsry" is no tax class of FR'),
            (106, "5000.00 GBP"),
            (115, '"threes" is no table'),
            (131, "nothing says what is given back up to the start"),
        ]
