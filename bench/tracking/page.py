"""What a load found, as a section of the page of benchmarks."""

from __future__ import annotations

import numpy as np

from ..page import table
from .experiment import Found

INTRODUCTION = """\
```sh
python -m bench tracking --events {events} --write docs/benchmarks.md
```

{events:,} calls of {users:,} users over HTTP to the local stack ([tracking.md](tracking.md)), by
Locust, in batches of {batch:,} and one by one. Some batches are sent twice though they were
answered, some hold calls of earlier ones, some hold calls that cannot be used. Meanwhile there were
ended, in this order: {ended}.
What had no answer was sent again. Then the log of the sender was compared with the decoded files of
the lake, call by call. Sender and stack share two processors."""


def section(found: Found) -> str:
    """The section."""
    account, load = found.account, found.load
    introduction = INTRODUCTION.format(
        events=load.events, users=load.users, batch=load.batch, ended="; ".join(found.ended)
    )
    counts = (
        ("sent: different calls that were answered", account.calls),
        ("requests, of which sent again", (account.requests, account.sent_again)),
        ("requests without an answer", account.unanswered),
        ("stored: different calls in the lake", account.stored),
        ("lost: answered and not in the lake", account.lost),
        ("doubled: more than once in the lake", account.doubled),
        ("under another user than they were sent for", account.altered),
        ("poison: calls that cannot be used", account.poison),
        ("poison refused and listed", account.listed),
        ("poison refused and not listed", account.unlisted),
        ("poison in the lake", account.swallowed),
        ("messages in the dead-letter queue", found.dead),
    )
    reconciled = table(("calls", "number"), [(name, _number(value)) for name, value in counts])
    times = table(
        ("request", "number", "p50 ms", "p99 ms"),
        [
            (kind, f"{len(ms):,}", *(f"{np.percentile(ms, q):,.0f}" for q in (50, 99)))
            for kind, ms in sorted(account.milliseconds.items())
        ],
    )
    rows = sum(report["rows_read"] for report in found.rolled)
    known = sum(report["duplicates"] for report in found.rolled)
    return f"""{introduction}

{reconciled}

{times}

{load.events / found.sending:,.0f} calls a second were answered over {found.sending:,.0f} s, the
first roll-ups and all that was ended included. Roll-ups read {rows:,} rows in
{found.rolling:,.0f} s ({rows / found.rolling:,.0f} a second) with at most {found.megabytes:,} MB,
{known:,} of them known already. All of it took {found.seconds / 60:,.1f} minutes."""


def _number(value: int | tuple[int, int]) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value[0]:,}, {value[1]:,}"
