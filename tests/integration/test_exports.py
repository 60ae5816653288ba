"""Users as files: asked for over HTTP, planned, written group by group, published, fetched."""

from __future__ import annotations

import csv
import gzip
import io
import json
import urllib.parse
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import numpy as np
import pytest

from functions.api import handler as api_function
from functions.plan_run import handler as plan_run
from functions.record_progress import handler as record_progress
from functions.score_users import handler as score_users
from intent_segments.api import answers
from intent_segments.goals.goal import ScoreFiles, Status
from intent_segments.goals.holdout import Holdout
from intent_segments.lake.columns import write_columns
from intent_segments.lake.layout import group_of, user_hash
from intent_segments.lake.spreadsheets import FORMULA_STARTS
from intent_segments.services.opening import score_key, target_key
from intent_segments.store.goals import step_action
from intent_segments.store.stores import Stores
from tests.fixtures.shops import event, load, shop
from tests.unit.api.requests import Answer, ask
from tests.unit.store.stack import a_goal, loaded_stack, save, terms

LINK = '=HYPERLINK("http://x.example","a, b")'
HOSTILE = [
    "plain",
    "-5",
    "+49 170 1",
    "@cmd",
    LINK,
    '"quoted", with a comma',
    "two\r\nlines",
    "\ttab",
    "\rreturn",
    "\nfeed",
    "＝full width",
    "it's",
    "münchen 東京",
]
PEOPLE: list[dict[str, Any]] = [
    {"user_id": user, "note": user, "age": -5 + n, "share": 0.25, "vip": n % 2 == 0}
    for n, user in enumerate(HOSTILE)
]
TRAITS = ["note", "age", "share", "vip", "nobody has it"]


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Two groups; everybody with a hostile id bought, ten others visited."""
    events = [event(user, "purchase", "2026-11-10") for user in HOSTILE]
    events += [event(f"visitor {n}", "visit", "2026-11-10") for n in range(10)]
    with shop(events, PEOPLE, tmp_path) as made:
        api_function.api.stores = None
        monkeypatch.setattr(score_users, "CACHE", tmp_path / "cache")
        for function in (plan_run, score_users, record_progress):
            function.stores.cache_clear()
        yield made


@pytest.fixture
def bare() -> Iterator[None]:
    """A lake that is known by its manifest alone; its last closed day is 2026-11-20."""
    with loaded_stack():
        api_function.api.stores = None
        yield


def buyers() -> str:
    body = {"name": "Buyers", "definition": {"did": {"event": "purchase"}}}
    made: str = ask("POST", "/v1/segments", body).json["id"]
    return made


def run(export_id: str, groups: tuple[int, ...] = (0, 1)) -> dict[str, Any]:
    """What the state machine does, for some groups."""
    planned = plan_run.handler({"kind": "export", "export_id": export_id}, None)
    for group in groups:
        job = {"run_id": planned["run_id"], "kind": "export", "group": group}
        score_users.handler(job | {"plan_key": planned["plan_key"]}, None)
    done: dict[str, Any] = record_progress.handler(planned, None)
    return done


def files_of(stores: Stores, export_id: str) -> list[bytes]:
    """The bytes of all files, fetched by the keys that their links name."""
    found = []
    for file in ask("GET", f"/v1/exports/{export_id}").json["files"]:
        answer = ask("GET", file["href"])
        assert (answer.status, answer.text) == (302, "")
        link = urllib.parse.urlsplit(answer.headers["Location"])
        key = urllib.parse.unquote(link.path).removeprefix("/").removeprefix("lake/")
        found.append(stores.objects.get(key))
    return found


def rows_of(files: list[bytes]) -> list[list[str]]:
    """The cells of CSV files as a strict reader takes them, without their headers."""
    rows = []
    for file in files:
        text = gzip.decompress(file).decode()
        read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        rows += read[1:]
    return rows


def export(path: str, body: dict[str, Any], **headers: str) -> Answer:
    return ask("POST", f"{path}/exports", body, headers)


def test_a_segment_becomes_one_file_per_group_behind_a_link_of_five_minutes(
    stores: Stores,
) -> None:
    segment = buyers()
    asked = export(f"/v1/segments/{segment}", {"format": "csv"})
    made = asked.json
    answers.Export.model_validate(made)
    assert (asked.status, asked.headers["Location"]) == (202, f"/v1/exports/{made['id']}")
    assert (made["status"], made["files"], made["as_of"]) == ("preparing", None, "2026-11-10")
    assert ask("GET", f"/v1/exports/{made['id']}/files/0").status == 409
    assert run(made["id"])["status"] == "published"
    ready = ask("GET", f"/v1/exports/{made['id']}").json
    answers.Export.model_validate(ready)
    assert (ready["status"], ready["rows"], len(ready["files"])) == ("ready", len(HOSTILE), 2)
    assert ready["bytes"] == sum(map(len, files_of(stores, made["id"])))
    link = ask("GET", ready["files"][1]["href"]).headers["Location"]
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query))
    assert query["X-Amz-Expires"] == "300"
    assert f"{made['id']}-0001.csv.gz" in query["response-content-disposition"]
    assert ask("GET", f"/v1/exports/{made['id']}/files/2").status == 404
    [listed] = ask("GET", "/v1/exports").json["data"]
    assert listed == ready


def test_cells_that_a_spreadsheet_would_run_are_text_and_the_others_stay_as_they_are(
    stores: Stores,
) -> None:
    made = export(f"/v1/segments/{buyers()}", {"format": "csv", "traits": TRAITS}).json["id"]
    run(made)
    files = files_of(stores, made)
    safe = {
        user: f"'{user}" if user.startswith(tuple(FORMULA_STARTS)) else user for user in HOSTILE
    }
    assert safe["-5"] == "'-5" and safe[LINK] == f"'{LINK}" and safe["plain"] == "plain"
    expected = [
        [safe[user], safe[user], str(-5 + n), "0.25", "true" if n % 2 == 0 else "false", ""]
        for n, user in enumerate(HOSTILE)
    ]
    assert sorted(rows_of(files)) == sorted(expected)
    for file in files:
        lines = gzip.decompress(file).decode()
        assert lines.startswith("user_id,note,age,share,vip,nobody has it\r\n")
        assert lines.endswith("\r\n")


def test_the_header_is_as_safe_as_the_cells(stores: Stores) -> None:
    traits = [LINK, "a,b"]
    made = export(f"/v1/segments/{buyers()}", {"format": "csv", "traits": traits}).json["id"]
    run(made)
    text = gzip.decompress(files_of(stores, made)[0]).decode()
    assert next(csv.reader(io.StringIO(text, newline=""))) == ["user_id", f"'{LINK}", "a,b"]


def test_parquet_has_every_value_as_it_is(stores: Stores, tmp_path: Path) -> None:
    body = {"format": "parquet", "traits": TRAITS}
    made = export(f"/v1/segments/{buyers()}", body).json["id"]
    run(made)
    rows = []
    for number, file in enumerate(files_of(stores, made)):
        path = tmp_path / f"{number}.parquet"
        path.write_bytes(file)
        rows += duckdb.execute("SELECT * FROM read_parquet($1)", [str(path)]).fetchall()
    expected = [
        (user, user, str(-5 + n), "0.25", "true" if n % 2 == 0 else "false", None)
        for n, user in enumerate(HOSTILE)
    ]
    assert sorted(rows) == sorted(expected)


def test_traits_are_those_of_the_day_and_timestamps_are_iso(stores: Stores, tmp_path: Path) -> None:
    dated = [
        {"user_id": "plain", "plan": "free", "valid_from": "2026-11-01"},
        {"user_id": "plain", "plan": "pro", "valid_from": "2026-11-08"},
        {"user_id": "plain", "renews": "2026-12-01T08:30:00Z"},
    ]
    load(stores, "profiles", dated, tmp_path)
    load(stores, "events", [event("plain", "purchase", "2026-11-05")], tmp_path)
    for as_of, plan in (("2026-11-06", "free"), ("2026-11-10", "pro")):
        body = {"format": "csv", "traits": ["plan", "renews"], "as_of": as_of}
        made = export(f"/v1/segments/{buyers()}", body).json["id"]
        run(made)
        found = {row[0]: row[1:] for row in rows_of(files_of(stores, made))}
        assert found["plain"] == [plan, "2026-12-01T08:30:00Z"]


def test_all_users_can_be_exported(stores: Stores) -> None:
    made = export("/v1/segments/all-users", {"format": "parquet"}).json["id"]
    run(made)
    assert ask("GET", f"/v1/exports/{made}").json["rows"] == len(HOSTILE) + 10


def test_a_run_that_is_killed_publishes_nothing_and_its_repeat_the_same_bytes(
    stores: Stores,
) -> None:
    made = export(f"/v1/segments/{buyers()}", {"format": "csv", "traits": ["note"]}).json["id"]
    with pytest.raises(Exception, match="lacks 1 of 2 files"):
        run(made, groups=(0,))
    assert ask("GET", f"/v1/exports/{made}").json["status"] == "preparing"
    run(made)
    first = files_of(stores, made)
    again = plan_run.handler({"kind": "export", "export_id": made}, None)
    assert again["has_work"] is False
    job = {"kind": "export", "plan_key": again["plan_key"], "group": 0}
    score_users.handler(job, None)  # a late attempt of a job that was thought dead
    assert record_progress.handler(again, None)["status"] == "published"
    assert files_of(stores, made) == first
    [entry] = ask("GET", "/v1/runs").json["data"]
    assert (entry["id"], entry["kind"], entry["status"]) == (
        f"export-{made}",
        "export",
        "published",
    )


def test_a_run_that_fails_says_why_and_can_be_repaired(stores: Stores) -> None:
    made = export(f"/v1/segments/{buyers()}", {"format": "csv"}).json["id"]
    planned = plan_run.handler({"kind": "export", "export_id": made}, None)
    cause = {"errorType": "CorruptObject", "errorMessage": "a file is damaged"}
    failed = {"Error": "CorruptObject", "Cause": json.dumps(cause)}
    assert record_progress.handler(planned | {"failed": failed}, None)["status"] == "failed"
    shown = ask("GET", f"/v1/exports/{made}").json
    assert (shown["status"], shown["reason"]) == ("failed", "a file is damaged")
    run(made)
    shown = ask("GET", f"/v1/exports/{made}").json
    assert (shown["status"], shown["reason"]) == ("ready", None)


def test_what_is_loaded_or_changed_after_the_request_is_not_in_the_files(
    stores: Stores, tmp_path: Path
) -> None:
    segment = buyers()
    made = export(f"/v1/segments/{segment}", {"format": "csv"}).json["id"]
    load(stores, "events", [event("visitor 1", "purchase", "2026-11-10")], tmp_path)
    ask("PATCH", f"/v1/segments/{segment}", {"definition": {"all": []}})
    run(made)
    assert ask("GET", f"/v1/exports/{made}").json["rows"] == len(HOSTILE)


def test_a_request_with_a_key_is_one_export_however_often_it_is_sent(stores: Stores) -> None:
    segment = buyers()
    path, body, key = f"/v1/segments/{segment}", {"format": "csv"}, {"idempotency-key": "k"}
    first, second = (export(path, body, **key) for _ in range(2))
    assert first.json["id"] == second.json["id"]
    assert export(path, {"format": "parquet"}, **key).status == 409
    assert export("/v1/segments/all-users", body, **key).status == 409
    assert len(ask("GET", "/v1/exports").json["data"]) == 1


def test_exports_are_gone_after_a_week(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    made = export(f"/v1/segments/{buyers()}", {"format": "csv"}).json
    expires = datetime.fromisoformat(made["expires_at"])
    assert expires - datetime.fromisoformat(made["created_at"]) == timedelta(days=7)
    monkeypatch.setattr(api_function.api, "clock", lambda: expires)
    answer = ask("GET", f"/v1/exports/{made['id']}")
    assert (answer.status, "kept for 7 days" in answer.json["detail"]) == (404, True)
    assert ask("GET", "/v1/exports").json["data"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"format": "xlsx"}, "format"),
        ({"as_of": "2026-11-21"}, "as_of"),
        ({"traits": ["email", "user_id"]}, "traits[1]"),
        ({"traits": ["email", "Email"]}, "traits[1]"),
        ({"traits": [f"t{n}" for n in range(51)]}, "traits"),
        ({"columns": ["email"]}, "columns"),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.usefixtures("bare")
def test_a_wrong_request_names_the_field(body: Any, field: str) -> None:
    answer = export("/v1/segments/all-users", body)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)


@pytest.mark.usefixtures("bare")
def test_unknown_things_are_not_found() -> None:
    assert export("/v1/segments/seg_x", {}).status == 404
    assert export("/v1/goals/goal_x", {}).status == 404
    assert ask("GET", "/v1/exports/exp_x").status == 404
    assert ask("GET", "/v1/exports/exp_x/files/0").status == 404


def scored(stores: Stores, tmp_path: Path) -> None:
    """goal_1: the hostile users take turns in buckets, every fourth is of the control arm, the
    first has done it."""
    goal = save(
        stores,
        a_goal(manifest_key=stores.head.read().manifest_key, terms=terms(as_of=date(2026, 11, 10))),
    )
    files = ScoreFiles(date(2026, 11, 10), stores.head.read().version, 2)
    for group in range(2):
        mine = [n for n, user in enumerate(HOSTILE) if group_of(user_hash(user), 2) == group]
        mine.sort(key=lambda n: user_hash(HOSTILE[n]))
        uh = np.array([user_hash(HOSTILE[n]) for n in mine], np.int64)
        arm = np.array([n % 4 == 0 for n in mine], np.uint8)
        scores: dict[str, Any] = {
            "uh": uh,
            "likelihood": np.array([n * 10_000 for n in mine], np.int32),
            "state": np.array([n == 0 for n in mine], np.uint8),
            "bucket": np.array([255 if n == 0 else n % 3 for n in mine], np.uint8),
            "arm": arm,
        }
        ids = np.array([HOSTILE[n] for n in mine], object)
        target: dict[str, Any] = {"uh": uh, "user_id": ids, "arm": arm}
        written = {
            score_key(goal.id, files, group): write_columns(tmp_path / "s.parquet", scores),
            target_key(goal.id, group): write_columns(tmp_path / "t.parquet", target),
        }
        stores.objects.upload(written)
    lie = {"scores": files.to_json(), "day0_scores": files.to_json()}
    active = step_action(goal, Status.ACTIVE, lie)
    stores.table.transact([active])


def test_the_control_group_is_left_out_of_a_goal_s_buckets(stores: Stores, tmp_path: Path) -> None:
    scored(stores, tmp_path)
    body = {"format": "csv", "traits": ["age"], "buckets": ["least_likely", "most_likely"]}
    asked = export("/v1/goals/goal_1", body).json
    assert asked["buckets"] == ["most_likely", "least_likely"]
    run(asked["id"])
    ready = ask("GET", f"/v1/exports/{asked['id']}").json
    answers.Export.model_validate(ready)
    members = [n for n in range(1, len(HOSTILE)) if n % 3 in (0, 2)]
    kept = [n for n in members if n % 4]
    assert (ready["rows"], ready["control_left_out"]) == (len(kept), len(members) - len(kept))
    assert ready["columns"] == ["user_id", "bucket", "likelihood", "age"]
    assert "must not be reached" in ready["note"]
    names = {0: "least_likely", 2: "most_likely"}
    found = {(row[1], row[2], row[3]) for row in rows_of(files_of(stores, asked["id"]))}
    assert found == {(names[n % 3], str(n / 100), str(-5 + n)) for n in kept}


def test_the_control_group_comes_along_with_its_arm_when_it_is_asked_for(
    stores: Stores, tmp_path: Path
) -> None:
    scored(stores, tmp_path)
    asked = export("/v1/goals/goal_1", {"format": "csv", "include_control": True}).json
    run(asked["id"])
    ready = ask("GET", f"/v1/exports/{asked['id']}").json
    assert (ready["rows"], ready["control_left_out"]) == (len(HOSTILE) - 1, 0)
    assert ready["columns"] == ["user_id", "bucket", "likelihood", "arm"]
    arms = [row[3] for row in rows_of(files_of(stores, asked["id"]))]
    assert (arms.count("control"), arms.count("test")) == (3, 9)


def test_who_is_held_out_of_everything_has_an_arm_of_its_own_where_the_control_group_comes_along(
    stores: Stores, tmp_path: Path
) -> None:
    scored(stores, tmp_path)
    ask("PATCH", "/v1/account", {"holdout_share": 0.1})
    with patch.object(Holdout, "holds", lambda _, users: [uh % 3 == 0 for uh in users]):
        asked = export("/v1/goals/goal_1", {"format": "csv", "include_control": True}).json
        run(asked["id"])
    ready = ask("GET", f"/v1/exports/{asked['id']}").json
    assert ready["rows"] == len(HOSTILE) - 1 and "of the arm test" in ready["note"]
    arms = [row[3] for row in rows_of(files_of(stores, asked["id"]))]
    held = sum(user_hash(user) % 3 == 0 for user in HOSTILE[1:])
    assert 0 < arms.count("holdout") == held < len(arms) and "test" in arms


@pytest.mark.parametrize(
    "definition",
    [
        {"bucket": {"goal": "goal_1", "in": ["most_likely", "least_likely", "moderately_likely"]}},
        {
            "all": [
                {"not": {"likelihood": {"goal": "goal_1", "gte": 0.9}}},
                {"did": {"event": "purchase"}},
            ]
        },
    ],
    ids=["bucket", "likelihood"],
)
def test_a_segment_of_what_a_goal_found_is_without_its_control_group_and_says_so(
    stores: Stores, tmp_path: Path, definition: dict[str, Any]
) -> None:
    scored(stores, tmp_path)
    segment = ask("POST", "/v1/segments", {"name": "x", "definition": definition}).json["id"]
    made = export(f"/v1/segments/{segment}", {"format": "csv"}).json["id"]
    run(made)
    ready = ask("GET", f"/v1/exports/{made}").json
    answers.Export.model_validate(ready)
    members = range(1 if "bucket" in definition else 0, len(HOSTILE))
    control = [n for n in members if n % 4 == 0]
    assert (ready["rows"], ready["control_left_out"]) == (
        len(members) - len(control),
        len(control),
    )
    assert "goal_1" in ready["note"] and "must not be reached" in ready["note"]
    names = {row[0].removeprefix("'") for row in rows_of(files_of(stores, made))}
    assert not names & {HOSTILE[n] for n in control}


def test_buckets_are_exported_with_the_ai_pack_alone(stores: Stores, tmp_path: Path) -> None:
    scored(stores, tmp_path)
    ask("PATCH", "/v1/account", {"ai_pack": False})
    assert export("/v1/goals/goal_1", {}).status == 403
    assert export("/v1/segments/all-users", {}).status == 202


def test_a_goal_without_scores_has_nothing_to_export(stores: Stores) -> None:
    save(stores, a_goal(terms=terms(as_of=date(2026, 11, 10))))
    assert export("/v1/goals/goal_1", {}).status == 409


def test_the_event_on_the_bus_starts_the_run(stores: Stores) -> None:
    made = export(f"/v1/segments/{buyers()}", {"format": "csv"}).json["id"]
    delivered = {"detail-type": "ExportRequested", "detail": {"export_id": made}}
    assert plan_run.handler(delivered, None)["run_id"] == f"export-{made}"
