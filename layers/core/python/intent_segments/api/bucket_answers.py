"""Buckets, and users one by one in them: response bodies."""

from __future__ import annotations

from datetime import date
from typing import Literal

from .insights import Reason
from .models import BucketPolicy
from .outlooks import Answer, ArmName, BucketName, Did


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


class IntentNight(Answer):
    """A user's standing in a goal as of one night; day 0 is that of the set-up."""

    date: date
    state: Literal["open", "achieved", "lost"]
    likelihood: float | None
    percentile: int | None
    bucket: BucketName | None


class IntentNights(Answer):
    """One user in one goal, newest night first; scores are kept for 35 nights, those of day 0 and
    of the goal's last night for ever. Empty for a user outside the target group."""

    goal_id: str
    user_id: str
    data: list[IntentNight]
