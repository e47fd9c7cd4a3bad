"""A stand-in for Stripe, for tests and for the demo. It is no Stripe, takes no real cards, and moves no money.

It answers over HTTP what the gateway asks, as Stripe's documentation tells, and nothing else; it keeps all in memory,
and takes test keys of its own alone: a live key is turned away.
"""

from coverage.gateways.stripe_stand_in.account import Account, Refusal
from coverage.gateways.stripe_stand_in.server import DEMO_KEY, Fault, Faults, StripeStandIn
from coverage.gateways.stripe_stand_in.webhooks import Webhooks

__all__ = ["DEMO_KEY", "Account", "Fault", "Faults", "Refusal", "StripeStandIn", "Webhooks"]
