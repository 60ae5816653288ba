"""A look into a segment before it is saved: how many, how many of them can be reached, and who."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from ..errors import InvalidInput
from ..segments.definition import Definition, parse, references
from ..segments.evaluate import sample, size
from ..segments.explain import explain
from ..segments.limits import MAX_SECONDS
from ..segments.time_limit import TimeLimit
from ..store.stores import Stores
from .catalogue import lake_state
from .opening import group_tables
from .segments import frozen_definition, warnings
from .standings import load_scores, published_scores, score_warnings

CHANNELS = {"email": "email", "sms": "phone"}
"""Channel -> the trait it needs, by the names that Segment's spec reserves for identify calls."""


def preview(
    stores: Stores,
    segment_id: str | None,
    definition: Any,
    as_of: date | None,
    shown: int,
    folder: Path,
) -> dict[str, Any]:
    """Members of a saved or unsaved definition at the end of `as_of` (None: the last closed day).

    Groups of users are opened one after the other, so memory is that of one group; `shown` members
    are picked by hash, which is the same fair sample every time. `folder` keeps the files fetched.
    Raises InvalidInput, also for what takes longer than MAX_SECONDS, and Conflict before anything
    is loaded.
    """
    state = lake_state(stores)
    day = state.watermark if as_of is None else as_of
    if day > state.watermark:
        raise InvalidInput.at(
            "as_of",
            f"as_of {day} is not closed yet: the last closed day is {state.watermark}. "
            "Leave as_of out, or choose that day or an earlier one.",
        )
    frozen = frozen_definition(stores, segment_id, definition)
    whole = parse(frozen)
    published = published_scores(stores, references(whole).goals, day)
    reachable = {channel: _with_trait(frozen, trait) for channel, trait in CHANNELS.items()}
    users, reached = 0, dict.fromkeys(CHANNELS, 0)
    members: list[dict[str, Any]] = []
    with TimeLimit(MAX_SECONDS) as limit:
        for group in range(state.manifest["groups"]):
            tables = group_tables(stores, state.manifest_key, group, [whole], (), folder)
            limit.watch(tables)
            load_scores(stores, tables, published, day, group, folder)
            users += size(tables, whole, day)
            for channel, narrower in reachable.items():
                reached[channel] += size(tables, narrower, day)
            if len(members) < shown:
                found = sample(tables, whole, day, shown - len(members))
                members += [{"user_id": user.user_id, "traits": user.traits} for user in found]
            tables.con.close()
    return {
        "as_of": day.isoformat(),
        "users": users,
        "sample": members,
        "reachability": reached,
        "explain": [asdict(explained) for explained in explain(whole)],
        "warnings": [*warnings(stores, frozen), *score_warnings(published, day)],
    }


def _with_trait(definition: dict[str, Any], trait: str) -> Definition:
    return parse({"all": [definition, {"profile": {"property": trait, "exists": True}}]})
