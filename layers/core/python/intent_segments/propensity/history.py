"""What everybody did, as sorted arrays: the one input of features and labels.

Rows after the last day asked for are never read from the tables, so nothing that is computed from a
History can know more than its `last_day`. Cut-offs inside a History narrow it further; `features`
and `labels` take the cut-off as an argument and `tests/unit/propensity/test_leakage.py` moves it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..lake.tables import Tables

NEVER = np.int32(2**30)
"""A day that never comes: 'has not done it yet'."""

Ints = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.int64]

Codes = npt.NDArray[np.int16]

_DAY_BITS = 20
"""Keys are user << 20 | day: days up to the year 4840, users up to 2^43."""


_REACH_CELLS = 1 << 22
"""Users times events looked at together: 4 MB."""


@dataclass(frozen=True)
class EventDays:
    """The distinct days on which each user did a set of events, ascending by user, then day."""

    user: Ints
    day: Ints
    _next: dict[int, Ints] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, user: Ints, day: Ints) -> EventDays:
        """From any (user, day) pairs; repeats are folded."""
        key = (user.astype(np.int64) << _DAY_BITS) | day
        key.sort()
        key = key[_changes(key)]
        return cls((key >> _DAY_BITS).astype(np.int32), key.astype(np.int32) & (1 << _DAY_BITS) - 1)

    def next_after(self, users: Ints, day: int) -> Ints:
        """The first day later than `day` per user, `NEVER` where there is none.

        The answer of every user is kept: a forecast asks after each of its cut-offs many times.
        """
        if not len(self.user):
            return np.full(len(users), NEVER)
        if day not in self._next:
            later = np.flatnonzero(self.day > day)[::-1]
            following = np.full(int(self.user[-1]) + 2, NEVER)
            following[self.user[later]] = self.day[later]  # from the last day to the first
            self._next[day] = following
        following = self._next[day]
        return following[np.minimum(users, len(following) - 1)]


@dataclass(frozen=True)
class History:
    """Activity up to and including `last_day`.

    `uh` int64 (n,), ascending: every user of the tables. `first_day` int32 (n,): the first event,
    `NEVER` without one. The columns `user` (index into uh), `day`, `count` are int32 (m,), `event`
    (code) is int16; they are sorted by user, and of one user's rows no order is promised. Days are
    the account's local days since 1970-01-01.
    """

    uh: Hashes
    first_day: Ints
    user: Ints
    event: Codes
    day: Ints
    count: Ints
    last_day: int

    def index_of(self, members: Hashes) -> Ints:
        """Positions of `members` in `uh`; every member must be a user of the tables."""
        return np.searchsorted(self.uh, members).astype(np.int32)

    def days_of(self, codes: list[int]) -> EventDays:
        """Distinct (user, day) pairs on which any of the event codes happened."""
        wanted = np.isin(self.event, codes)
        return EventDays.of(self.user[wanted], self.day[wanted])

    def active(self, users: Ints, after: int, last: int) -> npt.NDArray[np.bool_]:
        """bool (n,): who of `users`, ascending positions, did anything on the days after+1 ..
        last."""
        if not len(users):
            return np.empty(0, bool)
        low, high = span(self.user, int(users[0]), int(users[-1]))
        days = self.day[low:high]
        did = np.zeros(int(users[-1]) + 1, bool)
        did[self.user[low:high][(days > after) & (days <= last)]] = True
        return did[users]

    def first_users(self, limit: int) -> History:
        """The same for the first `limit` users. Hashes are uniform: it is a fixed random sample."""
        if limit >= len(self.uh):
            return self
        end = int(np.searchsorted(self.user, limit))
        return History(
            uh=self.uh[:limit],
            first_day=self.first_day[:limit],
            user=self.user[:end],
            event=self.event[:end],
            day=self.day[:end],
            count=self.count[:end],
            last_day=self.last_day,
        )

    def reach(self) -> npt.NDArray[np.int64]:
        """int64, by event code: how many users ever did it."""
        codes = int(self.event.max(initial=-1)) + 1
        found = np.zeros(codes, np.int64)
        step = max(_REACH_CELLS // max(codes, 1), 1)
        bounds = np.searchsorted(self.user, np.arange(0, len(self.uh) + step, step, dtype=np.int32))
        for chunk, (low, high) in enumerate(pairwise(bounds)):
            did = np.zeros((step, codes), bool)
            did[self.user[low:high] - chunk * step, self.event[low:high]] = True
            found += did.sum(axis=0)
        return found

    @cached_property
    def ends(self) -> npt.NDArray[np.int64]:
        """int64 (n + 1,): by position of a user, the end of their rows; 0 at the very end, so that
        the rows of user i begin at ends[i - 1]."""
        counts = np.bincount(self.user[self.user >= 0], minlength=len(self.uh))
        return np.append(np.cumsum(counts) + int((self.user < 0).sum()), 0)

    @cached_property
    def earliest_day(self) -> int:
        """The first day with any event (last_day when there is none)."""
        return int(self.day.min()) if len(self.day) else self.last_day


def load_history(tables: Tables, last_day: int) -> History:
    """Read all activity up to `last_day`.

    Memory: 14 bytes per (user, event, day) row and 12 per user.
    """
    users = tables.con.execute(
        "SELECT uh, COALESCE(first_day, $never) AS first_day FROM users"
        " WHERE entry_day <= $last ORDER BY uh",
        {"never": int(NEVER), "last": last_day},
    ).fetchnumpy()
    # Without ORDER BY: files of the lake are sorted by user, and to sort them again takes longer
    # than to read them. `_by_user` sees to whatever came otherwise.
    rows = tables.con.execute(
        "SELECT uh, CAST(event AS SMALLINT) AS event, day, n FROM activity WHERE day <= $last",
        {"last": last_day},
    ).fetchnumpy()
    uh = np.asarray(users["uh"], dtype=np.int64)
    first = np.asarray(users["first_day"], dtype=np.int32)
    row_uh, event, day, count = _by_user(
        np.asarray(rows["uh"], np.int64),
        np.asarray(rows["event"], np.int16),
        np.asarray(rows["day"], np.int32),
        np.asarray(rows["n"], np.int32),
    )
    return History(
        uh=uh,
        first_day=np.where(first <= last_day, first, NEVER).astype(np.int32),
        user=positions(uh, row_uh),
        event=event,
        day=day,
        count=count,
        last_day=last_day,
    )


def span(ascending: Ints, first: int, last: int) -> tuple[int, int]:
    """The half-open range of positions that hold the values `first` to `last`, both included."""
    # Bounds of the column's own type: with others the whole column would be converted.
    low, high = np.searchsorted(ascending, np.array([first, last + 1], ascending.dtype))
    return int(low), int(high)


def _by_user(uh: Hashes, event: Codes, day: Ints, count: Ints) -> tuple[Hashes, Codes, Ints, Ints]:
    if bool(np.all(uh[1:] >= uh[:-1])):
        return uh, event, day, count
    order = np.argsort(uh, kind="stable")  # several sorted runs, which it merges
    return uh[order], event[order], day[order], count[order]


def positions(uh: Hashes, row_uh: Hashes) -> Ints:
    """int32 (m,): index in the ascending `uh` of each row's user, -1 for a user who is not there.

    In any order of rows; where a user's stand together, as in the lake, one is looked up for all.
    """
    starts = np.flatnonzero(_changes(row_uh))
    wanted = row_uh[starts]
    at = np.searchsorted(uh, wanted)
    known = at < len(uh)
    known[known] = uh[at[known]] == wanted[known]
    position = np.where(known, at, -1).astype(np.int32)
    return np.repeat(position, np.diff(np.append(starts, len(row_uh))))


def _changes(column: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Where a column's value is another than in the row before, as in the first row."""
    new = np.ones(len(column), bool)
    np.not_equal(column[1:], column[:-1], out=new[1:])
    return new
