"""A goal's events inside history: each has an event code, a filtered one a code of its own.

A filtered event ("Charged where amount >= 50") enters history as if it were an event of that name,
beside the plain one. Labels, signals and drivers then treat it as they treat every other, and what
holds for history holds for it: no row lies after the last day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..lake.tables import Tables
from ..segments.filtered_days import filtered_days
from ..segments.goal_event import GoalEvent, goal_events
from .history import History, Ints

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class GoalRows:
    """How often something was done: int32 (n,) each, sorted by user (position)."""

    user: Ints
    day: Ints
    count: Ints

    def total(self, users: Bools, after: int, last: int) -> int:
        """The count over the days after+1 .. last by those whose position `users` marks."""
        counted = (self.day > after) & (self.day <= last)
        counted[counted] = users[self.user[counted]]
        return int(self.count[counted].sum())


@dataclass(frozen=True)
class GoalHistory:
    """`history` with a goal's filtered events among its rows. `codes` has every event's code by
    name, filtered ones by their words; `goal` the code of each goal event, None where no event of
    that name ever happened; `names` those of the goal's events that have a code, without repeats.
    `done` counts the goal's events: one that fits several of the goal's entries counts once.
    """

    history: History
    codes: dict[str, int]
    goal: tuple[int | None, ...]
    names: tuple[str, ...]
    done: GoalRows

    @classmethod
    def of(cls, tables: Tables, history: History, events: Sequence[str | GoalEvent]) -> GoalHistory:
        """Reads the tables' single events if, and only if, an event is filtered."""
        entries = goal_events(events)
        codes = tables.event_codes()
        named = dict(codes)
        added: dict[int, GoalRows] = {}
        fitting: list[GoalRows | None] = []
        goal: list[int | None] = []
        names: list[str] = []
        for entry in entries:
            code = codes.get(entry.event)
            rows = None
            if entry.where and code is not None:
                rows = _fitting(tables, history, code, [entry])
                name = _unused(entry.words, names)
                code = max(codes.values()) + 1 + len(added)
                named[name], added[code] = code, rows
            else:
                name = entry.event
            goal.append(code)
            fitting.append(rows)
            if code is not None and name not in names:
                names.append(name)
        return cls(
            history=_with_rows(history, added),
            codes=named,
            goal=tuple(goal),
            names=tuple(names),
            done=_done(tables, history, codes, entries, fitting),
        )


def _fitting(tables: Tables, history: History, code: int, entries: Sequence[GoalEvent]) -> GoalRows:
    found = filtered_days(tables, code, entries, history.last_day)
    return GoalRows(history.index_of(found["uh"]), found["day"], found["n"])


def _done(
    tables: Tables,
    history: History,
    codes: Mapping[str, int],
    entries: Sequence[GoalEvent],
    fitting: Sequence[GoalRows | None],
) -> GoalRows:
    """The goal's events, each once: all of a name that is wanted without conditions, else those
    that fit any of the conditions on it. `fitting` has the rows of every filtered entry."""
    whole = {entry.event for entry in entries if not entry.where}
    plain = np.isin(history.event, [codes[name] for name in whole if name in codes])
    parts = [GoalRows(history.user[plain], history.day[plain], history.count[plain])]
    for name in dict.fromkeys(entry.event for entry in entries if entry.event not in whole):
        own = [at for at, entry in enumerate(entries) if entry.event == name]
        rows = fitting[own[0]]
        if len(own) > 1 and name in codes:
            rows = _fitting(tables, history, codes[name], [entries[at] for at in own])
        if rows is not None:
            parts.append(rows)
    return GoalRows(
        np.concatenate([part.user for part in parts]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.count for part in parts]),
    )


def _with_rows(history: History, added: Mapping[int, GoalRows]) -> History:
    """History with further rows, in its order: by user."""
    for code, rows in added.items():
        if not len(rows.user):
            continue
        at = np.searchsorted(history.user, rows.user, "right")
        history = replace(
            history,
            user=np.insert(history.user, at, rows.user),
            event=np.insert(history.event, at, code),
            day=np.insert(history.day, at, rows.day),
            count=np.insert(history.count, at, rows.count),
        )
    return history


def _unused(name: str, taken: Sequence[str]) -> str:
    """The words of two different filters can be alike when long lists are cut short."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found
