"""What else is compared between the arms of a goal: other events, and amounts on them.

Opens and clicks, visits, revenue: each is an event, perhaps with conditions, and perhaps a numeric
property whose values are added up. Nothing about a goal's likelihoods, buckets or forecast depends
on them, so they may be changed at any time; every night counts them from the goal's first day on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import FieldError, InvalidInput
from ..segments.goal_event import GoalEvent
from .event_rules import Known, agree_events, unknown_property

MAX_METRICS = 10
MAX_METRICS_BYTES = 10_000
"""Of all metrics of a goal as JSON: a goal carries them in its item."""

MAX_NAME = 80

UNIT = 1_000_000
"""Amounts are counted in whole millionths of their own unit, so that groups add up exactly."""

MOST = 10**9
"""The largest amount of a user and day, of either sign; beyond it is no amount but a mistake."""


@dataclass(frozen=True)
class Metric:
    """`sum` names the property whose values are added up; without it the events are counted."""

    name: str
    event: GoalEvent
    sum: str | None = None

    @property
    def id(self) -> str:
        """Text that equal questions share, whatever they are called: what nights counted under it
        goes on when a metric is renamed, and begins anew when it asks for something else."""
        text = json.dumps([self.event.identity, self.sum], ensure_ascii=False)
        return "m" + hashlib.sha256(text.encode()).hexdigest()[:11]

    @property
    def single(self) -> bool:
        """Whether it needs single events; daily counts do for the others."""
        return bool(self.event.where) or self.sum is not None

    def to_json(self) -> dict[str, Any]:
        """`event` is a name, or {"event", "where"}."""
        return {"name": self.name, "event": self.event.to_json(), "sum": self.sum}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Metric:
        """The inverse of `to_json`, unchecked."""
        return cls(document["name"], GoalEvent.from_json(document["event"]), document["sum"])


def agree_metrics(given: Sequence[Mapping[str, Any]], known: Known) -> tuple[Metric, ...]:
    """The metrics that a caller asks for, each {"name", "event", "sum"}, of which the event is as
    in a goal. Raises InvalidInput with one FieldError per broken rule."""
    if len(given) > MAX_METRICS:
        raise InvalidInput.at(
            "metrics", f"a goal has at most {MAX_METRICS} metrics, not {len(given)}"
        )
    found: list[Metric] = []
    broken: list[FieldError] = []
    for position, entry in enumerate(given):
        field = f"metrics[{position}]"
        events, refused = agree_events((entry["event"],), known)
        broken += [_inside(field, error) for error in refused]
        if refused:
            continue
        metric = Metric(entry["name"], events[0], entry["sum"])
        broken += _rules(metric, field, found, known)
        found.append(metric)
    size = len(json.dumps([metric.to_json() for metric in found]).encode())
    if size > MAX_METRICS_BYTES:
        said = f"metrics take {size:,} bytes as JSON, at most {MAX_METRICS_BYTES:,} fit: shorten"
        broken.append(FieldError("metrics", f"{said} the conditions, or the lists in them."))
    if broken:
        raise InvalidInput(broken[0].message, tuple(broken))
    return tuple(found)


def _rules(metric: Metric, field: str, others: Sequence[Metric], known: Known) -> list[FieldError]:
    broken = []
    for other in others:
        if other.name == metric.name:
            broken.append(FieldError(f"{field}.name", f"two metrics are called {metric.name!r}"))
        elif other.id == metric.id:
            said = f"{metric.name!r} asks for the same as {other.name!r}; once is enough"
            broken.append(FieldError(field, said))
    properties = known[metric.event.event]
    if metric.sum is not None and properties is not None and metric.sum not in properties:
        said = unknown_property(metric.event.event, metric.sum, properties)
        broken.append(FieldError(f"{field}.sum", said))
    return broken


def _inside(field: str, error: FieldError) -> FieldError:
    """What is wrong with one event, at its place among the metrics."""
    rest = error.field.removeprefix("events[0]").removeprefix("events")
    at = f"{field}.event{rest.removeprefix('.event')}"
    message = error.message.removeprefix(f"{error.field}: ")
    return FieldError(at, message)
