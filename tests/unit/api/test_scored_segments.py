"""Segments by a goal's buckets and likelihoods, from the nights that were published."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.api import handler as api_function
from functions.query import handler as query_function
from intent_segments.api import answers
from intent_segments.goals import retention
from intent_segments.lake.columns import write_columns
from intent_segments.lake.layout import group_of, user_hash
from intent_segments.services import changed_users, planning, published_scores, trends
from intent_segments.services.importing import ImportRequest, import_landed
from intent_segments.services.opening import score_key
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask
from tests.unit.store.stack import NOW, WATERMARK, a_goal, empty_stack, save, work

USERS = [f"u{number}" for number in range(20)]
GROUPS = 2
DONE = "u0"
"""Has achieved the goal on every night."""


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """A goal set up on WATERMARK and scored on the next two nights, and in each of them the users
    from one number on are most likely: from 15, from 10, from 5."""
    rows = [{"user_id": u, "event": "visit", "ts": f"{WATERMARK}T12:00:00Z"} for u in USERS]
    with empty_stack() as made:
        query_function.api.stores = api_function.api.stores = None
        made.objects.put("landing/1/e.jsonl", "\n".join(map(json.dumps, rows)).encode())
        request = ImportRequest.from_event({"key": "landing/1/e.jsonl", "kind": "events"})
        import_landed(request, made.head, made.objects, GROUPS, "UTC", tmp_path)
        save(made, a_goal(manifest_key=made.head.read().manifest_key))
        publish(made, RunRequest("goal_setup", goal_id="goal_1"), 15, tmp_path)
        for back, likely_from in ((1, 10), (2, 5)):
            day = WATERMARK + timedelta(days=back)
            publish(made, RunRequest("night", date=day), likely_from, tmp_path)
        yield made


def publish(stores: Stores, request: RunRequest, likely_from: int, scratch: Path) -> None:
    run_id = plan_run(stores, request, NOW)["run_id"]
    files = work(stores, run_id).scores()
    for group in range(GROUPS):
        mine = [u for u in USERS if group_of(user_hash(u), GROUPS) == group]
        mine.sort(key=user_hash)
        likely = np.array([int(user[1:]) >= likely_from for user in mine])
        done = np.array([user == DONE for user in mine])
        columns: dict[str, Any] = {
            "uh": np.array([user_hash(user) for user in mine], np.int64),
            "likelihood": np.where(likely, 570_000, 20_000).astype(np.int32),
            "state": done.astype(np.uint8),
            "bucket": np.where(done, 255, np.where(likely, 2, 0)).astype(np.uint8),
        }
        if request.kind == "night":  # the set-up stands for nights before there were percentiles
            columns["percentile"] = np.where(done, 255, np.where(likely, 70, 0)).astype(np.uint8)
        path = write_columns(scratch / "scores.parquet", columns)
        stores.objects.upload({score_key("goal_1", files, group): path})
    assert record_progress(stores, {"run_id": run_id}, NOW)["status"] == "published"


def preview(definition: dict[str, Any], as_of: date | None = None) -> Any:
    body = {"definition": definition} | ({} if as_of is None else {"as_of": as_of.isoformat()})
    answer = ask("POST", "/v1/previews", body, function=query_function)
    assert answer.status == 200, answer.text
    answers.Preview.model_validate(answer.json)
    return answer.json


LIKELY = {"bucket": {"goal": "goal_1", "in": ["most_likely"]}}


def test_a_bucket_is_that_of_the_day_asked_about_and_never_of_a_later_one(stores: Stores) -> None:
    days = [WATERMARK + timedelta(days=after) for after in (0, 1, 2)]
    assert [preview(LIKELY, day)["users"] for day in days] == [5, 10, 15]
    assert preview(LIKELY)["users"] == 15


def test_before_its_first_scores_a_goal_has_nobody_and_says_so(stores: Stores) -> None:
    answer = preview(LIKELY, WATERMARK - timedelta(days=1))
    assert answer["users"] == 0
    assert "goal_1 had no scores yet at the end of 2026-11-19" in answer["warnings"][0]


def test_who_has_achieved_the_goal_has_neither_bucket_nor_likelihood(stores: Stores) -> None:
    everybody = {"likelihood": {"goal": "goal_1", "gte": 0}}
    assert preview(everybody)["users"] == len(USERS) - 1
    assert preview({"not": everybody})["sample"] == [{"user_id": DONE, "traits": {}}]


def test_likelihood_compares_as_it_is_shown(stores: Stores) -> None:
    assert preview({"likelihood": {"goal": "goal_1", "gte": 0.57}})["users"] == 15
    assert preview({"likelihood": {"goal": "goal_1", "gt": 0.57}})["users"] == 0
    assert preview({"likelihood": {"goal": "goal_1", "lte": 0.02}})["users"] == 4


def test_the_top_percent_are_those_above_the_others(stores: Stores) -> None:
    def top(percent: int, as_of: date | None = None) -> int:
        return int(
            preview({"likelihood": {"goal": "goal_1", "top_percent": percent}}, as_of)["users"]
        )

    assert (top(29), top(30), top(100)) == (0, 15, 19)
    assert top(100, WATERMARK) == 0  # nights without percentiles compare nobody


def test_scores_of_a_day_that_was_not_scored_are_the_newest_before_and_it_is_said(
    stores: Stores,
) -> None:
    assert ask("POST", "/v1/goals/goal_1/archive").status == 200
    day = WATERMARK + timedelta(days=3)
    run_id = plan_run(stores, RunRequest("night", date=day), NOW + timedelta(days=9))["run_id"]
    assert record_progress(stores, {"run_id": run_id}, NOW)["status"] == "published"
    answer = preview(LIKELY)
    assert (answer["as_of"], answer["users"]) == (day.isoformat(), 15)
    assert "goal_1 was last scored on 2026-11-22" in answer["warnings"][0]


def test_scores_that_are_kept_no_longer_are_refused_or_left_out_with_the_reason(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (retention, published_scores, trends, changed_users, planning):
        monkeypatch.setattr(module, "SHOWN_DAYS", 1)
    gone = WATERMARK + timedelta(days=1)
    assert (preview(LIKELY, WATERMARK)["users"], preview(LIKELY)["users"]) == (5, 15)
    body = {"definition": LIKELY, "as_of": gone.isoformat()}
    segment = ask("POST", "/v1/segments", {"name": "Likely", "definition": LIKELY}).json["id"]
    for refused in (
        ask("POST", "/v1/previews", body),
        ask("POST", f"/v1/segments/{segment}/exports", {"as_of": gone.isoformat()}),
    ):
        assert (refused.status, refused.json["errors"][0]["field"]) == (422, "as_of")
        assert f"goal_1 had on {gone} are no longer there" in refused.json["detail"]
    trend = ask("GET", f"/v1/segments/{segment}/trend?from={WATERMARK}").json
    assert [point["users"] for point in trend["points"]] == [15] and trend["missing"] == []
    assert "2 days before 2026-11-22 have no size" in trend["warnings"][-1]
    users = ask("GET", f"/v1/goals/goal_1/changes/users?date={gone}")
    assert (users.status, users.json["type"]) == (410, "/docs#problem-expired")
    assert ask("GET", f"/v1/goals/goal_1/changes?date={gone}").json["users"] == 8
    assert planning.plan_run(stores, RunRequest("night", date=gone), NOW)["idle"]


def test_an_unknown_goal_is_refused_when_previewed_and_when_saved(stores: Stores) -> None:
    unknown = {"not": {"bucket": {"goal": "goal_9", "in": ["least_likely"]}}}
    for refused in (
        ask("POST", "/v1/previews", {"definition": unknown}, function=query_function),
        ask("POST", "/v1/segments", {"name": "Unknown", "definition": unknown}),
    ):
        assert refused.status == 422
        assert "no goal 'goal_9'" in refused.json["detail"]


def test_a_goal_is_not_made_on_a_segment_that_asks_for_scores(stores: Stores) -> None:
    saved = ask("POST", "/v1/segments", {"name": "Likely", "definition": LIKELY})
    assert saved.status == 201, saved.text
    goal = {"name": "Circular", "events": ["visit"], "ends_on": "2026-12-31"}
    for whose, field in (
        ({"segment_id": saved.json["id"]}, "segment_id"),
        ({"definition": {"all": [{"segment": saved.json["id"]}]}}, "definition"),
    ):
        refused = ask("POST", "/v1/goals", goal | whose)
        assert refused.status == 422
        assert "learns from past days" in refused.json["detail"]
        assert refused.json["errors"][0]["field"] == field


def test_a_preview_says_what_answers_each_clause_and_why(stores: Stores) -> None:
    definition = {
        "all": [
            {"did": {"event": "visit", "on": {"weekdays": ["fri"]}}},
            {"not": {"did_not": {"event": "visit", "within": {"hours": 24}}}},
            {"any": [LIKELY, {"sequence": [{"event": "visit"}, {"event": "visit"}]}]},
        ]
    }
    told = {e["path"]: (e["reads"], e["why"]) for e in preview(definition)["explain"]}
    assert list(told) == [
        "definition.all[0].did",
        "definition.all[1].not.did_not",
        "definition.all[2].any[0].bucket",
        "definition.all[2].any[1].sequence",
    ]
    assert [reads for reads, _ in told.values()] == ["activity", "events", "scores", "events"]
    assert "within is in hours" in told["definition.all[1].not.did_not"][1]


def test_a_call_that_saves_segments_needs_no_engine() -> None:
    program = (
        "import sys; import intent_segments.services.segments, intent_segments.services.goals; "
        "assert not {'duckdb', 'numpy'} & set(sys.modules)"
    )
    path = ":".join(sys.path)
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": path})
