"""The usual propensity model: a classifier on weekly counts, recency and tenure.

It learns from one past cut-off, a horizon ago; the `_pool` rows learn from three earlier ones too.
Its count is the sum of its probabilities.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from .past import Floats, Ints, Past

WEEKS = 8
"""Weeks before the cut-off with a count of their own."""

ONE_CUT = (0,)
POOLED_CUTS = (0, 28, 56, 84)
"""Days before the latest possible cut-off at which rows are taken."""


def logreg(past: Past) -> Floats | None:
    return _fit_and_apply(past, _logistic(), ONE_CUT)


def logreg_pool(past: Past) -> Floats | None:
    return _fit_and_apply(past, _logistic(), POOLED_CUTS)


def hgb(past: Past) -> Floats | None:
    return _fit_and_apply(past, _boosting(), ONE_CUT)


def hgb_pool(past: Past) -> Floats | None:
    return _fit_and_apply(past, _boosting(), POOLED_CUTS)


def features(past: Past, users: Ints, cutoff: int) -> Floats:
    """float64 (n, events * (WEEKS + 1) + 2): days with each event per week and in all, as
    log(1 + n); days since the last event; days since the first one."""
    history, known = past.history, past.history.day <= cutoff
    user, event = history.user[known].astype(np.int64), history.event[known]
    age = cutoff - history.day[known]
    total, kinds = len(history.uh), int(history.event.max(initial=0)) + 1
    recent = age < 7 * WEEKS
    cell = ((user * kinds + event) * WEEKS + age // 7)[recent]
    weekly = np.bincount(cell, minlength=total * kinds * WEEKS).reshape(total, kinds * WEEKS)
    ever = np.bincount(user * kinds + event, minlength=total * kinds).reshape(total, kinds)
    last, first = np.full(total, cutoff, age.dtype), np.zeros(total, age.dtype)
    np.minimum.at(last, user, age)
    np.maximum.at(first, user, age)
    counts = np.log1p(np.hstack([weekly[users], ever[users]]))
    return np.column_stack([counts, last[users], first[users]])


def _fit_and_apply(past: Past, model: ClassifierMixin, cuts: tuple[int, ...]) -> Floats | None:
    latest = past.now - past.horizon
    columns, answers = [], []
    for cutoff in (latest - back for back in cuts):
        users = past.members(cutoff)
        if past.covers(cutoff) and len(users):
            columns.append(features(past, users, cutoff))
            answers.append(past.did(users, cutoff))
    did = np.concatenate(answers) if answers else np.empty(0, bool)
    if did.all() or not did.any():
        return None  # nothing to tell apart
    with threadpool_limits(1):
        model.fit(np.vstack(columns), did)
        present = features(past, past.members(past.now), past.now)
        return np.asarray(model.predict_proba(present)[:, 1], np.float64)


def _logistic() -> ClassifierMixin:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))


def _boosting() -> ClassifierMixin:
    """More careful than scikit-learn's defaults, which overfit a few thousand users."""
    return HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=150,
        max_leaf_nodes=15,
        min_samples_leaf=50,
        l2_regularization=1.0,
        random_state=0,
    )
