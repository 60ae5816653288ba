from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from intent_segments.errors import InvalidInput
from intent_segments.goals.goal import Draft, Target, Terms
from intent_segments.goals.rules import agree, still_ahead

WATERMARK = date(2026, 11, 20)
KNOWN = {
    "purchase": {"amount", "currency"},
    "App Launched": set[str](),
    "Order Completed": None,
}


def purchases(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"event": "purchase", "where": list(conditions)}


LARGE = {"property": "amount", "gte": 50}
DRAFT = Draft("all-users", None, ("purchase",), date(2026, 11, 30))


def agreed(**changes: Any) -> Terms:
    return agree(replace(DRAFT, **changes), {"all": []}, WATERMARK, KNOWN)


def test_history_ends_with_the_last_closed_day_and_the_period_follows_on_it() -> None:
    terms = agreed()
    assert (terms.as_of, terms.starts_on) == (WATERMARK, date(2026, 11, 21))
    assert terms.horizon == 10


def test_terms_come_back_from_json() -> None:
    terms = agreed(target=Target("events", 500), events=("purchase", purchases(LARGE)))
    assert Terms.from_json(terms.to_json()) == terms


def test_terms_carry_what_buckets_go_by_and_without_it_the_default() -> None:
    policy = {"by": "percentile", "most": 20, "moderate": 30}
    document = agreed(buckets=policy).to_json()
    assert document["bucket_policy"] == policy
    assert Terms.from_json(document) == agreed(buckets=policy)
    del document["bucket_policy"]
    assert Terms.from_json(document) == agreed()


def test_plain_events_stay_names_in_json() -> None:
    terms = agreed(events=(purchases(), "App Launched"))
    assert terms.to_json()["events"] == ["purchase", "App Launched"]


def test_one_event_may_occur_with_different_filters() -> None:
    events = ("purchase", purchases(LARGE), purchases({"property": "amount", "gte": 99}))
    assert [event.words for event in agreed(events=events).events] == [
        "purchase",
        "purchase where amount >= 50",
        "purchase where amount >= 99",
    ]


def test_properties_are_not_checked_where_not_all_of_them_are_known() -> None:
    rare = {"event": "Order Completed", "where": [{"property": "one of 2,000", "eq": 1}]}
    assert agreed(events=(rare,)).events[0].where[0]["property"] == "one of 2,000"


def test_a_property_that_must_be_missing_may_never_have_been_seen() -> None:
    assert agreed(events=(purchases({"property": "refund", "exists": False}),))


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"ends_on": date(2026, 11, 20)}, "ends_on", "last closed day is 2026-11-20. Choose 20"),
        ({"ends_on": date(2027, 11, 21)}, "ends_on", "at most 365.*2027-11-20 or earlier"),
        ({"ends_on": None}, "ends_on", "missing: the last day.*give rolling_days instead"),
        ({"as_of": date(2026, 11, 21)}, "as_of", "not closed yet"),
        ({"starts_on": date(2026, 11, 25)}, "starts_on", "2026-11-21, not 2026-11-25"),
        ({"buckets": {"by": "percentile", "most": 20}}, "buckets.moderate", "missing; write"),
        ({"rolling_days": 7}, "rolling_days", "exclude one another"),
        ({"rolling_days": 0, "ends_on": None}, "rolling_days", "1 to 90, not 0"),
        ({"rolling_days": 91, "ends_on": None}, "rolling_days", "1 to 90, not 91.*give ends_on"),
        (
            {"rolling_days": 7, "ends_on": None, "starts_on": date(2026, 11, 25)},
            "starts_on",
            "2026-11-21, not 2026-11-25",
        ),
        ({"events": ()}, "events", "1 to 20, not 0"),
        ({"events": ("purchase", "purchase")}, "events[1]", "named twice"),
        ({"events": ("purchase", "purchse")}, "events[1]", "Did you mean 'purchase'"),
        ({"events": ("order completed",)}, "events[0]", "Did you mean 'Order Completed'"),
        ({"events": ("zzz",)}, "events[0]", "Known events: 'App Launched'"),
        (
            {"events": (purchases(LARGE), purchases({"property": "amount", "gte": 50.0}))},
            "events[1]",
            "'purchase where amount >= 50' is named twice",
        ),
        ({"events": ("purchase", purchases())}, "events[1]", "'purchase' is named twice"),
        (
            {"events": ({"event": "purchse", "where": [LARGE]},)},
            "events[0].event",
            "Did you mean 'purchase'",
        ),
        (
            {"events": (purchases({"property": "amout", "gte": 1}),)},
            "events[0].where[0].property",
            "no event 'purchase' ever had the property 'amout'. Did you mean 'amount'?",
        ),
        (
            {"events": (purchases({"property": "zzz", "gte": 1}),)},
            "events[0].where[0].property",
            "It has 'amount', 'currency'",
        ),
        (
            {"events": ({"event": "App Launched", "where": [LARGE]},)},
            "events[0].where[0].property",
            "no properties; name the event alone",
        ),
        (
            {"events": (purchases({"property": "amount", "gte": True}),)},
            "events[0].where[0].gte",
            "events.0..where.0..gte: must be a number, a string",
        ),
        ({"events": (17,)}, "events[0]", "an event is a name or"),
        (
            {"events": (purchases({"property": "amount", "in": list(range(10_001))}),)},
            "events",
            "list 10,001 values in their conditions, at most 10,000 fit",
        ),
        (
            {"events": (purchases({"property": "currency", "in": ["x" * 900] * 60}),)},
            "events",
            "bytes as JSON, at most 50,000 fit",
        ),
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


def test_a_rolling_goal_looks_ahead_from_every_night_and_is_never_over() -> None:
    terms = agreed(rolling_days=7, ends_on=None)
    assert (terms.rolling, terms.horizon, terms.ends_on) == (True, 7, None)
    assert Terms.from_json(terms.to_json()) == terms
    night = date(2027, 3, 1)
    assert (terms.first_night(night), terms.last_day_of(night)) == (night, date(2027, 3, 8))
    assert not terms.over(date(2040, 1, 1))
    still_ahead(agreed(rolling_days=7, ends_on=None, as_of=date(2026, 6, 1)), WATERMARK)


def test_a_goal_with_an_end_counts_from_its_first_day_to_its_last() -> None:
    terms = agreed()
    night = date(2026, 11, 25)
    assert (terms.first_night(night), terms.last_day_of(night)) == (WATERMARK, date(2026, 11, 30))
    assert (terms.over(date(2026, 11, 29)), terms.over(date(2026, 11, 30))) == (False, True)


def test_terms_from_before_there_were_rolling_goals_are_read() -> None:
    stored = agreed().to_json()
    del stored["rolling_days"]
    assert Terms.from_json(stored) == agreed()


def test_a_period_that_is_wholly_closed_cannot_be_tracked() -> None:
    terms = agreed(as_of=date(2026, 6, 1), ends_on=date(2026, 6, 30))
    with pytest.raises(InvalidInput, match=r"2026-06-30 is in the past.*2026-11-21 or later"):
        still_ahead(terms, WATERMARK)
