"""A goal with some nights behind it: what its pages show is what the API says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visit import seen_number
from tests.fixtures.accounts import Account

NIGHTS = 2


@pytest.fixture(scope="module")
def goal(world: Account) -> Iterator[dict[str, Any]]:
    """A goal with some nights behind it, saved over the API."""
    made = world.goal(name="See concerts", target={"metric": "users", "value": 500})
    assert made["status"] == "active", made["status_reason"]
    for _ in range(NIGHTS):
        world.next_night()
    yield world.stack.api.get(f"/v1/goals/{made['id']}")


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


def test_what_cannot_be_asked_anew_is_shown_with_the_time_when_it_was_known(
    page: Page, goal: dict[str, Any]
) -> None:
    page.goto("/")
    expect(page.get_by_role("link", name="See concerts")).to_be_visible()
    page.route("**/v1/goals?*", lambda route: route.abort())
    page.get_by_role("link", name="See concerts").click()
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    page.get_by_role("link", name="Goals", exact=True).first.click()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("This may be out of date")
    expect(notice).not_to_contain_text("1970")
    expect(page.get_by_role("link", name="See concerts")).to_be_visible()
    page.unroute_all()
    notice.get_by_role("button", name="Try again").click()
    expect(notice).to_have_count(0)
