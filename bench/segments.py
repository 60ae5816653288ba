"""How fast are segments? Beside SQL written by hand and Polars, on the same files.

Every answer of one question is asserted to have the same members. The three answer in turn in one
process, so that what else the machine does strikes all of them; the first answer of a fresh process
and its memory are measured in processes of their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars

from intent_segments import __version__

from .account import generate
from .page import number, table, write_section
from .questions import AS_OF, DEFINITIONS
from .segment_timing import REPEATS, WAYS
from .speed import told

EVENTS_PER_USER = 32.8
"""Of the generated world in a year."""

GROWTH = 10
"""How much smaller the account is that growth is measured from."""

OURS, HAND, POLARS = WAYS


def run(events: int, write: Path | None) -> None:
    """Generate two accounts, measure, print; with `write` put the section on that page."""
    small = measured(events // GROWTH, warm_only=True)
    large = measured(events)
    text = section(small, large)
    print(text)
    if write is not None:
        write_section(write, "Segments beside hand-written SQL", text)


def measured(events: int, warm_only: bool = False) -> dict[str, Any]:
    """Figures per question on an account of about so many events."""
    with TemporaryDirectory() as folder:
        users = max(1, round(events / EVENTS_PER_USER))
        with told(f"generate and import {users:,} users"):
            account = generate(Path(folder), users)
        found: dict[str, Any] = {"events": account.events, "users": account.users, "asked": {}}
        for question in DEFINITIONS:
            with told(f"{account.events:,} events: {question}"):
                asked = process(folder, account.manifest_key, question, tuple(WAYS))
                if not warm_only:
                    for name, figures in asked["ways"].items():
                        alone = process(folder, account.manifest_key, question, (name,))
                        figures |= {"cold": alone["cold"], "peak": alone["peak"]}
            found["asked"][question] = asked
    return found


def process(folder: str, key: str, question: str, ways: Sequence[str]) -> dict[str, Any]:
    """What a process of its own prints."""
    command = [sys.executable, "-m", "bench.segment_timing", folder, key, question, ",".join(ways)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return figures


def section(small: dict[str, Any], large: dict[str, Any]) -> str:
    """The section of the page."""
    asked: dict[str, Any] = large["asked"]
    ratios = [ratio(figures, HAND, "seconds") for figures in asked.values()]
    cpu = [ratio(figures, HAND, "cpu") for figures in asked.values()]
    warm = [
        [
            question,
            f"{figures['members']:,}",
            *(number(figures["ways"][name]["seconds"], 3) for name in WAYS),
            number(ratio(figures, HAND, "seconds"), 2),
            number(ratio(figures, HAND, "cpu"), 2),
            number(ratio(figures, POLARS, "seconds"), 2),
        ]
        for question, figures in asked.items()
    ]
    cold = [
        [
            question,
            *(number(figures["ways"][name]["cold"], 2) for name in WAYS),
            *(f"{figures['ways'][name]['peak']:,.0f}" for name in WAYS),
            number(grown(small, large, question, OURS), 1),
            number(grown(small, large, question, HAND), 1),
        ]
        for question, figures in asked.items()
    ]
    head = ["question", "members", *(f"{name}, s" for name in WAYS)]
    tail = ["/ SQL", "CPU / SQL", "/ Polars"]
    cold_head = ["question", *(f"{name}, s" for name in WAYS), *(f"{n}, MB" for n in WAYS)]
    return f"""\
```sh
python -m bench segments --events 30000000 --write docs/benchmarks.md
```

Ten questions as of {AS_OF} about a generated account of {large["users"]:,} users and
{large["events"]:,} events in a year, from the files of its lake to the sorted hashes of the
members: a definition answered by intent-segments, SQL written by hand for DuckDB
([bench/sql](../bench/sql)) that reads the roll-up where that will do and of single events only the
months it needs, and Polars' streaming engine ([bench/by_polars.py](../bench/by_polars.py)). The
members are asserted to be the same, one by one.

`lapsed` counts different days. A large file is imported in several parts, and where these share
days the rows of a user and day have to be brought together first: SQL by hand takes
COUNT(DISTINCT), intent-segments groups twice, Polars relies on no user being in two parts of this
lake. After compaction, and where every night loads its own day, nothing has to be brought together.

Warm: medians of {REPEATS}, taken in turn in one process, each with a connection of its own and the
files in the page cache. `/ SQL` is the ratio of times, `CPU / SQL` of processor time, which other
work on the machine disturbs less. Over the questions the ratio is {min(ratios):.2f} to
{max(ratios):.2f}, of processor time {min(cpu):.2f} to {max(cpu):.2f}.

{table([*head, *tail], warm)}

Cold: the first answer of a fresh process, with the files dropped from the page cache; and the most
memory that such a process took for it and {REPEATS} more.
Growth: how many times longer a warm answer takes than on {small["events"]:,} events, where the
account is {large["events"] / small["events"]:.1f} times as large.

{table([*cold_head, "growth", "of SQL"], cold)}

intent-segments {__version__}, DuckDB {duckdb.__version__}, Polars {polars.__version__}."""


def ratio(figures: dict[str, Any], other: str, unit: str) -> float:
    ways = figures["ways"]
    return float(ways[OURS][unit] / ways[other][unit])


def grown(small: dict[str, Any], large: dict[str, Any], question: str, way: str) -> float:
    now, then = (size["asked"][question]["ways"][way]["seconds"] for size in (large, small))
    return float(now / then)
