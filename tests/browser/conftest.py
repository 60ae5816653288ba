"""One account on one local stack and one browser for all tests of the console."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from intent_local.stack.console_site import is_built
from intent_local.stack.home import Home
from tests.fixtures.accounts import Account, account

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=20_000)
"""Functions of the local stack start cold, on a machine that may be busy."""

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium with an empty profile (infra/install_chromium.sh)."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine; on Debian: apt install chromium")
    if not is_built():
        pytest.skip("the console is not built; `make console` does it")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A generated account with its history loaded."""
    root: Path = tmp_path_factory.mktemp("console")
    with account(root / "world", Home(root / "home")) as made:
        yield made


@pytest.fixture
def page(browser: Browser, world: Account) -> Iterator[Page]:
    """A tab on the account's console. What goes wrong in it fails the test."""
    context = browser.new_context(
        viewport=WIDE, base_url=world.stack.api.url, reduced_motion="reduce", locale="en-GB"
    )
    tab = context.new_page()
    wrong: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    yield tab
    context.close()
    assert not wrong, wrong
