"""One forecast beside what came, and the figures of many: what a row of the tables is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from scipy.stats import norm

from intent_segments.propensity.evaluate import Evaluation, evaluate

from .page import number, percent
from .peers.past import Bools, Floats

LEVELS = (80, 95)


@dataclass(frozen=True)
class Outcome:
    """`bounds`: per level, the lowest and highest count. `evaluation` is None for a bare count."""

    value: float
    actual: int
    bounds: dict[int, tuple[float, float]]
    evaluation: Evaluation | None

    @property
    def error(self) -> float:
        """(forecast - actual) / actual."""
        return (self.value - self.actual) / self.actual

    @property
    def log_error(self) -> float:
        return log(self.actual / self.value)

    def holds(self, level: int) -> bool:
        low, high = self.bounds[level]
        return low <= self.actual <= high

    @property
    def width(self) -> float:
        """Of the 80 % interval, as a part of what came."""
        low, high = self.bounds[80]
        return (high - low) / self.actual


def naive_bounds(likelihood: Floats, level: int) -> tuple[float, float]:
    """As if users were independent: the sum of p, plus and minus z sqrt(sum p (1 - p))."""
    reach = norm.ppf(0.5 + level / 200) * sqrt(float((likelihood * (1 - likelihood)).sum()))
    return float(likelihood.sum() - reach), float(likelihood.sum() + reach)


def outcome_of(likelihood: Floats, did: Bools) -> Outcome:
    """Of a peer that gives probabilities: its count is their sum, its interval the naive one."""
    bounds = {level: naive_bounds(likelihood, level) for level in LEVELS}
    return Outcome(float(likelihood.sum()), int(did.sum()), bounds, evaluate(likelihood, did))


@dataclass(frozen=True)
class Figures:
    """Means over origins. Ranking is None for counts alone and where everybody is alike."""

    mape: float
    bias: float
    worst: float
    auc: float | None
    average_precision: float | None
    brier: float | None
    ece: float | None
    held80: float
    held95: float
    width: float

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Figures:
        errors = [outcome.error for outcome in outcomes]
        cards = [outcome.evaluation for outcome in outcomes if outcome.evaluation]
        alike = all(len(card.reliability) == 1 for card in cards)

        def mean(figure: Callable[[Evaluation], float | None], ranks: bool = False) -> float | None:
            known = [value for card in cards if (value := figure(card)) is not None]
            return float(np.mean(known)) if known and not (ranks and alike) else None

        return cls(
            mape=float(np.mean(np.abs(errors))),
            bias=float(np.mean(errors)),
            worst=float(np.max(np.abs(errors))),
            auc=mean(lambda card: card.auc, ranks=True),
            average_precision=mean(lambda card: card.average_precision, ranks=True),
            brier=mean(lambda card: card.brier),
            ece=mean(lambda card: card.ece),
            held80=float(np.mean([outcome.holds(80) for outcome in outcomes])),
            held95=float(np.mean([outcome.holds(95) for outcome in outcomes])),
            width=float(np.mean([outcome.width for outcome in outcomes])),
        )

    def cells(self) -> list[str]:
        """In the order of HEAD."""
        return [
            percent(self.mape, 1),
            percent(self.bias, 1, signed=True),
            percent(self.worst),
            number(self.auc, 3),
            number(self.average_precision, 3),
            number(self.brier, 4),
            number(self.ece, 4),
            percent(self.held80),
            percent(self.held95),
            percent(self.width),
        ]


HEAD = (
    *("model", "MAPE", "bias", "worst", "AUC", "AP", "Brier", "ECE"),
    *("in 80 %", "in 95 %", "width of 80 %"),
)
