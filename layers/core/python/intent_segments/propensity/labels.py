"""When a user next achieves the goal: the truth that models learn and backtests are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .history import EventDays, History, Ints


@dataclass(frozen=True)
class GoalDays:
    """The days on which users did the goal's events. One part per event for `all`, else one."""

    parts: tuple[EventDays, ...]

    @classmethod
    def of(
        cls, history: History, goal: Sequence[int | None], match: Literal["any", "all"]
    ) -> GoalDays:
        """Days in `history` of the events with the codes `goal`; None is one that never happened
        and has no days (`goal_history.GoalHistory` has both)."""
        groups = [[code] for code in goal] if match == "all" else [goal]
        return cls(tuple(history.days_of([c for c in group if c is not None]) for group in groups))

    def achieved_on(self, users: Ints, cutoff: int) -> Ints:
        """int32 (n,): the first day after `cutoff` by which each has done it; `NEVER` if open."""
        days = [part.next_after(users, cutoff) for part in self.parts]
        return np.maximum.reduce(days)

    def within(self, users: Ints, cutoff: int, horizon: int) -> npt.NDArray[np.bool_]:
        """bool (n,): did it on one of the days cutoff+1 .. cutoff+horizon."""
        return self.achieved_on(users, cutoff) <= cutoff + horizon

    def all_days(self) -> EventDays:
        """Every day on which any of the goal's events happened."""
        if len(self.parts) == 1:
            return self.parts[0]
        return EventDays.of(
            np.concatenate([p.user for p in self.parts]),
            np.concatenate([p.day for p in self.parts]),
        )
