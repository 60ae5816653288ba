"""A goal's report as a page to print and as a table, beside the JSON that both are made of."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from io import StringIO
from typing import Any

import pytest

from intent_segments.api import answers
from intent_segments.goals.target_group import Arm
from intent_segments.pages import goal_page, goal_table
from intent_segments.store.stores import Stores
from tests.unit.api.requests import Answer, ask
from tests.unit.api.test_uplift import counted, goal, night

HOSTILE = '=cmd|"<script>alert(1)</script>'
ENDS_ON = "2026-11-22"


class Page(HTMLParser):
    """The text of a page, and its elements, which must all be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def goal_id(stores: Stores) -> str:
    made = goal(stores, name=HOSTILE)
    night(stores, "2026-11-21", counted({Arm.TEST: 0.12, Arm.CONTROL: 0.08}))
    night(stores, ENDS_ON, counted({Arm.TEST: 0.5, Arm.CONTROL: 0.16}))
    return made


def report(goal_id: str, query: str = "", accept: str | None = None) -> Answer:
    headers = None if accept is None else {"accept": accept}
    answer = ask("GET", f"/v1/goals/{goal_id}/report{query}", headers=headers)
    assert answer.status == 200, answer.text
    return answer


def test_the_report_holds_the_uplift(goal_id: str) -> None:
    found = report(goal_id).json
    answers.GoalReport.model_validate(found)
    uplift = ask("GET", f"/v1/goals/{goal_id}/uplift").json
    shared = found["uplift"].keys() & uplift.keys()
    assert {key: uplift[key] for key in shared} == found["uplift"]
    assert found["uplift"]["verdict"] == "better" and len(found["uplift"]["by_day"]) == 2
    # Nothing was engaged here, which is what the arms are told of.
    assert "Nothing was engaged through this goal" in found["arms"]["verdict"]


@pytest.mark.parametrize(
    ("query", "accept", "media"),
    [
        ("?format=html", None, "text/html; charset=utf-8"),
        ("", "text/html,application/xhtml+xml;q=0.9", "text/html; charset=utf-8"),
        ("?format=csv", "text/html", "text/csv; charset=utf-8"),
        ("", "Text/CSV; q=1", "text/csv; charset=utf-8"),
        ("", "*/*", "application/json"),
        ("?format=json", "text/html", "application/json"),
    ],
)
def test_the_query_decides_and_else_what_is_accepted(
    goal_id: str, query: str, accept: str | None, media: str
) -> None:
    assert report(goal_id, query, accept).headers["Content-Type"] == media


def test_another_format_is_refused(goal_id: str) -> None:
    refused = ask("GET", f"/v1/goals/{goal_id}/report?format=pdf")
    assert refused.status == 422 and "json, csv, html" in refused.text


def test_the_page_needs_nothing_else_and_runs_nothing(goal_id: str) -> None:
    answer = report(goal_id, "?format=html")
    page = Page(answer.text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.seen}
    assert not re.search(r"(?:src|href|url\()", answer.text)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert HOSTILE in page.text and "<script>" not in answer.text


def test_the_page_says_what_the_report_says(goal_id: str) -> None:
    found = report(goal_id).json
    page = Page(report(goal_id, "?format=html").text)
    assert "Final report" in page.text
    for sentence in found["summary"]:
        assert sentence in page.text
    assert sum(tag == "svg" for tag, _ in page.seen) == 4
    assert "Better" in page.text and "+970" in page.text  # of 2,850 in test
    for day in found["curve"]:
        assert day["date"] in page.text


def test_the_table_has_a_value_and_its_interval_per_row(goal_id: str) -> None:
    answer = report(goal_id, "?format=csv")
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{goal_id}-{ENDS_ON}.csv"'
    )
    head, *rows = csv.reader(StringIO(answer.text, newline=""))
    assert tuple(head) == goal_table.HEAD and {len(row) for row in rows} == {7}
    found = report(goal_id).json
    by_key = {tuple(row[:4]): row[4:] for row in rows}
    repeated = found["uplift"]["repeated"]
    told = by_key["uplift", "all", ENDS_ON, "repeated"]
    assert [float(cell) for cell in told] == [repeated[k] for k in ("value", "low95", "high95")]
    assert by_key["goal", "", ENDS_ON, "name"][0] == f"'{HOSTILE}"
    assert by_key["lines", "test", "2026-11-21", "actual"][0] == "342"
    assert by_key["curve", "", ENDS_ON, "did"][0] == str(found["outcome"]["actual"])


def everything_missing(found: dict[str, Any]) -> dict[str, Any]:
    """A report of a goal about which hardly anything can be said."""
    bare = json.loads(json.dumps(found))
    for key in ("outcome", "events", "target", "ranking", "ends_on"):
        bare[key] = None
    bare["curve"], bare["summary"], bare["final"], bare["rolling_days"] = [], [], False, 7
    for part in (bare["uplift"], *bare["uplift"]["by_bucket"]):
        for key in ("difference", "repeated", "always_valid", "relative", "incremental_users"):
            part[key] = None
        part["adjusted"] = part["srm"] = None
        for arm in ("test", "control"):
            part[arm] |= {"rate": None, "low95": None, "high95": None}
    bare["uplift"]["by_likelihood"], bare["uplift"]["by_day"] = None, []
    return dict(bare)


def test_what_is_missing_is_left_out(goal_id: str) -> None:
    bare = everything_missing(report(goal_id).json)
    page = Page(goal_page.page(bare))
    assert page.open == [] and "Report so far" in page.text
    assert "too few to say" in page.text and "7 days after every night" in page.text
    assert "curve" not in goal_table.text(bare)
