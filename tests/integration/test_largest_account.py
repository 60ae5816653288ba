"""The largest account fits every quota of AWS: payloads, items, transactions, keys, history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from intent_segments.goals.plan import Plan
from intent_segments.services import night_sizes, run_steps
from intent_segments.services.export_runs import count_key
from intent_segments.services.goal_room import NIGHTS_ADD, SET_UP_ADDS
from intent_segments.services.night_sizes import MOST_TOLD
from intent_segments.services.run_failures import MOST_CHARACTERS
from intent_segments.services.segments import MAX_DEFINITION_BYTES
from intent_segments.store.event_bus import GOAL_CREATED as GOAL
from intent_segments.store.item_size import item_bytes, value_bytes
from intent_segments.store.segments import Segment
from intent_segments.store.table import Action
from tests.fixtures import aws_limits as limits
from tests.fixtures.largest import (
    GROUPS,
    WATERMARK,
    WIDE,
    Largest,
    count,
    largest,
    long_definition,
    long_forecast,
    long_terms,
)
from tests.unit.api.requests import ask
from tests.unit.store.stack import NOW

NAME = WIDE * 120
DANGLING = MOST_TOLD + 10
"""Segments that name one which is gone."""

LONG = 6
"""Segments with the longest definition, of which one is too many."""


def size(document: Any) -> int:
    return len(json.dumps(document, ensure_ascii=False).encode())


@pytest.fixture(scope="module")
def forecast() -> dict[str, Any]:
    """The largest, with a text as long as its curve in place of that: moto reads curves slowly."""
    made = long_forecast()
    return made | {"curve": [], "warnings": [*made["warnings"], "w" * value_bytes(made["curve"])]}


@pytest.fixture(scope="module")
def account(
    tmp_path_factory: pytest.TempPathFactory, forecast: dict[str, Any]
) -> Iterator[Largest]:
    """Five goals in their first night and in the last one of four, many segments, an export."""
    with largest(tmp_path_factory.mktemp("largest")) as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr(night_sizes, "MOST_BYTES", (LONG - 1) * MAX_DEFINITION_BYTES)
        dated, rolling = (save_goal(made, forecast, rolling) for rolling in (False, True))
        for goal in (dated, rolling):
            run(made, {"kind": "goal_setup", "goal_id": goal})
        copy_goal(made, dated, 3)
        save_segments(made)
        first, last = WATERMARK + timedelta(days=1), WATERMARK + timedelta(days=365)
        run(made, {"kind": "night", "date": first.isoformat()})
        close(made, last - timedelta(days=1))
        run(made, {"kind": "night", "date": last.isoformat()}, over=True)
        export(made)
        yield made


def save_goal(account: Largest, forecast: dict[str, Any], rolling: bool) -> str:
    """From a forecast, as a caller does it."""
    state = {"manifest_key": account.stores.head.read().manifest_key}
    document = {"id": f"fc_{rolling}", **long_terms(rolling).to_json(), **forecast, **state}
    account.stores.forecasts.put(document, datetime.now(UTC))
    headers = {"idempotency-key": "k" * 254 + str(int(rolling))}
    body = {"name": NAME, "forecast_id": document["id"]}
    answer = ask("POST", "/v1/goals", body, headers)
    assert answer.status == 202, answer.text[:500]
    return str(answer.json["id"])


def copy_goal(account: Largest, goal_id: str, copies: int) -> None:
    """More goals like one that is set up, as if they had been set up too."""
    goal = account.stores.goals.get(goal_id)
    for number in range(copies):
        item = replace(goal, id=f"{goal_id[:-1]}{number}").to_json()
        account.stores.table.apply(Action("GOAL", item["id"], put=item))
    account.stores.account.change({"active_goals": 2 + copies})


def save_segments(account: Largest) -> None:
    """More of the longest definitions than a night counts, and some that cannot be counted."""
    for number in range(DANGLING + LONG):
        definition = {"segment": "seg_gone"} if number < DANGLING else long_definition()
        segment = Segment(f"seg_{number:04d}", NAME, definition, NOW.isoformat(), NOW.isoformat())
        account.stores.segments.create(segment, NOW)


def close(account: Largest, day: date) -> None:
    """As if all nights up to a day had been."""
    until = {":day": day.isoformat()}
    account.stores.table.apply(Action("LAKE", "HEAD", update="SET watermark = :day", values=until))


def export(account: Largest) -> None:
    """One of the longest definition and traits, with a file per group."""
    traits = [WIDE * 198 + f"{number:02d}" for number in range(50)]
    body = {"format": "csv", "traits": traits}
    made = ask("POST", f"/v1/segments/seg_{DANGLING:04d}/exports", body).json
    asked = account.stores.exports.get(made["id"])
    for group in range(GROUPS):
        counted = {"rows": 10**6, "bytes": 10**9, "control": 0}
        account.stores.objects.put_json(count_key(asked, group), counted)
    run(account, {"kind": "export", "export_id": made["id"]})


def run(account: Largest, request: dict[str, Any], over: bool = False) -> None:
    """The steps of the state machine, whose payloads are kept."""
    stores = account.stores
    event = run_steps.plan(stores, request, NOW)
    shards = stores.objects.get_json(event["shards_key"])
    assert len(shards) == GROUPS
    if request["kind"] != "export":
        count(stores, Plan.from_json(stores.objects.get_json(event["plan_key"])), over)
    done = run_steps.finish(stores, event, NOW)
    assert done["status"] == "published"
    account.payloads += [request, event, *shards, done]


def test_every_item_fits_its_limit(account: Largest) -> None:
    largest_of: dict[str, int] = {}
    for item in account.items():
        kind = item["pk"].partition("#")[0]
        largest_of[kind] = max(largest_of.get(kind, 0), item_bytes(item))
    assert largest_of.keys() >= {"GOAL", "RUN", "SEGMENT", "FORECAST", "EXPORT", "IDEMPOTENCY"}
    assert max(largest_of.values()) <= limits.ITEM, largest_of
    assert largest_of["GOAL"] > 0.6 * limits.ITEM  # it is the largest there can be


def test_a_goal_grows_by_no_more_than_is_reckoned_with(account: Largest) -> None:
    for goal in account.stores.goals.page(5, None)[0]:
        fresh = replace(goal, model=None, cuts=None, day0=None, day0_scores=None, scores=None)
        grown = item_bytes(goal.to_json()) - item_bytes(fresh.to_json())
        reasons = 2 * 4 * MOST_CHARACTERS  # why it failed, and that it was archived then, in UTF-8
        assert 1_000 < grown + reasons < NIGHTS_ADD
        assert 25_000 < value_bytes(goal.forecast) < SET_UP_ADDS


def test_every_transaction_fits_its_limits(account: Largest) -> None:
    actions, bytes_ = map(max, zip(*account.transactions, strict=True))
    assert 7 <= actions <= limits.TRANSACTION_ACTIONS
    assert 1_000_000 < bytes_ <= limits.TRANSACTION


def test_inputs_and_outputs_of_steps_are_keys_and_never_contents(account: Largest) -> None:
    assert max(map(size, account.payloads)) < limits.STATE // 400


def test_events_fit_their_limits(account: Largest) -> None:
    changed = [entry for put in account.entries for entry in put if entry["DetailType"] != GOAL]
    assert len(changed) > 5
    assert max(map(size, changed)) < limits.ENTRY // 50
    assert max(map(size, account.entries)) < limits.ENTRY // 10


def test_every_key_of_the_bucket_fits_its_limit(account: Largest) -> None:
    keys = account.stores.objects.keys("")
    assert len(keys) > 5 * GROUPS
    assert max(len(key.encode()) for key in keys) <= limits.OBJECT_KEY


def test_every_answer_about_goals_is_one_that_a_function_can_give(account: Largest) -> None:
    answers = {"": ask("GET", "/v1/goals?limit=100")}
    goals = [goal["id"] for goal in answers[""].json["data"]]
    assert len(goals) == 5
    for goal in (goals[0], goals[-1]):
        parts = ("", "/progress", "/report", "/buckets", "/evaluation")
        answers |= {goal + part: ask("GET", f"/v1/goals/{goal}{part}") for part in parts}
        days = answers[f"{goal}/progress"].json["days"]
        assert 366 * max(map(size, days)) < limits.ANSWER // 4
    for answer in answers.values():
        assert answer.status == 200, answer.text[:500]
        assert size(vars(answer)) <= limits.ANSWER


def test_runs_and_exports_are_answers_that_a_function_can_give(account: Largest) -> None:
    for path in ("runs", "exports", "segments"):
        answer = ask("GET", f"/v1/{path}?limit=100")
        assert answer.status == 200 and answer.json["data"]
        assert size(vars(answer)) <= limits.ANSWER


def test_a_run_names_some_of_the_segments_without_a_size_and_counts_the_others(
    account: Largest,
) -> None:
    first = WATERMARK + timedelta(days=1)
    warnings = account.stores.runs.get(f"night-{first.isoformat()}").warnings
    assert len(warnings) == MOST_TOLD + 1
    assert warnings[-1].startswith("and ")


def test_a_reason_of_any_length_fits_the_run_and_the_state_that_records_it(
    account: Largest,
) -> None:
    cause = json.dumps({"errorType": "CorruptObject", "errorMessage": WIDE * 100_000})
    request = {"kind": "night", "date": "2027-12-31"}
    failed = {"Error": "CorruptObject", "Cause": cause}
    run_steps.finish(account.stores, request | {"failed": failed}, NOW)
    reason = account.stores.runs.get("night-2027-12-31").reason
    assert reason is not None and len(reason) == MOST_CHARACTERS and reason.endswith("…")
