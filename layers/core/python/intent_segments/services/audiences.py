"""Whom a send is for, in one group of users: settled once, in a file that is never written again.

Columns: uh BIGINT, arm UTINYINT, bucket UTINYINT, likelihood INTEGER as in the exposure log;
outcome UTINYINT, `Outcome` or TO_SEND; batch INTEGER, -1 for who is sent nothing; place INTEGER,
from 0 on in the batch: an erasure takes rows out, and the ledger counts places; of an engagement
that streams crossing UTINYINT, `Crossing`. In ascending order of uh, without user ids.

Later sends of an engagement are without everybody in the files of earlier ones, which are made
where they are missing: so every user is in one send, wherever one died. One that streams tells
every night who crossed since the send before (`streams.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from ..campaigns.engagement import Engagement
from ..campaigns.exposures import Outcome
from ..delivery.batches import Recipient
from ..delivery.reach import Reach
from ..errors import Raced
from ..goals.holdout import Holdout
from ..goals.target_group import Arm
from ..lake.columns import read_columns, write_columns
from ..segments.crossings import Crossing
from ..store.sends import Send
from ..store.stores import Stores
from .people import Columns, People, Person
from .streams import newly_crossed
from .suppression import suppressed

TO_SEND = 255
"""The column `outcome` of users who are in a batch."""

NO_BATCH = -1

NAMES = ("uh", "arm", "bucket", "likelihood", "outcome", "batch", "place")


def audience_key(send: Send, group: int) -> str:
    """Where the file of a group lies."""
    return audience_file(send.engagement_id, send.name, group)


def audience_file(engagement_id: str, send: str, group: int) -> str:
    """The same by the names of engagement and send."""
    return f"audiences/{engagement_id}/{send}/g={group:04d}.parquet"


def audience(
    stores: Stores, engagement: Engagement, reach: Reach, send: Send, group: int, folder: Path
) -> Columns:
    """The audience of a group, made where it is missing. `folder` keeps what is fetched."""
    key = audience_key(send, group)
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "audience.parquet"
        if key not in stores.objects.keys(key):
            settled = _crossed if engagement.audience.stream else _once
            columns = settled(stores, engagement, reach, send, group, folder)
            write_columns(path, columns)
            try:
                stores.objects.put_new(key, path.read_bytes())
            except Raced:
                pass  # another job of the same was faster: its file counts
            else:
                return columns
        names = (*NAMES, *(("crossing",) if engagement.audience.stream else ()))
        return read_columns(stores.objects.download(key, path), names)


def _once(
    stores: Stores, engagement: Engagement, reach: Reach, send: Send, group: int, folder: Path
) -> Columns:
    """Who has been in no earlier send of the engagement, and is not held out of everything."""
    reached = set(_before(stores, engagement, reach, send, group, folder).tolist())
    holdout = None if send.holdout is None else Holdout.from_json(send.holdout)
    with People(stores, engagement, send, group, reach.traits, folder) as found:
        some = (
            person
            for person in found
            if person.uh not in reached and (holdout is None or not holdout.holds([person.uh])[0])
        )
        columns = _chosen(some, reach, send, group, suppressed(stores))
    del columns["crossing"]
    return columns


def _crossed(
    stores: Stores, engagement: Engagement, reach: Reach, send: Send, group: int, folder: Path
) -> Columns:
    """Who entered the segment, and who left it, since the send before."""
    crossed = newly_crossed(stores, engagement, send, group, folder)
    if not len(crossed["uh"]):
        return _chosen((), reach, send, group, frozenset())
    with People(stores, engagement, send, group, reach.traits, folder, crossed=crossed) as found:
        return _chosen(found, reach, send, group, suppressed(stores))


def _before(
    stores: Stores, engagement: Engagement, reach: Reach, send: Send, group: int, folder: Path
) -> npt.NDArray[np.int64]:
    """Everybody in earlier sends of the engagement."""
    earlier = [stores.sends.get(engagement.id, name) for name in send.earlier]
    parts = [audience(stores, engagement, reach, one, group, folder)["uh"] for one in earlier]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _chosen(
    found: Iterable[Person], reach: Reach, send: Send, group: int, without: frozenset[int]
) -> Columns:
    """What becomes of everybody who is found, in the order of crossings. A batch holds users of one
    crossing."""
    rows = list[tuple[int, int, int, int, int, int]]()
    recipients: dict[Crossing, list[Recipient]] = {crossing: [] for crossing in Crossing}
    for person in found:
        if person.uh in without:
            outcome: int = Outcome.SUPPRESSED
        elif person.arm == Arm.CONTROL:
            outcome = Outcome.HELD_BACK
        elif reach.misses(person.traits):
            outcome = Outcome.UNREACHABLE
        else:
            outcome = TO_SEND
            recipients[Crossing(person.crossing)].append(recipient(person, reach))
        said = (person.uh, person.arm, person.bucket, person.likelihood)
        rows.append((*said, outcome, person.crossing))
    sizes = [
        len(batch.recipients)
        for some in recipients.values()
        for batch in reach.batches(send.group_id(group), some)
    ]
    values = np.array(rows, np.int64).reshape(-1, 6)
    outcomes = values[:, 4].astype(np.uint8)
    batch = np.full(len(values), NO_BATCH, np.int32)
    place = np.full(len(values), NO_BATCH, np.int32)
    batch[outcomes == TO_SEND] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    place[outcomes == TO_SEND] = [n for size in sizes for n in range(size)]
    columns: Columns = {
        "uh": values[:, 0],
        "arm": values[:, 1].astype(np.uint8),
        "bucket": values[:, 2].astype(np.uint8),
        "likelihood": values[:, 3].astype(np.int32),
        "outcome": outcomes,
        "batch": batch,
        "place": place,
        "crossing": values[:, 5].astype(np.uint8),
    }
    order = np.argsort(columns["uh"])
    return {name: column[order] for name, column in columns.items()}


def recipient(person: Person, reach: Reach) -> Recipient:
    """A user as the destination is told of them: people are written to with the traits of the
    text, machines get those that the destination names."""
    if reach.message is not None:
        return Recipient(person.user_id, person.traits)
    told = {name: person.traits[name] for name in reach.told if name in person.traits}
    return Recipient(person.user_id, told, person.standing)
