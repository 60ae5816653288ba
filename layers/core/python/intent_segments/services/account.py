"""The account as its owner sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..errors import InvalidInput, NotIncluded
from ..goals.holdout import agree_holdout
from ..lake.calendar import local_date
from ..store.account import Account
from ..store.stores import Stores

MAX_GOAL_LIMIT = 50
"""All goals of a night are published in one DynamoDB transaction of at most 100 actions."""


def show(stores: Stores, control_salt: str) -> dict[str, Any]:
    """The account's settings. `control_salt` is fresh randomness, kept if the account is new."""
    return _shown(stores.account.get_or_create(stores.settings.timezone, control_salt))


def change(
    stores: Stores, changes: dict[str, Any], control_salt: str, now: datetime
) -> dict[str, Any]:
    """Set some of `plan`, `ai_pack`, `goal_limit`, `holdout_share` and `channels`, of which a new
    mapping takes the place of the old one as a whole. `now` is a UTC instant.

    A limit below the number of goals at work stops none of them; it refuses new ones until there
    are fewer. Raises InvalidInput, also for `timezone`, Conflict for another share of a holdout
    that is on, Raced when somebody else switched it meanwhile.
    """
    if "timezone" in changes:
        raise InvalidInput.at(
            "timezone",
            f"timezone is {stores.settings.timezone} since the stack was deployed, and everything "
            "that is loaded is counted in its days. For another one, deploy a new stack with the "
            "parameter TimeZone and load into that.",
        )
    if not changes:
        raise InvalidInput(
            "Nothing to change: give plan, ai_pack, goal_limit, holdout_share or channels."
        )
    limit = changes.get("goal_limit")
    if limit is not None and not 1 <= limit <= MAX_GOAL_LIMIT:
        raise InvalidInput.at(
            "goal_limit", f"goal_limit must be from 1 to {MAX_GOAL_LIMIT}, not {limit}"
        )
    account = stores.account.get_or_create(stores.settings.timezone, control_salt)
    if "holdout_share" in changes:
        today = local_date(now, stores.settings.timezone)
        held_out = agree_holdout(account.held_out, changes["holdout_share"], today)
        changes = {key: value for key, value in changes.items() if key != "holdout_share"}
        changes["held_out"] = held_out
        return _shown(stores.account.change(changes, account.held_out))
    return _shown(stores.account.change(changes))


def kept_holdout(stores: Stores) -> dict[str, Any] | None:
    """Who is reached by nothing, as a send or an export keeps it (Holdout JSON); None where nobody
    is held out."""
    holdout = stores.account.holdout()
    return None if holdout is None else holdout.to_json()


def require_ai_pack(stores: Stores) -> None:
    """Raises NotIncluded where the account has switched off the AI pack, which opens intent
    buckets. Goals are scored all the same: switched on again, tonight's buckets are there."""
    account = stores.account.find()
    if account is not None and not account.ai_pack:
        raise NotIncluded(
            "Intent buckets belong to the AI pack, which this account has switched off. Switch it "
            'on: PATCH /v1/account {"ai_pack": true}. Goals, forecasts, progress and reports work '
            "without it."
        )


def _shown(account: Account) -> dict[str, Any]:
    return {
        "timezone": account.timezone,
        "plan": account.plan,
        "ai_pack": account.ai_pack,
        "goal_limit": account.goal_limit,
        "active_goals": account.active_goals,
        "holdout_share": account.held_out["share"],
        "holdout_since": account.held_out["since"],
        "channels": {name: {"consent": None, **needs} for name, needs in account.channels.items()},
    }
