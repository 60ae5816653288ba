"""One group of users in a run: freeze target groups at set-up, score every goal, count.

The group's activity is read once and serves all goals. Files go to keys that the plan determines,
so that a repeated job writes the same bytes to the same place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from ..goals.buckets import NO_BUCKET, NO_PERCENTILE, Bucket, Cuts, assign, percentiles
from ..goals.goal import ScoreFiles
from ..goals.plan import Plan, PlannedGoal, Trained, group_tally, read_trained
from ..goals.progress import ARMS, BUCKETS, Converted, GoalTally
from ..goals.target_group import draw_arms
from ..lake.calendar import to_day
from ..lake.columns import read_columns, write_columns
from ..lake.tables import Tables
from ..propensity.drivers import Driver
from ..propensity.evidence import Evidence
from ..propensity.history import History, load_history
from ..propensity.score import Scored, score
from ..propensity.traits import TraitTable, load_traits
from ..segments.definition import parse
from ..segments.evaluate import members as segment_members
from ..store.stores import Stores
from .forecasting import question_of
from .opening import TARGET_COLUMNS, group_tables, score_key, target_key
from .training import load_model

OPEN, ACHIEVED, LOST = 0, 1, 2
"""The column `state` of scores."""


@dataclass(frozen=True)
class Group:
    """What all goals of one job share."""

    stores: Stores
    plan: Plan
    number: int
    tables: Tables
    history: History
    traits: TraitTable
    scratch: Path


def score_users(stores: Stores, event: Mapping[str, Any], folder: Path) -> dict[str, int]:
    """Do the job {"plan_key", "group"}; returns {"group": …} and nothing of the users."""
    plan = Plan.from_json(stores.objects.get_json(event["plan_key"]))
    number = int(event["group"])
    trained = read_trained(plan, stores.objects.get_json(plan.cuts_key))
    definitions = [parse(goal.terms.definition) for goal in plan.goals]
    freezing = definitions if plan.kind == "goal_setup" else []
    tables = group_tables(stores, plan.manifest_key, number, freezing, folder)
    history = load_history(tables, to_day(plan.date))
    traits = load_traits(tables, history)
    with TemporaryDirectory() as scratch:
        group = Group(stores, plan, number, tables, history, traits, Path(scratch))
        tallies = {goal.id: _goal(group, goal, trained[goal.id]) for goal in plan.goals}
    stores.objects.put_json(plan.tally_key(number), group_tally(plan, number, tallies))
    return {"group": number}


def _goal(group: Group, goal: PlannedGoal, trained: Trained) -> GoalTally:
    """Score one goal in this group and write its file."""
    record = trained.model or goal.model
    assert record is not None  # made by this run's training or on record
    target = _freeze(group, goal) if goal.day0_scores is None else _frozen(group, goal)
    evidence = Evidence.of(group.tables, question_of(goal.terms), group.history, group.traits)
    members = group.history.index_of(target["uh"])
    scored = score(
        evidence,
        load_model(group.stores, record),
        members,
        started=to_day(goal.terms.as_of),
        cutoff=to_day(group.plan.date),
        ends=to_day(goal.terms.ends_on),
        direction=goal.terms.direction,
        drivers=_drivers(group.stores, record),
    )
    before = _earlier(group, goal, goal.previous_scores, target["uh"])
    over = group.plan.date >= goal.terms.ends_on
    bucket, pending = _kept(scored, before) if over else _buckets(scored, trained.cuts, before)
    day0 = _earlier(group, goal, goal.day0_scores, target["uh"])["bucket"]
    done = ACHIEVED if goal.terms.direction == "maximize" else LOST
    columns = {
        "uh": target["uh"],
        "likelihood": scored.likelihood,
        "state": np.where(scored.did, done, OPEN).astype(np.uint8),
        "bucket": bucket,
        "pending": pending,
        "arm": target["arm"],
        "percentile": _percentiles(scored, trained.percentiles),
        **{f"reason{rank + 1}": codes for rank, codes in enumerate(scored.reasons.T.copy())},
    }
    files = group.plan.scores()
    path = write_columns(group.scratch / f"{goal.id}-scores.parquet", columns)
    group.stores.objects.upload({score_key(goal.id, files, group.number): path})
    return _tally(
        scored,
        bucket,
        before["bucket"],
        day0 if goal.day0_scores is not None else bucket,
        target["arm"],
        _goal_events(evidence, members, to_day(goal.counted_to)),
        done,
    )


def _drivers(stores: Stores, record: Mapping[str, Any]) -> tuple[Driver, ...]:
    """The drivers beside the model on record, in the order that reasons count them; none for a
    model that was set up before there were any."""
    if "drivers" not in record:
        return ()
    document = stores.objects.get_json(record["drivers"])
    return tuple(Driver.from_json(entry) for entry in document["drivers"])


def _percentiles(scored: Scored, table: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    if not table:  # nobody of the panel is open: there is nothing to compare with
        return np.full(len(scored.did), NO_PERCENTILE, np.uint8)
    found = percentiles(scored.likelihood, table)
    return np.where(scored.did, NO_PERCENTILE, found).astype(np.uint8)


def _freeze(group: Group, goal: PlannedGoal) -> dict[str, npt.NDArray[Any]]:
    """The segment's members of this group on as_of, with their arms: written once, for good."""
    uh = segment_members(group.tables, parse(goal.terms.definition), goal.terms.as_of)
    users = group.tables.con.execute("SELECT uh, user_id FROM users ORDER BY uh").fetchnumpy()
    ids = users["user_id"][np.searchsorted(users["uh"], uh)]
    arms = draw_arms(goal.control_salt, ids.tolist(), goal.control_share)
    columns = {"uh": uh, "user_id": ids, "arm": np.array(arms, np.uint8)}
    path = write_columns(group.scratch / f"{goal.id}-target.parquet", columns)
    group.stores.objects.upload({target_key(goal.id, group.number): path})
    return columns


def _frozen(group: Group, goal: PlannedGoal) -> dict[str, npt.NDArray[Any]]:
    path = group.scratch / f"{goal.id}-target.parquet"
    group.stores.objects.download(target_key(goal.id, group.number), path)
    return read_columns(path, TARGET_COLUMNS)


def _earlier(
    group: Group, goal: PlannedGoal, files: ScoreFiles | None, uh: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[Any]]:
    """Bucket and `pending` of an earlier night, aligned with `uh`; NO_BUCKET and 0 for none."""
    bucket = np.full(len(uh), NO_BUCKET, np.uint8)
    pending = np.zeros(len(uh), np.int8)
    if files is not None:
        path = group.scratch / f"{goal.id}-earlier.parquet"
        group.stores.objects.download(score_key(goal.id, files, group.number), path)
        found = read_columns(path, ("uh", "bucket", "pending"))
        at = np.searchsorted(found["uh"], uh)
        inside = np.minimum(at, max(len(found["uh"]) - 1, 0))
        if len(found["uh"]):
            same = found["uh"][inside] == uh
            bucket = np.where(same, found["bucket"][inside], bucket)
            pending = np.where(same, found["pending"][inside], pending)
    return {"bucket": bucket, "pending": pending}


def _buckets(
    scored: Scored, cuts: Cuts, before: Mapping[str, npt.NDArray[Any]]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int8]]:
    open_ = ~scored.did
    bucket = np.full(len(open_), NO_BUCKET, np.uint8)
    pending = np.zeros(len(open_), np.int8)
    bucket[open_], pending[open_] = assign(
        scored.likelihood[open_], cuts, before["bucket"][open_], before["pending"][open_]
    )
    return bucket, pending


def _kept(
    scored: Scored, before: Mapping[str, npt.NDArray[Any]]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int8]]:
    """When the period is over nobody open can do it any more: buckets stay as they were."""
    bucket = np.where(before["bucket"] == NO_BUCKET, Bucket.LEAST_LIKELY, before["bucket"])
    return np.where(scored.did, NO_BUCKET, bucket).astype(np.uint8), before["pending"]


def _goal_events(evidence: Evidence, members: npt.NDArray[np.int32], counted_to: int) -> int:
    """The goal's events by these members since the period began."""
    history = evidence.history
    inside = np.zeros(len(history.uh), bool)
    inside[members] = True
    codes = [evidence.codes[e] for e in evidence.question.events if e in evidence.codes]
    counted = (
        np.isin(history.event, codes)
        & (history.day > evidence.question.as_of)
        & (history.day <= counted_to)
        & inside[history.user]
    )
    return int(history.count[counted].sum())


def _tally(
    scored: Scored,
    bucket: npt.NDArray[np.uint8],
    before: npt.NDArray[np.uint8],
    day0: npt.NDArray[np.uint8],
    arm: npt.NDArray[np.uint8],
    events: int,
    done: int,
) -> GoalTally:
    open_, did = ~scored.did, int(scored.did.sum())
    moved = open_ & (before != NO_BUCKET)
    counts = np.zeros((len(Bucket), len(Bucket)), np.int64)
    np.add.at(counts, (before[moved], bucket[moved]), 1)
    least, moderately, most = (_triple(row) for row in counts)
    return GoalTally(
        members=len(open_),
        open=int(open_.sum()),
        achieved=did if done == ACHIEVED else 0,
        lost=did if done == LOST else 0,
        events=events,
        likelihood=int(scored.likelihood[open_].sum(dtype=np.int64)),
        day0={
            (of, group): Converted(
                int(((day0 == of) & (arm == group)).sum()),
                int(((day0 == of) & (arm == group) & scored.did).sum()),
            )
            for of in BUCKETS
            for group in ARMS
        },
        open_by_bucket=_triple(np.bincount(bucket[open_], minlength=len(Bucket))),
        transitions=(least, moderately, most),
    )


def _triple(values: npt.NDArray[np.int64]) -> tuple[int, int, int]:
    least, moderately, most = (int(value) for value in values)
    return least, moderately, most
