"""Enrolling: what a partner earns is checked before anything is made."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from coverage.operations.booking import MILLIONTHS
from coverage.operations.enrolling import DEMO_INSURER, Enrolment


def enrolment(commission: Mapping[str, Mapping[str, str]]) -> Enrolment:
    return Enrolment("Platform", "exempt_ancillary", DEMO_INSURER, ("goods_carried",), commission=commission)


class TestCommission:
    def test_is_none_unless_it_is_said(self) -> None:
        assert Enrolment("Platform", "exempt_ancillary", DEMO_INSURER, ("goods_carried",)).commission == {}

    @pytest.mark.parametrize("rate", ["0", "1", "0.15", "0.000001", "1.000000"])
    def test_is_a_fraction_known_to_the_millionth(self, rate: str) -> None:
        assert (
            enrolment({"goods_carried": {"goods_carried": rate}}).commission["goods_carried"]["goods_carried"] == rate
        )
        assert MILLIONTHS == 10**6

    @pytest.mark.parametrize(
        "rate",
        ["-0.1", "1.1", "1.000001", "0.0000001", "15%", "", "NaN", "1e-2", ".5", "\u0660.\u0661", " 0.1", "0.1\n"],
    )
    def test_is_refused_otherwise(self, rate: str) -> None:
        with pytest.raises(ValueError, match="expected a fraction from 0 to 1"):
            enrolment({"goods_carried": {"goods_carried": rate}})

    def test_of_a_product_that_isn_t_sold_is_refused(self) -> None:
        with pytest.raises(ValueError, match="isn't among the products goods_carried"):
            enrolment({"other": {"goods_carried": "0.15"}})
