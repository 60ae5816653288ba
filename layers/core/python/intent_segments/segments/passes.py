"""One pass over a table answers every clause that asks it: conditional aggregates per user.

A segment of many clauses reads `activity` once, `events` once (only if a clause needs properties
or hours) and `profiles` once, whatever the number of its clauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..lake.tables import ALWAYS
from .binds import Binds
from .windows import DayWindow, HourWindow


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


@dataclass(frozen=True)
class Scope:
    """What a pass over events reads, known once every clause has asked: event code -> first and
    last day, and whether all aggregates ask the same rows."""

    days: Mapping[int, tuple[int, int]]
    sole: bool

    @property
    def first(self) -> int:
        """The first day that is read; ALWAYS where nothing is."""
        return min((first for first, _ in self.days.values()), default=ALWAYS)


@dataclass
class EventPass(Pass):
    """A pass over `activity` or `events` that reads only the events and days it needs.

    A first compilation finds out what is read (`scope`); with that known, the second one leaves out
    of every aggregate what holds of all rows anyway, and puts a condition that all of them share
    before the aggregation.
    """

    table: str = "activity"
    known: Scope | None = None
    added_up: bool = True
    """Whether the table has one row per user, event and day."""
    _by_day: bool = False
    _days: dict[int, tuple[int, int]] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _facts: dict[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        """What has been asked for so far."""
        return Scope(self._days, len(self._asked) == 1)

    def days(self, inside: str) -> str:
        """The column with the number of days that have rows with a condition."""
        if self.table == "activity":
            self._by_day = True
            return self.column(f"COUNT(CASE WHEN {inside} THEN 1 END)")
        return self.column(f"COUNT(DISTINCT CASE WHEN {inside} THEN day END)")

    def fact(self, sql: str) -> str:
        """The column with what `sql` says of a row: worked out once per row, however many clauses
        and days ask for it."""
        return self._facts.setdefault(sql, f"fact{len(self._facts)}")

    def inside(
        self,
        event: int,
        window: DayWindow | HourWindow,
        narrower: Sequence[str],
        binds: Binds,
    ) -> str:
        """The condition on a row to be this event in this window, with all of `narrower` true;
        widens what the pass reads."""
        days = window.days if isinstance(window, HourWindow) else window
        first, last = self._days.get(event, (days.first, days.last))
        self._days[event] = (min(first, days.first), max(last, days.last))
        read = (ALWAYS, ALWAYS) if self.known is None else self.known.days[event]
        conditions = []
        if self.known is None or len(self.known.days) > 1:
            conditions.append(f"event = {binds.bind(event)}")
        if isinstance(window, HourWindow):
            conditions.append(f"ts >= {binds.bind(window.start)} AND ts < {binds.bind(window.end)}")
        elif self.known is None or (window.first, window.last) != read:
            if window.first > ALWAYS:
                conditions.append(f"day >= {binds.bind(window.first)}")
            conditions.append(f"day <= {binds.bind(window.last)}")
        condition = " AND ".join([*conditions, *narrower])
        self._asked.add(condition)
        if self.known is not None and self.known.sole:
            return "1 = 1"
        return condition or "1 = 1"

    def rows(self, binds: Binds) -> str:
        """The rows of the table that any clause can need."""
        by_days: dict[tuple[int, int], list[int]] = {}
        for event, days in sorted(self._days.items()):
            by_days.setdefault(days, []).append(event)
        limits = _rows_of(self._days, _span(self._days.values()), binds)
        if len(by_days) > 1:
            # The span alone is what row groups are chosen by.
            each = [f"({_rows_of(events, days, binds)})" for days, events in by_days.items()]
            limits += f" AND ({' OR '.join(each)})"
        sole = next(iter(self._asked)) if self.known is not None and self.known.sole else ""
        if self._by_day and not self.added_up:
            added = "SELECT uh, event, day, SUM(n) AS n"
            once = f"({added} FROM {self.table} WHERE {limits} GROUP BY uh, event, day) once"
            return f"{once} WHERE {sole}" if sole else once
        if not self._facts:
            return f"{self.table} WHERE {limits}{' AND ' if sole else ''}{sole}"
        listed = ", ".join(f"{sql} AS {column}" for sql, column in self._facts.items())
        known = f"(SELECT *, {listed} FROM {self.table} WHERE {limits}) known"
        return f"{known} WHERE {sole}" if sole else known


def _span(days: Iterable[tuple[int, int]]) -> tuple[int, int]:
    firsts, lasts = zip(*days, strict=True)
    return min(firsts), max(lasts)


def _rows_of(events: Iterable[int], days: tuple[int, int], binds: Binds) -> str:
    codes = [binds.bind(event) for event in sorted(events)]
    named = f"event = {codes[0]}" if len(codes) == 1 else f"event IN ({', '.join(codes)})"
    since = f" AND day >= {binds.bind(days[0])}" if days[0] > ALWAYS else ""
    return f"{named}{since} AND day <= {binds.bind(days[1])}"


@dataclass
class TraitPass(Pass):
    """A pass over the values of traits, each with the day from which it holds.

    A condition holds on a day when the latest value that began by then is one that fulfils it: two
    greatest days per user, compared. No user has two values of one trait from the same day on
    (`lake/merge.py`).
    """

    known: frozenset[str] | None = None
    last: int | None = None
    _properties: set[str] = field(default_factory=set)
    _last: int = ALWAYS

    @property
    def properties(self) -> frozenset[str]:
        """The traits asked for so far."""
        return frozenset(self._properties)

    @property
    def latest(self) -> int:
        """The latest day asked about so far."""
        return self._last

    def holds(self, name: str, condition: str, as_of: int, binds: Binds) -> str:
        """That the value which the trait `name` has at the end of a day fulfils a condition on
        `kind`, `text` and `number`."""
        self._properties.add(name)
        self._last = max(self._last, as_of)
        of_trait = []
        if self.known is None or len(self.known) > 1:
            of_trait.append(f"property = {binds.bind(name)}")
        if self.last != as_of:
            of_trait.append(f"since <= {binds.bind(as_of)}")
        present = " AND ".join(of_trait) or "1 = 1"
        begun = self.column(f"MAX(CASE WHEN {present} THEN since END)")
        fits = self.column(f"MAX(CASE WHEN {present} AND {condition} THEN since END)")
        return f"COALESCE({fits} = {begun}, FALSE)"

    def rows(self, binds: Binds) -> str:
        """The values that any clause can need, those that begin after the last day left out."""
        names = [binds.bind(name) for name in sorted(self._properties)]
        which = f"property = {names[0]}" if len(names) == 1 else f"property IN ({', '.join(names)})"
        return (
            f"(SELECT uh, property, kind, text, number, {SINCE} AS since FROM profiles "
            f"WHERE {which} AND {SINCE} <= {binds.bind(self._last)}) held"
        )


SINCE = f"CASE WHEN dated THEN valid_from ELSE {ALWAYS} END"
"""The day from which a row of `profiles` holds. An undated trait has always held, until a dated one
replaces it."""


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
