"""The kinds of destinations and their settings, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Protocol, Self, cast

from ..errors import InvalidInput
from .addresses import AddressRefused, check_address
from .settings_checks import (
    arn,
    choice,
    mail_address,
    mapping,
    matching,
    number,
    only,
    refused,
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

    @classmethod
    def of_kept(cls, document: Document) -> Self:
        """The inverse of `kept`: what was right when it was saved is not checked again."""

    def changed(self, document: Document, context: Context) -> Self:
        """Other settings of the kind; what is secret stays. Raises InvalidInput."""

    def kept(self) -> dict[str, Any]:
        """As JSON for the store, secrets included."""

    def shown(self) -> dict[str, Any]:
        """As JSON for whoever may see the destination: no secrets."""


@dataclass(frozen=True)
class Context:
    """What checks need besides the document: `random` gives that many random bytes."""

    rules: Rules
    random: Callable[[int], bytes]


class _Plain:
    """Settings without secrets: they are shown as they are."""

    @classmethod
    def of_kept(cls, document: Document) -> Self:
        found = {k: tuple(v) if isinstance(v, list) else v for k, v in document.items()}
        return cls(**found)

    def changed(self, document: Document, context: Context) -> Self:
        return cast(Any, self).parse(document, context)

    def kept(self) -> dict[str, Any]:
        found = {f.name: getattr(self, f.name) for f in fields(cast(Any, self))}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in found.items()}

    def shown(self) -> dict[str, Any]:
        return self.kept()


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
    """A receiver of signed messages, which hold the users with these `traits`."""

    url: str
    secrets: tuple[SigningSecret, ...]
    most_users: int
    most_bytes: int
    compressed: bool
    traits: tuple[str, ...] = ()

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        only(document, cls)
        url = text(document, "url")
        target = parse_url(url, context.rules, "settings.url")
        if target.literal is not None:  # names are looked up when something is sent
            try:
                check_address(target, target.literal)
            except AddressRefused as wrong:
                raise InvalidInput.at("settings.url", wrong.message) from None
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
            texts(document, "traits"),
        )

    @classmethod
    def of_kept(cls, document: Document) -> Self:
        found = dict(document)
        secrets = tuple(SigningSecret.parse(secret) for secret in found.pop("secrets"))
        return cls(secrets=secrets, **found | {"traits": tuple(found["traits"])})

    def changed(self, document: Document, context: Context) -> Self:
        if "secrets" in document:
            raise refused("secrets", "are changed by rotating them: POST …/rotate-secret")
        secrets = [secret.reveal() for secret in self.secrets]
        return self.parse({**document, "secrets": secrets}, context)

    @property
    def host(self) -> str:
        """The URL as far as it is no secret: receivers put tokens into paths."""
        return "/".join(self.url.split("/", 3)[:3])

    def kept(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "secrets": [secret.reveal() for secret in self.secrets],
            "most_users": self.most_users,
            "most_bytes": self.most_bytes,
            "compressed": self.compressed,
            "traits": list(self.traits),
        }

    def shown(self) -> dict[str, Any]:
        return self.kept() | {"url": f"{self.host}/…", "secrets": len(self.secrets)}

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
    """A queue, whose messages hold the users with these `traits`."""

    queue: str
    most_users: int
    most_bytes: int
    traits: tuple[str, ...] = ()

    @classmethod
    def parse(cls, document: Document, context: Context) -> Self:
        only(document, cls)
        return cls(
            arn(document, "queue", "sqs", r"[A-Za-z0-9_-]{1,80}(?:\.fifo)?"),
            number(document, "most_users", 1, 10_000, 500),
            number(document, "most_bytes", LEAST_BYTES, MOST_BYTES, USUAL_BYTES),
            texts(document, "traits"),
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
