"""A forecast as plain JSON values: what the API answers and a goal keeps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..goals.verdict import verdict
from ..lake.calendar import from_day
from .alternatives import in_words
from .drift import more
from .evaluate import word_for
from .forecast import Forecast
from .interval import Interval
from .rolling import Origin

TRAITS_NAMED = 10
LEAKS_TOLD = 5
"""An account may have thousands of undated traits, a model 200 signals; a goal keeps its warnings
in an item that holds 400 KB of everything."""


def report(found: Forecast) -> dict[str, Any]:
    """Counts are numbers of users (rounded to hundredths), rates are fractions, dates ISO."""
    events80 = found.events.interval(80)
    return {
        "users": found.users,
        "value": round(found.value, 2),
        "intervals": {level: _bounds(i) for level, i in found.intervals().items()},
        "error": {"log_scale": round(found.spread.scale, 6), "freedom": found.spread.freedom},
        "events_total": {"value": round(found.events.value, 2), **_bounds(events80, "80")},
        "curve": [
            {
                "date": from_day(point.day).isoformat(),
                "value": round(point.value, 2),
                "low80": round(point.low80, 2),
                "high80": round(point.high80, 2),
            }
            for point in found.curve
        ],
        "method": found.method,
        "families": {name: round(value, 2) for name, value in sorted(found.level.parts.items())},
        "quality": _quality(found),
        "warnings": warnings(found),
        "advice": None if found.advice is None else found.advice.to_json(),
    }


def outlook(found: Forecast, metric: str, value: float, direction: str) -> dict[str, Any]:
    """Is a wanted number realistic? When minimizing, it is reached by staying at or below it.

    `even_chance` is the number that is as likely to be reached as not.
    """
    spread = found.spread if metric == "users" else found.events
    reached = spread.reached(value)
    if direction == "minimize":
        reached = 1 - spread.reached(value + 1)
    return {
        "metric": metric,
        "value": value,
        "probability": round(reached, 4),
        "verdict": verdict(reached),
        "even_chance": round(spread.even, 2),
    }


def _bounds(bounds: Interval, suffix: str = "") -> dict[str, float]:
    return {f"low{suffix}": round(bounds.low, 2), f"high{suffix}": round(bounds.high, 2)}


def _quality(found: Forecast) -> dict[str, Any]:
    """Means over the past origins, all of them out of sample; null where there was none."""
    cards = [origin.evaluation for origin in found.origins]
    lift = _mean([card.lift_quality for card in cards])
    newest = cards[0] if cards else None
    return {
        "lift_quality": lift,
        "word": None if lift is None else word_for(lift),
        "auc": _mean([card.auc for card in cards]),
        "average_precision": _mean([card.average_precision for card in cards]),
        "brier": _mean([card.brier for card in cards]),
        "ece": _mean([card.ece for card in cards]),
        "drift": found.drift.to_json(),
        "backtest": {
            "mape": _mean([_error(origin) for origin in found.origins]),
            "origins": [
                {
                    "as_of": from_day(origin.day).isoformat(),
                    "forecast": round(origin.value, 2),
                    "actual": origin.actual,
                }
                for origin in found.origins
            ],
        },
        "reliability": [
            {"users": b.users, "predicted": round(b.predicted, 6), "observed": round(b.observed, 6)}
            for b in (newest.reliability if newest else ())
        ],
        "deciles": [
            {name: round(value, 6) for name, value in vars(decile).items()}
            for decile in (newest.deciles if newest else ())
        ],
    }


def warnings(found: Forecast) -> list[str]:
    """What to be careful about, in sentences, most important first."""
    said = [*_carried_on(found), *_thin(found)]
    if len(found.origins) < 2:
        said.append(
            "History holds fewer than two past periods to test this forecast on, so the interval "
            "rests mostly on experience with other goals."
        )
    auc = _mean([origin.evaluation.auc for origin in found.origins])
    if auc is not None and auc < 0.55 and found.method != "base_rate":
        said.append(
            "Past behaviour says little about who will do this: users are nearly alike, and "
            "buckets will differ little."
        )
    said += found.drift.warnings
    said += found.leaks[:LEAKS_TOLD]
    if further := found.leaks[LEAKS_TOLD:]:
        said.append(f"{len(further)} more signals do so; GET /v1/goals/{{id}}/drivers lists them.")
    if undated := found.undated_traits:
        said.append(
            "These traits have no dates, so they count as if they had always held: "
            f"{', '.join(undated[:TRAITS_NAMED])}{more(len(undated), TRAITS_NAMED)}."
        )
    return said


def _carried_on(found: Forecast) -> list[str]:
    """Where history is too short for windows of the goal's length."""
    model = found.model
    if model.learned == model.horizon:
        return []
    return [
        f"History holds no past period of {model.horizon} days, so {model.learned} days were "
        f"learnt and carried on to {model.horizon}. The interval is wider for it, and narrows as "
        "history grows."
    ]


def _thin(found: Forecast) -> list[str]:
    """The lower rungs of the ladder, with what would lift the forecast to the next one."""
    advice = found.advice
    if advice is None:
        return []
    word = "achievement" if advice.known == 1 else "achievements"
    counted = f"{advice.known} {word} in the past windows, {advice.needed} are needed"
    others = in_words(advice.candidates, found.model.learned, most=1)
    if advice.rung == "small":
        instead = f", or ask for {others}" if others else ""
        return [
            f"Few users did this in the past ({counted} for the full model), so a small, cautious "
            f"model is used. It improves by itself as history grows{instead}."
        ]
    instead = f", such as {others}," if others else ""
    return [
        f"Too few users did this in the past ({counted}) to tell users apart, so everybody has the "
        f"same likelihood. A more frequent event{instead} or a longer history would change that."
    ]


def _error(origin: Origin) -> float | None:
    return abs(origin.value - origin.actual) / origin.actual if origin.actual else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(np.mean(known)), 6) if known else None
