"""What a published night starts: the sends of nightly engagements, each a run of its own, so that
no night waits for one."""

from __future__ import annotations

from datetime import date

from ..campaigns.exposures import send_of_day
from ..store.stores import Stores

LOOKED_BACK = 7
"""Newest sends of an engagement that are started again where they failed."""


def request_sends(stores: Stores, night: date) -> None:
    """Start the night's send of every nightly engagement at work, and those before that failed: a
    send goes on where it stopped. To ask twice starts nothing twice. Raises Raced when the bus does
    not take an event."""
    for engagement_id, mark in stores.engagements.at_work():
        if stores.engagements.get(engagement_id).status != "active":
            stores.engagements.rest(engagement_id)
            continue
        if not mark["nightly"]:
            continue
        newest, _ = stores.sends.page(engagement_id, LOOKED_BACK, None)
        for send in newest:
            if send.status == "failed":
                stores.bus.send_requested(send.run_id)
        stores.bus.send_requested(f"send-{engagement_id}-{send_of_day(night)}")
