"""Goals from the first draft to the archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ..errors import Conflict, Expired, InvalidInput, NotFound, Raced
from ..goals.cloning import draft_of
from ..goals.goal import CONTROL_SHARE, Draft, Goal, Status, Terms
from ..goals.live_segments import refuse_live
from ..goals.metrics import agree_metrics
from ..goals.rules import agree, still_ahead
from ..goals.target_group import MAX_CONTROL_SHARE, MIN_CONTROL_SHARE
from ..store.goals import ATTEMPTS, IdempotencyKey
from ..store.stores import Stores
from .catalogue import LakeState, lake_state
from .goal_room import require_room
from .segments import goal_definition

ELSEWHERE = frozenset(Terms.__dataclass_fields__) - {"target"} | {
    *("manifest_key", "expires_at", "power")
}
"""Keys of a forecast document that its goal keeps in a place of their own, or not at all; its power
depends on the goal's own share of control."""


@dataclass(frozen=True)
class Clone:
    """What a clone is made from, and what it has otherwise (see `cloning.draft_of`). `segment` says
    whose goal it is: of the definition that `source` was frozen with, or of what its saved segment
    says by now."""

    source: Goal
    segment: Literal["frozen", "current"] = "frozen"
    changes: Mapping[str, Any] = field(default_factory=dict)

    def wanted(self, name: str | None, control_share: float | None) -> NewGoal:
        """The request to save it; name and control share are the source's where none is given."""
        share = self.source.control_share if control_share is None else control_share
        return NewGoal(name or self.source.name, clone=self, control_share=share)


@dataclass(frozen=True)
class NewGoal:
    """A request to save a goal: from a `draft`, from a forecast made within the last day, or as the
    `clone` of a goal."""

    name: str
    draft: Draft | None = None
    forecast_id: str | None = None
    clone: Clone | None = None
    control_share: float = CONTROL_SHARE


def agree_terms(stores: Stores, draft: Draft, state: LakeState) -> Terms:
    """Check a draft against the segments and the lake as they are. Raises InvalidInput, also for a
    live segment."""
    refuse_live(draft.definition)
    frozen = goal_definition(stores, draft.segment_id, draft.definition)
    return agree(draft, frozen, state.watermark, state.events)


def create(
    stores: Stores,
    wanted: NewGoal,
    *,
    goal_id: str,
    control_salt: str,
    now: datetime,
    key: IdempotencyKey | None = None,
) -> Goal:
    """Save a goal, take its place in the account's limit and start its set-up.

    `goal_id` and `control_salt` are fresh; the salt is kept if the account is new. With a `key`
    seen before, the goal saved then is returned, and its set-up started again if it never began.
    Raises InvalidInput, LimitReached, Conflict, Raced, Expired for a forecast that is no longer
    kept.
    """
    if not MIN_CONTROL_SHARE <= wanted.control_share <= MAX_CONTROL_SHARE:
        raise InvalidInput.at(
            "control_share",
            f"control_share must be from {MIN_CONTROL_SHARE} to {MAX_CONTROL_SHARE}, "
            f"not {wanted.control_share}",
        )
    account = stores.account.get_or_create(stores.settings.timezone, control_salt)
    earlier = None if key is None else stores.goals.saved_with(key, now)
    goal = earlier or _saved(stores, wanted, account.goal_limit, goal_id, now, key)
    if goal.status == Status.PREPARING:
        try:
            stores.bus.goal_created(goal.id)
        except Exception:
            # With a key the caller repeats the request, and the event goes out then. Without one
            # nobody would ever start this set-up, so it must not hold a place.
            if key is None:
                reason = "The set-up could not be started. Create the goal again."
                stores.goals.step(goal.id, Status.FAILED, reason)
            raise
    return goal


def _saved(
    stores: Stores,
    wanted: NewGoal,
    limit: int,
    goal_id: str,
    now: datetime,
    key: IdempotencyKey | None,
) -> Goal:
    """The goal as saved; checked again whenever a day was closed in between."""
    for _ in range(ATTEMPTS):
        state = lake_state(stores)
        goal = _goal(stores, wanted, goal_id, now, state)
        require_room(stores, goal, limit)
        try:
            return stores.goals.create(goal, state.watermark, now, key)
        except Raced:
            continue
    raise Raced("Days are being closed at this moment; try again in a minute.")


def _goal(stores: Stores, wanted: NewGoal, goal_id: str, now: datetime, state: LakeState) -> Goal:
    forecast, manifest_key = None, state.manifest_key
    if wanted.forecast_id is not None:
        try:
            document = stores.forecasts.get(wanted.forecast_id, now)
        except Expired:
            raise
        except NotFound as unknown:
            raise InvalidInput.at("forecast_id", unknown.message) from None
        terms = Terms.from_json(document)
        # The very members that were counted: their state of the lake, not today's.
        manifest_key = document["manifest_key"]
        forecast = {key: value for key, value in document.items() if key not in ELSEWHERE}
    elif wanted.clone is not None:
        terms = _cloned_terms(stores, wanted.clone, state)
    else:
        assert wanted.draft is not None  # the request models allow no fourth way
        terms = agree_terms(stores, wanted.draft, state)
    still_ahead(terms, state.watermark)
    return Goal(
        id=goal_id,
        name=wanted.name,
        terms=terms,
        status=Status.PREPARING,
        created_at=now.isoformat(),
        control_share=wanted.control_share,
        forecast=forecast,
        manifest_key=manifest_key,
        cloned_from=None if wanted.clone is None else wanted.clone.source.id,
        metrics=() if wanted.clone is None else wanted.clone.source.metrics,
    )


def _cloned_terms(stores: Stores, clone: Clone, state: LakeState) -> Terms:
    source = clone.source
    draft = draft_of(source.terms, clone.changes, state.watermark)
    if clone.segment == "frozen":
        return agree(draft, source.terms.definition, state.watermark, state.events)
    if draft.segment_id is None:
        raise InvalidInput.at(
            "segment",
            f"Goal {source.id} was made on a definition of its own, not on a saved segment, so "
            'there is no newer one. Leave segment out, or say "frozen".',
        )
    try:
        return agree_terms(stores, draft, state)
    except InvalidInput as refused:
        if any(error.field == "segment_id" for error in refused.errors):
            message = (
                f"{refused.message} Goal {source.id} keeps the definition it was made with: "
                'clone it with "segment": "frozen".'
            )
            raise InvalidInput.at("segment", message) from None
        raise


def change(
    stores: Stores,
    goal_id: str,
    name: str | None = None,
    metrics: Sequence[Mapping[str, Any]] | None = None,
) -> Goal:
    """Give a goal another name, or other metrics, which take the place of all it had; nothing else
    of it can change. Raises NotFound, InvalidInput, Conflict for metrics of a goal that no night
    counts any more."""
    changes: dict[str, Any] = {} if name is None else {"name": name}
    if metrics is not None:
        goal = stores.goals.get(goal_id)
        if not goal.status.holds_a_place:
            raise Conflict(
                f"Goal {goal_id} is {goal.status}: no night counts metrics of it any more."
            )
        agreed = agree_metrics(metrics, lake_state(stores).events)
        changes["metrics"] = [metric.to_json() for metric in agreed]
    if not changes:
        raise InvalidInput("Nothing to change: give name or metrics.")
    return stores.goals.change(goal_id, changes)


def archive(stores: Stores, goal_id: str) -> Goal:
    """Stop a goal and free its place; nothing happens when it is archived. Raises NotFound."""
    return stores.goals.archive(goal_id)
