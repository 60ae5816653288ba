"""E-mail, text messages and push: one message to each user, never a second one."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends

from intent_segments.delivery.batches import Batch, Recipient
from intent_segments.delivery.ses import Mail, SesSender
from intent_segments.delivery.sns import PushSender, SmsSender
from intent_segments.delivery.template import Template
from tests.unit.delivery.aws import NO_ANSWER, NO_CONNECTION, REGION, answered, faults
from tests.unit.delivery.receiver import backoff

pytestmark = pytest.mark.usefixtures("in_aws")

MAIL = Mail.parse(
    "Hello {{first_name | there}}",
    "Your {{plan}} plan ends.",
    "<p>Hello {{first_name | <b>}}, your {{plan}} plan ends.</p>",
)


def batch(*people: dict[str, Any]) -> Batch:
    return Batch("send_1", 0, tuple(Recipient(f"user{n}", t) for n, t in enumerate(people)))


@pytest.fixture
def mails() -> list[Any]:
    sent = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    sent.clear()
    return sent


@pytest.fixture
def texts() -> dict[str, Any]:
    sent = sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages
    sent.clear()
    return sent


def ses(slept: list[float] | None = None, **changes: Any) -> SesSender:
    return SesSender("news@shop.example", MAIL, backoff(slept), **changes)


def sms(text: str = "Sale, {{name | friend}}!", **changes: Any) -> SmsSender:
    return SmsSender(Template.parse(text, "text"), backoff(), **changes)


def test_every_user_gets_a_mail_of_their_own(mails: list[Any]) -> None:
    receipts = ses().send(
        batch(
            {"email": "ann@x.example", "plan": "Gold", "first_name": "Ann & <i>Co</i>"},
            {"email": " ben@x.example ", "plan": "Blue"},
        )
    )
    assert [r.status for r in receipts] == ["sent", "sent"]
    assert [r.users for r in receipts] == [("user0",), ("user1",)]
    assert [r.provider_id for r in receipts] == [mail.id for mail in mails]
    assert [mail.destinations["ToAddresses"] for mail in mails] == [
        ["ann@x.example"],
        ["ben@x.example"],
    ]
    assert [mail.subject for mail in mails] == ["Hello Ann & <i>Co</i>", "Hello there"]
    assert mails[0].body == (
        "<p>Hello Ann &amp; &lt;i&gt;Co&lt;/i&gt;, your Gold plan ends.</p>"
    ), "values are no markup"


def test_a_mail_can_be_unsubscribed_from_with_one_click_and_is_told_by_its_tag() -> None:
    made = ses(
        unsubscribe=Template.parse("https://x.example/u?id={{key}}", "unsubscribe", "link"),
        configuration_set="campaigns",
        reply_to="help@shop.example",
    )
    asked: list[dict[str, Any]] = []
    made._client.meta.events.register(
        "provide-client-params.sesv2.SendEmail", lambda params, **_: asked.append(params)
    )
    made.send(batch({"email": "ann@x.example", "plan": "Gold", "key": "a&b=c\r\nX: y"}))
    [request] = asked
    assert request["Content"]["Simple"]["Headers"] == [
        {
            "Name": "List-Unsubscribe",
            "Value": "<https://x.example/u?id=a%26b%3Dc%0AX%3A%20y>",
        },
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]
    assert request["ConfigurationSetName"] == "campaigns"
    assert request["ReplyToAddresses"] == ["help@shop.example"]
    assert request["EmailTags"] == [{"Name": "send", "Value": "send_1"}]


def test_whoever_cannot_be_written_to_is_reported_and_the_others_are_written_to(
    mails: list[Any],
) -> None:
    receipts = ses().send(
        batch(
            {"plan": "Gold"},
            {"email": "a@x.example, b@x.example", "plan": "Gold"},
            {"email": "ann@x.example\r\nBcc: all@x.example", "plan": "Gold"},
            {"email": "ann@x.example"},
            {"email": "ann@x.example", "plan": "Gold"},
        )
    )
    assert [r.status for r in receipts] == ["failed"] * 4 + ["sent"]
    assert [r.reason for r in receipts[:4]] == [
        *["the trait email is not one e-mail address"] * 3,
        "the trait plan is missing",
    ]
    assert len(mails) == 1


@pytest.mark.parametrize(
    "error", [answered("TooManyRequestsException", 429), answered("Throttling"), NO_CONNECTION]
)
def test_what_ses_did_not_take_is_tried_again(mails: list[Any], error: Exception) -> None:
    slept: list[float] = []
    made = ses(slept)
    faults(made._client, [error, error])
    [receipt] = made.send(batch({"email": "ann@x.example", "plan": "Gold"}))
    assert (receipt.status, receipt.attempts, len(slept), len(mails)) == ("sent", 3, 2, 1)


@pytest.mark.parametrize("error", [NO_ANSWER, answered("InternalFailure", 500)])
def test_a_mail_that_ses_may_have_taken_is_not_sent_again(
    mails: list[Any], error: Exception
) -> None:
    made = ses()
    faults(made._client, [error], after=True)
    [receipt] = made.send(batch({"email": "ann@x.example", "plan": "Gold"}))
    assert (receipt.status, receipt.attempts, len(mails)) == ("unknown", 1, 1)


def test_a_sender_who_is_not_verified_is_refused_at_once(mails: list[Any]) -> None:
    made = SesSender("news@elsewhere.example", MAIL, backoff())
    [receipt] = made.send(batch({"email": "ann@x.example", "plan": "Gold"}))
    assert (receipt.status, receipt.attempts, receipt.reason) == ("failed", 1, "MessageRejected")
    assert mails == []


def test_throttling_that_does_not_end_fails(mails: list[Any]) -> None:
    made = ses()
    faults(made._client, [answered("ThrottlingException")] * 5)
    [receipt] = made.send(batch({"email": "ann@x.example", "plan": "Gold"}))
    assert (receipt.status, receipt.attempts) == ("failed", 5) and mails == []


def test_every_user_gets_a_text_message_of_their_own(texts: dict[str, Any]) -> None:
    receipts = sms(country_code="49", sender_id="MyShop").send(
        batch({"phone": "0170 1234567", "name": "Ann"}, {"phone": "+44 844 412 4653"})
    )
    assert [r.status for r in receipts] == ["sent", "sent"]
    assert {receipt.provider_id for receipt in receipts} == set(texts)
    assert [texts[str(r.provider_id)][:2] for r in receipts] == [
        ("+491701234567", "Sale, Ann!"),
        ("+448444124653", "Sale, friend!"),
    ]


def test_whoever_cannot_be_texted_is_reported(texts: dict[str, Any]) -> None:
    receipts = sms("{{code}}").send(
        batch(
            {"code": "x"},
            {"phone": "0170 1234567", "code": "x"},
            {"phone": "+491701234567"},
            {"phone": "+491701234567", "code": "x" * 1601},
        )
    )
    assert [r.reason for r in receipts] == [
        "the trait phone is not a phone number",
        "the trait phone is not a phone number",
        "the trait code is missing",
        "a text of 1601 characters is over 1600",
    ]
    assert not texts


def test_a_text_message_that_sns_may_have_taken_is_not_sent_again(texts: dict[str, Any]) -> None:
    made = sms()
    faults(made._client, [NO_ANSWER], after=True)
    [receipt] = made.send(batch({"phone": "+491701234567"}))
    assert (receipt.status, receipt.attempts, len(texts)) == ("unknown", 1, 1)


@pytest.fixture(scope="module")
def endpoint(account: None) -> str:
    sns = boto3.client("sns")
    app = sns.create_platform_application(Name="shop", Platform="GCM", Attributes={})
    made = sns.create_platform_endpoint(
        PlatformApplicationArn=app["PlatformApplicationArn"], Token="device"
    )
    return str(made["EndpointArn"])


def push(**changes: Any) -> PushSender:
    title, text = Template.parse("Sale", "title", "line"), Template.parse("{{name}}!", "text")
    return PushSender(title, text, backoff(), **changes)


def test_a_push_says_the_same_on_every_platform(endpoint: str) -> None:
    [receipt] = push(link="shop://sale").send(batch({"push_endpoint": endpoint, "name": "Ann"}))
    assert receipt.status == "sent"
    sent = sns_backends[DEFAULT_ACCOUNT_ID][REGION].platform_endpoints[endpoint].messages
    told = json.loads(sent[receipt.provider_id])
    assert told["default"] == "Ann!"
    apple, google = json.loads(told["APNS"]), json.loads(told["GCM"])
    assert apple == {"aps": {"alert": {"title": "Sale", "body": "Ann!"}}, "link": "shop://sale"}
    assert google["fcmV1Message"]["message"] == {
        "notification": {"title": "Sale", "body": "Ann!"},
        "data": {"link": "shop://sale"},
    }
    assert told["APNS_SANDBOX"] == told["APNS"]


def test_a_device_that_switched_pushes_off_is_reported(endpoint: str) -> None:
    sns = boto3.client("sns")
    sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})
    [receipt] = push().send(batch({"push_endpoint": endpoint, "name": "Ann"}))
    assert (receipt.status, receipt.attempts) == ("failed", 1)
    assert "Disabled" in str(receipt.reason)


def test_whoever_cannot_be_pushed_to_is_reported(endpoint: str) -> None:
    receipts = push().send(
        batch(
            {"name": "Ann"},
            {"push_endpoint": "arn:aws:sns:eu-central-1:123456789012:topic", "name": "Ann"},
            {"push_endpoint": endpoint},
            {"push_endpoint": endpoint, "name": "x" * 5000},
        )
    )
    assert [r.status for r in receipts] == ["failed"] * 4
    assert "ARN of an endpoint" in str(receipts[1].reason), "a topic would reach everybody"
    assert receipts[2].reason == "the trait name is missing"
    assert "is over 4096" in str(receipts[3].reason)
