"""A product of the test's own, what puts it on sale, and a partner who sells it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coverage.operations.house import House
from coverage.operations.publishing import Publisher
from coverage.storage.tenancy import Database
from tests.builders import Platform
from tests.operations.own_product import OwnProduct, own_product, platform_on


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
