"""One pass over a table answers every clause that asks it: conditional aggregates per user.

A segment of many clauses reads `activity` once, `events` once (only if a clause needs properties
or hours) and `profiles` once, whatever the number of its clauses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..lake.tables import ALWAYS
from .binds import Binds
from .windows import DayWindow, HourWindow

NEVER = 1_000_000
"""A day after any calendar date in use."""


@dataclass
class Pass:
    """Aggregates per user over one table, under `name`; equal aggregates are shared."""

    name: str
    _columns: dict[str, str] = field(default_factory=dict)

    def column(self, aggregate: str) -> str:
        """`name.column` for an aggregate expression."""
        column = self._columns.setdefault(aggregate, f"c{len(self._columns)}")
        return f"{self.name}.{column}"

    def used(self) -> bool:
        """Whether anybody asked for a column."""
        return bool(self._columns)

    def query(self, source: str) -> str:
        """`name AS (SELECT … GROUP BY uh)` over `source`."""
        columns = ", ".join(f"{sql} AS {column}" for sql, column in self._columns.items())
        return f"{self.name} AS (SELECT uh, {columns} FROM {source} GROUP BY uh)"


@dataclass
class EventPass(Pass):
    """A pass over `activity` or `events` that reads only the events and days it needs."""

    table: str = "activity"
    _events: set[int] = field(default_factory=set)
    _first: int | None = None
    _last: int = ALWAYS
    _facts: dict[str, str] = field(default_factory=dict)

    def fact(self, sql: str) -> str:
        """The column with what `sql` says of a row: worked out once per row, however many clauses
        and days ask for it."""
        return self._facts.setdefault(sql, f"fact{len(self._facts)}")

    def inside(self, event: int, window: DayWindow | HourWindow, binds: Binds) -> str:
        """The condition on a row to be this event in this window; widens what the pass reads."""
        self._events.add(event)
        days = window.days if isinstance(window, HourWindow) else window
        self._first = days.first if self._first is None else min(self._first, days.first)
        self._last = max(self._last, days.last)
        if isinstance(window, HourWindow):
            time = f"ts >= {binds.bind(window.start)} AND ts < {binds.bind(window.end)}"
        else:
            time = f"day <= {binds.bind(window.last)}"
            if window.first > ALWAYS:
                time = f"day >= {binds.bind(window.first)} AND {time}"
        return f"event = {binds.bind(event)} AND {time}"

    def rows(self, binds: Binds) -> str:
        """The rows of the table that any clause can need."""
        events = ", ".join(binds.bind(event) for event in sorted(self._events))
        limits = f"event IN ({events}) AND day <= {binds.bind(self._last)}"
        if self._first is not None and self._first > ALWAYS:
            limits += f" AND day >= {binds.bind(self._first)}"
        if self._facts:
            listed = ", ".join(f"{sql} AS {column}" for sql, column in self._facts.items())
            return f"(SELECT *, {listed} FROM {self.table} WHERE {limits}) known"
        return f"{self.table} WHERE {limits}"


@dataclass
class TraitPass(Pass):
    """A pass over the values of traits, each with the days on which it held."""

    _properties: set[str] = field(default_factory=set)

    def of(self, name: str, as_of: int, binds: Binds) -> str:
        """The condition on a row to be this trait's value at the end of a day."""
        self._properties.add(name)
        day = binds.bind(as_of)
        return f"property = {binds.bind(name)} AND since <= {day} AND {day} < until"

    def rows(self, last: int, binds: Binds) -> str:
        """The values that any clause can need, those that begin after the day `last` left out."""
        names = ", ".join(binds.bind(name) for name in sorted(self._properties))
        return f"({traits_over_time(f'property IN ({names})', binds.bind(last))}) held"


SINCE = f"CASE WHEN dated THEN valid_from ELSE {ALWAYS} END"
"""The day from which a row of `profiles` holds. An undated trait has always held, until a dated one
replaces it."""


def traits_over_time(which: str, last: str) -> str:
    """SELECT uh, property, kind, text, number, since, until: values with the days on which they
    hold, from `since` to the day before `until`.

    `which` is a condition on `profiles`, `last` a placeholder. Of the rows of one day only the one
    that `traits_as_of` would take holds at all.
    """
    following = (
        f"LEAD({SINCE}) OVER (PARTITION BY uh, property ORDER BY {SINCE}, "
        "COALESCE(kind, ''), COALESCE(text, ''), COALESCE(number, 0))"
    )
    return (
        f"SELECT uh, property, kind, text, number, {SINCE} AS since, "
        f"COALESCE({following}, {NEVER}) AS until "
        f"FROM profiles WHERE {which} AND {SINCE} <= {last}"
    )


def traits_as_of(which: str, as_of: str) -> str:
    """SELECT uh, property, kind, text, number: the value that each trait had at the end of a day.

    `which` is a condition on `profiles`, `as_of` a placeholder. Ties of one day are broken by
    value, so that the order in which rows were stored never shows.
    """
    latest = (
        f"ROW_NUMBER() OVER (PARTITION BY uh, property ORDER BY {SINCE} DESC, "
        "COALESCE(kind, '') DESC, COALESCE(text, '') DESC, COALESCE(number, 0) DESC)"
    )
    return (
        f"SELECT uh, property, kind, text, number FROM (SELECT *, {latest} AS latest "
        f"FROM profiles WHERE {which} AND (NOT dated OR valid_from <= {as_of})) ranked "
        "WHERE latest = 1"
    )
