"""What members did of a metric, by user and day, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..goals.metrics import MOST, UNIT, Metric
from ..goals.plan import Plan
from ..lake.calendar import to_day
from ..lake.manifest import read_manifest
from ..lake.reader import SingleEvents, open_lake
from ..lake.tables import Tables
from ..segments.binds import Binds
from ..segments.comparisons import Condition
from ..segments.conditions import json_number, json_path, property_holds
from ..store.stores import Stores

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MetricRows:
    """int64 (n,) each, ascending by user hash, then day: `uh`, `day`, how many events, and their
    amounts in 1e-6, cut at `metrics.MOST` a day."""

    uh: Longs
    day: Longs
    n: Longs
    total: Longs

    @classmethod
    def none(cls) -> MetricRows:
        nothing = np.empty(0, np.int64)
        return cls(nothing, nothing, nothing, nothing)


def single_tables(stores: Stores, plan: Plan, group: int, folder: Path) -> Tables | None:
    """One group's single events that the metrics of the plan's goals ask for, of the days that
    count; None where daily counts answer all of them."""
    asked = [
        (metric.event.event, goal.terms.as_of)
        for goal in plan.goals
        for metric in goal.compared.metrics
        if metric.single
    ]
    if not asked:
        return None
    days = to_day(min(day for _, day in asked)) + 1, to_day(plan.date)
    single = SingleEvents(frozenset(name for name, _ in asked), days)
    return open_lake(
        stores.objects,
        read_manifest(stores.objects, plan.manifest_key),
        [group],
        {"events"},
        days,
        folder,
        user_ids=False,
        single=single,
        without=stores.erasures.suppressed(),
    )


def metric_rows(
    tables: Tables, single: Tables | None, metric: Metric, first: int, last: int
) -> MetricRows:
    """The rows of the days `first` to `last`; of `single` events where the metric needs them."""
    source = single if metric.single else tables
    assert source is not None  # opened where a metric needs it
    code = source.event_codes().get(metric.event.event)
    if code is None:
        return MetricRows.none()
    binds = Binds()
    where = [
        f"event = {binds.bind(code)}",
        f"day >= {binds.bind(first)}",
        f"day <= {binds.bind(last)}",
    ]
    count, total = ("COUNT(*)", "0") if metric.single else ("SUM(n)", "0")
    if metric.event.where:
        conditions = [Condition.model_validate(condition) for condition in metric.event.where]
        fits = " AND ".join(property_holds(condition, binds) for condition in conditions)
        where.append(f"CASE WHEN {fits} THEN 1 ELSE 0 END = 1")
    if metric.sum is not None:
        # Decimals add up to the same sum in any order, and are the millionths that are wanted.
        number = json_number(json_path(metric.sum, binds), "DECIMAL(28, 6)")
        most = f"CAST({MOST} AS DECIMAL(38, 6))"
        added = f"COALESCE(SUM({number}), 0)"
        total = f"LEAST(GREATEST({added}, -{most}), {most}) * {UNIT}"
    table = "events" if metric.single else "activity"
    sql = (
        f"SELECT uh, day, CAST({count} AS BIGINT) AS n, CAST({total} AS BIGINT) AS total "
        f"FROM {table} WHERE {' AND '.join(where)} GROUP BY uh, day ORDER BY uh, day"
    )
    found = source.con.execute(sql, binds.used_in(sql)).fetchnumpy()
    return MetricRows(*(_whole(found[name]) for name in ("uh", "day", "n", "total")))


def _whole(column: Any) -> Longs:
    return np.asarray(column, np.int64)
