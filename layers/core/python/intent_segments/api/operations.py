"""Every operation of the HTTP API, whichever function serves it.

The OpenAPI document is made from this table; a test holds it against the routes of the functions.
Models are named as in `models.py` and `answers.py`, so that importing this costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Function = Literal["api", "query", "forecast", "deliver"]


@dataclass(frozen=True)
class Operation:
    """`status` is that of success; `problems` are names in `problem.KINDS` worth telling apart
    from the ones every operation may answer; `parameters` are query or header parameters."""

    method: str
    path: str
    summary: str
    answer: str | None
    tag: str
    function: Function = "api"
    request: str | None = None
    status: int = 200
    parameters: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


PAGED = ("limit", "starting_after")
WRITTEN = ("malformed-request", "body-too-large", "invalid-input")

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/v1/health", "Whether the API answers", "Health", "Service"),
    Operation("GET", "/openapi.json", "This document", None, "Service"),
    Operation("GET", "/docs", "This document to read", None, "Service"),
    Operation("GET", "/v1/account", "The account's settings", "Account", "Account"),
    Operation(
        "PATCH",
        "/v1/account",
        "Change the account's plan, AI pack, limit of goals or channels",
        "Account",
        "Account",
        request="AccountChange",
        problems=WRITTEN,
    ),
    Operation(
        "GET",
        "/v1/events",
        "Every event ever seen: counts, users, properties and their values",
        "EventList",
        "Catalogue",
        parameters=("q", *PAGED),
    ),
    Operation(
        "GET",
        "/v1/traits",
        "Every trait of profiles: users and values",
        "TraitList",
        "Catalogue",
        parameters=("q", *PAGED),
    ),
    Operation(
        "POST",
        "/v1/segments",
        "Save a segment",
        "SegmentSaved",
        "Segments",
        request="NewSegment",
        status=201,
        problems=WRITTEN,
    ),
    Operation("GET", "/v1/segments", "List segments", "SegmentList", "Segments", parameters=PAGED),
    Operation(
        "GET",
        "/v1/segments/{segment_id}",
        "One segment",
        "Segment",
        "Segments",
        problems=("not-found",),
    ),
    Operation(
        "PATCH",
        "/v1/segments/{segment_id}",
        "Change a segment; goals keep the copy they were made with",
        "SegmentSaved",
        "Segments",
        request="SegmentChange",
        problems=(*WRITTEN, "not-found", "conflict"),
    ),
    Operation(
        "DELETE",
        "/v1/segments/{segment_id}",
        "Delete a segment that no other segment refers to",
        None,
        "Segments",
        status=204,
        problems=("not-found", "conflict"),
    ),
    Operation(
        "POST",
        "/v1/previews",
        "How many users a segment has, whom channels reach, and a sample of them",
        "Preview",
        "Segments",
        "query",
        request="PreviewRequest",
        problems=(*WRITTEN, "conflict"),
    ),
    Operation(
        "GET",
        "/v1/segments/{segment_id}/trend",
        "How many members a segment had, day by day",
        "Trend",
        "Segments",
        "query",
        parameters=("from", "to"),
        problems=("not-found", "invalid-input", "conflict", "not-included"),
    ),
    Operation(
        "POST",
        "/v1/segments/{segment_id}/exports",
        "Write the members of a segment into files",
        "Export",
        "Exports",
        request="SegmentExport",
        status=202,
        parameters=("Idempotency-Key",),
        problems=(*WRITTEN, "not-found", "conflict", "not-included", "raced"),
    ),
    Operation(
        "POST",
        "/v1/goals/{goal_id}/exports",
        "Write the open members of a goal's buckets into files",
        "Export",
        "Exports",
        request="GoalExport",
        status=202,
        parameters=("Idempotency-Key",),
        problems=(*WRITTEN, "not-found", "conflict", "not-included", "raced"),
    ),
    Operation(
        "GET",
        "/v1/exports",
        "List exports, newest first",
        "ExportList",
        "Exports",
        parameters=PAGED,
    ),
    Operation(
        "GET",
        "/v1/exports/{export_id}",
        "One export and its files",
        "Export",
        "Exports",
        problems=("not-found",),
    ),
    Operation(
        "GET",
        "/v1/exports/{export_id}/files/{number}",
        "A file of an export: a redirect to a link that is good for five minutes",
        None,
        "Exports",
        status=302,
        problems=("not-found", "conflict"),
    ),
    Operation(
        "POST",
        "/v1/forecasts",
        "How many will do it, how sure that is, and whether a target is realistic",
        "Forecast",
        "Forecasts",
        "forecast",
        request="ForecastRequest",
        problems=(*WRITTEN, "insufficient-history", "conflict"),
    ),
    Operation(
        "POST",
        "/v1/goals",
        "Save a goal, from scratch or from a forecast, and start its set-up",
        "Goal",
        "Goals",
        request="NewGoal",
        status=202,
        parameters=("Idempotency-Key",),
        problems=(*WRITTEN, "limit-reached", "conflict", "expired", "raced"),
    ),
    Operation(
        "GET", "/v1/goals", "List goals, newest first", "GoalList", "Goals", parameters=PAGED
    ),
    Operation("GET", "/v1/goals/{goal_id}", "One goal", "Goal", "Goals", problems=("not-found",)),
    Operation(
        "PATCH",
        "/v1/goals/{goal_id}",
        "Rename a goal",
        "Goal",
        "Goals",
        request="GoalChange",
        problems=(*WRITTEN, "not-found"),
    ),
    Operation(
        "POST",
        "/v1/goals/{goal_id}/archive",
        "Stop a goal for good and free its place; its numbers can be read for ever",
        "Goal",
        "Goals",
        problems=("not-found", "raced"),
    ),
    Operation(
        "POST",
        "/v1/goals/{goal_id}/clone",
        "Save the same goal about the days to come, with what the body changes",
        "Goal",
        "Goals",
        request="GoalClone",
        status=202,
        parameters=("Idempotency-Key",),
        problems=(*WRITTEN, "not-found", "limit-reached", "conflict", "raced"),
    ),
    Operation(
        "GET",
        "/v1/goals/{goal_id}/progress",
        "Day by day: actual beside predicted; with today=true also what has landed since",
        "Progress",
        "Goals",
        "query",
        parameters=("today",),
        problems=("not-found", "conflict"),
    ),
    Operation(
        "GET",
        "/v1/goals/{goal_id}/report",
        "Predicted against actual, by bucket and by arm: final when the period is over",
        "GoalReport",
        "Goals",
        problems=("not-found", "conflict"),
    ),
    Operation(
        "GET",
        "/v1/goals/{goal_id}/buckets",
        "The intent buckets of the last night",
        "Buckets",
        "Goals",
        problems=("not-included", "not-found", "conflict"),
    ),
    Operation(
        "GET",
        "/v1/goals/{goal_id}/evaluation",
        "The quality card: past forecasts, and how the day-0 buckets really did",
        "GoalEvaluation",
        "Goals",
        problems=("not-found", "conflict"),
    ),
    Operation(
        "GET",
        "/v1/goals/{goal_id}/drivers",
        "What goes along with the goal's events, with observed rates",
        "Drivers",
        "Goals",
        problems=("not-found", "conflict"),
    ),
    Operation(
        "GET",
        "/v1/goals/{goal_id}/buckets/{bucket}/users",
        "The users in one bucket",
        "BucketUserList",
        "Goals",
        "query",
        parameters=PAGED,
        problems=("not-included", "not-found", "conflict", "invalid-input"),
    ),
    Operation(
        "GET",
        "/v1/users/{user_id}/intents",
        "One user's likelihood, bucket and reasons per goal",
        "UserIntents",
        "Users",
        "query",
        problems=("not-included",),
    ),
    Operation(
        "POST",
        "/v1/destinations",
        "Save a place to send users to; its signing secret is shown this once",
        "DestinationSecret",
        "Destinations",
        request="NewDestination",
        status=201,
        problems=WRITTEN,
    ),
    Operation(
        "GET",
        "/v1/destinations",
        "List destinations",
        "DestinationList",
        "Destinations",
        parameters=PAGED,
    ),
    Operation(
        "GET",
        "/v1/destinations/{destination_id}",
        "One destination",
        "Destination",
        "Destinations",
        problems=("not-found",),
    ),
    Operation(
        "PATCH",
        "/v1/destinations/{destination_id}",
        "Change a destination, disable it or enable it again",
        "Destination",
        "Destinations",
        request="DestinationChange",
        problems=(*WRITTEN, "not-found", "raced"),
    ),
    Operation(
        "DELETE",
        "/v1/destinations/{destination_id}",
        "Delete a destination",
        None,
        "Destinations",
        status=204,
        problems=("not-found",),
    ),
    Operation(
        "POST",
        "/v1/destinations/{destination_id}/rotate-secret",
        "Sign with a fresh secret beside the old ones; it is shown this once",
        "DestinationSecret",
        "Destinations",
        request="SecretRotation",
        problems=(*WRITTEN, "not-found", "conflict", "raced"),
    ),
    Operation(
        "POST",
        "/v1/destinations/{destination_id}/retire-secrets",
        "Sign with the newest secret alone: the end of a rotation",
        "Destination",
        "Destinations",
        problems=("not-found", "conflict", "raced"),
    ),
    Operation(
        "POST",
        "/v1/destinations/{destination_id}/test",
        "Send one test message and say what came of it",
        "DestinationTested",
        "Destinations",
        "deliver",
        request="DestinationTest",
        problems=(*WRITTEN, "not-found", "conflict"),
    ),
    Operation(
        "GET",
        "/v1/runs",
        "Nights, set-ups and exports, with what they took",
        "RunList",
        "Runs",
        parameters=PAGED,
    ),
    Operation(
        "GET",
        "/v1/runs/{run_id}",
        "One run: its steps with durations, users, rows, bytes and the estimated cost",
        "Run",
        "Runs",
        problems=("not-found",),
    ),
)
