"""A limit on how long somebody who waits for an answer is kept waiting."""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Thread
from types import TracebackType

import duckdb

from ..errors import InvalidInput
from ..lake.tables import Tables

AGAIN = 0.1
"""Seconds between two attempts to stop: one that falls between two queries stops nothing."""


class TookTooLong(InvalidInput):
    """A query was stopped because its time was over."""


class TimeLimit:
    """`with TimeLimit(20) as limit:` stops the queries inside after so many seconds.

    Leaving it then raises TookTooLong. `limit.watch(tables)` says whose queries to stop.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._con: duckdb.DuckDBPyConnection | None = None
        self._over = Event()
        self._stopper = Thread(target=self._stop, daemon=True)

    def watch(self, tables: Tables) -> None:
        """The queries that count from now on."""
        self._con = tables.con

    def __enter__(self) -> TimeLimit:
        self._stopper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._stopper.join()
        if isinstance(error, duckdb.InterruptException):
            raise TookTooLong.at(
                "definition",
                f"The segment takes longer than the {self.seconds:g} seconds there are. Shorten "
                "the windows of clauses with where, hours or a sequence, or use fewer of them: "
                "those read single events.",
            ) from None

    def _stop(self) -> None:
        wait = self.seconds
        while not self._over.wait(wait):
            wait = AGAIN
            if self._con is not None:
                with suppress(duckdb.Error):  # it may be closed by now
                    self._con.interrupt()
