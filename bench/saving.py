"""How much noise does the likelihood before exposure take out of an effect?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from intent_segments.campaigns.cuped import Moments, cuped
from intent_segments.lake.tables import Tables
from intent_segments.propensity.backtest import truth
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast
from intent_segments.propensity.question import Question

Column = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Adjusted = tuple[float, bool]
"""The part of the variance saved; did the interval hold the effect?"""

A, B = 0.6, 3.4
"""Of the beta distribution of generated likelihoods: 15 % on average, many low, few high."""


@dataclass(frozen=True)
class Saving:
    """Of many random splits: the mean part of the variance saved, and how often the adjusted
    interval held the effect; `splits` counts those with enough conversions in control."""

    users: int
    rate: float
    auc: float
    splits: int
    saved: float
    held: float


def moments(likelihood: Column, did: Bools) -> Moments:
    x = np.rint(likelihood * 1e6)
    return Moments(len(x), int(did.sum()), x.sum(), (x * x).sum(), x[did].sum())


def split(likelihood: Column, did: Bools, share: float, splits: int, seed: int) -> Saving:
    """Users as they were, held back at random, without any campaign: the effect is 0."""
    random = np.random.default_rng(seed)
    found = [
        _adjusted(likelihood, did, random.random(len(did)) < share, 0.0) for _ in range(splits)
    ]
    return _saving(likelihood, did, found)


def generated(users: int, share: float, lift: float, splits: int, seed: int) -> Saving:
    """Users whose likelihoods p, Beta(A, B), are true; the campaign adds lift p (1 - p)."""
    random = np.random.default_rng(seed)
    mean = A / (A + B)
    effect = lift * (mean - mean * (A + 1) / (A + B + 1))
    found = []
    for _ in range(splits):
        likelihood = random.beta(A, B, users)
        held = random.random(users) < share
        raised = likelihood + np.where(held, 0, lift) * likelihood * (1 - likelihood)
        did = random.random(users) < raised
        found.append(_adjusted(likelihood, did, held, effect))
    return _saving(likelihood, did, found)


def of_forecast(tables: Tables, question: Question) -> tuple[Column, Bools]:
    """The product's likelihoods of the segment's members, and who did it afterwards."""
    evidence = Evidence.gather(tables, question)
    made = forecast(evidence)
    did = truth(tables, question, evidence.history.uh[made.rows.users])
    assert did is not None, "asked only where the period is in the data"
    return made.likelihood, did


def _adjusted(likelihood: Column, did: Bools, held: Bools, effect: float) -> Adjusted | None:
    found = cuped(*(moments(likelihood[arm], did[arm]) for arm in (~held, held)))
    if found is None:
        return None
    return found.variance_saved, found.difference.low <= effect <= found.difference.high


def _saving(likelihood: Column, did: Bools, found: list[Adjusted | None]) -> Saving:
    done = [one for one in found if one]
    return Saving(
        users=len(did),
        rate=float(did.mean()),
        auc=float(roc_auc_score(did, likelihood)),
        splits=len(done),
        saved=float(np.mean([saved for saved, _ in done])),
        held=float(np.mean([held for _, held in done])),
    )
