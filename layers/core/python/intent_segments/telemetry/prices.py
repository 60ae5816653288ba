"""What a run costs at list prices. An estimate: without free tiers, discounts and taxes.

Prices of us-east-1 in US dollars, first tier, as of AS_OF, from the pages named beside them. Not in
it: storage, logs and metrics, which do not depend on a single run, /tmp above 512 MB (a hundredth
of the memory's price) and tries that failed.
"""

from __future__ import annotations

from collections.abc import Sequence

from .work import StepWork

REGION = "us-east-1"
AS_OF = "2026-11"

# aws.amazon.com/lambda/pricing: duration per GB-second by processor, and per request.
GB_SECOND = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
INVOCATION = 0.20 / 1_000_000

# aws.amazon.com/s3/pricing, S3 Standard: GET and all other reads; PUT, COPY, POST, LIST.
S3_READ = 0.0004 / 1_000
S3_WRITE = 0.005 / 1_000

# aws.amazon.com/dynamodb/pricing/on-demand: per million request units, Standard class.
TABLE_READ = 0.125 / 1_000_000
TABLE_WRITE = 0.625 / 1_000_000

# aws.amazon.com/step-functions/pricing, Standard Workflows.
TRANSITION = 0.025 / 1_000

FIXED_TRANSITIONS = 8
"""Of one execution: its start, and the states of infra/run.asl.yaml that are not in the map."""
TRANSITIONS_PER_JOB = 2
"""Of a map: the start of the child execution, and its one state."""


def dollars(steps: Sequence[StepWork], groups: int) -> float:
    """The cost of the steps of one run, rounded to millionths; `groups` jobs went by the map."""
    total = TRANSITION * (FIXED_TRANSITIONS + TRANSITIONS_PER_JOB * groups)
    for step in steps:
        seconds = step.milliseconds / 1000
        total += INVOCATION * step.jobs
        total += GB_SECOND[step.architecture] * seconds * step.memory_mb / 1024
        counts = step.counts
        total += S3_READ * counts.s3_reads + S3_WRITE * counts.s3_writes
        total += TABLE_READ * counts.table_reads + TABLE_WRITE * counts.table_writes
    return round(total, 6)
