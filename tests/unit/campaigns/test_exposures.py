"""What others read from the exposure log stays where and as it is."""

from __future__ import annotations

from datetime import date

from intent_segments.campaigns.exposures import COLUMNS, Outcome, exposure_key, send_of_day


def test_keys_columns_and_codes_are_the_ones_that_readers_count_on() -> None:
    key = exposure_key("eng_1", send_of_day(date(2026, 11, 22)), 3)
    assert key == "exposures/eng_1/2026-11-22/g=0003.parquet"
    assert list(COLUMNS.items()) == [
        ("uh", "BIGINT"),
        ("arm", "UTINYINT"),
        ("bucket", "UTINYINT"),
        ("day", "INTEGER"),
        ("at", "BIGINT"),
        ("outcome", "UTINYINT"),
        ("likelihood", "INTEGER"),
        ("message_id", "VARCHAR"),
        ("crossing", "UTINYINT"),
    ]
    labels = {int(outcome): outcome.label for outcome in Outcome}
    assert labels == {
        0: "held_back",
        1: "sent",
        2: "failed",
        3: "unknown",
        4: "unreachable",
        5: "suppressed",
    }
