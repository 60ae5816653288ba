"""A goal's model: made from evidence, kept with its drivers, loaded again by its checksum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..goals.buckets import Bucket, Cuts
from ..goals.goal import Terms
from ..lake.calendar import from_day
from ..propensity.artifact import pack, unpack
from ..propensity.derived import derived
from ..propensity.drivers import by_bucket, drivers
from ..propensity.evidence import Evidence, Rows
from ..propensity.forecast import Forecast, forecast, running_model
from ..propensity.leaks import leaks
from ..propensity.model import Model
from ..propensity.reach import learnable
from ..propensity.train import training_starts
from ..store.stores import Stores
from .forecasting import document_of


@dataclass(frozen=True)
class Learnt:
    """A new model, the evidence whose windows it learnt from, and the panel's members in `rows`,
    whom it was made for. `forecast` is the document made beside it, None where one was given."""

    evidence: Evidence
    model: Model
    rows: Rows
    forecast: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, evidence: Evidence, found: Forecast) -> Learnt:
        """The model of a forecast."""
        return cls(_learnt_from(evidence), found.model, found.rows)


def learn(
    evidence: Evidence, terms: Terms, given: Mapping[str, Any] | None, share: float
) -> Learnt:
    """The model that a goal scores with from its set-up on, at the level of its forecast: `given`,
    or made here. `share` is the part of all users in the tables. Raises InsufficientHistory."""
    if terms.rolling:
        found = forecast(evidence, share)
        document = document_of(found, terms) if given is None else given
        model = found.model.at_level(found.rows, float(document["value"]) * share)
        learnt = replace(Learnt.of(evidence, found), model=model)
    else:
        origins = None
        if given is None:
            found = forecast(evidence, share)
            origins, document = found.origins, document_of(found, terms)
        else:
            document = given
        model = running_model(evidence, float(document["value"]) * share, origins)
        learnt = Learnt(_learnt_from(evidence), model, evidence.present)
    return learnt if given else replace(learnt, forecast=document)


def keep(
    stores: Stores,
    goal_id: str,
    learnt: Learnt,
    likelihood: npt.NDArray[np.int32],
    cuts: Cuts,
    panel_slots: int,
) -> dict[str, Any]:
    """Store the model, its manifest and its drivers under a key that names the model's content;
    the record of it (`Goal.model`). `likelihood` is of `learnt.rows`, in 1e-6; `panel_slots`
    bounds the panel it was trained on (`opening.panel_slots`)."""
    as_of = from_day(learnt.evidence.question.as_of).isoformat()
    starts = training_starts(learnt.evidence, learnt.evidence.question.as_of)
    artifact = pack(learnt.model, as_of, [from_day(start).isoformat() for start in starts])
    folder = f"models/{goal_id}/{artifact.version}/"
    stores.objects.put(f"{folder}model.joblib", artifact.body)
    stores.objects.put_json(f"{folder}manifest.json", artifact.manifest)
    stores.objects.put_json(f"{folder}drivers.json", _drivers(learnt, likelihood, cuts))
    return {
        "key": f"{folder}model.joblib",
        "sha256": artifact.sha256,
        "version": artifact.version,
        "drivers": f"{folder}drivers.json",
        "as_of": as_of,
        "panel_bound": panel_slots,
    }


def load_model(stores: Stores, record: Mapping[str, Any]) -> Model:
    """The model on record ({"key", "sha256"}). Raises CorruptObject for any other content."""
    return unpack(stores.objects.get(record["key"]), record["sha256"])


def _drivers(learnt: Learnt, likelihood: npt.NDArray[np.int32], cuts: Cuts) -> dict[str, Any]:
    """The document `drivers.json`: what goes along with the goal's events, in all, how it is
    spread over the buckets of the members on as_of, what looks like a leak, and the signals."""
    evidence, model = learnt.evidence, learnt.model
    found = drivers(evidence, model)
    place = (likelihood >= cuts.moderately.at).astype(int) + (likelihood >= cuts.most.at)
    spread = by_bucket(found, model.plan, learnt.rows.features, place)
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
        "signals": [source.to_json() for source in derived(evidence, model)],
    }


def _learnt_from(evidence: Evidence) -> Evidence:
    """The evidence with the windows that were learnt from: shorter ones where history is short."""
    return learnable(evidence, evidence.question.as_of) or evidence
