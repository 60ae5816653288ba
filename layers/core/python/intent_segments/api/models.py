"""Request bodies. Unknown fields are refused; the domain's own rules follow in the services."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from ..goals.bucket_policy import MOST_PERCENT
from ..goals.goal import CONTROL_SHARE, Draft
from ..goals.goal import Target as GoalTarget
from ..segments.limits import MAX_NAME
from .call_models import AliasCall as AliasCall
from .call_models import CallBatch as CallBatch
from .call_models import GroupCall as GroupCall
from .call_models import IdentifyCall as IdentifyCall
from .call_models import PageCall as PageCall
from .call_models import TrackCall as TrackCall
from .moments import Day

MAX_CHANNELS = 10
"""Of an account: each is one more condition in every preview."""

DEFINITION = {"x-component": "Definition"}
"""Stands for the segment language's own schema, which `openapi.py` puts in."""

SegmentDefinition = Annotated[Any, WithJsonSchema(DEFINITION)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
GoalEventEntry = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 200},
                {"x-component": "FilteredEvent"},
            ]
        }
    ),
]
"""A name, or an event with conditions; `segments/goal_event.py` checks what it says."""

_PERCENT = {"type": "integer", "minimum": 1, "maximum": MOST_PERCENT}
_LIKELIHOOD = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}


def _policy(by: str, **cuts: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"by": {"const": by}, **cuts},
        "required": ["by", *cuts],
        "additionalProperties": False,
    }


BUCKET_POLICY = {
    "description": "What the cuts between buckets go by: shares of the expected achievement, ranks "
    "(`most` and `moderate` percent of the open members), or fixed likelihoods of achieving it.",
    "oneOf": [
        _policy("achievement"),
        _policy("percentile", most=_PERCENT, moderate=_PERCENT),
        _policy("likelihood", most=_LIKELIHOOD, moderate=_LIKELIHOOD),
    ],
}
"""A component of its own in the OpenAPI document."""

BucketPolicy = Annotated[Any, WithJsonSchema({"x-component": "BucketPolicy"})]
"""What buckets go by; `goals/bucket_policy.py` checks what it says."""

EVENTS: list[Any] = [
    "Order Completed",
    {"event": "Charged", "where": [{"property": "amount", "gte": 50}]},
]
"""An example of a goal's events."""


class Request(BaseModel):
    """What all request bodies share."""

    model_config = ConfigDict(extra="forbid")


class Target(Request):
    """A wanted number of users, or of events."""

    metric: Literal["users", "events"]
    value: Annotated[int, Field(ge=1, le=10**12, strict=True)]


TraitName = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
ChannelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Channel(Request):
    """Whom a channel reaches: users who have `trait` and, where one is named, whose trait `consent`
    is true."""

    trait: TraitName
    consent: TraitName | None = None


class AccountChange(Request):
    """What can be changed of the account. `plan` is kept and opens or closes nothing; `ai_pack`
    opens intent buckets; a `goal_limit` below the goals at work refuses new ones alone. A
    `holdout_share` cannot be changed while it is on, only switched off. `channels` replaces the
    whole mapping. `timezone` is refused: it is fixed when the stack is deployed."""

    plan: Literal["growth", "advanced", "enterprise"] | None = None
    ai_pack: Annotated[bool, Field(strict=True)] | None = None
    timezone: str | None = Field(None, json_schema_extra={"readOnly": True})
    goal_limit: Annotated[int, Field(strict=True)] | None = None
    holdout_share: Annotated[float, Field(strict=True)] | None = Field(
        None, description="Of all users, 0.005 to 0.1, whom nothing reaches; 0 lets them go."
    )
    channels: Annotated[dict[ChannelName, Channel], Field(max_length=MAX_CHANNELS)] | None = Field(
        None,
        examples=[{"email": {"trait": "email", "consent": "email_subscribed"}}],
    )


class NewSegment(Request):
    """A definition to save."""

    name: Name
    definition: SegmentDefinition


class SegmentChange(Request):
    """What can be changed of a segment."""

    name: Name | None = None
    definition: SegmentDefinition = None


class PreviewRequest(Request):
    """An unsaved definition, or a saved segment, to look at. `as_of` is the last closed day when
    left out; `sample` is the number of users to show. `overlap_with` is another segment, by its id
    or as a definition. `exact` counts everybody where an estimate would be given."""

    segment_id: str | None = None
    definition: SegmentDefinition = None
    as_of: Day | None = None
    sample: Annotated[int, Field(ge=0, le=100, strict=True)] = 10
    overlap_with: Annotated[
        Any,
        WithJsonSchema({"anyOf": [{"type": "string"}, {"x-component": "Definition"}]}),
    ] = None
    exact: Annotated[bool, Field(strict=True)] = False


class ForecastRequest(Request):
    """An unsaved goal: who (`segment_id` or `definition`), what (`events`) and until when
    (`ends_on`, included, or `rolling_days` from every night on). `as_of` is the last closed day
    when left out, `starts_on` the day after it. `all-users` is a segment. An event with `where`
    counts only where all conditions hold on it; the language is that of `did`. `buckets` go by
    achievement when left out."""

    segment_id: str | None = Field(None, examples=["all-users"])
    definition: SegmentDefinition = None
    direction: Literal["maximize", "minimize"] = "maximize"
    events: list[GoalEventEntry] = Field(examples=[EVENTS])
    match: Literal["any", "all"] = "any"
    as_of: Day | None = None
    starts_on: Day | None = None
    ends_on: Day | None = Field(None, examples=["2026-12-31"])
    rolling_days: Annotated[int, Field(strict=True)] | None = Field(
        None,
        description="Instead of `ends_on`: a goal without end, for which every night looks this "
        "many days ahead. 1 to 90.",
    )
    target: Target | None = None
    buckets: BucketPolicy = None

    def to_draft(self) -> Draft:
        """The same as the domain's unchecked draft."""
        target = None if self.target is None else GoalTarget(self.target.metric, self.target.value)
        return Draft(
            segment_id=self.segment_id,
            definition=self.definition,
            events=tuple(self.events),
            ends_on=self.ends_on,
            direction=self.direction,
            match=self.match,
            as_of=self.as_of,
            starts_on=self.starts_on,
            rolling_days=self.rolling_days,
            target=target,
            buckets=self.buckets,
        )


class NewGoal(ForecastRequest):
    """A goal to save: from a forecast of the last 24 hours (`forecast_id`, which brings everything
    but `name` and `control_share`), or from scratch."""

    name: Name
    forecast_id: str | None = None
    events: list[GoalEventEntry] = Field(default_factory=list, examples=[EVENTS])
    control_share: Annotated[float, Field(strict=True)] = CONTROL_SHARE

    @model_validator(mode="after")
    def _one_source(self) -> NewGoal:
        own = self.model_fields_set - {"name", "forecast_id", "control_share"}
        if self.forecast_id is not None and own:
            raise ValueError(
                f"forecast_id brings {', '.join(sorted(own))} along: leave these out, or leave "
                "out forecast_id"
            )
        return self


class GoalClone(Request):
    """What a clone has otherwise than the goal it is made from. Left out, its history ends with the
    last closed day and its period is as long as the old one. `segment` says whom it is about: those
    of the definition that the goal was made with (`frozen`), or of what its saved segment says by
    now (`current`). `target: null` leaves the target away."""

    name: Name | None = None
    segment: Literal["frozen", "current"] = "frozen"
    direction: Literal["maximize", "minimize"] = "maximize"
    events: list[GoalEventEntry] = Field(default_factory=list, examples=[EVENTS])
    match: Literal["any", "all"] = "any"
    as_of: Day | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    rolling_days: Annotated[int, Field(strict=True)] | None = None
    target: Target | None = None
    buckets: BucketPolicy = None
    control_share: Annotated[float, Field(strict=True)] | None = None

    def changes(self) -> dict[str, Any]:
        """The fields of a draft that the caller gave, nulls among them."""
        given = self.model_fields_set - {"name", "segment", "control_share"}
        found = {name: getattr(self, name) for name in given}
        if "events" in found:
            found["events"] = tuple(self.events)
        if self.target is not None:
            found["target"] = GoalTarget(self.target.metric, self.target.value)
        return found


class GoalMetric(Request):
    """Another event that is compared between the arms of a goal: how many did it, and how much of
    it per user. `event` is as in a goal; `sum` names a numeric property whose values are added up,
    without it the events are counted."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    event: GoalEventEntry
    sum: Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)] | None = None


class GoalChange(Request):
    """What can be changed of a goal. `metrics` takes the place of all that it has."""

    name: Name | None = None
    metrics: list[GoalMetric] | None = Field(
        None,
        examples=[
            [
                {"name": "Clicks", "event": "Email Link Clicked"},
                {"name": "Revenue", "event": "Order Completed", "sum": "total"},
            ]
        ],
    )

    def metric_entries(self) -> list[dict[str, Any]] | None:
        """The same as plain values; None where metrics stay as they are."""
        if self.metrics is None:
            return None
        return [metric.model_dump() for metric in self.metrics]


class NewErasure(Request):
    """A user to erase, for ids that do not fit into a path: `DELETE /v1/users/{user_id}` does the
    same."""

    user_id: Annotated[str, StringConstraints(min_length=1)]


class SegmentExport(Request):
    """Members of a segment as files, one per group of users, with the `traits` that held on as_of;
    `as_of` is the last closed day when left out. Cells of a CSV that a spreadsheet would take for a
    formula begin with an apostrophe; Parquet has every value as it is, traits as text."""

    format: Literal["csv", "parquet"] = "csv"
    traits: list[TraitName] = Field(default_factory=list, examples=[["email", "city"]])
    as_of: Day | None = None


class GoalExport(Request):
    """Open members of a goal by its newest night, of all buckets when left out. The control group
    must not be reached and is left out, unless `include_control` asks for it, with its arm."""

    format: Literal["csv", "parquet"] = "csv"
    traits: list[TraitName] = Field(default_factory=list)
    buckets: (
        Annotated[
            list[Literal["most_likely", "moderately_likely", "least_likely"]], Field(min_length=1)
        ]
        | None
    ) = None
    include_control: Annotated[bool, Field(strict=True)] = False


class NewWriteKey(Request):
    """A key with which client libraries may send calls."""

    name: Name
