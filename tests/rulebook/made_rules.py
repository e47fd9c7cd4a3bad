"""A made product that uses every form of the rule language, with its taxes, words and a worked price: nothing is wrong
with it, so that whatever a test breaks in it is told alone.
"""

from __future__ import annotations

from pathlib import Path

from tests.rulebook.rule_files import RuleFolder, said_at

MADE = "products/made/FR/2026-01-01.yaml"
MADE_EXAMPLES = "products/made/FR/2026-01-01.examples.yaml"
MADE_ENGLISH = "products/made/FR/texts.en.yaml"
MADE_ZONES = "products/made/FR/zones.csv"
MADE_FRANCE = "taxes/FR.yaml"
MADE_GERMANY = "taxes/DE.yaml"

EDITION = """\
product: made
country: FR
effective: 2026-01-01T00:00
currency: EUR
timezone: Europe/Paris
term:  {min: 1h, max: 10d, book_ahead: 60d, day: 24h, grace: 30m}
quote: {valid_for: 24h}
parties: {policyholder: member}
object: {input: plate, kind: vehicle_registration, exclusive_for: [liability]}

inputs:
  plate:    {text: "[A-Z0-9]{4,9}", personal: true}
  postcode: {text: "[0-9]{5}"}
  size:     {one_of: [small, large]}
  abroad:   {one_of: [france, germany]}
  trailer:  {yes_no: , default: no}
  seats:    {integer: 1..9}
  bonus:    {decimal: 0.5..3.5, default: 1}
  value:    {money: 100 EUR..20000 EUR}
  born:     {date: past, personal: true}
  licence:  {date: past, optional: yes}
  things:   {list: {what: {one_of: [phone, drill]}, worth: {money: 10 EUR..2000 EUR}, years: {integer: 0..30, default: 0}}, max: 5}

derived:
  age:      {years_from: born, to: start}
  driving:  {years_from: licence, to: start, otherwise: 0}
  nights:   {hours_in: 22:00-06:00}
  weekend:  {hours_in: [sat, sun]}
  opening:  {season: {dates: {summer: 06-01..08-31}, otherwise: rest, by: start}}
  daily:    {season: {dates: {high: [07-01..08-31, 12-20..01-03]}, otherwise: low, by: each_day}}
  area:     {prefix: postcode, length: 2}
  total:    sum(things.worth)
  rising:   value + total

eligibility:
  - decline: age < 18
    code: too_young
  - refer: seats > 7
    code: many_seats

tables:
  ages:    {by: age, bands: {18-24: 1.4000, 25-99: 1.0000}}
  pairs:
    by: [size, seats]
    values:
      small: {1-4: 1.0000, 5-9: 1.2000}
      large: {1-4: 1.1000, 5-9: refer(large_and_many)}
  bonuses: {by: bonus, from: {0.5: 0.8000, 1: 1.0000, 1.75: 1.3000}}
  zones:   {by: area, file: zones.csv, otherwise: 1.0000}
  dear:    {by: value, from: {100 EUR: 1.0000, 5000 EUR: 1.1000}}
  season:  {by: daily, values: {high: 0.60 EUR, low: 0.20 EUR}}
  summers: {by: opening, values: {summer: 1.1000, rest: 1.0000}}
  days:    {by: term_days, marginal: {1: 4 EUR, 2-7: 2 EUR, 8+: 1 EUR}}
  night:   {by: nights, marginal: {1-8: 0.10 EUR, 9+: 0.05 EUR}}
  rest:    {by: weekend, bands: {0-23: 1.0000, 24+: 1.1000}}
  many:    {by: size, values: {small: 1.0000, large: 0.9500}}

sections:
  liability:
    tax: motor_compulsory
    limit: {bodily: unlimited, property: 2000000 EUR, per: event}
    premium:
      - base: 0.40 EUR per hour, at most 4 EUR per day
      - times: ages
      - times: pairs
      - times: bonuses
      - times: zones
      - {plus: 0.50 EUR, when: driving < 3}
      - at_least: 1 EUR
  damage:
    layer: primary
    tax: {split: {motor_other: 70%, other: 30%}}
    surcharge: {natural_catastrophe: property}
    limit: {amount: value, per: event}
    sublimits: {glass: {by: size, values: {small: 300 EUR, large: 500 EUR}}}
    deductible: {by: size, values: {small: 200 EUR, large: 400 EUR}, applied: after_limit}
    average: waived
    exclusions: [wear, racing]
    premium:
      - base: 0.0500% of value per day
      - times: dear
      - times: summers
      - plus: season
      - plus: night
      - times: rest
  buy_back:
    when: trailer
    unavailable: {when: seats > 5, code: nothing_to_buy_back}
    layer: deductible_buyback
    tax: motor_other
    limit: {amount: {by: size, values: {small: 200 EUR, large: 400 EUR}}, per: event}
    premium:
      - base: days
  goods:
    situs: {by: abroad, values: {france: FR, germany: DE}}
    tax: {by: abroad, values: {france: other, germany: household}}
    limit: {amount: rising, per: cover}
    deductible: {share: 10% of loss, min: 20 EUR, max: 200 EUR}
    premium:
      - base: 0.1000% of total
      - {plus: 1 EUR, when: count(things) > 2}
      - {plus: 2 EUR, when: highest(things.worth) > 500 EUR}
  upper:
    layer: excess_of goods
    tax: {exempt: "Article 1 of a law"}
    limit: {amount: 5000 EUR, per: item}
    premium:
      - base: 10% of [goods]
  journey:
    period: booking_to_start
    allow_fall: "the base falls for a long journey"
    tax: other
    limit: {amount: 500 EUR, per: cover}
    premium:
      - base: 3 EUR
      - {minus: 1 EUR, when: term_days > 5}

contract:
  - {times: many, over: [liability, damage]}
  - minus: 0.50 EUR
  - at_least: {net: 3 EUR, over: [liability, damage], spread: pro_rata}
  - round_gross: 0.05 EUR up
fees:
  - {name: card, amount: 0.30 EUR, taxed_as: other}
accumulate:
  - {key: policyholder, section: damage, cap: 50000 EUR, across: [made]}
changes:
  extend:       {rate: whole_term}
  raise:        {inputs: [value, things], from: confirmation, rate: remaining_term}
  return_early: {refund: 80% of unused}
refund:
  - {until: 24h before start, give: 100%}
  - {until: start, give: 50%}
  - {after: start, give: none}
withdrawal: {days: 14, law: L112-2-1, exempt_when: term_days < 30, exemption: "Article 2 of a law"}
territory: [FR, DE]
"""

ZONES = "area,cell\n75,1.2000\n13,1.1000\n"

FRANCE = """\
country: FR
source: a law
labels:
  motor_compulsory: {en: Motor, fr: Auto}
premium_tax:
  motor_compulsory: [{from: 2020-01-01, rate: "0.33"}]
  motor_other: [{from: 2020-01-01, rate: "0.18"}]
  other: [{from: 2020-01-01, rate: "0.09"}]
levies:
  - {name: Fund, source: a decree, on: motor_compulsory, rates: [{from: 2020-01-01, rate: "0.012"}]}
surcharges:
  - {name: natural_catastrophe, source: a decree, on: {property: [{from: 2025-01-01, rate: "0.20"}]}, expected_in: [motor_other]}
minimum_limits:
  motor_compulsory: {limits: {bodily: unlimited, property: 1300000 EUR}, source: the code}
"""

GERMANY = """\
country: DE
source: ein Gesetz
premium_tax:
  household: [{from: 2020-01-01, rate: "0.19", on_share: "0.85"}]
"""

EXAMPLES = """\
- name: one
  start: 2026-02-07T08:00+01:00
  end: 2026-02-07T12:00+01:00
  given: {plate: ABCD, postcode: "75001", size: small, abroad: france, seats: 4, value: 1000 EUR, born: 1990-01-01, things: [{what: phone, worth: 100 EUR}]}
  expect: {goods: 0.10 EUR}
"""

TEXTS = """\
product: {name: Made, summary: x, need: x, target_market: x}
object: Plate
inputs:
  plate: {label: x}
  postcode: {label: x}
  size: {label: x, choices: {small: x, large: x}}
  abroad: {label: x, choices: {france: x, germany: x}}
  trailer: {label: x}
  seats: {label: x}
  bonus: {label: x}
  value: {label: x}
  born: {label: x}
  licence: {label: x}
  things: {label: x, fields: {what: {label: x, choices: {phone: x, drill: x}}, worth: {label: x}, years: {label: x}}}
sections:
  liability: {name: x, summary: x}
  damage: {name: x, summary: x}
  buy_back: {name: x, summary: x}
  goods: {name: x, summary: x}
  upper: {name: x, summary: x}
  journey: {name: x, summary: x}
limits: {amount: x, bodily: x, property: x, glass: x}
codes: {too_young: x, many_seats: x, age_not_covered: x, large_and_many: x, nothing_to_buy_back: x}
exclusions: {wear: x, racing: x}
ipid:
  type_of_insurance: x
  insured: [x]
  not_insured: [x]
  restrictions: [x]
  where: [x]
  obligations: [x]
  payment: x
  start_and_end: x
  cancellation: x
"""

# A file of the product, a snippet of it and what stands there instead; what is then said, each with the text that its
# place points at ("^" in front: looked for from the file's top, not from the snippet's line on), and the file where it
# is said, if that is another.
Expected = tuple[str, str] | tuple[str, str, str]
Case = tuple[str, str, str, list[Expected]]


def made(folder: Path) -> RuleFolder:
    """The made product's rules under `folder`."""
    rules = RuleFolder(folder / "rules")
    for file, text in (
        (MADE, EDITION),
        (MADE_EXAMPLES, EXAMPLES),
        (MADE_ZONES, ZONES),
        (MADE_ENGLISH, TEXTS),
        (MADE_ENGLISH.replace(".en.", ".fr."), TEXTS),
        (MADE_FRANCE, FRANCE),
        (MADE_GERMANY, GERMANY),
    ):
        rules.write(file, text)
    return rules


def said_of(folder: RuleFolder, file: str, old: str, new: str, expected: list[Expected]) -> tuple[list[str], list[str]]:
    """What is said of a clean folder with a snippet replaced; and what is expected, each at its place."""
    before = folder.text(file)
    start = before.index(old)
    folder.replace(file, old, new)
    try:
        wanted = [said_at(folder, file, start, one) for one in expected]
        return sorted(folder.said()), sorted(wanted)
    finally:
        folder.write(file, before)
