"""The state machine of every run under moto's interpreter; tests/e2e runs it under MiniStack's."""

from __future__ import annotations

import json

import boto3
import pytest

from intent_local.stack.project import CHECKOUT
from intent_local.stack.transform import state_machine
from intent_segments.services.planning import MOST_NIGHTS
from tests.fixtures.asl_under_moto import execute, moto_with
from tests.fixtures.aws_limits import HISTORY_ENTRIES

ASL = CHECKOUT / "infra" / "run.asl.yaml"
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"
PLACES = {
    "Partition": "aws",
    "MaxConcurrency": "2",
    **{
        name: LAMBDA + name
        for name in ("PlanRun", "TrainModel", "ScoreUsers", "Deliver", "RecordProgress")
    },
}
TOO_THIN = {"Error": "InsufficientHistory", "Cause": "only 12 users ever did it"}
NIGHT = {"kind": "night", "date": "2026-01-01"}


def definition():
    """The file as AWS sees it."""
    return state_machine(ASL.read_text(), PLACES)


class Functions:
    """The five functions, and what each was asked; `failing` raises that many times, `thin` has
    training find too little history, `behind` nights are to be made good, `idle` finds none.
    `calls` are how often each group of a send is delivered to before it is done."""

    def __init__(
        self,
        has_work=True,
        failing=None,
        thin=False,
        behind=0,
        idle=False,
        untrained=False,
        calls=0,
    ):
        steps = ("PlanRun", "TrainModel", "ScoreUsers", "Deliver", "RecordProgress")
        self.asked = {name: [] for name in steps}
        self.calls = calls
        self.has_work = has_work
        self.failing = failing or {}
        self.thin = thin
        self.behind = behind
        self.idle = idle
        self.untrained = untrained

    def named(self):
        return {name: lambda event, name=name: self.call(name, event) for name in self.asked}

    def call(self, name, event):
        self.asked[name].append(event)
        if len(self.asked[name]) <= self.failing.get(name, 0):
            raise ConnectionError(f"{name} is unwell")
        if name == "PlanRun":
            return self.plan()
        if name == "TrainModel":
            return event | ({"failed": TOO_THIN} if self.thin else {})
        if name == "ScoreUsers":
            return {"group": event["group"]}
        if name == "Deliver":
            before = [asked["group"] for asked in self.asked["Deliver"]].count(event["group"])
            return event | {"unfinished": before < self.calls}
        return {"run_id": event.get("run_id"), "catch_up": False} | {
            key: event[key] for key in ("catch_up", "nights") if key in event
        }

    def plan(self):
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lake")
        self.behind -= 1
        shards = [{"run_id": "night-2026-01-01", "group": group} for group in range(3)]
        if self.calls:
            shards = [shard | {"send": "2026-01-01"} for shard in shards]
        s3.put_object(Bucket="lake", Key="runs/shards.json", Body=json.dumps(shards))
        return {
            "run_id": "night-2026-01-01",
            "plan_key": "runs/plan.json",
            "bucket": "lake",
            "shards_key": "runs/shards.json",
            "has_work": self.has_work,
            "idle": self.idle,
            **({"catch_up": True, "nights": 1} if self.behind >= 0 else {"catch_up": False}),
        } | ({"untrained": True} if self.untrained else {})


def run(functions, monkeypatch):
    with moto_with(functions.named(), monkeypatch):
        return execute(definition(), NIGHT)


def test_a_run_plans_trains_scores_every_group_and_publishes(monkeypatch):
    functions = Functions()
    ended = run(functions, monkeypatch)
    published = {"run_id": "night-2026-01-01", "catch_up": False}
    assert (ended.status, ended.output) == ("SUCCEEDED", published)
    assert functions.asked["PlanRun"] == [NIGHT]
    assert sorted(shard["group"] for shard in functions.asked["ScoreUsers"]) == [0, 1, 2]
    assert functions.asked["RecordProgress"][0]["plan_key"] == "runs/plan.json"


def test_training_and_publishing_are_given_what_the_plan_returned(monkeypatch):
    functions = Functions()
    run(functions, monkeypatch)
    assert functions.asked["TrainModel"] == functions.asked["RecordProgress"]
    assert functions.asked["TrainModel"][0]["run_id"] == "night-2026-01-01"


def test_a_run_without_work_only_publishes(monkeypatch):
    functions = Functions(has_work=False)
    assert run(functions, monkeypatch).status == "SUCCEEDED"
    assert functions.asked["TrainModel"] == []
    assert functions.asked["ScoreUsers"] == []
    assert len(functions.asked["RecordProgress"]) == 1


def test_a_run_with_nothing_to_train_goes_straight_to_its_groups(monkeypatch):
    functions = Functions(untrained=True)
    assert run(functions, monkeypatch).status == "SUCCEEDED"
    assert functions.asked["TrainModel"] == []
    assert len(functions.asked["ScoreUsers"]) == 3
    assert len(functions.asked["RecordProgress"]) == 1


def test_groups_of_a_send_are_delivered_to_until_each_is_done(monkeypatch):
    functions = Functions(untrained=True, calls=3)
    assert run(functions, monkeypatch).status == "SUCCEEDED"
    assert functions.asked["ScoreUsers"] == []
    assert (
        sorted(asked["group"] for asked in functions.asked["Deliver"])
        == [0] * 3 + [1] * 3 + [2] * 3
    )
    assert len(functions.asked["RecordProgress"]) == 1


def test_an_export_that_is_ready_is_not_written_again(monkeypatch):
    functions = Functions(untrained=True, has_work=False)
    assert run(functions, monkeypatch).status == "SUCCEEDED"
    assert functions.asked["ScoreUsers"] == []


def test_nights_that_were_missed_are_made_good_one_after_the_other(monkeypatch):
    functions = Functions(behind=2)
    assert run(functions, monkeypatch).status == "SUCCEEDED"
    following = {"kind": "night", "nights": 1}
    assert functions.asked["PlanRun"] == [NIGHT, following, following]
    assert len(functions.asked["RecordProgress"]) == 3


def test_all_nights_that_one_execution_makes_good_fit_its_history(monkeypatch):
    once = run(Functions(), monkeypatch).entries
    functions = Functions(behind=1, failing={"PlanRun": 3, "TrainModel": 3, "RecordProgress": 3})
    twice = run(functions, monkeypatch)
    assert twice.status == "SUCCEEDED"
    assert (twice.entries - once) * MOST_NIGHTS <= HISTORY_ENTRIES


def test_a_night_with_no_day_to_close_ends_well_and_publishes_nothing(monkeypatch):
    functions = Functions(has_work=False, idle=True)
    assert run(functions, monkeypatch).status == "SUCCEEDED"
    assert functions.asked["RecordProgress"] == []


def test_a_passing_fault_is_tried_again(monkeypatch):
    functions = Functions(failing={"TrainModel": 2})
    assert run(functions, monkeypatch).status == "SUCCEEDED"
    assert len(functions.asked["TrainModel"]) == 3


@pytest.mark.parametrize(("name", "told"), [("PlanRun", NIGHT), ("TrainModel", {"run_id"})])
def test_a_lasting_fault_is_recorded_with_its_reason_and_fails_the_run(monkeypatch, name, told):
    functions = Functions(failing={name: 99})
    ended = run(functions, monkeypatch)
    assert ended.status == "FAILED"
    assert f"{name} is unwell" in ended.cause
    [recorded] = functions.asked["RecordProgress"]
    assert "ConnectionError" in recorded["failed"]["Error"]
    assert f"{name} is unwell" in recorded["failed"]["Cause"]
    assert set(told) <= set(recorded)


def test_history_that_is_too_thin_is_recorded_at_once_and_nobody_is_scored(monkeypatch):
    functions = Functions(thin=True)
    ended = run(functions, monkeypatch)
    assert (ended.status, ended.cause) == ("FAILED", TOO_THIN["Cause"])
    assert len(functions.asked["TrainModel"]) == 1
    assert functions.asked["ScoreUsers"] == []
    assert functions.asked["RecordProgress"][0]["failed"] == TOO_THIN


def test_a_fault_of_publishing_is_recorded_too(monkeypatch):
    functions = Functions(failing={"RecordProgress": 4})  # one try and three more
    ended = run(functions, monkeypatch)
    assert ended.status == "FAILED"
    assert "failed" in functions.asked["RecordProgress"][-1]


def test_only_what_every_interpreter_knows_is_used():
    """MiniStack lacks these; see docs/decisions.md."""
    text = ASL.read_text()
    for word in ("ItemBatcher", "ResultWriter", "Assign", "JSONata", "&", "*patiently"):
        assert word not in text
    assert "MaxConcurrency" in definition()["States"]["ScoreGroups"]
