"""Exports as their owner asks for them and sees them; the files come from a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ..errors import Conflict, InvalidInput, NotFound
from ..goals.goal import ScoreFiles
from ..store.exports import KEPT, Export
from ..store.goals import IdempotencyKey
from ..store.stores import Stores
from .account import kept_holdout, require_ai_pack
from .catalogue import LakeState, lake_state
from .export_columns import BUCKETS, columns_of, file_key, file_name, refuse_traits
from .suppression import may_name_suppressed

LINK_SECONDS = 300
"""A link to a file of users is handed out when it is followed, and is good for that alone."""


@dataclass(frozen=True)
class Wanted:
    """What every export asks for; `export_id` is fresh. `key` is the caller's Idempotency-Key."""

    export_id: str
    format: str
    traits: Sequence[str]
    now: datetime
    caller: str | None
    key: IdempotencyKey | None


def of_segment(
    stores: Stores, segment_id: str, as_of: date | None, wanted: Wanted
) -> dict[str, Any]:
    """Start the export of a segment's members at the end of a day (None: the last closed one).

    Raises NotFound for an unknown segment, InvalidInput, Conflict before anything is loaded, Raced.
    """
    # The definition language brings pydantic along, which to read an export does not take.
    from ..segments.definition import ALL_USERS, parse, references
    from .published_scores import published_scores
    from .segments import BUILT_IN, freeze, require_scores

    def made(state: LakeState) -> Export:
        segment = BUILT_IN if segment_id == ALL_USERS else stores.segments.get(segment_id)
        day = state.watermark if as_of is None else as_of
        if day > state.watermark:
            raise InvalidInput.at(
                "as_of",
                f"as_of {day} is not closed yet: the last closed day is {state.watermark}. Leave "
                "as_of out, or choose that day or an earlier one.",
            )
        whole = require_scores(stores, freeze(stores, segment.definition, (segment_id,)))
        scores = published_scores(stores, references(parse(whole)).goals, day)
        of = {"segment_id": segment_id, "definition": whole}
        return _export(state, day, wanted, scores, holdout=_left_out(stores, scores), **of)

    return _started(stores, wanted, made)


def of_goal(
    stores: Stores,
    goal_id: str,
    buckets: Sequence[str] | None,
    include_control: bool,
    wanted: Wanted,
) -> dict[str, Any]:
    """Start the export of a goal's open members by its newest night, of some buckets (None: all).
    The control group is left out unless it is asked for.

    Raises NotFound, InvalidInput, Conflict while the goal has no scores, NotIncluded, Raced.
    """
    require_ai_pack(stores)
    chosen = BUCKETS if buckets is None else tuple(b for b in BUCKETS if b in buckets)

    def made(state: LakeState) -> Export:
        goal = stores.goals.get(goal_id)
        if goal.scores is None:
            raise Conflict(f"Goal {goal_id} is {goal.status}: its buckets come with its set-up.")
        of = {"goal_id": goal_id, "buckets": chosen, "include_control": include_control}
        of |= {"holdout": kept_holdout(stores)}
        return _export(state, goal.scores.date, wanted, {goal_id: goal.scores}, **of)

    return _started(stores, wanted, made)


def show(stores: Stores, export_id: str, now: datetime) -> dict[str, Any]:
    """Raises NotFound, also when it was kept long enough."""
    return _shown(stores.exports.get(export_id, now))


def page(
    stores: Stores, limit: int, after: str | None, now: datetime
) -> tuple[list[dict[str, Any]], bool]:
    """Exports, newest first; whether more follow."""
    found, more = stores.exports.page(limit, after, now)
    return [_shown(export) for export in found], more


def _left_out(stores: Stores, scores: Mapping[str, Any]) -> dict[str, Any] | None:
    """Who is held out, of a list that asks what goals found; a plain segment has everybody."""
    return kept_holdout(stores) if scores else None


def link(stores: Stores, export_id: str, number: str, now: datetime) -> str:
    """A URL of one file, good for LINK_SECONDS. Raises NotFound, Conflict while there are none."""
    export = stores.exports.get(export_id, now)
    if export.files is None:
        preparing = export.status == "preparing"
        said = "Its files come when it is ready." if preparing else "It has none."
        raise Conflict(f"Export {export_id} is {export.status}. {said}")
    if not number.isdecimal() or int(number) >= len(export.files):
        raise NotFound(
            f"Export {export_id} has no file {number!r}: they are numbered from 0 to "
            f"{len(export.files) - 1}."
        )
    file = int(number)
    if may_name_suppressed(stores, file, export.groups, export.created_at):
        raise Conflict(
            f"File {file} of export {export_id} may name a user whose erasure has been asked for "
            "since. The next erasure run takes the user out of it; to have the others now, ask for "
            "the export again."
        )
    return stores.objects.link(file_key(export, file), LINK_SECONDS, file_name(export, file))


def _started(stores: Stores, wanted: Wanted, made: Callable[[LakeState], Export]) -> dict[str, Any]:
    """With a key seen before, the export asked for then, started again if that never began."""
    earlier = None if wanted.key is None else stores.exports.saved_with(wanted.key, wanted.now)
    export = earlier or stores.exports.create(made(lake_state(stores)), wanted.now, wanted.key)
    if export.status == "preparing":
        try:
            stores.bus.export_requested(export.id)
        except Exception:
            # With a key the caller repeats the request, and the event goes out then.
            if wanted.key is None:
                stores.exports.fail(export.id, "It could not be started. Ask for it again.")
            raise
    return _shown(export)


def _export(
    state: LakeState,
    day: date,
    wanted: Wanted,
    scores: Mapping[str, ScoreFiles | None],
    **of: Any,
) -> Export:
    refuse_traits(wanted.traits)
    return Export(
        id=wanted.export_id,
        format=wanted.format,
        traits=tuple(wanted.traits),
        as_of=day.isoformat(),
        manifest_key=state.manifest_key,
        groups=state.manifest["groups"],
        scores={goal: None if files is None else files.to_json() for goal, files in scores.items()},
        created_at=wanted.now.isoformat(),
        expires_at=(wanted.now + KEPT).isoformat(),
        created_by=wanted.caller,
        **of,
    )


def _shown(export: Export) -> dict[str, Any]:
    files = None
    if export.files is not None:
        files = [
            {"number": number, **file, "href": f"/v1/exports/{export.id}/files/{number}"}
            for number, file in enumerate(export.files)
        ]
    return {
        "id": export.id,
        "status": export.status,
        "reason": export.reason,
        "segment_id": export.segment_id,
        "goal_id": export.goal_id,
        "buckets": None if export.buckets is None else list(export.buckets),
        "include_control": export.include_control,
        "control_left_out": export.control_left_out,
        "as_of": export.as_of,
        "format": export.format,
        "columns": list(columns_of(export)),
        "rows": None if files is None else sum(file["rows"] for file in files),
        "bytes": None if files is None else sum(file["bytes"] for file in files),
        "files": files,
        "note": _note(export),
        "created_at": export.created_at,
        "created_by": export.created_by,
        "expires_at": export.expires_at,
    }


def _note(export: Export) -> str | None:
    if export.goal_id is None:
        if not export.scores:
            return None
        return (
            f"The segment asks what {', '.join(sorted(export.scores))} found: whoever is in a "
            "control group there is left out, and must not be reached."
        )
    if export.include_control:
        return (
            "The control group is in these files, and who is held out of everything (column arm): "
            "whoever is reached from them must be of the arm test, or effects can no longer be "
            "measured."
        )
    return (
        "The control group, and who is held out of everything, are left out: they must not be "
        "reached."
    )
