"""The rules about a goal's events: how many, which names, which properties."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..errors import FieldError, InvalidInput
from ..segments.goal_event import GoalEvent, parse
from ..segments.limits import MAX_VALUES

MAX_EVENTS = 20
"""Events of one goal."""

MAX_EVENTS_BYTES = 50_000
"""Events of one goal as JSON: a goal carries them beside its definition, in one item."""

Known = Mapping[str, Collection[str] | None]
"""Every event name the lake has seen -> the names of its properties; None where not all of them
were kept."""

SUGGESTIONS = 3
"""Names offered for an unknown event."""


def agree_events(
    given: tuple[Any, ...], known: Known
) -> tuple[tuple[GoalEvent, ...], list[FieldError]]:
    """The events that a draft names, and what is wrong with them."""
    if not 1 <= len(given) <= MAX_EVENTS:
        return (), [FieldError("events", f"events must name 1 to {MAX_EVENTS}, not {len(given)}")]
    found: list[GoalEvent] = []
    broken: list[FieldError] = []
    for position, document in enumerate(given):
        field = f"events[{position}]"
        try:
            event = parse(document, field)
        except InvalidInput as refused:
            broken += [FieldError(e.field, f"{e.field}: {e.message}") for e in refused.errors]
            continue
        if event.identity in {other.identity for other in found}:
            broken.append(
                FieldError(field, f"event {event.words!r} is named twice; once is enough")
            )
        else:
            broken += _name_rules(event, field, known)
        found.append(event)
    return tuple(found), [*broken, *_size_rules(found)]


def _name_rules(event: GoalEvent, field: str, known: Known) -> list[FieldError]:
    """An event and properties that were never seen can only be misspelt: nobody could do it."""
    if event.event not in known:
        named = f"{field}.event" if event.where else field
        return [FieldError(named, unknown_event(event.event, known))]
    properties = known[event.event]
    if properties is None:
        return []
    return [
        FieldError(
            f"{field}.where[{position}].property",
            unknown_property(event.event, condition["property"], properties),
        )
        for position, condition in enumerate(event.where)
        if condition["property"] not in properties and condition.get("exists") is not False
    ]


def _size_rules(events: list[GoalEvent]) -> list[FieldError]:
    values = sum(len(condition.get("in", ())) for event in events for condition in event.where)
    size = sum(len(event.identity.encode()) for event in events)
    remedy = "; filter by another property, or put what belongs together into an event of its own."
    if values > MAX_VALUES:
        what = f"events list {values:,} values in their conditions, at most {MAX_VALUES:,} fit"
        return [FieldError("events", what + remedy)]
    if size > MAX_EVENTS_BYTES:
        what = f"events take {size:,} bytes as JSON, at most {MAX_EVENTS_BYTES:,} fit"
        return [FieldError("events", what + remedy)]
    return []


def unknown_event(name: str, known: Collection[str]) -> str:
    """The message for an event nobody ever did, with the nearest known names."""
    near = _near(name, known)
    if near:
        remedy = f"Did you mean {near}?"
    elif len(known) <= MAX_EVENTS:
        remedy = "Known events: " + ", ".join(repr(entry) for entry in sorted(known)) + "."
    else:
        remedy = f"GET /v1/events lists the {len(known)} known names."
    return f"no user ever did the event {name!r}. {remedy}"


def unknown_property(event: str, name: str, known: Collection[str]) -> str:
    """The message for a property that no such event ever had, with the nearest names."""
    near = _near(name, known)
    if near:
        remedy = f"Did you mean {near}?"
    elif not known:
        remedy = "These events have no properties; name the event alone."
    else:
        few = ", ".join(repr(entry) for entry in sorted(known)[:MAX_EVENTS])
        remedy = f"It has {few}{', …' if len(known) > MAX_EVENTS else ''}."
    return f"no event {event!r} ever had the property {name!r}. {remedy}"


def _near(name: str, known: Collection[str]) -> str:
    """`'a' or 'b'`: the known names closest to a misspelt one, empty if none is."""
    import difflib

    folded: dict[str, str] = {}
    for entry in sorted(known):
        folded.setdefault(entry.casefold(), entry)
    near = difflib.get_close_matches(name.casefold(), list(folded), n=SUGGESTIONS, cutoff=0.6)
    return " or ".join(repr(folded[entry]) for entry in near)
