"""Whatever happens to a call of AWS in an erasure run, the end is the undisturbed one; and imports
that come in between lose nothing and bring nothing back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from intent_segments.lake.layout import user_hash
from intent_segments.lake.manifest import read_manifest
from intent_segments.lake.reader import open_lake
from intent_segments.services import run_steps
from intent_segments.services.erasure_finish import finish_erasing
from intent_segments.services.erasure_scan import erase_from_files
from tests.faults.account import Account, State, accounts
from tests.faults.counted import COUNTED
from tests.faults.wire import Fault, Point, Wire, while_hanging
from tests.fixtures.charges import charges
from tests.fixtures.erasing import request_erasure, settled, shards
from tests.fixtures.everything import Kept, places_of
from tests.fixtures.histories import START
from tests.unit.api.requests import ask

AS_OF = START + 40
HAPPENED = charges(users=24, days=44)
GONE, ALSO = "user 21", "user 13"
READING = ("GetObject", "HeadObject", "ListObject", "GetItem", "Query")

Event = dict[str, Any]
Work = Callable[[Event], Event]


@dataclass(frozen=True)
class Step:
    """A step of the undisturbed run: what it began with and left, and what it wrote on the way."""

    name: str
    work: Work
    before: State
    asked: Event
    after: State
    writes: tuple[Point, ...]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """Two users of a lake of several parts are to be erased; a segment and a landed file have them
    too."""
    with accounts(tmp_path_factory.mktemp("erasing")) as made:
        made.nights.load([h for h in HAPPENED if h.day <= AS_OF])
        made.nights.load([h for h in HAPPENED if h.day == AS_OF + 1], "next")
        listed = {"users": [GONE, "another"]}
        assert ask("POST", "/v1/segments", {"name": "s", "definition": listed}).status == 201
        for user in (GONE, ALSO):
            request_erasure(user)
        yield made


@pytest.fixture(scope="module")
def begun(account: Account) -> tuple[State, datetime]:
    return account.state(), settled(account.stores)


@pytest.fixture(scope="module")
def steps(account: Account, begun: tuple[State, datetime]) -> list[Step]:
    before, now = begun
    account.restore(before)
    event: Event = {"kind": "erasure"}
    done: list[Step] = []

    def do(name: str, work: Work) -> None:
        nonlocal event
        wire, first = Wire(), account.state()
        with wire.tapped():
            answer = work(event)
        writes = tuple(point for point in wire.calls if not point[0].startswith(READING))
        done.append(Step(name, work, first, event, account.state(), writes))
        event = answer

    def job(shard: Event) -> Work:
        def work(event: Event) -> Event:
            erase_from_files(account.stores, shard, account.cache)
            return event

        return work

    do("Plan", lambda event: run_steps.plan(account.stores, event, now))
    for number, shard in enumerate(shards(account.stores, event)):
        do(f"EraseUsers {number}", job(shard))
    do("FinishErasing", lambda event: finish_erasing(account.stores, event, account.cache, now))
    do("Publish", lambda event: run_steps.finish(account.stores, event, now))
    return done


def lake_of(account: Account) -> dict[str, list[Any]]:
    """What is in the lake, by table."""
    key = account.stores.head.read().manifest_key
    assert key is not None
    manifest = read_manifest(account.stores.objects, key)
    tables = open_lake(
        account.stores.objects, manifest, range(2), {"events", "users"}, None, account.cache
    )
    found = {
        name: sorted(tables.con.execute(f"SELECT * FROM {name}").fetchall())
        for name in ("events", "users")
    }
    tables.con.close()
    return found


def places(account: Account) -> list[str]:
    kept = Kept.by(account.stores)
    return [place for user in (GONE, ALSO) for place in places_of(kept, user, account.cache)]


def test_undisturbed_there_is_no_trace(account: Account, steps: list[Step]) -> None:
    account.restore(steps[-1].after)
    assert places(account) == []
    assert account.stores.erasures.current().closing is None
    assert {entry["status"] for entry in ask("GET", "/v1/erasures").json["data"]} == {"done"}


def test_killed_after_any_write_and_run_again_the_end_is_the_same(
    account: Account, steps: list[Step]
) -> None:
    """A write that fails leaves what being killed after the one before it leaves."""
    lost: dict[str, list[str]] = {}
    for step in steps:
        for point in step.writes:
            account.restore(step.before)
            killed_at(step, point)
            step.work(step.asked)
            if differences := account.state().differs_from(step.after):
                lost[f"{step.name}: {point}"] = differences
    COUNTED.tell("erasure", sum(len(step.writes) for step in steps), len(lost))
    assert lost == {}


def killed_at(step: Step, point: Point) -> None:
    """Do a step whose process is gone right after one of its writes."""
    wire = Wire(point.__eq__, Fault.KILLED)
    with wire.tapped(), suppress(Exception):
        step.work(step.asked)
    assert wire.struck, f"{step.name} did not come to {point} again"


def test_a_run_that_stopped_for_good_is_gone_on_with_by_the_next(
    account: Account, steps: list[Step]
) -> None:
    """Stopped right after the list was moved: nobody is pending any more, and yet there is work."""
    finish = steps[-2]
    account.restore(finish.before)
    [moved] = [point for point in finish.writes if "LAKE/ERASED" in point[0]][:1]
    killed_at(finish, moved)
    again = steps[0].work({"kind": "erasure"})
    assert again["closes"] and again["plan_key"] == finish.asked["plan_key"]
    steps[-1].work(finish.work(again))
    assert places(account) == []
    assert account.state().differs_from(steps[-1].after) == []


def test_an_import_that_commits_in_between_loses_nothing(
    account: Account, steps: list[Step]
) -> None:
    finish = steps[-2]
    account.restore(finish.before)
    more = [h for h in HAPPENED if h.day == AS_OF + 2]
    with while_hanging("TransactWriteItems LAKE", lambda: account.nights.load(more, "meanwhile")):
        finish.work(finish.asked)
    found = lake_of(account)
    gone = {user_hash(user) for user in (GONE, ALSO)}
    others = [h for h in HAPPENED if h.day <= AS_OF + 2 and user_hash(f"user {h.uh}") not in gone]
    assert len(found["events"]) == len(others)
    assert not gone & {row[0] for row in (*found["events"], *found["users"])}


def test_an_import_that_began_on_the_state_before_is_loaded_onto_the_one_without(
    account: Account, steps: list[Step]
) -> None:
    account.restore(steps[-2].before)
    more = [h for h in HAPPENED if h.day == AS_OF + 3]

    def rest() -> None:
        event = steps[-2].asked
        for step in steps[-2:]:
            event = step.work(event)

    with while_hanging("TransactWriteItems LAKE", rest):
        account.nights.load(more, "overtaken")
    leftover = [place for place in places(account) if not place.startswith("landing/overtaken")]
    assert leftover == []
    days = {row[3] for row in lake_of(account)["events"]}
    assert max(days) == AS_OF + 3
