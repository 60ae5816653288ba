"""Destinations over HTTP: made, shown without secrets, changed, rotated, tried."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from standardwebhooks import Webhook

from functions.api import handler as api_function
from functions.deliver import handler as deliver_function
from intent_segments.api import answers
from intent_segments.errors import Raced
from intent_segments.store.stores import Stores
from tests.unit.api.requests import Answer, ask
from tests.unit.delivery.receiver import Receiver, receiver
from tests.unit.store.stack import empty_stack

ACCOUNT = "123456789012"
REGION = "eu-central-1"

pytestmark = pytest.mark.usefixtures("stores")


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    """One stack for all: what one test makes is none of the others' business."""
    with empty_stack() as made:
        api_function.api.stores = deliver_function.api.stores = None
        yield made


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver on loopback that the stack allows by name."""
    with receiver() as made:
        monkeypatch.setenv("ALLOWED_HOSTS", f"localhost:{made.port}")
        api_function.api.stores = deliver_function.api.stores = None
        yield made


def make(kind: str = "file", settings: dict[str, Any] | None = None) -> dict[str, Any]:
    body = {"name": "Shop", "kind": kind, "settings": settings or {}}
    answer = ask("POST", "/v1/destinations", body)
    assert answer.status == 201, answer.text
    assert answer.headers["Location"] == f"/v1/destinations/{answer.json['id']}"
    answers.DestinationSecret.model_validate(answer.json)
    made: dict[str, Any] = answer.json
    return made


def tried(made: dict[str, Any], body: Any = None) -> Answer:
    return ask("POST", f"/v1/destinations/{made['id']}/test", body)


def test_a_destination_is_listed_shown_renamed_disabled_and_deleted() -> None:
    made = make("file", {"format": "parquet", "traits": ["email"]})
    path = f"/v1/destinations/{made['id']}"
    assert made.pop("secret") is None
    assert ask("GET", path).json == made
    listed = ask("GET", "/v1/destinations?limit=100").json
    answers.DestinationList.model_validate(listed)
    assert made in listed["data"]
    renamed = ask("PATCH", path, {"name": "Lake", "enabled": False}).json
    answers.Destination.model_validate(renamed)
    assert (renamed["name"], renamed["enabled"]) == ("Lake", False)
    assert renamed["reason"] == "Disabled by its owner."
    again = ask("PATCH", path, {"enabled": True}).json
    assert (again["enabled"], again["reason"]) == (True, None)
    assert ask("DELETE", path).status == 204
    assert ask("GET", path).status == ask("DELETE", path).status == 404


def test_settings_are_replaced_as_a_whole() -> None:
    made = make("file", {"format": "parquet", "traits": ["email"]})
    path = f"/v1/destinations/{made['id']}"
    changed = ask("PATCH", path, {"settings": {"format": "csv"}}).json
    assert changed["settings"] == {"format": "csv", "traits": []}
    refused = ask("PATCH", path, {"settings": {"url": "https://hooks.example.com/"}})
    assert refused.status == 422
    assert refused.json["errors"][0]["field"] == "settings.url"
    assert ask("PATCH", path, {}).status == 422
    kind = ask("PATCH", path, {"kind": "webhook"})
    assert (kind.status, kind.json["errors"][0]["field"]) == (422, "kind")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "kind": "fax"}, "kind"),
        ({"name": "", "kind": "file"}, "name"),
        ({"name": "x", "kind": "file", "settings": {"colour": 1}}, "settings.colour"),
        ({"name": "x", "kind": "webhook", "settings": {"url": "http://a.com/"}}, "settings.url"),
        (
            {"name": "x", "kind": "webhook", "settings": {"url": "https://10.0.0.1/"}},
            "settings.url",
        ),
        ({"name": "x", "kind": "webhook", "settings": {"url": "https://a.com:8/"}}, "settings.url"),
        ({"name": "x", "kind": "sqs", "settings": {"queue": "users"}}, "settings.queue"),
        ({"name": "x", "kind": "file", "enabled": False}, "enabled"),
    ],
)
def test_a_destination_that_breaks_a_rule_is_refused_with_the_field(
    body: dict[str, Any], field: str
) -> None:
    answer = ask("POST", "/v1/destinations", body)
    assert answer.status == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_signing_secret_is_shown_once_and_never_again(stores: Stores) -> None:
    made = make("webhook", {"url": "https://hooks.example.com/t0k3n"})
    path = f"/v1/destinations/{made['id']}"
    secrets = [made["secret"]]
    rotated = ask("POST", f"{path}/rotate-secret")
    answers.DestinationSecret.model_validate(rotated.json)
    secrets.append(rotated.json["secret"])
    brought = "whsec_" + "QUJD" * 8
    assert ask("POST", f"{path}/rotate-secret", {"secret": brought}).json["secret"] == brought
    assert ask("POST", f"{path}/rotate-secret", {"secret": brought}).status == 422
    full = ask("POST", f"{path}/rotate-secret")
    assert full.status == 422 and "retire" in full.json["detail"]
    assert ask("POST", f"{path}/rotate-secret", {"secret": "hunter2"}).status == 422
    shown = [ask("GET", path), ask("GET", "/v1/destinations"), ask("PATCH", path, {"name": "y"})]
    shown.append(ask("POST", f"{path}/retire-secrets"))
    for answer in shown:
        assert answer.status == 200
        assert not [
            s for s in (*secrets, brought, "t0k3n") if s.removeprefix("whsec_") in answer.text
        ]
    assert shown[-1].json["settings"]["secrets"] == 1
    kept, _ = stores.destinations.get(made["id"])
    assert kept["settings"]["secrets"] == [brought], "the newest one signs on"


def test_what_signs_nothing_has_no_secret_to_rotate() -> None:
    made = make("file")
    for action in ("rotate-secret", "retire-secrets"):
        assert ask("POST", f"/v1/destinations/{made['id']}/{action}").status == 409


def test_a_test_arrives_signed_and_says_what_came_of_it(here: Receiver) -> None:
    made = make("webhook", {"url": here.url})
    here.replies += [(204, {}), (503, {"Retry-After": "30"}), (410, {})]
    answer = tried(made)
    assert answer.status == 200, answer.text
    answers.DestinationTested.model_validate(answer.json)
    assert (answer.json["status"], answer.json["last_status"]) == ("sent", 204)
    [(_, headers, body)] = here.seen
    told = Webhook(made["secret"]).verify(body, headers)
    assert told["type"] == "destination.test"
    assert told["data"]["destination_id"] == made["id"]
    busy = tried(made).json
    assert (busy["status"], busy["last_status"]) == ("failed", 503)
    assert "503" in busy["reason"] and len(here.seen) == 2, "a test is tried once"
    assert tried(made).json["last_status"] == 410
    assert ask("GET", f"/v1/destinations/{made['id']}").json["enabled"], "a test disables nothing"


def test_while_a_secret_is_rotated_both_verify_what_is_sent(here: Receiver) -> None:
    made = make("webhook", {"url": here.url})
    path = f"/v1/destinations/{made['id']}"
    fresh = ask("POST", f"{path}/rotate-secret").json["secret"]
    tried(made)
    ask("POST", f"{path}/retire-secrets")
    tried(made)
    (_, during, first), (_, after, second) = here.seen
    for secret in (made["secret"], fresh):
        assert Webhook(secret).verify(first, during)
    assert Webhook(fresh).verify(second, after)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(made["secret"]).verify(second, after)


def test_a_queue_a_bus_and_people_are_tried_too() -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="users")["QueueUrl"]
    queue = make("sqs", {"queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:users"})
    assert tried(queue).json["status"] == "sent"
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["type"] == "destination.test"
    gone = tried(make("sqs", {"queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:nowhere"})).json
    assert (gone["status"], "NonExistentQueue" in gone["reason"]) == ("failed", True)
    bus = make("eventbridge", {"bus": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/intent-bus"})
    assert tried(bus).json["status"] == "sent"
    boto3.client("sesv2").create_email_identity(EmailIdentity="shop.example")
    link = "https://shop.example/leave/{{key}}"
    mail = make("email", {"sender": "news@shop.example", "unsubscribe": link})
    assert tried(mail, {"to": "ann@mail.example"}).json["status"] == "sent"
    assert tried(mail, {"to": "ann"}).json["status"] == "failed"
    assert tried(make("sms"), {"to": "+4915123456789"}).json["status"] == "sent"
    assert tried(make("push"), {"to": "arn:aws:sns:topic"}).json["status"] == "failed"


@pytest.mark.parametrize(
    ("kind", "settings", "body", "status"),
    [
        ("file", {}, None, 409),
        ("email", {"sender": "news@shop.example"}, None, 422),
        ("webhook", {"url": "https://hooks.example.com/"}, {"to": "ann"}, 422),
    ],
)
def test_a_test_that_cannot_be_is_refused(
    kind: str, settings: dict[str, Any], body: Any, status: int
) -> None:
    assert tried(make(kind, settings), body).status == status


def test_nothing_private_is_reached_unless_its_host_is_allowed() -> None:
    with receiver() as other:
        refused = ask(
            "POST",
            "/v1/destinations",
            {"name": "x", "kind": "webhook", "settings": {"url": other.url}},
        )
        assert refused.status == 422 and not other.seen


def test_two_changes_at_once_are_one_after_the_other(stores: Stores) -> None:
    made = make("webhook", {"url": "https://hooks.example.com/"})
    _, version = stores.destinations.get(made["id"])
    stores.destinations.change(made["id"], version, {"name": "first"})
    with pytest.raises(Raced):
        stores.destinations.change(made["id"], version, {"name": "second"})
    assert ask("GET", f"/v1/destinations/{made['id']}").json["name"] == "first"
