"""A goal once more: the same question about the days to come, with what the caller changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from .goal import Draft, Terms

Changes = Mapping[str, Any]
"""What a clone has otherwise: fields of `Draft` as a caller gives them; None takes a value away."""


def draft_of(terms: Terms, changes: Changes, watermark: date) -> Draft:
    """The draft of a clone of a goal with these `terms`, made while `watermark` is the last closed
    day.

    Its history ends with the last closed day and its period has as many days as the old one, unless
    `changes` says otherwise: a `starts_on` takes as_of along where that is a closed day, an
    `ends_on` makes a dated goal of a rolling one and `rolling_days` the reverse. Absolute dates
    inside the definition stay what they are.
    """
    as_of, starts_on = changes.get("as_of") or watermark, changes.get("starts_on")
    if starts_on is not None and changes.get("as_of") is None:
        as_of = min(starts_on - timedelta(days=1), watermark)
    rolling_days, ends_on = terms.rolling_days, None
    if rolling_days is None:
        ends_on = as_of + timedelta(days=terms.horizon)
    if changes.get("ends_on") is not None:
        rolling_days = None
    if changes.get("rolling_days") is not None:
        ends_on = None
    wanted: dict[str, Any] = {
        "segment_id": terms.segment_id,
        "definition": None,
        "events": tuple(event.to_json() for event in terms.events),
        "ends_on": ends_on,
        "rolling_days": rolling_days,
        "direction": terms.direction,
        "match": terms.match,
        "as_of": as_of,
        "target": terms.target,
        "buckets": terms.bucket_policy.to_json(),
    }
    return Draft(**wanted | dict(changes))
