"""A look into a segment before it is saved: how many, how many of them can be reached, and who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ..errors import FieldError, InvalidInput
from ..goals.goal import ScoreFiles
from ..lake.manifest import PANEL_USERS
from ..lake.tables import Tables
from ..segments.definition import Definition, parse, references
from ..segments.evaluate import users_with_traits
from ..segments.explain import explain
from ..segments.limits import MAX_SECONDS
from ..segments.time_limit import TimeLimit, TookTooLong
from ..segments.together import Memberships, memberships
from ..store.account import CHANNELS
from ..store.metered import MeteredObjects
from ..store.stores import Stores
from .catalogue import LakeState, lake_state
from .census import Census, Counted, Sampled
from .published_scores import published_scores, score_warnings
from .segments import frozen_definition, warnings
from .standings import load_scores


@dataclass(frozen=True)
class PreviewRequest:
    """Whom to look at: a saved segment or a `definition`, as of a day (None: the last closed one).

    `shown` members are shown; `overlap_with` is another segment's id or definition; `exact` counts
    everybody even where an estimate would be given.
    """

    segment_id: str | None = None
    definition: Any = None
    as_of: date | None = None
    shown: int = 10
    overlap_with: Any = None
    exact: bool = False


@dataclass
class Tally:
    """What has been counted so far. `reached` goes by channel; `other` and `both` are of the
    segment to compare with."""

    users: int = 0
    reached: dict[str, int] = field(default_factory=dict)
    other: int = 0
    both: int = 0
    sample: list[dict[str, Any]] = field(default_factory=list)
    bound: int = 0
    """The slot of the user hash below which everybody has been asked."""


def preview(stores: Stores, wanted: PreviewRequest, folder: Path) -> dict[str, Any]:
    """Members of a segment at the end of a day, how many of them each channel reaches, some of them
    with their traits, and how many are in another segment too.

    Everybody is asked, group by group in the order of the user hash, where that is quick enough;
    otherwise the panel, and the numbers are estimates with their 95 % interval. `folder` keeps the
    files fetched. Raises InvalidInput, also for what takes longer than MAX_SECONDS, and Conflict
    before anything is loaded.
    """
    began = perf_counter()
    metered = MeteredObjects.over(stores.objects)
    stores = replace(stores, objects=metered)
    state = lake_state(stores)
    day = closed_day(state, wanted.as_of)
    frozen = frozen_definition(stores, wanted.segment_id, wanted.definition)
    other = None if wanted.overlap_with is None else _other(stores, wanted.overlap_with)
    whole = parse(frozen)
    channels = _channels(stores)
    asked = [whole, *channels.values(), *([] if other is None else [other])]
    goals = {goal for definition in asked for goal in references(definition).goals}
    published = published_scores(stores, sorted(goals), day)
    census = Census.of(stores, state.manifest_key, asked, folder, wanted.exact, day)
    tally = _counted(census, _Asked(asked, tuple(channels), day, wanted.shown, published))
    sampled = census.sampled(tally.bound)
    users = sampled.scaled(tally.users)
    return {
        "as_of": day.isoformat(),
        "users": users.users,
        "estimated": not sampled.everybody,
        "interval": _interval(sampled, users),
        "sample": tally.sample,
        "reachability": {
            channel: sampled.scaled(count).users for channel, count in tally.reached.items()
        },
        "overlap": None if other is None else _overlap(sampled, tally, wanted.overlap_with),
        "explain": [asdict(explained) for explained in explain(whole)],
        **metered.meter.to_json(),
        "seconds": round(perf_counter() - began, 3),
        "warnings": [*warnings(stores, frozen), *score_warnings(published, day)],
    }


def closed_day(state: LakeState, as_of: date | None) -> date:
    """The day a question is about, None meaning the last closed one. Raises InvalidInput for a day
    that is not closed yet."""
    day = state.watermark if as_of is None else as_of
    if day > state.watermark:
        raise InvalidInput.at(
            "as_of",
            f"as_of {day} is not closed yet: the last closed day is {state.watermark}. "
            "Leave as_of out, or choose that day or an earlier one.",
        )
    return day


@dataclass(frozen=True)
class _Asked:
    """`definitions` are the segment, then one per channel, then perhaps the other segment."""

    definitions: list[Definition]
    channels: tuple[str, ...]
    day: date
    shown: int
    published: Mapping[str, ScoreFiles | None]


def _counted(census: Census, asked: _Asked) -> Tally:
    """Everything, counted in one pass per group. Where time runs out after so many users that the
    panel would hold no more, what has been counted is the answer's sample."""
    tally = Tally(reached=dict.fromkeys(asked.channels, 0))

    def prepare(tables: Tables, group: int) -> None:
        load_scores(census.stores, tables, asked.published, asked.day, group, census.folder)

    try:
        with TimeLimit(MAX_SECONDS) as limit:
            for bound, tables in census.tables(prepare):
                limit.watch(tables)
                found = memberships(tables, [(one, asked.day) for one in asked.definitions])
                _add(tally, found, asked, tables)
                tally.bound = bound
    except TookTooLong:
        if census.exact or census.sampled(tally.bound).asked < PANEL_USERS:
            raise
    return tally


def _add(tally: Tally, found: Memberships, asked: _Asked, tables: Tables) -> None:
    inside = found.inside[0]
    counts = {
        channel: int((inside & having).sum())
        for channel, having in zip(asked.channels, found.inside[1:], strict=False)
    }
    first = found.uh[inside][: asked.shown - len(tally.sample)]
    shown = users_with_traits(tables, first.tolist(), asked.day)
    # Nothing may be added before the last query is done: one that is stopped leaves no half group.
    tally.users += int(inside.sum())
    for channel, count in counts.items():
        tally.reached[channel] += count
    if len(found.inside) > 1 + len(asked.channels):
        other = found.inside[-1]
        tally.other += int(other.sum())
        tally.both += int(np.logical_and(inside, other).sum())
    tally.sample += [{"user_id": user.user_id, "traits": user.traits} for user in shown]


def _overlap(sampled: Sampled, tally: Tally, wanted: Any) -> dict[str, Any]:
    either = tally.users + tally.other - tally.both
    both = sampled.scaled(tally.both)
    return {
        "segment_id": wanted if isinstance(wanted, str) else None,
        "users": sampled.scaled(tally.other).users,
        "both": both.users,
        "interval": _interval(sampled, both),
        "share": _share(tally.both, tally.users),
        "share_of_other": _share(tally.both, tally.other),
        "jaccard": _share(tally.both, either),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _interval(sampled: Sampled, counted: Counted) -> dict[str, int] | None:
    return None if sampled.everybody else {"low": counted.low, "high": counted.high}


def _channels(stores: Stores) -> dict[str, Definition]:
    """Whom each channel of the account reaches."""
    account = stores.account.find()
    channels = CHANNELS if account is None else account.channels
    return {name: _reached(needs) for name, needs in channels.items()}


def _reached(needs: Mapping[str, Any]) -> Definition:
    clauses = [{"profile": {"property": needs["trait"], "exists": True}}]
    if needs.get("consent") is not None:
        clauses.append({"profile": {"property": needs["consent"], "eq": True}})
    return parse({"all": clauses})


def _other(stores: Stores, wanted: Any) -> Definition:
    """The segment to compare with, by its id or as a definition. Raises InvalidInput."""
    by_id = isinstance(wanted, str)
    try:
        return parse(frozen_definition(stores, *((wanted, None) if by_id else (None, wanted))))
    except InvalidInput as broken:
        own = "segment_id" if by_id else "definition"
        errors = tuple(
            FieldError(error.field.replace(own, "overlap_with", 1), error.message)
            for error in broken.errors
        )
        raise InvalidInput(f"overlap_with: {broken.message}", errors) from None
