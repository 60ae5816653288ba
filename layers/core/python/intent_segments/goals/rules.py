"""The rules that turn a draft into terms. Every broken rule is reported, not only the first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from ..errors import FieldError, InvalidInput
from .bucket_policy import agree_buckets
from .event_rules import Known, agree_events
from .goal import Draft, Terms

MAX_HORIZON_DAYS = 365
"""The longest period: beyond a year no season has been seen often enough to learn from."""

MAX_ROLLING_DAYS = 90
"""The furthest that a rolling goal looks ahead: what it predicts has to come to be judged."""


def agree(
    draft: Draft, definition: Mapping[str, Any], watermark: date, known_events: Known
) -> Terms:
    """The terms of a draft about the members of `definition`, a frozen one.

    `watermark` is the last closed day. Raises InvalidInput with one FieldError per broken rule;
    the message is that of the first.
    """
    as_of = watermark if draft.as_of is None else draft.as_of
    starts_on = as_of + timedelta(days=1) if draft.starts_on is None else draft.starts_on
    events, broken_events = agree_events(draft.events, known_events)
    bucket_policy, broken_buckets = agree_buckets(draft.buckets)
    broken = [
        *_as_of_rules(as_of, watermark),
        *_period_rules(draft, as_of, starts_on),
        *broken_events,
        *_target_rules(draft),
        *broken_buckets,
    ]
    if broken:
        raise InvalidInput(broken[0].message, tuple(broken))
    return Terms(
        segment_id=draft.segment_id,
        definition=definition,
        direction=draft.direction,
        events=events,
        match=draft.match,
        as_of=as_of,
        starts_on=starts_on,
        ends_on=draft.ends_on,
        target=draft.target,
        rolling_days=draft.rolling_days,
        bucket_policy=bucket_policy,
    )


def still_ahead(terms: Terms, watermark: date) -> None:
    """A goal can be tracked only while a day of its period is still to come.

    Raises InvalidInput when the whole period is closed already (an old forecast, or an old as_of).
    """
    if terms.over(watermark):
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
    if draft.rolling_days is not None:
        return [*broken, *_rolling_rules(draft.rolling_days, draft.ends_on)]
    if draft.ends_on is None:
        missing = (
            "ends_on is missing: the last day that counts. For a goal without end, give "
            "rolling_days instead: the days that every night looks ahead"
        )
        return [*broken, FieldError("ends_on", missing)]
    return [*broken, *_end_rules(draft.ends_on, as_of)]


def _rolling_rules(days: int, ends_on: date | None) -> list[FieldError]:
    broken = []
    if not 1 <= days <= MAX_ROLLING_DAYS:
        broken.append(
            FieldError(
                "rolling_days",
                f"rolling_days must be 1 to {MAX_ROLLING_DAYS}, not {days}. For a longer period "
                "give ends_on.",
            )
        )
    if ends_on is not None:
        broken.append(
            FieldError(
                "rolling_days",
                f"rolling_days {days} and ends_on {ends_on} exclude one another: a rolling goal "
                "has no end. Leave one of them out.",
            )
        )
    return broken


def _end_rules(ends_on: date, as_of: date) -> list[FieldError]:
    broken = []
    first = as_of + timedelta(days=1)
    if ends_on < first:
        broken.append(
            FieldError(
                "ends_on",
                f"ends_on {ends_on} is in the past: the last closed day is {as_of}. "
                f"Choose {first} or later.",
            )
        )
    last = as_of + timedelta(days=MAX_HORIZON_DAYS)
    if ends_on > last:
        broken.append(
            FieldError(
                "ends_on",
                f"ends_on {ends_on} is {(ends_on - as_of).days} days after "
                f"{as_of}; at most {MAX_HORIZON_DAYS} can be forecast. Choose {last} or earlier.",
            )
        )
    return broken


def _target_rules(draft: Draft) -> list[FieldError]:
    if draft.target is None or draft.target.value >= 1:
        return []
    return [FieldError("target.value", f"target.value must be 1 or more, not {draft.target.value}")]
