"""Every fault of shape, in the words an underwriter reads and at the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from coverage.rulebook.format import Edition, ExampleFile, TaxFile, Texts
from coverage.rulebook.language.shape import PATTERNS, Part
from tests.rulebook.rule_files import (
    FRANCE,
    VEHICLE,
    VEHICLE_EXAMPLES,
    VEHICLE_TEXTS,
    RuleFolder,
    copied,
    said_at,
)

Expected = tuple[str, str] | tuple[str, str, str]

# A file; a snippet of it and what stands there instead; what is then said, each with the text that its place points
# at ("^" in front: looked for from the file's top, not from the snippet's line on).
# fmt: off
CASES: list[tuple[str, str, str, list[Expected]]] = [
    (VEHICLE, 'valid_for: 24h', 'valid_for: 24', [('24, ', '"24"; expected a duration such as 30m, 24h or 7d')]),
    (VEHICLE, '{min: 1h,', '{min: 1.5h,', [('1.5h', '"1.5h"; expected a duration such as 30m, 24h or 7d')]),
    (VEHICLE, 'days: 14,', 'days: fourteen,', [('fourteen', '"fourteen"; expected whole days from 0 to 60, such as 14')]),
    (VEHICLE, 'days: 14,', 'days: 14.0,', [('14.0', '"14.0"; expected whole days from 0 to 60, such as 14')]),
    (VEHICLE, 'days: 14,', 'days: 61,', [('61, ', '"61"; expected whole days from 0 to 60, such as 14')]),
    (VEHICLE, 'currency: EUR', 'currency: eur', [('eur\n', '"eur" is no currency sold in; expected one of CHF, DKK, EUR, GBP, NOK, PLN, SEK, USD')]),
    (VEHICLE, 'currency: EUR', 'currency: XXX', [('XXX\n', '"XXX" is no currency sold in; expected one of CHF, DKK, EUR, GBP, NOK, PLN, SEK, USD')]),
    (VEHICLE, 'country: FR', 'country: France', [('France', '"France"; expected a country\'s two capital letters, such as FR')]),
    (VEHICLE, 'product: off_duty_vehicle', 'product: Off-duty', [('Off-', '"Off-duty"; expected small letters, digits and _, a letter first, such as driver_age')]),
    (VEHICLE, 'effective: 2026-01-01T00:00', 'effective: 2026-01-01', [('2026', '"2026-01-01"; expected a moment in the product\'s time zone such as 2026-01-01T00:00')]),
    (VEHICLE, 'effective: 2026-01-01T00:00', 'effective: 2026-02-30T00:00', [('2026', '"2026-02-30T00:00" is no moment of the calendar; expected one such as 2026-01-01T00:00')]),
    (VEHICLE, 'effective: 2026-01-01T00:00', 'effective: 0001-01-01T00:00', [('0001', '"0001-01-01T00:00" is no moment of the calendar; expected one such as 2026-01-01T00:00')]),
    (VEHICLE, 'timezone: Europe/Paris', 'timezone:', [('\n# illustrative', 'nothing stands here; expected something')]),
    (VEHICLE, 'timezone: Europe/Paris', '', [('^product', '"timezone" is missing; expected it here')]),
    (VEHICLE, 'timezone: Europe/Paris', 'time_zone: Europe/Paris', [('^product', '"timezone" is missing; expected it here'), ('time_', '"time_zone" means nothing here; expected perhaps "timezone"')]),
    (VEHICLE, 'day: 24h', 'day: solar', [('solar', '"solar"; expected 24h or calendar')]),
    (VEHICLE, 'owner: partner', 'owner: platform', [('platform', '"platform"; expected member or partner')]),
    (VEHICLE, 'insured: [member]', 'insured: [membr]', [('membr', '"membr"; expected member or partner')]),
    (VEHICLE, 'insured: [member]', 'insured: {member: yes}', [('{member', '`key: value` lines; expected member or partner')]),
    (VEHICLE, 'owner: partner', 'keeper: partner', [('keeper', '"keeper"; expected policyholder, insured, driver, owner, payer or counterpart')]),
    (VEHICLE, 'kind: vehicle_registration', 'kind: number_plate', [('number_', '"number_plate"; expected vehicle_registration, serial_number, address or text')]),
    (VEHICLE, 'exclusive_for: [liability, own_damage]', 'exclusive_for: liability', [('liability', '"liability"; expected a list')]),
    (VEHICLE, 'vehicle_class: {one_of: [car, van, cargo_bike]}', 'vehicle_class: {one_off: [car, van, cargo_bike]}', [('{one_', '"one_off" doesn\'t say what this is; expected perhaps "one_of"')]),
    (VEHICLE, 'vehicle_class: {one_of: [car, van, cargo_bike]}', 'vehicle_class: car', [('car\n', '"car"; expected one of the keys one_of, yes_no, integer, decimal, money, date, text, list')]),
    (VEHICLE, 'vehicle_class: {one_of: [car, van, cargo_bike]}', 'vehicle_class: {one_of: []}', [('[]}\n', 'nothing stands here; expected something')]),
    (VEHICLE, 'vehicle_class: {one_of: [car, van, cargo_bike]}', 'vehicle_class: {one_of: [Car, van, cargo_bike]}', [('Car,', '"Car"; expected small letters, digits and _, a letter first, such as driver_age')]),
    (VEHICLE, 'vehicle_class: {one_of', 'Vehicle: {one_of', [('Vehicle', '"Vehicle"; expected small letters, digits and _, a letter first, such as driver_age')]),
    (VEHICLE, 'claims_3y:     {integer: 0..20, default: 0}', 'claims_3y:     {integer: 20..0, default: 0}', [('20..', '"20..0"; expected a range of whole numbers such as 0..20, the lower one first')]),
    (VEHICLE, 'claims_3y:     {integer: 0..20, default: 0}', 'claims_3y:     {integer: 0..20, defualt: 0}', [('defualt', '"defualt" means nothing here; expected perhaps "default"')]),
    (VEHICLE, '{money: 0 EUR..10000 EUR', '{money: 0..10000', [('0..10000', '"0" has no currency; expected one beside it, such as 0 EUR')]),
    (VEHICLE, '{money: 0 EUR..10000 EUR', '{money: 0 EUR..10000 GBP', [('0 EUR.', '"0 EUR..10000 GBP"; expected both ends in one currency')]),
    (VEHICLE, '{money: 0 EUR..10000 EUR', '{money: 0 EUR..10,000 EUR', [('0 EUR.', 'a comma parts "0 EUR..10,000 EUR" in two inside of braces; expected 0 EUR..10000 EUR or 0 EUR..10.000 EUR')]),
    (VEHICLE, 'licence_since: {date: past}', 'licence_since: {date: before}', [('before', '"before"; expected past, future or any')]),
    (VEHICLE, 'text: "[A-Za-z0-9 -]{4,12}"', 'text: "[A-Z"', [('"[A-', '"[A-Z" is no pattern (unterminated character set at position 0); expected one such as [A-Z]{2}-[0-9]{3}')]),
    (VEHICLE, 'text: "[A-Za-z0-9 -]{4,12}"', 'text: "[[A-Z]"', [('"[[A', '"[[A-Z]" is no pattern (Possible nested set at position 1); expected one such as [A-Z]{2}-[0-9]{3}')]),
    (VEHICLE, 'text: "[A-Za-z0-9 -]{4,12}"', 'text: "A{1,99999999999}"', [('"A{1', '"A{1,99999999999}" is no pattern (the repetition number is too large); expected one such as [A-Z]{2}-[0-9]{3}')]),
    (VEHICLE, 'text: "[A-Za-z0-9 -]{4,12}"', 'text: "([A-Z]+)+"', [('"([A', '"([A-Z]+)+" could take forever to match; expected fewer repetitions, and none of a group')]),
    (VEHICLE, 'text: "[A-Za-z0-9 -]{4,12}"', 'text: "(AB|CD){2}"', [('"(AB', '"(AB|CD){2}" could take forever to match; expected fewer repetitions, and none of a group')]),
    (VEHICLE, 'text: "[A-Za-z0-9 -]{4,12}"', 'text: ".*-.*-.{2,}-.+"', [('".*', '".*-.*-.{2,}-.+" could take forever to match; expected fewer repetitions, and none of a group')]),
    (VEHICLE, 'text: "[A-Za-z0-9 -]{4,12}"', 'text: "(AB|CD)?[)*]{2,9} +\\\\)*"', []),
    (VEHICLE, 'personal: true}\n  driver_born', 'personal: maybe}\n  driver_born', [('maybe', '"maybe"; expected yes or no')]),
    (VEHICLE, '{years_from: driver_born, to: start}', '{years_from: driver_born}', [('{years_', '"to" is missing; expected it here')]),
    (VEHICLE, '{years_from: driver_born, to: start}', '[driver_born, start]', [('[driver_', 'a list; expected one of the keys years_from, hours_in, season, prefix')]),
    (VEHICLE, '  - decline: licence_years < 2\n', '  - declines: licence_years < 2\n', [('declines', '"declines" means nothing here; expected perhaps "decline"')]),
    (VEHICLE, '    code: licence_too_recent', '    code: licence too recent', [('licence', '"licence too recent"; expected small letters, digits and _, a letter first, such as driver_age')]),
    (VEHICLE, '    code: licence_too_recent', '', [('^decline', '"code" is missing; expected it here')]),
    (VEHICLE, 'bands: {18-20', 'band: {18-20', [('band', '"band" means nothing here; expected perhaps "bands"')]),
    (VEHICLE, '21-24: 1.6000', '21-24: 1,6', [('1,6', 'a comma parts "1,6" in two inside of braces; expected 1.6')]),
    (VEHICLE, '21-24: 1.6000', '21-24: 1.60001', [('1.60001', '"1.60001" has more than 4 decimal places; expected a factor such as 1.2500, with a point and up to four places')]),
    (VEHICLE, '21-24: 1.6000', '21-24: 1001', [('1001', 'the factor 1001; expected one up to 1000')]),
    (VEHICLE, '21-24: 1.6000', '21-24:', [(':, 25', 'a colon without a value behind it; expected a space and the value')]),
    (VEHICLE, 'decline(driver_too_young)', 'decline driver_too_young', [('decline', '"decline driver_too_young"; expected a factor such as 1.2500, an amount such as 12.50 EUR, decline(code) or refer(code)')]),
    (VEHICLE, '{18-20: decline(driver_too_young), 21-24: 1.6000, 25-69: 1.0000, 70+: 1.2500}', '{}', [('{}}\n', 'nothing stands here; expected something')]),
    (VEHICLE, 'tax: motor_other', 'tax: [motor_other]', [('[motor_', 'a list; expected one of the keys by, split, exempt')]),
    (VEHICLE, 'tax: motor_other', 'tax: motor other', [('motor', '"motor other"; expected a class of the country\'s tax file, where its rates stand: small letters')]),
    (VEHICLE, 'layer: primary\n    tax: motor_other', 'layer: primry\n    tax: motor_other', [('primry', '"primry"; expected primary, excess_of with a name, difference_in_conditions or deductible_buyback')]),
    (VEHICLE, 'limit: {amount: 50000 EUR, per: event}', 'limit: {amount: 50000, per: event}', [('50000', '"50000" has no currency; expected an amount such as 10000 EUR, a money input\'s name, or unlimited')]),
    (VEHICLE, 'limit: {amount: 50000 EUR, per: event}', 'limit: {amount: 50000 EUR, per: day}', [('day}', '"day"; expected event, cover, person or item')]),
    (VEHICLE, 'limit: {amount: 50000 EUR, per: event}', 'limit: {amount: 50000 EUR}', [('{amount', '"per" is missing; expected it here')]),
    (VEHICLE, 'limit: {amount: 50000 EUR, per: event}', 'limit: {The Amount: 50000 EUR, per: event}', [('50000', '"The Amount"; expected small letters, digits and _, a letter first, such as driver_age')]),
    (VEHICLE, 'limit: {amount: 50000 EUR, per: event}', 'limit: {amount: [1 EUR], per: event}', [('[1 EUR', "a list; expected an amount such as 10000 EUR, a money input's name, or unlimited")]),
    (VEHICLE, 'share: 10% of loss', 'share: 10%', [('10%,', '"10%"; expected a whole share such as 10% of loss')]),
    (VEHICLE, 'min: 150 EUR}', 'min: 150 EUR, owed: insured}', [('owed', '"owed" means nothing here; expected perhaps "owed_by"')]),
    (VEHICLE, 'deductible: {share: 10% of loss, min: 150 EUR}', 'deductible: 150 EUR', [('150 ', '"150 EUR"; expected one of the keys amount, by, share')]),
    (VEHICLE, 'average: waived', 'average: none', [('none', '"none"; expected waived or applies')]),
    (VEHICLE, 'each_item: 2500 EUR', 'each item: 2500 EUR', [('each', '"each item"; expected small letters, digits and _, a letter first, such as driver_age')]),
    (VEHICLE, '- base: 0.6000 EUR per hour, at most 6.00 EUR per day', '- base: 0.6000 EUR per hour, at most 6.00 EUR', [('0.6000', '"0.6000 EUR per hour, at most 6.00 EUR"; expected an amount (12.50 EUR), an amount per hour or per day (0.45 EUR per hour, at most 4.50 EUR per day), a share of an input (0.15% of goods_value per day), a share of sections (5% of [liability, own_damage]), a factor (1.2500) or a table\'s name')]),
    (VEHICLE, '- base: 0.6000 EUR per hour, at most 6.00 EUR per day', '- base: 0.6000 EUR an hour', [('0.6000', '"0.6000 EUR an hour"; expected 0.6000 EUR per hour')]),
    (VEHICLE, '- base: 0.6000 EUR per hour, at most 6.00 EUR per day', '- {base: 1 EUR, plus: 1 EUR}', [('{base', 'a step with none or several operations; expected one of base, times, plus, minus, at_least, at_most')]),
    (VEHICLE, '- base: 0.6000 EUR per hour, at most 6.00 EUR per day', '- 1 EUR', [('1 EUR', '"1 EUR"; expected `key: value` lines')]),
    (VEHICLE, '- base: 0.6000 EUR per hour, at most 6.00 EUR per day', '- base: 0.6000 XYZ per hour', [('0.6000', '"XYZ" is no currency sold in; expected one of CHF, DKK, EUR, GBP, NOK, PLN, SEK, USD')]),
    (VEHICLE, '- base: 0.6000 EUR per hour, at most 6.00 EUR per day', '- base: 0.6,1 EUR per hour', [('0.6,', '"0.6,1 EUR"; expected an amount such as 12.50 EUR')]),
    (VEHICLE, '- base: 0.1500% of goods_value per day', '- base: 0.15001% of goods_value per day', [('0.15001', '"0.15001%" has more than 4 decimal places; expected a percentage such as 5% or 0.1500%, with up to four places')]),
    (VEHICLE, 'fees: []', 'fees:', [('\naccumulate', 'nothing; expected a list, which is [] where there is nothing')]),
    (VEHICLE, 'fees: []', 'fees: [{name: ticket, amount: 1 EUR, owed_to: nobody}]', [('nobody', '"nobody"; expected insurer, partner or operator')]),
    (VEHICLE, '{until: start, give: 100%}', '{until: start, give: 101%}', [('101%', '"101%"; expected a share such as 100%, unused, 80% of unused, or none')]),
    (VEHICLE, '{until: start, give: 100%}', '{until: start, after: start, give: 100%}', [('{until', 'a tier with both or neither; expected until: start or after: start')]),
    (VEHICLE, 'spread: pro_rata', 'spread: evenly', [('evenly', '"evenly"; expected pro_rata')]),
    (VEHICLE, 'territory: [FR, BE, LU, DE, CH, IT, ES]', 'territory: [FR, BEL]', [('BEL]', '"BEL"; expected a country\'s two capital letters, such as FR')]),
    (VEHICLE, 'territory: [FR, BE, LU, DE, CH, IT, ES]', 'territory: []', [('[]\n', 'nothing stands here; expected something')]),
    (VEHICLE, 'contract:\n', 'contrat:\n', [('contrat', '"contrat" means nothing here; expected perhaps "contract"')]),
    (VEHICLE, 'law: L112-2-1', "law: ''", [("'', ", 'nothing stands here; expected something')]),
    (VEHICLE, 'sections:\n', 'sections: {}\nsection:\n', [('{}\nsection', 'nothing stands here; expected something'), ('section:', '"section" means nothing here; expected perhaps "sections"')]),
    (FRANCE, '  - name: FGAO\n', '  - name: F GAO\n', [('F GAO', '"F GAO"; expected letters, digits and _, a letter first, such as FGAO')]),
    (FRANCE, '    - {from: 2016-01-01, rate: "0.125"}', '    - {from: 2016-13-01, rate: "0.125"}', [('2016', '"2016-13-01"; expected a day such as 2026-01-01')]),
    (FRANCE, '    - {from: 2016-01-01, rate: "0.125"}', '    - {from: 2016-01-01, rate: "12.5"}', [('"12.', '"12.5"; expected a rate up to 1 (100 %)')]),
    (FRANCE, '    - {from: 2016-01-01, rate: "0.125"}', '    - {from: 2016-01-01, rate: "125%"}', [('"125', '"125%"; expected a rate up to 1 (100 %)')]),
    (FRANCE, '    - {from: 2016-01-01, rate: "0.125"}', '    - {from_: 2016-01-01, rate: "0.125"}', [('{from_', '"from" is missing; expected it here'), ('from_', '"from_" means nothing here; expected perhaps "from"')]),
    (FRANCE, 'once_per: master_policy', 'once_per: policy', [('policy', '"policy"; expected cover or master_policy')]),
    (FRANCE, '    on: motor_compulsory\n', '', [('^name:', 'a levy that has neither, or a mixture; expected rates: with on: (their tax class), or per_contract: amounts')]),
    (VEHICLE_EXAMPLES, '- name: a van for a Saturday with €8,000 of goods\n  start: 2026-02-07T08:00+01:00', '- name: a van for a Saturday with €8,000 of goods\n  start: 2026-02-07T08:00', [('2026', '"2026-02-07T08:00"; expected an instant with its offset such as 2026-12-05T08:00+01:00')]),
    (VEHICLE_EXAMPLES, 'goods_carried: 12.00 EUR, legal_protection: 0.66 EUR, net: 25.79 EUR', 'goods_carried: 12, legal_protection: 0.66 EUR, net: 25.79 EUR', [('12, ', '"12" has no currency; expected an amount such as 12.50 EUR, none, or for declined:, referred: and unavailable: a list of codes')]),
    (VEHICLE_EXAMPLES, 'goods_carried: 12.00 EUR, legal_protection: 0.66 EUR, net: 25.79 EUR', 'goods_carried: nil, legal_protection: 0.66 EUR, net: 25.79 EUR', [('nil,', '"nil"; expected an amount such as 12.50 EUR, none, or for declined:, referred: and unavailable: a list of codes')]),
    (VEHICLE_EXAMPLES, 'goods_carried: 12.00 EUR, legal_protection: 0.66 EUR, net: 25.79 EUR', 'goods_carried: [12.00 EUR], legal_protection: 0.66 EUR, net: 25.79 EUR', [('12.00', '"12.00 EUR"; expected small letters, digits and _, a letter first, such as driver_age')]),
    (VEHICLE_EXAMPLES, '  expect: {declined: [licence_too_recent, driver_too_young]}', '  expect: {declined: driver_too_young}', [('driver_', '"driver_too_young"; expected an amount such as 12.50 EUR, none, or for declined:, referred: and unavailable: a list of codes')]),
    (VEHICLE_EXAMPLES, '  expect: {declined: [licence_too_recent, driver_too_young]}', '  expect: {}', [('{}\n\n', 'nothing stands here; expected something')]),
    (VEHICLE_EXAMPLES, '  expect: {declined: [licence_too_recent, driver_too_young]}', '  expect: {declined: []}', [('[]}\n', 'nothing stands here; expected something')]),
    (VEHICLE_EXAMPLES, '  expect: {declined: [licence_too_recent, driver_too_young]}', '  expekt: {declined: [licence_too_recent, driver_too_young]}', [('^name: a driver of eighteen ', '"expect" is missing; expected it here'), ('expekt', '"expekt" means nothing here; expected perhaps "expect"')]),
    (VEHICLE_TEXTS, 'object: Registration number', 'object: [Registration number]', [('[Registration', 'a list; expected text')]),
    (VEHICLE_TEXTS, '  name: Off-duty vehicle', '  name: Off-duty: vehicle', [(': vehicle', 'a colon where none can stand; expected text with a colon in quotes, or a new line')]),
    (VEHICLE_TEXTS, '    - Wear, defects and damage that were there before the cover began\n', '    - \n', [(' \n  ', 'nothing stands here; expected something')]),
]
# fmt: on


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuleFolder:
    return copied(tmp_path_factory.mktemp("said"))


@pytest.fixture(scope="module")
def clean(folder: RuleFolder) -> set[tuple[str, str]]:
    """What is said of the project's own rules."""
    return {(finding.place.file, finding.message) for finding in folder.load().findings}


def patterns_of(part: object) -> Iterator[str]:
    """Every pattern in a schema, of values and of keys."""
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        yield from part.get("patternProperties", {})
        for found in part.values():
            yield from patterns_of(found)
    elif isinstance(part, list):
        for found in part:
            yield from patterns_of(found)


class TestWords:
    @pytest.mark.parametrize("model", [Edition, TaxFile, ExampleFile, Texts])
    def test_every_pattern_is_told_in_words(self, model: type[Part]) -> None:
        found = set(patterns_of(model.model_json_schema(by_alias=True)))
        assert found
        assert found - PATTERNS.keys() == set()


class TestShape:
    @pytest.mark.parametrize(("file", "old", "new", "expected"), CASES)
    def test_says_each_fault_at_its_place(
        self,
        folder: RuleFolder,
        clean: set[tuple[str, str]],
        file: str,
        old: str,
        new: str,
        expected: list[Expected],
    ) -> None:
        before = folder.text(file)
        start = before.index(old)
        folder.replace(file, old, new)
        try:
            wanted = [said_at(folder, file, start, one) for one in expected]
            findings = folder.load().findings
        finally:
            folder.write(file, before)
        said = [str(f) for f in findings if (f.place.file, f.message) not in clean]
        assert [one for one in wanted if one not in said] == []
        # Of the broken file nothing else is said, so one fault isn't told as two.
        faults = {one for one in said if one.startswith(f"rules/{file}:") and ": warning: " not in one}
        assert faults <= set(wanted)
