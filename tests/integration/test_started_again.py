"""A run that stopped is started again: it goes on where it stopped, and says what it took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.plan_run import handler as plan_run
from functions.record_progress import handler as record_progress
from functions.score_users import handler as score_users
from functions.train_model import handler as train_model
from intent_segments.api import answers
from intent_segments.lake.calendar import from_day
from tests.fixtures.charges import charges
from tests.fixtures.functions import call, fresh_containers, run, shard
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, nights
from tests.unit.api.requests import ask

AS_OF = START + 120
HAPPENED = charges(users=150, days=122)
NIGHT = {"kind": "night", "date": from_day(AS_OF + 1).isoformat()}
RUN_ID = f"night-{NIGHT['date']}"
BROKEN = {"Error": "Lambda.Unknown", "Cause": "{}"}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    """A goal is at work, and a day with events is to be closed."""
    folder = tmp_path_factory.mktemp("again")
    with nights(folder) as made, fresh_containers(folder):
        made.load([h for h in HAPPENED if h.day <= AS_OF])
        body = {"segment_id": "all-users", "events": ["Charged"]}
        goal = made.saved(body | {"ends_on": from_day(AS_OF + 9).isoformat()})
        run({"kind": "goal_setup", "goal_id": goal}, groups=2)
        made.load([h for h in HAPPENED if h.day == AS_OF + 1], "next")
        yield made


def tallies(account: Nights) -> dict[str, bytes]:
    objects = account.stores.objects
    return {key: objects.get(key) for key in objects.keys(f"runs/{RUN_ID}/") if "tallies" in key}


def test_groups_that_are_done_stay_done_and_the_others_are_made_good(account: Nights) -> None:
    event = call(train_model, call(plan_run, NIGHT))
    assert call(score_users, shard(event, 0)) == {"group": 0}
    assert call(record_progress, event | {"failed": BROKEN})["status"] == "failed"
    [done] = tallies(account).items()

    event = call(train_model, call(plan_run, NIGHT))
    assert call(score_users, shard(event, 0)) == {"group": 0, "finished_before": True}
    assert call(score_users, shard(event, 1)) == {"group": 1}
    assert dict([done]).items() <= tallies(account).items()
    assert call(record_progress, event)["status"] == "published"


def test_a_published_run_that_is_repeated_writes_everything_again(account: Nights) -> None:
    before = tallies(account)
    event = call(train_model, call(plan_run, NIGHT))
    assert call(score_users, shard(event, 0)) == {"group": 0}
    assert tallies(account) == before
    assert call(record_progress, event)["status"] == "published"


@pytest.mark.parametrize("what", ["tally", "cuts"])
def test_work_for_another_task_or_with_other_bytes_is_not_taken_for_done(
    account: Nights, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    stores = account.stores
    found = stores.runs.get(RUN_ID)
    monkeypatch.setattr(
        type(stores.runs), "find", lambda *_: found.__class__(RUN_ID, "night", None, "failed")
    )
    plan_key = str(found.plan_key)
    folder = plan_key.removesuffix("plan.json")
    job = {"run_id": RUN_ID, "group": 0, "plan_key": plan_key}
    assert call(score_users, job)["finished_before"]
    key = f"{folder}{'cuts.json' if what == 'cuts' else 'tallies/g=0000.json'}"
    document: dict[str, Any] = stores.objects.get_json(key)
    if what == "cuts":
        [goal] = document["goals"].values()
        goal["percentiles"] = [*goal["percentiles"][:-1], goal["percentiles"][-1] + 1]
    else:
        [tally] = document["goals"].values()
        tally["events"] += 1
    original = stores.objects.get_json(key)
    stores.objects.put_json(key, document)
    try:
        assert "finished_before" not in call(score_users, job)
    finally:
        stores.objects.put_json(key, original)
        call(score_users, job)


def test_a_run_says_what_it_took_step_by_step(account: Nights) -> None:
    run = ask("GET", f"/v1/runs/{RUN_ID}").json
    answers.Run.model_validate(run)
    work = run["work"]
    steps = {step["step"]: step for step in work["steps"]}
    assert list(steps) == ["Plan", "Train", "ScoreUsers", "Publish"]
    assert (steps["ScoreUsers"]["jobs"], steps["Plan"]["jobs"]) == (2, 1)
    assert work["users"] == steps["ScoreUsers"]["users"] == 150
    assert steps["ScoreUsers"]["rows"] == steps["Train"]["rows"] > 150  # the panel is everybody
    assert work["bytes_read"] > work["bytes_written"] > 0
    assert work["requests"] >= sum(step["jobs"] for step in work["steps"])
    assert 0 < work["estimated_dollars"] < 0.01
    assert work["peak_mb"] > 50
    assert steps["ScoreUsers"]["seconds"] >= steps["ScoreUsers"]["longest_seconds"] > 0


def test_the_list_of_runs_has_the_same_and_a_run_that_is_not_there_is_not_found(
    account: Nights,
) -> None:
    listed = ask("GET", "/v1/runs").json
    answers.RunList.model_validate(listed)
    by_id = {run["id"]: run for run in listed["data"]}
    assert by_id[RUN_ID] == ask("GET", f"/v1/runs/{RUN_ID}").json
    assert all(run["work"]["estimated_dollars"] > 0 for run in listed["data"])
    assert ask("GET", "/v1/runs/night-1999-01-01").status == 404
