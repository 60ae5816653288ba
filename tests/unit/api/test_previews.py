from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.api import handler as api_function
from functions.query import handler as query_function
from intent_segments.api import answers
from intent_segments.api.call import Call
from intent_segments.lake.layout import user_hash
from intent_segments.lake.manifest import panel_bound
from intent_segments.lake.reader import open_panel
from intent_segments.services import census, previews
from intent_segments.services.census import Sampled
from intent_segments.store.stores import Stores
from tests.fixtures.shops import event, shop
from tests.unit.api.requests import Answer, ask
from tests.unit.store.stack import loaded_stack

BUYERS = {"did": {"event": "purchase"}}
VISITORS = {"did": {"event": "visit"}}


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """Two groups: 20 users, every second one bought, the buyers u1 and u5 visited too. Every fourth
    one has an address, of whom u1 and u9 agreed to get mail."""
    events = [event(f"u{n}", "purchase" if n % 2 else "visit", "2026-11-10") for n in range(20)]
    events += [event(f"u{n}", "visit", "2026-11-10") for n in (1, 5)]
    people: list[dict[str, Any]] = [
        {"user_id": f"u{n}", "email": f"u{n}@example.org", "agreed": n in (1, 9)}
        for n in range(1, 20, 4)
    ]
    with shop(events, people, tmp_path) as made:
        api_function.api.stores = query_function.api.stores = None
        yield made


@pytest.fixture
def bare() -> Iterator[None]:
    """A lake that is known by its manifest alone."""
    with loaded_stack():
        api_function.api.stores = query_function.api.stores = None
        yield


def preview(body: dict[str, Any]) -> Answer:
    return ask("POST", "/v1/previews", body, function=query_function)


def test_a_preview_counts_over_all_groups_and_shows_who(stores: Stores) -> None:
    answer = preview({"definition": BUYERS, "sample": 3}).json
    answers.Preview.model_validate(answer)
    assert (answer["as_of"], answer["users"]) == ("2026-11-10", 10)
    assert (answer["estimated"], answer["interval"]) == (False, None)
    assert answer["reachability"] == {"push": 0, "email": 5, "sms": 0}
    assert answer["warnings"] == []
    lowest = sorted((f"u{n}" for n in range(1, 20, 2)), key=user_hash)[:3]
    assert [user["user_id"] for user in answer["sample"]] == lowest
    [u9] = [
        user for user in preview({"definition": BUYERS}).json["sample"] if user["user_id"] == "u9"
    ]
    assert u9["traits"] == {"email": "u9@example.org", "agreed": True}


def test_a_misspelt_event_is_pointed_out(stores: Stores) -> None:
    answer = preview({"definition": {"did": {"event": "purchas"}}}).json
    assert answer["users"] == 0
    assert "Did you mean 'purchase'?" in answer["warnings"][0]


def test_all_users_can_be_previewed(stores: Stores) -> None:
    assert preview({"segment_id": "all-users"}).json["users"] == 20


@pytest.mark.usefixtures("bare")
def test_neither_segment_nor_definition_is_refused() -> None:
    assert preview({}).status == 422


def test_whom_a_channel_reaches_is_account_data(stores: Stores) -> None:
    mail = {"trait": "email", "consent": "agreed"}
    account = ask("PATCH", "/v1/account", {"channels": {"newsletter": mail}})
    assert account.json["channels"] == {"newsletter": mail}
    assert preview({"definition": BUYERS}).json["reachability"] == {"newsletter": 2}


@pytest.mark.parametrize(
    "channels",
    [
        {"E-Mail": {"trait": "email"}},
        {"email": {}},
        {"email": {"trait": "email", "consents": "agreed"}},
        {f"c{n}": {"trait": "email"} for n in range(11)},
    ],
    ids=["a name with other letters", "no trait", "a misspelt field", "too many"],
)
@pytest.mark.usefixtures("bare")
def test_a_channel_that_makes_no_sense_is_refused(channels: Any) -> None:
    answer = ask("PATCH", "/v1/account", {"channels": channels})
    assert answer.status == 422
    assert answer.json["errors"][0]["field"].startswith("channels")


def test_two_segments_are_laid_over_each_other(stores: Stores) -> None:
    saved = ask("POST", "/v1/segments", {"name": "Visitors", "definition": VISITORS}).json["id"]
    expected = {
        "users": 12,
        "both": 2,
        "interval": None,
        "share": 0.2,
        "share_of_other": 0.166667,
        "jaccard": 0.1,
    }
    answer = preview({"definition": BUYERS, "overlap_with": saved}).json
    answers.Preview.model_validate(answer)
    assert answer["overlap"] == {"segment_id": saved, **expected}
    unsaved = preview({"definition": BUYERS, "overlap_with": VISITORS}).json
    assert unsaved["overlap"] == {"segment_id": None, **expected}


def test_shares_of_nobody_are_null(stores: Stores) -> None:
    nobody = {"did": {"event": "purchase", "count": {"gte": 9}}}
    overlap = preview({"definition": nobody, "overlap_with": nobody}).json["overlap"]
    assert (overlap["share"], overlap["jaccard"]) == (None, None)


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ("seg_unknown", "overlap_with"),
        ({"all": [{"dd": {}}]}, "overlap_with.all[0]"),
        (7, "overlap_with"),
    ],
)
@pytest.mark.usefixtures("bare")
def test_a_wrong_segment_to_compare_with_is_named(other: Any, field: str) -> None:
    answer = preview({"definition": BUYERS, "overlap_with": other})
    assert answer.status == 422
    assert answer.json["errors"][0]["field"].startswith(field)


def test_what_was_read_and_what_had_to_be_fetched_is_told(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Call, "folder", lambda _: tmp_path / "fresh")
    first, second = (preview({"definition": BUYERS}).json for _ in range(2))
    tables = ("activity/", "users/", "profiles/")
    keys = [key for table in tables for key in stores.objects.keys(table)]
    lake = sum(stores.objects.size(key) or 0 for key in keys)
    assert first["files"] == second["files"] == len(keys)
    assert first["scanned_bytes"] == second["scanned_bytes"] == lake
    assert (first["fetched_bytes"], second["fetched_bytes"]) == (lake, 0)
    assert 0 < first["seconds"] < 30


def panel_of(users: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lakes with a panel of so few users, on which everything is too large to ask everybody."""
    monkeypatch.setattr(census, "EXACT_BYTES", 0)
    monkeypatch.setattr(previews, "PANEL_USERS", users)
    monkeypatch.setattr(panel_bound, "__defaults__", (users,))
    monkeypatch.setattr(open_panel, "__defaults__", (users,))


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[list[str]]:
    """900 users, every third of whom bought, every sixth of whom has a phone; in hash order."""
    users = [f"person {n}" for n in range(900)]
    bought = [event(user, "purchase", "2026-11-10") for user in users[::3]]
    events = [event(user, "visit", "2026-11-10") for user in users] + bought
    people = [{"user_id": user, "phone": "1"} for user in users[::6]]
    with shop(events, people, tmp_path):
        api_function.api.stores = query_function.api.stores = None
        yield sorted(users, key=user_hash)


def test_where_everybody_takes_too_long_the_panel_is_scaled_up(
    crowd: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    panel_of(300, monkeypatch)
    answer = preview({"definition": BUYERS, "overlap_with": {"all": []}}).json
    answers.Preview.model_validate(answer)
    asked = [user for user in crowd if (user_hash(user) >> 52) < (user_hash(crowd[299]) >> 52) + 1]
    buyers = [user for user in asked if int(user.split()[1]) % 3 == 0]
    assert answer["estimated"] is True
    assert answer["users"] == round(len(buyers) * 900 / len(asked))
    assert answer["interval"]["low"] < 300 < answer["interval"]["high"]
    assert answer["overlap"]["users"] == 900 and answer["overlap"]["share"] == 1
    assert abs(answer["reachability"]["sms"] - 150) < 60
    assert [user["user_id"] for user in answer["sample"]] == buyers[:10]
    exact = preview({"definition": BUYERS, "exact": True}).json
    assert (exact["users"], exact["estimated"], exact["interval"]) == (300, False, None)
    assert exact["files"] > answer["files"]


def test_exact_has_a_limit_that_is_told(crowd: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "MOST_BYTES", 10)
    answer = preview({"definition": BUYERS, "exact": True})
    assert answer.status == 422
    assert "Leave exact out" in answer.json["errors"][0]["message"]


def test_when_time_runs_out_those_counted_so_far_are_the_sample(
    crowd: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of two groups never answers."""
    asked: list[int] = []

    def slowly(tables: Any, questions: Any) -> Any:
        asked.append(1)
        if len(asked) == 2:
            tables.con.execute(
                "SELECT SUM(a.range * b.range) FROM range(10000000) a, range(10000) b"
            )
        return memberships(tables, questions)

    memberships = previews.memberships
    monkeypatch.setattr(previews, "memberships", slowly)
    monkeypatch.setattr(previews, "MAX_SECONDS", 1)
    monkeypatch.setattr(previews, "PANEL_USERS", 300)
    answer = preview({"definition": BUYERS}).json
    assert answer["estimated"] is True
    assert answer["interval"]["low"] < 300 < answer["interval"]["high"]
    asked.clear()
    assert preview({"definition": BUYERS, "exact": True}).status == 422


def test_an_interval_holds_the_true_number_as_often_as_it_says() -> None:
    random = np.random.default_rng(5)
    for total, asked, members in ((2_000, 400, 30), (2_000, 1_500, 900), (50_000, 500, 25_000)):
        seen = random.hypergeometric(members, total - members, asked, 2_000)
        found = [Sampled(asked, total).scaled(int(count)) for count in seen]
        held = np.mean([counted.low <= members <= counted.high for counted in found])
        assert 0.935 <= held <= 0.985, (total, asked, members, held)
        assert all(counted.low <= counted.users <= counted.high for counted in found)


def test_of_everybody_nothing_is_estimated_and_of_nobody_nothing_is_known() -> None:
    assert vars(Sampled(10, 10).scaled(3)) == {"users": 3, "low": 3, "high": 3}
    assert vars(Sampled(0, 10).scaled(0)) == {"users": 0, "low": 0, "high": 10}
