"""Do likelihoods spread as widely as the truth? One slope on the logit scale, learnt out of sample.

An average of several families' logits is too timid where they agree for different reasons and too
bold where they share a mistake. The slope of outcomes on past forecasts' logits (Cox 1958, "Two
further applications of a model for binary regression", Biometrika 45) says which, and undoes it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PRIOR_SD = 0.3
"""Spread of the belief that the slope is 1: a slope learnt from a handful of achievements would be
chance, and hardly any forecast is off by more than a factor of two."""


def slope(logits: Sequence[Floats], did: Sequence[Bools]) -> float:
    """The slope for forecasts of several origins, each float64 (n,) with bool (n,); 1 without any.

    Maximum of the logistic likelihood with an intercept per origin, so that a month's level is not
    taken for a slope, and a normal prior around 1 for the slope.
    """
    pairs = [(z - z.mean(), y) for z, y in zip(logits, did, strict=True) if y.any() and not y.all()]
    if not pairs:
        return 1.0

    def loss(parameters: Floats) -> tuple[float, Floats]:
        steep, levels = parameters[0], parameters[1:]
        value, gradient = ((steep - 1) / PRIOR_SD) ** 2 / 2, np.zeros(len(parameters))
        gradient[0] = (steep - 1) / PRIOR_SD**2
        for k, (z, y) in enumerate(pairs):
            said = levels[k] + steep * z
            value += float(np.logaddexp(0, said).sum() - said[y].sum())
            miss = expit(said) - y
            gradient[0] += float((miss * z).sum())
            gradient[k + 1] = float(miss.sum())
        return value, gradient

    start = [1.0, *(float(np.log(y.mean() / (1 - y.mean()))) for _, y in pairs)]
    bounds = [(0.25, 4.0), *[(None, None)] * len(pairs)]
    return float(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[0])
