"""Figures as text: exact, and without a zero too many."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.rulebook.language.notation import decimal_text


class TestDecimalText:
    @pytest.mark.parametrize(
        ("whole", "places", "least", "text"),
        [
            (12_500, 4, 0, "1.25"), (0, 6, 0, "0"), (0, 6, 2, "0.00"), (5_625_000, 6, 2, "5.625"), (7_500_000, 6, 2, "7.50"),
            (1, 6, 2, "0.000001"), (-500, 4, 0, "-0.05"), (-3_000_000, 6, 2, "-3.00"), (10_000, 4, 4, "1.0000"),
        ],
    )  # fmt: skip
    def test_has_the_places_that_it_needs(self, whole: int, places: int, least: int, text: str) -> None:
        assert decimal_text(whole, places, least=least) == text

    @settings(deadline=None)
    @given(st.integers(-(10**18), 10**18), st.integers(1, 8), st.integers(0, 4))
    def test_is_exact_and_ends_in_no_needless_zero(self, whole: int, places: int, least: int) -> None:
        text = decimal_text(whole, places, least=least)
        assert Decimal(text) == Decimal(whole).scaleb(-places)
        shown = len(text.partition(".")[2])
        assert shown == least or (shown > least and not text.endswith("0"))
