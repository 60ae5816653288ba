"""One group of users in a run: freeze target groups at set-up, score every goal, count.

The group's activity is read once and serves all goals, at night the sizes of saved segments too.
Files go to keys that the plan determines, so that a repeated job writes the same bytes to the same
place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from ..goals.buckets import NO_BUCKET, NO_PERCENTILE, Bucket, Cuts, assign, percentiles
from ..goals.effects import GOAL, HOLDOUT
from ..goals.goal import ScoreFiles
from ..goals.plan import Plan, PlannedGoal, Trained, group_tally, read_trained
from ..goals.progress import GoalTally
from ..goals.recount import Recount
from ..goals.target_group import draw_arms
from ..lake.calendar import from_day, to_day
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
from .change_files import change_key
from .changing import NO_STATE, Standings, count_changes, standings, write_changes
from .comparing_groups import Columns, Members, Pool, Shelf, effects_of, held_out, reachable
from .counting import ACHIEVED, LOST, OPEN, cells, events_of, realised, tally
from .counting import first_days as first_days_of
from .counting import late_windows as late_windows_of
from .forecasting import question_of
from .goal_models import load_model
from .group_sizes import definitions_of, group_sizes
from .metric_rows import single_tables
from .night_sizes import read_sizes
from .opening import group_tables, score_key, target_key
from .overlapping import Target, with_overlaps
from .seals import sealed, task_of


@dataclass(frozen=True)
class Group:
    """What all goals of one job share; `single` holds the events that metrics ask for, `targets`
    the members of the goals that were worked on."""

    stores: Stores
    plan: Plan
    number: int
    tables: Tables
    history: History
    traits: TraitTable
    scratch: Path
    single: Tables | None
    targets: dict[str, Target] = field(default_factory=dict)

    @cached_property
    def held(self) -> npt.NDArray[np.bool_] | None:
        """bool, by position in the history: who is held out of everything; None without."""
        if self.plan.holdout is None:
            return None
        return np.array(self.plan.holdout.holds(self.history.uh.tolist()), bool)

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.stores, self.number, self.tables, self.single, self.scratch)


def score_users(stores: Stores, event: Mapping[str, Any], folder: Path) -> dict[str, int]:
    """Do the job {"plan_key", "group"}; returns {"group": …} and nothing of the users."""
    plan = Plan.from_json(stores.objects.get_json(event["plan_key"]))
    number = int(event["group"])
    setting_up = plan.kind == "goal_setup"
    wanted = None if setting_up else read_sizes(stores, plan)
    freezing = [parse(goal.terms.definition) for goal in plan.goals] if setting_up else []
    counted = definitions_of(wanted) if wanted else []
    tables = group_tables(stores, plan.manifest_key, number, freezing, plan.events, folder, counted)
    single = single_tables(stores, plan, number, folder)
    tallies = _goals(stores, plan, number, tables, single) if plan.goals else {}
    scored = sum(tally.members for tally in tallies.values())
    stores.meter.add(rows=tables.rows("activity"), users=scored)
    document = group_tally(plan, number, tallies)
    if wanted:
        document |= group_sizes(stores, plan, wanted, tables, number, folder)
    stores.objects.put_json(plan.tally_key(number), sealed(document, task_of(stores, plan)))
    return {"group": number}


def _goals(
    stores: Stores, plan: Plan, number: int, tables: Tables, single: Tables | None
) -> dict[str, GoalTally]:
    trained = read_trained(plan, stores.objects.get_json(plan.cuts_key))
    history = load_history(tables, to_day(plan.date))
    traits = load_traits(tables, history)
    with TemporaryDirectory() as scratch:
        group = Group(stores, plan, number, tables, history, traits, Path(scratch), single)
        tallies = {goal.id: _goal(group, goal, trained[goal.id]) for goal in plan.goals}
        return with_overlaps(tallies, group.targets)


def _goal(group: Group, goal: PlannedGoal, trained: Trained) -> GoalTally:
    """Score one goal in this group and write its file."""
    record = trained.model or goal.model
    assert record is not None  # made by this run's training or on record
    night = group.plan.date
    target = _freeze(group, goal) if goal.day0_scores is None else _frozen(group, goal)
    evidence = Evidence.of(group.tables, question_of(goal.terms), group.history, group.traits)
    members = group.history.index_of(target["uh"])
    model = load_model(group.stores, record)
    if trained.shift is not None:
        model = replace(model, shift=trained.shift)
    scored = score(
        evidence,
        model,
        members,
        started=to_day(goal.terms.first_night(night)),
        cutoff=to_day(night),
        ends=to_day(goal.terms.last_day_of(night)),
        direction=goal.terms.direction,
        drivers=_drivers(group.stores, record),
    )
    before = _earlier(group, goal, goal.previous_scores, target["uh"])
    over = goal.terms.over(night)
    bucket, pending = _kept(scored, before) if over else _buckets(scored, trained.cuts, before)
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
    then, now = standings(before["state"], before["bucket"]), standings(columns["state"], bucket)
    _write(group, goal, columns, then, now)
    first = columns
    if goal.day0_scores is not None:
        first = _earlier(group, goal, goal.day0_scores, target["uh"])
    began, last = to_day(goal.terms.as_of), to_day(goal.counted_to)
    counted = tally(
        scored,
        bucket,
        before["bucket"],
        first["bucket"],
        target["arm"],
        events_of(evidence, members, began, last),
        done,
    )
    counted = replace(counted, changes=count_changes(then, now))
    direction = goal.terms.direction
    if not goal.terms.rolling:
        recount = Recount(first_days_of(evidence, members, began, last))
        counted = replace(counted, recount=recount)
    if over:
        told = realised(first["likelihood"], first["bucket"], scored.did, direction)
        counted = replace(counted, realised=told)
    if goal.window_scores is not None:
        began = to_day(goal.window_scores.date)
        first = _earlier(group, goal, goal.window_scores, target["uh"])
        did = evidence.goal.within(members, began, goal.terms.horizon)
        late = late_windows_of(evidence, members, goal.terms, goal.window_scores.date)
        counted = replace(
            counted,
            recount=Recount(windows=late),
            window=cells(first["bucket"], target["arm"], did),
            window_events=events_of(evidence, members, began, to_day(night)),
        )
    group.targets[goal.id] = target["uh"], target["arm"]
    held = None if group.held is None else group.held[members]
    who = Members(target["uh"], members, target["arm"], held, evidence, to_day(night))
    wholes = {}
    if not goal.terms.rolling or goal.window_scores is not None:
        wholes = _wholes(group, goal, who, first, began)
    return replace(counted, effects=effects_of(goal, who, wholes, group.shelf))


def _write(
    group: Group, goal: PlannedGoal, columns: Columns, then: Standings, now: Standings
) -> None:
    """Write the scores of the group, and who stands elsewhere than before."""
    files, con = group.plan.scores(), group.tables.con
    path = write_columns(group.scratch / f"{goal.id}-scores.parquet", columns, con)
    moved = group.scratch / f"{goal.id}-changes.parquet"
    write_changes(moved, then, now, columns, _target_path(group, goal), con)
    group.stores.objects.upload(
        {
            score_key(goal.id, files, group.number): path,
            change_key(goal.id, files, group.number): moved,
        }
    )


def _wholes(
    group: Group, goal: PlannedGoal, who: Members, first: Columns, began: int
) -> dict[str, Pool]:
    """Everybody in both arms, by what was known in `first`; and with a holdout those inside and
    outside it, from the day on which both were there."""
    until = to_day(goal.terms.last_day_of(from_day(began)))
    found = {GOAL: reachable(who, first, began, until)}
    if group.plan.holdout is not None:
        since = max(began, to_day(group.plan.holdout.since) - 1)
        found[HOLDOUT] = held_out(who, first, since, until)
    return found


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
    path = write_columns(_target_path(group, goal), columns, group.tables.con)
    group.stores.objects.upload({target_key(goal.id, group.number): path})
    return columns


def _frozen(group: Group, goal: PlannedGoal) -> dict[str, npt.NDArray[Any]]:
    path = _target_path(group, goal)
    group.stores.objects.download(target_key(goal.id, group.number), path)
    found = read_columns(path, ("uh", "arm"), group.tables.con)
    # Who is being erased is in no table any more; the file is written anew by the next erasure.
    stays = ~np.isin(found["uh"], list(group.tables.without))
    return {name: column[stays] for name, column in found.items()}


def _target_path(group: Group, goal: PlannedGoal) -> Path:
    """The local copy of the target group's file."""
    return group.scratch / f"{goal.id}-target.parquet"


def _earlier(
    group: Group, goal: PlannedGoal, files: ScoreFiles | None, uh: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[Any]]:
    """State, bucket, `pending`, likelihood and percentile of an earlier night, aligned with `uh`;
    NO_STATE, NO_BUCKET, 0, 0 and NO_PERCENTILE for none."""
    none: dict[str, npt.NDArray[Any]] = {
        "state": np.full(len(uh), NO_STATE, np.uint8),
        "bucket": np.full(len(uh), NO_BUCKET, np.uint8),
        "pending": np.zeros(len(uh), np.int8),
        "likelihood": np.zeros(len(uh), np.int32),
        "percentile": np.full(len(uh), NO_PERCENTILE, np.uint8),
    }
    if files is None:
        return none
    path = group.scratch / f"{goal.id}-earlier.parquet"
    group.stores.objects.download(score_key(goal.id, files, group.number), path)
    found = read_columns(path, ("uh", *none), group.tables.con)
    if not len(found["uh"]):
        return none
    inside = np.minimum(np.searchsorted(found["uh"], uh), len(found["uh"]) - 1)
    same = found["uh"][inside] == uh
    return {name: np.where(same, found[name][inside], column) for name, column in none.items()}


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
