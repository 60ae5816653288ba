"""One message to a destination, to see whether it works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..delivery.backoff import Backoff
from ..delivery.batches import Batch, Recipient
from ..delivery.destination import Destination
from ..delivery.eventbridge import Announcement, EventBridgeSender
from ..delivery.kinds import EmailSettings, EventBridgeSettings, PushSettings, SmsSettings
from ..delivery.messages import Message, parse_message
from ..delivery.outbound import Outbound
from ..delivery.receipts import Receipt
from ..delivery.senders import Tools, sender_of
from ..delivery.webhook import Send
from ..errors import Conflict, InvalidInput
from ..store.stores import Stores
from .destinations import rules

TYPE = "destination.test"

NOBODY = "test-user"
"""Whom a message to a machine names, so that its shape can be seen."""

MESSAGES: Mapping[str, Mapping[str, str]] = {
    "email": {
        "subject": "A test",
        "text": "This is a test: messages of your campaigns arrive here.",
    },
    "sms": {"text": "This is a test: messages of your campaigns arrive here."},
    "push": {"title": "A test", "text": "Messages of your campaigns arrive here."},
}
"""Kind that writes to people -> what its test says."""

FILES = ("file", "meta_audience", "google_customer_match")

Clock = Callable[[], datetime]


def test(
    stores: Stores, destination_id: str, to: str | None, test_id: str, clock: Clock
) -> dict[str, Any]:
    """Send one message, tried once, and say what came of it; a disabled destination gets it too.

    `to` is the address, number or endpoint of a test by e-mail, SMS or push. `clock` gives the
    present UTC instant. Raises NotFound, InvalidInput, Conflict for a kind that is sent nothing.
    """
    kept, _ = stores.destinations.get(destination_id)
    destination = Destination.of_kept(kept)
    if destination.kind in FILES:
        raise Conflict(
            f"{destination_id} gets files in the bucket of this stack: there is nothing to test."
        )
    [receipt] = _sent(stores, destination, _trait(destination, to), test_id, clock)
    return {
        "destination_id": destination_id,
        "message_id": receipt.message_id,
        "status": receipt.status,
        "last_status": receipt.last_status,
        "reason": receipt.reason,
    }


def _trait(destination: Destination, to: str | None) -> dict[str, str]:
    """The trait that a made-up user is written to by; none where machines are sent to."""
    settings = destination.settings
    if not isinstance(settings, EmailSettings | SmsSettings | PushSettings):
        if to is not None:
            raise InvalidInput.at("to", f"to is for people, not for a {destination.kind}")
        return {}
    if to is None:
        raise InvalidInput.at(
            "to", f"to is missing: a test by {destination.kind} is sent to somebody"
        )
    return {settings.trait: to}


def _sent(
    stores: Stores, destination: Destination, traits: dict[str, str], test_id: str, clock: Clock
) -> tuple[Receipt, ...]:
    now = clock()
    once = Backoff(_no_sleep, lambda: 0.0, attempts=1)
    settings = destination.settings
    if isinstance(settings, EventBridgeSettings):
        told = Announcement(test_id, TYPE, now, destination.id, None)
        return EventBridgeSender(settings.bus, once).announce(told)
    if isinstance(settings, EmailSettings):
        # Its link has places for traits that nobody has here.
        destination = replace(destination, settings=replace(settings, unsubscribe=None))
    message: Message | None = parse_message(destination.kind, MESSAGES.get(destination.kind))
    outbound = Outbound(rules(stores), lambda: clock().timestamp())
    what = Send(TYPE, now, {"destination_id": destination.id})
    sender = sender_of(destination, what, message, Tools(outbound, once, clock))
    return sender.send(Batch(test_id, 0, (Recipient(NOBODY, traits),)))


def _no_sleep(seconds: float) -> None:
    raise AssertionError(f"a test is tried once, yet {seconds} seconds were to be waited")
