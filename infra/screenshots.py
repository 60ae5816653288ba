"""Pictures of the console, drawn from what the demo left: the grocer after its last night.

    screenshots.py docs/images         the pictures of README and docs, WebP
    screenshots.py --every FOLDER      every page whole, on a desk and a phone, light and dark, PNG

Where `make demo` has run it is only looked at; otherwise the account is replayed first.
"""

from __future__ import annotations

import argparse
import io
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from intent_local.commands.demo import place
from intent_local.connection import Connection, local
from intent_local.console import say
from intent_local.demo.plays import GROCER
from intent_local.demo.replay import Replay
from intent_local.stack.home import Home
from intent_local.stack.running import running_stack

WIDE, NARROW = (1440, 900), (390, 844)
THEMES = ("light", "dark")
QUALITY = 82
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--lang=en-GB")
WAIT_MS = 60_000


@dataclass(frozen=True)
class Shot:
    """A picture of docs/: a page on a screen of that size, scrolled to `at`."""

    name: str
    address: str
    size: tuple[int, int] = WIDE
    theme: str = "light"
    at: str | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", action="store_true", help="every page, whole, to look at")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    home = Home(Home.default().root / "demo" / place(GROCER))
    with running_stack(home=home) as running, sync_playwright() as playwright:
        stack = local(running)
        replay = Replay(GROCER, stack, home.root / "files")
        replay.run()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        ended, active = replay.goals()
        if args.every:
            take_every(browser, running.api_url, addresses(stack, ended, active), args.folder)
        else:
            for shot in shots(ended, active):
                take(browser, running.api_url, shot, args.folder)
        browser.close()


def shots(ended: Mapping[str, Any], active: Mapping[str, Any]) -> list[Shot]:
    """The pictures of README and docs."""
    goal = f"/goals/{active['id']}"
    return [
        Shot("goal", goal, (1440, 1180)),
        Shot("goal-dark", goal, (1440, 1180), theme="dark"),
        Shot("goal-phone", goal, NARROW),
        Shot("goals", "/"),
        Shot("uplift", goal, (1440, 1240), at="#uplift"),
        Shot("forecast", f"/goals/new?segment={ended['segment_id']}", (1440, 1240)),
    ]


def addresses(
    stack: Connection, ended: Mapping[str, Any], active: Mapping[str, Any]
) -> dict[str, str]:
    """Every page by its name."""
    goal = f"/goals/{active['id']}"
    user = stack.api.get(f"/v1{goal}/buckets/least_likely/users")["data"][0]["user_id"]
    engagement = stack.api.get("/v1/engagements")["data"][0]["id"]
    run = stack.api.get("/v1/runs")["data"][0]["id"]
    return {
        "goals": "/",
        "goal": goal,
        "goal-ended": f"/goals/{ended['id']}",
        "members": f"{goal}/members/least_likely",
        "engage": f"{goal}/engage",
        "engagement": f"/engagements/{engagement}",
        "new-goal": f"/goals/new?segment={ended['segment_id']}",
        "segments": "/segments",
        "segment": f"/segments/{ended['segment_id']}",
        "builder": f"/segments/{active['segment_id']}/edit",
        "users": "/users",
        "user": f"/users/{user}",
        "runs": "/runs",
        "run": f"/runs/{run}",
        "account": "/account",
        "holdout": "/account/holdout",
        "destinations": "/account/destinations",
        "write-keys": "/account/write-keys",
        "erasures": "/account/erasures",
    }


@contextmanager
def tab(browser: Browser, url: str, size: tuple[int, int], theme: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        base_url=url,
        color_scheme=theme,
        reduced_motion="reduce",
        locale="en-GB",
        device_scale_factor=2 if size == NARROW else 1,
        is_mobile=size == NARROW,
    )
    yield context.new_page()
    context.close()


def opened(page: Page, address: str) -> None:
    """The page with everything on it that it asks for."""
    page.goto(address)
    expect(page.locator("h1")).to_be_visible(timeout=WAIT_MS)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".skeleton")).to_have_count(0, timeout=WAIT_MS)


def take(browser: Browser, url: str, shot: Shot, folder: Path) -> None:
    with tab(browser, url, shot.size, shot.theme) as page:
        opened(page, shot.address)
        if shot.name == "forecast":
            ask(page)
        if shot.at:
            page.evaluate(f"document.querySelector('{shot.at}').scrollIntoView()")
        page.wait_for_timeout(300)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        path = folder / f"{shot.name}.webp"
        picture.save(path, "WEBP", quality=QUALITY, method=6)
        say(f"{path}  {path.stat().st_size / 1000:.0f} kB")


def ask(page: Page) -> None:
    """Put a question on the page of a new goal, and wait for its answer."""
    event = page.get_by_role("combobox", name="Goal event")
    event.fill("Bought PASTRY")
    page.get_by_role("option", name="Bought PASTRY").first.click()
    page.get_by_label("Wanted number").fill("500")
    page.get_by_role("button", name="Predict outcome").click()
    page.get_by_role("region", name="The forecast").wait_for(timeout=WAIT_MS)
    page.evaluate("scrollTo(0, 0)")


def take_every(browser: Browser, url: str, pages: Mapping[str, str], folder: Path) -> None:
    for theme in THEMES:
        for size in (WIDE, NARROW):
            with tab(browser, url, size, theme) as page:
                for name, address in pages.items():
                    opened(page, address)
                    page.screenshot(path=folder / f"{name}-{size[0]}-{theme}.png", full_page=True)
                say(f"{len(pages)} pages, {size[0]} px, {theme}")


if __name__ == "__main__":
    main()
