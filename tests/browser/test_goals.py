"""The whole way of a goal in the console: asked, saved, followed, engaged; and every page of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visit import seen_number
from tests.fixtures.accounts import AS_OF, ENDS_ON, LAUNCHED, Account

NIGHTS = 2


@pytest.fixture(scope="module")
def goal(world: Account) -> Iterator[dict[str, Any]]:
    """A goal with some nights behind it, saved over the API."""
    made = world.goal(name="See concerts", target={"metric": "users", "value": 500})
    assert made["status"] == "active", made["status_reason"]
    for night in range(NIGHTS):
        world.night(AS_OF + timedelta(days=night + 1))
    yield world.stack.api.get(f"/v1/goals/{made['id']}")


def test_a_goal_is_asked_for_before_it_is_saved_and_then_followed(
    page: Page, world: Account
) -> None:
    segment = world.stack.api.post("/v1/segments", {"name": "Active", "definition": LAUNCHED})
    page.goto(f"/segments/{segment['id']}")
    page.get_by_role("link", name="New segment goal").first.click()
    event = page.get_by_role("combobox", name="Goal event")
    event.fill("Concert V")
    page.get_by_role("option", name=re.compile("^Concert Viewed")).click()
    page.get_by_label("End date").fill(ENDS_ON.isoformat())
    page.get_by_label("Wanted number").fill("500")
    page.get_by_role("button", name="Predict outcome").click()

    outcome = page.get_by_role("region", name="The forecast")
    expect(outcome).to_be_visible(timeout=60_000)
    expect(outcome).to_contain_text("The chance to reach 500 is")
    told = seen_number(outcome.locator(".big-figure"))
    expect(page.get_by_role("region", name="How far to trust it")).to_contain_text("off by")

    page.get_by_label("Name", exact=True).fill("Concerts in May")
    page.get_by_role("button", name=re.compile("Save and track")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Concerts in May", timeout=30_000)
    expect(page.get_by_text("active", exact=True)).to_be_visible(timeout=120_000)
    saved = next(g for g in world.stack.api.pages("/v1/goals") if g["name"] == "Concerts in May")
    assert round(saved["forecast"]["value"]) == told
    world.stack.api.post(f"/v1/goals/{saved['id']}/archive")


def test_the_page_of_a_goal_shows_what_the_api_says(
    page: Page, world: Account, goal: dict[str, Any]
) -> None:
    page.goto(f"/goals/{goal['id']}")
    progress = world.stack.api.get(f"/v1/goals/{goal['id']}/progress")
    buckets = world.stack.api.get(f"/v1/goals/{goal['id']}/buckets")
    last = progress["days"][-1]
    glance = page.get_by_role("region", name="At a glance")
    expect(glance).to_contain_text("to reach 500")
    expect(glance.locator("dd").first).to_have_text(f"{last['did']:,}")
    for bucket in buckets["buckets"]:
        card = page.locator(f".bucket.{bucket['bucket']}")
        expect(card.locator(".big-figure")).to_have_text(f"{bucket['users']:,}")

    figure = page.get_by_role("figure", name="Predicted and actual")
    figure.get_by_text("Table", exact=True).click()
    row = figure.get_by_role("row").nth(len(progress["days"]))
    assert seen_number(row.get_by_role("cell").nth(1)) == last["did"]

    flow = page.get_by_role("figure", name="How buckets moved")
    flow.get_by_text("Table", exact=True).click()
    moved = flow.get_by_role("row").all_inner_texts()[1:]
    users = sum(int(line.split("\t")[-1].replace(",", "")) for line in moved)
    before = progress["days"][-2]
    assert users == before["open"]


def test_members_of_a_bucket_lead_to_why_they_are_in_it(page: Page, goal: dict[str, Any]) -> None:
    page.goto(f"/goals/{goal['id']}/members/most_likely")
    page.locator("td a").first.click()
    expect(page.get_by_role("heading", level=2, name="See concerts")).to_be_visible()
    expect(page.get_by_text("likelihood to do it").first).to_be_visible()


def test_a_bucket_is_engaged_without_its_control_group(
    page: Page, world: Account, goal: dict[str, Any]
) -> None:
    page.goto(f"/goals/{goal['id']}")
    page.locator(".bucket.moderately_likely").get_by_role("link", name="Engage").click()
    page.get_by_role("button", name="New destination").click()
    page.get_by_label("Name", exact=True).last.fill("Mailing list")
    page.get_by_role("button", name="Save destination").click()
    page.get_by_text("Now, once").click()
    page.get_by_role("button", name="Save engagement").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Moderately likely", timeout=30_000)
    sends = page.get_by_role("region", name="Sends")
    expect(sends).to_contain_text("sent", timeout=60_000)
    engagement = world.stack.api.get(f"/v1/goals/{goal['id']}/engagements")["data"][0]
    counts = world.stack.api.get(f"/v1/engagements/{engagement['id']}/deliveries")["data"][0][
        "counts"
    ]
    assert seen_number(sends.locator(".tiles dd").nth(0)) == counts["delivered"]
    assert seen_number(sends.locator(".tiles dd").nth(1)) == counts["held_back"] > 0
