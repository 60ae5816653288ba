"""The run behind a send: settled by its first plan, made group by group, published by one write.

It shares the state machine of nights and set-ups. Of one send there is one plan, however often it
is started and from how many executions: whom it is for is settled by one conditional write, and
what was begun is in the ledger, so that nobody is delivered to twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from ..campaigns.engagement import STREAM, Engagement
from ..campaigns.exposures import Outcome
from ..errors import Conflict, CorruptObject, NotFound, Raced
from ..goals.goal import Goal, ScoreFiles, Status
from ..lake.calendar import local_date
from ..store.engagements import end_action
from ..store.event_bus import SEND_REQUESTED
from ..store.runs import Run, put_action
from ..store.sends import Send, change_action
from ..store.stores import Stores
from ..store.table import TransactionRefused
from .account import kept_holdout, require_ai_pack
from .catalogue import lake_state
from .planning import IDLE
from .run_failures import reason_of

RUN = re.compile(
    r"send-(eng_\w+)-(\d{4}-\d\d-\d\d|\d{8}T\d{6}Z)(?:-again-(\d{1,6})|-(announce))?", re.ASCII
)
"""A send, the replay of batches of one, or the event that tells where its files lie."""

READERS = 16
"""Counts of groups that are read at the same time."""

ATTEMPTS = 3


@dataclass(frozen=True)
class SendRun:
    """Which send a run is of; `replay` is the number of the request to send batches again,
    `announces` says that it only tells where the files are."""

    engagement_id: str
    send: str
    replay: int | None = None
    announces: bool = False

    @property
    def run_id(self) -> str:
        again = "" if self.replay is None else f"-again-{self.replay}"
        again += "-announce" if self.announces else ""
        return f"send-{self.engagement_id}-{self.send}{again}"

    @property
    def plan_key(self) -> str:
        return f"runs/{self.run_id}/plan.json"

    @property
    def shards_key(self) -> str:
        return f"runs/{self.run_id}/shards.json"


def send_of(event: Mapping[str, Any]) -> SendRun | None:
    """The send that a run's event is about, None when it is about something else."""
    given = event.get("run_id")
    if event.get("detail-type") == SEND_REQUESTED:
        given = event["detail"]["run_id"]
    match = RUN.fullmatch(str(given or ""))
    if match is None:
        return None
    replay = None if match[3] is None else int(match[3])
    return SendRun(match[1], match[2], replay, announces=match[4] is not None)


def plan_send(stores: Stores, wanted: SendRun, now: datetime) -> dict[str, Any]:
    """Settle the send, write the plan and the list of shards; returns where they are, as
    `planning.plan_run` does. There is nothing to do for an engagement that has ended, or for a
    night that another send has gone past. Raises NotFound, Conflict, NotIncluded."""
    engagement = stores.engagements.get(wanted.engagement_id)
    send = stores.sends.find(engagement.id, wanted.send)
    follows = wanted.replay is not None or wanted.announces
    if follows:
        send = stores.sends.get(engagement.id, wanted.send)
    if send is None:
        send = _settled(stores, engagement, wanted.send, now)
    if send is None:
        return IDLE | {"run_id": wanted.run_id, "bucket": stores.settings.bucket}
    if send.status == "published" and not follows:
        return _output(stores, wanted, has_work=False)
    plan = {"run_id": wanted.run_id, "engagement": engagement.to_json() | {"sends": []}}
    groups = [0] if wanted.announces else list(range(send.groups))
    if wanted.announces:
        plan["announces"] = {
            "counts": send.counts,
            "crossings": send.crossings,
            "files": send.files,
        }
    if wanted.replay is not None:
        tries = stores.sends.replayed(send, wanted.replay)
        plan["replay"] = tries
        groups = sorted({int(batch.split("-")[0].rpartition("_g")[2]) for batch in tries})
    # The first plan counts: what it says stands in messages that may be tried again.
    with suppress(Raced):
        stores.objects.put_new_json(wanted.plan_key, plan | {"send": asdict(_frozen(send))})
    shards = [
        {
            "run_id": wanted.run_id,
            "send": send.name,
            "group": group,
            "plan_key": wanted.plan_key,
        }
        for group in groups
    ]
    stores.objects.put_json(wanted.shards_key, shards)
    running = _run(wanted, send, "running", started_at=now.isoformat(), plan_key=wanted.plan_key)
    ours = stores.runs.put_unless_published(running)
    return _output(stores, wanted, has_work=ours)


def finish_send(
    stores: Stores, wanted: SendRun, event: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Publish what became of a send, or record why its run {"failed": …} stopped.

    Raises NotFound, CorruptObject when a group did not say what became of its users.
    """
    done = {"run_id": wanted.run_id, "catch_up": False}
    send = stores.sends.find(wanted.engagement_id, wanted.send)
    if "failed" in event:
        reason = reason_of(event["failed"], wanted.run_id)
        failed = _ended(stores, wanted, send, "failed", now, reason)
        stores.runs.put_unless_published(failed)
        if send is not None and send.status != "published" and not wanted.announces:
            stores.table.apply(change_action(send, {"status": "failed", "reason": reason}))
        return done | {"status": "failed"}
    if send is None:
        return done | {"status": "published"}
    if wanted.announces:
        stores.runs.put_unless_published(_ended(stores, wanted, send, "published", now))
        return done | {"status": "published"}
    told = _told(stores, send)
    changes: dict[str, Any] = {
        "status": "published",
        "reason": None,
        "finished_at": now.isoformat(),
        **told,
    }
    run = _ended(stores, wanted, send, "published", now)
    actions = [put_action(run), change_action(send, changes)]
    engagement = stores.engagements.get(wanted.engagement_id)
    over = engagement.schedule.kind != "nightly" and engagement.status == "active"
    if over:
        actions.append(end_action(engagement.id, "done"))
    try:
        stores.table.transact(actions)
    except TransactionRefused:
        # Another attempt was faster; what became of a batch since then is told by this one.
        stores.table.apply(change_action(send, told))
    if over:
        stores.engagements.rest(engagement.id)
    found = stores.destinations.find(engagement.destination_id)
    if found is not None and found[0]["kind"] == "eventbridge":
        # The files come first: whoever is told can read them.
        stores.bus.send_requested(replace(wanted, replay=None, announces=True).run_id)
    return done | {"status": "published"}


def _settled(stores: Stores, engagement: Engagement, name: str, now: datetime) -> Send | None:
    """The send as it is settled for good; None where there is nothing to send."""
    for _ in range(ATTEMPTS):
        wanted = _wanted(stores, engagement, name, now)
        if wanted is None:
            return None
        try:
            stores.engagements.begin_send(engagement, wanted)
        except (TransactionRefused, Raced):
            found = stores.sends.find(engagement.id, name)
            if found is not None:
                return found
            engagement = stores.engagements.get(engagement.id)
            continue
        return wanted
    raise Raced(f"Other sends of {engagement.id} are being planned; try again.")


def _wanted(stores: Stores, engagement: Engagement, name: str, now: datetime) -> Send | None:
    if engagement.status != "active":
        return None
    state = lake_state(stores)
    goal = _goal_of(stores, engagement)
    on_goal = engagement.audience.goal_id is not None
    if on_goal and (goal is None or goal.status != Status.ACTIVE or goal.scores is None):
        how = "gone" if goal is None else str(goal.status)
        said = f"Its goal is {how}: there is nobody to reach any more."
        stores.engagements.end(engagement.id, "done", said)
        return None
    scores = _scores(stores, engagement, goal, state.watermark)
    night = goal.scores.date if goal is not None and goal.scores is not None else state.watermark
    today = local_date(now, stores.settings.timezone)
    until = engagement.schedule.until
    if engagement.schedule.kind == "nightly":
        sends_on = date.fromisoformat(name) + timedelta(days=1)
        if until is not None and sends_on.isoformat() > until:
            stores.engagements.end(engagement.id, "done", f"Its last day, {until}, is over.")
            return None
        behind = bool(engagement.sends) and name <= engagement.sends[-1]
        if behind or night > date.fromisoformat(name):
            return None
        if night < date.fromisoformat(name):
            raise Conflict(f"The night of {name} is not published yet.")
    elif engagement.sends:
        return None
    if scores and not engagement.audience.everyone:
        require_ai_pack(stores)
    return Send(
        engagement_id=engagement.id,
        name=name,
        as_of=night.isoformat(),
        manifest_key=state.manifest_key,
        groups=state.manifest["groups"],
        traits_on=today.isoformat(),
        started_at=now.isoformat(),
        scores={
            goal_id: None if files is None else files.to_json() for goal_id, files in scores.items()
        },
        earlier=tuple(engagement.sends),
        holdout=kept_holdout(stores),
    )


def _frozen(send: Send) -> Send:
    """A send as it was settled: what becomes of it is no part of the plan."""
    return replace(
        send,
        status="running",
        reason=None,
        finished_at=None,
        counts=None,
        crossings=None,
        files=None,
        replays=0,
    )


def _told(stores: Stores, send: Send) -> dict[str, Any]:
    """What the groups say became of their users: fields of Send."""
    there = set(stores.objects.keys(f"runs/{send.run_id}/tallies/"))
    keys = [send.tally_key(group) for group in range(send.groups)]
    missing = [group for group, key in enumerate(keys) if key not in there]
    if missing:
        named = ", ".join(map(str, missing[:10])) + (", …" if len(missing) > 10 else "")
        raise CorruptObject(
            f"{send.run_id} lacks {len(missing)} of {send.groups} groups ({named}): their jobs did "
            "not finish. Start it again: nobody is delivered to twice."
        )
    with ThreadPoolExecutor(READERS) as pool:
        tallies = list(pool.map(stores.objects.get_json, keys))
    counts = {
        "delivered" if outcome is Outcome.SENT else outcome.label: sum(
            tally["counts"][outcome.label] for tally in tallies
        )
        for outcome in Outcome
    }
    files = [tally["file"] for tally in tallies]
    return {
        "counts": counts,
        "crossings": _added_up([tally.get("crossings") for tally in tallies]),
        "files": None if None in files else files,
    }


def _added_up(crossings: Sequence[Mapping[str, int] | None]) -> dict[str, int] | None:
    found = [one for one in crossings if one is not None]
    return {kind: sum(one[kind] for one in found) for kind in STREAM} if found else None


def _run(wanted: SendRun, send: Send | None, status: str, **more: Any) -> Run:
    return Run(wanted.run_id, "send", None if send is None else send.as_of, status, **more)


def _ended(
    stores: Stores,
    wanted: SendRun,
    send: Send | None,
    status: str,
    now: datetime,
    reason: str | None = None,
) -> Run:
    begun = stores.runs.find(wanted.run_id) or _run(wanted, send, status)
    return replace(begun, status=status, finished_at=now.isoformat(), reason=reason)


def _output(stores: Stores, wanted: SendRun, has_work: bool) -> dict[str, Any]:
    return {
        "run_id": wanted.run_id,
        "plan_key": wanted.plan_key,
        "bucket": stores.settings.bucket,
        "shards_key": wanted.shards_key,
        "has_work": has_work,
        "untrained": True,
        "idle": False,
        "catch_up": False,
    }


def _scores(
    stores: Stores, engagement: Engagement, goal: Goal | None, day: date
) -> dict[str, ScoreFiles | None]:
    """The score files that the audience is made of, by goal."""
    if goal is not None:
        return {goal.id: goal.scores}
    # The definition language brings pydantic along, which goals' engagements do without.
    from ..segments.definition import parse, references
    from .published_scores import published_scores

    definition = parse(dict(engagement.audience.definition or {}))
    return published_scores(stores, references(definition).goals, day)


def _goal_of(stores: Stores, engagement: Engagement) -> Goal | None:
    """The goal that it is on, None where it is on none, or there is none any more."""
    if engagement.audience.goal_id is None:
        return None
    try:
        return stores.goals.get(engagement.audience.goal_id)
    except NotFound:
        return None
