"""A goal at work says when what comes has left its forecast behind."""

from __future__ import annotations

import pytest

from intent_segments.goals.off_course import off_course

DAY = "2026-10-20"
PREDICTED = {"value": 300.0, "low80": 250.0, "high80": 360.0}
"""The 99 % interval is 300 / 1.2^2.4 to 300 x 1.2^2.4: 194 to 465."""


@pytest.mark.parametrize("did", [194, 250, 300, 400, 464])
def test_what_lies_within_the_interval_is_no_warning(did: int) -> None:
    assert off_course(did, PREDICTED, DAY) is None


@pytest.mark.parametrize(
    ("did", "words"), [(466, "more than the 465"), (193, "fewer than the 194")]
)
def test_what_lies_outside_is_told_with_the_numbers(did: int, words: str) -> None:
    said = off_course(did, PREDICTED, DAY)
    assert said is not None
    assert f"By {DAY} {did} members did it, {words}" in said
    assert "(300 were expected)" in said


def test_a_handful_is_chance() -> None:
    assert off_course(12, {"value": 2.0, "low80": 0.0, "high80": 4.0}, DAY) is None


def test_many_where_few_were_expected_are_no_chance() -> None:
    assert off_course(90, {"value": 2.0, "low80": 0.0, "high80": 4.0}, DAY) is not None


def test_nothing_is_said_before_there_is_a_forecast_for_the_day() -> None:
    assert off_course(500, None, DAY) is None
    assert off_course(500, {"value": 0.0, "low80": 0.0, "high80": 0.0}, DAY) is None
