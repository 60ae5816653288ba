"""The model of one goal: several families' logits averaged, shifted to the combined level.

Ranking and level are separate questions. Who comes first is learnt from users; how many there
will be follows the season and the market, which no user's history holds. So the level is a
combination of its own (`level.py`), and the likelihoods are shifted on the logit scale until they
add up to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit, logit

from .buy_till_you_die import BuyTillYouDie
from .evidence import Evidence, Rows
from .features import FeaturePlan, Matrix
from .learners import Linear, Trees

Floats = npt.NDArray[np.float64]

FLOOR = 1e-6
"""Likelihoods are stored in millionths; none is 0 or 1, because none is certain."""


@dataclass(frozen=True)
class Model:
    """What `train` returns and joblib stores. Families that could not be fitted are None.

    `base_rate` alone serves the lowest rung: everybody alike. `slope` calibrates the logits and
    `shift` sets their level.
    """

    plan: FeaturePlan
    horizon: int
    base_rate: float
    linear: Linear | None = None
    trees: Trees | None = None
    dying: BuyTillYouDie | None = None
    slope: float = 1.0
    shift: float = 0.0

    def family_logits(self, rows: Rows) -> dict[str, Floats]:
        """Each fitted family's float64 (n,); where buy-till-you-die knows nobody, NaN."""
        out: dict[str, Floats] = {}
        if self.linear or self.trees:
            columns = with_horizon(rows)
            if self.linear:
                out["linear"] = self.linear.logit(columns)
            if self.trees:
                out["trees"] = self.trees.logit(columns)
        if self.dying:
            chance = np.clip(self.dying.probability(rows.beat, rows.remaining), FLOOR, 1 - FLOOR)
            out["buy_till_you_die"] = np.where(rows.beat.ever, logit(chance), np.nan)
        return out

    def raw(self, rows: Rows) -> Floats:
        """float64 (n,): the mean of the families' logits times the slope, without the level."""
        families = list(self.family_logits(rows).values())
        if not families:
            hazard = -np.log1p(-self.base_rate) * rows.remaining / self.horizon
            return logit(np.clip(-np.expm1(-hazard), FLOOR, 1 - FLOOR))
        total, known = np.zeros(len(rows.users)), np.zeros(len(rows.users))
        for family in families:
            has = ~np.isnan(family)
            total += np.where(has, family, 0.0)
            known += has
        lonely = known == 0
        out = total / np.maximum(known, 1)
        return self.slope * np.where(lonely, logit(np.clip(self.base_rate, FLOOR, 1 - FLOOR)), out)

    def likelihood(self, rows: Rows) -> Floats:
        """float64 (n,) in [1e-6, 1 - 1e-6]: P(does it within the remaining days)."""
        return np.clip(expit(self.raw(rows) + self.shift), FLOOR, 1 - FLOOR)

    def at_level(self, raw: Floats, wanted: float) -> Model:
        """The same model, shifted so that likelihoods of rows with these logits add to `wanted`."""
        if not len(raw):
            return self
        wanted = float(np.clip(wanted, FLOOR * len(raw), (1 - FLOOR) * len(raw)))

        def excess(shift: float) -> float:
            return float(expit(raw + shift).sum()) - wanted

        return replace(self, shift=float(brentq(excess, -40, 40, xtol=1e-10)))


def with_horizon(rows: Rows) -> Matrix:
    """float32 (n, k + 1): the features and log(remaining days), the model's clock."""
    clock = np.log(rows.remaining)[:, None].astype(np.float32)
    return np.concatenate([rows.features, clock], axis=1)


def rows_for(evidence: Evidence, model: Model, cutoff: int, age: int) -> Rows:
    """Open members of a goal that began `age` days before `cutoff`, ready for `likelihood`."""
    users = evidence.open_members(cutoff - age, age)
    return evidence.rows(model.plan, users, cutoff, model.horizon - age)
