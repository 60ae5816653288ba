"""Activity that lies in several parts: rows of one user, event and day become one."""

from pathlib import Path

import duckdb
import pytest

from intent_segments.lake.merge import rows_of

Row = tuple[int, int, int, int]

FIRST = [(1, 0, 10, 2), (1, 0, 11, 1), (2, 0, 10, 1), (3, 1, 10, 4)]
SAME_USERS_AND_DAYS = [(1, 0, 11, 3), (1, 1, 11, 1), (2, 0, 11, 1), (2, 0, 10, 5)]
OTHER_USERS = [(7, 0, 10, 2), (8, 0, 11, 1)]
OTHER_DAYS = [(1, 0, 12, 2), (2, 0, 13, 1)]


def part(folder: Path, name: str, rows: list[Row]) -> list[Path]:
    path = folder / f"{name}.parquet"
    values = ", ".join(map(str, rows))
    duckdb.sql(f"SELECT * FROM (VALUES {values}) t(uh, event, day, n)").write_parquet(str(path))
    return [path]


@pytest.mark.parametrize(
    "others",
    [
        [SAME_USERS_AND_DAYS],
        [OTHER_USERS],
        [OTHER_DAYS],
        [OTHER_USERS, SAME_USERS_AND_DAYS, OTHER_DAYS],
    ],
)
def test_every_user_event_and_day_is_one_row_with_all_it_counted(tmp_path, others):
    parts = [part(tmp_path, str(i), rows) for i, rows in enumerate([FIRST, *others])]
    wanted: dict[tuple[int, int, int], int] = {}
    for uh, event, day, n in [*FIRST, *(row for rows in others for row in rows)]:
        wanted[uh, event, day] = wanted.get((uh, event, day), 0) + n
    found = duckdb.sql(rows_of("activity", parts)).fetchall()
    assert len(found) == len(wanted)
    assert {(uh, event, day): n for uh, event, day, n in found} == wanted
