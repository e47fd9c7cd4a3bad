"""The process that one side of a benchmark works in: it readies its work once, then does as it is told over a pipe.

Each side has a process of its own, with its own packages, and is timed in there, so that all bear the same overhead
and can take turns. Only the standard library is used here: the peers' environment has none of ours.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time


@dataclass(frozen=True)
class Work:
    """What a side does: `once` is timed and goes through `units` (risks, requests); `answers` tells what comes out,
    as JSON, in the workload's order. `by` names what does it, with its version.
    """

    by: str
    units: int
    once: Callable[[], object]
    answers: Callable[[], Iterable[object]]


class NotHere(Exception):
    """A side that can't work here; its text says what is missing."""


def serve() -> None:
    """Readies the work that the arguments name, `module:function` of a workload's folder, on the core of that number
    (none: on any), and answers each line on stdin with one on stdout until there are no more.
    """
    ready, folder, core = sys.argv[1:]
    told, sys.stdout = sys.stdout, sys.stderr  # what a package prints is no answer
    if core:
        os.sched_setaffinity(0, {int(core)})
    module, name = ready.split(":")
    try:
        work: Work = getattr(importlib.import_module(module), name)(Path(folder))
    except NotHere as missing:
        print(json.dumps({"missing": str(missing)}), file=told, flush=True)
        return
    print(json.dumps({"by": work.by, "units": work.units}), file=told, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        done = _answer(work, Path(asked["to"])) if "to" in asked else _time(work, asked["passes"])
        print(json.dumps(done), file=told, flush=True)


def _answer(work: Work, to: Path) -> dict[str, int]:
    count = 0
    with to.open("w", encoding="utf-8") as file:
        for count, answer in enumerate(work.answers(), start=1):  # noqa: B007 — it is what is told
            file.write(json.dumps(answer, separators=(",", ":")) + "\n")
    return {"count": count}


def _time(work: Work, passes: int) -> dict[str, float]:
    once = work.once
    gc.collect()
    gc.disable()
    try:
        cpu, began = process_time(), perf_counter()
        for _ in range(passes):
            once()
        return {"seconds": perf_counter() - began, "cpu": process_time() - cpu}
    finally:
        gc.enable()
