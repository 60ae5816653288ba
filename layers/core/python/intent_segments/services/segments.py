"""Saved segments, and the frozen definitions that goals and forecasts take from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..errors import Conflict, InvalidInput, NotFound
from ..goals.event_rules import unknown_event
from ..goals.goal import Goal
from ..segments.definition import ALL_USERS, EVERYBODY, parse, references
from ..segments.limits import MAX_REFERENCE_DEPTH
from ..store.segments import Segment
from ..store.stores import Stores
from .catalogue import lake_state

MAX_DEFINITION_BYTES = 200_000
"""A goal carries its definition, and a DynamoDB item holds 400 KB."""

PAGE = 100


def create(
    stores: Stores, segment_id: str, name: str, definition: Any, now: datetime
) -> dict[str, Any]:
    """Save a definition. Raises InvalidInput for a definition outside the language, or one that
    refers to a segment that does not exist."""
    normal = parse(definition).to_json()
    freeze(stores, normal)
    at = now.isoformat()
    segment = Segment(segment_id, name, normal, at, at)
    stores.segments.put(segment)
    return _shown(segment) | {"warnings": warnings(stores, normal)}


def show(stores: Stores, segment_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    if segment_id == ALL_USERS:
        return _all_users()
    return _shown(stores.segments.get(segment_id))


def page(stores: Stores, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
    """Segments in the order they were made, the built-in one first; whether more follow."""
    if after is None:
        saved, more = stores.segments.page(limit - 1, None)
        return [_all_users(), *(_shown(segment) for segment in saved)], more
    saved, more = stores.segments.page(limit, None if after == ALL_USERS else after)
    return [_shown(segment) for segment in saved], more


def change(
    stores: Stores, segment_id: str, changes: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Set `name` and/or `definition`. Goals keep the copy they were made with.

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
        freeze(stores, wanted["definition"], (segment_id,))
    segment = stores.segments.change(segment_id, wanted | {"updated_at": now.isoformat()})
    return _shown(segment) | {"warnings": warnings(stores, segment.definition)}


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
    for an unknown segment.
    """
    if (segment_id is None) == (definition is None):
        raise InvalidInput.at(
            "segment_id", "Give either segment_id (of a saved segment, or all-users) or definition."
        )
    if segment_id is None:
        return freeze(stores, parse(definition).to_json())
    if segment_id == ALL_USERS:
        return EVERYBODY.to_json()
    try:
        segment = stores.segments.get(segment_id)
    except NotFound as unknown:
        raise InvalidInput.at("segment_id", unknown.message) from None
    return freeze(stores, segment.definition, (segment_id,))


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


def _all_users() -> dict[str, Any]:
    return {
        "id": ALL_USERS,
        "name": "All users",
        "type": "past_behavior",
        "definition": EVERYBODY.to_json(),
        "created_at": None,
        "updated_at": None,
    }


def _shown(segment: Segment) -> dict[str, Any]:
    return {
        "id": segment.id,
        "name": segment.name,
        "type": "past_behavior",
        "definition": segment.definition,
        "created_at": segment.created_at,
        "updated_at": segment.updated_at,
    }
