"""The measured tariff's figures as the peers hold them: factors × 10⁴, money in cents, bounds of bands from below.

They stand in rules/products/measured_vehicle/FR/2026-01-01.yaml too, for our own side; that both sides' answers are
the same holds them together.
"""

from typing import Final

Bands = tuple[tuple[int, int], ...]  # each the first value of its row, and the row's factor

CHOICES: Final[dict[str, dict[str, int]]] = {
    "vehicle_class": {"car": 1_0000, "van": 1_2500, "cargo_bike": 4000, "moped": 6000},
    "region": {
        "north": 1_0000, "east": 9800, "south": 1_1000, "west": 9700,
        "centre": 9600, "coast": 1_0500, "isles": 1_1500, "abroad": 1_3000,
    },
    "purpose": {"private": 1_0000, "moving": 1_1500, "trade": 1_3000},
    "parking": {"street": 1_1000, "yard": 1_0000, "garage": 9300},
    "excess": {"standard": 1_0000, "low": 1_3000, "none": 1_5500},
}  # fmt: skip
BANDS: Final[dict[str, Bands]] = {
    "driver_age": ((18, 2_0000), (21, 1_6000), (25, 1_2000), (30, 1_0000), (70, 1_2500)),
    "licence_years": ((0, 1_4000), (3, 1_2000), (5, 1_1000), (10, 1_0000)),
    "claims_3y": ((0, 9500), (1, 1_0500), (2, 1_2500), (3, 1_5000)),
}
WORTH: Final[Bands] = ((500_00, 9000), (10_000_00, 1_0000), (20_000_00, 1_1500), (35_000_00, 1_3500))
LOAD: Final[Bands] = ((0, 1_0000), (1000_00, 1_0500), (3000_00, 1_1000), (6000_00, 1_2000))

# Whole numbers from and to, both in; money in cents.
RANGES: Final[dict[str, tuple[int, int]]] = {"driver_age": (18, 99), "licence_years": (0, 60), "claims_3y": (0, 20)}
AMOUNTS: Final[dict[str, tuple[int, int]]] = {"vehicle_value": (500_00, 60_000_00), "goods_value": (0, 10_000_00)}
DEFAULTS: Final[dict[str, int | str]] = {"claims_3y": 0, "excess": "standard"}

# Micro-units: an hour, and the most that a day costs; the least that own damage costs.
HOUR, DAY, LEAST = 600_000, 6_000_000, 1_500_000
GOODS_RATE: Final = 1500  # × 10⁶, of the value, each day
OWN_TAX, GOODS_TAX = 18, 9  # per cent
