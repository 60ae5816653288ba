"""The question a goal asks of history, free of storage, HTTP and clocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..lake.calendar import from_day
from ..lake.tables import Tables
from ..segments.definition import Definition
from ..segments.evaluate import members
from .history import Hashes

Lookup = Callable[[str], Definition]


@dataclass(frozen=True)
class Question:
    """Which members of a segment will do these events in the `horizon` days after day `as_of`?

    `as_of` is a day number whose END is the cut-off: it belongs to history, the day after is the
    first that counts. `match` decides whether any of the events will do or all are needed.
    """

    definition: Definition
    events: tuple[str, ...]
    match: Literal["any", "all"]
    as_of: int
    horizon: int

    @property
    def last_day(self) -> int:
        """The last day that counts."""
        return self.as_of + self.horizon


def segment_at(tables: Tables, question: Question, day: int, lookup: Lookup | None) -> Hashes:
    """Members of the question's segment as of `day`, ascending.

    Absolute dates of the definition move along, so that a past cut-off sees the same distance
    between dates and cut-off as the goal does.
    """
    return members(
        tables,
        question.definition,
        from_day(day),
        shift_days=day - question.as_of,
        lookup=lookup,
    )
