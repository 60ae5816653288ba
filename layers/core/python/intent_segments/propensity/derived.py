"""The signals of a model by what they were derived from, what was left out, and what each is worth.

The importance of a source is how much of what the model knows is lost when its values are shuffled
among users (Breiman 2001, "Random forests", Machine Learning 45): the fall of McFadden's R2, which
is the share of the outcome's uncertainty (log loss of the base rate) that a forecast takes away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .drivers import MIN_USERS
from .evidence import Evidence, Rows, ranked_events
from .features import GENERAL, WIDTH
from .model import Model
from .train import training_starts
from .trait_choice import consider

Floats = npt.NDArray[np.float64]
Kind = Literal["event", "activity", "goal", "trait"]

STARTS, ROWS = 2, 2_000
"""Past windows, and members of each, that importance is measured on."""
SEED = 0
MOST_LEFT_OUT = 100
"""Events beyond the limit that are named, those that most users do first."""
OF_THE_GOAL = 5
"""General columns that tell of the goal's rhythm, the last ones."""


@dataclass(frozen=True)
class Derived:
    """`signals` are the names of the columns made from one event, one trait, all activity or the
    goal's rhythm; none where it was `left_out`, and then why. `importance` None: not measured."""

    kind: Kind
    name: str
    signals: tuple[str, ...] = ()
    left_out: str | None = None
    importance: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "signals": list(self.signals)}


def derived(evidence: Evidence, model: Model) -> tuple[Derived, ...]:
    """Everything that could have been a signal of `model`, which was made from `evidence`: first
    what is in it, the weightiest first, then what is not."""
    used = [
        replace(source, importance=importance)
        for (source, _), importance in zip(_used(model), _importance(evidence, model), strict=True)
    ]
    used.sort(key=lambda source: (-(source.importance or 0.0), source.kind, source.name))
    return (*used, *_left_out(evidence, model))


def _used(model: Model) -> list[tuple[Derived, list[int]]]:
    """Sources and the positions of their columns."""
    plan, names = model.plan, model.plan.names
    general = len(plan.events) * WIDTH
    rhythm = general + len(GENERAL) - OF_THE_GOAL
    traits = general + len(GENERAL)
    places: dict[tuple[Kind, str], list[int]] = {
        ("event", event): list(range(at * WIDTH, (at + 1) * WIDTH))
        for at, event in enumerate(plan.events)
    }
    places["activity", "all events"] = list(range(general, rhythm))
    places["goal", " or ".join(plan.goal_events)] = list(range(rhythm, traits))
    for at, column in enumerate(plan.traits):
        places.setdefault(("trait", column.property), []).append(traits + at)
    return [
        (Derived(kind, name, tuple(names[at] for at in columns)), columns)
        for (kind, name), columns in places.items()
    ]


def _left_out(evidence: Evidence, model: Model) -> Iterator[Derived]:
    for found in consider(evidence.traits, evidence.outcomes):
        if found.left_out is not None:
            yield Derived("trait", found.property, left_out=str(found.left_out))
    others = [name for name in ranked_events(evidence) if name not in model.plan.events]
    for name in others[:MOST_LEFT_OUT]:
        yield Derived("event", name, left_out="beyond_limit")


def _importance(evidence: Evidence, model: Model) -> list[float | None]:
    """Of each source of `_used`; None where too few did it or did not."""
    parts: list[tuple[Rows, npt.NDArray[np.bool_]]] = []
    for start in training_starts(evidence, evidence.question.as_of)[:STARTS]:
        rows = evidence.sampled(start).some(slice(ROWS))
        parts.append((rows, evidence.answers(start)[:ROWS]))
    sources = _used(model)
    did = sum(int(answer.sum()) for _, answer in parts)
    all_rows = sum(len(answer) for _, answer in parts)
    if min(did, all_rows - did) < MIN_USERS:
        return [None] * len(sources)
    rate = did / all_rows
    whole = -(did * np.log(rate) + (all_rows - did) * np.log(1 - rate))
    known = sum(_loss(model, rows, answer) for rows, answer in parts)
    random = np.random.default_rng(SEED)
    orders = [random.permutation(len(answer)) for _, answer in parts]
    found: list[float | None] = []
    for source, columns in sources:
        lost = sum(
            _loss(model, _shuffled(rows, columns, order, source.kind == "goal"), answer)
            for (rows, answer), order in zip(parts, orders, strict=True)
        )
        found.append(round(float((lost - known) / whole), 6))
    return found


def _shuffled(rows: Rows, columns: list[int], order: npt.NDArray[np.int64], rhythm: bool) -> Rows:
    """The same users with some of their columns in another order, their rhythm too if wanted."""
    moved = rows.columns.copy()
    moved[:, columns] = moved[order][:, columns]
    beat = rows.beat.rows(order) if rhythm else rows.beat
    return Rows(rows.users, rows.cutoff, moved, beat, rows.remaining)


def _loss(model: Model, rows: Rows, did: npt.NDArray[np.bool_]) -> float:
    """Log loss in nats, added up."""
    likelihood = model.likelihood(rows)
    return -float(np.log(np.where(did, likelihood, 1 - likelihood)).sum())
