from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from intent_segments.store.codec import decode_item, encode, encode_item


@pytest.mark.parametrize("value", [0, -1, 2**63, 0.1, 1e-7, 1e-100, "", "é", True, False, None])
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    assert decode_item(encode_item({"v": value})) == {"v": value}


def test_truth_is_not_taken_for_a_number() -> None:
    assert encode(True) == {"BOOL": True}


def test_lists_and_maps_nest() -> None:
    document = {"a": [{"b": [1, 2.5, "x"]}, []], "c": {}}
    assert decode_item(encode_item(document)) == document


def test_a_date_is_kept_as_iso_text() -> None:
    assert encode(date(2026, 11, 3)) == {"S": "2026-11-03"}


@pytest.mark.parametrize("value", [5e-324, -1e-131])
def test_a_number_nearer_to_0_than_dynamodb_keeps_is_0(value: float) -> None:
    assert encode(value) == {"N": "0"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**38])
def test_a_number_dynamodb_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="DynamoDB"):
        encode(value)
