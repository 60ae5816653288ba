"""Is every call in the lake exactly once? Calls over HTTP, with repeats, poison and kills.

A load is sent to a local stack by Locust. Meanwhile the sender, the functions that take, land and
roll up calls, and the stack itself are ended, the first ones by SIGKILL; what had no answer is sent
again, as client libraries do. In the end the sender's log is compared with the decoded files.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

BATCH = 2_200
"""Calls of a batch; with those of an earlier one and with poison near what a request takes, 2,500
calls and 500 kB."""
TITLE = "The tracking API under load"


def run(events: int, write: Path | None) -> None:
    """Send about so many calls, compare, print; with `write` put the section on that page. Exits
    with 1 when a call was lost, doubled or not listed."""
    # Not above: the sender is a module of this package, and has to load Locust before all else.
    from ..page import write_section
    from .experiment import Experiment
    from .page import section
    from .plan import Load

    load = Load(events, BATCH, datetime.now(UTC).replace(microsecond=0))
    with TemporaryDirectory(prefix="tracking-") as folder:
        found = Experiment(load, Path(folder)).run()
    text = section(found)
    print(text)
    if write is not None:
        write_section(write, TITLE, text)
    if not found.account.is_right:
        raise SystemExit(1)
