"""What a run took, as `GET /v1/runs` answers it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from .outlooks import Answer


class RunStep(Answer):
    """All jobs of one step of a run. `seconds` are added up over the jobs, which overlap;
    `longest_seconds` are those of the longest."""

    step: Literal["Plan", "Train", "ScoreUsers", "Deliver", "EraseUsers", "Publish"]
    jobs: int
    started_at: datetime
    finished_at: datetime
    seconds: float
    longest_seconds: float
    users: int
    rows: int
    bytes_read: int
    bytes_written: int
    requests: int = Field(description="To S3, and request units of DynamoDB.")
    memory_mb: int = Field(description="What the function has.")
    peak_mb: int = Field(description="The most that a process of it has used so far.")


class RunWork(Answer):
    """What a run took, as it was measured; tries that failed are not in it."""

    users: int = Field(description="Scored or exported; a user in two goals counts twice.")
    rows: int = Field(description="Rows of activity read: a user, an event and a day.")
    bytes_read: int = Field(description="From S3.")
    bytes_written: int = Field(description="To S3.")
    requests: int
    peak_mb: int
    estimated_dollars: float = Field(description="At list prices, without free tiers.")
    prices: str = Field(description="Region and month of the prices.")
    files_removed: int = Field(
        description="Files of older nights and runs that were removed after the night."
    )
    sweep_problem: str | None = Field(description="Why not all of them were, if so.")
    steps: list[RunStep]
