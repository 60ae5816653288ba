"""What everybody did, as sorted arrays: the one input of features and labels.

Rows after the last day asked for are never read from the tables, so nothing that is computed from a
History can know more than its `last_day`. Cut-offs inside a History narrow it further; `features`
and `labels` take the cut-off as an argument and `tests/unit/propensity/test_leakage.py` moves it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..lake.tables import Tables

NEVER = np.int32(2**30)
"""A day that never comes: 'has not done it yet'."""

Ints = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.int64]

_DAY_BITS = 20
"""Keys are user << 20 | day: days up to the year 4840, users up to 2^43."""


@dataclass(frozen=True)
class EventDays:
    """The distinct days on which each user did a set of events. `key` is ascending (user, day)."""

    key: npt.NDArray[np.int64]
    user: Ints
    day: Ints

    @classmethod
    def of(cls, user: Ints, day: Ints) -> EventDays:
        """From any (user, day) pairs; repeats are folded."""
        key = np.unique((user.astype(np.int64) << _DAY_BITS) | day.astype(np.int64))
        low = (1 << _DAY_BITS) - 1
        return cls(key, (key >> _DAY_BITS).astype(np.int32), (key & low).astype(np.int32))

    def next_after(self, users: Ints, day: int) -> Ints:
        """The first day later than `day` per user, `NEVER` where there is none."""
        if not len(self.key):
            return np.full(len(users), NEVER)
        wanted = (users.astype(np.int64) << _DAY_BITS) | day
        at = np.searchsorted(self.key, wanted, side="right")
        inside = np.minimum(at, len(self.key) - 1)
        found = (at < len(self.key)) & (self.user[inside] == users)
        return np.where(found, self.day[inside], NEVER).astype(np.int32)


@dataclass(frozen=True)
class History:
    """Activity up to and including `last_day`.

    `uh` int64 (n,), ascending: every user of the tables. `first_day` int32 (n,): the first event,
    `NEVER` without one. The columns `user` (index into uh), `event` (code), `day`, `count` are
    int32 (m,), sorted by user, then day. Days are the account's local days since 1970-01-01.
    """

    uh: Hashes
    first_day: Ints
    user: Ints
    event: Ints
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

    @property
    def earliest_day(self) -> int:
        """The first day with any event (last_day when there is none)."""
        return int(self.day.min()) if len(self.day) else self.last_day


def load_history(tables: Tables, last_day: int) -> History:
    """Read all activity up to `last_day`.

    Memory: 16 bytes per (user, event, day) row and 12 per user.
    """
    users = tables.con.execute(
        "SELECT uh, COALESCE(first_day, $never) AS first_day FROM users"
        " WHERE entry_day <= $last ORDER BY uh",
        {"never": int(NEVER), "last": last_day},
    ).fetchnumpy()
    rows = tables.con.execute(
        "SELECT uh, event, day, n FROM activity WHERE day <= $last ORDER BY uh, day, event",
        {"last": last_day},
    ).fetchnumpy()
    uh = np.asarray(users["uh"], dtype=np.int64)
    row_uh = np.asarray(rows["uh"], dtype=np.int64)
    first = np.asarray(users["first_day"], dtype=np.int32)
    return History(
        uh=uh,
        first_day=np.where(first <= last_day, first, NEVER).astype(np.int32),
        user=_positions(uh, row_uh),
        event=np.asarray(rows["event"], dtype=np.int32),
        day=np.asarray(rows["day"], dtype=np.int32),
        count=np.asarray(rows["n"], dtype=np.int32),
        last_day=last_day,
    )


def _positions(uh: Hashes, row_uh: Hashes) -> Ints:
    """Index of each row's user. Rows are sorted by user: each distinct one is looked up once."""
    if not len(row_uh):
        return np.empty(0, np.int32)
    starts = np.flatnonzero(np.concatenate(([True], row_uh[1:] != row_uh[:-1])))
    position = np.searchsorted(uh, row_uh[starts]).astype(np.int32)
    return np.repeat(position, np.diff(np.append(starts, len(row_uh))))
