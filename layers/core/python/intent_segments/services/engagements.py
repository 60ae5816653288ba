"""Engagements as their owner makes, changes, stops and sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ..campaigns.engagement import (
    Audience,
    Engagement,
    Kind,
    Schedule,
    agree_goal_audience,
    agree_schedule,
    agree_stream,
    refuse_locked,
    single_send,
)
from ..delivery.destination import Destination
from ..delivery.messages import parse_message
from ..errors import Conflict, InvalidInput
from ..goals.goal import Status
from ..store.goals import IdempotencyKey
from ..store.stores import Stores
from .account import require_ai_pack
from .catalogue import lake_state
from .export_columns import OWN, STREAMED, refuse_traits

MOST_NIGHTLY = 100
"""Nightly engagements at work: each is a run of its own after every night."""


ON_GOAL = "The goal's control group is left out of every send."
ON_SEGMENT = (
    "A plain segment has no control group, so what this does cannot be measured. Of goals whose "
    "buckets or likelihoods it asks for, the control groups are left out of every send."
)
ON_STREAM = (
    "A stream tells once a night who entered the segment and who left it since the night before. A "
    "plain segment has no control group; of goals whose buckets or likelihoods it asks for, the "
    "control groups are told of to nobody."
)


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for; `follow`, `at` and `until` may be left out. `segment` is the id of a
    saved segment or a definition, of an engagement without a goal; `stream` the crossings of it
    that are told."""

    name: str
    destination_id: str
    kind: Kind
    segment: Any = None
    buckets: Sequence[str] | None = None
    everyone: bool = False
    stream: Sequence[str] | None = None
    initial: bool = False
    follow: bool | None = None
    at: datetime | None = None
    until: date | None = None
    message: Mapping[str, Any] | None = None
    reference: str | None = None
    cloned_from: str | None = None


@dataclass(frozen=True)
class Request:
    """Who asks, when, and under which fresh id. `key` is the caller's Idempotency-Key."""

    engagement_id: str
    now: datetime
    caller: str | None
    key: IdempotencyKey | None


def create_on_goal(
    stores: Stores, goal_id: str, wanted: Wanted, request: Request
) -> dict[str, Any]:
    """Save an engagement of a goal and start what is due at once.

    Raises NotFound, InvalidInput, Conflict while the goal is not at work, NotIncluded for buckets
    where the account has switched them off, Raced.
    """
    earlier = _earlier(stores, request)
    if earlier is not None:
        return _started(stores, earlier, request)
    if wanted.segment is not None:
        raise InvalidInput.at(
            "audience",
            "a goal's engagement is for its members: leave segment out, or engage the segment by "
            "itself (POST /v1/engagements)",
        )
    goal = stores.goals.get(goal_id)
    if goal.status != Status.ACTIVE or goal.scores is None:
        raise Conflict(
            f"Goal {goal_id} is {goal.status}: its members can be reached while it is active."
        )
    if not wanted.everyone:
        require_ai_pack(stores)
    schedule, follow = _schedule(stores, wanted, request.now, goal.terms.ends_on)
    audience = agree_goal_audience(goal_id, wanted.buckets, wanted.everyone, follow)
    return _saved(stores, wanted, audience, schedule, request)


def create_on_segment(stores: Stores, wanted: Wanted, request: Request) -> dict[str, Any]:
    """Save an engagement of a plain segment, whose definition is frozen with it.

    Raises InvalidInput, Conflict, NotIncluded for a segment of buckets where the account has
    switched them off, Raced.
    """
    # The definition language brings pydantic along, which nothing else here takes.
    from .segments import frozen_definition, require_scores

    earlier = _earlier(stores, request)
    if earlier is not None:
        return _started(stores, earlier, request)
    if wanted.segment is None or wanted.buckets is not None or wanted.everyone:
        raise InvalidInput.at(
            "audience", 'audience says {"segment": …}: the id of a saved one, or a definition'
        )
    by_id = wanted.segment if isinstance(wanted.segment, str) else None
    try:
        whole = frozen_definition(stores, by_id, None if by_id else wanted.segment)
    except InvalidInput as wrong:
        raise InvalidInput.at("audience.segment", wrong.message) from None
    schedule, follow = _schedule(stores, wanted, request.now, None)
    definition = require_scores(stores, whole)
    kind = _destination(stores, wanted.destination_id).kind
    stream = agree_stream(wanted.stream, wanted.initial, wanted.kind, kind)
    audience = Audience(
        segment_id=by_id,
        definition=definition,
        follow=follow,
        stream=stream,
        initial=wanted.initial,
    )
    return _saved(stores, wanted, audience, schedule, request)


def clone(
    stores: Stores, engagement_id: str, changes: Mapping[str, Any], request: Request
) -> dict[str, Any]:
    """Save the same engagement once more, with other `changes` (fields of Wanted). Users whom the
    first one reached can be reached again. Raises as `create_on_goal`."""
    source = stores.engagements.get(engagement_id)
    audience, schedule = source.audience, source.schedule
    given: dict[str, Any] = {
        "name": source.name,
        "destination_id": source.destination_id,
        "segment": audience.definition,
        "buckets": None if audience.everyone else list(audience.buckets) or None,
        "everyone": audience.everyone,
        "stream": list(audience.stream) or None,
        "initial": audience.initial,
        "follow": None,
        "kind": schedule.kind,
        "at": None if schedule.at is None else datetime.fromisoformat(schedule.at),
        "until": None if schedule.until is None else date.fromisoformat(schedule.until),
        "message": source.message,
        "reference": source.reference,
    }
    if "kind" in changes:
        given |= {"at": None, "until": None}
    if "buckets" in changes or "segment" in changes:
        given |= {"buckets": None, "everyone": False, "segment": None}
    wanted = Wanted(**{**given, **changes}, cloned_from=engagement_id)
    if audience.goal_id is None:
        return create_on_segment(stores, wanted, request)
    return create_on_goal(stores, audience.goal_id, wanted, request)


def show(stores: Stores, engagement_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    return _shown(stores, stores.engagements.get(engagement_id))


def page(
    stores: Stores, goal_id: str | None, limit: int, after: str | None
) -> tuple[list[dict[str, Any]], bool]:
    """Engagements, newest first, of one goal or all; whether more follow. Raises NotFound for a
    goal that does not exist."""
    if goal_id is None:
        found, more = stores.engagements.page(limit, after)
    else:
        stores.goals.get(goal_id)
        found, more = stores.engagements.page_of_goal(goal_id, limit, after)
    return [_shown(stores, engagement) for engagement in found], more


def change(stores: Stores, engagement_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Set `name` or `reference`; whom, where and when are locked. A `name` of None leaves it, a
    `reference` of None takes it away. Raises NotFound, InvalidInput, Conflict."""
    refuse_locked(changes)
    changes = {k: value for k, value in changes.items() if (k, value) != ("name", None)}
    if not changes:
        raise InvalidInput("Nothing to change: give name or reference.")
    return _shown(stores, stores.engagements.change(engagement_id, changes))


def stop(stores: Stores, engagement_id: str) -> dict[str, Any]:
    """Send nothing more: what is being sent ends with the batch at hand, and no send follows.
    Nothing happens to one that has ended. Raises NotFound."""
    stopped = stores.engagements.end(engagement_id, "stopped", "Stopped by its owner.")
    stores.engagements.rest(engagement_id)
    if stopped.schedule.kind == "at" and not stopped.sends:
        stores.schedules.cancel(engagement_id)
    return _shown(stores, stopped)


def users_of_destination(stores: Stores, destination_id: str) -> list[str]:
    """Ids of the engagements at work that send to it."""
    return [
        engagement_id
        for engagement_id, mark in stores.engagements.at_work()
        if mark["destination_id"] == destination_id
        and stores.engagements.get(engagement_id).status == "active"
    ]


def _earlier(stores: Stores, request: Request) -> Engagement | None:
    """What was saved with the caller's key before."""
    key = request.key
    return None if key is None else stores.engagements.saved_with(key, request.now)


def _schedule(
    stores: Stores, wanted: Wanted, now: datetime, ends_on: date | None
) -> tuple[Schedule, bool]:
    # By the days that are closed and not by the clock: history can be gone through again.
    today = lake_state(stores).watermark + timedelta(days=1)
    agreed = agree_schedule(
        wanted.kind, wanted.at, wanted.until, wanted.follow, now, today, ends_on
    )
    if wanted.kind == "nightly":
        marks = [mark for _, mark in stores.engagements.at_work() if mark["nightly"]]
        if len(marks) >= MOST_NIGHTLY:
            raise Conflict(
                f"{MOST_NIGHTLY} nightly engagements are at work already: stop one first "
                "(POST /v1/engagements/{id}/stop)."
            )
    return agreed


def _saved(
    stores: Stores, wanted: Wanted, audience: Audience, schedule: Schedule, request: Request
) -> dict[str, Any]:
    destination = _destination(stores, wanted.destination_id)
    parse_message(destination.kind, wanted.message)
    if destination.kind == "file":
        own = (*OWN, STREAMED) if audience.stream else OWN
        refuse_traits(destination.settings.kept()["traits"], own)
    made = Engagement(
        id=request.engagement_id,
        name=wanted.name,
        audience=audience,
        destination_id=destination.id,
        schedule=schedule,
        created_at=request.now.isoformat(),
        created_by=request.caller,
        message=wanted.message,
        reference=wanted.reference,
        cloned_from=wanted.cloned_from,
    )
    return _started(stores, stores.engagements.create(made, request.now, request.key), request)


def _destination(stores: Stores, destination_id: str) -> Destination:
    found = stores.destinations.find(destination_id)
    if found is None:
        raise InvalidInput.at(
            "destination",
            f"There is no destination {destination_id!r}. GET /v1/destinations lists them.",
        )
    destination = Destination.of_kept(found[0])
    if not destination.enabled:
        raise Conflict(
            f"{destination_id} is disabled: {destination.reason} "
            'PATCH /v1/destinations/{id} {"enabled": true} has it sent to again.'
        )
    return destination


def _started(stores: Stores, made: Engagement, request: Request) -> dict[str, Any]:
    """Start its send where that is due; one whose start failed is started by repeating the request
    with its key, and stopped without one, since nobody would ever start it."""
    if made.status == "active" and made.schedule.kind != "nightly" and not made.sends:
        run_id = f"send-{made.id}-{single_send(made.schedule, made.created_at)}"
        try:
            if made.schedule.at is None:
                stores.bus.send_requested(run_id)
            else:
                at = datetime.fromisoformat(made.schedule.at)
                stores.schedules.start_at(made.id, run_id, at)
        except Exception:
            if request.key is None:
                reason = "It could not be started. Save it again."
                stores.engagements.end(made.id, "stopped", reason)
            raise
    return _shown(stores, made)


def _shown(stores: Stores, engagement: Engagement) -> dict[str, Any]:
    audience, schedule = engagement.audience, engagement.schedule
    found = stores.destinations.find(engagement.destination_id)
    return {
        "id": engagement.id,
        "name": engagement.name,
        "goal_id": audience.goal_id,
        "audience": {
            "everyone": audience.everyone,
            "buckets": None if audience.everyone else list(audience.buckets) or None,
            "segment": audience.segment_id,
            "definition": audience.definition,
            "follow": audience.follow,
            "stream": list(audience.stream) or None,
            "initial": audience.initial,
        },
        "destination": {
            "id": engagement.destination_id,
            "name": None if found is None else found[0]["name"],
            "kind": None if found is None else found[0]["kind"],
        },
        "message": engagement.message,
        "reference": engagement.reference,
        "schedule": {"kind": schedule.kind, "at": schedule.at, "until": schedule.until},
        "status": engagement.status,
        "status_reason": engagement.reason,
        "sends": len(engagement.sends),
        "last_send": engagement.sends[-1] if engagement.sends else None,
        "cloned_from": engagement.cloned_from,
        "created_at": engagement.created_at,
        "created_by": engagement.created_by,
        "note": _note(audience),
    }


def _note(audience: Audience) -> str:
    if audience.goal_id is not None:
        return ON_GOAL
    return ON_STREAM if audience.stream else ON_SEGMENT
