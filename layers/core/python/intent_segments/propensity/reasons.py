"""Why a user's likelihood is what it is: the drivers that weigh most for this very user.

The weight is the centred contribution of a driver's columns to the logistic regression, in log
odds against the average training row: exact for that family of the model (it is additive; for a
linear model these are its Shapley values, Lundberg and Lee 2017), and silent about the others that
the likelihood is blended from. So a driver is a reason only where that weight and the observed
rates agree on the sign.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .drivers import Driver
from .features import Matrix
from .learners import Linear
from .model import Model
from .signals import Columns

TOP = 3
"""Reasons kept per user."""

MIN_WEIGHT = 0.05
"""Log odds: what changes the odds by less than 5 % is no reason."""

Codes = npt.NDArray[np.int8]


def top_reasons(found: Sequence[Driver], model: Model, features: Matrix) -> Codes:
    """int8 (n, TOP), strongest first: +(1 + index of the driver) where it raises the likelihood of
    the goal's events, -(1 + index) where it lowers it, 0 for none.

    The condition holds for the user when the sign is the driver's `direction`, its opposite
    otherwise. All sums run along a user's own row: who stands beside it changes nothing.
    """
    codes = np.zeros((len(features), TOP), np.int8)
    if model.linear is None or not found or not len(features):
        return codes
    columns = Columns(model.plan, features)
    sign = np.zeros((len(features), len(found)), np.int8)
    weight = np.zeros((len(features), len(found)))
    told: dict[tuple[int, ...], npt.NDArray[np.bool_]] = {}
    for index, driver in enumerate(found):
        family = columns.family(driver.signal)
        part = contribution(model.linear, features, family)
        holds = driver.signal.holds(model.plan, features)
        side = np.where(holds, driver.direction, -driver.direction).astype(np.int8)
        agrees = (np.sign(part) == side) & (np.abs(part) >= MIN_WEIGHT)
        agrees &= ~told.get(family, np.zeros(len(features), bool))
        told[family] = told.get(family, np.zeros(len(features), bool)) | agrees
        sign[:, index] = side
        weight[:, index] = np.where(agrees, np.abs(part), 0.0)
    order = np.argsort(-weight, axis=1, kind="stable")[:, :TOP]
    chosen = (order + 1) * np.take_along_axis(sign, order, axis=1)
    heavy = np.take_along_axis(weight, order, axis=1) > 0
    codes[:, : order.shape[1]] = np.where(heavy, chosen, 0)
    return codes


def contribution(
    linear: Linear, features: Matrix, family: Sequence[int]
) -> npt.NDArray[np.float64]:
    """float64 (n,): log odds that these columns add to those of the average training row."""
    total = np.zeros(len(features))
    for at in family:
        total += (features[:, at] - linear.mean[at]) / linear.scale[at] * linear.weights[at]
    return total
