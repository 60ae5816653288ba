"""Whom a destination can reach: which traits it needs of a user, and who lacks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .ad_platforms import Platform, matched
from .batches import Batch, Recipient, in_batches
from .contacts import email_of, phone_of
from .destination import Destination
from .kinds import (
    AdSettings,
    EmailSettings,
    FileSettings,
    PushSettings,
    SmsSettings,
    SqsSettings,
    WebhookSettings,
)
from .messages import Message
from .sns import ENDPOINT
from .sqs import ATTRIBUTE_BYTES
from .template import Template
from .webhook import message_batches

FILE_KINDS = ("file", "meta_audience", "google_customer_match", "eventbridge")
"""Kinds that get one file for each group of users."""

PEOPLE_IN_DOUBT = 10
"""Users of a batch where people are written to: as many are in doubt when a process dies in it."""


@dataclass(frozen=True)
class Reach:
    """A destination, what is written to people, and the trait that has to be true for that."""

    destination: Destination
    message: Message | None
    consent: str | None = None

    @property
    def traits(self) -> tuple[str, ...]:
        """Names of all traits that are needed to choose, to address and to write."""
        settings, found = self.destination.settings, list[str]()
        match settings:
            case FileSettings() | WebhookSettings() | SqsSettings():
                found += settings.traits
            case AdSettings():
                found += settings.traits.values()
            case EmailSettings():
                found += [settings.trait, *_link(settings).traits]
            case SmsSettings() | PushSettings():
                found.append(settings.trait)
        found += self.message.traits if self.message else ()
        found += [self.consent] if self.consent else []
        return tuple(dict.fromkeys(found))

    @property
    def told(self) -> tuple[str, ...]:
        """Names of the traits that machines are told."""
        settings = self.destination.settings
        match settings:
            case FileSettings() | WebhookSettings() | SqsSettings():
                return settings.traits
        return ()

    def misses(self, traits: Mapping[str, Any]) -> bool:
        """Whether a user with these traits cannot be reached."""
        settings = self.destination.settings
        if self.consent is not None and traits.get(self.consent) is not True:
            return True
        if self.message is not None and self.message.missing(traits) is not None:
            return True
        match settings:
            case AdSettings():
                platform = cast(Platform, self.destination.kind)
                user = ad_user(settings, traits)
                return not matched(user, platform, settings.phone_country_code)
            case EmailSettings():
                if _link(settings).missing(traits) is not None:
                    return True
                return email_of(traits.get(settings.trait)) is None
            case SmsSettings():
                return phone_of(traits.get(settings.trait), settings.phone_country_code) is None
            case PushSettings():
                endpoint = traits.get(settings.trait)
                return not isinstance(endpoint, str) or not ENDPOINT.fullmatch(endpoint)
        return False

    def batches(self, send_id: str, recipients: list[Recipient]) -> Iterator[Batch]:
        """Recipients in their order, as many to an entry of the ledger as one message has; a file
        has all of them."""
        settings = self.destination.settings
        match settings:
            case WebhookSettings():
                return message_batches(
                    send_id, recipients, settings.most_users, settings.most_bytes
                )
            case SqsSettings():
                room = settings.most_bytes - ATTRIBUTE_BYTES
                return message_batches(send_id, recipients, settings.most_users, room)
        alone = self.destination.kind in FILE_KINDS
        return in_batches(send_id, recipients, len(recipients) or 1 if alone else PEOPLE_IN_DOUBT)


def ad_user(settings: AdSettings, traits: Mapping[str, Any]) -> dict[str, str | None]:
    """What an ad platform matches a user by."""
    found = {field: traits.get(trait) for field, trait in settings.traits.items()}
    return {field: None if value is None else str(value) for field, value in found.items()}


def _link(settings: EmailSettings) -> Template:
    return Template(settings.unsubscribe or "", "link")
