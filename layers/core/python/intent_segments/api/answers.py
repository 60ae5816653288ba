"""Response bodies. They document the API and hold the tests; serving does not import them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from .insights import Drivers as Drivers
from .insights import GoalEvaluation as GoalEvaluation
from .insights import Reason
from .models import BucketPolicy, SegmentDefinition, Target
from .outlooks import (
    Answer,
    ArmName,
    BucketName,
    Candidate,
    Counted,
    CurvePoint,
    Did,
    Ending,
    EndingOutlook,
    EventsTotal,
    Interval,
    Needed,
    Outlook,
    Predicted,
    Terms,
)
from .outlooks import Forecast as Forecast


class FieldProblem(Answer):
    """One broken rule; `field` is a JSON path such as `events[0]`."""

    field: str
    message: str


class Problem(Answer):
    """RFC 9457 problem details, sent as application/problem+json. Of `insufficient-history` they
    also have what is missing, the last end date that history can carry, and events that would do.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem]
    rung: str | None = None
    missing: dict[str, Needed] | None = None
    longest_end_date: date | None = None
    candidates: list[Candidate] | None = None


class Health(Answer):
    """Sent as long as the API answers at all."""

    status: Literal["ok"]
    version: str


class Account(Answer):
    """`active_goals` counts the goals that hold a place: preparing, active, needs_data."""

    timezone: str
    plan: str
    goal_limit: int
    active_goals: int


class PropertySeen(Answer):
    """How often a property of an event had a value of each kind."""

    property: str
    kinds: dict[str, int]


class EventSeen(Answer):
    """An event name, how often it happened and when."""

    event: str
    count: int
    first_day: date
    last_day: date
    properties: list[PropertySeen]


class EventList(Answer):
    """All event names, most frequent first. `watermark` is the last closed day."""

    data: list[EventSeen]
    watermark: date | None


class Segment(Answer):
    """A saved segment; `all-users` is built in and has no dates."""

    id: str
    name: str
    type: Literal["past_behavior"]
    definition: SegmentDefinition
    created_at: datetime | None
    updated_at: datetime | None


class SegmentSaved(Segment):
    """The segment as saved. `warnings` name what is sound but probably not meant."""

    warnings: list[str]


class SegmentList(Answer):
    """Segments in the order they were made."""

    data: list[Segment]
    has_more: bool


class SampledUser(Answer):
    """A member, with the traits that held on as_of."""

    user_id: str
    traits: dict[str, Any]


class Explained(Answer):
    """A clause, by its path in the definition with referenced segments in place, and the table that
    answers it: the daily counts of `activity`, single `events`, or another; `why` is for people."""

    path: str
    clause: str
    reads: Literal["activity", "events", "profiles", "scores", "users"]
    why: str


class Preview(Answer):
    """`users` members on as_of. `reachability` counts those with a trait that a channel needs."""

    as_of: date
    users: int
    sample: list[SampledUser]
    reachability: dict[str, int]
    explain: list[Explained]
    warnings: list[str]


class Goal(Terms):
    """A saved goal. `users` (the frozen target group) and `forecast` are there once it is active;
    `last_night` is the day its buckets are of."""

    id: str
    name: str
    target: Target | None
    status: Literal["preparing", "active", "needs_data", "failed", "ended", "archived"]
    status_reason: str | None
    control_share: float
    created_at: datetime
    users: int | None
    forecast: Outlook | None
    model_version: str | None
    last_night: date | None


class GoalList(Answer):
    """Goals, newest first."""

    data: list[Goal]
    has_more: bool


class GoalWindow(Answer):
    """The days that a rolling goal's night looks ahead to. What came is null until they are over:
    `did` members did it, `events` times in all; `by_bucket` goes by the buckets of the night."""

    starts_on: date
    ends_on: date
    did: int | None
    events: int | None
    by_bucket: dict[BucketName, dict[ArmName, Counted]] | None
    by_arm: dict[ArmName, Counted] | None


class Day(Answer):
    """One published day. `did` counts members who did it so far, `events` the goal's events since
    `starts_on`, `expected_users` how many will have done it by the end by the likelihoods of
    tonight; `ending` is the same, corrected by what came so far, with its interval. `by_bucket`
    goes by the buckets of day 0, split by arm. Of a rolling goal nobody is done with: `did` is 0,
    `expected_users` and `predicted` are of the `window` that begins after the day, and what came of
    it stands in there."""

    date: date
    did: int
    open: int
    achieved: int
    lost: int
    events: int
    expected_users: float
    predicted: Predicted | None
    ending: Ending | None
    by_bucket: dict[BucketName, dict[ArmName, Did]] | None
    by_arm: dict[ArmName, Did] | None
    open_by_bucket: dict[BucketName, int]
    transitions: dict[BucketName, dict[BucketName, int]]
    window: GoalWindow | None


class TrackRecord(Answer):
    """How a rolling goal's complete windows turned out: their number, the mean absolute and the
    mean relative error of what was predicted, and how many lay in the 80 % interval."""

    complete: int
    mape: float | None
    bias: float | None
    coverage80: float | None


class ForecastNumbers(Answer):
    """The forecast of day 0 in short."""

    value: float | None
    intervals: dict[str, Interval] | None
    events_total: EventsTotal | None


class Progress(Answer):
    """Actual beside predicted. `curve` is the whole forecast, days to come included; `outlook` says
    how the goal will end as seen from the newest night. A rolling goal's `days` begin with day 0
    and go back a year at most; `windows` sums them up."""

    goal_id: str
    status: str
    direction: Literal["maximize", "minimize"]
    as_of: date
    starts_on: date
    ends_on: date | None
    rolling_days: int | None
    users: int
    target: Target | None
    forecast: ForecastNumbers
    days: list[Day]
    outlook: EndingOutlook | None
    windows: TrackRecord | None
    curve: list[CurvePoint]


class Bucket(Answer):
    """A bucket tonight: open members, their share of all open ones, the likelihood it starts at.
    `day0` follows the members who were in it on day 0; of a rolling goal, those who were in it when
    the newest complete window began."""

    bucket: BucketName
    users: int
    share: float | None
    likelihood_from: float
    day0: Did


class Buckets(Answer):
    """`achieved` and `lost` members stand beside the buckets, never in them. `transitions` counts
    open members by the bucket of the night before and tonight's."""

    goal_id: str
    date: date
    direction: Literal["maximize", "minimize"]
    bucket_policy: BucketPolicy
    users: int
    open: int
    achieved: int
    lost: int
    buckets: list[Bucket]
    transitions: dict[BucketName, dict[BucketName, int]]
    note: str | None


class BucketUser(Answer):
    """An open member of a bucket. Control members must not be reached."""

    user_id: str
    likelihood: float
    arm: ArmName


class BucketUserList(Answer):
    """Open members of one bucket, in a fixed random order."""

    goal_id: str
    date: date
    bucket: BucketName
    data: list[BucketUser]
    has_more: bool


class Intent(Answer):
    """A user's standing in one goal; likelihood, percentile and bucket are null unless the state
    is open. `percentile` is the percentage of open members with a lower likelihood; `reasons` are
    the strongest three at most, by the linear part of the model."""

    goal_id: str
    date: date
    state: Literal["open", "achieved", "lost"]
    likelihood: float | None
    percentile: int | None
    bucket: BucketName | None
    arm: ArmName
    reasons: list[Reason]


class UserIntents(Answer):
    """Every goal at work that has this user in its target group."""

    user_id: str
    data: list[Intent]


class Run(Answer):
    """A night (`night-2026-11-03`) or a set-up (`setup-goal_…`)."""

    id: str
    kind: Literal["goal_setup", "night"]
    date: date | None
    status: Literal["running", "published", "failed", "discarded"]
    reason: str | None
    started_at: datetime | None
    finished_at: datetime | None
    goals: list[str] = Field(description="Goals that the run published numbers of.")


class RunList(Answer):
    """Set-ups, then nights, each newest first."""

    data: list[Run]
    has_more: bool
