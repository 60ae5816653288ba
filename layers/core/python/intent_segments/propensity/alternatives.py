"""When history is too thin for a goal: which other events of the account would carry it.

Events are compared on the very windows that a model would learn from, for the same segment and the
same number of days, so that what is offered reaches the rung it is said to reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import InsufficientHistory
from ..lake.calendar import from_day
from .evidence import Evidence
from .history import Ints
from .reach import furthest_horizon, insufficient
from .recorded import first_days, recorded_since
from .train import MIN_POSITIVES, training_starts, window_starts

LIMIT = 5

EVERYBODY = 0.95
"""An event that more members do tells nobody apart, and is no goal."""

KNOWN_DOERS = 5
"""Members who did the goal's events, below which a lift is an anecdote and is not told."""

WORTH_TELLING = 1.5
"""Lifts below this say little: whoever does one thing is more active in all."""

PRIOR_DOERS = 5.0
"""Events are ranked by a lift as if so many more had done the goal and were like everybody."""

Rung = Literal["base_rate", "small", "full"]
RUNGS: tuple[Rung, ...] = ("base_rate", "small", "full")


@dataclass(frozen=True)
class Alternative:
    """Another event: `users` members did it within the latest whole window of the goal's length,
    the share `rate` of all; `lift` is how many times as common it was among those who did the
    goal's events (None where too few did). `days` of history know it; `rung` is the part of the
    ladder that it reaches."""

    event: str
    users: int
    rate: float
    lift: float | None
    days: int
    rung: Rung

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "event": self.event,
            "users": self.users,
            "rate": round(self.rate, 6),
            "lift": None if self.lift is None else round(self.lift, 2),
            "history_days": self.days,
            "rung": self.rung,
        }


@dataclass(frozen=True)
class Advice:
    """What would lift a forecast to the next rung: `needed` achievements where `known` are, a
    period that ends later (on `longest_end` at most), or one of the `candidates`."""

    rung: Rung
    needed: int
    known: int
    longest_end: int
    candidates: tuple[Alternative, ...]

    def to_json(self) -> dict[str, Any]:
        """In the form of the extras of InsufficientHistory."""
        return {
            "rung": self.rung,
            "missing": {"achievements": {"needed": self.needed, "known": self.known}},
            "longest_end_date": from_day(self.longest_end).isoformat(),
            "candidates": [candidate.to_json() for candidate in self.candidates],
        }


def rung_of(achievements: int) -> Rung:
    """The rung that so many achievements in the training rows (or, if fewer, failures) reach."""
    if achievements < MIN_POSITIVES["small"]:
        return "base_rate"
    return "small" if achievements < MIN_POSITIVES["full"] else "full"


def advice(evidence: Evidence, now: int, rung: Rung, share: float = 1.0) -> Advice | None:
    """What to change about a goal that reached `rung`; None on the highest."""
    if rung == RUNGS[-1]:
        return None
    horizon = evidence.question.horizon
    answers = [
        evidence.goal.within(_sample(evidence, start), start, horizon)
        for start in training_starts(evidence, now)
    ]
    done = sum(int(did.sum()) for did in answers)
    return Advice(
        rung=rung,
        needed=MIN_POSITIVES[RUNGS[RUNGS.index(rung) + 1]],
        known=min(done, sum(len(did) for did in answers) - done),
        longest_end=now + furthest_horizon(evidence, now),
        candidates=alternatives(evidence, now, above=rung, share=share),
    )


def refusal(evidence: Evidence, now: int, share: float = 1.0) -> InsufficientHistory:
    """`train.insufficient` with the events that would do instead, the best two in its message."""
    error = insufficient(evidence, now)
    found = alternatives(evidence, now, share=share)
    extras = error.extras | {"candidates": [candidate.to_json() for candidate in found]}
    named = in_words(found, evidence.question.horizon)
    instead = f" Or ask for another event: {named}." if named else ""
    return InsufficientHistory(error.message + instead, extras=extras)


def in_words(found: Sequence[Alternative], days: int, most: int = 2) -> str:
    """The best of them for people, with what they rest on; `days` is the length of the window."""
    said = []
    for one in found[:most]:
        within = "within 1 day" if days == 1 else f"within {days} days"
        told = f"'{one.event}', which {one.rate:.1%} of the segment lately did {within}"
        if one.lift is not None and one.lift >= WORTH_TELLING:
            told += f" ({one.lift:.1f} times as many of those who did this)"
        said.append(told)
    return " or ".join(said)


def alternatives(
    evidence: Evidence,
    now: int,
    *,
    above: Rung = "base_rate",
    share: float = 1.0,
    limit: int = LIMIT,
) -> tuple[Alternative, ...]:
    """Up to `limit` events of the account that reach a higher rung than `above`, best first.

    The higher rung comes first, then what is more closely related to the goal. Empty where history
    is too short for any event, or the segment had no members in the past. `share` in (0, 1] is the
    part of all users in the tables.
    """
    history, horizon = evidence.history, evidence.question.horizon
    windows = _Windows(evidence)
    starts = windows.known(now, history.earliest_day)
    if not starts:
        return ()
    members = len(evidence.members(starts[0]))
    did = _doers(evidence, evidence.members(starts[0]), starts[0], horizon)
    first = first_days(history)
    related = _Relation.of(evidence, now)
    found = []
    for name, code in evidence.codes.items():
        if name in evidence.goal_names or code >= len(first) or not did[code]:
            continue
        rate = float(did[code]) / members
        since = recorded_since(history, code, int(first[code])) or history.earliest_day
        rung = rung_of(windows.achievements(code, windows.known(now, since)))
        if rate > EVERYBODY or RUNGS.index(rung) <= RUNGS.index(above):
            continue
        users = round(int(did[code]) / share)
        one = Alternative(name, users, rate, related.lift(code), now - since + 1, rung)
        place = (-RUNGS.index(rung), -related.cautious(code), -min(rate, 1 - rate), name)
        found.append((place, one))
    return tuple(one for _, one in sorted(found, key=lambda entry: entry[0])[:limit])


class _Windows:
    """Doers of every event in past windows, counted once per window, in the training sample."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._counted: dict[int, tuple[int, Ints]] = {}

    def known(self, now: int, since: int) -> list[int]:
        """`train.training_starts` for an event that has been recorded `since` that day."""
        question = self._evidence.question
        starts = window_starts(now, question.horizon, since + question.age)
        return [start for start in starts if len(self._evidence.members(start))]

    def achievements(self, code: int, starts: Sequence[int]) -> int:
        """How often it was done in the training rows, or not done, whichever is less."""
        cells = [self._at(start) for start in starts]
        done = sum(int(counts[code]) for _, counts in cells)
        return min(done, sum(users for users, _ in cells) - done)

    def _at(self, start: int) -> tuple[int, Ints]:
        if start not in self._counted:
            users = _sample(self._evidence, start)
            counts = _doers(self._evidence, users, start, self._evidence.question.horizon)
            self._counted[start] = len(users), counts
        return self._counted[start]


@dataclass(frozen=True)
class _Relation:
    """How common events were in the last window among today's members, `rate` float64 by code, and
    among those of them who ever did the goal's events: int32 `of_doers` of the number `doers`."""

    rate: npt.NDArray[np.float64]
    of_doers: Ints
    doers: int

    @classmethod
    def of(cls, evidence: Evidence, now: int) -> _Relation:
        """The goal's doers are few, so all who ever did it count."""
        horizon, present = evidence.question.horizon, evidence.members(now)
        everybody = _doers(evidence, present, now - horizon, horizon)
        doers = present[np.isin(present, evidence.goal_days.user)]
        among = _doers(evidence, doers, now - horizon, horizon)
        return cls(everybody / max(len(present), 1), among, len(doers))

    def lift(self, code: int) -> float | None:
        """None where too few did the goal, or nobody does this."""
        if self.doers < KNOWN_DOERS or not self.rate[code]:
            return None
        return float(self.of_doers[code] / self.doers / self.rate[code])

    def cautious(self, code: int) -> float:
        """The lift with PRIOR_DOERS members like everybody else added to the doers."""
        rate = float(self.rate[code])
        if not rate:
            return 1.0
        return float((self.of_doers[code] + PRIOR_DOERS * rate) / (self.doers + PRIOR_DOERS) / rate)


def _sample(evidence: Evidence, start: int) -> Ints:
    """Members as of `start` who take part in training."""
    users = evidence.members(start)
    return users[users < evidence.sample_end]


def _doers(evidence: Evidence, users: Ints, start: int, days: int) -> Ints:
    """int32, by event code: how many of `users` did it on the days start+1 .. start+days."""
    history = evidence.history
    chosen = np.zeros(len(history.uh), bool)
    chosen[users] = True
    rows = np.flatnonzero((history.day > start) & (history.day <= start + days))
    rows = rows[chosen[history.user[rows]]]
    codes = max(evidence.codes.values(), default=0) + 1
    pairs = np.unique(history.user[rows].astype(np.int64) * codes + history.event[rows])
    return np.bincount(pairs % codes, minlength=codes).astype(np.int32)
