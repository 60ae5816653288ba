"""Counts that were looked at night by night, and how far out an effect must lie for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..errors import InvalidInput
from .arms import Arm, information
from .effect import mixture_limit
from .looks import limits

MOST_SAVED = 0.99
"""No more of the variance is taken to be explained."""

Pair = tuple[Arm, Arm]
"""Test and control up to the end of a day."""


@dataclass(frozen=True)
class Daily:
    """Both arms up to the end of each day so far, of a period of `days`; None for one without end.

    A day without a published night is None: nobody could look at it. Users may come in as the days
    go. `forecast` is how many users of both arms were to do it by the end, said before anybody was
    reached; None where nobody said so. Raises InvalidInput for more days than the period has.
    """

    days: int | None
    looks: tuple[Pair | None, ...]
    forecast: float | None = None

    def __post_init__(self) -> None:
        if self.days is not None and len(self.looks) > self.days:
            raise InvalidInput(
                f"{len(self.looks)} days are given of a period of {self.days}: give its days"
            )

    @cached_property
    def information(self) -> tuple[float, ...]:
        """What each day knew (`arms.information`): nothing before the first look, and as much as
        the look before where there was none."""
        known: list[int] = []
        users = 0
        for pair in self.looks:
            if pair is not None:
                users = pair[0].users + pair[1].users
                known.append(pair[0].converted + pair[1].converted)
            else:
                known.append(known[-1] if known else 0)
        # An erasure takes users out of later counts, never more of them than did it by then.
        return information([min(did, users) for did in known], users)

    @cached_property
    def limits(self) -> tuple[float, ...]:
        """The limit of every look, in standard errors, that all of them keep together: up to the
        end of the period, or for ever where it has none."""
        return self._limits(self.information)

    def adjusted_limit(self, saved: float) -> float | None:
        """The limit of the newest look of what is left when likelihoods explain the part `saved` of
        its variance; None before the first.

        Less noise is more information, and what explains much in the end explains little early:
        looks are less alike than the counts are. With a covariance of outcome and likelihood that
        grows as the rate p does, the variance explained by day d is saved * o(d) / o with the odds
        o = p / (1 - p), and what is left correlates between two days as a Brownian motion whose
        time is o(d) / (1 - saved * o(d) / o).
        """
        if not self.looks:
            return None
        newest = self.information[-1]
        if not newest:
            return self.limit
        part = min(max(saved, 0.0), MOST_SAVED)
        return self._limits(tuple(o / (1 - part * o / newest) for o in self.information))[-1]

    def _limits(self, information: tuple[float, ...]) -> tuple[float, ...]:
        if self.days is not None:
            return limits(self.days, len(self.looks), information)
        return tuple(mixture_limit(information[: day + 1]) for day in range(len(self.looks)))

    @property
    def limit(self) -> float | None:
        """That of the newest look; None before the first."""
        return self.limits[-1] if self.looks else None

    @property
    def mixture(self) -> float | None:
        """The limit of the newest look that holds without any end; None before the first."""
        if not self.looks:
            return None
        newest = next((pair for pair in reversed(self.looks) if pair is not None), None)
        if newest is None or not self.forecast:
            return mixture_limit(self.information)
        users = newest[0].users + newest[1].users
        [promised] = information([min(self.forecast, users)], users)
        return mixture_limit(self.information, promised)

    def control_by_half(self) -> int:
        """Users of control who did it by the newest look in the first half of the period."""
        half = 0 if self.days is None else self.days // 2
        looks = [pair for pair in self.looks[:half] if pair is not None]
        return looks[-1][1].converted if looks else 0


def daily(days: int | None, looks: Sequence[Pair | None], forecast: float | None = None) -> Daily:
    """Looks at the days so far."""
    return Daily(days, tuple(looks), forecast)
