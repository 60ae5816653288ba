"""Two at the same record at once: what each of them may do, whoever comes first.

Every race is played out for certain: one of the two hangs at its decisive call of AWS while the
other goes to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from intent_segments.errors import Conflict, CorruptObject
from intent_segments.goals.goal import Status
from intent_segments.lake.calendar import from_day
from intent_segments.services.publishing import record_progress
from intent_segments.services.resuming import score_unfinished
from intent_segments.store.account import free_places
from intent_segments.store.table import TransactionRefused
from tests.faults.account import Account, State, accounts
from tests.faults.execution import plan, publish
from tests.faults.wire import Fault, Killed, Wire, while_hanging
from tests.fixtures.charges import charges
from tests.fixtures.histories import START
from tests.unit.api.requests import ask
from tests.unit.store.stack import NOW

AS_OF = START + 120
HAPPENED = charges(users=120, days=124)
TOMORROW = from_day(AS_OF + 1)
NIGHT = {"kind": "night", "date": TOMORROW.isoformat()}


def wanted(event: str = "Charged", ends: int = 2, **more: Any) -> dict[str, Any]:
    ends_on = from_day(AS_OF + ends).isoformat()
    return {"segment_id": "all-users", "events": [event], "ends_on": ends_on, **more}


def post(key: str | None = None, event: str = "Charged") -> Any:
    headers = {} if key is None else {"idempotency-key": key}
    return ask("POST", "/v1/goals", {"name": "A goal", **wanted(event)}, headers)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, State, State]]:
    with accounts(tmp_path_factory.mktemp("races")) as made:
        made.nights.load([h for h in HAPPENED if h.day <= AS_OF])
        loaded = made.state()
        made.nights.goal(wanted())
        made.nights.load([h for h in HAPPENED if h.day == AS_OF + 1], "next")
        yield made, loaded, made.state()


@pytest.fixture
def loaded(started: tuple[Account, State, State]) -> Account:
    """An account that has events and has never had a goal."""
    account, loaded, _ = started
    account.restore(loaded)
    return account


@pytest.fixture
def at_work(started: tuple[Account, State, State]) -> Account:
    """An account with one active goal, and the events of a day that is not closed yet."""
    account, _, at_work = started
    account.restore(at_work)
    return account


def settings(account: Account) -> Any:
    found = account.stores.account.find()
    assert found is not None
    return found


def only_goal(account: Account) -> Any:
    (goal,) = account.stores.goals.page(5, None)[0]
    return goal


def test_two_first_goals_at_once_share_one_salt(loaded: Account) -> None:
    with while_hanging("PutItem ACCOUNT", lambda: post()):
        assert post().status == 202
    assert settings(loaded).active_goals == 2
    goals, _ = loaded.stores.goals.page(5, None)
    assert len(goals) == 2


def test_two_goals_at_once_for_the_last_place_are_one_goal_and_one_refusal(loaded: Account) -> None:
    for _ in range(4):
        assert post().status == 202
    with while_hanging("TransactWriteItems ACCOUNT", lambda: post()):
        refused = post()
    assert refused.status == 409
    assert refused.json["type"].endswith("limit-reached")
    assert settings(loaded).active_goals == 5
    assert len(loaded.stores.goals.at_work()) == 5


def test_the_same_request_twice_at_once_is_one_goal(loaded: Account) -> None:
    answers = []
    with while_hanging("TransactWriteItems ACCOUNT", lambda: answers.append(post("key"))):
        answers.append(post("key"))
    assert len({answer.json["id"] for answer in answers}) == 1
    assert settings(loaded).active_goals == 1


def test_a_goal_saved_while_a_day_is_closed_begins_after_that_day(at_work: Account) -> None:
    with while_hanging("TransactWriteItems ACCOUNT", lambda: at_work.nights.night(TOMORROW)):
        answer = post(event="Visit")
    assert answer.status == 202
    assert answer.json["as_of"] == TOMORROW.isoformat()


def test_archiving_twice_at_once_frees_one_place(at_work: Account) -> None:
    assert post(event="Visit").status == 202
    goal_id = at_work.stores.goals.page(1, None)[0][0].id

    def archive() -> Any:
        return ask("POST", f"/v1/goals/{goal_id}/archive")

    with while_hanging("TransactWriteItems GOAL", archive):
        assert archive().json["status"] == "archived"
    assert settings(at_work).active_goals == 1


def test_a_goal_archived_while_its_night_is_published_stays_archived(at_work: Account) -> None:
    goal_id = only_goal(at_work).id
    event = at_work.nights.work(plan(at_work, NIGHT))
    before = only_goal(at_work).scores
    with while_hanging(
        "TransactWriteItems RUN", lambda: ask("POST", f"/v1/goals/{goal_id}/archive")
    ):
        assert publish(at_work, event)["status"] == "published"
    assert only_goal(at_work).status == Status.ARCHIVED
    assert only_goal(at_work).scores == before
    assert settings(at_work).active_goals == 0


def test_a_goal_archived_while_its_last_night_is_published_frees_one_place(
    at_work: Account,
) -> None:
    assert post(event="Visit").status == 202
    goal_id = at_work.stores.goals.at_work()[0].id
    at_work.nights.night(TOMORROW)
    at_work.nights.load([h for h in HAPPENED if h.day == AS_OF + 2], "last")
    last = {"kind": "night", "date": from_day(AS_OF + 2).isoformat()}
    event = at_work.nights.work(plan(at_work, last))
    with while_hanging(
        "TransactWriteItems RUN", lambda: ask("POST", f"/v1/goals/{goal_id}/archive")
    ):
        assert publish(at_work, event)["status"] == "published"
    assert at_work.stores.goals.get(goal_id).status == Status.ARCHIVED
    assert settings(at_work).active_goals == len(at_work.stores.goals.at_work())


def test_a_goal_archived_while_it_is_set_up_stays_archived(at_work: Account) -> None:
    goal_id = at_work.nights.saved(wanted("Visit"))
    event = at_work.nights.work(plan(at_work, {"kind": "goal_setup", "goal_id": goal_id}))
    with while_hanging(
        "TransactWriteItems RUN", lambda: ask("POST", f"/v1/goals/{goal_id}/archive")
    ):
        assert publish(at_work, event)["status"] == "discarded"
    assert at_work.stores.goals.get(goal_id).status == Status.ARCHIVED
    assert settings(at_work).active_goals == 1


def test_two_publishers_of_a_night_are_one_night(at_work: Account) -> None:
    event = at_work.nights.work(plan(at_work, NIGHT))
    answers = []
    with while_hanging("TransactWriteItems RUN", lambda: answers.append(publish(at_work, event))):
        answers.append(publish(at_work, event))
    assert [answer["status"] for answer in answers] == ["published", "published"]
    assert at_work.stores.head.read().watermark == TOMORROW


def test_a_failure_that_arrives_late_does_not_undo_a_published_night(at_work: Account) -> None:
    event = at_work.nights.work(plan(at_work, NIGHT))
    failed = {**event, "failed": {"Error": "States.Timeout", "Cause": "{}"}}
    with while_hanging("PutItem RUN", lambda: publish(at_work, event)):
        assert publish(at_work, failed)["status"] == "published"
    run = at_work.stores.runs.get(event["run_id"])
    assert (run.status, len(run.goals)) == ("published", 1)


@pytest.mark.parametrize("call", ["Query", "PutObject runs/", "PutItem RUN"])
def test_a_plan_that_was_overtaken_leaves_the_published_one_alone(
    at_work: Account, call: str
) -> None:
    other = at_work.nights

    def meanwhile() -> None:
        other.night(TOMORROW)
        assert ask("POST", f"/v1/goals/{only_goal(at_work).id}/archive").status == 200

    with while_hanging(call, meanwhile):
        event = plan(at_work, NIGHT)
    published = at_work.state()
    again = publish(at_work, other.work(event) if event["has_work"] else event)
    assert again["status"] == "published"
    now = at_work.state()
    assert now.items == published.items
    for key, scores in published.objects.items():
        assert not key.startswith("scores/") or now.objects[key] == scores


def test_a_plan_made_from_goals_that_have_moved_on_writes_no_scores(at_work: Account) -> None:
    with while_hanging("Query", lambda: at_work.nights.night(TOMORROW)):
        event = plan(at_work, NIGHT)
    published = at_work.state()
    if event["has_work"]:
        at_work.nights.work(event)
    now = at_work.state()
    scores = [key for key in published.objects if key.startswith("scores/")]
    assert [key for key in scores if now.objects[key] != published.objects[key]] == []


def test_a_night_never_moves_the_last_closed_day_back(loaded: Account) -> None:
    event = plan(loaded, NIGHT)
    later = [h for h in HAPPENED if h.day <= AS_OF + 3]
    with (
        while_hanging("TransactWriteItems RUN", lambda: loaded.nights.load(later, "later")),
        pytest.raises(Conflict, match="cannot be published"),
    ):
        publish(loaded, event)
    assert loaded.stores.head.read().watermark == from_day(AS_OF + 3)


def test_two_imports_at_once_both_arrive(loaded: Account) -> None:
    first, second = ([h for h in HAPPENED if h.day == AS_OF + day] for day in (1, 2))
    with while_hanging("TransactWriteItems LAKE", lambda: loaded.nights.load(second, "second")):
        loaded.nights.load(first, "first")
    days = {entry["last_day"] for entry in _catalogue(loaded).values()}
    assert max(days) == AS_OF + 2
    assert sum(entry["count"] for entry in _catalogue(loaded).values()) == sum(
        1 for h in HAPPENED if h.day <= AS_OF + 2
    )


def test_an_import_does_not_close_a_day_that_a_new_goal_has_before_it(loaded: Account) -> None:
    later = [h for h in HAPPENED if h.day == AS_OF + 3]
    with while_hanging("TransactWriteItems LAKE", lambda: post()):
        loaded.nights.load(later, "later")
    assert loaded.stores.head.read().watermark == from_day(AS_OF)


def _catalogue(account: Account) -> Any:
    head = account.stores.head.read()
    assert head.manifest_key is not None
    return account.stores.objects.get_json(head.manifest_key)["catalogue"]


def second_tally(event: Any) -> str:
    return str(event["plan_key"]).replace("plan.json", "tallies/g=0001.json")


def _night_with(account: Account, harm: Callable[[Any], None]) -> str:
    """The message that a night ends with after something happened to its files."""
    event = account.nights.work(plan(account, NIGHT))
    harm(event)
    with pytest.raises(CorruptObject) as refused:
        publish(account, event)
    assert account.stores.head.read().watermark == from_day(AS_OF)
    assert settings(account).active_goals == 1
    return refused.value.message


def test_a_night_lacking_the_counts_of_a_group_is_not_published(at_work: Account) -> None:
    def harm(event: Any) -> None:
        at_work.stores.objects.delete([second_tally(event)])

    assert "1 of 2 groups (1)" in _night_with(at_work, harm)


def test_a_night_with_counts_from_another_state_of_the_lake_is_not_published(
    at_work: Account,
) -> None:
    def harm(event: Any) -> None:
        key = second_tally(event)
        found = at_work.stores.objects.get_json(key)
        at_work.stores.objects.put_json(key, found | {"attempt": found["attempt"] - 1})

    assert "another run" in _night_with(at_work, harm)


def test_a_night_whose_counts_do_not_add_up_is_not_published(at_work: Account) -> None:
    def harm(event: Any) -> None:
        key = second_tally(event)
        found = at_work.stores.objects.get_json(key)
        (tally,) = found["goals"].values()
        tally["open"] += 1
        at_work.stores.objects.put_json(key, found)

    assert "does not add up" in _night_with(at_work, harm)


def test_a_model_file_that_was_swapped_is_refused_before_it_is_loaded(
    at_work: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = only_goal(at_work).model
    at_work.stores.objects.put(record["key"], b"\x80\x05 something else that unpickles")
    monkeypatch.setattr("joblib.load", lambda file: pytest.fail("it was loaded"))
    with pytest.raises(CorruptObject, match="SHA-256"):
        at_work.nights.work(plan(at_work, NIGHT))


def test_a_file_of_the_lake_that_is_gone_fails_the_night_and_loses_nothing(
    at_work: Account,
) -> None:
    before = at_work.state()
    activity = [key for key in before.objects if key.startswith("activity/")]
    at_work.stores.objects.delete(activity)
    at_work.forget()
    event = plan(at_work, NIGHT)
    with pytest.raises(Exception, match="There is no object activity/"):
        at_work.nights.work(event)
    failed = {**event, "failed": {"Error": "NotFound", "Cause": "{}"}}
    assert record_progress(at_work.stores, failed, NOW)["status"] == "failed"
    for key in activity:
        at_work.stores.objects.put(key, before.objects[key])
    assert at_work.nights.night(TOMORROW)["status"] == "published"


def test_no_more_places_are_freed_than_are_taken(loaded: Account) -> None:
    assert post().status == 202
    with pytest.raises(TransactionRefused):
        loaded.stores.table.transact([free_places(2)])
    assert settings(loaded).active_goals == 1


def told(account: Account) -> list[str]:
    """The events of the night of TOMORROW that the bus has taken."""
    return [name for name in account.heard if f"/{TOMORROW} " in name]


def test_what_changed_is_told_though_the_publisher_died_before_it_could(at_work: Account) -> None:
    event = at_work.nights.work(plan(at_work, NIGHT))
    wire = Wire(lambda point: point[0].startswith("TransactWriteItems RUN"), Fault.KILLED)
    with wire.tapped(), pytest.raises(Killed):
        publish(at_work, event)
    assert at_work.stores.head.read().watermark == TOMORROW and told(at_work) == []
    publish(at_work, event)
    assert len(told(at_work)) == 1


def test_what_was_told_is_not_told_again(at_work: Account) -> None:
    event = at_work.nights.work(plan(at_work, NIGHT))
    publish(at_work, event)
    assert len(told(at_work)) == 1
    at_work.heard.clear()
    publish(at_work, event)
    assert told(at_work) == []


def test_work_that_was_damaged_since_is_done_anew(at_work: Account) -> None:
    event = at_work.nights.work(plan(at_work, NIGHT))
    job = {"plan_key": event["plan_key"], "group": 1}
    again = score_unfinished(at_work.stores, job, at_work.cache)
    assert again == {"group": 1, "finished_before": True}
    whole = at_work.stores.objects.get(second_tally(event))
    found = at_work.stores.objects.get_json(second_tally(event))
    (tally,) = found["goals"].values()
    tally["events"] += 1
    at_work.stores.objects.put_json(second_tally(event), found)
    score_unfinished(at_work.stores, job, at_work.cache)
    assert at_work.stores.objects.get(second_tally(event)) == whole


def test_nights_come_one_after_the_other(at_work: Account) -> None:
    with pytest.raises(Conflict, match="first missing night"):
        plan(at_work, {"kind": "night", "date": (TOMORROW + timedelta(days=1)).isoformat()})
