"""The panel's part of a run: models where they are due, every night the cuts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InsufficientHistory
from ..goals.buckets import CERTAIN, Cuts, day0_cuts, night_cuts, percentile_table
from ..goals.goal import Terms
from ..goals.plan import Plan, PlannedGoal, Trained, trained_document
from ..goals.rolling import retraining_due
from ..lake.calendar import to_day
from ..lake.tables import Tables
from ..propensity.evidence import Evidence
from ..propensity.forecast import forecast
from ..propensity.history import History, load_history
from ..propensity.interval import Spread, spread
from ..propensity.model import Model
from ..propensity.score import score
from ..propensity.traits import TraitTable, load_traits
from ..segments.definition import parse
from ..store.stores import Stores
from .forecasting import achieving, in_rolling_days, question_of
from .goal_models import Learnt, keep, learn, load_model
from .opening import panel_members, panel_slots, panel_tables


@dataclass(frozen=True)
class Panel:
    """What all goals of a night share. `share` is the panel's part of all users."""

    stores: Stores
    plan: Plan
    tables: Tables
    share: float
    history: History
    traits: TraitTable


def train_model(stores: Stores, event: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Write the run's `cuts.json` (and models) for {"plan_key": …}; returns the event.

    History that cannot carry the goal is an answer, not an accident: the event then comes back
    with {"failed": {"Error", "Cause"}}, and nothing is tried again.
    """
    plan = Plan.from_json(stores.objects.get_json(event["plan_key"]))
    try:
        trained = _set_up(stores, plan, folder) if plan.kind == "goal_setup" else None
        if trained is None:
            trained = _night(stores, plan, folder)
    except InsufficientHistory as refusal:
        # The form in which Step Functions reports an error, so that one state records both.
        cause = {"errorType": "InsufficientHistory", "errorMessage": refusal.message}
        return {**event, "failed": {"Error": "InsufficientHistory", "Cause": json.dumps(cause)}}
    stores.objects.put_json(plan.cuts_key, trained_document(plan, trained))
    return dict(event)


def _set_up(stores: Stores, plan: Plan, folder: Path) -> dict[str, Trained]:
    trained = {}
    for goal in plan.goals:
        terms = goal.terms
        opened = [parse(terms.definition)]
        tables, share = panel_tables(
            stores, plan.manifest_key, (), terms.events, folder, counted=opened
        )
        stores.meter.add(rows=tables.rows("activity"))
        evidence = Evidence.gather(tables, question_of(terms))
        try:
            learnt = learn(evidence, terms, goal.forecast, share)
        except InsufficientHistory as thin:
            raise in_rolling_days(thin, terms) from None
        likelihood = achieving(learnt.model.likelihood(learnt.rows), terms.direction)
        histogram = Counter(likelihood.tolist())
        cuts = day0_cuts(histogram, terms.direction, terms.bucket_policy)
        slots = panel_slots(stores, plan.manifest_key)
        record = keep(stores, goal.id, learnt, likelihood, cuts, slots)
        predicted = _told(goal.forecast or learnt.forecast) if terms.rolling else None
        table = percentile_table(histogram)
        trained[goal.id] = Trained(cuts, record, learnt.forecast, table, predicted)
    return trained


def _night(stores: Stores, plan: Plan, folder: Path) -> dict[str, Trained]:
    # Rolling goals look at their segment as it was on past days, and so does whoever learns anew;
    # the others have frozen members.
    opened = [
        parse(goal.terms.definition) for goal in plan.goals if goal.terms.rolling or goal.retrain
    ]
    tables, share = panel_tables(stores, plan.manifest_key, (), plan.events, folder, counted=opened)
    stores.meter.add(rows=tables.rows("activity"))
    history = load_history(tables, to_day(plan.date))
    panel = Panel(stores, plan, tables, share, history, load_traits(tables, history))
    trained = {}
    for goal in plan.goals:
        members = panel_members(stores, plan, goal, tables, folder)
        trained[goal.id] = (_rolling if goal.terms.rolling else _dated)(panel, goal, members)
    return trained


def _dated(panel: Panel, goal: PlannedGoal, members: npt.NDArray[np.int64]) -> Trained:
    """Tonight's cuts of a goal with an end, of whose target group the panel holds `members`."""
    assert goal.model is not None and goal.cuts is not None  # an active goal has both
    record = _learnt_anew(panel, goal, goal.cuts) if goal.retrain else None
    model = load_model(panel.stores, record or goal.model)
    histogram = _open_members(panel, goal, model, members)
    cuts = night_cuts(histogram, goal.cuts, goal.terms.bucket_policy)
    return Trained(cuts, record, percentiles=percentile_table(histogram))


def _learnt_anew(panel: Panel, goal: PlannedGoal, cuts: Cuts) -> dict[str, Any] | None:
    """The record of a model made as the goal's set-up made it, for the same day and level, from the
    history that is there now; None where that no longer carries one, and the old model stays."""
    terms = goal.terms
    evidence = Evidence.gather(panel.tables, question_of(terms))
    try:
        learnt = learn(evidence, terms, goal.forecast, panel.share)
    except InsufficientHistory:
        return None
    likelihood = achieving(learnt.model.likelihood(learnt.rows), terms.direction)
    slots = panel_slots(panel.stores, panel.plan.manifest_key)
    return keep(panel.stores, goal.id, learnt, likelihood, cuts, slots)


def _rolling(panel: Panel, goal: PlannedGoal, members: npt.NDArray[np.int64]) -> Trained:
    """Tonight's cuts of a rolling goal, and its model at the level of tonight's forecast: of those
    who, as its members, had been in the segment for as long. When the model is due, that of the
    forecast takes its place. Where history no longer carries a forecast, model and level stay."""
    assert goal.model is not None and goal.cuts is not None  # an active goal has both
    terms, night = goal.terms, to_day(panel.plan.date)
    age = night - to_day(terms.as_of)
    asked = replace(question_of(terms), as_of=night, age=age)
    evidence = Evidence.of(panel.tables, asked, panel.history, panel.traits)
    try:
        found = forecast(evidence, panel.share)
    except InsufficientHistory:
        found = None
    is_due = goal.retrain or retraining_due(terms, goal.model, panel.plan.date)
    renewed = found is not None and is_due
    model = found.model if found and renewed else load_model(panel.stores, goal.model)
    if found is not None:
        users = panel.history.index_of(members)
        rows = evidence.rows(model.plan, users, night, terms.horizon)
        model = model.at_level(rows, found.value * panel.share)
    histogram = _open_members(panel, goal, model, members)
    cuts = night_cuts(histogram, goal.cuts, goal.terms.bucket_policy)
    record = None
    if found and renewed:
        learnt = replace(Learnt.of(evidence, found), model=model)
        likelihood = achieving(model.likelihood(learnt.rows), terms.direction)
        slots = panel_slots(panel.stores, panel.plan.manifest_key)
        record = keep(panel.stores, goal.id, learnt, likelihood, cuts, slots)
    return Trained(
        cuts,
        record,
        percentiles=percentile_table(histogram),
        predicted=_bounds(found.spread if found else _unproven(histogram, terms, panel.share)),
        shift=model.shift,
    )


def _open_members(
    panel: Panel, goal: PlannedGoal, model: Model, members: npt.NDArray[np.int64]
) -> dict[int, int]:
    """{likelihood in 1e-6: open members} of the panel's part of a target group tonight."""
    night = panel.plan.date
    scored = score(
        Evidence.of(panel.tables, question_of(goal.terms), panel.history, panel.traits),
        model,
        panel.history.index_of(members),
        started=to_day(goal.terms.first_night(night)),
        cutoff=to_day(night),
        ends=to_day(goal.terms.last_day_of(night)),
        direction=goal.terms.direction,
    )
    return dict(Counter(scored.likelihood[~scored.did].tolist()))


def _unproven(histogram: Mapping[int, int], terms: Terms, share: float) -> Spread:
    """Of all members, how many will do it in the window that begins after tonight, by the panel's
    likelihoods alone: with the errors of other goals, where there is no past one to go by."""
    members = sum(histogram.values())
    expected = sum(likelihood * n for likelihood, n in histogram.items()) / CERTAIN
    expected = members - expected if terms.direction == "minimize" else expected
    return spread(expected / share, (), members / share, share)


def _bounds(predicted: Spread) -> dict[str, float]:
    bounds = predicted.interval(80)
    numbers = {"value": predicted.value, "low80": bounds.low, "high80": bounds.high}
    return {name: round(number, 2) for name, number in numbers.items()}


def _told(forecast: Mapping[str, Any] | None) -> dict[str, float]:
    """What a forecast document says of the first window."""
    assert forecast is not None  # given, or made with the model
    bounds = forecast["intervals"]["80"]
    return {"value": forecast["value"], "low80": bounds["low"], "high80": bounds["high"]}
