"""Answers about destinations and what was sent to them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from .engaging import DestinationKind
from .models import SegmentDefinition
from .outlooks import Answer, BucketName


class Destination(Answer):
    """Where an engagement can send. Of a webhook's `settings` the URL is shown as far as it holds
    no token, and how many secrets sign. A disabled destination is sent nothing; `reason` says why
    it is."""

    id: str
    name: str
    kind: DestinationKind
    settings: dict[str, Any]
    enabled: bool
    reason: str | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime


class DestinationSecret(Destination):
    """A destination whose signing secret was just made: shown now and never again. Null where the
    caller brought secrets, or nothing is signed."""

    secret: str | None


class DestinationList(Answer):
    """Destinations in the order they were made."""

    data: list[Destination]
    has_more: bool


class DestinationTested(Answer):
    """What came of one message, tried once. `unknown`: it went out and no answer came."""

    destination_id: str
    message_id: str
    status: Literal["sent", "failed", "unknown"]
    last_status: int | None = Field(description="The HTTP status of the answer.")
    reason: str | None


class EngagementAudience(Answer):
    """Open members of a goal: all of them, or those in some buckets; or members of a frozen
    `definition`, that of `segment` if it was one's. Of the moment of the send or (`follow`) those
    who came in since the night before; with `stream` who entered or left since then, and `initial`
    says that the members of the first night have entered."""

    everyone: bool
    buckets: list[BucketName] | None
    segment: str | None
    definition: SegmentDefinition | None
    follow: bool
    stream: list[Literal["entered", "left"]] | None
    initial: bool


class EngagementDestination(Answer):
    """Where it sends; name and kind are null once the destination is deleted."""

    id: str
    name: str | None
    kind: DestinationKind | None


class EngagementTimes(Answer):
    """When it sends."""

    kind: Literal["now", "at", "nightly"]
    at: datetime | None
    until: date | None


class Engagement(Answer):
    """An engagement of a goal, or of a plain segment (`goal_id` is null). `active`: something is or
    may still be sent; `done`: nothing more follows. `sends` counts those that were planned,
    `last_send` is the newest one's name."""

    id: str
    name: str
    goal_id: str | None
    audience: EngagementAudience
    destination: EngagementDestination
    message: dict[str, str] | None
    reference: str | None
    schedule: EngagementTimes
    status: Literal["active", "done", "stopped"]
    status_reason: str | None
    sends: int
    last_send: str | None
    cloned_from: str | None
    created_at: datetime
    created_by: str | None
    note: str


class EngagementList(Answer):
    """Engagements, newest first."""

    data: list[Engagement]
    has_more: bool


class DeliveryCounts(Answer):
    """Users of a send by what became of them. `held_back` are the goal's control group; `unknown`
    were handed over without an answer; `unreachable` have no address or gave no consent."""

    delivered: int
    failed: int
    unknown: int
    held_back: int
    unreachable: int
    suppressed: int


class Crossings(Answer):
    """Users who entered a segment that is streamed and who left it, held back ones among them."""

    entered: int
    left: int


class DeliveredFile(Answer):
    """The file of one group of users. `href` redirects to a link that is good for five minutes."""

    number: int
    rows: int
    bytes: int
    href: str


class Delivery(Answer):
    """One send. `date` is the day whose end its audience is as of; counts are there once it is
    published, `crossings` of an engagement that streams."""

    id: str
    run_id: str
    date: date
    status: Literal["running", "published", "failed"]
    reason: str | None
    counts: DeliveryCounts | None
    crossings: Crossings | None
    files: list[DeliveredFile] | None
    replays: int
    started_at: datetime
    finished_at: datetime | None


class DeliveryList(Answer):
    """Sends, newest first."""

    data: list[Delivery]
    has_more: bool


class Failure(Answer):
    """A batch of which `users` were not reached, or perhaps not (`in_doubt`); no user is named.
    `id` is the message id that its receiver saw."""

    id: str
    send: str
    group: int
    status: Literal["failed", "in_doubt", "not_sent"]
    users: int
    attempts: int
    last_status: int | None
    reason: str | None
    begun_at: datetime | None
    replays: int


class FailureList(Answer):
    """Failures, by batch."""

    data: list[Failure]
    has_more: bool


class Replayed(Answer):
    """Batches that are being sent again, by the run `run_id`, to `users` who were not reached."""

    engagement_id: str
    send: str
    run_id: str
    batches: list[str]
    users: int
