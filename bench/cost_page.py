"""docs/costs.md: what a stack costs a month, and what that is reckoned from.

python -m bench.cost_page FILE
"""

from __future__ import annotations

import sys
from pathlib import Path

from intent_segments.telemetry.prices import AS_OF, REGION

from .cost_figures import BATCH, Figures, kept
from .costs import (
    AWS_MS,
    CALLS_PER_REQUEST,
    EVENTS,
    FORECASTS,
    GOALS,
    MONTHS_KEPT,
    READS,
    REWRITES,
    USERS,
    busier,
    month,
)
from .page import table

LINES = (
    ("nights", "nights"),
    ("forecasts", "forecasts"),
    ("API and console", "requests"),
    ("storage", "storage"),
    ("alarms and metrics", "watching"),
    ("loading files", "files"),
    ("**all, events from files**", "with_files"),
    ("instead of files: the tracking API", "calls"),
    ("**all, events from the tracking API**", "with_calls"),
)


def page(measured: Figures) -> str:
    """The whole page."""
    months = [month(users, measured) for users in USERS]
    rows = [(name, *(f"{getattr(one, key):,.2f}" for one in months)) for name, key in LINES]
    return TEMPLATE.format(
        region=REGION,
        as_of=AS_OF,
        table=table(("$ a month", *(f"{users:,} users" for users in USERS)), rows),
        figures=table(("measured", "took", ""), measurements(measured)),
        m=measured,
        events=EVENTS,
        goals=GOALS,
        kept=MONTHS_KEPT,
        forecasts=FORECASTS,
        reads=READS,
        calls=CALLS_PER_REQUEST,
        aws=AWS_MS,
        busier=busier(measured),
        rewrites=REWRITES,
    )


def measurements(m: Figures) -> list[tuple[str, str, str]]:
    """What was measured, what it took, and that for one."""
    return [
        (
            f"importing {m.events:,} events into an empty lake",
            f"{m.history_seconds:.1f} s",
            f"{1e6 * m.history_seconds / m.events:.2f} s a million",
        ),
        (f"importing a day of {m.day_events:,} events on top", f"{m.day_seconds:.1f} s", ""),
        ("a forecast on the panel", f"{m.forecast_seconds:.1f} s", ""),
        (
            f"scoring {m.members:,} members of a goal",
            f"{m.scoring_seconds:.1f} s",
            f"{1e6 * m.scoring_seconds / m.members:.1f} s a million",
        ),
        (
            "the lake",
            f"{m.lake_bytes / 1e6:.0f} MB",
            f"{m.lake_bytes / (m.events + m.day_events):.1f} bytes an event",
        ),
        (
            "scores of a night",
            f"{m.score_bytes / 1e6:.1f} MB",
            f"{m.score_bytes / m.members:.1f} bytes a member",
        ),
        ("a read of the API", f"{m.read_ms:.1f} ms", ""),
        ("a call of the tracking API", f"{m.call_ms:.1f} ms", ""),
        (f"a batch of {BATCH} calls", f"{m.batch_ms:.1f} ms", ""),
    ]


TEMPLATE = """\
# Costs

What a stack costs a month, in dollars at the list prices of {region} as of {as_of}, without free
tiers and taxes. Nothing runs between requests, loads and nights, so an account that is not used
costs its storage and its alarms.

{table}

An account here has {events} events a user and month over all its users, {goals} goals on everybody,
{kept} months of history, {forecasts:,} forecasts and {reads:,} requests of the console a month.
Calls of the tracking API come {calls} to a request, between the one of a browser and the hundred of
a server's library; most of it is API Gateway's dollar per million requests.

Not in it: deliveries (a webhook costs the function's time; AWS has prices for mails and text
messages), exports, logs ($0.50 per GB; a request writes one line), [CloudFront and WAF](edge.md), a
[KMS key of your own](operations.md#a-key-of-your-own), traces beyond 100,000, and traffic out of
AWS.

## What it is reckoned from

```sh
python -m bench.cost_figures
make costs
```

The first measures anew, the second writes this page; a test holds the page to the computation. It
takes Lambda, S3, DynamoDB and Step Functions at the prices by which the product estimates
[what a run took](operations.md#daily-life). Measured on {m.day} with a generated account of
{m.users:,} users, in seconds of a processor:

{figures}

Requests of nights are those that a night on the local stack counted, by job. Functions are billed
here as if one processor did what was measured, although those with 3,008 MB have 1.7, and as if
forecasts and scores took {busier:.1f} times as long as measured, since users do so much more here.
An event is written {rewrites} times, which is what compaction makes of it; files come at 50 MB a
second, and every request waits {aws} ms for each of two answers of AWS. Files are loaded once a
day, calls every quarter of an hour. What a night of yours really took, with an estimate in dollars,
is in `GET /v1/runs/{{run_id}}`.
"""


def main(files: list[str]) -> int:
    text = page(kept())
    for file in files:
        Path(file).write_text(text, "utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
