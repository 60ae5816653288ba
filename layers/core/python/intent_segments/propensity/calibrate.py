"""Do likelihoods spread as widely as the truth? A bent line on the logit scale, learnt out of
sample.

An average of several families' logits is too timid where they agree for different reasons and too
bold where they share a mistake. The slope of outcomes on past forecasts' logits (Cox 1958, "Two
further applications of a model for binary regression", Biometrika 45) says which, and undoes it.
Those who are by far the likeliest need a slope of their own: no user can do it more surely than
surely, and a logit goes on rising.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PRIOR_SD = 0.3
BEND_SD = 0.2
"""Spread of the belief that the slope is 1 and the bend 0: what is learnt from a handful of
achievements would be chance, and hardly any forecast is off by more than a factor of two."""

BENDS_AT = 0.4
"""The line bends at the logit that 40 % of those who did it stay below. On the shops tried here any
place from 20 to 50 % serves about as well."""

LEAST_SLOPE, MOST_SLOPE = 0.25, 4.0

_STEPS, _SETTLED = 25, 1e-6
"""Newton's steps, at most, and the step that is the last: the loss is convex, and six or seven
settle it."""


@dataclass(frozen=True)
class Calibration:
    """logit -> slope * logit + bend * max(logit - knot, 0); the level is not its affair."""

    slope: float = 1.0
    bend: float = 0.0
    knot: float = 0.0

    def __call__(self, logits: Floats) -> Floats:
        """float64 (n,): rising everywhere, so ranks stay as they are."""
        return self.slope * logits + self.bend * np.maximum(logits - self.knot, 0.0)


UNCALIBRATED = Calibration()


def calibration(logits: Sequence[Floats], did: Sequence[Bools]) -> Calibration:
    """What would have calibrated the forecasts of several origins, each float64 (n,) with bool
    (n,); nothing changes without any.

    Maximum of the logistic likelihood with an intercept per origin, so that a month's level is not
    taken for a slope, and normal priors.
    """
    pairs = [(z, y) for z, y in zip(logits, did, strict=True) if y.any() and not y.all()]
    if not pairs:
        return UNCALIBRATED
    knot = float(np.quantile(np.concatenate([z[y] for z, y in pairs]), BENDS_AT))
    columns = [(np.stack([z - knot, np.maximum(z - knot, 0.0)]), y) for z, y in pairs]
    at = np.array([1.0, 0.0, *(_level(z - knot, float(y.mean())) for z, y in pairs)])
    loss, gradient, curvature = _loss(at, columns)
    for _ in range(_STEPS):
        step = np.linalg.solve(curvature, gradient)
        following = _loss(at - step, columns)
        while following[0] > loss + 1e-9 and np.abs(step).max() > _SETTLED:
            step /= 2
            following = _loss(at - step, columns)
        at = at - step
        loss, gradient, curvature = following
        if np.abs(step).max() <= _SETTLED:
            break
    slope = float(np.clip(at[0], LEAST_SLOPE, MOST_SLOPE))
    return Calibration(slope, float(max(at[1], LEAST_SLOPE - slope)), knot)


def _level(logits: Floats, rate: float) -> float:
    """About the intercept with which likelihoods come to the `rate`."""
    return log(rate / float(expit(logits).mean()))


def _loss(
    parameters: Floats, columns: Sequence[tuple[Floats, Bools]]
) -> tuple[float, Floats, Floats]:
    """Minus the log of likelihood and prior, its gradient and its second derivatives.

    Parameters are slope, bend and an intercept per origin; `columns` has float64 (2, n) and the
    outcomes of every origin.
    """
    line, levels = parameters[:2], parameters[2:]
    doubt = np.array([PRIOR_SD, BEND_SD])
    off = (line - [1.0, 0.0]) / doubt
    value = float((off**2).sum()) / 2
    gradient = np.concatenate([off / doubt, np.zeros(len(levels))])
    curvature = np.diag(np.concatenate([1 / doubt**2, np.zeros(len(levels))]))
    for k, (level, (x, y)) in enumerate(zip(levels, columns, strict=True), start=2):
        said = level + line @ x
        chance = expit(said)
        value += float(-np.log(np.where(y, chance, 1 - chance) + 1e-300).sum())
        miss, sway = chance - y, chance * (1 - chance)
        gradient[:2] += x @ miss
        gradient[k] = miss.sum()
        swayed = x * sway
        curvature[:2, :2] += swayed @ x.T
        curvature[:2, k] = curvature[k, :2] = swayed.sum(axis=1)
        curvature[k, k] = sway.sum() + 1e-9
    return value, gradient, curvature
