from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from intent_segments.errors import InvalidFile, InvalidInput
from intent_segments.lake.calendar import to_day
from intent_segments.lake.layout import user_hash
from tests.unit.events.making import events, normalized, parquet, text

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
MICROS = int(NOON.timestamp()) * 1_000_000


def one_ts(tmp_path: Path, column: Any) -> tuple[list[int], str]:
    users = [f"u{i}" for i in range(len(column))]
    path = parquet(tmp_path / "e.parquet", user_id=users, event=["e"] * len(users), ts=column)
    result, rows = normalized(path)
    return [row["ts"] for row in rows], result.notes[0]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_timestamps_of_any_unit_are_instants_and_naive_ones_utc(
    tmp_path: Path, unit: str, zone: str | None
) -> None:
    seconds = pa.array([MICROS // 1_000_000], pa.int64()).cast(pa.timestamp("s"))
    found, _ = one_ts(tmp_path, seconds.cast(pa.timestamp(unit, tz=zone)))
    assert found == [MICROS]


def test_a_date_is_midnight_utc(tmp_path: Path) -> None:
    found, _ = one_ts(tmp_path, pa.array([date(2026, 1, 5)]))
    assert found == [MICROS - 12 * 3_600_000_000]


@pytest.mark.parametrize(
    "said",
    [
        "2026-01-05T12:00:00Z",
        "2026-01-05T12:00:00.000Z",
        "2026-01-05 12:00:00",
        "2026-01-05T13:00:00+01:00",
        "2026-01-05T07:00:00-0500",
        " 2026-01-05T12:00Z ",
    ],
)
def test_iso_text_is_read_with_its_offset(tmp_path: Path, said: str) -> None:
    found, rule = one_ts(tmp_path, [said])
    assert found == [MICROS] and "ISO 8601" in rule


@pytest.mark.parametrize(
    ("factor", "unit"), [(1, "seconds"), (10**3, "milliseconds"), (10**6, "microseconds")]
)
@pytest.mark.parametrize("as_text", [False, True])
def test_epoch_numbers_are_read_in_the_unit_of_their_size_and_the_unit_is_told(
    tmp_path: Path, factor: int, unit: str, as_text: bool
) -> None:
    value = MICROS // 10**6 * factor
    found, rule = one_ts(tmp_path, [str(value)] if as_text else [value])
    assert found == [MICROS]
    assert f"epoch {unit}" in rule


def test_one_outlier_does_not_change_the_unit_of_a_file(tmp_path: Path) -> None:
    seconds = MICROS // 10**6
    found, _ = one_ts(tmp_path, [seconds, seconds, seconds * 1000])
    assert found == [MICROS, MICROS]


def test_unusable_rows_are_set_aside_with_reason_and_example(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "e.parquet",
        user_id=["u1", None, "", "u2", "u3", "u4", "u5"],
        event=["a", "a", "a", None, "a", "a", "a"],
        ts=["2026-01-05"] * 4 + ["soon", None, "1890-01-01"],
    )
    result, rows = normalized(path)
    assert [row["user_id"] for row in rows] == ["u1"]
    assert {reason: aside.count for reason, aside in result.set_aside.items()} == {
        "no_user_id": 2,
        "no_event": 1,
        "no_ts": 1,
        "unreadable_ts": 1,
        "ts_out_of_range": 1,
    }
    assert "soon" in result.set_aside["unreadable_ts"].example
    assert result.rows_read == 7


@pytest.mark.parametrize("word", ["epoch", "infinity", "now", "today"])
def test_words_are_no_timestamps(tmp_path: Path, word: str) -> None:
    found, _ = one_ts(tmp_path, ["2026-01-05T12:00:00Z", word])
    assert found == [MICROS]


def test_a_file_of_unusable_rows_alone_is_refused(tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "soon"), ("u2", "a", "later"))
    with pytest.raises(InvalidFile, match=r"none of its 2 rows .* cannot be read .*'later'"):
        normalized(path)


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"user_id": [1.5], "event": ["a"], "ts": ["2026-01-05"]}, "user_id has the type DOUBLE"),
        ({"user_id": ["u"], "event": [7], "ts": ["2026-01-05"]}, "event has the type BIGINT"),
        ({"user_id": ["u"], "event": ["a"], "ts": [True]}, "ts has the type BOOLEAN"),
        (
            {"user_id": ["u"], "event": ["a"], "ts": ["2026-01-05"], "properties": [3]},
            "properties has the type BIGINT",
        ),
    ],
)
def test_a_column_of_an_impossible_type_is_refused(
    tmp_path: Path, columns: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidFile, match=named):
        normalized(parquet(tmp_path / "e.parquet", **columns))


def test_whole_numbers_are_user_ids(tmp_path: Path) -> None:
    path = parquet(tmp_path / "e.parquet", user_id=[42], event=["a"], ts=["2026-01-05"])
    _, rows = normalized(path)
    assert rows[0]["user_id"] == "42" and rows[0]["uh"] == user_hash("42")


def test_the_user_hash_in_sql_is_the_one_in_python(tmp_path: Path) -> None:
    names = ["u1", "Ünï", "x" * 300, "0", "a b", "😀"] + [f"user-{i}" for i in range(200)]
    path = events(tmp_path / "e.parquet", *[(name, "a", "2026-01-05") for name in names])
    _, rows = normalized(path)
    assert {row["user_id"]: row["uh"] for row in rows} == {n: user_hash(n) for n in names}


# Days


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"])
def test_days_are_local_days_on_both_sides_of_a_clock_change(tmp_path: Path, zone: str) -> None:
    hours = [
        datetime(2026, m, d, h, 30, tzinfo=UTC)
        for m, d in [
            (3, 7),
            (3, 8),
            (3, 28),
            (3, 29),
            (3, 30),
            (10, 24),
            (10, 25),
            (10, 26),
            (11, 1),
            (11, 2),
        ]
        for h in range(24)
    ]
    path = events(tmp_path / "e.parquet", *[("u", "a", t.isoformat()) for t in hours])
    _, rows = normalized(path, timezone=zone)
    assert [row["day"] for row in rows] == [
        to_day(t.astimezone(ZoneInfo(zone)).date()) for t in hours
    ]


def test_the_short_day_of_spring_has_23_hours_in_berlin(tmp_path: Path) -> None:
    hours = [f"2026-03-{d}T{h:02d}:00:00Z" for d in (28, 29) for h in range(24)]
    path = events(tmp_path / "e.parquet", *[("u", "a", t) for t in hours])
    _, rows = normalized(path, timezone="Europe/Berlin")
    assert sum(row["day"] == to_day(date(2026, 3, 29)) for row in rows) == 23


def test_since_and_until_keep_local_days_and_count_the_rest(tmp_path: Path) -> None:
    times = [
        "2026-01-04T22:59:00Z",
        "2026-01-04T23:00:00Z",
        "2026-01-05T22:59:00Z",
        "2026-01-05T23:00:00Z",
    ]
    path = events(tmp_path / "e.parquet", *[("u", "a", t) for t in times])
    only = date(2026, 1, 5)
    result, rows = normalized(path, timezone="Europe/Berlin", since=only, until=only)
    assert [row["day"] for row in rows] == [to_day(only)] * 2
    assert (result.before_since, result.after_until) == (1, 1)


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="IANA"):
        normalized(events(tmp_path / "e.parquet", ("u", "a", "2026-01-05")), timezone="Berlin")


# Properties


def properties(path: Path) -> list[Any]:
    _, rows = normalized(path)
    return [json.loads(row["properties"]) for row in rows]


def base(**columns: Any) -> dict[str, Any]:
    size = len(next(iter(columns.values())))
    users = [f"u{i}" for i in range(size)]
    return {"user_id": users, "event": ["a"] * size, "ts": ["2026-01-05"] * size, **columns}


def test_properties_may_be_json_text_and_broken_json_becomes_an_empty_object(
    tmp_path: Path,
) -> None:
    given = ['{"amount": 5, "tags": ["x"]}', "{broken", "[1]", None, "", "null"]
    path = parquet(tmp_path / "e.parquet", **base(properties=given))
    result, _ = normalized(path)
    assert properties(path) == [{"amount": 5, "tags": ["x"]}, {}, {}, {}, {}, {}]
    assert result.broken_properties == 2
    assert any("not a JSON object" in warning for warning in result.warnings)


def test_properties_may_be_a_struct_and_null_fields_are_dropped(tmp_path: Path) -> None:
    given = [{"amount": 5, "sku": None, "at": {"city": "Ulm", "zip": None}}, None]
    path = parquet(tmp_path / "e.parquet", **base(properties=given))
    assert properties(path) == [{"amount": 5, "at": {"city": "Ulm"}}, {}]


def test_further_flat_columns_become_properties_and_properties_wins(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "e.parquet",
        **base(
            properties=['{"amount": 1}', None],
            amount=[9, 9],
            ratio=[0.5, float("nan")],
            new=[True, None],
            city=["Ulm", None],
            on=[date(2026, 1, 5), None],
            at=[NOON, None],
            tags=[["x"], None],
        ),
    )
    assert properties(path) == [
        {
            "amount": 1,
            "ratio": 0.5,
            "new": True,
            "city": "Ulm",
            "on": "2026-01-05",
            "at": "2026-01-05T12:00:00.000000Z",
        },
        {"amount": 9},
    ]
    result, _ = normalized(path)
    assert any("tags" in warning and "not flat" in warning for warning in result.warnings)


def test_further_columns_of_a_csv_get_the_type_that_all_values_have(tmp_path: Path) -> None:
    path = text(
        tmp_path / "e.csv",
        "user_id,event,ts,amount,count,zip,new,city",
        "u1,a,2026-01-05,1.5,3,01234,true,Ulm",
        "u2,a,2026-01-05,2,,89073,FALSE,",
    )
    assert properties(path) == [
        {"amount": 1.5, "count": 3, "zip": "01234", "new": True, "city": "Ulm"},
        {"amount": 2, "zip": "89073", "new": False},
    ]


def test_json_lines_keep_their_types_and_mixed_types_are_no_error(tmp_path: Path) -> None:
    path = text(
        tmp_path / "e.jsonl",
        '{"user_id": 7, "event": "a", "ts": 1767614400, "properties": {"x": 1}, "y": "1"}',
        '{"user_id": "8", "event": "a", "ts": "2026-01-05", "properties": {"x": "one"}, "y": 2}',
        '{"user_id": "9", "event": "a", "ts": "2026-01-05", "properties": "{\\"z\\": 3}"}',
        '{"user_id": {"id": 1}, "event": "a", "ts": "2026-01-05"}',
    )
    result, rows = normalized(path)
    found = {row["user_id"]: (row["ts"], json.loads(row["properties"])) for row in rows}
    assert found == {
        "7": (MICROS, {"x": 1, "y": "1"}),
        "8": (MICROS - 12 * 3_600_000_000, {"x": "one", "y": 2}),
        "9": (MICROS - 12 * 3_600_000_000, {"z": 3}),
    }
    assert result.set_aside["no_user_id"].count == 1


def test_the_same_events_in_three_formats_are_the_same_rows(tmp_path: Path) -> None:
    given = '{"amount":5,"city":"Ulm"}'
    struct = parquet(
        tmp_path / "e.parquet",
        user_id=["u1"],
        event=["a"],
        ts=[NOON],
        properties=[{"amount": 5, "city": "Ulm"}],
    )
    lines = text(
        tmp_path / "e.jsonl",
        f'{{"user_id": "u1", "event": "a", "ts": "2026-01-05T12:00:00Z", "properties": {given}}}',
    )
    quoted = given.replace('"', '""')
    table = text(
        tmp_path / "e.csv",
        "user_id,event,ts,properties",
        f'u1,a,2026-01-05T13:00:00+01:00,"{quoted}"',
    )
    assert normalized(struct)[1] == normalized(lines)[1] == normalized(table)[1]


# Recognising events


def test_identical_rows_stay_separate_events_with_their_own_mid(tmp_path: Path) -> None:
    row = ("u1", "a", "2026-01-05")
    _, rows = normalized(events(tmp_path / "e.parquet", row, row, row, ("u2", "a", "2026-01-05")))
    assert len(rows) == 4 and len({row["mid"] for row in rows}) == 4


def test_the_mids_of_a_file_do_not_depend_on_the_order_of_its_rows(tmp_path: Path) -> None:
    given = [("u1", "a", "2026-01-05")] * 2 + [("u2", "b", "2026-01-06")]
    _, one = normalized(events(tmp_path / "1.parquet", *given))
    _, two = normalized(events(tmp_path / "2.parquet", *reversed(given)))
    assert one == two


def test_a_message_id_counts_once_per_user(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "e.parquet",
        user_id=["u1", "u1", "u2", "u1"],
        event=["a"] * 4,
        ts=["2026-01-06", "2026-01-05", "2026-01-05", "2026-01-05"],
        message_id=["m1", "m1", "m1", None],
    )
    result, rows = normalized(path)
    assert len(rows) == 3 and result.repeated_ids == 1
    assert [row["day"] for row in rows] == [to_day(date(2026, 1, 5))] * 3


def test_ids_as_event_names_are_refused(tmp_path: Path) -> None:
    rows = [("u1", f"open-{i}", "2026-01-05") for i in range(5001)]
    with pytest.raises(InvalidFile, match="5,001 different event names"):
        normalized(events(tmp_path / "e.parquet", *rows))
