"""Request bodies about destinations. The settings of a kind are checked by `delivery/kinds.py`;
here they are written down for whoever reads the API's document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, WithJsonSchema

from .models import Name, Request

Text = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Traits = Annotated[list[Text], Field(max_length=50)]
MostUsers = Annotated[int, Field(ge=1, le=10_000)]
CountryCode = Annotated[str, StringConstraints(pattern="^[1-9][0-9]{0,2}$")]


class FileSettings(Request):
    """`file`: files in the stack's bucket, with these traits beside the user id."""

    format: Literal["csv", "parquet"] = "csv"
    traits: Traits = Field(default_factory=list)


class AdSettings(Request):
    """`meta_audience`, `google_customer_match`: which traits an ad platform matches users by, and
    the country code of phone numbers without one."""

    traits: dict[Literal["email", "phone", "first_name", "last_name", "country", "zip"], Text]
    phone_country_code: CountryCode | None = None


class WebhookSettings(Request):
    """`webhook`: a receiver of signed messages. Without `secrets` one is made, and shown once."""

    url: Text = Field(examples=["https://hooks.example.com/segments"])
    secrets: Annotated[list[str], Field(max_length=3)] = Field(
        default_factory=list, examples=[["whsec_…"]]
    )
    most_users: MostUsers = 500
    most_bytes: Annotated[int, Field(ge=4096, le=5_000_000)] = 262_144
    compressed: bool = False
    traits: Traits = Field(default_factory=list)


class EventBridgeSettings(Request):
    """`eventbridge`: the ARN of a bus that is told where the files of users lie."""

    bus: Text


class SqsSettings(Request):
    """`sqs`: the ARN of a queue."""

    queue: Text
    most_users: MostUsers = 500
    most_bytes: Annotated[int, Field(ge=4096, le=1_048_576)] = 262_144
    traits: Traits = Field(default_factory=list)


class EmailSettings(Request):
    """`email`: Amazon SES. `sender` is a verified identity, `trait` holds the address."""

    sender: Text
    trait: Text = "email"
    reply_to: Text | None = None
    configuration_set: Text | None = None
    unsubscribe: Text | None = Field(None, examples=["https://shop.example/leave/{{user_key}}"])


class SmsSettings(Request):
    """`sms`: Amazon SNS, to the number in `trait`."""

    trait: Text = "phone"
    phone_country_code: CountryCode | None = None
    sender_id: Text | None = None
    message_type: Literal["Promotional", "Transactional"] = "Promotional"


class PushSettings(Request):
    """`push`: Amazon SNS, to the platform endpoint whose ARN is in `trait`."""

    trait: Text = "push_endpoint"
    link: Text | None = None


SETTINGS: tuple[type[Request], ...] = (
    *(FileSettings, AdSettings, WebhookSettings, EventBridgeSettings),
    *(SqsSettings, EmailSettings, SmsSettings, PushSettings),
)
DestinationSettings = Annotated[
    dict[str, Any],
    WithJsonSchema({"anyOf": [{"x-component": model.__name__} for model in SETTINGS]}),
]
DestinationKind = Literal[
    "file",
    "meta_audience",
    "google_customer_match",
    "webhook",
    "eventbridge",
    "sqs",
    "email",
    "sms",
    "push",
]


class NewDestination(Request):
    """A place to send users to; `settings` are those of its kind."""

    name: Name
    kind: DestinationKind
    settings: DestinationSettings = Field(default_factory=dict)


class DestinationChange(Request):
    """What can be changed of a destination. `settings` replace the old ones as a whole, but for the
    signing secrets of a webhook, which stay. A destination that was disabled, by its owner or
    because its receiver answered 410, is sent to again once `enabled` is true."""

    name: Name | None = None
    settings: DestinationSettings | None = None
    enabled: Annotated[bool, Field(strict=True)] | None = None


class SecretRotation(Request):
    """A fresh signing secret is made where none is given."""

    secret: str | None = Field(default=None, examples=["whsec_…"])


class DestinationTest(Request):
    """`to` is the address, number or endpoint of a test by e-mail, SMS or push."""

    to: Text | None = None
