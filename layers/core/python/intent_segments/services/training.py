"""The panel's part of a run: at set-up the model and the forecast, every night the cuts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InsufficientHistory
from ..goals.buckets import Bucket, Cuts, day0_cuts, night_cuts, percentile_table
from ..goals.plan import Plan, PlannedGoal, Trained, trained_document
from ..lake.calendar import from_day, to_day
from ..lake.tables import Tables
from ..propensity.artifact import pack, unpack
from ..propensity.drivers import by_bucket, drivers
from ..propensity.evidence import Evidence, Rows
from ..propensity.forecast import forecast, running_model
from ..propensity.history import History, load_history
from ..propensity.leaks import leaks
from ..propensity.model import Model
from ..propensity.score import score
from ..propensity.train import training_starts
from ..propensity.traits import TraitTable, load_traits
from ..segments.definition import parse
from ..store.stores import Stores
from .forecasting import achieving, document_of, question_of
from .opening import panel_members, panel_tables


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


def load_model(stores: Stores, record: Mapping[str, Any]) -> Model:
    """The model on record ({"key", "sha256"}). Raises CorruptObject for any other content."""
    return unpack(stores.objects.get(record["key"]), record["sha256"])


def _set_up(stores: Stores, plan: Plan, folder: Path) -> dict[str, Trained]:
    trained = {}
    for goal in plan.goals:
        definition = parse(goal.terms.definition)
        tables, share = panel_tables(stores, plan.manifest_key, definition, folder)
        evidence = Evidence.gather(tables, question_of(goal.terms))
        document: Mapping[str, Any] | None = goal.forecast
        if document is None:
            document = document_of(forecast(evidence, share), goal.terms)
        model = running_model(evidence, float(document["value"]) * share)
        now = evidence.question.as_of
        members = evidence.members(now)
        rows = evidence.rows(model.plan, members, now, model.horizon)
        likelihood = achieving(model.likelihood(rows), goal.terms.direction)
        histogram = Counter(likelihood.tolist())
        cuts = day0_cuts(histogram, goal.terms.direction)
        told = _drivers(evidence, model, rows, likelihood, cuts)
        record = _keep(stores, goal, model, evidence, told)
        made = None if goal.forecast is not None else document
        trained[goal.id] = Trained(cuts, record, made, percentile_table(histogram))
    return trained


def _drivers(
    evidence: Evidence,
    model: Model,
    rows: Rows,
    likelihood: npt.NDArray[np.int32],
    cuts: Cuts,
) -> dict[str, Any]:
    """The document `drivers.json`: what goes along with the goal's events, in all, how it is
    spread over the day-0 buckets of `rows`, and what looks like a leak."""
    found = drivers(evidence, model)
    place = (likelihood >= cuts.moderately.at).astype(int) + (likelihood >= cuts.most.at)
    spread = by_bucket(found, model.plan, rows.features, place)
    starts = training_starts(evidence, evidence.question.as_of)
    return {
        "as_of": from_day(evidence.question.as_of).isoformat(),
        "windows": [
            {"as_of": from_day(start).isoformat(), "days": evidence.question.horizon}
            for start in starts
        ],
        "drivers": [driver.to_json() for driver in found],
        "buckets": {bucket.label: spread[bucket] for bucket in sorted(Bucket, reverse=True)},
        "warnings": list(leaks(evidence, model)),
    }


def _keep(
    stores: Stores,
    goal: PlannedGoal,
    model: Model,
    evidence: Evidence,
    told: Mapping[str, Any],
) -> dict[str, Any]:
    """Store the model, its manifest and its drivers under a key that names the model's content."""
    starts = training_starts(evidence, evidence.question.as_of)
    artifact = pack(
        model,
        goal.terms.as_of.isoformat(),
        [from_day(start).isoformat() for start in starts],
    )
    folder = f"models/{goal.id}/{artifact.version}/"
    stores.objects.put(f"{folder}model.joblib", artifact.body)
    stores.objects.put_json(f"{folder}manifest.json", artifact.manifest)
    stores.objects.put_json(f"{folder}drivers.json", told)
    return {
        "key": f"{folder}model.joblib",
        "sha256": artifact.sha256,
        "version": artifact.version,
        "drivers": f"{folder}drivers.json",
    }


def _night(stores: Stores, plan: Plan, folder: Path) -> dict[str, Trained]:
    tables, _ = panel_tables(stores, plan.manifest_key, None, folder)
    history = load_history(tables, to_day(plan.date))
    traits = load_traits(tables, history)
    trained = {}
    for goal in plan.goals:
        members = panel_members(stores, plan.manifest_key, goal, plan.groups, folder)
        histogram = _open_members(stores, plan, goal, tables, history, traits, members)
        assert goal.cuts is not None  # an active goal has its day-0 cuts
        cuts = night_cuts(histogram, goal.cuts.day0)
        trained[goal.id] = Trained(cuts, percentiles=percentile_table(histogram))
    return trained


def _open_members(
    stores: Stores,
    plan: Plan,
    goal: PlannedGoal,
    tables: Tables,
    history: History,
    traits: TraitTable,
    members: npt.NDArray[np.int64],
) -> dict[int, int]:
    """{likelihood in 1e-6: open members} of the panel's part of a target group tonight."""
    assert goal.model is not None  # an active goal has its model
    scored = score(
        Evidence.of(tables, question_of(goal.terms), history, traits),
        load_model(stores, goal.model),
        history.index_of(members),
        started=to_day(goal.terms.as_of),
        cutoff=to_day(plan.date),
        ends=to_day(goal.terms.ends_on),
        direction=goal.terms.direction,
    )
    return dict(Counter(scored.likelihood[~scored.did].tolist()))
