"""How good likelihoods were, once the truth is known: the metrics of the quality card."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BINS = 10


@dataclass(frozen=True)
class Evaluation:
    """Metrics of the EVENT (not of its absence), in both directions. None where undefined.

    `lift_quality` is 0-100: how much better than chance the ranking finds those who did it (twice
    the area between gains curve and diagonal, over what a perfect ranking has; for a binary
    outcome that is 2 AUC - 1).
    """

    users: int
    actual: int
    auc: float | None
    average_precision: float | None
    brier: float | None
    ece: float | None
    lift_quality: float | None
    reliability: tuple[Bin, ...]
    deciles: tuple[Decile, ...] = ()


@dataclass(frozen=True)
class Bin:
    """A row of the reliability table: of `users` with mean likelihood `predicted`, the share
    `observed` really did it."""

    users: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class Decile:
    """A tenth of the users, from the most likely down; `top` (0.1 .. 1) is the share so far.

    Of this tenth the share `rate` really did it, `lift` times the rate of all users; `gain` is the
    share of all who did it that are in the top so far.
    """

    top: float
    rate: float
    lift: float
    gain: float


def word_for(lift_quality: float) -> str:
    """`excellent`, `good`, `fair` or `poor`, at the thresholds that Braze publishes."""
    grades = ((60, "excellent"), (40, "good"), (20, "fair"))
    return next((word for least, word in grades if lift_quality >= least), "poor")


def evaluate(likelihood: Floats, did: Bools) -> Evaluation:
    """Compare float64 (n,) likelihoods with bool (n,) outcomes."""
    n, actual = len(did), int(did.sum())
    both = 0 < actual < n
    auc = auc_of(likelihood, did) if both else None
    bins = reliability(likelihood, did)
    gap = sum(b.users * abs(b.predicted - b.observed) for b in bins)
    return Evaluation(
        users=n,
        actual=actual,
        auc=auc,
        average_precision=_average_precision(likelihood, did) if both else None,
        brier=float(np.mean((likelihood - did) ** 2)) if n else None,
        ece=gap / n if n else None,
        lift_quality=None if auc is None else max(0.0, 100 * (2 * auc - 1)),
        reliability=bins,
        deciles=deciles(likelihood, did),
    )


def reliability(likelihood: Floats, did: Bools, bins: int = BINS) -> tuple[Bin, ...]:
    """Equal-count bins in order of likelihood; equal likelihoods always share a bin."""
    if not len(did):
        return ()
    _, inverse, counts = np.unique(likelihood, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    bin_of_value = np.minimum((middle * bins / len(did)).astype(int), bins - 1)
    bin_of = bin_of_value[inverse]
    rows = []
    for index in np.unique(bin_of):
        inside = bin_of == index
        rows.append(
            Bin(int(inside.sum()), float(likelihood[inside].mean()), float(did[inside].mean()))
        )
    return tuple(rows)


def deciles(likelihood: Floats, did: Bools) -> tuple[Decile, ...]:
    """Lift and gains by tenths of the users; none where nobody did it, or there are not ten.

    Equal likelihoods count as if in random order: a tenth that cuts through them takes its part of
    their achievements, so that the table depends on no accident of sorting.
    """
    actual = int(did.sum())
    if not actual or len(did) < BINS:
        return ()
    _, inverse, counts = np.unique(-likelihood, return_inverse=True, return_counts=True)
    reached = np.append(0, np.cumsum(counts))
    found = np.append(0, np.cumsum(np.bincount(inverse, weights=did)))
    tops = np.arange(1, BINS + 1) / BINS
    gains = np.interp(tops * len(did), reached, found) / actual
    parts = np.diff(gains, prepend=0.0)
    base = actual / len(did)
    return tuple(
        Decile(float(top), float(part * BINS * base), float(part * BINS), float(gain))
        for top, part, gain in zip(tops, parts, gains, strict=True)
    )


def auc_of(likelihood: Floats, did: Bools) -> float:
    """Area under the ROC curve; both outcomes must occur.

    Mann and Whitney's form: the mean rank of those who did it, ties sharing their rank.
    """
    rank = rankdata(likelihood)
    positive, negative = int(did.sum()), int((~did).sum())
    return float((rank[did].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _average_precision(likelihood: Floats, did: Bools) -> float:
    """Sum over thresholds of (recall step x precision); equal likelihoods share one threshold."""
    order = np.argsort(-likelihood, kind="stable")
    hits = np.cumsum(did[order])
    last_of_tie = np.append(np.diff(likelihood[order]) != 0, True)
    hits, seen = hits[last_of_tie], np.flatnonzero(last_of_tie) + 1
    step = np.diff(hits, prepend=0) / hits[-1]
    return float((step * hits / seen).sum())
