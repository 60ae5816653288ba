from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.query import handler as query_function
from intent_segments.api import answers
from intent_segments.goals.goal import ScoreFiles, Status
from intent_segments.lake.columns import read_columns, write_columns
from intent_segments.lake.layout import group_of, user_hash
from intent_segments.services.opening import score_key, target_key
from intent_segments.store.goals import step_action
from intent_segments.store.stores import Stores
from tests.unit.api.requests import Answer, ask
from tests.unit.store.stack import a_goal, save

USERS = sorted((f"user {number}@example.org" for number in range(40)), key=user_hash)
DONE = USERS[7]
DRIVERS = [
    {
        "condition": "did purchase in the past 7 days",
        "opposite": "has not done purchase in the past 7 days",
        "direction": 1,
        "rate_with": 0.4,
        "rate_without": 0.1,
    },
    {
        "condition": "first seen within the past 28 days",
        "opposite": "first seen 28 days ago or earlier",
        "direction": -1,
        "rate_with": 0.05,
        "rate_without": 0.2,
    },
]


def query(path: str) -> Answer:
    return ask("GET", path, function=query_function)


@pytest.fixture
def scored(stores: Stores, tmp_path: Path) -> Stores:
    """An active goal: even users of the hash order are most likely, odd ones least, one is done."""
    goal = save(stores, a_goal())
    files = ScoreFiles(date(2026, 11, 20), 1, 2)
    for group in range(2):
        mine = [user for user in USERS if group_of(user_hash(user), 2) == group]
        uh = np.array([user_hash(user) for user in mine], np.int64)
        even = np.array([USERS.index(user) % 2 == 0 for user in mine])
        done = np.array([user == DONE for user in mine])
        scores: dict[str, Any] = {
            "uh": uh,
            "likelihood": np.where(even, 900_000, 100_000).astype(np.int32),
            "state": done.astype(np.uint8),
            "bucket": np.where(done, 255, np.where(even, 2, 0)).astype(np.uint8),
            "pending": np.zeros(len(mine), np.int8),
            "arm": np.zeros(len(mine), np.uint8),
            "percentile": np.where(done, 255, np.where(even, 50, 0)).astype(np.uint8),
            "reason1": np.where(done, 0, np.where(even, 1, -1)).astype(np.int8),
            "reason2": np.where(done, 0, np.where(even, 2, 0)).astype(np.int8),
            "reason3": np.zeros(len(mine), np.int8),
        }
        target: dict[str, Any] = {"uh": uh, "user_id": np.array(mine, object), "arm": scores["arm"]}
        written = {
            score_key(goal.id, files, group): write_columns(tmp_path / "s.parquet", scores),
            target_key(goal.id, group): write_columns(tmp_path / "t.parquet", target),
        }
        stores.objects.upload(written)
    model = {"key": "models/m.joblib", "version": "m", "drivers": "models/m/drivers.json"}
    stores.objects.put_json("models/m/drivers.json", {"drivers": DRIVERS})
    active = step_action(goal, Status.ACTIVE, {"scores": files.to_json(), "model": model})
    stores.table.transact([active])
    return stores


def test_the_users_of_a_bucket_come_page_by_page_over_all_groups(scored: Stores) -> None:
    seen: list[str] = []
    path = "/v1/goals/goal_1/buckets/most_likely/users?limit=7"
    after = ""
    while True:
        page = query(path + after).json
        answers.BucketUserList.model_validate(page)
        seen += [user["user_id"] for user in page["data"]]
        if not page["has_more"]:
            break
        after = f"&starting_after={seen[-1].replace(' ', '%20')}"
    assert seen == USERS[::2]


def test_an_unknown_bucket_names_the_three(scored: Stores) -> None:
    answer = query("/v1/goals/goal_1/buckets/best/users")
    assert (answer.status, "most_likely" in answer.json["detail"]) == (422, True)


def test_a_goal_without_scores_has_no_bucket_users(stores: Stores) -> None:
    save(stores, a_goal())
    assert query("/v1/goals/goal_1/buckets/most_likely/users").status == 409


def test_a_user_sees_likelihood_and_bucket_per_goal(scored: Stores) -> None:
    answer = query(f"/v1/users/{USERS[0]}/intents").json
    answers.UserIntents.model_validate(answer)
    assert answer["data"] == [
        {
            "goal_id": "goal_1",
            "date": "2026-11-20",
            "state": "open",
            "likelihood": 0.9,
            "percentile": 50,
            "bucket": "most_likely",
            "arm": "test",
            "reasons": [
                {
                    "condition": "did purchase in the past 7 days",
                    "effect": 1,
                    "rate": 0.4,
                    "rate_otherwise": 0.1,
                },
                {
                    "condition": "first seen 28 days ago or earlier",
                    "effect": 1,
                    "rate": 0.2,
                    "rate_otherwise": 0.05,
                },
            ],
        }
    ]


def test_a_reason_against_is_told_by_what_does_not_hold(scored: Stores) -> None:
    [intent] = query(f"/v1/users/{USERS[1]}/intents").json["data"]
    assert intent["reasons"] == [
        {
            "condition": "has not done purchase in the past 7 days",
            "effect": -1,
            "rate": 0.1,
            "rate_otherwise": 0.4,
        }
    ]


def test_of_an_unwanted_event_the_effect_is_on_the_likelihood_that_is_shown(
    scored: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = scored.goals.get("goal_1")
    turned = replace(goal, terms=replace(goal.terms, direction="minimize"))
    monkeypatch.setattr(type(scored.goals), "at_work", lambda _: [turned])
    [intent] = query(f"/v1/users/{USERS[0]}/intents").json["data"]
    assert [reason["effect"] for reason in intent["reasons"]] == [-1, -1]


def test_a_night_from_before_there_were_reasons_is_read_all_the_same(
    scored: Stores, tmp_path: Path
) -> None:
    files = scored.goals.get("goal_1").scores
    assert files is not None
    key = score_key("goal_1", files, group_of(user_hash(USERS[0]), 2))
    path = scored.objects.download(key, tmp_path / "new.parquet")
    older = ("uh", "likelihood", "state", "bucket", "pending", "arm")
    scored.objects.upload({key: write_columns(tmp_path / "old.parquet", read_columns(path, older))})
    [intent] = query(f"/v1/users/{USERS[0]}/intents").json["data"]
    assert (intent["likelihood"], intent["percentile"], intent["reasons"]) == (0.9, None, [])


def test_who_has_done_it_has_neither_likelihood_nor_bucket(scored: Stores) -> None:
    [intent] = query(f"/v1/users/{DONE}/intents").json["data"]
    assert (intent["state"], intent["likelihood"], intent["bucket"]) == ("achieved", None, None)
    assert (intent["percentile"], intent["reasons"]) == (None, [])


def test_a_user_outside_every_target_group_has_no_intents(scored: Stores) -> None:
    assert query("/v1/users/stranger/intents").json == {"user_id": "stranger", "data": []}


def test_a_day_that_is_not_closed_cannot_be_previewed(stores: Stores) -> None:
    body = {"segment_id": "all-users", "as_of": "2026-11-21"}
    answer = ask("POST", "/v1/previews", body, function=query_function)
    assert (answer.status, "not closed yet" in answer.json["detail"]) == (422, True)


def test_an_archived_goal_is_no_longer_shown_for_a_user(scored: Stores) -> None:
    scored.goals.step("goal_1", Status.ARCHIVED)
    assert query(f"/v1/users/{USERS[0]}/intents").json["data"] == []


def test_who_is_to_be_erased_is_in_no_list_from_that_moment_on(scored: Stores) -> None:
    gone = USERS[2]
    path = "/v1/goals/goal_1/buckets/most_likely/users?limit=100"
    assert ask("DELETE", f"/v1/users/{gone}").status == 202
    listed = [user["user_id"] for user in query(path).json["data"]]
    assert listed == [user for user in USERS[::2] if user != gone]
    assert query(f"/v1/users/{gone}/intents").json == {"user_id": gone, "data": []}
    assert query(f"/v1/users/{gone}/intents/goal_1/nights").json["data"] == []


def test_of_a_stranger_there_are_no_nights_and_of_an_unknown_goal_nothing(scored: Stores) -> None:
    assert query("/v1/users/stranger/intents/goal_1/nights").json["data"] == []
    assert query("/v1/users/stranger/intents/goal_9/nights").status == 404
    assert query("/v1/users/stranger/intents/goal_1/nights?limit=0").status == 422
