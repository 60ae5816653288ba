"""All that is known on the day a question is asked, ready to be cut off anywhere earlier."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..lake.tables import Tables
from .features import MAX_EVENTS, FeaturePlan, Matrix, Rhythm, build, rhythm
from .history import EventDays, History, Ints, load_history
from .labels import GoalDays
from .question import Lookup, Question, segment_at
from .traits import TraitTable, choose, load_traits

SAMPLE_MEMBERS = 12_000
"""Members that take part in training and in rolling origins. Users come in the order of a uniform
hash, so the first ones are a random sample; coefficients do not gain from more, the sampling noise
of a past origin (4 % at 600 achievements) is small beside a season's, and time stays bounded."""


@dataclass(frozen=True)
class Rows:
    """Users at one cut-off: `users` int32 (n,), their features, and days left to do it."""

    users: Ints
    cutoff: int
    features: Matrix
    beat: Rhythm
    remaining: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """History, traits and goal days up to the question's as_of.

    Segments and training rows are worked out once per cut-off and kept: rolling origins share them.
    """

    tables: Tables
    question: Question
    history: History
    traits: TraitTable
    codes: dict[str, int]
    goal: GoalDays
    lookup: Lookup | None = None
    _members: dict[int, Ints] = field(default_factory=dict)
    _rows: dict[tuple[int, int], Rows] = field(default_factory=dict)

    @classmethod
    def gather(cls, tables: Tables, question: Question, lookup: Lookup | None = None) -> Evidence:
        """Read the tables up to `question.as_of`; nothing later is ever in memory."""
        history = load_history(tables, question.as_of)
        return cls.of(tables, question, history, load_traits(tables, history), lookup)

    @classmethod
    def of(
        cls,
        tables: Tables,
        question: Question,
        history: History,
        traits: TraitTable,
        lookup: Lookup | None = None,
    ) -> Evidence:
        """From what is in memory already, so that several goals share one reading."""
        codes = tables.event_codes()
        goal = GoalDays.of(history, codes, question.events, question.match)
        return cls(tables, question, history, traits, codes, goal, lookup)

    @cached_property
    def goal_days(self) -> EventDays:
        """Every day on which any of the goal's events happened."""
        return self.goal.all_days()

    @cached_property
    def plan(self) -> FeaturePlan:
        """The columns that a model made from this evidence has."""
        return _plan(self.history, self.codes, self.question, self.traits)

    def members(self, day: int) -> Ints:
        """int32, ascending: positions in `history.uh` of the segment's members as of `day`."""
        if day not in self._members:
            hashes = segment_at(self.tables, self.question, day, self.lookup)
            self._members[day] = self.history.index_of(hashes)
        return self._members[day]

    def open_members(self, start: int, age: int) -> Ints:
        """Members as of `start` who had not done it by `age` days later."""
        users = self.members(start)
        return users if age == 0 else users[~self.goal.within(users, start, age)]

    def rows(self, plan: FeaturePlan, users: Ints, cutoff: int, remaining: int) -> Rows:
        """Features of `users` as of `cutoff`, with `remaining` days to go."""
        history = self.history.first_users(int(users[-1]) + 1 if len(users) else 0)
        beat = rhythm(self.goal_days, users, len(self.history.uh), cutoff)
        features = build(plan, history, self.codes, self.traits, beat, users, cutoff)
        return Rows(users, cutoff, features, beat, np.full(len(users), float(remaining)))

    def sample_end(self) -> int:
        """Users with a position below this take part in training: SAMPLE_MEMBERS of today's."""
        present = self.members(self.question.as_of)
        if len(present) <= SAMPLE_MEMBERS:
            return len(self.history.uh)
        return int(present[SAMPLE_MEMBERS])

    def sampled(self, start: int, age: int = 0) -> Rows:
        """The sample's open members `age` days after `start`, the rest of the horizon to go."""
        key = (start, age)
        if key not in self._rows:
            users = self.open_members(start, age)
            users = users[users < self.sample_end()]
            self._rows[key] = self.rows(self.plan, users, start + age, self.question.horizon - age)
        return self._rows[key]


def _plan(
    history: History, codes: dict[str, int], question: Question, traits: TraitTable
) -> FeaturePlan:
    """Which columns to build: the goal's events, then the events most users do; all traits."""
    pairs = np.unique(history.user.astype(np.int64) * 2**31 + history.event)
    reach = np.bincount((pairs % 2**31).astype(np.int64))
    names = {code: name for name, code in codes.items()}
    ranked = [names[int(code)] for code in np.argsort(-reach, kind="stable") if reach[code]]
    goal = tuple(event for event in question.events if event in codes)
    others = [name for name in ranked if name not in goal]
    events = (*goal, *others)[:MAX_EVENTS]
    return FeaturePlan(events=events, goal_events=goal, traits=choose(traits))
