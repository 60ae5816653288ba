"""`python -m bench.segment_timing FOLDER MANIFEST QUESTION WHO[,WHO…]`: figures of one process.

The first answer of a fresh process whose files are not in the page cache is `cold`; then everybody
asked answers in turn, REPEATS times, and medians count. Answers must be the same.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from intent_segments.lake.manifest import read_manifest
from intent_segments.telemetry.work import peak_mb

from .account import open_account
from .questions import AS_OF, DEFINITIONS, Files

REPEATS = 5
Answer = npt.NDArray[np.int64]


def by_engine(files: Files, question: str, folder: Path) -> Callable[[], Answer]:
    """What a job does: read the definition, fetch what it needs, ask."""

    def ask() -> Answer:
        from intent_segments.lake.reader import open_lake
        from intent_segments.segments.compile import reads
        from intent_segments.segments.definition import parse
        from intent_segments.segments.evaluate import members

        definition = parse(DEFINITIONS[question])
        needed = reads([definition], AS_OF)
        tables = open_lake(
            open_account(folder).objects,
            files.manifest,
            range(files.manifest.groups),
            needed.tables,
            None,
            folder / "scratch",
            user_ids=False,
            single=needed.single,
            once=True,
        )
        found = members(tables, definition, AS_OF)
        tables.con.close()
        return found

    return ask


def by_hand(files: Files, question: str, folder: Path) -> Callable[[], Answer]:
    sql = files.sql(question)

    def ask() -> Answer:
        import duckdb

        with duckdb.connect() as con:
            return np.asarray(con.execute(sql).fetchnumpy()["uh"])

    return ask


def by_polars(files: Files, question: str, folder: Path) -> Callable[[], Answer]:
    def ask() -> Answer:
        from .by_polars import ask

        return ask(files, question)

    return ask


WAYS = {"intent-segments": by_engine, "DuckDB SQL": by_hand, "Polars": by_polars}


def main() -> None:
    folder, manifest_key, question = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    manifest = read_manifest(open_account(folder).objects, manifest_key)
    files = Files(manifest, folder / "bucket")
    ways = {name: WAYS[name](files, question, folder) for name in sys.argv[4].split(",")}
    forget(folder / "bucket")
    began = time.perf_counter()
    first = next(iter(ways.values()))()
    cold = time.perf_counter() - began
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(REPEATS):
        for name, ask in ways.items():
            wall, cpu = time.perf_counter(), cpu_seconds()
            answer = ask()
            taken[name].append((time.perf_counter() - wall, cpu_seconds() - cpu))
            if not np.array_equal(answer, first):
                raise SystemExit(f"{question}: {name} has other members than the others")
    figures: dict[str, Any] = {
        name: {"seconds": median(t for t, _ in times), "cpu": median(t for _, t in times)}
        for name, times in taken.items()
    }
    print(json.dumps({"members": len(first), "cold": cold, "peak": peak_mb(), "ways": figures}))


def cpu_seconds() -> float:
    """Of all threads of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def forget(folder: Path) -> None:
    """Have the system drop the files of a folder from its page cache (Linux)."""
    for path in folder.rglob("*.parquet"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


if __name__ == "__main__":
    main()
