"""Editions that nobody sells: between them they use every form of the rule language that there is."""

from __future__ import annotations

from coverage.rulebook.format import Edition, TaxFile
from coverage.rulebook.language.reading import Finding, read_text
from coverage.rulebook.language.shape import typed
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.building import build
from tests.rulebook.made_taxes import FILES, FRANCE, GERMANY

HEAD = """
product: made
country: FR
effective: 2026-01-01T00:00
currency: EUR
timezone: Europe/Paris
term:   {min: 30m, max: 30d, book_ahead: 20d, grace: 10m}
quote:  {valid_for: 24h}
parties: {policyholder: member}
territory: [FR]
"""

# Tables of amounts, bounds, gaps with otherwise, yes_no, formulas of formulas, a large range, rules below the tables.
TABLES = (
    HEAD
    + """
inputs:
  size:    {one_of: [small, middle, large]}
  fragile: {yes_no: , default: no}
  insured: {yes_no: }
  count:   {integer: -3..60}
  weight:  {integer: 0..20000, default: 0}
  born:    {date: past, personal: true}
  value:   {money: 0 EUR..5000 EUR, default: 100 EUR}
  second:  {money: 0.01 EUR..20 EUR}
derived:
  age:     {years_from: born, to: start}
  both:    value + second
  capped:  min(both * 2 // 3, 3000 EUR)
  many:    count > 10 and not fragile
  twice:   count * 2 - 1
eligibility:
  - refer: count > 50 or start_hour < 3
    code: many
  - decline: second >= 19.99 EUR and size == 'large'
    code: too_dear
  - refer: lead_hours < 2 and start_weekday >= 6
    code: late
tables:
  flat:    {by: size, values: {small: 1.505 EUR, middle: refer(middle_seen)}, otherwise: 20 EUR}
  steps:   {by: value, from: {100 EUR: 1.0500, 333.33 EUR: 1.1750, 1000 EUR: decline(too_dear)}, otherwise: 0.9500}
  worth:   {by: capped, from: {0 EUR: 1.0000, 50.01 EUR: 1.3333, 2000 EUR: 1.5001}}
  weights: {by: weight, bands: {0: 1.0000, 10-99: 1.1000, 100: 1.1500, 5000-19999: 2.0000}, otherwise: refer(odd_weight)}
  counts:  {by: count, bands: {0-9: 0.0000, 20-29: 1.2345}, otherwise: 1.0001}
  doubles: {by: twice, bands: {0-50: 0.5000, 51+: 0.7500}, otherwise: 0.2500}
  ages:    {by: age, bands: {18-24: 1.5000, 25-64: 1.0000, 65-99: decline(too_old)}}
  old:     {by: age, bands: {18-29: 0.10 EUR, 30+: 0.30 EUR}}
  broken:  {by: fragile, values: {yes: 1.2500, no: 1.0000}}
  crowd:   {by: many, values: {yes: 0.10 EUR}, otherwise: 0.05 EUR}
sections:
  first:
    tax: {by: insured, values: {yes: full, no: part}}
    limit: {amount: value, per: event}
    premium:
      - base: flat
      - times: steps
      - times: weights
      - {plus: 0.0155 EUR per hour, when: fragile}
      - {times: broken, when: count > 0}
      - {minus: crowd, when: term_days > 1}
      - {at_most: 15 EUR, when: insured}
  second:
    when: value > 100 EUR or many
    tax: full
    limit: {amount: unlimited, per: event}
    premium:
      - {base: 0.3335% of capped per day, when: many}
      - times: worth
      - times: counts
      - times: 1.0500
      - {plus: "3% of [first]", when: not many}
      - at_least: 0.25 EUR per day
      - minus: 0.1000% of value
  third:
    when: fragile
    tax: half
    limit: {amount: 10 EUR, per: item}
    premium:
      - base: old
      - times: ages
      - times: doubles
      - at_most: 12.5% of [first, second]
contract:
  - at_least: {net: 3.00 EUR, over: [second, third], spread: pro_rata}
  - at_least: {net: 7.01 EUR, over: [first, third, second], spread: pro_rata}
fees:
  - {name: ticket, amount: 0.33 EUR, taxed_as: full}
  - {name: stamp, amount: 0.10 EUR}
  - {name: nothing, amount: 0 EUR, taxed_as: none}
"""
)

# Amounts per hour and per day with caps above and below, shares of shares, sections that are never there.
TERMS = (
    HEAD.replace("grace: 10m", "grace: 0m")
    + """
inputs:
  kind:  {one_of: [a, b], default: a}
  extra: {yes_no: , default: no}
  value: {money: 0 EUR..999.99 EUR}
sections:
  hours:
    tax: {by: kind, values: {a: full, b: none}}
    limit: {amount: 1 EUR, per: event}
    premium:
      - base: 0.1234 EUR per hour
      - {at_least: "0.0500 EUR per hour, at most 0.61 EUR per day", when: extra}
  days:
    when: kind == 'b'
    tax: part
    limit: {amount: 1 EUR, per: event}
    premium:
      - base: 1.005 EUR per day
      - times: 0.5000
      - at_most: 7.77 EUR
  capped_days:
    tax: part
    limit: {amount: 1 EUR, per: event}
    premium:
      - base: 2.00 EUR per day, at most 1.50 EUR per day
      - times: 0.3335
  flat:
    when: extra and kind == 'b'
    tax: half
    limit: {amount: 1 EUR, per: event}
    premium:
      - base: 0 EUR
      - times: 3.0000
  rate:
    tax: half
    limit: {amount: value, per: event}
    premium:
      - base: 1.2345% of value
      - plus: 50% of [days, flat]
      - minus: 25% of [hours]
contract:
  - at_least: {net: 0.50 EUR, over: [flat, days], spread: pro_rata}
  - at_least: {net: 4.00 EUR, over: [hours], spread: pro_rata}
"""
)

# Every new form over days of 24 hours: lists, decimals, prefixes, seasons, two keys, files, splits, other countries.
FORMS = (
    HEAD
    + """
inputs:
  kind:   {one_of: [a, b, c]}
  flag:   {yes_no: , default: no}
  n:      {integer: -5..40}
  bonus:  {decimal: 0.5..3.5, default: 1}
  shift:  {decimal: -2.5..2.5}
  value:  {money: 0 EUR..9000 EUR}
  code:   {text: "[A-Za-z]{2}[ -]?[0-9]{3}", personal: true}
  born:   {date: past, optional: yes, personal: true}
  since:  {date: any}
  until:  {date: any, optional: yes}
  things: {list: {sort: {one_of: [x, y]}, value: {money: 1 EUR..3000 EUR}, weight: {decimal: 0..60.5}, count: {integer: -3..9, default: 1}, note: {text: "[a-z]{1,5}", optional: yes}, owner: {integer: 0..9, personal: true}, fragile: {yes_no: }, bought: {date: past}}, max: 6, min: 0}
derived:
  age:      {years_from: born, to: start, otherwise: 40}
  gap:      {years_from: since, to: until, otherwise: 3}
  area:     {prefix: code, length: 3}
  letter:   {prefix: code, length: 1}
  weekend:  {hours_in: [sat, sun]}
  evening:  {hours_in: 18:30-23:15}
  night:    {hours_in: 22:00-06:00}
  month:    {season: {dates: {cold: 11-15..02-29, warm: [05-01..06-30, 09-01..09-01]}, otherwise: between, by: start}}
  daily:    {season: {dates: {high: [07-01..08-31, 12-20..01-03], mid: 03-20..06-30}, otherwise: low, by: each_day}}
  halves:   {season: {dates: {first: 01-01..06-30, second: 07-01..12-31}, by: each_day}}
  worth:    sum(things.value) + value // 3
  heavy:    highest(things.weight) >= 10.5 and count(things) > 1
  least:    lowest(things.value)
  counted:  sum(things.count) - 2
  twice:    min(bonus * 2, 4.5) + shift
eligibility:
  - decline: sum(things.weight) > 150.25
    code: too_heavy
  - refer: letter == 'Z' or area in ['AB1', 'CD2']
    code: place
  - refer: shift < -2 and bonus * 3 // 2 >= 4.5
    code: shifted
  - decline: weekend > 20 and evening < 8 and count(things) == 0
    code: nothing_to_do
  - refer: highest(things.count) - lowest(things.count) > 10
    code: uneven
tables:
  pairs:   {by: [kind, area], values: {a: {AB1: 1.2500, AB2: 0.9000, ZZ9: refer(far)}, b: {AB1: 1.3333, ZZ9: refer(far)}, c: {CD2: decline(not_there), ZZ9: refer(far)}}, otherwise: 1.0500}
  grid:    {by: [bonus, n], from: {0.5: {0-10: 0.8000, 11+: 0.8500}, 1: {0-10: 1.0000, 11-20: 1.0005}, 2.25: {0+: 1.9999}}, otherwise: 1.1000}
  turned:  {by: [n, bonus], bands: {0-4: {0.5: 1.1000, 1.5: refer(turned_high)}, 5-40: {0.5: 1.2000, 3: 0.7000}}, otherwise: 0.9900}
  seasons: {by: [month, flag], values: {cold: {yes: 2.50 EUR, no: 1.005 EUR}, warm: {yes: 0.75 EUR}, between: {no: 0.10 EUR}}, otherwise: 0.333333 EUR}
  ages:    {by: [age, gap], bands: {18-29: {0-2: decline(new_and_young), 3+: 1.5000}, 30-69: {0: 1.1500, 1-20: 1.0000, 21+: 0.9500}}}
  zones:   {by: [area, kind], file: zones.csv, otherwise: 1.0000}
  shifts:  {by: shift, file: shifts.csv}
  areas:   {by: letter, values: {A: 0.0500, B: 1.7500, Y: decline(no_ys)}, otherwise: 1.0000}
  mild:    {by: month, values: {cold: 1.2000, warm: refer(warm_seen)}, otherwise: 1.0000}
  high:    {by: daily, values: {high: 1.5000, mid: 1.0001, low: 0.8333}}
  dues:    {by: daily, values: {high: 1.005 EUR, mid: decline(mid_season)}, otherwise: 0.123456 EUR}
  looks:   {by: halves, values: {first: 1.0000, second: refer(second_half)}}
  hours:   {by: term_hours, marginal: {1: 2.50 EUR, 2-12: 0.333333 EUR, 13-100: 0.05 EUR, 101-600: 0.01 EUR, 601+: decline(too_many_hours)}}
  days:    {by: term_days, marginal: {1: 48.99 EUR, 2: 15 EUR, 3-7: 3 EUR, 8+: 1.505 EUR}}
  nights:  {by: night, marginal: {1-8: 0.10 EUR, 9-99: 0.055555 EUR, 100+: 0 EUR}}
  worths:  {by: worth, from: {0 EUR: 1.0000, 500 EUR: 1.0500, 2999.99 EUR: 1.2500, 9000 EUR: 1.3000}}
  leasts:  {by: least, from: {0 EUR: 0.20 EUR, 10 EUR: 0.10 EUR, 2000 EUR: refer(all_dear)}}
  counts:  {by: counted, bands: {0-3: 1.0000, 4-9: 1.1000}, otherwise: 1.0700}
  doubled: {by: twice, from: {-10: 0.7500, 0.5: 1.0000, 4.5: 1.2500, 6: decline(doubled_up)}}
  group:   {by: [kind, flag], values: {a: {yes: 0.8500, no: 0.9500}, b: {yes: 0.9000}}, otherwise: 1.0000}
  gift:    {by: n, bands: {0-9: 0 EUR, 10-30: 1.50 EUR, 31-40: 99 EUR}, otherwise: 0.01 EUR}
  treats:  {by: halves, values: {first: 0.05 EUR, second: 0 EUR}}
  softer:  {by: daily, values: {high: 0.9500, mid: 1.0000}, otherwise: 0.8800}
sections:
  things:
    unavailable: {when: count(things) == 0, code: no_things}
    tax: {split: {full: 33.3333%, half: 33.3333%, part: 33.3334%}}
    situs: {by: kind, values: {a: FR, b: DE, c: DE}}
    surcharge: {disaster: property, crime: theft}
    limit: {amount: worth, per: event}
    premium:
      - base: 0.4567% of worth per day
      - times: worths
      - times: pairs
      - {times: grid, when: n >= 0}
      - times: high
      - {plus: dues, when: not flag}
      - {times: doubled, when: heavy}
      - at_most: days
  term:
    tax: {by: flag, values: {yes: full, no: none}}
    surcharge: {disaster: property}
    limit: {amount: 10 EUR, per: event}
    premium:
      - base: hours
      - plus: nights
      - {times: ages, when: evening > 0}
      - times: mild
      - minus: leasts
      - at_least: seasons
  free:
    when: bonus > 1 or heavy
    unavailable: {when: letter == 'A', code: not_in_a}
    tax: {exempt: "an article"}
    situs: {by: flag, values: {yes: DE, no: FR}}
    limit: {amount: 10 EUR, per: event}
    premium:
      - base: 12.5% of [things, term]
      - times: zones
      - times: shifts
      - {times: looks, when: weekend >= 24}
  more:
    when: value >= 0.01 EUR
    tax: half
    situs: DE
    limit: {amount: value, per: event}
    premium:
      - base: 0.0155 EUR per hour, at most 0.31 EUR per day
      - times: areas
      - {times: turned, when: shift != 0}
      - {times: counts, when: counted > 0}
      - plus: 7.5% of [term, free]
contract:
  - {times: group, over: [things, term, more]}
  - {times: softer, over: [free, more], when: flag}
  - {minus: gift, over: [term, free, more]}
  - minus: treats
  - {at_least: {net: 4.50 EUR, over: [term, free]}, when: kind != 'b'}
  - {minus: 0.35 EUR, when: n > 30}
  - {times: 0.9750, when: shift > 1.5}
fees:
  - {name: ticket, amount: 0.33 EUR, taxed_as: full}
  - {name: stamp, amount: 0.10 EUR}
"""
)

# Days of the calendar, where clocks change at midnight: caps by day, seasons by day, the gross rounded, split and abroad.
CALENDAR = (
    HEAD.replace("grace: 10m", "grace: 20m, day: calendar").replace("Europe/Paris", "America/Santiago")
    + """
inputs:
  kind:  {one_of: [a, b]}
  extra: {yes_no: , default: no}
  bonus: {decimal: 0.5..2}
  value: {money: 0 EUR..2000 EUR}
derived:
  daily:  {season: {dates: {high: [04-04..04-05, 09-01..10-15], mid: 11-01..12-31}, otherwise: low, by: each_day}}
  nights: {hours_in: 00:00-01:00}
  noon:   {hours_in: 11:30-13:00}
  sunday: {hours_in: [sun]}
tables:
  high:   {by: daily, values: {high: 1.3333, mid: 1.0000, low: 0.9500}}
  dues:   {by: daily, values: {high: 0.55 EUR, mid: 0.105 EUR, low: refer(low_season)}}
  marks:  {by: nights, bands: {0: 1.0000, 1: 1.1000, 2: 1.2000, 3+: 1.3000}}
  noons:  {by: noon, marginal: {1-3: 0.15 EUR, 4+: 0.015 EUR}}
  rest:   {by: [kind, sunday], values: {a: {0: 1.0000, 1-23: 1.0500, 24+: 1.1000}, b: {0-47: 0.9000, 48+: 0.8000}}}
sections:
  hours:
    tax: {split: {full: 60%, none: 40%}}
    surcharge: {disaster: property}
    limit: {amount: 1 EUR, per: event}
    premium:
      - base: 0.4550 EUR per hour, at most 4.50 EUR per day
      - times: marks
      - times: rest
      - times: high
      - at_least: 0.1250 EUR per hour, at most 2.25 EUR per day
  days:
    tax: part
    limit: {amount: 1 EUR, per: event}
    premium:
      - base: 1.005 EUR per day
      - plus: noons
      - {plus: dues, when: extra}
      - at_most: 1.10 EUR per hour, at most 6.66 EUR per day
  value:
    when: value > 0 EUR
    unavailable: {when: bonus >= 1.9999, code: bonus_too_high}
    tax: half
    situs: {by: kind, values: {a: FR, b: DE}}
    surcharge: {crime: theft}
    limit: {amount: value, per: event}
    premium:
      - base: 0.0125% of value per day
      - {times: high, when: extra}
      - {minus: 0.0100 EUR per hour, when: bonus < 0.75}
contract:
  - {times: high, over: [value, days], when: kind == 'b'}
  - {minus: 0.75 EUR, when: bonus > 1.25}
  - round_gross: 0.10 EUR up
fees:
  - {name: stamp, amount: 0.07 EUR}
"""
)

# Nothing may be covered, or may cost nothing; the gross is rounded, or never can be.
BARE = (
    HEAD.replace("grace: 10m", "grace: 0m")
    + """
inputs:
  first:  {yes_no: }
  second: {yes_no: }
  third:  {yes_no: }
  value:  {money: 0 EUR..50 EUR}
  many:   {integer: 0..9}
tables:
  off:  {by: many, bands: {0-4: 0 EUR, 5-8: 3 EUR, 9: decline(nine)}}
  less: {by: many, bands: {0-2: 1.0000, 3-7: 0.3335, 8: refer(eight), 9: 0.0000}}
sections:
  first:
    when: first
    unavailable: {when: value == 0 EUR, code: nothing}
    tax: double
    limit: {amount: 1 EUR, per: event}
    premium:
      - base: 12.5% of value
  second:
    when: second
    unavailable: {when: many == 7, code: seven}
    tax: {split: {double: 1%, none: 99%}}
    surcharge: {disaster: property}
    limit: {amount: 1 EUR, per: event}
    premium:
      - {base: 2 EUR, when: third}
      - times: less
  third:
    when: third
    tax: none
    limit: {amount: 1 EUR, per: event}
    premium:
      - base: 100% of [first, second]
      - {minus: 0.02 EUR, when: many == 6}
contract:
  - minus: off
  - {at_least: {net: 0.05 EUR, over: [first, third]}, when: many != 1}
  - {times: less, over: [first]}
  - {minus: 0.01 EUR, over: [second, third], when: many == 2}
  - {round_gross: 0.10 EUR up, when: many != 3}
"""
)

# Terms of over a year, whose hours have no row each; keys with wide ranges side by side; choices compared with each other.
LONG = (
    HEAD.replace("max: 30d", "max: 400d").replace("Europe/Paris", "Australia/Lord_Howe")
    + """
inputs:
  kind:   {one_of: [a, b, x, y1]}
  other:  {one_of: [x, y1, z]}
  from:   {text: "[AXYZ][A-Z0-9 -]{2,6}"}
  to:     {text: "[A-Z][A-Z0-9 -]{2,6}"}
  n:      {integer: -12..50000}
  value:  {money: 0 EUR..90000 EUR}
  weight: {decimal: -5..900.25}
derived:
  first:  {prefix: from, length: 1}
  second: {prefix: to, length: 1}
  two:    {prefix: to, length: 2}
  night:  {hours_in: 21:15-05:45}
  month:  {season: {dates: {wet: 12-01..03-31, dry: 04-01..11-30}, by: start}}
  far:    first != second and kind != other
  each:   value // (max(n, 0) + 1)
  less:   (n - 20) // 3 * 2
  lighter: min(weight // 7, weight - 3, 100)
  wide:   1 < n <= 500 or not (far or weight < 0.5)
eligibility:
  - refer: first == second and kind != 'a'
    code: nowhere
  - refer: kind == other
    code: same
  - decline: two == kind or other in ['z'] and two not in ['Y1', 'AB', 'X7', 'Z0']
    code: there
  - refer: lighter > 99.5 or less < -20
    code: light
tables:
  plane:  {by: [value, n], from: {0 EUR: {0-99: 1.0000, 100-4999: 1.1000, 5000+: 1.2000}, 45000.01 EUR: {0-20000: 1.3000, 20001+: decline(too_many)}}, otherwise: 0.9999}
  solid:  {by: [weight, two], from: {-5: {AB: 1.0500, Y1: 1.1500}, 0: {X7: 0.7500}, 450.125: {AB: 1.5000, Z0: refer(heavy)}}, otherwise: 1.0000}
  hours:  {by: term_hours, marginal: {1-24: 0.10 EUR, 25-5000: 0.011111 EUR, 5001-9000: 0.005 EUR, 9001+: decline(too_long)}}
  nights: {by: night, marginal: {1-100: 0.0005 EUR, 101+: 0.000111 EUR}}
  eaches: {by: each, from: {0 EUR: 0.01 EUR, 0.10 EUR: 0.105 EUR, 999.99 EUR: 1 EUR}}
  lesses: {by: less, bands: {0-8: 1.2000, 10-33000: 1.0100}, otherwise: 0.9500}
  rungs:  {by: value, from: {0 EUR: 1.0000, 1000.01 EUR: 1.0010, 2000.01 EUR: 1.0020, 3000.01 EUR: 1.0030, 4000.01 EUR: 1.0040, 5000.01 EUR: 1.0050, 6000.01 EUR: 1.0060, 7000.01 EUR: 1.0070, 8000.01 EUR: 1.0080, 9000.01 EUR: 1.0090, 10000.01 EUR: 1.0100, 11000.01 EUR: 1.0110, 12000.01 EUR: 1.0120, 13000.01 EUR: 1.0130, 14000.01 EUR: 1.0140, 15000.01 EUR: 1.0150}}
  lights: {by: lighter, from: {-9: 1.0000, 0: 1.0101, 50.5: 1.2000}}
sections:
  time:
    tax: {by: month, values: {wet: full, dry: half}}
    situs: {by: far, values: {yes: DE, no: FR}}
    limit: {amount: 1 EUR, per: event}
    premium:
      - base: hours
      - plus: nights
      - times: solid
      - times: lesses
      - at_most: 0.0500 EUR per hour, at most 0.42 EUR per day
  value:
    when: wide
    tax: {split: {part: 12.5%, half: 87.5%}}
    situs: {by: kind, values: {a: FR, b: DE, x: DE, y1: FR}}
    surcharge: {crime: theft}
    limit: {amount: value, per: event}
    premium:
      - base: 0.0123% of value per day
      - times: plane
      - times: rungs
      - times: lights
      - minus: eaches
contract:
  - {minus: 0.50 EUR, when: n < 0 or far}
  - round_gross: 0.05 EUR up
"""
)

# The gross premium is odd up to a net of 0.50 EUR, and even from there on: what may be raised so far is.
REACH = (
    HEAD
    + """
inputs:
  value: {money: 0.01 EUR..1 EUR}
sections:
  only:
    tax: almost
    limit: {amount: value, per: event}
    premium:
      - base: 100% of value
contract:
  - round_gross: 0.02 EUR up
fees:
  - {name: stamp, amount: 0.36 EUR}
"""
)

EVERY_FORM = {"tables": TABLES, "terms": TERMS, "forms": FORMS, "calendar": CALENDAR, "bare": BARE, "long": LONG}
MADE = {**EVERY_FORM, "reach": REACH}


def made_edition(name: str) -> LoadedEdition:
    """One of these editions with its files and taxes, ready to price; refused as `build` refuses it."""
    document = read_text(MADE[name], name)
    rules = typed(document, Edition)
    found: list[Finding] = []
    plan = build(document, rules, found.append, FILES)
    if found:
        raise ValueError("\n".join(str(finding) for finding in found))
    france, germany = (typed(read_text(text, "taxes"), TaxFile) for text in (FRANCE, GERMANY))
    return LoadedEdition(name, document, rules, plan, france, {}, files=FILES, abroad={"FR": france, "DE": germany})
