"""Members of two goals at once, and how far their control groups are the same users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..goals.effects import Overlap
from ..goals.progress import GoalTally
from ..goals.target_group import Arm

Target = tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]
"""(user hashes ascending, arms) of a goal's members in one group."""


def overlaps(targets: Mapping[str, Target]) -> dict[str, dict[str, Overlap]]:
    """goal -> every other goal -> the members that both have in this group."""
    if len(targets) < 2:
        return {}
    everybody = np.unique(np.concatenate([uh for uh, _ in targets.values()]))
    shape = (len(everybody), len(targets))
    # Sums of ones in 64-bit floats are exact, and products of matrices of them are fast.
    member, control = np.zeros(shape), np.zeros(shape)
    for column, (uh, arm) in enumerate(targets.values()):
        at = np.searchsorted(everybody, uh)
        member[at, column] = 1
        control[at[arm == Arm.CONTROL], column] = 1
    both, held, of_both = member.T @ member, control.T @ member, control.T @ control
    names = list(targets)
    return {
        one: {
            other: Overlap(int(both[a, b]), int(held[a, b]), int(held[b, a]), int(of_both[a, b]))
            for b, other in enumerate(names)
            if a != b and both[a, b]
        }
        for a, one in enumerate(names)
    }


def with_overlaps(
    tallies: Mapping[str, GoalTally], targets: Mapping[str, Target]
) -> dict[str, GoalTally]:
    """The tallies of a group with what its goals share."""
    found = overlaps(targets)
    return {
        goal_id: replace(tally, effects=replace(tally.effects, overlaps=found.get(goal_id, {})))
        for goal_id, tally in tallies.items()
    }
