"""Two learners of the same rows: a regularised logistic regression and boosted trees.

Both give one user the same likelihood whatever users stand beside it: sums run along a row, never
through a matrix product whose blocking depends on the number of rows. Groups of users can then be
cut anywhere without a byte of the result changing.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import ThreadpoolController

from .features import Matrix

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RIDGE = 0.002
"""Inverse strength of the logistic regression's ridge on standardised columns. Counts of
neighbouring windows are close to collinear; strong shrinkage costs little and steadies them.
Measured on six later windows of a generated account, AUC and log loss are best from 0.001 to
0.005."""

TREE_COLUMNS = 48
"""Columns that trees look at: those most correlated with the outcome. More rank no better, and
time goes with them."""

_STEPS = 8.0
"""Trees see logarithms in eighths, steps of 13 %: then no column has more values than bins, and no
quantiles have to be found."""

SEED = 20_260_101
"""Trees split ties at random; a fixed seed makes a training repeatable."""

_CHUNK = 1_024
"""Rows worked on at a time: they stay in a processor's cache."""

_THREADS = ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """One thread per fit, inside a `with`: threads of OpenMP and BLAS wait for each other by
    spinning. On two busy cores a second one was measured to make boosting ten times slower, not
    faster, and to double the time of a forecast."""
    limited: AbstractContextManager[Any] = _THREADS.limit(limits=1)
    return limited


@dataclass(frozen=True, eq=False)
class Linear:
    """Logistic regression on standardised columns; `weights` are per standard deviation."""

    mean: Floats
    scale: Floats
    weights: Floats
    intercept: float

    def logit(self, features: Matrix) -> Floats:
        """float64 (n,)."""
        slopes = self.weights / self.scale
        start = self.intercept - float((self.mean * slopes).sum())
        out = np.empty(len(features))
        for at in range(0, len(features), _CHUNK):
            some = features[at : at + _CHUNK].astype(np.float64)
            some *= slopes
            some.sum(axis=1, out=out[at : at + _CHUNK])
        out += start
        return out


@dataclass(frozen=True, eq=False)
class Trees:
    """Histogram gradient boosting on some of the columns, int32 (TREE_COLUMNS or fewer,)."""

    model: Any
    columns: npt.NDArray[np.int32]

    def logit(self, features: Matrix) -> Floats:
        """float64 (n,)."""
        out = np.empty(len(features))
        step = 4 * _CHUNK
        with one_thread():
            for at in range(0, len(features), step):
                some = _eighths(features[at : at + step], self.columns)
                out[at : at + step] = self.model.decision_function(some)
        return out


def fit_linear(features: Matrix, did: Bools, weight: Floats) -> Linear:
    """Fit on float32 (n, k), bool (n,) and what each row counts for; both outcomes must occur."""
    with one_thread():
        mean, scale = _moments(features, weight)
        standard = (features - mean) / scale
        model = LogisticRegression(C=RIDGE, max_iter=200, tol=1e-3)
        model.fit(standard, did, sample_weight=weight)
        slopes = model.coef_[0].astype(np.float64)
        level = _level((standard @ model.coef_[0]).astype(np.float64), did, weight)
    return Linear(mean.astype(np.float64), scale.astype(np.float64), slopes, level)


def _level(logits: Floats, did: Bools, weight: Floats) -> float:
    """The intercept with which likelihoods add up to what came. The fit's own stops when they are
    right to a thousandth of all rows, which for a rare goal is a tenth of those who did it."""
    wanted = float(weight[did].sum())

    def excess(intercept: float) -> float:
        return float((weight * expit(logits + intercept)).sum()) - wanted

    return float(brentq(excess, -40, 40, xtol=1e-9))


def fit_trees(features: Matrix, did: Bools, weight: Floats) -> Trees:
    """Fit on float32 (n, k), bool (n,) and what each row counts for. Leaves hold at least 40 rows,
    so none is an anecdote.

    25 small trees at a high rate: on retail series they rank and count as well as 80 larger ones
    at a third of it (AUC within 0.001), and a forecast fits seven of these models.
    """
    with one_thread():
        columns = _telling(features, did, weight)
    model = HistGradientBoostingClassifier(
        learning_rate=0.2,
        max_iter=25,
        max_leaf_nodes=8,
        min_samples_leaf=40,
        l2_regularization=50.0,
        max_bins=64,
        early_stopping=False,
        random_state=SEED,
    )
    with one_thread():
        model.fit(_eighths(features, columns), did, sample_weight=weight)
    return Trees(model, columns)


def _eighths(features: Matrix, columns: npt.NDArray[np.int32]) -> Matrix:
    return np.rint(features[:, columns] * np.float32(_STEPS))


def _telling(features: Matrix, did: Bools, weight: Floats) -> npt.NDArray[np.int32]:
    """The TREE_COLUMNS columns most correlated with the outcome, in their own order."""
    _, scale = _moments(features, weight)
    part = (weight * (did - np.average(did, weights=weight))).astype(np.float32)
    # The outcome is centred, so the columns need not be.
    strength = np.abs(part @ features) / scale
    strongest = np.argsort(-strength, kind="stable")[:TREE_COLUMNS]
    return np.sort(strongest).astype(np.int32)


def _moments(features: Matrix, weight: Floats) -> tuple[Matrix, Matrix]:
    """float32 (k,) each: weighted mean and standard deviation, 1 where a column never varies."""
    share = (weight / weight.sum()).astype(np.float32)
    # Beside one of the rows, a column that never varies is exactly 0, whatever its value is.
    beside = features - features[0]
    mean = share @ beside
    beside -= mean
    beside *= beside
    scale = np.sqrt(share @ beside)
    scale[scale < 1e-6] = 1.0
    return features[0] + mean, scale
