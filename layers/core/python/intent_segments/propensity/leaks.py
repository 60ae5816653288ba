"""Signals too good to be true: columns that rank users almost perfectly all alone."""

from __future__ import annotations

import numpy as np

from .cases import thinned
from .drivers import MIN_USERS
from .evaluate import auc_of
from .evidence import Bools, Evidence, Floats
from .model import Model
from .train import gather, training_starts

LEAK_AUC = 0.97
"""A single column that ranks better than this is worth a warning. Real behaviour seldom does; a
field filled in because of the outcome does (Kaufman et al. 2012, "Leakage in data mining", ACM
TKDD 6). Habits as regular as a salary do as well, which is why it is a warning."""

SCREENED, SCREEN_ROWS = 0.9, 1_000
"""A column that ranks so many rows of either outcome no better than this is no leak, and is not
looked at any further. AUC does not depend on the proportion of the outcomes."""


def leaks(evidence: Evidence, model: Model) -> tuple[str, ...]:
    """A warning for every column that tells who will do it almost by itself (see LEAK_AUC)."""
    starts = training_starts(evidence, evidence.question.as_of)
    if not starts:
        return ()
    past = gather(evidence, starts, (0,))
    did = past.did
    if min(did.sum(), (~did).sum()) < MIN_USERS:
        return ()
    some, _ = thinned(did, SCREEN_ROWS, SCREEN_ROWS)
    few = past.columns[some].astype(np.float64)
    said = []
    undated = evidence.traits.undated()
    first_trait = len(model.plan.names) - len(model.plan.traits)
    for position, name in enumerate(model.plan.names):
        if _tells(few[:, position], did[some]) <= SCREENED:
            continue
        auc = _tells(past.columns[:, position].astype(np.float64), did)
        if auc <= LEAK_AUC:
            continue
        trait = position >= first_trait and model.plan.traits[position - first_trait].property
        remedy = (
            f"Load {trait} with the date from which each value was known, or leave it out."
            if trait in undated
            else "Check that it was known before the events; if not, leave it out."
        )
        said.append(
            f"'{name}' alone tells who will do it almost perfectly (AUC {auc:.3f}): "
            f"above {LEAK_AUC} it may be a record of the outcome, not a sign of it. {remedy}"
        )
    return tuple(said)


def _tells(column: Floats, did: Bools) -> float:
    """AUC of a column, or of its opposite, whichever is larger."""
    if column.min() == column.max():
        return 0.5
    auc = auc_of(column, did)
    return max(auc, 1 - auc)
