"""Settings of every kind, and that secrets stay where they are."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import Any

import pytest

from intent_segments.delivery.destination import Destination
from intent_segments.delivery.kinds import KINDS, Context, WebhookSettings
from intent_segments.delivery.signature import SigningSecret
from intent_segments.delivery.urls import Rules
from intent_segments.errors import InvalidInput
from tests.unit.delivery.receiver import SECRET

CONTEXT = Context(Rules.parse("localhost:8080"), lambda count: b"r" * count)
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:users.fifo"
BUS = "arn:aws-us-gov:events:us-gov-west-1:123456789012:event-bus/partner/x"

SOUND: dict[str, dict[str, Any]] = {
    "file": {"format": "parquet", "traits": ["email", "city"]},
    "meta_audience": {"traits": {"email": "email"}, "phone_country_code": "49"},
    "google_customer_match": {"traits": {"phone": "mobile", "zip": "postcode"}},
    "webhook": {"url": "https://hooks.example.com/x?token=t0k3n", "secrets": [SECRET.reveal()]},
    "eventbridge": {"bus": BUS},
    "sqs": {"queue": QUEUE, "most_bytes": 1_048_576},
    "email": {
        "sender": "news@shop.example",
        "configuration_set": "campaigns",
        "unsubscribe": "https://shop.example/u/{{key}}",
    },
    "sms": {"sender_id": "MyShop", "phone_country_code": "1"},
    "push": {"link": "shop://sale"},
}


def made(kind: str, settings: dict[str, Any] | None = None) -> Destination:
    document = {"name": "Mine", "kind": kind, "settings": SOUND[kind] | (settings or {})}
    return Destination.parse("dest_1", document, CONTEXT)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_takes_its_settings_and_shows_them_as_json(kind: str) -> None:
    shown = made(kind).shown()
    assert (shown["kind"], shown["enabled"]) == (kind, True)
    assert json.loads(json.dumps(shown)) == shown


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("file", {"format": "xlsx"}, "format", "one of csv, parquet, not 'xlsx'"),
    ("file", {"traits": "email"}, "traits", "a list of at most 50"),
    ("file", {"traits": ["a", "a"]}, "traits", "different"),
    ("file", {"trait": "x"}, "trait", "there are format, traits"),
    ("meta_audience", {"traits": {"fn": "x"}}, "traits", "'fn'"),
    ("meta_audience", {"traits": {"zip": "x"}}, "traits", "names an email or a phone"),
    ("meta_audience", {"traits": None}, "traits", "an object from email"),
    ("google_customer_match", {"phone_country_code": "+49"}, "phone_country_code", "like 49"),
    ("webhook", {"url": "http://hooks.example.com/"}, "url", "must be https"),
    ("webhook", {"url": "https://169.254.169.254.:8/"}, "url", "no dot at the end"),
    ("webhook", {"url": None}, "url", "give it one"),
    ("webhook", {"secrets": ["hunter2"]}, "secrets", "begins with whsec_"),
    ("webhook", {"secrets": ["a", "b", "c", "d"]}, "secrets", "at most 3"),
    ("webhook", {"most_users": 0}, "most_users", "from 1 to 10000, not 0"),
    ("webhook", {"most_users": True}, "most_users", "not True"),
    ("webhook", {"most_bytes": 1e5}, "most_bytes", "whole number"),
    ("webhook", {"compressed": "yes"}, "compressed", "true or false, not 'yes'"),
    ("eventbridge", {"bus": "default"}, "bus", "is an ARN"),
    ("eventbridge", {"bus": QUEUE}, "bus", "arn:aws:events"),
    ("sqs", {"queue": "https://sqs.eu-central-1.amazonaws.com/1/q"}, "queue", "copy it whole"),
    ("sqs", {"most_bytes": 1_048_577}, "most_bytes", "from 4096 to 1048576"),
    ("email", {"sender": "shop"}, "sender", "one e-mail address, not 'shop'"),
    ("email", {"sender": None}, "sender", "missing"),
    ("email", {"reply_to": "a@x.example,b@x.example"}, "reply_to", "one e-mail address"),
    ("email", {"unsubscribe": "http://x.example/"}, "unsubscribe", "like https://"),
    ("email", {"unsubscribe": "https://x.example/{{"}, "unsubscribe", "braces"),
    ("sms", {"sender_id": "12345"}, "sender_id", "like MyShop"),
    ("sms", {"message_type": "promo"}, "message_type", "Promotional, Transactional"),
    ("push", {"link": "javascript"}, "link", "like shop://sale"),
    ("push", {"trait": ""}, "trait", "give it one"),
]


@pytest.mark.parametrize(("kind", "settings", "field", "why"), WRONG)
def test_a_setting_that_breaks_a_rule_is_named_with_the_remedy(
    kind: str, settings: dict[str, Any], field: str, why: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(kind, settings)
    [error] = refused.value.errors
    assert error.field == f"settings.{field}" and why in error.message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "fax"}, "kind"),
        ({"kind": ["file"]}, "kind"),
        ({"name": " "}, "name"),
        ({"name": 5}, "name"),
        ({"settings": 5}, "settings"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_destination_that_is_none_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Destination.parse("dest_1", {"name": "Mine", "kind": "file"} | changes, CONTEXT)
    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_comes_back_as_it_was(kind: str) -> None:
    destination = made(kind)
    kept = destination.kept()
    assert json.loads(json.dumps(kept)) == kept
    assert Destination.of_kept(kept) == destination


def test_other_settings_leave_the_secrets_of_a_webhook_as_they_are() -> None:
    before = made("webhook").settings
    url = {"url": "https://elsewhere.example.com/", "most_users": 7}
    after = before.changed(url, CONTEXT)
    assert isinstance(after, WebhookSettings) and after.secrets == (SECRET,)
    assert (after.url, after.most_users) == (url["url"], 7)
    with pytest.raises(InvalidInput, match="rotate-secret") as refused:
        before.changed(url | {"secrets": [SECRET.reveal()]}, CONTEXT)
    assert refused.value.errors[0].field == "settings.secrets"


def test_what_is_kept_is_not_checked_again() -> None:
    """A host that is allowed no longer can still be seen, and deleted."""
    kept = made("webhook", {"url": "http://localhost:8080/hook"}).kept()
    assert Destination.of_kept(kept).shown()["settings"]["url"] == "http://localhost:8080/…"


def test_a_webhook_without_a_secret_gets_one() -> None:
    settings = made("webhook", {"secrets": []}).settings
    assert isinstance(settings, WebhookSettings)
    assert settings.secrets == (SigningSecret(b"r" * 32),)


def test_neither_secret_nor_url_is_in_any_text_of_a_destination() -> None:
    destination = made("webhook")
    held = dataclasses.asdict(destination)
    texts = [repr(destination), str(destination), json.dumps(destination.shown()), repr(held["id"])]
    texts.append(repr(destination.settings))
    assert not [word for word in ("t0k3n", SECRET.reveal()[6:], "ssss") for t in texts if word in t]
    assert "https://hooks.example.com/…" in repr(destination)
    assert SECRET.reveal()[6:] not in repr(held)


def test_a_refused_url_is_not_repeated() -> None:
    with pytest.raises(InvalidInput) as refused:
        made("webhook", {"url": "https://u:p4ss@hooks.example.com/?token=t0k3n"})
    assert "p4ss" not in refused.value.message and "t0k3n" not in refused.value.message


def test_a_private_host_is_taken_where_it_is_allowed_by_name() -> None:
    assert made("webhook", {"url": "http://localhost:8080/hook"}).kind == "webhook"


@pytest.mark.parametrize("text", ["localhost", "localhost:", ":80", "localhost:x", "a:1,b"])
def test_a_private_host_is_named_with_its_port(text: str) -> None:
    with pytest.raises(InvalidInput, match="host:port"):
        Rules.parse(text)


@pytest.mark.parametrize("ports", ["", "0", "65536", "x", "443,"])
def test_ports_are_numbers(ports: str) -> None:
    with pytest.raises(InvalidInput, match="from 1 to 65535"):
        Rules.parse("", ports)
    assert Rules.parse("", "443, 8443").ports == {443, 8443}


def test_a_secret_survives_a_copy_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(SECRET)) == SECRET
