"""Tonight's likelihoods of a goal's members, in millionths, for one group of users."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .drivers import Driver
from .evidence import Evidence
from .history import Ints
from .learners import one_thread
from .model import Model
from .reasons import TOP, Codes, top_reasons

CERTAIN = 1_000_000

THREADS = 2
"""A function of 3 GB has nearly two processors; numpy and the trees let go of the interpreter."""

_CHUNK = 16_384
"""Members scored at a time: enough that threads seldom wait for each other, and their features take
25 MB however many members there are."""


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
    event = np.zeros(len(open_), np.int32)
    why = np.zeros((len(open_), TOP), np.int8)

    def some(start: int) -> None:
        here = slice(start, start + _CHUNK)
        rows = evidence.rows(model.plan, open_[here], cutoff, ends - cutoff)
        event[here] = np.rint(model.likelihood(rows) * CERTAIN).astype(np.int32)
        why[here] = top_reasons(drivers, model, rows.features)

    if cutoff < ends and len(open_):
        _ = evidence.goal_days  # worked out once, not by every thread
        with one_thread(), ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(some, range(0, len(open_), _CHUNK)))
    likelihood[~did] = event if direction == "maximize" else CERTAIN - event
    reasons[~did] = why
    return Scored(did, likelihood, reasons)
