"""What engagements sent, as their owner sees it: deliveries, files, failures, replays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ..delivery.destination import Destination
from ..errors import Conflict, InvalidInput, NotFound, Raced
from ..store.sends import Send
from ..store.stores import Stores
from ..store.table import TransactionRefused
from .delivered_files import file_key
from .suppression import may_name_suppressed

LINK_SECONDS = 300
"""A link to a file of users is handed out when it is followed, and is good for that alone."""

MOST_BATCHES = 100
"""Of one replay."""

LONGEST_JOB = timedelta(seconds=900)
"""What a function lives: until then whoever began a batch may still be at it."""


def deliveries(
    stores: Stores, engagement_id: str, limit: int, after: str | None
) -> tuple[list[dict[str, Any]], bool]:
    """Sends of an engagement, newest first; whether more follow. Raises NotFound."""
    stores.engagements.get(engagement_id)
    found, more = stores.sends.page(engagement_id, limit, after)
    return [_shown(send) for send in found], more


def failures(
    stores: Stores, engagement_id: str, limit: int, after: str | None
) -> tuple[list[dict[str, Any]], bool]:
    """Batches that failed or are in doubt, in the order of their ids; no user is named. Raises
    NotFound."""
    stores.engagements.get(engagement_id)
    return stores.failures.page(engagement_id, limit, after)


def replay(
    stores: Stores, engagement_id: str, batches: Sequence[str], now: datetime
) -> dict[str, Any]:
    """Have batches of one send sent again, to those of their users who have not been reached.

    Raises NotFound, InvalidInput for batches that are not on the list or of several sends,
    Conflict for a stopped engagement and for a batch that may still be at work, Raced.
    """
    engagement = stores.engagements.get(engagement_id)
    if engagement.status == "stopped":
        raise Conflict(f"{engagement_id} was stopped: nothing of it is sent again.")
    if not 1 <= len(set(batches)) <= MOST_BATCHES:
        raise InvalidInput.at("batches", f"batches names 1 to {MOST_BATCHES} batches")
    listed = [_listed(stores, engagement_id, batch, now) for batch in dict.fromkeys(batches)]
    names = sorted({failure["send"] for failure in listed})
    if len(names) > 1:
        raise InvalidInput.at(
            "batches", f"batches are of the sends {', '.join(names)}: ask for one at a time"
        )
    send = stores.sends.get(engagement_id, names[0])
    try:
        begun = {failure["id"]: failure["status"] != "not_sent" for failure in listed}
        number = stores.sends.replay(send, begun)
    except TransactionRefused:
        raise Raced("Another replay of this send was asked for just now; try again.") from None
    run_id = f"{send.run_id}-again-{number}"
    stores.bus.send_requested(run_id)
    return {
        "engagement_id": engagement_id,
        "send": send.name,
        "run_id": run_id,
        "batches": [failure["id"] for failure in listed],
        "users": sum(failure["users"] for failure in listed),
    }


def link(stores: Stores, engagement_id: str, name: str, number: str) -> str:
    """A URL of one file of a send, good for LINK_SECONDS. Raises NotFound, Conflict while there is
    none."""
    engagement = stores.engagements.get(engagement_id)
    send = stores.sends.get(engagement_id, name)
    if send.files is None:
        said = "its files come when it is published" if send.status == "running" else "has no files"
        raise Conflict(f"The send {name} is {send.status}: it {said}.")
    if not number.isdecimal() or int(number) >= len(send.files):
        raise NotFound(
            f"The send {name} has no file {number!r}: they are numbered from 0 to "
            f"{len(send.files) - 1}."
        )
    if may_name_suppressed(stores, int(number), send.groups, send.started_at):
        raise Conflict(
            f"File {number} of the send {name} may name a user whose erasure has been asked for "
            "since. The next erasure run takes the user out of it."
        )
    kept, _ = stores.destinations.get(engagement.destination_id)
    key = file_key(Destination.of_kept(kept), send, int(number))
    file = key.rpartition("g=")[2]
    return stores.objects.link(key, LINK_SECONDS, f"{engagement_id}-{name}-{file}")


def _listed(stores: Stores, engagement_id: str, batch: str, now: datetime) -> dict[str, Any]:
    failure = stores.failures.find(engagement_id, batch)
    if failure is None:
        raise InvalidInput.at(
            "batches",
            f"{batch} is not on the list of failures: it was delivered, or never was. "
            f"GET /v1/engagements/{engagement_id}/failures has the list.",
        )
    if failure["status"] == "in_doubt" and failure["begun_at"] is not None:
        over = datetime.fromisoformat(failure["begun_at"]) + LONGEST_JOB
        if now < over:
            raise Conflict(
                f"{batch} may still be at work: whoever began it has until {over.isoformat()}."
            )
    return failure


def _shown(send: Send) -> dict[str, Any]:
    files = None
    if send.files is not None:
        href = f"/v1/engagements/{send.engagement_id}/deliveries/{send.name}/files"
        files = [
            {"number": number, **file, "href": f"{href}/{number}"}
            for number, file in enumerate(send.files)
        ]
    return {
        "id": send.name,
        "run_id": send.run_id,
        "date": send.as_of,
        "status": send.status,
        "reason": send.reason,
        "counts": None if send.counts is None else dict(send.counts),
        "crossings": None if send.crossings is None else dict(send.crossings),
        "files": files,
        "replays": send.replays,
        "started_at": send.started_at,
        "finished_at": send.finished_at,
    }
