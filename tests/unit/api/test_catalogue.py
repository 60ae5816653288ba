"""GET /v1/events and /v1/traits, on what imports brought."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.api import handler as api_function
from intent_segments.api import answers
from intent_segments.lake.manifest import read_manifest, write_manifest
from intent_segments.services import catalogue
from intent_segments.services.importing import ImportRequest, import_landed
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask
from tests.unit.events.making import parquet, text
from tests.unit.store.stack import empty_stack

Load = Callable[..., None]


@pytest.fixture
def stores() -> Iterator[Stores]:
    with empty_stack() as made:
        api_function.api.stores = None
        yield made


@pytest.fixture
def load(stores: Stores, tmp_path: Path) -> Load:
    """Imports a file as the deployed function does."""

    def run(path: Path, kind: str = "events") -> None:
        key = f"landing/{path.name}"
        stores.objects.put(key, path.read_bytes())
        request = ImportRequest.from_event({"key": key, "kind": kind})
        import_landed(request, stores.head, stores.objects, 2, "UTC", tmp_path / "cache")

    return run


def happened(path: Path, *properties: Mapping[str, Any], event: str = "buy", day: int = 5) -> Path:
    """One event of one user for each of some properties."""
    lines = [
        json.dumps(
            {
                "user_id": f"user {number % 50}",
                "event": event,
                "ts": f"2026-01-{day:02d}T08:00:00Z",
                "message_id": f"{event} {day} {number}",
                "properties": of_event,
            }
        )
        for number, of_event in enumerate(properties)
    ]
    return text(path, *lines)


def listed(path: str = "/v1/events") -> list[dict[str, Any]]:
    answer = ask("GET", path)
    model = answers.TraitList if "traits" in path else answers.EventList
    model.model_validate(answer.json)
    found: list[dict[str, Any]] = answer.json["data"]
    return found


def properties_of(event: str) -> dict[str, dict[str, Any]]:
    (found,) = listed(f"/v1/events?q={event}")
    return {seen["property"]: seen for seen in found["properties"]}


def test_before_anything_is_loaded_there_is_nothing(stores: Stores) -> None:
    for path in ("/v1/events", "/v1/traits"):
        assert ask("GET", path).json == {"data": [], "watermark": None, "has_more": False}


def test_an_event_has_users_days_and_the_values_of_its_properties(
    load: Load, tmp_path: Path
) -> None:
    genres = ["rock", "rock", "rock", "jazz", "jazz", 7]
    load(
        happened(
            tmp_path / "a.jsonl", *({"genre": g, "price": 10 * g2} for g2, g in enumerate(genres))
        )
    )
    load(happened(tmp_path / "b.jsonl", {"genre": "rock", "vip": True}, day=9))
    (buy,) = listed()
    assert (buy["event"], buy["count"], buy["users"], buy["users_margin"]) == ("buy", 7, 6, 0.0)
    assert (buy["first_day"], buy["last_day"]) == ("2026-01-05", "2026-01-09")
    seen = properties_of("buy")
    assert list(seen) == ["genre", "price", "vip"]
    genre = seen["genre"]
    assert genre["kinds"] == {"number": 1, "string": 6}
    assert genre["shares"] == {"number": 0.1429, "string": 0.8571}
    assert (genre["distinct"], genre["distinct_or_more"], genre["values"]) == (3, False, "all")
    assert genre["top"] == [
        {"value": "rock", "count": 4, "most": 4},
        {"value": "jazz", "count": 2, "most": 2},
        {"value": 7, "count": 1, "most": 1},
    ]
    assert (seen["price"]["min"], seen["price"]["max"]) == (0, 50)
    assert seen["vip"]["top"] == [{"value": True, "count": 1, "most": 1}]


def test_loading_in_pieces_says_what_loading_at_once_says(load: Load, tmp_path: Path) -> None:
    rows = [{"city": f"city {n * n % 37}", "n": n % 11, "ok": n % 2 == 0} for n in range(300)]
    load(happened(tmp_path / "whole.jsonl", *rows, event="whole"))
    for part in range(3):
        some = rows[part * 100 : part * 100 + 100]
        load(happened(tmp_path / f"{part}.jsonl", *some, event="pieces", day=part + 5))
    whole, pieces = listed()
    for seen in (whole, pieces):
        for name in ("id", "event", "first_day", "last_day"):
            del seen[name]
    assert whole == pieces


def test_a_repeated_import_counts_nothing_twice(load: Load, tmp_path: Path) -> None:
    path = happened(tmp_path / "a.jsonl", {"genre": "rock"}, {"genre": "jazz"})
    load(path)
    before = listed()
    load(path)
    assert listed() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contact", "ann{n}@example.org"),
        ("contact", "write to ann{n}@example.org"),
        ("callback", "+49 151 {n:07d}"),
        ("callback", "0151-{n:07d}"),
        ("callback", "(0151) {n:07d}"),
        ("callback", "49151{n:07d}"),
        ("callback", 491510000000),
        ("device", "8a3c2f4e-9b1d-4c5a-8e7f-{n:012d}"),
        ("email", "nothing to see"),
        ("First Name", "Ann"),
        ("order", "order {n}"),
    ],
)
def test_values_that_may_identify_somebody_are_never_offered(
    load: Load, stores: Stores, tmp_path: Path, name: str, value: Any
) -> None:
    rows = [{name: value.format(n=n) if isinstance(value, str) else value + n} for n in range(60)]
    load(happened(tmp_path / "a.jsonl", *rows))
    seen = properties_of("buy")[name]
    assert (seen["values"], seen["top"]) == ("many_values", [])
    assert (seen["min"], seen["max"]) == (None, None)
    assert seen["count"] == 60
    kept = b"".join(stores.objects.get(key) for key in stores.objects.keys("catalogue/"))
    for row in rows if name != "order" else []:
        assert str(row[name]).encode() not in kept


@pytest.mark.parametrize("value", ["2026-10-31", "4.2.1", "10.10.2", "San José", "12345", "A-17/2"])
def test_dates_versions_and_names_of_things_are_offered(
    load: Load, tmp_path: Path, value: str
) -> None:
    load(happened(tmp_path / "a.jsonl", *({"what": value} for _ in range(3))))
    assert properties_of("buy")["what"]["top"] == [{"value": value, "count": 3, "most": 3}]


def test_one_address_among_many_names_is_withheld_and_the_names_are_offered(
    load: Load, tmp_path: Path
) -> None:
    rows = [{"from": "shop"}] * 200 + [{"from": "ann@example.org"}, {"from": "x" * 101}]
    load(happened(tmp_path / "a.jsonl", *rows))
    seen = properties_of("buy")["from"]
    assert seen["top"] == [{"value": "shop", "count": 200, "most": 200}]
    assert (seen["withheld"], seen["values"], seen["distinct"]) == (2, "most_frequent", 3)


def test_what_was_personal_once_stays_so(load: Load, tmp_path: Path) -> None:
    load(happened(tmp_path / "a.jsonl", *({"who": f"u{n}@example.org"} for n in range(30))))
    load(happened(tmp_path / "b.jsonl", *({"who": "shop"} for _ in range(3000)), day=7))
    assert properties_of("buy")["who"]["values"] == "many_values"


def test_an_infinite_number_has_no_place_in_a_range(load: Load, tmp_path: Path) -> None:
    event = '{"user_id": "u", "event": "buy", "ts": "2026-01-05", "properties": {"n": NUMBER}}'
    lines = [event.replace("NUMBER", number) for number in ("1e400", "3", "-2.5")]
    load(text(tmp_path / "a.jsonl", *lines))
    seen = properties_of("buy")["n"]
    assert (seen["min"], seen["max"]) == (-2.5, 3)


def test_lists_and_objects_have_no_values_to_offer(load: Load, tmp_path: Path) -> None:
    load(happened(tmp_path / "a.jsonl", {"tags": ["a"], "none": None}, {"tags": {"a": 1}}))
    seen = properties_of("buy")
    assert list(seen) == ["tags"]
    assert (seen["tags"]["kinds"], seen["tags"]["values"]) == ({"nested": 2}, "no_values")


def test_names_are_searched_by_their_beginning_and_listed_page_by_page(
    load: Load, tmp_path: Path
) -> None:
    for number, event in enumerate(("View", "buy", "Video", "vote")):
        load(happened(tmp_path / f"{number}.jsonl", *[{}] * (4 - number), event=event))
    assert [seen["id"] for seen in listed()] == ["View", "buy", "Video", "vote"]
    assert [seen["id"] for seen in listed("/v1/events?q=vI")] == ["View", "Video"]
    first = ask("GET", "/v1/events?q=v&limit=2").json
    assert ([e["id"] for e in first["data"]], first["has_more"]) == (["View", "Video"], True)
    rest = ask("GET", "/v1/events?q=v&limit=2&starting_after=Video").json
    assert ([e["id"] for e in rest["data"]], rest["has_more"]) == (["vote"], False)
    unknown = ask("GET", "/v1/events?starting_after=nothing")
    assert (unknown.status, unknown.json["errors"][0]["field"]) == (422, "starting_after")


def test_a_page_ends_early_where_it_would_get_too_large(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        load(happened(tmp_path / f"{number}.jsonl", {"a": 1}, event=f"event {number}"))
    monkeypatch.setattr(catalogue, "MAX_PAGE_BYTES", 10)
    page = ask("GET", "/v1/events").json
    assert (len(page["data"]), page["has_more"]) == (1, True)


def test_properties_beyond_the_limit_are_listed_without_values(load: Load, tmp_path: Path) -> None:
    load(happened(tmp_path / "a.jsonl", {f"p{n:03d}": n for n in range(103)}))
    seen = properties_of("buy")
    assert len(seen) == 103
    assert [seen[f"p{n:03d}"]["values"] for n in (0, 99, 100, 102)] == [
        *("all", "all"),
        *("not_looked_into", "not_looked_into"),
    ]
    assert seen["p102"]["count"] == 1


def test_traits_have_users_values_and_the_days_they_hold_from(load: Load, tmp_path: Path) -> None:
    load(happened(tmp_path / "e.jsonl", {}))
    people = parquet(
        tmp_path / "p.parquet",
        user_id=["a", "b", "c"],
        plan=["free", "paid", "free"],
        age=[30, None, 41],
        email=["a@example.org", "b@example.org", "c@example.org"],
        joined=[datetime(2026, 1, day, 6, tzinfo=UTC) for day in (1, 2, 3)],
        valid_from=[date(2026, 1, 3), None, None],
    )
    load(people, "profiles")
    traits = {seen["id"]: seen for seen in listed("/v1/traits")}
    assert list(traits) == ["age", "email", "joined", "plan"]
    plan = traits["plan"]
    assert (plan["users"], plan["first_day"], plan["last_day"]) == (3, "2026-01-03", "2026-01-03")
    assert plan["top"] == [
        {"value": "free", "count": 2, "most": 2},
        {"value": "paid", "count": 1, "most": 1},
    ]
    assert (traits["age"]["min"], traits["age"]["max"]) == (30, 41)
    assert traits["joined"]["min"] == "2026-01-01T06:00:00Z"
    assert (traits["joined"]["values"], traits["email"]["values"]) == ("many_values",) * 2
    assert [seen["id"] for seen in listed("/v1/traits?q=p&limit=1")] == ["plan"]


def test_a_lake_from_before_says_what_it_never_counted(
    load: Load, stores: Stores, tmp_path: Path
) -> None:
    load(happened(tmp_path / "a.jsonl", {"genre": "rock"}, {"genre": "rock"}))
    load(happened(tmp_path / "v.jsonl", {}, event="view"))
    load(parquet(tmp_path / "p.parquet", user_id=["a"], plan=["free"]), "profiles")
    head = stores.head.read()
    assert head.manifest_key is not None
    old = replace(read_manifest(stores.objects, head.manifest_key), details=None, version=4)
    stores.head.commit(3, write_manifest(stores.objects, old), None)
    assert properties_of("buy")["genre"]["values"] == "not_looked_into"
    load(happened(tmp_path / "b.jsonl", {"genre": "jazz"}, day=8))
    load(happened(tmp_path / "c.jsonl", {"genre": "jazz"}, event="new", day=9))
    load(happened(tmp_path / "w.jsonl", {}, event="view", day=9))
    load(parquet(tmp_path / "q.parquet", user_id=["b"], city=["Berlin"]), "profiles")
    seen = {event["id"]: event for event in listed()}
    assert {name: event["users"] for name, event in seen.items()} == {
        **{"buy": None, "view": None},
        "new": 1,
    }
    assert seen["buy"]["count"] == 3
    genre = properties_of("buy")["genre"]
    assert (genre["count"], genre["counted"]) == (3, 1)
    (city,) = listed("/v1/traits")
    assert (city["users"], city["top"][0]["count"]) == (None, 1)


def test_the_documents_do_not_depend_on_how_a_batch_was_read(
    load: Load, stores: Stores, tmp_path: Path
) -> None:
    """Equal properties are taken apart once, different ones row by row: both say the same."""
    many = [{"a": n % 3, "b": "x"} for n in range(40)]
    load(happened(tmp_path / "a.jsonl", *many, event="few texts"))
    load(happened(tmp_path / "b.jsonl", *({**r, "c": n} for n, r in enumerate(many)), event="many"))
    few, different = properties_of("few texts"), properties_of("many")
    assert {name: different[name] for name in few} == few
