"""The documents a run passes along in S3: the plan, what training decided, a group's tallies.

A shard job reads the plan and nothing else of the account; keys in it are keys of the bucket.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

from ..errors import CorruptObject
from ..segments.goal_event import GoalEvent
from .buckets import Cuts
from .compared import NOTHING, Compared
from .goal import Goal, ScoreFiles, Status, Terms
from .holdout import Holdout
from .progress import GoalTally
from .retraining import due

Kind = Literal["goal_setup", "night", "sizes"]
"""Sizes are counted where there is no day to close."""


@dataclass(frozen=True)
class PlannedGoal:
    """What a shard job needs to know of one goal.

    `counted_to` is the last day whose events count tonight. `control_salt` (hex) draws the arms.
    `model`, `cuts`, `day0_scores` and `previous_scores` are None at set-up; `cuts` are those of
    day 0. `forecast` is the frozen forecast, None when set-up has still to make it. `window_scores`
    are a rolling goal's scores of the night whose window is complete tonight, `compared` what its
    uplift asks for. `retrain` says that the night makes a new model, without users who have been
    erased.
    """

    id: str
    terms: Terms
    counted_to: date
    control_share: float
    control_salt: str
    model: Mapping[str, Any] | None
    cuts: Cuts | None
    forecast: Mapping[str, Any] | None
    day0_scores: ScoreFiles | None
    previous_scores: ScoreFiles | None
    window_scores: ScoreFiles | None = None
    retrain: bool = False
    compared: Compared = NOTHING

    def to_json(self) -> dict[str, Any]:
        """Flat: the terms' keys beside the goal's own."""
        return {
            "id": self.id,
            **self.terms.to_json(),
            "counted_to": self.counted_to.isoformat(),
            "control_share": self.control_share,
            "control_salt": self.control_salt,
            "model": self.model,
            "cuts": None if self.cuts is None else self.cuts.to_json(),
            "forecast": self.forecast,
            "retrain": self.retrain,
            "compared": self.compared.to_json(),
            **{
                name: None if (files := getattr(self, name)) is None else files.to_json()
                for name in _SCORES
            },
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> PlannedGoal:
        cuts = document["cuts"]
        scores = {
            name: None if (found := document.get(name)) is None else ScoreFiles.from_json(found)
            for name in _SCORES
        }
        return cls(
            id=document["id"],
            terms=Terms.from_json(document),
            counted_to=date.fromisoformat(document["counted_to"]),
            control_share=document["control_share"],
            control_salt=document["control_salt"],
            model=document["model"],
            cuts=None if cuts is None else Cuts.from_json(cuts),
            forecast=document["forecast"],
            retrain=document.get("retrain", False),
            compared=Compared.from_json(document.get("compared") or {}),
            **scores,
        )


_SCORES = ("day0_scores", "previous_scores", "window_scores")


@dataclass(frozen=True)
class Plan:
    """One run. At set-up `date` is the goal's as_of; at night the day that is being closed.

    `attempt` is the version of the lake manifest at `manifest_key`: everything is read from that
    immutable state, and scores lie under it. `ending` names goals that end with this night,
    `segments` is a checksum of what the run counts besides, `holdout` who is reached by nothing.

    What a run writes down lies under a checksum of its plan: two that are planned at the same time
    from different states never write over each other, and equal ones write the same.
    """

    run_id: str
    kind: Kind
    date: date
    manifest_key: str
    attempt: int
    groups: int
    timezone: str
    goals: tuple[PlannedGoal, ...]
    ending: tuple[str, ...] = ()
    segments: str = ""
    holdout: Holdout | None = None

    @property
    def events(self) -> tuple[GoalEvent, ...]:
        """The events of all its goals."""
        return tuple(event for goal in self.goals for event in goal.terms.events)

    @cached_property
    def prefix(self) -> str:
        """The folder of what this very plan leads to."""
        text = json.dumps(self.to_json(), sort_keys=True)
        return f"runs/{self.run_id}/{hashlib.sha256(text.encode()).hexdigest()[:12]}/"

    @property
    def plan_key(self) -> str:
        return f"{self.prefix}plan.json"

    @property
    def shards_key(self) -> str:
        return f"{self.prefix}shards.json"

    @property
    def cuts_key(self) -> str:
        """Where training writes `Trained`."""
        return f"{self.prefix}cuts.json"

    def tally_key(self, group: int) -> str:
        """Where the shard job of a group writes its `group_tally`."""
        return f"{self.prefix}tallies/g={group:04d}.json"

    def scores(self) -> ScoreFiles:
        """Where this run's scores lie, of each of its goals."""
        return ScoreFiles(self.date, self.attempt, self.groups)

    def to_json(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "kind": self.kind,
            "date": self.date.isoformat(),
            "manifest_key": self.manifest_key,
            "attempt": self.attempt,
            "groups": self.groups,
            "timezone": self.timezone,
            "goals": [goal.to_json() for goal in self.goals],
            "ending": list(self.ending),
            "segments": self.segments,
            "holdout": None if self.holdout is None else self.holdout.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Plan:
        """The inverse of `to_json`. Raises CorruptObject when something is missing."""
        held = document.get("holdout")
        try:
            return cls(
                run_id=document["run_id"],
                kind=document["kind"],
                date=date.fromisoformat(document["date"]),
                manifest_key=document["manifest_key"],
                attempt=document["attempt"],
                groups=document["groups"],
                timezone=document["timezone"],
                goals=tuple(PlannedGoal.from_json(goal) for goal in document["goals"]),
                ending=tuple(document["ending"]),
                segments=document["segments"],
                holdout=None if held is None else Holdout.from_json(held),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise CorruptObject(f"A plan is incomplete: {fault!r}. Start the run again.") from None


def planned(goal: Goal, kind: Kind, day: date, control_salt: str) -> PlannedGoal:
    """The part of a saved goal that a run on `day` needs, as far as the goal itself says."""
    at_night = kind == "night"
    return PlannedGoal(
        id=goal.id,
        terms=goal.terms,
        counted_to=min(day, goal.terms.ends_on or day),
        control_share=goal.control_share,
        control_salt=control_salt,
        model=goal.model if at_night else None,
        cuts=Cuts.from_json(goal.cuts) if at_night and goal.cuts else None,
        forecast=goal.forecast,
        day0_scores=goal.day0_scores if at_night else None,
        previous_scores=goal.scores if at_night else None,
        retrain=at_night and due(goal.retrain, day),
    )


def ends_with(goal: Goal, day: date) -> bool:
    """Whether the night of `day` is the goal's last: its counts then cover all of `ends_on`."""
    expires = goal.status in (Status.ACTIVE, Status.NEEDS_DATA)
    return expires and goal.terms.over(day)


@dataclass(frozen=True)
class Trained:
    """What training decided for one goal: cuts always; at set-up, and on nights that make a new
    one, also the model (`Goal.model`), and at set-up the forecast, which stays None where the goal
    has one. `percentiles` is `buckets.percentile_table` of the panel's open members. `predicted` is
    of a rolling goal: {"value", "low80", "high80"} of the window that begins after tonight; `shift`
    is the level of its model tonight, None where the model on record has it."""

    cuts: Cuts
    model: Mapping[str, Any] | None = None
    forecast: Mapping[str, Any] | None = None
    percentiles: tuple[int, ...] = ()
    predicted: Mapping[str, float] | None = None
    shift: float | None = None


def trained_document(plan: Plan, goals: Mapping[str, Trained]) -> dict[str, Any]:
    """The JSON of `cuts.json`."""
    return {
        "run_id": plan.run_id,
        "attempt": plan.attempt,
        "goals": {
            goal_id: {
                "cuts": trained.cuts.to_json(),
                "model": trained.model,
                "forecast": trained.forecast,
                "percentiles": list(trained.percentiles),
                "predicted": trained.predicted,
                "shift": trained.shift,
            }
            for goal_id, trained in goals.items()
        },
    }


def read_trained(plan: Plan, document: Mapping[str, Any]) -> dict[str, Trained]:
    """The inverse of `trained_document`. Raises CorruptObject when it is of another attempt."""
    _same_attempt(plan, document, plan.cuts_key)
    return {
        goal_id: Trained(
            Cuts.from_json(entry["cuts"]),
            entry["model"],
            entry["forecast"],
            tuple(entry["percentiles"]),
            entry.get("predicted"),
            entry.get("shift"),
        )
        for goal_id, entry in document["goals"].items()
    }


def group_tally(plan: Plan, group: int, goals: Mapping[str, GoalTally]) -> dict[str, Any]:
    """The JSON that the shard job of a group writes at `plan.tally_key(group)`."""
    return {
        "run_id": plan.run_id,
        "attempt": plan.attempt,
        "group": group,
        "goals": {goal_id: tally.to_json() for goal_id, tally in goals.items()},
    }


def read_group_tally(plan: Plan, group: int, document: Mapping[str, Any]) -> dict[str, GoalTally]:
    """The inverse of `group_tally`. Raises CorruptObject when it is of another attempt or lacks
    one of the plan's goals."""
    key = plan.tally_key(group)
    _same_attempt(plan, document, key)
    missing = [goal.id for goal in plan.goals if goal.id not in document["goals"]]
    if missing:
        raise CorruptObject(f"{key} lacks {', '.join(missing)}. Start the run again.")
    return {goal.id: GoalTally.from_json(document["goals"][goal.id]) for goal in plan.goals}


def _same_attempt(plan: Plan, document: Mapping[str, Any], key: str) -> None:
    if document.get("attempt") != plan.attempt:
        raise CorruptObject(
            f"{key} was made from state {document.get('attempt')} of the lake, the plan from "
            f"{plan.attempt}: another run of {plan.run_id} was at work. Start the run again."
        )
