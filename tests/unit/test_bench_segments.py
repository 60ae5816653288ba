"""The benchmark's ten segments: SQL written by hand and Polars find the members that we find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.account import generate
from bench.page import table
from bench.questions import DEFINITIONS, SQL, Files, days_back
from bench.segment_timing import WAYS
from bench.segments import section
from intent_segments.lake.manifest import read_manifest

USERS = 4_000


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[Files, Path]:
    folder = tmp_path_factory.mktemp("account")
    account = generate(folder, USERS)
    manifest = read_manifest(account.stores.objects, account.manifest_key)
    return Files(manifest, folder / "bucket"), folder


@pytest.mark.parametrize("question", DEFINITIONS)
def test_all_ways_find_the_same_members(lake: tuple[Files, Path], question: str) -> None:
    found = {name: way(lake[0], question, lake[1])() for name, way in WAYS.items()}
    ours = found.pop("intent-segments")
    assert 0 < len(ours) <= USERS
    for name, members in found.items():
        assert np.array_equal(members, ours), name


def test_every_question_has_its_sql_and_the_other_way_round() -> None:
    assert {path.stem for path in SQL.glob("*.sql")} == set(DEFINITIONS)


def test_sql_by_hand_reads_the_months_it_needs(lake: tuple[Files, Path]) -> None:
    files, _ = lake
    assert days_back("-- events since 59 days before\nSELECT 1") == 59
    assert files.sql("rock_fans").count("parquet'") == files.manifest.groups
    assert files.sql("looked_then_bought").count("{") == 0


def test_the_page_shows_times_ratios_memory_and_growth() -> None:
    way = {"seconds": 2.0, "cpu": 3.0, "cold": 4.0, "peak": 500.0}
    ways = {name: {**way, "seconds": 2.0 + n} for n, name in enumerate(WAYS)}
    large = {"events": 100, "users": 3, "asked": {"everybody": {"members": 3, "ways": ways}}}
    small = {"events": 10, "users": 1, "asked": {"everybody": {"members": 1, "ways": ways}}}
    text = section(small, large)
    assert "| everybody |       3 |" in text
    assert "0.67" in text and "0.50" in text
    assert table(["a"], [["b"]]).splitlines()[0] in "| a   |"
