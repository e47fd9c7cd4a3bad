"""Rule files going on sale: the good ones do, the broken ones are named, and what priced a quote never changes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from coverage.operations.house import House
from coverage.operations.publishing import publish
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import the_problem
from tests.builders import Platform, a_goods_risk, a_quote, enrol_platform
from tests.conftest import RULES

EDITION = "products/goods_carried/FR/2026-01-01.yaml"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


def ready(house: House) -> tuple[int, dict[str, Any]]:
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        answer = client.get("/readyz")
        return answer.status_code, answer.json()


class TestPublish:
    def test_names_a_broken_file_while_the_good_ones_sell(
        self, rules: Path, house: House, house_with: Callable[..., House], owner: Database
    ) -> None:
        path = rules / EDITION
        path.write_text(path.read_text().replace("currency: EUR", "currency: EURO"))
        library = publish(house.database, rules)
        there = house_with(rules=lambda: library)
        status, body = ready(there)
        assert status == 200
        assert body["status"] == "ready"
        assert [edition.partition("/")[0] for edition in body["rules"]["editions"]] == ["off_duty_vehicle"]
        (broken,) = body["rules"]["broken"]
        assert broken["file"].endswith(EDITION)
        assert any("EURO" in fault for fault in broken["faults"])
        with TestClient(create_app(there), raise_server_exceptions=False) as client:
            platform = enrol_platform(owner, there, client)
            assert platform.quote()["state"] == "open"
            answer = platform.post("/v1/quotes", a_quote(product="goods_carried", risk=a_goods_risk()))
            the_problem(answer, 422, "unknown_product")
            the_problem(platform.get("/v1/products/goods_carried"), 404, "unknown_product")

    def test_is_not_ready_with_nothing_to_sell(
        self, tmp_path: Path, house: House, house_with: Callable[..., House]
    ) -> None:
        library = publish(house.database, tmp_path / "nowhere")
        status, body = ready(house_with(rules=lambda: library))
        assert status == 503
        assert body["status"] == "not ready"
        assert body["database"] == "up"
        assert body["rules"]["broken"]

    def test_refuses_a_text_that_changed_since_it_priced(
        self, rules: Path, house: House, house_with: Callable[..., House], platform: Platform
    ) -> None:
        quote = platform.quote(product="goods_carried", risk=a_goods_risk())
        path = rules / EDITION
        path.write_text(path.read_text() + "\n# One more remark.\n")
        before = next(e for e in house.rules().editions if e.product == "goods_carried").hash
        library = publish(house.database, rules)
        assert {edition.product for edition in library.editions} == {"off_duty_vehicle"}
        (fault,) = library.faults
        assert before[:12] in fault.message
        assert fault.place.file.endswith(EDITION)
        changed = publish(house.database, RULES).editions
        assert before in {edition.hash for edition in changed}
        # What was priced is still told, and binds, by the text that priced it.
        with TestClient(create_app(house_with(rules=lambda: library)), raise_server_exceptions=False) as client:
            there = Platform(platform.tenant, platform.key, client)
            explained = there.get(f"/v1/quotes/{quote['id']}", params={"expand[]": "explanation"}).json()
            assert explained["explanation"]
            assert explained["price"] == quote["price"]
            assert there.cover(quote)["price"]["gross"] == quote["price"]["gross"]

    def test_names_both_texts(self, rules: Path, house: House, platform: Platform) -> None:
        platform.quote(product="goods_carried", risk=a_goods_risk())
        path = rules / EDITION
        path.write_text(path.read_text() + "\n# Another remark.\n")
        (fault,) = publish(house.database, rules).faults
        hashes = [word.strip("();") for word in fault.message.split() if len(word.strip("();")) == 12]
        assert len(set(hashes)) == 2, fault.message

    def test_takes_a_text_that_has_priced_nothing_yet(self, rules: Path, house: House) -> None:
        path = rules / EDITION
        newer = path.with_name("2026-06-01.yaml")
        newer.write_text(path.read_text().replace("effective: 2026-01-01T00:00", "effective: 2026-06-01T00:00"))
        shutil.copy(path.with_name("2026-01-01.examples.yaml"), path.with_name("2026-06-01.examples.yaml"))
        library = publish(house.database, rules)
        assert "goods_carried/FR/2026-06-01" in {edition.identity for edition in library.editions}, library.faults
