"""Sequences: who did one thing after another, each step soon enough after the one before.

A step comes after another when it is strictly later: of two events of the same instant nobody knows
which came first. Of everything that can end a chain only the one with the latest beginning
matters: whether a window holds a whole chain is then a comparison of two instants, and one reading
of the events answers any number of windows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..lake.tables import ALWAYS
from .binds import Binds
from .clauses import Step
from .conditions import property_holds
from .holds import NOBODY, Holds
from .passes import Pass
from .windows import MICROS_PER_HOUR, Clock, DayWindow, HourWindow


@dataclass
class SequencePass(Pass):
    """Per user, the chains of one list of steps: an event that ends one, and its latest start."""

    steps: Sequence[Step] = ()
    _first: int | None = None
    _last: int = ALWAYS

    @property
    def first(self) -> int:
        """The first day that is read."""
        return ALWAYS if self._first is None else self._first

    def inside(self, window: DayWindow | HourWindow, clock: Clock, binds: Binds) -> str:
        """The condition on a chain to lie in a window as a whole; widens what the pass reads."""
        days = window.days if isinstance(window, HourWindow) else window
        self._first = days.first if self._first is None else min(self._first, days.first)
        self._last = max(self._last, days.last)
        if isinstance(window, HourWindow):
            start, end = window.start, window.end
        else:
            end = clock.day_start(window.last + 1)
            if window.first <= ALWAYS:
                return f"ended < {binds.bind(end)}"
            start = clock.day_start(window.first)
        return f"began >= {binds.bind(start)} AND ended < {binds.bind(end)}"

    def rows(self, event_codes: Mapping[str, int], binds: Binds) -> str:
        """`SELECT uh, began, ended`: for every event that ends a chain, the latest start of one."""
        chains = self._instants(event_codes, binds)
        chains = f"SELECT *, CASE WHEN step0 = 1 THEN ts END AS began0 FROM ({chains}) instants"
        earlier = "PARTITION BY uh ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
        for number, step in enumerate(self.steps[1:], start=1):
            before = f"began{number - 1}"
            chains = (
                "SELECT *, "
                f"MAX(CASE WHEN {before} IS NOT NULL THEN ts END) OVER earlier AS previous{number},"
                # Starts only grow with the end of a chain, so the greatest is that of the latest.
                f" MAX({before}) OVER earlier AS start{number} "
                f"FROM ({chains}) chains WINDOW earlier AS ({earlier})"
            )
            soon = ""
            if step.within is not None:
                soon = f" AND previous{number} >= ts - {binds.bind(_micros(step))}"
            chains = (
                f"SELECT *, CASE WHEN step{number} = 1{soon} THEN start{number} END "
                f"AS began{number} FROM ({chains}) linked"
            )
        last = f"began{len(self.steps) - 1}"
        return (
            f"(SELECT uh, {last} AS began, ts AS ended FROM ({chains}) whole "
            f"WHERE {last} IS NOT NULL) chains"
        )

    def _instants(self, event_codes: Mapping[str, int], binds: Binds) -> str:
        """`SELECT uh, ts, step0, step1, …`: one row per user and instant, with the steps that
        anything of that instant can be."""
        flags = []
        for number, step in enumerate(self.steps):
            holds = [f"event = {binds.bind(event_codes[step.event])}"]
            holds += [property_holds(condition, binds) for condition in step.where]
            flags.append(f"MAX(CASE WHEN {' AND '.join(holds)} THEN 1 ELSE 0 END) AS step{number}")
        codes = sorted({event_codes[step.event] for step in self.steps})
        limits = (
            f"event IN ({', '.join(map(binds.bind, codes))}) AND day <= {binds.bind(self._last)}"
        )
        if self._first is not None and self._first > ALWAYS:
            limits += f" AND day >= {binds.bind(self._first)}"
        return f"SELECT uh, ts, {', '.join(flags)} FROM events WHERE {limits} GROUP BY uh, ts"


@dataclass
class Sequences:
    """The passes of all sequences of one query; equal steps share theirs."""

    event_codes: Mapping[str, int]
    binds: Binds
    passes: dict[str, SequencePass] = field(default_factory=dict)

    def holds(self, steps: Sequence[Step], window: DayWindow | HourWindow, clock: Clock) -> Holds:
        """The condition on a user's row to have a chain of the steps inside the window."""
        if any(step.event not in self.event_codes for step in steps):
            return NOBODY
        # As JSON, because 1 == 1.0 == True in Python.
        key = " ".join(step.model_dump_json(exclude_defaults=True) for step in steps)
        chains = self.passes.setdefault(key, SequencePass(f"chain{len(self.passes)}", steps=steps))
        inside = chains.inside(window, clock, self.binds)
        found = chains.column(f"MAX(CASE WHEN {inside} THEN 1 ELSE 0 END)")
        return Holds(f"(COALESCE({found}, 0) = 1)", frozenset([chains.name]))


def _micros(step: Step) -> int:
    """How much later than the step before it a step may be: elapsed time, a day is 24 hours."""
    assert step.within is not None  # only such steps have a limit
    hours = step.within.hours if step.within.hours is not None else 24 * (step.within.days or 0)
    return hours * MICROS_PER_HOUR
