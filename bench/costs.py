"""What a stack costs a month, reckoned from what was measured (cost_figures.json).

Prices are those by which the product estimates its runs (telemetry/prices.py), and below of what
runs do not use: list prices of us-east-1, without free tiers and taxes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from samtranslator.yaml_helper import yaml_parse

from intent_local.stack.project import CHECKOUT
from intent_segments.telemetry.prices import GB_SECOND, INVOCATION, dollars
from intent_segments.telemetry.work import Counts, StepWork

from .account import USERS_PER_GROUP
from .cost_figures import BATCH, Figures

# As of prices.AS_OF, first tier: aws.amazon.com/api-gateway/pricing (HTTP APIs), /sqs/pricing
# (standard queues), /s3/pricing (Standard), /cloudwatch/pricing.
HTTP_REQUEST = 1.00 / 1_000_000
QUEUE_REQUEST = 0.40 / 1_000_000
GB_MONTH = 0.023
ALARM = 0.10
"""Per month and metric that it looks at."""
METRIC = 0.30
"""Per month; billed for the hours in which it is written."""

USERS = (100_000, 1_000_000, 10_000_000)
EVENTS = 10
"""Of a user in a month, over all users: most of any account are there rarely."""
GOALS = 5
DAYS = 30
ROLL_UPS = 96
"""Of a day: every quarter of an hour, as RollUpMinutes has it."""
MONTHS_KEPT = 12
FORECASTS, READS = 300, 100_000
"""In a month: what a team of marketers asks for, and what pages of the console ask for."""
CALLS_PER_REQUEST = 10
"""Between the one of a browser and the hundred of a server's library."""
FEWEST_GROUPS = 8
PANEL = 200_000
MEMORY = {"Plan": 512, "Train": 3_008, "ScoreUsers": 3_008, "Publish": 1_769}
"""MB of the steps of a night (template.yaml); imports have as much as scoring."""
X86 = ("Train", "ScoreUsers")
S3_BYTES_A_SECOND = 50_000_000
REWRITES = 3
"""How often an event is written: compaction merges parts of twelve loads, and those once more."""
AWS_MS = 10
"""Of one call of DynamoDB or SQS: not to be measured without AWS, and taken to be slow."""
CALLS_OF_AWS = 2
OWN_METRICS = 7
"""What functions write in every hour that has a request (docs/operations.md)."""


@dataclass(frozen=True)
class Month:
    """Dollars of a month, by what they are for. `files` loads events a day at a time, `calls` takes
    them by the tracking API; one of the two is needed."""

    nights: float
    forecasts: float
    requests: float
    storage: float
    watching: float
    files: float
    calls: float

    @property
    def with_files(self) -> float:
        return self.shared + self.files

    @property
    def with_calls(self) -> float:
        return self.shared + self.calls

    @property
    def shared(self) -> float:
        return self.nights + self.forecasts + self.requests + self.storage + self.watching


def month(users: int, measured: Figures) -> Month:
    """An account of so many users, each of GOALS goals on all of them."""
    events = users * EVENTS
    return Month(
        nights=DAYS * night(users, measured),
        forecasts=FORECASTS * forecast(measured),
        requests=READS * request(measured.read_ms),
        storage=GB_MONTH * stored(users, measured) / 1e9,
        watching=ALARM * alarmed_metrics() + METRIC * OWN_METRICS,
        files=loaded(users, events, DAYS, measured),
        calls=loaded(users, events, DAYS * ROLL_UPS, measured) + taken(events, measured),
    )


def night(users: int, measured: Figures) -> float:
    """One night. Train sets the cuts of every goal on the panel; a night's requests grow with the
    groups, its seconds with the members."""
    groups = groups_of(users)
    scoring = busier(measured) * measured.scoring_seconds / measured.members
    small = measured.night
    seconds = {
        "Plan": small["Plan"]["milliseconds"] / 1000,
        "Train": GOALS * min(users, PANEL) * scoring + read_seconds(min(users, PANEL), measured),
        "ScoreUsers": GOALS * users * scoring + read_seconds(users, measured),
        "Publish": small["Publish"]["milliseconds"] / 1000,
    }
    return dollars(
        [
            work(step, seconds[step], small[step], groups if step == "ScoreUsers" else 1)
            for step in MEMORY
        ],
        groups,
    )


def work(step: str, seconds: float, each: Mapping[str, float], jobs: int) -> StepWork:
    kinds = ("s3_reads", "s3_writes", "table_reads", "table_writes")
    return StepWork(
        step=step,
        started_at="",
        finished_at="",
        milliseconds=round(1000 * seconds),
        longest=0,
        memory_mb=MEMORY[step],
        peak_mb=0,
        architecture="x86_64" if step in X86 else "arm64",
        counts=Counts(**{kind: ceil(jobs * each[kind]) for kind in kinds}),
        jobs=jobs,
    )


def busier(measured: Figures) -> float:
    """How many times as much users do here as in the account that was measured. All that reads them
    is taken to grow with it, although members cost something by themselves."""
    there = (measured.events + measured.day_events) / measured.users
    return max(1.0, EVENTS * MONTHS_KEPT / there)


def groups_of(users: int) -> int:
    return max(FEWEST_GROUPS, ceil(users / USERS_PER_GROUP))


def read_seconds(users: int, measured: Figures) -> float:
    """To fetch the lake's files of so many users."""
    return users * lake_bytes_of_user(measured) / S3_BYTES_A_SECOND


def lake_bytes_of_user(measured: Figures) -> float:
    """With the history that is kept: as many events a user as here, not as there."""
    events = measured.events + measured.day_events
    return measured.lake_bytes / events * EVENTS * MONTHS_KEPT


def forecast(measured: Figures) -> float:
    seconds = busier(measured) * measured.forecast_seconds + read_seconds(PANEL, measured)
    memory = MEMORY["Train"] / 1024
    return HTTP_REQUEST + INVOCATION + GB_SECOND["x86_64"] * memory * seconds


def request(milliseconds: float) -> float:
    """One request to a function of 512 MB."""
    seconds = (milliseconds + CALLS_OF_AWS * AWS_MS) / 1000
    return HTTP_REQUEST + INVOCATION + GB_SECOND["arm64"] * 0.5 * seconds


def loaded(users: int, events: int, loads: int, measured: Figures) -> float:
    """So many loads: a call for each, so long for each event, and in each load so long for every
    user who is in the lake already, since ids are compared."""
    for_event = measured.history_seconds / measured.events
    of_day = measured.day_seconds - for_event * measured.day_events
    for_user = max(0.0, of_day) / measured.users
    seconds = REWRITES * for_event * events + loads * for_user * users
    return INVOCATION * loads + GB_SECOND["arm64"] * MEMORY["ScoreUsers"] / 1024 * seconds


def taken(events: int, measured: Figures) -> float:
    """What the tracking API adds to a load: requests, the queue, and the files that are written of
    it every minute."""
    each = (measured.batch_ms - measured.call_ms) / (BATCH - 1)
    milliseconds = measured.call_ms + (CALLS_PER_REQUEST - 1) * each
    requests = events / CALLS_PER_REQUEST
    queue = requests * QUEUE_REQUEST * (1 + 2 / 10)  # sent; received and deleted ten at a time
    landing = DAYS * 24 * 60 * request(AWS_MS)
    return requests * request(milliseconds) + queue + landing


def stored(users: int, measured: Figures) -> float:
    """Bytes: the lake, the scores of 43 nights of all goals, and a tenth of both for versions."""
    scores = measured.score_bytes / measured.members * users * GOALS * 43
    return 1.1 * (users * lake_bytes_of_user(measured) + scores)


def alarmed_metrics() -> int:
    """How many metrics the stack's alarms look at."""
    resources = [
        resource["Properties"]
        for file in (CHECKOUT / "infra").glob("*alarms.yaml")
        for resource in yaml_parse(file.read_text("utf-8"))["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    ]
    return sum(
        len([metric for metric in one.get("Metrics", ()) if "MetricStat" in metric]) or 1
        for one in resources
    )
