"""`did` and `did_not` as conditions on a user's row, over the passes that count events.

Daily counts answer what they can; single events are read only for what `reads.py` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..lake.tables import ALWAYS
from . import clauses
from .binds import Binds
from .clauses import Did, Happening
from .comparisons import Aggregate, Count
from .conditions import json_number, json_path, property_holds
from .hours import hour_holds, hour_of_day, weekday_holds
from .passes import EventPass
from .reads import why_single_events
from .windows import Clock, DayWindow, HourWindow

TRUE, FALSE = "(1 = 1)", "(1 = 0)"
_COMPARE = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "=", "ne": "<>"}


@dataclass(frozen=True)
class Happenings:
    """The two passes over events of one query, and how clauses are asked of them."""

    event_codes: Mapping[str, int]
    binds: Binds
    daily: EventPass
    single: EventPass

    def did(self, did: Did, clock: Clock) -> str:
        """The condition on a user's row of the joined passes: true or false, never NULL."""
        event = self.event_codes.get(did.event)
        numbers = {"sum": did.sum, "avg": did.avg, "min": did.min, "max": did.max}
        conditions = [compare(self._count(did, clock), did.count, self.binds)]
        if did.days:
            conditions.append(compare(self._days(did, clock), did.days, self.binds))
        if event is None and (did.first_time or any(numbers.values())):
            return FALSE
        if did.first_time:
            conditions.append(self._first_time(did, clock))
        for function, wanted in numbers.items():
            if wanted:
                conditions.append(self._amount(did, clock, function, wanted))
        return joined(" AND ", conditions, TRUE)

    def did_not(self, happening: Happening, clock: Clock) -> str:
        """The condition that no such event happened."""
        return compare(self._count(happening, clock), Count(eq=0), self.binds)

    def _count(self, did: Happening, clock: Clock) -> str:
        """How often: an expression over the joined passes, 0 for a user without such events."""
        if did.event not in self.event_codes:
            return "0"
        source, inside = self._rows(did, clock)
        each = "n" if source is self.daily else "1"
        return f"COALESCE({source.column(f'SUM(CASE WHEN {inside} THEN {each} ELSE 0 END)')}, 0)"

    def _days(self, did: Happening, clock: Clock) -> str:
        """On how many different local days; 0 for a user without such events."""
        if did.event not in self.event_codes:
            return "0"
        source, inside = self._rows(did, clock)
        column = source.column(
            # Activity has one row per user, event and day already.
            f"SUM(CASE WHEN {inside} THEN 1 ELSE 0 END)"
            if source is self.daily
            else f"COUNT(DISTINCT CASE WHEN {inside} THEN day END)"
        )
        return f"COALESCE({column}, 0)"

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

        of_event = f"event = {self.binds.bind(self.event_codes[did.event])}"

        def values(sql_type: str) -> str:
            number = f"CASE WHEN {of_event} THEN {json_number(path, sql_type)} END"
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
        source = self.single if why_single_events(did) else self.daily
        code = self.event_codes[did.event]
        asked = window or clock.window(clauses.window_of(did))
        conditions = [source.inside(code, asked, self.binds)]
        if did.on and did.on.weekdays:
            conditions.append(weekday_holds(did.on.weekdays))
        if did.on and did.on.hours:
            conditions.append(hour_holds(did.on.hours, source.fact(hour_of_day(clock.timezone))))
        if did.where:
            fits = [f"event = {self.binds.bind(code)}"]
            fits += [property_holds(condition, self.binds) for condition in did.where]
            fact = source.fact(f"CASE WHEN {' AND '.join(fits)} THEN 1 ELSE 0 END")
            conditions.append(f"{fact} = 1")
        return source, " AND ".join(conditions)


def joined(word: str, conditions: list[str], empty: str) -> str:
    """Conditions joined by AND or OR; `empty` where there are none."""
    return f"({word.join(conditions)})" if conditions else empty


def compare(value: str, wanted: Count | Aggregate, binds: Binds) -> str:
    """A comparison of a number; all that is given must hold."""
    return joined(
        " AND ",
        [
            f"{value} {sql} {binds.bind(limit if isinstance(wanted, Count) else float(limit))}"
            for name, sql in _COMPARE.items()
            if (limit := getattr(wanted, name)) is not None
        ],
        TRUE,
    )
