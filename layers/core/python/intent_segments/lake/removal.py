"""Removes whole folders of the bucket, a bounded number of objects at a time."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

from .objects import PARALLEL, Bucket
from .sweep import Swept


def remove_folders(objects: Bucket, folders: Iterable[str], most: int) -> Swept:
    """Remove everything below the prefixes, which may be found out as they are asked for. Once
    `most` objects are gone, or where something goes wrong, the rest is left to the next call."""
    from botocore.exceptions import BotoCoreError, ClientError

    waiting, removed = iter(folders), 0
    try:
        with ThreadPoolExecutor(PARALLEL) as pool:
            while removed < most and (some := list(islice(waiting, PARALLEL))):
                removed += sum(pool.map(partial(_remove, objects), some))
    except (ClientError, BotoCoreError, RuntimeError) as error:
        return Swept(removed, f"Files that nobody needs any more could not be removed: {error}")
    return Swept(removed)


def _remove(objects: Bucket, folder: str) -> int:
    keys = objects.keys(folder)
    objects.delete(keys)
    return len(keys)
