"""Exports of other tools, as their vendors describe them, become events."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from intent_segments.errors import InvalidFile, InvalidInput
from intent_segments.events.files import open_source
from intent_segments.events.known_mappings import KNOWN
from intent_segments.events.mapping import FieldMapping, mapped
from intent_segments.events.normalize import normalize
from intent_segments.lake.tables import connect


def events(tmp_path: Path, rows, how, name: str = "export.jsonl"):
    """(user_id, event, day, properties) of every event that the import makes of the rows."""
    path = tmp_path / name
    if isinstance(rows, str):
        path.write_text(rows)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    con = connect(scratch)
    ours = mapped(con, open_source(path, "foreign", scratch), how, tmp_path / "ours.parquet")
    normalize(con, open_source(ours, "events", scratch))
    found = con.execute(
        """SELECT user_id, event, CAST(make_timestamp(ts) AS VARCHAR), properties
        FROM canonical ORDER BY ALL"""
    ).fetchall()
    return [(user, event, ts, json.loads(text)) for user, event, ts, text in found]


AMPLITUDE = {
    "user_id": None,
    "device_id": "d1",
    "event_type": "Song Played",
    "event_time": "2026-10-30 08:01:12.250000",
    "$insert_id": "i1",
    "event_properties": {"genre": "rock"},
    "country": "Chile",
    "ip_address": "192.0.2.1",
}
POSTHOG = {
    "uuid": "0190",
    "distinct_id": "u1",
    "event": "$pageview",
    "timestamp": "2026-10-30T08:01:12.25+00:00",
    "properties": {"$current_url": "/"},
}
GA4 = {
    "event_name": "purchase",
    "event_timestamp": 1793347272250000,
    "user_pseudo_id": "p1",
    "user_id": None,
    "event_params": [
        {"key": "currency", "value": {"string_value": "EUR"}},
        {"key": "value", "value": {"double_value": 9.5, "string_value": None}},
        {"key": "items", "value": {"int_value": 2}},
    ],
    "device": {"category": "mobile"},
}
CLEVERTAP = {
    "eventName": "Charged",
    "profile": {"identity": "c1", "platform": "iOS", "email": "a@example.org"},
    "ts": 20261030080112,
    "event_props": {"Amount": 20},
}
MIXPANEL = {
    "event": "Sign Up",
    "properties": {"time": 1793347272, "distinct_id": "m1", "$insert_id": "x", "plan": "pro"},
}
AT = "2026-10-30 08:01:12"


@pytest.mark.parametrize(
    ("name", "row", "user", "event", "at", "properties"),
    [
        ("amplitude", AMPLITUDE, "d1", "Song Played", f"{AT}.25",
         {"genre": "rock", "country": "Chile"}),
        ("posthog", POSTHOG, "u1", "$pageview", f"{AT}.25", {"$current_url": "/"}),
        ("ga4", GA4, "p1", "purchase", f"{AT}.25",
         {"currency": "EUR", "value": 9.5, "items": 2, "device.category": "mobile"}),
        ("clevertap", CLEVERTAP, "c1", "Charged", AT, {"Amount": 20, "profile.platform": "iOS"}),
        ("mixpanel", MIXPANEL, "m1", "Sign Up", AT, MIXPANEL["properties"]),
    ],
)  # fmt: skip
def test_an_export_is_read_by_its_known_mapping(tmp_path, name, row, user, event, at, properties):
    assert events(tmp_path, [row], KNOWN[name]) == [(user, event, at, properties)]


def test_a_csv_with_other_names_is_read_by_a_mapping_of_ones_own(tmp_path):
    how = FieldMapping.parse(
        {"user_id": "kunde", "event_is": "Bestellung", "ts": "zeit", "keep": ["betrag"]}
    )
    text = "kunde,zeit,betrag\nk1,2026-10-30T08:01:12Z,25\n,2026-10-30T08:01:12Z,1\n"
    found = events(tmp_path, text, how, "bestellungen.csv")
    assert found == [("k1", "Bestellung", AT, {"betrag": "25"})]


def test_parquet_with_structs_is_read_by_paths(tmp_path):
    path = tmp_path / "x.parquet"
    duckdb.sql(
        """COPY (SELECT {'id': 'u1'} AS person, 'A' AS what,
        TIMESTAMP '2026-10-30 08:01:12' AS at, {'n': 1} AS more) TO '"""
        + f"{path}' (FORMAT parquet)"
    )
    how = FieldMapping.parse(
        {"user_id": "person.id", "event": "what", "ts": "at", "properties": "more"}
    )
    con = connect(tmp_path)
    source = open_source(path, "foreign", tmp_path)
    ours = mapped(con, source, how, tmp_path / "ours.parquet")
    normalize(con, open_source(ours, "events", tmp_path))
    [row] = con.execute("SELECT user_id, event, properties FROM canonical").fetchall()
    assert row == ("u1", "A", '{"n":1}')


def test_the_wrong_mapping_is_told_by_the_field_that_nobody_has(tmp_path):
    with pytest.raises(
        InvalidFile, match=r"no row has a value for event .*event_type.*right mapping"
    ):
        events(tmp_path, [POSTHOG | {"user_id": "u", "event_time": "x"}], KNOWN["amplitude"])


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"user_id": "a", "ts": "b"}, "mapping.event"),
        ({"user_id": "a", "ts": "b", "event": "c", "event_is": "d"}, "mapping.event"),
        ({"event": "c", "ts": "b"}, "mapping.user_id"),
        ({"user_id": "a", "event": "c"}, "mapping.ts"),
        ({"user_id": [], "ts": "b", "event": "c"}, "mapping.user_id"),
        ({"user_id": 'a"b', "ts": "b", "event": "c"}, "mapping.user_id"),
        ({"user_id": "a", "ts": "b", "event": "c", "color": "d"}, "mapping.color"),
        ({"user_id": "a", "ts": "b", "event": "c", "ts_format": 7}, "mapping.ts_format"),
    ],
)
def test_a_mapping_that_cannot_be_says_which_entry(document, field):
    with pytest.raises(InvalidInput) as caught:
        FieldMapping.parse(document)
    assert caught.value.errors[0].field == field


def test_names_in_a_mapping_are_data_and_never_sql(tmp_path):
    row = {"u'); DROP TABLE x; --": "u1", "e": "A", "t": "2026-10-30"}
    how = FieldMapping.parse({"user_id": "u'); DROP TABLE x; --", "event": "e", "ts": "t"})
    assert events(tmp_path, [row], how)[0][0] == "u1"
