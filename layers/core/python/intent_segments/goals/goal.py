"""A goal: what was asked, what was agreed, and what its set-up and its nights add to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal

from ..segments.goal_event import GoalEvent
from . import bucket_policy
from .bucket_policy import BY_ACHIEVEMENT, BucketPolicy
from .life_cycle import Status as Status
from .metrics import Metric

Direction = Literal["maximize", "minimize"]
Match = Literal["any", "all"]

CONTROL_SHARE = 0.05
"""Share of the target group that no engagement ever reaches, unless asked otherwise."""


@dataclass(frozen=True)
class Target:
    """A wanted number of users, or of events."""

    metric: Literal["users", "events"]
    value: int

    def to_json(self) -> dict[str, Any]:
        return {"metric": self.metric, "value": self.value}


@dataclass(frozen=True)
class Draft:
    """What a caller asks for, unchecked; `rules.agree` turns it into Terms.

    One of `segment_id` and `definition` (any JSON value) says whose goal it is. `events` are JSON
    values as `goal_event.parse` reads them. Exactly one of `ends_on` and `rolling_days` is wanted.
    `as_of` and `starts_on` may be left out: the last closed day, and the day after it. `buckets` is
    a JSON value as `bucket_policy` reads it.
    """

    segment_id: str | None
    definition: Any
    events: tuple[Any, ...]
    ends_on: date | None
    direction: Direction = "maximize"
    match: Match = "any"
    as_of: date | None = None
    starts_on: date | None = None
    rolling_days: int | None = None
    target: Target | None = None
    buckets: Any = None


@dataclass(frozen=True)
class Terms:
    """A checked question: will members of the segment as of `as_of` do the events in the period?

    All days are the account's local days. History ends with `as_of`; the period is `starts_on` to
    `ends_on`, both included. A rolling goal has `rolling_days` instead of `ends_on`: every night it
    asks about that many days behind the night, the first time from `starts_on` on, without end.
    `definition` is a frozen copy that refers to no saved segment.
    """

    segment_id: str | None
    definition: Mapping[str, Any]
    direction: Direction
    events: tuple[GoalEvent, ...]
    match: Match
    as_of: date
    starts_on: date
    ends_on: date | None
    target: Target | None = None
    rolling_days: int | None = None
    bucket_policy: BucketPolicy = BY_ACHIEVEMENT

    @property
    def rolling(self) -> bool:
        return self.rolling_days is not None

    @property
    def horizon(self) -> int:
        """Days that a likelihood of day 0 looks ahead: the period's, or `rolling_days`."""
        if self.rolling_days is not None:
            return self.rolling_days
        assert self.ends_on is not None  # one of the two is there
        return (self.ends_on - self.starts_on).days + 1

    def first_night(self, night: date) -> date:
        """The night after which a member may do it, for the likelihoods made at the end of `night`:
        as_of, and of a rolling goal the night itself."""
        return night if self.rolling else self.as_of

    def last_day_of(self, night: date) -> date:
        """The last day that counts for the likelihoods made at the end of `night`."""
        if self.rolling_days is not None:
            return night + timedelta(days=self.rolling_days)
        assert self.ends_on is not None
        return self.ends_on

    def over(self, night: date) -> bool:
        """Whether no day that counts is left after `night`; a rolling goal is never over."""
        return self.ends_on is not None and self.ends_on <= night

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, dates as ISO text."""
        return {
            "segment_id": self.segment_id,
            "definition": self.definition,
            "direction": self.direction,
            "events": [event.to_json() for event in self.events],
            "match": self.match,
            "as_of": self.as_of.isoformat(),
            "starts_on": self.starts_on.isoformat(),
            "ends_on": None if self.ends_on is None else self.ends_on.isoformat(),
            "rolling_days": self.rolling_days,
            "target": None if self.target is None else self.target.to_json(),
            "bucket_policy": self.bucket_policy.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Terms:
        """The inverse of `to_json`; further keys of the document are passed over."""
        target, ends_on = document.get("target"), document["ends_on"]
        return cls(
            segment_id=document["segment_id"],
            definition=document["definition"],
            direction=document["direction"],
            events=tuple(GoalEvent.from_json(entry) for entry in document["events"]),
            match=document["match"],
            as_of=date.fromisoformat(document["as_of"]),
            starts_on=date.fromisoformat(document["starts_on"]),
            ends_on=None if ends_on is None else date.fromisoformat(ends_on),
            target=None if target is None else Target(target["metric"], int(target["value"])),
            rolling_days=document.get("rolling_days"),
            bucket_policy=bucket_policy.from_json(document.get("bucket_policy")),
        )


@dataclass(frozen=True)
class ScoreFiles:
    """Where a goal's scores of one date lie: `scores/<goal>/<date>/<attempt>/g=….parquet`.

    `attempt` is the version of the lake manifest that was read, `groups` the number of files.
    """

    date: date
    attempt: int
    groups: int

    def to_json(self) -> dict[str, Any]:
        return {"date": self.date.isoformat(), "attempt": self.attempt, "groups": self.groups}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ScoreFiles:
        return cls(date.fromisoformat(document["date"]), document["attempt"], document["groups"])


@dataclass(frozen=True)
class Goal:
    """A saved goal. What set-up adds (`model`, `cuts`, `day0`, scores) is None until it is active.

    `created_at` is a UTC instant as ISO text. `forecast` is the forecast document at creation,
    frozen: it stays the organic line. `model` is {"key", "sha256", "version", "drivers", "as_of"},
    the last the day it was trained on; a rolling goal is given new ones. `cuts` and `day0` are the
    JSON of `buckets.Cuts` and `progress.GoalNight` on day 0. `manifest_key` names the state of the
    lake that the members are taken from, when a forecast had fixed it. `cloned_from` is the id of
    the goal that this one was made from. `metrics`, which are compared between the arms, can be
    changed. `retrain` is `retraining.flag` where a user whom the model had learnt from has been
    erased and a night has still to train it again.
    """

    id: str
    name: str
    terms: Terms
    status: Status
    created_at: str
    control_share: float = CONTROL_SHARE
    status_reason: str | None = None
    forecast: Mapping[str, Any] | None = None
    manifest_key: str | None = None
    cloned_from: str | None = None
    retrain: Mapping[str, Any] | None = None
    metrics: tuple[Metric, ...] = ()
    model: Mapping[str, Any] | None = None
    cuts: Mapping[str, Any] | None = None
    day0: Mapping[str, Any] | None = None
    day0_scores: ScoreFiles | None = None
    scores: ScoreFiles | None = None

    def to_json(self) -> dict[str, Any]:
        """One flat JSON object: the terms' keys beside the goal's own."""
        own = {
            entry.name: getattr(self, entry.name)
            for entry in fields(self)
            if entry.name not in ("terms", "status", "metrics", "day0_scores", "scores")
        }
        return {
            **own,
            **self.terms.to_json(),
            "status": str(self.status),
            "metrics": [metric.to_json() for metric in self.metrics],
            "day0_scores": None if self.day0_scores is None else self.day0_scores.to_json(),
            "scores": None if self.scores is None else self.scores.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Goal:
        """The inverse of `to_json`; further keys are passed over."""
        day0_scores, scores = document.get("day0_scores"), document.get("scores")
        return cls(
            id=document["id"],
            name=document["name"],
            terms=Terms.from_json(document),
            status=Status(document["status"]),
            created_at=document["created_at"],
            control_share=document["control_share"],
            status_reason=document.get("status_reason"),
            forecast=document.get("forecast"),
            manifest_key=document.get("manifest_key"),
            cloned_from=document.get("cloned_from"),
            retrain=document.get("retrain"),
            metrics=tuple(Metric.from_json(entry) for entry in document.get("metrics") or ()),
            model=document.get("model"),
            cuts=document.get("cuts"),
            day0=document.get("day0"),
            day0_scores=None if day0_scores is None else ScoreFiles.from_json(day0_scores),
            scores=None if scores is None else ScoreFiles.from_json(scores),
        )
