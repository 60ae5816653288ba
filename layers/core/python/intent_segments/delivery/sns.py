"""One push notification or text message to each user, by Amazon SNS."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from .aws_calls import call, client
from .backoff import Backoff
from .batches import Batch, Recipient
from .contacts import phone_of
from .receipts import Receipt, failed
from .template import Template

ENDPOINT = re.compile(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:endpoint/[A-Z_]+/[\w.-]+/[0-9a-f-]+"
)
MOST_SMS = 1600
"""Characters of one Publish to a phone number (SNS, API reference of Publish)."""
MOST_PUSH = 4096
"""Bytes of a payload that APNs and FCM take."""


@dataclass(frozen=True)
class SmsSender:
    """Sends `text` to the phone number in the trait `trait`; national ones get `country_code`."""

    text: Template
    backoff: Backoff
    trait: str = "phone"
    country_code: str | None = None
    sender_id: str | None = None
    kind: Literal["Promotional", "Transactional"] = "Promotional"

    @cached_property
    def _client(self) -> Any:
        return client("sns")

    def send(self, batch: Batch) -> tuple[Receipt, ...]:
        """One receipt per user; never sent twice."""
        return tuple(
            self._texted(f"{batch.message_id}-{number}", recipient)
            for number, recipient in enumerate(batch.recipients)
        )

    def _texted(self, name: str, recipient: Recipient) -> Receipt:
        users = (recipient.user_id,)
        phone = phone_of(recipient.traits.get(self.trait), self.country_code)
        if phone is None:
            return failed(name, users, f"the trait {self.trait} is not a phone number")
        missing = self.text.missing(recipient.traits)
        if missing is not None:
            return failed(name, users, f"the trait {missing} is missing")
        said = self.text.render(recipient.traits)
        if len(said) > MOST_SMS:
            return failed(name, users, f"a text of {len(said)} characters is over {MOST_SMS}")
        attributes = {"AWS.SNS.SMS.SMSType": _text(self.kind)}
        if self.sender_id:
            attributes["AWS.SNS.SMS.SenderID"] = _text(self.sender_id)
        request = {"PhoneNumber": f"+{phone}", "Message": said, "MessageAttributes": attributes}
        return _published(self._client, request, self.backoff, name, users)


@dataclass(frozen=True)
class PushSender:
    """Sends a notification to the platform endpoint whose ARN is in the trait `trait`."""

    title: Template
    text: Template
    backoff: Backoff
    trait: str = "push_endpoint"
    link: str | None = None

    @cached_property
    def _client(self) -> Any:
        return client("sns")

    def send(self, batch: Batch) -> tuple[Receipt, ...]:
        """One receipt per user; never sent twice."""
        return tuple(
            self._pushed(f"{batch.message_id}-{number}", recipient)
            for number, recipient in enumerate(batch.recipients)
        )

    def _pushed(self, name: str, recipient: Recipient) -> Receipt:
        users, traits = (recipient.user_id,), recipient.traits
        endpoint = traits.get(self.trait)
        if not isinstance(endpoint, str) or not ENDPOINT.fullmatch(endpoint):
            return failed(name, users, f"the trait {self.trait} is not the ARN of an endpoint")
        missing = self.title.missing(traits) or self.text.missing(traits)
        if missing is not None:
            return failed(name, users, f"the trait {missing} is missing")
        payload = self._payload(self.title.render(traits), self.text.render(traits))
        largest = max(len(part.encode()) for part in payload.values())
        if largest > MOST_PUSH:
            return failed(name, users, f"a payload of {largest} bytes is over {MOST_PUSH}")
        request = {
            "TargetArn": endpoint,
            "Message": json.dumps(payload),
            "MessageStructure": "json",
        }
        return _published(self._client, request, self.backoff, name, users)

    def _payload(self, title: str, text: str) -> dict[str, str]:
        """What each platform gets: APNs its alert, FCM its HTTP v1 message."""
        link = {"link": self.link} if self.link else {}
        apple = json.dumps({"aps": {"alert": {"title": title, "body": text}}, **link})
        shown = {"notification": {"title": title, "body": text}, "data": link}
        google = json.dumps({"fcmV1Message": {"message": shown}})
        return {"default": text, "APNS": apple, "APNS_SANDBOX": apple, "GCM": google}


def _published(
    sns: Any, request: dict[str, Any], backoff: Backoff, name: str, users: tuple[str, ...]
) -> Receipt:
    called = call(lambda: sns.publish(**request), backoff, recognised=False)
    return called.receipt(name, users)


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}
