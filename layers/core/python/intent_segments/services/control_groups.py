"""Whom goals hold back, for lists that are made of their buckets and likelihoods."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from ..goals.target_group import Arm
from ..lake.columns import read_columns
from ..store.stores import Stores
from .opening import target_key


def held_back(stores: Stores, goal_ids: Iterable[str], group: int) -> npt.NDArray[np.int64]:
    """int64 user hashes, ascending: everybody of one group of users whom one of these goals has in
    its control group. Each of them has been set up."""
    found = [np.empty(0, np.int64)]
    with TemporaryDirectory() as scratch:
        for goal_id in goal_ids:
            path = Path(scratch) / "target.parquet"
            stores.objects.download(target_key(goal_id, group), path)
            columns = read_columns(path, ("uh", "arm"))
            found.append(columns["uh"][columns["arm"] == Arm.CONTROL])
    return np.unique(np.concatenate(found))
