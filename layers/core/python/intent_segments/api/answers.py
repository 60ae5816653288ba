"""Response bodies. They document the API and hold the tests; serving does not import them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from .audiences import Export as Export
from .audiences import ExportList as ExportList
from .audiences import Preview as Preview
from .audiences import Segment as Segment
from .audiences import SegmentList as SegmentList
from .audiences import SegmentSaved as SegmentSaved
from .audiences import Trend as Trend
from .bucket_answers import Bucket as Bucket
from .bucket_answers import Buckets as Buckets
from .bucket_answers import BucketUser as BucketUser
from .bucket_answers import BucketUserList as BucketUserList
from .bucket_answers import Intent as Intent
from .bucket_answers import IntentNight as IntentNight
from .bucket_answers import IntentNights as IntentNights
from .bucket_answers import UserIntents as UserIntents
from .catalogued import EventList as EventList
from .catalogued import TraitList as TraitList
from .change_answers import ChangedUserList as ChangedUserList
from .change_answers import Changes as Changes
from .delivered import DeliveryList as DeliveryList
from .delivered import Destination as Destination
from .delivered import DestinationList as DestinationList
from .delivered import DestinationSecret as DestinationSecret
from .delivered import DestinationTested as DestinationTested
from .delivered import Engagement as Engagement
from .delivered import EngagementList as EngagementList
from .delivered import FailureList as FailureList
from .delivered import Replayed as Replayed
from .effect_answers import GoalPower as GoalPower
from .effect_answers import HoldoutReport as HoldoutReport
from .effect_answers import Uplift as Uplift
from .erasure_answers import Erasure as Erasure
from .erasure_answers import ErasureList as ErasureList
from .insights import Drivers as Drivers
from .insights import GoalEvaluation as GoalEvaluation
from .insights import GoalReport as GoalReport
from .models import GoalMetric, Target
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
    SoFar,
    Terms,
    TrackRecord,
)
from .outlooks import Forecast as Forecast
from .run_answers import RunWork
from .service_answers import GatewayMessage as GatewayMessage
from .service_answers import Health as Health
from .service_answers import Me as Me
from .signal_answers import GoalSignals as GoalSignals
from .signal_answers import SourceList as SourceList
from .tracking_answers import CallsTaken as CallsTaken
from .tracking_answers import RefusedCallList as RefusedCallList
from .tracking_answers import RollUpList as RollUpList
from .tracking_answers import WriteKeyList as WriteKeyList
from .tracking_answers import WriteKeyMade as WriteKeyMade


class FieldProblem(Answer):
    """One broken rule; `field` is a JSON path such as `events[0]`."""

    field: str
    message: str


class Problem(Answer):
    """RFC 9457 problem details, sent as application/problem+json. Of `insufficient-history` they
    also have what is missing, the last end date that history can carry, and events that would do;
    of `not-permitted` the `role` that is needed.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem]
    role: str | None = None
    rung: str | None = None
    missing: dict[str, Needed] | None = None
    longest_end_date: date | None = None
    candidates: list[Candidate] | None = None


class ChannelNeeds(Answer):
    """The trait that a channel needs, and the one that has to be true, if any."""

    trait: str
    consent: str | None


class Account(Answer):
    """`active_goals` counts the goals that hold a place: preparing, active, needs_data. Without
    `ai_pack` intent buckets answer 403; goals are scored all the same. `channels` say whom previews
    call reachable."""

    timezone: str
    plan: Literal["growth", "advanced", "enterprise"]
    ai_pack: bool
    goal_limit: int
    active_goals: int
    holdout_share: float
    holdout_since: date | None
    channels: dict[str, ChannelNeeds]


class Places(Answer):
    """The places of the account's limit: `held` says whether this goal fills one of the `used`."""

    held: bool
    used: int
    limit: int


class Retraining(Answer):
    """Why a goal's model is trained again by a night, and by when: since a user whom it had learnt
    from was erased on the day `since`."""

    since: date
    by: date
    reason: str


class Goal(Terms):
    """A saved goal. `users` (the frozen target group) and `forecast` are there once it is active;
    `last_night` is the day its buckets are of. `days_left` are the days of the period that no night
    has closed yet, null without an end and for a goal that stopped before its own; `cloned_from`
    the goal it was made from."""

    id: str
    name: str
    target: Target | None
    status: Literal["preparing", "active", "needs_data", "failed", "ended", "archived"]
    status_reason: str | None
    days_left: int | None
    places: Places
    cloned_from: str | None
    control_share: float
    metrics: list[GoalMetric]
    created_at: datetime
    users: int | None
    forecast: Outlook | None
    retraining: Retraining | None
    model_version: str | None
    last_night: date | None


class GoalList(Answer):
    """Goals, newest first."""

    data: list[Goal]
    has_more: bool


class GoalWindow(Answer):
    """The days that a rolling goal's night looks ahead to. What came is null until they are over:
    `did` members did it, `events` times in all; `by_bucket` goes by the buckets of the night.
    `did_restated` is `did` as known by the newest of the seven nights that count the window again,
    null where it is the same."""

    starts_on: date
    ends_on: date
    did: int | None
    did_restated: int | None
    events: int | None
    by_bucket: dict[BucketName, dict[ArmName, Counted]] | None
    by_arm: dict[ArmName, Counted] | None


class Day(Answer):
    """One published day. `did` counts members who did it so far; `did_restated` the same as the
    newest night knows it, with events that came in late, null where it is the same. `events` are
    the goal's events since `starts_on`, `expected_users` how many will have done it by the end by
    the likelihoods of tonight; `ending` is the same, corrected by what came so far, with its
    interval. `by_bucket` goes by the buckets of day 0, split by arm. Of a rolling goal nobody is
    done with: `did` is 0,
    `expected_users` and `predicted` are of the `window` that begins after the day, and what came of
    it stands in there."""

    date: date
    did: int
    did_restated: int | None
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


class ForecastNumbers(Answer):
    """The forecast of day 0 in short."""

    value: float | None
    intervals: dict[str, Interval] | None
    events_total: EventsTotal | None


class Progress(Answer):
    """Actual beside predicted. `curve` is the whole forecast, days to come included; `outlook` says
    how the goal will end as seen from the newest night. A rolling goal's `days` begin with day 0
    and go back a year at most; `windows` sums them up. `today` is there when it is asked for, while
    the goal is at work and something has landed since its last night."""

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
    today: SoFar | None
    outlook: EndingOutlook | None
    windows: TrackRecord | None
    curve: list[CurvePoint]


class Run(Answer):
    """A night (`night-2026-11-03`), a set-up (`setup-goal_…`), an export (`export-exp_…`), a send
    of an engagement (`send-eng_…-2026-11-03`), or the counting of segments on a day that loads
    closed (`sizes-2026-11-03`)."""

    id: str
    kind: Literal["goal_setup", "night", "sizes", "export", "send"]
    date: date | None
    status: Literal["running", "published", "failed", "discarded"]
    reason: str | None
    warnings: list[str] = Field(
        description="What a published run had to leave out, such as the size of a segment."
    )
    started_at: datetime | None
    finished_at: datetime | None
    goals: list[str] = Field(description="Goals that the run published numbers of.")
    work: RunWork | None = Field(description="Null while the run is under way.")


class RunList(Answer):
    """Sizes, set-ups, nights, exports, each newest first."""

    data: list[Run]
    has_more: bool
