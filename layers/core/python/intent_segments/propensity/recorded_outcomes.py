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
"""A trait or a column that ranks better than this is taken for a record, or warned of. Real
behaviour seldom does; habits as regular as a salary do as well."""
MIN_USERS = 30
"""Who did it, and who did not: fewer rank perfectly by luck, and nothing is looked for."""
MOST_ROWS = 1_000
"""Rows of either outcome that are looked at. AUC does not depend on their proportion."""
FOLDS = 5
"""Rates of values are counted on four fifths of the users and rank the fifth that is left: a value
of one user, or noise, ranks nobody."""
LEVELS = 20
"""Ranges, with as many users each, that a number counts as values by."""


def records_of_outcome(
    traits: TraitTable,
    undated: Sequence[str],
    users: Ints,
    start: int,
    did: npt.NDArray[np.bool_],
) -> dict[str, float]:
    """Those of the `undated` traits that tell who of `users` (ascending) `did` it after the day
    `start`, each with the AUC of all its columns (`together`)."""
    if not undated or min(did.sum(), (~did).sum()) < MIN_USERS:
        return {}
    some, _ = thinned(did, MOST_ROWS, MOST_ROWS)
    asked = set(undated)
    wanted = tuple(column for column in choose(traits) if column.property in asked)
    seen = traits.columns(wanted, users[some], start).astype(np.float64)
    found: dict[str, float] = {}
    for name in dict.fromkeys(column.property for column in wanted):
        own = [at for at, column in enumerate(wanted) if column.property == name]
        auc = together(seen[:, own], did[some])
        if auc > OUTCOME_AUC:
            found[name] = auc
    return found


def together(columns: npt.NDArray[np.float64], did: npt.NDArray[np.bool_]) -> float:
    """AUC of a trait, float64 (n, k) columns of n rows: that of its best column, or of the rate of
    each combination of values (no value is one), where it is larger.

    A reason to leave with five equally frequent values is five columns of which none tells much.
    """
    best = max(tells(column, did) for column in columns.T)
    return max(best, auc_of(_rates(_combinations(columns), did), did))


def _combinations(columns: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """int64 (n,): which of the combinations of values each row has, counted from 0."""
    found = np.zeros(len(columns), np.int64)
    for column in columns.T:
        edges = np.unique(np.quantile(column, np.linspace(0, 1, LEVELS + 1)[1:-1]))
        level = np.searchsorted(edges, column)
        found = np.unique(found * (LEVELS + 1) + level, return_inverse=True)[1]
    return found


def _rates(value: npt.NDArray[np.int64], did: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """float64 (n,): the share that did it among the rows of other folds that have the same value,
    which counts one row more with the share of all. Folds have either outcome alike."""
    fold = np.empty(len(did), np.int64)
    for answer in (True, False):
        rows = np.flatnonzero(did == answer)
        fold[rows] = np.arange(len(rows)) % FOLDS
    kinds = int(value.max()) + 1
    share = did.mean()
    rates = np.empty(len(did))
    for left in range(FOLDS):
        others, here = fold != left, fold == left
        rows = np.bincount(value[others], minlength=kinds)
        done = np.bincount(value[others], weights=did[others], minlength=kinds)
        rates[here] = ((done + share) / (rows + 1))[value[here]]
    return rates


def tells(column: npt.NDArray[np.float64], did: npt.NDArray[np.bool_]) -> float:
    """AUC of a column, or of its opposite, whichever is larger."""
    if column.min() == column.max():
        return 0.5
    auc = auc_of(column, did)
    return max(auc, 1 - auc)
