"""A second, naive reading of the segment language: plain loops over plain lists.

It reads the JSON itself and shares no code with the engine, so that where the two agree both
are probably right.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.segments.history import Event, History


def members(
    document: dict[str, Any],
    history: History,
    as_of: date,
    *,
    shift_days: int = 0,
    segments: Mapping[str, dict[str, Any]] | None = None,
) -> set[str]:
    """User ids of the members at the end of as_of."""
    return Oracle(history, as_of, shift_days, segments or {}).members(document)


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
        return moment.astimezone(self.zone).date()

    def holds(self, document: dict[str, Any], user: str) -> bool:
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
            return fits(body, self.trait(user, body["property"]), self.moment_span)
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

    def happenings(self, body: dict[str, Any], user: str) -> list[Event]:
        return [
            event
            for event in self.events[user]
            if event.event == body["event"]
            and self.day(event.ts) <= self.as_of
            and self.in_window(body, event)
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

    def start_of(self, day: date) -> datetime:
        """The first instant of a local day, found by looking at every quarter of an hour."""
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=26)
        while self.day(moment) < day:
            moment += timedelta(minutes=15)
        return moment

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


def compares(wanted: dict[str, Any], value: Any) -> bool:
    """Whether a value of the right type passes every comparison in `wanted`."""
    checks = {
        "gte": lambda limit: value >= limit,
        "gt": lambda limit: value > limit,
        "lte": lambda limit: value <= limit,
        "lt": lambda limit: value < limit,
        "eq": lambda limit: value == limit,
        "ne": lambda limit: value != limit,
    }
    return all(checks[name](limit) for name, limit in wanted.items() if name in checks)


def fits(condition: dict[str, Any], value: Any, span: Any) -> bool:
    """Whether a property or trait, None when missing, passes a condition."""
    for operator, wanted in condition.items():
        if operator == "property":
            continue
        if operator == "exists":
            passed = (value is not None) == wanted
        elif operator == "in":
            passed = any(fits_one("eq", one, value, span) for one in wanted)
        else:
            passed = fits_one(operator, wanted, value, span)
        if not passed:
            return False
    return True


def fits_one(operator: str, wanted: Any, value: Any, span: Any) -> bool:
    if isinstance(value, datetime):
        if not isinstance(wanted, str) or operator in ("contains", "starts_with"):
            return False
        bounds = span(wanted)
        if bounds is None:
            return False
        start, end = bounds
        return {
            "eq": start <= value < end,
            "ne": not start <= value < end,
            "gt": value >= end,
            "gte": value >= start,
            "lt": value < start,
            "lte": value < end,
        }[operator]
    if kind_of(value) is None or kind_of(value) != kind_of(wanted):
        return False
    if operator == "contains":
        return wanted in value
    if operator == "starts_with":
        return value.startswith(wanted)
    return compares({operator: wanted}, value)


def kind_of(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else None
