"""Cents spread over sections, many contracts at a time: `domain.premium.spread_pro_rata` and its kin over columns.

`nets` are the sections' columns (or one figure for all rows), and only the rows `where` it holds are changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from coverage.rulebook.running.scalar import MOST_STEPS

Rows = npt.NDArray[np.intp]
Grid = npt.NDArray[np.int64]  # a row for each section, a column for each contract
Spread = tuple[Any, ...]


def lowered(nets: Sequence[Any], where: Any, by: Any) -> Spread:
    """Cents with `by` taken off them together, in their proportion; nothing is ever left under zero."""

    def spread(found: Grid, rows: Rows) -> Grid:
        off = np.broadcast_to(by, where.shape)[rows]
        return _spread_pro_rata(np.maximum(found.sum(axis=0) - off, 0), found)

    return _changed(nets, where, spread)


def raised(nets: Sequence[Any], where: Any, covered: Sequence[Any], least: int) -> Spread:
    """The covered sections' cents raised to `least` together; those that are all nothing are raised alike."""

    def spread(found: Grid, rows: Rows) -> Grid:
        flags = _taken(covered, where, rows)
        return _spread_pro_rata(np.full(len(rows), least), np.where(found.any(axis=0), found, flags))

    return _changed(nets, where, spread)


def rounded(
    nets: Sequence[Any],
    where: Any,
    covered: Sequence[Any],
    gross_of: Callable[..., Any],
    decided_by: Any,
    multiple: int,
) -> Spread:
    """The cents with the dearest covered section (the first of equals) raised by the least for which the gross premium
    is a multiple; as they were where there is none in reach.
    """

    def spread(found: Grid, rows: Rows) -> Grid:
        dearest = np.where(_taken(covered, where, rows), found, -1).argmax(axis=0)
        others = _taken(decided_by, where, rows)
        before, tried, open_ = found.copy(), found, np.arange(len(rows))
        for _ in range(MOST_STEPS * multiple + 1):
            gross = gross_of(*tried[:, open_], *(other[open_] for other in others))
            open_ = open_[gross % multiple != 0]
            if not len(open_):
                return tried
            tried[dearest[open_], open_] += 1
        tried[:, open_] = before[:, open_]
        return tried

    return _changed(nets, where, spread)


def _changed(nets: Sequence[Any], where: Any, spread: Callable[[Grid, Rows], Grid]) -> Spread:
    rows = where.nonzero()[0]
    if not len(rows):
        return tuple(nets)
    changed = spread(np.stack(_taken(nets, where, rows)), rows)
    columns = tuple(np.broadcast_to(net, where.shape).copy() for net in nets)
    for column, found in zip(columns, changed, strict=True):
        column[rows] = found
    return columns


def _taken(columns: Sequence[Any], where: Any, rows: Rows) -> list[Any]:
    """Those rows of the columns."""
    return [np.broadcast_to(column, where.shape)[rows] for column in columns]


def _spread_pro_rata(total: npt.NDArray[np.int64], weights: Grid) -> Grid:
    """Each contract's total over its sections in proportion, the units left over to the largest remainders."""
    parts, remainders = np.divmod(total * weights, weights.sum(axis=0))
    left = total - parts.sum(axis=0)
    for index, remainder in enumerate(remainders):
        rank = (remainders > remainder).sum(axis=0) + (remainders[:index] == remainder).sum(axis=0)
        parts[index] += rank < left
    return parts
