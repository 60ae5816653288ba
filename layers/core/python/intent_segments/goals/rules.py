"""The rules that turn a draft into terms. Every broken rule is reported, not only the first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from ..errors import FieldError, InvalidInput
from .goal import Draft, Terms

MAX_HORIZON_DAYS = 365
"""The longest period: beyond a year no season has been seen often enough to learn from."""

MAX_EVENTS = 20
"""Events of one goal."""

SUGGESTIONS = 3
"""Names offered for an unknown event."""


def agree(
    draft: Draft, definition: Mapping[str, Any], watermark: date, known_events: Collection[str]
) -> Terms:
    """The terms of a draft about the members of `definition`, a frozen one.

    `watermark` is the last closed day, `known_events` every event name the lake has seen.
    Raises InvalidInput with one FieldError per broken rule; the message is that of the first.
    """
    as_of = watermark if draft.as_of is None else draft.as_of
    starts_on = as_of + timedelta(days=1) if draft.starts_on is None else draft.starts_on
    broken = [
        *_as_of_rules(as_of, watermark),
        *_period_rules(draft, as_of, starts_on),
        *_event_rules(draft.events, known_events),
        *_target_rules(draft),
    ]
    if broken:
        raise InvalidInput(broken[0].message, tuple(broken))
    assert draft.ends_on is not None  # _period_rules refuses its absence
    return Terms(
        segment_id=draft.segment_id,
        definition=definition,
        direction=draft.direction,
        events=draft.events,
        match=draft.match,
        as_of=as_of,
        starts_on=starts_on,
        ends_on=draft.ends_on,
        target=draft.target,
    )


def still_ahead(terms: Terms, watermark: date) -> None:
    """A goal can be tracked only while a day of its period is still to come.

    Raises InvalidInput when the whole period is closed already (an old forecast, or an old as_of).
    """
    if terms.ends_on <= watermark:
        raise InvalidInput.at(
            "ends_on",
            f"ends_on {terms.ends_on} is in the past: the last closed day is {watermark}. "
            f"Choose {watermark + timedelta(days=1)} or later.",
        )


def _as_of_rules(as_of: date, watermark: date) -> list[FieldError]:
    if as_of <= watermark:
        return []
    return [
        FieldError(
            "as_of",
            f"as_of {as_of} is not closed yet: the last closed day is {watermark}. "
            f"Leave as_of out, choose {watermark} or earlier, or load the missing days first.",
        )
    ]


def _period_rules(draft: Draft, as_of: date, starts_on: date) -> list[FieldError]:
    if draft.rolling_days is not None:
        return [
            FieldError(
                "rolling_days",
                "rolling_days is not supported: a rolling goal needs a new target group every "
                "night, and this version freezes one per goal. Give ends_on instead.",
            )
        ]
    first = as_of + timedelta(days=1)
    broken = []
    if starts_on != first:
        broken.append(
            FieldError(
                "starts_on",
                f"starts_on must be the day after as_of, {first}, not {starts_on}: the period "
                "follows directly on the history it is judged by. Leave starts_on out.",
            )
        )
    if draft.ends_on is None:
        return [*broken, FieldError("ends_on", "ends_on is missing: the last day that counts")]
    if draft.ends_on < first:
        broken.append(
            FieldError(
                "ends_on",
                f"ends_on {draft.ends_on} is in the past: the last closed day is {as_of}. "
                f"Choose {first} or later.",
            )
        )
    last = as_of + timedelta(days=MAX_HORIZON_DAYS)
    if draft.ends_on > last:
        broken.append(
            FieldError(
                "ends_on",
                f"ends_on {draft.ends_on} is {(draft.ends_on - as_of).days} days after "
                f"{as_of}; at most {MAX_HORIZON_DAYS} can be forecast. Choose {last} or earlier.",
            )
        )
    return broken


def _event_rules(events: tuple[str, ...], known: Collection[str]) -> list[FieldError]:
    if not 1 <= len(events) <= MAX_EVENTS:
        return [FieldError("events", f"events must name 1 to {MAX_EVENTS}, not {len(events)}")]
    broken = []
    for position, name in enumerate(events):
        field = f"events[{position}]"
        if name in events[:position]:
            broken.append(FieldError(field, f"event {name!r} is named twice; once is enough"))
        elif name not in known:
            broken.append(FieldError(field, unknown_event(name, known)))
    return broken


def unknown_event(name: str, known: Collection[str]) -> str:
    """The message for an event nobody ever did, with the nearest known names."""
    import difflib

    folded: dict[str, str] = {}
    for entry in sorted(known):
        folded.setdefault(entry.casefold(), entry)
    near = difflib.get_close_matches(name.casefold(), list(folded), n=SUGGESTIONS, cutoff=0.6)
    if near:
        remedy = "Did you mean " + " or ".join(repr(folded[entry]) for entry in near) + "?"
    elif len(known) <= MAX_EVENTS:
        remedy = "Known events: " + ", ".join(repr(entry) for entry in sorted(known)) + "."
    else:
        remedy = f"GET /v1/events lists the {len(known)} known names."
    return f"no user ever did the event {name!r}. {remedy}"


def _target_rules(draft: Draft) -> list[FieldError]:
    if draft.target is None or draft.target.value >= 1:
        return []
    return [FieldError("target.value", f"target.value must be 1 or more, not {draft.target.value}")]
