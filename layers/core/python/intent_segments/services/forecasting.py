"""POST /v1/forecasts: the answer before anything is saved, from the panel alone."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InsufficientHistory
from ..goals.buckets import CERTAIN, Bucket, day0_cuts
from ..goals.goal import Direction, Draft, Terms
from ..lake.calendar import to_day
from ..lake.manifest import Manifest
from ..propensity import forecast as propensity
from ..propensity.evidence import Evidence
from ..propensity.question import Question
from ..propensity.report import outlook, report
from ..segments.definition import parse
from ..store.stores import Stores
from .catalogue import lake_state
from .erasures import shown_definition
from .goals import agree_terms
from .job_memory import require_memory
from .opening import panel_tables
from .power import power_of_forecast


def forecast(
    stores: Stores, draft: Draft, *, forecast_id: str, now: datetime, folder: Path
) -> dict[str, Any]:
    """Answer a draft goal and keep the answer for a day. `now` is a UTC instant.

    Raises InvalidInput for a draft that breaks a rule, InsufficientHistory when nothing honest can
    be said, Conflict before anything is loaded, TooLittleMemory where the function has too little.
    """
    state = lake_state(stores)
    terms = agree_terms(stores, draft, state)
    require_memory(Manifest.from_json(state.manifest), stores.settings.job_memory, scores=False)
    definition = parse(terms.definition)
    tables, share = panel_tables(
        stores, state.manifest_key, (), terms.events, folder, counted=[definition]
    )
    evidence = Evidence.gather(tables, question_of(terms))
    try:
        found = propensity.forecast(evidence, share)
    except InsufficientHistory as thin:
        raise in_rolling_days(thin, terms) from None
    document = {
        "id": forecast_id,
        **terms.to_json(),
        **document_of(found, terms),
        "power": power_of_forecast(found.value, found.users, terms),
        "manifest_key": state.manifest_key,
    }
    kept = stores.forecasts.put(document, now)
    shown = {"definition": shown_definition(stores, terms.definition)}
    return {key: value for key, value in kept.items() if key != "manifest_key"} | shown


def question_of(terms: Terms) -> Question:
    """A goal's terms as the question that models answer."""
    return Question(
        definition=parse(terms.definition),
        events=terms.events,
        match=terms.match,
        as_of=to_day(terms.as_of),
        horizon=terms.horizon,
    )


def document_of(found: propensity.Forecast, terms: Terms) -> dict[str, Any]:
    """The forecast's part of the answer: numbers, target's outlook, expected buckets."""
    target = terms.target
    return {
        **report(found),
        "target": None
        if target is None
        else outlook(found, target.metric, target.value, terms.direction),
        "buckets": _expected_buckets(found, terms),
    }


def in_rolling_days(refusal: InsufficientHistory, terms: Terms) -> InsufficientHistory:
    """A refusal that names the last possible end date, with the remedy that a rolling goal has."""
    last = refusal.extras.get("longest_end_date")
    if not terms.rolling or last is None:
        return refusal
    days = (date.fromisoformat(last) - terms.as_of).days
    message = f"{refusal.message} Or let a rolling goal look {days} days ahead at most."
    return InsufficientHistory(message, refusal.errors, refusal.extras)


def achieving(likelihood: npt.NDArray[np.float64], direction: Direction) -> npt.NDArray[np.int32]:
    """P(does it), float64 (n,), as the likelihood of achieving the goal, int32 in 1e-6."""
    event = np.rint(likelihood * CERTAIN).astype(np.int32)
    return event if direction == "maximize" else CERTAIN - event


def _expected_buckets(found: propensity.Forecast, terms: Terms) -> list[dict[str, Any]]:
    """Where day 0 would cut: users per bucket, scaled to everybody, and how many of them do it."""
    quantised = achieving(found.likelihood, terms.direction)
    # In order: the cuts sort them, which is fast for what is sorted already.
    values, members = np.unique(quantised, return_counts=True)
    histogram = dict(zip(values.tolist(), members.tolist(), strict=True))
    cuts = day0_cuts(histogram, terms.direction, terms.bucket_policy)
    scale = found.users / max(len(quantised), 1)
    place = (quantised >= cuts.moderately.at).astype(int) + (quantised >= cuts.most.at)
    return [
        {
            "bucket": bucket.label,
            "users": round(float((place == bucket).sum()) * scale),
            "expected_users": round(float(found.likelihood[place == bucket].sum()) * scale, 2),
        }
        for bucket in sorted(Bucket, reverse=True)
    ]
