"""How many faults the suite has tried, and what was lost by them: told when it is over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Counted:
    """Fault points and losses by what was harmed."""

    points: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)

    def tell(self, what: str, points: int, losses: int) -> None:
        """So many calls of `what` were harmed one by one, after so many something was missing, left
        over or doubled."""
        self.points[what] += points
        self.losses[what] += losses

    def lines(self) -> list[str]:
        """For people; nothing where nothing was tried."""
        told = [
            f"{what}: {points:,} fault points, {self.losses[what]:,} losses"
            for what, points in self.points.items()
        ]
        points, losses = self.points.total(), self.losses.total()
        return [*told, f"in all: {points:,} fault points, {losses:,} losses"] if told else []


COUNTED = Counted()
"""Of this process."""
