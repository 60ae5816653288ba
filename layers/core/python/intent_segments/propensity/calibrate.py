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

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
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
    columns = [(np.stack([z - knot, np.maximum(z - knot, 0.0)], axis=1), y) for z, y in pairs]
    believed, doubt = np.array([1.0, 0.0]), np.array([PRIOR_SD, BEND_SD])

    def loss(parameters: Floats) -> tuple[float, Floats]:
        line, levels = parameters[:2], parameters[2:]
        off = (line - believed) / doubt
        value, gradient = float((off**2).sum()) / 2, np.zeros(len(parameters))
        gradient[:2] = off / doubt
        for k, (x, y) in enumerate(columns):
            said = levels[k] + x @ line
            value += float(np.logaddexp(0, said).sum() - said[y].sum())
            miss = expit(said) - y
            gradient[:2] += miss @ x
            gradient[k + 2] = float(miss.sum())
        return value, gradient

    start = [1.0, 0.0, *(float(np.log(y.mean() / (1 - y.mean()))) for _, y in pairs)]
    bounds = [(LEAST_SLOPE, MOST_SLOPE), (None, None), *[(None, None)] * len(pairs)]
    slope, bend = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[:2]
    return Calibration(float(slope), float(max(bend, LEAST_SLOPE - slope)), knot)
