"""Goals without end: every night asks about the days behind it, and is judged when they are over.

The target group stays the one of the goal's as_of, all of it open every night. The night of day D
predicts the window D+1 .. D+rolling_days; the night on which that window is complete counts what
came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .goal import Terms
from .progress import Cells, by_arm, cells_json, no_one

RETRAIN_NIGHTS = 28
"""A rolling goal's model is made anew when it is this old: habits and seasons move on, and four
weeks hold every weekday equally often."""


def window_that_ends(terms: Terms, night: date) -> date | None:
    """The night whose window is complete with `night`; None before the first one is, and for goals
    with an end."""
    if terms.rolling_days is None:
        return None
    began = night - timedelta(days=terms.rolling_days)
    return began if began >= terms.as_of else None


def retraining_due(terms: Terms, model: Mapping[str, Any] | None, night: date) -> bool:
    """Whether tonight makes a new model of a goal that has `model` on record."""
    if not terms.rolling or model is None:
        return False
    return (night - date.fromisoformat(model["as_of"])).days >= RETRAIN_NIGHTS


@dataclass(frozen=True)
class Completed:
    """What came in the window that began after the night of `as_of`: users by the bucket they were
    in that night and their arm, with those of them who did it, and the goal's events by all."""

    as_of: date
    cells: Cells
    events: int

    def to_json(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat(),
            "did": sum(cell.did for cell in self.cells.values()),
            "events": self.events,
            "by_bucket": cells_json(self.cells),
            "by_arm": by_arm(self.cells),
        }


@dataclass(frozen=True)
class WindowError:
    """A complete window: users predicted, with the 80 % interval, and users who came."""

    value: float
    low80: float
    high80: float
    did: int


def track_record(windows: Sequence[WindowError]) -> dict[str, Any]:
    """How complete windows turned out. `mape` and `bias` (mean of (predicted - did) / did) pass
    over windows in which nobody did it; null without any."""
    errors = [(w.value - w.did) / w.did for w in windows if w.did]
    held = [float(w.low80 <= w.did <= w.high80) for w in windows]
    return {
        "complete": len(windows),
        "mape": _mean([abs(error) for error in errors]),
        "bias": _mean(errors),
        "coverage80": _mean(held),
    }


def nothing_came() -> dict[str, dict[str, dict[str, int]]]:
    """The counts by bucket and arm before any window is complete."""
    return cells_json(no_one())


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 6) if values else None
