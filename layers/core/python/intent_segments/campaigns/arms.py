"""What is counted in a comparison, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidInput


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: its users, and how many of them did it. A user counts once.

    Everybody who was drawn for the arm belongs to it, reached or not (intention to treat). Raises
    InvalidInput for counts that cannot be.
    """

    users: int
    converted: int

    def __post_init__(self) -> None:
        if not 0 <= self.converted <= self.users:
            raise InvalidInput(
                f"converted must be 0 to the arm's {self.users:,} users, not {self.converted:,}: "
                "count every user once"
            )

    @property
    def rate(self) -> float:
        """Converted per user, 0 without users."""
        return self.converted / self.users if self.users else 0.0

    def to_json(self) -> dict[str, Any]:
        return {"users": self.users, "converted": self.converted, "rate": self.rate}

    def __add__(self, other: Arm) -> Arm:
        return Arm(self.users + other.users, self.converted + other.converted)


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval. None where the data set no bound, or no value."""

    value: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, float | None]:
        return {"value": self.value, **self.interval_json()}

    def interval_json(self) -> dict[str, float | None]:
        return {"low95": self.low, "high95": self.high}


def require_both(test: Arm, control: Arm) -> None:
    """Raise InvalidInput where an arm has no users: there is nothing to compare."""
    for name, arm in (("test", test), ("control", control)):
        if not arm.users:
            raise InvalidInput(
                f"the {name} arm has no users: an effect is the difference of two arms. Hold a "
                "share of the users back, drawn at random, before anybody is reached"
            )


def information(converted: Sequence[float], users: int) -> tuple[float, ...]:
    """What each day knows, from both arms' converted users up to it, of `users` in both arms.

    Differences of cumulative shares of the same users behave like a Brownian motion whose time is
    the odds p / (1 - p) of the pooled share: the covariance of the shares on days d < d' is
    p(d) (1 - p(d')), so their standardised values correlate by the root of the odds' ratio.
    """
    return tuple(did / (users - did + 1) for did in converted)
