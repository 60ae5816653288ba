"""All stores of one stack, made from its settings; nothing connects before it is used."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..settings import Settings
from ..telemetry.work import Meter
from .account import AccountStore
from .call_queue import CallQueue
from .destinations import DestinationStore
from .engagements import EngagementStore
from .erasures import ErasureStore
from .event_bus import EventBus
from .exports import ExportStore
from .forecasts import ForecastStore
from .goals import GoalStore
from .lake_head import LakeHead
from .objects import Objects
from .outbox import Outbox
from .roll_ups import RollUpStore
from .run_work import RunWorkStore
from .runs import RunStore
from .schedules import Schedules
from .segments import SegmentStore
from .sends import FailureStore, SendStore
from .sizes import SizeStore
from .table import Table
from .watched import watch
from .write_keys import WriteKeyStore


@dataclass(frozen=True)
class Stores:
    """One of each."""

    settings: Settings
    table: Table
    account: AccountStore
    head: LakeHead
    segments: SegmentStore
    sizes: SizeStore
    goals: GoalStore
    forecasts: ForecastStore
    exports: ExportStore
    destinations: DestinationStore
    erasures: ErasureStore
    engagements: EngagementStore
    sends: SendStore
    failures: FailureStore
    runs: RunStore
    run_work: RunWorkStore
    outbox: Outbox
    objects: Objects
    bus: EventBus
    schedules: Schedules
    write_keys: WriteKeyStore
    calls: CallQueue
    roll_ups: RollUpStore
    meter: Meter = field(default_factory=Meter)

    @classmethod
    def of(cls, settings: Settings) -> Stores:
        table, objects = Table(settings.table), Objects(settings.bucket)
        return cls(
            settings=settings,
            table=table,
            account=AccountStore(table),
            head=LakeHead(table),
            segments=SegmentStore(table),
            sizes=SizeStore(table),
            goals=GoalStore(table),
            forecasts=ForecastStore(table),
            exports=ExportStore(table),
            destinations=DestinationStore(table),
            erasures=ErasureStore(table, objects),
            engagements=EngagementStore(table),
            sends=SendStore(table),
            failures=FailureStore(table),
            runs=RunStore(table),
            run_work=RunWorkStore(table),
            outbox=Outbox(table),
            objects=objects,
            bus=EventBus(settings.event_bus),
            schedules=Schedules(),
            write_keys=WriteKeyStore(table),
            calls=CallQueue(settings.calls_queue),
            roll_ups=RollUpStore(table),
        )

    def watched(self) -> Stores:
        """These stores, whose meter counts from now on what they ask of AWS. Makes the clients."""
        watch(self.meter, self.objects.client, self.table.client)
        return self
