"""Saved segments, and the frozen definitions that goals and forecasts take from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from ..errors import Conflict, InvalidInput, NotFound
from ..goals.event_rules import unknown_event
from ..goals.goal import Goal
from ..segments.definition import ALL_USERS, EVERYBODY, parse, references
from ..segments.limits import MAX_REFERENCE_DEPTH
from ..store.goals import IdempotencyKey
from ..store.segments import Segment
from ..store.stores import Stores
from .account import require_ai_pack
from .catalogue import lake_state
from .erasures import shown_definition

MAX_DEFINITION_BYTES = 200_000
"""A goal carries its definition, and a DynamoDB item holds 400 KB."""

PAGE = 100

BUILT_IN = Segment(ALL_USERS, "All users", EVERYBODY.to_json(), None, None)
"""The segment that is there without being saved."""


def create(
    stores: Stores,
    segment_id: str,
    name: str,
    definition: Any,
    now: datetime,
    caller: str | None = None,
    key: IdempotencyKey | None = None,
) -> dict[str, Any]:
    """Save a definition; `caller` is who asks for it. With a `key` seen before, the segment that
    was saved then.

    Raises InvalidInput for a definition outside the language, or one that refers to a segment that
    does not exist; Conflict for a key used with another request; Raced.
    """
    normal = parse(definition).to_json()
    require_scores(stores, freeze(stores, normal))
    at = now.isoformat()
    segment = Segment(segment_id, name, normal, at, at, caller, caller)
    segment = stores.segments.create(segment, now, key)
    return _shown(stores, segment, [], None) | {"warnings": warnings(stores, normal)}


def show(stores: Stores, segment_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    segment = BUILT_IN if segment_id == ALL_USERS else stores.segments.get(segment_id)
    [shown] = _inventory(stores, [segment])
    return shown


def page(stores: Stores, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
    """Segments in the order they were made, the built-in one first; whether more follow."""
    if after is None:
        saved, more = stores.segments.page(limit - 1, None)
        return _inventory(stores, [BUILT_IN, *saved]), more
    saved, more = stores.segments.page(limit, None if after == ALL_USERS else after)
    return _inventory(stores, saved), more


def change(
    stores: Stores,
    segment_id: str,
    changes: Mapping[str, Any],
    now: datetime,
    caller: str | None = None,
) -> dict[str, Any]:
    """Set `name` and/or `definition`. Goals keep the copy they were made with; a changed definition
    starts a new series of sizes.

    Raises NotFound, Conflict for the built-in segment, InvalidInput as `create` does and for a
    definition that comes back to the segment itself.
    """
    _refuse_built_in(segment_id, "changed")
    if not changes:
        raise InvalidInput("Nothing to change: give name or definition.")
    stores.segments.get(segment_id)
    wanted = dict(changes)
    if "definition" in wanted:
        wanted["definition"] = parse(wanted["definition"]).to_json()
        require_scores(stores, freeze(stores, wanted["definition"], (segment_id,)))
    stamp = {"updated_at": now.isoformat(), "updated_by": caller}
    segment = stores.segments.change(segment_id, wanted | stamp)
    [shown] = _inventory(stores, [segment])
    return shown | {"warnings": warnings(stores, segment.definition)}


def delete(stores: Stores, segment_id: str) -> None:
    """Raises NotFound, Conflict for the built-in segment and while another segment refers to it."""
    _refuse_built_in(segment_id, "deleted")
    after: str | None = None
    more = True
    while more:
        found, more = stores.segments.page(PAGE, after)
        for other in found:
            after = other.id
            if segment_id in references(parse(dict(other.definition))).segments:
                raise Conflict(
                    f"Segment {other.id} ({other.name}) refers to {segment_id}. "
                    "Change or delete that one first."
                )
    stores.segments.delete(segment_id)


def frozen_definition(stores: Stores, segment_id: str | None, definition: Any) -> dict[str, Any]:
    """A definition, the caller's own or a saved one, with every referenced segment put in place.

    Exactly one of `segment_id` and `definition` must be given. Raises InvalidInput otherwise, and
    for an unknown segment, NotIncluded as `require_scores`.
    """
    if (segment_id is None) == (definition is None):
        raise InvalidInput.at(
            "segment_id", "Give either segment_id (of a saved segment, or all-users) or definition."
        )
    if segment_id is None:
        return require_scores(stores, freeze(stores, parse(definition).to_json()))
    if segment_id == ALL_USERS:
        return EVERYBODY.to_json()
    try:
        segment = stores.segments.get(segment_id)
    except NotFound as unknown:
        raise InvalidInput.at("segment_id", unknown.message) from None
    return require_scores(stores, freeze(stores, segment.definition, (segment_id,)))


def goal_definition(stores: Stores, segment_id: str | None, definition: Any) -> dict[str, Any]:
    """As `frozen_definition`, of a segment that a goal can be made on.

    Raises InvalidInput also for one that asks for the scores of goals.
    """
    frozen = frozen_definition(stores, segment_id, definition)
    asked = references(parse(frozen)).goals
    if asked:
        raise InvalidInput.at(
            "definition" if segment_id is None else "segment_id",
            f"A goal learns from past days, with its segment as it was on each of them, but the "
            f"scores of {', '.join(asked)} begin with that goal. Make the goal on the segment "
            "without its bucket and likelihood clauses; its own buckets will tell its members "
            "apart.",
        )
    return frozen


def freeze(
    stores: Stores, definition: Mapping[str, Any], trail: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The definition with every `{"segment": id}` replaced by what that segment says now.

    `trail` holds the ids on the way here. Raises InvalidInput for an unknown segment or goal, a
    circle, and a result beyond the limits of a definition.
    """
    parsed = parse(_inlined(stores, definition, trail))
    for goal_id in references(parsed).goals:
        known_goal(stores, goal_id)
    whole = parsed.to_json()
    size = len(json.dumps(whole).encode())
    if size > MAX_DEFINITION_BYTES:
        raise InvalidInput.at(
            "definition",
            f"definition takes {size:,} bytes with the segments it refers to; at most "
            f"{MAX_DEFINITION_BYTES:,} fit. Give long lists of users a trait instead.",
        )
    return whole


def fingerprint(stores: Stores, segment_id: str, definition: Mapping[str, Any]) -> str:
    """What sizes of a saved segment belong to: a hash of its definition with every segment that it
    refers to in place. Raises InvalidInput as `freeze` does."""
    whole = _inlined(stores, definition, (segment_id,))
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]


def require_scores(stores: Stores, frozen: dict[str, Any]) -> dict[str, Any]:
    """The definition itself. Raises NotIncluded for one that asks for buckets or likelihoods while
    the account has switched off the AI pack."""
    if references(parse(frozen)).goals:
        require_ai_pack(stores)
    return frozen


def known_goal(stores: Stores, goal_id: str) -> Goal:
    """The goal that a definition names. Raises InvalidInput."""
    try:
        return stores.goals.get(goal_id)
    except NotFound as unknown:
        raise InvalidInput.at("definition", unknown.message) from None


def warnings(stores: Stores, definition: Mapping[str, Any]) -> list[str]:
    """What is sound but probably not meant: events nobody ever did. Empty without a lake."""
    try:
        known = lake_state(stores).event_names
    except Conflict:
        return []
    named = references(parse(dict(definition))).events
    return [unknown_event(name, known) for name in named if name not in known]


def _inlined(stores: Stores, clause: Mapping[str, Any], trail: tuple[str, ...]) -> dict[str, Any]:
    written = dict(clause)
    for kind in ("all", "any"):
        if kind in written:
            written[kind] = [_inlined(stores, inner, trail) for inner in written[kind]]
    if "not" in written:
        written["not"] = _inlined(stores, written["not"], trail)
    if "segment" not in written:
        return written
    name = written["segment"]
    if name == ALL_USERS:
        return EVERYBODY.to_json()
    if name in trail or len(trail) >= MAX_REFERENCE_DEPTH:
        raise InvalidInput.at(
            "definition",
            f"Segments refer to one another in a circle or too deeply "
            f"({' -> '.join([*trail, name])}); at most {MAX_REFERENCE_DEPTH} levels work.",
        )
    try:
        segment = stores.segments.get(name)
    except NotFound as unknown:
        raise InvalidInput.at("definition", unknown.message) from None
    return _inlined(stores, segment.definition, (*trail, name))


def _refuse_built_in(segment_id: str, what: str) -> None:
    if segment_id == ALL_USERS:
        raise Conflict(f"The segment all-users is built in and cannot be {what}.")


def _inventory(stores: Stores, segments: Sequence[Segment]) -> list[dict[str, Any]]:
    """Segments with the goals at work on them, asked for once, and their newest sizes."""
    running: dict[str, list[str]] = {}
    for goal in stores.goals.at_work():
        if goal.terms.segment_id is not None:
            running.setdefault(goal.terms.segment_id, []).append(goal.id)
    sizes = _newest_sizes(stores, segments)
    return [_shown(stores, one, running.get(one.id, []), sizes.get(one.id)) for one in segments]


def _newest_sizes(stores: Stores, segments: Sequence[Segment]) -> dict[str, dict[str, Any]]:
    last = stores.head.read().watermark
    if last is None:
        return {}
    series = {}
    for one in segments:
        with suppress(InvalidInput):  # a segment that it refers to was deleted meanwhile
            series[one.id] = fingerprint(stores, one.id, one.definition)
    return {
        segment_id: {"date": day.isoformat(), "users": size.users, "estimated": size.estimated}
        for segment_id, (day, size) in stores.sizes.newest(series, last).items()
    }


def _shown(
    stores: Stores, segment: Segment, goals: list[str], size: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "id": segment.id,
        "name": segment.name,
        "type": "past_behavior",
        "definition": shown_definition(stores, segment.definition),
        "created_at": segment.created_at,
        "created_by": segment.created_by,
        "updated_at": segment.updated_at,
        "updated_by": segment.updated_by,
        "goals": goals,
        "size": size,
    }
