"""The engine against a naive interpreter on hundreds of random definitions and histories.

INTENT_SEGMENT_CASES asks for more of them than a test run has time for.
"""

from __future__ import annotations

import os
from collections import Counter

import numpy as np

from intent_segments.lake.layout import user_hash
from intent_segments.lake.tables import Tables
from intent_segments.segments import evaluate
from intent_segments.segments.definition import parse
from tests.unit.segments import oracle
from tests.unit.segments.cases import OPERATORS, cases, features

SEED = 20261122
CASES = int(os.environ.get("INTENT_SEGMENT_CASES", "600"))
BORING = 0.25
"""The share of cases that may have nobody or everybody as members; more are passed over."""
EACH = 30
"""One in so many cases at least has each word of the language."""
MANY, OFTEN = 2_000, 100
"""Of so many cases each word occurs so often at least."""

VERSIONS = ("version_gte", "version_gt", "version_lte", "version_lt")
CONDITIONS = (
    *("eq", "ne", "in", "gt", "gte", "lt", "lte", "contains", "starts_with", "exists"),
    *VERSIONS,
)
WORDS = [
    *("all", "any", "not", "did", "did_not", "profile", "segment", "users"),
    *("sequence", "bucket", "likelihood"),
    *("count", "days", "first_time", "where", "sum", "avg", "min", "max", "on"),
    *("within", "within.days", "within.hours", "between", "before"),
    *("on.weekdays", "on.hours"),
    *("profile.within_last", "profile.within_next", "bucket.in"),
    *(f"likelihood.{name}" for name in ("gte", "gt", "lte", "lt", "top_percent")),
    *(f"count.{name}" for name in OPERATORS),
    *(f"{place}.{name}" for place in ("where", "profile") for name in CONDITIONS),
]


def test_the_engine_and_a_naive_interpreter_agree_on_hundreds_of_random_cases() -> None:
    seen: Counter[str] = Counter()
    telling = boring = 0
    tables: Tables | None = None
    history = None
    for case in cases(SEED, histories=CASES, each=28):
        if telling + boring == CASES:
            break
        naive = oracle.Oracle(case.history, case.as_of, case.shift_days, case.segments)
        expected = naive.members(case.definition)
        tells = 0 < len(expected) < len(naive.universe)
        if not tells and boring >= BORING * (telling + boring):
            continue
        telling, boring = telling + tells, boring + (not tells)
        seen += features(case.definition)

        if case.history is not history:
            history, tables = case.history, case.history.tables()
        assert tables is not None
        definition = parse(case.definition)
        segments = {name: parse(document) for name, document in case.segments.items()}
        found = evaluate.members(
            tables, definition, case.as_of, shift_days=case.shift_days, lookup=segments.get
        )
        assert found.tolist() == sorted(user_hash(user) for user in expected), case.definition
        assert found.dtype == np.int64
        assert parse(definition.to_json()) == definition

    assert telling + boring == CASES
    assert telling > 0.7 * CASES, f"only {telling} of {CASES} cases tell anything"
    least = OFTEN if CASES >= MANY else CASES / EACH
    rare = {word: seen[word] for word in WORDS if seen[word] < least}
    assert not rare, f"too rare in the random definitions: {rare}"
