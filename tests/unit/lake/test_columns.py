"""Small Parquet files as numpy columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from intent_segments.lake.columns import read_columns, write_columns
from intent_segments.lake.tables import connect

COLUMNS = {
    "uh": np.arange(50_000, dtype=np.int64),
    "name": np.array([f"u{i % 7}" for i in range(50_000)], object),
    "state": np.arange(50_000).astype(np.uint8),
}


def test_columns_come_back_as_they_were_written(tmp_path: Path) -> None:
    found = read_columns(write_columns(tmp_path / "a.parquet", COLUMNS), tuple(COLUMNS))
    for name, column in COLUMNS.items():
        assert found[name].dtype == column.dtype
        assert np.array_equal(found[name], column)


def test_a_connection_lent_writes_the_same_bytes_and_stays_open(tmp_path: Path) -> None:
    con = connect(tmp_path)
    own = write_columns(tmp_path / "own.parquet", COLUMNS)
    lent = write_columns(tmp_path / "lent.parquet", COLUMNS, con)
    assert lent.read_bytes() == own.read_bytes()
    assert np.array_equal(read_columns(lent, ("state",), con)["state"], COLUMNS["state"])
    assert con.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall() == [
        (0,)
    ]
