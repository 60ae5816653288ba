"""`did` and `did_not` as conditions on a user's row, over the passes that count events.

Daily counts answer what they can; single events are read only for what `reads.py` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..lake.tables import ALWAYS
from . import clauses
from .binds import Binds
from .clauses import AT_LEAST_ONCE, Did, Happening
from .comparisons import Aggregate, Count
from .conditions import json_number, json_path, property_holds
from .holds import NOBODY, Holds
from .hours import hours_hold, weekday_holds
from .passes import EventPass
from .reads import why_single_events
from .windows import Clock, DayWindow, HourWindow

_COMPARE = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "=", "ne": "<>"}


@dataclass(frozen=True)
class Happenings:
    """The two passes over events of one query, and how clauses are asked of them."""

    event_codes: Mapping[str, int]
    binds: Binds
    daily: EventPass
    single: EventPass

    def did(self, did: Did, clock: Clock) -> Holds:
        """The condition on a user's row of the joined passes."""
        event = self.event_codes.get(did.event)
        numbers = {"sum": did.sum, "avg": did.avg, "min": did.min, "max": did.max}
        several = bool(did.first_time) or any(numbers.values())
        several = several or (did.days is not None and not did.days.admits_none)
        conditions = []
        if not (several and did.count == AT_LEAST_ONCE):
            conditions.append(self._times(did, did.count, clock))
        if did.days:
            conditions.append(compare(self._days(did, clock), did.days, self.binds))
        if event is None and (did.first_time or any(numbers.values())):
            return NOBODY
        if did.first_time:
            conditions.append(self._first_time(did, clock))
        for function, wanted in numbers.items():
            if wanted:
                conditions.append(self._amount(did, clock, function, wanted))
        some = several or not did.count.admits_none
        certain = [self._source(did).name] if some and event is not None else []
        return Holds(f"({' AND '.join(conditions)})", frozenset(certain))

    def did_not(self, happening: Happening, clock: Clock) -> Holds:
        """The condition that no such event happened."""
        return Holds(self._times(happening, Count(eq=0), clock))

    def _source(self, did: Happening) -> EventPass:
        """The pass that can answer."""
        return self.single if why_single_events(did) else self.daily

    def _times(self, did: Happening, wanted: Count, clock: Clock) -> str:
        """A comparison of how often; 0 for a user without such events."""
        if did.event not in self.event_codes:
            return compare("0", wanted, self.binds)
        source, inside = self._rows(did, clock)
        if source is self.daily and not wanted.only_tells_none:
            times = source.column(f"SUM(CASE WHEN {inside} THEN n ELSE 0 END)")
        else:
            # Whether at all can be told from any row, without its number.
            times = source.column(f"COUNT(CASE WHEN {inside} THEN 1 END)")
        return compare(f"COALESCE({times}, 0)", wanted, self.binds)

    def _days(self, did: Happening, clock: Clock) -> str:
        """On how many different local days; 0 for a user without such events."""
        if did.event not in self.event_codes:
            return "0"
        source, inside = self._rows(did, clock)
        return f"COALESCE({source.days(inside)}, 0)"

    def _first_time(self, did: Happening, clock: Clock) -> str:
        """Whether the first ever such event (as `where` and `on` narrow it) is in the window."""
        window = clock.window(clauses.window_of(did))
        if isinstance(window, HourWindow):
            unit, low, high = "ts", window.start, window.end - 1
        else:
            unit, low, high = "day", window.first, window.last
        source, inside = self._rows(did, clock, DayWindow(ALWAYS, clock.as_of))
        first = source.column(f"MIN(CASE WHEN {inside} THEN {unit} END)")
        held = f"{first} >= {self.binds.bind(low)} AND {first} <= {self.binds.bind(high)}"
        return f"COALESCE({held}, FALSE)"

    def _amount(self, did: Happening, clock: Clock, function: str, wanted: Aggregate) -> str:
        """A comparison of an aggregate of a numeric property; false where no value is a number."""
        source, inside = self._rows(did, clock)
        path = json_path(wanted.property, self.binds)

        of_event = self._of_event(source, did)

        def values(sql_type: str) -> str:
            number = json_number(path, sql_type)
            if of_event:
                number = f"CASE WHEN {of_event} THEN {number} END"
            return f"CASE WHEN {inside} THEN {source.fact(number)} END"

        if function in ("min", "max"):
            amount = source.column(f"{function.upper()}({values('DOUBLE')})")
        else:
            # Decimals add up to the same sum in any order; floating point does not.
            decimals = values("DECIMAL(28, 6)")
            amount = f"CAST({source.column(f'SUM({decimals})')} AS DOUBLE)"
            if function == "avg":
                amount = f"{amount} / NULLIF({source.column(f'COUNT({decimals})')}, 0)"
        return f"COALESCE({compare(amount, wanted, self.binds)}, FALSE)"

    def _rows(
        self, did: Happening, clock: Clock, window: DayWindow | HourWindow | None = None
    ) -> tuple[EventPass, str]:
        """The pass that can answer, and the condition on its rows; `window` in place of its own."""
        source = self._source(did)
        code = self.event_codes[did.event]
        asked = window or clock.window(clauses.window_of(did))
        narrower = []
        if did.on and did.on.weekdays:
            narrower.append(weekday_holds(did.on.weekdays))
        if did.on and did.on.hours:
            narrower.append(hours_hold(did.on.hours, clock.timezone, source.fact))
        if did.where:
            of_event = self._of_event(source, did)
            fits = [of_event] if of_event else []
            fits += [property_holds(condition, self.binds) for condition in did.where]
            fact = source.fact(f"CASE WHEN {' AND '.join(fits)} THEN 1 ELSE 0 END")
            narrower.append(f"{fact} = 1")
        return source, source.inside(code, asked, narrower, self.binds)

    def _of_event(self, source: EventPass, did: Happening) -> str:
        """The condition to be the event that was asked for, empty where all rows read are."""
        if source.known is not None and len(source.known.days) == 1:
            return ""
        return f"event = {self.binds.bind(self.event_codes[did.event])}"


def compare(value: str, wanted: Count | Aggregate, binds: Binds) -> str:
    """A comparison of a number; all that is given must hold."""
    conditions = [
        f"{value} {sql} {binds.bind(limit if isinstance(wanted, Count) else float(limit))}"
        for name, sql in _COMPARE.items()
        if (limit := getattr(wanted, name)) is not None
    ]
    return f"({' AND '.join(conditions)})"
