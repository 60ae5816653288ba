"""One cut between two buckets: where it lies among likelihoods, and the band around it.

A histogram is {likelihood in 1e-6: open members}. A rank cut goes where a share of the members is
above; a fixed cut stays where it is, whoever is above. Both have a band of BAND_PERCENT of the
members on either side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CERTAIN = 1_000_000
"""A likelihood of 1."""

NEVER = CERTAIN + 1
"""A cut above every likelihood: nobody is beyond it."""

BAND_PERCENT = 2
"""Percentile points around a cut within which a member does not move at once."""


@dataclass(frozen=True)
class Cut:
    """A member at or above `at` belongs above the cut.

    `firm_up` and `firm_down` bound the band: who is at or above `firm_up` moves up at once, who is
    below `firm_down` moves down at once. firm_down <= at <= firm_up.
    """

    at: int
    firm_up: int
    firm_down: int


def rank_cut(histogram: Mapping[int, int], share: int, whole: int) -> int:
    """The likelihood whose holders and all above come nearest to share/whole of the members.

    Exact in integers; of two equally near cuts the higher one (fewer members above) is taken.
    """
    total = sum(histogram.values())
    best, best_miss = NEVER, share * total
    above = 0
    for likelihood in sorted(histogram, reverse=True):
        above += histogram[likelihood]
        miss = abs(above * whole - share * total)
        if miss < best_miss:
            best, best_miss = likelihood, miss
    return best


def with_band(histogram: Mapping[int, int], at: int, share: int, whole: int | None = None) -> Cut:
    """The cut with its band: the likelihoods BAND_PERCENT of all members above and below it."""
    whole = sum(histogram.values()) if whole is None else whole
    if not whole:
        return Cut(at, at, at)
    margin = BAND_PERCENT * whole
    up = rank_cut(histogram, max(100 * share - margin, 0), 100 * whole)
    down = rank_cut(histogram, min(100 * share + margin, 100 * whole), 100 * whole)
    return Cut(at, max(at, up), min(at, down))


def fixed_cut(histogram: Mapping[int, int], at: int, lowest: int, highest: int) -> Cut:
    """The cut at a likelihood, with its band: a member is inside while at most BAND_PERCENT of all
    members lie between it and the cut, and while it is within `lowest` to `highest`.

    Ranks do not bound such a band: where many members share a likelihood beside the cut, the
    nearest rank leaves no band at all, and where nobody is near the cut, it reaches anywhere.
    """
    most_between = BAND_PERCENT * sum(histogram.values())
    up, down = highest, lowest
    passed = 0
    for likelihood in sorted(q for q in histogram if q >= at):
        passed += histogram[likelihood]
        if 100 * passed > most_between:
            up = min(highest, likelihood + 1)
            break
    passed = 0
    for likelihood in sorted((q for q in histogram if q < at), reverse=True):
        passed += histogram[likelihood]
        if 100 * passed > most_between:
            down = max(lowest, likelihood)
            break
    return Cut(at, max(at, up), min(at, down))
