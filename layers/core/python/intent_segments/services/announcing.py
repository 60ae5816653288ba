"""What published runs tell the rest of the account: one event per goal and night.

An event is sent after its run was published and at least once; its id and its bytes are the same
each time, so that a receiver who remembers ids acts on it once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from ..delivery.eventbridge import SOURCE, Announcement
from ..goals.changes import BUCKET_CHANGED
from ..goals.goal import ScoreFiles
from ..store.outbox import Owed
from ..store.runs import Run
from ..store.stores import Stores
from .change_files import manifest_url


def send_owed(stores: Stores) -> None:
    """Send the events of all runs that were published and have not told so yet, older nights first.

    Where the account has switched off the AI pack, buckets are nobody's business, and what changed
    meanwhile is not told later. Raises Raced when the bus did not take an event.
    """
    for owed in stores.outbox.owed():
        account = stores.account.find()
        if account is None or account.ai_pack:
            told = _changed(stores, stores.runs.get(owed.run_id), owed)
            stores.bus.announce([change.envelope(f"urn:{SOURCE}") for change in told])
        stores.outbox.sent(owed)


def _changed(stores: Stores, run: Run, owed: Owed) -> Iterator[Announcement]:
    """What changed in each goal of a published run."""
    # A published run has all three.
    assert run.date is not None and run.attempt is not None and run.finished_at is not None
    files = ScoreFiles(date.fromisoformat(run.date), run.attempt, owed.groups)
    for goal_id, night in sorted(run.goals.items()):
        about: dict[str, Any] = {
            "goal_id": goal_id,
            "date": run.date,
            "run_id": run.run_id,
            "users": night["users"],
            **night["changes"],
        }
        yield Announcement(
            message_id=f"{BUCKET_CHANGED}/{goal_id}/{run.date}",
            type=BUCKET_CHANGED,
            time=datetime.fromisoformat(run.finished_at),
            subject=f"goal/{goal_id}",
            manifest=manifest_url(stores.settings.bucket, goal_id, files),
            about=about,
        )
