"""What stands beside the editions that nobody sells: the taxes of two countries, and the files of their tables."""

from __future__ import annotations

FRANCE = """
country: FR
source: a law
premium_tax:
  full: [{from: 2020-01-01, rate: "0.20"}, {from: 2027-01-01, rate: "0.21"}]
  part: [{from: 2020-01-01, rate: "0.19", on_share: "0.85"}]
  half: [{from: 2020-01-01, rate: "0.05"}]
  none: [{from: 2020-01-01, rate: "0"}]
  double: [{from: 2020-01-01, rate: "1"}]
  almost: [{from: 2020-01-01, rate: "0.99"}]
levies:
  - {name: Fund, source: a decree, on: full, rates: [{from: 2020-01-01, rate: "0.012"}]}
  - {name: Terror, source: another decree, once_per: cover, per_contract: [{from: 2020-01-01, amount: 0.65 EUR}]}
  - {name: Master, source: another decree, once_per: master_policy, per_contract: [{from: 2020-01-01, amount: 9 EUR}]}
surcharges:
  - {name: disaster, source: a code, on: {property: [{from: 2020-01-01, rate: "0.12"}, {from: 2025-01-01, rate: "0.20"}]}}
  - {name: crime, source: a code, on: {theft: [{from: 2020-01-01, rate: "0.0155", on_share: "0.50"}]}}
"""
GERMANY = """
country: DE
source: another law
premium_tax:
  full: [{from: 2020-01-01, rate: "0.19"}]
  half: [{from: 2020-01-01, rate: "0.22", on_share: "0.60"}]
  part: [{from: 2020-01-01, rate: "0.1615"}]
levies:
  - {name: Brigade, source: an order, on: part, rates: [{from: 2020-01-01, rate: "0.0333"}]}
  - {name: Abroad, source: an order, once_per: cover, per_contract: [{from: 2020-01-01, amount: 5 EUR}]}
surcharges:
  - {name: disaster, source: a book, on: {property: [{from: 2020-01-01, rate: "0.07"}]}}
  - {name: crime, source: a book, on: {theft: [{from: 2020-01-01, rate: "0.05"}]}}
"""
FILES = {
    "zones.csv": "area;kind;cell\nAB1;a;1.2000\nAB1;b;0.3335\nBB2;a;refer(bb2)\nCD2;c;1.0005\nZZ9;a;decline(zz9)\n",
    "shifts.csv": "shift,cell\n-2.5,0.9000\n-1.25,1.0000\n0,1.1000\n0.0001,1.2345\n2,refer(far_off)\n",
}
