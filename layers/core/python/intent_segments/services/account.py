"""The account as its owner sees it."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidInput
from ..store.account import Account
from ..store.stores import Stores

MAX_GOAL_LIMIT = 50
"""All goals of a night are published in one DynamoDB transaction of at most 100 actions."""


def show(stores: Stores, control_salt: str) -> dict[str, Any]:
    """The account's settings. `control_salt` is fresh randomness, kept if the account is new."""
    return _shown(stores.account.get_or_create(stores.settings.timezone, control_salt))


def change(stores: Stores, changes: dict[str, Any], control_salt: str) -> dict[str, Any]:
    """Set `plan` and/or `goal_limit`. Raises InvalidInput."""
    if not changes:
        raise InvalidInput("Nothing to change: give plan or goal_limit.")
    limit = changes.get("goal_limit")
    if limit is not None and not 1 <= limit <= MAX_GOAL_LIMIT:
        raise InvalidInput.at(
            "goal_limit", f"goal_limit must be from 1 to {MAX_GOAL_LIMIT}, not {limit}"
        )
    stores.account.get_or_create(stores.settings.timezone, control_salt)
    return _shown(stores.account.change(changes))


def _shown(account: Account) -> dict[str, Any]:
    return {
        "timezone": account.timezone,
        "plan": account.plan,
        "goal_limit": account.goal_limit,
        "active_goals": account.active_goals,
    }
