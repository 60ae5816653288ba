"""Who went where with a night: files, counts, lists and the event say the same, which is what two
nights' scores say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest

from intent_segments.api import answers
from intent_segments.goals.buckets import CERTAIN, Bucket
from intent_segments.goals.target_group import Arm
from intent_segments.lake.calendar import from_day
from intent_segments.lake.layout import user_hash
from tests.fixtures.bus import Heard, listening
from tests.fixtures.charges import Happened, charges
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, nights
from tests.unit.api.requests import ask

AS_OF = START + 60
HAPPENED = charges(users=200, days=63)
DAY_0, NIGHT, LAST = (from_day(AS_OF + days) for days in range(3))
STATES = ("open", "achieved", "lost")


@dataclass(frozen=True)
class Lived:
    """A goal that ended with the night of LAST and one that goes on, what the bus heard, and the
    changes of every goal and night."""

    account: Nights
    ending: str
    unwanted: str
    heard: list[Heard]
    changes: dict[tuple[str, date], dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    heard: list[Heard] = []
    with (
        nights(tmp_path_factory.mktemp("changes"), groups=3) as account,
        listening(heard.append),
    ):
        account.load([h for h in HAPPENED if h.day <= AS_OF])
        goal = {"segment_id": "all-users", "control_share": 0.2}
        ending = account.goal(goal | {"events": ["Charged"], "ends_on": LAST.isoformat()})
        unwanted = account.goal(
            goal
            | {"events": ["Visit"], "direction": "minimize"}
            | {"ends_on": from_day(AS_OF + 9).isoformat()}
        )
        for day, late in ((NIGHT, False), (LAST, True)):
            landed = [h for h in HAPPENED if from_day(h.day) == day and not is_late(h)]
            account.load(landed, f"of {day}")
            if late:
                account.load([h for h in HAPPENED if is_late(h)], "late")
            account.night(day)
        made = {
            (goal_id, day): account.changes(goal_id, day)
            for goal_id in (ending, unwanted)
            for day in (DAY_0, NIGHT, LAST)
        }
        yield Lived(account, ending, unwanted, heard, made)


def is_late(happened: Happened) -> bool:
    """What every other user did on the day of NIGHT lands only after its night."""
    return from_day(happened.day) == NIGHT and happened.uh % 2 == 0


def standings(lived: Lived, goal_id: str, day: date) -> dict[str, str]:
    """User id -> standing, from the score files of a night; nobody before day 0."""
    if day < DAY_0:
        return {}
    scores = lived.account.scores(goal_id, day)
    return {
        user: Bucket(row["bucket"]).label if row["state"] == 0 else STATES[row["state"]]
        for user, row in scores.items()
    }


def each(lived: Lived) -> Iterator[tuple[str, date]]:
    yield from lived.changes


def test_one_user_is_shown_night_by_night_as_the_score_files_have_it(lived: Lived) -> None:
    for goal_id in (lived.ending, lived.unwanted):
        of_days = {day: lived.account.scores(goal_id, day) for day in (LAST, NIGHT, DAY_0)}
        user = next(user for user, row in of_days[LAST].items() if row["state"] == 0)
        done = next(user for user, row in of_days[LAST].items() if row["state"] != 0)
        for user_id in (user, done):
            found = ask("GET", f"/v1/users/{user_id}/intents/{goal_id}/nights")
            answers.IntentNights.model_validate(found.json)
            rows = [rows[user_id] for rows in of_days.values()]
            assert [night["date"] for night in found.json["data"]] == list(map(str, of_days))
            for night, row in zip(found.json["data"], rows, strict=True):
                is_open = night["state"] == "open"
                assert night["state"] == STATES[row["state"]]
                said = row["likelihood"] / CERTAIN if is_open else None
                assert night["likelihood"] == said
                assert night["bucket"] == (Bucket(row["bucket"]).label if is_open else None)
    newest = ask("GET", f"/v1/users/{user}/intents/{goal_id}/nights?limit=2")
    assert [night["date"] for night in newest.json["data"]] == [str(LAST), str(NIGHT)]


def test_files_hold_whoever_stands_elsewhere_than_the_night_before(lived: Lived) -> None:
    seen: Counter[str] = Counter()
    for goal_id, day in each(lived):
        before = standings(lived, goal_id, date.fromordinal(day.toordinal() - 1))
        now = standings(lived, goal_id, day)
        scores = lived.account.scores(goal_id, day)
        moved = {user: row for user, row in now.items() if before.get(user, "outside") != row}
        found = lived.changes[goal_id, day]
        assert found.keys() == moved.keys()
        for user, row in found.items():
            assert row["uh"] == user_hash(user)
            assert row["from_bucket"] == before.get(user, "outside")
            assert row["to_bucket"] == now[user]
            assert row["arm"] == Arm(scores[user]["arm"]).label
            is_open = row["to_bucket"] not in ("achieved", "lost")
            said = scores[user]["likelihood"] / CERTAIN
            assert row["likelihood"] == (pytest.approx(said) if is_open else None)
        seen.update(row["to_bucket"] for row in found.values())
        order = [row["uh"] for row in found.values()]
        assert order == sorted(order)
    assert {"achieved", "lost", *(bucket.label for bucket in Bucket)} == set(seen)


def test_counts_and_events_are_those_of_the_files(lived: Lived) -> None:
    told = [event.detail for event in lived.heard if event.kind == "bucket.changed"]
    assert len(told) == len(lived.changes)
    by_night = {(e["data"]["goal_id"], date.fromisoformat(e["data"]["date"])): e for e in told}
    for (goal_id, day), rows in lived.changes.items():
        answer = ask("GET", f"/v1/goals/{goal_id}/changes?date={day}").json
        answers.Changes.model_validate(answer)
        moves = Counter((row["from_bucket"], row["to_bucket"]) for row in rows.values())
        shown = {
            (before, now): n
            for before, row in answer["matrix"].items()
            for now, n in row.items()
            if n and before != now
        }
        assert shown == moves and answer["changed"] == len(rows)
        assert sum(n for row in answer["matrix"].values() for n in row.values()) == 200
        data = by_night[goal_id, day]["data"]
        assert (data["changed"], data["matrix"]) == (answer["changed"], answer["matrix"])


def test_days_are_restated_by_later_nights_and_published_ones_stay(lived: Lived) -> None:
    for goal_id, event in ((lived.ending, "Charged"), (lived.unwanted, "Visit")):
        found = ask("GET", f"/v1/goals/{goal_id}/progress").json
        answers.Progress.model_validate(found)
        doers = [h for h in HAPPENED if h.event == event]
        on_time = {h.uh for h in doers if from_day(h.day) == NIGHT and not is_late(h)}
        by_night = {h.uh for h in doers if from_day(h.day) == NIGHT}
        by_last = {h.uh for h in doers if NIGHT <= from_day(h.day) <= LAST}
        assert 0 < len(on_time) < len(by_night)
        night, last = found["days"]
        assert (night["did"], night["did_restated"]) == (len(on_time), len(by_night))
        assert (last["did"], last["did_restated"]) == (len(by_last), None)
        curve = ask("GET", f"/v1/goals/{goal_id}/report").json["curve"]
        assert [(day["did"], day["did_restated"]) for day in curve[:2]] == [
            (len(on_time), len(by_night)),
            (len(by_last), None),
        ]


def test_an_event_is_a_cloud_event_that_leads_to_the_files(lived: Lived) -> None:
    name = f"bucket.changed/{lived.unwanted}/{NIGHT}"
    [detail] = [dict(event.detail) for event in lived.heard if event.name == name]
    data = detail.pop("data")
    assert detail == {
        "specversion": "1.0",
        "id": name,
        "source": "urn:intent-segments",
        "type": "bucket.changed",
        "subject": f"goal/{lived.unwanted}",
        "time": "2026-11-22T12:00:00Z",
        "datacontenttype": "application/json",
    }
    assert data["run_id"] == f"night-{NIGHT}" and data["users"] == 200
    bucket, _, key = data["manifest"].removeprefix("s3://").partition("/")
    assert bucket == "lake"
    manifest = lived.account.stores.objects.get_json(key)
    assert sum(file["changed"] for file in manifest["files"]) == data["changed"]
    there = lived.account.stores.objects.keys(key.removesuffix("manifest.json"))
    assert [file["key"] for file in manifest["files"]] + [key] == there


@pytest.mark.parametrize(
    ("day", "asked"), [(DAY_0, ""), (DAY_0, "&to=most_likely"), (NIGHT, "&to=lost")]
)
def test_pages_lead_through_everybody_who_was_asked_for(
    lived: Lived, asked: str, day: date
) -> None:
    path = f"/v1/goals/{lived.unwanted}/changes/users?date={day}{asked}&limit=30"
    name, _, value = asked.removeprefix("&").partition("=")
    wanted = [
        row
        for row in lived.changes[lived.unwanted, day].values()
        if not asked or row[f"{name}_bucket"] == value
    ]
    found: list[dict[str, Any]] = []
    more = True
    while more:
        after = f"&starting_after={found[-1]['user_id']}" if found else ""
        page = ask("GET", path + after.replace(" ", "%20")).json
        answers.ChangedUserList.model_validate(page)
        assert len(page["data"]) <= 30 and (len(page["data"]) == 30 or not page["has_more"])
        found += page["data"]
        more = page["has_more"]
    assert [user["user_id"] for user in found] == [row["user_id"] for row in wanted]
    assert [(user["from"], user["to"], user["arm"]) for user in found] == [
        (row["from_bucket"], row["to_bucket"], row["arm"]) for row in wanted
    ]


def test_only_files_that_hold_somebody_wanted_are_opened(lived: Lived) -> None:
    opened: list[str] = []
    objects = type(lived.account.stores.objects)
    download = objects.download

    def noting(self: Any, key: str, path: Any) -> Any:
        opened.append(key)
        return download(self, key, path)

    with patch.object(objects, "download", noting):
        path = f"/v1/goals/{lived.unwanted}/changes/users"
        page = ask("GET", f"{path}?date={NIGHT}&from=outside").json
        assert (page["data"], page["has_more"], opened) == ([], False, [])


def test_without_a_date_it_is_the_last_night(lived: Lived) -> None:
    for path in ("changes", "changes/users"):
        assert ask("GET", f"/v1/goals/{lived.ending}/{path}").json["date"] == LAST.isoformat()


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("?date=2026-02-30", 422, "date must be an ISO date"),
        ("?date=2031-01-01", 404, f"its last night is {LAST}"),
        ("?from=gone", 422, "from must be one of outside, least_likely"),
        ("?to=outside", 422, "to must be one of least_likely"),
        ("?limit=0", 422, "limit must be"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    lived: Lived, query: str, status: int, said: str
) -> None:
    answer = ask("GET", f"/v1/goals/{lived.ending}/changes/users{query}")
    assert (answer.status, said in answer.json["detail"]) == (status, True), answer.text


def test_without_the_ai_pack_changes_are_closed(lived: Lived) -> None:
    ask("PATCH", "/v1/account", {"ai_pack": False})
    try:
        for path in ("changes", "changes/users"):
            assert ask("GET", f"/v1/goals/{lived.unwanted}/{path}").status == 403
    finally:
        ask("PATCH", "/v1/account", {"ai_pack": True})
