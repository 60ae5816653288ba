"""A second, naive reading of the segment language: plain loops over plain lists.

It reads the JSON itself and shares no code with the engine, so that where the two agree both
are probably right.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.segments.history import Event, History
from tests.unit.segments.oracle_values import compares, exactly, fits

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@cache
def local_day(zone: ZoneInfo, moment: datetime) -> date:
    return moment.astimezone(zone).date()


@cache
def first_instant(zone: ZoneInfo, day: date) -> datetime:
    """The first instant of a local day, found by looking at every quarter of an hour."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=26)
    while local_day(zone, moment) < day:
        moment += timedelta(minutes=15)
    return moment


class Oracle:
    def __init__(
        self, history: History, as_of: date, shift: int, segments: Mapping[str, dict[str, Any]]
    ) -> None:
        self.history = history
        self.as_of = as_of
        self.shift = timedelta(days=shift)
        self.segments = segments
        self.zone = ZoneInfo(history.timezone)
        self.events: dict[str, list[Event]] = {user: [] for user in self._everyone()}
        for event in history.events:
            self.events[event.user].append(event)
        self.universe = {user for user in self._everyone() if self._entered(user)}

    def members(self, document: dict[str, Any]) -> set[str]:
        return {user for user in self.universe if self.holds(document, user)}

    def _everyone(self) -> set[str]:
        return {row.user for row in (*self.history.events, *self.history.traits)}

    def _entered(self, user: str) -> bool:
        days = [self.day(event.ts) for event in self.events[user]]
        if not days:
            return True
        days += [t.since for t in self.history.traits if t.user == user and t.since is not None]
        return min(days) <= self.as_of

    def day(self, moment: datetime) -> date:
        return local_day(self.zone, moment)

    def holds(self, document: dict[str, Any], user: str) -> bool:
        if "sequence" in document:
            return self.chain(document, document["sequence"], user, None)
        ((kind, body),) = document.items()
        if kind == "all":
            return all(self.holds(inner, user) for inner in body)
        if kind == "any":
            return any(self.holds(inner, user) for inner in body)
        if kind == "not":
            return not self.holds(body, user)
        if kind == "users":
            return user in body
        if kind == "segment":
            return body == "all-users" or self.holds(self.segments[body], user)
        if kind == "profile":
            value = self.trait(user, body["property"])
            return fits(body, value, self.moment_span) and self.near(body, value)
        if kind in ("bucket", "likelihood"):
            return self.scored(body, user)
        if kind == "did_not":
            return not self.happenings(body, user)
        assert kind == "did"
        return self.did(body, user)

    def did(self, body: dict[str, Any], user: str) -> bool:
        happened = self.happenings(body, user)
        if not compares(body.get("count", {"gte": 1}), len(happened)):
            return False
        if "days" in body and not compares(body["days"], len({self.day(e.ts) for e in happened})):
            return False
        if "first_time" in body:
            ever = self.happenings({**body, "within": None, "between": None, "before": None}, user)
            if not ever or min(ever, key=lambda e: e.ts) not in happened:
                return False
        for function in ("sum", "avg", "min", "max"):
            if function in body:
                name = body[function]["property"]
                values = [e.properties.get(name) for e in happened]
                numbers = [v for v in values if type(v) in (int, float)]
                if not numbers:
                    return False
                total = sum(Decimal(str(number)) for number in numbers)
                amount = {
                    "sum": float(total),
                    "avg": float(total) / len(numbers),
                    "min": min(numbers),
                    "max": max(numbers),
                }[function]
                if not compares(body[function], amount):
                    return False
        return True

    def chain(
        self, window: dict[str, Any], steps: list[dict[str, Any]], user: str, before: Any
    ) -> bool:
        """Whether these steps can follow the moment `before`: every way is tried."""
        if not steps:
            return True
        step, *rest = steps
        wait = {"days": timedelta(days=1), "hours": timedelta(hours=1)}
        for event in self.happenings({**window, **step, "within": window.get("within")}, user):
            if before is not None and event.ts <= before:
                continue
            if "within" in step:
                ((unit, number),) = step["within"].items()
                if event.ts - before > number * wait[unit]:
                    continue
            if self.chain(window, rest, user, event.ts):
                return True
        return False

    def scored(self, body: dict[str, Any], user: str) -> bool:
        nights = [n for n in self.history.nights if n.goal == body["goal"] and n.day <= self.as_of]
        newest = max(nights, key=lambda night: night.day, default=None)
        if newest is None or user not in newest.standing:
            return False
        micro, bucket, percentile = newest.standing[user]
        if "in" in body:
            return bucket in body["in"]
        if "top_percent" in body and (percentile is None or percentile + body["top_percent"] < 100):
            return False
        return compares(body, Fraction(micro, 1_000_000), exactly)

    def near(self, body: dict[str, Any], value: Any) -> bool:
        """Whether a date lies among the days before and at as_of, or after it."""
        for way in ("within_last", "within_next"):
            if way in body:
                if not isinstance(value, datetime):
                    return False
                days = range(1, body[way]["days"] + 1)
                ahead = [(self.as_of + timedelta(days=day)) for day in days]
                back = [(self.as_of - timedelta(days=day - 1)) for day in days]
                if self.day(value) not in (ahead if way == "within_next" else back):
                    return False
        return True

    def happenings(self, body: dict[str, Any], user: str) -> list[Event]:
        return [
            event
            for event in self.events[user]
            if event.event == body["event"]
            and self.day(event.ts) <= self.as_of
            and self.in_window(body, event)
            and self.on(body.get("on", {}), event)
            and all(
                fits(condition, event.properties.get(condition["property"]), None)
                for condition in body.get("where", [])
            )
        ]

    def in_window(self, body: dict[str, Any], event: Event) -> bool:
        day = self.day(event.ts)
        if within := body.get("within"):
            if "days" in within:
                return day > self.as_of - timedelta(days=within["days"])
            end = self.start_of(self.as_of + timedelta(days=1))
            return end - timedelta(hours=within["hours"]) <= event.ts < end
        if between := body.get("between"):
            first = date.fromisoformat(between["from"]) + self.shift
            return first <= day <= date.fromisoformat(between["to"]) + self.shift
        if before := body.get("before"):
            return day < date.fromisoformat(before) + self.shift
        return True

    def on(self, wanted: dict[str, Any], event: Event) -> bool:
        local = event.ts.astimezone(self.zone)
        if "weekdays" in wanted and WEEK[local.weekday()] not in wanted["weekdays"]:
            return False
        if "hours" in wanted:
            hour, inside = wanted["hours"]["from"], set()
            while hour != wanted["hours"]["to"] % 24 or not inside:
                inside.add(hour)
                hour = (hour + 1) % 24
            return local.hour in inside
        return True

    def start_of(self, day: date) -> datetime:
        return first_instant(self.zone, day)

    def trait(self, user: str, name: str) -> Any:
        held = [
            trait
            for trait in self.history.traits
            if trait.user == user
            and trait.property == name
            and (trait.since is None or trait.since <= self.as_of)
        ]
        return max(held, key=lambda t: t.since or date.min).value if held else None

    def moment_span(self, text: str) -> tuple[datetime, datetime] | None:
        """The instants [start, end) that an ISO date or date-time of the definition means."""
        try:
            if len(text) == 10:
                day = date.fromisoformat(text) + self.shift
                return self.start_of(day), self.start_of(day + timedelta(days=1))
            start = datetime.fromisoformat(text) + self.shift
        except ValueError:
            return None
        start = start if start.tzinfo else start.replace(tzinfo=UTC)
        return start, start + timedelta(microseconds=1)
