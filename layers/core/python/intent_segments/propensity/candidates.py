"""Which plain conditions are tried: round thresholds for every signal of a model's plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from .features import WINDOW_EDGES, FeaturePlan
from .signals import Columns, Signal

TIMES = (1, 2, 3, 5, 10, 20, 50, 100)
DAYS = (7, 14, 28, 56, 91, 182, 365)
GAPS = (1, 2, 4)
SINCE = (-28, -7, 0, 7, 28, 91, 182, 365)
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Thresholds that people use. A finer grid would fit the past better and be no truer of it."""

Group = tuple[Signal, tuple[float, ...]]


def candidates(plan: FeaturePlan, kinds: Mapping[str, str], seen: Columns) -> Iterator[Group]:
    """(a signal, the thresholds to try) for every measure that the plan's columns hold.

    `kinds` has the kind of every trait ("string", "number", "boolean", "timestamp"); thresholds of
    numbers are quantiles of the users in `seen`, to two digits.
    """
    for event in plan.events:
        for days in (*WINDOW_EDGES[1:], None):
            yield Signal("count", event, 1, days), TIMES
    yield Signal("first_seen", "", 1), DAYS
    yield Signal("last_seen", "", 1), DAYS
    for window, most in ((28, 20), (91, 50)):
        yield Signal("active_days", "", 1, window), tuple(n for n in TIMES if 1 < n <= most)
    if plan.goal_events:
        goal = " or ".join(plan.goal_events)
        yield Signal("goal_days", goal, 1), TIMES[1:]
        yield Signal("pace", goal, 1), DAYS[:5]
        yield Signal("overdue", goal, 1), GAPS
    for column in plan.traits:
        if column.value is not None:
            yield Signal("is", column.property, 1, value=column.value), (1,)
        elif column.known:
            yield Signal("known", column.property, 1), (1,)
        elif column.other:
            yield Signal("other", column.property, 1), (1,)
        else:
            yield from _of_trait(column.property, kinds.get(column.property, "number"), seen)


def _of_trait(name: str, kind: str, seen: Columns) -> Iterator[Group]:
    if kind == "boolean":
        yield Signal("true", name, 1), (1,)
    elif kind == "timestamp":
        yield Signal("days_since", name, 1), SINCE
    else:
        signal = Signal("number", name, 1)
        values = seen.measure(signal)
        values = values[np.isfinite(values)]
        if len(values):
            cuts = np.quantile(values, QUANTILES)
            yield signal, tuple(sorted({_round(float(cut)) for cut in cuts}))


def _round(value: float) -> float:
    return float(f"{value:.2g}")


def at(signal: Signal, least: float) -> Signal:
    """The same question with another threshold."""
    return replace(signal, least=least)
