"""What a night compares of a goal besides the goal's own events, and where it goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .metrics import Metric


@dataclass(frozen=True)
class Engaged:
    """An engagement of a goal, by its id, and its sends whose audience is settled in every group:
    (name, the day that the audience is as of), in their order."""

    id: str
    sends: tuple[tuple[str, date], ...]

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "sends": [[name, day.isoformat()] for name, day in self.sends]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Engaged:
        """The inverse of `to_json`."""
        sends = tuple((name, date.fromisoformat(day)) for name, day in document["sends"])
        return cls(document["id"], sends)


@dataclass(frozen=True)
class Compared:
    """`before` is the date and the checksum of the counts of the night before, None where it has
    none."""

    metrics: tuple[Metric, ...] = ()
    engaged: tuple[Engaged, ...] = ()
    before: tuple[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "metrics": [metric.to_json() for metric in self.metrics],
            "engaged": [engagement.to_json() for engagement in self.engaged],
            "before": None if self.before is None else list(self.before),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Compared:
        """The inverse of `to_json`; nothing of plans from before there was any."""
        before = document.get("before")
        return cls(
            tuple(Metric.from_json(entry) for entry in document.get("metrics", ())),
            tuple(Engaged.from_json(entry) for entry in document.get("engaged", ())),
            None if before is None else (before[0], before[1]),
        )


NOTHING = Compared()
"""Of a set-up, which has no night behind it."""
