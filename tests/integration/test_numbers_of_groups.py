"""One machine or sixty-four: the same users give the same result, to the byte."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from intent_segments.lake.calendar import from_day
from intent_segments.services.published_effects import read_effects
from intent_segments.store.runs import night_id, setup_id
from tests.fixtures.charges import charges
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, nights
from tests.unit.api.requests import ask

AS_OF = START + 120
NIGHT = AS_OF + 1
HAPPENED = charges(users=150, days=122)
GROUPS = (1, 16, 64)

ACTIVE = {"did": {"event": "Visit", "within": {"days": 28}}}
GOALS: dict[str, dict[str, Any]] = {
    "charged": {
        "segment_id": "all-users",
        "events": ["Charged"],
        "ends_on": from_day(NIGHT).isoformat(),
    },
    "visited and charged, unwanted": {
        "definition": ACTIVE,
        "events": ["Visit", "Charged"],
        "match": "all",
        "direction": "minimize",
        "ends_on": from_day(AS_OF + 9).isoformat(),
    },
    "charged much, rolling": {
        "definition": ACTIVE,
        "events": [{"event": "Charged", "where": [{"property": "amount", "gte": 30}]}],
        "rolling_days": 1,
    },
}
"""Of each kind one: the first ends with the night, the window of the last is complete with it."""


@dataclass(frozen=True)
class Told:
    """All that an account says of its goals: in numbers, and user by user, by the name of a goal.
    `files` are how many it has of each."""

    published: dict[str, str]
    users: dict[str, str]
    files: dict[str, set[int]]


def told(folder: Path, groups: int) -> Told:
    with nights(folder, groups, on_disk=True) as account:
        account.load([h for h in HAPPENED if h.day <= AS_OF])
        account.stores.account.get_or_create("UTC", "the same salt everywhere")
        goals = {name: account.goal(body) for name, body in GOALS.items()}
        segment = ask("POST", "/v1/segments", {"name": "active", "definition": ACTIVE}).json["id"]
        account.load([h for h in HAPPENED if h.day == NIGHT], "next")
        account.night(from_day(NIGHT))
        size = ask("GET", f"/v1/segments/{segment}").json["size"]
        published = {name: as_text(numbers(account, name, goals)) for name in goals}
        found = {name: rows(account, goal) for name, goal in goals.items()}
        return Told(
            published | {"segment": as_text(size)},
            {name: as_text(by_folder) for name, (by_folder, _) in found.items()},
            {name: files for name, (_, files) in found.items()},
        )


def numbers(account: Nights, name: str, goals: dict[str, str]) -> list[Any]:
    """What the set-up and the night published of a goal, in the runs, in its own item and of its
    arms; by the names of the `goals`, since ids differ from account to account."""
    stores, goal_id = account.stores, goals[name]
    goal = stores.goals.get(goal_id)
    assert goal.model is not None
    set_up, night = (
        stores.runs.get(run).goals[goal_id]
        for run in (setup_id(goal_id), night_id(from_day(NIGHT)))
    )
    followed = read_effects(stores, goal_id, night)
    assert followed is not None
    arms = as_text(followed.to_json())  # its checksum would be that of the ids
    for other, other_id in goals.items():
        arms = arms.replace(other_id, other)
    items = [set_up, {key: value for key, value in night.items() if key != "effects"}]
    return [
        goal.status,
        goal.model["sha256"],
        goal.cuts,
        goal.forecast,
        goal.day0,
        items,
        json.loads(arms),
    ]


def rows(account: Nights, goal_id: str) -> tuple[dict[str, Any], set[int]]:
    """The rows of all files of a goal, one group after the other as they lie there, by folder; and
    how many files folders have."""
    folders: dict[str, list[str]] = {}
    for kind in ("targets", "scores"):
        for key in account.stores.objects.keys(f"{kind}/{goal_id}/"):
            if key.endswith(".parquet"):
                folders.setdefault(key.rpartition("/")[0].replace(goal_id, ""), []).append(key)
    found = {}
    for name, keys in folders.items():
        paths = [str(path) for path in account.stores.objects.fetch(keys, account.folder)]
        asked = duckdb.execute("SELECT * FROM read_parquet($paths)", {"paths": paths})
        found[name] = [[column[0] for column in asked.description or ()], *asked.fetchall()]
    return found, {len(keys) for keys in folders.values()}


def as_text(found: Any) -> str:
    return json.dumps(found, sort_keys=True, default=int)


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Told]:
    return {groups: told(tmp_path_factory.mktemp(f"in-{groups}"), groups) for groups in GROUPS}


@pytest.mark.parametrize("groups", GROUPS[1:])
def test_what_is_published_of_goals_and_segments_is_the_same(
    accounts: dict[int, Told], groups: int
) -> None:
    for name, published in accounts[groups].published.items():
        assert published == accounts[1].published[name], name


@pytest.mark.parametrize("groups", GROUPS[1:])
def test_members_arms_scores_buckets_reasons_and_changes_are_the_same_row_by_row(
    accounts: dict[int, Told], groups: int
) -> None:
    for name, users in accounts[groups].users.items():
        assert users == accounts[1].users[name], name


@pytest.mark.parametrize("groups", GROUPS)
def test_each_group_has_a_file_of_its_own(accounts: dict[int, Told], groups: int) -> None:
    assert accounts[groups].files == {name: {groups} for name in GOALS}
