"""Traits without dates that tell the outcome all by themselves, and so may be a record of it.

A trait without a date stands in every past window as it is now. Where it was filled in because of
what a user did ("churned", "last plan"), a model that sees it is nearly perfect about the past and
knows nothing of the future (Kaufman et al. 2012, "Leakage in data mining", ACM TKDD 6). A trait
that has dates cannot do that, unless they are wrong; such a one is warned of (`leaks.py`) and kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .cases import thinned
from .evaluate import auc_of
from .history import Ints
from .trait_choice import choose
from .traits import TraitTable

OUTCOME_AUC = 0.97
"""A single column that ranks better than this is taken for a record, or warned of. Real behaviour
seldom does; habits as regular as a salary do as well."""
MIN_USERS = 30
"""Who did it, and who did not: fewer rank perfectly by luck."""
MOST_ROWS = 1_000
"""Rows of either outcome that are looked at. AUC does not depend on their proportion."""


def records_of_outcome(
    traits: TraitTable,
    undated: Sequence[str],
    users: Ints,
    start: int,
    did: npt.NDArray[np.bool_],
) -> dict[str, float]:
    """Those of the `undated` traits that tell who of `users` (ascending) `did` it after the day
    `start`, each with the AUC of its best column."""
    if not undated or min(did.sum(), (~did).sum()) < MIN_USERS:
        return {}
    some, _ = thinned(did, MOST_ROWS, MOST_ROWS)
    wanted = tuple(column for column in choose(traits) if column.property in set(undated))
    seen = traits.columns(wanted, users[some], start).astype(np.float64)
    found: dict[str, float] = {}
    for at, column in enumerate(wanted):
        auc = tells(seen[:, at], did[some])
        if auc > OUTCOME_AUC:
            found[column.property] = max(auc, found.get(column.property, 0.0))
    return found


def tells(column: npt.NDArray[np.float64], did: npt.NDArray[np.bool_]) -> float:
    """AUC of a column, or of its opposite, whichever is larger."""
    if column.min() == column.max():
        return 0.5
    auc = auc_of(column, did)
    return max(auc, 1 - auc)
