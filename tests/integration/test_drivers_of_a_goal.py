"""Drivers and reasons from a loaded lake to the API, by the services that the functions call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from functions.api import handler as api_function
from functions.query import handler as query_function
from intent_segments.api import answers
from intent_segments.events.synthetic import make_world
from intent_segments.lake.layout import user_hash
from intent_segments.services.importing import ImportRequest, import_landed
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.services.scoring import score_users
from intent_segments.services.training import train_model
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask
from tests.unit.store.stack import NOW, empty_stack

AS_OF = date(2026, 4, 30)
GOAL = {
    "name": "Look at concerts",
    "definition": {"did": {"event": "App Launched", "within": {"days": 28}}},
    "events": ["Concert Viewed"],
    "ends_on": "2026-05-14",
}


@dataclass(frozen=True)
class Made:
    """A goal that is set up, and its score files as rows keyed by user hash."""

    stores: Stores
    goal_id: str
    rows: dict[int, dict[str, Any]]


def set_up(folder: Path, written: Any, groups: int) -> Made:
    """Load the world, save the goal, and do what its run does."""
    os.environ["GROUPS"] = str(groups)
    stores = Stores.of(Settings.from_env())
    for path, kind in ((written.profiles, "profiles"), (written.events, "events")):
        key = f"landing/{kind}/{path.name}"
        stores.objects.put(key, path.read_bytes())
        wanted = {"key": key, "kind": kind, "until": AS_OF.isoformat()}
        request = ImportRequest.from_event(wanted)
        import_landed(request, stores.head, stores.objects, groups, "UTC", folder / "cache")
    api_function.api.stores = query_function.api.stores = None
    goal_id = ask("POST", "/v1/goals", GOAL).json["id"]
    plan = plan_run(stores, RunRequest("goal_setup", goal_id), NOW)
    trained = train_model(stores, plan, folder / "cache")
    assert "failed" not in trained
    for group in range(groups):
        score_users(stores, {"plan_key": plan["plan_key"], "group": group}, folder / "cache")
    record_progress(stores, {"run_id": f"setup-{goal_id}"}, NOW)
    rows = {}
    for key in stores.objects.keys(f"scores/{goal_id}/"):
        if "/changes/" in key:
            continue
        path = stores.objects.download(key, folder / key)
        found = duckdb.execute("SELECT * FROM read_parquet($1)", [str(path)])
        names = [name for name, *_ in found.description or ()]
        rows |= {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}
    return Made(stores, goal_id, rows)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Any:
    world = make_world(2_500, seed=11, days=130, first_day=date(2026, 1, 1))
    return world.write(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def in_five(written: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    """The scores of the same goal where users are in five groups, in a stack of its own."""
    with empty_stack():
        return set_up(tmp_path_factory.mktemp("five"), written, 5).rows


@pytest.fixture(scope="module")
def made(
    written: Any, in_five: dict[int, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    """In two groups. It comes after `in_five`, because two stacks cannot stand at a time."""
    with empty_stack():
        yield set_up(tmp_path_factory.mktemp("two"), written, 2)


def test_the_drivers_of_a_goal_are_sentences_with_rates(made: Made) -> None:
    answer = ask("GET", f"/v1/goals/{made.goal_id}/drivers")
    found = answers.Drivers.model_validate(answer.json)
    assert 3 <= len(found.drivers) <= 10
    assert [d.importance for d in found.drivers] == sorted(
        (d.importance for d in found.drivers), reverse=True
    )
    first = found.drivers[0]
    assert first.direction == 1 and first.rate_with > first.rate_without
    assert first.sentence.startswith(first.condition + ": ") and first.sentence.endswith(" %")
    assert found.warnings == []
    most = {entry.driver: entry for entry in found.buckets["most_likely"]}
    assert most[0].times is not None and most[0].times > 1


def test_the_signals_of_a_goal_tell_what_the_model_was_made_from(made: Made) -> None:
    found = answers.GoalSignals.model_validate(
        ask("GET", f"/v1/goals/{made.goal_id}/signals").json
    ).signals
    goal = made.stores.goals.get(made.goal_id)
    assert goal.model is not None
    folder = goal.model["drivers"].rsplit("/", 1)[0]
    features = made.stores.objects.get_json(f"{folder}/manifest.json")["features"]
    # Every column of the model stands in one place, and nothing that was left out in any.
    assert sorted(name for source in found for name in source.signals) == sorted(features)
    assert all(bool(source.signals) != bool(source.left_out) for source in found)
    used = [source for source in found if source.signals]
    weights = [source.importance or 0.0 for source in used]
    assert weights == sorted(weights, reverse=True) and weights[0] > 0.01
    kinds = {(source.kind, source.name) for source in used}
    assert {("trait", "city"), ("trait", "signed_up_at"), ("goal", "Concert Viewed")} <= kinds


def test_a_user_sees_reasons_that_the_drivers_name(made: Made) -> None:
    path = f"/v1/goals/{made.goal_id}/buckets/most_likely/users?limit=5"
    known = ask("GET", f"/v1/goals/{made.goal_id}/drivers").json["drivers"]
    conditions = {text for d in known for text in (d["condition"], d["opposite"])}
    told = []
    for user in ask("GET", path, function=query_function).json["data"]:
        answer = ask("GET", f"/v1/users/{user['user_id']}/intents", function=query_function).json
        [intent] = answers.UserIntents.model_validate(answer).data
        assert intent.percentile == made.rows[user_hash(user["user_id"])]["percentile"]
        told += intent.reasons
    assert told and {reason.condition for reason in told} <= conditions
    assert all((r.effect > 0) == (r.rate > r.rate_otherwise) for r in told)


def test_percentiles_are_shares_of_open_members_with_a_lower_likelihood(made: Made) -> None:
    likelihoods = sorted(row["likelihood"] for row in made.rows.values())
    for row in list(made.rows.values())[::100]:
        lower = sum(value < row["likelihood"] for value in likelihoods)
        assert row["percentile"] == min(100 * lower // len(likelihoods), 99)


def test_reasons_and_percentiles_are_the_same_at_any_number_of_groups(
    made: Made, in_five: dict[int, dict[str, Any]]
) -> None:
    own = ("likelihood", "percentile", "reason1", "reason2", "reason3")
    assert made.rows.keys() == in_five.keys()
    assert all(made.rows[uh][name] == in_five[uh][name] for uh in made.rows for name in own)
    assert any(row["reason1"] for row in made.rows.values())
