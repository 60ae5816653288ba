"""Where an engagement can send: a kind and its settings, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Protocol, Self, cast

from ..errors import InvalidInput
from .settings_checks import (
    arn,
    choice,
    mail_address,
    mapping,
    matching,
    number,
    only,
    text,
    texts,
    yes_or_no,
)
from .signature import MOST_SECRETS, SigningSecret
from .sqs import LEAST_BYTES, MOST_BYTES, USUAL_BYTES
from .template import Template
from .urls import Rules, parse_url

Document = Mapping[str, Any]


class Settings(Protocol):
    """The settings of one kind."""

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        """From JSON. Raises InvalidInput that names the field, the value and the remedy."""

    def shown(self) -> dict[str, Any]:
        """As JSON for whoever may see the destination: no secrets."""


@dataclass(frozen=True)
class Context:
    """What checks need besides the document: `random` gives that many random bytes."""

    rules: Rules
    random: Callable[[int], bytes]


class _Plain:
    """Settings without secrets: they are shown as they are."""

    def shown(self) -> dict[str, Any]:
        found = {f.name: getattr(self, f.name) for f in fields(cast(Any, self))}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in found.items()}


@dataclass(frozen=True)
class FileSettings(_Plain):
    """A file for each group of users in the stack's bucket."""

    format: Literal["csv", "parquet"]
    traits: tuple[str, ...]

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        only(document, cls)
        return cls(
            cast(Any, choice(document, "format", ("csv", "parquet"), "csv")),
            texts(document, "traits"),
        )


@dataclass(frozen=True)
class AdSettings(_Plain):
    """Which traits hold what an ad platform matches by, and the country code of national phone
    numbers."""

    traits: Mapping[str, str]
    phone_country_code: str | None

    FIELDS: ClassVar = ("email", "phone", "first_name", "last_name", "country", "zip")

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        only(document, cls)
        traits = mapping(document, "traits", cls.FIELDS)
        if not {"email", "phone"} & set(traits):
            raise InvalidInput.at(
                "settings.traits", "traits names an email or a phone: nobody is matched without"
            )
        return cls(traits, matching(document, "phone_country_code", r"[1-9][0-9]{0,2}", "49"))


@dataclass(frozen=True, repr=False)
class WebhookSettings:
    """A receiver of signed messages."""

    url: str
    secrets: tuple[SigningSecret, ...]
    most_users: int
    most_bytes: int
    compressed: bool

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        only(document, cls)
        url = text(document, "url")
        parse_url(url, context.rules, "settings.url")
        given = texts(document, "secrets", MOST_SECRETS)
        try:
            secrets = tuple(SigningSecret.parse(secret) for secret in given)
        except InvalidInput as wrong:
            raise InvalidInput.at("settings.secrets", wrong.message) from None
        return cls(
            url,
            secrets or (SigningSecret(context.random(32)),),
            number(document, "most_users", 1, 10_000, 500),
            number(document, "most_bytes", 4096, 5_000_000, 262_144),
            yes_or_no(document, "compressed"),
        )

    @property
    def host(self) -> str:
        """The URL as far as it is no secret: receivers put tokens into paths."""
        return "/".join(self.url.split("/", 3)[:3])

    def shown(self) -> dict[str, Any]:
        return {
            "url": f"{self.host}/…",
            "secrets": len(self.secrets),
            "most_users": self.most_users,
            "most_bytes": self.most_bytes,
            "compressed": self.compressed,
        }

    def __repr__(self) -> str:
        return f"WebhookSettings({self.host}/…)"


@dataclass(frozen=True)
class EventBridgeSettings(_Plain):
    """A bus that is told where the users lie."""

    bus: str

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        only(document, cls)
        return cls(arn(document, "bus", "events", r"event-bus/[A-Za-z0-9._/-]{1,256}"))


@dataclass(frozen=True)
class SqsSettings(_Plain):
    """A queue."""

    queue: str
    most_users: int
    most_bytes: int

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        only(document, cls)
        return cls(
            arn(document, "queue", "sqs", r"[A-Za-z0-9_-]{1,80}(?:\.fifo)?"),
            number(document, "most_users", 1, 10_000, 500),
            number(document, "most_bytes", LEAST_BYTES, MOST_BYTES, USUAL_BYTES),
        )


@dataclass(frozen=True)
class EmailSettings(_Plain):
    """Amazon SES: `sender` is a verified identity, `trait` holds the address."""

    sender: str
    trait: str
    reply_to: str | None
    configuration_set: str | None
    unsubscribe: str | None

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        only(document, cls)
        sender = mail_address(document, "sender")
        if sender is None:
            raise InvalidInput.at("settings.sender", "sender is missing: name the address")
        link = matching(document, "unsubscribe", r"https://[!-~]{1,1000}", "https://…/{{user}}")
        if link is not None:
            Template.parse(link, "settings.unsubscribe", "link")
        return cls(
            sender,
            text(document, "trait", "email"),
            mail_address(document, "reply_to"),
            matching(document, "configuration_set", r"[A-Za-z0-9_-]{1,64}", "campaigns"),
            link,
        )


@dataclass(frozen=True)
class SmsSettings(_Plain):
    """Amazon SNS to phone numbers."""

    trait: str
    phone_country_code: str | None
    sender_id: str | None
    message_type: Literal["Promotional", "Transactional"]

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        only(document, cls)
        types = ("Promotional", "Transactional")
        return cls(
            text(document, "trait", "phone"),
            matching(document, "phone_country_code", r"[1-9][0-9]{0,2}", "49"),
            # One letter at least, 11 characters at most (SNS, "Sender IDs").
            matching(document, "sender_id", r"(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}", "MyShop"),
            cast(Any, choice(document, "message_type", types, "Promotional")),
        )


@dataclass(frozen=True)
class PushSettings(_Plain):
    """Amazon SNS to platform endpoints."""

    trait: str
    link: str | None

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        only(document, cls)
        link = matching(document, "link", r"[a-z][a-z0-9+.-]*://[!-~]{0,1000}", "shop://sale")
        return cls(text(document, "trait", "push_endpoint"), link)


KINDS: dict[str, type[Settings]] = {
    "file": FileSettings,
    "meta_audience": AdSettings,
    "google_customer_match": AdSettings,
    "webhook": WebhookSettings,
    "eventbridge": EventBridgeSettings,
    "sqs": SqsSettings,
    "email": EmailSettings,
    "sms": SmsSettings,
    "push": PushSettings,
}
"""What the API calls a kind -> its settings."""


@dataclass(frozen=True)
class Destination:
    """A named place to send to. A disabled one is sent nothing; `reason` says why it is."""

    id: str
    name: str
    kind: str
    settings: Settings
    enabled: bool = True
    reason: str | None = None

    @classmethod
    def parse(cls, id_: str, document: Document, context: Context) -> Self:
        """From {name, kind, settings}. Raises InvalidInput."""
        for field in document.keys() - {"name", "kind", "settings"}:
            raise InvalidInput.at(field, f"{field} is no field of a destination: leave it out")
        name, kind = document.get("name"), document.get("kind")
        if not isinstance(name, str) or not 1 <= len(name.strip()) <= 200:
            raise InvalidInput.at("name", "name is a text of 1 to 200 characters: give it one")
        if not isinstance(kind, str) or kind not in KINDS:
            raise InvalidInput.at("kind", f"kind is one of {', '.join(KINDS)}, not {kind!r}")
        settings = document.get("settings", {})
        if not isinstance(settings, Mapping):
            raise InvalidInput.at("settings", "settings is an object with the kind's settings")
        return cls(id_, name.strip(), kind, KINDS[kind].parse(settings, context))

    def shown(self) -> dict[str, Any]:
        """As JSON, without secrets."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "settings": self.settings.shown(),
            "enabled": self.enabled,
            "reason": self.reason,
        }
