"""Pictures of the console for README and docs, of the demo's grocer in the middle of its goals.

    screenshots.py docs/images

The account is replayed once into .intent/screenshots and kept, so that a second run only looks.
Pictures are WebP, in light and dark.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from intent_local.connection import local
from intent_local.console import say
from intent_local.demo.plays import GROCER
from intent_local.demo.replay import Replay
from intent_local.stack.home import Home
from intent_local.stack.running import running_stack

PLAY = replace(GROCER, nights=9, horizon=14)
WIDE, NARROW = (1440, 900), (390, 844)
THEMES = ("light", "dark")
QUALITY = 82
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-sync", "--no-first-run")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    home = Home(Home.default().root / "screenshots")
    with running_stack(home=home) as running:
        replay = Replay(PLAY, local(running), home.root / "files")
        replay.run()
        goal = replay.goals()[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=FLAGS
            )
            for theme in THEMES:
                for name, page in pages(browser, running.api_url, theme, goal):
                    save(page, folder / f"{name}-{theme}.webp")
            browser.close()


def pages(
    browser: Browser, url: str, theme: str, goal: dict[str, str]
) -> Iterator[tuple[str, Page]]:
    """Each picture's name with a page that is ready to be taken."""
    sizes = {"": WIDE, "-phone": NARROW}
    for suffix, (width, height) in sizes.items():
        context = browser.new_context(
            viewport={"width": width, "height": height},
            base_url=url,
            color_scheme=theme,
            reduced_motion="reduce",
            device_scale_factor=1 if width > NARROW[0] else 2,
        )
        page = context.new_page()
        opened(page, f"/goals/{goal['id']}")
        yield f"goal{suffix}", page
        if not suffix:
            opened(page, "/")
            yield "goals", page
            opened(page, f"/segments/{goal['segment_id']}/edit")
            page.locator(".big-figure").wait_for()
            yield "builder", page
            predicted(page, goal["segment_id"])
            yield "forecast", page
        context.close()


def opened(page: Page, address: str) -> None:
    """The page with everything on it that it asks for."""
    page.goto(address)
    page.locator("h1").wait_for()
    page.wait_for_function("!document.querySelector('.skeleton')", timeout=60_000)
    page.wait_for_load_state("networkidle")


def predicted(page: Page, segment: str) -> None:
    """A new question with its answer."""
    opened(page, f"/goals/new?segment={segment}")
    event = page.get_by_role("combobox", name="Goal event")
    event.fill("Bought PASTRY")
    page.get_by_role("option", name="Bought PASTRY").first.click()
    page.get_by_label("Wanted number").fill("500")
    page.get_by_role("button", name="Predict outcome").click()
    page.get_by_role("region", name="The forecast").wait_for(timeout=60_000)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)


def save(page: Page, path: Path) -> None:
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.save(path, "WEBP", quality=QUALITY, method=6)
    say(f"{path}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
