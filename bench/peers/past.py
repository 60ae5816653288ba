"""What every peer is given: the same history, members and answers as the product, no day more."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from intent_segments.lake.tables import Tables
from intent_segments.propensity.goal_history import GoalHistory
from intent_segments.propensity.history import History, Ints, load_history
from intent_segments.propensity.labels import GoalDays
from intent_segments.propensity.question import Question, segment_at

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Past:
    """All activity up to and including the question's day. Users are positions in `history.uh`."""

    tables: Tables
    question: Question
    history: History
    goal: GoalDays

    @classmethod
    def of(cls, tables: Tables, question: Question) -> Past:
        history = load_history(tables, question.as_of)
        found = GoalHistory.of(tables, history, question.events)
        goal = GoalDays.of(found.history, found.goal, question.match)
        return cls(tables, question, found.history, goal)

    @property
    def now(self) -> int:
        """The day whose end is the cut-off."""
        return self.question.as_of

    @property
    def horizon(self) -> int:
        """Days ahead."""
        return self.question.horizon

    def members(self, day: int) -> Ints:
        """int32 (n,): the segment as it stood on `day`."""
        asked = replace(self.question, as_of=day)
        return self.history.index_of(segment_at(self.tables, asked, day, None))

    def did(self, users: Ints, day: int) -> Bools:
        """bool (n,): did it within the horizon after `day`, as far as is known by now."""
        return self.goal.within(users, day, self.horizon)

    def covers(self, day: int) -> bool:
        """Whether history reaches back to `day`."""
        return day >= self.history.earliest_day
