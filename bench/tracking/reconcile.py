"""The sender's log beside the decoded files of the lake, call by call."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from intent_segments.lake.manifest import read_manifest
from intent_segments.lake.objects import Bucket
from intent_segments.lake.reader import open_lake

from .log import ANSWERED, TAKEN, lines
from .plan import Load


@dataclass(frozen=True)
class Account:
    """What became of every call. `calls` were answered to be stored, `lost` of them are nowhere,
    `doubled` are in the lake more than once, `stray` there without an answer, `altered` under
    another user than they were sent for; `unlisted` were refused and not set aside, `swallowed`
    refused and taken. `milliseconds` of the answers, by kind of request."""

    calls: int
    requests: int
    unanswered: int
    sent_again: int
    stored: int
    lost: int
    doubled: int
    stray: int
    altered: int
    poison: int
    listed: int
    unlisted: int
    swallowed: int
    milliseconds: dict[str, list[float]]

    @property
    def is_right(self) -> bool:
        wrong = (self.lost, self.doubled, self.stray, self.altered, self.unlisted, self.swallowed)
        return not any(wrong) and self.calls == self.stored


def reconcile(load: Load, log: Path, objects: Bucket, manifest_key: str, folder: Path) -> Account:
    """Compare what was answered with what the lake holds at the manifest, and with what was set
    aside under `rejected/calls/`. `folder` is a cache."""
    answers, taken, begun = Counter[int](), Counter[int](), Counter[int]()
    times: dict[str, list[float]] = {}
    for line in lines(log):
        if "status" not in line:
            begun[line["r"]] += 1
        elif line["status"] in ANSWERED:
            answers[line["r"]] += 1
            taken[line["r"]] += line["status"] == TAKEN
            times.setdefault(line["kind"], []).append(line["ms"])
    answered = np.zeros(load.events, np.bool_)
    poison: set[str] = set()
    for request in load.requests():
        if answers[request.number]:
            poison.update(request.poison_ids())
        if taken[request.number]:
            answered[request.first : request.first + request.count] = True
    found, altered, swallowed = stored(load, objects, manifest_key, folder)
    listed = set_aside(objects)
    return Account(
        int(answered.sum()),
        sum(begun.values()),
        sum(begun.values()) - sum(answers.values()),
        sum(begun.values()) - len(begun),
        int((found > 0).sum()),
        int((answered & (found == 0)).sum()),
        int((found > 1).sum()),
        int((~answered & (found > 0)).sum()),
        altered,
        len(poison),
        len(poison & listed),
        len(poison - listed),
        swallowed,
        times,
    )


def stored(
    load: Load, objects: Bucket, manifest_key: str, folder: Path
) -> tuple[npt.NDArray[np.int64], int, int]:
    """How often the lake holds each call; how many under another user; how many of poison."""
    manifest = read_manifest(objects, manifest_key)
    found = np.zeros(load.events, np.int64)
    altered = swallowed = 0
    for group in range(manifest.groups):
        tables = open_lake(
            objects, manifest, [group], {"events", "profiles", "users"}, None, folder
        )
        for query in (EVENTS.format(users=load.users), TRAITS):
            rows = tables.con.execute(query).fetchnumpy()
            numbers = rows["n"]
            swallowed += int((numbers < 0).sum())
            found += np.bincount(numbers[numbers >= 0], minlength=load.events)
            altered += int(np.asarray(rows["altered"])[numbers >= 0].sum())
        tables.con.close()
    return found, altered, swallowed


EVENTS = """SELECT n, user_id <> 'u' || lpad(CAST(n * 7919 % {users} AS VARCHAR), 7, '0') AS altered
FROM (
    SELECT u.user_id,
        COALESCE(CAST(json_extract_string(e.properties, '$.n') AS BIGINT), -1) AS n
    FROM events e JOIN users u USING (uh))"""
"""The number of every event, -1 for poison, and whether another user has it than was sent."""

TRAITS = """SELECT DISTINCT n, user_id <> 'i' || lpad(CAST(n AS VARCHAR), 9, '0') AS altered
FROM (
    SELECT u.user_id, CAST(p.number AS BIGINT) AS n
    FROM profiles p JOIN users u USING (uh) WHERE p.property = 'n')"""
"""The same of identify calls, each of a user of its own: their traits say the number."""


def set_aside(objects: Bucket) -> set[str]:
    """Ids of the calls under `rejected/calls/`."""
    found = set()
    for key in objects.keys("rejected/calls/"):
        for line in gzip.decompress(objects.get(key)).splitlines():
            call = json.loads(line)["call"]
            if isinstance(call, dict):
                found.add(call.get("messageId"))
    return found
