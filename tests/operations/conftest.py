"""What several tests of operations stand on: members who pay by card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from coverage.gateways.stripe_stand_in import StripeStandIn
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from tests.operations.card import Till, a_till
from tests.paying import Processor, stand_in


@pytest.fixture(scope="module")
def processor_there() -> Iterator[tuple[Processor, StripeStandIn]]:
    with stand_in() as found:
        yield found


@pytest.fixture
def queue(database_url: str) -> Iterator[Database]:
    """The database in the worker's role."""
    found = Database.connect(database_url, "sharecover_worker", pool_size=3)
    yield found
    found.close()


@pytest.fixture
def till(
    owner: Database, house: House, processor_there: tuple[Processor, StripeStandIn], queue: Database
) -> Iterator[Till]:
    """A partner whose members pay by card."""
    processor, there = processor_there
    with a_till(owner, replace(house, payments={"test": processor.payments}), processor, there, queue) as found:
        yield found
