"""The question a goal asks of history, free of storage, HTTP and clocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..lake.tables import Tables
from ..segments.definition import Definition
from ..segments.evaluate import members_on_days
from ..segments.goal_event import GoalEvent
from .history import Hashes

Lookup = Callable[[str], Definition]


@dataclass(frozen=True)
class Question:
    """Which members of a segment will do these events in the `horizon` days after day `as_of`?

    `as_of` is a day number whose END is the cut-off: it belongs to history, the day after is the
    first that counts. `match` decides whether any of the events will do or all are needed. A bare
    name among `events` stands for every event of that name. `age` asks about those who were members
    that many days before `as_of`, as a goal's frozen target group was.
    """

    definition: Definition
    events: tuple[str | GoalEvent, ...]
    match: Literal["any", "all"]
    as_of: int
    horizon: int
    age: int = 0

    @property
    def last_day(self) -> int:
        """The last day that counts."""
        return self.as_of + self.horizon


def segment_at(tables: Tables, question: Question, day: int, lookup: Lookup | None) -> Hashes:
    """Members of the question's segment as of `day`; see `segments_at`."""
    return segments_at(tables, question, np.array([day]), lookup)[0]


def segments_at(
    tables: Tables, question: Question, days: npt.NDArray[np.int64], lookup: Lookup | None
) -> list[Hashes]:
    """Members of the question's segment as of each of `days`, or rather `age` days before, each
    ascending.

    Absolute dates of the definition move along, so that a past cut-off sees the same distance
    between dates and cut-off as the goal does.
    """
    asked = [int(day) - question.age for day in days]
    as_of = question.as_of - question.age
    return members_on_days(tables, question.definition, asked, as_of, lookup=lookup)
