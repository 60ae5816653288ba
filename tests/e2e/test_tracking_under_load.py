"""A small load of the tracking API: repeats, poison, and everything killed once."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.tracking.experiment import Experiment
from bench.tracking.page import section
from bench.tracking.plan import POISON, Load


def test_every_call_is_in_the_lake_once_whatever_is_killed_on_its_way(tmp_path):
    load = Load(6_000, 300, datetime.now(UTC).replace(microsecond=0))
    found = Experiment(load, tmp_path, redelivered=2).run()
    account = found.account
    assert account.calls == account.stored == load.events
    assert account.lost == account.doubled == account.stray == account.altered == 0
    assert account.poison == account.listed >= len(POISON) and account.swallowed == 0
    assert account.is_right and found.dead == 0
    assert account.unanswered > 0 and account.sent_again > account.unanswered
    # What the load was about: the lake was told calls twice, and all of it was ended once.
    assert sum(report["duplicates"] for report in found.rolled) > 0
    for what in ("sender", "CallsFunction", "LandCallsFunction", "RollUpFunction", "stack"):
        assert any(what in ended for ended in found.ended), what
    assert "lost: answered and not in the lake" in section(found)
