"""How fast is a forecast, and a night? Beside the floor below which nothing can go.

The floor of both, measured in the same process and minute: read the activity once, and have the
bare estimators work on a matrix that is ready. What the product does besides (opening, segments as
of past days, features, past forecasts, calibration, reasons, buckets, tallies, files) is the ratio.

A forecast reads the panel, which holds 200,000 users of any account however large: an account of 5
million users answers like one of 500,000, and one with fewer than 200,000 sooner. To show it, an
account hardly larger than its panel is timed beside the one asked for.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .account import generate

PANEL_ALONE = 220_000
"""Users of an account whose panel is nearly all of it."""


def run(users: int) -> None:
    """Generate, measure in processes of their own, print. Warm times are medians of three."""
    with TemporaryDirectory() as folder:
        with told(f"generate and import {users:,} users"):
            account = generate(Path(folder), users)
        print(f"{account.events:,} events, {account.groups} groups", flush=True)
        forecast = measured("forecast", folder, account.manifest_key)
        night = measured("night", folder, account.manifest_key)
    smaller = forecast
    if users > PANEL_ALONE:
        with TemporaryDirectory() as folder:
            with told(f"generate and import {PANEL_ALONE:,} users"):
                panel = generate(Path(folder), PANEL_ALONE)
            smaller = measured("forecast", folder, panel.manifest_key)
    print(f"\n{'':<32}{'seconds':>10}{'floor':>10}{'ratio':>8}{'peak MB':>10}")
    row("forecast, new process", forecast["cold"], None, forecast["cold_peak"])
    row("forecast, warm", forecast["warm"], forecast["floor"], forecast["peak"])
    row("scores of a night, one goal", night["warm"], night["floor"], night["peak"])
    print(
        f"\nForecast: {forecast['members']:,} members on a panel of {forecast['panel']:,} users; "
        f"{forecast['cpu']:.2f} s of processor time. An account of {PANEL_ALONE:,} users takes "
        f"{smaller['warm']:.2f} s and {smaller['cpu']:.2f} s: the one of {users:,} takes "
        f"{forecast['cpu'] / smaller['cpu']:.2f} times as much."
        f"\nNight: {night['members']:,} members from activity to files, "
        f"{night['members'] / night['warm']:,.0f} a second (floor "
        f"{night['members'] / night['floor']:,.0f})."
    )


def measured(what: str, folder: str, manifest_key: str) -> dict[str, Any]:
    """The figures that a process of its own prints; `cold` counts from its start."""
    began = time.time()
    command = [sys.executable, "-m", "bench.timing", what, folder, manifest_key]
    with told(what):
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return {**figures, "cold": figures["first_done"] - began}


def row(name: str, seconds: float, floor: float | None, peak: float) -> None:
    beside = f"{'':>10}{'':>8}" if floor is None else f"{floor:>10.2f}{seconds / floor:>8.2f}"
    print(f"{name:<32}{seconds:>10.2f}{beside}{peak:>10,.0f}")


@contextmanager
def told(what: str) -> Any:
    began = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - began:.1f} s", flush=True)
