"""The account of the stack: one settings item, made on first use."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..errors import Raced
from ..goals.holdout import OFF, Holdout, holdout_of
from .table import Action, Table, TransactionRefused

PK, SK = "ACCOUNT", "SETTINGS"

GOAL_LIMIT = 5
"""Goals at work at the same time, unless the account says otherwise."""

PLANS = ("growth", "advanced", "enterprise")

PLAN = "enterprise"
"""What its owner runs in an account of their own is open from the start."""

CHANNELS: Mapping[str, Mapping[str, str]] = {
    "push": {"trait": "push_token"},
    "email": {"trait": "email"},
    "sms": {"trait": "phone"},
}
"""Channel -> the trait whose users it reaches, until the account says otherwise. `email` and
`phone` are names that Segment's spec reserves for identify calls; it has none for push tokens."""


@dataclass(frozen=True)
class Account:
    """`active_goals` counts the goals that hold a place; `control_salt` is secret. `plan` is one of
    PLANS and opens or closes nothing by itself; `ai_pack` opens intent buckets. `channels` names
    per channel the `trait` that it needs and perhaps a `consent`, a trait that has to be true.
    `held_out` is what `goals/holdout.py` keeps."""

    timezone: str
    plan: str
    goal_limit: int
    active_goals: int
    control_salt: str
    ai_pack: bool = True
    channels: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: CHANNELS)
    held_out: Mapping[str, Any] = field(default_factory=lambda: OFF)

    @property
    def holdout(self) -> Holdout | None:
        """Who is reached by nothing; None while nobody is held out."""
        return holdout_of(self.held_out, self.control_salt)


@dataclass(frozen=True)
class AccountStore:
    """Reads and changes the settings item."""

    table: Table

    def find(self) -> Account | None:
        """The account, or None before its first use."""
        item = self.table.get(PK, SK)
        return None if item is None else _account(item)

    def holdout(self) -> Holdout | None:
        """Who is reached by nothing; None while nobody is held out."""
        account = self.find()
        return None if account is None else account.holdout

    def get_or_create(self, timezone: str, control_salt: str) -> Account:
        """The account; the first caller's random `control_salt` stays for good."""
        found = self.find()
        if found is not None:
            return found
        fresh = {
            "timezone": timezone,
            "plan": PLAN,
            "ai_pack": True,
            "goal_limit": GOAL_LIMIT,
            "active_goals": 0,
            "control_salt": control_salt,
        }
        with suppress(TransactionRefused):  # another caller was first: theirs counts
            self.table.apply(Action(PK, SK, put=fresh, condition="attribute_not_exists(pk)"))
        account = self.find()
        assert account is not None  # the item is never deleted
        return account

    def change(self, changes: dict[str, Any], held_out: Mapping[str, Any] | None = None) -> Account:
        """Set some of `plan`, `ai_pack`, `goal_limit`, `channels` and `held_out` of an existing
        account. Raises Raced where its holdout is not the one that was read, `held_out`, any
        more."""
        names = {f"#{i}": name for i, name in enumerate(changes)}
        values = {f":{i}": value for i, value in enumerate(changes.values())}
        sets = ", ".join(f"#{i} = :{i}" for i in range(len(changes)))
        condition = "attribute_exists(pk)"
        if held_out is not None:
            condition += " AND (attribute_not_exists(#h) OR (#h.#n = :n AND #h.#s = :s))"
            names |= {"#h": "held_out", "#n": "number", "#s": "share"}
            values |= {":n": held_out["number"], ":s": held_out["share"]}
        action = Action(
            PK, SK, update=f"SET {sets}", condition=condition, names=names, values=values
        )
        try:
            return _account(self.table.apply(action))
        except TransactionRefused:
            raise Raced("The account is being changed by others; try again.") from None


def take_a_place() -> Action:
    """The action that counts one more goal, refused when the limit is reached."""
    return Action(
        PK,
        SK,
        update="SET active_goals = active_goals + :one",
        condition="active_goals < goal_limit",
        values={":one": 1},
    )


def free_places(count: int) -> Action:
    """The action that counts `count` goals less."""
    return Action(
        PK,
        SK,
        update="SET active_goals = active_goals - :count",
        condition="active_goals >= :count",
        values={":count": count},
    )


def no_goal_at_work() -> Action:
    """The check that no goal holds a place, or that the account is still unused."""
    return Action(
        PK,
        SK,
        condition="attribute_not_exists(pk) OR active_goals = :none",
        values={":none": 0},
    )


def _account(item: dict[str, Any]) -> Account:
    return Account(
        timezone=item["timezone"],
        # Accounts made before plans had names carry another word.
        plan=item["plan"] if item["plan"] in PLANS else PLAN,
        goal_limit=item["goal_limit"],
        active_goals=item["active_goals"],
        control_salt=item["control_salt"],
        ai_pack=item.get("ai_pack", True),
        channels=item.get("channels", CHANNELS),
        held_out=item.get("held_out", OFF),
    )
