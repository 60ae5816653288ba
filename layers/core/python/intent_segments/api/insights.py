"""Answers about how far a goal's numbers can be trusted, and what is behind them."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from .models import GoalEventEntry
from .outlooks import Answer, ArmName, BucketName, Did, Predicted


class Rated(Did):
    """With the 95 % interval of the rate (Wilson's)."""

    low95: float | None
    high95: float | None


class BucketOutcome(Rated):
    """How the members of a day-0 bucket did so far. `lift` is their rate over that of all members;
    `expected_users` how many of them the forecast expected by the end."""

    bucket: BucketName
    lift: float | None
    expected_users: float | None
    by_arm: dict[ArmName, Rated]


class GoalEvaluation(Answer):
    """`quality` is that of past forecasts of the same question; `buckets` are those of day 0, with
    what came by `date`, the last published night (`finished`: of the whole period). A rolling goal
    is judged by the newest window that is complete, by the buckets when it began; `predicted` is
    what its night said, null and nobody while there is none."""

    goal_id: str
    status: str
    direction: Literal["maximize", "minimize"]
    as_of: date
    ends_on: date | None
    rolling_days: int | None
    date: date
    finished: bool
    method: str | None
    quality: dict[str, Any]
    warnings: list[str]
    users: int
    did: int
    predicted: Predicted | None
    buckets: list[BucketOutcome]


class Driver(Answer):
    """A condition on members. Where it held in past windows the share `rate_with` did the goal's
    events, where it did not `rate_without`; `direction` is 1 when the former is higher, else -1.
    `users_with` different users are behind `rate_with`; it holds for the share `share_with` of the
    members on as_of. `importance` is the share of the outcome's uncertainty (log loss) that the
    condition alone takes away."""

    sentence: str
    condition: str
    opposite: str
    direction: Literal[1, -1]
    rate_with: float
    rate_without: float
    users_with: int
    share_with: float
    importance: float


class Window(Answer):
    """A past window: the `days` days after as_of."""

    as_of: date
    days: int


class DriverInBucket(Answer):
    """How common a driver's condition is in a bucket: `share` of its members, `times` that of all.
    `driver` is its place in `drivers`, from 0."""

    driver: int
    share: float
    times: float | None


class Drivers(Answer):
    """What goes along with the goal's events (not what causes them), strongest first, counted over
    `windows`. `buckets` has the same conditions among the members of each day-0 bucket, most
    unusual first. `warnings` name signals that look like a leak of the outcome."""

    goal_id: str
    direction: Literal["maximize", "minimize"]
    events: list[GoalEventEntry]
    model_version: str
    as_of: date
    windows: list[Window]
    drivers: list[Driver]
    buckets: dict[BucketName, list[DriverInBucket]]
    warnings: list[str]


class Reason(Answer):
    """Something that holds for the user and moves the likelihood: `effect` 1 raises it, -1 lowers
    it. In past windows the share `rate` of such members did the goal's events, and
    `rate_otherwise` of the others."""

    condition: str
    effect: Literal[1, -1]
    rate: float
    rate_otherwise: float
