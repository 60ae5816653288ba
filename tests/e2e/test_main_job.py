"""The whole job through the deployed HTTP API: segment, forecast, goal, nights, progress."""

from __future__ import annotations

import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import duckdb
import pytest

from intent_local.client import ApiError
from intent_segments.events.open_files import open_files
from intent_segments.lake.calendar import to_day
from intent_segments.segments.definition import parse
from intent_segments.segments.evaluate import member_ids
from tests.e2e.conftest import NIGHTS
from tests.fixtures.accounts import AS_OF, ENDS_ON, LAUNCHED

TOO_FAR = (AS_OF + timedelta(days=360)).isoformat()
"""Further than the account's history can be carried on to."""


@pytest.fixture(scope="module")
def truth(job):
    """The same history, opened from the files without any of the stack."""
    made = job[0]
    return open_files([made.events], made.profiles)


def members(truth):
    return set(member_ids(truth, parse(LAUNCHED), AS_OF))


def did_by(truth, day):
    """User ids with the goal's event from the day after AS_OF through `day`."""
    code = truth.event_codes()["Concert Viewed"]
    rows = truth.con.execute(
        "SELECT DISTINCT u.user_id FROM activity a JOIN users u USING (uh)"
        " WHERE a.event = $1 AND a.day > $2 AND a.day <= $3",
        [code, to_day(AS_OF), to_day(day)],
    ).fetchall()
    return {user for (user,) in rows}


def test_the_forecast_counts_the_very_members_of_the_segment(job, truth):
    forecast = job[2]
    assert forecast["users"] == len(members(truth))
    bounds = forecast["intervals"]
    assert bounds["95"]["low"] <= bounds["80"]["low"] <= forecast["value"]
    assert forecast["value"] <= bounds["80"]["high"] <= bounds["95"]["high"]


def test_the_docs_and_the_openapi_document_are_served(job):
    url = job[0].stack.api.url
    assert job[0].stack.api.get("/openapi.json")["openapi"].startswith("3.1")
    with urllib.request.urlopen(f"{url}/docs", timeout=30) as page:
        assert "<html" in page.read().decode()


def test_the_goal_keeps_the_forecasts_number(job):
    _, _, forecast, goal, _ = job
    assert goal["forecast"]["value"] == forecast["value"]
    assert goal["users"] == forecast["users"]


def test_buckets_hold_every_open_member_once(job):
    made, _, _, goal, _ = job
    buckets = made.stack.api.get(f"/v1/goals/{goal['id']}/buckets")
    assert sum(bucket["users"] for bucket in buckets["buckets"]) == buckets["open"]
    assert buckets["open"] + buckets["achieved"] == goal["users"]


def test_every_night_counts_exactly_who_did_it(job, truth):
    made, _, _, goal, _ = job
    days = made.stack.api.get(f"/v1/goals/{goal['id']}/progress")["days"]
    assert [day["date"] for day in days] == [
        (AS_OF + timedelta(days=n + 1)).isoformat() for n in range(NIGHTS)
    ]
    group = members(truth)
    for offset, day in enumerate(days, start=1):
        assert day["did"] == len(group & did_by(truth, AS_OF + timedelta(days=offset)))


def test_the_control_group_is_about_its_share_and_is_counted_apart(job):
    made, _, _, goal, _ = job
    last = made.stack.api.get(f"/v1/goals/{goal['id']}/progress")["days"][-1]
    control, test = last["by_arm"]["control"], last["by_arm"]["test"]
    assert control["users"] + test["users"] == goal["users"]
    assert 0.05 < control["users"] / goal["users"] < 0.15


def test_expected_users_in_the_end_include_those_who_did_it(job):
    made, _, _, goal, _ = job
    for day in made.stack.api.get(f"/v1/goals/{goal['id']}/progress")["days"]:
        assert day["did"] <= day["expected_users"] <= goal["users"]
        assert day["did"] <= day["ending"]["low80"] <= day["ending"]["high80"] <= goal["users"]


def test_members_of_a_bucket_are_listed_page_by_page_and_no_one_twice(job, truth):
    made, _, _, goal, _ = job
    path = f"/v1/goals/{goal['id']}/buckets/most_likely/users"
    seen: list[str] = []
    after = None
    while True:
        page = made.stack.api.get(path, limit=100, starting_after=after)
        seen += [user["user_id"] for user in page["data"]]
        if not page["has_more"]:
            break
        after = seen[-1]
    buckets = made.stack.api.get(f"/v1/goals/{goal['id']}/buckets")["buckets"]
    assert len(seen) == len(set(seen)) == buckets[0]["users"]
    assert set(seen) <= members(truth) - did_by(truth, AS_OF + timedelta(days=NIGHTS))


def test_a_user_can_be_looked_up(job):
    made, _, _, goal, _ = job
    path = f"/v1/goals/{goal['id']}/buckets/most_likely/users"
    someone = made.stack.api.get(path, limit=1)["data"][0]
    (standing,) = made.stack.api.get(f"/v1/users/{someone['user_id']}/intents")["data"]
    assert standing["bucket"] == "most_likely"
    assert standing["likelihood"] == someone["likelihood"]


def test_most_likely_members_do_it_more_often_than_least_likely_ones(job):
    made, _, _, goal, _ = job
    buckets = made.stack.api.get(f"/v1/goals/{goal['id']}/buckets")["buckets"]
    rates = {bucket["bucket"]: bucket["day0"]["rate"] for bucket in buckets}
    assert rates["most_likely"] > rates["moderately_likely"] > rates["least_likely"]


def test_running_a_night_again_changes_nothing(job):
    made, _, _, goal, _ = job
    path = f"/v1/goals/{goal['id']}/progress"
    before = made.stack.api.get(path)
    made.night(AS_OF + timedelta(days=NIGHTS))
    assert made.stack.api.get(path) == before


def test_a_night_that_skips_one_is_refused_with_the_first_missing_one(job):
    made = job[0]
    with pytest.raises(Exception, match=f"first missing night is {AS_OF + timedelta(days=4)}"):
        made.night(AS_OF + timedelta(days=6))


def test_the_target_group_is_frozen_though_the_segment_changes(job):
    made, segment, _, goal, _ = job
    made.stack.api.patch(f"/v1/segments/{segment['id']}", {"definition": {"all": []}})
    assert made.stack.api.get(f"/v1/goals/{goal['id']}")["users"] == goal["users"]


def test_the_scores_are_parquet_that_anybody_can_read(job, tmp_path):
    made, _, _, goal, _ = job
    s3 = made.stack.client("s3")
    keys = [
        entry["Key"]
        for entry in s3.list_objects_v2(Bucket=made.stack.bucket, Prefix=f"scores/{goal['id']}/")[
            "Contents"
        ]
    ]
    s3.download_file(made.stack.bucket, keys[0], str(tmp_path / "scores.parquet"))
    rows = duckdb.execute(
        "SELECT COUNT(*), MIN(likelihood), MAX(likelihood) FROM read_parquet($1)",
        [str(tmp_path / "scores.parquet")],
    ).fetchone()
    assert rows is not None and rows[0] > 0 and 0 <= rows[1] <= rows[2] <= 1_000_000


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"events": ["Concert Viewd"]}, "events", "Concert Viewed"),
        ({"ends_on": "2020-01-01"}, "ends_on", "2026"),
        ({"ends_on": TOO_FAR}, None, "end date on or before"),
        ({"segment_id": "seg_nothing", "definition": None}, "segment_id", "seg_nothing"),
        ({"definition": {"did": {"evnt": "x"}}}, "definition", "event"),
        ({"rolling_days": 7}, "rolling_days", "ends_on"),
    ],
)
def test_a_wrong_question_is_answered_with_the_remedy(job, change, field, remedy):
    body = {"definition": LAUNCHED, "events": ["Concert Viewed"], "ends_on": ENDS_ON.isoformat()}
    wanted = {key: value for key, value in (body | change).items() if value is not None}
    with pytest.raises(ApiError) as refused:
        job[0].stack.api.post("/v1/forecasts", wanted)
    assert refused.value.status == 422
    told = [refused.value.message, *(error.message for error in refused.value.errors)]
    assert any(remedy in text for text in told), told
    if field:
        assert any(error.field.startswith(field) for error in refused.value.errors)


def test_a_goal_that_history_cannot_carry_needs_data_and_says_what_to_change(job):
    goal = job[0].goal(name="Too far", ends_on=TOO_FAR)
    assert goal["status"] == "needs_data"
    assert "choose an end date on or before" in goal["status_reason"]
    job[0].stack.api.post(f"/v1/goals/{goal['id']}/archive")


def test_of_two_goals_created_at_once_only_one_gets_the_last_place(job):
    """On a real concurrent store: moto in process loses transactions of other threads."""
    made = job[0]
    ends = (ENDS_ON + timedelta(days=7)).isoformat()
    more = [made.goal(name=f"Goal {n}", ends_on=ends) for n in range(3)]
    assert [goal["status"] for goal in more] == ["active"] * 3

    def create(name):
        try:
            return made.goal(name=name, ends_on=ends)["status"]
        except ApiError as refused:
            return refused.status, "archive" in refused.message.lower()

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(create, ["Fifth", "Sixth"]), key=str)
    assert outcomes == [(409, True), "active"]
    assert made.stack.api.get("/v1/account")["active_goals"] == 5
    made.stack.api.post(f"/v1/goals/{more[0]['id']}/archive")
    assert made.goal(name="Fits now", ends_on=ends)["status"] == "active"
