"""The adapter of a destination."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .backoff import Backoff
from .deliver import Sender
from .destination import Destination
from .kinds import EmailSettings, PushSettings, SmsSettings, SqsSettings, WebhookSettings
from .messages import Message, Push, Sms
from .outbound import Outbound
from .ses import Mail, SesSender
from .sns import PushSender, SmsSender
from .sqs import SqsSender
from .template import Template
from .webhook import Send, WebhookSender


@dataclass(frozen=True)
class Tools:
    """What adapters need of the machine: `now` gives aware datetimes."""

    outbound: Outbound
    backoff: Backoff
    now: Callable[[], datetime]


def sender_of(
    destination: Destination, what: Send, message: Message | None, tools: Tools
) -> Sender:
    """The adapter to a destination that is sent users one batch after the other; `message` is of
    its kind. Raises ValueError for kinds that get files."""
    settings = destination.settings
    match settings, message:
        case WebhookSettings(), None:
            return WebhookSender(
                url=settings.url,
                secrets=settings.secrets,
                what=what,
                outbound=tools.outbound,
                backoff=tools.backoff,
                now=tools.now,
                most_bytes=settings.most_bytes,
                compressed=settings.compressed,
            )
        case SqsSettings(), None:
            return SqsSender(
                settings.queue, what, tools.backoff, settings.most_users, settings.most_bytes
            )
        case EmailSettings(), Mail():
            link = settings.unsubscribe
            return SesSender(
                sender=settings.sender,
                mail=message,
                backoff=tools.backoff,
                trait=settings.trait,
                reply_to=settings.reply_to,
                configuration_set=settings.configuration_set,
                unsubscribe=None if link is None else Template(link, "link"),
            )
        case SmsSettings(), Sms():
            return SmsSender(
                text=message.text,
                backoff=tools.backoff,
                trait=settings.trait,
                country_code=settings.phone_country_code,
                sender_id=settings.sender_id,
                kind=settings.message_type,
            )
        case PushSettings(), Push():
            return PushSender(
                message.title, message.text, tools.backoff, settings.trait, settings.link
            )
    raise ValueError(f"a destination of the kind {destination.kind} is sent no batches")
