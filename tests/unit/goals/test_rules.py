from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from intent_segments.errors import InvalidInput
from intent_segments.goals.goal import Draft, Target, Terms
from intent_segments.goals.rules import agree, still_ahead

WATERMARK = date(2026, 11, 20)
KNOWN = {"purchase", "App Launched", "Order Completed"}
DRAFT = Draft("all-users", None, ("purchase",), date(2026, 11, 30))


def agreed(**changes: Any) -> Terms:
    return agree(replace(DRAFT, **changes), {"all": []}, WATERMARK, KNOWN)


def test_history_ends_with_the_last_closed_day_and_the_period_follows_on_it() -> None:
    terms = agreed()
    assert (terms.as_of, terms.starts_on) == (WATERMARK, date(2026, 11, 21))
    assert terms.horizon == 10


def test_terms_come_back_from_json() -> None:
    terms = agreed(target=Target("events", 500))
    assert Terms.from_json(terms.to_json()) == terms


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"ends_on": date(2026, 11, 20)}, "ends_on", "last closed day is 2026-11-20. Choose 20"),
        ({"ends_on": date(2027, 11, 21)}, "ends_on", "at most 365.*2027-11-20 or earlier"),
        ({"ends_on": None}, "ends_on", "missing"),
        ({"as_of": date(2026, 11, 21)}, "as_of", "not closed yet"),
        ({"starts_on": date(2026, 11, 25)}, "starts_on", "2026-11-21, not 2026-11-25"),
        ({"rolling_days": 7}, "rolling_days", "Give ends_on instead"),
        ({"events": ()}, "events", "1 to 20, not 0"),
        ({"events": ("purchase", "purchase")}, "events[1]", "named twice"),
        ({"events": ("purchase", "purchse")}, "events[1]", "Did you mean 'purchase'"),
        ({"events": ("order completed",)}, "events[0]", "Did you mean 'Order Completed'"),
        ({"events": ("zzz",)}, "events[0]", "Known events: 'App Launched'"),
        ({"target": Target("users", 0)}, "target.value", "1 or more"),
    ],
)
def test_a_broken_rule_names_field_value_and_remedy(
    changes: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        agreed(**changes)
    assert [entry.field for entry in refused.value.errors] == [field]


def test_every_broken_rule_is_reported() -> None:
    with pytest.raises(InvalidInput) as refused:
        agreed(ends_on=date(2026, 1, 1), events=("zzz",))
    assert [entry.field for entry in refused.value.errors] == ["ends_on", "events[0]"]


def test_an_earlier_as_of_is_allowed() -> None:
    assert agreed(as_of=date(2026, 6, 1)).starts_on == date(2026, 6, 2)


def test_a_period_that_is_wholly_closed_cannot_be_tracked() -> None:
    terms = agreed(as_of=date(2026, 6, 1), ends_on=date(2026, 6, 30))
    with pytest.raises(InvalidInput, match=r"2026-06-30 is in the past.*2026-11-21 or later"):
        still_ahead(terms, WATERMARK)
