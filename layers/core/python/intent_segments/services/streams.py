"""Who entered a plain segment and who left it since the send before, in one group of users.

Each send of an engagement that streams keeps the members of its night in a file that is never
written again (uh BIGINT, held_back BOOLEAN), and the next one compares with that file. What a
segment is found to have been later, when late events are in, cannot lose a crossing nor tell it
twice: who counted as a member is what was written down.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ..campaigns.engagement import Engagement
from ..errors import Raced
from ..goals.holdout import Holdout
from ..goals.target_group import Arm
from ..lake.columns import read_columns, write_columns
from ..segments.crossings import NOBODY, Membership, crossed
from ..store.sends import Send
from ..store.stores import Stores
from .people import Columns, segment_members


def newly_crossed(
    stores: Stores, engagement: Engagement, send: Send, group: int, folder: Path
) -> Columns:
    """uh BIGINT, arm UTINYINT, crossing UTINYINT, in the order of crossing and uh: in the arm
    `control` is who is held back. Nobody has crossed before the first send, whose members are where
    the stream begins, or with `initial` all of them have entered."""
    now = membership(stores, engagement, send, group, folder)
    if send.earlier:
        last = stores.sends.get(engagement.id, send.earlier[-1])
        before = membership(stores, engagement, last, group, folder)
    else:
        before = NOBODY if engagement.audience.initial else now
    found = crossed(before, now, engagement.audience.stream)
    arm = np.where(found.held_back, int(Arm.CONTROL), int(Arm.TEST)).astype(np.uint8)
    return {"uh": found.uh, "arm": arm, "crossing": found.crossing}


def membership(
    stores: Stores, engagement: Engagement, send: Send, group: int, folder: Path
) -> Membership:
    """The members on the night of a send, as they were written down; made where they are missing,
    from what the send was settled with."""
    key = send.membership_key(group)
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "members.parquet"
        if key not in stores.objects.keys(key):
            write_columns(path, _members(stores, engagement, send, group, folder))
            with suppress(Raced):  # another job of the same was faster: its file counts
                stores.objects.put_new(key, path.read_bytes())
        found = read_columns(stores.objects.download(key, path), ("uh", "held_back"))
    held_back = found["held_back"].astype(bool)
    return Membership(found["uh"][~held_back], found["uh"][held_back])


def _members(
    stores: Stores, engagement: Engagement, send: Send, group: int, folder: Path
) -> Columns:
    tables, uh, control = segment_members(stores, engagement, send, group, folder, named=False)
    tables.con.close()
    if send.holdout is not None:
        uh = uh[~np.array(Holdout.from_json(send.holdout).holds(uh.tolist()), bool)]
    return {"uh": uh, "held_back": np.isin(uh, control)}
