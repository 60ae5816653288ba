"""Case-control sampling: few of those who did it are left out, and many of those who did not.

What is left out is made up for by weight (King and Zeng 2001, "Logistic regression in rare events
data", Political Analysis 9): beside a few thousand of one kind, more of the other tell hardly
anything new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class TrainingSet:
    """Rows to learn from: `columns` float32 (n, k + 1), `did` bool (n,), and `weight` float64 (n,),
    how many rows each stands for."""

    columns: npt.NDArray[np.float32]
    did: npt.NDArray[np.bool_]
    weight: npt.NDArray[np.float64]

    @classmethod
    def join(cls, parts: Sequence[TrainingSet]) -> TrainingSet:
        """Several, one after the other."""
        return cls(
            np.concatenate([part.columns for part in parts]),
            np.concatenate([part.did for part in parts]),
            np.concatenate([part.weight for part in parts]),
        )


def thinned(
    did: npt.NDArray[np.bool_], done: int, not_done: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Positions, ascending, of at most so many rows of either answer, evenly spread (the middle of
    each stretch); and how many rows each of them stands for."""
    weight = np.zeros(len(did))
    for answer, most in ((True, done), (False, not_done)):
        rows = np.flatnonzero(did == answer)
        few = min(most, len(rows))
        kept = rows[(2 * np.arange(few) + 1) * len(rows) // max(2 * few, 1)]
        weight[kept] = len(rows) / max(few, 1)
    positions = np.flatnonzero(weight)
    return positions, weight[positions]
