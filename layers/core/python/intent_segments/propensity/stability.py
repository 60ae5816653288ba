"""Population stability: do members look today as those did whom a model learnt from?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .evidence import Evidence
from .features import WINDOW_EDGES, Matrix
from .train import training_starts

MODERATE, LARGE = 0.1, 0.25
"""Population stability indices from which a shift counts as moderate and as large (Siddiqi 2006,
"Credit Risk Scorecards", chapter 8)."""

BINS = 10

ROWS = 3_000
"""Rows of either side that are compared: an index of 0.1 stands out from 200 on."""

MIN_ROWS = 100

BEYOND = 1.5
"""A shift is told when it is also so many times as large as any past window's from the others:
what comes in bursts, as mailings do, differs from window to window, and models have seen that."""

COMPARED_WINDOWS = 4
"""Windows of counts that are compared, up to 55 days back. Older ones, and everything that counts
days (tenure, recency, days since a date), grow by themselves while the same users age."""

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """The stability index of a signal (a column of the plan): today's members against the rows of
    all past windows. `usual` is the largest of any one past window against the others."""

    signal: str
    index: float
    usual: float

    @property
    def large(self) -> bool:
        """Whether it is worth a warning."""
        return self.index >= max(LARGE, BEYOND * self.usual)


def shifts(evidence: Evidence, now: int, passed_over: frozenset[str] = frozenset()) -> list[Shift]:
    """Every comparable signal of today's members against the training rows, largest shift first.

    Signals of the events `passed_over` are left out. Empty where a side has fewer than MIN_ROWS.
    """
    starts = training_starts(evidence, now)
    columns = _comparable(evidence, starts, passed_over)
    if not columns:
        return []
    past = [_thinned(evidence, start, ROWS // len(starts)) for start in starts]
    present = _thinned(evidence, now, ROWS)
    if min(len(present), *map(len, past)) < MIN_ROWS:
        return []
    group = np.repeat(np.arange(len(past) + 1), [len(rows) for rows in (*past, present)])
    values = np.concatenate([*past, present])[:, columns]
    names = evidence.plan.names
    found = [
        _shift(names[column], binned(values[:, at], group)) for at, column in enumerate(columns)
    ]
    return sorted(found, key=lambda shift: (-shift.index, shift.signal))


def binned(values: npt.NDArray, group: npt.NDArray) -> Counts:
    """float64 (groups, bins): how many values, float (n,), of every group, int (n,), lie in each
    decile of all groups but the last. Equal values share a bin."""
    groups = int(group[-1]) + 1
    known = np.sort(values[group < groups - 1])
    edges = np.unique(known[np.arange(1, BINS) * len(known) // BINS])
    bins = len(edges) + 1
    cell = group * bins + np.searchsorted(edges, values, side="left")
    return np.bincount(cell, minlength=groups * bins).reshape(groups, bins).astype(np.float64)


def stability_index(before: Counts, after: Counts, independent: float) -> Counts:
    """The population stability index of counts in the same bins, float64 (..., bins) each: (...).

    What chance alone adds (Yurdakul and Naranjo 2020, Journal of Risk Model Validation 14: about
    (bins - 1) (1/n + 1/m)) is taken off; `independent` is the number of users behind `before`.
    """
    bins = before.shape[-1]
    share, other = (  # half a user in every bin (Jeffreys): none is empty
        (counts + 0.5) / (counts.sum(axis=-1, keepdims=True) + 0.5 * bins)
        for counts in (after, before)
    )
    index = ((share - other) * np.log(share / other)).sum(axis=-1)
    chance = (bins - 1) * (1 / independent + 1 / after.sum(axis=-1))
    return np.maximum(index - chance, 0.0)


def _shift(signal: str, counts: Counts) -> Shift:
    past, present = counts[:-1], counts[-1]
    users = float(past.sum(axis=1).max())  # windows show mostly the same users again
    every = past.sum(axis=0)
    usual = stability_index(every - past, past, users).max() if len(past) > 1 else 0.0
    return Shift(signal, float(stability_index(every, present, users)), float(usual))


def _thinned(evidence: Evidence, start: int, most: int) -> Matrix:
    """Signals of at most so many of the sample's members as of `start`, evenly spread."""
    members = len(evidence.sample(start))
    return evidence.chosen(start, 0, np.arange(0, members, max(1, -(-members // most)))).features


def _comparable(
    evidence: Evidence, starts: tuple[int, ...], passed_over: frozenset[str]
) -> list[int]:
    """Positions of signals that mean the same on every start and today."""
    if not starts:
        return []
    plan = evidence.plan
    known = min(starts) - evidence.history.earliest_day + 1
    windows = [w for w in range(COMPARED_WINDOWS) if WINDOW_EDGES[w + 1] <= known]
    width = len(WINDOW_EDGES) + 1
    found = [
        place * width + window
        for place, event in enumerate(plan.events)
        if event not in passed_over
        for window in windows
    ]
    first_trait = len(plan.names) - len(plan.traits)
    kinds = {name: rows.kind for name, rows in evidence.traits.rows.items()}
    found += [
        first_trait + place
        for place, column in enumerate(plan.traits)
        if column.known or kinds.get(column.property) != "timestamp"
    ]
    return found
