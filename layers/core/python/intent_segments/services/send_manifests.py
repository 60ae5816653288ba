"""One event that tells where the files of a send lie: a manifest, and a link to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..campaigns.engagement import Engagement
from ..delivery.destination import Destination
from ..delivery.eventbridge import Announcement, EventBridgeSender
from ..delivery.kinds import EventBridgeSettings
from ..delivery.senders import Tools
from ..errors import Raced
from ..store.sends import Send
from ..store.stores import Stores
from .delivered_files import file_key, manifest_key

TYPE, STREAMED = "engagement.sent", "segment.changed"


def announce(stores: Stores, plan: Mapping[str, Any], tools: Tools) -> None:
    """Write the manifest and put the event on the destination's bus; again is the same event with
    the same id. Raises Raced when the bus did not take it, NotFound for a destination that is
    gone."""
    engagement, send = Engagement.from_json(plan["engagement"]), Send(**plan["send"])
    kept, _ = stores.destinations.get(engagement.destination_id)
    destination = Destination.of_kept(kept)
    assert isinstance(destination.settings, EventBridgeSettings)  # of no other is it asked for
    about = {
        "engagement_id": engagement.id,
        "goal_id": engagement.audience.goal_id,
        "reference": engagement.reference,
        "send": send.name,
        "date": send.as_of,
        "counts": plan["announces"]["counts"],
    }
    if engagement.audience.stream:
        about |= {"segment_id": engagement.audience.segment_id, **plan["announces"]["crossings"]}
    bucket, key = stores.objects.name, manifest_key(send)
    files = [
        {"uri": f"s3://{bucket}/{file_key(destination, send, group)}", **file}
        for group, file in enumerate(plan["announces"]["files"])
    ]
    stores.objects.put_json(key, about | {"files": files})
    told = Announcement(
        message_id=f"{engagement.id}_{send.name}",
        type=STREAMED if engagement.audience.stream else TYPE,
        time=datetime.fromisoformat(send.started_at),
        subject=engagement.id,
        manifest=f"s3://{bucket}/{key}",
        about=about,
    )
    sender = EventBridgeSender(destination.settings.bus, tools.backoff)
    [receipt] = sender.announce(told)
    if receipt.status != "sent":
        raise Raced(
            f"The bus of {destination.id} did not take the event ({receipt.reason}). Start the run "
            "again once it does: DeliveryTargets of the stack has to name it."
        )
