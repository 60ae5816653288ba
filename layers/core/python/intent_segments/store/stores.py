"""All stores of one stack, made from its settings; nothing connects before it is used."""

from __future__ import annotations

from dataclasses import dataclass

from ..settings import Settings
from .account import AccountStore
from .event_bus import EventBus
from .forecasts import ForecastStore
from .goals import GoalStore
from .lake_head import LakeHead
from .objects import Objects
from .runs import RunStore
from .segments import SegmentStore
from .table import Table


@dataclass(frozen=True)
class Stores:
    """One of each."""

    settings: Settings
    table: Table
    account: AccountStore
    head: LakeHead
    segments: SegmentStore
    goals: GoalStore
    forecasts: ForecastStore
    runs: RunStore
    objects: Objects
    bus: EventBus

    @classmethod
    def of(cls, settings: Settings) -> Stores:
        table = Table(settings.table)
        return cls(
            settings=settings,
            table=table,
            account=AccountStore(table),
            head=LakeHead(table),
            segments=SegmentStore(table),
            goals=GoalStore(table),
            forecasts=ForecastStore(table),
            runs=RunStore(table),
            objects=Objects(settings.bucket),
            bus=EventBus(settings.event_bus),
        )
