"""Whether all goals at work fit the one transaction that a night publishes them with."""

from __future__ import annotations

from ..errors import LimitReached
from ..goals.goal import Goal
from ..store.item_size import MAX_ITEM, MAX_TRANSACTION_BYTES, item_bytes
from ..store.stores import Stores

NIGHTS_ADD = 16_384
SET_UP_ADDS = 98_304
"""Bytes that a goal grows by at most: by day 0, cuts, model, score files and the reason of its end;
by the forecast that its set-up makes (tests/integration/test_largest_account.py)."""

MOST_BYTES = MAX_TRANSACTION_BYTES - 2 * MAX_ITEM
"""Of all goals at work. The transaction holds the run's own item as well, and two goals that are
saved at the same moment do not see one another."""


def require_room(stores: Stores, goal: Goal, limit: int) -> None:
    """Refuse a goal that does not fit beside those at work. With a `limit` of so few goals that the
    largest fit, which 5 are, nothing is read. Raises LimitReached."""
    if limit * MAX_ITEM <= MOST_BYTES:
        return
    others = sum(grown(other) for other in stores.goals.at_work())
    needed = others + grown(goal)
    if needed > MOST_BYTES:
        raise LimitReached(
            f"With this goal those at work take {needed / 1e6:.1f} MB; a night can publish "
            f"{MOST_BYTES / 1e6:.1f} MB of them at once. Most of it is long lists in definitions "
            f"(here {len(str(goal.terms.definition)):,} characters): give such users a trait and "
            "name that, or archive a goal."
        )


def grown(goal: Goal) -> int:
    """The bytes that a goal may come to take."""
    return item_bytes(goal.to_json()) + NIGHTS_ADD + (SET_UP_ADDS if goal.forecast is None else 0)
