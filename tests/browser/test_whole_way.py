"""The whole way of a marketer: a segment, a goal on it, an engagement, and what that changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.visit import choose, seen_number
from tests.fixtures.accounts import ENDS_ON, Account


def test_from_a_new_segment_to_uplift(page: Page, world: Account) -> None:
    a_segment_is_built(page)
    goal = a_goal_is_asked_for_and_saved(page, world)
    a_bucket_is_engaged(page, world, goal)
    world.next_night()
    its_uplift_is_shown(page, world, goal)
    world.stack.api.post(f"/v1/goals/{goal['id']}/archive")


def a_segment_is_built(page: Page) -> None:
    page.goto("/segments/new")
    page.get_by_label("Name", exact=True).fill("Active lately")
    choose(page, "Event", "App Launched")
    page.get_by_label("Days", exact=True).fill("28")
    page.get_by_role("button", name="Save segment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Active lately")


def a_goal_is_asked_for_and_saved(page: Page, world: Account) -> dict[str, Any]:
    page.get_by_role("link", name="New segment goal").first.click()
    choose(page, "Goal event", "Concert Viewed")
    page.get_by_label("End date").fill(ENDS_ON.isoformat())
    page.get_by_label("Wanted number").fill("500")
    page.get_by_role("button", name="Predict outcome").click()
    outcome = page.get_by_role("region", name="The forecast")
    expect(outcome).to_be_visible(timeout=60_000)
    expect(outcome).to_contain_text("The chance to reach 500 is")
    told = seen_number(outcome.locator(".big-figure"))
    expect(page.get_by_role("region", name="How far to trust it")).to_contain_text("off by")

    page.get_by_label("Name", exact=True).fill("Concerts in May")
    page.get_by_label(re.compile("Control group")).fill("20")
    page.get_by_role("button", name=re.compile("Save and track")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Concerts in May", timeout=30_000)
    expect(page.get_by_text("active", exact=True)).to_be_visible(timeout=120_000)
    saved = next(g for g in world.stack.api.pages("/v1/goals") if g["name"] == "Concerts in May")
    assert round(saved["forecast"]["value"]) == told
    assert saved["control_share"] == 0.2
    return dict(saved)


def a_bucket_is_engaged(page: Page, world: Account, goal: dict[str, Any]) -> None:
    page.locator(".bucket.moderately_likely").get_by_role("link", name="Engage").click()
    power = world.stack.api.get(f"/v1/goals/{goal['id']}/power", lift=0.2)
    wanted = next(b for b in power["by_bucket"] if b["bucket"] == "moderately_likely")
    advice = page.get_by_role("region", name="Will its effect show?")
    expect(advice).to_contain_text(f"{wanted['control']:,} of {wanted['users']:,} are held back")
    page.get_by_role("button", name="New destination").click()
    page.get_by_label("Name", exact=True).last.fill("Mailing list")
    page.get_by_role("button", name="Save destination").click()
    page.get_by_text("Now, once").click()
    page.get_by_role("button", name="Save engagement").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Moderately likely", timeout=30_000)
    sends = page.get_by_role("region", name="Sends")
    expect(sends).to_contain_text("sent", timeout=60_000)
    made = world.stack.api.get(f"/v1/goals/{goal['id']}/engagements")["data"][0]
    sent = world.stack.api.get(f"/v1/engagements/{made['id']}/deliveries")["data"][0]["counts"]
    assert seen_number(sends.locator(".tiles dd").nth(0)) == sent["delivered"]
    assert seen_number(sends.locator(".tiles dd").nth(1)) == sent["held_back"] > 0


def its_uplift_is_shown(page: Page, world: Account, goal: dict[str, Any]) -> None:
    page.goto(f"/goals/{goal['id']}#uplift")
    panel = page.get_by_role("region", name="Did it change anything?")
    uplift = world.stack.api.get(f"/v1/goals/{goal['id']}/uplift")
    for n, arm in enumerate(("test", "control")):
        shown = panel.locator(".figures > div").nth(n)
        expect(shown).to_contain_text(f"{uplift[arm]['did']:,} of {uplift[arm]['users']:,}")
    expect(panel).to_contain_text("1 night looked at so far")
    expect(panel.get_by_role("figure", name="By bucket and engagement")).to_be_visible()
    expect(panel).to_be_in_viewport()

    (engaged,) = uplift["engagements"]
    panel.get_by_label("Among").select_option(engaged["engagement"]["id"])
    members = engaged["test"]["users"]
    expect(panel.locator(".figures > div").first).to_contain_text(f"of {members:,}")
    page.reload()
    expect(panel.get_by_label("Among")).to_have_value(engaged["engagement"]["id"])
    expect(panel.locator(".figures > div").first).to_contain_text(f"of {members:,}")

    with page.expect_download() as saving:
        panel.get_by_role("button", name="JSON").click()
    report = json.loads(Path(saving.value.path()).read_text())
    assert report == world.stack.api.get(f"/v1/goals/{goal['id']}/report")
    with page.expect_download() as saving:
        panel.get_by_role("button", name="Page to print").click()
    assert saving.value.suggested_filename.endswith(".html")
    assert "Concerts in May" in Path(saving.value.path()).read_text()
