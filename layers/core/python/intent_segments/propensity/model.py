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
from .calibrate import UNCALIBRATED, Calibration
from .evidence import Evidence, Rows
from .features import FeaturePlan
from .learners import Linear, Trees

Floats = npt.NDArray[np.float64]

FLOOR = 1e-6
"""Likelihoods are stored in millionths; none is 0 or 1, because none is certain."""


@dataclass(frozen=True)
class Model:
    """What `train` returns and joblib stores. Families that could not be fitted are None.

    `base_rate` alone serves the lowest rung: everybody alike. `calibration` is of the logits and
    `shift` sets their level. Windows of `learned` days were learnt from; with more than that to go,
    the likelihood of `learned` days is carried on with `growth` (see `reach`).
    """

    plan: FeaturePlan
    horizon: int
    learned: int
    base_rate: float
    linear: Linear | None = None
    trees: Trees | None = None
    dying: BuyTillYouDie | None = None
    calibration: Calibration = UNCALIBRATED
    shift: float = 0.0
    growth: float = 1.0

    def family_logits(self, rows: Rows) -> dict[str, Floats]:
        """Each fitted family's float64 (n,); where buy-till-you-die knows nobody, NaN. Of the
        remaining days, `learned` at most."""
        rows = replace(rows, remaining=np.minimum(rows.remaining, self.learned))
        out: dict[str, Floats] = {}
        if self.linear:
            out["linear"] = rows.logits(self.linear)
        if self.trees:
            out["trees"] = rows.logits(self.trees)
        if self.dying:
            chance = np.clip(self.dying.probability(rows.beat, rows.remaining), FLOOR, 1 - FLOOR)
            out["buy_till_you_die"] = np.where(rows.beat.ever, logit(chance), np.nan)
        return out

    def raw(self, rows: Rows) -> Floats:
        """float64 (n,): the families' mean logit, calibrated, without the level."""
        families = list(self.family_logits(rows).values())
        if not families:
            days = np.minimum(rows.remaining, self.learned)
            hazard = -np.log1p(-self.base_rate) * days / self.learned
            return logit(np.clip(-np.expm1(-hazard), FLOOR, 1 - FLOOR))
        total, known = np.zeros(len(rows.users)), np.zeros(len(rows.users))
        for family in families:
            has = ~np.isnan(family)
            total += np.where(has, family, 0.0)
            known += has
        lonely = known == 0
        out = total / np.maximum(known, 1)
        alike = logit(np.clip(self.base_rate, FLOOR, 1 - FLOOR))
        return self.calibration(np.where(lonely, alike, out))

    def likelihood(self, rows: Rows) -> Floats:
        """float64 (n,) in [1e-6, 1 - 1e-6]: P(does it within the remaining days)."""
        within = np.clip(expit(self.raw(rows) + self.shift), FLOOR, 1 - FLOOR)
        return self.carried(within, rows.remaining)

    def at_level(self, rows: Rows, wanted: float, raw: Floats | None = None) -> Model:
        """The same model, shifted so that the likelihoods of `rows` add to `wanted`. `raw` are
        their logits, where they are known already."""
        logits = self.raw(rows) if raw is None else raw
        if not len(logits):
            return self
        wanted = float(np.clip(wanted, FLOOR * len(logits), (1 - FLOOR) * len(logits)))

        def excess(shift: float) -> float:
            return float(self.carried(expit(logits + shift), rows.remaining).sum()) - wanted

        return replace(self, shift=float(brentq(excess, -40, 40, xtol=1e-10)))

    def carried(self, likelihood: Floats, remaining: Floats | float) -> Floats:
        """Likelihoods of `learned` days, float64 (n,), over the days that remain where these are
        more: the hazard goes on, slackened by `growth`."""
        further = np.maximum(np.asarray(remaining) / self.learned, 1.0)
        if (further == 1.0).all():
            return likelihood
        later = np.log1p(-np.minimum(likelihood, 1 - FLOOR))
        return np.clip(-np.expm1(further**self.growth * later), FLOOR, 1 - FLOOR)


def rows_for(evidence: Evidence, model: Model, cutoff: int, age: int) -> Rows:
    """Open members of a goal that began `age` days before `cutoff`, ready for `likelihood`."""
    users = evidence.open_members(cutoff - age, age)
    return evidence.rows(model.plan, users, cutoff, model.horizon - age)
