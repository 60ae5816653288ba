"""Tonight's likelihoods of a goal's members, in millionths, for one group of users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .drivers import Driver
from .evidence import Evidence
from .history import Ints
from .model import Model
from .reasons import TOP, Codes, top_reasons

CERTAIN = 1_000_000


@dataclass(frozen=True)
class Scored:
    """One entry per member: `did` bool, goal achieved (or, minimizing, lost) by the cut-off;
    `likelihood` int32 in 1e-6, of ACHIEVING the goal, 0 where `did` has decided; `reasons` int8
    (n, 3), coded as in `reasons.top_reasons`, 0 where there is none or `did` has decided."""

    did: npt.NDArray[np.bool_]
    likelihood: npt.NDArray[np.int32]
    reasons: Codes


def score(
    evidence: Evidence,
    model: Model,
    members: Ints,
    *,
    started: int,
    cutoff: int,
    ends: int,
    direction: Literal["maximize", "minimize"],
    drivers: Sequence[Driver] = (),
) -> Scored:
    """Score `members` (positions in the evidence's history) at the end of day `cutoff`.

    The period is the days started+1 .. ends. From its last day on nobody open can still do it.
    `drivers` are those of the model, for the reasons; without them there are none.
    Quantised here, once: sums and histograms are integers from now on, so the result does not
    depend on how users are grouped.
    """
    did = evidence.goal.within(members, started, min(cutoff, ends) - started)
    likelihood = np.zeros(len(members), np.int32)
    reasons = np.zeros((len(members), TOP), np.int8)
    open_ = members[~did]
    if len(open_):
        if cutoff < ends:
            rows = evidence.rows(model.plan, open_, cutoff, ends - cutoff)
            event = np.rint(model.likelihood(rows) * CERTAIN).astype(np.int32)
            reasons[~did] = top_reasons(drivers, model, rows.features)
        else:
            event = np.zeros(len(open_), np.int32)
        likelihood[~did] = event if direction == "maximize" else CERTAIN - event
    return Scored(did, likelihood, reasons)
