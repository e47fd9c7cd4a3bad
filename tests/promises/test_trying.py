"""How promises are tried: each in one turn, in order, until it is known to hold; and told of when it is over."""

from __future__ import annotations

from pathlib import Path

from tests.promises.trial import Outcome, Promise, Trial, kept, to_try


def a_promise(number: int, *, alone: bool = False) -> Promise:
    return Promise(number, "it holds", "things", 1, 3, ("met",), alone)


class TestToTry:
    PROMISES = (("late", a_promise(9)), ("measured", a_promise(3, alone=True)), ("early", a_promise(1)))

    def test_goes_by_number(self) -> None:
        assert to_try(self.PROMISES, set(), None) == ["early", "measured", "late"]

    def test_leaves_what_is_known_to_hold(self) -> None:
        assert to_try(self.PROMISES, {"early"}, None) == ["measured", "late"]

    def test_gives_each_to_one_turn(self) -> None:
        assert to_try(self.PROMISES, set(), "together") == ["early", "late"]
        assert to_try(self.PROMISES, set(), "alone") == ["measured"]


class TestOutcome:
    def test_is_kept_in_a_file_of_its_own_and_told_in_a_line(self, tmp_path: Path) -> None:
        outcomes = []
        for number, verdict in ((2, "held"), (1, "broken")):
            trial = Trial(a_promise(number), 3)
            trial.met("met", 1_200)
            trial.done(3)
            outcomes.append(Outcome.of(f"tests/a.py::Test::test_{number}", trial, 61.4, verdict, "0123456789ab"))
            outcomes[-1].keep(tmp_path)
        assert kept(tmp_path) == outcomes[::-1]
        assert outcomes[1].line == "1. it holds: 3 things in 61 s (met 1,200): broken"
