"""What an admin does with the account: destinations and their secrets, the holdout, erasures."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.fixtures.accounts import Account


def test_a_signing_secret_is_rotated_and_the_old_one_retired(page: Page, world: Account) -> None:
    made = world.stack.api.post(
        "/v1/destinations",
        {"name": "Shop", "kind": "webhook", "settings": {"url": "https://hooks.example.com/in"}},
    )

    def secrets() -> int:
        settings = world.stack.api.get(f"/v1/destinations/{made['id']}")["settings"]
        return int(settings["secrets"])

    page.goto("/account/destinations")
    shop = page.get_by_role("listitem").filter(has_text="Shop")
    expect(shop.get_by_role("button", name="Test")).to_be_visible()
    shop.get_by_role("button", name="Rotate secret").click()
    shown = page.get_by_role("dialog", name="The new signing secret")
    expect(shown.locator("code")).to_have_text(re.compile("^whsec_"))
    shown.get_by_role("button", name="I have kept it").click()
    expect(shop).to_contain_text("signed with 2 secrets")
    assert secrets() == 2
    shop.get_by_role("button", name="Retire old secrets").click()
    expect(shop).not_to_contain_text("rotation")
    assert secrets() == 1


def test_a_destination_is_switched_off_and_removed(page: Page, world: Account) -> None:
    wanted = {"name": "Weekly files", "kind": "file", "settings": {}}
    made = world.stack.api.post("/v1/destinations", wanted)
    page.goto("/account/destinations")
    row = page.get_by_role("listitem").filter(has_text="Weekly files")
    row.get_by_role("button", name="Switch off").click()
    expect(row.get_by_text("off", exact=True)).to_be_visible()
    assert not world.stack.api.get(f"/v1/destinations/{made['id']}")["enabled"]
    # Files lie in the stack's own bucket: there is nothing to try.
    expect(row.get_by_role("button", name="Test")).to_have_count(0)
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    expect(row).to_have_count(0)


def test_the_holdout_is_switched_on_and_let_go(page: Page, world: Account) -> None:
    page.goto("/account/holdout")
    page.get_by_label("Hold out").select_option("0.02")
    page.get_by_role("button", name="Switch it on").click()
    expect(
        page.get_by_role("heading", name=re.compile("of all users are held out"))
    ).to_be_visible()
    assert world.stack.api.get("/v1/account")["holdout_share"] == 0.02
    page.get_by_role("button", name="Let them go").click()
    page.get_by_role("dialog").get_by_role("button", name="Let them go").click()
    expect(page.get_by_role("heading", name="Nobody is held out")).to_be_visible()
    assert world.stack.api.get("/v1/account")["holdout_share"] == 0


def test_a_user_is_erased_only_by_who_types_the_id(page: Page, world: Account) -> None:
    page.goto("/users/somebody%2Fwho-asked")
    page.get_by_role("button", name="Erase", exact=True).click()
    dialog = page.get_by_role("dialog", name="Erase this user?")
    confirm = dialog.get_by_role("button", name="Erase for good")
    dialog.get_by_label("Type the user’s id").fill("somebody")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("Type the user’s id").fill("somebody/who-asked")
    confirm.click()
    erasure = dialog.locator("code")
    expect(erasure).to_have_text(re.compile("^ers_"))
    told = erasure.inner_text()
    dialog.get_by_role("link", name="See the erasures").click()
    row = page.get_by_role("row").filter(has_text=told)
    expect(row).to_contain_text("pending")
    expect(page.locator("main")).not_to_contain_text("who-asked")
    assert world.stack.api.get(f"/v1/erasures/{told}")["status"] == "pending"
