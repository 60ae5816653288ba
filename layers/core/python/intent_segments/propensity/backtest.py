"""Backtest: the forecast of an earlier day beside what came, on the very code that forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import InsufficientHistory
from ..lake.calendar import from_day
from ..lake.tables import Tables
from .evaluate import Evaluation, evaluate
from .evidence import Evidence
from .forecast import Forecast, forecast
from .goal_history import GoalHistory
from .history import load_history
from .labels import GoalDays
from .question import Lookup, Question
from .report import warnings


@dataclass(frozen=True)
class OriginResult:
    """One origin. `forecast` is None when history could not carry one (`refusal` says why);
    `actual`, `actual_by_day` (users who had done it by the end of each day of the period) and
    `evaluation` are None when the period is not in the data."""

    as_of: int
    users: int
    actual: int | None
    forecast: Forecast | None
    evaluation: Evaluation | None
    refusal: str | None = None
    actual_by_day: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Backtest:
    """All origins of one question, in the order asked."""

    origins: tuple[OriginResult, ...]
    undated_traits: tuple[str, ...]

    def summary(self) -> dict[str, float | None]:
        """Means over origins; those without the figure are passed over, None when none has it."""
        scored = [
            (origin, origin.forecast.spread, origin.actual)
            for origin in self.origins
            if origin.forecast is not None and origin.actual is not None
        ]
        errors = [(spread.value - actual) / actual for _, spread, actual in scored if actual]
        held = {
            level: [
                float(bounds.low <= actual <= bounds.high)
                for bounds, actual in ((s.interval(level), actual) for _, s, actual in scored)
            ]
            for level in (80, 95)
        }
        known = [origin.evaluation for origin, _, _ in scored if origin.evaluation is not None]
        return {
            "mape": _mean([abs(e) for e in errors]),
            "bias": _mean(errors),
            "coverage80": _mean(held[80]),
            "coverage95": _mean(held[95]),
            "auc": _mean([e.auc for e in known]),
            "brier": _mean([e.brier for e in known]),
            "ece": _mean([e.ece for e in known]),
        }

    def to_json(self) -> dict[str, Any]:
        """The document that `intent backtest --json` prints."""
        return {"origins": [_origin_json(o) for o in self.origins], "summary": self.summary()}


def backtest(
    tables: Tables, question: Question, origins: Sequence[int], lookup: Lookup | None = None
) -> Backtest:
    """Forecast `question` as of each day of `origins`, and look up what came afterwards.

    A forecast is made from evidence that ends with its origin; the truth is read apart from it.
    """
    results = []
    undated: set[str] = set()
    for day in origins:
        evidence = Evidence.gather(tables, replace(question, as_of=day), lookup)
        undated.update(evidence.traits.undated())
        results.append(_one(tables, evidence))
    return Backtest(tuple(results), tuple(sorted(undated)))


def _one(tables: Tables, evidence: Evidence) -> OriginResult:
    question = evidence.question
    members = evidence.members(question.as_of)
    days = achieved_days(tables, question, evidence.history.uh[members])
    did = None if days is None else days <= question.last_day
    actual = None if did is None else int(did.sum())
    try:
        found = forecast(evidence)
    except InsufficientHistory as error:
        return OriginResult(question.as_of, len(members), actual, None, None, error.message)
    evaluation = None if did is None else evaluate(found.likelihood, did)
    by_day = None if days is None else _so_far(days - question.as_of, question.horizon)
    return OriginResult(
        question.as_of, len(members), actual, found, evaluation, actual_by_day=by_day
    )


def truth(tables: Tables, question: Question, members: np.ndarray) -> np.ndarray | None:
    """bool (n,): which of the member hashes did it in the period; None if the data end before."""
    days = achieved_days(tables, question, members)
    return None if days is None else days <= question.last_day


def achieved_days(tables: Tables, question: Question, members: np.ndarray) -> np.ndarray | None:
    """int32 (n,): the day by which each member hash had done it, later than `question.last_day`
    for those who did not in the period; None if the data end before it."""
    (newest,) = tables.con.execute("SELECT MAX(day) FROM activity").fetchall()[0]
    if newest is None or newest < question.last_day:
        return None
    later = load_history(tables, question.last_day)
    found = GoalHistory.of(tables, later, question.events)
    goal = GoalDays.of(found.history, found.goal, question.match)
    return goal.achieved_on(later.index_of(members), question.as_of)


def _so_far(days: np.ndarray, horizon: int) -> tuple[int, ...]:
    """Counts by the end of day 1 .. horizon of the period."""
    first = np.bincount(days[days <= horizon] - 1, minlength=horizon)
    return tuple(int(count) for count in np.cumsum(first))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _origin_json(origin: OriginResult) -> dict[str, Any]:
    found, evaluation = origin.forecast, origin.evaluation
    numbers: dict[str, Any] | None = None
    if found is not None:
        bounds80, bounds95 = found.spread.interval(80), found.spread.interval(95)
        numbers = {
            "value": found.value,
            "low80": bounds80.low,
            "high80": bounds80.high,
            "low95": bounds95.low,
            "high95": bounds95.high,
        }
    return {
        "as_of": from_day(origin.as_of).isoformat(),
        "users": origin.users,
        "actual": origin.actual,
        "forecast": numbers,
        "method": "none" if found is None else found.method,
        "warnings": [] if found is None else warnings(found),
        "auc": None if evaluation is None else evaluation.auc,
        "average_precision": None if evaluation is None else evaluation.average_precision,
        "brier": None if evaluation is None else evaluation.brier,
        "ece": None if evaluation is None else evaluation.ece,
        "lift_quality": None if evaluation is None else evaluation.lift_quality,
        **({} if origin.refusal is None else {"refusal": origin.refusal}),
    }
