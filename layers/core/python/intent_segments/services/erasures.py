"""Erasure of a user as it is asked for: hidden at once, removed by the next erasure run.

What names users asks `stores.erasures.suppressed()`; how their rows go is in `erasure_runs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..errors import InvalidInput
from ..lake.calendar import local_date
from ..lake.layout import user_hash
from ..segments.listed_users import lists_users, without_users
from ..store.erasures import Erasure
from ..store.stores import Stores

RECOVERY = timedelta(days=35)
"""How long DynamoDB's point-in-time recovery keeps what an item was (its developer guide: 35 days
unless a shorter period is set). Definitions that list user ids are all that it can know of one."""


def erase(
    stores: Stores,
    user_id: str,
    *,
    erasure_id: str,
    salt: str,
    now: datetime,
    caller: str | None = None,
) -> dict[str, Any]:
    """Take down that a user is to be erased, and hide the user from this moment on; the pending
    request where there is one. Whether the user is known makes no difference: an id may come in
    with a later file.

    `erasure_id` and `salt` are fresh, `now` is a UTC instant. Raises InvalidInput, LimitReached,
    Raced.
    """
    if not user_id.strip() or any("\ud800" <= letter <= "\udfff" for letter in user_id):
        raise InvalidInput.at("user_id", "user_id must be valid Unicode text and not blank")
    asked = Erasure(
        id=erasure_id,
        requested_at=now.isoformat(),
        through=local_date(now, stores.settings.timezone).isoformat(),
        version=0,
        requested_by=caller,
    )
    return _shown(stores.erasures.request(user_hash(user_id), asked, salt))


def show(stores: Stores, erasure_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    return _shown(stores.erasures.get(erasure_id))


def page(stores: Stores, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
    """Erasures, newest first; whether more follow."""
    found, more = stores.erasures.page(limit, after)
    return [_shown(erasure) for erasure in found], more


def shown_definition(stores: Stores, definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stored definition as it may be shown: without the users who are to be erased."""
    if not lists_users(definition):
        return definition
    return without_users(definition, stores.erasures.suppressed())


def _shown(erasure: Erasure) -> dict[str, Any]:
    done = erasure.done_at
    until = None if done is None else (datetime.fromisoformat(done) + RECOVERY).isoformat()
    return {
        "id": erasure.id,
        "status": erasure.status,
        "requested_at": erasure.requested_at,
        "requested_by": erasure.requested_by,
        "through": erasure.through,
        "done_at": done,
        "removed": erasure.removed,
        "goals": list(erasure.goals),
        "recoverable_until": until,
    }
