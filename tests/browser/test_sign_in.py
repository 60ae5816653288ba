"""Signing in at the issuer of a stack that asks for tokens, and what each role is offered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from intent_local.stack.home import Home
from intent_local.stack.running import running_stack
from tests.browser.conftest import WIDE


@pytest.fixture(scope="module")
def closed_stack(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    """The address of an empty stack whose API takes tokens alone."""
    home: Path = tmp_path_factory.mktemp("closed")
    with running_stack(home=Home(home), signs_in=True) as running:
        yield running.api_url


@pytest.fixture
def tab(browser: Browser, closed_stack: str) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, base_url=closed_stack, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def sign_in(tab: Page, role: str) -> None:
    """At the issuer's own page, which is a page of its own."""
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    tab.get_by_label("E-mail").fill(f"{role}@example.org")
    tab.locator(f"input[name=role][value={role}]").check()
    tab.get_by_role("button", name="Sign in").click()


def test_a_viewer_comes_back_to_the_page_asked_for_and_is_offered_nothing_to_save(
    tab: Page,
) -> None:
    tab.goto("/segments/new?from=a-link")
    sign_in(tab, "viewer")
    expect(tab.get_by_role("heading", level=1)).to_have_text("New segment")
    assert tab.url.endswith("/segments/new?from=a-link")
    expect(tab.get_by_text("Your role is viewer")).to_be_visible()
    expect(tab.get_by_role("button", name="Save segment")).to_have_count(0)

    tab.get_by_role("link", name="Account", exact=True).click()
    expect(tab.get_by_text("viewer@example.org")).to_be_visible()
    expect(tab.get_by_text("Only an administrator changes these.")).to_be_visible()
    pages = tab.get_by_role("navigation", name="Account")
    expect(pages.get_by_role("link", name="Holdout")).to_be_visible()
    expect(pages.get_by_role("link", name="Write keys")).to_have_count(0)


def test_who_signs_out_signs_in_as_somebody_else_and_an_admin_makes_a_write_key(tab: Page) -> None:
    tab.goto("/account")
    sign_in(tab, "marketer")
    expect(tab.get_by_text("marketer@example.org")).to_be_visible()
    tab.get_by_role("button", name="Sign out").click()
    sign_in(tab, "admin")
    tab.get_by_role("link", name="Account", exact=True).click()
    expect(tab.get_by_text("admin@example.org")).to_be_visible()
    tab.get_by_role("link", name="Write keys").click()
    tab.get_by_label("New key for").fill("web")
    tab.get_by_role("button", name="Make it").click()
    shown = tab.get_by_role("dialog", name="The write key")
    expect(shown.locator("code")).not_to_be_empty()
    shown.get_by_role("button", name="I have kept it").click()
    tab.get_by_role("button", name="Revoke web").click()
    tab.get_by_role("button", name="Revoke it").click()
    expect(tab.get_by_text("There is none yet")).to_be_visible()
