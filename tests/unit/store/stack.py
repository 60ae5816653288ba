"""A whole stack in process for tests: moto's DynamoDB, S3 and EventBridge, and a loaded lake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import boto3

from intent_segments.goals.buckets import Bucket, day0_cuts
from intent_segments.goals.changes import Changes, Standing
from intent_segments.goals.goal import Goal, Status, Terms
from intent_segments.goals.plan import Plan, Trained, group_tally, trained_document
from intent_segments.goals.progress import Converted, GoalTally
from intent_segments.goals.recount import Recount
from intent_segments.goals.target_group import Arm
from intent_segments.lake.calendar import to_day
from intent_segments.lake.layout import SLOTS
from intent_segments.lake.manifest import EventEntry, Manifest, Part
from intent_segments.segments.goal_event import GoalEvent
from intent_segments.settings import Settings
from intent_segments.store.runs import plan_key_of
from intent_segments.store.stores import Stores
from tests.fixtures.aws import aws_in_process

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WATERMARK = date(2026, 11, 20)
ENVIRONMENT = {
    "TABLE": "intent",
    "BUCKET": "lake",
    "EVENT_BUS": "intent-bus",
    "GROUPS": "2",
    "TIMEZONE": "UTC",
    "API_AUTHORIZATION": "NONE",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}


@contextmanager
def empty_stack() -> Iterator[Stores]:
    """The resources that template.yaml makes, with nothing in them."""
    with aws_in_process(ENVIRONMENT):
        boto3.client("dynamodb").create_table(
            TableName="intent",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        boto3.client("s3").create_bucket(
            Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        boto3.client("events").create_event_bus(Name="intent-bus")
        yield Stores.of(Settings.from_env())


@contextmanager
def loaded_stack() -> Iterator[Stores]:
    """A stack whose lake knows the events `purchase` and `App Launched` up to WATERMARK."""
    with empty_stack() as stores:
        load(stores, WATERMARK)
        yield stores


def load(stores: Stores, watermark: date, parts: tuple[Part, ...] = (), users: int = 8) -> None:
    """Commit one more version of the lake, which says that it has so many users and these parts."""
    version = stores.head.read().version + 1
    days = (to_day(date(2026, 1, 1)), to_day(watermark))
    manifest = Manifest(
        version=version,
        groups=2,
        timezone="UTC",
        event_names=("purchase", "App Launched"),
        users_per_slot=(users // 8, *(0,) * (SLOTS - 2), users - users // 8),
        catalogue={
            "purchase": EventEntry(10, *days, {"amount": {"number": 10}}),
            "App Launched": EventEntry(90, *days),
        },
        parts=parts,
    )
    key = f"manifests/{version}.json"
    stores.objects.put_json(key, manifest.to_json())
    stores.head.commit(version - 1, key, watermark)


def terms(ends_on: date = date(2026, 11, 30), as_of: date = WATERMARK) -> Terms:
    return Terms(
        segment_id="all-users",
        definition={"all": []},
        direction="maximize",
        events=(GoalEvent("purchase"),),
        match="any",
        as_of=as_of,
        starts_on=date.fromordinal(as_of.toordinal() + 1),
        ends_on=ends_on,
    )


def a_goal(goal_id: str = "goal_1", **changes: Any) -> Goal:
    given: dict[str, Any] = {
        "id": goal_id,
        "name": "Sell more",
        "terms": terms(),
        "status": Status.PREPARING,
        "created_at": NOW.isoformat(),
        "manifest_key": "manifests/1.json",
    }
    return Goal(**given | changes)


def save(stores: Stores, goal: Goal) -> Goal:
    """Save a goal the way the service does, without its event."""
    stores.account.get_or_create("UTC", "salt")
    watermark = stores.head.read().watermark
    assert watermark is not None
    return stores.goals.create(goal, watermark, NOW)


def tally(did: int = 0) -> GoalTally:
    """Four members of one group, one of them in the control arm; `did` test members converted."""
    day0 = {(bucket, arm): Converted() for bucket in Bucket for arm in Arm}
    day0[Bucket.MOST_LIKELY, Arm.TEST] = Converted(3, did)
    day0[Bucket.LEAST_LIKELY, Arm.CONTROL] = Converted(1, 0)
    return GoalTally(
        members=4,
        open=4 - did,
        achieved=did,
        events=2 * did,
        likelihood=500_000 * (4 - did),
        day0=day0,
        open_by_bucket=(1, 0, 3 - did),
        recount=Recount({1: did} if did else {}),
        changes=Changes(
            {
                (Standing.OUTSIDE, Standing.MOST_LIKELY): 3 - did,
                (Standing.OUTSIDE, Standing.LEAST_LIKELY): 1,
                (Standing.OUTSIDE, Standing.ACHIEVED): did,
            }
        ),
    )


CUTS = day0_cuts({900_000: 3, 100_000: 1}, "maximize")
FORECAST = {
    "users": 8,
    "value": 4.0,
    "intervals": {"80": {"low": 2.0, "high": 6.0}},
    "error": {"log_scale": 0.8, "freedom": 9},
    "events_total": {"value": 8.0, "low80": 3.0, "high80": 20.0},
    "target": None,
    "curve": [
        {"date": "2026-11-21", "value": 1.0, "low80": 0.0, "high80": 2.0},
        {"date": "2026-11-22", "value": 1.5, "low80": 0.0, "high80": 3.0},
    ],
    "quality": {},
    "method": "full",
    "warnings": [],
}


def work(stores: Stores, run_id: str, did: int = 0, groups: tuple[int, ...] = (0, 1)) -> Plan:
    """Do what training and the shard jobs do: write cuts.json and the groups' tallies."""
    plan = Plan.from_json(stores.objects.get_json(plan_key_of(stores.runs.get(run_id))))
    model = {"key": "models/m.joblib", "sha256": "0" * 64, "version": "1", "as_of": str(plan.date)}
    is_setup = plan.kind == "goal_setup"
    trained = {
        goal.id: Trained(
            CUTS,
            model if is_setup else None,
            FORECAST if is_setup else None,
            predicted={"value": 4.0, "low80": 2.0, "high80": 6.0} if goal.terms.rolling else None,
        )
        for goal in plan.goals
    }
    stores.objects.put_json(plan.cuts_key, trained_document(plan, trained))
    for group in groups:
        counted = {goal.id: tally(did) for goal in plan.goals}
        stores.objects.put_json(plan.tally_key(group), group_tally(plan, group, counted))
    return plan
