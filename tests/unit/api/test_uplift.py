"""GET /v1/goals/{id}/uplift on published counts: what is shown when, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from intent_segments.api import answers
from intent_segments.goals.buckets import Bucket
from intent_segments.goals.changes import Changes, Standing
from intent_segments.goals.effects import GOAL, Effects, Population
from intent_segments.goals.plan import group_tally
from intent_segments.goals.progress import Converted, GoalTally
from intent_segments.goals.recount import Recount
from intent_segments.goals.strata import Strata, Stratum
from intent_segments.goals.target_group import Arm
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask
from tests.unit.api.test_goals import GOAL as BODY
from tests.unit.store.stack import NOW, tally, work

ENDS_ON = "2026-11-22"
USERS = {Arm.TEST: 475, Arm.CONTROL: 25}
"""Of every bucket in either of two groups."""


def counted(rate: dict[Arm, float], kept: bool = True, lost: bool = False) -> GoalTally:
    """A group in which a share of every bucket's members did it: the likelier, the more often."""
    cells, places = {}, {}
    for bucket in Bucket:
        for arm, users in USERS.items():
            did = round(users * rate[arm] * (1 + bucket) / 2)
            cells[bucket, arm] = Converted(users, did)
            x = 100_000 * (1 + bucket)
            places[int(bucket), 4 * bucket, int(arm)] = Stratum(
                users, did, users * x, users * x * x, did * x
            )
    did = sum(cell.did for cell in cells.values())
    members = sum(cell.users for cell in cells.values())
    return GoalTally(
        members=members,
        open=members - did,
        achieved=0 if lost else did,
        lost=did if lost else 0,
        day0=cells,
        open_by_bucket=(members - did, 0, 0),
        changes=moved(members - did, did, lost),
        recount=Recount({1: did} if did else {}),
        effects=Effects({GOAL: Population(Strata(places))} if kept else {}),
    )


def moved(open_: int, did: int, lost: bool) -> Changes:
    done = Standing.LOST if lost else Standing.ACHIEVED
    return Changes(
        {
            (Standing.LEAST_LIKELY, Standing.LEAST_LIKELY): open_,
            (Standing.LEAST_LIKELY, done): did,
        }
    )


def publish(stores: Stores, event: dict[str, Any], group: GoalTally) -> None:
    """Publish a run in which both groups counted the same."""
    stored = work(stores, event["run_id"])
    for number in range(2):
        document = group_tally(stored, number, {goal.id: group for goal in stored.goals})
        stores.objects.put_json(stored.tally_key(number), document)
    record_progress(stores, event, NOW)


def night(stores: Stores, day: str, group: GoalTally) -> None:
    publish(stores, plan_run(stores, RunRequest("night", date=date.fromisoformat(day)), NOW), group)


def goal(stores: Stores, **body: Any) -> str:
    """A goal of two days that has been set up, nobody having done it."""
    made: str = ask("POST", "/v1/goals", BODY | {"ends_on": ENDS_ON} | body).json["id"]
    nobody = counted({Arm.TEST: 0, Arm.CONTROL: 0}, lost=body.get("direction") == "minimize")
    publish(stores, plan_run(stores, RunRequest("goal_setup", made), NOW), nobody)
    return made


def uplift(goal_id: str) -> dict[str, Any]:
    answer = ask("GET", f"/v1/goals/{goal_id}/uplift")
    assert answer.status == 200, answer.text
    answers.Uplift.model_validate(answer.json)
    return dict(answer.json)


def test_on_day_0_both_arms_stand_there_and_nothing_is_said(stores: Stores) -> None:
    found = uplift(goal(stores))
    assert (found["date"], found["looks"], found["by_day"]) == ("2026-11-20", 0, [])
    assert (found["test"]["users"], found["control"]["users"]) == (2_850, 150)
    assert found["repeated"] is None and found["verdict"] == "inconclusive"
    assert [tenth["tenth"] for tenth in found["by_likelihood"]["tenths"]] == [2, 6, 10]


def test_every_night_is_a_look(stores: Stores) -> None:
    made = goal(stores)
    night(stores, "2026-11-21", counted({Arm.TEST: 0.12, Arm.CONTROL: 0.08}))
    night(stores, ENDS_ON, counted({Arm.TEST: 0.5, Arm.CONTROL: 0.16}))
    found = uplift(made)
    assert (found["looks"], found["final"], found["verdict"]) == (2, True, "better")
    assert [(day["date"], day["actual"]) for day in found["by_day"]] == [
        ("2026-11-21", 342),
        (ENDS_ON, 1_426),
    ]
    assert found["by_day"][0]["forecast"] == 0.95  # of the curve's 1.0 for both arms
    assert found["by_day"][1]["baseline"]["value"] == 2_850 * 24 / 150
    assert found["by_day"][1]["incremental"] == found["incremental_users"]
    assert found["adjusted"]["method"] == "stratified"
    assert found["by_likelihood"]["qini"] is None  # 24 of control did it
    assert found["persuadables"]["answer"] == "untested"
    most = found["by_bucket"][0]
    assert (most["bucket"], most["test"]["did"], most["verdict"]) == ("most_likely", 712, "better")


def test_to_minimise_fewer_is_better(stores: Stores) -> None:
    made = goal(stores, direction="minimize")
    fewer = counted({Arm.TEST: 0.16, Arm.CONTROL: 0.5}, lost=True)
    night(stores, "2026-11-21", fewer)
    night(stores, ENDS_ON, fewer)
    found = uplift(made)
    assert found["verdict"] == "better" and found["incremental_users"]["high95"] < 0
    assert "fewer members of the test arm did it" in found["sentence"]


def test_a_broken_split_turns_effects_off_everywhere(stores: Stores) -> None:
    made = goal(stores, control_share=0.2)  # of which a quarter is there
    night(stores, "2026-11-21", counted({Arm.TEST: 0.5, Arm.CONTROL: 0.16}))
    found = uplift(made)
    assert found["srm"]["ok"] is False and found["verdict"] == "inconclusive"
    shown = [found, *found["by_bucket"]]
    assert [part["repeated"] for part in shown] == [None] * 4
    assert found["by_day"][0]["baseline"] is None and found["by_day"][0]["actual"] == 1_426
    assert {tenth["difference"] for tenth in found["by_likelihood"]["tenths"]} == {None}


def test_nights_from_before_likelihoods_were_counted_have_everything_else(stores: Stores) -> None:
    made = goal(stores)
    night(stores, "2026-11-21", counted({Arm.TEST: 0.5, Arm.CONTROL: 0.16}, kept=False))
    found = uplift(made)
    assert found["adjusted"] is None and found["by_likelihood"] is None
    assert found["verdict"] == "better" and "comes with the next night" in found["notes"][1]
    night(stores, ENDS_ON, counted({Arm.TEST: 0.5, Arm.CONTROL: 0.16}))
    found = uplift(made)
    assert found["adjusted"] is not None and len(found["notes"]) == 1


def test_a_rolling_goal_is_compared_window_by_window(stores: Stores) -> None:
    made = goal(stores, ends_on=None, rolling_days=1)
    assert uplift(made)["test"]["users"] == 0
    done = counted({Arm.TEST: 0.5, Arm.CONTROL: 0.16})
    group = replace(
        done,
        open=done.members,
        achieved=0,
        open_by_bucket=(done.members, 0, 0),
        changes=moved(done.members, 0, lost=False),
        recount=Recount(),
    )
    nobody = {place: Converted(cell.users, 0) for place, cell in done.day0.items()}
    night(stores, "2026-11-21", replace(group, day0=nobody, window=done.day0))
    found = uplift(made)
    assert found["verdict"] == "better" and found["repeated"] is None
    assert found["always_valid"] is None and found["looks"] == 0
    assert [(day["date"], day["actual"]) for day in found["by_day"]] == [("2026-11-20", 1_426)]
    assert any("one look" in note for note in found["notes"])


def test_a_goal_without_target_group_has_no_uplift_yet(stores: Stores) -> None:
    made = ask("POST", "/v1/goals", BODY).json["id"]
    assert ask("GET", f"/v1/goals/{made}/uplift").status == 409
    assert ask("GET", "/v1/goals/goal_none/uplift").status == 404


@pytest.mark.parametrize("view", ["progress", "evaluation"])
def test_the_checksum_of_the_counts_is_for_the_uplift_alone(stores: Stores, view: str) -> None:
    made = goal(stores)
    night(stores, "2026-11-21", counted({Arm.TEST: 0.5, Arm.CONTROL: 0.16}))
    assert "effects" not in ask("GET", f"/v1/goals/{made}/{view}").text
    assert tally().effects == Effects()
