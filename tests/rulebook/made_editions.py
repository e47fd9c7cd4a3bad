"""Editions that nobody sells: between them they use every form of the rule language that there is."""

from __future__ import annotations

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
