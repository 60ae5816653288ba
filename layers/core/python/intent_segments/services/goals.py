"""Goals from the first draft to the archive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..errors import InvalidInput, NotFound, Raced
from ..goals.goal import CONTROL_SHARE, Draft, Goal, Status, Terms
from ..goals.rules import agree, still_ahead
from ..goals.target_group import MAX_CONTROL_SHARE, MIN_CONTROL_SHARE
from ..store.goals import ATTEMPTS, IdempotencyKey
from ..store.stores import Stores
from .catalogue import LakeState, lake_state
from .segments import goal_definition

ELSEWHERE = frozenset(Terms.__dataclass_fields__) - {"target"} | {"manifest_key", "expires_at"}
"""Keys of a forecast document that its goal keeps in a place of their own, or not at all."""


@dataclass(frozen=True)
class NewGoal:
    """A request to save a goal: from a `draft`, or from a forecast made within the last day."""

    name: str
    draft: Draft | None = None
    forecast_id: str | None = None
    control_share: float = CONTROL_SHARE


def agree_terms(stores: Stores, draft: Draft, state: LakeState) -> Terms:
    """Check a draft against the segments and the lake as they are. Raises InvalidInput."""
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
    Raises InvalidInput, LimitReached, Conflict, Raced.
    """
    if not MIN_CONTROL_SHARE <= wanted.control_share <= MAX_CONTROL_SHARE:
        raise InvalidInput.at(
            "control_share",
            f"control_share must be from {MIN_CONTROL_SHARE} to {MAX_CONTROL_SHARE}, "
            f"not {wanted.control_share}",
        )
    stores.account.get_or_create(stores.settings.timezone, control_salt)
    earlier = None if key is None else stores.goals.saved_with(key, now)
    goal = earlier or _saved(stores, wanted, goal_id, now, key)
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
    stores: Stores, wanted: NewGoal, goal_id: str, now: datetime, key: IdempotencyKey | None
) -> Goal:
    """The goal as saved; checked again whenever a day was closed in between."""
    for _ in range(ATTEMPTS):
        state = lake_state(stores)
        goal = _goal(stores, wanted, goal_id, now, state)
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
        except NotFound as unknown:
            raise InvalidInput.at("forecast_id", unknown.message) from None
        terms = Terms.from_json(document)
        # The very members that were counted: their state of the lake, not today's.
        manifest_key = document["manifest_key"]
        forecast = {key: value for key, value in document.items() if key not in ELSEWHERE}
    else:
        assert wanted.draft is not None  # the request model allows no third way
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
    )


def rename(stores: Stores, goal_id: str, name: str) -> Goal:
    """Only the name of a goal can change. Raises NotFound."""
    return stores.goals.rename(goal_id, name)


def archive(stores: Stores, goal_id: str) -> Goal:
    """Stop a goal and free its place; nothing happens when it is archived. Raises NotFound."""
    return stores.goals.step(goal_id, Status.ARCHIVED)
