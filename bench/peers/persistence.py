"""Next month will be like this one: the share that did it in the window just past."""

from __future__ import annotations

import numpy as np

from .past import Floats, Past


def persistence(past: Past) -> Floats | None:
    """The same share for everybody; None when nobody was there a window ago."""
    start = past.now - past.horizon
    before = past.members(start)
    if not past.covers(start) or not len(before):
        return None
    share = float(past.did(before, start).mean())
    return np.full(len(past.members(past.now)), share)


def persist_2grp(past: Past) -> Floats | None:
    """Apart for those who did it in the window just past and those who did not.

    None when history does not cover the window before that one, in which the groups are told apart.
    """
    start = past.now - past.horizon
    before = past.members(start)
    if not past.covers(start - past.horizon) or not len(before):
        return None
    did, active = past.did(before, start), past.did(before, start - past.horizon)
    present = past.members(past.now)
    lately = past.did(present, start)
    out = np.zeros(len(present))
    for group in (True, False):
        same = did[active == group]
        out[lately == group] = same.mean() if len(same) else did.mean()
    return out
