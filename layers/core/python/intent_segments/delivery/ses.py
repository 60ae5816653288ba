"""One e-mail to each user, by Amazon SES v2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .aws_calls import call, client
from .backoff import Backoff
from .batches import Batch, Recipient
from .contacts import email_of
from .receipts import Receipt, failed
from .template import Template


@dataclass(frozen=True)
class Mail:
    """What is written: `text` always, `html` beside it where there is one."""

    subject: Template
    text: Template
    html: Template | None = None

    @classmethod
    def parse(cls, subject: str, text: str, html: str | None = None) -> Mail:
        """Raises InvalidInput."""
        return cls(
            Template.parse(subject, "subject", "line"),
            Template.parse(text, "text"),
            None if html is None else Template.parse(html, "html", "html"),
        )

    @property
    def traits(self) -> tuple[str, ...]:
        """The traits that it has places for."""
        parts = [part for part in (self.subject, self.text, self.html) if part]
        return tuple(dict.fromkeys(name for part in parts for name in part.traits))

    def missing(self, traits: Mapping[str, Any]) -> str | None:
        """The first trait that a user lacks."""
        for part in (self.subject, self.text, self.html):
            name = part.missing(traits) if part else None
            if name is not None:
                return name
        return None


@dataclass(frozen=True)
class SesSender:
    """Sends from `sender` to the address in the trait `trait`. `configuration_set` is SES's own, by
    which opens and bounces come back; `unsubscribe` an https link for one click (RFC 8058), in
    which `{{…}}` stands for traits."""

    sender: str
    mail: Mail
    backoff: Backoff
    trait: str = "email"
    reply_to: str | None = None
    configuration_set: str | None = None
    unsubscribe: Template | None = None

    @cached_property
    def _client(self) -> Any:
        return client("sesv2")

    def send(self, batch: Batch) -> tuple[Receipt, ...]:
        """One receipt per user. A mail whose acceptance was not answered is `unknown` and not sent
        again: nobody gets two."""
        return tuple(
            self._mailed(batch, number, recipient)
            for number, recipient in enumerate(batch.recipients)
        )

    def _mailed(self, batch: Batch, number: int, recipient: Recipient) -> Receipt:
        name, users = f"{batch.message_id}-{number}", (recipient.user_id,)
        address = email_of(recipient.traits.get(self.trait))
        if address is None:
            return failed(name, users, f"the trait {self.trait} is not one e-mail address")
        missing = self.mail.missing(recipient.traits)
        if missing is None and self.unsubscribe:
            missing = self.unsubscribe.missing(recipient.traits)
        if missing is not None:
            return failed(name, users, f"the trait {missing} is missing")
        called = call(
            lambda: self._client.send_email(**self._request(batch, address, recipient)),
            self.backoff,
            recognised=False,
        )
        return called.receipt(name, users)

    def _request(self, batch: Batch, address: str, recipient: Recipient) -> dict[str, Any]:
        traits = recipient.traits
        body = {"Text": _utf8(self.mail.text.render(traits))}
        if self.mail.html:
            body["Html"] = _utf8(self.mail.html.render(traits))
        simple: dict[str, Any] = {"Subject": _utf8(self.mail.subject.render(traits)), "Body": body}
        if self.unsubscribe:
            simple["Headers"] = [
                {"Name": "List-Unsubscribe", "Value": f"<{self.unsubscribe.render(traits)}>"},
                {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
            ]
        request: dict[str, Any] = {
            "FromEmailAddress": self.sender,
            "Destination": {"ToAddresses": [address]},
            "Content": {"Simple": simple},
            "EmailTags": [{"Name": "send", "Value": batch.send_id}],
        }
        if self.reply_to:
            request["ReplyToAddresses"] = [self.reply_to]
        if self.configuration_set:
            request["ConfigurationSetName"] = self.configuration_set
        return request


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
