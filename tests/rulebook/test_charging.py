"""Premiums without a whole price: their surcharges and taxes are those that the whole price has on the same nets."""

from __future__ import annotations

from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from coverage.rulebook.charging import charge
from coverage.rulebook.editions import load
from coverage.rulebook.loaded import LoadedEdition
from tests.rulebook.risks import Risks

PROJECT = Path(__file__).parents[2]
ON = date(2026, 2, 1)


@pytest.fixture(scope="module")
def editions() -> dict[str, LoadedEdition]:
    found = (*load(PROJECT / "pricing_rules").editions, *load(PROJECT / "tests" / "tariffs").editions)
    return {edition.product: edition for edition in found}


class TestCharge:
    @pytest.mark.parametrize(
        "product",
        ["off_duty_vehicle", "goods_carried", "peer_car_sharing", "home_exchange", "object_lending", "temporary_motor"],
    )
    def test_bears_what_the_whole_price_bears_but_for_fees_and_flat_levies(
        self, editions: dict[str, LoadedEdition], product: str
    ) -> None:
        edition, compared = editions[product], 0
        taxes = edition.taxes_on(ON)
        taxed = {fee.tax_class for fee in edition.plan.fees}
        for admitted in islice(Risks(edition, "a difference"), 600):
            whole = edition.compiled(taxes).decide(admitted.facts).premium
            if whole is None:
                continue
            part = charge(edition.plan, taxes, admitted.facts, {line.name: line.net for line in whole.sections})
            assert part.sections == whole.sections
            assert part.surcharges == whole.surcharges
            assert [line for line in part.taxes if line.tax_class not in taxed] == [
                line for line in whole.taxes if line.tax_class and line.tax_class not in taxed
            ]
            assert part.fees == ()
            compared += 1
        assert compared > 40
