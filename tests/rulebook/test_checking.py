"""Every fault of names, tables, taxes and worked prices, in an underwriter's words and at its place."""

from __future__ import annotations

import pytest

from tests.rulebook.rule_files import (
    FRANCE,
    GOODS,
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
    (VEHICLE, 'timezone: Europe/Paris', 'timezone: Europe/Pariss', [('Europe', '"Europe/Pariss" is no time zone; expected one such as Europe/Paris')]),
    (VEHICLE, 'territory: [FR, BE,', 'territory: [FR, ZZ,', [('ZZ', '"ZZ" is no country; expected codes such as FR')]),
    (VEHICLE, 'valid_for: 24h', 'valid_for: 0h', [('0h', 'a quote that nobody could bind in time; expected a minute or more')]),
    (VEHICLE, 'timezone: Europe/Paris', 'timezone: Europe', [('Europe', '"Europe" is no time zone; expected one such as Europe/Paris')]),
    (VEHICLE, 'claims_3y:     {integer: 0..20, default: 0}', 'claims_3y:     {integer: 0..20, default: none}', [('none', '"none"; expected a whole number from 0 to 20')]),
    (VEHICLE, 'claims_3y:     {integer: 0..20, default: 0}', 'claims_3y:     {integer: 0..20, default: 21}', [('21}\n', '21; expected a whole number from 0 to 20')]),
    (VEHICLE, 'limit: {amount: 50000 EUR, per: event}', 'limit: {per: event}', [('limit', 'a limit without an amount; expected amount: or named amounts')]),
    (VEHICLE, 'object: {input: registration', 'object: {input: registratoin', [('registratoin', '"registratoin" is no input; expected perhaps "registration"')]),
    (VEHICLE, 'exclusive_for: [liability, own_damage]', 'exclusive_for: [liability, own_damages]', [('own_', '"own_damages" is no section; expected perhaps "own_damage"')]),
    (VEHICLE, '  claims_3y:     {integer', '  start_hour:    {integer', [('start_', '"start_hour" is there in every edition; expected another name'), ('claims_', '"claims_3y" is no input and no derived value; expected one of driver_age, excess, goods_value, lead_hours, licence_years, start_hour, start_weekday, term_days, term_hours, vehicle_class')]),
    (VEHICLE, '  claims_3y:     {integer', '  start:    {integer', [('start', '"start" is there in every edition; expected another name'), ('claims_', '"claims_3y" is no input and no derived value; expected one of driver_age, excess, goods_value, lead_hours, licence_years, start, start_hour, start_weekday, term_days, term_hours, vehicle_class')]),
    (VEHICLE, 'one_of: [standard, low]', 'one_of: [standard, low, low]', [('[standard', 'a choice stands twice; expected each once')]),
    (VEHICLE, 'one_of: [standard, low]', 'one_of: [standard, low, medium]', [('values: {standard', 'no row for medium; expected a row for each choice of excess, or otherwise:'), ('values: {standard: 1000', 'no row for medium; expected a row for each choice of excess')]),
    (VEHICLE, 'one_of: [standard, low], default: standard', 'one_of: [standard, low], default: usual', [('usual', '"usual"; expected one of low, standard')]),
    (VEHICLE, '  driver_age:    {years', '  vehicle_class:    {years', [('vehicle_', '"vehicle_class" is a name in use already; expected another'), ('driver_age', '"driver_age" is no input and no derived value; expected one of claims_3y, excess, goods_value, lead_hours, licence_years, start_hour, start_weekday, term_days, term_hours, vehicle_class')]),
    (VEHICLE, 'years_from: driver_born', 'years_from: driver_birth', [('driver_birth', '"driver_birth" is no date input; expected perhaps "driver_born"')]),
    (VEHICLE, 'years_from: licence_since', 'years_from: goods_value', [('goods_', '"goods_value" is no date input; expected one of driver_born, licence_since')]),
    (VEHICLE, 'decline: licence_years < 2', 'decline: licence_yeers < 2', [('licence_', '"licence_yeers" is no input and no derived value; expected perhaps "licence_years"')]),
    (VEHICLE, 'decline: licence_years < 2', 'decline: licence_years', [('licence_', '"licence_years" is a whole number; expected a condition, such as a comparison')]),
    (VEHICLE, 'decline: licence_years < 2', 'decline: driver_born < 2', [('driver_', '"driver_born" is personal, so nothing may be rated on it; expected a derived value, such as an age')]),
    (VEHICLE, 'decline: licence_years < 2', 'decline: licence_years <', [('licence_', '"licence_years <" can\'t be read; expected names, numbers, money (12 EUR), quoted choices, and/or/not/in, comparisons, + - * //, min( ), max( ), and of a list sum( ), highest( ), lowest( ), count( )')]),
    (VEHICLE, 'decline: licence_years < 2', 'decline: licence_years < 2 EUR', [('licence_', '"licence_years < 2 EUR" compares a whole number with money in EUR; expected two of the same kind: numbers with numbers, money with money of one currency, choices in quotes')]),
    (VEHICLE, 'decline: licence_years < 2', "decline: 'licence_years < 2 and nothing'", [('nothing', '"nothing" is no input and no derived value; expected one of claims_3y, driver_age, excess, goods_value, lead_hours, licence_years, start_hour, start_weekday, term_days, term_hours, vehicle_class')]),
    (VEHICLE, 'decline: licence_years < 2', 'decline: >-\n      licence_years < 2\n      and nothing', [('>-\n ', '"nothing" is no input and no derived value; expected one of claims_3y, driver_age, excess, goods_value, lead_hours, licence_years, start_hour, start_weekday, term_days, term_hours, vehicle_class')]),
    (VEHICLE, 'decline: licence_years < 2', "decline: vehicle_class == 'lorry'", [('vehicle_', '"lorry" is no choice of vehicle_class; expected one of car, cargo_bike, van')]),
    (VEHICLE, 'decline: licence_years < 2', 'decline: 10 // claims_3y > 2', [('10 /', '"10 // claims_3y" could divide by 0; expected a divisor that is always over zero')]),
    (VEHICLE, 'decline: licence_years < 2', "decline: registration == 'x'", [('registration', '"registration" is personal, so nothing may be rated on it; expected a derived value, such as an age')]),
    (VEHICLE, '    code: claims_history', '    code: driver_too_young', [('decline', '"driver_too_young" is to decline here and to refer on line 40; expected a code for each')]),
    (VEHICLE, 'by: driver_age, bands', 'by: driver_ages, bands', [('driver_', '"driver_ages" is no input and no derived value; expected perhaps "driver_age"')]),
    (VEHICLE, 'by: driver_age, bands', 'by: driver_born, bands', [('driver_', '"driver_born" is personal, so nothing may be rated on it; expected a derived value, such as an age')]),
    (VEHICLE, 'by: driver_age, bands', 'by: driver_age, values', [('values', 'values: over "driver_age", which is a whole number; expected bands:')]),
    (VEHICLE, 'by: vehicle_class, values: {car: 1.0000', 'by: claims_3y, values: {car: 1.0000', [('values', 'values: over "claims_3y", which is a whole number; expected bands:')]),
    (VEHICLE, 'van: 1.2500, cargo', 'van: 1.2500 EUR, cargo', [('values', 'a table of factors and amounts; expected one of them')]),
    (VEHICLE, 'van: 1.2500, cargo_bike: 0.4000}', 'van: 1.2500}', [('values', 'no row for cargo_bike; expected a row for each choice of vehicle_class, or otherwise:')]),
    (VEHICLE, 'van: 1.2500, cargo_bike: 0.4000}', 'vans: 1.2500, cargo_bike: 0.4000}', [('values', 'no row for van; expected a row for each choice of vehicle_class, or otherwise:'), ('vans', '"vans" is no choice of vehicle_class; expected perhaps "van"')]),
    (VEHICLE, 'van: 1.2500, cargo_bike: 0.4000}', 'van: 1.2500, cargo_bike: 0.4000}, otherwise: 1.0000', [('1.0000}', "otherwise: can't match, since every choice has its row; expected one of the two")]),
    (VEHICLE, '21-24: 1.6000', '21-25: 1.6000', [('25-69', '25-69 overlaps 21-25; expected bands that begin where the one before ended')]),
    (VEHICLE, '21-24: 1.6000', '21-23: 1.6000', [('25-69', 'nothing covers 24 between 21-23 and 25-69; expected a row for it, or otherwise:')]),
    (VEHICLE, '21-24: 1.6000', '24-21: 1.6000', [('24-21', '"24-21"; expected a band such as 18-20, 70+ or 7, the lower end first')]),
    (VEHICLE, '21-24: 1.6000', '21-24.5: 1.6000', [('21-24.', '"21-24.5"; expected a band such as 18-20, 70+ or 7, the lower end first')]),
    (VEHICLE, '70+: 1.2500}', '70-130: 1.2500, 131+: 2.0000}', [('131+', "131+ can't match; expected a band within 0 to 130, which driver_age goes through")]),
    (VEHICLE, '18-20: decline(driver_too_young), 21-24: 1.6000, 25-69: 1.0000, 70+: 1.2500}', '0-24: 1.6000, 25+: 1.1000}, otherwise: 1.0000', [('1.0000', "otherwise: can't match, since the rows cover all of driver_age; expected one of the two")]),
    (VEHICLE, 'values: {car: motor_compulsory, van: motor_compulsory,', 'values: {car: motor_compulsory,', [('values', 'no row for van; expected a row for each choice of vehicle_class')]),
    (VEHICLE, 'values: {car: motor_compulsory, van: motor_compulsory,', 'values: {car: motor_compulsry, van: motor_compulsory,', [('motor_', '"motor_compulsry" is no tax class of FR; expected perhaps "motor_compulsory"')]),
    (VEHICLE, 'tax: {by: vehicle_class', 'tax: {by: claims_3y', [('values', '"claims_3y" is a whole number; expected an input of choices')]),
    (VEHICLE, 'tax: motor_other', 'tax: motor_others', [('motor_', '"motor_others" is no tax class of FR; expected perhaps "motor_other"')]),
    (VEHICLE, 'property: 100000000 EUR', 'property: 100000000 GBP', [('100000000', "100000000.00 GBP; expected EUR, the edition's currency")]),
    (VEHICLE, 'property: 100000000 EUR', 'property: 100000000.001 EUR', [('100000000.', '100000000.001 EUR; expected whole cents')]),
    (VEHICLE, 'property: 100000000 EUR', 'property: goods_val', [('goods_', '"goods_val" is no money that is always known; expected perhaps "goods_value"')]),
    (VEHICLE, '{money: 0 EUR..10000 EUR, default: 0 EUR}', '{money: 0 EUR..10000 EUR, optional: yes}', [('goods_value ', '"goods_value" is optional without a default, so nothing may be rated on it; expected a default: for it'), ('goods_value,', '"goods_value" is no money that is always known; expected one of unlimited'), ('0.1500', '"goods_value" is optional without a default, so nothing may be rated on it; expected a default: for it')]),
    (VEHICLE, '{money: 0 EUR..10000 EUR, default: 0 EUR}', '{money: 0 EUR..10000 EUR, default: 0 EUR, personal: yes}', [('goods_value ', '"goods_value" is personal, so nothing may be rated on it; expected a derived value, such as an age'), ('goods_value,', '"goods_value" is no money that is always known; expected one of unlimited'), ('0.1500', '"goods_value" is personal, so nothing may be rated on it; expected a derived value, such as an age')]),
    (VEHICLE, '{money: 0 EUR..10000 EUR, default: 0 EUR}', '{money: 0 GBP..10000 GBP, default: 0 GBP}', [('0 GBP.', "money in GBP; expected EUR, the edition's currency"), ('goods_value ', '"goods_value > 0 EUR" compares money in GBP with money in EUR; expected two of the same kind: numbers with numbers, money with money of one currency, choices in quotes')]),
    (VEHICLE, 'deductible: {by: excess, values: {standard: 1000 EUR, low: 350 EUR}', 'deductible: {by: excess, values: {standard: 1000 EUR}', [('values', 'no row for low; expected a row for each choice of excess')]),
    (VEHICLE, 'deductible: {by: excess, values: {standard: 1000 EUR, low: 350 EUR}', 'deductible: {by: exces, values: {standard: 1000 EUR, low: 350 EUR}', [('exces', '"exces" is no input of choices that is always known; expected perhaps "excess"')]),
    (VEHICLE, 'deductible: {by: excess, values: {standard: 1000 EUR, low: 350 EUR}', 'deductible: {by: excess, values: {standard: 1000 GBP, low: 350 EUR}', [('1000', "1000.00 GBP; expected EUR, the edition's currency")]),
    (VEHICLE, 'min: 150 EUR}', 'min: 150 GBP}', [('150 ', "150.00 GBP; expected EUR, the edition's currency")]),
    (VEHICLE, 'min: 150 EUR}', 'min: 150 EUR, max: 100 EUR}', [('150 ', '150.00 EUR; expected no more than max:')]),
    (VEHICLE, 'each_item: 2500 EUR', 'each_item: 2500.005 EUR', [('2500.', '2500.005 EUR; expected whole cents')]),
    (VEHICLE, 'when: goods_value > 0 EUR', 'when: goods_value > 0', [('goods_', '"goods_value > 0" compares money in EUR with a whole number; expected a currency beside it: 0 EUR')]),
    (VEHICLE, 'when: goods_value > 0 EUR', 'when: goods_value', [('goods_', '"goods_value" is money in EUR; expected a condition, such as a comparison')]),
    (VEHICLE, '- times: age', '- times: ages', [('ages', '"ages" is no table; expected perhaps "age"')]),
    (VEHICLE, '- times: age', '- plus: age', [('age\n', '"age"; expected an amount, or a table of amounts')]),
    (VEHICLE, '- times: age', '- times: 1 EUR', [('1 EUR', '"1 EUR"; expected a factor or a table of factors')]),
    (VEHICLE, '- times: age', '- base: 1 EUR', [('base', 'base: stands here; expected base: first, and only first')]),
    (VEHICLE, '- base: 0.4500 EUR per hour, at most 4.50 EUR per day', '- plus: 0.4500 EUR per hour', [('plus', 'plus: stands here; expected base: first, and only first')]),
    (VEHICLE, '- base: 0.4500 EUR per hour, at most 4.50 EUR per day', '- base: 0.4500 GBP per hour', [('0.4500', "0.45 GBP; expected EUR, the edition's currency")]),
    (VEHICLE, '- base: 0.1500% of goods_value per day', '- base: 0.1500% of goods_valu per day', [('0.1500', '"goods_valu" is no input and no derived value; expected perhaps "goods_value"')]),
    (VEHICLE, '- base: 0.1500% of goods_value per day', '- base: 0.1500% of claims_3y per day', [('0.1500', '"claims_3y" is a whole number; expected money')]),
    (VEHICLE, '- base: 5% of [liability, own_damage]', '- base: 5% of [liability, own_damge]', [('5% of', '"own_damge" is no section; expected perhaps "own_damage"')]),
    (VEHICLE, '- base: 5% of [liability, own_damage]', '- base: 5% of [liability, legal_protection]', [('5% of', '"legal_protection" doesn\'t come before; expected sections that stand above this one')]),
    (VEHICLE, '- base: 5% of [liability, own_damage]', '- base: 5% of [liability, liability]', [('5% of', '"liability" stands twice; expected each section once')]),
    (VEHICLE, 'over: [liability, own_damage], spread', 'over: [liability, own_damge], spread', [('own_', '"own_damge" is no section; expected perhaps "own_damage"')]),
    (VEHICLE, 'over: [liability, own_damage], spread', 'over: [liability, liability], spread', [('liability]', '"liability" stands twice; expected each section once')]),
    (VEHICLE, 'net: 2.50 EUR', 'net: 2.505 EUR', [('2.505', '2.505 EUR; expected whole cents')]),
    (VEHICLE, 'net: 2.50 EUR', 'net: 2.50 GBP', [('2.50', "2.50 GBP; expected EUR, the edition's currency")]),
    (VEHICLE, 'fees: []', 'fees: [{name: ticket, amount: 1.005 EUR, taxed_as: othr}]', [('1.005', '1.005 EUR; expected whole cents'), ('othr', '"othr" is no tax class of FR; expected perhaps "other"')]),
    (VEHICLE, 'fees: []', 'fees: [{name: ticket, amount: 1 GBP}]', [('1 GBP', "1.00 GBP; expected EUR, the edition's currency")]),
    (VEHICLE, 'section: goods_carried, cap: 10000 EUR, across: [off_duty_vehicle, goods_carried]', 'section: goods_caried, cap: 10000 EUR, across: [off_duty_vehicle, goods_carried]', [('goods_', '"goods_caried" is no section; expected perhaps "goods_carried"')]),
    (VEHICLE, 'cap: 10000 EUR, across: [off_duty_vehicle, goods_carried]', 'cap: 10000 GBP, across: [goods_carried]', [('10000', "10000.00 GBP; expected EUR, the edition's currency"), ('[goods_', "off_duty_vehicle itself isn't among them; expected it there")]),
    (VEHICLE, 'inputs: [goods_value]', 'inputs: [goods_valu]', [('goods_', '"goods_valu" is no input; expected perhaps "goods_value"')]),
    (VEHICLE, 'exempt_when: term_days < 30', 'exempt_when: term_dais < 30', [('term_', '"term_dais" is no input and no derived value; expected perhaps "term_days"')]),
    (VEHICLE, '{min: 1h, max: 7d', '{min: 8d, max: 7d', [('term', 'the shortest cover is longer than the longest, or under a minute; expected min: of a minute or more, and no more than max:')]),
    (VEHICLE, '{min: 1h, max: 7d', '{min: 0m, max: 7d', [('term', 'the shortest cover is longer than the longest, or under a minute; expected min: of a minute or more, and no more than max:')]),
    (VEHICLE, '  excess:        {one_of', '  driver_sex:    {one_of: [male, female], default: male}\n  excess:        {one_of', [('driver_', '"driver_sex" asks for a person\'s sex, and Directive 2004/113/EC art. 5 forbids rating on sex; expected no such input')]),
    (VEHICLE, '  excess:        {one_of', '  horse_power:   {integer: 1..500, default: 100}\n  excess:        {one_of', [('horse_', 'nothing uses the input "horse_power"; expected a rule that does, or no input')]),
    (VEHICLE, '  licence_years: {years', '  idle: claims_3y + 1\n  licence_years: {years', [('idle', 'nothing uses the derived value "idle"; expected a rule that does, or none')]),
    (VEHICLE, '  licence_years: {years', '  first: second + 1\n  second: claims_3y + 1\n  licence_years: {years', [('second', '"second" isn\'t worked out yet here; expected it to stand above what uses it')]),
    (VEHICLE, '  licence_years: {years', '  first: claims + 1\n  second: first + 1\n  licence_years: {years', [('claims', '"claims" is no input and no derived value; expected perhaps "claims_3y"')]),
    (VEHICLE, '  class:  {by', '  idle: {by: excess, values: {standard: 1.0000, low: 1.0000}}\n  class:  {by', [('idle', 'no step uses the table "idle"; expected one, or no table')]),
    (VEHICLE, '- base: 0.1500% of goods_value per day', '- base: 900% of goods_value per day\n      - times: 999.0\n      - times: 999.0\n      - times: 999.0', [('^goods_carried', 'its premium could pass 2^63 micro-units on the way; expected smaller ranges, factors or amounts')]),
    (VEHICLE, '      - times: age\n      - times: class\n', '      - times: class\n', [('^age:    {by', 'no step uses the table "age"; expected one, or no table')]),
    (VEHICLE, 'country: FR', 'country: GB', [('GB\neffective', 'GB in the folder FR; expected the same'), ('motor_', '"motor_compulsory" is no tax class of GB; expected one of higher, standard'), ('motor_compulsory, cargo_', '"motor_compulsory" is no tax class of GB; expected one of higher, standard'), ('other', '"other" is no tax class of GB; expected one of higher, standard'), ('motor_other', '"motor_other" is no tax class of GB; expected one of higher, standard'), ('other\n    limit', '"other" is no tax class of GB; expected one of higher, standard'), ('legal_protection\n', '"legal_protection" is no tax class of GB; expected one of higher, standard')]),
    (VEHICLE, 'country: FR', 'country: SE', [('SE\neffective', 'SE in the folder FR; expected the same'), ('SE\neffective', 'there is no taxes/SE.yaml; expected it, with a rate for each class')]),
    (VEHICLE, 'effective: 2026-01-01T00:00', 'effective: 2015-06-01T00:00', [('2015', "2015-06-01T00:00 in 2026-01-01.yaml; expected the file's day"), ('motor_', 'FR has no tax rate for motor_compulsory on 2015-06-01; expected a row in taxes/FR.yaml from that day on or before'), ('motor_compulsory, cargo_', 'FR has no tax rate for motor_compulsory on 2015-06-01; expected a row in taxes/FR.yaml from that day on or before'), ('other', 'FR has no tax rate for other on 2015-06-01; expected a row in taxes/FR.yaml from that day on or before'), ('motor_other', 'FR has no tax rate for motor_other on 2015-06-01; expected a row in taxes/FR.yaml from that day on or before'), ('other\n    limit', 'FR has no tax rate for other on 2015-06-01; expected a row in taxes/FR.yaml from that day on or before')]),
    (VEHICLE, 'effective: 2026-01-01T00:00', 'effective: 2026-01-02T00:00', [('2026', "2026-01-02T00:00 in 2026-01-01.yaml; expected the file's day")]),
    (VEHICLE, 'product: off_duty_vehicle', 'product: on_duty_vehicle', [('on_duty_', 'on_duty_vehicle in the folder off_duty_vehicle; expected the same'), ('[off_', "on_duty_vehicle itself isn't among them; expected it there")]),
    (GOODS, 'money_and_jewellery: decline(category_not_accepted)}', 'money_and_jewellery: decline(category_not_accepted)}, otherwise: 2.0000', [('2.0000', "otherwise: can't match, since every choice has its row; expected one of the two")]),
    (GOODS, 'from: {50 EUR: 1.0000, 1000 EUR', 'from: {60 EUR: 1.0000, 1000 EUR', [('60 EUR', 'nothing covers goods_value under 60 EUR; expected a first bound at its lowest value')]),
    (GOODS, 'from: {50 EUR: 1.0000, 1000 EUR', 'from: {50: 1.0000, 1000 EUR', [('50: ', '"50" has no currency; expected one beside it, such as 50 EUR')]),
    (GOODS, 'from: {50 EUR: 1.0000, 1000 EUR', 'from: {50 GBP: 1.0000, 1000 EUR', [('50 GBP', "50.00 GBP; expected EUR, the edition's currency")]),
    (GOODS, '3000 EUR: 1.1000, 6000 EUR: 1.2000', '6000 EUR: 1.1000, 3000 EUR: 1.2000', [('from', 'the bounds are out of order; expected each higher than the one before')]),
    (GOODS, '6000 EUR: 1.2000', '10000.01 EUR: 1.2000', [('10000.01', "10000.01 EUR can't match; expected a bound that goods_value can reach")]),
    (GOODS, 'worth:   {by: goods_value, from: {50 EUR: 1.0000, 1000 EUR: 1.0500, 3000 EUR: 1.1000, 6000 EUR: 1.2000}}', 'worth:   {by: goods_value, from: {50 EUR: 1.0000}, otherwise: 1.0000}', [('1.0000}\n', "otherwise: can't match, since the rows cover all of goods_value; expected one of the two")]),
    (GOODS, '1-20: 0.8000', '2-20: 0.8000', [('2-20', 'nothing covers 1 of distance_km; expected a row, or otherwise:')]),
    (GOODS, '801-3000: 1.5000', '801-2999: 1.5000', [('801-', 'nothing covers 3000 of distance_km; expected a row, or otherwise:')]),
    (GOODS, '801-3000: 1.5000', '801+: 1.5000, 3001: 2.0000', [('3001', "3001 can't match; expected a band within 1 to 3000, which distance_km goes through"), ('3001', '3001 overlaps 801+; expected bands that begin where the one before ended')]),
    (GOODS, 'left_in_vehicle and transport', "left_in_vehicle == 'yes' and transport", [('left_', '"left_in_vehicle == \'yes\'" compares yes or no with a choice; expected yes or no by itself: such as fragile, or not fragile')]),
    (GOODS, '{yes_no: , default: no}\n  left', '{yes_no: , default: 0}\n  left', [('0}\n ', '"0"; expected yes or no')]),
    (FRANCE, '    on: motor_compulsory', '    on: motor_compulsry', [('motor_', '"motor_compulsry" is no tax class here; expected perhaps "motor_compulsory"')]),
    (FRANCE, '  - name: FGAO\n', '  - name: other\n', [('^FGAO', '"FGAO" is no tax class, no levy and no surcharge; expected one of FGTI, exempt, fire_private, legal_protection, motor_compulsory, motor_compulsory_heavy_goods, motor_other, natural_catastrophe, other, pleasure_boat'), ('other', '"other" is a name in use already; expected another')]),
    (FRANCE, '    - {from: 2016-01-01, rate: "0.125"}', '    - {from: 2014-01-01, rate: "0.125"}', [('2014', '2014-01-01 stands below 2015-01-01; expected each row later than the one above it')]),
    (FRANCE, 'once_per: master_policy', 'once_per: cover', [('^FGTI\n', 'warning: the rate of FGTI is not verified; expected a source that was read')]),
    (FRANCE, 'amount: "4.30 EUR"', 'amount: "4.305 EUR"', [('"4.305', '4.305 EUR; expected whole cents')]),
    (FRANCE, '  FGTI:\n    en', '  FGTX:\n    en', [('FGTX', '"FGTX" is no tax class, no levy and no surcharge; expected perhaps "FGTI"')]),
    (FRANCE, 'motor_other: [{from: 2016-01-01, rate: "0.18"}]', 'motor_other: [{from: 2016-01-01, rate: "0.18", verified: false}]', [('motor_', 'warning: the rate of motor_other is not verified; expected a source that was read')]),
    (FRANCE, 'motor_other: [{from: 2016-01-01, rate: "0.18"}]', 'motor_other: [{from: 2027-01-01, rate: "0.18"}]', [('^motor_other', 'FR has no tax rate for motor_other on 2026-01-01; expected a row in taxes/FR.yaml from that day on or before', VEHICLE)]),
    (FRANCE, 'motor_other: [{from: 2016-01-01, rate: "0.18"}]', 'motor_other: []', [('^motor_other', 'FR has no tax rate for motor_other on 2026-01-01; expected a row in taxes/FR.yaml from that day on or before', VEHICLE)]),
    (FRANCE, 'country: FR', 'country: DE', [('DE\nsource', "DE in a file called FR.yaml; expected the file's own country")]),
    (VEHICLE_EXAMPLES, 'goods_carried: 12.00 EUR, legal_protection: 0.66 EUR, net: 25.79 EUR', 'goods_caried: 12.00 EUR, legal_protection: 0.66 EUR, net: 25.79 EUR', [('goods_', '"goods_caried" is no section and no total; expected perhaps "goods_carried"')]),
    (VEHICLE_EXAMPLES, 'goods_carried: 12.00 EUR, legal_protection: 0.66 EUR, net: 25.79 EUR', 'goods_carried: [a, b], legal_protection: 0.66 GBP, net: none', [('[a, ', 'goods_carried: is told otherwise; expected an amount, or none'), ('0.66', "0.66 GBP; expected EUR, the edition's currency"), ('none', 'net is never none; expected an amount such as 0.00 EUR')]),
    (VEHICLE_EXAMPLES, '  expect: {declined: [licence_too_recent, driver_too_young]}', '  expect: {declined: 1 EUR}', [('1 EUR', 'declined: is told otherwise; expected a list of codes such as [claims_history]')]),
    (VEHICLE_TEXTS, '  driver_too_young: >-', '  driver_too_yung: >-', [('^decline(', 'warning: texts.en.yaml has no codes: driver_too_young; expected its words', VEHICLE)]),
    (VEHICLE_TEXTS, '  liability:\n    name: Liability', '  liabilty:\n    name: Liability', [('^liability:', 'warning: texts.en.yaml has no sections: liability; expected its words', VEHICLE)]),
    (VEHICLE_TEXTS, '  registration:\n    label: R', '  registation:\n    label: R', [('^registration:', 'warning: texts.en.yaml has no inputs: registration; expected its words', VEHICLE)]),
]
# fmt: on


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuleFolder:
    return copied(tmp_path_factory.mktemp("said"))


@pytest.fixture(scope="module")
def clean(folder: RuleFolder) -> set[tuple[str, str]]:
    """What is said of the project's own rules."""
    return {(finding.place.file, finding.message) for finding in folder.load().findings}


class TestChecking:
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

    @pytest.mark.parametrize(
        ("factor", "warned"), [("1.5000", False), ("1.5001", True), ("0.6667", False), ("0.6666", True)]
    )
    def test_warns_of_a_step_of_over_half_between_neighbours(
        self, folder: RuleFolder, factor: str, warned: bool
    ) -> None:
        before = folder.text(VEHICLE)
        folder.replace(VEHICLE, "21-24: 1.6000", f"21-24: {factor}")
        try:
            codes = [finding.code for finding in folder.load().findings]
        finally:
            folder.write(VEHICLE, before)
        assert ("jump" in codes) is warned
