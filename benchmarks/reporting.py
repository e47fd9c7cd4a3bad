"""What was measured, as a table for people and as JSON for programs."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from benchmarks.measuring import Contest, Outcome

SHARED: Final = 0.97  # a side that had the core for less of its time was held up by something else


def shown(name: str, outcome: Outcome) -> RenderableType:
    """A row for each contest: ours, the peer, how many times as fast, in which round least and most, the goal, whether
    it is met; beneath it what was gone through, and whether all answered the same.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("against")
    for heading in ("ours", "peer", "ratio", "from – to", "goal"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for contest in outcome.case.contests:
        table.add_row(*_row(outcome, contest))
    return Group(
        f"[bold]{name}: {outcome.case.what}", *([table] if outcome.case.contests else []), *_notes(outcome), ""
    )


def _row(outcome: Outcome, contest: Contest) -> list[str]:
    goal = f"≥ {_times(contest.goal)} ×" if contest.goal else ""
    ratio = outcome.ratio(contest)
    if ratio is None:
        lacking = next((name for name in (contest.ours, contest.peer) if name not in outcome.timed), "")
        return [contest.what, "", "", "", "", goal, outcome.missing.get(lacking, "its answers differ")]
    ours, peer = (_median(outcome, name) for name in (contest.ours, contest.peer))
    middle, least, most = ratio
    verdict = {True: "[green]met", False: "[red]not met", None: ""}[outcome.met(contest)]
    return [
        contest.what,
        duration(ours),
        duration(peer),
        f"{_times(middle)} ×",
        f"{_times(least)} – {_times(most)}",
        goal,
        verdict,
    ]


def _notes(outcome: Outcome) -> Iterator[str]:
    rounds = max((len(timed.seconds) for timed in outcome.timed.values()), default=0)
    whose = "the processor's time" if outcome.case.computing else "time"
    yield outcome.workload + (f"; {whose} for a {outcome.case.unit}, medians of {rounds} rounds" if rounds else "")
    yield ", ".join(dict.fromkeys(timed.by for timed in outcome.timed.values()))
    compared = ", ".join(f"{count:,} {sort}" for sort, count in outcome.sorts.most_common())
    differ = ", ".join(f"{count:,} of {name}'s" for name, count in outcome.different.items() if count)
    yield f"answers: {compared}; " + (f"[red]different: {differ}" if differ else "all sides' the same")
    for line in outcome.differences:
        yield f"[red]{escape(line)}"
    share = min((median(timed.shares) for timed in outcome.timed.values()), default=1.0)
    if outcome.case.computing and share < SHARED:
        yield f"[yellow]the core wasn't theirs alone: one side had {share:.0%} of its time; measure again when it is quiet"


def _times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"


def _median(outcome: Outcome, name: str) -> float:
    return median(outcome.timed[name].seconds)


def duration(seconds: float) -> str:
    """A time in the unit that suits it: 3.52 µs."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def plain(name: str, outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON holds it; times in seconds a unit, a figure for each round."""
    return {
        "benchmark": name,
        "case": outcome.case.what,
        "workload": outcome.workload,
        "unit": outcome.case.unit,
        "clock": "processor" if outcome.case.computing else "wall",
        "answers": dict(outcome.sorts),
        "different": outcome.different,
        "missing": outcome.missing,
        "sides": {
            side: {"by": timed.by, "seconds": timed.seconds, "core_share": timed.shares}
            for side, timed in outcome.timed.items()
        },
        "contests": [_plain_contest(outcome, contest) for contest in outcome.case.contests],
    }


def _plain_contest(outcome: Outcome, contest: Contest) -> dict[str, Any]:
    ratio = outcome.ratio(contest)
    return {
        "what": contest.what,
        "ours": contest.ours,
        "peer": contest.peer,
        "ratio": ratio and ratio[0],
        "rounds": ratio and ratio[1:],
        "goal": contest.goal,
        "met": outcome.met(contest),
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on, and when."""
    model = platform.processor() or platform.machine()
    told = Path("/proc/cpuinfo")
    if told.exists():
        model = next(
            (line.split(":")[1].strip() for line in told.read_text().splitlines() if "model name" in line), model
        )
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
