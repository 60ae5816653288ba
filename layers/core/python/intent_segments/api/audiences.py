"""Answers about users as a group: saved segments, previews, how sizes went, exports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from .models import SegmentDefinition
from .outlooks import Answer, BucketName


class Size(Answer):
    """How many members there were at the end of `date`; `estimated` from the panel."""

    date: date
    users: int
    estimated: bool


class Segment(Answer):
    """A saved segment; `all-users` is built in and has no dates. `goals` are those at work on it,
    `size` is the newest one that is known of the present definition, at most two months old."""

    id: str
    name: str
    type: Literal["past_behavior"]
    definition: SegmentDefinition
    created_at: datetime | None
    created_by: str | None = Field(
        description="Whom the API's authorizer named: an e-mail address, a subject or an ARN; null "
        "where nobody is asked."
    )
    updated_at: datetime | None
    updated_by: str | None
    goals: list[str]
    size: Size | None


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


class UserRange(Answer):
    """The 95 % interval of a number of users that was estimated."""

    low: int
    high: int


class Overlap(Answer):
    """`users` of the other segment, and those in `both`: as a share of this segment, of the other,
    and of everybody in either (Jaccard); null where nobody is."""

    segment_id: str | None
    users: int
    both: int
    interval: UserRange | None = Field(description="Of `both`, where it is estimated.")
    share: float | None
    share_of_other: float | None
    jaccard: float | None


class Preview(Answer):
    """`users` members on as_of; where the account is too large to ask everybody while you wait, an
    estimate from the panel with its 95 % interval. `reachability` counts those whom each channel of
    the account reaches. `scanned_bytes` of `files` of the lake were read, `fetched_bytes` of them
    fetched for this answer; the others were still there."""

    as_of: date
    users: int
    estimated: bool
    interval: UserRange | None
    sample: list[SampledUser]
    reachability: dict[str, int]
    overlap: Overlap | None
    explain: list[Explained]
    files: int
    scanned_bytes: int
    fetched_bytes: int
    seconds: float
    warnings: list[str]


class Trend(Answer):
    """Members of a segment, as it is defined now, at the end of each day. `missing` days did not
    fit into the time of one request: repeating it goes on with them. Days before `available_from`
    have no size: the segment asks for scores of a goal, which begin there."""

    segment_id: str
    from_: date = Field(alias="from")
    to: date
    points: list[Size]
    missing: list[date]
    available_from: date | None
    warnings: list[str]


class ExportFile(Answer):
    """One file of an export; `href` leads to it for five minutes at a time."""

    number: int
    rows: int
    bytes: int
    href: str


class Export(Answer):
    """Users as files. `rows`, `bytes` and `files` are there once it is `ready`; `control_left_out`
    counts members of control groups that were left out: of the goal, or of those whose buckets or
    likelihoods the segment asks for; null for a segment that asks for none."""

    id: str
    status: Literal["preparing", "ready", "failed"]
    reason: str | None
    segment_id: str | None
    goal_id: str | None
    buckets: list[BucketName] | None
    include_control: bool | None
    control_left_out: int | None
    as_of: date
    format: Literal["csv", "parquet"]
    columns: list[str]
    rows: int | None
    bytes: int | None
    files: list[ExportFile] | None
    note: str | None
    created_at: datetime
    created_by: str | None
    expires_at: datetime


class ExportList(Answer):
    """Exports, newest first."""

    data: list[Export]
    has_more: bool
