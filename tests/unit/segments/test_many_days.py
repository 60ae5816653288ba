"""Several days asked at once, beside the same days asked one by one."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np

from intent_segments.lake.calendar import from_day, to_day
from intent_segments.lake.tables import Tables
from intent_segments.segments import evaluate
from intent_segments.segments.definition import parse
from tests.unit.segments.cases import cases

SEED = 20261123
CASES = int(os.environ.get("INTENT_SEGMENT_CASES", "600")) // 10
"""Each is asked for six times over, so there are fewer than against the oracle."""
BACK = (0, 1, 7, 10, 40)


def test_days_asked_at_once_have_the_members_they_have_one_by_one() -> None:
    sizes: Counter[int] = Counter()
    tables: Tables | None = None
    history = None
    for case in cases(SEED, histories=1 + CASES // 8, each=8):
        if case.history is not history:
            history, tables = case.history, case.history.tables()
        assert tables is not None
        definition = parse(case.definition)
        lookup = {name: parse(document) for name, document in case.segments.items()}.get
        as_of = to_day(case.as_of)
        days = [as_of - back for back in BACK]

        at_once = evaluate.members_on_days(tables, definition, days, as_of, lookup=lookup)

        for day, found in zip(days, at_once, strict=True):
            single = evaluate.members(
                tables, definition, from_day(day), shift_days=day - as_of, lookup=lookup
            )
            assert np.array_equal(found, single), (case.definition, day - as_of)
            sizes[len(found)] += 1
    assert len(sizes) > 3


def test_more_days_than_one_query_takes_come_in_the_order_asked(monkeypatch) -> None:
    case = next(iter(cases(SEED, histories=1, each=1)))
    tables, everybody = case.history.tables(), parse({"all": []})
    days = [to_day(case.as_of) - back for back in range(10)]
    together = evaluate.members_on_days(tables, everybody, days, days[0])
    monkeypatch.setattr(evaluate, "DAYS_AT_ONCE", 3)
    apart = evaluate.members_on_days(tables, everybody, days, days[0])
    assert [found.tolist() for found in apart] == [found.tolist() for found in together]
