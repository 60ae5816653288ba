"""The sizes of saved segments in a run of a night: which ones are counted, and what came of it.

They ride along: a night counts them where it reads the users anyway, and a segment that cannot be
counted is told with the run and never stops it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any

from ..errors import InvalidInput, NotFound
from ..goals.goal import ScoreFiles
from ..goals.plan import Plan
from ..store.segments import Segment
from ..store.sizes import Size
from ..store.stores import Stores

MOST_SEGMENTS = 500
MOST_BYTES = 8 << 20
"""Of one night: more saved segments, or larger definitions, are left to be counted on demand."""

MOST_TOLD = 50
"""Segments without a size that a run names: it is one item, which holds its goals as well."""

PAGE = 100


@dataclass(frozen=True)
class NightSizes:
    """`segments` are {"id", "fingerprint", "definition"}, referenced segments in place; `scores`
    the newest score files of the goals that they ask for; `left_out` says why others are not among
    them, by id."""

    segments: tuple[Mapping[str, Any], ...]
    scores: Mapping[str, ScoreFiles | None]
    left_out: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        return {
            "segments": list(self.segments),
            "scores": {
                goal: None if files is None else files.to_json()
                for goal, files in self.scores.items()
            },
            "left_out": dict(self.left_out),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> NightSizes:
        scores = {
            goal: None if files is None else ScoreFiles.from_json(files)
            for goal, files in document["scores"].items()
        }
        return cls(tuple(document["segments"]), scores, document["left_out"])


NO_SIZES = NightSizes((), {}, {})
"""Of a run that counts no segments."""


def document_key(plan: Plan) -> str:
    """Where `plan_sizes` writes what shard jobs and publishing read."""
    return f"{plan.prefix}segments.json"


def plan_sizes(stores: Stores, plan: Plan, missing_only: bool = False) -> tuple[Plan, bool]:
    """Write down which segments the night counts; the plan that has them, and whether there is any.

    All saved ones, and all-users where there is something to do anyway; `missing_only` leaves out
    those whose size of the day is known. What is beyond MOST_SEGMENTS or MOST_BYTES is not even
    read: an account may have saved any number of segments.
    """
    # The definition language brings pydantic along, which a set-up does not need.
    from ..segments.definition import parse, references
    from .published_scores import published_scores
    from .segments import BUILT_IN, fingerprint, freeze

    planned: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    goals: set[str] = set()
    room = MOST_BYTES
    saved = _all_saved(stores)
    first = next(saved, None)
    inventory = chain([BUILT_IN, *([first] if first else [])], saved)
    for segment in inventory if first or plan.goals else ():
        try:
            frozen = freeze(stores, segment.definition, (segment.id,))
            mark = fingerprint(stores, segment.id, segment.definition)
        except InvalidInput as broken:
            left_out[segment.id] = broken.message
            continue
        room -= len(json.dumps(frozen))
        if len(planned) >= MOST_SEGMENTS or room < 0:
            left_out[segment.id] = (
                f"a night counts {MOST_SEGMENTS} segments and {MOST_BYTES >> 20} MB of definitions "
                "at most, the oldest ones; the trends of this one and of all that were saved later "
                "are counted when they are asked for"
            )
            break
        planned.append({"id": segment.id, "fingerprint": mark, "definition": frozen})
        goals.update(references(parse(frozen)).goals)
    if missing_only:
        known = stores.sizes.newest({one["id"]: one["fingerprint"] for one in planned}, plan.date)
        counted = {name for name, (day, _) in known.items() if day == plan.date}
        planned = [one for one in planned if one["id"] not in counted]
    tonight = {goal.id for goal in plan.goals}
    scores = published_scores(stores, sorted(goals - tonight), plan.date)
    scores |= dict.fromkeys(goals & tonight, plan.scores())
    document = NightSizes(tuple(planned), scores, left_out).to_json()
    text = json.dumps(document, sort_keys=True)
    whole = replace(plan, segments=hashlib.sha256(text.encode()).hexdigest()[:12])
    stores.objects.put_json(document_key(whole), document)
    return whole, bool(planned)


def read_sizes(stores: Stores, plan: Plan) -> NightSizes:
    """What `plan_sizes` wrote; nothing for a night that was planned before sizes were counted."""
    try:
        document = stores.objects.get_json(document_key(plan))
    except NotFound:
        return NO_SIZES
    return NightSizes.from_json(document)


@dataclass(frozen=True)
class Outcome:
    """`sizes` by segment id, of those that every group counted; `problems` of the others."""

    sizes: Mapping[str, int]
    problems: tuple[str, ...]


class SizeTotals:
    """Sizes to which one group after the other is added."""

    def __init__(self, wanted: NightSizes) -> None:
        self._failed = dict(wanted.left_out)
        self._totals: dict[str, int] = {segment["id"]: 0 for segment in wanted.segments}

    def add(self, group: int, tally: Mapping[str, Any]) -> None:
        """What `group_sizes` found in a group."""
        sizes, uncounted = tally.get("sizes", {}), tally.get("uncounted", {})
        for name in self._totals:
            if name in sizes:
                self._totals[name] += sizes[name]
            else:
                reason = uncounted.get(name) or f"group {group} did not count it"
                self._failed.setdefault(name, reason)

    def outcome(self, day: date) -> Outcome:
        """After the last group of a run on `day`."""
        told = [
            f"{name} has no size of {day}: {reason}"
            for name, reason in sorted(self._failed.items())
        ]
        if len(told) > MOST_TOLD:
            told[MOST_TOLD:] = [f"and {len(told) - MOST_TOLD:,} more segments have none"]
        sizes = {name: n for name, n in self._totals.items() if name not in self._failed}
        return Outcome(sizes, tuple(told))


def keep_sizes(stores: Stores, plan: Plan, wanted: NightSizes, counted: Outcome) -> None:
    """Keep the sizes of a night that is published. Again changes nothing."""
    for segment in wanted.segments:
        if segment["id"] in counted.sizes:
            size = Size(counted.sizes[segment["id"]])
            stores.sizes.put(segment["id"], segment["fingerprint"], {plan.date: size})


def _all_saved(stores: Stores) -> Iterator[Segment]:
    after: str | None = None
    more = True
    while more:
        found, more = stores.segments.page(PAGE, after)
        for segment in found:
            after = segment.id
            yield segment
