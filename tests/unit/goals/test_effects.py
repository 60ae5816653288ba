"""Counts of a night, the looks that they carry on; metrics: what may be asked, what is summed."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import numpy as np
import pytest

from intent_segments.errors import InvalidInput
from intent_segments.goals.effects import GOAL, Amounts, Effects, Followed, Population
from intent_segments.goals.metrics import MOST, UNIT, Metric, agree_metrics
from intent_segments.goals.strata import Strata, Stratum
from intent_segments.segments.goal_event import GoalEvent
from intent_segments.services.comparing_groups import Members, Pool, measured
from intent_segments.services.metric_rows import MetricRows, metric_rows
from tests.fixtures.charges import Happened, charges, tables_of_events
from tests.fixtures.histories import START

KNOWN = {"Charged": {"amount", "plan"}, "Visit": set(), "Many": None}
REVENUE = Metric("Revenue", GoalEvent("Charged"), "amount")
LONG = [f"{n:0900}" for n in range(12)]
LARGE = Metric("Large", GoalEvent("Charged", ({"property": "amount", "gte": 50},)))


def population(did: int) -> Population:
    places = {(2, 9, 0): Stratum(19, did, 1, 2, 3), (0, 1, 1): Stratum(1, 0)}
    return Population(Strata(places), {"m1": {(2, 0): Amounts(did, did, 2 * did, 4 * did, 7, 49)}})


def test_every_night_adds_a_look_to_those_before() -> None:
    first = Followed.after(None, Effects({GOAL: population(3)}), "2026-11-21")
    again = Followed.from_json(first.to_json())
    assert again == Followed(
        first.effects, {key: list(looks) for key, looks in first.looks.items()}
    )
    second = Followed.after(again, Effects({GOAL: population(5)}), "2026-11-22")
    nobody = (0, 0)
    assert second.looks[GOAL, None] == [
        ("2026-11-21", (*nobody, 1, 0, *nobody, *nobody, 19, 3, *nobody)),
        ("2026-11-22", (*nobody, 1, 0, *nobody, *nobody, 19, 5, *nobody)),
    ]
    assert [look[9] for _, look in second.looks[GOAL, "m1"]] == [3, 5]


def test_what_is_counted_no_more_leaves_and_what_is_new_begins() -> None:
    first = Followed.after(None, Effects({GOAL: population(3)}), "2026-11-21")
    plain = Population(population(4).strata)
    second = Followed.after(first, Effects({GOAL: plain, "eng_1": plain}), "2026-11-22")
    assert second.looks.keys() == {(GOAL, None), ("eng_1", None)}
    assert len(second.looks[GOAL, None]) == 2 and len(second.looks["eng_1", None]) == 1


def test_groups_add_up() -> None:
    both = Effects({GOAL: population(3)}) + Effects({GOAL: population(4), "eng_1": population(1)})
    assert both.populations[GOAL].metrics["m1"][2, 0] == Amounts(7, 7, 14, 28, 14, 98)
    assert both.populations["eng_1"] == population(1)
    assert both.faults(40) == [] and both.faults(39) == ["members = sum of strata users"]


def members(count: int) -> Members:
    uh = np.arange(count, dtype=np.int64)
    arm = (uh % 5 == 0).astype(np.uint8)
    nothing: Any = None
    return Members(uh, uh.astype(np.int32), arm, None, nothing, START + 60)


@pytest.mark.parametrize("metric", [REVENUE, LARGE, Metric("Visits", GoalEvent("Visit"))])
def test_amounts_are_those_of_the_single_events_of_the_days_that_count(metric: Metric) -> None:
    happened = [h for h in charges(users=60, days=80) if h.uh % 7]
    tables = tables_of_events(happened)
    rows = metric_rows(tables, tables, metric, START + 1, START + 60)
    since = START + 10 + np.arange(60) % 4  # they come in on four days
    bucket = (np.arange(60) % 3).astype(np.uint8)
    everybody = members(60)
    until = np.full(60, START + 50)
    pool = Pool(np.arange(60), everybody.arm, since, until, {"bucket": bucket})
    found = measured(everybody, pool, rows)
    for of in range(3):
        for arm in range(2):
            n, total, did, payers, nn, squares = 0, 0, 0, 0, 0, 0
            for user in np.flatnonzero((bucket == of) & (everybody.arm == arm)).tolist():
                mine = [h for h in happened if counts(h, user, metric, int(since[user]))]
                amount = sum(round(h.properties["amount"] * UNIT) for h in mine if metric.sum)
                n, nn, did = n + len(mine), nn + len(mine) ** 2, did + bool(mine)
                total, squares = total + amount, squares + amount**2
                payers += bool(amount)
            expected = (did, payers, n, nn, total, squares)
            assert astuple(found.get((of, arm), Amounts())) == expected


def counts(h: Happened, user: int, metric: Metric, since: int) -> bool:
    fits = h.event == metric.event.event and (metric != LARGE or h.properties["amount"] >= 50)
    return h.uh == user and since < h.day <= START + 50 and fits


def test_what_is_no_number_adds_nothing_and_what_is_no_amount_is_cut() -> None:
    happened = [
        Happened(1, "Charged", START + 1, {"amount": "12"}),
        Happened(1, "Charged", START + 1, {}),
        Happened(2, "Charged", START + 1, {"amount": 1e15}),
        Happened(3, "Charged", START + 1, {"amount": -2.5}),
        Happened(4, "Charged", START + 1, {"amount": 0.1}),
        Happened(4, "Charged", START + 1, {"amount": 0.2}),
    ]
    tables = tables_of_events(happened)
    rows = metric_rows(tables, tables, REVENUE, START, START + 5)
    assert rows.total.tolist() == [0, MOST * UNIT, -2_500_000, 300_000]
    assert rows.n.tolist() == [2, 1, 1, 2]
    other = Metric("Nothing", GoalEvent("Never"))
    assert metric_rows(tables, None, other, START, START + 5).uh.tolist() == []
    assert measured(members(5), whole_of(5), MetricRows.none()) == {}


def whole_of(count: int) -> Pool:
    none = np.zeros(count, np.uint8)
    since, until = np.full(count, START), np.full(count, START + 9)
    return Pool(np.arange(count), none, since, until, {"bucket": none})


def asked(name: str, event: Any = "Charged", added: str | None = None) -> dict[str, Any]:
    return {"name": name, "event": event, "sum": added}


def test_metrics_are_what_was_asked_and_keep_their_counts_when_renamed() -> None:
    where = [{"property": "amount", "gte": 50}]
    found = agree_metrics(
        [asked("Revenue", added="amount"), asked("Large", {"event": "Charged", "where": where})],
        KNOWN,
    )
    assert found == (REVENUE, LARGE)
    assert [Metric.from_json(metric.to_json()) for metric in found] == list(found)
    assert Metric("Income", REVENUE.event, "amount").id == REVENUE.id != LARGE.id
    assert Metric("Charges", REVENUE.event).id != REVENUE.id
    assert REVENUE.single and LARGE.single and not Metric("Visits", GoalEvent("Visit")).single


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ([asked("a", "Chrged")], "metrics[0].event", "Did you mean 'Charged'?"),
        ([asked("a", added="amont")], "metrics[0].sum", "Did you mean 'amount'?"),
        ([asked("a"), asked("a", "Visit")], "metrics[1].name", "two metrics are called 'a'"),
        ([asked("a"), asked("b")], "metrics[1]", "asks for the same as 'a'"),
        ([asked(str(n), "Visit") for n in range(11)], "metrics", "at most 10 metrics, not 11"),
        (
            [asked("a", {"event": "Charged", "where": [{"property": "plan", "in": LONG}]})],
            "metrics",
            "at most 10,000 fit",
        ),
        (
            [asked("a", {"event": "Charged", "where": [{"property": "paln", "eq": 1}]})],
            "metrics[0].event.where[0].property",
            "Did you mean 'plan'?",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused(
    given: list[dict[str, Any]], field: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says.replace("?", r"\?")) as refused:
        agree_metrics(given, KNOWN)
    assert refused.value.errors[0].field == field


def test_a_property_of_an_event_with_too_many_of_them_is_taken_on_trust() -> None:
    assert agree_metrics([asked("a", "Many", "price")], KNOWN)[0].sum == "price"
