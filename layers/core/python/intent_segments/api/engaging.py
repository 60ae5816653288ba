"""Request bodies about destinations and engagements. The settings of a kind are checked by
`delivery/kinds.py`; here they are written down for whoever reads the API's document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, WithJsonSchema

from .models import Name, Request
from .moments import Day, Instant

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


Bucket = Literal["most_likely", "moderately_likely", "least_likely"]


class GoalAudience(Request):
    """Whom of a goal: open members of some `buckets`, or `everyone` who is open; its control group
    never. `follow` goes with a nightly schedule, and is true there when left out."""

    buckets: Annotated[list[Bucket], Field(min_length=1)] | None = Field(
        default=None, examples=[["moderately_likely"]]
    )
    everyone: Annotated[bool, Field(strict=True)] = False
    follow: Annotated[bool, Field(strict=True)] | None = None


class SegmentAudience(Request):
    """The members of a segment, by its id or as a definition, which is frozen with the engagement.
    `follow` goes with a nightly schedule, and is true there when left out. With `stream` not the
    members are told, but every night who entered the segment and who left it since the night
    before; with `initial` the members of the first night have entered."""

    segment: Annotated[
        Any, WithJsonSchema({"anyOf": [{"type": "string"}, {"x-component": "Definition"}]})
    ]
    follow: Annotated[bool, Field(strict=True)] | None = None
    stream: Annotated[list[Literal["entered", "left"]], Field(min_length=1)] | None = Field(
        default=None, examples=[["entered", "left"]]
    )
    initial: Annotated[bool, Field(strict=True)] = False


class EngagementSchedule(Request):
    """`now`; `at` an instant with its offset; `nightly`, after every night up to `until`, the last
    local day on which it sends (the goal's last day when left out)."""

    kind: Literal["now", "at", "nightly"]
    at: Instant | None = Field(default=None, examples=["2026-12-01T09:00:00+01:00"])
    until: Day | None = Field(default=None, examples=["2026-12-31"])


class EngagementMessage(Request):
    """What is written to people, with places for traits such as `{{first_name | there}}`: by e-mail
    `subject`, `text` and perhaps `html`, by SMS `text`, by push `title` and `text`."""

    subject: str | None = None
    title: str | None = None
    text: str | None = None
    html: str | None = None


Reference = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class NewEngagement(Request):
    """Reach an audience through a destination. Everything but `name` and `reference` is locked once
    it is saved. `message` goes with e-mail, SMS and push and nothing else; `reference` is a word of
    your own that messages carry, such as a campaign's id."""

    name: Name
    audience: GoalAudience
    destination: str = Field(examples=["dst_…"])
    schedule: EngagementSchedule
    message: EngagementMessage | None = None
    reference: Reference | None = None


class NewSegmentEngagement(Request):
    """Reach the members of a plain segment; as `NewEngagement` otherwise."""

    name: Name
    audience: SegmentAudience
    destination: str = Field(examples=["dst_…"])
    schedule: EngagementSchedule
    message: EngagementMessage | None = None
    reference: Reference | None = None


class EngagementChange(Request):
    """What can be changed of an engagement. The other fields are refused: they are locked."""

    name: Name | None = None
    reference: Reference | None = None
    audience: Any = Field(default=None, json_schema_extra={"readOnly": True})
    destination: Any = Field(default=None, json_schema_extra={"readOnly": True})
    message: Any = Field(default=None, json_schema_extra={"readOnly": True})
    schedule: Any = Field(default=None, json_schema_extra={"readOnly": True})


class EngagementClone(Request):
    """What a clone has otherwise than the engagement it is made from."""

    name: Name | None = None
    audience: GoalAudience | SegmentAudience | None = None
    destination: str | None = None
    schedule: EngagementSchedule | None = None
    message: EngagementMessage | None = None
    reference: Reference | None = None


class Replay(Request):
    """Batches of one send, as the list of failures names them."""

    batches: Annotated[list[str], Field(min_length=1, max_length=100)]
