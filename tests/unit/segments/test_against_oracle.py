"""The engine against a naive interpreter on hundreds of random definitions and histories."""

from __future__ import annotations

from collections import Counter

import numpy as np

from intent_segments.lake.layout import user_hash
from intent_segments.lake.tables import Tables
from intent_segments.segments import evaluate
from intent_segments.segments.definition import parse
from tests.unit.segments import oracle
from tests.unit.segments.cases import cases, features

SEED = 20261122
WORDS = [
    *("all", "any", "not", "did", "did_not", "profile", "segment", "users"),
    *("count", "days", "first_time", "where", "sum", "avg", "min", "max"),
    *("within", "within.days", "within.hours", "between", "before"),
    *(f"count.{operator}" for operator in ("gte", "gt", "lte", "lt", "eq", "ne")),
    *(
        f"{place}.{operator}"
        for place in ("where", "profile")
        for operator in (
            *("eq", "ne", "in", "gt", "gte", "lt", "lte"),
            *("contains", "starts_with", "exists"),
        )
    ),
]


def test_the_engine_and_a_naive_interpreter_agree_on_600_random_cases() -> None:
    seen: Counter[str] = Counter()
    telling = total = 0
    tables: Tables | None = None
    history = None
    for case in cases(SEED, histories=30, each=20):
        if case.history is not history:
            history, tables = case.history, case.history.tables()
        assert tables is not None
        definition = parse(case.definition)
        segments = {name: parse(document) for name, document in case.segments.items()}

        found = evaluate.members(
            tables, definition, case.as_of, shift_days=case.shift_days, lookup=segments.get
        )
        expected = oracle.members(
            case.definition,
            case.history,
            case.as_of,
            shift_days=case.shift_days,
            segments=case.segments,
        )

        assert found.tolist() == sorted(user_hash(user) for user in expected), case.definition
        assert found.dtype == np.int64
        assert parse(definition.to_json()) == definition
        everybody = oracle.members({"all": []}, case.history, case.as_of)
        telling += 0 < len(expected) < len(everybody)
        total += 1
        seen += features(case.definition)

    assert total >= 500
    assert telling > 0.5 * total, f"only {telling} of {total} cases tell anything"
    rare = {word: seen[word] for word in WORDS if seen[word] < 20}
    assert not rare, f"too rare in the random definitions: {rare}"
