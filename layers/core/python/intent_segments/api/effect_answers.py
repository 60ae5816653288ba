"""Answers about test against control."""

from __future__ import annotations

from datetime import date
from typing import Literal

from .models import GoalEventEntry
from .outlooks import Answer, BucketName, Power, Rated


class Estimate(Answer):
    """A value with its 95 % interval; null where the counts set no bound, or no value."""

    value: float | None
    low95: float | None
    high95: float | None


class Split(Answer):
    """How likely a split this far from the meant one is (sample ratio mismatch); `ok` is false
    below 0.001, and then no effect is shown."""

    p_value: float
    ok: bool


class Adjusted(Answer):
    """The difference between members who were alike on day 0: with what the likelihood explains
    taken out (`cuped`), and how much of the variance that saved, or within day-0 buckets
    (`stratified`, Miettinen and Nurminen), where fewer than 100 of control did it."""

    method: Literal["cuped", "stratified"]
    difference: Estimate
    repeated: Estimate | None
    variance_saved: float | None


class Effect(Answer):
    """What one group did differently from another, as `Compared` has it."""

    srm: Split | None
    difference: Estimate | None
    repeated: Estimate | None
    always_valid: Estimate | None
    relative: Estimate | None
    incremental_users: Estimate | None
    adjusted: Adjusted | None
    verdict: Literal["better", "worse", "inconclusive"]
    verdict_by: Literal["counts", "adjusted"]
    sentence: str


class Compared(Effect):
    """Test against control, everybody as drawn. `difference` is rate of test - rate of control for
    one look when the period is over, `repeated` the same for a look every night until then,
    `always_valid` for looks without any end. `relative` (a part of the control's rate) and
    `incremental_users` (of the test arm) hold as `repeated` does. `verdict` goes by `repeated`,
    or by `adjusted` where its method is `cuped` and 100 of control had done it by half of the
    period (`verdict_by`); to minimise, fewer is better. Of a rolling goal
    there is one look per window: `repeated` and `always_valid` are null. Effects are null where the
    split is broken or an arm is empty."""

    test: Rated
    control: Rated


class BucketUplift(Compared):
    """The members of a day-0 bucket."""

    bucket: BucketName


class TenthUplift(Answer):
    """A tenth of the members by their likelihood of day 0, of doing the goal's events: 1 is the
    likeliest. `likelihood` is their mean one; `difference` holds as `repeated` does."""

    tenth: int
    likelihood: float
    test: Rated
    control: Rated
    difference: Estimate | None


class QiniPoint(Answer):
    """Had only the `share` of members at the top been reached, `incremental` more would have done
    it (to minimise: been kept from it), per member of the test arm."""

    share: float
    incremental: float


class Qini(Answer):
    """What reaching the likeliest first brings. `coefficient` is the area between the curve and a
    straight line: above 0 where the likeliest are the easiest to persuade."""

    coefficient: float
    curve: list[QiniPoint]


class ByLikelihood(Answer):
    """Uplift by the likelihoods of day 0; `qini` is null where fewer than 100 of control did it."""

    tenths: list[TenthUplift]
    qini: Qini | None


class Persuadables(Answer):
    """Whether the moderately likely were moved `more` than the others: `untested` until there are
    members of both arms in every bucket and 100 of control did it. `difference` is the effect on
    them less that on the others."""

    answer: Literal["untested", "more", "less", "no_difference_seen"]
    difference: Estimate | None
    sentence: str


class Lines(Answer):
    """Three lines by the end of `date`, in members of the test arm: `forecast` on day 0, `baseline`
    as the control group implies it, with its 95 % interval, and `actual`; `incremental` is actual -
    baseline and holds for a look every night. Of a rolling goal the window that began after
    `date`. A bucket has no forecast of its own."""

    date: date
    forecast: float | None
    baseline: Estimate | None
    actual: int
    incremental: Estimate | None


class EngagedUsers(Answer):
    """The engagement that is compared: from `starts_on` on, by `sends` that are published, with
    users by outcome."""

    id: str
    name: str
    status: str
    buckets: list[BucketName] | None
    starts_on: date | None
    sends: int
    counts: dict[str, int]


class UserMetric(Answer):
    """Members who did it at all, as the goal's own events are compared."""

    test: Rated
    control: Rated
    difference: Estimate | None
    repeated: Estimate | None
    always_valid: Estimate | None
    relative: Estimate | None
    incremental_users: Estimate | None


class ArmAmount(Answer):
    """`total` of an arm, and per user of it, whether they did it or not."""

    users: int
    total: float
    per_user: float | None


class AmountMetric(Answer):
    """Per user: `difference` of test and control for one look (Welch), `repeated` for every night;
    `relative` and `in_all`, the difference times the users of test, hold as that does. Early
    nights, whose interval would reach beyond six standard errors, have none."""

    test: ArmAmount
    control: ArmAmount
    difference: Estimate | None
    repeated: Estimate | None
    relative: Estimate | None
    in_all: Estimate | None


class MetricUplift(Answer):
    """Another event of the same members: `users` who did it, and `amounts`, per user, of what
    `per_user` says. `verdict` is about the users; whether more is better is not known here."""

    name: str
    event: GoalEventEntry
    sum: str | None
    per_user: Literal["events", "amount"]
    verdict: Literal["more", "less", "inconclusive"]
    users: UserMetric
    amounts: AmountMetric


class EngagementUplift(Compared):
    """Who came into an engagement, from then on, in both arms."""

    engagement: EngagedUsers


class OverlapOfGoals(Answer):
    """`members` of this goal and another one at work, those whom either holds back, and those in
    both control groups, beside the number that draws as they were meant would have there: goals on
    the same events hold back the same users, others draw independently."""

    goal_id: str
    name: str
    same_events: bool
    members: int
    control_here: int
    control_there: int
    control_in_both: int
    expected_in_both: float


class Measured(Compared):
    """All that is said of the members who are compared, after `looks` nights. `engagements` are
    those that the newest night has counted, newest first, `overlaps` the goals that share members
    with this one."""

    control_share: float
    looks: int
    by_bucket: list[BucketUplift]
    by_likelihood: ByLikelihood | None
    persuadables: Persuadables
    metrics: list[MetricUplift]
    engagements: list[EngagementUplift]
    overlaps: list[OverlapOfGoals]
    by_day: list[Lines]
    notes: list[str]


class Uplift(Measured):
    """A goal's uplift as of `date`, its last published night. With `bucket` the comparison,
    `by_likelihood`, `metrics` and `by_day` are of that day-0 bucket; with `engagement` of who came
    into it, from then on, by the bucket of that day. A rolling goal is compared in its newest
    complete window."""

    goal_id: str
    name: str
    status: str
    direction: Literal["maximize", "minimize"]
    as_of: date
    starts_on: date
    ends_on: date | None
    rolling_days: int | None
    date: date
    final: bool
    bucket: BucketName | None
    engagement: EngagedUsers | None


class BucketPower(Power):
    """Of the members of a day-0 bucket."""

    bucket: BucketName


class GoalPower(Answer):
    """What the control group of a goal can show, in all and by bucket, when it is looked at every
    night (`looks`; null of a rolling goal). `lift` is the change that was asked about."""

    goal_id: str
    direction: Literal["maximize", "minimize"]
    control_share: float
    looks: int | None
    lift: float | None
    overall: Power
    by_bucket: list[BucketPower]


class HoldoutOfGoal(Effect):
    """Members of a goal outside the account's holdout against those in it, from `counted_from` on,
    after `looks` nights; otherwise as the uplift of the goal."""

    goal_id: str
    name: str
    events: str
    direction: Literal["maximize", "minimize"]
    counted_from: date
    date: date
    looks: int
    rest: Rated
    holdout: Rated


class HoldoutReport(Answer):
    """What all campaigns together change: the holdout of the account against everybody else, for
    the goals that had a night since; those in `waiting` come with their next one."""

    share: float
    since: date | None
    goals: list[HoldoutOfGoal]
    waiting: list[str]
    note: str
