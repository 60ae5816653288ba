"""An engagement: reach these users through this destination. Who, where, when: agreed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from ..errors import Conflict, InvalidInput
from ..goals.buckets import Bucket

BUCKETS = tuple(bucket.label for bucket in reversed(Bucket))
"""From the most likely one down."""

FARTHEST = timedelta(days=366)
"""How far ahead a send can be set."""

LOCKED = ("audience", "destination", "message", "schedule")

Kind = Literal["now", "at", "nightly"]

STREAM = ("entered", "left")
"""What a stream can tell of a segment's users."""

STREAM_KINDS = ("webhook", "sqs", "file", "eventbridge")
"""Destinations that can be told who entered and who left: machines, which can keep a list."""


@dataclass(frozen=True)
class Audience:
    """Open members of a goal, in some `buckets` or in all (`everyone`); or the members of a frozen
    `definition`, of the saved segment `segment_id` if it is one's.

    With `follow` every night's newcomers, otherwise those of the moment it is sent. With `stream`
    who crossed into or out of the segment since the send before, one or both of STREAM; `initial`
    says that the members of the first night have entered.
    """

    goal_id: str | None = None
    buckets: Sequence[str] = ()
    everyone: bool = False
    segment_id: str | None = None
    definition: Mapping[str, Any] | None = None
    follow: bool = False
    stream: Sequence[str] = ()
    initial: bool = False


@dataclass(frozen=True)
class Schedule:
    """`at` is a UTC instant as ISO text; `until` the last local day, an ISO date, on which a
    nightly engagement sends, the day after the last night that it follows; None for no end."""

    kind: Kind
    at: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class Engagement:
    """`status` is `active` while something is or may still be sent, then `done`, or `stopped` by
    its owner. `sends` are the names of all sends that were planned, in their order. Times are UTC
    instants as ISO text."""

    id: str
    name: str
    audience: Audience
    destination_id: str
    schedule: Schedule
    created_at: str
    created_by: str | None = None
    message: Mapping[str, Any] | None = None
    reference: str | None = None
    cloned_from: str | None = None
    status: str = "active"
    reason: str | None = None
    sends: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"sends": list(self.sends)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Engagement:
        """The inverse of `to_json`."""
        audience, schedule = Audience(**document["audience"]), Schedule(**document["schedule"])
        return cls(**{**document, "audience": audience, "schedule": schedule})


def agree_goal_audience(
    goal_id: str, buckets: Sequence[str] | None, everyone: bool, follow: bool
) -> Audience:
    """Whom of a goal an engagement is for. Raises InvalidInput."""
    if everyone == (buckets is not None):
        raise InvalidInput.at(
            "audience",
            'audience says either {"everyone": true} or {"buckets": ["moderately_likely", …]}',
        )
    chosen = BUCKETS if buckets is None else tuple(b for b in BUCKETS if b in buckets)
    return Audience(goal_id=goal_id, buckets=chosen, everyone=everyone, follow=follow)


def agree_stream(
    stream: Sequence[str] | None, initial: bool, kind: Kind, destination_kind: str
) -> tuple[str, ...]:
    """Which crossings of a segment are told, none for an engagement that does not stream. Raises
    InvalidInput."""
    if initial and "entered" not in (stream or ()):
        raise InvalidInput.at(
            "audience.initial",
            "initial has the members of the first night told as entered: it goes with a stream "
            'that tells "entered"',
        )
    if stream is None:
        return ()
    if kind != "nightly":
        raise InvalidInput.at(
            "audience.stream",
            f"a stream tells night by night who crossed: its schedule is nightly, not {kind}",
        )
    if destination_kind not in STREAM_KINDS:
        raise InvalidInput.at(
            "audience.stream",
            f"a {destination_kind} destination keeps no list that users could leave: stream to "
            f"{', '.join(STREAM_KINDS[:-1])} or {STREAM_KINDS[-1]}, or leave stream out to reach "
            "newcomers every night",
        )
    return tuple(crossing for crossing in STREAM if crossing in stream)


def agree_schedule(
    kind: Kind,
    at: datetime | None,
    until: date | None,
    follow: bool | None,
    now: datetime,
    today: date,
    ends_on: date | None,
) -> tuple[Schedule, bool]:
    """When it is sent, and whether it follows the audience. `today` is the first day that is not
    closed, `ends_on` the last day of a goal with an end. Raises InvalidInput."""
    nightly = kind == "nightly"
    if follow is not None and follow != nightly:
        raise InvalidInput.at(
            "audience.follow",
            "an audience is followed by a nightly engagement and by no other: every user is "
            "reached once, so a nightly one sends to those who have come into it since",
        )
    if (at is not None) != (kind == "at"):
        raise InvalidInput.at("schedule.at", 'at is the instant of a schedule of the kind "at"')
    if until is not None and not nightly:
        raise InvalidInput.at("schedule.until", "until is the end of a nightly schedule")
    if at is not None:
        if at.tzinfo is None:
            raise InvalidInput.at(
                "schedule.at", f"at needs its offset, as in {at.isoformat()}+01:00"
            )
        if not now < at <= now + FARTHEST:
            raise InvalidInput.at(
                "schedule.at", f"at lies within the next {FARTHEST.days} days, not at {at}"
            )
        return Schedule(kind, at=at.astimezone(UTC).replace(microsecond=0).isoformat()), False
    if not nightly:
        return Schedule(kind), False
    end = ends_on if until is None else until
    if end is not None and end < today:
        raise InvalidInput.at("schedule.until", f"until {end} is over: today is {today}")
    if ends_on is not None and end is not None and end > ends_on:
        raise InvalidInput.at(
            "schedule.until", f"until {end} is after the goal's last day, {ends_on}"
        )
    return Schedule(kind, until=None if end is None else end.isoformat()), True


def refuse_locked(changes: Mapping[str, Any]) -> None:
    """Raises Conflict for a change of what was agreed when the engagement was saved."""
    for field in LOCKED:
        if field in changes:
            raise Conflict.at(
                field,
                f"{field} is locked since the engagement was saved, so that what it did can be "
                "measured. Save another one: POST /v1/engagements/{id}/clone takes what is to be "
                "different.",
            )


def single_send(schedule: Schedule, created_at: str) -> str:
    """What the one send of a schedule without nights is called: `20261122T120000Z`."""
    instant = datetime.fromisoformat(schedule.at or created_at).astimezone(UTC)
    return instant.strftime("%Y%m%dT%H%M%SZ")
