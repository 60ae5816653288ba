"""What the groups of a run counted, added up one group after the other.

With a thousand groups and the outcomes of whole goals in their tallies, these are larger together
than the memory of a function: a few are read ahead, and none is kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..errors import CorruptObject
from ..goals.changes import Changes
from ..goals.plan import Plan, read_group_tally
from ..goals.progress import GoalTally
from ..store.stores import Stores
from .night_sizes import NightSizes, Outcome, SizeTotals

READERS = 16
"""Tallies read at the same time: small objects whose time is all latency."""


@dataclass(frozen=True)
class Total:
    """`goals` are the tallies of all groups together, by goal; `changes`, by goal, those of each
    group in turn, which are small; `sizes` those of the segments that were counted beside them."""

    goals: Mapping[str, GoalTally]
    changes: Mapping[str, Sequence[Changes]]
    sizes: Outcome


def added_up(stores: Stores, plan: Plan, wanted: NightSizes) -> Total:
    """What the groups of a run counted. Raises CorruptObject for tallies that are missing, of
    another attempt or cut short."""
    goals = {goal.id: GoalTally() for goal in plan.goals}
    changes: dict[str, list[Changes]] = {goal.id: [] for goal in plan.goals}
    sizes = SizeTotals(wanted)
    if goals or wanted.segments:
        for group, document in enumerate(_in_order(stores, plan)):
            for goal_id, tally in read_group_tally(plan, group, document).items():
                goals[goal_id] += tally
                changes[goal_id].append(tally.changes)
            sizes.add(group, document)
    for tally in goals.values():
        tally.check()
    return Total(goals, changes, sizes.outcome(plan.date))


def _in_order(stores: Stores, plan: Plan) -> Iterator[Mapping[str, Any]]:
    _check_there(stores, plan)
    keys = map(plan.tally_key, range(plan.groups))
    with ThreadPoolExecutor(READERS) as pool:
        ahead = deque(pool.submit(stores.objects.get_json, key) for key in islice(keys, READERS))
        while ahead:
            document = ahead.popleft().result()
            ahead.extend(pool.submit(stores.objects.get_json, key) for key in islice(keys, 1))
            yield document


def _check_there(stores: Stores, plan: Plan) -> None:
    there = set(stores.objects.keys(f"{plan.prefix}tallies/"))
    missing = [group for group in range(plan.groups) if plan.tally_key(group) not in there]
    if missing:
        named = ", ".join(map(str, missing[:10])) + (", …" if len(missing) > 10 else "")
        raise CorruptObject(
            f"{plan.run_id} lacks the counts of {len(missing)} of {plan.groups} groups ({named}): "
            "their jobs did not finish. Nothing was published; start the run again."
        )
