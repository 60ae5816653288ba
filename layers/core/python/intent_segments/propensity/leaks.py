"""Signals too good to be true: traits and columns that rank users almost perfectly all alone."""

from __future__ import annotations

import numpy as np

from .cases import thinned
from .drivers import MIN_USERS
from .evidence import Evidence
from .model import Model
from .recorded_outcomes import OUTCOME_AUC, together
from .train import gather, training_starts

SCREENED, SCREEN_ROWS = 0.9, 1_000
"""What ranks so many rows of either outcome no better than this is no leak, and is not
looked at any further. AUC does not depend on the proportion of the outcomes."""


def leaks(evidence: Evidence, model: Model) -> tuple[str, ...]:
    """A warning for every trait that was left out as a record of the outcome, and for every trait
    and every other column that tells who will do it almost by itself (see OUTCOME_AUC)."""
    return (*_left_out(evidence, model), *_leaking(evidence, model))


def _left_out(evidence: Evidence, model: Model) -> list[str]:
    used = {column.property for column in model.plan.traits}
    return [
        f"'{name}' was left out: alone it tells who will do it almost perfectly (AUC {auc:.3f}, "
        f"above {OUTCOME_AUC}) and it has no dates, so it may be a record of the outcome. Load it "
        "with the date from which each value was known."
        for name, auc in sorted(evidence.outcomes.items())
        if name not in used
    ]


def _leaking(evidence: Evidence, model: Model) -> tuple[str, ...]:
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
    for name, positions in _alone(model).items():
        if together(few[:, positions], did[some]) <= SCREENED:
            continue
        auc = together(past.columns[:, positions].astype(np.float64), did)
        if auc <= OUTCOME_AUC:
            continue
        remedy = (
            f"Load {name} with the date from which each value was known, or leave it out."
            if name in undated
            else "Check that it was known before the events; if not, leave it out."
        )
        said.append(
            f"'{name}' alone tells who will do it almost perfectly (AUC {auc:.3f}): "
            f"above {OUTCOME_AUC} it may be a record of the outcome, not a sign of it. {remedy}"
        )
    return tuple(said)


def _alone(model: Model) -> dict[str, list[int]]:
    """What is judged alone -> the positions of its columns: all of a trait are one."""
    plan = model.plan
    first_trait = len(plan.names) - len(plan.traits)
    found: dict[str, list[int]] = {name: [at] for at, name in enumerate(plan.names[:first_trait])}
    for at, column in enumerate(plan.traits, first_trait):
        found.setdefault(column.property, []).append(at)
    return found
