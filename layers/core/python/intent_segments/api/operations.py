"""Every operation of the HTTP API, whichever function serves it.

The OpenAPI document is made from this table; a test holds it against the routes of the functions.
Models are named as in `models.py` and `answers.py`, so that importing this costs nothing.
"""

from __future__ import annotations

from .destination_operations import DESTINATIONS
from .engagement_operations import ENGAGEMENTS
from .goal_operations import GOALS
from .operation import PAGED, WRITTEN, Operation
from .segment_operations import SEGMENTS
from .tracking_operations import TRACKING

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/v1/health", "Whether the API answers", "Health", "Service", role="nobody"),
    Operation("GET", "/openapi.json", "This document", None, "Service", role="nobody"),
    Operation("GET", "/docs", "This document to read", None, "Service", role="nobody"),
    Operation(
        "GET",
        "/v1/me",
        "Who is signed in, and what they may do",
        "Me",
        "Account",
        role="anybody",
    ),
    Operation("GET", "/v1/account", "The account's settings", "Account", "Account", role="viewer"),
    Operation(
        "PATCH",
        "/v1/account",
        "Change the account's plan, AI pack, limit of goals, holdout or channels",
        "Account",
        "Account",
        request="AccountChange",
        problems=(*WRITTEN, "conflict", "raced"),
        role="admin",
    ),
    Operation(
        "GET",
        "/v1/account/holdout",
        "What all campaigns together change: the account's holdout against everybody else",
        "HoldoutReport",
        "Account",
        "query",
        role="viewer",
    ),
    Operation(
        "GET",
        "/v1/events",
        "Every event ever seen: counts, users, properties and their values",
        "EventList",
        "Catalogue",
        parameters=("q", *PAGED),
        role="viewer",
    ),
    Operation(
        "GET",
        "/v1/traits",
        "Every trait of profiles: users and values",
        "TraitList",
        "Catalogue",
        parameters=("q", *PAGED),
        role="viewer",
    ),
    Operation(
        "GET",
        "/v1/signals",
        "What was derived from every event and trait, and what it is worth in each goal's model",
        "SourceList",
        "Catalogue",
        parameters=("q", *PAGED),
        role="viewer",
    ),
    *SEGMENTS,
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
        role="marketer",
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
        role="marketer",
    ),
    Operation(
        "GET",
        "/v1/exports",
        "List exports, newest first",
        "ExportList",
        "Exports",
        parameters=PAGED,
        role="viewer",
    ),
    Operation(
        "GET",
        "/v1/exports/{export_id}",
        "One export and its files",
        "Export",
        "Exports",
        problems=("not-found",),
        role="viewer",
    ),
    Operation(
        "GET",
        "/v1/exports/{export_id}/files/{number}",
        "A file of an export: a redirect to a link that is good for five minutes",
        None,
        "Exports",
        status=302,
        problems=("not-found", "conflict"),
        role="marketer",
    ),
    Operation(
        "POST",
        "/v1/forecasts",
        "How many will do it, how sure that is, and whether a target is realistic",
        "Forecast",
        "Forecasts",
        "forecast",
        request="ForecastRequest",
        problems=(*WRITTEN, "insufficient-history", "conflict", "too-little-memory"),
        role="marketer",
    ),
    *GOALS,
    *ENGAGEMENTS,
    Operation(
        "GET",
        "/v1/users/{user_id}/intents",
        "One user's likelihood, bucket and reasons per goal",
        "UserIntents",
        "Users",
        "query",
        problems=("not-included",),
        role="marketer",
    ),
    Operation(
        "GET",
        "/v1/users/{user_id}/intents/{goal_id}/nights",
        "One user's likelihood and bucket in a goal, night by night",
        "IntentNights",
        "Users",
        "query",
        parameters=("limit",),
        problems=("not-found", "not-included"),
        role="marketer",
    ),
    Operation(
        "DELETE",
        "/v1/users/{user_id}",
        "Erase a user: hidden at once, removed from everything by the next erasure run",
        "Erasure",
        "Users",
        status=202,
        problems=("invalid-input", "limit-reached", "raced"),
        role="admin",
    ),
    Operation(
        "POST",
        "/v1/erasures",
        "The same for a user id that does not fit into a path",
        "Erasure",
        "Users",
        request="NewErasure",
        status=202,
        problems=(*WRITTEN, "limit-reached", "raced"),
        role="admin",
    ),
    Operation(
        "GET",
        "/v1/erasures",
        "List erasures, newest first",
        "ErasureList",
        "Users",
        parameters=PAGED,
        role="admin",
    ),
    Operation(
        "GET",
        "/v1/erasures/{erasure_id}",
        "What has become of an erasure",
        "Erasure",
        "Users",
        problems=("not-found",),
        role="admin",
    ),
    *DESTINATIONS,
    Operation(
        "GET",
        "/v1/runs",
        "Nights, set-ups and exports, with what they took",
        "RunList",
        "Runs",
        parameters=PAGED,
        role="viewer",
    ),
    Operation(
        "GET",
        "/v1/runs/{run_id}",
        "One run: its steps with durations, users, rows, bytes and the estimated cost",
        "Run",
        "Runs",
        problems=("not-found",),
        role="viewer",
    ),
    *TRACKING,
)


def operation_of(method: str, path: str) -> Operation | None:
    """The operation that a request asks for; None where there is none."""
    return next((one for one in OPERATIONS if one.method == method and one.has(path)), None)


def methods_of(path: str) -> tuple[str, ...]:
    """The methods that some function knows for a path."""
    return tuple(operation.method for operation in OPERATIONS if operation.has(path))
