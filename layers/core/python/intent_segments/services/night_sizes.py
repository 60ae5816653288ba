"""The sizes of saved segments in a run of a night: which ones are counted, and what came of it.

They ride along: a night counts them where it reads the users anyway, and a segment that cannot be
counted is told with the run and never stops it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from ..errors import InvalidInput, NotFound
from ..goals.goal import ScoreFiles
from ..goals.plan import Plan
from ..store.segments import Segment
from ..store.sizes import Size
from ..store.stores import Stores

READERS = 16
"""Counts of groups that are read at the same time."""

MOST_SEGMENTS = 500
MOST_BYTES = 8 << 20
"""Of one night: more saved segments, or larger definitions, are left to be counted on demand."""

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


def document_key(plan: Plan) -> str:
    """Where `plan_sizes` writes what shard jobs and publishing read."""
    return f"{plan.prefix}segments.json"


def plan_sizes(stores: Stores, plan: Plan, missing_only: bool = False) -> tuple[Plan, bool]:
    """Write down which segments the night counts; the plan that has them, and whether there is any.

    All saved ones, and all-users where there is something to do anyway; `missing_only` leaves out
    those whose size of the day is known.
    """
    # The definition language brings pydantic along, which a set-up does not need.
    from ..segments.definition import parse, references
    from .published_scores import published_scores
    from .segments import BUILT_IN, fingerprint, freeze

    planned: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    goals: set[str] = set()
    room = MOST_BYTES
    saved = list(_all_saved(stores))
    for segment in [BUILT_IN, *saved] if saved or plan.goals else []:
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
                "at most; its trend is counted when it is asked for"
            )
            continue
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
        return NightSizes((), {}, {})
    return NightSizes.from_json(document)


@dataclass(frozen=True)
class Outcome:
    """`sizes` by segment id, of those that every group counted; `problems` of the others."""

    sizes: Mapping[str, int]
    problems: tuple[str, ...]


def outcome(stores: Stores, plan: Plan, wanted: NightSizes) -> Outcome:
    """The counts of all groups, added up."""
    failed = dict(wanted.left_out)
    totals: dict[str, int] = {segment["id"]: 0 for segment in wanted.segments}
    if totals:
        with ThreadPoolExecutor(READERS) as pool:
            keys = map(plan.tally_key, range(plan.groups))
            for group, tally in enumerate(pool.map(stores.objects.get_json, keys)):
                sizes = tally.get("sizes", {})
                for name in totals:
                    reason = tally.get("uncounted", {}).get(name)
                    if name in sizes:
                        totals[name] += sizes[name]
                    else:
                        failed.setdefault(name, reason or f"group {group} did not count it")
    problems = tuple(
        f"{name} has no size of {plan.date}: {reason}" for name, reason in sorted(failed.items())
    )
    return Outcome({name: n for name, n in totals.items() if name not in failed}, problems)


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
