"""Every form of the language with something wrong in it: derived values, tables, lists, the contract's steps."""

from __future__ import annotations

import pytest

from tests.rulebook.made_rules import MADE, MADE_ZONES, Case, Expected, made, said_of
from tests.rulebook.rule_files import RuleFolder

UNNAMED = (
    "warning: nothing reads this file; expected a table of an edition beside it to name it in file:, or no such file"
)

# fmt: off
DERIVED: list[Case] = [
    (MADE, 'driving:  {years_from: licence, to: start, otherwise: 0}', 'driving:  {years_from: licence, to: start}', [('driving', 'a date that may be left out; expected otherwise: with the years that hold then')]),
    (MADE, 'age:      {years_from: born, to: start}', 'age:      {years_from: born, to: start, otherwise: 3}', [('3}', "otherwise: can't hold, since the dates are always given; expected one of the two")]),
    (MADE, 'years_from: born', 'years_from: borne', [('borne', '"borne" is no date input; expected perhaps "born"')]),
    (MADE, 'years_from: born, to: start', 'years_from: born, to: end', [('end', '"end" is no date input; expected one of born, licence')]),
    (MADE, 'otherwise: 0}', 'otherwise: none}', [('none', '"none"; expected a whole number such as 2')]),
    (MADE, 'hours_in: 22:00-06:00', 'hours_in: 22:00-22:00', [('22:', '"22:00-22:00"; expected two times that differ')]),
    (MADE, 'hours_in: 22:00-06:00', 'hours_in: 22:00-25:00', [('22:', '"22:00-25:00"; expected times from 00:00 to 24:00')]),
    (MADE, 'hours_in: 22:00-06:00', 'hours_in: late', [('late', '"late"; expected a time of day such as 22:00-06:00, or weekdays such as [sat, sun]')]),
    (MADE, 'hours_in: [sat, sun]', 'hours_in: [sat, sunday]', [('sunday', '"sunday"; expected mon, tue, wed, thu, fri, sat or sun')]),
    (MADE, 'hours_in: [sat, sun]', 'hours_in: []', [('[]', 'nothing stands here; expected something')]),
    (MADE, 'hours_in: [sat, sun]', 'hours_in: [sat, sat]', [('[sat', 'a weekday stands twice; expected each once')]),
    (MADE, 'summer: 06-01..08-31', 'summer: 06-01..08-32', [('06-01', '"06-01..08-32" has no such day; expected days of the year such as 07-01..08-31, month first')]),
    (MADE, 'summer: 06-01..08-31', 'summer: 06-01-08-31', [('06-01', '"06-01-08-31"; expected days of the year such as 07-01..08-31, month first')]),
    (MADE, 'summer: 06-01..08-31}, otherwise: rest', 'summer: 06-01..08-31}', [('{dates', 'no season has 01-01; expected otherwise: with the season of all other days')]),
    (MADE, 'summer: 06-01..08-31}, otherwise: rest', 'summer: 06-01..08-31, rest: 09-01..05-31}', []),
    (MADE, 'summer: 06-01..08-31}, otherwise: rest', 'summer: 06-01..08-31, rest: 09-01..05-31}, otherwise: never', [('{dates', 'otherwise: never, but no day is left for it; expected another, or none')]),
    (MADE, 'summer: 06-01..08-31}, otherwise: rest', 'summer: 06-01..08-31}, otherwise: summer', [('{dates', 'otherwise: summer, but summer has days of its own; expected another, or none')]),
    (MADE, 'otherwise: rest, by: start', 'otherwise: rest, by: end', [('end', '"end"; expected start or each_day')]),
    (MADE, 'prefix: postcode, length: 2', 'prefix: plates, length: 2', [('plates', '"plates" is no text input that is always given; expected perhaps "plate"')]),
    (MADE, 'prefix: postcode, length: 2', 'prefix: seats, length: 2', [('seats', '"seats" is no text input that is always given; expected one of plate, postcode')]),
    (MADE, 'prefix: postcode, length: 2', 'prefix: postcode, length: 0', [('0}', '0 signs; expected 1 to 20')]),
    (MADE, 'prefix: postcode, length: 2', 'prefix: postcode, length: two', [('two', '"two"; expected a whole number such as 2')]),
    (MADE, 'total:    sum(things.worth)', 'total:    sum(things.price)', [('sum', '"sum(things.price)" is no total of a list; expected perhaps "sum(things.years)"')]),
    (MADE, 'total:    sum(things.worth)', 'total:    sum(thing.worth)', [('sum', '"sum(thing.worth)" is no total of a list; expected perhaps "sum(things.worth)"')]),
    (MADE, 'total:    sum(things.worth)', 'total:    mean(things.worth)', [('mean', '"mean(things.worth)"; expected names, numbers, money (12 EUR), quoted choices, and/or/not/in, comparisons, + - * //, min( ), max( ), and of a list sum( ), highest( ), lowest( ), count( )')]),
    (MADE, 'rising:   value + total', 'rising:   value + things', [('things', '"things" is a list of things, so nothing may be rated on it; expected a total of it, such as count(things)')]),
    (MADE, 'rising:   value + total', 'rising:   value + seats', [('value', '"value + seats" (money in EUR, a whole number); expected + and - of the same kind, * and // by a whole number')]),
    (MADE, 'rising:   value + total', 'rising:   value + daily', [('daily', '"daily" is counted day by day; expected a table over it, or by: start')]),
    (MADE, 'rising:   value + total', 'rising:   value + licence', [('licence', '"licence" is a date, so nothing may be rated on it; expected a derived value, such as an age')]),
    (MADE, 'rising:   value + total', 'rising:   value + plate', [('plate', '"plate" is personal, so nothing may be rated on it; expected a derived value, such as an age')]),
    (MADE, 'rising:   value + total', 'rising:   size', [('size', '"size" is a choice; expected a number, money, or a condition')]),
    (MADE, '- decline: age < 18', '- decline: area == 75', [('area', '"area == 75" compares the beginning of a text with a whole number; expected two of the same kind: numbers with numbers, money with money of one currency, choices in quotes')]),
    (MADE, '- decline: age < 18', "- decline: opening == 'winter'", [('opening', '"winter" is no choice of opening; expected one of rest, summer')]),
    (MADE, '- decline: age < 18', '- decline: bonus < 0.55555', [('0.5', '"0.55555" has more than 4 decimal places; expected a decimal such as 1.25, with a point and up to four places')]),
    (MADE, '- decline: age < 18', '- decline: seats < 1.5', [('seats', '"seats < 1.5" compares a whole number with a decimal; expected two of the same kind: numbers with numbers, money with money of one currency, choices in quotes')]),
]
INPUTS: list[Case] = [
    (MADE, 'max: 5}', 'max: 0}', [('{list', 'no such number of things; expected min: up to max:, and max: up to 200')]),
    (MADE, 'max: 5}', 'max: 5, min: 6}', [('{list', 'no such number of things; expected min: up to max:, and max: up to 200')]),
    (MADE, 'max: 5}', 'max: 500}', [('{list', 'no such number of things; expected min: up to max:, and max: up to 200')]),
    (MADE, 'worth: {money: 10 EUR..2000 EUR}', 'worth: {list: {a: {yes_no: }}, max: 3}', [('{list: {a', '"list" doesn\'t say what this is; expected one of date, decimal, integer, money, one_of, text, yes_no')]),
    (MADE, 'worth: {money: 10 EUR..2000 EUR}', 'worth: {money: 10 EUR..2000 EUR, personal: yes}', [('^sum(', '"sum(things.worth)" is no total of a list; expected perhaps "sum(things.years)"'), ('^highest(', '"highest(things.worth)" is no total of a list; expected perhaps "highest(things.years)"')]),
    (MADE, 'years: {integer: 0..30, default: 0}', 'years: {integer: 0..30, default: x}', [('x}', '"x"; expected a whole number from 0 to 30')]),
    (MADE, 'what: {one_of: [phone, drill]}', 'what: {one_off: [phone, drill]}', [('{one_off', '"one_off" doesn\'t say what this is; expected perhaps "one_of"')]),
    (MADE, 'decimal: 0.5..3.5, default: 1', 'decimal: 0.5..3.5, default: 4', [('4}', '4; expected a decimal from 0.5 to 3.5, with up to four places')]),
    (MADE, 'decimal: 0.5..3.5, default: 1', 'decimal: 0.55555..3.5, default: 1', [('0.5', '"0.55555" has more than 4 decimal places; expected a decimal such as 1.25, with a point and up to four places')]),
    (MADE, 'decimal: 0.5..3.5, default: 1', 'decimal: 3.5..0.5, default: 1', [('3.5', '"3.5..0.5"; expected a range of decimals such as 0.5..3.5, the lower one first')]),
]
TABLES: list[Case] = [
    # Two keys
    (MADE, 'by: [size, seats]', 'by: [size, seat]', [('seat]', '"seat" is no input and no derived value; expected perhaps "seats"')]),
    (MADE, 'by: [size, seats]', 'by: [size, size]', [('[size', '"size" stands twice; expected two keys, or one')]),
    (MADE, 'by: [size, seats]', 'by: [size, seats, age]', [('[size', 'too many; expected at most 2')]),
    (MADE, 'by: [size, seats]', 'by: [size, daily]', [('[size', '"daily" is counted day by day; expected it as the only key')]),
    (MADE, 'by: [size, seats]', 'by: [size, born]', [('born', '"born" is personal, so nothing may be rated on it; expected a derived value, such as an age')]),
    (MADE, 'small: {1-4: 1.0000, 5-9: 1.2000}', 'small: {1-4: 1.0000, 6-9: 1.2000}', [('6-9', 'nothing covers 5 between 1-4 and 6-9; expected a row for it, or otherwise:')]),
    (MADE, 'small: {1-4: 1.0000, 5-9: 1.2000}', 'small: {1-4: 1.0000, 4-9: 1.2000}', [('4-9', '4-9 overlaps 1-4; expected bands that begin where the one before ended')]),
    (MADE, 'small: {1-4: 1.0000, 5-9: 1.2000}', 'small: {1-4: 1.0000, 5-8: 1.2000}', [('5-8', 'nothing covers 9 of seats; expected a row, or otherwise:')]),
    (MADE, 'small: {1-4: 1.0000, 5-9: 1.2000}', 'small: {1-4: 1.0000, 5-9: 1.2000, 10+: 1.3000}', [('10+', "10+ can't match; expected a band within 1 to 9, which seats goes through")]),
    (MADE, 'small: {1-4: 1.0000, 5-9: 1.2000}', 'small: {1-4: 1.0000, 5-9: 1.20 EUR}', [('^values:\n', 'a table of factors and amounts; expected one of them')]),
    (MADE, '      small: {1-4: 1.0000, 5-9: 1.2000}\n', '', [('^values:\n', 'no row for small; expected a row for each choice of size, or otherwise:')]),
    (MADE, '      small: {1-4', '      smal: {1-4', [('^values:\n', 'no row for small; expected a row for each choice of size, or otherwise:'), ('smal', '"smal" is no choice of size; expected perhaps "small"')]),
    (MADE, '{18-24: 1.4000', '{18-24: {a: 1.0000}', [('18-24', '18-24 holds rows of a second key; expected a cell, or two keys in by:')]),
    (MADE, 'pairs:\n    by: [size, seats]', 'pairs:\n    otherwise: 1.0500\n    by: [size, seats]', [('1.0500', "otherwise: can't match, since the rows cover all of size and seats; expected one of the two")]),
    # Decimals and money by their first values
    (MADE, 'from: {0.5: 0.8000', 'from: {0.6: 0.8000', [('0.6', 'nothing covers bonus under 0.6; expected a first bound at its lowest value')]),
    (MADE, 'from: {0.5: 0.8000', 'from: {half: 0.8000', [('half', '"half"; expected a decimal such as 1.25, with a point and up to four places')]),
    (MADE, '1.75: 1.3000', '3.6: 1.3000', [('3.6', "3.6 can't match; expected a bound that bonus can reach, up to 3.5")]),
    (MADE, '1.75: 1.3000', '0.75: 1.3000', [('from', 'the bounds are out of order; expected each higher than the one before')]),
    (MADE, 'bonuses: {by: bonus, from', 'bonuses: {by: bonus, bands', [('bands', 'bands: over "bonus", which is a decimal; expected from:')]),
    (MADE, '5000 EUR: 1.1000', '5000 GBP: 1.1000', [('5000', "5000.00 GBP; expected EUR, the edition's currency")]),
    # Files
    (MADE, 'zones:   {by: area, file: zones.csv, otherwise: 1.0000}', 'zones:   {by: area, file: zones.csv}', [('file', 'no row for any other area; expected otherwise: as well')]),
    (MADE, 'zones:   {by: area, file: zones.csv, otherwise: 1.0000}', 'zones:   {by: area, values: {75: 1.2000, 7: 1.1000, ab: 1.0000}, otherwise: 1.0000}', [('7: ', '"7" can\'t match; expected 2 capital letters or digits'), ('ab: ', '"ab" can\'t match; expected 2 capital letters or digits'), ('^area', UNNAMED, MADE_ZONES)]),
    (MADE, 'file: zones.csv', 'file: zone.csv', [('zone.csv', 'there is no zone.csv that can be read beside the edition; expected it'), ('^area', UNNAMED, MADE_ZONES)]),
    (MADE, 'file: zones.csv', 'file: ../zones.csv', [('../', '"../zones.csv"; expected the name of a file beside the edition, such as zones.csv')]),
    (MADE_ZONES, 'area,cell', 'zone,cell', [('zone', 'the columns "zone, cell"; expected area, cell')]),
    (MADE_ZONES, '75,1.2000', '75,1.2000,x', [('75', '3 columns; expected 2')]),
    (MADE_ZONES, '75,1.2000', '75,much', [('much', '"much"; expected a factor such as 1.2500, an amount such as 12.50 EUR, decline(code) or refer(code)')]),
    (MADE_ZONES, '75,1.2000', '75,1.2000 EUR', [('^file: zones', 'a table of factors and amounts; expected one of them', MADE)]),
    (MADE_ZONES, '13,1.1000', '75,1.1000', [('75,1.1', '"75" stands here again; expected it once')]),
    (MADE_ZONES, '75,1.2000', '751,1.2000', [('751', '"751" can\'t match; expected 2 capital letters or digits')]),
    (MADE_ZONES, '13,1.1000', '13,"1.1000', [('13', "a line that can't be read as CSV; expected its quotes closed")]),
    (MADE_ZONES, '75,1.2000\n13,1.1000\n', '', [('^area', 'zones.csv has no rows; expected area, cell, and rows below')]),
    # A file without rows is refused, whatever else it holds
    (MADE_ZONES, '75,1.2000\n13,1.1000\n', '\n,\n  ,\n', [('^area', 'zones.csv has no rows; expected area, cell, and rows below')]),
    (MADE_ZONES, 'area,cell\n75,1.2000\n13,1.1000\n', '', [('', 'zones.csv has no rows; expected area, cell, and rows below')]),
    (MADE_ZONES, 'area,cell\n75,1.2000\n13,1.1000\n', '# to come\n', [('^#', 'the columns "# to come"; expected area, cell')]),
    (MADE_ZONES, '75,1.2000\n13,1.1000\n', '# to come\n', [('^#', '1 column; expected 2')]),
    (MADE_ZONES, '75,1.2000', '75,1,2000', [('1,2', 'a comma parts "1,2000" in two columns; expected 1.2000')]),
    (MADE_ZONES, '75,1.2000', '75,"1,2000"', [('"1,2', '"1,2000"; expected 1.2000')]),
    # Seasons, each hour or day at its own amount
    (MADE, 'season:  {by: daily, values: {high: 0.60 EUR, low: 0.20 EUR}}', 'season:  {by: daily, values: {high: 0.60 EUR}}', [('values', 'no row for low; expected a row for each choice of daily, or otherwise:')]),
    (MADE, 'season:  {by: daily, values: {high: 0.60 EUR, low: 0.20 EUR}}', 'season:  {by: daily, bands: {1: 0.60 EUR}}', [('bands', 'bands: over "daily", which is days counted by season; expected values:')]),
    (MADE, 'marginal: {1: 4 EUR, 2-7: 2 EUR, 8+: 1 EUR}', 'marginal: {1: 4 EUR, 2-7: 2 EUR}', [('2-7', 'nothing covers 8-10 of term_days; expected a row, or otherwise:')]),
    (MADE, 'marginal: {1: 4 EUR, 2-7: 2 EUR, 8+: 1 EUR}', 'marginal: {2-7: 2 EUR, 8+: 1 EUR}', [('2-7', 'nothing covers 1 of term_days; expected a row, or otherwise:')]),
    (MADE, 'marginal: {1: 4 EUR, 2-7: 2 EUR, 8+: 1 EUR}', 'marginal: {0-1: 4 EUR, 2-7: 2 EUR, 8+: 1 EUR}', [('0-1', '0-1 begins before the first unit; expected bands from 1')]),
    (MADE, 'marginal: {1: 4 EUR, 2-7: 2 EUR, 8+: 1 EUR}', 'marginal: {1: 4 EUR, 2-7: 1.2000, 8+: 1 EUR}', [('marginal', 'a table of factors and amounts; expected one of them')]),
    (MADE, 'marginal: {1: 4 EUR, 2-7: 2 EUR, 8+: 1 EUR}', 'marginal: {1: 4 EUR, 2-7: refer(x), 8+: 1 EUR}', [('refer', 'no amount; expected an amount such as 9 EUR, or decline(code)')]),
    (MADE, 'marginal: {1: 4 EUR, 2-7: 2 EUR, 8+: 1 EUR}', 'marginal: {1: 4 EUR, 2-7: 2 EUR, 8+: 1 EUR}, otherwise: 3 EUR', [('3 EUR', 'otherwise: in a marginal table; expected a last band such as 8+')]),
    (MADE, 'days:    {by: term_days, marginal', 'days:    {by: seats, marginal', [('marginal', 'marginal: over "seats"; expected one key that counts time: term_hours, term_days, nights, weekend')]),
    (MADE, 'rest:    {by: weekend, bands: {0-23: 1.0000, 24+: 1.1000}}', 'rest:    {by: weekend, bands: {0-23: 1.0000, 24-50: 1.1000}}', [('24-50', 'nothing covers 51-240 of weekend; expected a row, or otherwise:')]),
    (MADE, 'rest:    {by: weekend, bands: {0-23: 1.0000, 24+: 1.1000}}', 'rest:    {by: weekend, bands: {0-23: 1.0000, 24+: 1.1000}, values: {a: 1.0000}}', [('{by', 'a table with none or several kinds of rows; expected one of bands:, values:, from:, marginal:, file:')]),
]
STEPS: list[Case] = [
    (MADE, '- plus: season', '- times: season', [('season', '"season"; expected a factor or a table of factors')]),
    (MADE, '- times: summers', '- plus: summers', [('summers', '"summers"; expected an amount, or a table of amounts')]),
    (MADE, '- base: days', '- base: 1 EUR\n      - times: days', [('^days\n', '"days"; expected a factor or a table of factors')]),
    (MADE, 'at most 4 EUR per day', 'at most 4 GBP per day', [('0.40', "4.00 GBP; expected EUR, the edition's currency")]),
    (MADE, '10% of [goods]', '10% of [journey]', [('10%', '"journey" doesn\'t come before; expected sections that stand above this one')]),
    (MADE, '0.1000% of total', '0.1000% of things', [('0.1', '"things" is a list of things, so nothing may be rated on it; expected a total of it, such as count(things)')]),
    (MADE, '0.1000% of total', '0.1000% of seats', [('0.1', '"seats" is a whole number; expected money')]),
    (MADE, 'code: nothing_to_buy_back', 'code: many_seats', [('many_seats', '"many_seats" is that a section can\'t be had here and to refer on line 38; expected a code for each')]),
    (MADE, 'when: seats > 5, code', 'when: seats, code', [('seats', '"seats" is a whole number; expected a condition, such as a comparison')]),
    (MADE, 'when: seats > 5, code: nothing_to_buy_back', 'when: seats > 5', [('{when', '"code" is missing; expected it here')]),
    (MADE, '- {times: many, over: [liability, damage]}', '- {times: many, over: [liability, damages]}', [('damages', '"damages" is no section; expected perhaps "damage"')]),
    (MADE, '- {times: many, over: [liability, damage]}', '- {times: many, over: [liability, liability]}', [('liability]', '"liability" stands twice; expected each section once')]),
    (MADE, '- {times: many, over: [liability, damage]}', '- {times: many, over: []}', [('[]', 'nothing stands here; expected something')]),
    (MADE, '- {times: many, over: [liability, damage]}', '- {times: days, over: [liability, damage]}', [('days', '"days"; expected a factor or a table of factors')]),
    (MADE, '- {times: many, over: [liability, damage]}', '- {times: 1 EUR per hour}', [('1 EUR', '"1 EUR per hour"; expected a factor, an amount, or a table\'s name')]),
    (MADE, '- {times: many, over: [liability, damage]}', '- {times: nobody}', [('nobody', '"nobody" is no table; expected one of ages, bonuses, days, dear, many, night, pairs, rest, season, summers, zones')]),
    (MADE, '- {times: many, over: [liability, damage]}', '- {times: many, minus: 1 EUR}', [('{times', 'a step with none or several operations; expected one of times, minus, at_least, round_gross')]),
    (MADE, '- {times: many, over: [liability, damage]}', '- {times: many, when: seat > 3}', [('seat ', '"seat" is no input and no derived value; expected perhaps "seats"')]),
    (MADE, '- minus: 0.50 EUR', '- minus: 0.505 EUR', [('0.505', '0.505 EUR; expected whole cents')]),
    (MADE, '- minus: 0.50 EUR', '- minus: 0.50 GBP', [('0.50', "0.50 GBP; expected EUR, the edition's currency")]),
    (MADE, 'net: 3 EUR, over: [liability, damage]', 'net: 3.005 EUR, over: [liability, damages]', [('3.005', '3.005 EUR; expected whole cents'), ('damages', '"damages" is no section; expected perhaps "damage"')]),
    (MADE, '- round_gross: 0.05 EUR up', '- round_gross: 0.05 EUR', [('0.05', '"0.05 EUR"; expected an amount and the way, such as 0.10 EUR up')]),
    (MADE, '- round_gross: 0.05 EUR up', '- round_gross: 0 EUR up', [('0 EUR', '"0 EUR up"; expected more than nothing')]),
    (MADE, '- round_gross: 0.05 EUR up', '- round_gross: 0.055 EUR up', [('0.055', '0.055 EUR; expected whole cents')]),
    (MADE, '- round_gross: 0.05 EUR up', '- round_gross: 0.05 EUR up\n  - minus: 1 EUR', [('round_gross', 'round_gross: stands here; expected it last')]),
    (MADE, '- round_gross: 0.05 EUR up', '- round_gross: 0.05 EUR up\n  - round_gross: 0.10 EUR up', [('round_gross', 'round_gross: stands here; expected it last')]),
    (MADE, '- round_gross: 0.05 EUR up', '- {round_gross: 0.05 EUR up, over: [damage]}', [('{round', 'over: stands inside of at_least:, and round_gross: has none')]),
    (MADE, 'amount: 0.30 EUR, taxed_as', 'amount: 0.305 EUR, taxed_as', [('0.305', '0.305 EUR; expected whole cents')]),
]
SHAPES: list[Case] = [
    (MADE, '{rate: whole_term}', '{rate: remaining_term}', [('remaining', '"remaining_term"; expected whole_term')]),
    (MADE, 'refund: 80% of unused', 'refund: 80% of used', [('80%', '"80% of used"; expected a share such as 100%, unused, 80% of unused, or none')]),
    (MADE, '{until: start, give: 50%}', '{until: start, give: 50% of unused}', [('{until', 'a share of unused time before the start; expected a share such as 100%')]),
    (MADE, '{until: 24h before start, give', '{until: 24h after start, give', [('24h', '"24h after start"; expected start, or a time before it such as 24h before start')]),
    (MADE, 'allow_fall: "the base falls for a long journey"', 'allow_fall: ""', [('""', 'nothing stands here; expected something')]),
    (MADE, 'period: booking_to_start', 'period: booking', [('booking', '"booking"; expected term or booking_to_start')]),
    (MADE, 'effective: 2026-01-01T00:00', 'effective: 2026-01-01T00:00\npublished: yesterday', [('^yesterday', '"yesterday"; expected a moment in the product\'s time zone such as 2026-01-01T00:00')]),
    (MADE, 'applied: after_limit', 'applied: later', [('later', '"later"; expected before_limit or after_limit')]),
]
# fmt: on


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuleFolder:
    return made(tmp_path_factory.mktemp("made"))


class TestForms:
    @pytest.mark.parametrize(("file", "old", "new", "expected"), DERIVED + INPUTS + TABLES + STEPS + SHAPES)
    def test_says_each_fault_at_its_place(
        self, folder: RuleFolder, file: str, old: str, new: str, expected: list[Expected]
    ) -> None:
        said, wanted = said_of(folder, file, old, new, expected)
        assert said == wanted

    @pytest.mark.parametrize(
        ("old", "new", "anchor", "words"),
        [
            ("summer: 06-01..08-31}", "summer: 06-01..08-31, late: 08-03..09-30}", "08-03..09", "late: 08-03 is in summer as well"),
            ("summer: 06-01..08-31}", "summer: 06-01..08-31, late: [09-01..09-30, 08-31..08-31]}", "08-31..08-31]", "late: 08-31 is in summer as well"),
            # The first day in the order of the year that is told, which may turn.
            ("[07-01..08-31, 12-20..01-03]", "[01-01..12-24, 12-20..01-03]", "12-20..", "high: 12-20 stands in it twice"),
        ],
    )  # fmt: skip
    def test_says_where_seasons_share_days(
        self, folder: RuleFolder, old: str, new: str, anchor: str, words: str
    ) -> None:
        said, wanted = said_of(folder, MADE, old, new, [(anchor, f"{words}; expected each day once")])
        assert said == wanted
