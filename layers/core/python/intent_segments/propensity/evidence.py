"""All that is known on the day a question is asked, ready to be cut off anywhere earlier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil
from threading import RLock
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..lake.tables import Tables
from .cases import TrainingSet, thinned
from .features import MAX_EVENTS, FeaturePlan, Matrix, Rhythm, build, rhythm
from .goal_history import GoalHistory, GoalRows
from .history import EventDays, History, Ints, load_history
from .labels import GoalDays
from .question import Lookup, Question, segments_at
from .recorded import goal_since
from .recorded_outcomes import records_of_outcome
from .trait_choice import choose
from .traits import TraitTable, load_traits

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SAMPLE_ACHIEVERS = 800
SAMPLE_MEMBERS = (10_000, 16_000)
"""Members that take part in training and in rolling origins: as many as make 800 achievements in a
window, within these bounds. Users come in the order of a uniform hash, so the first ones are a
random sample; coefficients do not gain from more, the sampling noise of a past origin (4 % at 800)
is small beside a season's, and time stays bounded. Rare events need more members to be seen at
all."""


class Family(Protocol):
    """A fitted learner."""

    def logit(self, features: Matrix) -> Floats: ...


@dataclass(frozen=True)
class Rows:
    """Users at one cut-off: `users` int32 (n,), what models see of them, days left to do it.

    `columns` is float32 (n, k + 1): the features and, last, the logarithm of the days that remained
    when the rows were made.
    """

    users: Ints
    cutoff: int
    columns: Matrix
    beat: Rhythm
    remaining: Floats
    _said: list[tuple[Family, Floats, Floats]] = field(default_factory=list, repr=False)

    def some(self, which: Positions | slice) -> Rows:
        """The same for some of the users: ascending positions, int64, or a slice."""
        return Rows(
            self.users[which],
            self.cutoff,
            self.columns[which],
            self.beat.rows(which),
            self.remaining[which],
        )

    @property
    def features(self) -> Matrix:
        """float32 (n, k): columns as `plan.names`."""
        return self.columns[:, :-1]

    def with_clock(self) -> Matrix:
        """float32 (n, k + 1): the features and log(remaining days), the model's clock."""
        clock = np.log(self.remaining).astype(np.float32)
        if np.array_equal(clock, self.columns[:, -1]):
            return self.columns
        out = self.columns.copy()
        out[:, -1] = clock
        return out

    def logits(self, family: Family) -> Floats:
        """float64 (n,): what a family says of these rows. It is kept: level, ranking and
        likelihoods ask for it in turn."""
        for known, remaining, said in self._said:
            if known is family and np.array_equal(remaining, self.remaining):
                return said
        said = family.logit(self.with_clock())
        self._said.append((family, self.remaining, said))
        return said


@dataclass(frozen=True)
class Evidence:
    """History, traits and goal days up to the question's as_of.

    `history` and `codes` hold the goal's filtered events as events of their own, `goal_names` are
    the goal's events in `codes`, `done` counts them (see `goal_history.GoalHistory`).

    Segments and training rows are worked out once per cut-off and kept: rolling origins share them.
    Several threads may ask at once; the connection answers them one after the other.
    """

    tables: Tables
    question: Question
    history: History
    traits: TraitTable
    codes: dict[str, int]
    goal_names: tuple[str, ...]
    done: GoalRows
    goal: GoalDays
    lookup: Lookup | None = None
    _members: dict[int, Ints] = field(default_factory=dict)
    _sampled: dict[int, Ints] = field(default_factory=dict)
    _rows: dict[tuple[int, int], Rows] = field(default_factory=dict)
    _cases: dict[tuple[int, int, int, int], TrainingSet] = field(default_factory=dict)
    _asking: RLock = field(default_factory=RLock, repr=False, compare=False)

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
        found = GoalHistory.of(tables, history, question.events)
        goal = GoalDays.of(found.history, found.goal, question.match)
        known = found.history, traits, found.codes, found.names, found.done
        return cls(tables, question, *known, goal, lookup)

    def over(self, horizon: int) -> Evidence:
        """The same for a period of `horizon` days, with the same columns."""
        asked = replace(self.question, horizon=horizon)
        made = replace(self, question=asked, _sampled={}, _rows={}, _cases={})
        made.__dict__["outcomes"] = self.outcomes  # a cached property, as if worked out there
        return made

    @cached_property
    def goal_days(self) -> EventDays:
        """Every day on which any of the goal's events happened."""
        return self.goal.all_days()

    @cached_property
    def earliest_day(self) -> int:
        """The first day whose history tells about the goal (see `recorded.goal_since`)."""
        codes = [self.codes[name] for name in self.goal_names]
        return goal_since(self.history, codes, self.question.match)

    @cached_property
    def plan(self) -> FeaturePlan:
        """The columns that a model made from this evidence has."""
        return _plan(self)

    @cached_property
    def outcomes(self) -> dict[str, float]:
        """Undated traits that are left out of models as records of the outcome, with how well each
        alone tells it (see `recorded_outcomes`), in the newest window that is over."""
        undated = self.traits.undated()
        horizon = self.question.horizon
        start = self.question.as_of - 7 * ceil(horizon / 7)
        users = self.sample(start) if undated else np.empty(0, np.int32)
        did = self.goal.within(users, start, horizon)
        return records_of_outcome(self.traits, undated, users, start, did)

    def members(self, day: int) -> Ints:
        """int32, ascending: positions in `history.uh` of the segment's members as of `day`."""
        self.foresee([day])
        return self._members[day]

    def foresee(self, days: Iterable[int]) -> None:
        """Work out the members as of several days at once, which is faster than one by one."""
        with self._asking:
            missing = sorted(set(days) - self._members.keys())
            self._members.update(self._asked(self.tables, missing))

    def foresee_sample(self, days: Iterable[int]) -> None:
        """The same of days that only past forecasts ask for, which are made of the sample."""
        with self._asking:
            missing = sorted(set(days) - self._members.keys() - self._sampled.keys())
            if missing and self.sample_end < len(self.history.uh):
                fewer = self.tables.below(int(self.history.uh[self.sample_end]))
                self._sampled.update(self._asked(fewer, missing))
                fewer.con.close()

    def _asked(self, tables: Tables, days: list[int]) -> dict[int, Ints]:
        if not days:
            return {}
        found = segments_at(tables, self.question, np.array(days), self.lookup)
        return dict(zip(days, map(self.history.index_of, found), strict=True))

    def known(self, start: int, now: int) -> Ints:
        """Members as of `start`, as a forecast made on the day `now` looks at them: all of them on
        the question's own day, those of the sample on an earlier one."""
        return self.members(start) if now == self.question.as_of else self.sample(start)

    def open_members(self, start: int, age: int) -> Ints:
        """Members as of `start` who had not done it by `age` days later."""
        return self._still_open(self.members(start), start, age)

    def _still_open(self, users: Ints, start: int, age: int) -> Ints:
        return users if age == 0 else users[~self.goal.within(users, start, age)]

    def rows(self, plan: FeaturePlan, users: Ints, cutoff: int, remaining: int) -> Rows:
        """Features of `users` as of `cutoff`, with `remaining` days to go."""
        beat = rhythm(self.goal_days, users, cutoff)
        columns = np.empty((len(users), len(plan.names) + 1), np.float32)
        seen = columns[:, :-1]
        build(plan, self.history, self.codes, self.traits, beat, users, cutoff, seen)
        columns[:, -1] = np.log(remaining)
        return Rows(users, cutoff, columns, beat, np.full(len(users), float(remaining)))

    @property
    def repeated(self) -> bool:
        """Whether doing it is one happening with a pace of its own: days by which all of several
        events have come have none."""
        return len(self.goal.parts) == 1

    def lives(self, users: Ints, beat: Rhythm, cutoff: int) -> Rhythm:
        """`beat` of `users` counted from the day each was first seen, whatever they did then."""
        return beat.since(cutoff - self.history.first_day[users].astype(np.float64))

    def seen(self, cutoff: int) -> Ints:
        """int32: everybody in the sample who was seen by `cutoff`, members or not. Whom a segment
        selects by what they did, it cannot tell what they do."""
        return np.flatnonzero(self.history.first_day[: self.sample_end] <= cutoff).astype(np.int32)

    def beat_of_all(self, cutoff: int) -> Rhythm:
        """The rhythm of everybody `seen`."""
        return rhythm(self.goal_days, self.seen(cutoff), cutoff)

    def lives_of_all(self, cutoff: int) -> Rhythm:
        """The same, counted from the day on which each was first seen."""
        return self.lives(self.seen(cutoff), self.beat_of_all(cutoff), cutoff)

    @cached_property
    def sample_end(self) -> int:
        """Users with a position below this take part in training (see SAMPLE_MEMBERS)."""
        present = self.members(self.question.as_of)
        horizon = self.question.horizon
        latest = self.question.as_of - 7 * ceil(horizon / 7)
        before = self.members(latest)[: SAMPLE_MEMBERS[1]]
        rate = float(self.goal.within(before, latest, horizon).mean()) if len(before) else 0.0
        wanted = int(np.clip(SAMPLE_ACHIEVERS / max(rate, 1e-9), *SAMPLE_MEMBERS))
        return len(self.history.uh) if len(present) <= wanted else int(present[wanted])

    def sample(self, start: int, age: int = 0) -> Ints:
        """int32, ascending: the sample's open members `age` days after `start`."""
        users = self._sampled.get(start)
        if users is None:
            users = self.members(start)
            users = users[: np.searchsorted(users, self.sample_end)]
        return self._still_open(users, start, age)

    def sampled(self, start: int, age: int = 0) -> Rows:
        """The rows of the `sample`, with the rest of the horizon to go."""
        key = (start, age)
        if key not in self._rows:
            users, left = self.sample(start, age), self.question.horizon - age
            if key == (self.question.as_of, 0):
                self._rows[key] = self.present.some(slice(len(users)))
            else:
                self._rows[key] = self.rows(self.plan, users, start + age, left)
        return self._rows[key]

    def chosen(self, start: int, age: int, which: Positions) -> Rows:
        """Some of the rows of `sampled`, by ascending position, without making all of them."""
        if (start, age) in self._rows:
            return self._rows[start, age].some(which)
        users, left = self.sample(start, age)[which], self.question.horizon - age
        return self.rows(self.plan, users, start + age, left)

    def answers(self, start: int, age: int = 0) -> Bools:
        """bool (n,): who of the `sample` does it in the rest of the horizon."""
        left = self.question.horizon - age
        return self.goal.within(self.sample(start, age), start + age, left)

    def cases(self, start: int, age: int, done: int, not_done: int) -> TrainingSet:
        """At most so many rows of the `sample` who do it, and who do not. Fits share them."""
        key = (start, age, done, not_done)
        if key not in self._cases:
            did = self.answers(start, age)
            kept, weight = thinned(did, done, not_done)
            self._cases[key] = TrainingSet(self.chosen(start, age, kept).columns, did[kept], weight)
        return self._cases[key]

    @cached_property
    def present(self) -> Rows:
        """The members as of the question's day, all of them."""
        now = self.question.as_of
        return self.rows(self.plan, self.members(now), now, self.question.horizon)


def _plan(evidence: Evidence) -> FeaturePlan:
    """Which columns to build: the goal's events, then the events most users do, and traits."""
    goal = evidence.goal_names
    ranked = ranked_events(evidence)
    events = (*goal, *(name for name in ranked if name not in goal))[:MAX_EVENTS]
    traits = choose(evidence.traits, evidence.outcomes.keys())
    return FeaturePlan(events=events, goal_events=goal, traits=traits)


def ranked_events(evidence: Evidence) -> list[str]:
    """Every event that anybody has done, those that most users do first."""
    reach = evidence.history.reach()
    names = {code: name for name, code in evidence.codes.items()}
    often = [int(code) for code in np.argsort(-reach, kind="stable") if reach[code]]
    return [names[code] for code in often if code in names]
