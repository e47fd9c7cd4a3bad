"""A product of the test's own, what puts it on sale, and a partner who sells it; and members who pay by card."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from coverage.gateways.stripe_stand_in import StripeStandIn
from coverage.operations.house import House
from coverage.operations.publishing import Publisher
from coverage.storage.tenancy import Database
from tests.builders import Platform
from tests.operations.card import Till, a_till
from tests.operations.own_product import OwnProduct, own_product, platform_on
from tests.paying import Processor, stand_in


@pytest.fixture
def product(tmp_path: Path) -> OwnProduct:
    return own_product(tmp_path)


@pytest.fixture
def publisher(product: OwnProduct, house: House) -> Publisher:
    return Publisher(house.database, product.folder)


@pytest.fixture
def shop(
    owner: Database, house_with: Callable[..., House], product: OwnProduct, publisher: Publisher
) -> Iterator[Platform]:
    """A partner on a service that sells what the publisher puts on sale."""
    with platform_on(owner, house_with(rules=publisher.current), product) as platform:
        yield platform


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the log has said of the rules since this was called before."""
    caplog.set_level(logging.INFO, "coverage.publishing")

    def lines() -> list[str]:
        found = [record.getMessage() for record in caplog.records if record.name == "coverage.publishing"]
        caplog.clear()
        return found

    return lines


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
