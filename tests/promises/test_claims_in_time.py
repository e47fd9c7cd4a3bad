"""Promise 11: a loss outside the cover's window is noted, and nobody extends what is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.builders import Platform
from tests.promises.trial import Trial, promise

# Instants that lie on, or a second beside, where a window begins and ends.
AROUND = (timedelta(seconds=-1), timedelta(0), timedelta(seconds=1))


class TestClaims:
    @promise(
        11, "a loss outside the cover's window is flagged, one inside isn't",
        unit="claims", small=24, full=2000, provokes=("inside", "outside", "on an edge"),
    )  # fmt: skip
    def test_flag_a_loss_outside_the_window(self, platform: Platform, trial: Trial) -> None:
        cover = platform.cover()
        starts, ends = (datetime.fromisoformat(cover[edge]) for edge in ("start", "end"))
        platform.advance((ends + timedelta(days=2)).isoformat())
        for _ in trial.each():
            loss = trial.random.choice(
                (
                    starts + trial.random.choice(AROUND),
                    ends + trial.random.choice(AROUND),
                    starts + timedelta(seconds=trial.random.randint(-100_000, 140_000)),
                )
            )
            inside = starts <= loss < ends
            claim = platform.claim(cover, loss_at=loss.isoformat())
            assert ("outside_window" in claim["flags"]) == (not inside), loss
            trial.met("inside" if inside else "outside")
            trial.met("on an edge", loss in (starts, ends))
