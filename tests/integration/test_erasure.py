"""A user who is in every kind of place is erased: everything that is kept is decoded, every version
and every item, and there is no trace; all others are as they were."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from intent_segments.api import answers
from intent_segments.goals.retraining import flag
from intent_segments.lake.calendar import from_day
from intent_segments.lake.layout import group_of, user_hash
from intent_segments.lake.manifest import read_manifest
from intent_segments.lake.reader import READABLE, open_lake
from intent_segments.services import run_steps
from intent_segments.services.erasure_models import remove_unused_models
from intent_segments.services.exporting import export_group
from intent_segments.services.importing import ImportRequest, import_landed
from intent_segments.store.table import Action
from tests.fixtures.charges import Happened, charges
from tests.fixtures.erasing import erase_pending, request_erasure, version_bucket
from tests.fixtures.everything import Kept, places_of
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, nights
from tests.unit.api.requests import ask
from tests.unit.store.stack import NOW

AS_OF = START + 120
NIGHT = from_day(AS_OF + 1)
HAPPENED = charges(users=120, days=123)
PAID = Counter(h.uh for h in HAPPENED if h.event == "Charged" and 20 <= h.uh < 100)
[(GONE_NUMBER, _), (OTHER_NUMBER, _)] = PAID.most_common(2)
GONE, OTHER = f"user {GONE_NUMBER}", f"user {OTHER_NUMBER}"
"""Two digits each: no other id begins like theirs."""
SECRET = "only this one ever said so"
EVERY_KIND = {
    *("landing", "rejected", "events", "activity", "users", "profiles", "catalogue"),
    *("targets", "scores", "exports", "runs", "erasures"),
    *("SEGMENT", "GOAL", "FORECAST", "EXPORT"),
}
SWEPT = f"activity/abc/g={group_of(user_hash(GONE), 2):04d}.parquet"
NAMED = {"any": [{"did": {"event": "Charged"}}, {"all": [{"users": [GONE, "nobody"]}]}]}


@dataclass
class Account:
    """`before` is what the account held of the others before anybody was erased."""

    nights: Nights
    goal_id: str
    exports: list[str]
    places: list[str]
    before: dict[str, Any]

    @property
    def stores(self) -> Any:
        return self.nights.stores


def load_profiles(nights: Nights, name: str, **more: Any) -> dict[str, Any]:
    users = sorted({h.uh for h in HAPPENED})
    rows = [{"user_id": f"user {uh}", "plan": ("free", "pro")[uh % 2]} for uh in users]
    rows[GONE_NUMBER]["plan"] = SECRET
    return load(nights, f"landing/{name}/people.csv", "profiles", csv(rows), **more)


def csv(rows: list[dict[str, Any]]) -> bytes:
    lines = [",".join(rows[0]), *(",".join(f'"{v}"' for v in row.values()) for row in rows)]
    return "\r\n".join(lines).encode()


def load(nights: Nights, key: str, kind: str, body: bytes, **more: Any) -> dict[str, Any]:
    stores = nights.stores
    stores.objects.put(key, body)
    request = ImportRequest.from_event({"key": key, "kind": kind, **more})
    return import_landed(
        request, stores.head, stores.objects, nights.groups, "UTC", nights.folder / "cache"
    )


def load_with_broken_lines(nights: Nights) -> None:
    """A file of which two rows are set aside, both of the user."""
    at = f"{from_day(AS_OF)}T10:00:00Z"
    rows = [json.dumps({"user_id": OTHER, "event": "Visit", "ts": at, "n": n}) for n in range(30)]
    rows += [json.dumps({"user_id": GONE, "event": "Visit", "ts": "some day", "note": SECRET})]
    rows += [f'{{"user_id": "{GONE}", "event": "Visit", "ts": "{at}"']
    load(nights, "landing/broken/e.jsonl.gz", "events", gzip.compress("\n".join(rows).encode()))


def export(nights: Nights, path: str, body: dict[str, Any]) -> str:
    made = ask("POST", f"{path}/exports", body)
    assert made.status == 202, made.text
    event = run_steps.plan(nights.stores, {"kind": "export", "export_id": made.json["id"]}, NOW)
    for group in range(nights.groups):
        job = {"plan_key": event["plan_key"], "group": group}
        export_group(nights.stores, job, nights.folder / "cache")
    run_steps.finish(nights.stores, event, NOW)
    return str(made.json["id"])


def without_secret(happened: list[Happened]) -> list[Happened]:
    """Amounts are the user's own anyway; a note of theirs is nobody else's."""
    return [
        Happened(h.uh, h.event, h.day, h.properties | {"note": SECRET})
        if h.uh == GONE_NUMBER and h.event == "Visit"
        else h
        for h in happened
    ]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("erasure")
    with nights(folder) as made:
        stores = made.stores
        version_bucket(stores)
        load_profiles(made, "people")
        noted = without_secret(HAPPENED)
        made.load([h for h in noted if h.day <= AS_OF])
        load_with_broken_lines(made)
        segment = ask("POST", "/v1/segments", {"name": "named", "definition": NAMED}).json["id"]
        ends = from_day(AS_OF + 20).isoformat()
        goal_id = made.goal({"segment_id": "all-users", "events": ["Charged"], "ends_on": ends})
        archived = made.saved({"definition": NAMED, "events": ["Charged"], "ends_on": ends})
        ask("POST", f"/v1/goals/{archived}/archive")
        terms = stores.goals.get(archived).terms.to_json()
        stores.forecasts.put({"id": "fc_1", **terms}, NOW)
        made.load([h for h in noted if h.day == AS_OF + 1], "next")
        made.night(NIGHT)
        made.night(NIGHT)  # again: what it wrote is overwritten by the same
        exports = [
            export(made, f"/v1/segments/{segment}", {"format": "parquet", "traits": ["plan"]}),
            export(made, "/v1/segments/all-users", {"format": "csv", "traits": ["plan"]}),
            export(made, f"/v1/goals/{goal_id}", {"format": "csv", "include_control": True}),
        ]
        # A part that was swept: gone for everybody, and yet there as a version.
        stores.objects.put(SWEPT, old_part(made))
        stores.objects.delete([SWEPT])
        places = places_of(Kept.by(stores), GONE, folder / "decoded", (SECRET,))
        yield Account(made, goal_id, exports, places, others(made, goal_id, exports))


def old_part(made: Nights) -> bytes:
    """A file of activity that has the user."""
    name = SWEPT.rpartition("/")[2]
    keys = [key for key in made.stores.objects.keys("activity/") if key.endswith(name)]
    return max((made.stores.objects.get(key) for key in keys), key=len)


def others(made: Nights, goal_id: str, exports: list[str]) -> dict[str, Any]:
    """Everything of everybody else."""
    stores = made.stores
    key = stores.head.read().manifest_key
    assert key is not None
    manifest = read_manifest(stores.objects, key)
    tables = open_lake(stores.objects, manifest, range(made.groups), READABLE, None, made.folder)
    gone = user_hash(GONE)
    held: dict[str, Any] = {
        name: sorted(
            tables.con.execute(f"SELECT * FROM {name} WHERE uh <> {gone}").fetchall(), key=repr
        )
        for name in sorted(READABLE)
    }
    tables.con.close()
    for day in (from_day(AS_OF), NIGHT):
        rows = made.scores(goal_id, day)
        held[f"scores {day}"] = {user: row for user, row in rows.items() if user != GONE}
    for export_id in exports:
        held[export_id] = [user for user in exported(made, export_id) if GONE not in user]
    return held


def exported(made: Nights, export_id: str) -> list[str]:
    """The ids in the files of an export, of CSV the lines."""
    found: list[str] = []
    for key in made.stores.objects.keys(f"exports/{export_id}/"):
        body = made.stores.objects.get(key)
        if key.endswith(".gz"):
            found += gzip.decompress(body).decode().splitlines()[1:]
        else:
            path = made.folder / "exported.parquet"
            path.write_bytes(body)
            rows = duckdb.execute("SELECT user_id FROM read_parquet($1)", [str(path)]).fetchall()
            found += [row[0] for row in rows]
    return found


def flagged(account: Account, since: date) -> None:
    """The goal's model has been waiting to be trained again since a day."""
    put = Action("GOAL", account.goal_id, update="SET retrain = :f", values={":f": flag(since)})
    account.stores.table.apply(put)


def standing(account: Account) -> dict[str, Any]:
    """What the API tells of the goal, in numbers."""
    goal = f"/v1/goals/{account.goal_id}"
    progress = ask("GET", f"{goal}/progress").json
    return {"days": progress["days"], "users": progress["users"]}


def test_the_user_is_in_every_kind_of_place(account: Account) -> None:
    kinds = {place.split("/")[0].split(" ")[0] for place in account.places}
    assert EVERY_KIND - {"erasures"} <= kinds
    old = [place for place in account.places if not place.endswith(" now") and "g=" in place]
    assert {place.split("/")[0] for place in old} >= {"activity", "scores"}


def test_nothing_shows_the_user_from_the_request_on(account: Account) -> None:
    body = {"definition": {"did": {"event": "Visit"}}, "sample": 100}
    before = ask("POST", "/v1/previews", body).json
    numbers = standing(account)
    request_erasure(GONE)
    after = ask("POST", "/v1/previews", body).json
    assert after["users"] == before["users"] - 1
    assert GONE not in json.dumps(after) and SECRET not in json.dumps(after)
    listed = [
        ask("GET", f"/v1/goals/{account.goal_id}/buckets/{bucket}/users?limit=100").text
        for bucket in ("most_likely", "moderately_likely", "least_likely")
    ]
    lists = [*listed, ask("GET", "/v1/segments").text, ask("GET", "/v1/goals").text]
    assert not [text for text in lists if f'"{GONE}"' in text]
    assert ask("GET", f"/v1/users/{GONE}/intents").json["data"] == []
    theirs = group_of(user_hash(GONE), account.nights.groups)
    for export_id in account.exports:
        statuses = [
            ask("GET", f"/v1/exports/{export_id}/files/{number}").status
            for number in range(account.nights.groups)
        ]
        assert statuses[theirs] == 409 and set(statuses) == {302, 409}
    later = export(account.nights, "/v1/segments/all-users", {"format": "csv"})
    assert not [line for line in exported(account.nights, later) if line == GONE]
    assert ask("GET", f"/v1/exports/{later}/files/{theirs}").status == 302
    assert standing(account) == numbers  # published numbers stay as they are


def test_after_the_run_there_is_no_trace_and_everybody_else_is_as_before(account: Account) -> None:
    made, stores = account.nights, account.stores
    counted = ask("GET", "/v1/events").json["data"]
    erasure_id = request_erasure(GONE)  # the same one
    assert erase_pending(stores, made.folder / "erasing")["status"] == "published"
    assert places_of(Kept.by(stores), GONE, made.folder / "decoded", (SECRET,)) == []
    assert others(made, account.goal_id, account.exports) == account.before
    told = ask("GET", f"/v1/erasures/{erasure_id}").json
    answers.Erasure.model_validate(told)
    mine = [h for h in HAPPENED if h.uh == GONE_NUMBER and h.day <= AS_OF + 1]
    assert told["status"] == "done"
    assert told["goals"] == [account.goal_id]
    removed = told["removed"]
    assert (removed["events"], removed["traits"]) == (len(mine), 1)
    assert (removed["target_groups"], removed["definitions"]) == (1, 4)
    for folder, name in (("scores", "scores"), ("exports", "exported")):
        files = [p for p in account.places if p.startswith(folder) and p.endswith(" now")]
        assert removed[name] == len(files) >= 2
    assert removed["landed"] == len(mine) + 5 and removed["versions"] >= 2
    assert told["recoverable_until"] > told["done_at"]
    now = {entry["event"]: entry for entry in ask("GET", "/v1/events").json["data"]}
    for entry in counted:
        of_them = sum(1 for h in mine if h.event == entry["event"])
        assert now[entry["event"]]["count"] == entry["count"] - of_them
        assert now[entry["event"]]["users"] == entry["users"] - 1
    assert SECRET not in ask("GET", "/v1/traits").text
    assert stores.erasures.suppressed() == frozenset()
    for export_id in account.exports:
        files = ask("GET", f"/v1/exports/{export_id}").json["files"]
        assert sum(file["rows"] for file in files) == len(exported(made, export_id))
        for file in files:
            assert ask("GET", file["href"]).status == 302


def test_a_night_from_before_is_repeated_and_its_numbers_stay(account: Account) -> None:
    before = standing(account)
    assert account.nights.night(NIGHT)["status"] == "published"
    assert standing(account) == before


def test_an_old_file_loaded_again_brings_nothing_back(account: Account) -> None:
    made = account.nights
    rows = [
        {
            "user_id": f"user {h.uh}",
            "event": h.event,
            "ts": f"{from_day(h.day)}T12:00:00Z",
            "message_id": f"events-{number}",
        }
        for number, h in enumerate(h for h in without_secret(HAPPENED) if h.day <= AS_OF)
    ]
    body = "\n".join(map(json.dumps, rows)).encode()
    report = load(made, "landing/again/e.jsonl", "events", body)
    mine = [row for row in rows if row["user_id"] == GONE]
    assert report["set_aside"]["erased_user"]["count"] == len(mine) > 0
    assert (report["added"], report["duplicates"]) == (0, len(rows) - len(mine))
    people = load_profiles(made, "again")
    assert (people["set_aside"]["erased_user"]["count"], people["added"]) == (1, 0)
    lake = [
        place
        for place in places_of(Kept.by(account.stores), GONE, made.folder / "decoded", (SECRET,))
        if not place.startswith("landing/again/")
    ]
    assert lake == []


def test_the_next_night_counts_one_member_less_and_who_comes_back_is_a_new_user(
    account: Account,
) -> None:
    made = account.nights
    before = standing(account)["days"][-1]
    members = sum(before[state] for state in ("open", "achieved", "lost"))
    made.load([h for h in HAPPENED if h.day == AS_OF + 2], "after")
    old = account.stores.goals.get(account.goal_id)
    assert ask("GET", f"/v1/goals/{account.goal_id}").json["retraining"] == old.retrain is not None
    flagged(account, from_day(AS_OF - 4))
    assert made.night(from_day(AS_OF + 2))["status"] == "published"
    new = account.stores.goals.get(account.goal_id)
    assert new.retrain is None and new.model["as_of"] == old.model["as_of"]
    assert new.model["sha256"] != old.model["sha256"]
    remove_unused_models(account.stores, datetime.now(UTC) + timedelta(days=2))
    kept = set(account.stores.objects.keys(f"models/{account.goal_id}/"))
    assert new.model["key"] in kept and old.model["key"] not in kept
    after = standing(account)["days"][-1]
    assert sum(after[state] for state in ("open", "achieved", "lost")) == members - 1
    later = date(2030, 1, 1)
    at = f"{later}T08:00:00Z"
    line = json.dumps({"user_id": GONE, "event": "Visit", "ts": at}).encode()
    report = load(made, "landing/back/e.jsonl", "events", line, until=later.isoformat())
    assert (report["added"], report["new_users"], report["set_aside"]) == (1, 1, {})
