from __future__ import annotations

import pytest

from intent_segments.errors import InvalidInput
from intent_segments.lake.tables import Tables
from intent_segments.segments.time_limit import TimeLimit

ENDLESS = "SELECT SUM(a.range + b.range) FROM range(1000000) a, range(10000000) b"


def test_a_question_that_takes_too_long_is_stopped_with_the_remedy() -> None:
    told = r"longer than the 0\.2 seconds .* Shorten the windows"
    with pytest.raises(InvalidInput, match=told), TimeLimit(0.2) as limit:
        tables = Tables.empty()
        limit.watch(tables)
        tables.con.execute(ENDLESS)


def test_the_limit_is_one_for_all_tables_that_are_opened_inside() -> None:
    with pytest.raises(InvalidInput, match="longer than"), TimeLimit(0.1) as limit:
        for _ in range(100):
            tables = Tables.empty()
            limit.watch(tables)
            tables.con.execute("SELECT SUM(a.range * b.range) FROM range(3000) a, range(30000) b")
            tables.con.close()


def test_what_is_done_in_time_and_other_mistakes_pass() -> None:
    with TimeLimit(60) as limit:
        tables = Tables.empty()
        limit.watch(tables)
        assert tables.con.execute("SELECT 1").fetchall() == [(1,)]
    with pytest.raises(ZeroDivisionError), TimeLimit(60):
        raise ZeroDivisionError
