"""Counts that were looked at night by night, and how far out an effect must lie for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..errors import InvalidInput
from .arms import information
from .effect import mixture_limit
from .looks import limits

Pair = tuple[int, int]
"""(test, control) users who did it."""


@dataclass(frozen=True)
class Daily:
    """Users of both arms who did it up to the end of each day so far, of a period of `days`.

    A day without a published night is None: nobody could look at it. Raises InvalidInput for more
    days than the period has.
    """

    days: int
    did: tuple[Pair | None, ...]
    users: int

    def __post_init__(self) -> None:
        if len(self.did) > self.days:
            raise InvalidInput(
                f"{len(self.did)} days are given of a period of {self.days}: give its days"
            )

    @cached_property
    def information(self) -> tuple[float, ...]:
        """What each day knew (`arms.information`): nothing before the first look, and as much as
        the look before where there was none."""
        known: list[int] = []
        for pair in self.did:
            known.append(sum(pair) if pair is not None else known[-1] if known else 0)
        return information(known, self.users)

    @cached_property
    def limits(self) -> tuple[float, ...]:
        """The limit of every look, in standard errors, that all of them keep together up to the end
        of the period."""
        return limits(self.days, len(self.did), self.information)

    @property
    def limit(self) -> float | None:
        """That of the newest look; None before the first."""
        return self.limits[-1] if self.did else None

    def control_by_half(self) -> int:
        """Users of control who did it by the newest look in the first half of the period."""
        looks = [pair for pair in self.did[: self.days // 2] if pair is not None]
        return looks[-1][1] if looks else 0

    @property
    def mixture(self) -> float | None:
        """The limit of the newest look that holds without any end; None before the first."""
        return mixture_limit(self.information) if self.did else None


def daily(days: int, did: Sequence[Pair | None], users: int) -> Daily:
    """`did` of the days so far, of `users` in both arms."""
    return Daily(days, tuple(did), users)
