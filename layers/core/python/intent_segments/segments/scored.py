"""`bucket` and `likelihood`: membership by the scores that a goal's nights published."""

from __future__ import annotations

from dataclasses import dataclass, field

from .binds import Binds
from .clauses import InBucket, Likelihood
from .passes import Pass

_SQL = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}


@dataclass
class ScorePass(Pass):
    """A pass over `scores`: open members of goals, each row with the days whose newest scores it
    belongs to."""

    _goals: set[str] = field(default_factory=set)

    def holds(self, clause: InBucket | Likelihood, as_of: int, binds: Binds) -> str:
        """The condition on a user's row to be scored so by the newest scores of a day."""
        self._goals.add(clause.goal)
        day = binds.bind(as_of)
        held = f"goal = {binds.bind(clause.goal)} AND since <= {day} AND {day} < until"
        found = self.column(
            f"MAX(CASE WHEN {held} AND {_standing(clause, binds)} THEN 1 ELSE 0 END)"
        )
        return f"(COALESCE({found}, 0) = 1)"

    def rows(self, binds: Binds) -> str:
        """The rows that any clause can need."""
        goals = ", ".join(binds.bind(goal) for goal in sorted(self._goals))
        return f"scores WHERE goal IN ({goals})"


def _standing(clause: InBucket | Likelihood, binds: Binds) -> str:
    if isinstance(clause, InBucket):
        return f"bucket IN ({', '.join(binds.bind(name) for name in sorted(set(clause.in_)))})"
    conditions = [
        f"likelihood {sql} {binds.bind(float(wanted))}"
        for name, sql in _SQL.items()
        if (wanted := getattr(clause, name)) is not None
    ]
    if clause.top_percent is not None:
        conditions.append(f"percentile >= {binds.bind(100 - clause.top_percent)}")
    return " AND ".join(conditions)
