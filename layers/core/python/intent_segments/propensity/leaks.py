"""Signals too good to be true: columns that rank users almost perfectly all alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .drivers import MIN_USERS, Past
from .evaluate import auc_of
from .evidence import Evidence
from .model import Model
from .signals import Bools

LEAK_AUC = 0.97
"""A single column that ranks better than this is worth a warning. Real behaviour seldom does; a
field filled in because of the outcome does (Kaufman et al. 2012, "Leakage in data mining", ACM
TKDD 6). Habits as regular as a salary do as well, which is why it is a warning."""

LEAK_ROWS = 12_000
"""Rows of either outcome on which columns are ranked: AUC does not depend on their proportion."""


def leaks(evidence: Evidence, model: Model) -> tuple[str, ...]:
    """A warning for every column that tells who will do it almost by itself (see LEAK_AUC)."""
    past = Past.of(evidence, evidence.question.as_of)
    rows = np.concatenate([_thinned(past.did), _thinned(~past.did)])
    did = past.did[rows]
    if min(did.sum(), (~did).sum()) < MIN_USERS:
        return ()
    said = []
    undated = evidence.traits.undated()
    first_trait = len(model.plan.names) - len(model.plan.traits)
    for position, name in enumerate(model.plan.names):
        column = past.features[rows, position].astype(np.float64)
        if column.min() == column.max():
            continue
        auc = auc_of(column, did)
        if max(auc, 1 - auc) <= LEAK_AUC:
            continue
        trait = position >= first_trait and model.plan.traits[position - first_trait].property
        remedy = (
            f"Load {trait} with the date from which each value was known, or leave it out."
            if trait in undated
            else "Check that it was known before the events; if not, leave it out."
        )
        said.append(
            f"'{name}' alone tells who will do it almost perfectly (AUC {max(auc, 1 - auc):.3f}): "
            f"above {LEAK_AUC} it may be a record of the outcome, not a sign of it. {remedy}"
        )
    return tuple(said)


def _thinned(wanted: Bools) -> npt.NDArray[np.int64]:
    """At most LEAK_ROWS positions of `wanted`, evenly spread."""
    positions = np.flatnonzero(wanted)
    return positions[:: max(1, -(-len(positions) // LEAK_ROWS))]
