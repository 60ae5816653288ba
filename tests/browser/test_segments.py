"""Segments in the console: build one, watch its size, find it in the inventory."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visit import choose, seen_number
from tests.fixtures.accounts import Account

ACTIVE = {"did": {"event": "App Launched", "within": {"days": 28}, "count": {"gte": 3}}}


@pytest.fixture
def builder(page: Page) -> Iterator[Page]:
    page.goto("/segments/new")
    yield page


def test_a_segment_is_built_from_the_catalogue_with_its_size_in_view(
    builder: Page, world: Account
) -> None:
    builder.get_by_label("Name", exact=True).fill("Launched often")
    choose(builder, "Event", "App Launched")
    builder.get_by_label("Times").fill("3")
    builder.get_by_label("Days", exact=True).fill("28")
    truth = world.stack.api.post("/v1/previews", {"definition": ACTIVE})["users"]
    members = builder.get_by_role("complementary", name="Preview").locator(".big-figure")
    expect(members).to_have_text(f"{truth:,}")

    builder.get_by_role("button", name="Save segment").click()
    expect(builder.get_by_role("heading", level=1)).to_have_text("Launched often")
    saved = next(s for s in world.stack.api.pages("/v1/segments") if s["name"] == "Launched often")
    assert saved["definition"] == ACTIVE

    builder.get_by_role("link", name="Segments", exact=True).first.click()
    row = builder.get_by_role("row").filter(has_text="Launched often")
    expect(row).to_contain_text("Did App Launched at least 3 times in the last 28 days")
    expect(row).to_contain_text(f"{truth:,}")


def test_an_unfinished_segment_is_not_sent_and_says_what_is_missing(builder: Page) -> None:
    builder.get_by_role("button", name="Save segment").click()
    expect(builder.get_by_text("A segment needs a name.")).to_be_visible()
    expect(builder.get_by_text("Still to do: choose an event.")).to_be_visible()
    assert builder.url.endswith("/segments/new")


def test_what_the_api_refuses_is_shown_with_its_remedy(builder: Page) -> None:
    choose(builder, "Event", "App Launched")
    builder.get_by_label("Days", exact=True).fill("4000")
    expect(builder.get_by_role("alert")).to_contain_text("3660")


def test_a_misspelt_event_in_the_json_is_warned_of(builder: Page) -> None:
    builder.get_by_text("JSON", exact=True).click()
    builder.get_by_label("Definition").fill('{"did": {"event": "App Launchd"}}')
    preview = builder.get_by_role("complementary", name="Preview")
    expect(preview).to_contain_text("Did you mean 'App Launched'?")


def test_the_builder_works_by_keyboard_alone(builder: Page) -> None:
    event = builder.get_by_role("combobox", name="Event", exact=True)
    event.focus()
    builder.keyboard.type("concert v")
    expect(builder.get_by_role("option", name="Concert Viewed")).to_be_visible()
    builder.keyboard.press("Enter")
    expect(event).to_have_value("Concert Viewed")
    builder.keyboard.press("Escape")
    members = builder.get_by_role("complementary", name="Preview").locator(".big-figure")
    expect(members).to_have_text(re.compile(r"^[\d,]+$"))


def test_the_trend_can_be_read_as_a_table_and_day_by_day(page: Page) -> None:
    page.goto("/segments/all-users")
    chart = page.get_by_role("figure", name="Size by day")
    plot = chart.get_by_role("group", name=re.compile("Arrow keys"))
    plot.focus()
    page.keyboard.press("ArrowRight")
    reading = chart.locator(".chart-reading")
    expect(reading).to_contain_text("Users")
    users = seen_number(reading.locator("dd"))

    chart.get_by_text("Table", exact=True).click()
    newest = chart.get_by_role("row").nth(1)
    assert seen_number(newest.get_by_role("cell").nth(1)) == users
    assert chart.get_by_role("row").count() == 31


def test_who_enters_and_leaves_a_segment_is_told_night_by_night(page: Page, world: Account) -> None:
    api = world.stack.api
    api.post("/v1/destinations", {"name": "Crossings", "kind": "file", "settings": {}})
    page.goto("/segments/all-users/engage")
    page.get_by_text("Both", exact=True).click()
    page.get_by_label("Destination").select_option(label="Crossings (Files)")
    page.get_by_role("button", name="Save engagement").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who crosses: All users")
    (made,) = [one for one in api.get("/v1/engagements")["data"] if one["goal_id"] is None]
    assert made["audience"]["stream"] == ["entered", "left"]
    assert made["schedule"]["kind"] == "nightly"
    page.goto("/segments/all-users")
    expect(page.get_by_role("region", name="Engagements")).to_contain_text("All users")
    api.post(f"/v1/engagements/{made['id']}/stop")
