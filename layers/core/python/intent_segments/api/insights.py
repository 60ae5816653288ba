"""Answers about how far a goal's numbers can be trusted, and what is behind them."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from .effect_answers import Measured
from .models import GoalEventEntry
from .outlooks import Answer, ArmName, BucketName, Interval, Predicted, Rated, TrackRecord


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


class Outcome(Answer):
    """Members who did it (`actual`) beside those predicted, with the intervals that were given, by
    percent. `within` is the narrowest that holds what came, null where none does; `percentile` the
    share of outcomes that the forecast held for lower (0.5 is its middle), null before the end.
    `error` is (predicted - actual) / actual."""

    actual: int
    predicted: float
    intervals: dict[str, Interval]
    within: Literal["50", "80", "95"] | None
    percentile: float | None
    error: float | None


class EventsOutcome(Answer):
    """Events by all members so far, beside those predicted for the whole period."""

    actual: int
    predicted: float
    low80: float
    high80: float
    error: float | None


class TargetOutcome(Answer):
    """`reached` (minimizing: not exceeded) is null while it is open; `probability` and `verdict`
    are what day 0 said of it."""

    metric: Literal["users", "events"]
    value: int
    actual: int
    reached: bool | None
    probability: float | None
    verdict: str | None


class BucketReport(Rated):
    """A day-0 bucket: its members, those predicted to do it by the end, and those who did. When the
    period is over `predicted_users` is the sum of these very members' likelihoods of day 0, before
    it the forecast's; null of a rolling goal."""

    bucket: BucketName
    predicted_users: float | None
    predicted_rate: float | None


class ArmDifference(Answer):
    """Rate of the test arm less that of the control arm, with its 95 % interval (Newcombe 1998,
    method 10)."""

    value: float
    low95: float
    high95: float


class ArmsReport(Answer):
    """Test against control, and what their difference says; null where an arm is empty."""

    test: Rated
    control: Rated
    difference: ArmDifference | None
    verdict: str


class ReliabilityRow(Rated):
    """A tenth of the members by their likelihood of day 0, the least likely first: the rate
    predicted and the rate that came."""

    predicted: float


class RankingReport(Answer):
    """How well the likelihoods of day 0 told the members apart who did it, in both directions those
    of the event itself. `auc` is null unless both outcomes came."""

    users: int
    did: int
    auc: float | None
    brier: float
    ece: float
    reliability: list[ReliabilityRow]


class ReportDay(Answer):
    """Members who did it by the end of `date`, null where no night has closed it, and as the newest
    night knows it where that is another number, beside those predicted. Of a rolling goal the
    window that began after `date`."""

    date: date
    did: int | None
    did_restated: int | None
    predicted: Predicted | None


class GoalReport(Answer):
    """What was said on day 0 and what came, as of `date`, the last published night. `final` when
    it is over; then `ranking` is there too, and it does not change any more. `arms` is the plain
    comparison, `uplift` all that the nights say of it. A rolling goal is
    never final: `outcome`, `buckets` and `arms` are of its newest complete window, `windows` sums
    them up. `summary` says the same in sentences."""

    goal_id: str
    name: str
    status: str
    status_reason: str | None
    direction: Literal["maximize", "minimize"]
    as_of: date
    starts_on: date
    ends_on: date | None
    rolling_days: int | None
    date: date
    final: bool
    summary: list[str]
    users: int
    outcome: Outcome | None
    events: EventsOutcome | None
    target: TargetOutcome | None
    buckets: list[BucketReport]
    arms: ArmsReport
    uplift: Measured
    ranking: RankingReport | None
    curve: list[ReportDay]
    windows: TrackRecord | None


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
