"""How quickly the console shows and answers, on the account that the demo left.

    python -m infra.console_times

Medians of RUNS visits by a browser that knows nothing yet, on this machine as it is and with a
processor that is four times slower, as Lighthouse takes for a phone. Google's limits for a good
page are 1.8 s to the first paint, 200 ms for an interaction and a layout shift of 0.1.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Mapping
from dataclasses import astuple, dataclass

from playwright.sync_api import Browser, Page, expect, sync_playwright

from intent_local.commands.demo import place
from intent_local.connection import local
from intent_local.console import say, show_table
from intent_local.demo.plays import GROCER
from intent_local.demo.replay import Replay
from intent_local.stack.home import Home
from intent_local.stack.running import running_stack

RUNS = 5
WAIT_MS = 60_000
PHONE_SLOWDOWN = 4
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--lang=en-GB")

WATCH = """
window.shift = 0;
new PerformanceObserver(list => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value;
}).observe({type: 'layout-shift', buffered: true});
window.slowest = 0;
new PerformanceObserver(list => {
  for (const one of list.getEntries()) window.slowest = Math.max(window.slowest, one.duration);
}).observe({type: 'event', durationThreshold: 16, buffered: true});
"""
"""Layout shifts and interactions (Event Timing API, steps of 8 ms from 16 ms on)."""


@dataclass(frozen=True)
class Times:
    """Milliseconds from the start of the visit to the first contentful paint and until nothing is
    awaited any more, the slowest interaction in milliseconds, and the layout shift."""

    paint: float
    complete: float
    interaction: float
    shift: float


def visit(tab: Page, address: str) -> Times:
    """Open a page that watches itself (WATCH), use what it has, and say how long that took."""
    tab.goto(address)
    expect(tab.locator("h1")).to_be_visible(timeout=WAIT_MS)
    expect(tab.locator(".skeleton")).to_have_count(0, timeout=WAIT_MS)
    complete = tab.evaluate("performance.now()")
    tab.keyboard.press("Tab")
    tab.get_by_role("button", name="Colours:").first.click()
    for table in tab.get_by_text("Table", exact=True).all()[:1]:
        table.click()
    tab.wait_for_timeout(150)
    paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return Times(paint, complete, tab.evaluate("window.slowest"), tab.evaluate("window.shift"))


def medians(browser: Browser, url: str, address: str, slowdown: int) -> Times:
    """Of RUNS first visits, each with an empty cache."""
    found = []
    for _ in range(RUNS):
        context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
        tab = context.new_page()
        tab.add_init_script(WATCH)
        context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        found.append(visit(tab, address))
        context.close()
    return Times(*(statistics.median(values) for values in zip(*map(astuple, found), strict=True)))


def measure(browser: Browser, url: str, pages: Mapping[str, str]) -> None:
    head = ("page", "processor", "first paint", "complete", "slowest interaction", "layout shift")
    rows = []
    for name, address in pages.items():
        for slowdown in (1, PHONE_SLOWDOWN):
            times = medians(browser, url, address, slowdown)
            rows.append(
                (
                    name,
                    "as it is" if slowdown == 1 else f"{slowdown} times slower",
                    f"{times.paint:,.0f} ms",
                    f"{times.complete:,.0f} ms",
                    f"{times.interaction:,.0f} ms",
                    f"{times.shift:.3f}",
                )
            )
            say(f"{name}: {rows[-1][2]}")
    show_table(head, rows)


def main() -> None:
    home = Home(Home.default().root / "demo" / place(GROCER))
    with running_stack(home=home) as running, sync_playwright() as playwright:
        replay = Replay(GROCER, local(running), home.root / "files")
        replay.run()
        goal = replay.goals()[-1]
        pages = {
            "Goals": "/",
            "a goal": f"/goals/{goal['id']}",
            "New goal": f"/goals/new?segment={goal['segment_id']}",
            "Segments": "/segments",
            "the builder": f"/segments/{goal['segment_id']}/edit",
        }
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        measure(browser, running.api_url, pages)
        browser.close()


if __name__ == "__main__":
    main()
