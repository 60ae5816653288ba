"""The operations of the tracking API, and of the keys that let callers in."""

from __future__ import annotations

from .operation import PAGED, WRITTEN, Operation

CALLS = {
    "track": ("TrackCall", "What a user did"),
    "identify": ("IdentifyCall", "Traits of a user"),
    "page": ("PageCall", "A page that a user looked at"),
    "screen": ("PageCall", "A screen that a user looked at"),
    "group": ("GroupCall", "A group that a user belongs to"),
    "alias": ("AliasCall", "Two ids of one user"),
    "batch": ("CallBatch", "Several calls"),
}
"""Call of the Segment specification -> its model and what it tells."""


def _call(name: str, path: str, told: str, model: str) -> Operation:
    return Operation(
        "POST",
        path,
        told,
        "CallsTaken",
        "Tracking",
        "calls",
        request=model,
        problems=("not-signed-in", "body-too-large", "invalid-input", "raced"),
        role="write_key",
    )


TRACKING: tuple[Operation, ...] = (
    *(_call(name, f"/v1/{name}", told, model) for name, (model, told) in CALLS.items()),
    *(
        _call(name, f"/v1/{name[0]}", f"{told}: as browsers call it", model)
        for name, (model, told) in CALLS.items()
    ),
    Operation(
        "GET",
        "/v1/roll-ups",
        "What became of calls that have landed: every roll-up of the last 90 days that found any",
        "RollUpList",
        "Tracking",
        parameters=PAGED,
        problems=("invalid-input",),
        role="viewer",
    ),
    Operation(
        "GET",
        "/v1/refused-calls",
        "Calls that could not be used, as they came, with the reason",
        "RefusedCallList",
        "Tracking",
        "query",
        parameters=("refused-date", *PAGED),
        problems=("invalid-input",),
        role="marketer",
    ),
    Operation(
        "POST",
        "/v1/write-keys",
        "Make a key with which client libraries may send calls; it is shown once",
        "WriteKeyMade",
        "Tracking",
        request="NewWriteKey",
        status=201,
        problems=WRITTEN,
        role="admin",
    ),
    Operation(
        "GET",
        "/v1/write-keys",
        "List write keys",
        "WriteKeyList",
        "Tracking",
        parameters=PAGED,
        role="admin",
    ),
    Operation(
        "DELETE",
        "/v1/write-keys/{key_id}",
        "Refuse a write key from now on",
        None,
        "Tracking",
        status=204,
        problems=("not-found",),
        role="admin",
    ),
)
