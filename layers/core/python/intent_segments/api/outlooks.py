"""What a forecast looks like in answers, and the parts that goals share with it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .models import BucketPolicy, GoalEventEntry, SegmentDefinition

BucketName = Literal["most_likely", "moderately_likely", "least_likely"]
ArmName = Literal["test", "control"]


class Answer(BaseModel):
    """What all response bodies share."""

    model_config = ConfigDict(extra="forbid")


class Interval(Answer):
    """A range that holds the outcome with the probability it is listed under."""

    low: float
    high: float


class EventsTotal(Answer):
    """Expected events by all members in the period."""

    value: float
    low80: float
    high80: float


class TargetOutlook(Answer):
    """How realistic the target is: `probability` that it is reached (minimizing: that it is not
    exceeded), the same in words, and the number that is as likely reached as not."""

    metric: Literal["users", "events"]
    value: float
    probability: float | None
    verdict: str
    even_chance: float | None = None


class ExpectedBucket(Answer):
    """A bucket as day 0 would cut it, and how many of its users are expected to do it."""

    bucket: BucketName
    users: int
    expected_users: float


class CurvePoint(Answer):
    """Users expected to have done it by the end of `date`, with the 80 % interval."""

    date: date
    value: float
    low80: float
    high80: float


class Counted(Answer):
    """Members, and those of them who did it."""

    users: int
    did: int


class Did(Answer):
    """Members of a part of the target group, and those of them who did it so far."""

    users: int
    did: int
    rate: float | None


class Rated(Did):
    """With the 95 % interval of the rate (Wilson's)."""

    low95: float | None
    high95: float | None


class SoFar(Answer):
    """Members who did it by what has landed since the last night: `new` ones since `since`, `did`
    in all by `date`, the newest day with data. It is partial: more may land, of that day and of
    others. `landed_until` is the instant of the newest event, `predicted` the forecast for the
    whole day. Of a rolling goal `did` counts the window that began after the last night, and
    `predicted` is of that whole window."""

    partial: Literal[True]
    since: date
    date: date
    landed_until: datetime | None
    new: int
    did: int
    users: int
    by_arm: dict[ArmName, Did]
    predicted: Predicted | None


class Predicted(Answer):
    """The forecast of day 0 for this day; of a rolling goal, that of the night for its window."""

    value: float
    low80: float
    high80: float


class TrackRecord(Answer):
    """How a rolling goal's complete windows turned out: their number, the mean absolute and the
    mean relative error of what was predicted, and how many lay in the 80 % interval."""

    complete: int
    mape: float | None
    bias: float | None
    coverage80: float | None


class Ending(Answer):
    """Members who will have done it when the period is over, as seen from a night: those who did,
    and what the days that remain may bring, with the 80 % interval."""

    value: float
    low80: float
    high80: float


class EndingOutlook(Ending):
    """The newest night's `ending`, with the 95 % interval and what has become of the target."""

    date: date
    low95: float
    high95: float
    target: TargetOutlook | None


class ForecastError(Answer):
    """How wrong the forecast may be: Student's t with `freedom` degrees of freedom on the logarithm
    of the count, `log_scale` its scale."""

    log_scale: float
    freedom: int


class LeastEffect(Answer):
    """The least difference of rates that a control group finds in four of five cases, and the same
    as a part of the rate without campaign; below 0 of a goal to minimise, null where none is."""

    smallest_effect: float | None
    smallest_lift: float | None


class AtShare(LeastEffect):
    """With this share of the members held back."""

    control_share: float


class AskedEffect(Answer):
    """Of the effect that was asked about: the chance to find it (`power`), the least share of
    control, in whole per cent from 1 to 20, that finds it in four of five cases, and the members
    that it takes at the share as it is; null where nothing is enough."""

    effect: float
    power: float
    control_share: float | None
    users: int | None


class Power(LeastEffect):
    """What a control group can show of these members: `control` of `users` are held back, and
    `base_rate` of them are expected to do it anyway. Of a look every night to the end, or of the
    one look at a rolling goal's window."""

    users: int
    control: int
    base_rate: float
    shares: list[AtShare]
    asked: AskedEffect | None
    sentence: str


class ForecastPower(Power):
    """Of an unsaved goal, at the share of control that a goal has unless told otherwise."""

    control_share: float


class Needed(Answer):
    """How much of something is `needed`, and how much history holds (`known`)."""

    needed: int
    known: int


class Candidate(Answer):
    """Another event that history would carry for the same segment and as many days: `users`
    members did it in the last known window, the share `rate` of all. `lift` is how many times as
    common it was among those who did the goal's events, null where too few did; `rung` the method
    that it would reach."""

    event: str
    users: int
    rate: float
    lift: float | None
    history_days: int
    rung: str


class Advice(Answer):
    """What would lift thin history from `rung` to the next: more of what is `missing`, a period
    that ends later (`longest_end_date` at most), or one of the `candidates`, best first."""

    rung: str
    missing: dict[str, Needed]
    longest_end_date: date | None
    candidates: list[Candidate]


class Outlook(Answer):
    """What a forecast says, with marketing as usual. `users` is the whole target group, `value`
    how many of them will do it; `intervals` are keyed "50", "80", "95"; `method` is the rung of the
    ladder that was used; `quality` says how far it can be trusted."""

    model_config = ConfigDict(extra="allow")

    id: str | None = None
    users: int
    value: float
    intervals: dict[str, Interval]
    error: ForecastError | None = None
    events_total: EventsTotal | None
    target: TargetOutlook | None
    curve: list[CurvePoint]
    quality: dict[str, Any]
    method: str
    families: dict[str, float] = Field({}, description="What each forecaster expects alone.")
    buckets: list[ExpectedBucket] = []
    warnings: list[str]
    advice: Advice | None = Field(None, description="Null on the highest rung.")


class Terms(Answer):
    """What was agreed: history ends with `as_of`, the period is `starts_on` to `ends_on`. A rolling
    goal has `rolling_days` instead of `ends_on`: that many days, from every night on.
    `bucket_policy` is the request's `buckets`."""

    segment_id: str | None
    definition: SegmentDefinition
    direction: Literal["maximize", "minimize"]
    events: list[GoalEventEntry]
    match: Literal["any", "all"]
    as_of: date
    starts_on: date
    ends_on: date | None
    rolling_days: int | None = None
    bucket_policy: BucketPolicy = {"by": "achievement"}


class Forecast(Terms):
    """A forecast, kept until `expires_at`; POST /v1/goals saves a goal from its `id`."""

    model_config = ConfigDict(extra="allow")

    id: str
    users: int
    value: float
    intervals: dict[str, Interval]
    error: ForecastError | None = None
    events_total: EventsTotal | None
    target: TargetOutlook | None
    curve: list[CurvePoint]
    quality: dict[str, Any]
    method: str
    families: dict[str, float] = Field({}, description="What each forecaster expects alone.")
    buckets: list[ExpectedBucket] = []
    warnings: list[str]
    advice: Advice | None = Field(None, description="Null on the highest rung.")
    power: ForecastPower | None = None
    expires_at: datetime
