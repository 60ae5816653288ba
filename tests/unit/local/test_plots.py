"""`intent backtest --plot`: one page with nothing but itself, and the numbers of the backtest."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from intent_local.plots import check, page
from intent_segments.errors import InvalidInput
from intent_segments.pages.svg import ticks
from intent_segments.propensity.backtest import Backtest, backtest
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop

QUESTION = Question(parse({"did": {"event": "visit"}}), ("buy",), "any", START + 150, 14)
VOID = {"meta", "link", "br", "img"}


class Reader(HTMLParser):
    """Fails on tags that are not closed in order; keeps tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


@pytest.fixture(scope="module")
def result() -> Backtest:
    return backtest(shop(), QUESTION, [START + 150, START + 180, START + 235])


@pytest.fixture(scope="module")
def drawn(result: Backtest) -> Reader:
    return read(page(result, "Users who do: buy & <more>"))


def test_every_day_has_its_charts(drawn: Reader) -> None:
    """The last day's future is not in the data: there is a forecast and nothing to judge it by."""
    assert drawn.tags.count("section") == 3
    assert drawn.tags.count("svg") == 4 + 4 + 1
    assert "actual not in the data" in drawn.text


def test_the_page_holds_the_numbers_of_the_backtest(result: Backtest, drawn: Reader) -> None:
    first = result.origins[0]
    assert first.forecast is not None and first.evaluation is not None
    assert f"forecast {first.forecast.value:,.0f}" in drawn.text
    assert f"actual {first.actual:,}" in drawn.text
    for row in first.evaluation.reliability:
        said = f"{row.users:,} users: said {row.predicted:.2%}, did {row.observed:.2%}"
        assert said in drawn.text
    for place, decile in enumerate(first.evaluation.deciles, 1):
        assert f"tenth {place}: {decile.lift:.2f} times, {decile.rate:.2%} did it" in drawn.text
    assert f"{result.summary()['auc']:.3f}" in drawn.text


def test_the_fan_ends_where_forecast_and_actual_end(result: Backtest) -> None:
    [first, *_] = result.origins
    assert first.actual_by_day is not None
    assert len(first.actual_by_day) == QUESTION.horizon
    assert first.actual_by_day[-1] == first.actual
    assert list(first.actual_by_day) == sorted(first.actual_by_day)


def test_nothing_is_fetched_from_anywhere(result: Backtest, drawn: Reader) -> None:
    html = page(result, "x")
    assert not re.search(r"https?:|//[a-z]|@import|url\(", html)
    assert not {"script", "link", "img", "iframe"} & set(drawn.tags)
    assert not {name for name, _ in drawn.attributes} & {"src", "href"}


def test_the_page_is_light_or_dark_as_its_reader_is(result: Backtest) -> None:
    assert "prefers-color-scheme: dark" in page(result, "x")


def test_charts_have_words_for_those_who_cannot_see_them(drawn: Reader) -> None:
    assert drawn.tags.count("desc") == drawn.tags.count("svg")
    assert drawn.attributes.count(("role", "img")) == drawn.tags.count("svg")


def test_what_was_asked_is_text_and_never_markup(drawn: Reader) -> None:
    assert "Users who do: buy & <more>" in drawn.text


def test_every_mark_lies_inside_its_drawing(drawn: Reader) -> None:
    for name, value in drawn.attributes:
        if name == "points" and value:
            for point in value.split():
                x, y = map(float, point.split(","))
                assert 0 <= x <= 360 and 0 <= y <= 260


def test_a_day_without_a_forecast_says_why(result: Backtest) -> None:
    refused = replace(result.origins[0], forecast=None, evaluation=None, refusal="Too <young>.")
    assert "Too <young>." in read(page(Backtest((refused,), ()), "x")).text


def test_another_form_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"Name it OUT\.html .* or OUT\.png"):
        check(tmp_path / "out.svg")
    with pytest.raises(InvalidInput, match="make it first"):
        check(tmp_path / "none" / "out.html")
    with pytest.raises(InvalidInput, match="room for 100 days, and 101 were asked for"):
        check(tmp_path / "out.png", days=101)
    check(tmp_path / "out.html", days=101)
    check(tmp_path / "out.PNG")


@pytest.mark.parametrize("top", [0.003, 0.07, 1.0, 3.68, 10.0, 478.0, 1_234_567.0])
def test_ticks_are_round_and_reach_the_top(top: float) -> None:
    found = ticks(top)
    assert found[0] == 0 and found[-1] >= top * 0.999 and 3 <= len(found) <= 7
